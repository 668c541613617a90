"""Conjunctions that recur: planted ones come first, limits hold, twins are one, rows without weight have no say, and other rows give the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_wine

from induce.errors import FillError, RuleError
from induce.learners.boolean.truth import pack
from induce.learners.rules.conjunctions import Ground
from induce.learners.rules.losses import Logistic, Softmax, Squared
from induce.learners.rules.recurring import recurring_conjunctions
from induce.rules import RuleClassifier, RuleRegressor


def ground(truth, **how):
    how = {"allowed": np.ones(len(truth), dtype=bool), **how}
    return Ground(pack(truth), truth.shape[1], **how)


def planted(rows=600, seed=0):
    """Twenty literals, of which 3 and 7 together decide; literal 10 + k is the opposite of k."""
    truth = np.random.default_rng(seed).random((10, rows)) < 0.5
    opposite = np.concatenate([np.full(10, -1), np.arange(10)])
    return np.concatenate([truth, ~truth]), opposite, truth[3] & truth[7]


def found_in(truth, opposite, loss, weight=None, **how):
    how = {"most": 4, "longest": 3, "trees": 200, **how}
    weight = np.ones(truth.shape[1]) if weight is None else weight
    columns = np.arange(len(truth)) % 10
    return recurring_conjunctions(ground(truth, opposite=opposite), loss, weight, columns, **how)


@pytest.mark.parametrize("kind", ["two", "three", "number"])
def test_a_planted_conjunction_is_among_the_first(kind):
    truth, opposite, y = planted()
    ones = np.ones(len(y))
    loss = {
        "two": lambda: Logistic(y, ones),
        "three": lambda: Softmax(y + truth[5].astype(np.int64), 3, ones),
        "number": lambda: Squared(3.0 * y, ones),
    }[kind]()
    found = found_in(truth, opposite, loss)
    assert (3, 7) in (found if kind == "three" else found[:4])
    assert len(found) <= 12


def test_limits_hold():
    truth, opposite, y = planted()
    loss, ones = Logistic(y, np.ones(len(y))), np.ones(len(y))
    allowed = np.ones(len(truth), dtype=bool)
    allowed[[3, 13]] = False
    held = ground(truth, opposite=opposite, allowed=allowed, always=(5,))
    found = recurring_conjunctions(held, loss, ones, np.arange(20) % 10, most=4, longest=3, trees=100)
    assert all(5 in rule and not {3, 13} & set(rule) and len(rule) <= 3 for rule in found)
    assert any(len(rule) == 3 for rule in found)
    assert all(len(rule) == 1 for rule in found_in(truth, opposite, loss, longest=1))
    assert all(len(rule) <= 2 for rule in found_in(truth, opposite, loss, longest=4))
    assert recurring_conjunctions(held, loss, ones, np.arange(20) % 10, most=4, longest=1) == [(5,)]
    assert found_in(truth, opposite, loss, tick=lambda: False) == []
    assert found_in(truth, opposite, Logistic(np.zeros(600, dtype=bool), ones)) == []  # nothing to gain


def test_the_other_side_of_a_literal_without_an_opposite_is_no_rule():
    truth, _, y = planted()
    found = recurring_conjunctions(
        ground(truth[:10]), Logistic(~y, np.ones(len(y))), np.ones(len(y)), np.arange(10), most=4, longest=2
    )
    assert found
    assert all(0 <= k < 10 for rule in found for k in rule)


def test_of_rules_on_the_same_rows_one_stays():
    truth, opposite, y = planted()
    truth[4], truth[14] = truth[3], truth[13]
    found = found_in(truth, opposite, Logistic(y, np.ones(len(y))))
    assert sum(rule in found for rule in ((3,), (4,), (13,), (14,))) == 1
    assert sum(rule in found for rule in ((3, 7), (4, 7), (3, 4, 7))) == 1


def test_rows_without_weight_have_no_say():
    truth, opposite, y = planted(200)
    weight = np.where(truth[5], 60.0, 0.0)
    inside = np.flatnonzero(truth[5])
    loss = Logistic(y | ~truth[5], np.where(truth[5], 60.0, 0.0))
    assert (3, 7) in found_in(truth, opposite, loss, weight)
    firmly = found_in(truth[:, inside], opposite, Logistic(y[inside], weight[inside]), weight[inside])
    assert (3, 7) in firmly


class TestEstimators:
    def test_a_planted_rule(self):
        rng = np.random.default_rng(1)
        X = pd.DataFrame(
            {
                "age": rng.integers(18, 80, 500),
                "smoker": (rng.random(500) < 0.4).astype(object),
                "noise": rng.random(500),
            }
        )
        X.loc[::9, "smoker"] = None
        y = (X["age"] > 50) & (X["smoker"] == True)  # noqa: E712 - it may be missing
        model = RuleClassifier(3, 4, thresholds=8, by="recurring", random_state=0).fit(X, y)
        assert (model.predict(X) == y).mean() > 0.95
        assert model.rules_ == RuleClassifier(3, 4, thresholds=8, by="recurring", random_state=0).fit(X, y).rules_
        assert all(rule.count(" and ") < 2 for rule in model.rules_)
        number = RuleRegressor(3, 2, thresholds=8, by="recurring").fit(X, 10.0 * y)
        assert number.score(X, 10.0 * y) > 0.8

    def test_other_rows_give_the_same_rules_more_often(self):
        share = {}
        for by in ("auto", "recurring"):
            found = []
            for load in (load_breast_cancer, load_wine):
                X, y = load(as_frame=True, return_X_y=True)
                for seed in range(2):
                    model = RuleClassifier(6, 3, thresholds=8, by=by, random_state=seed).fit(X, y)
                    found.append(np.mean(list(model.stability(X, y, folds=4).values())) / 4)
            share[by] = np.mean(found)
        assert share["recurring"] > share["auto"] + 0.1

    def test_every_column_that_tells_something_has_a_rule(self):
        X = np.random.default_rng(0).normal(size=(1000, 5))
        y = 3.0 * (X[:, 0] > 0) + 2.0 * (X[:, 1] > 0) + 1.0 * (X[:, 2] > 0)
        model = RuleRegressor(by="recurring", random_state=0).fit(X, y)
        assert all(any(rule.startswith(f"x{k} ") for rule in model.rules_) for k in range(3))
        assert model.score(X, y) > 0.9

    def test_required_conditions_are_in_every_rule_and_no_two_rules_are_opposites_within_them(self):
        rng = np.random.default_rng(0)
        X = pd.DataFrame(
            {"flag": rng.random(600) < 0.5, "a": rng.normal(size=600), "city": rng.choice(list("xy"), 600)}
        )
        y = X["flag"] & ((X["a"] > 0) | (X["city"] == "x"))
        model = RuleClassifier(by="recurring", subject_to={"required": ["flag is true"]}, random_state=0).fit(X, y)
        assert all("flag is true" in rule for rule in model.rules_)
        assert (model.predict(X) == y).mean() > 0.95
        assert not {"city is x and flag is true", "city is y and flag is true"} <= set(model.rules_)

    def test_what_it_does_not_do(self):
        X, y = {"a": [1.0, 2.0, 3.0, 4.0]}, [0, 0, 1, 1]
        with pytest.raises(FillError, match=r"by='recurring' learns votes, but decide='first'"):
            RuleClassifier(by="recurring", decide="first").fit(X, y)
        with pytest.raises(RuleError, match=r"by='recurring' knows no monotone columns"):
            RuleClassifier(by="recurring", subject_to={"monotone": {"a": 1}}).fit(X, y)
