"""ConceptClassifier: rules over concepts, their fidelity, interventions, counterfactuals, and what is refused."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks
from torch import nn

from induce.errors import DataError, FillError
from induce.explain import covers_everything
from induce.learners.rules.literals import AT_MOST, MORE
from induce.mixed import TRUTH, Column, MixedTable
from induce.rules import ConceptClassifier
from induce.rules.concept_rules import measure_concept_rules, tautologies
from induce.rules.decisions import FIRST, Decisions


@pytest.mark.filterwarnings("ignore::UserWarning")
@parametrize_with_checks([ConceptClassifier(steps=30, max_rules=3, max_literals=2)])
def test_scikit_learn_battery(estimator, check):
    check(estimator)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::UserWarning")
@parametrize_with_checks([ConceptClassifier()])
def test_scikit_learn_battery_as_shipped(estimator, check):
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
        assert fitted.fit_.fidelity.measured_on == (
            "held out: 80 rows that an equal model had not seen, though they helped to decide whether the rules take part"
        )

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

    def test_no_seed_is_seed_0(self):
        X, C, y = exclusive(60)
        first, second = (ConceptClassifier(steps=20, random_state=s).fit(X, y, concepts=C) for s in (None, 0))
        assert (first.predict_proba(X) == second.predict_proba(X)).all()

    def test_concepts_may_be_partly_labeled(self):
        X, C, y = exclusive()
        C.iloc[50:] = np.nan
        model = ConceptClassifier(steps=150, random_state=0).fit(X, y, concepts=C)
        assert ((model.predict_concepts(X) > 0.5) == (X > 0.5)).mean() > 0.9


@pytest.mark.parametrize("reasoner", ["memory", "dcr", "linear", "tree"])
def test_all_reasoners(reasoner):
    X, C, y = exclusive(250)
    model = ConceptClassifier(reasoner=reasoner, steps=150, random_state=0).fit(X, y, concepts=C)
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


def hidden_product(rows, seed=0):
    """Vectors seen by sum and difference, and whether their product is above 0: the concepts decide half of what chance leaves."""
    first, second = 2 * np.random.default_rng(seed).normal(size=(2, rows, 2))
    C = np.stack([first.sum(1) > 0, -second.sum(1) > 0], axis=1)
    return np.hstack([first + second, first - second]), C, (first * second).sum(1) > 0


@pytest.mark.parametrize("agreement", [0.0, 0.8])
def test_rules_that_explain_nothing_are_flagged_and_take_no_part(agreement):
    X, C, y = hidden_product(1500)
    model = ConceptClassifier(agreement=agreement, steps=150, random_state=0).fit(X, y, concepts=C)
    assert any("of what chance leaves (Cohen's kappa)" in line for line in model.fit_.fidelity.vacuous)
    assert model.fit_.report["weight_of_rules"] == 0
    assert not model.fit_.fidelity.notes
    assert model.fit_.fidelity.model_score > model.fit_.fidelity.rules_score + 0.1


def test_agreement_that_chance_would_give_explains_nothing():
    table = MixedTable((Column("a", TRUTH, np.zeros(100), (False, True)),))
    always = Decisions(table.head(), (), np.array([[0.95, 0.05]]), ("no", "yes"), FIRST)
    model = (np.arange(100) < 5).astype(int)
    report = measure_concept_rules(always, table, model, model, "100 rows")
    assert report.agreement == 0.95
    assert any("95% of the rows only, 0% of what chance leaves" in line for line in report.vacuous)


class TestRulesTakePart:
    def fit(self, agreement):
        rng = np.random.default_rng(0)
        X = pd.DataFrame(rng.random((400, 3)), columns=["a", "b", "c"])
        y = (X["a"] + 0.5 * X["b"] + 0.2 * rng.normal(size=400) > 0.8).to_numpy()
        model = ConceptClassifier(agreement=agreement, max_rules=3, steps=100, random_state=0).fit(X, y)
        return model, X, y

    def test_at_weight_1_they_are_the_answer(self):
        model, X, y = self.fit(1.0)
        report = model.fidelity(X, y)
        assert report.agreement == 1.0
        assert report.notes == ("the rules take part in the model's answers with the weight 1",)

    def test_between_the_answer_is_the_weighted_product(self):
        alone, X, _ = self.fit(0.0)
        both, _, _ = self.fit(0.5)
        assert both.rules_ == alone.rules_
        shares = both.fit_.decisions.probabilities(both.concept_table(X))
        product = np.sqrt(alone.predict_proba(X) * shares)
        assert np.allclose(both.predict_proba(X), product / product.sum(1, keepdims=True), atol=1e-6)

    def test_a_concept_that_is_set_is_set_for_the_rules_too(self):
        model, X, _ = self.fit(1.0)
        low = X.assign(a=0.0)
        wanted = model.fit_.predict_table(model.concept_table(low))
        assert (model.intervene(X, {"a": 0.0}) == wanted).all()


class TestRefusals:
    def refused(self, concepts, match, **how):
        X, _, y = exclusive(40)
        with pytest.raises(FillError if concepts is None else DataError, match=match):
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
        self.refused(None, r"agreement must be a number in \[0, 1\], but got 2\. 0\.8 is usual\.", agreement=2)
        self.refused(None, r"agreement must be a number in \[0, 1\], but got 'x'", agreement="x")
        self.refused(None, r"parsimony must be a number of at least 0, but got 'x'\. 0\.01 is usual", parsimony="x")
        self.refused(None, r"parsimony must be a number of at least 0, but got nan", parsimony=float("nan"))
        self.refused(None, r"rate must be a number above 0 and at most 1, but got -1\. 0\.03 is usual", rate=-1)
        self.refused(None, r"rate must be a number above 0 and at most 1, but got 1000000000\.0", rate=1e9)

    def test_learning_that_goes_astray(self):
        X, C, y = exclusive(40)
        broken = nn.Sequential(nn.Linear(2, 4))
        nn.init.constant_(broken[0].weight, np.inf)
        with pytest.raises(
            DataError, match=r"learning went astray with rate=0\.03: .* in step 0 of 5\. Try rate=0\.003\."
        ):
            ConceptClassifier(broken, steps=5).fit(X, y, concepts=C)

    @pytest.mark.parametrize(
        ("values", "match"),
        [
            (["left"], r"values must map names of concepts to values, but got list\. Pass such as \{'left': True\}\."),
            ({"left": "yes"}, r"concept 'left' is set to 'yes', but a number or truth value was expected\."),
            (
                {"left": None},
                r"concept 'left' is set to None, but a .* Pass one for all rows, or an array of shape \(3,\)",
            ),
            (
                {"left": [1, 0]},
                r"'left' is set to an array of shape \(2,\), but X has 3 rows\. Pass one value for all rows",
            ),
            ({"left": [[1], [0, 1]]}, r"concept 'left' is set to \[\[1\], \[0, 1\]\], but a number or truth value"),
            ({"left": 2}, r"concept 'left' is set to 2, but a degree lies in \[0, 1\]\. True and False serve\."),
        ],
    )
    def test_values_that_cannot_be_set(self, fitted, values, match):
        with pytest.raises(DataError, match=match):
            fitted.intervene(np.zeros((3, 2)), values)

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


def test_an_encoder_of_another_width_is_said_in_words():
    X, C, y = exclusive(60)
    with pytest.raises(DataError, match=re.escape("the encoder cannot read rows of shape (2,): mat1 and mat2 shapes")):
        ConceptClassifier(nn.Linear(3, 4), steps=2).fit(X, y, concepts=C)


def test_constant_concepts_are_warned_of_though_there_is_no_other():
    X, _, y = exclusive(60)
    with pytest.warns(UserWarning, match="concept left is constant in the data, so rules leave it out."):
        ConceptClassifier(steps=2).fit(X, y, concepts={"left": np.ones(60)})


def test_thresholds_of_a_column_are_in_order():
    """Of x > 0.3 and x <= 0.5 one always holds; x > 0.5 and x <= 0.3 leave a gap."""
    table = MixedTable.read({"x": np.linspace(0, 1, 101), "z": np.linspace(1, 0, 101)}).head()
    shares = np.array([[0.0, 1.0], [0.0, 1.0], [1.0, 0.0]])

    def covers(*rules):
        found = Decisions(table, rules, shares[3 - len(rules) - 1 :], ("a", "b"), FIRST)
        return [covers_everything(signs) for _, signs in tautologies(found)]

    assert covers(((0, MORE, 0.3),), ((0, AT_MOST, 0.5),)) == [(True, True)]
    assert covers(((0, MORE, 0.5),), ((0, AT_MOST, 0.3),)) == [(False, True)]
    assert covers(((0, MORE, 0.3),), ((1, AT_MOST, 0.5),)) == [(False, True)]
    assert covers(((0, MORE, 0.3), (0, AT_MOST, 0.5))) == [(False, True)]
    rng = np.random.default_rng(0)
    rows = MixedTable.read({"x": np.repeat(np.linspace(0, 1, 11), 11), "z": np.tile(np.linspace(0, 1, 11), 11)})
    for _ in range(200):
        atoms = [rng.choice(6, size=rng.integers(1, 3), replace=False) for _ in range(4)]
        rules = [
            tuple((int(k) // 3, int(rng.choice([AT_MOST, MORE])), (0.25, 0.45, 0.65)[k % 3]) for k in of)
            for of in atoms
        ]
        found = Decisions(rows.head(), tuple(rules), np.array([[0.0, 1.0]] * 4 + [[1.0, 0.0]]), ("a", "b"), FIRST)
        every = bool(found.fires(rows).any(axis=0).all())
        assert [covers_everything(signs) for _, signs in tautologies(found)] == [(every, True)]
