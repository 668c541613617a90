"""A table of mixed columns: numbers, categories and truth values, with missing entries; what rules are learned from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.checks import Array, check_units, counted
from induce.errors import DataError, did_you_mean
from induce.table import check_lengths, columns_of

__all__ = ["CATEGORY", "NUMBER", "TRUTH", "Column", "MixedTable"]

NUMBER, CATEGORY, TRUTH = "number", "category", "truth"
EXACT = 2**53
"""Whole numbers up to it, in size, are doubles of their own."""
_DATES = "Turn them into numbers, such as days since a start."


@dataclass(frozen=True, eq=False)
class Column:
    """One column.

    Parameters
    ----------
    name : str
    kind : {"number", "category", "truth"}
    values : array of shape (rows,)
        float64: the numbers, or places in ``labels``; NaN where the entry is missing. A category that was not there when
        the labels were read has the place ``len(labels)``.
    labels : tuple of str, or (False, True)
        Empty for numbers.
    """

    name: str
    kind: str
    values: Array
    labels: tuple[Any, ...] = ()

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Which entries are missing."""
        return np.isnan(self.values)


@dataclass(frozen=True, eq=False)
class MixedTable:
    """Columns of one length.

    Parameters
    ----------
    columns : tuple of Column
    units : mapping of column name to unit text
    derived : mapping of column name to its definition
        Of columns that related tables give; see :class:`~induce.rules.RelatedTables`.
    identifiers : frozenset of str
        Columns that only say which rows belong together: no condition is made on them.

    >>> table = MixedTable.read({"age": [31, None], "kind": ["cat", "dog"], "tame": [True, False]})
    >>> [(c.name, c.kind, c.values.tolist()) for c in table.columns]
    [('age', 'number', [31.0, nan]), ('kind', 'category', [0.0, 1.0]), ('tame', 'truth', [1.0, 0.0])]
    """

    columns: tuple[Column, ...]
    units: Mapping[str, str] = field(default_factory=dict)
    derived: Mapping[str, Any] = field(default_factory=dict)
    identifiers: frozenset[str] = frozenset()

    @staticmethod
    def read(
        X: Any,
        *,
        like: MixedTable | None = None,
        names: Sequence[str] | None = None,
        units: Mapping[str, Any] | None = None,
        also: Iterable[str] = (),
        least: int = 1,
    ) -> MixedTable:
        """Read data of any common kind: arrays, mappings, data frames of pandas, polars or pyarrow.

        Parameters
        ----------
        X : table
        like : MixedTable, optional
            The columns to look for, by name, and their categories; columns beside them are left out.
        names : sequence of str, optional
            Names of the columns of an array.
        units : mapping of column name to unit text, optional
        also : iterable of str
            Further names that ``units`` may mention.
        least : {0, 1}
            Fewest rows.

        Raises
        ------
        DataError
            For a missing column, an infinite or complex number, an entry that is neither number nor text nor truth value, and
            for numbers where ``like`` has categories or the other way about.
        """
        found, raw = columns_of(X)
        if names is not None and len(names) == len(found):
            found = list(names)
        check_lengths(found, raw, least)
        if like is None:
            made = tuple(_column(name, values) for name, values in zip(found, raw, strict=True))
            return MixedTable(made, check_units(units, found, also))
        place = {name: k for k, name in enumerate(found)}
        chosen = []
        for column in like.columns:
            if column.name not in place:
                raise DataError(
                    f"there is no column '{column.name}'.{did_you_mean(column.name, found)} "
                    f"The columns are: {', '.join(found)}."
                )
            chosen.append(_column(column.name, raw[place[column.name]], column))
        return replace(like, columns=tuple(chosen))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(column.name for column in self.columns)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.columns[0].values) if self.columns else 0

    def __getitem__(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise DataError(
            f"there is no column '{name}'.{did_you_mean(name, self.names)} The columns are: {', '.join(self.names)}."
        )

    def take(self, rows: NDArray[Any]) -> MixedTable:
        """The table of some rows."""
        taken = tuple(Column(c.name, c.kind, c.values[rows], c.labels) for c in self.columns)
        return replace(self, columns=taken, units=dict(self.units))

    def head(self) -> MixedTable:
        """The columns without rows: what :meth:`read` needs to read other rows alike; which identifiers there are is left out."""
        empty = self.take(np.zeros(0, dtype=np.intp))
        kept = tuple(replace(c, labels=()) if c.name in self.identifiers else c for c in empty.columns)
        return replace(empty, columns=kept)

    def __repr__(self) -> str:
        shown = ", ".join(f"{c.name} ({c.kind})" for c in self.columns[:8]) + (", ..." if len(self.columns) > 8 else "")
        return f"MixedTable({counted(len(self.columns), 'column')}, {counted(self.rows, 'row')}: {shown})"


def _missing(value: Any) -> bool:
    return (
        value is None or type(value).__name__ in ("NAType", "NaTType") or (isinstance(value, float) and value != value)
    )


def _column(name: str, raw: Any, like: Column | None = None) -> Column:
    values = np.asarray(raw)
    if np.iscomplexobj(values) or (values.dtype == object and any(isinstance(v, complex) for v in values)):
        raise DataError(f"Complex data not supported: column '{name}' has complex numbers. Pass two columns.")
    if values.dtype.kind in "mM":
        raise DataError(f"column '{name}' holds dates or times (row 0: {values[0]}). {_DATES}")
    if (
        like is None
        and values.dtype.kind in "iu"
        and len(values)
        and max(-int(values.min()), int(values.max())) > EXACT
    ):
        raise _too_large(name, values, int(np.argmax((values > EXACT) | (values < -EXACT))))
    if values.dtype.kind == "b":
        made = Column(name, TRUTH, values.astype(np.float64), (False, True))
    elif values.dtype.kind in "iuf":
        made = Column(name, NUMBER, values.astype(np.float64))
    else:
        made = _from_objects(name, values, like)
    if made.kind == NUMBER and np.isinf(made.values).any():
        row = int(np.flatnonzero(np.isinf(made.values))[0])
        raise DataError(f"column '{name}' has infinite values (row {row}). Clip them, or leave them out as missing.")
    return made if like is None else _alike(made, like)


def _from_objects(name: str, values: NDArray[Any], like: Column | None) -> Column:
    """A column of Python objects: texts, truth values, or numbers with None among them."""
    absent = np.array([_missing(v) for v in values], dtype=bool)
    present = values[~absent]
    kinds = {type(v.item() if isinstance(v, np.generic) else v) for v in present}
    if not kinds:
        return Column(name, like.kind if like else NUMBER, np.full(len(values), np.nan), like.labels if like else ())
    numbers = np.full(len(values), np.nan)
    if kinds == {bool}:
        numbers[~absent] = present.astype(bool)
        return Column(name, TRUTH, numbers, (False, True))
    if all(issubclass(kind, int | float | np.number) or hasattr(kind, "__float__") for kind in kinds):
        try:
            numbers[~absent] = present.astype(np.float64)
            large = np.flatnonzero(np.abs(numbers) >= EXACT)
        except OverflowError:  # a whole number that no double holds
            large = np.flatnonzero(~absent)
        for row in large if like is None else ():
            if isinstance(values[row], int | np.integer) and abs(int(values[row])) > EXACT:
                raise _too_large(name, values, int(row))
        return Column(name, NUMBER, numbers)
    if any(hasattr(kind, "isoformat") for kind in kinds):
        raise DataError(f"column '{name}' holds dates or times (row 0: {values[0]}). {_DATES}")
    if not all(issubclass(kind, str) for kind in kinds):
        odd = next(k for k, v in enumerate(values) if not absent[k] and not isinstance(v, str))
        raise (DataError if not isinstance(values[odd], dict | list | set | tuple) else _NoTable)(
            f"column '{name}' mixes texts with other things (row {odd}: {values[odd]!r}); argument must be a string or a number. "
            "Make the column all text or all numbers."
        )
    texts = present.astype(str)
    labels = list(like.labels) if like is not None and like.kind == CATEGORY else sorted(set(texts.tolist()))
    place = {label: float(k) for k, label in enumerate(labels)}
    numbers[~absent] = [place.get(text, float(len(labels))) for text in texts]
    return Column(name, CATEGORY, numbers, tuple(labels))


def _too_large(name: str, values: NDArray[Any], row: int) -> DataError:
    number = str(values[row])
    shown = number if len(number) <= 30 else f"{number[:12]}..., a number of {len(number)} digits"
    return DataError(
        f"column '{name}' has whole numbers beyond 2**53 (row {row}: {shown}), which are not told apart exactly. Leave the column out, "
        "or give its entries as texts."
    )


class _NoTable(DataError, TypeError):
    """Entries that no table has."""


def _alike(made: Column, like: Column) -> Column:
    """A column read with the kind of another one."""
    if made.kind == like.kind:
        return (
            made
            if made.kind != CATEGORY or made.labels == like.labels
            else _from_objects(made.name, _texts(made), like)
        )
    if like.kind == TRUTH and made.kind == NUMBER and np.isin(made.values[~made.missing], (0.0, 1.0)).all():
        return Column(made.name, TRUTH, made.values, (False, True))
    if like.kind == NUMBER and made.kind == TRUTH:
        return Column(made.name, NUMBER, made.values)
    if made.missing.all():
        return Column(made.name, like.kind, made.values, like.labels)
    raise DataError(
        f"column '{made.name}' holds {_PLURAL[made.kind]}, but it held {_PLURAL[like.kind]} in fit. Give it the same type."
    )


_PLURAL = {NUMBER: "numbers", CATEGORY: "texts", TRUTH: "truth values"}


def _texts(column: Column) -> NDArray[Any]:
    return np.array([None if v != v else column.labels[int(v)] for v in column.values], dtype=object)
