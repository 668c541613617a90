"""Nguyen 1-12 and the Livermore problems by Monte Carlo tree search alone, thirty CPU seconds each, and what its modules add."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from induce import Budget
from induce.formulas import FormulaRegressor, family, problem
from induce.formulas.recovery import recovered
from induce.learners import TreeSearch
from induce.papers import Check

TITLE = "Y. Xu, Y. Liu and H. Sun (2023), Reinforcement Symbolic Regression Machine"
CLAIM = "Tree search with double Q-learning, sub-tree discovery and genetic steps finds exact formulas; each module adds to it."
OPERATORS = "+ - * / sqrt exp log sin cos"
SMALL = ("Nguyen-5", "Nguyen-9", "Nguyen-10", "Livermore-12", "Livermore-21")
MODULES = {"double Q-learning": "double_q", "discovery": "discover", "breeding": "breed"}
LIVERMORE = tuple(found.name for found in family("livermore"))


@dataclass
class Rates:
    """Problem to whether it was solved; and for each module that was switched off, how many Livermore problems still were."""

    solved: dict[str, bool]
    without: dict[str, int] = field(default_factory=dict)

    @property
    def livermore(self) -> int:
        return sum(exact for name, exact in self.solved.items() if name in LIVERMORE)


def solve(name: str, seconds: float, **switches: bool) -> bool:
    """Whether the chosen formula is the true one, by proof, from 200 noise-free rows."""
    asked = problem(name)
    X, y = asked.sample(200, seed=0)
    learner = TreeSearch(**switches)
    model = FormulaRegressor(OPERATORS, by=learner, within=Budget(cpu=seconds), random_state=0)
    return recovered(model.fit(pd.DataFrame(X.to_dict()), y).best_, asked.term, asked.ranges)


def small() -> Rates:
    return Rates({name: solve(name, 4.0) for name in SMALL})


def full() -> Rates:
    names = [*(found.name for found in family("nguyen")), *LIVERMORE]
    rates = Rates({name: solve(name, 30.0) for name in names})
    for module, switch in MODULES.items():
        rates.without[module] = sum(solve(name, 30.0, **{switch: False}) for name in LIVERMORE)
    return rates


def check(result: Rates) -> Check:
    exact = sum(result.solved.values())
    figure = f"{exact} of {len(result.solved)} exactly recovered"
    holds = exact >= 0.6 * len(result.solved)
    if result.without:
        parts = ", ".join(f"{count} without {module}" for module, count in result.without.items())
        figure += f"; of {len(LIVERMORE)} Livermore problems {result.livermore}, and {parts}"
        holds = holds and all(count < result.livermore for count in result.without.values())
    return Check(figure, "at least 60 %, and fewer Livermore problems without any of the three modules", holds)
