"""Beam search for the conjunction of literals that a step of boosting gains most from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from induce.learners.boolean.truth import Words, pack, unpack
from induce.learners.rules.counting import conjunction_sums, planes_of, rows_of_conjunctions

__all__ = ["Ground", "Rule", "best_conjunctions"]

Float = NDArray[np.float64]
Rule = tuple[int, ...]
"""A conjunction: places of its literals, in order."""

Gain = Callable[[Float], Float]
"""From sums of shape (..., statistics) to gains of shape (...)."""


@dataclass(frozen=True, eq=False)
class Ground:
    """What rules are searched over.

    Parameters
    ----------
    words : array of shape (literals, words)
        The rows where each literal holds.
    rows : int
    allowed : bool array of shape (literals,)
        Which literals rules may use.
    always : tuple of int
        Literals that every rule has.
    opposite : int array of shape (literals,), optional
        Of each literal the place of one that holds exactly where it does not, or -1: its sums need no counting.
    width : int
        Conjunctions kept at each length.
    """

    words: Words
    rows: int
    allowed: NDArray[np.bool_]
    always: Rule = ()
    opposite: NDArray[np.int64] | None = None
    width: int = 20
    everything: Words = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "everything", pack(np.ones(self.rows, dtype=bool)))

    def rows_of(self, rule: Rule) -> NDArray[np.bool_]:
        """The rows where a rule holds."""
        return unpack(rows_of_conjunctions(self.words, [rule], self.everything)[0], self.rows)


def best_conjunctions(
    ground: Ground,
    numbers: Float,
    gain: Gain,
    *,
    longest: int,
    charge: float = 0.0,
    least: int = 1,
    bits: int = 6,
    keep: int = 8,
    allowed: NDArray[np.bool_] | None = None,
) -> list[tuple[float, Rule]]:
    """The conjunctions with the largest ``gain(sums of numbers) - charge * literals``.

    Lengths grow by one literal at a time; the best of each length go on (a beam). The sums run on packed bits with so many
    bits a number; what is returned is scored with the numbers themselves.

    Parameters
    ----------
    ground : Ground
    numbers : array of shape (rows, statistics)
    gain : callable
        From sums of shape (..., statistics) to gains of shape (...).
    longest : int
        Most literals.
    charge : float
        What a literal costs.
    least : int
        Fewest rows that a conjunction may cover.
    bits : int
        Precision of the numbers during the search.
    keep : int
        How many are returned.
    allowed : bool array of shape (literals,), optional
        Further restricts the literals.

    Returns
    -------
    list of (net gain, rule), best first
    """
    planes = planes_of(np.concatenate([np.ones((len(numbers), 1)), numbers], axis=1), bits)
    usable = np.flatnonzero(ground.allowed if allowed is None else ground.allowed & allowed)
    counted, copied, source = _counted(ground, usable)
    start: Rule = tuple(sorted(ground.always))
    front, found, seen = [start], {}, {start}
    if start:
        found[start] = -np.inf  # scored exactly below
    words = ground.words[usable[counted]]
    least_kept = max(least, 1)
    alike: set[bytes] = set()
    for length in range(len(start) + 1, longest + 1):
        parents = rows_of_conjunctions(ground.words, front, ground.everything)
        sums = np.empty((len(front), len(usable), planes.count))
        sums[:, counted] = conjunction_sums(parents, words, planes)
        if len(copied):
            sums[:, copied] = conjunction_sums(parents, ground.everything[None], planes) - sums[:, source]
        scores = gain(sums[:, :, 1:]) - charge * length
        scores[sums[:, :, 0] < least_kept] = -np.inf
        following: list[Rule] = []
        for place in _largest(scores.reshape(-1), ground.width * 4 * max(1, length)):
            f, k = divmod(int(place), len(usable))
            if not np.isfinite(scores[f, k]):
                break
            if int(usable[k]) in front[f]:
                continue
            rule = tuple(sorted((*front[f], int(usable[k]))))
            same = sums[f, k].tobytes()  # equal sums: the rows are those of a shorter or better placed conjunction
            if rule in seen or same in alike:
                continue
            seen.add(rule)
            alike.add(same)
            found[rule] = float(scores[f, k])
            following.append(rule)
            if len(following) == ground.width:
                break
        if not following:
            break
        front = following
    return _exact(ground, numbers, gain, charge, found, keep)


def _largest(values: Float, count: int) -> NDArray[np.intp]:
    """Places of the largest values, largest first, and the first of equal ones first."""
    if count < len(values):
        least = np.partition(values, len(values) - count)[len(values) - count]
        places = np.flatnonzero(values >= least)
    else:
        places = np.arange(len(values))
    return places[np.argsort(-values[places], kind="stable")[:count]]


def _counted(ground: Ground, usable: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Places among the usable literals that are counted; those whose sums follow; and from which of the former."""
    every = np.arange(len(usable))
    if ground.opposite is None:
        return every, every[:0], every[:0]
    place = np.full(len(ground.words), -1)
    place[usable] = every
    partner = ground.opposite[usable]
    partner = np.where(partner >= 0, place[partner], -1)
    follows = partner >= 0
    return every[~follows], every[follows], partner[follows]


def _exact(
    ground: Ground, numbers: Float, gain: Gain, charge: float, found: dict[Rule, float], keep: int
) -> list[tuple[float, Rule]]:
    """The best of the found rules, scored again without rounding."""
    tops = sorted(found, key=lambda rule: (-found[rule], rule))[: 2 * keep]
    scored = []
    for rule in tops:
        inside = ground.rows_of(rule)
        if inside.any():
            scored.append((float(gain(numbers[inside].sum(axis=0))) - charge * len(rule), rule))
    scored.sort(key=lambda item: (-item[0], len(item[1]), item[1]))
    return scored[:keep]
