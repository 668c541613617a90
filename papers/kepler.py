"""Kepler's third law from the orbits of eleven bodies, eccentricities, masses and radii given as distractions."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from induce.formulas import FormulaRegressor, load
from induce.formulas.recovery import recovered
from induce.numbers import numbers_of
from induce.papers import Check

TITLE = "J. Kepler (1619), Harmonices Mundi, book V: the harmonic law"
CLAIM = "The square of the period of a planet is proportional to the cube of its mean distance from the sun."
LAW = "semi_major_axis^1.5"


@dataclass(frozen=True)
class Found:
    """The formula of the front that is the law, its place, and the exponent with its error when it is freed."""

    formula: str
    chosen: str
    exponent: float
    error: float


def search(seconds: str) -> Found:
    planets = load("planets")
    model = FormulaRegressor(units=planets.units, within=seconds, random_state=0)
    model.fit(planets.X, pd.Series(planets.y, name=planets.target))
    ranges = {name: (float(column.min()), float(column.max())) for name, column in planets.X.to_dict().items()}
    for place, row in enumerate(model.fit_.rows):
        if recovered(row.term, LAW, ranges):
            freed = numbers_of(model.fit_.select(row=place), planets.X, planets.y)
            exponent = next(n for n in freed if n.label == "exponent of semi_major_axis")
            return Found(row.text(), model.fit_.row.text(), exponent.estimate, exponent.error)
    return Found("none", model.fit_.row.text(), math.nan, math.nan)


def small() -> Found:
    return search("3s")


def full() -> Found:
    return search("60s")


def check(result: Found) -> Check:
    holds = abs(result.exponent - 1.5) < 0.005 and result.error < 0.005
    figure = f"{result.formula}, exponent {result.exponent:.5f} +- {result.error:.5f} (chosen: {result.chosen})"
    return Check(figure, "the law is on the front, its exponent 1.500 +- 0.005", holds)
