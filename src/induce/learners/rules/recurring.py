"""Conjunctions that recur: those which shallow trees on resampled rows ask again and again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from induce.learners.boolean.truth import unpack
from induce.learners.rules.conjunctions import Ground, Rule
from induce.learners.rules.counting import rows_of_conjunctions
from induce.learners.rules.losses import Loss

__all__ = ["DEEPEST", "recurring_conjunctions"]

Float = NDArray[np.float64]
Single = NDArray[np.float32]
Places = NDArray[np.intp]
TREES = 500
CHUNK = 100
"""Trees that are grown at once."""
DEEPEST = 2
"""Most literals of a path: longer paths hardly recur."""
DRAWN = 1 / 3
"""Share of the literals that a split may choose from."""
SHRINK = 1.0
"""Added to second derivatives: small groups of rows gain little."""
LEAST = 0.01
"""Share of the trees that have a rule at least."""
ALIKE = 0.7
"""Overlap of rows (Jaccard) above which the less frequent of two rules is left out, also with the other's opposite."""
ROOM = 3
"""Rules for each that may be voted for."""


def recurring_conjunctions(
    ground: Ground,
    loss: Loss,
    weight: Float,
    *,
    most: int,
    longest: int,
    trees: int = TREES,
    seed: int = 0,
    tick: Callable[[], bool] = lambda: True,
) -> list[Rule]:
    """The conjunctions that trees on resampled rows have most often: candidates for :func:`~induce.learners.rules.votes.fit_votes`.

    Each tree takes every row a Poisson number of times, splits once and each half once more, and chooses each split among a third
    of the literals: the one with the largest ``sum over sides and outputs of (sum of slopes)^2 / (sum of curves + 1)``. All paths
    from the root are rules. Of rules that hold on nearly the same rows only the most frequent stays, so that chance does not decide
    between columns that say the same. What recurs over resampled rows recurs over other rows of the same kind.

    Parameters
    ----------
    ground : Ground
    loss : Loss
    weight : array of shape (rows,)
        How many rows each row stands for.
    most, longest : int
        Rules that may be voted for, and most literals of a rule; never more than two beside those that every rule has.
    trees : int
    seed : int
    tick : callable
        False ends the growing.

    Returns
    -------
    list of Rule
        The most frequent first, at most ``3 * most``; votes take them in this order.

    References
    ----------
    C. Bénard, G. Biau, S. Da Veiga, E. Scornet (2021), SIRUS: Stable and Interpretable RUle Set for classification.
    """
    free = np.setdiff1d(np.flatnonzero(ground.allowed), np.array(ground.always, dtype=np.int64))
    room = min(longest - len(ground.always), DEEPEST)
    if not len(free) or room < 1:
        return [ground.always] if ground.always else []
    splits, against = _splits(ground, free)
    inside = ground.rows_of(ground.always)
    truth = unpack(ground.words[splits], ground.rows)[:, inside].astype(np.float32)
    down, curve = loss.slopes(np.tile(loss.start(), (ground.rows, 1)))
    numbers = np.concatenate([down, curve.max(axis=1, keepdims=True)], axis=1)[inside]
    rng = np.random.default_rng(seed)
    grower, grown = _Grower(truth, (splits, against), rng), 0
    while grown < trees and tick():
        size = min(CHUNK, trees - grown)
        grown += size
        stands = weight[inside, None]
        times = rng.poisson(np.minimum(stands, 1e9), (len(stands), size)) / np.where(stands > 0, stands, 1.0)
        statistics = (times[:, :, None] * numbers[:, None, :]).astype(np.float32)
        grower.grow(statistics, room)
    return _spread(ground, grower.paths, LEAST * grown, ROOM * most)


