from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from induce.errors import DataError, FillError
from induce.formulas import FormulaRegressor
from induce.formulas.stability import _charge

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


def test_rows_without_weight_have_no_say():
    target = 2.0 * np.sin(X["x"]) * X["y"] + RNG.normal(0, 0.01, 120)
    spoiled, weights = target.copy(), np.ones(120)
    spoiled[::2] = 3.0 * X["x"][::2] + RNG.normal(0, 0.01, 60)
    weights[::2] = 0.0
    model = FormulaRegressor("+ - * / sin", within="3e4 candidates", random_state=0).fit(X, spoiled, weights)
    share = model.stability(X, spoiled, weights, times=30).terms.get("sin(x)", 0.0)
    assert share > 0.95
    assert model.stability(X, spoiled, times=30).rows != model.stability(X, spoiled, weights, times=30).rows


def test_a_weight_of_two_is_a_row_twice_in_every_draw():
    model, target = fitted(0.3)
    once = model.stability(X, target, times=20)
    assert model.stability(X, target, np.full(120, 2.0), times=20) == once


def test_the_charges_are_those_of_the_fit():
    target = 2.0 * np.sin(X["x"]) * X["y"] + RNG.normal(0, 0.3, 120)
    settings = {"within": "2e4 candidates", "max_size": 12, "random_state": 0}
    loose = FormulaRegressor("+ - * / sin", noise=30.0, **settings).fit(X, target)
    # noise as large as the target leaves nothing to explain, in the fit as in every draw
    assert loose.fit_.chosen == 0
    assert loose.stability(X, target, times=20).rows[0] == pytest.approx(1.0)


def test_bad_weights_are_named():
    model, target = fitted(0.05)
    with pytest.raises(DataError, match="sample_weight has 1 negative value"):
        model.stability(X, target, [-1.0, *[1.0] * 119])


def test_a_bad_number_of_draws_is_explained():
    model, target = fitted(0.05)
    with pytest.raises(FillError, match="times must be a whole number of at least 1, but got 0"):
        model.stability(X, target, times=0)


def test_a_charge_is_that_of_the_fit_with_and_without_a_description_length():
    model, _ = fitted(0.05)
    fit, row = model.fit_, model.fit_.row
    assert fit.report["alphabet"] != len(fit.names) + 9
    evidence, floor = fit.report["rows"], 1e-30
    bare = replace(row, description_length=math.nan)
    assert _charge(fit, bare, evidence, len(fit.names), floor) == pytest.approx(
        _charge(fit, row, evidence, len(fit.names), floor)
    )
