"""ConceptClassifier: rules over concepts, their fidelity, interventions, counterfactuals, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks
from torch import nn

from induce.errors import DataError
from induce.rules import ConceptClassifier

pytestmark = pytest.mark.slow  # a fit takes seconds


@pytest.mark.filterwarnings("ignore::UserWarning")
@parametrize_with_checks([ConceptClassifier()])
def test_scikit_learn_battery(estimator, check):
    check(estimator)


def test_the_battery_is_not_skipped():
    names = [check.func.__name__ for _, check in estimator_checks_generator(ConceptClassifier())]
    assert len(names) >= 50
    assert not getattr(ConceptClassifier, "_skip_test", False)


def exclusive(rows=400, seed=0):
    X = np.random.default_rng(seed).random((rows, 2))
    C = pd.DataFrame({"left": X[:, 0] > 0.5, "high": X[:, 1] > 0.5}).astype(float)
    return X, C, np.where((C["left"] == 1) ^ (C["high"] == 1), "odd", "even")


@pytest.fixture(scope="module")
def fitted():
    X, C, y = exclusive()
    return ConceptClassifier(steps=200, random_state=0).fit(X, y, concepts=C)


class TestRules:
    def test_exclusive_or_has_two_rules(self, fitted):
        assert set(fitted.rules_) == {"left is true and high is false", "left is false and high is true"}
        assert "rule(Row, 1) :- " in str(fitted.best_)

    def test_fidelity_speaks_of_the_model(self, fitted):
        X, _, y = exclusive(seed=1)
        report = fitted.fidelity(X, y)
        assert report.model_score == (fitted.predict(X) == y).mean()
        rules = fitted.fit_.predict_table(fitted.concept_table(X))
        assert report.rules_score == (rules == y).mean()
        assert report.agreement == (rules == fitted.predict(X)).mean()
        assert report.agreement >= 0.97
        assert fitted.fit_.fidelity.measured_on == "held out: 80 rows that an equal model had not seen"

    def test_exports_carry_it(self, fitted):
        assert "agreement of rules and model" in fitted.fit_.to_prolog()

    def test_a_person_sets_a_concept(self, fitted):
        x = np.array([[0.9, 0.1]])
        assert fitted.predict(x).tolist() == ["odd"]
        assert fitted.intervene(x, {"high": True}).tolist() == ["even"]
        assert fitted.intervene(x, {}).tolist() == ["odd"]

    def test_the_smallest_change(self, fitted):
        x = np.array([0.9, 0.1])
        flip = fitted.counterfactual(x, "even")
        assert len(flip) == 1
        assert fitted.intervene(x[None], flip).tolist() == ["even"]
        assert fitted.counterfactual(x, "odd") == {}

    def test_the_same_seed_gives_the_same(self, fitted):
        X, C, y = exclusive()
        again = clone(fitted).fit(X, y, concepts=C)
        assert (again.predict_proba(X) == fitted.predict_proba(X)).all()
        assert again.rules_ == fitted.rules_

    def test_concepts_may_be_partly_labeled(self):
        X, C, y = exclusive()
        C.iloc[50:] = np.nan
        model = ConceptClassifier(steps=200, random_state=0).fit(X, y, concepts=C)
        assert ((model.predict_concepts(X) > 0.5) == (X > 0.5)).mean() > 0.9


@pytest.mark.parametrize("reasoner", ["dcr", "linear", "tree"])
def test_other_reasoners(reasoner):
    X, C, y = exclusive()
    model = ConceptClassifier(reasoner=reasoner, steps=200, random_state=0).fit(X, y, concepts=C)
    assert (model.predict(X) == y).mean() > 0.9
    assert len(model.rules_) == 2
    if reasoner == "dcr":
        assert len(model.local_rules(X)) == len(X)
    else:
        with pytest.raises(DataError, match=r"a rule of each row is written by reasoner='dcr' only"):
            model.local_rules(X)


def test_columns_are_the_concepts_of_a_plain_table():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"arch": rng.exponential(size=300), "column": rng.exponential(size=300)})
    y = (X["arch"] > 1.0).to_numpy()
    model = ConceptClassifier(steps=150, random_state=0).fit(X, y)
    assert model.concept_names_ == ("arch", "column")
    assert any(rule.startswith("arch > ") for rule in model.rules_)
    assert model.intervene(X.iloc[:1], {"arch": 5.0}).tolist() == [True]


def test_an_encoder_reads_pictures():
    rng = np.random.default_rng(0)
    X = rng.random((120, 1, 4, 4)).astype(np.float32)
    C = np.stack([X[:, 0, :2].mean((1, 2)) > 0.5, X[:, 0, 2:].mean((1, 2)) > 0.5], axis=1)
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(16, 8), nn.ReLU())
    before = encoder[1].weight.clone()
    model = ConceptClassifier(encoder, steps=100, random_state=0).fit(X, C.all(1), concepts=C)
    assert model.predict(X).shape == (120,)
    assert torch.equal(before, encoder[1].weight)
    with pytest.raises(DataError, match=r"floating-point numbers, but X holds uint8 from 0 to 255"):
        model.predict(np.array([[[[0, 255, 0, 0]] * 4]], dtype=np.uint8))
    with pytest.raises(DataError, match=r"the channels come last"):
        model.predict(np.zeros((2, 4, 4, 1), dtype=np.float32))
    with pytest.raises(DataError, match=r"neither labels of them nor their number was given"):
        ConceptClassifier(encoder).fit(X, C.all(1))


def test_rules_that_explain_nothing_are_flagged():
    rng = np.random.default_rng(0)
    first, second = 2 * rng.normal(size=(2, 1500, 2))
    X = np.hstack([first + second, first - second])
    C = np.stack([first.sum(1) > 0, -second.sum(1) > 0], axis=1)
    model = ConceptClassifier(steps=150, agreement=0.0, random_state=0).fit(X, (first * second).sum(1) > 0, concepts=C)
    assert model.fit_.fidelity.vacuous


class TestRefusals:
    def refused(self, concepts, match, **how):
        X, _, y = exclusive(40)
        with pytest.raises(DataError, match=match):
            ConceptClassifier(**how).fit(X, y, concepts=concepts)

    def test_degrees_outside_of_0_and_1(self):
        C = np.zeros((40, 2))
        C[3, 1] = 2
        self.refused(C, r"concept 'c1' is 2 in row 3, but a degree lies in \[0, 1\]\. Scale it")
        C[3, 1] = -1
        self.refused(
            C, r"concept 'c1' is -1 in row 3, .* An unlabeled concept is NaN, not -1: write C\.replace\(-1, np\.nan\)"
        )

    def test_names(self):
        self.refused(pd.DataFrame(np.eye(40)[:, :2], columns=["a", "a"]), r"'a'")
        self.refused(pd.DataFrame(np.eye(40)[:, :2], columns=["7", "a"]), r"the concept name '7' has no letter")

    def test_shapes(self):
        self.refused(np.zeros((39, 2)), r"concepts have 39 rows, but X has 40")
        self.refused(np.zeros(40), r"concepts must have shape \(rows, concepts\), but they have shape \(40,\)")

    def test_settings(self):
        self.refused(None, r"unknown reasoner 'memry'\. Did you mean 'memory'\?", reasoner="memry")
        self.refused(None, r"agreement must lie in \[0, 1\], but it is 2", agreement=2)

    def test_a_constant_concept_is_left_out(self):
        X, C, y = exclusive(60)
        with pytest.warns(UserWarning, match=r"concept round is constant in the data, so rules leave it out"):
            model = ConceptClassifier(steps=20).fit(X, y, concepts=C.assign(round=1.0))
        assert "round" not in " ".join(model.rules_)

    def test_unknown_names(self, fitted):
        with pytest.raises(DataError, match=r"there is no concept 'hihg'\. Did you mean 'high'\?"):
            fitted.intervene(np.zeros((1, 2)), {"hihg": 1})
        with pytest.raises(DataError, match=r"there is no class 'none'"):
            fitted.counterfactual(np.zeros(2), "none")