def _splits(ground: Ground, free: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Literals to split on, one of each pair of opposites, and the literal of the other side, or -1 where there is none."""
    partner = np.full(len(ground.words), -1, dtype=np.int64)
    if ground.opposite is not None:
        paired = np.flatnonzero(ground.opposite >= 0)
        partner[paired] = ground.opposite[paired]
        partner[ground.opposite[paired]] = paired
    against = np.where(np.isin(partner[free], free), partner[free], -1)
    first = (against < 0) | (free < against)
    return free[first], against[first]


class _Grower:
    """Grows trees side by side, and gathers the paths of all of them."""

    def __init__(
        self, truth: Single, sides: tuple[NDArray[np.int64], NDArray[np.int64]], rng: np.random.Generator
    ) -> None:
        self.truth, self.sides, self.rng = truth, sides, rng
        self.paths: Counter[Rule] = Counter()

    def grow(self, statistics: Single, depth: int) -> None:
        """Trees of one depth; statistics have shape (rows, trees, outputs + 1)."""
        start = np.zeros((statistics.shape[1], 0), dtype=np.int64)
        self._split(statistics, self._sums(statistics), start, np.ones(len(start), dtype=bool), depth)

    def _split(
        self, statistics: Single, sums: Single, path: NDArray[np.int64], live: NDArray[np.bool_], depth: int
    ) -> None:
        total = statistics.sum(axis=0)
        best, pays = _chosen(sums, total, self.rng)
        live = live & pays
        ends = [np.concatenate([path, side[best][:, None]], axis=1) for side in self.sides]
        for end in ends:
            said = end[live & (end >= 0).all(axis=1)].tolist()
            self.paths.update(tuple(sorted(set(one))) for one in said)
        if depth == 1 or not live.any():
            return
        held = statistics * self.truth[best].T[:, :, None]
        part = self._sums(held)  # what the other half sums to is the rest
        self._split(held, part, ends[0], live, depth - 1)
        self._split(statistics - held, sums - part, ends[1], live, depth - 1)

    def _sums(self, statistics: Single) -> Single:
        """Sums of statistics over the rows of each literal, shape (literals, trees, outputs + 1)."""
        flat = self.truth @ statistics.reshape(len(statistics), -1)
        return np.asarray(flat.reshape(len(self.truth), *statistics.shape[1:]))


def _chosen(sums: Single, total: Single, rng: np.random.Generator) -> tuple[Places, NDArray[np.bool_]]:
    """The best of the literals that each tree draws, and whether it gains anything."""

    def worth(of: Single) -> Single:
        return np.asarray((of[..., :-1] ** 2).sum(axis=-1) / (np.maximum(of[..., -1], 0) + np.float32(SHRINK)))

    gains = worth(sums) + worth(total - sums) - worth(total)
    gains[rng.random(gains.shape) >= DRAWN] = -np.inf
    best = gains.argmax(axis=0)
    return best, np.asarray(gains[best, np.arange(len(best))] > 1e-3)


def _spread(ground: Ground, counts: Counter[Rule], least: float, most: int) -> list[Rule]:
    """The most frequent rules of which no two hold on nearly the same rows, or on nearly the opposite ones."""
    rules = [tuple(sorted((*ground.always, *rule))) for rule in counts]
    if not rules:
        return []
    merged: dict[bytes, tuple[int, Rule]] = {}
    words = rows_of_conjunctions(ground.words, rules, ground.everything)
    for rule, times, bits in zip(rules, counts.values(), words, strict=True):
        before = merged.get(bits.tobytes(), (0, rule))
        merged[bits.tobytes()] = (before[0] + times, min(before[1], rule, key=lambda r: (len(r), r)))
    kept: list[Rule] = []
    held = np.zeros((0, ground.rows), dtype=bool)
    for times, rule in sorted(merged.values(), key=lambda item: (-item[0], len(item[1]), item[1])):
        if times < least or len(kept) == most:
            break
        rows = ground.rows_of(rule)
        same = _overlap(held, rows) > ALIKE
        if not (same | (_overlap(~held, rows) > ALIKE)).any():
            kept.append(rule)
            held = np.concatenate([held, rows[None]])
    return kept


def _overlap(held: NDArray[np.bool_], rows: NDArray[np.bool_]) -> Float:
    """The Jaccard index of each set of rows with one other."""
    either = (held | rows).sum(axis=1)
    return np.asarray((held & rows).sum(axis=1) / np.maximum(either, 1))
