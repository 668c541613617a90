"""Minimal circuits of all functions of four inputs, by exhaustion: no table is shipped, the code proves its own.

A *chain* of ``r`` gates computes normal functions ``g1, ..., gr``, each ``a & b, a & ~b, ~a & b, a | b`` or ``a ^ b`` of two
earlier ones or inputs; with free negation these are all gates of {and, or, xor}. The sets of functions that chains of up to
four gates compute are listed up to renaming and negation of inputs, and every set is extended by two gates in all ways. So a
class that first appears with ``r <= 6`` gates has no smaller circuit, and one that does not appear needs seven.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

from induce.learners.boolean.npn import npn

__all__ = ["Chain", "ExactTable", "exact_table"]

Chain = tuple[tuple[int, int, int], ...]
"""Gates (kind, literal, literal): kind 0 is and, 1 is xor; literal 2 v is node v, 2 v + 1 its negation; nodes 0 to 3 are the
inputs, node 4 + g is gate g. The last gate is the function or its negation."""

LISTED = 4
KEPT = 24
_PROJECTIONS = (0xAAAA, 0xCCCC, 0xF0F0, 0xFF00)


@dataclass(frozen=True, eq=False)
class ExactTable:
    """What :func:`exact_table` proves.

    Parameters
    ----------
    cost : array, shape (222,)
        Gates of a minimal circuit of each class, in the order of ``npn().members``.
    chains : tuple of tuples of Chain
        Some minimal circuits of each class's representative.
    """

    cost: NDArray[np.int64]
    chains: tuple[tuple[Chain, ...], ...]

    def gates(self, f: int) -> int:
        """Gates of a minimal circuit of a 16-bit table."""
        return int(self.cost[npn().number[(f ^ 0xFFFF if f & 1 else f) >> 1]])


@njit(cache=True)
def _gate(kind, a, b):  # type: ignore[no-untyped-def]
    if kind == 0:
        return a & b
    if kind == 1:
        return a & ~b & 0xFFFF
    if kind == 2:
        return ~a & b & 0xFFFF
    if kind == 3:
        return a | b
    return a ^ b


@njit(cache=True)
def _least(functions, count, images):  # type: ignore[no-untyped-def]
    """The least key of a set of functions over all transformations of the inputs."""
    best = np.uint64(0xFFFFFFFFFFFFFFFF)
    held = np.empty(4, dtype=np.uint16)
    for t in range(images.shape[0]):
        for i in range(count):
            value = images[t, functions[i] >> 1]
            j = i
            while j > 0 and held[j - 1] > value:
                held[j] = held[j - 1]
                j -= 1
            held[j] = value
        key = np.uint64(0)
        for i in range(count):
            key = (key << np.uint64(15)) | np.uint64(held[i] >> 1)
        best = min(best, key)
    return best


@njit(cache=True)
def _extensions(states, images):  # type: ignore[no-untyped-def]
    """Keys of all sets with one more function; a set is a row of normal functions."""
    count = states.shape[1]
    width = 4 + count
    keys = np.empty(states.shape[0] * 5 * width * (width - 1) // 2, dtype=np.uint64)
    found = 0
    held = np.empty(width + 1, dtype=np.int64)
    grown = np.empty(count + 1, dtype=np.int64)
    held[0], held[1], held[2], held[3] = 0xAAAA, 0xCCCC, 0xF0F0, 0xFF00
    for s in range(states.shape[0]):
        for i in range(count):
            held[4 + i] = states[s, i]
            grown[i] = states[s, i]
        for i in range(width):
            for j in range(i):
                for kind in range(5):
                    g = _gate(kind, held[i], held[j])
                    fresh = g != 0
                    for k in range(width):
                        fresh &= held[k] != g
                    if fresh:
                        grown[count] = g
                        keys[found] = _least(grown, count + 1, images)
                        found += 1
    return keys[:found]


@njit(cache=True)
def _mark(held, width, number, cost, level, kept, chains, limit):  # type: ignore[no-untyped-def]
    """Every function one gate away: note its class's cost, and keep the chain when it is a minimal one."""
    for i in range(width):
        for j in range(i):
            for kind in range(5):
                g = _gate(kind, held[i], held[j])
                c = number[g >> 1]
                if cost[c] > level:
                    cost[c] = level
                if cost[c] == level and kept[c] < limit:
                    for k in range(width - 4):
                        chains[c, kept[c], k] = held[4 + k]
                    chains[c, kept[c], width - 4] = g
                    kept[c] += 1


@njit(cache=True)
def _deepen(held, width, depth, number, cost, kept, chains, limit):  # type: ignore[no-untyped-def]
    """Extend a set by up to ``depth`` gates in all ways, marking what the last one computes."""
    if depth == 1:
        _mark(held, width, number, cost, width - 3, kept, chains, limit)
        return
    for i in range(width):
        for j in range(i):
            for kind in range(5):
                g = _gate(kind, held[i], held[j])
                fresh = g != 0
                for k in range(width):
                    fresh &= held[k] != g
                if fresh:
                    held[width] = g
                    _mark(held, width + 1, number, cost, width - 2, kept, chains, limit)


