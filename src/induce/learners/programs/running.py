"""Programs as Python functions, for searches that run many small ones; what they find is run again by the reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from induce.algebras.guarding import is_own
from induce.algebras.text_functions import spans
from induce.algebras.values import UNDEFINED, Undefined, function_of
from induce.terms.op import APPLY, BOUND, LAMBDA, LITERAL, VARIABLE, Op
from induce.terms.sort import BOOL, INT, TEXT
from induce.terms.term import Term

__all__ = ["NOTHING", "Runner", "key_of"]

Code = Callable[[Mapping[str, Any], tuple[Any, ...]], Any]
"""From the inputs of one example, and the bound variables (innermost first), to the value."""
LARGEST = 10**12
"""A number beyond this counts as undefined: a search has no use for it, and it makes lists that fill the memory."""
LONGEST = 2000
"""Most elements of a list that is made from numbers alone."""
MOST = 10_000
"""Most characters or elements of a text or list that a program makes."""
CALLS = 100_000
"""Most calls of functions that programs write, for one value."""


class _Nothing:
    def __repr__(self) -> str:
        return "NOTHING"


NOTHING = _Nothing()
"""The value of a program where it has none."""


def _grown(op: Op) -> Callable[..., int] | None:
    """How long the operator's result gets at most, from its arguments; None where it makes nothing much longer than they are."""
    if is_own(op):
        return None
    if op.name == "range" and op.arguments == (INT, INT):
        return lambda low, high: (high - low) * MOST // LONGEST
    if op.name == "replicate" and op.arguments == (INT, INT):
        return lambda count, _: count * MOST // LONGEST
    if op.name in ("concat", "str.++") and all(sort is TEXT or sort.name == "list" for sort in op.arguments):
        return lambda *args: sum(map(len, args))
    if op.result is not TEXT:
        return None
    if op.name in ("pad", "pad_right") and len(op.arguments) == 3:
        return lambda text, width, fill: int(width)
    if op.name == "replace" and len(op.arguments) == 3:
        return lambda text, token, new: len(text) + len(new) * len(spans(text, token))
    return None


