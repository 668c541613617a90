"""Conjunctions by gradient: planted ones are found, limits hold, and the same seed gives the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from induce.errors import FillError, RuleError
from induce.learners.boolean.truth import pack
from induce.learners.rules.conjunctions import Ground
from induce.learners.rules.gradient import relaxed_conjunctions
from induce.learners.rules.losses import Logistic, Softmax, Squared
from induce.rules import RuleClassifier, RuleRegressor


def planted(rows=400, literals=40, seed=0):
    truth = np.random.default_rng(seed).random((literals, rows)) < 0.5
    return truth, (truth[3] & truth[7]) | (truth[11] & truth[20] & truth[30])


def ground(truth, **how):
    how = {"allowed": np.ones(len(truth), dtype=bool), **how}
    return Ground(pack(truth), truth.shape[1], **how)


def test_planted_conjunctions_are_among_the_candidates():
    truth, y = planted()
    found = relaxed_conjunctions(ground(truth), Logistic(y, np.ones(len(y))), most=4, longest=4)
    assert (3, 7) in found
    assert (11, 20, 30) in found
    assert len(set(found)) == len(found)


def test_limits_hold():
    truth, y = planted()
    allowed = np.ones(len(truth), dtype=bool)
    allowed[3] = False
    loss = Logistic(y, np.ones(len(y)))
    found = relaxed_conjunctions(ground(truth, allowed=allowed, always=(5,)), loss, most=4, longest=3, steps=60)
    assert found
    assert all(5 in rule and 3 not in rule and len(rule) <= 3 for rule in found)
    assert relaxed_conjunctions(ground(truth, always=(5,)), loss, most=4, longest=1) == [(5,)]
    ended = relaxed_conjunctions(ground(truth), loss, most=4, longest=3, tick=lambda: False)
    assert ended == relaxed_conjunctions(ground(truth), loss, most=4, longest=3, tick=lambda: False)


@pytest.mark.parametrize("kind", ["two", "three", "number"])
def test_drawn_rows_have_the_slopes_of_their_own(kind):
    rng = np.random.default_rng(0)
    weight = rng.random(20) + 0.5
    loss = {
        "two": lambda: Logistic(rng.random(20) < 0.5, weight),
        "three": lambda: Softmax(rng.integers(0, 3, 20), 3, weight),
        "number": lambda: Squared(rng.normal(size=20), weight),
    }[kind]()
    rows = rng.integers(0, 20, 50)
    scores = rng.normal(size=(20, loss.outputs))
    whole, some = loss.slopes(scores)[0], loss.take(rows).slopes(scores[rows])[0]
    assert np.allclose(some * weight.mean(), whole[rows])


class TestEstimators:
    def test_a_planted_rule(self):
        rng = np.random.default_rng(1)
        X = pd.DataFrame({"age": rng.integers(18, 80, 500), "smoker": rng.random(500) < 0.4, "noise": rng.random(500)})
        y = (X["age"] > 50) & X["smoker"]
        model = RuleClassifier(3, 2, thresholds=8, by="gradient", random_state=0).fit(X, y)
        assert (model.predict(X) == y).mean() > 0.95
        assert model.rules_ == RuleClassifier(3, 2, thresholds=8, by="gradient", random_state=0).fit(X, y).rules_
        assert all(rule.count(" and ") < 2 for rule in model.rules_)
        number = RuleRegressor(3, 2, thresholds=8, by="gradient").fit(X, 10.0 * y)
        assert number.score(X, 10.0 * y) > 0.8

    def test_what_it_does_not_do(self):
        X, y = {"a": [1.0, 2.0, 3.0, 4.0]}, [0, 0, 1, 1]
        with pytest.raises(FillError, match=r"by='gradient' learns votes, but decide='first'"):
            RuleClassifier(by="gradient", decide="first").fit(X, y)
        with pytest.raises(RuleError, match=r"by='gradient' knows no monotone columns"):
            RuleClassifier(by="gradient", subject_to={"monotone": {"a": 1}}).fit(X, y)
        with pytest.raises(FillError, match=r"unknown way to search 'exact'\. Known: auto, gradient, recurring"):
            RuleRegressor(by="exact").fit(X, [1.0, 2.0, 3.0, 4.0])
