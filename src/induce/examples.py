"""Examples: inputs and outputs of a program to be found, checked and with their sorts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from induce.errors import DataError
from induce.terms.sort import BOOL, INT, TEXT, Sort, list_of, parse_sort

__all__ = ["Examples", "check_values", "frozen", "read_examples"]

_WORDS = {TEXT: "text", INT: "a whole number", BOOL: "True or False"}


@dataclass(frozen=True, eq=False)
class Examples:
    """Inputs by name, outputs, and their sorts.

    Parameters
    ----------
    inputs : mapping of name to tuple of values
    outputs : tuple of values
    sorts : mapping of name to Sort
    result : Sort
        Of the outputs.
    """

    inputs: Mapping[str, tuple[Any, ...]]
    outputs: tuple[Any, ...]
    sorts: Mapping[str, Sort]
    result: Sort
    notes: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.outputs)

    def take(self, places: Sequence[int]) -> Examples:
        """The examples at these places."""
        inputs = {name: tuple(values[i] for i in places) for name, values in self.inputs.items()}
        return Examples(inputs, tuple(self.outputs[i] for i in places), self.sorts, self.result)

    def input(self, place: int) -> dict[str, Any]:
        """The inputs of one example."""
        return {name: values[place] for name, values in self.inputs.items()}

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; :meth:`from_dict` reads them back."""
        return {
            "inputs": {name: list(values) for name, values in self.inputs.items()},
            "outputs": list(self.outputs),
            "sorts": {name: str(sort) for name, sort in self.sorts.items()},
            "result": str(self.result),
        }

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Examples:
        """The examples that :meth:`to_dict` wrote."""
        inputs = {name: tuple(values) for name, values in data["inputs"].items()}
        sorts = {name: parse_sort(text) for name, text in data["sorts"].items()}
        return Examples(inputs, tuple(data["outputs"]), sorts, parse_sort(data["result"]))


def frozen(value: Any) -> Any:
    """The value with lists as tuples, and with its type, so that it can be compared and hashed: True is not 1."""
    if isinstance(value, list | tuple):
        return tuple(frozen(v) for v in value)
    return (type(value).__name__, value)


def _plain(value: Any) -> Any:
    """NumPy scalars and arrays, and tuples, as plain Python values; pandas' missing values as None."""
    if hasattr(value, "tolist") and not isinstance(value, list | tuple | str):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return None
    return None if isinstance(value, float) and value != value else value


def _sort_of(value: Any) -> Sort | None:
    """The sort of one value; None where it is not known yet (None, an empty list)."""
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, int):
        return INT
    if isinstance(value, str):
        return TEXT
    if isinstance(value, list):
        parts = {s for s in map(_sort_of, value) if s is not None}
        return list_of(parts.pop()) if len(parts) == 1 else None
    return None


def _kind(value: Any) -> str:
    return "None" if value is None else type(value).__name__


def check_values(values: Sequence[Any], what: str, missing: bool = False) -> tuple[tuple[Any, ...], Sort]:
    """A column of plain values and its sort.

    Parameters
    ----------
    values : sequence
    what : str
        What the column is called in messages.
    missing : bool
        Whether None is allowed.

    Raises
    ------
    DataError
        If values are of several sorts, of none that programs know, or missing; the row is named, counted from 0.
    """
    column = [_plain(v) for v in values]
    found: dict[Sort, int] = {}
    for row, value in enumerate(column):
        sort = _sort_of(value)
        if value is None:
            if not missing:
                raise DataError(f"{what} of example {row} is missing. Give a value, or leave the example out.")
        elif isinstance(value, list) and None in value and (sort is None or not missing):
            raise DataError(_gap(value, f"{what} of example {row}"))
        elif isinstance(value, float):
            if value.is_integer() and None in column:  # whole numbers beside a missing one, as pandas gives them
                raise DataError(
                    f"{what} of example {column.index(None)} is a missing value, which makes the others {value!r} and the like. "
                    "Leave that example out, and give whole numbers."
                )
            raise DataError(
                f"{what} of example {row} is {value!r}; programs work on whole numbers. Round it, or give text."
            )
        elif sort is None and isinstance(value, list):
            if value and len({_kind(v) for v in value}) > 1:
                kinds = " and ".join(sorted({_kind(v) for v in value}))
                raise DataError(f"{what} of example {row} is a list of {kinds}; one kind of element was expected.")
            if value:
                raise DataError(
                    f"{what} of example {row} is a list of {_kind(value[0])}; numbers or truth values were expected."
                )
        elif sort is None:
            raise DataError(
                f"{what} of example {row} is a {_kind(value)}; text, whole numbers, truth values or lists were expected."
            )
        else:
            found.setdefault(sort, row)
    if len(found) > 1:
        (first, a), (second, b) = list(found.items())[:2]
        raise DataError(f"{what} is {first} in example {a} but {second} in example {b}. Give values of one sort.")
    empty = any(isinstance(v, list) for v in column)
    sort = next(iter(found), list_of(INT) if empty else TEXT)
    if empty and sort.name != "list":
        row = next(i for i, v in enumerate(column) if isinstance(v, list))
        raise DataError(
            f"{what} is {sort} in example {found[sort]} but a list in example {row}. Give values of one sort."
        )
    return tuple(column), sort


def _gap(value: list[Any], what: str) -> str:
    """That an element of a list is missing, and what to do."""
    return f"{what} has a missing value at place {value.index(None)}. Give a value there, or leave the example out."


