"""The best decision list of all, by branch and bound on packed bits."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from induce.learners.boolean.truth import Words
from induce.learners.rules.conjunctions import Ground, Rule
from induce.learners.rules.counting import conjunction_sums, planes_of

__all__ = ["OptimalList", "conjunctions_of", "optimal_list"]

Float = NDArray[np.float64]
MOST = 4_000
"""Conjunctions that a list is made of."""
NODES = 200_000
"""Prefixes that are opened."""
PREFIXES = 250_000
"""Prefixes that wait to be opened, each with its rows: some hundred megabytes."""


@dataclass(frozen=True, eq=False)
class OptimalList:
    """A decision list with what is proved of it.

    Parameters
    ----------
    rules : tuple of Rule
    cost : float
        Weight of the rows that are answered wrongly, plus ``charge`` a literal.
    bound : float
        No list over these conjunctions costs less; equal to ``cost`` where the list is proved to be the best.
    opened : int
        Prefixes that were looked at.
    """

    rules: tuple[Rule, ...]
    cost: float
    bound: float
    opened: int

    @property
    def proved(self) -> bool:
        """Whether no list over these conjunctions is better."""
        return self.bound >= self.cost - 1e-9


def conjunctions_of(ground: Ground, longest: int, least: int = 1, most: int = MOST) -> tuple[list[Rule], bool]:
    """All conjunctions of up to so many literals with different rows, shortest first.

    Returns
    -------
    (conjunctions, whole)
        ``whole`` says whether none was left out; with more than ``most`` only the shortest are kept.
    """
    usable = [int(k) for k in np.flatnonzero(ground.allowed)]
    seen: dict[bytes, Rule] = {ground.everything.tobytes(): ()}
    front: list[tuple[Rule, Words]] = [((), ground.everything)]
    for _ in range(longest):
        longer: list[tuple[Rule, Words]] = []
        for rule, rows in front:
            after = rule[-1] if rule else -1
            later = [k for k in usable if k > after]
            if not later:
                continue
            taken = ground.words[later] & rows
            for k, words in zip(later, taken, strict=True):
                key = words.tobytes()
                if key in seen or int(np.bitwise_count(words).sum()) < least:
                    continue
                seen[key] = (*rule, k)
                longer.append(((*rule, k), words))
                if len(seen) > most:
                    return [r for r in seen.values() if r], False
        front = longer
    return [r for r in seen.values() if r], True


def optimal_list(
    ground: Ground,
    codes: NDArray[np.int64],
    classes: int,
    weight: Float,
    candidates: list[Rule],
    *,
    most: int,
    charge: float,
    start: tuple[Rule, ...] = (),
    nodes: int = NODES,
    only: int | None = None,
    tick: Callable[[], bool] = lambda: True,
) -> OptimalList:
    """The list of conjunctions with the least ``weight of wrong rows + charge * literals``, proved where time allows.

    Prefixes are opened in the order of their lower bound: what their rules already get wrong, their literals, and the rows that
    no list can get right since rows with the same literals have another class. Of prefixes that leave the same rows only
    the cheapest goes on.

    Parameters
    ----------
    ground : Ground
    codes : array of shape (rows,)
    classes : int
    weight : array of shape (rows,)
    candidates : list of Rule
    most : int
        Most rules.
    charge : float
        What a literal costs, above 0.
    start : tuple of Rule
        A list to begin with.
    nodes : int
        Most prefixes that are opened.
    only : int, optional
        The class of all rules; the default is another.
    tick : callable
        False stops the search.

    References
    ----------
    E. Angelino et al. (2018), Learning certifiably optimal rule lists for categorical data.
    """
    costs = _Costs(ground, codes, classes, weight, candidates, charge, only)
    best_rules: tuple[Rule, ...] = ()
    best = costs.of(())
    if start and costs.of(start) < best:
        best_rules, best = start, costs.of(start)
    order = itertools.count()
    heap: list[tuple[float, int, float, tuple[int, ...], Words]] = [(0.0, next(order), 0.0, (), ground.everything)]
    cheapest = {ground.everything.tobytes(): 0.0}
    opened, bound = 0, best
    while heap:
        lower, _, paid, prefix, left = heapq.heappop(heap)
        bound = min(lower, best)
        if lower >= best - 1e-9:
            bound = best
            break
        if opened >= nodes or len(cheapest) >= PREFIXES or not tick():
            break
        opened += 1
        if len(prefix) == most:
            continue
        paying, ending, lowers, takes = costs.longer(left, paid)
        ended = int(ending.argmin())
        if ending[ended] < best - 1e-12:
            best = float(ending[ended])
            best_rules = tuple(candidates[j] for j in (*prefix, ended))
        for k in np.flatnonzero((lowers + charge < best - 1e-9) & takes):
            rest = left & ~costs.rows[k]
            key = rest.tobytes()
            if cheapest.get(key, np.inf) > paying[k] + 1e-12:
                cheapest[key] = float(paying[k])
                heapq.heappush(heap, (float(lowers[k]), next(order), float(paying[k]), (*prefix, int(k)), rest))
    else:
        bound = best
    return OptimalList(tuple(best_rules), best, bound, opened)


class _Costs:
    """What prefixes cost, and at least will cost, counted on packed bits."""

    def __init__(
        self,
        ground: Ground,
        codes: NDArray[np.int64],
        classes: int,
        weight: Float,
        candidates: list[Rule],
        charge: float,
        only: int | None,
    ) -> None:
        self.ground, self.charge, self.only = ground, charge, only
        self.truth = (codes[:, None] == np.arange(classes)).astype(np.float64) * weight[:, None]
        self.planes = planes_of(self.truth, 20)
        self.hopeless = planes_of(_hopeless(ground, self.truth)[:, None], 20)
        self.rows = np.array(
            [np.bitwise_and.reduce(ground.words[list(rule)], axis=0) & ground.everything for rule in candidates]
        )
        self.lengths = np.array([len(rule) for rule in candidates], dtype=np.float64)
        self.one = ground.everything[None]

    def wrong(self, sums: Float) -> Float:
        """Weight of the rows with these counts that a rule gets wrong."""
        right = sums.max(axis=-1) if self.only is None else sums[..., self.only]
        return np.asarray(sums.sum(axis=-1) - right)

    def default_wrong(self, sums: Float) -> Float:
        """The same of the default."""
        if self.only is None:
            return self.wrong(sums)
        return np.asarray(sums.sum(axis=-1) - np.delete(sums, self.only, axis=-1).max(axis=-1))

    def longer(self, left: Words, paid: float) -> tuple[Float, Float, Float, NDArray[np.bool_]]:
        """For each conjunction after a prefix: paid then, paid with the default, paid at least, and whether it takes rows."""
        taken = conjunction_sums(left[None], self.rows, self.planes)[0]
        whole = conjunction_sums(left[None], self.one, self.planes)[0, 0]
        paying = paid + self.wrong(taken) + self.charge * self.lengths
        lost = conjunction_sums(left[None], self.one, self.hopeless)[0, 0, 0]
        lost = lost - conjunction_sums(left[None], self.rows, self.hopeless)[0, :, 0]
        return paying, paying + self.default_wrong(whole - taken), paying + lost, taken.sum(axis=-1) > 0

    def of(self, rules: tuple[Rule, ...]) -> float:
        """Cost of a list."""
        left = np.ones(self.ground.rows, dtype=bool)
        total = 0.0
        for rule in rules:
            taken = left & self.ground.rows_of(rule)
            total += float(self.wrong(self.truth[taken].sum(axis=0))) + self.charge * len(rule)
            left &= ~taken
        return total + float(self.default_wrong(self.truth[left].sum(axis=0)))


def _hopeless(ground: Ground, truth: Float) -> Float:
    """Of each row the weight that every list gets wrong: rows with the same literals cannot all be right."""
    usable = ground.words[ground.allowed]
    bits = np.unpackbits(np.ascontiguousarray(usable).view(np.uint8), axis=1, bitorder="little")[:, : ground.rows].T
    _, where = np.unique(np.packbits(bits, axis=1), axis=0, return_inverse=True)
    where = where.reshape(-1)
    sums = np.zeros((where.max() + 1, truth.shape[1]))
    np.add.at(sums, where, truth)
    major = sums.argmax(axis=1)[where]
    return np.asarray(truth.sum(axis=1) - truth[np.arange(len(truth)), major])
