"""Gluing: outputs as pieces put together, and outputs told apart by conditions, from the rows of a bank.

Two ways to programs far larger than enumeration reaches. A list or text may be a sequence of rows, each of which is, for
every example, the next part of what is still to be written: a shortest path over positions in the outputs. And where
rows give some outputs each, a tree of conditions may choose among them: the cheapest tree for every set of examples is
a small dynamic program over sets.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from induce.learners.programs.rows import FIRST

__all__ = ["cheapest_tree", "shortest_gluing"]

STATES = 1500
"""Most positions looked at."""
SETS = 11
"""Most examples among which conditions choose."""


@numba.njit(cache=True, nogil=True)
def _same(h: Any, start: int, flat: Any, at: int, length: int) -> bool:
    for i in range(length):
        if h[start + i] != flat[at + i]:
            return False
    return True


@numba.njit(cache=True, nogil=True)
def pieces(bank: Any, rows: Any, flat: Any, starts: Any) -> Any:
    """Which rows are, at every point, part of the output ``flat[starts[p]:starts[p + 1]]``, and not always empty."""
    nodes, offsets, h = bank[0], bank[1], bank[2]
    found = np.zeros(len(rows), np.bool_)
    for k in range(len(rows)):
        first = nodes[rows[k], FIRST]
        filled, ok = False, True
        for p in range(len(starts) - 1):
            start, length = offsets[first + p], offsets[first + p + 1] - offsets[first + p]
            filled = filled or length > 0
            inside = False
            for at in range(starts[p], starts[p + 1] - length + 1):
                if _same(h, start, flat, at, length):
                    inside = True
                    break
            if not inside:
                ok = False
                break
        found[k] = ok and filled
    return found


@numba.njit(cache=True, nogil=True)
def reach(bank: Any, rows: Any, flat: Any, starts: Any, at: Any, out: Any) -> Any:
    """Which rows are the next part of the outputs after the positions ``at``; ``out`` gets the positions after them."""
    nodes, offsets, h = bank[0], bank[1], bank[2]
    found = np.zeros(len(rows), np.bool_)
    for k in range(len(rows)):
        first = nodes[rows[k], FIRST]
        ok = True
        for p in range(len(starts) - 1):
            start, length = offsets[first + p], offsets[first + p + 1] - offsets[first + p]
            place = starts[p] + at[p]
            if place + length > starts[p + 1] or not _same(h, start, flat, place, length):
                ok = False
                break
            out[k, p] = at[p] + length
        found[k] = ok
    return found


def _flat(cells: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    starts = np.zeros(len(cells) + 1, np.int64)
    np.cumsum([len(c) for c in cells], out=starts[1:])
    return np.array([x for c in cells for x in c], np.int64), starts


def shortest_gluing(
    arrays: Any, rows: NDArray[np.int64], costs: NDArray[np.int64], goal: Sequence[Sequence[int]], glue: int
) -> tuple[list[int], int] | None:
    """The cheapest sequence of at least two rows whose values, put together, are the outputs at every point.

    Parameters
    ----------
    arrays : tuple of arrays
        Of the bank.
    rows, costs : int64 array, shape (rows,)
    goal : sequence of lists of int
        The outputs' elements.
    glue : int
        Cost of putting one piece after another.

    Returns
    -------
    (rows, cost) or None
    """
    flat, starts = _flat(goal)
    keep = pieces(arrays, rows, flat, starts)
    rows, costs = rows[keep], costs[keep]
    if not len(rows):
        return None
    order = np.argsort(costs, kind="stable")
    rows, costs = rows[order], costs[order]
    end = tuple(int(n) for n in np.diff(starts))
    begin = (0,) * len(end)
    best: dict[tuple[int, ...], int] = {begin: 0}
    before: dict[tuple[int, ...], tuple[tuple[int, ...], int]] = {}
    queue: list[tuple[int, tuple[int, ...]]] = [(0, begin)]
    out = np.zeros((len(rows), len(end)), np.int64)
    for _ in range(STATES):
        if not queue:
            return None
        cost, place = heapq.heappop(queue)
        if cost > best[place]:
            continue
        if place == end:
            break
        hits = np.flatnonzero(reach(arrays, rows, flat, starts, np.array(place, np.int64), out))
        for k in hits:  # cheapest first
            after = tuple(int(n) for n in out[k])
            # one row alone is what enumeration itself finds
            if after == place or (place == begin and after == end):
                continue
            total = cost + int(costs[k]) + (glue if place != begin else 0)
            if total < best.get(after, 1 << 60):
                best[after] = total
                before[after] = (place, int(rows[k]))
                heapq.heappush(queue, (total, after))
    if end not in before:
        return None
    parts: list[int] = []
    place = end
    while place != begin:
        place, row = before[place]
        parts.append(row)
    return parts[::-1], best[end]


@numba.njit(cache=True, nogil=True)
def masks(bank: Any, rows: Any, flat: Any, starts: Any) -> Any:
    """For each row the set of points, as bits, at which it has the given values."""
    nodes, offsets, h = bank[0], bank[1], bank[2]
    found = np.zeros(len(rows), np.int64)
    for k in range(len(rows)):
        first = nodes[rows[k], FIRST]
        for p in range(len(starts) - 1):
            start, length = offsets[first + p], offsets[first + p + 1] - offsets[first + p]
            if length == starts[p + 1] - starts[p] and _same(h, start, flat, starts[p], length):
                found[k] |= 1 << p
    return found


@numba.njit(cache=True, nogil=True)
def agreement(bank: Any, rows: Any, flat: Any, starts: Any) -> Any:
    """At how many points each row has the values ``flat[starts[p]:starts[p + 1]]``."""
    nodes, offsets, h = bank[0], bank[1], bank[2]
    found = np.zeros(len(rows), np.int64)
    for k in range(len(rows)):
        at = nodes[rows[k], FIRST]
        for p in range(len(starts) - 1):
            start, length = offsets[at + p], offsets[at + p + 1] - offsets[at + p]
            same = length == starts[p + 1] - starts[p]
            i = 0
            while same and i < length:
                same = h[start + i] == flat[starts[p] + i]
                i += 1
            found[k] += same
    return found


def _cheapest(sets: NDArray[np.int64], rows: NDArray[np.int64], costs: NDArray[np.int64], size: int) -> tuple[Any, Any]:
    """For each set the least cost of a row with exactly that set, and the row."""
    cost = np.full(size, 1 << 40, np.int64)
    row = np.full(size, -1, np.int64)
    order = np.lexsort((rows, costs))[::-1]
    cost[sets[order]], row[sets[order]] = costs[order], rows[order]  # the last one written is the cheapest
    return cost, row


Tree = int | tuple[int, "Tree", "Tree"]


def cheapest_tree(
    leaves: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    conditions: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    points: int,
    branch: int,
) -> tuple[Any, int] | None:
    """The cheapest tree of conditions that gives every output.

    With L(S) the cheapest row right on all of S, ``T(S) = min(L(S), min over c of cost(c) + T(S and c) + T(S without c))``.

    Parameters
    ----------
    leaves, conditions : (sets, rows, costs)
        The points where a row gives the output, and where a condition holds, as bits.
    points : int
        At most ``SETS``.
    branch : int
        Cost of one ``if``.

    Returns
    -------
    (tree, cost) or None
        A tree is a row, or (row of a condition, tree if true, tree if false).
    """
    if points > SETS or not len(leaves[0]) or not len(conditions[0]):
        return None
    size = 1 << points
    leaf, leaf_row = _cheapest(*leaves, size)
    everything = np.arange(size)
    for p in range(points):  # a row right on more points is right on fewer
        fewer = everything[(everything >> p & 1) == 0]
        more = fewer | 1 << p
        better = leaf[more] < leaf[fewer]
        leaf[fewer[better]], leaf_row[fewer[better]] = leaf[more[better]], leaf_row[more[better]]
    asked, asked_row = _cheapest(*conditions, size)
    known = np.flatnonzero(asked < 1 << 40)
    known = known[(known != 0) & (known != size - 1)]
    if not len(known):
        return None
    tree = leaf.copy()
    split = np.full(size, -1, np.int64)
    counts = np.array([int(s).bit_count() for s in everything])
    for s in everything[np.argsort(counts, kind="stable")]:
        if counts[s] < 2:
            continue
        yes, no = s & known, s & ~known
        total = np.where((yes != 0) & (no != 0), asked[known] + tree[yes] + tree[no] + branch, 1 << 41)
        k = int(np.argmin(total))
        if total[k] < tree[s]:
            tree[s], split[s] = total[k], known[k]
    if tree[-1] >= 1 << 40 or split[-1] < 0:
        return None

    def build(s: int) -> Any:
        if split[s] < 0:
            return int(leaf_row[s])
        c = int(split[s])
        return (int(asked_row[c]), build(s & c), build(s & ~c))

    return build(size - 1), int(tree[-1])
