"""Whether every fitted constant on a front is at a local optimum, by another optimiser started from its value."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.algebras import evaluate_many, jacobian_many
from induce.fit import Fit, Row
from induce.terms import arithmetic, hole
from induce.terms.codes import Codebook

Array = NDArray[np.float64]
TOLERANCE = 1e-6
"""Largest fall of the loss, as a share of it, that still counts as an optimum."""
FLOOR = 1e-12
"""Errors below this share of the target's root mean square are rounding."""


def largest_fall(fit: Fit, X: Any, y: Array) -> tuple[float, int]:
    """The largest share by which refitting a front row's constants lowers its loss, and how many constants were refitted.

    Rows without fitted constants count as optimal; falls below the rounding of the target are none.
    """
    falls, count = [0.0], 0
    for row in fit.rows:
        if row.values:
            falls.append(fall_of(row, X, y))
            count += len(row.values)
    return max(falls), count


def fall_of(row: Row, X: Any, y: Array) -> float:
    """The share by which scipy's least squares lowers the loss of one row from its own constants."""
    from scipy.optimize import least_squares

    started = row.sketch.replace({h: hole.real(h.name, start=float(row.values[h.name])) for h in row.sketch.holes})
    programs = Codebook(arithmetic, list(X.names)).encode([started])
    table, free = np.ascontiguousarray(X.values), programs.free

    def at(values: Array) -> Any:
        whole = programs.values.copy()
        whole[free] = values
        return programs.with_values(whole)

    def residual(values: Array) -> Array:
        found: Array = evaluate_many(at(values), table)[0] - y
        return np.where(np.isfinite(found), found, 1e100)

    def slopes(values: Array) -> Array:
        found: Array = jacobian_many(at(values), table)[1][free].T
        return np.where(np.isfinite(found), found, 0.0)

    start = programs.values[free]
    before = float(np.mean(residual(start) ** 2))
    floor = FLOOR**2 * float(np.mean(y**2))
    if before <= floor:
        return 0.0
    with np.errstate(all="ignore"):
        done = least_squares(
            residual, start, jac=slopes, x_scale="jac", ftol=1e-14, xtol=1e-14, gtol=1e-14, max_nfev=100
        )
    return max((before - 2.0 * done.cost / len(y) - floor) / before, 0.0)
