"""Families of published test problems: a known formula, the ranges of its variables, and data drawn from it.

| family | problems | published by |
|---|---|---|
| ``nguyen`` | 12 | N. Q. Uy et al., Semantically-based crossover in genetic programming, 2011 |
| ``livermore`` | 23 | T. N. Mundhenk et al., Symbolic regression via neural-guided genetic programming, 2021 |
| ``jin`` | 6 | Y. Jin et al., Bayesian symbolic regression, 2019 |
| ``keijzer`` | 15 | M. Keijzer, Improving symbolic regression with interval arithmetic and linear scaling, 2003 |
| ``feynman`` | 100 | S.-M. Udrescu and M. Tegmark, AI Feynman: a physics-inspired method for symbolic regression, 2020 |
| ``strogatz`` | 14 | W. La Cava et al., Inference of compact nonlinear dynamic models by epigenetic local search, 2016 |
"""

from __future__ import annotations

import csv
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from induce.errors import DataError, did_you_mean
from induce.formulas.strogatz import POINTS, box, states
from induce.table import Table
from induce.terms import arithmetic

if TYPE_CHECKING:
    from induce.terms import Term

__all__ = ["Axis", "Problem", "families", "family", "problem"]

Array = NDArray[np.float64]

_SOURCES = {
    "nguyen": "N. Q. Uy et al., Semantically-based crossover in genetic programming (2011)",
    "livermore": "T. N. Mundhenk et al., Symbolic regression via neural-guided genetic programming population seeding (2021)",
    "jin": "Y. Jin et al., Bayesian symbolic regression (2019)",
    "keijzer": "M. Keijzer, Improving symbolic regression with interval arithmetic and linear scaling (2003)",
    "feynman": "S.-M. Udrescu and M. Tegmark, AI Feynman: a physics-inspired method for symbolic regression (2020)",
    "strogatz": "W. La Cava et al., Inference of compact nonlinear dynamic models by epigenetic local search (2016)",
}
_OPERATORS = {
    "nguyen": "+ - * / sin cos exp log",
    "livermore": "+ - * / sin cos exp log",
    "jin": "+ - * / sin cos exp square cube",
    "keijzer": "+ * inverse neg sqrt",
    "feynman": "+ - * / square sqrt exp log sin cos asin tanh pi",
    "strogatz": "+ - * / square sin cos",
}
_FEYNMAN_ROWS = 1000  # the published files hold 1,000,000 draws each; a fit rarely wants them all


@dataclass(frozen=True)
class Axis:
    """How one variable is sampled: ``U low high count`` (uniform draws) or ``E low high step`` (a grid with its ends)."""

    variable: str
    kind: str
    low: float
    high: float
    amount: float

    def grid(self) -> Array:
        """The points of an ``E`` axis."""
        return np.linspace(self.low, self.high, round((self.high - self.low) / self.amount) + 1)


