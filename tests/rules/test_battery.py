"""scikit-learn's own battery on the estimators of tables, no check left out."""

from __future__ import annotations

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

from induce.rules import (
    ConceptIdentifier,
    NearestSupportClassifier,
    PartClassifier,
    RuleClassifier,
    RuleRegressor,
    SymbolClassifier,
)


@pytest.mark.filterwarnings("ignore::UserWarning")
@parametrize_with_checks([RuleClassifier(), RuleRegressor(), ConceptIdentifier(1, steps=20)])
def test_scikit_learn_battery(estimator, check):
    check(estimator)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::UserWarning")
@parametrize_with_checks(
    [
        RuleClassifier(decide="first"),
        RuleRegressor(decide="first"),
        PartClassifier(steps=100),
        NearestSupportClassifier(steps=100),
        SymbolClassifier(codes=16, epochs=60, batch_size=32),
    ]
)
def test_scikit_learn_battery_of_the_others(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    "estimator", [RuleClassifier(), RuleRegressor(), PartClassifier(), NearestSupportClassifier(), SymbolClassifier()]
)
def test_the_battery_is_not_skipped(estimator):
    names = [check.func.__name__ for _, check in estimator_checks_generator(estimator)]
    assert len(names) >= (57 if "Rule" in type(estimator).__name__ else 50)
    assert not getattr(type(estimator), "_skip_test", False)
