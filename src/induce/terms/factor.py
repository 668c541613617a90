"""Constant factors moved out of roots: ``sqrt(39.5 * x)`` reads better as ``6.28 * sqrt(x)``."""

from __future__ import annotations

import math

from induce.terms.arithmetic import arithmetic
from induce.terms.op import LITERAL
from induce.terms.sort import REAL
from induce.terms.term import Term, literal

__all__ = ["outer_factors"]

_TIMES, _OVER, _SQRT, _CBRT = (arithmetic[name] for name in ("*", "/", "sqrt", "cbrt"))


def outer_factors(term: Term) -> Term:
    """The same function with every positive float factor of a root's argument written before the root.

    Integers stay where they are. The size and the value, up to rounding, do not change.

    >>> outer_factors(arithmetic.parse("sqrt(4.0 * x / y)"))
    2.0 * sqrt(x / y)
    """

    def step(node: Term, args: tuple[Term, ...]) -> Term:
        if node.op not in (_SQRT, _CBRT):
            return node.rebuild(args) if node.args else node
        factor, (found, rest) = 1.0, _split(args[0])
        while found is not None:
            factor *= found
            found, rest = _split(rest)
        if factor == 1.0 or not 0.0 < factor < math.inf:
            return node.rebuild(args)
        root = math.sqrt(factor) if node.op is _SQRT else math.cbrt(factor)
        return Term(_TIMES, (literal(root, REAL), Term(node.op, (rest,))))

    return term.fold(step)


def _split(term: Term) -> tuple[float | None, Term]:
    """A float factor of a product or of a quotient's numerator, and what remains; None where there is none."""
    whole, above = term, list[Term]()
    while term.op in (_TIMES, _OVER):
        left, right = term.args
        for number, rest in ((left, right), (right, left)):
            if term.op is _TIMES and number.op is LITERAL and type(number.payload) is float:
                for parent in reversed(above):
                    rest = Term(parent.op, (rest, parent.args[1]))
                return number.payload, rest
        above.append(term)
        term = left
    return None, whole
