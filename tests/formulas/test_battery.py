"""scikit-learn's own battery on the default estimator, no check left out."""

from __future__ import annotations

import time

import pytest
from sklearn.utils.estimator_checks import check_estimator, estimator_checks_generator, parametrize_with_checks

from induce.formulas import FormulaRegressor


@parametrize_with_checks([FormulaRegressor()])
def test_scikit_learn_battery(estimator, check):
    check(estimator)


def test_battery_is_not_skipped():
    """The battery yields as many checks for us as for a plain single-output regressor with sample weights."""
    names = [check.func.__name__ for _, check in estimator_checks_generator(FormulaRegressor())]
    assert len(names) >= 59
    assert "check_sample_weight_equivalence_on_dense_data" in names
    assert not getattr(FormulaRegressor, "_skip_test", False)


@pytest.mark.slow
def test_battery_cost():
    began = time.process_time()
    results = check_estimator(FormulaRegressor(), on_fail=None, on_skip=None)
    spent = time.process_time() - began
    failed = [r["check_name"] for r in results if r["status"] == "failed"]
    passed = [r for r in results if r["status"] == "passed"]
    assert failed == []
    assert len(passed) >= 58
    assert spent < 200, f"{spent:.0f} CPU s"
