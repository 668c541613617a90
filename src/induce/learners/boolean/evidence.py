"""Which inputs matter, and how often the answers are flipped: the evidence of a table over each set of inputs.

With inputs ``S`` and flip rate ``e``, every cell (combination of the inputs in ``S``) has an unknown answer, true or false
alike. A cell with ``n1`` true and ``n0`` false rows then has the probability
``((1-e)^n1 e^n0 + e^n1 (1-e)^n0) / 2``, and the evidence is the product over cells. An input that does not matter halves
the cells for nothing and lowers it; so does leaving out one that does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations, islice
from math import comb, lgamma

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["RATES", "Support", "evidence", "supports"]

RATES = (1e-9, 0.003, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3)
"""Flip rates that "estimate" compares."""
LISTED = 6000
"""Most sets of inputs that are all looked at; past this a beam grows and shrinks sets."""
BEAM = 6
PART = 100_000
"""Sets times rows between two looks at the clock."""
SHRUNK = 40
"""Inputs up to which the set of all of them is shrunk too."""


@dataclass(frozen=True)
class Support:
    """A set of inputs (numbers from 0), the best flip rate for it, and the logarithm of its evidence in nats."""

    inputs: tuple[int, ...]
    rate: float
    score: float


@njit(cache=True)
def _evidence(bits, yes_rows, no_rows, chosen, rates):  # type: ignore[no-untyped-def]
    rows = len(yes_rows)
    m = len(chosen)
    total = np.zeros(len(rates))
    if m <= 20:
        counts = np.zeros((1 << m, 2), dtype=np.int64)
        for r in range(rows):
            key = np.int64(0)
            for i in range(m):
                key |= np.int64(bits[chosen[i], r]) << i
            counts[key, 0] += no_rows[r]
            counts[key, 1] += yes_rows[r]
        cells = counts
    else:
        keys = np.zeros(rows, dtype=np.uint64)
        for r in range(rows):
            for i in range(m):
                # sets past 64 inputs are told apart by a mixing hash
                keys[r] = (keys[r] * np.uint64(2) + np.uint64(bits[chosen[i], r])) ^ (keys[r] >> np.uint64(61))
        order = np.argsort(keys)
        cells = np.zeros((rows, 2), dtype=np.int64)
        place = -1
        for x in range(rows):
            if x == 0 or keys[order[x]] != keys[order[x - 1]]:
                place += 1
            cells[place, 0] += no_rows[order[x]]
            cells[place, 1] += yes_rows[order[x]]
    for q in range(len(rates)):
        yes, no = np.log1p(-rates[q]), np.log(rates[q])
        value = 0.0
        for c in range(len(cells)):
            a, b = cells[c, 0], cells[c, 1]
            if a + b == 0:
                continue
            high, low = max(a, b), min(a, b)
            value += high * yes + low * no + np.log1p(np.exp((high - low) * (no - yes))) - 0.6931471805599453
        total[q] = value
    return total


@njit(cache=True)
def _many(bits, yes, no, sets, sizes, rates):  # type: ignore[no-untyped-def]
    found = np.empty((len(sizes), len(rates)))
    for s in range(len(sizes)):
        found[s] = _evidence(bits, yes, no, sets[s, : sizes[s]], rates)
    return found


def evidence(
    bits: NDArray[np.uint8],
    yes: NDArray[np.int64],
    no: NDArray[np.int64],
    sets: list[tuple[int, ...]],
    rates: tuple[float, ...] = RATES,
) -> list[Support]:
    """The best flip rate and evidence of each set of inputs.

    Parameters
    ----------
    bits : array, shape (inputs, rows)
    yes, no : array, shape (rows,)
        How often each answer was given.
    sets : list of tuples of input numbers

    >>> bits = np.array([[0, 1, 0, 1] * 4, [0, 0, 1, 1] * 4], dtype=np.uint8)
    >>> answers = bits[0].astype(int)
    >>> found = evidence(bits, answers, 1 - answers, [(), (0,), (0, 1)])
    >>> max(found, key=lambda s: s.score).inputs
    (0,)
    """
    width = max((len(s) for s in sets), default=0)
    packed = np.zeros((len(sets), max(width, 1)), dtype=np.int64)
    for place, chosen in enumerate(sets):
        packed[place, : len(chosen)] = chosen
    sizes = np.array([len(s) for s in sets], dtype=np.int64)
    values = _many(bits, yes, no, packed, sizes, np.maximum(np.array(rates), 1e-9))
    n = len(bits)
    prior = [-_log_choices(n, len(s)) - float(np.log(n + 1)) for s in sets]
    best = values.argmax(axis=1)
    return [
        Support(chosen, float(rates[best[i]]), float(values[i, best[i]]) + prior[i]) for i, chosen in enumerate(sets)
    ]


def _log_choices(n: int, k: int) -> float:
    """Logarithm of the number of sets of ``k`` out of ``n``."""
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def supports(
    bits: NDArray[np.uint8],
    yes: NDArray[np.int64],
    no: NDArray[np.int64],
    *,
    most: int | None = None,
    rates: tuple[float, ...] = RATES,
    kept: int = 4,
    stop: Callable[[], bool] = lambda: False,
) -> list[Support]:
    """The sets of inputs with the most evidence, best first.

    Parameters
    ----------
    bits : array, shape (inputs, rows)
    yes, no : array, shape (rows,)
    most : int, optional
        Most inputs of a set.
    kept : int
        How many sets are returned.
    stop : callable
        When true, the best sets so far are returned.
    """
    n = len(bits)
    most = n if most is None else min(most, n)
    look = _Looker(bits, yes, no, rates, stop)
    if sum(comb(n, k) for k in range(most + 1)) <= LISTED:
        look([s for k in range(most + 1) for s in combinations(range(n), k)])
    else:
        _search(look, n, most)
    return sorted((s for s in look.seen.values() if len(s.inputs) <= most), key=_rank)[:kept]


def _rank(found: Support) -> tuple[float, int, tuple[int, ...]]:
    return -found.score, len(found.inputs), found.inputs


class _Looker:
    """Evidence of sets, each computed once, until it is told to stop; the empty set is always looked at."""

    def __init__(
        self,
        bits: NDArray[np.uint8],
        yes: NDArray[np.int64],
        no: NDArray[np.int64],
        rates: tuple[float, ...],
        stop: Callable[[], bool],
    ) -> None:
        self.data = bits, yes, no
        self.rates = rates
        self.stop = stop
        self.part = max(1, PART // max(1, bits.shape[1]))
        self.seen: dict[tuple[int, ...], Support] = {(): evidence(bits, yes, no, [()], rates)[0]}

    def __call__(self, sets: list[tuple[int, ...]]) -> list[Support]:
        """The evidence of those sets that there was time for."""
        fresh = [s for s in dict.fromkeys(sets) if s not in self.seen]
        for first in range(0, len(fresh), self.part):
            if self.stop():
                break
            for found in evidence(*self.data, fresh[first : first + self.part], self.rates):
                self.seen[found.inputs] = found
        return [self.seen[s] for s in sets if s in self.seen]


def _search(look: _Looker, n: int, most: int) -> None:
    """Grow and shrink the best of the small sets; shrink the set of all inputs too, when there are not too many."""
    look([s for k in range(min(most, 3) + 1) for s in islice(combinations(range(n), k), LISTED * 2)])
    if most == n <= SHRUNK:
        whole = tuple(range(n))
        while len(whole) > 1 and not look.stop():
            whole = min(
                look([tuple(k for k in whole if k != i) for i in whole]), key=_rank, default=look.seen[()]
            ).inputs
    done: set[tuple[int, ...]] = set()
    while not look.stop():
        allowed = sorted((s for s in look.seen.values() if len(s.inputs) <= most), key=_rank)
        fresh = [s for s in allowed[:BEAM] if s.inputs not in done]
        if not fresh:
            return
        sets = []
        for found in fresh:
            done.add(found.inputs)
            inside = set(found.inputs)
            sets += [tuple(sorted(inside - {i})) for i in inside]
            if len(inside) < most:
                sets += [tuple(sorted(inside | {i})) for i in range(n) if i not in inside]
            elif len(inside) <= 6:
                sets += [tuple(sorted(inside - {i} | {j})) for i in inside for j in range(n) if j not in inside]
        look(sets)
