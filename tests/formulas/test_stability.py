from __future__ import annotations

import numpy as np
import pytest

from induce.errors import FillError
from induce.formulas import FormulaRegressor

RNG = np.random.default_rng(0)
X = {"x": RNG.uniform(0.5, 3, 120), "y": RNG.uniform(0.5, 3, 120)}


def fitted(noise):
    target = 2.0 * np.sin(X["x"]) * X["y"] + RNG.normal(0, noise, 120)
    return FormulaRegressor("+ - * / sin", within="3e4 candidates", random_state=0).fit(X, target), target


def test_a_law_that_the_data_show_is_chosen_every_time():
    model, target = fitted(0.01)
    found = model.stability(X, target, times=30)
    assert sum(found.rows) == pytest.approx(1.0)
    assert found.terms["sin(x)"] > 0.95
    assert next(iter(found.terms.values())) == max(found.terms.values())
    assert "sin(x)" in str(found)
    assert found == model.stability(X, target, times=30)


def test_shares_of_noise_are_spread():
    model, _ = fitted(0.01)
    found = model.stability(X, RNG.normal(size=120), times=30)
    assert max(found.rows[1:], default=0.0) < 1.0


def test_a_bad_number_of_draws_is_explained():
    model, target = fitted(0.05)
    with pytest.raises(FillError, match="times must be a whole number of at least 1, but got 0"):
        model.stability(X, target, times=0)
