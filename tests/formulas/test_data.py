"""The shipped tables: the numbers, and that the published law fits them as published."""

from __future__ import annotations

import re

import numpy as np
import pytest
import sympy

from induce.errors import DataError
from induce.formulas.data import load, names
from induce.reading import shipped_names


def values(text: str, columns: dict[str, np.ndarray]) -> np.ndarray:
    symbols = [sympy.Symbol(name) for name in columns]
    formula = sympy.parse_expr(text.replace("^", "**"), local_dict=dict(zip(columns, symbols, strict=True)))
    return sympy.lambdify(symbols, formula, "numpy")(*columns.values())


def test_every_table_in_the_folder_has_a_description():
    assert set(names()) == set(shipped_names())


@pytest.mark.parametrize("name", names())
def test_the_published_law_has_the_published_residual(name):
    dataset = load(name)
    error = dataset.y - values(dataset.law, dataset.X.to_dict())
    assert np.sum(error**2) == pytest.approx(dataset.residual, rel=2e-5 if "NIST" not in dataset.licence else 1e-9)
    assert all([dataset.description, dataset.source, dataset.licence])
    assert set(dataset.units) <= set(dataset.table.names)


def test_kepler_holds_for_every_planet_and_moon():
    planets = load("planets")
    error = planets.X["semi_major_axis"] ** 1.5 / planets.y - 1
    assert np.abs(error).max() < 7e-4
    slope = np.polyfit(np.log(planets.X["semi_major_axis"]), np.log(planets.y), 1)[0]
    assert slope == pytest.approx(1.5, abs=2e-4)
    assert planets.table.labels["name"][2] == "Earth"
    moons = load("moons")
    assert np.abs(values(moons.law, moons.X.to_dict()) / moons.y - 1).max() < 5e-3


def test_rows_and_frame():
    assert {name: load(name).table.rows for name in names()} == {
        "planets": 11, "moons": 20, "galileo": 8, "boyle": 25, "hubble": 24, "misra1a": 14, "chwirut2": 54, "hahn1": 236, "thurber": 37,
    }  # fmt: skip
    assert list(load("hubble").frame.columns) == ["nebula", "distance", "velocity"]
    assert load("hubble").units == {"distance": "Mpc", "velocity": "km/s"}


def test_a_misspelt_name():
    with pytest.raises(DataError, match=re.escape("there is no shipped table 'hubbel'. Did you mean 'hubble'?")):
        load("hubbel")
