"""How many points a table has, exactly, and all of them one after the other."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from induce.spaces.table import Table, Vectors

__all__ = ["enumerate_points", "size_of"]

Counts = dict[frozenset[int], int]
"""Rows that are active in several places and not counted yet, to the number of ways to be there."""
NOTHING: frozenset[int] = frozenset()


def size_of(table: Table) -> int | float:
    """The number of points; infinite if there is a real.

    Rows that are active in one place are multiplied and added up along the tree. A row that several places share is carried
    along as a mark and counted once where any of them is active.
    """
    if any(row.count == math.inf and there for row, there in zip(table.rows, table.reachable, strict=True)):
        return math.inf
    below: dict[tuple[int, int], list[int]] = {}
    roots: list[int] = []
    for i, row in enumerate(table.rows):
        if not row.parents:
            roots.append(i)
        for parent, values in row.parents:
            for value in values:
                below.setdefault((parent, value), []).append(i)
    shared = {i for i, row in enumerate(table.rows) if len(row.parents) > 1}
    content: dict[int, Counts] = {}
    for i in reversed(table.order):
        content[i] = _content(table, i, below, shared, content)
    total = _product([content[i] for i in roots])
    for i in table.order:
        if i in shared:
            total = _expanded(total, i, content[i])
    return total[NOTHING]


def _content(
    table: Table, i: int, below: dict[tuple[int, int], list[int]], shared: set[int], content: dict[int, Counts]
) -> Counts:
    """The ways to fill a row and what hangs below it."""
    row = table.rows[i]
    if row.kind not in ("choice", "subset"):
        return {NOTHING: int(row.count) if row.count < math.inf else 1}
    found: Counts = {}
    for value in range(int(row.low), int(row.high) + 1):
        here = [{frozenset([k]): 1} if k in shared else content[k] for k in below.get((i, value), ())]
        for marks, ways in _product(here).items():
            found[marks] = found.get(marks, 0) + ways
    return found


def _product(parts: list[Counts]) -> Counts:
    found: Counts = {NOTHING: 1}
    for part in parts:
        joined: Counts = {}
        for marks, ways in found.items():
            for more, others in part.items():
                key = marks | more
                joined[key] = joined.get(key, 0) + ways * others
        found = joined
    return found


def _expanded(total: Counts, i: int, content: Counts) -> Counts:
    """The counts with the mark of a shared row replaced by the ways to fill it."""
    found: Counts = {}
    for marks, ways in total.items():
        for more, others in content.items() if i in marks else ((NOTHING, 1),):
            key = (marks - {i}) | more
            found[key] = found.get(key, 0) + ways * others
    return found


def enumerate_points(table: Table) -> Iterator[Vectors]:
    """Every point once, the last rows changing fastest; the table must have no reals."""
    order = table.order
    gates = dict(table.conditional)
    point = np.zeros(len(order))
    active = [False] * len(order)

    def fill(depth: int) -> Iterator[Vectors]:
        if depth == len(order):
            yield point.copy()
            return
        i = order[depth]
        active[i] = i not in gates or any(active[parent] and leads[int(point[parent])] for parent, leads in gates[i])
        row = table.rows[i]
        for entry in range(int(row.low), int(row.high) + 1) if active[i] and row.kind != "real" else (None,):
            point[i] = entry if entry is not None else row.low if active[i] else 0.0
            yield from fill(depth + 1)

    return fill(0)
