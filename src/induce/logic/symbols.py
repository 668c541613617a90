"""Symbols: the table between the values of a program and the integers that are joined.

Every value is one row of three integers (kind, low half, high half) in one :class:`~induce.logic.rows.RowSet`; its id is
the number of that row. Values are told apart by type and bits: ``1``, ``1.0``, ``True`` and ``"1"`` are four symbols.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from induce.errors import DataError
from induce.logic.rows import RowSet

__all__ = ["LARGEST_INTEGER", "NIL", "Compound", "Symbols", "Value", "as_json", "from_json", "list_of"]

Int32 = NDArray[np.int32]

LARGEST_INTEGER = 1 << 62
"""Integers beyond this, in size, are refused, so that sums of two cannot wrap around."""

INTEGER, FLOAT, TEXT, BOOLEAN, FIRST_FUNCTOR = range(5)
"""Kinds, the first number of a symbol's row; the functors follow, numbered as they appear."""


@dataclass(frozen=True)
class Compound:
    """A structured value, such as ``point(1, 2)``; a list is ``cons(head, tail)`` ending in ``nil``.

    >>> Compound("point", (1, 2))
    Compound(functor='point', arguments=(1, 2))
    """

    functor: str
    arguments: tuple[Any, ...]


Value: TypeAlias = int | float | str | bool | Compound

PADDING = Compound("padding@", ())
"""Fills up elements of aggregates that have fewer columns than others; no program can write it."""
NIL = Compound("nil", ())
"""The empty list."""


def list_of(values: Sequence[Any]) -> Compound:
    """The list of ``values`` as a structured value.

    >>> list_of([1])
    Compound(functor='cons', arguments=(1, Compound(functor='nil', arguments=())))
    """
    found = NIL
    for value in reversed(values):
        found = Compound("cons", (value, found))
    return found


def as_json(value: Value) -> Any:
    """A constant as JSON that keeps its type.

    >>> as_json(Compound("point", (1, 2.0)))
    {'functor': 'point', 'arguments': [1, {'float': '2.0'}]}
    """
    if isinstance(value, Compound):
        return {"functor": value.functor, "arguments": [as_json(a) for a in value.arguments]}
    if isinstance(value, float):
        return {"float": repr(value)}
    return value


def from_json(entry: Any) -> Value:
    """The constant that :func:`as_json` wrote.

    >>> from_json({"float": "2.0"})
    2.0
    """
    if isinstance(entry, dict) and "functor" in entry:
        return Compound(str(entry["functor"]), tuple(from_json(a) for a in entry["arguments"]))
    if isinstance(entry, dict):
        return float(entry["float"])
    return entry  # type: ignore[no-any-return]


