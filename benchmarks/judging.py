"""When a peer's formula counts as the true one: judged more leniently than ours, so that no peer loses by its way of writing.

Without noise, SymPy first merges constants (as written, and multiplied out); then they are rounded as ours are, or to three
decimals, so that an offset of 1e-7 is none. Agreement of values to seven digits, also on ranges 1.5 times as wide, counts
without a proof: some peers compute in single precision. Under noise the constants are refitted and given standard errors by
this package, with and without the offset that a peer always adds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from induce.formulas.families import Problem
from induce.formulas.recovery import recovered, recovered_with_noise
from induce.terms.symbolic import from_sympy
from induce.terms.term import Term

WIDER = 1.5
POINTS = 400
NEAR = 1e-3
"""A formula whose values are not even this close is not looked at further."""
SINGLE = 1e-7


def text_is_true(text: str, local: Mapping[str, Any], truth: Problem, data: tuple[Any, Any] | None = None) -> bool:
    """Whether a formula in SymPy's language is the true one; ``data`` is given when it was found in noise."""
    import sympy

    try:
        found = sympy.sympify(text, locals=dict(local))
        if data is None:
            return _exact(found, truth)
        return any(_within_noise(form, truth, data) for form in (found, found - found.as_coeff_Add()[0]))
    except Exception:  # a peer's formula that our language cannot hold is not the true one
        return False


def _exact(found: Any, truth: Problem) -> bool:
    import sympy

    term = from_sympy(found)
    if not {leaf.name for leaf in term.variables} <= set(truth.ranges):
        return False
    distance = _distance(term, truth)
    if distance <= SINGLE:
        return True
    if distance > NEAR:
        return False
    forms = dict.fromkeys(shape for form in (found, sympy.expand(found)) for shape in _rounded(form))
    return any(recovered(from_sympy(form), truth.term, truth.ranges) for form in forms)


def _rounded(form: Any) -> Iterator[Any]:
    import sympy

    yield form
    yield form.xreplace({number: sympy.Float(round(number, 3)) for number in form.atoms(sympy.Float)})


def _distance(term: Term, truth: Problem) -> float:
    """The largest difference, as a share of the truth's spread and value, on the ranges and on wider ones."""
    rng, worst = np.random.default_rng(0), 0.0
    for factor in (1.0, WIDER):
        columns = {}
        for name, (low, high) in truth.ranges.items():
            middle, half = (low + high) / 2, (high - low) / 2 * factor
            columns[name] = rng.uniform(middle - half, middle + half, POINTS)
        with np.errstate(all="ignore"):
            a, b = (np.broadcast_to(np.asarray(t(columns), dtype=float), (POINTS,)) for t in (term, truth.term))
        both = np.isfinite(a) & np.isfinite(b)
        if both.sum() < 20 or (factor == 1.0 and (np.isfinite(b) & ~np.isfinite(a)).any()):
            return np.inf
        spread = float(np.std(b[both])) + 1e-300
        worst = max(worst, float(np.max(np.abs(a - b)[both] / (spread + np.abs(b[both])))))
    return worst


def _within_noise(found: Any, truth: Problem, data: tuple[Any, Any]) -> bool:
    import induce

    term = from_sympy(found)
    sketch = _opened(term)
    if not sketch.holes:
        return recovered(term, truth.term, truth.ranges)
    row = induce.fill(sketch, (data[0].to_dict(), data[1]), within="5s").row
    return recovered_with_noise(row, truth.term, truth.ranges)


def _opened(term: Term) -> Term:
    """The term with a constant to be fitted, started at its value, in place of every float."""
    from induce.terms import hole
    from induce.terms.op import LITERAL

    def step(node: Term, args: tuple[Term, ...]) -> Term:
        if node.op is LITERAL and isinstance(node.payload, float):
            return hole.real(start=node.payload)
        return node.rebuild(args) if args else node

    return term.fold(step)
