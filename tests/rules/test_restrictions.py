"""What is asked for beforehand is kept, or refused in words."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from induce.errors import RuleError
from induce.rules import RuleClassifier, RuleRegressor


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"x": rng.normal(size=300), "k": rng.choice(["a", "b", "c"], 300)})
    return X, np.where((X["x"] > 0) | (X["k"] == "a"), "yes", "no")


@pytest.mark.parametrize("learner", [RuleClassifier, RuleRegressor])
def test_a_kept_rule_stays_although_its_column_may_only_fall(data, learner):
    X, y = data
    restrictions = {"monotone": {"x": -1}, "keep": ["x > 0"]}
    model = learner(3, 2, subject_to=restrictions, random_state=0)
    model.fit(X, y if learner is RuleClassifier else X["x"])
    assert model.rules_[0] == "x > 0"
    decisions = model.fit_.decisions
    assert not decisions.points[0].any()
    if learner is RuleClassifier:
        assert any("rule 1 (x > 0)" in text for text in model.fit_.fidelity.vacuous)


def test_many_rows_keep_directions():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"x": rng.normal(size=25_000), "z": rng.normal(size=25_000)})
    y = np.where(X["x"] + 0.3 * X["z"] + rng.normal(size=len(X)) > 0, "yes", "no")
    model = RuleClassifier(6, 2, subject_to={"monotone": {"x": 1, "z": -1}}, random_state=0).fit(X, y)
    line = pd.DataFrame({"x": np.zeros(200), "z": np.linspace(-4, 4, 200)})
    probability = model.predict_proba(line)[:, list(model.classes_).index("yes")]
    assert (np.diff(probability) <= 1e-12).all()


@pytest.mark.parametrize(
    ("restrictions", "words"),
    [
        (
            {"required": ["x > 0", "x <= 0"]},
            "['x > 0', 'x <= 0'] hold together on none of the 300 rows. Leave one out.",
        ),
        ({"required": ["k is a", "k is b"]}, "hold together on none of the 300 rows"),
        ({"required": ["x > 100"]}, "the required conditions ['x > 100'] hold together on none"),
        (
            {"forbidden": ["x"], "keep": ["x > 0"]},
            "the rule 'x > 0' is kept, but 'x' is forbidden. Take one of the two out.",
        ),
        (
            {"monotone": {"x": 1}, "keep": ["x > 0 and x <= 2"]},
            "the kept rule 'x > 0 and x <= 2' bounds monotone columns",
        ),
    ],
)
def test_restrictions_that_contradict_one_another(data, restrictions, words):
    with pytest.raises(RuleError, match=re.escape(words)):
        RuleClassifier(subject_to=restrictions).fit(*data)
