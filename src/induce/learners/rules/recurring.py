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

__all__ = ["THRESHOLDS", "recurring_conjunctions"]

Float = NDArray[np.float64]
Places = NDArray[np.intp]
TREES, FEWEST_TREES = 500, 50
WORK = 100_000_000_000
"""Entries that are added up for one level of all trees, at most, unless that leaves too few trees."""
BLOCK = 4_000_000
"""Numbers that are held at once."""
DEEPEST = 2
"""Most literals of a path: longer paths hardly recur."""
THRESHOLDS = 10
"""Thresholds of a column that suffice: between more, chance decides."""
DRAWN = 1 / 3
"""Share of the columns that a split may choose from."""
SHRINK = 1.0
"""Added to second derivatives: small groups of rows gain little."""
STEP = 2.0**-20
"""Slopes and curves of a row are multiples of it: sums are exact, and do not depend on the machine."""
ALIKE = 0.7
"""Overlap of rows (Jaccard) above which the less frequent of two rules is left out, also with the other's opposite."""
ROOM = 3
"""Rules for each that may be voted for."""


def recurring_conjunctions(
    ground: Ground,
    loss: Loss,
    weight: Float,
    columns: NDArray[np.int64],
    *,
    most: int,
    longest: int,
    trees: int = TREES,
    seed: int = 0,
    tick: Callable[[], bool] = lambda: True,
) -> list[Rule]:
    """The conjunctions that trees on resampled rows have most often: candidates for :func:`~induce.learners.rules.votes.fit_votes`.

    Each tree takes every row a Poisson number of times, splits once and each half once more. A split is the literal, among those of
    a third of the columns, with the largest ``sum over sides and outputs of (sum of slopes)^2 / (sum of curves + 1)``. Paths from the
    root are rules, where every side of them is a literal: the other side of ``x > 1`` is none where ``x`` may be missing. Of rules
    that hold on nearly the same rows only the most frequent stays, so that chance does not decide between columns that say the same.

    Parameters
    ----------
    ground : Ground
    loss : Loss
    weight : array of shape (rows,)
        How many rows each row stands for.
    columns : int array of shape (literals,)
        The column of each literal.
    most, longest : int
        Rules that may be voted for, and most literals of a rule; never more than two beside those that every rule has.
    trees : int
        Fewer where there are many rows, literals and outputs.
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
    sides = _sides(ground, free)
    down, curve = loss.slopes(np.tile(loss.start(), (ground.rows, 1)))
    numbers = np.concatenate([down, curve.max(axis=1, keepdims=True)], axis=1)
    each = np.round(numbers / np.where(weight > 0, weight, 1.0)[:, None] / STEP)
    stands = np.minimum(weight, 1e6) * ground.rows_of(ground.always)  # rows that no rule holds on have no say
    trees = int(np.clip(WORK // (ground.rows * len(sides[0]) * each.shape[1]), min(trees, FEWEST_TREES), trees))
    chunk = max(1, BLOCK // (max(ground.rows, len(sides[0])) * each.shape[1]))
    rng, grown = np.random.default_rng(seed), 0
    grower = _Grower(ground, sides, columns[sides[0]], rng)
    while grown < trees and tick():
        size = min(chunk, trees - grown)
        grown += size
        grower.grow(rng.poisson(stands[:, None], (ground.rows, size))[:, :, None] * each[:, None, :], room)
    return _spread(ground, grower.paths, ROOM * most)


def _sides(ground: Ground, free: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
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
        self,
        ground: Ground,
        sides: tuple[NDArray[np.int64], NDArray[np.int64]],
        columns: NDArray[np.int64],
        rng: np.random.Generator,
    ) -> None:
        self.ground, self.sides, self.rng = ground, sides, rng
        self.places = np.unique(columns, return_inverse=True)[1].reshape(-1)
        self.paths: Counter[Rule] = Counter()

    def grow(self, statistics: Float, depth: int) -> None:
        """Trees of one depth; statistics have shape (rows, trees, outputs + 1)."""
        start = np.zeros((statistics.shape[1], 0), dtype=np.int64)
        self._split(statistics, self._sums(statistics), start, np.ones(len(start), dtype=bool), depth)

    def _split(
        self, statistics: Float, sums: Float, path: NDArray[np.int64], live: NDArray[np.bool_], depth: int
    ) -> None:
        best, pays = self._chosen(sums, statistics.sum(axis=0))
        live = live & pays
        ends = [np.concatenate([path, side[best][:, None]], axis=1) for side in self.sides]
        for end in ends:
            said = end[live & (end >= 0).all(axis=1)].tolist()
            self.paths.update(tuple(sorted(set(one))) for one in said)
        if depth == 1 or not live.any():
            return
        held = statistics * self._truth(self.sides[0][best]).T[:, :, None]
        part = self._sums(held)  # what the other half sums to is the rest
        self._split(held, part, ends[0], live, depth - 1)
        self._split(statistics - held, sums - part, ends[1], live, depth - 1)

    def _truth(self, literals: NDArray[np.int64]) -> NDArray[np.bool_]:
        return unpack(self.ground.words[literals], self.ground.rows)

    def _sums(self, statistics: Float) -> Float:
        """Sums of statistics over the rows of each literal, shape (literals, trees, outputs + 1)."""
        flat, splits = statistics.reshape(len(statistics), -1), self.sides[0]
        found = np.empty((len(splits), flat.shape[1]))
        step = max(1, BLOCK // self.ground.rows)
        for first in range(0, len(splits), step):  # not all literals are unpacked at once
            found[first : first + step] = self._truth(splits[first : first + step]).astype(np.float64) @ flat
        return found.reshape(len(splits), *statistics.shape[1:])

    def _chosen(self, sums: Float, total: Float) -> tuple[Places, NDArray[np.bool_]]:
        """The best of the literals of the columns that each tree draws, and whether it gains anything."""

        def worth(of: Float) -> Float:
            return np.asarray((of[..., :-1] ** 2).sum(axis=-1) / (np.maximum(of[..., -1], 0) + SHRINK / STEP))

        gains = worth(sums) + worth(total - sums) - worth(total)
        order = self.rng.random((int(self.places.max()) + 1, gains.shape[1]))
        last = max(1, round(DRAWN * len(order))) - 1
        drawn = order <= np.partition(order, last, axis=0)[last]
        gains[~drawn[self.places]] = -np.inf
        best = gains.argmax(axis=0)
        return best, np.asarray(gains[best, np.arange(len(best))] > 1e-9 / STEP)


def _spread(ground: Ground, counts: Counter[Rule], most: int) -> list[Rule]:
    """The most frequent rules of which no two hold on nearly the same rows, or on nearly the opposite ones."""
    rules = [tuple(sorted((*ground.always, *rule))) for rule in counts]
    if not rules:
        return []
    merged: dict[bytes, tuple[int, Rule]] = {}
    words = rows_of_conjunctions(ground.words, rules, ground.everything)
    for rule, times, bits in zip(rules, counts.values(), words, strict=True):
        before = merged.get(bits.tobytes(), (0, rule))
        merged[bits.tobytes()] = (before[0] + times, min(before[1], rule, key=lambda r: (len(r), r)))
    inside = ground.rows_of(ground.always)
    kept: list[Rule] = []
    held = np.zeros((0, ground.rows), dtype=bool)
    for times, rule in sorted(merged.values(), key=lambda item: (-item[0], len(item[1]), item[1])):
        if times < 2 or len(kept) == most:
            break
        rows = ground.rows_of(rule)
        same = _overlap(held, rows) > ALIKE
        if not (same | (_overlap(inside & ~held, rows) > ALIKE)).any():
            kept.append(rule)
            held = np.concatenate([held, rows[None]])
    return kept


def _overlap(held: NDArray[np.bool_], rows: NDArray[np.bool_]) -> Float:
    """The Jaccard index of each set of rows with one other."""
    either = (held | rows).sum(axis=1)
    return np.asarray((held & rows).sum(axis=1) / np.maximum(either, 1))
