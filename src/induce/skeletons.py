"""Skeletons: formulas with unknown functions in them, ``x1*f(x2, x3) + g(x4)``, read from text."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from induce.errors import FillError, InduceError, did_you_mean
from induce.terms.arithmetic import arithmetic
from induce.terms.op import APPLY, VARIABLE
from induce.terms.sort import REAL, arrow
from induce.terms.term import Term, variable

__all__ = ["Skeleton"]

_CALL = re.compile(r"([A-Za-z_]\w*)\s*\(")
_EXAMPLE = "For example 'x1*f(x2, x3) + g(x4)'."


@dataclass(frozen=True)
class Skeleton:
    """A formula with unknown functions of named columns.

    Parameters
    ----------
    text : str
        As the user wrote it.
    term : Term
        The formula, a variable called ``f()`` in the place of each unknown function ``f(...)``.
    functions : tuple of (name, columns)
        The unknown functions and what each may depend on.

    >>> Skeleton.read("x1*f(x2, x3) + g(x4)").functions
    (('f', ('x2', 'x3')), ('g', ('x4',)))
    """

    text: str
    term: Term
    functions: tuple[tuple[str, tuple[str, ...]], ...]

    @staticmethod
    def read(text: str) -> Skeleton:
        """Read a skeleton: every function that is no operator is unknown.

        Raises
        ------
        FillError
            If the text cannot be read, has no unknown function, or has one in two places or of what is no column.
        """
        if not isinstance(text, str):
            raise FillError(f"skeleton must be a text, but got {text!r}. {_EXAMPLE}")
        sorts: dict[str, Any] = {}
        for found in _CALL.finditer(text):
            if found[1] not in arithmetic:
                near = did_you_mean(found[1], list(arithmetic.ops)) if len(found[1]) > 2 else ""
                if near:
                    raise FillError(
                        f"'{found[1]}' in the skeleton '{text}' is no operator.{near} "
                        "An unknown function needs a name that is not nearly that of an operator, such as f."
                    )
                sorts[found[1]] = arrow(*[REAL] * (_arguments(text, found.end()) + 1))
        if not sorts:
            raise FillError(f"the skeleton '{text}' has no unknown function. {_EXAMPLE}")
        try:
            term = arithmetic.parse(text, **sorts)
        except InduceError as error:
            raise FillError(f"cannot read the skeleton '{text}': {error} {_EXAMPLE}") from None
        functions: dict[str, tuple[str, ...]] = {}
        places: dict[Term, Term] = {}
        for node in _calls(term):
            name, columns = _function(text, node)
            if name in functions:
                raise FillError(
                    f"the unknown function '{name}' stands in two places of the skeleton '{text}', but each is searched on "
                    "what the rest leaves for it. Use another name in one of the places."
                )
            functions[name] = columns
            places[node] = variable(f"{name}()")
        return Skeleton(text, term.replace(dict(places.items())), tuple(functions.items()))

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that it names."""
        unknown = {f"{name}()" for name, _ in self.functions}
        fixed = [v.name for v in self.term.variables if v.name not in unknown]
        return tuple(dict.fromkeys([*fixed, *(c for _, columns in self.functions for c in columns)]))

    def above(self, name: str) -> frozenset[str]:
        """Operators that an unknown function stands below."""
        found: dict[Term, frozenset[str] | None] = {}
        aim = variable(f"{name}()")
        for node in self.term.postorder():
            inside = [found[arg] for arg in node.args if found[arg] is not None]
            found[node] = (
                frozenset() if node is aim else (inside[0] or frozenset()) | {node.op.name} if inside else None
            )
        return found[self.term] or frozenset()

    def sketch(self, part: Callable[[str, tuple[str, ...]], Term]) -> Term:
        """The formula with ``part(name, columns)``, such as a hole, in the place of each unknown function."""
        return self.term.replace({variable(f"{name}()"): part(name, columns) for name, columns in self.functions})


def _arguments(text: str, start: int) -> int:
    """Arguments of the call whose parenthesis opens just before ``start``."""
    depth, commas = 1, 0
    for place in range(start, len(text)):
        depth += (text[place] == "(") - (text[place] == ")")
        if depth == 0:
            return commas + 1 if text[start:place].strip() else 0
        commas += depth == 1 and text[place] == ","
    return commas + 1


def _calls(term: Term) -> list[Term]:
    """Every occurrence of an application of an unknown function, from left to right."""
    found, stack = [], [term]
    while stack:
        node = stack.pop()
        if node.op is APPLY:
            found.append(node)
        else:
            stack.extend(reversed(node.args))
    return found


def _function(text: str, node: Term) -> tuple[str, tuple[str, ...]]:
    arguments: list[Term] = []
    while node.op is APPLY:
        arguments.append(node.args[1])
        node = node.args[0]
    arguments.reverse()
    name = node.name
    for argument in arguments:
        if argument.op is not VARIABLE:
            raise FillError(
                f"the argument '{argument}' of '{name}' in the skeleton '{text}' is not a column. "
                f"Name the columns that '{name}' may depend on, or add '{argument}' to the table as a column."
            )
    columns = tuple(a.name for a in arguments)
    if not columns or len(set(columns)) < len(columns):
        raise FillError(
            f"'{name}' in the skeleton '{text}' needs different columns, but got {list(columns)}. {_EXAMPLE}"
        )
    return name, columns
