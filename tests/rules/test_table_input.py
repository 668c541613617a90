"""What RuleClassifier and RuleRegressor refuse, in words, and tables and rules that they read once."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from induce.errors import DataError, FillError, InduceError, RuleError, UnitError
from induce.rules import RelatedTables, Restrictions, RuleClassifier, RuleRegressor

A = np.linspace(-1, 1, 60)
X = {"a": A, "b": np.cos(40 * A)}
Y = np.where(A > 0.2, "p", "q")
SMALL = {"max_rules": 3, "max_literals": 2, "thresholds": 5, "random_state": 0}


def refused(message, call, error=InduceError):
    with pytest.raises(error) as caught:
        call()
    assert message in str(caught.value)


# -------------------------------------------------------------------- data


def test_tables_without_columns():
    message = "the table has no columns: 0 feature(s) (shape=(0, 0)) while a minimum of 1 is required. Add a column."
    refused(message, lambda: RuleClassifier().fit({}, []), DataError)
    refused(message, lambda: RelatedTables({"o": {}}, {}), DataError)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (pd.Series(["p", None] * 30, dtype="string"), "y has 30 missing labels (row 1). Leave these rows out."),
        (
            ["p", 1] * 30,
            "y mixes texts with other things (row 0: 'p', row 1: 1). Make the labels all text or all numbers.",
        ),
        (pd.Series([2, "p"] * 30), "y mixes texts with other things (row 1: 'p', row 0: 2)."),
        (
            [datetime.date(2020, 1, 1), datetime.date(2020, 1, 2)] * 30,
            "y holds dates or times (row 0: 2020-01-01), but classes are texts, whole numbers or truth values. "
            "Write them as texts, such as '2020-01-31'.",
        ),
        (pd.Series(pd.to_datetime(["2020-01-01", "2020-01-02"] * 30)), "y holds dates or times (row 0: 2020-01-01"),
    ],
)
def test_labels_that_are_no_classes(labels, message):
    refused(message, lambda: RuleClassifier(**SMALL).fit(X, labels), DataError)


@pytest.mark.parametrize("entries", [[[1, 2], [3, 4]] * 30, [[1], [2, 3]] * 30])
def test_columns_of_lists(entries):
    frame = pl.DataFrame({"a": entries})
    refused("column 'a' mixes texts with other things (row 0: [1", lambda: RuleClassifier().fit(frame, Y), DataError)


# -------------------------------------------------------------------- parameters


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (
            {"units": "m"},
            UnitError,
            "units is 'm', but a mapping of column name to unit was expected. Write for example {'a': 'm'}.",
        ),
        (
            {"subject_to": {"keep": 5}},
            RuleError,
            "keep has 5, but texts were expected. Write for example ['age > 50 and",
        ),
        (
            {"subject_to": {"required": [5]}},
            RuleError,
            "required has 5, but texts were expected. Write for example ['age >",
        ),
        (
            {"subject_to": {"monotone": "a"}},
            RuleError,
            "monotone is 'a', but a mapping of column to 1 (rising) or -1 (falling) was expected. Write for example {'age': 1}.",
        ),
        (
            {"class_weight": "bal"},
            FillError,
            "class_weight must be 'balanced', a mapping of class to weight, or None, but got 'bal'. Write for example {'p': 2}.",
        ),
        ({"class_weight": {"r": 2}}, FillError, "class_weight has the class 'r', which y does not have."),
        (
            {"class_weight": {"p": -1}},
            FillError,
            "class_weight['p'] is -1, but a finite number of at least 0 was expected. "
            "Give a class that counts less a weight below 1.",
        ),
        (
            {"random_state": -1},
            FillError,
            "random_state is -1, but a whole number of at least 0, a RandomState or None was expected. Write random_state=0.",
        ),
        ({"random_state": "x"}, FillError, "random_state is 'x', but a whole number of at least 0"),
    ],
)
def test_parameters(change, error, message):
    refused(message, lambda: RuleClassifier(**{**SMALL, **change}).fit(X, Y), error)


def test_weights_of_classes_are_used():
    balanced, heavy = RuleClassifier(**SMALL, class_weight="balanced"), RuleClassifier(**SMALL, class_weight={"p": 1.5})
    assert balanced.fit(X, Y).score(X, Y) > 0.9
    assert heavy.fit(X, Y).score(X, Y) > 0.9


# -------------------------------------------------------------------- refitting and stability


@pytest.fixture(scope="module")
def model():
    return RuleClassifier(**SMALL).fit(X, Y)


@pytest.mark.parametrize("rules", [None, 5, ["a > 1", 5]])
def test_rules_to_keep_that_are_none(model, rules):
    message = (
        f"the rules to keep are {rules!r}, but a program or conditions were expected. Write for example ['age > 50 and"
    )
    refused(message, lambda: model.refit(rules, X, Y), RuleError)


def test_a_rule_is_kept_once():
    keep = ["a > 0.5 and b > 0", "b > 0 and a > 0.5", "a > 0.5 and b > 0"]
    model = RuleClassifier(**{**SMALL, "max_rules": 1}, subject_to={"keep": keep}).fit(X, Y)
    assert model.rules_ == ("a > 0.5 and b > 0",)
    again = model.refit(str(model.best_), X, Y)
    assert again.rules_ == ("a > 0.5 and b > 0",)
    required = Restrictions(keep=["a > 0.5"], required=["b > 0"])
    model = RuleClassifier(**{**SMALL, "max_rules": 1}, subject_to=required).fit(X, Y)
    assert len(model.refit(str(model.best_), X, Y).rules_) == 1


@pytest.mark.parametrize("folds", [1, 0, "x", 100, 2.5, True])
def test_folds(model, folds):
    message = f"folds must be a whole number from 2 to the number of rows, 60, but got {folds!r}. Try folds=10."
    refused(message, lambda: model.stability(X, Y, folds=folds), FillError)


def test_stability_needs_one_label_a_row(model):
    message = "y has the shape (59,), but X has 60 rows. Give the y of these rows, one entry a row."
    refused(message, lambda: model.stability(X, Y[:59]), DataError)


@pytest.mark.parametrize(
    "make", [pa.table, pl.DataFrame, pd.DataFrame, dict, lambda t: np.column_stack([*t.values()]).tolist()]
)
def test_stability_of_tables_of_all_kinds(make):
    model, target = RuleRegressor(**SMALL), (A > 0.2) + X["b"]
    expected = model.fit(X, target).stability(X, target, folds=3)
    assert max(expected.values()) > 0
    found = model.fit(make(X), target).stability(make(X), target, folds=3)
    assert list(found.values()) == list(expected.values())