def _bounded(op: Op, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function without texts and lists that are too long, refused before they are made where that can be told."""
    grown = _grown(op)

    def call(*args: Any) -> Any:
        if grown is not None and grown(*args) > MOST:
            raise Undefined("what comes out is too long.")
        value = function(*args)
        if type(value) in (str, list) and len(value) > MOST:
            # what only passes on a long input is no longer than it
            if len(value) > max((len(arg) for arg in args if type(arg) in (str, list)), default=0):
                raise Undefined("what comes out is too long.")
        return value

    return call


def _limited(op: Op) -> Callable[..., Any]:
    """The operator's function, with limits where a small program could take all time or memory."""
    function = function_of(op)
    if op.name in ("*", "product") and not is_own(op):

        def multiply(*args: Any) -> Any:
            value = function(*args)
            if isinstance(value, int) and abs(value) > LARGEST:
                raise Undefined("the number is too large.")
            return value

        return multiply
    if op.name == "is_prime" and op.arguments == (INT,):

        def divide(number: int) -> Any:
            if number > 10**8:
                raise Undefined("the number is too large.")
            return function(number)

        return divide
    return function if op.result in (INT, BOOL) else _bounded(op, function)


def key_of(value: Any) -> Any:
    """The value as something that can be compared and hashed; True and 1 are one, so compare values of one sort only."""
    return tuple(map(key_of, value)) if type(value) is list else value


class Runner:
    r"""Runs programs on the inputs of examples.

    Parameters
    ----------
    inputs : mapping of name to values
        One value for each example.
    count : int
        Number of examples.
    definitions : mapping of Op to Term
        Bodies of defined operators, as closed functions of their arguments.

    >>> from induce.terms.lists import INTS, lists
    >>> runner = Runner({"xs": ([3, 1], [])}, 2)
    >>> runner.values(lists.parse(r"map(\x:int. x + 1, xs)", xs=INTS)), runner.values(lists.parse("head(xs)"))
    ([[4, 2], []], [3, NOTHING])
    """

    def __init__(
        self, inputs: Mapping[str, Sequence[Any]], count: int, definitions: Mapping[Op, Term] | None = None
    ) -> None:
        self.rows = [{name: values[k] for name, values in inputs.items()} for k in range(count)]
        self.definitions = dict(definitions or {})
        self.left = CALLS
        self._functions: dict[Op, Callable[..., Any]] = {}

    def function(self, op: Op) -> Callable[..., Any]:
        """What an operator does to values."""
        found = self._functions.get(op)
        if found is None:
            found = self._functions[op] = self._defined(op) if op in self.definitions else _limited(op)
        return found

    def _defined(self, op: Op) -> Callable[..., Any]:
        body = self.code(self.definitions[op])

        def call(*args: Any) -> Any:
            value = body({}, ())
            for arg in args:
                value = value(arg)
            return value

        return call

    def code(self, term: Term) -> Code:
        """The term as a Python function; it raises one of ``UNDEFINED`` where the program has no value."""
        if term.op is LITERAL:
            value = list(term.payload) if isinstance(term.payload, tuple) else term.payload
            return lambda row, bound: value
        if term.op is VARIABLE:
            name = term.payload
            return lambda row, bound: row[name]
        if term.op is BOUND:
            index = term.payload
            return lambda row, bound: bound[index]
        parts = [self.code(a) for a in term.args]
        if term.op is LAMBDA:
            (body,) = parts
            return lambda row, bound: lambda value: self.call(body, row, (value, *bound))
        if term.op is APPLY:
            head, argument = parts
            return lambda row, bound: head(row, bound)(argument(row, bound))
        if term.op.name == "if" and len(parts) == 3:
            condition, yes, no = parts
            return lambda row, bound: yes(row, bound) if condition(row, bound) else no(row, bound)
        return _called(self.function(term.op), parts)

    def call(self, body: Code, row: Mapping[str, Any], bound: tuple[Any, ...]) -> Any:
        """The value of a function's body; Undefined after too many calls."""
        self.left -= 1
        if self.left < 0:
            raise Undefined("the program takes too many steps.")
        return body(row, bound)

    def value(self, code: Code, row: int) -> Any:
        """The value on one example, ``NOTHING`` where there is none."""
        self.left = CALLS
        try:
            return code(self.rows[row], ())
        except UNDEFINED:
            return NOTHING

    def values(self, term: Term) -> list[Any]:
        """The values of a closed program on all examples."""
        code = self.code(term)
        return [self.value(code, row) for row in range(len(self.rows))]

    def fits(self, term: Term, outputs: Sequence[Any]) -> int:
        """On how many of the first examples a program gives the output, up to the first where it does not."""
        code = self.code(term)
        for row, output in enumerate(outputs):
            value = self.value(code, row)
            if type(value) is not type(output) or value != output:
                return row
        return len(outputs)

    def combined(self, op: Op, parts: Sequence[Any]) -> list[Any]:
        """The values of an operator over arguments: for a function its term, for anything else its values.

        Parameters
        ----------
        op : Op
        parts : sequence of Term or list of values

        Returns
        -------
        list of values
            One for each example.
        """
        columns = [self._column(part) for part in parts]
        if not columns:
            columns = [[] for _ in self.rows]
            rows: list[tuple[Any, ...]] = [() for _ in self.rows]
        else:
            rows = list(zip(*columns, strict=True))
        if op.name == "if" and len(parts) == 3:
            return [NOTHING if c is NOTHING else a if c else b for c, a, b in rows]
        function = self.function(op)
        found: list[Any] = []
        for args in rows:
            self.left = CALLS
            if NOTHING in args:
                found.append(NOTHING)
                continue
            try:
                found.append(function(*args))
            except UNDEFINED:
                found.append(NOTHING)
        return found

    def _column(self, part: Any) -> list[Any]:
        if not isinstance(part, Term):
            return part  # type: ignore[no-any-return]
        code = self.code(part)
        return [code(row, ()) for row in self.rows]


def _called(function: Callable[..., Any], parts: Sequence[Code]) -> Code:
    if len(parts) == 1:
        (one,) = parts
        return lambda row, bound: function(one(row, bound))
    if len(parts) == 2:
        first, second = parts
        return lambda row, bound: function(first(row, bound), second(row, bound))
    return lambda row, bound: function(*[part(row, bound) for part in parts])
