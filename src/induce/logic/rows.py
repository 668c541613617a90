"""Sets of integer rows in insertion order: the store under symbols, relations, indexes and rule instances.

A row is found by its *place*: with few possible rows, in a table with one entry per possible row; else by open addressing
on a hash of the row. Both hold ``row number + 1``, so that fresh (zero) memory means absent and costs nothing until it is
touched.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

__all__ = ["DENSE_PLACES", "RowSet", "place_row"]

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

DENSE_PLACES = 1 << 24
"""Up to this many possible rows are found without hashing (64 MB, touched as needed)."""

FIRST_ROWS = 64
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xBF58476D1CE4E5B9)
_HALF = np.uint64(32)
_LOW = np.int64(0xFFFFFFFF)


@numba.njit(cache=True, nogil=True, inline="always")
def _hash(row: Any, width: int) -> Any:
    mixed = _GOLDEN
    for k in range(width):
        mixed = (mixed ^ np.uint64(np.uint32(row[k]))) * _MIX
        mixed = mixed ^ (mixed >> _HALF)
    return mixed * _GOLDEN


@numba.njit(cache=True, nogil=True)
def place_row(row: Any, rows: Any, count: int, places: Any, span: int) -> Any:
    """Number of ``row`` in ``rows``; ``count`` after writing it there when it is new, so the caller compares.

    ``span`` is the number of ids per column of a table with one entry per possible row, or 0 for hashing. The caller keeps
    one row and half of the places free.
    """
    width = rows.shape[1]
    if span > 0:
        place = np.int64(0)
        for k in range(width):
            place = place * span + row[k]
        found = places[place]
        if found > 0:
            return np.int64(found - 1)
        places[place] = count + 1
        for k in range(width):
            rows[count, k] = row[k]
        return np.int64(count)
    mixed = _hash(row, width)
    mask = np.uint64(places.size - 1)
    spot = np.int64((mixed >> _HALF) & mask)
    tag = np.int64(mixed & np.uint64(0x7FFFFFFF)) << np.int64(32)
    while True:
        entry = places[spot]
        if entry == 0:
            places[spot] = tag | np.int64(count + 1)
            for k in range(width):
                rows[count, k] = row[k]
            return np.int64(count)
        if entry & ~_LOW == tag:
            number = (entry & _LOW) - 1
            same = True
            for k in range(width):
                if rows[number, k] != row[k]:
                    same = False
                    break
            if same:
                return np.int64(number)
        spot = (spot + 1) & np.int64(mask)


@numba.njit(cache=True, nogil=True)
def _find(candidates: Any, rows: Any, places: Any, span: int, out: Any) -> None:
    width = rows.shape[1]
    mask = np.uint64(places.size - 1)
    for i in range(candidates.shape[0]):
        out[i] = -1
        if span > 0:
            place = np.int64(0)
            inside = True
            for k in range(width):
                value = candidates[i, k]
                if value < 0 or value >= span:
                    inside = False
                    break
                place = place * span + value
            if inside:
                out[i] = places[place] - 1
            continue
        mixed = _hash(candidates[i], width)
        spot = np.int64((mixed >> _HALF) & mask)
        tag = np.int64(mixed & np.uint64(0x7FFFFFFF)) << np.int64(32)
        while places[spot] != 0:
            entry = places[spot]
            if entry & ~_LOW == tag:
                number = (entry & _LOW) - 1
                same = True
                for k in range(width):
                    if rows[number, k] != candidates[i, k]:
                        same = False
                        break
                if same:
                    out[i] = number
                    break
            spot = (spot + 1) & np.int64(mask)


@numba.njit(cache=True, nogil=True)
def _insert(candidates: Any, begin: int, rows: Any, count: int, places: Any, span: int, out: Any) -> tuple[int, int]:
    """Insert candidates from ``begin`` until the rows are full; the next candidate and the new count."""
    room = rows.shape[0]
    for i in range(begin, candidates.shape[0]):
        if count >= room:
            return i, count
        number = place_row(candidates[i], rows, count, places, span)
        out[i] = number
        if number == count:
            count += 1
    return candidates.shape[0], count


@numba.njit(cache=True, nogil=True)
def _rehash(rows: Any, count: int, places: Any, span: int) -> None:
    width = rows.shape[1]
    mask = np.uint64(places.size - 1)
    for i in range(count):
        if span > 0:
            place = np.int64(0)
            for k in range(width):
                place = place * span + rows[i, k]
            places[place] = i + 1
            continue
        mixed = _hash(rows[i], width)
        spot = np.int64((mixed >> _HALF) & mask)
        while places[spot] != 0:
            spot = (spot + 1) & np.int64(mask)
        places[spot] = (np.int64(mixed & np.uint64(0x7FFFFFFF)) << np.int64(32)) | np.int64(i + 1)


class RowSet:
    """Distinct rows of int32 in the order they were first inserted.

    Parameters
    ----------
    width : int
        Numbers per row; 0 makes a set of at most one (empty) row.
    span : int
        If positive, all numbers are known to lie in ``0..span-1``; :meth:`fit` raises it.

    >>> rows = RowSet(2)
    >>> rows.insert(np.array([[1, 2], [3, 4], [1, 2]]))
    array([0, 1, 0], dtype=int32)
    >>> len(rows)
    2
    """

    __slots__ = ("_hashed", "_places", "_rows", "_span", "count", "width")

    def __init__(self, width: int, span: int = 0) -> None:
        self.width = width
        self.count = 0
        self._rows: Int32 = np.empty((FIRST_ROWS, width), dtype=np.int32)
        self._places: Any = np.zeros(4 * FIRST_ROWS, dtype=np.int64)
        self._span = 0
        self._hashed = span <= 0
        self.fit(span)

    def __len__(self) -> int:
        return self.count

    @property
    def rows(self) -> Int32:
        """The rows, shape (count, width); a view."""
        return self._rows[: self.count]

    @property
    def room(self) -> int:
        """Rows that fit before :meth:`grow` is needed."""
        return len(self._rows)

    def parts(self) -> tuple[Int32, Any, int]:
        """Store, places and span, as the kernels take them (with :attr:`count`)."""
        return self._rows, self._places, self._span

    def copy(self) -> RowSet:
        """An independent set with the same rows."""
        other = RowSet(self.width)
        other.count, other._span, other._hashed = self.count, self._span, self._hashed
        other._rows, other._places = self._rows.copy(), self._places.copy()
        return other

    def fit(self, span: int) -> None:
        """Allow numbers below ``span``; does nothing when they are allowed already."""
        if self._hashed or span <= self._span:
            return
        self._span = 1 << max(span - 1, 1).bit_length()
        if self._span**self.width > DENSE_PLACES:
            self._hashed, self._span = True, 0
        self._replace()

    def grow(self, rows: int) -> None:
        """Make room for at least ``rows`` rows."""
        if rows <= self.room:
            return
        fresh: Int32 = np.empty((max(rows, self.room + self.room // 2 + FIRST_ROWS), self.width), dtype=np.int32)
        fresh[: self.count] = self.rows
        self._rows = fresh
        if self._hashed and len(self._places) < 2 * len(fresh):
            self._replace()

    def _replace(self) -> None:
        if self._hashed:
            self._places = np.zeros(1 << (2 * self.room - 1).bit_length(), dtype=np.int64)
        else:
            self._places = np.zeros(self._span**self.width, dtype=np.int32)
        _rehash(self._rows, self.count, self._places, self._span)

    def insert(self, candidates: NDArray[Any]) -> Int32:
        """Insert rows that are not there; the number of each candidate's row.

        Parameters
        ----------
        candidates : int array, shape (candidates, width)
        """
        candidates = np.ascontiguousarray(candidates, dtype=np.int32)
        out = np.empty(len(candidates), dtype=np.int32)
        begin = 0
        while begin < len(candidates):
            if self.count >= self.room:
                self.grow(self.count + max(FIRST_ROWS, min(len(candidates) - begin, self.count)))
            begin, self.count = _insert(candidates, begin, self._rows, self.count, self._places, self._span, out)
        return out

    def find(self, candidates: NDArray[Any]) -> Int32:
        """The number of each candidate's row, or -1."""
        candidates = np.ascontiguousarray(candidates, dtype=np.int32)
        out = np.empty(len(candidates), dtype=np.int32)
        _find(candidates, self._rows, self._places, self._span, out)
        return out
