"""True calls of a library's operators: made by running solutions, or on drawn arguments, and kept with their values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import induce.algebras.list_functions
import induce.algebras.smt_functions
import induce.algebras.string_meanings  # noqa: F401  (they say what the operators do)
from induce.algebras.values import UNDEFINED, has_function, run
from induce.errors import AlgebraError, DataError
from induce.examples import Examples, frozen
from induce.learners.library.naming import is_closed, is_plain
from induce.terms.language import Language
from induce.terms.op import Op
from induce.terms.show import to_text
from induce.terms.sort import BOOL, INT, TEXT, Sort
from induce.terms.term import Term, bound, lambda_, literal, variable

__all__ = ["Call", "Function", "drawn_function", "find_calls"]

_RUNS = 6
"""Examples of one task that are run."""
_LARGEST = 120
"""Most characters of a call that is shown."""


@dataclass(frozen=True)
class Function:
    """A function as an argument of a call.

    Parameters
    ----------
    text : str
        In the surface syntax of the language.
    """

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Call:
    """An operator's arguments and its value there.

    Parameters
    ----------
    arguments : tuple
        Plain values, and functions as :class:`Function`.
    value : plain value
    """

    arguments: tuple[Any, ...]
    value: Any

    def written(self, name: str) -> str:
        """The call and its value as text: ``double(3) = 6``."""
        inside = f"({', '.join(_text(a) for a in self.arguments)})" if self.arguments else ""
        return f"{name}{inside} = {_text(self.value)}"

    def holds(self, op: Op, language: Language) -> bool:
        """Whether running the operator gives this value."""
        found = _run(op, [language.parse(a.text) if isinstance(a, Function) else a for a in self.arguments])
        return found is not None and frozen(found.value) == frozen(self.value)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; :meth:`from_dict` reads them back."""
        arguments = [{"function": a.text} if isinstance(a, Function) else a for a in self.arguments]
        return {"arguments": arguments, "value": self.value}

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Call:
        """The call that :meth:`to_dict` wrote."""
        arguments = (Function(str(a["function"])) if isinstance(a, dict) else a for a in data["arguments"])
        return Call(tuple(arguments), data["value"])


def _text(value: Any) -> str:
    return str(value) if isinstance(value, Function) else repr(value)


def _run(op: Op, arguments: Sequence[Any]) -> Call | None:
    """The call of an operator on values and closed terms; None where it has no value."""
    inputs = {f"a{k}": a for k, a in enumerate(arguments) if not isinstance(a, Term)}
    parts = (a if isinstance(a, Term) else variable(f"a{k}", op.arguments[k]) for k, a in enumerate(arguments))
    try:
        value = run(Term(op, tuple(parts)), inputs)
    except (*UNDEFINED, AlgebraError, DataError):
        return None
    if value is None or callable(value):
        return None
    return Call(tuple(Function(to_text(a)) if isinstance(a, Term) else a for a in arguments), value)


def _from_solutions(op: Op, solutions: Iterable[tuple[Examples, Term]]) -> Iterator[Call]:
    """Calls that happen while solutions run on their own examples."""
    for examples, program in solutions:
        if not any(node.op is op for node in program.postorder()):
            continue
        seen: list[tuple[Term, list[Any]]] = []

        def watch(node: Term, values: list[Any], seen: list[tuple[Term, list[Any]]] = seen) -> None:
            if node.op is op and len(seen) < 50:
                seen.append((node, list(values)))

        for place in range(min(len(examples), _RUNS)):
            inputs = examples.input(place)
            seen.clear()
            try:
                run(program, inputs, watch=watch)
            except (*UNDEFINED, AlgebraError):
                continue
            for node, values in list(seen):
                arguments = _arguments(node, values, inputs)
                found = None if arguments is None else _run(op, arguments)
                if found is not None:
                    yield found


def _arguments(node: Term, values: Sequence[Any], inputs: Mapping[str, Any]) -> list[Any] | None:
    """The values of a call; a function as the closed term that it is, if it is one."""
    found: list[Any] = []
    for part, value in zip(node.args, values, strict=True):
        if not part.sort.is_arrow:
            found.append(value)
            continue
        scalars = {v: literal(inputs[v.name], v.sort) for v in part.variables if v.sort in (INT, BOOL, TEXT)}
        function = part.replace(scalars) if scalars else part  # type: ignore[arg-type]
        if function.variables or not is_closed(function) or not callable(value):
            return None
        found.append(function)
    return found


