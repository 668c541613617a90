"""The ``hypotheses`` suite: what a known part of the formula saves, that a false one is never ignored, and that units hold.

Every fit has one setting: the operators of the problem sets, the default search, and a limit of CPU seconds. Exactness is
judged as in the ``formulas`` suite.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping
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
from induce.terms import Term, arithmetic
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


def timed(
    asked: Problem, known: Hypotheses, seconds: float, units: Mapping[str, str] | None = None
) -> tuple[Fit, float]:
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
    "6) over those with a true part given by contains=: the third largest",
    goal=">= 3, exact on all",
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
    third = sorted(ratios)[-3]
    return third, exact and third >= 3.0, "; ".join(notes)


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
    checked, wrong = 0, []
    for asked in problems.named(names):
        units = {**asked.units, "target": str(asked.target_unit)}
        fit, _ = timed(asked, Hypotheses(pure_constants=True), 2.0 if run.quick else 4.0, units)
        checked += len(fit.rows)
        wrong += [f"{asked.name}: {found.text()}" for found in fit.rows if not scales(found.term, asked)]
    return (
        float(len(wrong)),
        not wrong,
        f"{checked} rows of {len(names)} fronts checked; {'; '.join(wrong) or 'all agree'}",
    )


def scales(term: Term, asked: Problem) -> bool:
    """Whether a formula's value changes by the factor of the target's unit when metre, second, ... are other ones."""
    X, _ = problems.problem_set("daily").sample(asked)
    columns = X.to_dict()
    rng = np.random.default_rng(0)
    units = {name: Unit.parse(asked.units.get(name, "1")) for name in columns}
    target = Unit.parse(str(asked.target_unit))
    bases = sorted({base for unit in (*units.values(), target) for base, _ in unit.powers})
    factors = dict(zip(bases, np.exp(rng.uniform(0.1, 0.6, len(bases))), strict=True))

    def factor(unit: Unit) -> float:
        return float(np.prod([factors[base] ** float(power) for base, power in unit.powers]))

    moved: dict[str, Any] = {name: column * factor(units[name]) for name, column in columns.items()}
    before, after = (np.broadcast_to(np.asarray(term(c), dtype=float), (X.rows,)) for c in (columns, moved))
    both = np.isfinite(before) & np.isfinite(after)
    size = np.abs(before[both]) * factor(target)
    close = np.abs(after[both] - before[both] * factor(target)) <= 1e-6 * (size + np.median(size))
    return bool(both.any() and close.all())
