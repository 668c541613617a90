"""How thinly the data covers the space, as weights of rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from induce.errors import FillError, did_you_mean

__all__ = ["DENSITIES", "density_weights"]

Array = NDArray[np.float64]
DENSITIES = ("even", "rows")
NEIGHBOURS = 8
CLIP = 10.0
"""Largest weight over the typical one, and the typical over the smallest."""


def density_weights(columns: Array, density: str = "even") -> Array | None:
    """Weights that make the data count as if it were spread evenly, or None for ``"rows"``.

    A row weighs as much as the space around it: the distance to its 8th nearest neighbour in standardised columns, to the
    power of the number of independent columns; at most 10 times more or less than the typical row, 1 on average.

    Parameters
    ----------
    columns : array of shape (columns, rows)
    density : {"even", "rows"}

    References
    ----------
    D. Loftsgaarden and C. Quesenberry (1965), A nonparametric estimate of a multivariate density function.

    >>> x = np.concatenate([np.linspace(0, 1, 90), np.linspace(1.5, 9, 10)])
    >>> w = density_weights(x[None])
    >>> bool(w[-1] > 8 * w[5]), round(float(w.mean()), 6)
    (True, 1.0)
    """
    if density not in DENSITIES:
        raise FillError(
            f"unknown density {density!r}.{did_you_mean(str(density), DENSITIES)} Known: {', '.join(DENSITIES)}."
        )
    spread = columns.std(axis=1)
    live = spread > 1e-12 * np.abs(columns).max(axis=1, initial=0.0)
    rows = columns.shape[1]
    if density == "rows" or not live.any() or rows <= NEIGHBOURS:
        return None
    from scipy.spatial import cKDTree

    points = ((columns[live] - columns[live].mean(axis=1, keepdims=True)) / spread[live, None]).T
    dimension = int(np.linalg.matrix_rank(points, tol=1e-6 * np.sqrt(points.size)))
    reach = cKDTree(points).query(points, NEIGHBOURS + 1)[0][:, -1]
    typical = float(np.median(reach))
    if typical == 0.0:
        return None
    with np.errstate(divide="ignore"):
        weights = np.exp(np.clip(dimension * np.log(reach / typical), -np.log(CLIP), np.log(CLIP)))
    return np.asarray(weights / weights.mean())
