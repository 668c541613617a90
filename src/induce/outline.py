"""Outlines: what of a formula a sketch has written down, and which parts of it were found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from induce.polish import open_constants
from induce.terms.grammar import Grammar
from induce.terms.match import match
from induce.terms.op import LITERAL
from induce.terms.term import Term, variable

__all__ = ["Outline"]


@dataclass(frozen=True)
class Outline:
    """A sketch with formula holes in it, so that simplifying and fitting leave the rest of it alone.

    Parameters
    ----------
    pattern : Term
        The sketch, a variable ``?name`` in the place of every hole.
    guarded : Term
        The same, and a variable in the place of every float.
    numbers : tuple of (variable, literal)
        Those floats.
    columns : tuple of str

    >>> from induce.terms import REAL, Grammar, arithmetic, hole
    >>> f = hole.choice(Grammar(arithmetic, REAL, productions=["+", "?"], variables=["x"]), name="f")
    >>> outline = Outline.of(arithmetic.parse("exp(-2.5*y) + ?f", f=f), ("x", "y"))
    >>> outline.opened(arithmetic.parse("exp(-2.5*y) + (x + 0.3)"))
    (exp(-2.5 * y) + (x + ?c0), {'c0': 0.3})
    """

    pattern: Term
    guarded: Term
    numbers: tuple[tuple[Term, Term], ...]
    columns: tuple[str, ...]

    @staticmethod
    def of(sketch: Term, columns: tuple[str, ...]) -> Outline | None:
        """The outline of a sketch; None for one that is a single hole, or has no formula hole."""
        if sketch.is_hole or not any(isinstance(h.hole.options, Grammar) for h in sketch.holes):
            return None
        pattern = sketch.replace({h: variable(f"?{h.name}", h.sort) for h in sketch.holes})
        floats = [n for n in dict.fromkeys(pattern.postorder()) if n.op is LITERAL and isinstance(n.payload, float)]
        numbers = tuple((variable(f"#{k}", n.sort), n) for k, n in enumerate(floats))
        return Outline(pattern, pattern.replace({n: v for v, n in numbers}), numbers, columns)

    def holds(self, term: Term) -> bool:
        """Whether the term is the sketch with its holes filled, as it is written."""
        return match(self.pattern, term, fixed=self.columns) is not None

    def simplified(self, term: Term, simpler: Callable[[Term], Term]) -> Term:
        """The term with each found part made simpler by itself."""
        parts = match(self.pattern, term, fixed=self.columns)
        if parts is None:
            return term
        return self.pattern.replace({variable(name, part.sort): simpler(part) for name, part in parts.items()})

    def opened(self, term: Term, fixed: frozenset[float] = frozenset()) -> tuple[Term, dict[str, float]]:
        """The term with a hole for every float of its found parts, and their values; ``fixed`` numbers stay."""
        parts = match(self.pattern, term, fixed=self.columns)
        if parts is None:  # a number that turned out to be nothing took a part of the outline with it
            return open_constants(term, fixed | {abs(float(n.payload)) for _, n in self.numbers})
        guarded = self.guarded.replace({variable(name, part.sort): part for name, part in parts.items()})
        sketch, values = open_constants(guarded, fixed)
        return sketch.replace(dict(self.numbers)), values
