"""The ``hypotheses`` suite: what a known part of the formula saves, that a false one is never ignored, that conditions hold.

Units and other conditions are checked on whole fronts, by code that shares nothing with the search.
Every fit has one setting: the operators of the problem sets, the default search, and a limit of CPU seconds. Exactness is
judged as in the ``formulas`` suite.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks import problems
from benchmarks.runner import Run, row
from induce.budget import Budget
from induce.errors import FillError
from induce.fit import Fit
from induce.formulas import FormulaRegressor, Hypotheses
from induce.formulas.families import Problem
from induce.formulas.recovery import recovered
from induce.polish import open_constants
from induce.terms import Term, arithmetic, literal
from induce.terms.op import LITERAL
from induce.terms.unit import Unit
from induce.warm import warm_kernels

PARTS = {
    "Jin-6": "sin((x1 - 1) * (x2 - 1))",
    "Vladislavleva-1": "exp(-(x1 - 1)^2)",
    "I.50.26": "cos(omega * t)",
    "I.29.16": "cos(theta1 - theta2)",
}
"""Problems that take long, each with a part of its formula."""

FALSE = (
    ("Jin-6", "exp(x1 * x2)"),
    ("Vladislavleva-1", "sin(x1 + x2)"),
    ("I.50.26", "log(alpha + omega)"),
    ("Nguyen-5", "exp(cos(x1))"),
    ("I.29.16", "tan(theta1)"),
)
"""Parts that the formula does not have; the last needs an operator that is not allowed."""

WITH_UNITS = (
    "I.12.11", "I.16.6", "I.8.14", "I.13.12", "II.11.3", "II.35.18", "III.4.32", "I.24.6", "I.34.14", "II.6.15a", "I.44.4",
    "I.18.14",
)  # fmt: skip
"""Feynman equations whose columns have units."""


FITTED_UNITS = ("I.16.6", "I.12.11", "I.24.6", "I.8.14")
"""Those of them whose constants may carry units in a row of its own."""

CONDITIONS: tuple[tuple[str, Any], ...] = (
    ("Nguyen-5", ("sin(cos)", "sin(sin)", "exp(sin)")),
    ("Jin-6", Hypotheses(symmetric=("x1", "x2"))),
    ("Nguyen-7", Hypotheses(monotone={"x1": "+"})),
    ("Jin-4", Hypotheses(monotone={"x1": "+"})),
    ("Nguyen-10", Hypotheses(constants=(1, 2, "1/2"))),
)
"""Conditions that the formula meets and that many an approximation of it would not."""


def timed(asked: Problem, known: Any, seconds: float, units: Mapping[str, str] | None = None) -> tuple[Fit, float]:
    """A fit to a problem's 200 noise-free rows, and its CPU seconds."""
    import pandas as pd

    warm_kernels(True)
    X, y = problems.problem_set("daily").sample(asked)
    operators = problems.FEYNMAN if units else problems.OPERATORS
    model = FormulaRegressor(
        operators,
        units=units,
        subject_to=known,
        within=Budget(cpu=seconds),
        random_state=problems.SEED,
    )
    target = pd.Series(y, name="target")
    began = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(X.to_dict(), target)
    return model.fit_, time.process_time() - began


def _is_true(fit: Fit, asked: Problem) -> bool:
    return recovered(fit.best, asked.term, asked.ranges)


@row(
    "4 hard problems (quick: 3), 200 noise-free rows: CPU seconds to the exact formula without a hypothesis (at most 20; quick: "
    "6) over those with a true part given by contains=: on how many problems the ratio is at least 3",
    goal=">= 3 problems, exact on all with the part",
)
def true_parts(run: Run) -> tuple[float, bool, str]:
    limit = 6.0 if run.quick else 20.0
    names = tuple(PARTS)[:3] if run.quick else tuple(PARTS)
    ratios, notes, exact = [], [], True
    for asked in problems.named(names):
        helped, with_part = timed(asked, Hypotheses(contains=PARTS[asked.name]), limit)
        alone, without = timed(asked, Hypotheses(), limit)
        exact = exact and _is_true(helped, asked)
        solved = _is_true(alone, asked)
        ratios.append(without / with_part)
        notes.append(
            f"{asked.name}: {with_part:.2f} s with, {without:.1f} s without{'' if solved else ' and not exact'}: "
            f"{'' if solved else 'at least '}{without / with_part:.1f} x"
        )
    reached = sum(ratio >= 3.0 for ratio in ratios)
    return float(reached), exact and reached >= 3, "; ".join(notes)


