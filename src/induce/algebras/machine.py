"""Compiled meanings of the operators on integers, truth values, texts and lists: one kernel over slices of a heap.

Every value is a slice of one int32 array: an integer or truth value has length 1, a list its elements, a text its code
points. ``apply`` reads the arguments' slices, writes the result at ``out`` and returns its length, or -1 where there is
none. It agrees with the plain functions of :mod:`induce.algebras.values` wherever both have a value; besides, it has
none beyond ``LARGEST`` and ``LONGEST``.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from induce.terms.lists import core_lists, lists
from induce.terms.op import Op
from induce.terms.smt_strings import smt_strings
from induce.terms.sort import BOOL, INT, TEXT, Sort, list_of
from induce.terms.strings import strings

__all__ = ["CODES", "FUNCTIONALS", "HELD", "LARGEST", "LONGEST", "PRELUDE", "apply", "code_of", "decode_value", "encode_value"]  # fmt: skip

HELD = (INT, BOOL, TEXT, list_of(INT), list_of(BOOL))
"""Sorts of which the machine holds values."""

LARGEST = 1_000_000
"""Largest integer, in size, that a value may hold."""
LONGEST = 255
"""Most elements of a list or characters of a text."""

PRELUDE = ("constant", "stored", "bound", "jump", "branch", "return", "function", "call", "invoke")
"""Instructions that are no operators (:mod:`induce.algebras.instructions`); their codes come first."""
_PLAIN = (
    "+ - * // % < <= == not and or is_even is_prime neg abs head last len sum product max min get count index is_empty contains "
    "reverse sort unique tail init take drop take_last drop_last cons append concat replicate range empty car cdr if"
).split()
_TEXTS = (
    "str.++ str.len str.at str.substr str.indexof str.replace str.prefixof str.suffixof str.contains str.from_int "
    "str.to_int str.lower str.upper"
).split()
FUNCTIONALS = ("map", "filter", "take_while", "drop_while", "all", "any", "zip_with", "fold", "fold_right")
"""Operators whose first argument is a function; they are run by :mod:`induce.algebras.instructions`."""
CODES: dict[str, int] = {name: place for place, name in enumerate([*PRELUDE, *_PLAIN, *_TEXTS, *FUNCTIONALS])}
"""Code of each operator by name."""
_OF_OP = {op: CODES[op.name] for language in (lists, core_lists, smt_strings) for op in language if op.name in CODES}
_OF_OP[strings["concat"]] = CODES["concat"]

(
    _ADD, _SUB, _MUL, _DIV, _MOD, _LT, _LE, _EQ, _NOT, _AND, _OR, _EVEN, _PRIME, _NEG, _ABS, _HEAD, _LAST, _LEN, _SUM, _PRODUCT,
    _MAX, _MIN, _GET, _COUNT, _INDEX, _IS_EMPTY, _CONTAINS, _REVERSE, _SORT, _UNIQUE, _TAIL, _INIT, _TAKE, _DROP, _TAKE_LAST,
    _DROP_LAST, _CONS, _APPEND, _CONCAT, _REPLICATE, _RANGE, _EMPTY, _CAR, _CDR, _IF, _S_CONCAT, _S_LEN, _S_AT, _S_SUBSTR,
    _S_INDEXOF, _S_REPLACE, _S_PREFIX, _S_SUFFIX, _S_CONTAINS, _S_FROM_INT, _S_TO_INT, _S_LOWER, _S_UPPER,
) = (CODES[name] for name in [*_PLAIN, *_TEXTS])  # fmt: skip


def code_of(op: Op) -> int:
    """The code of an operator, or -1 when it has no compiled meaning, whatever its name."""
    return _OF_OP.get(op, -1)


def encode_value(value: Any, sort: Sort) -> list[int] | None:
    """A Python value as the elements of a slice; None if the machine cannot hold it.

    >>> from induce.terms.sort import TEXT
    >>> encode_value("ab", TEXT)
    [97, 98]
    """
    if isinstance(value, bool):
        return [int(value)] if sort.name == "bool" else None
    if isinstance(value, int | np.integer):
        return [int(value)] if sort.name == "int" and abs(int(value)) <= LARGEST else None
    if isinstance(value, str):
        return [ord(c) for c in value] if sort.name == "text" and len(value) <= LONGEST else None
    if isinstance(value, list | tuple) and sort.name == "list" and len(value) <= LONGEST:
        parts = [encode_value(v, sort.args[0]) for v in value]
        if sort.args[0].name in ("int", "bool") and all(p is not None for p in parts):
            return [p[0] for p in parts if p is not None]
    return None


def decode_value(cells: Any, sort: Sort) -> Any:
    """The Python value of a slice."""
    if sort.name == "int":
        return int(cells[0])
    if sort.name == "bool":
        return bool(cells[0])
    if sort.name == "text":
        return "".join(chr(c) for c in cells)
    return [decode_value([c], sort.args[0]) for c in cells]


@numba.njit(cache=True, nogil=True, inline="never")
def _number(h: Any, out: int, value: int) -> int:
    if value > 1_000_000 or value < -1_000_000:
        return -1
    h[out] = value
    return 1


@numba.njit(cache=True, nogil=True, inline="never")
def _copy(h: Any, start: int, length: int, out: int) -> int:
    if length > 255:
        return -1
    for i in range(length):
        h[out + i] = h[start + i]
    return length


@numba.njit(cache=True, nogil=True)
def _find(h: Any, a: int, la: int, b: int, lb: int, begin: int) -> int:
    """Place of the slice b in the slice a from ``begin`` on, or -1."""
    for i in range(begin, la - lb + 1):
        same = True
        for j in range(lb):
            if h[a + i + j] != h[b + j]:
                same = False
                break
        if same:
            return i
    return -1


@numba.njit(cache=True, nogil=True, inline="never")
def _on_numbers(op: int, h: Any, a: int, b: int, out: int) -> int:
    x = np.int64(h[a])
    y = np.int64(h[b])
    if op == _ADD:
        return _number(h, out, x + y)
    if op == _SUB:
        return _number(h, out, x - y)
    if op == _MUL:
        return _number(h, out, x * y)
    if op == _DIV:
        return -1 if y == 0 else _number(h, out, x // y)
    if op == _MOD:
        return -1 if y == 0 else _number(h, out, x % y)
    if op == _LT:
        h[out] = x < y
    elif op == _LE:
        h[out] = x <= y
    elif op == _EQ:
        h[out] = x == y
    elif op == _NOT:
        h[out] = x == 0
    elif op == _AND:
        h[out] = (x != 0) and (y != 0)
    elif op == _OR:
        h[out] = (x != 0) or (y != 0)
    elif op == _EVEN:
        h[out] = x % 2 == 0
    elif op == _PRIME:
        h[out] = x > 1
        d = 2
        while d * d <= x:
            if x % d == 0:
                h[out] = 0
                break
            d += 1
    elif op == _NEG:
        h[out] = -x
    else:  # abs
        h[out] = abs(x)
    return 1


@numba.njit(cache=True, nogil=True, inline="never")
def _to_number(op: int, h: Any, a: int, la: int, b: int, lb: int, out: int) -> int:
    """Lists to numbers and truth values; ``b`` is the list where there are two arguments."""
    if op == _HEAD or op == _CAR:
        return -1 if la == 0 else _number(h, out, h[a])
    if op == _LAST:
        return -1 if la == 0 else _number(h, out, h[a + la - 1])
    if op == _LEN or op == _S_LEN:
        return _number(h, out, la)
    if op == _SUM:
        total = np.int64(0)
        for i in range(la):
            total += h[a + i]
        return _number(h, out, total)
    if op == _PRODUCT:
        total = np.int64(1)
        for i in range(la):
            if h[a + i] == 0:
                h[out] = 0
                return 1
        for i in range(la):
            total *= h[a + i]
            if abs(total) > 1_000_000:
                return -1
        return _number(h, out, total)
    if op == _MAX or op == _MIN:
        if la == 0:
            return -1
        best = h[a]
        for i in range(1, la):
            if (h[a + i] > best) == (op == _MAX):
                best = h[a + i]
        h[out] = best
        return 1
    if op == _IS_EMPTY:
        h[out] = la == 0
        return 1
    x = h[a]
    if op == _GET:
        return -1 if x < 0 or x >= lb else _number(h, out, h[b + x])
    found = 0
    for i in range(lb):
        if h[b + i] == x:
            if op == _INDEX:
                h[out] = i
                return 1
            found += 1
    if op == _INDEX:
        return -1
    h[out] = found if op == _COUNT else found > 0
    return 1


@numba.njit(cache=True, nogil=True, inline="never")
def _ordered(op: int, h: Any, a: int, la: int, out: int) -> int:
    """Reversed, sorted, or each once."""
    if op == _REVERSE:
        for i in range(la):
            h[out + i] = h[a + la - 1 - i]
        return la
    if op == _SORT:
        for i in range(la):
            x = h[a + i]
            j = i
            while j > 0 and h[out + j - 1] > x:
                h[out + j] = h[out + j - 1]
                j -= 1
            h[out + j] = x
        return la
    kept = 0
    for i in range(la):
        x = h[a + i]
        new = True
        for j in range(kept):
            if h[out + j] == x:
                new = False
                break
        if new:
            h[out + kept] = x
            kept += 1
    return kept


@numba.njit(cache=True, nogil=True, inline="never")
def _to_list(op: int, h: Any, a: int, la: int, b: int, lb: int, out: int) -> int:
    if op == _TAIL or op == _CDR:
        return -1 if la == 0 else _copy(h, a + 1, la - 1, out)
    if op == _INIT:
        return -1 if la == 0 else _copy(h, a, la - 1, out)
    if op == _CONCAT or op == _S_CONCAT or op == _APPEND:
        if la + lb > 255:
            return -1
        _copy(h, a, la, out)
        _copy(h, b, lb, out + la)
        return la + lb
    x = h[a]
    if op == _CONS:
        if lb >= 255:
            return -1
        h[out] = x
        _copy(h, b, lb, out + 1)
        return lb + 1
    if op == _REPLICATE:
        if x > 255:
            return -1
        for i in range(x):
            h[out + i] = h[b]
        return max(x, 0)
    if op == _RANGE:
        n = h[b] - x + 1
        if n > 255:
            return -1
        for i in range(n):
            h[out + i] = x + i
        return max(n, 0)
    n = min(max(x, 0), lb)
    if op == _TAKE:
        return _copy(h, b, n, out)
    if op == _DROP:
        return _copy(h, b + n, lb - n, out)
    if op == _TAKE_LAST:
        return _copy(h, b + lb - n, n, out)
    return _copy(h, b, lb - n, out)


@numba.njit(cache=True, nogil=True)
def _on_case(op: int, h: Any, a: int, la: int, out: int) -> int:
    for i in range(la):
        c = h[a + i]
        if op == _S_LOWER and 65 <= c <= 90:
            c += 32
        elif op == _S_UPPER and 97 <= c <= 122:
            c -= 32
        h[out + i] = c
    return la


@numba.njit(cache=True, nogil=True, inline="never")
def _digits(h: Any, value: int, out: int) -> int:
    """The digits of an integer that is not negative; the empty text otherwise, as SMT-LIB says."""
    if value < 0:
        return 0
    n = 1
    rest = value // 10
    while rest > 0:
        n += 1
        rest //= 10
    for i in range(n):
        h[out + n - 1 - i] = 48 + value % 10
        value //= 10
    return n


@numba.njit(cache=True, nogil=True, inline="never")
def _on_texts(op: int, h: Any, a: int, la: int, b: int, lb: int, c: int, lc: int, out: int) -> int:
    """Operators of SMT-LIB's strings, with its conventions at the borders."""
    if op == _S_AT:
        x = h[b]
        return 0 if x < 0 or x >= la else _copy(h, a + x, 1, out)
    if op == _S_SUBSTR:
        x = h[b]
        n = h[c]
        return 0 if x < 0 or x >= la or n <= 0 else _copy(h, a + x, min(n, la - x), out)
    if op == _S_INDEXOF:
        x = h[c]
        h[out] = -1 if x < 0 or x > la else _find(h, a, la, b, lb, x)
        return 1
    if op == _S_REPLACE:
        place = _find(h, a, la, b, lb, 0)
        if place < 0:
            return _copy(h, a, la, out)
        if la - lb + lc > 255:
            return -1
        _copy(h, a, place, out)
        _copy(h, c, lc, out + place)
        _copy(h, a + place + lb, la - place - lb, out + place + lc)
        return la - lb + lc
    if op == _S_PREFIX:
        h[out] = la <= lb and _find(h, b, la, a, la, 0) == 0
        return 1
    if op == _S_SUFFIX:
        h[out] = la <= lb and _find(h, b + lb - la, la, a, la, 0) == 0
        return 1
    if op == _S_CONTAINS:
        h[out] = _find(h, a, la, b, lb, 0) >= 0
        return 1
    if op == _S_FROM_INT:
        return _digits(h, h[a], out)
    if op == _S_TO_INT:
        value: Any = np.int64(-1 if la == 0 else 0)
        for i in range(la):
            if h[a + i] < 48 or h[a + i] > 57:
                value = -1
                break
            value = value * 10 + h[a + i] - 48
            if value > 1_000_000:
                return -1
        h[out] = value
        return 1
    return _on_case(op, h, a, la, out)


