"""Models that are no formula, scored beside the front so that a user sees what the formula costs."""

from __future__ import annotations

import numpy as np

from induce.fit import Baseline
from induce.task import Task

__all__ = ["baselines"]

ROWS = 1000


def baselines(task: Task, seed: int) -> tuple[Baseline, ...]:
    """A linear model, and boosted trees on at most 1,000 rows; scored on the rows they learned from, as the front is.

    Parameters
    ----------
    task : Task
    seed : int
        Of the boosted trees.
    """
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
    for name, model in models:
        model.fit(X, target, sample_weight=weights)
        loss = float(np.average((model.predict(X) - target) ** 2, weights=weights))
        held = None
        if task.held_out is not None:
            table, y = task.held_out
            held = float(np.mean((model.predict(table.values.T) - y) ** 2))
        rows.append(Baseline(name, loss, 1.0 - loss / max(variance, 1e-300), held))
    return tuple(rows)
