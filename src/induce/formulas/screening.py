"""Which of many columns a formula may need: trees against shuffled copies of the columns.

Every column competes with *shadows*, columns shuffled row by row, in a forest of randomised trees; one that matters no more
than the shadows do is set aside. Trees see effects that are not linear and not marginal.

Source: M. Kursa and W. Rudnicki (2010), Feature Selection with the Boruta Package (shadows); P. Geurts, D. Ernst and
L. Wehenkel (2006), Extremely Randomized Trees.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from induce.table import Table

__all__ = ["FEW", "MOST", "screened"]

Array = NDArray[np.float64]
FEW = 10
"""Tables with at most this many columns are searched as they are."""
MOST = 12
"""Columns that are kept at most."""
ROWS = 2000
TREES = 60
AT_EASE = 5.0
"""Seconds of a budget with which all trees are grown; a shorter one has its share of them, 10 at least."""


def screened(
    table: Table, target: Array, weights: Array | None, keep: Iterable[str], seed: int, *, seconds: float | None = None
) -> tuple[Table, str]:
    """The table with the columns that matter, in their order, and a note on those set aside.

    Parameters
    ----------
    table : Table
    target, weights : arrays of shape (rows,)
    keep : names
        Columns that are kept in any case.
    seed : int
    seconds : float, optional
        Of the budget: a short one is not spent on trees. The seconds left are not asked, so that a seed repeats the choice.

    Returns
    -------
    Table, str
        The same table and an empty text when it has few columns.
    """
    if table.columns <= FEW:
        return table, ""
    rng = np.random.default_rng([seed, 41])
    rows = rng.choice(table.rows, min(table.rows, ROWS), replace=False)
    values, y = table.values[:, rows], target[rows]
    w = None if weights is None else weights[rows]
    share = 1.0 if seconds is None else min(seconds / AT_EASE, 1.0)
    trees = max(round(TREES * share), 10)
    scores = _importance(values, y, w, rng, seed, trees)
    order = np.argsort(-scores[: table.columns], kind="stable")
    shadow = float(scores[table.columns :].max())
    wanted = [k for k in order if scores[k] > shadow][:MOST]
    wanted = wanted or [int(k) for k in order[:3]]
    # a second look without the strong columns finds weak ones that they drowned
    rest = [k for k in range(table.columns) if k not in wanted]
    if rest and len(wanted) < MOST and share > 0.4:
        left = y - _fitted(values[wanted], y, w, seed, trees)
        again = _importance(values[rest], left, w, rng, seed, trees)
        bar = 1.5 * float(again[len(rest) :].max())
        weak = [rest[k] for k in np.argsort(-again[: len(rest)], kind="stable") if again[k] > bar]
        wanted += weak[: MOST - len(wanted)]
    chosen = {table.names[int(k)] for k in wanted} | {name for name in keep if name in table}
    names = [name for name in table.names if name in chosen]
    note = f"{table.columns - len(names)} of {table.columns} columns matter no more than shuffled ones and were set aside; kept: {', '.join(names)}"
    return table.select(names), note


def _forest(seed: int, trees: int) -> object:
    from sklearn.ensemble import ExtraTreesRegressor

    return ExtraTreesRegressor(trees, min_samples_leaf=5, max_features=0.5, random_state=seed)


def _importance(values: Array, y: Array, w: Array | None, rng: np.random.Generator, seed: int, trees: int) -> Array:
    """Importance of every column, and then of up to 24 shuffled ones."""
    picked = rng.choice(len(values), min(len(values), 24), replace=False)
    shadows = np.array([rng.permutation(values[k]) for k in picked])
    forest = _forest(seed, trees)
    forest.fit(np.vstack([values, shadows]).T, y, sample_weight=w)  # type: ignore[attr-defined]
    return np.asarray(forest.feature_importances_)  # type: ignore[attr-defined]


def _fitted(values: Array, y: Array, w: Array | None, seed: int, trees: int) -> Array:
    """What a forest of the given columns explains, out of sample."""
    from sklearn.model_selection import cross_val_predict

    params = None if w is None else {"sample_weight": w}
    return np.asarray(cross_val_predict(_forest(seed, trees), values.T, y, cv=3, params=params))