@numba.njit(cache=True, nogil=True, inline="never")
def apply(op: int, h: Any, a: int, la: int, b: int, lb: int, c: int, lc: int, out: int) -> int:
    """The value of an operator without functions; its length, or -1 where there is none.

    Parameters
    ----------
    op : int
        From ``CODES``.
    h : int32 array
        The heap; it needs 256 free cells from ``out`` on.
    a, la, b, lb, c, lc : int
        Start and length of the arguments.
    out : int
        Where the result is written.
    """
    if op <= _ABS:
        return _on_numbers(op, h, a, b, out)
    if op <= _CONTAINS:
        return _to_number(op, h, a, la, b, lb, out)
    if op <= _UNIQUE:
        return _ordered(op, h, a, la, out)
    if op < _EMPTY:
        return _to_list(op, h, a, la, b, lb, out)
    if op == _EMPTY:
        return 0
    if op == _CAR or op == _S_LEN:
        return _to_number(op, h, a, la, b, lb, out)
    if op == _CDR or op == _S_CONCAT:
        return _to_list(op, h, a, la, b, lb, out)
    if op == _IF:
        return _copy(h, b, lb, out) if h[a] != 0 else _copy(h, c, lc, out)
    return _on_texts(op, h, a, la, b, lb, c, lc, out)
