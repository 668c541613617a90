"""Rows that stand for a table: spread over the box of its columns, and drawn from it as it is."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

__all__ = ["farthest", "spread_rows"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
MOST = 256
"""Rows that are chosen one by one."""
POOL = 8192
"""Rows among which they are chosen."""


@numba.njit(cache=True, nogil=True)  # type: ignore[misc]
def _farthest(points: Any, order: Any) -> None:
    """Fill ``order``: the first is given, each further one is the point farthest from all before it."""
    rows, width = points.shape
    distance = np.full(rows, np.inf)
    for k in range(1, len(order)):
        last, best = order[k - 1], 0
        for i in range(rows):
            total = 0.0
            for c in range(width):
                step = points[i, c] - points[last, c]
                total += step * step
            if total < distance[i]:
                distance[i] = total
            if distance[i] > distance[best]:
                best = i
        order[k] = best


def farthest(columns: Array, most: int) -> Ints:
    """Rows chosen greedily so that each is as far as possible from those before it.

    Distance is taken in the ranks and in the values of every column, both scaled to [0, 1]: values find far corners, and ranks
    keep one outlier from making all other rows alike.

    Parameters
    ----------
    columns : array, shape (columns, rows)
    most : int

    Returns
    -------
    array, shape (min(most, rows),)
        In the order of choice; ties go to the first row.

    References
    ----------
    T. Gonzalez (1985), Clustering to Minimize the Maximum Intercluster Distance.
    """
    rows = columns.shape[1]
    sides = []
    for column in columns:
        # equal values get equal ranks, so that a column of few values is no line of many
        values, ranks = np.unique(column, return_inverse=True)
        width = float(values[-1]) - float(values[0])
        sides += [ranks.ravel() / max(len(values) - 1, 1), (column - values[0]) / (width if width > 0 else 1.0)]
    order = np.zeros(min(most, rows), np.int64)
    if len(order) and sides:
        _farthest(np.ascontiguousarray(np.array(sides).T), order)
    return order


def spread_rows(columns: Array, most: int, seed: int) -> Ints:
    """At most ``most`` places of rows, sorted: up to half of them spread over the columns, the others at random.

    The random half keeps errors weighted as the table weights them; the spread half sees the corners that few rows lie in.
    """
    rows = columns.shape[1]
    if rows <= most:
        return np.arange(rows)
    rng = np.random.default_rng([seed, 77])
    pool = np.sort(rng.choice(rows, POOL, replace=False)) if rows > POOL else np.arange(rows)
    chosen = pool[farthest(columns[:, pool], min(most // 2, MOST))]
    left = np.ones(rows, bool)
    left[chosen] = False
    rest = np.flatnonzero(left)
    drawn = rng.choice(rest, most - len(np.unique(chosen)), replace=False)
    return np.unique(np.concatenate([chosen, drawn]))
