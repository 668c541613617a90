"""The column table of a task: named real columns with units, checked once so that nothing after it has to."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.checks import Array, check_finite, check_target, check_units, check_weights, counted, real_column
from induce.errors import DataError, did_you_mean
from induce.terms.unit import Unit

__all__ = ["Table", "check_enough_rows", "check_lengths", "check_target", "check_weights", "columns_of", "warn_columns"]


@dataclass(frozen=True, eq=False)
class Table:
    """Named real columns of one length, with a unit each.

    Build it with :meth:`from_any`, which checks the data; the constructor only stores.

    Parameters
    ----------
    names : tuple of str
        Column names, kept as given even when they are not identifiers.
    values : array of shape (columns, rows)
        float64, C-contiguous and read-only.
    units : mapping of name to text
        Only the columns that have a unit.
    labels : mapping of name to tuple of str
        Text columns that were set aside when a file was read; never part of ``values``.

    >>> table = Table.from_any({"length": [1, 2], "heavy": [True, False]}, units={"length": "m"})
    >>> table
    Table(2 columns, 2 rows: length [m], heavy)
    >>> table["heavy"]
    array([1., 0.])
    """

    names: tuple[str, ...]
    values: Array
    units: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        values = np.array(self.values, dtype=np.float64, order="C")
        values.flags.writeable = False
        object.__setattr__(self, "names", tuple(self.names))
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "units", MappingProxyType(dict(self.units)))
        object.__setattr__(self, "labels", MappingProxyType(dict(self.labels)))

    def __reduce__(self) -> tuple[object, ...]:
        return (Table, (self.names, self.values, dict(self.units), dict(self.labels)))

    @staticmethod
    def from_any(
        X: Any,
        *,
        names: Sequence[str] | None = None,
        units: Mapping[str, str | Unit] | None = None,
        also: Iterable[str] = (),
        who: str = "A formula",
    ) -> Table:
        """Read and check data of any common kind.

        Parameters
        ----------
        X : array of shape (rows, columns), mapping of name to column, data frame, list of rows, or Table
            Data frames of pandas, polars and pyarrow are read through narwhals.
        names : sequence of str, optional
            Column names; ``x0, x1, ...`` by default where the data has none.
        units : mapping of column name to unit text, optional
        also : iterable of str
            Further names that ``units`` may mention, such as the target's.
        who : str
            Who refuses missing values, for the message.

        Raises
        ------
        DataError
            For missing, infinite, complex or text entries, no rows, no columns, ragged rows, or repeated names.
        UnitError
            For a unit that cannot be read, or of a column that does not exist.

        >>> Table.from_any([[1, 2], [3, 4]], names=["a", "b"]).values
        array([[1., 3.],
               [2., 4.]])
        """
        if isinstance(X, Table):
            found, columns = list(X.names), list(X.values)
            units = X.units if units is None else units
        else:
            found, columns = columns_of(X)
        if names is not None:
            if len(names) != len(found):
                raise DataError(f"{len(names)} names were given for {len(found)} columns. Give one name per column.")
            found = [str(name) for name in names]
        _check_names(found)
        check_lengths(found, columns)
        values = np.empty((len(columns), len(columns[0])))
        for index, (name, column) in enumerate(zip(found, columns, strict=True)):
            values[index] = real_column(name, column)
            check_finite(f"column '{name}'", values[index], who)
        return Table(tuple(found), values, check_units(units, found, also), X.labels if isinstance(X, Table) else {})

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self.values.shape[1])

    @property
    def columns(self) -> int:
        """Number of columns."""
        return len(self.names)

    def __len__(self) -> int:
        return self.rows

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __getitem__(self, name: str) -> Array:
        """The column called ``name``, of shape (rows,)."""
        if name not in self.names:
            raise self.unknown(name)
        column: Array = self.values[self.names.index(name)]
        return column

    def unknown(self, name: str) -> DataError:
        """The error for a column that is not here."""
        return DataError(
            f"there is no column '{name}'.{did_you_mean(name, self.names)} The columns are: {', '.join(self.names)}."
        )

    def select(self, names: Iterable[str]) -> Table:
        """The table with only these columns, in this order."""
        chosen = list(names)
        if not chosen:
            raise DataError(f"no columns were chosen. Name at least one of: {', '.join(self.names)}.")
        units = {name: self.units[name] for name in chosen if name in self.units}
        return Table(tuple(chosen), np.stack([self[name] for name in chosen]), units, self.labels)

    def without(self, *names: str) -> Table:
        """The table with all columns but these."""
        for name in names:
            if name not in self.names:
                raise self.unknown(name)
        return self.select(name for name in self.names if name not in names)

    def to_dict(self) -> dict[str, Array]:
        """Column name to array of shape (rows,)."""
        return {name: self[name] for name in self.names}

    def to_pandas(self) -> Any:
        """A pandas DataFrame, text columns first."""
        import pandas as pd

        return pd.DataFrame({**{name: list(text) for name, text in self.labels.items()}, **self.to_dict()})

    def __repr__(self) -> str:
        shown = [f"{n} [{self.units[n]}]" if n in self.units else n for n in self.names[:8]]
        dots = ", ..." if self.columns > 8 else ""
        return f"Table({counted(self.columns, 'column')}, {counted(self.rows, 'row')}: {', '.join(shown)}{dots})"


def columns_of(X: Any) -> tuple[list[str], list[Any]]:
    """Names and raw columns of whatever was passed."""
    if X is None:
        raise DataError("no data was passed (None). Pass an array, a mapping of name to column, or a data frame.")
    if hasattr(X, "toarray") and hasattr(X, "nnz"):
        raise DataError("the data is a sparse matrix, which is not accepted. Make it dense first: X.toarray().")
    if isinstance(X, Mapping):
        return [str(name) for name in X], [_as_column(str(name), column) for name, column in X.items()]
    if hasattr(X, "collect") and not hasattr(X, "shape"):
        raise DataError("the data is a lazy frame, which has no rows yet. Collect it first: X.collect().")
    if hasattr(X, "columns") or hasattr(X, "column_names"):
        return _columns_of_frame(X)
    array = _as_array(X)
    if array.ndim != 2:
        raise DataError(
            f"the data has {counted(array.ndim, 'dimension')} (shape {array.shape}), but rows and columns are needed. "
            "Reshape your data: X.reshape(-1, 1) makes one column, X.reshape(1, -1) one row."
        )
    return [f"x{index}" for index in range(array.shape[1])], list(array.T) if array.shape[1] else _no_columns(array)


def _no_columns(array: NDArray[Any]) -> list[Any]:
    raise DataError(
        f"the table has no columns: 0 feature(s) (shape={array.shape}) while a minimum of 1 is required. Add a column."
    )


def _as_array(X: Any) -> NDArray[Any]:
    if isinstance(X, np.ndarray):
        return X
    if hasattr(X, "__array__"):
        return np.asarray(X)
    rows = list(X) if isinstance(X, Iterable) and not isinstance(X, (str, bytes)) else None
    if rows is None:
        raise DataError(
            f"the data is of type {type(X).__name__}, which is not a table. "
            "Pass an array, a mapping of name to column, a data frame, or a list of rows."
        )
    lengths = [len(row) if hasattr(row, "__len__") and not isinstance(row, str) else -1 for row in rows]
    if rows and lengths != [lengths[0]] * len(rows):
        other = next(index for index, length in enumerate(lengths) if length != lengths[0])
        raise DataError(
            f"the rows are ragged: row 0 has {lengths[0]} entries, but row {other} has {lengths[other]}. "
            "Give every row one entry per column."
        )
    array = np.array(rows, dtype=object) if rows else np.empty((0, 0))
    return array if array.ndim != 2 or not array.size else _tightest(array)


def _tightest(array: NDArray[Any]) -> NDArray[Any]:
    """Numbers as a number array; anything else stays objects, to be reported by column."""
    try:
        return np.asarray(array, dtype=np.float64)
    except (TypeError, ValueError):
        return array


def _as_column(name: str, column: Any) -> Any:
    if not isinstance(column, np.ndarray) and hasattr(column, "to_numpy"):
        return column.to_numpy()
    array = column if isinstance(column, np.ndarray) else np.array(list(column), dtype=object)
    if array.ndim != 1:
        raise DataError(
            f"column '{name}' has {array.ndim} dimensions (shape {array.shape}). Give it one: a list of rows."
        )
    return array


def _columns_of_frame(X: Any) -> tuple[list[str], list[Any]]:
    import narwhals as nw

    raw = X.column_names if hasattr(X, "column_names") else X.columns
    names = [str(name) for name in raw]
    _check_names(names)  # before narwhals, whose message does not name the column
    try:
        frame = nw.from_native(X, eager_only=True)
    except TypeError as error:
        raise DataError(
            f"the data is of type {type(X).__module__}.{type(X).__name__}, which cannot be read as a table in memory. "
            "Collect it first, or pass a pandas, polars or pyarrow table."
        ) from error
    columns: list[Any] = []
    for series in frame.iter_columns():  # not by name: pandas columns may be named by numbers
        if series.dtype.is_integer() and not series.is_null().any():  # doubles would not hold the largest
            columns.append(series.to_numpy())
        elif series.dtype.is_numeric():
            columns.append(series.cast(nw.Float64).fill_null(float("nan")).to_numpy())
        elif series.dtype == nw.Boolean and not series.is_null().any():
            columns.append(series.to_numpy())
        else:
            columns.append(np.fromiter(series.to_list(), dtype=object, count=len(series)))
    return names, columns


def _check_names(names: Sequence[str]) -> None:
    if not names:
        raise DataError(
            "the table has no columns: 0 feature(s) (shape=(0, 0)) while a minimum of 1 is required. Add a column."
        )
    seen: set[str] = set()
    for name in names:
        if name in seen:
            places = ", ".join(str(index) for index, other in enumerate(names) if other == name)
            raise DataError(f"the column name '{name}' is used more than once (columns {places}). Rename one of them.")
        seen.add(name)


def check_lengths(names: Sequence[str], columns: Sequence[Any], least: int = 1) -> None:
    """Refuse a table without columns, columns of different lengths, and fewer rows than ``least``, which is 0 or 1."""
    if not columns:
        _check_names(names)
    rows = len(columns[0])
    for name, column in zip(names, columns, strict=True):
        if len(column) != rows:
            raise DataError(
                f"column '{name}' has {counted(len(column), 'row')}, but column '{names[0]}' has {rows}. "
                "Give all columns the same length."
            )
    if rows < least:
        raise DataError(
            f"the table has no rows: 0 sample(s) (shape=(0, {len(names)})) while a minimum of 1 is required. Add rows."
        )


def check_enough_rows(table: Table, least: int = 5) -> None:
    """Raise a DataError when there are fewer than ``least`` rows to learn from."""
    if table.rows < least:
        raise DataError(
            f"the table has {counted(table.rows, 'row')} (n_samples={table.rows}), but at least {least} are needed to "
            "tell one formula from another. Add rows."
        )


def warn_columns(table: Table) -> None:
    """One UserWarning that names the constant columns and the columns that repeat another."""
    parts: list[str] = []
    constant = [n for n, column in zip(table.names, table.values, strict=True) if (column == column[0]).all()]
    if constant and table.rows > 1:
        parts.append(f"constant: {', '.join(constant)}")
    first: dict[bytes, str] = {}
    for name, column in zip(table.names, table.values, strict=True):
        other = first.setdefault(column.tobytes(), name)
        if other is not name and name not in constant:
            parts.append(f"{name} repeats {other}")
    if parts:
        warnings.warn(
            f"some columns carry nothing new ({'; '.join(parts)}). They are kept; leave them out for a faster search.",
            UserWarning,
            stacklevel=3,
        )
