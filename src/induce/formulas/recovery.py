"""When a found formula counts as the true one: the same function by proof, not merely a close one.

Fitted constants are first rounded to the simplest number within three decimals. The rounded formula must then agree with
the truth far outside of rounding error on ranges 1.5 times as wide, and SymPy must reduce the difference to zero, in a
process of its own that is ended when its time is up.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from induce.algebras.evaluate import evaluate
from induce.errors import InduceError
from induce.terms.arithmetic import arithmetic
from induce.terms.op import LITERAL
from induce.terms.parse import parse_sexpr
from induce.terms.show import to_sexpr
from induce.terms.sort import REAL
from induce.terms.term import Term, literal

__all__ = ["recovered", "rounded"]

POINTS = 400
WIDER = 1.5
AGREEMENT = 1e-8
"""Largest difference that counts as equal, as a share of the truth's spread."""


def rounded(term: Term) -> Term:
    """The term with every float written as the simplest fraction within three decimals (four digits when below 0.1).

    >>> rounded(arithmetic.parse("0.33333334 * x + 1.9999999"))
    1 / 3 * x + 2
    """

    def step(node: Term, args: tuple[Term, ...]) -> Term:
        if node.op is LITERAL and isinstance(node.payload, float) and math.isfinite(node.payload):
            return _simple(node.payload)
        return node.rebuild(args) if args else node

    return term.fold(step)


def _simple(value: float) -> Term:
    reach = 5e-4 if abs(value) >= 0.1 else 5e-4 * abs(value)
    whole = Fraction(round(value))
    found = whole if abs(value - whole) <= reach and (whole or not value) else None
    for denominator in range(2, 13):
        if found is not None:
            break
        near = Fraction(round(value * denominator), denominator)
        found = near if near and abs(value - near) <= reach else None
    if found is None:
        exact = Fraction(value)
        digits = 3 if abs(value) >= 0.1 else 3 - math.floor(math.log10(abs(value))) if value else 3
        found = Fraction(round(exact * 10**digits), 10**digits)
    top = literal(found.numerator, REAL)
    return top if found.denominator == 1 else arithmetic["/"](top, literal(found.denominator, REAL))


def recovered(
    term: Term | str, truth: Term | str, ranges: Mapping[str, tuple[float, float]], *, seconds: float = 10.0
) -> bool:
    """Whether a found formula is the true one.

    Parameters
    ----------
    term, truth : Term or str
        Found and true formula, over the same variables.
    ranges : mapping of variable to (low, high)
        Where the data came from.
    seconds : float
        Wall time for the proof; when it runs out, the formula does not count.

    >>> recovered("0.5000001 * x + 0.5 * x", "x", {"x": (0.0, 1.0)})
    True
    >>> recovered("sin(x)", "x", {"x": (0.0, 0.001)})
    False
    """
    found = rounded(arithmetic.parse(term) if isinstance(term, str) else term)
    true = rounded(arithmetic.parse(truth) if isinstance(truth, str) else truth)
    if found.holes or not {v.name for v in found.variables} <= set(ranges):
        return False
    return _agrees(found, true, ranges) and (found is true or _proved(found, true, ranges, seconds))


def _agrees(found: Term, true: Term, ranges: Mapping[str, tuple[float, float]]) -> bool:
    """Equal where both are defined, on wider ranges, and defined together on the given ones."""
    rng = np.random.default_rng(0)
    for factor in (1.0, WIDER):
        data = {}
        for name, (low, high) in ranges.items():
            middle, half = (low + high) / 2, (high - low) / 2 * factor
            data[name] = rng.uniform(middle - half, middle + half, POINTS)
        a, b = (np.broadcast_to(evaluate(t, data), (POINTS,)) for t in (found, true))
        both = np.isfinite(a) & np.isfinite(b)
        if both.sum() < 20 or (factor == 1.0 and (np.isfinite(b) & ~np.isfinite(a)).any()):
            return False
        spread = float(np.std(b[both])) + 1e-300
        if not (np.abs(a[both] - b[both]) <= AGREEMENT * (spread + np.abs(b[both]))).all():
            return False
    return True


def _proved(found: Term, true: Term, ranges: Mapping[str, tuple[float, float]], seconds: float) -> bool:
    job = {
        "terms": [to_sexpr(found), to_sexpr(true)],
        "nonnegative": [name for name, (low, _) in ranges.items() if low >= 0],
    }
    line = [sys.executable, "-m", "induce.formulas.recovery"]
    try:
        done = subprocess.run(line, input=json.dumps(job), capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0 and done.stdout.strip() == "equal"


def _prove(job: Mapping[str, Any]) -> bool:
    """In the process of its own: whether SymPy reduces the difference to zero."""
    import sympy

    from induce.terms.symbolic import to_sympy

    known = set(job["nonnegative"])
    sides = []
    for text in job["terms"]:
        expression = to_sympy(parse_sexpr(arithmetic, text))
        better = {s: sympy.Symbol(s.name, positive=True) for s in expression.free_symbols if s.name in known}
        sides.append(expression.subs(better))
    return any(form == 0 for form in _forms(sympy, sides[0] - sides[1]))


def _forms(sympy: Any, difference: Any) -> Iterator[Any]:
    """The difference in ever more costly forms; zero in one of them is a proof."""
    yield difference
    yield sympy.expand(difference)
    yield sympy.expand(sympy.expand_trig(difference))
    yield sympy.simplify(difference)
    yield sympy.simplify(sympy.logcombine(sympy.expand_log(difference)))
    yield sympy.simplify(sympy.expand(sympy.expand_trig(difference)))


def main() -> int:
    """Read one pair of terms as JSON from standard input and say whether they are equal."""
    try:
        equal = _prove(json.loads(sys.stdin.read()))
    except (InduceError, RecursionError, ArithmeticError, ValueError, TypeError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write("equal\n" if equal else "not proved\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
