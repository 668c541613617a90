"""Variation of postfix programs for evolution: random trees, mutations and crossover, in numba.

Here a program is a row of ``codes`` (int16) with its constants beside it at the same places (a constant has code -1), and a
length. :func:`pack` turns rows into the ragged form that the evaluator reads.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from induce.algebras.kernels import ARITY
from induce.learners.chance import below, normal, uniform

__all__ = ["breed", "pack", "random_population", "tree_sizes", "unpack_values"]

_VARIABLE = 256


@numba.njit(cache=True, nogil=True)
def _arity(code: int) -> int:
    return ARITY[code] if 0 <= code < _VARIABLE else 0


@numba.njit(cache=True, nogil=True)
def _start(codes: Any, end: int) -> int:
    """First place of the sub-tree whose root is at ``end``."""
    need, k = 1, end
    while need > 0:
        need += _arity(codes[k]) - 1
        k -= 1
    return k + 1


@numba.njit(cache=True, nogil=True)
def tree_size(codes: Any, length: int, costs: Any) -> int:
    """Nodes as written."""
    total = 0
    for k in range(length):
        total += costs[codes[k]] if 0 <= codes[k] < _VARIABLE else 1
    return total


@numba.njit(cache=True, nogil=True)
def tree_sizes(codes: Any, lengths: Any, costs: Any) -> Any:
    """:func:`tree_size` of every row."""
    out = np.empty(len(lengths), np.int64)
    for p in range(len(lengths)):
        out[p] = tree_size(codes[p], lengths[p], costs)
    return out


@numba.njit(cache=True, nogil=True)
def _leaf(rng: Any, columns: int, constants: bool, literals: Any) -> Any:
    """(code, constant) of a random leaf."""
    if constants and uniform(rng) < 0.3:
        return -1, normal(rng)
    if len(literals) > 0 and not constants and uniform(rng) < 0.15:
        return -1, literals[below(rng, len(literals))]
    return _VARIABLE + below(rng, columns), 0.0


@numba.njit(cache=True, nogil=True)
def _splice(
    codes: Any, values: Any, length: int, start: int, end: int, piece: Any, piece_values: Any, size: int
) -> int:
    """Replace places ``start..end`` by a piece; returns the new length or -1 if it does not fit."""
    fresh = length - (end + 1 - start) + size
    if fresh > len(codes):
        return -1
    tail = length - end - 1
    if size > end + 1 - start:
        for k in range(tail - 1, -1, -1):
            codes[start + size + k] = codes[end + 1 + k]
            values[start + size + k] = values[end + 1 + k]
    else:
        for k in range(tail):
            codes[start + size + k] = codes[end + 1 + k]
            values[start + size + k] = values[end + 1 + k]
    for k in range(size):
        codes[start + k] = piece[k]
        values[start + k] = piece_values[k]
    return fresh


@numba.njit(cache=True, nogil=True)
def _grow(rng: Any, nodes: int, ops: Any, columns: int, constants: bool, literals: Any, codes: Any, values: Any) -> int:
    """A random tree of about ``nodes`` nodes: random leaves become random operators until it is large enough."""
    codes[0], values[0] = _leaf(rng, columns, constants, literals)
    length = 1
    piece, piece_values = np.empty(3, np.int16), np.zeros(3)
    while length < nodes:
        op = ops[below(rng, len(ops))]
        count = below(rng, (length + 1) // 2 + 1)
        at = 0
        for k in range(length):  # the count-th leaf
            if _arity(codes[k]) == 0:
                at = k
                if count == 0:
                    break
                count -= 1
        arity = _arity(op)
        for a in range(arity):
            piece[a], piece_values[a] = _leaf(rng, columns, constants, literals)
        piece[arity], piece_values[arity] = op, 0.0
        fresh = _splice(codes, values, length, at, at, piece, piece_values, arity + 1)
        if fresh < 0:
            break
        length = fresh
    return length


@numba.njit(cache=True, nogil=True)
def random_population(
    rng: Any,
    codes: Any,
    values: Any,
    lengths: Any,
    ops: Any,
    columns: int,
    constants: bool,
    literals: Any,
    largest: int,
) -> None:
    """Fill all rows with random trees of mixed sizes."""
    for p in range(len(lengths)):
        nodes = 1 + below(rng, min(largest, 9))
        lengths[p] = _grow(rng, nodes, ops, columns, constants, literals, codes[p], values[p])


@numba.njit(cache=True, nogil=True)
def _tournament(rng: Any, score: Any, rounds: int) -> int:
    best = below(rng, len(score))
    for _ in range(rounds - 1):
        other = below(rng, len(score))
        if score[other] < score[best]:
            best = other
    return best


@numba.njit(cache=True, nogil=True)
def _wrap(
    rng: Any, codes: Any, values: Any, length: int, start: int, at: int, ops: Any, columns: int, constants: bool, literals: Any,
    piece: Any, piece_values: Any,
) -> int:  # fmt: skip
    """Put an operator above the sub-tree ``start..at``, with a random leaf as its other argument; the new length or -1."""
    op = ops[below(rng, len(ops))]
    size = at + 1 - start
    if size + 2 > len(piece):
        return -1
    other, number = _leaf(rng, columns, constants, literals)
    shift = 0
    if _arity(op) == 2 and uniform(rng) < 0.5:
        piece[0], piece_values[0] = other, number
        shift = 1
    for k in range(size):
        piece[k + shift], piece_values[k + shift] = codes[start + k], values[start + k]
    size += shift
    if _arity(op) == 2 and shift == 0:
        piece[size], piece_values[size] = other, number
        size += 1
    piece[size], piece_values[size] = op, 0.0
    return _splice(codes, values, length, start, at, piece, piece_values, size + 1)


@numba.njit(cache=True, nogil=True)
def _swap(codes: Any, values: Any, start: int, at: int, piece: Any, piece_values: Any) -> None:
    """Swap the two arguments of the operator at ``at``, whose sub-tree begins at ``start``."""
    middle = _start(codes, at - 1)
    left, right = middle - start, at - middle
    for k in range(right):
        piece[k], piece_values[k] = codes[middle + k], values[middle + k]
    for k in range(left):
        piece[right + k], piece_values[right + k] = codes[start + k], values[start + k]
    for k in range(left + right):
        codes[start + k], values[start + k] = piece[k], piece_values[k]


@numba.njit(cache=True, nogil=True)
def _mutate(
    rng: Any,
    codes: Any,
    values: Any,
    length: int,
    ops: Any,
    columns: int,
    constants: bool,
    literals: Any,
    piece: Any,
    piece_values: Any,
) -> int:
    """One random change; returns the new length or -1 if it does not fit."""
    kind = uniform(rng)
    at = below(rng, length)
    c = codes[at]
    if kind < 0.15:  # a constant moves
        for _ in range(4):
            if codes[at] == -1:
                values[at] = values[at] * np.exp(0.3 * normal(rng)) if uniform(rng) < 0.7 else normal(rng) - values[at]
                return length
            at = below(rng, length)
        return length
    if kind < 0.35:  # another operator or leaf of the same arity
        if _arity(c) == 0:
            codes[at], values[at] = _leaf(rng, columns, constants, literals)
            return length
        for _ in range(8):
            op = ops[below(rng, len(ops))]
            if _arity(op) == _arity(c):
                codes[at] = op
                return length
        return length
    start = _start(codes, at)
    if kind < 0.5:  # a fresh sub-tree
        size = _grow(rng, 1 + below(rng, 5), ops, columns, constants, literals, piece, piece_values)
        return _splice(codes, values, length, start, at, piece, piece_values, size)
    if kind < 0.75:
        return _wrap(rng, codes, values, length, start, at, ops, columns, constants, literals, piece, piece_values)
    if kind < 0.92:  # a sub-tree becomes one of its arguments
        if _arity(c) == 0:
            return length
        child = at - 1
        if _arity(c) == 2 and uniform(rng) < 0.5:
            child = _start(codes, at - 1) - 1
        begin = _start(codes, child)
        size = child + 1 - begin
        for k in range(size):
            piece[k], piece_values[k] = codes[begin + k], values[begin + k]
        return _splice(codes, values, length, start, at, piece, piece_values, size)
    if _arity(c) == 2:
        _swap(codes, values, start, at, piece, piece_values)
    return length


@numba.njit(cache=True, nogil=True)
def _nesting_ok(codes: Any, length: int, forbid: Any) -> bool:
    stack = np.zeros(length + 1, np.int64)
    top = 0
    for k in range(length):
        c = codes[k]
        arity = _arity(c)
        below = np.int64(0)
        for _ in range(arity):
            top -= 1
            below |= stack[top]
        if 0 <= c < _VARIABLE:
            if below & forbid[c]:
                return False
            below |= np.int64(1) << np.int64(c)
        stack[top] = below
        top += 1
    return True


@numba.njit(cache=True, nogil=True)
def breed(
    rng: Any, population: Any, score: Any, children: Any, setting: Any, ops: Any, literals: Any, costs: Any, forbid: Any
) -> None:
    """Fill ``children`` with offspring of tournament winners.

    Parameters
    ----------
    population, children : (codes, values, lengths)
    score : array, smaller is better
    setting : (columns, constants 0/1, largest size, tournament rounds, any nesting forbidden 0/1)
    """
    codes, values, lengths = population
    out_codes, out_values, out_lengths = children
    columns, constants, largest, rounds, nesting = setting
    width = codes.shape[1]
    piece, piece_values = np.empty(width, np.int16), np.zeros(width)
    for p in range(len(out_lengths)):
        for attempt in range(10):
            mother = _tournament(rng, score, rounds)
            length = lengths[mother]
            out_codes[p, :length] = codes[mother, :length]
            out_values[p, :length] = values[mother, :length]
            if uniform(rng) < 0.35:
                father = _tournament(rng, score, rounds)
                end = below(rng, lengths[father])
                start = _start(codes[father], end)
                size = end + 1 - start
                for k in range(size):
                    piece[k], piece_values[k] = codes[father, start + k], values[father, start + k]
                at = below(rng, length)
                begin = _start(out_codes[p], at)
                length = _splice(out_codes[p], out_values[p], length, begin, at, piece, piece_values, size)
            else:
                steps = 1 + below(rng, 2)
                for _ in range(steps):
                    if length > 0:
                        length = _mutate(
                            rng,
                            out_codes[p],
                            out_values[p],
                            length,
                            ops,
                            columns,
                            constants > 0,
                            literals,
                            piece,
                            piece_values,
                        )
            if length > 0 and tree_size(out_codes[p], length, costs) <= largest:
                if nesting == 0 or _nesting_ok(out_codes[p], length, forbid):
                    out_lengths[p] = length
                    break
            if attempt == 9:
                out_lengths[p] = _grow(rng, 3, ops, columns, constants > 0, literals, out_codes[p], out_values[p])
                if nesting != 0 and not _nesting_ok(out_codes[p], out_lengths[p], forbid):
                    out_codes[p, 0], out_values[p, 0] = _VARIABLE + below(rng, columns), 0.0
                    out_lengths[p] = 1


@numba.njit(cache=True, nogil=True)
def pack(codes: Any, values: Any, lengths: Any, rows: Any, wrap: bool, plus: int, times: int) -> Any:
    """Rows as ragged programs (codes, offsets, values, value_offsets); ``wrap`` makes each ``b * f + a``."""
    total, slots = 0, 0
    for r in rows:
        total += lengths[r] + (4 if wrap else 0)
        slots += 2 if wrap else 0
        for k in range(lengths[r]):
            slots += codes[r, k] < 0
    flat, numbers = np.empty(total, np.int16), np.empty(slots)
    offsets, value_offsets = np.zeros(len(rows) + 1, np.int64), np.zeros(len(rows) + 1, np.int64)
    at, slot = 0, 0
    for index in range(len(rows)):
        r = rows[index]
        first = slot
        if wrap:
            numbers[slot] = 1.0
            numbers[slot + 1] = 0.0
            slot += 2
            flat[at] = -1
            at += 1
        for k in range(lengths[r]):
            c = codes[r, k]
            if c < 0:
                flat[at] = -1 - (slot - first)
                numbers[slot] = values[r, k]
                slot += 1
            else:
                flat[at] = c
            at += 1
        if wrap:
            flat[at], flat[at + 1], flat[at + 2] = times, -2, plus
            at += 3
        offsets[index + 1] = at
        value_offsets[index + 1] = slot
    return flat, offsets, numbers, value_offsets


@numba.njit(cache=True, nogil=True)
def unpack_values(
    codes: Any, values: Any, lengths: Any, rows: Any, numbers: Any, value_offsets: Any, skip: int
) -> None:
    """Write fitted constants back into the rows (``skip`` leading slots belong to the wrapper)."""
    for index in range(len(rows)):
        r = rows[index]
        slot = value_offsets[index] + skip
        for k in range(lengths[r]):
            if codes[r, k] < 0:
                values[r, k] = numbers[slot]
                slot += 1