@row(
    "5 false parts (quick: 3) given by contains=, 3 CPU s each: rows of the fronts that lack the part, where the hypothesis "
    "was not refused",
    goal="0, every part obeyed or refused",
)
def false_parts(run: Run) -> tuple[float, bool, str]:
    ignored, notes = 0, []
    for name, part in (*FALSE[:2], FALSE[-1]) if run.quick else FALSE:
        (asked,) = problems.named((name,))
        try:
            fit, _ = timed(asked, Hypotheses(contains=part), 3.0)
        except FillError as refused:
            notes.append(f"{part}: refused ({str(refused).split(':')[0]})")
            continue
        lacking = sum(not holds_part(found.term, arithmetic.parse(part)) for found in fit.rows)
        ignored += lacking
        notes.append(f"{part}: in {len(fit.rows) - lacking} of {len(fit.rows)} rows")
    return float(ignored), not ignored, "; ".join(notes)


def holds_part(term: Term, part: Term) -> bool:
    """Whether a part stands in a term as written, or in what SymPy makes of it; not by the search's own check."""
    from induce.terms.symbolic import to_sympy

    return part in set(term.postorder()) or bool(to_sympy(term).has(to_sympy(part)))


@row(
    "12 Feynman equations (quick: 3) with units, 4 CPU s each (quick: 2), constants without units: rows of the fronts that "
    "do not scale as the target's unit does when the base units are changed",
    goal="== 0",
)
def units_hold(run: Run) -> tuple[float, bool, str]:
    names = WITH_UNITS[:3] if run.quick else WITH_UNITS
    return units_of_fronts(run, names, Hypotheses(pure_constants=True), scales)


def units_of_fronts(
    run: Run, names: Sequence[str], known: Hypotheses, agrees: Callable[[Term, Problem], bool]
) -> tuple[float, bool, str]:
    """How many rows of the fronts of some problems disagree in units."""
    checked, wrong = 0, []
    for asked in problems.named(names):
        units = {**asked.units, "target": str(asked.target_unit)}
        fit, _ = timed(asked, known, 2.0 if run.quick else 4.0, units)
        checked += len(fit.rows)
        wrong += [f"{asked.name}: {found.text()}" for found in fit.rows if not agrees(found.term, asked)]
    note = f"{checked} rows of {len(names)} fronts checked; {'; '.join(wrong) or 'all agree'}"
    return float(len(wrong)), not wrong, note


def scales(term: Term, asked: Problem) -> bool:
    """Whether a formula's value changes by the factor of the target's unit when metre, second, ... are other ones."""
    X, _ = problems.problem_set("daily").sample(asked)
    moved, factor = _moved(X.to_dict(), asked)
    before, after = _value(term, X.to_dict()), _value(term, moved)
    both = np.isfinite(before) & np.isfinite(after)
    size = np.abs(before[both]) * factor
    close = np.abs(after[both] - before[both] * factor) <= 1e-6 * (size + np.median(size))
    return bool(both.any() and close.all())


def _moved(columns: Mapping[str, Any], asked: Problem, share: float = 1.0) -> tuple[dict[str, Any], float]:
    """The columns in other base units, and the factor by which the target changes; ``share`` of the change in logarithms."""
    rng = np.random.default_rng(0)
    units = {name: Unit.parse(asked.units.get(name, "1")) for name in columns}
    target = Unit.parse(str(asked.target_unit))
    bases = sorted({base for unit in (*units.values(), target) for base, _ in unit.powers})
    factors = dict(zip(bases, np.exp(share * rng.uniform(0.1, 0.6, len(bases))), strict=True))

    def factor(unit: Unit) -> float:
        return float(np.prod([factors[base] ** float(power) for base, power in unit.powers]))

    return {name: column * factor(units[name]) for name, column in columns.items()}, factor(target)


@row(
    "4 Feynman equations (quick: 2) with units, 4 CPU s each (quick: 2), fitted constants of any unit: rows of the fronts that "
    "scale as the target's unit does for no units of their constants (whole numbers have none)",
    goal="== 0",
)
def fitted_units_hold(run: Run) -> tuple[float, bool, str]:
    names = FITTED_UNITS[:2] if run.quick else FITTED_UNITS
    return units_of_fronts(run, names, Hypotheses(), lambda term, asked: scales_with(*open_constants(term), asked))