class Symbols:
    """Values by id, ids by value; ids are given in the order in which values first appear.

    >>> symbols = Symbols()
    >>> [symbols.id_of(value) for value in (1, 1.0, True, "1", 1)]
    [0, 1, 2, 3, 0]
    >>> symbols.values_of([3, 1])
    ['1', 1.0]
    """

    def __init__(self) -> None:
        self._rows = RowSet(3)
        self._texts: list[str] = []
        self._numbers_of_texts: dict[str, int] = {}
        self._functors: dict[tuple[str, int], int] = {}
        self._arguments: list[RowSet] = []
        self._depths: Int32 = np.zeros(0, dtype=np.int32)
        self._text_order: tuple[int, NDArray[np.int64]] = (0, np.empty(0, dtype=np.int64))
        self.deepest = 0
        """Nesting of the most deeply nested structured value."""

    def __len__(self) -> int:
        return len(self._rows)

    def copy(self) -> Symbols:
        """An independent table with the same ids."""
        other = Symbols()
        other._rows = self._rows.copy()
        other._texts = list(self._texts)
        other._numbers_of_texts = dict(self._numbers_of_texts)
        other._functors = dict(self._functors)
        other._arguments = [rows.copy() for rows in self._arguments]
        other._depths = self._depths.copy()
        other.deepest = self.deepest
        return other

    # ---------------------------------------------------------------- single values

    def id_of(self, value: Any) -> int:
        """The id of a value, which is added if it is new.

        Raises
        ------
        DataError
            For NaN, an integer beyond 2**62, or a value that is not an int, float, str, bool or :class:`Compound`.
        """
        if isinstance(value, Compound):
            return self._compound_id(value)
        return int(self._rows.insert(self._row_of(value))[0])

    def find(self, value: Any) -> int:
        """The id of a simple value, or -1 when it is not in the table."""
        if isinstance(value, str) and value not in self._numbers_of_texts:
            return -1
        return int(self._rows.find(self._row_of(value))[0])

    def _row_of(self, value: Any) -> Int32:
        if isinstance(value, bool | np.bool_):
            return np.array([[BOOLEAN, int(value), 0]], dtype=np.int32)
        if isinstance(value, int | np.integer):
            _check_integer(int(value))
            return _wide(INTEGER, np.array([value], dtype=np.int64))
        if isinstance(value, float | np.floating):
            return _wide(FLOAT, _bits(np.array([value], dtype=np.float64)))
        if isinstance(value, str):
            return np.array([[TEXT, self._text_number(str(value)), 0]], dtype=np.int32)
        raise DataError(
            f"{value!r} is a {type(value).__name__}, which cannot be a constant of a program: int, float, str, bool and "
            f"Compound can. Convert it, for example with str()."
        )

    def _text_number(self, text: str) -> int:
        number = self._numbers_of_texts.get(text)
        if number is None:
            number = self._numbers_of_texts[text] = len(self._texts)
            self._texts.append(text)
        return number

    def _compound_id(self, value: Compound) -> int:
        # by hand rather than by recursion: a list of 10,000 elements is nested 10,000 deep
        pending: list[tuple[Compound, list[int]]] = [(value, [])]
        while True:
            current, done = pending[-1]
            if len(done) < len(current.arguments):
                argument = current.arguments[len(done)]
                if isinstance(argument, Compound):
                    pending.append((argument, []))
                else:
                    done.append(self.id_of(argument))
                continue
            pending.pop()
            columns = [np.array([number], dtype=np.int32) for number in done]
            found = int(self.compound(current.functor, columns)[0])
            if not pending:
                return found
            pending[-1][1].append(found)

    def value_of(self, number: int) -> Any:
        """The value of an id."""
        return self.values_of([number])[0]

    # ---------------------------------------------------------------- many values

    def values_of(self, ids: Any) -> list[Any]:
        """The values of ids, as Python values."""
        ids = np.asarray(ids, dtype=np.int64)
        distinct, places = np.unique(ids, return_inverse=True)
        known: dict[int, Any] = {}
        pending = [int(number) for number in distinct[::-1]]
        while pending:
            number = pending[-1]
            if number in known:
                pending.pop()
                continue
            kind, low, _ = (int(part) for part in self._rows.rows[number])
            if kind < FIRST_FUNCTOR:
                known[number] = self._simple_value(number, kind, low)
                continue
            arguments = [int(part) for part in self._arguments[kind - FIRST_FUNCTOR].rows[low]]
            missing = [part for part in arguments if part not in known]
            pending.extend(missing)
            if not missing:
                known[number] = Compound(self._functor(kind)[0], tuple(known[part] for part in arguments))
        return [known[int(distinct[place])] for place in places.reshape(-1)]

    def _simple_value(self, number: int, kind: int, low: int) -> Any:
        if kind == TEXT:
            return self._texts[low]
        if kind == BOOLEAN:
            return bool(low)
        payload = np.ascontiguousarray(self._rows.rows[number, 1:]).view(np.int64)
        return int(payload[0]) if kind == INTEGER else float(payload.view(np.float64)[0])

    def _functor(self, kind: int) -> tuple[str, int]:
        return list(self._functors)[kind - FIRST_FUNCTOR]

    def ids_of(self, values: Any) -> Int32:
        """The ids of an array or list of values; new ones are added in order of appearance.

        Parameters
        ----------
        values : array, or iterable of values
            Arrays of integers, floats, booleans or texts are read without a loop over their elements.

        Raises
        ------
        DataError
            As :meth:`id_of`.
        """
        if not isinstance(values, np.ndarray):
            listed = list(values)
            kinds = {type(value) for value in listed}
            plain = len(kinds) == 1 and next(iter(kinds)) in (int, float, bool, str)
            if not plain or (kinds == {int} and any(abs(v) >= LARGEST_INTEGER for v in listed)):
                return self._ids_of_objects(listed)
            values = np.array(listed, dtype=object if kinds == {str} else None)
        values = values.reshape(-1)
        if values.dtype.kind == "b":
            return self._insert(np.stack([np.full(len(values), BOOLEAN), values, np.zeros(len(values))], axis=1))
        if values.dtype.kind in "iu":
            if len(values):
                _check_integer(int(values.max()))
                _check_integer(int(values.min()))
            return self._insert(_wide(INTEGER, values.astype(np.int64)))
        if values.dtype.kind == "f":
            return self._insert(_wide(FLOAT, _bits(values.astype(np.float64))))
        return self._ids_of_objects(values.tolist())

    def _insert(self, rows: NDArray[Any]) -> Int32:
        return self._rows.insert(rows)

    def _ids_of_objects(self, values: Iterable[Any]) -> Int32:
        """Ids through a dictionary: one look-up per value, one insertion per distinct value."""
        known: dict[Any, int] = {}
        listed = list(values)
        found = np.empty(len(listed), dtype=np.int32)
        for place, value in enumerate(listed):
            # compounds are hashed by identity: hashing a deep one would recurse
            key = value if type(value) is str else (id(value),) if isinstance(value, Compound) else (type(value), value)
            number = known.get(key)
            if number is None:
                number = known[key] = self.id_of(value)
            found[place] = number
        return found

    def numbers(self, ids: Any) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Numerical values of ids, and which of them are numbers.

        Returns
        -------
        values : int64 array if all numbers are integers, else float64 array
            0 where the symbol is not a number.
        is_number : bool array
        """
        whole, integers, floats, valid = self.split_numbers(ids)
        return (integers if bool((whole | ~valid).all()) else floats), valid

    def split_numbers(
        self, ids: Any
    ) -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]:
        """Numbers as integers and as floats: (is an integer, integers, floats, is a number)."""
        rows = self._rows.rows[np.asarray(ids)]
        kind = rows[:, 0]
        payload = np.ascontiguousarray(rows[:, 1:]).view(np.int64).reshape(-1)
        whole, real = kind == INTEGER, kind == FLOAT
        integers = payload if whole.all() else np.where(whole, payload, 0)
        floats = np.where(real, payload.view(np.float64), integers) if real.any() else integers.astype(np.float64)
        return whole, integers, floats, whole | real

    def kinds(self, ids: Any) -> Int32:
        """Kind of each id: equal for values of one type and functor."""
        found: Int32 = self._rows.rows[np.asarray(ids), 0]
        return found

    def texts(self, ids: Any) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The number of each id's text (0 where it is none) and which ids are texts; :meth:`text` gives the text."""
        rows = self._rows.rows[np.asarray(ids)]
        valid = rows[:, 0] == TEXT
        return np.where(valid, rows[:, 1], 0).astype(np.int64), valid

    def text(self, number: int) -> str:
        """The text with a number given by :meth:`texts`."""
        return self._texts[number]

    def alphabetical(self) -> NDArray[np.int64]:
        """Place of each text, by its number, in alphabetical order."""
        if self._text_order[0] != len(self._texts):
            places = np.empty(len(self._texts), dtype=np.int64)
            places[sorted(range(len(self._texts)), key=self._texts.__getitem__)] = np.arange(len(self._texts))
            self._text_order = (len(self._texts), places)
        return self._text_order[1]

    # ---------------------------------------------------------------- structured values

    def compound(self, functor: str, columns: Sequence[Any], rows: int | None = None) -> Int32:
        """Ids of ``functor(columns...)``, one per row.

        Parameters
        ----------
        functor : str
        columns : sequence of int arrays
            Ids of the arguments.
        rows : int, optional
            How many rows, where there are no columns.
        """
        key = (functor, len(columns))
        if key not in self._functors:
            self._functors[key] = FIRST_FUNCTOR + len(self._functors)
            self._arguments.append(RowSet(len(columns)))
        kind = self._functors[key]
        table = self._arguments[kind - FIRST_FUNCTOR]
        wanted = len(columns[0]) if columns else (1 if rows is None else rows)
        stacked = np.stack(columns, axis=1) if columns else np.empty((wanted, 0), dtype=np.int32)
        before = len(self)
        numbers = table.insert(stacked)
        found = self._insert(np.stack([np.full(wanted, kind), numbers, np.zeros(wanted)], axis=1))
        if len(self) > before:
            self._deepen(before, table)
        return found

    def _deepen(self, before: int, table: RowSet) -> None:
        """Keep the nesting of the ids from ``before`` on: one more than that of their deepest argument."""
        fresh = self._rows.rows[before:, 1]
        arguments = table.rows[fresh]
        depths = np.zeros(len(fresh), dtype=np.int64)
        nested = self._rows.rows[arguments.reshape(-1), 0] >= FIRST_FUNCTOR if arguments.size else np.zeros(0, bool)
        if nested.any():
            inner = np.zeros(arguments.size, dtype=np.int64)
            inner[nested] = self._depths[arguments.reshape(-1)[nested]]
            depths = inner.reshape(arguments.shape).max(axis=1)
        self._depths = np.concatenate(  # the ids between are simple values, nested 0 deep
            [self._depths, np.zeros(before - len(self._depths), dtype=np.int32), depths.astype(np.int32) + 1]
        )
        self.deepest = max(self.deepest, int(depths.max()) + 1)

    def destructure(self, ids: Any, functor: str, arity: int) -> tuple[NDArray[np.bool_], list[Int32]]:
        """Which ids are ``functor`` with ``arity`` arguments, and the argument columns of those.

        >>> symbols = Symbols()
        >>> pair = symbols.id_of(Compound("pair", (5, 6)))
        >>> mask, columns = symbols.destructure([pair, symbols.id_of(5)], "pair", 2)
        >>> mask.tolist(), [symbols.values_of(column) for column in columns]
        ([True, False], [[5], [6]])
        """
        ids = np.asarray(ids)
        kind = self._functors.get((functor, arity))
        if kind is None:
            return np.zeros(len(ids), dtype=bool), [np.empty(0, dtype=np.int32)] * arity
        rows = self._rows.rows[ids]
        mask = rows[:, 0] == kind
        arguments = self._arguments[kind - FIRST_FUNCTOR].rows[rows[mask, 1]]
        return mask, [np.ascontiguousarray(arguments[:, k]) for k in range(arity)]


def _check_integer(value: int) -> None:
    if abs(value) > LARGEST_INTEGER:
        raise DataError(
            f"The integer {value} is too large for a constant: at most 2**62 = {LARGEST_INTEGER} in size. "
            f"Write it as a float or as a text."
        )


def _bits(values: NDArray[np.float64]) -> NDArray[np.int64]:
    if np.isnan(values).any():
        raise DataError("nan cannot be a constant of a program: it is not equal to itself. Leave such rows out.")
    return np.ascontiguousarray(values + 0.0).view(np.int64)  # + 0.0 makes -0.0 the same constant as 0.0


def _wide(kind: int, payload: NDArray[np.int64]) -> Int32:
    rows = np.empty((len(payload), 3), dtype=np.int32)
    rows[:, 0] = kind
    rows[:, 1:] = np.ascontiguousarray(payload).view(np.int32).reshape(-1, 2)
    return rows
