"""Models that are no formula, scored beside the front so that a user sees what the formula costs."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np

from induce.fit import Baseline
from induce.folds import FOLDS, Folds, folds_of
from induce.task import Task

__all__ = ["baselines"]

ROWS = 1000
LARGEST = 1e37
"""Boosted trees hold columns in single precision."""
BOOSTED = (0.06, 1.5e-4)
"""Seconds that boosted trees take, about: at least, and for every row."""


def baselines(task: Task, seed: int, seconds: float = math.inf) -> tuple[Baseline, ...]:
    """A linear model, and boosted trees on at most 1,000 rows; scored on the rows they learned from, as the front is.

    Beside it stands the error on rows left out: those kept back, or else the folds of :mod:`induce.folds`; for boosted trees
    the first of them alone, as five times as many trees would cost more than many a search.

    Parameters
    ----------
    task : Task
    seed : int
        Of the boosted trees.
    seconds : float
        Time that is left: if it is too short for boosted trees, they are not among the rows, and without any the linear model
        has no folds.
    """
    began = time.monotonic()
    from sklearn.ensemble import GradientBoostingRegressor  # one thread: it must not disturb a running budget
    from sklearn.linear_model import LinearRegression

    columns, target, weights = task.subset(ROWS)
    X = columns.T
    variance = float(np.average((target - np.average(target, weights=weights)) ** 2, weights=weights))
    rows = []
    models = [
        ("linear model", LinearRegression()),
        (
            "boosted trees",
            GradientBoostingRegressor(
                n_estimators=50, max_depth=3, max_features=min(columns.shape[0], 16), random_state=seed
            ),
        ),
    ]
    for (name, model), tried in zip(models, (FOLDS, 1), strict=True):
        if name == "boosted trees" and seconds - (time.monotonic() - began) < BOOSTED[0] + BOOSTED[1] * len(target):
            break
        if name == "boosted trees" and not np.abs(task.table.values).max(initial=0.0) < LARGEST:
            break
        model.fit(X, target, sample_weight=weights)
        loss = float(np.average((model.predict(X) - target) ** 2, weights=weights))
        held = None
        if task.held_out is not None:
            table, y, w = task.held_out
            held = float(np.average((model.predict(table.values.T) - y) ** 2, weights=w))
        elif seconds > 0.0 and (folds := folds_of(task)) is not None:
            held = _left_out(model, folds, tried)
        rows.append(Baseline(name, loss, 1.0 - loss / max(variance, 1e-300), held))
    return tuple(rows)


def _left_out(model: Any, folds: Folds, tried: int) -> float:
    """Weighted mean square error on the first folds, the model fitted on at most 1,000 of the other rows."""
    squares = total = 0.0
    for fold in range(tried):
        out, kept = folds.number == fold, np.flatnonzero(folds.number != fold)[:ROWS]
        model.fit(folds.columns[:, kept].T, folds.target[kept], sample_weight=folds.weights[kept])
        missed = model.predict(folds.columns[:, out].T) - folds.target[out]
        squares += float(missed**2 @ folds.weights[out])
        total += float(folds.weights[out].sum())
    return squares / total