def scales_with(sketch: Term, values: Mapping[str, float], asked: Problem) -> bool:
    """Whether a formula scales as in :func:`scales` once its constants are changed too, each by a factor of its own.

    The factors are powers of those of the base units, so their logarithms grow in proportion to theirs: they are followed from
    a small change of units, where they are nearly zero, to the whole.
    """
    from scipy.optimize import least_squares

    columns = {name: column[:60] for name, column in problems.problem_set("daily").sample(asked)[0].to_dict().items()}
    names = sorted(values)
    before = _value(_with(sketch, values), columns)

    def missed(logs: Any, share: float) -> Any:
        moved, factor = _moved(columns, asked, share)
        changed = {name: values[name] * float(np.exp(log)) for name, log in zip(names, logs, strict=True)}
        wanted = before * factor
        with np.errstate(all="ignore"):
            error = (_value(_with(sketch, changed), moved) - wanted) / (np.abs(wanted) + np.median(np.abs(wanted)))
        return np.nan_to_num(error, nan=1e3, posinf=1e3, neginf=-1e3)

    logs = np.zeros(len(names))
    for share in (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0):
        if names:
            logs = least_squares(missed, 2.0 * logs, args=(share,), xtol=1e-15, ftol=1e-15, gtol=1e-15).x
    return bool(np.all(np.abs(missed(logs, 1.0)) <= 1e-6))


def _with(sketch: Term, values: Mapping[str, float]) -> Term:
    return sketch.replace({name: literal(float(value)) for name, value in values.items()}) if values else sketch


def _value(term: Term, columns: Mapping[str, Any]) -> Any:
    rows = len(next(iter(columns.values())))
    return np.broadcast_to(np.asarray(term(columns), dtype=float), (rows,))


@row(
    "5 problems (quick: 3) with forbidden nestings, a symmetry, a monotone column or given constants, 3 CPU s each: rows of the "
    "fronts that break the condition",
    goal="== 0",
)
def conditions_hold(run: Run) -> tuple[float, bool, str]:
    checked, wrong = 0, []
    chosen = CONDITIONS[:3] if run.quick else CONDITIONS
    for name, known in chosen:
        (asked,) = problems.named((name,))
        fit, _ = timed(asked, known, 3.0)
        checked += len(fit.rows)
        wrong += [f"{name}: {found.text()}" for found in fit.rows if breaks(found.term, asked, known)]
    return (
        float(len(wrong)),
        not wrong,
        f"{checked} rows of {len(chosen)} fronts checked; {'; '.join(wrong) or 'all obey'}",
    )


def breaks(term: Term, asked: Problem, known: Any) -> bool:
    """Whether a formula breaks a condition, by points and by nodes of this function's own."""
    if not isinstance(known, Hypotheses):
        return any(nests(term, *nesting.rstrip(")").split("(")) for nesting in known)
    if known.numbers is not None:
        numbers = [float(node.payload) for node in term.postorder() if node.op is LITERAL]
        return not all(np.isclose(number, known.numbers, rtol=1e-12, atol=0.0).any() for number in numbers)
    rng = np.random.default_rng(7)
    points = {name: rng.uniform(*bounds, 500) for name, bounds in asked.ranges.items()}
    value = _value(term, points)
    spread = float(np.std(value)) + 1e-9 * float(np.abs(value).max())
    for a, b in known.symmetric:
        if not np.allclose(_value(term, {**points, a: points[b], b: points[a]}), value, rtol=1e-5, atol=1e-5 * spread):
            return True
    for name, direction in known.monotone.items():
        low, high = asked.ranges[name]
        for k in range(40):
            line = {other: np.full(500, column[k]) for other, column in points.items()}
            line[name] = np.linspace(low, high, 500)
            steps = np.diff(_value(term, line)) * (1.0 if direction == "+" else -1.0)
            if not np.all(steps >= -1e-9 * (spread + 1.0)):
                return True
    return False


def nests(term: Term, outer: str, inner: str) -> bool:
    """Whether an operator stands anywhere below another one."""
    if term.op.name == outer and any(node.op.name == inner for arg in term.args for node in arg.postorder()):
        return True
    return any(nests(arg, outer, inner) for arg in term.args)
