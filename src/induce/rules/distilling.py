"""Rules that answer as a model does, found from its answers, and how faithful they are on other rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.explain.fidelity import measure_fidelity, vacuous_rules
from induce.mixed import MixedTable
from induce.rules.decisions import Decisions
from induce.rules.rule_fit import RuleFit, worth_of
from induce.rules.searching import Problem, Settings, search

__all__ = ["distilled"]


def distilled(
    table: MixedTable,
    answers: NDArray[Any],
    classes: tuple[Any, ...],
    settings: Settings,
    held: tuple[MixedTable, NDArray[Any], NDArray[Any]],
    on: str,
    target: str = "class",
) -> RuleFit:
    """Rules over a table, searched so that they answer as a model does.

    Parameters
    ----------
    table : MixedTable
        Descriptors that the rules may use.
    answers : array of shape (rows,)
        The model's answers, places in ``classes``.
    classes : tuple
    settings : Settings
    held : (table, truth, answers)
        Rows on which truth, model and rules are compared.
    on : str
        What these rows are.
    target : str

    Raises
    ------
    RuleError
    """
    present = np.unique(answers)
    problem = Problem(table, np.searchsorted(present, answers), tuple(classes[k] for k in present), np.ones(table.rows))
    if len(present) > 1:
        found = search(problem.gathered(), settings)
        made, strictness = found.decisions, found.strictness
    else:  # a model with one answer needs no rule
        made, strictness = Decisions(table.head(), (), np.zeros((1, 1)), problem.classes, settings.decide), (0.0, 0.0)
    decisions = _with_all_classes(made, present, classes)
    others, truth, model = held
    fires = decisions.fires(others)
    own = decisions.scores_of(fires).argmax(axis=1)
    changes = np.array(
        [
            (decisions.without([k]).scores_of(np.delete(fires, k, axis=0)).argmax(axis=1) != own).any()
            for k in range(len(decisions))
        ],
        dtype=bool,
    )
    names = [f"rule {k + 1} ({decisions.text(k)})" for k in range(len(decisions))]
    fidelity = measure_fidelity(
        truth=truth, model=model, rules=own, fires=fires, literals=decisions.literals, measured_on=on,
        vacuous=vacuous_rules(fires, changes, names),
        notes=("the rules were fitted to the model's answers on the training rows",),
    )  # fmt: skip
    spreads = np.array([_spread(column.values) for column in table.columns])
    report = {"strictness": list(strictness), "rows": table.rows}
    return RuleFit(decisions, worth_of(decisions, table, answers), fidelity, target, spreads, report)


def _with_all_classes(made: Decisions, present: NDArray[Any], classes: tuple[Any, ...]) -> Decisions:
    """The same decisions with classes that the model never answers; they get no points."""
    points = np.zeros((len(made.points), len(classes)))
    points[:, present] = made.points
    absent = np.setdiff1d(np.arange(len(classes)), present)
    if len(absent) and made.decide == "votes":  # the answer stays among those that occur, ties too
        points[-1, present] += 1
    return replace(made, points=points, classes=classes)


def _spread(values: NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    found = float(np.std(known)) if len(known) else 0.0
    return found if found > 0 else 1.0
