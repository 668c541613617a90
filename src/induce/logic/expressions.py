"""Expressions over columns of ids: exact integers, floats, texts and structured terms, without a loop over rows.

Where an operator has no value (a text in a sum, a division by zero) the row is *undefined*: the rule's instance is dropped,
as clingo does, and one note per rule says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.errors import LimitError, RuleError
from induce.logic.clauses import Expression
from induce.logic.symbols import LARGEST_INTEGER, Compound, Symbols

__all__ = ["OPERATORS", "Evaluator", "Number", "slots_of"]

Int32 = NDArray[np.int32]
Mask = NDArray[np.bool_]


@dataclass
class Number:
    """A column of numbers: each row is an integer, a float, or undefined."""

    whole: Mask
    integers: NDArray[np.int64]
    floats: NDArray[np.float64]
    valid: Mask


def slots_of(expression: Expression) -> frozenset[int]:
    """The slots that an expression reads."""
    if expression[0] == "slot":
        return frozenset([expression[1]])
    if expression[0] == "constant":
        return frozenset()
    parts = expression[2:] if expression[0] == "term" else expression[1:]
    return frozenset().union(*(slots_of(part) for part in parts))


def _keep_integers(whole: Mask, integers: NDArray[np.int64], floats: NDArray[np.float64], valid: Mask) -> Number:
    if bool((whole & valid & (np.abs(floats) > LARGEST_INTEGER)).any()):
        raise OverflowError(f"an integer passes 2**62 = {LARGEST_INTEGER}")
    return Number(whole, integers, np.where(whole, integers.astype(np.float64), floats), valid & np.isfinite(floats))


def _add(a: Number, b: Number) -> Number:
    return _keep_integers(a.whole & b.whole, a.integers + b.integers, a.floats + b.floats, a.valid & b.valid)


def _subtract(a: Number, b: Number) -> Number:
    return _keep_integers(a.whole & b.whole, a.integers - b.integers, a.floats - b.floats, a.valid & b.valid)


def _multiply(a: Number, b: Number) -> Number:
    return _keep_integers(a.whole & b.whole, a.integers * b.integers, a.floats * b.floats, a.valid & b.valid)


def _divide(a: Number, b: Number) -> Number:
    valid = a.valid & b.valid & (b.floats != 0)
    divisor = np.where(b.integers == 0, 1, b.integers)
    exact = a.whole & b.whole & (a.integers % divisor == 0)
    return Number(exact, a.integers // divisor, a.floats / np.where(b.floats == 0, 1.0, b.floats), valid)


def _floor_divide(a: Number, b: Number) -> Number:
    valid = a.valid & b.valid & (b.floats != 0)
    floats = np.floor_divide(a.floats, np.where(b.floats == 0, 1.0, b.floats))
    return Number(a.whole & b.whole, a.integers // np.where(b.integers == 0, 1, b.integers), floats, valid)


def _modulo(a: Number, b: Number) -> Number:
    valid = a.valid & b.valid & (b.floats != 0)
    floats = np.mod(a.floats, np.where(b.floats == 0, 1.0, b.floats))
    return Number(a.whole & b.whole, a.integers % np.where(b.integers == 0, 1, b.integers), floats, valid)


def _power(a: Number, b: Number) -> Number:
    whole = a.whole & b.whole & (b.integers >= 0)
    floats = np.power(a.floats, b.floats)
    integers = np.power(a.integers, np.where(whole, b.integers, 0))
    if bool((whole & a.valid & b.valid & np.isinf(floats)).any()):
        raise OverflowError(f"an integer passes 2**62 = {LARGEST_INTEGER}")
    return _keep_integers(whole, integers, floats, a.valid & b.valid)


def _extreme(smaller: bool) -> Callable[[Number, Number], Number]:
    def pick(a: Number, b: Number) -> Number:
        both = a.whole & b.whole
        less = np.where(both, a.integers <= b.integers, a.floats <= b.floats)
        first = less if smaller else ~less
        return Number(
            np.where(first, a.whole, b.whole),
            np.where(first, a.integers, b.integers),
            np.where(first, a.floats, b.floats),
            a.valid & b.valid,
        )

    return pick


def _negate(a: Number) -> Number:
    return Number(a.whole, -a.integers, -a.floats, a.valid)


def _absolute(a: Number) -> Number:
    return Number(a.whole, np.abs(a.integers), np.abs(a.floats), a.valid)


_BINARY: dict[str, Callable[[Number, Number], Number]] = {
    "+": _add,
    "-": _subtract,
    "*": _multiply,
    "/": _divide,
    "//": _floor_divide,
    "mod": _modulo,
    "**": _power,
    "min": _extreme(True),
    "max": _extreme(False),
}
_UNARY: dict[str, Callable[[Number], Number]] = {"neg": _negate, "-": _negate, "abs": _absolute}


def _length(value: Any) -> int | None:
    """Characters of a text, elements of a list; None for anything else."""
    if isinstance(value, str):
        return len(value)
    count = 0
    while isinstance(value, Compound) and value.functor == "cons" and len(value.arguments) == 2:
        count, value = count + 1, value.arguments[1]
    return count if isinstance(value, Compound) and value.functor == "nil" else None


_TEXT: dict[str, Callable[..., Any]] = {
    "concat": lambda *parts: "".join(parts),
    "length": _length,
    "lower": str.lower,
    "upper": str.upper,
    "substring": lambda text, start, size: text[start : start + size] if start >= 0 and size >= 0 else None,
}
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "=": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}

OPERATORS = tuple(sorted({*_BINARY, *_UNARY, *_TEXT}))
"""Names of the operators of expressions, except ``term``."""


class Evaluator:
    """Evaluates the expressions of one rule.

    Parameters
    ----------
    symbols : Symbols
    text : str
        The rule as it is written, for messages.
    line : int
    note : callable
        Called with a sentence when an instance of the rule is dropped.

    >>> symbols = Symbols()
    >>> ids = symbols.ids_of([1, 2])
    >>> found, defined = Evaluator(symbols, "r").ids(("+", ("slot", 0), ("slot", 0)), {0: ids}, 2)
    >>> symbols.values_of(found)
    [2, 4]
    """

    def __init__(
        self, symbols: Symbols, text: str, line: int = 0, note: Callable[[str], None] = lambda sentence: None
    ) -> None:
        self._symbols = symbols
        self._text = text
        self._line = line
        self._note = note

    def ids(self, expression: Expression, slots: Mapping[int, Int32], size: int) -> tuple[Int32, Mask]:
        """Ids of the expression's value per row, and where it is defined.

        Raises
        ------
        RuleError
            For an operator that does not exist or has another number of arguments.
        LimitError
            When an integer passes 2**62.
        """
        head = expression[0]
        if head == "slot":
            return slots[expression[1]], np.ones(size, dtype=bool)
        if head == "constant":
            return np.full(size, expression[1], dtype=np.int32), np.ones(size, dtype=bool)
        if head == "term":
            return self._term(expression, slots, size)
        if head in _TEXT and not self._is_extreme(expression):
            return self._text_function(expression, slots, size)
        return self._intern(self._numbers(expression, slots, size))

    def _intern(self, number: Number) -> tuple[Int32, Mask]:
        valid = number.valid
        whole = number.whole & valid
        if whole.all():
            return self._symbols.ids_of(number.integers), valid
        found = np.zeros(len(valid), dtype=np.int32)
        found[whole] = self._symbols.ids_of(number.integers[whole])
        real = valid & ~number.whole
        found[real] = self._symbols.ids_of(number.floats[real])
        return found, valid

    @staticmethod
    def _is_extreme(expression: Expression) -> bool:
        return expression[0] in ("min", "max")

    def _term(self, expression: Expression, slots: Mapping[int, Int32], size: int) -> tuple[Int32, Mask]:
        valid = np.ones(size, dtype=bool)
        columns = []
        for part in expression[2:]:
            ids, defined = self.ids(part, slots, size)
            columns.append(ids)
            valid &= defined
        if valid.all():
            return self._symbols.compound(expression[1], columns, size), valid
        found = np.zeros(size, dtype=np.int32)
        kept = [column[valid] for column in columns]
        found[valid] = self._symbols.compound(expression[1], kept, int(valid.sum()))
        return found, valid

    def numbers(self, expression: Expression, slots: Mapping[int, Int32], size: int) -> Number:
        """Numerical value per row; undefined rows are noted."""
        return self._numbers(expression, slots, size)

    def _numbers(self, expression: Expression, slots: Mapping[int, Int32], size: int) -> Number:
        head = expression[0]
        if head in ("slot", "constant", "term") or (head in _TEXT and not self._is_extreme(expression)):
            ids, defined = self.ids(expression, slots, size)
            whole, integers, floats, valid = self._symbols.split_numbers(ids)
            return Number(whole, integers, floats, valid & defined)
        parts = [self._numbers(part, slots, size) for part in expression[1:]]
        with np.errstate(all="ignore"):
            try:
                found = self._apply(head, parts)
            except OverflowError as error:
                raise LimitError(
                    f"In the rule '{self._text}'{self._where()}, {error}, at the operator '{head}'. The rule may feed itself "
                    f"without end: add a condition that bounds the number (such as X < 1000), or count in floats."
                ) from None
        if not found.valid.all():
            self._report(head, expression[1:], parts, slots, size)
        return found

    def _apply(self, head: str, parts: list[Number]) -> Number:
        if len(parts) == 1 and head in _UNARY:
            return _UNARY[head](parts[0])
        if head in _BINARY and (len(parts) == 2 or (len(parts) > 2 and head in ("min", "max", "+", "*"))):
            found = parts[0]
            for part in parts[1:]:
                found = _BINARY[head](found, part)
            return found
        raise RuleError(
            f"The rule '{self._text}' applies '{head}' to {len(parts)} arguments, which has no meaning. "
            f"Operators are: {', '.join(OPERATORS)}.",
            line=self._line,
        )

    def _where(self) -> str:
        return f" (line {self._line})" if self._line else ""

    def _report(self, head: str, arguments: Any, parts: list[Number], slots: Mapping[int, Int32], size: int) -> None:
        for part, argument in zip(parts, arguments, strict=True):
            if not part.valid.all() and argument[0] in ("slot", "constant"):
                row = int(np.argmin(part.valid))
                value = self._symbols.value_of(int(self.ids(argument, slots, size)[0][row]))
                self._note(f"{value!r} is not a number, so '{head}' has no value there")
                return
        self._note(f"'{head}' has no value for some of its arguments (a division by zero, or a number without bound)")

    def _text_function(self, expression: Expression, slots: Mapping[int, Int32], size: int) -> tuple[Int32, Mask]:
        """One call per distinct combination of arguments."""
        columns = [self.ids(part, slots, size) for part in expression[1:]]
        valid = np.logical_and.reduce([defined for _, defined in columns])
        stacked = np.stack([ids for ids, _ in columns], axis=1)[valid]
        distinct, places = np.unique(stacked, axis=0, return_inverse=True)
        found = np.zeros(size, dtype=np.int32)
        fresh = np.full(len(distinct), -1, dtype=np.int32)
        wanted = [int if expression[0] == "substring" and k else str for k in range(len(columns))]
        values = self._symbols.values_of(distinct.reshape(-1))
        for row in range(len(distinct)):
            arguments = values[row * len(columns) : (row + 1) * len(columns)]
            if expression[0] == "length" or all(type(v) is kind for v, kind in zip(arguments, wanted, strict=True)):
                result = self._call(expression[0], arguments)
                if result is not None:
                    fresh[row] = self._symbols.id_of(result)
            if fresh[row] < 0:
                self._note(f"'{expression[0]}' has no value for {', '.join(map(repr, arguments))}")
        found[valid] = fresh[places.reshape(-1)]
        return found, valid & (found >= 0)

    def _call(self, name: str, arguments: list[Any]) -> Any:
        try:
            return _TEXT[name](*arguments)
        except TypeError:
            raise RuleError(
                f"The rule '{self._text}' applies '{name}' to {len(arguments)} arguments, which has no meaning. "
                f"concat takes any number of texts, length, lower and upper one, substring a text, a start (from 0) and a length.",
                line=self._line,
            ) from None

    # ---------------------------------------------------------------- comparisons

    def compare(
        self, operator: str, left: Expression, right: Expression, slots: Mapping[int, Int32], size: int
    ) -> Mask:
        """Where ``left operator right`` holds; undefined sides hold nowhere."""
        if operator not in _COMPARE:
            raise RuleError(
                f"The rule '{self._text}' compares with '{operator}'. Comparisons are: {' '.join(_COMPARE)}.",
                line=self._line,
            )
        test = _COMPARE[operator]
        if _is_arithmetic(left) and _is_arithmetic(right):
            a, b = self._numbers(left, slots, size), self._numbers(right, slots, size)
            found: Mask = np.where(a.whole & b.whole, test(a.integers, b.integers), test(a.floats, b.floats))
            return found & a.valid & b.valid
        (first, defined), (second, also) = self.ids(left, slots, size), self.ids(right, slots, size)
        return self.compare_ids(operator, first, second) & defined & also

    def compare_ids(self, operator: str, left: Int32, right: Int32) -> Mask:
        """Compare ids: numbers by value, before texts by alphabet, before the rest."""
        test = _COMPARE[operator]
        whole_a, integers_a, floats_a, number_a = self._symbols.split_numbers(left)
        whole_b, integers_b, floats_b, number_b = self._symbols.split_numbers(right)
        found: Mask = np.where(whole_a & whole_b, test(integers_a, integers_b), test(floats_a, floats_b))
        both = number_a & number_b
        if both.all():
            return found
        if operator in ("=", "!="):
            return np.where(both, found, test(left, right))
        text_a, is_text_a = self._symbols.texts(left)
        text_b, is_text_b = self._symbols.texts(right)
        order = self._symbols.alphabetical()
        class_a = np.where(number_a, 0, np.where(is_text_a, 1, 2))
        class_b = np.where(number_b, 0, np.where(is_text_b, 1, 2))
        texts = is_text_a & is_text_b
        if texts.any():
            found = np.where(texts, test(order[text_a], order[text_b]), found)
        found = np.where((class_a == 2) & (class_b == 2), test(left, right), found)
        return np.where(class_a != class_b, test(class_a, class_b), found)


def _is_arithmetic(expression: Expression) -> bool:
    return expression[0] in _BINARY or expression[0] in _UNARY
