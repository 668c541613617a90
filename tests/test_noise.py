from __future__ import annotations

import math

import numpy as np
import pytest

from induce.fill import fill
from induce.formulas.families import family
from induce.noise import Noise, chance, neighbour_noise
from induce.terms import arithmetic

RNG = np.random.default_rng(4)
X = {"x": RNG.uniform(0.0, 3.0, 300), "z": RNG.uniform(0.0, 3.0, 300)}
CLEAN = 2.3 * np.sin(X["x"]) * X["z"]
NOISY = CLEAN + RNG.normal(0.0, 0.1, 300)
COLUMNS = np.array(list(X.values()))


def test_neighbours_tell_the_noise_without_a_formula():
    assert neighbour_noise(COLUMNS, NOISY) == pytest.approx(0.1, rel=0.2)
    assert neighbour_noise(COLUMNS * [[1e6], [1e-3]], NOISY) == pytest.approx(neighbour_noise(COLUMNS, NOISY))
    assert neighbour_noise(COLUMNS, 1e4 * NOISY) == pytest.approx(1e4 * neighbour_noise(COLUMNS, NOISY))


def test_repeated_rows_and_constant_columns_do_no_harm():
    grid = np.repeat(np.linspace(0.0, 1.0, 60), 5)
    target = grid**2 + RNG.normal(0.0, 0.05, 300)
    assert neighbour_noise(np.array([grid, np.ones(300)]), target) == pytest.approx(0.05, rel=0.2)


def test_weights_say_which_rows_count():
    rough = CLEAN + RNG.normal(0.0, 1.0, 300) * np.where(X["x"] > 1.5, 0.4, 0.02)
    weights = (X["x"] > 1.6).astype(float)
    assert neighbour_noise(COLUMNS, rough, weights) == pytest.approx(0.4, rel=0.2)
    assert neighbour_noise(COLUMNS, rough, 1.0 - weights) < 0.2


@pytest.mark.parametrize(
    ("columns", "target"),
    [
        (COLUMNS, CLEAN),  # no noise: what the planes miss is bending
        (COLUMNS, 2.0 * X["x"] + X["z"]),  # nothing is missed at all
        (COLUMNS[:, :40], NOISY[:40]),  # too few rows
        (RNG.normal(size=(9, 300)), NOISY),  # too many columns
        (np.ones((1, 300)), NOISY),  # no column that moves
    ],
)
def test_where_the_rows_cannot_say_nothing_is_said(columns, target):
    assert neighbour_noise(columns, target) is None


@pytest.mark.parametrize("share", [0.01, 0.1])
def test_the_true_formula_is_never_said_to_miss_something(share):
    told = 0
    for asked in (*family("nguyen"), *family("jin"), *family("keijzer")):
        columns, clean = asked.sample(200, seed=1)
        spread = share * float(np.std(clean))
        target = clean + np.random.default_rng(3).normal(0.0, spread, len(clean))
        apart = neighbour_noise(columns.values, target)
        left = float(np.sqrt(np.mean((target - clean) ** 2)))
        told += apart is not None and apart < 1.5 * left
        assert not Noise(left, None, apart, 200).misses, asked.name
    assert told >= 10


def test_a_formula_that_misses_something_says_so():
    poor = fill(arithmetic.parse("?k * z"), (X, NOISY))
    assert poor.report["noise"] == pytest.approx(math.sqrt(poor.row.loss * 300 / 299))
    assert poor.report["noise_neighbours"] == pytest.approx(0.1, rel=0.2)
    assert poor.noise.misses
    said = f"Residual {poor.noise.residual:.3g}, noise by neighbouring rows {poor.noise.neighbours:.3g}: the formula misses something."
    assert said in poor.why()
    assert said in poor._repr_html_()
    good = fill(arithmetic.parse("?k * sin(x) * z"), (X, NOISY))
    assert not good.noise.misses
    assert "misses" not in str(good)
    shown = (
        f"{good.noise.residual:.3g} by what the chosen formula leaves over, {good.noise.neighbours:.3g} by neighbouring"
    )
    assert f"Noise (standard deviation): {shown} rows." in str(good)
    assert shown in good._repr_html_()


def test_neighbours_that_a_formula_refutes_are_not_shown():
    fast = np.sin(200.0 * X["x"]) + RNG.normal(0.0, 0.01, 300)
    assert neighbour_noise(COLUMNS, fast) > 0.3
    found = fill(arithmetic.parse("?k * sin(200 * x)"), (X, fast))
    assert "noise_neighbours" not in found.report
    assert "neighbouring" not in str(found)


def test_an_exact_formula_shows_no_noise():
    found = fill(arithmetic.parse("?k * sin(x) * z"), (X, CLEAN))
    assert "Noise (standard deviation): none to be seen, as the chosen formula meets every row to rounding." in str(
        found
    )
    assert not found.noise.misses


def test_as_many_constants_as_rows_leave_nothing_to_estimate():
    found = fill(arithmetic.parse("?a * x + ?b"), ({"x": [1.0, 2.512345]}, [1.0, math.pi]))
    assert found.noise is None
    assert "Noise" not in str(found)


def test_another_row_has_its_own_residual():
    from induce.formulas import FormulaRegressor

    model = FormulaRegressor("* sin", within="2e4 candidates", max_size=6, random_state=0).fit(X, NOISY)
    other = model.fit_.select(size=1)
    assert other.report["noise"] == other.noise.residual > 3 * model.fit_.report["noise"]


@pytest.mark.parametrize(("given", "misses"), [(0.1, False), (0.02, True), (0.5, False)])
def test_noise_that_is_given_is_what_counts(given, misses):
    from induce.formulas import FormulaRegressor

    model = FormulaRegressor("+ - * sin", noise=given, within="2e4 candidates", max_size=8, random_state=0)
    found = model.fit(X, NOISY, None).fit_
    assert found.report["noise"] == found.report["noise_given"] == given
    assert f"{given:g} as given" in str(found)
    assert found.noise.misses is misses
    assert (f"but the noise was given as {given:g}: the formula misses something" in found.why()) is misses


def test_chance_grows_where_rows_are_few():
    assert chance(20) > chance(200) > chance(1000) == chance(10**6)


@pytest.mark.parametrize(("given", "written"), [(0.5, "2 * x"), (None, "2.004 * x")])
def test_a_constant_is_rounded_within_the_noise_that_is_given(given, written):
    from induce.formulas import FormulaRegressor

    x = np.linspace(1.0, 3.0, 100)
    target = 2.004 * x + np.random.default_rng(0).normal(0.0, 1e-4, 100)
    model = FormulaRegressor("*", noise=given, max_size=3, within="1e4 candidates", random_state=0).fit(
        {"x": x}, target
    )
    assert model.fit_.row.text() == written


def test_a_large_table_with_few_rows_that_count_is_no_error():
    columns = np.linspace(0.0, 3.0, 30_000)[None]
    weights = np.zeros(30_000)
    weights[:15] = 1.0
    target = np.sin(columns[0]) + RNG.normal(0.0, 0.1, 30_000)
    assert neighbour_noise(columns, target, weights) is None
