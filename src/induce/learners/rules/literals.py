"""Literals: the conditions on one column that rules are made of, as arrays, and the rows on which each holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from induce.learners.boolean.truth import Words, pack
from induce.mixed import NUMBER, TRUTH, Column, MixedTable

__all__ = [
    "AT_MOST",
    "EQUAL",
    "KNOWN",
    "MISSING",
    "MORE",
    "OTHER",
    "Literals",
    "candidate_literals",
    "round_between",
    "rows_where",
]

AT_MOST, MORE, EQUAL, OTHER, MISSING, KNOWN = range(6)
"""What a literal asks of its column: ``<= value``, ``> value``, ``= value``, ``!= value``, no entry, an entry.

A comparison does not hold where the entry is missing.
"""

Bits = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Literals:
    """Many literals.

    Parameters
    ----------
    column : int array of shape (literals,)
        Place of the column in the table.
    test : int array of shape (literals,)
        ``AT_MOST`` to ``KNOWN``.
    value : float array of shape (literals,)
        The threshold, or the place of the category among the column's labels; 0 where there is none.
    """

    column: NDArray[np.int64]
    test: NDArray[np.int64]
    value: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.column)

    def keep(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> Literals:
        """Some of them."""
        return Literals(self.column[which], self.test[which], self.value[which])

    def one(self, place: int) -> tuple[int, int, float]:
        """One literal as (column, test, value)."""
        return int(self.column[place]), int(self.test[place]), float(self.value[place])

    def truth(self, table: MixedTable) -> Bits:
        """Array of shape (literals, rows)."""
        found = np.zeros((len(self), table.rows), dtype=bool)
        for k in range(len(self)):  # a loop over literals, of which there are few; rows are vectorised
            found[k] = rows_where(table.columns[self.column[k]], int(self.test[k]), float(self.value[k]))
        return found

    def packed(self, table: MixedTable) -> Words:
        """:meth:`truth` as words of 64 rows, without ever holding all rows unpacked."""
        words = np.zeros((len(self), -(-table.rows // 64)), dtype=np.uint64)
        for k in range(len(self)):
            words[k] = pack(rows_where(table.columns[self.column[k]], int(self.test[k]), float(self.value[k])))
        return words

    def opposites(self, table: MixedTable) -> NDArray[np.int64]:
        """Of each literal the place of one before it that holds exactly where it does not, or -1."""
        found = np.full(len(self), -1, dtype=np.int64)
        pairs = {MORE: AT_MOST, OTHER: EQUAL, KNOWN: MISSING}
        places = {self.one(k): k for k in range(len(self))}
        whole = [not column.missing.any() for column in table.columns]
        for k in range(len(self)):
            column, test, value = self.one(k)
            partner = places.get((column, pairs.get(test, -1), value), -1)
            if table.columns[column].kind == TRUTH and test == EQUAL and value == 0.0:
                partner = places.get((column, EQUAL, 1.0), -1)
            if partner >= 0 and (whole[column] or test == KNOWN):
                found[k] = partner
        return found


def rows_where(column: Column, test: int, value: float) -> Bits:
    """The rows of a column on which a literal holds."""
    entries = column.values
    if test == MISSING:
        return np.isnan(entries)
    if test == KNOWN:
        return ~np.isnan(entries)
    if test == OTHER:
        return (entries != value) & ~np.isnan(entries)
    with np.errstate(invalid="ignore"):
        found = entries <= value if test == AT_MOST else entries > value if test == MORE else entries == value
    return np.asarray(found)


def candidate_literals(table: MixedTable, thresholds: int, weight: NDArray[np.float64] | None = None) -> Literals:
    """The literals that a search may use.

    Parameters
    ----------
    table : MixedTable
    thresholds : int
        Most thresholds of a column of numbers. Where a column has few different numbers there is one threshold between any two
        neighbours; otherwise they have about equally many rows between them.
    weight : array of shape (rows,), optional
        How much a row counts.

    Returns
    -------
    Literals
        Of each column ``<=`` and ``>`` of each threshold, or ``=`` and ``!=`` of each category; whether it is missing, where
        some entries are. Columns of one value have none.
    """
    made: list[tuple[int, int, float]] = []
    for place, column in enumerate(table.columns):
        if column.name in table.identifiers:
            continue
        known = ~column.missing
        present = column.values[known]
        if len(present) < len(column.values) and len(present):
            made += [(place, MISSING, 0.0), (place, KNOWN, 0.0)]
        if column.kind == NUMBER:
            for threshold in _thresholds(present, thresholds, None if weight is None else weight[known]):
                made += [(place, AT_MOST, threshold), (place, MORE, threshold)]
        elif column.kind == TRUTH:
            if len(np.unique(present)) > 1:
                made += [(place, EQUAL, 1.0), (place, EQUAL, 0.0)]
        else:
            codes = np.unique(present)
            if len(codes) == 1:
                continue
            for code in codes:
                made.append((place, EQUAL, float(code)))
                if len(codes) > 2:
                    made.append((place, OTHER, float(code)))
    return literals_of(made)


def literals_of(items: Sequence[tuple[int, int, float]]) -> Literals:
    """Literals from (column, test, value) each."""
    columns, tests, values = zip(*items, strict=True) if items else ((), (), ())
    return Literals(
        np.array(columns, dtype=np.int64), np.array(tests, dtype=np.int64), np.array(values, dtype=np.float64)
    )


def _thresholds(present: NDArray[np.float64], most: int, weight: NDArray[np.float64] | None) -> list[float]:
    """Round numbers between neighbouring values, at most so many."""
    distinct, where = np.unique(present, return_inverse=True)
    counts = np.bincount(where, weight)
    if len(distinct) < 2:
        return []
    cuts = np.arange(len(distinct) - 1)
    if len(cuts) > most:
        below = np.cumsum(counts)[:-1]
        wanted = np.arange(1, most + 1) * counts.sum() / (most + 1)
        cuts = np.unique(np.clip(np.searchsorted(below, wanted), 0, len(below) - 1))
    whole = bool((distinct == np.round(distinct)).all())
    return [round_between(float(distinct[k]), float(distinct[k + 1]), whole=whole) for k in cuts]


def round_between(low: float, high: float, *, whole: bool = True) -> float:
    """The number with fewest digits in ``[low, high)``, near the middle: a threshold that a person can say.

    Parameters
    ----------
    low, high : float
        Entries of a column, the lower one first.
    whole : bool
        Whether the entries are whole numbers. If not, the threshold is neither of the two, also in single precision: databases and
        languages that hold an entry a little differently, or add it up in another order, must not put it on the other side.

    >>> round_between(40, 42), round_between(-1, 1), round_between(114.45, 115.2, whole=False), round_between(0.3, 0.4, whole=False)
    (40.0, 0.0, 115.0, 0.35)
    """
    if not np.isfinite(high - low):
        return 2 * round_between(low / 2, high / 2, whole=whole)
    middle = low + (high - low) / 2
    width = high - low
    first = int(np.floor(-np.log10(width))) - 1 if width > 0 else 0
    with np.errstate(over="ignore"):
        near = {float(np.float32(low)), float(np.float32(high))}
        for digits in range(first, first + 5):
            found = float(round(middle, digits)) + 0.0
            apart = whole or len(near) < 2 or float(np.float32(found)) not in near
            if low <= found < high and apart and (whole or found != low):
                return found
    return middle if low <= middle < high else low
