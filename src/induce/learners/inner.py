"""Constants inside functions: ``exp(k u)``, ``sin(k u)``, ``1 / (u + k)``, ... for simple ``u`` and a grid of ``k``.

A grid of values stands for the unknown constant; what comes near the target is then fitted by Levenberg-Marquardt with
variable projection. For sines the grid is a periodogram of the target over ``u``.

Source: G. Golub and V. Pereyra (1973); N. Lomb (1976), Least-Squares Frequency Analysis of Unequally Spaced Data.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from induce.learners.composing import Part, Pen
from induce.learners.growing import Growing

__all__ = ["SoftRows", "soft_rows"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
RATES = (0.3, 0.55, 1.0, 1.6, 2.6, 4.2, 7.0)
"""Rates of exponentials and hyperbolic tangents, times the range of their argument."""
SHIFTS = (0.02, 0.07, 0.2, 0.5, 1.2, 3.0)
"""Shifts of logarithms, roots and reciprocals beyond the ends of their argument, in its range."""


@dataclass(eq=False)
class SoftRows:
    """Rows with one constant inside: values (rows, points), and what each is: (bank row, function, constant)."""

    values: Array
    rows: Ints
    kinds: list[str]
    constants: Array

    def __len__(self) -> int:
        return len(self.rows)

    def part(self, place: int, pen: Pen) -> Part:
        """The program of one row, its constant fitted."""
        codes, numbers, free = pen.row(int(self.rows[place]))
        slot, k = -1 - len(numbers), float(self.constants[place])
        kind = self.kinds[place]
        if kind.startswith("shifted "):
            inner = [*codes, slot, pen.code("+")]
        else:
            inner = [slot, *codes, pen.code("*")]
        name = kind.removeprefix("shifted ")
        return [*inner, pen.code(name)], [*numbers, k], [*free, True]


def soft_rows(grown: Growing, arguments: Ints, most: int, pure: bool) -> SoftRows:
    """Rows ``f(k u)`` and ``f(u + k)`` for the given bank rows ``u``.

    Parameters
    ----------
    arguments : array of bank rows
    most : int
        How many of them are taken, those allowed first; a sixth of these stand in sines and cosines too.
    pure : bool
        Whether ``k`` is a pure number: then ``u`` must be one too.
    """
    names = {op.name for op in grown.space.ops}
    made: list[tuple[Array, int, str, float]] = []
    if pure and grown.dims.shape[1]:
        arguments = arguments[~np.any(grown.dims[arguments] != 0, axis=1)]
    arguments, waves = arguments[:most], max(4, most // 6)
    for place, row in enumerate(arguments):
        u = grown.values[row]
        reach = float(np.ptp(u))
        if not 1e-9 < reach < 1e9:
            continue
        low, high = float(u.min()), float(u.max())
        made += [
            (np.exp(k * (u - (high if k > 0 else low))), int(row), "exp", k) for k in _signed(reach) if "exp" in names
        ]
        if "tanh" in names:
            made += [(np.tanh(k * u), int(row), "tanh", k) for k in _signed(reach) if k > 0]
        if place < waves:
            steps = np.concatenate([np.arange(1, 13) * 0.5, np.arange(7, 31)]) / reach
            made += [(np.sin(k * u), int(row), "sin", float(k)) for k in steps if "sin" in names]
            made += [(np.cos(k * u), int(row), "cos", float(k)) for k in steps if "cos" in names]
        made += _shifted(u, int(row), low, high, names)
    kept = [m for m in made if np.all(np.isfinite(m[0])) and np.ptp(m[0]) > 1e-9]
    values = np.array([m[0] for m in kept]) if kept else np.zeros((0, grown.values.shape[1]))
    return SoftRows(
        values, np.array([m[1] for m in kept], np.int64), [m[2] for m in kept], np.array([m[3] for m in kept])
    )


def _signed(reach: float) -> list[float]:
    return [sign * rate / reach for rate in RATES for sign in (1.0, -1.0)]


def _shifted(u: Array, row: int, low: float, high: float, names: set[str]) -> list[tuple[Array, int, str, float]]:
    """``f(u + k)`` where ``u + k`` keeps one sign."""
    made = []
    for share in SHIFTS:
        k = share * (high - low) - low
        for name, function in (("log", np.log), ("sqrt", np.sqrt), ("inverse", np.reciprocal)):
            if name in names or (name == "inverse" and "/" in names):
                made.append((function(u + k), row, f"shifted {name}", k))
        if "/" in names:
            below = -share * (high - low) - high
            made.append((1.0 / (u + below), row, "shifted inverse", below))
    return made
