"""When a found formula counts as the true one: the same function by proof, not merely a close one.

Fitted constants are first rounded to the simplest number within three decimals, or, when that is not the truth, to a closed
form (a fraction, with pi, a root or an exponential) that they equal to nine digits. The rounded formula must then agree
with the truth up to rounding error on ranges 1.5 times as wide, and SymPy must reduce the difference to zero, in a process
of its own that is ended when its time is up.

A formula found in noisy data is judged in two steps: with its constants fitted to values without noise it must be the true
one in the sense above, and each constant found must lie within three standard errors of the one without noise.
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
from numpy.typing import NDArray

from induce.algebras.evaluate import evaluate, fit_constants, jacobian_many
from induce.errors import InduceError
from induce.fit import Row
from induce.terms import hole as holes
from induce.terms.arithmetic import arithmetic
from induce.terms.codes import Codebook, Programs
from induce.terms.op import LITERAL
from induce.terms.parse import parse_sexpr
from induce.terms.show import to_sexpr
from induce.terms.sort import REAL
from induce.terms.term import Term, literal

__all__ = ["closed", "noise_free", "recovered", "recovered_with_noise", "rounded"]

POINTS = 400
WIDER = 1.5
AGREEMENT = 1e-8
"""Largest difference that counts as equal, as a share of the truth's spread."""
CLOSED = 1e-9
"""Largest relative difference between a constant and its closed form."""
CONTAINED = 1e-6
"""How closely a sketch must follow the truth without noise, as a share of the truth's spread, before a proof is tried."""
VAGUE = 1e8
"""Condition of the scaled Jacobian above which the constants of a sketch cannot be told apart."""


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


def closed(term: Term) -> Term:
    """The term with floats written as ``p/q``, with pi, a square root or an exponential, where nine digits agree.

    Other floats are written as by :func:`rounded`.

    >>> closed(arithmetic.parse("0.07957747154594767 * x + 0.7071067811865476"))
    1 / 4 / pi * x + sqrt(1 / 2)
    """

    def step(node: Term, args: tuple[Term, ...]) -> Term:
        if node.op is LITERAL and isinstance(node.payload, float) and math.isfinite(node.payload):
            form = _closed_form(node.payload)
            return _simple(node.payload) if form is None else form
        return node.rebuild(args) if args else node

    return term.fold(step)


def _closed_form(value: float) -> Term | None:
    """The simplest closed form of a number to nine digits, or None."""
    size = abs(value)
    if not 1e-12 < size < 1e12:
        return None
    found: list[tuple[int, str]] = []
    for power in (0, 1, -1, 2, -2, 3, -3):
        for root in (False, True):
            part = _fraction((size**2 if root else size) / math.pi**power, 2 * CLOSED if root else CLOSED)
            if part is not None and not (root and power in (2, -2)):
                text = f"{part}{'' if not power else '*' if power > 0 else '/'}{'*'.join(['pi'] * abs(power))}"
                text = text if power >= -1 else f"{part}/({'*'.join(['pi'] * -power)})"
                cost = part.numerator * part.denominator * (1 + abs(power)) * (3 if root else 1)
                found.append((cost, f"sqrt({text})" if root else text))
    for half_turns in (1, -1, 2, -2, 3, -3, 4, -4):  # a phase: sine and cosine repeat
        rest = size - half_turns * math.pi / 2
        part = _fraction(rest, CLOSED * size / max(abs(rest), 1e-3), 20)
        if part is not None:
            cost = 5 * abs(part.numerator) * part.denominator * abs(half_turns)
            found.append((cost, f"{part} + ({Fraction(half_turns, 2)})*pi"))
    part = _fraction(math.log(size), CLOSED / max(abs(math.log(size)), 1e-3), 12)
    if part is not None:
        found.append((5 * abs(part.numerator) * part.denominator, f"exp({part})"))
    if found:
        text = min(found)[1]
        return arithmetic.parse(text if value > 0 else f"-({text})")
    return _shifted_form(value)


def _shifted_form(value: float) -> Term | None:
    """A fraction beside a multiple of half pi, as phases are, or the logarithm of a closed form, as added exponents are."""
    for quarter in (1, -1, 2, -2, 3, -3, 4, -4):
        part = _fraction(value - quarter * math.pi / 2, CLOSED * abs(value) / abs(value - quarter * math.pi / 2), 60)
        if part is not None:
            return arithmetic.parse(f"({part}) + ({Fraction(quarter, 2)})*pi")
    if abs(value) > 20:
        return None
    size = math.exp(value)
    for power in (0, 1, -1):
        part = _fraction(size**2 / math.pi**power, 4 * CLOSED * max(abs(value), 0.1), 100)
        if part is not None:
            return arithmetic.parse(f"1/2*log({part}{('', '*pi', '/pi')[power]})")
    return None


