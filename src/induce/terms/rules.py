"""Rewrite rules as data: the tables that ``normal_form`` carries out, and how a rule is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from induce.errors import TermError
from induce.terms.arithmetic import arithmetic
from induce.terms.boolean import boolean
from induce.terms.facts import Facts
from induce.terms.term import Term

__all__ = ["ARITHMETIC_RULES", "BOOLEAN_RULES", "CONDITIONS", "Rule", "rule"]

CONDITIONS: dict[str, Callable[[Facts], bool]] = {
    "nonzero": lambda f: f.nonzero,
    "nonnegative": lambda f: f.nonnegative,
    "positive": lambda f: f.positive,
    "total": lambda f: f.total,
}
"""What a rule may ask of a variable."""


@dataclass(frozen=True)
class Rule:
    """Replace what matches ``left`` by ``right``.

    Parameters
    ----------
    left, right : Term
        Their variables stand for any term.
    conditions : tuple of (str, str)
        (variable, what must be known of it): ``nonzero``, ``nonnegative``, ``positive``, ``total`` (defined everywhere).
    collected : bool
        Carried out by collecting sums, products and chains rather than by matching.
    """

    left: Term
    right: Term
    conditions: tuple[tuple[str, str], ...] = ()
    collected: bool = False

    def __str__(self) -> str:
        where = ", ".join(f"{name} {what}" for name, what in self.conditions)
        return f"{self.left} -> {self.right}" + (f" if {where}" if where else "")


def rule(text: str, language: Any = arithmetic, *, collected: bool = False) -> Rule:
    """Read a rule: ``"exp(log(x)) -> x if x positive"``.

    Raises
    ------
    TermError
        If there is no ``->``, a condition is unknown, or the right side has a variable that the left has not.

    >>> print(rule("x / x -> 1 if x nonzero"))
    x / x -> 1 if x nonzero
    """
    sides, _, where = text.partition(" if ")
    left_text, arrow, right_text = sides.partition(" -> ")
    if not arrow:
        raise TermError(f"a rule is written 'left -> right if x nonzero', but got '{text}'.")
    left, right = language.parse(left_text), language.parse(right_text)
    known = {v.payload for v in left.variables}
    conditions: list[tuple[str, str]] = []
    for part in filter(None, (p.strip() for p in where.split(","))):
        name, _, what = part.partition(" ")
        if what not in CONDITIONS or name not in known:
            raise TermError(f"the condition '{part}' of rule '{text}' is not '<variable> <{' | '.join(CONDITIONS)}>'.")
        conditions.append((name, what))
    loose = [v.payload for v in right.variables if v.payload not in known]
    if loose:
        raise TermError(f"variable '{loose[0]}' of rule '{text}' is on the right side only.")
    return Rule(left, right, tuple(conditions), collected)


_COLLECTED = """
x + 0 -> x
x - 0 -> x
0 - x -> -x
x + y -> y + x
(x + y) + z -> x + (y + z)
x - y -> x + -y
x + x -> 2*x
x - x -> 0 if x total
--x -> x
x*1 -> x
x*0 -> 0 if x total
x*y -> y*x
(x*y)*z -> x*(y*z)
-x*y -> -(x*y)
-1*x -> -x
x*x -> x^2
x^2*x -> x^3
x/1 -> x
x/y/z -> x/(y*z)
x/(y/z) -> x*z/y if z nonzero
x/x -> 1 if x nonzero
x^2/x -> x if x nonzero
1/(1/x) -> x if x nonzero
x/2 + x/2 -> x
2*x + 3*x -> 5*x
(x*y)^2 -> x^2*y^2
(x/y)^2 -> x^2/y^2
(x^2)^3 -> x^6
(-x)^2 -> x^2
(-x)^3 -> -(x^3)
x^1 -> x
x^0 -> 1 if x total
x^-1 -> 1/x
square(x) -> x^2
cube(x) -> x^3
inverse(x) -> 1/x
abs(x)^2 -> x^2
cbrt(x)^3 -> x
sqrt(x)^2 -> x if x nonnegative
abs(x) -> x if x nonnegative
abs(-x) -> abs(x)
sin(-x) -> -sin(x)
cos(-x) -> cos(x)
tan(-x) -> -tan(x)
asin(-x) -> -asin(x)
atan(-x) -> -atan(x)
sinh(-x) -> -sinh(x)
cosh(-x) -> cosh(x)
tanh(-x) -> -tanh(x)
cbrt(-x) -> -cbrt(x)
sign(-x) -> -sign(x)
sign(x) -> 1 if x positive, x total
min(x, x) -> x
max(x, x) -> x
min(x, y) -> min(y, x)
max(max(x, y), z) -> max(x, max(y, z))
x^0.5 -> sqrt(x)
"""
_MATCHED = """
sqrt(x^2) -> abs(x)
sqrt(x^4) -> x^2
abs(abs(x)) -> abs(x)
abs(x^2) -> x^2
log(exp(x)) -> x
exp(log(x)) -> x if x positive
cbrt(x^3) -> x
tan(atan(x)) -> x
sign(sign(x)) -> sign(x)
"""
_PROPOSITIONAL = """
not not a -> a
a and a -> a
a or a -> a
a and true -> a
a and false -> false
a or true -> true
a or false -> a
a and not a -> false
a or not a -> true
a and b -> b and a
(a or b) or c -> a or (b or c)
a and (a or b) -> a
a or (a and b) -> a
a xor a -> false
a xor false -> a
a xor true -> not a
not a xor b -> not (a xor b)
a iff b -> not (a xor b)
a iff true -> a
a implies b -> not a or b
a implies a -> true
if(true, a, b) -> a
if(a, b, b) -> b
if(not a, b, c) -> if(a, c, b)
if(a, true, b) -> a or b
if(a, b, false) -> a and b
"""


def _table(text: str, language: Any, collected: bool) -> tuple[Rule, ...]:
    return tuple(rule(line, language, collected=collected) for line in text.strip().splitlines())


ARITHMETIC_RULES = (*_table(_COLLECTED, arithmetic, True), *_table(_MATCHED, arithmetic, False))
"""What ``normal_form`` does to real terms."""
BOOLEAN_RULES = _table(_PROPOSITIONAL, boolean, True)
"""What ``normal_form`` does to propositional terms."""
