"""Two-level covers: prime implicants, few of them that cover a table, and their algebraic factoring.

A cube is a pair ``(care, value)`` of integers: input ``i`` is fixed to bit ``i`` of ``value`` when bit ``i`` of ``care`` is set.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from induce.learners.boolean.network import Network
from induce.learners.boolean.truth import ones, rows_of

__all__ = ["Cube", "add_cover", "cover", "covered", "irredundant", "primes"]

Cube = tuple[int, int]
PRIMES_UP_TO = 10
"""Inputs up to which all prime implicants are made; past it an irredundant cover is grown by recursion."""
EXACT_PRIMES = 600


def covered(cubes: Sequence[Cube], k: int) -> NDArray[np.bool_]:
    """The table that cubes cover, of ``2**k`` rows.

    >>> covered([(1, 1)], 2)
    array([False,  True, False,  True])
    """
    rows = np.arange(1 << k)
    found = np.zeros(1 << k, dtype=bool)
    for care, value in cubes:
        found |= (rows & care) == value
    return found


def primes(upper: NDArray[np.bool_]) -> list[Cube]:
    """All prime implicants of a table of ``2**k`` rows (Quine, McCluskey), by a table of all ``3**k`` cubes."""
    k = len(upper).bit_length() - 1
    table = np.asarray(upper, dtype=bool).reshape((2,) * k).transpose(tuple(range(k - 1, -1, -1)))
    for axis in range(k):
        both = np.take(table, [0], axis=axis) & np.take(table, [1], axis=axis)
        table = np.concatenate([table, both], axis=axis)
    prime = table.copy()
    for axis in range(k):
        wider = np.take(table, [2], axis=axis)
        prime &= np.concatenate([~wider, ~wider, np.ones_like(wider)], axis=axis)
    found = []
    for place in np.argwhere(prime):
        care = sum(1 << i for i, digit in enumerate(place) if digit < 2)
        found.append((care, sum(1 << i for i, digit in enumerate(place) if digit == 1)))
    return found


def irredundant(lower: int, upper: int, k: int) -> list[Cube]:
    """A cover of every row of ``lower`` within ``upper``, no cube of which can be left out.

    Source: S. Minato (1992), Fast generation of irredundant sum-of-products forms from binary decision diagrams.
    """
    return _irredundant(lower, upper, k)[0]


def _irredundant(lower: int, upper: int, k: int) -> tuple[list[Cube], int]:
    """Cubes, and the rows that they cover."""
    if lower == 0:
        return [], 0
    full = ones(1 << k)
    if upper == full:
        return [(0, 0)], full
    half = 1 << (k - 1)
    low = ones(half)
    l0, l1, u0, u1 = lower & low, lower >> half, upper & low, upper >> half
    c0, f0 = _irredundant(l0 & ~u1, u0, k - 1)
    c1, f1 = _irredundant(l1 & ~u0, u1, k - 1)
    c2, f2 = _irredundant((l0 & ~f0) | (l1 & ~f1), u0 & u1, k - 1)
    bit = 1 << (k - 1)
    cubes = [(care | bit, value) for care, value in c0] + [(care | bit, value | bit) for care, value in c1] + c2
    return cubes, (f0 | f2) | ((f1 | f2) << half)


def cover(lower: int, upper: int, k: int) -> list[Cube]:
    """Few cubes that cover ``lower`` within ``upper``, few literals first among equals.

    Up to 10 inputs all prime implicants compete: the fewest by an integer program when they are few, otherwise greedily.

    Source: W. Quine (1955), A way to simplify truth functions; E. McCluskey (1956), Minimization of Boolean functions.

    >>> cover(0b1110, 0b1110, 2)  # or
    [(1, 1), (2, 2)]
    """
    if lower == 0:
        return []
    if k > PRIMES_UP_TO:
        return irredundant(lower, upper, k)
    candidates = primes(rows_of(upper, 1 << k))
    wanted = np.flatnonzero(rows_of(lower, 1 << k))
    cares, values = np.array(candidates, dtype=np.int64).T
    matrix = (wanted[:, None] & cares) == values
    weights = 1.0 + np.array([bin(care).count("1") for care, _ in candidates]) / 64.0
    if len(candidates) <= EXACT_PRIMES and k <= 8:
        chosen = _fewest(matrix, weights)
    else:
        chosen = _greedy(matrix, weights)
    return [candidates[i] for i in chosen]


def _greedy(matrix: NDArray[np.bool_], weights: NDArray[np.float64]) -> list[int]:
    left = np.ones(len(matrix), dtype=bool)
    chosen: list[int] = []
    while left.any():
        gain = matrix[left].sum(axis=0) / weights
        chosen.append(int(np.argmax(gain)))
        left &= ~matrix[:, chosen[-1]]
    for i in sorted(chosen, key=lambda i: -weights[i]):
        others = [j for j in chosen if j != i]
        if others and matrix[:, others].any(axis=1).all():
            chosen = others
    return sorted(chosen)


def _fewest(matrix: NDArray[np.bool_], weights: NDArray[np.float64]) -> list[int]:
    """A minimal cover by an integer program; the greedy one if the solver does not finish in a second."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    found = milp(
        weights,
        integrality=np.ones(len(weights)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(matrix.astype(float), lb=1),
        options={"node_limit": 2000, "time_limit": 5.0},
    )
    greedy = _greedy(matrix, weights)
    if found.x is None:
        return greedy
    chosen = [int(i) for i in np.flatnonzero(found.x > 0.5)]
    good = matrix[:, chosen].any(axis=1).all() and weights[chosen].sum() <= weights[greedy].sum() + 1e-9
    return chosen if good else greedy


def add_cover(net: Network, cubes: Sequence[Cube], leaves: Sequence[int]) -> int:
    """Write a cover, factored by its most frequent literals; the literal of the result."""
    named = [frozenset((i, value >> i & 1) for i in range(len(leaves)) if care >> i & 1) for care, value in cubes]
    return _factored(net, named, leaves)


def _factored(net: Network, cubes: list[frozenset[tuple[int, int]]], leaves: Sequence[int]) -> int:
    if not cubes:
        return 0
    if any(not cube for cube in cubes):
        return 1
    shared = frozenset.intersection(*cubes)
    if shared:
        result = _factored(net, [cube - shared for cube in cubes], leaves)
        for i, value in sorted(shared):
            result = net.both(leaves[i] ^ (value ^ 1), result)
        return result
    counts = Counter(literal for cube in cubes for literal in sorted(cube))
    best, often = max(sorted(counts.items()), key=lambda item: item[1])
    if often == 1:
        result = 0
        for cube in cubes:
            result = net.either(result, _factored(net, [cube], leaves))
        return result
    inside = [cube - {best} for cube in cubes if best in cube]
    outside = [cube for cube in cubes if best not in cube]
    product = net.both(leaves[best[0]] ^ (best[1] ^ 1), _factored(net, inside, leaves))
    return net.either(product, _factored(net, outside, leaves))
