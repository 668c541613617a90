"""The twelve Nguyen problems, noise-free, 200 points from the published ranges, one setting for all."""

from __future__ import annotations

import pandas as pd

from induce.formulas import FormulaRegressor, family
from induce.formulas.recovery import recovered
from induce.papers import Check

TITLE = "N. Q. Uy et al. (2011), Semantically-based crossover in genetic programming: application to real-valued symbolic regression"
CLAIM = "Twelve short formulas are a common yardstick; genetic programming finds some of them in some of its runs."
OPERATORS = "+ - * / sqrt exp log sin cos"
SMALL = ("Nguyen-1", "Nguyen-5", "Nguyen-8", "Nguyen-10")


def solve(names: tuple[str, ...], seconds: str) -> dict[str, tuple[str, bool]]:
    """Problem to the chosen formula, and whether SymPy proves it to be the true one."""
    found = {}
    for problem in family("nguyen"):
        if problem.name in names:
            X, y = problem.sample(200, seed=0)
            model = FormulaRegressor(operators=OPERATORS, within=seconds, random_state=0)
            model.fit(pd.DataFrame(X.to_dict()), y)
            found[problem.name] = (str(model.best_), recovered(model.best_, problem.term, problem.ranges))
    return found


def small() -> dict[str, tuple[str, bool]]:
    return solve(SMALL, "3s")


def full() -> dict[str, tuple[str, bool]]:
    return solve(tuple(problem.name for problem in family("nguyen")), "10s")


def check(result: dict[str, tuple[str, bool]]) -> Check:
    exact = [name for name, (_, proved) in result.items() if proved]
    missed = "; ".join(f"{name}: {formula}" for name, (formula, proved) in result.items() if not proved)
    figure = f"{len(exact)} of {len(result)} exactly recovered" + (f" (not {missed})" if missed else "")
    return Check(figure, "at least 9 of 12, or the same share", len(exact) >= 0.75 * len(result))
