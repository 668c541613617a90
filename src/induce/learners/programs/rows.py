"""Rows of a bank: an int32 table whose columns are named below, and how equal rows are known.

Values of a row at the points (examples, or samples of a function's arguments) lie one after another in the heap. A value
is new when the 64-bit hash of its slices is.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

__all__ = ["COLUMNS", "FOUND", "FULL", "commit", "hash_slice", "rehash", "seen", "slices", "store", "value_hash"]

OP, A, B, C, FIRST, COST, FLAGS, PC, LENGTH, PLACE = range(10)
COLUMNS = 10
PARTIAL, OPEN, SCALAR = 1, 2, 4
"""Flags of a row: undefined at some points; depends on a bound variable; its instructions are on integers alone."""
ROWS, OFFSETS, TOP, INSTRUCTIONS, ENTRIES, TRIED, FOUND, FULL = range(8)
"""Counters of a bank: what is used of each array, combinations tried, solutions found, and whether an array is full."""


@numba.njit(cache=True, nogil=True)
def rehash(old: Any, new: Any) -> None:
    """Put the entries of one table into another."""
    mask = len(new) - 1
    for k in range(len(old)):
        value = old[k]
        if value != 0:
            at = np.int64(value & np.uint64(mask))
            while new[at] != 0:
                at = (at + 1) & mask
            new[at] = value


@numba.njit(cache=True, nogil=True)
def hash_slice(value: Any, h: Any, start: int, length: int) -> Any:
    """The hash so far, with a slice added."""
    value = (value ^ np.uint64(length + 77)) * np.uint64(0x9E3779B97F4A7C15)
    for k in range(length):
        value = (value ^ np.uint64(np.uint32(h[start + k]))) * np.uint64(0xFF51AFD7ED558CCD)
        value ^= value >> np.uint64(32)
    return value


@numba.njit(cache=True, nogil=True)
def seen(table: Any, value: Any, counters: Any) -> bool:
    """Whether the hash is in the table; it is afterwards."""
    mask = len(table) - 1
    at = np.int64(value & np.uint64(mask))
    while table[at] != 0:
        if table[at] == value:
            return True
        at = (at + 1) & mask
    table[at] = value
    counters[ENTRIES] += 1
    return False


@numba.njit(cache=True, nogil=True)
def commit(
    nodes: Any, hashes: Any, counters: Any, op: int, args: Any, cost: int, flags: int, place: int, points: int, top: int,
    value: Any,
) -> int:  # fmt: skip
    """Keep the row whose values have just been written; ``offsets`` holds their starts already."""
    row = counters[ROWS]
    nodes[row, OP], nodes[row, A], nodes[row, B], nodes[row, C] = op, args[0], args[1], args[2]
    nodes[row, FIRST], nodes[row, COST], nodes[row, FLAGS] = counters[OFFSETS], cost, flags
    nodes[row, PC], nodes[row, LENGTH], nodes[row, PLACE] = -1, 0, place
    hashes[row] = value
    counters[OFFSETS] += points + 1
    counters[TOP] = top
    counters[ROWS] += 1
    return row


@numba.njit(cache=True, nogil=True)
def store(bank: Any, op: int, args: Any, cost: int, flags: int, place: int, points: int, salt: Any) -> int:
    """Keep a row whose values lie at the top, with their starts in ``offsets``; its row, or -1 when it is not new."""
    nodes, offsets, h, hashes, table, counters, _ = bank
    value = salt
    for p in range(points):
        start = offsets[counters[OFFSETS] + p]
        value = hash_slice(value, h, start, offsets[counters[OFFSETS] + p + 1] - start)
    if seen(table, value, counters):
        return -1
    top = offsets[counters[OFFSETS] + points]
    return commit(nodes, hashes, counters, op, args, cost, flags, place, points, top, value)


@numba.njit(cache=True, nogil=True, inline="always")
def slices(nodes: Any, offsets: Any, h: Any, row: int, p: int) -> tuple[int, int]:
    """Start and length of a row's value at a point; length -1 where it has none."""
    if row < 0:
        return 0, 0
    at = nodes[row, FIRST] + p
    start = offsets[at]
    length = offsets[at + 1] - start
    if length == 1 and h[start] == -2147483648:
        return start, -1
    return start, length


@numba.njit(cache=True, nogil=True)
def value_hash(offsets: Any, h: Any, at: int, points: int, salt: Any) -> Any:
    """The hash of values whose starts begin at ``offsets[at]``."""
    value = salt
    for p in range(points):
        value = hash_slice(value, h, offsets[at + p], offsets[at + p + 1] - offsets[at + p])
    return value
