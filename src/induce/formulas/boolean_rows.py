"""Boolean tables as users have them: columns of 0 and 1 with names, and every way in which they can be wrong, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.checks import check_finite, counted
from induce.errors import DataError
from induce.table import Table

__all__ = ["MOST_ROWS", "Outputs", "read_inputs", "read_outputs", "refuse_contradictions"]

MOST_ROWS = 1 << 24
_WHO = "A Boolean formula"
_PLAIN = (np.bool_, np.uint8, np.int8)


@dataclass(frozen=True, eq=False)
class Outputs:
    """Answers of a table.

    Parameters
    ----------
    names : tuple of str
    values : array of bool, shape (rows, outputs)
    single : bool
        Whether one column was passed as such, so that predictions have one dimension.
    boolean : bool
        Whether the answers were given as truth values rather than numbers.
    """

    names: tuple[str, ...]
    values: NDArray[np.bool_]
    single: bool
    boolean: bool


def _refuse(what: str, column: NDArray[Any], row: int) -> DataError:
    value = column[row]
    shown = value.item() if isinstance(value, np.generic) else value
    shown = int(shown) if isinstance(shown, float) and shown.is_integer() else shown
    return DataError(
        f"{what} holds {shown!r} in row {row}, but a Boolean column holds 0 and 1 (or False and True). "
        "Turn it into a condition first, such as column > 0.5."
    )


def _too_many(rows: int) -> None:
    if rows > MOST_ROWS:
        raise DataError(
            f"the table has {rows:,} rows, but at most {MOST_ROWS:,} (2^24) are accepted. "
            "Drop repeated rows, or draw a sample."
        )


def read_inputs(
    X: Any, names: Sequence[str] | None = None, also: Sequence[str] = ()
) -> tuple[tuple[str, ...], NDArray[np.bool_]]:
    """Names and values, shape (rows, inputs), of anything that :class:`induce.table.Table` reads.

    Parameters
    ----------
    X : array, mapping of columns, or data frame
    names : sequence of str, optional
        Names of the columns of a plain array; ``x0, x1, ...`` by default.
    also : sequence of str
        Names that may not be those of inputs.

    Raises
    ------
    DataError
        For values that are neither 0 nor 1, with the column and row, and for whatever a table cannot be.
    """
    rows = X.shape[0] if hasattr(X, "shape") and len(X.shape) == 2 else 0
    _too_many(int(rows) if isinstance(rows, int) else 0)
    if isinstance(X, np.ndarray) and X.dtype.type in _PLAIN and X.ndim == 2 and X.size:
        found = tuple(names) if names is not None else tuple(f"x{i}" for i in range(X.shape[1]))
        columns: Any = X.T
    else:
        named = hasattr(X, "columns") or hasattr(X, "column_names") or isinstance(X, Mapping)
        table = Table.from_any(X, names=None if named else names, who=_WHO)
        found, columns = table.names, table.values
        _too_many(table.rows)
    for name, column in zip(found, columns, strict=True):
        wrong = np.flatnonzero((column != 0) & (column != 1))
        if len(wrong):
            raise _refuse(f"column '{name}'", column, int(wrong[0]))
    for name in also:
        if name in found:
            raise DataError(f"'{name}' names a column and the target. Leave the target out of the table, or rename it.")
    return found, np.ascontiguousarray(np.asarray(columns).T != 0)


def read_outputs(y: Any, rows: int) -> Outputs:
    """The answers: one column or several.

    Raises
    ------
    DataError
        For no answers, a wrong number of rows or dimensions, and values that are neither 0 nor 1.
    """
    if y is None:
        raise DataError(f"{_WHO} requires y to be passed, but the target y is None. Pass one answer per row.")
    names, single = _output_names(y)
    array = np.asarray(y.to_numpy() if hasattr(y, "to_numpy") else _stacked(y))
    if array.ndim not in (1, 2) or array.size == 0:
        raise DataError(
            f"the target has shape {array.shape}, but one answer per row is needed, or one row of answers. "
            "Pass shape (rows,) or (rows, outputs)."
        )
    if len(array) != rows:
        raise DataError(
            f"the target has {counted(len(array), 'row')}, but the table has {counted(rows, 'row')}. "
            "Give one answer per row."
        )
    boolean = array.dtype == bool or (array.dtype == object and all(isinstance(v, bool | np.bool_) for v in array.flat))
    columns = array.reshape(rows, -1)
    if names is None:
        names = ("y",) if single else tuple(f"y{j}" for j in range(columns.shape[1]))
    values = np.empty(columns.shape, dtype=bool)
    for j, name in enumerate(names):
        values[:, j] = _truth(f"the target '{name}'", columns[:, j])
    return Outputs(names, values, single, bool(boolean))


def _stacked(y: Any) -> Any:
    return np.stack([np.asarray(column) for column in y.values()], axis=1) if isinstance(y, Mapping) else y


def _output_names(y: Any) -> tuple[tuple[str, ...] | None, bool]:
    if isinstance(y, Mapping):
        return tuple(str(name) for name in y), False
    if hasattr(y, "columns"):
        return tuple(str(name) for name in y.columns), False
    name = getattr(y, "name", None)
    if name is not None and not callable(name):
        return (str(name),), True
    return None, np.ndim(y) != 2


def _truth(what: str, column: NDArray[Any]) -> NDArray[np.bool_]:
    if column.dtype == object:
        for row, value in enumerate(column):
            if isinstance(value, str | bytes):
                raise _refuse(what, column, row)
        column = np.array([np.nan if v is None else v for v in column], dtype=np.float64)
    if column.dtype.kind not in "biuf":
        raise _refuse(what, column, 0)
    if column.dtype.kind == "f":
        check_finite(what, column.astype(np.float64), _WHO)
    wrong = np.flatnonzero((column != 0) & (column != 1))
    if len(wrong):
        raise _refuse(what, column, int(wrong[0]))
    return np.asarray(column != 0)


def refuse_contradictions(values: NDArray[np.bool_], outputs: Outputs) -> None:
    """Raise a DataError that names two equal rows with different answers, if there are any."""
    packed = np.packbits(values, axis=1)
    keys = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, place = np.unique(keys, return_index=True, return_inverse=True)
    before = first[place.reshape(-1)]
    for j, name in enumerate(outputs.names):
        other = np.flatnonzero(outputs.values[:, j] != outputs.values[before, j])
        if len(other):
            a, b = int(before[other[0]]), int(other[0])
            said = [int(outputs.values[row, j]) for row in (a, b)]
            raise DataError(
                f"rows {a} and {b} are equal, but their answers differ (target '{name}': {said[0]} and {said[1]}), which "
                "noise=0 excludes. Drop one of them, or pass noise='estimate'."
            )
