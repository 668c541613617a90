"""The problem sets of the formula suites: which published problems, how many rows of them, and which operators are allowed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from benchmarks.distinct import distinct
from induce.formulas.families import Axis, Problem, family, problem

OPERATORS = "+ - * / sqrt exp log sin cos"
"""One set for every problem; the Feynman equations also need the three below."""
FEYNMAN = f"{OPERATORS} asin tanh pi"
SEED = 0

_WHERE = "as collected by the Deep Symbolic Optimization benchmark, row"


def _extra(name: str, like: str, formula: str, low: float, high: float, source: str) -> Problem:
    """A problem that no family of the package holds, with 200 draws from one range."""
    model = problem(like)
    axes = tuple(Axis(v, "U", low, high, 200) for v in model.variables)
    return replace(model, name=name, family="others", formula=formula, train=axes, test=axes, source=source)


@cache
def extras() -> dict[str, Problem]:
    """Problems of the table of 24 that are not in the package's families."""
    found = (
        _extra(
            "Nguyen-12a", "Nguyen-12", problem("Nguyen-12").formula, 0, 10, f"N. Q. Uy et al. (2011), {_WHERE} Nguyen-12a"
        ),
        _extra(
            "Vladislavleva-1", "Nguyen-9", "exp(-(x1 - 1)^2) / (1.2 + (x2 - 2.5)^2)", 0.3, 4,
            f"E. Vladislavleva et al., Order of nonlinearity as a complexity measure (2009), {_WHERE} Vladislavleva-1",
        ),
        _extra(
            "R1", "Nguyen-1", "(x1 + 1)^3 / (x1^2 - x1 + 1)", -1, 1,
            f"K. Krawiec and T. Pawlak, Approximating geometric crossover by semantic backpropagation (2013), {_WHERE} R1",
        ),
    )  # fmt: skip
    return {made.name: made for made in found}


BRIEF24 = (
    "Nguyen-4", "Nguyen-5", "Nguyen-6", "Nguyen-7", "Nguyen-12a", "Livermore-1", "Livermore-7", "Livermore-14",
    "Livermore-19", "Jin-1", "Jin-4", "Jin-6", "Vladislavleva-1", "R1", "I.6.20", "I.8.14", "I.12.11", "I.13.12",
    "I.16.6", "I.29.16", "I.40.1", "I.50.26", "bacres1", "shearflow2",
)  # fmt: skip

SAMPLE30 = (
    "Nguyen-2", "Nguyen-5", "Nguyen-8", "Nguyen-11", "Nguyen-12", "Livermore-1", "Livermore-4", "Livermore-11",
    "Livermore-14", "Livermore-21", "Jin-2", "Jin-4", "Jin-6", "Keijzer-4", "Keijzer-7", "Keijzer-11", "Keijzer-15",
    "Vladislavleva-1", "R1", "I.8.14", "I.12.11", "I.16.6", "I.40.1", "II.11.3", "II.35.18", "III.4.32", "bacres2",
    "glider2", "lv1", "predprey1",
)  # fmt: skip
"""A fixed sample of every family for the daily suite."""

SAMPLE6 = ("Nguyen-5", "Livermore-1", "Jin-4", "R1", "I.12.11", "lv1")
"""The quick run's part of it."""


@dataclass(frozen=True)
class ProblemSet:
    """Problems that are run under one setting.

    Parameters
    ----------
    name : str
    problems : tuple of Problem
    rows : int or None
        Rows drawn from the published ranges; None takes the published data (the trajectories of Strogatz).
    seconds : float
        CPU seconds a problem, unless the command says otherwise.
    operators : str
    goal : str
        What is wanted, in words, by CPU seconds and noise.
    """

    name: str
    problems: tuple[Problem, ...]
    rows: int | None
    seconds: float
    operators: str
    goal: str

    def sample(self, asked: Problem, noise: float = 0.0) -> tuple[Any, Any]:
        """The data of a problem: the same for every solver."""
        return asked.sample(None if asked.family == "strogatz" else self.rows, seed=SEED, noise=noise)


@cache
def problem_set(name: str) -> ProblemSet:
    """The problem set of a sweep, or of the daily suite (``daily``)."""
    if name == "brief24":
        goal = "at 10 s at least 18 exact, at 2 s at least 14"
        return ProblemSet(name, named(BRIEF24), 200, 10.0, OPERATORS, goal)
    if name == "nguyen":
        return ProblemSet(name, family(name), 200, 10.0, OPERATORS, "12 of 12 exact")
    if name == "livermore":
        return ProblemSet(name, family(name), 200, 10.0, OPERATORS, "at least 20 of 23 exact")
    if name == "feynman":
        one_each = tuple(group[0] for group in distinct(family(name)))
        goal = "at least 70 % exact without noise, 45 % with noise 0.01"
        return ProblemSet(name, one_each, 1000, 60.0, FEYNMAN, goal)
    if name == "strogatz":
        return ProblemSet(name, family(name), None, 20.0, OPERATORS, "at least 12 of 14 exact")
    if name == "daily":
        return ProblemSet(name, named(SAMPLE30), 200, 5.0, OPERATORS, "at least 20 of 30 exact")
    raise ValueError(f"there is no problem set '{name}'. There are: {', '.join(SETS)}, daily.")


SETS = ("brief24", "nguyen", "livermore", "feynman", "strogatz")


def named(names: tuple[str, ...]) -> tuple[Problem, ...]:
    """Problems by name, of the package's families or of the extras."""
    return tuple(extras().get(name) or problem(name) for name in names)
