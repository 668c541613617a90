"""The algebra of plain values: integers, truth values, texts and lists, one Python value at a time.

It is the reference: compiled engines are tested against it, and every program a search returns has been run by it.
A function that raises one of ``UNDEFINED`` has no value there; neither has what uses it, except that ``if`` asks only
for the branch it takes. Numbers of more than ``LARGEST`` digits and lists and texts beyond ``LONGEST`` are no values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from induce.algebras.algebra import Algebra, meaning_of, register
from induce.errors import AlgebraError, DataError, did_you_mean
from induce.terms.op import APPLY, BOUND, HOLE, LAMBDA, LITERAL, VARIABLE, Op
from induce.terms.term import Term

__all__ = ["UNDEFINED", "VALUES", "Undefined", "define", "function_of", "has_function", "run", "run_rows"]


LARGEST = 100_000
"""Most binary digits of a number that a program makes; where it would be longer, it has no value."""
LONGEST = 1_000_000
"""Most elements or characters that a program makes."""


class Undefined(ValueError):
    """A program has no value on this input."""


UNDEFINED = (
    Undefined, ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError, TypeError, ValueError,
)  # fmt: skip
"""What a function may raise to say that it has no value; anything else is a mistake and passes through."""

VALUES = Algebra(
    name="values",
    carrier="Python values: integers, truth values, texts, lists",
    add=lambda a, b: a + b,
    mul=lambda a, b: a * b,
    neg=lambda a: -a,
    zero=0,
    one=1,
    laws=frozenset(
        {
            "commutative add", "associative add", "commutative mul", "associative mul", "zero", "one", "annihilation",
            "distributive", "involution", "inverse add",
        }
    ),
    sample=lambda rng, n: rng.integers(-1000, 1000, n),
    equal=lambda a, b: np.equal(a, b),
    lift=lambda value: value,
)  # fmt: skip
"""Plain Python values; the laws are those of its integers."""

Algebra.VALUES = VALUES

_FUNCTIONS: dict[Op, Callable[..., Any]] = {}
Watch = Callable[[Term, list[Any]], None]


def define(op: Op, function: Callable[..., Any]) -> None:
    """Say what an operator does to Python values.

    Parameters
    ----------
    op : Op
    function : callable
        ``function(*values)``; it must not change its arguments, and raises one of ``UNDEFINED`` where it has no value.

    Raises
    ------
    AlgebraError
        If the operator does something else already, or ``function`` is not callable.
    """
    if _FUNCTIONS.get(op) is function:
        return
    register(op, VALUES, lambda _, *values: function(*values))
    _FUNCTIONS[op] = function


def function_of(op: Op) -> Callable[..., Any]:
    """The Python function of an operator; raises AlgebraError if it has none."""
    found = _FUNCTIONS.get(op)
    if found is None:
        meaning_of(op, VALUES)  # raises in words
        raise AlgebraError(f"operator '{op}' has a meaning on values but no plain function.")
    return found


class _Nothing:
    """Stands for the value of a sub-program that has none."""


_NOTHING = _Nothing()


def _is_too_large(value: Any) -> bool:
    """Whether a value would soon fill the memory: a few steps on it, as squaring or doubling, make it of any size."""
    if type(value) is int:
        return value.bit_length() > LARGEST
    return type(value) in (list, str) and len(value) > LONGEST


class _Runner:
    """One run: the inputs by name, how many applications of functions are still allowed, and who is told of them."""

    def __init__(self, inputs: Mapping[str, Any], steps: int, watch: Watch | None = None) -> None:
        self.inputs = inputs
        self.steps = steps
        self.watch = watch

    def value(self, term: Term, bound: tuple[Any, ...]) -> Any:
        """The value of a term whose bound variables are ``bound``, innermost first."""
        values: dict[Term, Any] = {}
        stack = [term]
        while stack:
            node = stack[-1]
            if node in values:
                stack.pop()
                continue
            waiting = [] if node.op is LAMBDA else [a for a in reversed(node.args) if a not in values]
            if waiting:
                stack.extend(waiting)
                continue
            stack.pop()
            values[node] = self.step(node, [values[a] for a in node.args] if node.op is not LAMBDA else [], bound)
        return values[term]

    def step(self, node: Term, args: list[Any], bound: tuple[Any, ...]) -> Any:
        op = node.op
        if op is LITERAL:
            return list(node.payload) if isinstance(node.payload, tuple) else node.payload
        if op is VARIABLE or op is HOLE:
            return self.column(node)
        if op is BOUND:
            return bound[node.payload]
        if op is LAMBDA:
            return self.closure(node.args[0], bound)
        self.steps -= 1
        if self.steps < 0:
            raise Undefined("the program takes too many steps on this input.")
        if op.name == "if":
            return _NOTHING if args[0] is _NOTHING else args[1] if args[0] else args[2]
        if any(arg is _NOTHING for arg in args):
            return _NOTHING
        if self.watch is not None:
            self.watch(node, args)
        try:
            value = args[0](args[1]) if op is APPLY else function_of(op)(*args)
        except AlgebraError:
            raise
        except UNDEFINED:
            if self.steps < 0:
                raise
            return _NOTHING
        return _NOTHING if _is_too_large(value) else value

    def column(self, node: Term) -> Any:
        try:
            return self.inputs[node.name]
        except KeyError:
            if node.op is HOLE:
                raise AlgebraError(f"hole '{node}' is not filled. Fill it first.") from None
            hint = did_you_mean(node.name, self.inputs)
            known = ", ".join(self.inputs) or "none"
            raise DataError(f"no input named '{node.name}'.{hint} The inputs given are: {known}.") from None

    def closure(self, body: Term, bound: tuple[Any, ...]) -> Callable[[Any], Any]:
        def function(argument: Any) -> Any:
            result = self.value(body, (argument, *bound))
            if result is _NOTHING:
                raise Undefined("a function has no value here.")
            return result

        return function


def run(term: Term, inputs: Mapping[str, Any], *, steps: int = 100_000, watch: Watch | None = None) -> Any:
    """The value of a program on one input.

    Parameters
    ----------
    term : Term
    inputs : mapping
        A Python value for each variable.
    steps : int
        Most applications of operators; a program that needs more has no value.
    watch : callable, optional
        Told of every application before it is made: the sub-term, and the values of its arguments.

    Raises
    ------
    Undefined
        If the program has no value on this input.
    DataError, AlgebraError
        If an input is missing, a hole is unfilled, or an operator has no function.

    >>> from induce.terms.lists import lists
    >>> run(lists.parse("take(2, reverse(xs))"), {"xs": [1, 2, 3]})
    [3, 2]
    """
    result = _Runner(inputs, steps, watch).value(term, ())
    if result is _NOTHING:
        raise Undefined(f"'{term}' has no value on this input.")
    return result


def run_rows(
    term: Term, columns: Mapping[str, Sequence[Any]], rows: int | None = None, *, steps: int = 100_000
) -> list[Any]:
    """The values of a program on many inputs, None where it has none.

    >>> from induce.terms.lists import lists
    >>> run_rows(lists.parse("head(xs)"), {"xs": [[1, 2], [], [3]]})
    [1, None, 3]
    """
    count = len(next(iter(columns.values()))) if rows is None else rows
    found: list[Any] = []
    for row in range(count):
        try:
            found.append(run(term, {name: values[row] for name, values in columns.items()}, steps=steps))
        except Undefined:
            found.append(None)
    return found


def has_function(op: Op) -> bool:
    """Whether it is known what the operator does to Python values."""
    return op in _FUNCTIONS
