"""What typed enumeration may apply: operators at given sorts, literals, and what each costs."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from induce.algebras.assembling import MOST
from induce.algebras.machine import CODES, FUNCTIONALS, HELD, code_of
from induce.algebras.values import has_function
from induce.errors import GrammarError
from induce.terms.language import Language
from induce.terms.op import Op
from induce.terms.sort import BOOL, INT, Sort

__all__ = ["Rule", "objection_to", "rules_of", "uncurried"]


@dataclass(frozen=True)
class Rule:
    """An operator at given sorts.

    Parameters
    ----------
    op : Op
    arguments : tuple of Sort
    result : Sort
    cost : int
        What one use costs; sizes are counted when it is 1.
    """

    op: Op
    arguments: tuple[Sort, ...]
    result: Sort
    cost: int = 1

    @property
    def code(self) -> int:
        """The operator's code in the compiled machine."""
        return code_of(self.op)

    @property
    def functional(self) -> bool:
        """Whether the machine runs it on a function, its first argument."""
        return self.op.name in FUNCTIONALS and self.code >= 0

    @property
    def branches(self) -> bool:
        """Whether it asks only for the branch that it takes."""
        return self.code == CODES["if"]

    @property
    def higher(self) -> bool:
        """Whether an argument is a function."""
        return any(sort.is_arrow for sort in self.arguments)


def uncurried(sort: Sort, count: int | None) -> tuple[tuple[Sort, ...], Sort]:
    """The first ``count`` parameters of a function's sort (None: all), outermost first, and what it then returns."""
    parameters: list[Sort] = []
    while sort.is_arrow and (count is None or len(parameters) < count):
        parameters.append(sort.args[0])
        sort = sort.args[1]
    return tuple(parameters), sort


def _variables(sort: Sort) -> Iterator[Sort]:
    if sort.is_variable:
        yield sort
    for part in sort.args:
        yield from _variables(part)


def objection_to(op: Op) -> str:
    """Why enumeration cannot apply an operator, in words; nothing if it can.

    >>> from induce.terms.language import declare
    >>> objection_to(declare("parts(text) -> list(text)"))
    "operator 'parts' gives list(text), which enumeration cannot hold"
    """
    if op.arity > MOST:
        return f"operator '{op.name}' takes {op.arity} arguments, but enumeration gives {MOST} at most"
    for sort in op.arguments:
        if not (sort.is_arrow or sort.has_variables or sort in HELD):
            return f"operator '{op.name}' takes {sort}, which enumeration cannot hold"
    if not (op.result.has_variables or op.result in HELD):
        return f"operator '{op.name}' gives {op.result}, which enumeration cannot hold"
    return ""


def rules_of(
    language: Language | Iterable[Op], sorts: Iterable[Sort], goal: Sort, costs: Mapping[str, int] | None = None
) -> tuple[Rule, ...]:
    """The operators of a language, polymorphic ones at the sorts that the task needs.

    Parameters
    ----------
    language : Language or iterable of Op
    sorts : iterable of Sort
        Of the inputs.
    goal : Sort
        Of the programs.
    costs : mapping of str to int, optional
        By operator; 1 by default.

    Raises
    ------
    GrammarError
        If no operator or input can make the goal's sort.
    """
    ops, inputs = tuple(op for op in language if not objection_to(op)), tuple(sorts)
    given = dict.fromkeys([*inputs, goal])
    wanted = {INT, BOOL, *given, *(s for op in ops for s in (*op.arguments, op.result) if s in HELD)}
    held = [s for s in HELD if s in wanted]
    found: list[Rule] = []
    for op in ops:
        names = list(dict.fromkeys(v for s in (*op.arguments, op.result) for v in _variables(s)))
        for choice in itertools.product(held, repeat=len(names)):
            mapping = dict(zip(names, choice, strict=True))
            arguments = tuple(a.substitute(mapping) for a in op.arguments)
            result = op.result.substitute(mapping)
            plain = [s for s in (*arguments, result) if not s.is_arrow]
            if (code_of(op) >= 0 or has_function(op)) and all(s in held for s in plain):
                found.append(Rule(op, arguments, result, max(1, (costs or {}).get(op.name, round(op.cost)))))
    made = {*inputs, *(r.result for r in found)}
    if goal not in made:
        names_of = ", ".join(sorted(str(s) for s in made))
        raise GrammarError(
            f"no input and no operator makes a value of sort {goal}; they make {names_of}. Add an operator."
        )
    return tuple(found)
