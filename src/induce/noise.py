"""How large the noise is: from what a formula leaves over, and without any formula from rows that lie close together.

The second figure needs no formula: a plane through the nearest other rows foretells each row, and what it misses is noise where
the target is smooth between them. It is looked at a second time with rows further away; where that misses more, the target
bends within such distances and the figure is not noise, so none is given. Both figures are root mean squares of one quantity,
whatever the shape of the noise: a jump in the target makes the second too large, never too small.

Sources: T. Gasser, L. Sroka and C. Jennen-Steinmetz (1986), Residual Variance and Residual Pattern in Nonlinear Regression
(what a line through the neighbours misses, divided by its standard deviation under unit noise); D. Evans and A. Jones (2002), A
Proof of the Gamma Test (near and far neighbours, extrapolated to distance zero).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Noise", "chance", "neighbour_noise"]

Array = NDArray[np.float64]
MOST_COLUMNS = 8
"""With more columns no other row is near."""
LEAST_ROWS = 15
"""Rows needed for each coefficient of a plane."""
MOST_ROWS = 20_000
ASKED = 1000
"""Rows that are foretold, at most."""
FURTHER = 4
"""How many times as many rows the further look spans."""
BENT = 0.4
"""Largest share of the mean square that may come from bending rather than from noise."""
STEEPEST = 3.0
"""How many times as much the further look may miss; beyond it even the near one sees the target bend."""
EXACT = 1e-9
"""What is below this share of the target's spread is rounding."""


def neighbour_noise(columns: Array, target: Array, weights: Array | None = None, *, seed: int = 0) -> float | None:
    """Standard deviation of the target among rows with nearly the same columns; None where the rows cannot say.

    Parameters
    ----------
    columns : array, shape (columns, rows)
        Each is divided by its standard deviation first.
    target : array, shape (rows,)
    weights : array, shape (rows,), optional
        The mean square is weighted by them.
    seed : int
        Of the sample of large tables.

    >>> import numpy as np
    >>> x = np.linspace(0.0, 3.0, 200)
    >>> rough = np.sin(x) + 0.1 * np.random.default_rng(0).normal(size=200)
    >>> round(neighbour_noise(x[None], rough), 1)
    0.1
    >>> neighbour_noise(x[None], np.sin(40 * x)) is None
    True
    """
    rng = np.random.default_rng([seed, 53])
    if len(target) > MOST_ROWS:
        rows = np.unique(rng.integers(len(target), size=MOST_ROWS))
        columns, target, weights = columns[:, rows], target[rows], None if weights is None else weights[rows]
    spread = columns.std(axis=1)
    moving = spread > 1e-12 * np.abs(columns).max(axis=1)
    count = int(moving.sum())
    if not 1 <= count <= MOST_COLUMNS or len(target) < LEAST_ROWS * (count + 1):
        return None
    points, y = np.ascontiguousarray((columns[moving] / spread[moving, None]).T), target
    asked = np.arange(len(y)) if len(y) <= ASKED else np.sort(rng.choice(len(y), ASKED, replace=False))
    w = np.ones(len(asked)) if weights is None else weights[asked]
    if not w.any():  # no row that counts was drawn
        return None
    near, far = _missed(points, y, asked, w)
    if not math.isfinite(near) or near <= (EXACT * float(y.std())) ** 2:
        return None
    # a plane misses by bending times the squared distance, and distance grows with the count's root
    bending = max(far - near, 0.0) / (FURTHER ** (4.0 / count) - 1.0)
    return math.sqrt(near) if bending <= BENT * near and far <= STEEPEST * near else None


def _missed(points: Array, y: Array, asked: NDArray[np.int64], w: Array) -> tuple[float, float]:
    """Mean squares missed by planes through the nearest rows, and through as many that span further."""
    from scipy.spatial import cKDTree

    many = points.shape[1] + 2
    # the first one found is the row itself, or one that equals it
    places = cKDTree(points).query(points[asked], k=FURTHER * many + 1)[1]
    own = places == asked[:, None]
    own[~own.any(axis=1), 0] = True
    others = places[~own].reshape(len(asked), -1)
    found = []
    for chosen in (others[:, :many], others[:, FURTHER - 1 :: FURTHER]):
        steps = points[chosen] - points[asked][:, None]
        design = np.concatenate([np.ones((*chosen.shape, 1)), steps], axis=2)
        shares = np.linalg.pinv(design, rcond=1e-6)[:, 0]  # of each neighbour in the plane's height at the row
        missed = (y[asked] - np.einsum("ij,ij->i", shares, y[chosen])) / np.sqrt(1.0 + np.sum(shares**2, axis=1))
        found.append(float(np.average(missed**2, weights=w)))
    return found[0], found[1]


@dataclass(frozen=True)
class Noise:
    """What is known of the target's noise, in its unit.

    Parameters
    ----------
    residual : float
        What the chosen formula leaves over: the root mean square, with one row less for each fitted constant.
    given : float or None
        As the user gave it.
    neighbours : float or None
        Among rows close together, without any formula; None where they cannot say.
    rows : int
        Rows that the figures rest on.
    exact : bool
        Whether the formula meets every row to rounding.
    """

    residual: float
    given: float | None = None
    neighbours: float | None = None
    rows: int = 0
    exact: bool = False

    @property
    def best(self) -> float:
        """The figure as given, or the residual."""
        return self.given or self.residual

    @property
    def misses(self) -> bool:
        """Whether the formula leaves over clearly more than the noise as given, or as the neighbours show it."""
        if self.exact:
            return False
        if self.given:
            return self.residual > self.given * chance(self.rows)
        return self.neighbours is not None and self.residual > self.neighbours * chance(self.rows)

    def warning(self, unit: str = "") -> str:
        """The sentence for a formula that leaves over more than noise, or an empty text."""
        if not self.misses:
            return ""
        if self.given:
            other = f"the noise was given as {_figure(self.given, unit)}"
            return f"Residual {_figure(self.residual, unit)}, but {other}: the formula misses something, or the noise is larger."
        assert self.neighbours is not None
        return (
            f"Residual {_figure(self.residual, unit)}, noise by neighbouring rows {_figure(self.neighbours, unit)}: "
            "the formula misses something."
        )

    def text(self, unit: str = "") -> str:
        """The figures side by side, on one line."""
        parts = [f"{_figure(self.given, unit)} as given"] if self.given else []
        if self.exact:
            parts.append("none to be seen, as the chosen formula meets every row to rounding")
        else:
            parts.append(f"{_figure(self.residual, unit)} by what the chosen formula leaves over")
        if self.neighbours is not None:
            parts.append(f"{_figure(self.neighbours, unit)} by neighbouring rows")
        return f"Noise (standard deviation): {', '.join(parts)}."


def chance(rows: int) -> float:
    """By which factor two estimates of one noise differ at most by chance, from so many rows."""
    return 1.25 + 4.0 / math.sqrt(max(min(rows, ASKED), 1))


def _figure(value: float, unit: str) -> str:
    return f"{value:.3g} {unit}".rstrip()
