"""Trajectories of the seven two-variable systems of the Strogatz family.

Each system is followed from four initial states for ten units of time, 100 states each 0.1 apart, as in the published
data; the target of a problem is its right-hand side at those states, exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from induce.errors import DataError

if TYPE_CHECKING:
    from induce.terms import Term

__all__ = ["POINTS", "box", "states"]

Array = NDArray[np.float64]

STARTS = 4
STATES = 100
STEP = 0.1
POINTS = STARTS * STATES


def box(text: str) -> tuple[float, float]:
    """Lowest and highest initial value: of ``U low high``, ``F values ...`` or ``N mean deviation`` (three of them).

    >>> box("U 0 1"), box("F 1 4 8 3"), box("N 5 1")
    ((0.0, 1.0), (1.0, 8.0), (2.0, 8.0))
    """
    kind, *numbers = text.split()
    values = [float(number) for number in numbers]
    if kind == "N":
        return values[0] - 3 * values[1], values[0] + 3 * values[1]
    return min(values), max(values)


def _start(text: str, rng: np.random.Generator) -> Array:
    """Initial values of one variable, of shape (STARTS,)."""
    kind, *numbers = text.split()
    values = [float(number) for number in numbers]
    if kind == "U":
        return rng.uniform(values[0], values[1], STARTS)
    if kind == "N":
        return rng.normal(values[0], values[1], STARTS)
    return np.array(values)


def states(
    system: str, sides: Sequence[Term], variables: Sequence[str], starts: Sequence[str], rng: np.random.Generator
) -> Array:
    """States along the trajectories of a system dx/dt = sides(x), of shape (len(variables), POINTS).

    Raises
    ------
    DataError
        If the integrator stops before the end, which no published system makes it do.
    """
    from scipy.integrate import solve_ivp

    start = np.stack([_start(text, rng) for text in starts])

    # the trajectories are followed together: one evaluation of a right-hand side serves all of them
    def slope(_: float, flat: Array) -> Array:
        columns = dict(zip(variables, flat.reshape(start.shape), strict=True))
        return np.stack([np.asarray(side(columns), dtype=float) for side in sides]).ravel()

    times = STEP * np.arange(STATES)
    path = solve_ivp(slope, (0.0, times[-1]), start.ravel(), "LSODA", times, rtol=1e-8, atol=1e-10)
    if not path.success or path.y.shape[1] != STATES:
        raise DataError(f"the system '{system}' could not be followed: {path.message} Try another seed.")
    path.y[:, 0] = start.ravel()  # the interpolant misses the start by rounding
    found: Array = path.y.reshape(len(variables), POINTS)
    return found
