"""What a term has against it: hypotheses that it breaks, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from induce.algebras.evaluate import evaluate
from induce.table import Table
from induce.terms.arithmetic import arithmetic
from induce.terms.match import match
from induce.terms.op import LITERAL
from induce.terms.rewrite import normal_form
from induce.terms.term import Term, variable

if TYPE_CHECKING:
    from induce.hypotheses import Hypotheses

__all__ = ["Checker", "occurs", "uses", "with_minus"]

Array = NDArray[np.float64]
SAMPLES = 256
"""Points on which symmetry, parity and monotonicity are checked, beside the rows of the data."""
CLOSE = 1e-6
"""Largest difference that counts as equal there, as a share of the formula's spread."""


class Checker:
    """Says of a term whether it meets hypotheses; a callable for ``subject_to``."""

    def __init__(self, hypotheses: Hypotheses, table: Table) -> None:
        self.hypotheses = hypotheses
        self.refused: Counter[str] = Counter()
        rng = np.random.default_rng(29)
        values = table.values
        low, high = values.min(axis=1), values.max(axis=1)
        rows = values[:, np.unique(np.linspace(0, table.rows - 1, min(table.rows, SAMPLES)).astype(int))]
        inside = rng.uniform(low[:, None], high[:, None], (len(low), SAMPLES))
        self.points = dict(zip(table.names, np.hstack([rows, inside]), strict=True))
        self.box = {n: (float(a), float(b)) for n, a, b in zip(table.names, low, high, strict=True)}

    def __call__(self, term: Term) -> bool:
        """Whether the term meets every hypothesis; ``refused`` counts what stood against those that do not."""
        against = self.objection(term)
        if against:
            # sizes and numbers differ from term to term, and what they break does not
            against = "its size is not allowed" if against.startswith("it has ") else against
            self.refused["a constant is not allowed" if against.startswith("the constant ") else against] += 1
        return not against

    def objection(self, term: Term) -> str:
        """An empty text, or the first hypothesis that the term breaks, in words."""
        h = self.hypotheses
        forms: tuple[Term, ...] = (term,)
        if h.contains or h.excludes:
            forms = (term, normal_form(term, ranges=self.box))
            forms = (*forms, *(with_minus(form) for form in forms))
        for text, pattern in h.patterns:
            if not any(occurs(pattern, form) or occurs(normal_form(pattern), form) for form in forms):
                return f"'{text}' does not occur"
        for text, banned in h.banned:
            if any(uses(form, banned) for form in forms[:1]) or any(uses(form, banned) for form in forms[1:]):
                return f"'{text}' occurs"
        if h.complexity is not None and not h.complexity[0] <= term.size <= h.complexity[1]:
            return f"it has {term.size} nodes"
        if h.numbers is not None:
            for node in term.postorder():
                if node.op is LITERAL and not any(abs(float(node.payload) - n) <= 1e-12 * abs(n) for n in h.numbers):
                    return f"the constant {node.payload} is not allowed"
        return self._shape(term)

    def _shape(self, term: Term) -> str:
        """Symmetry, parity and monotonicity on sampled points."""
        h = self.hypotheses
        if not (h.symmetric or h.even_in or h.odd_in or h.monotone):
            return ""
        value = self._value(term, self.points)
        spread = float(np.nanstd(value)) + CLOSE * float(np.nanmean(np.abs(value))) + 1e-300
        for a, b in h.symmetric:
            other = self._value(term, {**self.points, a: self.points[b], b: self.points[a]})
            if not _same(value, other, spread):
                return f"exchanging '{a}' and '{b}' changes it"
        for group, sign, word in ((h.even_in, 1.0, "even"), (h.odd_in, -1.0, "odd")):
            for name in group:
                other = self._value(term, {**self.points, name: -self.points[name]})
                if not _same(value, sign * other, spread):
                    return f"it is not {word} in '{name}'"
        for name, direction in h.monotone.items():
            low, high = self.box[name]
            moved = np.clip(self.points[name] + 1e-3 * (high - low), low, high)
            further = self.points[name] + (high - self.points[name]) * np.linspace(0.05, 1.0, len(moved))
            sign = 1.0 if direction == "+" else -1.0
            for there in (moved, further):
                rise = sign * (self._value(term, {**self.points, name: there}) - value)
                if np.any(rise < -1e-9 * spread) or not np.all(np.isfinite(rise)):
                    return f"it is not monotone in '{name}'"
        return ""

    @staticmethod
    def _value(term: Term, data: Mapping[str, Array]) -> Array:
        with np.errstate(all="ignore"):
            length = len(next(iter(data.values())))
            return np.broadcast_to(np.asarray(evaluate(term, data), float), (length,))


def _same(a: Array, b: Array, spread: float) -> bool:
    both = np.isfinite(a) & np.isfinite(b)
    return bool(both.sum() >= 8 and np.all(np.abs(a[both] - b[both]) <= CLOSE * (spread + np.abs(a[both]))))


def with_minus(term: Term) -> Term:
    """The term with its minus signs in front: ``-2 * x`` as ``-(2 * x)``, and ``a / exp(u)`` as ``a * exp(-u)``."""
    minus, times = arithmetic["neg"], arithmetic["*"]

    def step(node: Term, args: tuple[Term, ...]) -> Term:
        if node.op.name == "*" and args[0].op is minus:
            return minus(times(args[0].args[0], args[1]))
        if node.op.name == "*" and args[1].op is minus:
            return minus(times(args[0], args[1].args[0]))
        if node.op.name == "/" and args[0].op is minus:
            return minus(node.op(args[0].args[0], args[1]))
        if node.op.name == "/" and args[1].op.name == "exp":
            (power,) = args[1].args
            return times(args[0], args[1].op(power.args[0] if power.op is minus else minus(power)))
        if node.op is LITERAL and isinstance(node.payload, int | float) and node.payload < 0:
            return minus(arithmetic.literal(-node.payload))
        return node.rebuild(args) if args else node

    return term.fold(step)


def occurs(pattern: Term, term: Term) -> bool:
    """Whether the pattern, its holes being anything, is the term or one of its parts."""
    if not pattern.holes:
        if any(node is pattern for node in term.postorder()):
            return True
        # a product may hold the pattern's factors among others, a sum its terms
        for name in ("*", "+"):
            if pattern.op is arithmetic[name]:
                wanted = Counter(_flat(pattern, name))
                return any(
                    not wanted - Counter(_flat(node, name)) for node in term.postorder() if node.op is pattern.op
                )
        return False
    open_pattern = pattern.replace({h: variable(f"?{h.name}", h.sort) for h in pattern.holes})
    fixed = {v.name for v in pattern.variables}
    return any(match(open_pattern, node, fixed=fixed) is not None for node in term.postorder())


def _flat(term: Term, name: str) -> list[Term]:
    """The factors of a product or the terms of a sum."""
    if term.op is not arithmetic[name]:
        return [term]
    return [part for arg in term.args for part in _flat(arg, name)]


def uses(term: Term, banned: str | Term) -> bool:
    """Whether an operator or a pattern occurs in a term."""
    if isinstance(banned, str):
        return any(node.op.name == banned for node in term.postorder())
    return occurs(banned, term) or occurs(normal_form(banned), term)