@dataclass(frozen=True, eq=False)
class Problem:
    """A published formula with the way its data are drawn.

    Parameters
    ----------
    name, family : str
        Such as ``Nguyen-5`` of ``nguyen``; Feynman problems are called by their equation, such as ``I.12.2``.
    formula : str
        In the arithmetic language; :attr:`term` reads it.
    target : str
        What the formula gives.
    train, test : tuple of Axis
        Published sampling of each variable; for Strogatz, the box of the initial states.
    operators : str
        The published operator set, for ``FormulaRegressor(operators=...)``.
    units : mapping of name to unit text
        Of the variables; empty for families without units.
    target_unit : str, optional
    source : str
        Authors, title, year.

    >>> found = problem("I.12.2")
    >>> found.formula, found.ranges["r"], found.units["q1"], found.target_unit
    ('q1*q2*r/(4*pi*epsilon*r^3)', (1.0, 5.0), 's*A', 'kg*m/s^2')
    """

    name: str
    family: str
    formula: str
    target: str
    train: tuple[Axis, ...]
    test: tuple[Axis, ...]
    operators: str
    source: str
    units: Mapping[str, str] = field(default_factory=dict)
    target_unit: str | None = None
    sampling: str = "U"

    def __reduce__(self) -> tuple[object, ...]:
        return (problem, (self.name,))

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the variables, in the published order."""
        return tuple(axis.variable for axis in self.train)

    @property
    def ranges(self) -> dict[str, tuple[float, float]]:
        """Lowest and highest training value of each variable."""
        return {axis.variable: (axis.low, axis.high) for axis in self.train}

    @property
    def points(self) -> int:
        """Number of rows of the published training data."""
        if self.sampling == "trajectory":
            return POINTS
        return self._rows(self.train)

    @cached_property
    def term(self) -> Term:
        """The formula as a term."""
        return arithmetic.parse(self.formula, variables=self.variables)

    def sample(
        self, rows: int | None = None, *, seed: int, noise: float = 0.0, split: str = "train"
    ) -> tuple[Table, Array]:
        """Draw data: a table of the variables and the target values.

        Parameters
        ----------
        rows : int, optional
            Another number of rows than the published one; they are then drawn uniformly from the published ranges
            (for Strogatz: the first ``rows`` of the trajectories).
        seed : int
            The same seed gives the same data; ``train`` and ``test`` are independent.
        noise : float
            Normal noise on the target, as a share of its root mean square.
        split : {"train", "test"}

        Returns
        -------
        Table of shape (columns, rows), with units, and array of shape (rows,).

        Raises
        ------
        DataError
            For another split, ``rows`` below 1, or negative noise.
        """
        if split not in ("train", "test"):
            raise DataError(f"split={split!r} is not known. Use 'train' or 'test'.")
        if rows is not None and rows < 1:
            raise DataError(f"rows={rows} is not positive. Ask for at least 1 row.")
        if not noise >= 0:
            raise DataError(f"noise={noise} is negative. Give a share of the target's root mean square, such as 0.01.")
        rng = np.random.default_rng([seed, zlib.crc32(self.name.encode()), split == "test"])
        if self.sampling == "trajectory":
            columns = _trajectories(self, rng)[:, :rows]
        else:
            columns = _draw(self.train if split == "train" else self.test, rows, rng)
        table = Table(self.variables, columns, self.units)
        y = np.broadcast_to(np.asarray(self.term(table.to_dict()), dtype=float), (table.rows,)).copy()
        if noise:
            y += noise * np.sqrt(np.mean(y**2)) * rng.standard_normal(len(y))
        return table, y

    def _rows(self, axes: tuple[Axis, ...]) -> int:
        if axes[0].kind == "E":
            return int(np.prod([len(axis.grid()) for axis in axes]))
        return int(axes[0].amount)


def _draw(axes: tuple[Axis, ...], rows: int | None, rng: np.random.Generator) -> Array:
    """Values of shape (variables, rows): every grid point once, or independent uniform draws."""
    if rows is None and axes[0].kind == "E":
        mesh = np.meshgrid(*(axis.grid() for axis in axes), indexing="ij")
        return np.stack([part.ravel() for part in mesh])
    count = int(axes[0].amount) if rows is None else rows
    return np.stack([rng.uniform(axis.low, axis.high, count) for axis in axes])


def families() -> tuple[str, ...]:
    """Names of the families."""
    return tuple(_SOURCES)


@cache
def family(name: str) -> tuple[Problem, ...]:
    """All problems of a family, in the published order.

    Raises
    ------
    DataError
        If there is no family of that name.

    >>> [found.name for found in family("jin")][:2], len(family("feynman"))
    (['Jin-1', 'Jin-2'], 100)
    """
    key = name.lower()
    if key not in _SOURCES:
        raise DataError(f"there is no family '{name}'.{did_you_mean(key, _SOURCES)} There are: {', '.join(_SOURCES)}.")
    if key == "feynman":
        return tuple(_feynman(row) for row in _read("feynman"))
    if key == "strogatz":
        return tuple(_strogatz(row) for row in _read("strogatz"))
    return tuple(_plain(key, row) for row in _read(key))


def problem(name: str) -> Problem:
    """The problem called ``name``, of any family.

    Raises
    ------
    DataError
        If there is none, with the nearest name.

    >>> str(problem("Nguyen-5").term)
    'sin(x1^2) * cos(x1) - 1'
    """
    known = {found.name: found for key in _SOURCES for found in family(key)}
    if name not in known:
        raise DataError(
            f"there is no problem '{name}'.{did_you_mean(name, known)} The families are: {', '.join(_SOURCES)}."
        )
    return known[name]


def _read(name: str) -> list[dict[str, str]]:
    text = (files("induce.formulas") / "problems" / f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _plain(key: str, row: dict[str, str]) -> Problem:
    count = next(number for number in (3, 2, 1) if f"x{number}" in row["formula"])
    names = [f"x{index + 1}" for index in range(count)]
    train = _axes(row["train"], names)
    test = _axes(row["test"], names) if row["test"] else train
    return Problem(
        row["name"], key, row["formula"], "y", train, test, _OPERATORS[key], _SOURCES[key], sampling=train[0].kind
    )


def _axes(text: str, names: list[str]) -> tuple[Axis, ...]:
    """Read ``U -1 1 20`` (the same for all variables) or ``x1 U -1 1 20; x2 U 0 1 20``."""
    parts = [part.split() for part in text.split(";")]
    if len(parts) == 1 and len(parts[0]) == 4:
        parts = [[name, *parts[0]] for name in names]
    return tuple(Axis(name, kind, float(low), float(high), float(amount)) for name, kind, low, high, amount in parts)


@cache
def _feynman_units() -> Mapping[str, str]:
    return MappingProxyType({row["variable"]: row["unit"] for row in _read("feynman_units")})


def _feynman(row: dict[str, str]) -> Problem:
    parts = [part.split() for part in row["ranges"].split(";")]
    axes = tuple(Axis(name, "U", float(low), float(high), _FEYNMAN_ROWS) for name, low, high in parts)
    units = _feynman_units()
    return Problem(
        row["name"],
        "feynman",
        row["formula"],
        row["target"],
        axes,
        axes,
        _OPERATORS["feynman"],
        _SOURCES["feynman"],
        MappingProxyType({axis.variable: units[axis.variable] for axis in axes}),
        units[row["target"]],
    )


def _strogatz(row: dict[str, str]) -> Problem:
    axes = tuple(Axis(f"x{index + 1}", "U", *box(text), POINTS) for index, text in enumerate(row["starts"].split(";")))
    target = f"dx{row['name'][-1]}"
    return Problem(
        row["name"],
        "strogatz",
        row["formula"],
        target,
        axes,
        axes,
        _OPERATORS["strogatz"],
        _SOURCES["strogatz"],
        sampling="trajectory",
    )


def _trajectories(made: Problem, rng: np.random.Generator) -> Array:
    """States of the system that a Strogatz problem belongs to, of shape (2, POINTS)."""
    system = made.name[:-1]
    starts = next(row["starts"].split(";") for row in _read("strogatz") if row["name"] == made.name)
    sides = [found.term for found in family("strogatz") if found.name[:-1] == system]
    return states(system, sides, made.variables, starts, rng)
