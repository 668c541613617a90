"""scikit-learn's own battery on the classifiers of this room, no check left out."""

from __future__ import annotations

from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

from induce.rules import PartClassifier


@parametrize_with_checks([PartClassifier(steps=100)])
def test_scikit_learn_battery(estimator, check):
    check(estimator)


def test_battery_is_not_skipped():
    names = [check.func.__name__ for _, check in estimator_checks_generator(PartClassifier())]
    assert len(names) >= 50
    assert not getattr(PartClassifier, "_skip_test", False)
