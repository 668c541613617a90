"""Relations: growing sets of tuples of ids, with indexes that are built when they are first asked for.

An index gives, for a value of its columns, the rows that have it. Its *groups* are the values: the ids themselves for one
column, the numbers of distinct keys for several. The rows up to ``base`` are listed group by group; later rows hang on
chains, newest first, until there are as many of them and the listing is made anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from induce.logic.rows import RowSet

__all__ = ["Index", "Relation"]

Int32 = NDArray[np.int32]

SHORT_TAIL = 256
"""Rows that hang on chains before the listing is made for the first time again."""


@numba.njit(cache=True, nogil=True)
def _list_by_group(groups: Any, start: Any, order: Any) -> None:
    for i in range(groups.size):
        start[groups[i] + 1] += 1
    for g in range(start.size - 1):
        start[g + 1] += start[g]
    for i in range(groups.size):
        g = groups[i]
        order[start[g]] = i
        start[g] += 1
    for g in range(start.size - 1, 0, -1):
        start[g] = start[g - 1]
    start[0] = 0


@numba.njit(cache=True, nogil=True)
def _chain(groups: Any, first: int, base: int, heads: Any, following: Any) -> None:
    for i in range(groups.size):
        following[first + i - base] = heads[groups[i]]
        heads[groups[i]] = first + i


class Index:
    """Rows of a relation by the values of some columns.

    Parameters
    ----------
    columns : tuple of int
    """

    __slots__ = (
        "_group_of_row",
        "_keys",
        "base",
        "columns",
        "extended",
        "following",
        "groups",
        "heads",
        "order",
        "start",
    )

    def __init__(self, columns: tuple[int, ...]) -> None:
        self.columns = columns
        self.base = 0
        self.extended = 0
        self.groups = 0
        self.start: NDArray[np.int64] = np.zeros(1, dtype=np.int64)
        self.order: Int32 = np.empty(0, dtype=np.int32)
        self.heads: Int32 = np.empty(0, dtype=np.int32)
        self.following: Int32 = np.empty(0, dtype=np.int32)
        self._keys = None if len(columns) == 1 else RowSet(len(columns))
        self._group_of_row: Int32 = np.empty(0, dtype=np.int32)

    def extend(self, rows: Int32) -> None:
        """Take in the rows that were added since the last call."""
        count, first = len(rows), self.extended
        if count == first:
            return
        fresh = rows[first:]
        if self._keys is None:
            groups = np.ascontiguousarray(fresh[:, self.columns[0]])
            self.groups = max(self.groups, int(groups.max()) + 1)
        else:
            groups = self._keys.insert(fresh[:, self.columns])
            self.groups = len(self._keys)
            self._group_of_row = _enlarged(self._group_of_row, count, first, 0)
            self._group_of_row[first:count] = groups
        if count - self.base > max(self.base, SHORT_TAIL):
            every = rows[:, self.columns[0]] if self._keys is None else self._group_of_row[:count]
            self._list(np.ascontiguousarray(every))
        else:
            self.heads = _enlarged(self.heads, self.groups, len(self.heads), -1)
            self.following = _enlarged(self.following, count - self.base, first - self.base, 0)
            _chain(groups, first, self.base, self.heads, self.following)
        self.extended = count

    def _list(self, groups: Int32) -> None:
        self.start = np.zeros(self.groups + 1, dtype=np.int64)
        self.order = np.empty(len(groups), dtype=np.int32)
        _list_by_group(groups, self.start, self.order)
        self.base = len(groups)
        self.heads = np.empty(0, dtype=np.int32)
        self.following = np.empty(0, dtype=np.int32)

    def parts(self) -> tuple[Any, Any, Any, Any, int]:
        """Start, order, heads, following and base, as the scans take them."""
        return self.start, self.order, self.heads, self.following, self.base

    def groups_of(self, columns: list[Int32], size: int) -> Int32:
        """The group of each of ``size`` keys, one array per column; a number without rows (perhaps -1) where none."""
        if not columns:
            return np.zeros(size, dtype=np.int32)
        if self._keys is None:
            return columns[0]
        return self._keys.find(np.stack(columns, axis=1))

    def key_columns(self) -> Int32:
        """The distinct keys by group, for an index on several columns or none."""
        if self._keys is None:
            return np.arange(self.groups, dtype=np.int32)[:, None]
        return self._keys.rows


def _enlarged(array: Int32, size: int, used: int, value: int) -> Int32:
    """The array with room for ``size`` numbers, fresh room filled with ``value``."""
    if size <= len(array):
        return array
    fresh = np.full(size + size // 2 + 16, value, dtype=np.int32)
    fresh[:used] = array[:used]
    return fresh


@dataclass
class _Counted:
    rows: int
    distinct: int


class Relation:
    """Distinct tuples of ids in the order in which they were added.

    Parameters
    ----------
    name : str
        Name and arity, ``edge/2``.
    arity : int
    span : int
        How many symbols there are; see :class:`~induce.logic.rows.RowSet`.

    >>> relation = Relation("edge/2", 2)
    >>> relation.tuples.insert(np.array([[0, 1], [0, 2]])).tolist()
    [0, 1]
    >>> relation.index((0,)).groups
    1
    """

    __slots__ = ("_counted", "_indexes", "facts", "leaves", "name", "tuples", "uncertain", "version")

    def __init__(self, name: str, arity: int, span: int = 0) -> None:
        self.name = name
        self.tuples = RowSet(arity, span)
        self.facts: NDArray[np.bool_] = np.zeros(0, dtype=bool)
        self.leaves = False
        self.uncertain = False
        self.version = 0
        self._indexes: dict[tuple[int, ...], Index] = {}
        self._counted: dict[tuple[int, ...], _Counted] = {}

    def __len__(self) -> int:
        return self.tuples.count

    @property
    def arity(self) -> int:
        """Columns."""
        return self.tuples.width

    @property
    def rows(self) -> Int32:
        """The tuples, shape (tuples, arity); a view."""
        return self.tuples.rows

    def index(self, columns: tuple[int, ...]) -> Index:
        """The index on some columns, up to date."""
        found = self._indexes.get(columns)
        if found is None:
            found = self._indexes[columns] = Index(columns)
        found.extend(self.tuples.rows)
        return found

    def distinct(self, columns: tuple[int, ...]) -> int:
        """About how many values the columns take: exact when last counted, and counted again as the relation grows."""
        count = len(self)
        known = self._counted.get(columns)
        if known is not None and known.rows <= count <= 2 * known.rows:
            return known.distinct
        if len(columns) == 1:
            ids = self.rows[:, columns[0]]
            number = int(np.count_nonzero(np.bincount(ids))) if count else 0
        else:
            number = 1
            for column in columns:
                number = min(number * self.distinct((column,)), count)
        self._counted[columns] = _Counted(count, number)
        return number

    def mark_facts(self, rows: Int32) -> None:
        """Remember that these rows are given, not derived."""
        if len(self.facts) < len(self):
            self.facts = np.concatenate([self.facts, np.zeros(len(self) - len(self.facts), dtype=bool)])
        self.facts[rows] = True

    def given(self) -> NDArray[np.bool_]:
        """Which tuples are given, one entry per tuple."""
        found = np.zeros(len(self), dtype=bool)
        found[: len(self.facts)] = self.facts[: len(self)]
        return found

    def keep(self, mask: NDArray[np.bool_]) -> None:
        """Drop the tuples outside ``mask``; rows are numbered anew, so the version rises."""
        facts = self.given()[mask]
        kept = self.rows[mask].copy()
        span = self.tuples.parts()[2]
        self.tuples = RowSet(self.arity, span)
        self.tuples.insert(kept)
        self.facts = facts
        self._indexes, self._counted = {}, {}
        self.version += 1