def _complete(values: Sequence[Any], sort: Sort, what: str) -> None:
    """Refuse missing values, except for whole texts: cells of a table may stay empty."""
    for row, value in enumerate(values):
        if value is None and sort is not TEXT:
            raise DataError(
                f"{what} of example {row} is a missing value; {_WORDS.get(sort, 'a list')} was expected. Give one, or leave the "
                "example out."
            )
        if isinstance(value, list) and None in value:
            raise DataError(_gap(value, f"{what} of example {row}"))


def _paired(X: Any, y: Any) -> tuple[str, ...]:
    """Notes on the labels of pandas inputs and outputs, which are paired by position; DataError if that would mix them up."""
    left: Any = getattr(X, "index", None)
    right: Any = getattr(y, "index", None)
    if not hasattr(left, "equals") or not hasattr(right, "equals") or left.equals(right):
        return ()
    ours, theirs = list(left), list(right)
    if len(ours) != len(theirs):
        return ()
    if set(ours) != set(theirs):
        return ("the outputs are labelled otherwise than the inputs, and were paired with them by position",)
    row = next((k for k, (a, b) in enumerate(zip(ours, theirs, strict=True)) if a != b), 0)
    raise DataError(
        f"the outputs have the labels of the inputs in another order: row {row} is {ours[row]!r} in the inputs but "
        f"{theirs[row]!r} in the outputs. Give y.loc[X.index] to pair them by label, or list(y) to pair them by position."
    )


def listed(values: Any, what: str) -> list[Any]:
    """Values as a list, one entry for each row; DataError for a text, which would be its characters, and for what is no list."""
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise DataError(
            f"{what} must be a list with one entry for each example, but got {values!r}. Write [{values!r}]."
        )
    return list(values)


def _columns(X: Any, names: Sequence[str] | None) -> dict[str, list[Any]]:
    if isinstance(X, Mapping):
        return {str(name): listed(values, f"input '{name}'") for name, values in X.items()}
    if hasattr(X, "columns"):
        labels = list(X.columns)
        texts = [str(c) for c in labels]
        repeated = next((c for c in texts if texts.count(c) > 1), None)
        if repeated is not None:
            raise DataError(f"there are two columns named '{repeated}'. Rename one of them.")
        return {str(c): list(X[c]) for c in labels}
    rows = listed(X, "the inputs")
    wide = [i for i, row in enumerate(rows) if isinstance(row, tuple)]
    if not wide:
        return {names[0] if names else "x": rows}
    width = len(rows[wide[0]])
    for i, row in enumerate(rows):
        if not isinstance(row, tuple) or len(row) != width:
            had = f"{len(row)} inputs" if isinstance(row, tuple) else "one input"
            raise DataError(
                f"example {i} has {had}, but example {wide[0]} has {width}. Give every example the same inputs."
            )
    labels = list(names) if names and len(names) == width else [f"x{k + 1}" for k in range(width)]
    return {label: [row[k] for row in rows] for k, label in enumerate(labels)}


def read_examples(X: Any, y: Any, names: Sequence[str] | None = None) -> Examples:
    """Examples from what a user has.

    Parameters
    ----------
    X : list of values, list of tuples (one value for each input), mapping of name to values, or data frame
    y : list of values
    names : sequence of str, optional
        Names of the inputs when ``X`` has none.

    Raises
    ------
    DataError
        For no examples, ragged ones, values of mixed or unknown sorts, and contradictions; rows count from 0.

    >>> read_examples([[1, 2], []], [2, 0]).result
    Sort('int')
    """
    columns = _columns(X, names)
    paired = _paired(X, y)
    given = listed(y, "the outputs")
    # texts may be missing: cells of a table that stay empty
    outputs, result = check_values(given, "the output", missing=any(isinstance(v, str) for v in given))
    if not columns:
        raise DataError("the examples have no input. Give a list of inputs, or a table with columns.")
    for name, values in columns.items():
        if len(values) != len(outputs):
            raise DataError(
                f"input '{name}' has {len(values)} values but there are {len(outputs)} outputs. Give as many."
            )
    if not outputs:
        raise DataError("there are no examples. Give at least one input and its output.")
    checked = {name: check_values(values, f"input '{name}'", missing=True) for name, values in columns.items()}
    for name, (column, sort) in checked.items():
        _complete(column, sort, f"input '{name}'")
    _complete(outputs, result, "the output")
    inputs = {name: values for name, (values, _) in checked.items()}
    seen: dict[Any, int] = {}
    for row, output in enumerate(outputs):
        key = tuple(frozen(values[row]) for values in inputs.values())
        first = seen.setdefault(key, row)
        if frozen(outputs[first]) != frozen(output):
            raise DataError(
                f"examples {first} and {row} have the same input but different outputs, {outputs[first]!r} and {output!r}. "
                "No program gives both: correct one of them."
            )
    kept = tuple(seen.values())
    notes = [*paired]
    if len(kept) < len(outputs):
        notes.append(f"{len(outputs) - len(kept)} repeated examples were left out")
    if len(kept) == 1:
        notes.append("one example leaves many programs: give two or three")
    whole = Examples(inputs, outputs, {name: sort for name, (_, sort) in checked.items()}, result)
    found = whole.take(kept)
    return Examples(found.inputs, found.outputs, found.sorts, found.result, tuple(notes))
