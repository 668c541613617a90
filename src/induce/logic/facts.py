"""Facts from anything with rows: lists of tuples, arrays, data frames, Arrow tables, database relations."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.errors import DataError, did_you_mean
from induce.logic.clauses import Clause, Literal
from induce.logic.rows import RowSet
from induce.logic.symbols import FLOAT, Compound, Symbols

__all__ = ["check_joined_numbers", "read_facts", "read_weighted"]

Int32 = NDArray[np.int32]
Float = NDArray[np.float64]

SHOWN = 3
"""Rows named in a message."""


def read_facts(name: str, data: Any, symbols: Symbols, arity: int | None = None) -> Int32:
    """The distinct tuples of ``data`` as ids, in order of first appearance.

    Parameters
    ----------
    name : str
        Name of the relation, for messages.
    data : list of tuples, array of shape (rows,) or (rows, arity), mapping of name to column, or table
        Tables of pandas, polars, pyarrow and DuckDB; the order of the columns counts, not their names.
    symbols : Symbols
        New values are added to it.
    arity : int, optional
        How many columns are expected.

    Raises
    ------
    DataError
        For missing values, mixed types in a column, columns without a name, ragged rows, or another arity.

    >>> read_facts("edge", [(1, 2), (2, 3), (1, 2)], Symbols())
    array([[0, 1], [1, 2]], dtype=int32)
    """
    columns = _checked_columns(name, data, symbols, arity)
    distinct = RowSet(columns.shape[1])
    distinct.insert(columns)
    return distinct.rows.copy()


def read_weighted(name: str, data: Any, symbols: Symbols, weight: Any, arity: int | None = None) -> tuple[Int32, Float]:
    """The distinct tuples of ``data`` as ids, and a probability for each.

    Parameters
    ----------
    name, data, symbols, arity
        As :func:`read_facts`; the weight's column does not count as one of the relation.
    weight : str or array, shape (rows,)
        Name of the column that has the probabilities, or the probabilities.

    Raises
    ------
    DataError
        As :func:`read_facts`; for a probability that is missing or outside of 0 to 1, and for one tuple with two
        different probabilities.

    >>> read_weighted("rain", {"day": ["mon"], "chance": [0.3]}, Symbols(), "chance")
    (array([[0]], dtype=int32), array([0.3]))
    """
    weights, rest = _split_weights(name, data, weight)
    columns = _checked_columns(name, rest, symbols, arity)
    if len(weights) != len(columns):
        raise DataError(
            f"{name}: {len(weights)} probabilities were given for {len(columns)} rows. Give one probability per row."
        )
    bad = ~((weights >= 0) & (weights <= 1))
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(
            f"{name}: the probability in row {row} is {weights[row]:g}, and {int(bad.sum())} in all are not within 0 to 1. "
            f"Divide counts by their total, or leave the rows out."
        )
    distinct = RowSet(columns.shape[1])
    numbers = distinct.insert(columns)
    first = np.empty(len(distinct))
    first[numbers[::-1]] = weights[::-1]
    differs = first[numbers] != weights
    if differs.any():
        row = int(np.argmax(differs))
        shown = ", ".join(map(repr, symbols.values_of(columns[row])))
        raise DataError(
            f"{name}({shown}) has two probabilities: {first[numbers[row]]:g} and {weights[row]:g} (row {row}). Independent "
            f"alternatives must be different facts: add a column that tells them apart, or combine the two into one number."
        )
    return distinct.rows.copy(), first


def check_joined_numbers(clauses: Iterable[Clause], tables: Mapping[str, Int32], symbols: Symbols) -> None:
    """Refuse a join of integers with whole floats, which pandas makes of integers: they would never be equal.

    Raises
    ------
    DataError
        If one variable of a rule takes integers of one table and equal floats of another.
    """
    if not (symbols.kinds(np.arange(len(symbols))) == FLOAT).any():
        return
    known: dict[tuple[str, int], tuple[bool, Float] | None] = {}

    def numbers(relation: str, column: int) -> tuple[bool, Float] | None:
        """Whether a column has integers only (or floats only), and its values; None for anything else."""
        if (relation, column) not in known:
            whole, _, floats, valid = symbols.split_numbers(np.unique(tables[relation][:, column]))
            alike = valid.all() and (whole.all() or not whole.any()) and len(whole) > 0
            known[relation, column] = (bool(whole.all()), floats) if alike else None
        return known[relation, column]

    for clause in clauses:
        places: dict[int, list[tuple[str, int]]] = {}
        for step in clause.body:
            if isinstance(step, Literal) and not step.negated and len(tables.get(step.relation, ())):
                for column, slot in enumerate(step.arguments):
                    if slot >= 0:
                        places.setdefault(slot, []).append((step.relation, column))
        for used in places.values():
            for first, second in itertools.combinations(dict.fromkeys(used), 2):
                one, other = numbers(*first), numbers(*second)
                if one is None or other is None or one[0] == other[0]:
                    continue
                equal = np.intersect1d(one[1], other[1])
                if len(equal):
                    (i, j) = (first, second) if one[0] else (second, first)
                    raise DataError(
                        f"{i[0]} has integers in column {i[1] + 1} and {j[0]} floats in column {j[1] + 1}, which the rule "
                        f"'{clause.text}' joins; but {equal[0]:.0f} and {equal[0]:.1f} are different constants. Convert one "
                        "of them, for example with astype(int)."
                    )


# -------------------------------------------------------------------- columns of any kind of data


def _split_weights(name: str, data: Any, weight: Any) -> tuple[Float, Any]:
    if getattr(weight, "requires_grad", False):
        raise DataError(
            f"{name}: the numbers of facts are fixed, so the gradient of this tensor would be lost. Give weight.detach(); or "
            f"learn them: '?w(X)::{name}(X) :- ...' in the rules, or a network."
        )
    if not isinstance(weight, str):
        return _as_floats(name, weight), data
    table = _named_columns(name, data)
    if table is None:
        raise DataError(
            f"{name}: the probabilities are said to be in the column '{weight}', but data of type "
            f"{type(data).__name__} has no column names. Give an array of probabilities, or a table with names."
        )
    if weight not in table:
        raise DataError(
            f"{name}: there is no column '{weight}' for the probabilities.{did_you_mean(weight, table)} "
            f"Columns are: {', '.join(table)}."
        )
    return _as_floats(name, table[weight]), {key: column for key, column in table.items() if key != weight}


def _as_floats(name: str, values: Any) -> Float:
    try:
        return np.array([np.nan if v is None else v for v in _plain(values)], dtype=np.float64).reshape(-1)
    except (TypeError, ValueError):
        raise DataError(f"{name}: the probabilities are not numbers. Give one number from 0 to 1 per row.") from None


def _plain(column: Any) -> Any:
    """A column as a numpy array or a list, missing values as None or NaN."""
    if isinstance(column, np.ndarray | list | tuple):
        return column
    for method in ("to_pylist", "to_list", "tolist"):  # pyarrow, polars and pandas, torch
        kind = getattr(getattr(column, "dtype", None), "kind", "")
        if kind in ("b", "i", "u", "f") and hasattr(column, "to_numpy"):
            return column.to_numpy()
        if hasattr(column, method):
            return getattr(column, method)()
    return list(column)


def _named_columns(name: str, data: Any) -> dict[str, Any] | None:
    """Columns by name, or None for data without names."""
    if type(data).__name__ == "LazyFrame":
        data = data.collect()
    if isinstance(data, Mapping):
        names, columns = list(data), list(data.values())
    elif type(data).__name__ == "DuckDBPyRelation":
        names, columns = _from_duckdb(data)
    elif type(data).__module__.partition(".")[0] in ("pandas", "polars", "pyarrow") and not _is_one_column(data):
        names, columns = _frame(data)
    else:
        return None
    unnamed = [k for k, key in enumerate(names) if not isinstance(key, str) or not key.strip()]
    if unnamed:
        raise DataError(
            f"{name}: column {unnamed[0] + 1} of the table has no name (it is {names[unnamed[0]]!r}). Name all columns, or "
            f"pass the values only, for example with to_numpy()."
        )
    repeated = [key for key in names if names.count(key) > 1]
    if repeated:
        raise DataError(f"{name}: two columns are called '{repeated[0]}'. Give each column a name of its own.")
    return dict(zip(names, columns, strict=True))


def _from_duckdb(data: Any) -> tuple[list[Any], list[Any]]:
    rows = data.fetchall()
    return list(data.columns), [[row[k] for row in rows] for k in range(len(data.columns))]


def _is_one_column(data: Any) -> bool:
    return not hasattr(data, "columns") and not hasattr(data, "column_names")


def _frame(data: Any) -> tuple[list[Any], list[Any]]:
    if hasattr(data, "column_names"):  # pyarrow
        return list(data.column_names), [data.column(k).to_pylist() for k in range(data.num_columns)]
    if hasattr(data, "iloc"):  # pandas, whose column names may repeat
        return list(data.columns), [_plain(data.iloc[:, k]) for k in range(data.shape[1])]
    return list(data.columns), [_polars(column) for column in data.get_columns()]


def _polars(column: Any) -> Any:
    return column.to_numpy() if column.dtype.is_numeric() and not column.null_count() else column.to_list()


def _columns(name: str, data: Any, arity: int | None) -> list[Any]:
    table = _named_columns(name, data)
    if table is not None:
        return [_plain(column) for column in table.values()]
    if hasattr(data, "detach") or _is_series(data):
        data = np.asarray(data)
    if isinstance(data, np.ndarray):
        if data.ndim > 2:
            raise DataError(
                f"{name}: an array of {data.ndim} dimensions was given; 1 or 2 were expected. Reshape it to (rows, columns)."
            )
        return [data] if data.ndim == 1 else [data[:, k] for k in range(data.shape[1])]
    if isinstance(data, str | bytes) or not isinstance(data, Iterable):
        raise DataError(
            f"{name}: facts cannot be read from a {type(data).__name__}. Give a list of tuples, an array, or a table."
        )
    return _rows_to_columns(name, list(data), arity)


def _is_series(data: Any) -> bool:
    return type(data).__module__.partition(".")[0] in ("pandas", "polars", "pyarrow")


def _rows_to_columns(name: str, rows: list[Any], arity: int | None) -> list[Any]:
    if rows and not any(isinstance(row, tuple | list | np.ndarray) for row in rows):
        return [rows]
    sizes = [len(row) if isinstance(row, tuple | list | np.ndarray) else 1 for row in rows]
    if len(set(sizes)) > 1:
        odd = next(k for k, size in enumerate(sizes) if size != sizes[0])
        raise DataError(
            f"{name}: row {odd} has {sizes[odd]} values, but row 0 has {sizes[0]}. Give every row the same number of values."
        )
    width = sizes[0] if rows else (arity or 0)
    return [[row[k] for row in rows] for k in range(width)] if width else [None] * 0


def _checked_columns(name: str, data: Any, symbols: Symbols, arity: int | None) -> Int32:
    columns = _columns(name, data, arity)
    lengths = {len(column) for column in columns}
    if len(lengths) > 1:
        raise DataError(
            f"{name}: the columns have different lengths ({', '.join(map(str, map(len, columns)))}). "
            f"Give every column one value per row."
        )
    size = lengths.pop() if lengths else (len(data) if arity == 0 or (not columns and hasattr(data, "__len__")) else 0)
    if not size:
        return np.empty((0, len(columns) if arity is None else arity), dtype=np.int32)
    if arity is not None and len(columns) != arity:
        raise DataError(
            f"{name}: {len(columns)} columns were given, but {name} has {arity} arguments elsewhere. "
            f"Leave out columns that do not belong to it, or rename the relation."
        )
    found = np.empty((size, len(columns)), dtype=np.int32)
    for k, column in enumerate(columns):
        _check_column(name, k, column)
        try:
            found[:, k] = symbols.ids_of(column)
        except DataError as problem:
            raise DataError(f"{name}: column {k + 1}: {problem}") from None
    return found


def _check_column(name: str, number: int, column: Any) -> None:
    """Refuse missing values, and values of more than one type."""
    if isinstance(column, np.ndarray) and column.dtype.kind in "biu":
        return
    if isinstance(column, np.ndarray) and column.dtype.kind == "f":
        missing = np.flatnonzero(np.isnan(column))
    else:
        missing = _missing(column.tolist() if isinstance(column, np.ndarray) else column)
    if len(missing):
        rows = ", ".join(map(str, missing[:SHOWN].tolist())) + (", ..." if len(missing) > SHOWN else "")
        raise DataError(
            f"{name}: column {number + 1} has {len(missing)} missing values (row {rows}). A fact has a value in every "
            f"column: leave those rows out, or write the missing value as a text such as 'unknown'."
        )
    if not isinstance(column, np.ndarray) or column.dtype.kind == "O":
        _check_types(name, number, column.tolist() if isinstance(column, np.ndarray) else column)


def _missing(listed: Any) -> NDArray[np.int64]:
    if {type(value) for value in listed} <= {int, str, bool}:
        return np.empty(0, dtype=np.int64)
    found = [k for k, v in enumerate(listed) if v is None or type(v).__name__ in ("NAType", "NaTType") or v != v]
    return np.array(found, dtype=np.int64)


_KINDS: dict[type, str] = {bool: "bool", int: "number", float: "number", str: "text", Compound: "term"}


def _check_types(name: str, number: int, column: Any) -> None:
    kinds = {type(value) for value in column}
    named = {_kind(kind) for kind in kinds}
    if len(named) < 2:
        return
    first = _kind(type(column[0]))
    other = next(k for k, value in enumerate(column) if _kind(type(value)) != first)
    raise DataError(
        f"{name}: column {number + 1} mixes types: {column[0]!r} in row 0 is a {first}, {column[other]!r} in row {other} is a "
        f"{_kind(type(column[other]))}; they would never be equal. Convert the column to one type, for example with str()."
    )


def _kind(kind: type) -> str:
    for known, word in _KINDS.items():
        if kind is known:
            return word
    if issubclass(kind, np.bool_):
        return "bool"
    if issubclass(kind, np.integer | np.floating):
        return "number"
    return "text" if issubclass(kind, str) else kind.__name__