@njit(cache=True)
def _sevens(states, number, cost, kept, chains, limit, goal):  # type: ignore[no-untyped-def]
    """Chains of seven gates for the classes that nothing smaller reaches; stops when ``goal`` of them are kept."""
    held = np.empty(12, dtype=np.int64)
    held[0], held[1], held[2], held[3] = 0xAAAA, 0xCCCC, 0xF0F0, 0xFF00
    total = 0
    for s in range(states.shape[0]):
        for i in range(4):
            held[4 + i] = states[s, i]
        for i in range(8):
            for j in range(i):
                for kind in range(5):
                    held[8] = _gate(kind, held[i], held[j])
                    if held[8] == 0:
                        continue
                    for k in range(9):
                        for m in range(k):
                            for second in range(5):
                                held[9] = _gate(second, held[k], held[m])
                                for n in range(9):
                                    for third in range(5):
                                        g = _gate(third, held[9], held[n])
                                        c = number[g >> 1]
                                        if cost[c] >= 7 and kept[c] < limit:
                                            cost[c] = 7
                                            for q in range(6):
                                                chains[c, kept[c], q] = held[4 + q]
                                            chains[c, kept[c], 6] = g
                                            kept[c] += 1
                                            total += 1
                                            if total >= goal:
                                                return


def _listed() -> list[NDArray[np.int64]]:
    """Sets of 0 to LISTED functions that chains compute, up to transformations of the inputs."""
    states = [np.zeros((1, 0), dtype=np.int64)]
    for count in range(1, LISTED + 1):
        keys = np.unique(_extensions(states[-1], npn().images))
        columns = [(keys >> np.uint64(15 * (count - 1 - i))).astype(np.int64) % 32768 * 2 for i in range(count)]
        states.append(np.stack(columns, axis=1))
    return states


def _ordered(functions: tuple[int, ...]) -> Chain | None:
    """Gates in an order in which each reads earlier nodes only; None when a function is no gate of the others."""
    nodes = list(_PROJECTIONS)
    gates: list[tuple[int, int, int]] = []
    waiting = list(functions)
    while waiting:
        for g in waiting[:-1] if len(waiting) > 1 else waiting:
            found = _as_gate(g, nodes)
            if found is not None:
                break
        else:
            return None
        waiting.remove(g)
        kind, a, b = found
        x, y = (nodes[v >> 1] ^ (0xFFFF if v & 1 else 0) for v in (a, b))
        nodes.append(x ^ y if kind else x & y)  # the function or its negation, whichever the gate computes
        gates.append(found)
    return tuple(gates)


def _as_gate(g: int, nodes: list[int]) -> tuple[int, int, int] | None:
    for i, a in enumerate(nodes):
        for j, b in enumerate(nodes[:i]):
            if a ^ b in (g, g ^ 0xFFFF):
                return 1, 2 * i, 2 * j
            for u in (0, 1):
                for v in (0, 1):
                    value = (a ^ (0xFFFF * u)) & (b ^ (0xFFFF * v))
                    if g in (value, value ^ 0xFFFF):
                        return 0, 2 * i + u, 2 * j + v
    return None


@lru_cache(maxsize=1)
def exact_table() -> ExactTable:
    """Minimal circuits of the 222 classes over {and, or, xor} with free negation: 0 to 7 gates.

    Built once in a process, in a few seconds.

    Source: D. Knuth (2011), The Art of Computer Programming 4A, section 7.1.2, which gives the numbers of classes by cost,
    2, 2, 5, 20, 34, 75, 72, 12.

    >>> exact_table().gates(0x6996), exact_table().gates(0xE8E8)  # parity of four, majority of three
    (3, 4)
    """
    known = npn()
    classes = len(known.members)
    cost = np.full(classes, 99, dtype=np.int64)
    for f in (0, *_PROJECTIONS):
        cost[known.number[f >> 1]] = 0
    kept = np.zeros(classes, dtype=np.int64)
    room = np.zeros((classes, 64, 7), dtype=np.int64)
    states = _listed()
    held = np.zeros(12, dtype=np.int64)
    held[:4] = _PROJECTIONS
    # chains are kept in a scattered order, so that those of one class differ
    order = [rows[np.argsort(np.arange(len(rows)) * 40503 % 65521, kind="stable")] for rows in states]
    for count, rows in enumerate(order):
        _extend_all(rows, 1 if count < LISTED else 2, held, known.number, cost, kept, room)
    missing = int((cost == 99).sum())
    _sevens(order[LISTED], known.number, cost, kept, room, KEPT, missing * KEPT)
    return ExactTable(cost, tuple(_chains_of(c, int(cost[c]), room[c, : kept[c]]) for c in range(classes)))


@njit(cache=True)
def _extend_all(rows, depth, held, number, cost, kept, chains):  # type: ignore[no-untyped-def]
    width = 4 + rows.shape[1]
    for s in range(rows.shape[0]):
        for i in range(rows.shape[1]):
            held[4 + i] = rows[s, i]
        _deepen(held, width, 1, number, cost, kept, chains, chains.shape[1])
    if depth == 2:
        for s in range(rows.shape[0]):
            for i in range(rows.shape[1]):
                held[4 + i] = rows[s, i]
            _deepen(held, width, 2, number, cost, kept, chains, chains.shape[1])


def _chains_of(c: int, cost: int, functions: NDArray[np.int64]) -> tuple[Chain, ...]:
    """Circuits of the representative of class ``c`` from chains of members of the class."""
    if cost == 0:
        return ((),)
    known = npn()
    target = int(known.members[c])
    found: dict[frozenset[int], Chain] = {}
    for row in functions[:, :cost]:
        t = int(np.flatnonzero(known.images[:, int(row[-1]) >> 1] == target)[0])
        moved = tuple(int(known.images[t, int(f) >> 1]) for f in row)
        if frozenset(moved) not in found:
            chain = _ordered(moved)
            if chain is not None:
                found[frozenset(moved)] = chain
        if len(found) == KEPT:
            break
    return tuple(found.values())
