"""The loops of a join: for each binding, the rows of its group of an index.

A *window* ``low <= row < high`` leaves out rows that a semi-naive round must not see. A negative group, or one beyond the
index, has no rows.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from induce.logic.rows import place_row

__all__ = ["any_match", "count_matches", "expand", "insert_columns", "insert_matches"]


@numba.njit(cache=True, nogil=True)
def count_matches(groups: Any, index: Any, low: int, high: int, counts: Any) -> int:
    """Number of rows for each binding, into ``counts``; their sum."""
    start, order, heads, following, base = index
    total = 0
    whole = low == 0 and high >= base
    for i in range(groups.size):
        group = groups[i]
        found = 0
        if group >= 0:
            if group < start.size - 1:
                if whole:
                    found = start[group + 1] - start[group]
                else:
                    for j in range(start[group], start[group + 1]):
                        if order[j] >= high:
                            break
                        if order[j] >= low:
                            found += 1
            row = np.int64(heads[group]) if group < heads.size else np.int64(-1)
            while row >= low and row >= 0:
                if row < high:
                    found += 1
                row = np.int64(following[row - base])
        counts[i] = found
        total += found
    return total


@numba.njit(cache=True, nogil=True)
def any_match(groups: Any, index: Any, low: int, high: int, found: Any) -> None:
    """Whether each binding has a row, into ``found``."""
    start, order, heads, following, base = index
    for i in range(groups.size):
        group = groups[i]
        found[i] = False
        if group < 0:
            continue
        if group < start.size - 1:
            for j in range(start[group], start[group + 1]):
                if order[j] >= low:
                    found[i] = order[j] < high
                    break
        if not found[i] and group < heads.size:
            row = np.int64(heads[group])
            while row >= low and row >= 0:
                if row < high:
                    found[i] = True
                    break
                row = np.int64(following[row - base])


@numba.njit(cache=True, nogil=True)
def expand(groups: Any, index: Any, low: int, high: int, parents: Any, rows: Any) -> None:
    """Pairs (binding, row), as many as counted, into ``parents`` and ``rows``."""
    start, order, heads, following, base = index
    n = 0
    for i in range(groups.size):
        group = groups[i]
        if group < 0:
            continue
        if group < start.size - 1:
            for j in range(start[group], start[group + 1]):
                if order[j] >= high:
                    break
                if order[j] >= low:
                    parents[n] = i
                    rows[n] = order[j]
                    n += 1
        row = np.int64(heads[group]) if group < heads.size else np.int64(-1)
        while row >= low and row >= 0:
            if row < high:
                parents[n] = i
                rows[n] = row
                n += 1
            row = np.int64(following[row - base])


@numba.njit(cache=True, nogil=True, inline="always")
def _project(binding: Any, i: int, source: Any, row: int, plan: Any, fixed: Any, out: Any) -> None:
    # plan: -1 takes the constant, 0.. a column of the bindings, -2 - c column c of the relation
    for k in range(plan.size):
        p = plan[k]
        out[k] = fixed[k] if p == -1 else (binding[p, i] if p >= 0 else source[row, -2 - p])


@numba.njit(cache=True, nogil=True, inline="always")
def _agrees(binding: Any, i: int, source: Any, row: int, checks: Any) -> bool:
    # checks: (column, -1 - other column) or (column, column of the bindings)
    for c in range(checks.shape[0]):
        other = checks[c, 1]
        wanted = binding[other, i] if other >= 0 else source[row, -1 - other]
        if source[row, checks[c, 0]] != wanted:
            return False
    return True


@numba.njit(cache=True, nogil=True)
def insert_matches(
    begin: int,
    groups: Any,
    index: Any,
    window: Any,
    binding: Any,
    source: Any,
    recipe: Any,
    target: Any,
    count: int,
) -> tuple[int, int, int]:
    """Join, project and insert without writing the pairs down.

    Stops when the target is full; the binding to go on with (its rows may come again, which does no harm), the new count,
    and the number of pairs.
    """
    start, order, heads, following, base = index
    low, high = window
    plan, fixed, checks = recipe
    rows, places, span = target
    head = np.empty(plan.size, dtype=np.int32)
    room = rows.shape[0]
    pairs = 0
    for i in range(begin, groups.size):
        group = groups[i]
        if group < 0:
            continue
        if group < start.size - 1:
            for j in range(start[group], start[group + 1]):
                row = np.int64(order[j])
                if row >= high:
                    break
                if row < low or not _agrees(binding, i, source, row, checks):
                    continue
                if count >= room:
                    return i, count, pairs
                pairs += 1
                _project(binding, i, source, row, plan, fixed, head)
                if place_row(head, rows, count, places, span) == count:
                    count += 1
        row = np.int64(heads[group]) if group < heads.size else np.int64(-1)
        while row >= low and row >= 0:
            if row < high and _agrees(binding, i, source, row, checks):
                if count >= room:
                    return i, count, pairs
                pairs += 1
                _project(binding, i, source, row, plan, fixed, head)
                if place_row(head, rows, count, places, span) == count:
                    count += 1
            row = np.int64(following[row - base])
    return groups.size, count, pairs


@numba.njit(cache=True, nogil=True)
def insert_columns(
    begin: int, size: int, binding: Any, plan: Any, fixed: Any, target: Any, count: int
) -> tuple[int, int]:
    """Insert the projection of each binding; stops when the target is full: the binding to go on with, the new count."""
    rows, places, span = target
    head = np.empty(plan.size, dtype=np.int32)
    room = rows.shape[0]
    for i in range(begin, size):
        if count >= room:
            return i, count
        for k in range(plan.size):
            head[k] = fixed[k] if plan[k] < 0 else binding[plan[k], i]
        if place_row(head, rows, count, places, span) == count:
            count += 1
    return size, count