def drawn_function(sort: Sort, language: Language, rng: np.random.Generator) -> Term | None:
    """A small function of a sort: an operator on its parameters and a literal, a parameter, or a constant."""
    parameters: list[Sort] = []
    result = sort
    while result.is_arrow:
        parameters.append(result.args[0])
        result = result.args[1]
    if any(p.is_arrow for p in parameters):
        return None
    bounds = [bound(len(parameters) - 1 - k, p) for k, p in enumerate(parameters)]
    options: list[Term] = []
    for op in language:
        if op.result is not result or not op.arity or any(a.is_arrow or a.has_variables for a in op.arguments):
            continue
        parts: list[Term | None] = []
        for place, wanted in enumerate(op.arguments):
            fits = [b for b in bounds if b.sort is wanted]
            number = literal(2, INT) if wanted is INT else None
            parts.append(fits[place % len(fits)] if fits and (place < len(fits) or number is None) else number)
        if all(p is not None for p in parts) and any(p in bounds for p in parts) and has_function(op):
            options.append(op(*parts))
    options = options or [b for b in bounds if b.sort is result]
    if not options:
        return None
    body = options[int(rng.integers(len(options)))]
    for parameter in reversed(parameters):
        body = lambda_(parameter, body)
    return body


def _drawn(sort: Sort, language: Language, rng: np.random.Generator) -> Any:
    """A small value of a sort; None if no such value is known."""
    if sort is INT:
        return int(rng.integers(1, 10))
    if sort is BOOL:
        return bool(rng.integers(2))
    if sort is TEXT:
        return ["Ada Lovelace", "a-b", "12.5", "Grace"][int(rng.integers(4))]
    if sort.is_arrow:
        return drawn_function(sort, language, rng)
    if sort.name == "list" and sort.args[0] is INT:
        return [int(v) for v in rng.choice(9, int(rng.integers(2, 5)), replace=False) + 1]
    if sort.name == "list" and is_plain(sort):
        return [_drawn(sort.args[0], language, rng) for _ in range(int(rng.integers(2, 5)))]
    return None


def _from_draws(op: Op, language: Language, rng: np.random.Generator, count: int = 40) -> Iterator[Call]:
    for _ in range(count):
        arguments = [_drawn(sort, language, rng) for sort in op.arguments]
        if any(a is None for a in arguments):
            return
        found = _run(op, arguments)
        if found is not None:
            yield found


def _is_scant(call: Call) -> bool:
    """Whether a list among the arguments has too few elements to show what happens to them."""
    return any(isinstance(a, list) and len(a) < 2 for a in call.arguments)


def find_calls(
    op: Op, solutions: Iterable[tuple[Examples, Term]], language: Language, *, count: int = 2, seed: int = 0
) -> tuple[Call, ...]:
    """The calls that show best what an operator does: short ones with different values, all of them run.

    Parameters
    ----------
    op : Op
    solutions : iterable of (examples, program)
        Run first: what they call is what the operator is for. Drawn arguments make up for what they lack.
    language : Language
        For functions among drawn arguments.
    count : int
        Most calls.
    seed : int

    Returns
    -------
    tuple of Call
        None where the operator cannot be run.
    """
    if not has_function(op) or not all(is_plain(s) or s.is_arrow for s in op.arguments):
        return ()
    chosen: list[Call] = []
    sources = (_from_solutions(op, solutions), _from_draws(op, language, np.random.default_rng(seed)))
    for source in sources:
        distinct = {c.written(op.name): c for c in source}
        ordered = sorted(distinct.items(), key=lambda p: (_is_scant(p[1]), len(p[0]), p[0]))
        found = [c for text, c in ordered if len(text) <= _LARGEST]
        # a call on an empty list, or one that gives what it got, says little
        telling = [c for c in found if c.value not in ([], "") and c.value not in c.arguments]
        for call in [*telling, *found]:
            if len(chosen) < count and all(frozen(call.value) != frozen(c.value) for c in chosen):
                chosen.append(call)
        for call in found:
            if len(chosen) < count and not op.arity == 0 and call not in chosen:
                chosen.append(call)
    return tuple(chosen)