def _fraction(value: float, within: float, most: int = 1000) -> Fraction | None:
    """A fraction of small numbers within a relative distance."""
    part = Fraction(value).limit_denominator(most)
    if not part or abs(part.numerator) > 10 * most or abs(float(part) - value) > within * abs(value):
        return None
    return part


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

    >>> recovered("0.5000001 * x + 0.5 * x", "x", {"x": (0.0, 1.0)}, seconds=100)
    True
    >>> recovered("sin(x)", "x", {"x": (0.0, 0.001)})
    False
    """
    given = arithmetic.parse(term) if isinstance(term, str) else term
    true = rounded(arithmetic.parse(truth) if isinstance(truth, str) else truth)
    if given.holes or not {v.name for v in given.variables} <= set(ranges):
        return False
    tried = dict.fromkeys((rounded(given), closed(given)))
    return any(_agrees(f, true, ranges) and (f is true or _proved(f, true, ranges, seconds)) for f in tried)


def recovered_with_noise(
    row: Row, truth: Term | str, ranges: Mapping[str, tuple[float, float]], *, level: float = 3.0, seconds: float = 10.0
) -> bool:
    """Whether a formula found in noisy data is the true one, with constants as close as the noise allows.

    Parameters
    ----------
    row : Row
        A row of a fit: the sketch, its fitted constants and their standard errors. Constants that the fit has rounded are
        part of the sketch and must be right.
    truth : Term or str
        The true formula, over the same variables.
    ranges : mapping of variable to (low, high)
        Where the data came from.
    level : float
        How many standard errors a constant may be away from its value without noise.
    seconds : float
        Wall time for the proof.

    Returns
    -------
    bool
        False also for a sketch whose constants cannot be told apart, or that has a term the truth does without.
    """
    true = arithmetic.parse(truth) if isinstance(truth, str) else truth
    if not {v.name for v in row.sketch.variables} <= set(ranges) or {h.name for h in row.sketch.holes} != set(
        row.values
    ):
        return False
    if not row.values:
        return recovered(row.sketch, true, ranges, seconds=seconds)
    values = noise_free(row.sketch, row.values, true, ranges)
    if values is None:
        return False
    for name, value in values.items():
        error = row.errors.get(name, math.nan)
        if not abs(row.values[name] - value) <= level * error + CLOSED * abs(value):  # an error of NaN is not close
            return False
    filled = row.sketch.replace({h: literal(values[h.name], REAL) for h in row.sketch.holes if h.name in values})
    return recovered(filled, true, ranges, seconds=seconds)


def noise_free(
    sketch: Term, starts: Mapping[str, float], truth: Term, ranges: Mapping[str, tuple[float, float]]
) -> dict[str, float] | None:
    """The constants with which a sketch is the truth, found from nearby starts by fitting values without noise.

    None if it does not become the truth, if its constants cannot be told apart, or if one of them must be zero (a term that
    the truth does without).
    """
    data = _draw(ranges, 1.0)
    target = np.broadcast_to(np.asarray(evaluate(truth, data), dtype=float), (POINTS,))
    started = sketch.replace({h: holes.real(h.name, start=float(starts[h.name])) for h in sketch.holes})
    programs = Codebook(arithmetic, list(ranges)).encode([started])
    table = np.stack([data[name] for name in ranges])
    defined = np.isfinite(target) & np.isfinite(jacobian_many(programs, table)[0][0])
    if defined.sum() < 20:
        return None
    table, target = table[:, defined], target[defined]
    fitted, _ = fit_constants(programs, table, target, iterations=200)
    fitted, slopes, misfit = _newton(fitted, table, target)
    spread = float(np.std(target)) + 1e-300
    if not np.all(np.abs(misfit) <= CONTAINED * (spread + np.abs(target))):
        return None
    lengths = np.linalg.norm(slopes, axis=1)
    found = fitted.values[fitted.free]
    if not np.all(lengths > 0) or np.linalg.cond(slopes / lengths[:, None]) > VAGUE:
        return None
    if np.any(np.abs(found) * lengths <= CONTAINED * spread * math.sqrt(len(target))):
        return None
    names = [node.name for node in sketch.walk_postfix() if node.is_hole]
    return dict(zip(names, map(float, found), strict=True))


def _newton(
    programs: Programs, table: NDArray[np.float64], target: NDArray[np.float64]
) -> tuple[Programs, NDArray[np.float64], NDArray[np.float64]]:
    """A few undamped steps, kept while they help: the programs, the derivatives by their constants, the misfit."""
    values, slopes = jacobian_many(programs, table)
    misfit = values[0] - target
    for _ in range(6):
        step = np.linalg.lstsq(slopes[programs.free].T, -misfit, rcond=None)[0]
        moved = programs.values.copy()
        moved[programs.free] += step
        there = programs.with_values(moved)
        values, further = jacobian_many(there, table)
        if not np.sum((values[0] - target) ** 2) < np.sum(misfit**2):
            break
        programs, slopes, misfit = there, further, values[0] - target
    return programs, slopes[programs.free], misfit


def _draw(ranges: Mapping[str, tuple[float, float]], factor: float) -> dict[str, NDArray[np.float64]]:
    rng = np.random.default_rng(0)
    drawn = {}
    for name, (low, high) in ranges.items():
        middle, half = (low + high) / 2, (high - low) / 2 * factor
        drawn[name] = rng.uniform(middle - half, middle + half, POINTS)
    return drawn


def _agrees(found: Term, true: Term, ranges: Mapping[str, tuple[float, float]]) -> bool:
    """Equal where both are defined, on wider ranges, and defined together on the given ones."""
    for factor in (1.0, WIDER):
        data = _draw(ranges, factor)
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
    if any(form == 0 for form in _forms(sympy, sides[0] - sides[1])):
        return True
    # sides whose values agree at hundreds of points have one sign there: equal squares are then as good
    return bool(sympy.simplify(sympy.expand(sides[0] ** 2) - sympy.expand(sides[1] ** 2)) == 0)


def _forms(sympy: Any, difference: Any) -> Iterator[Any]:
    """The difference in ever more costly forms; zero in one of them is a proof."""
    yield difference
    yield sympy.expand(difference)
    yield sympy.expand(sympy.expand_trig(difference))
    yield sympy.cancel(sympy.together(difference)) if difference.is_rational_function() else difference
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
