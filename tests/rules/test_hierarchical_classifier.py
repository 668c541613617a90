"""The estimator on tables: scikit-learn's battery, names of columns, paths, and labels that are inner nodes."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks
from torch import nn

from induce.errors import DataError, FillError
from induce.rules import HierarchicalClassifier, Hierarchy


@pytest.mark.slow
@parametrize_with_checks([HierarchicalClassifier(epochs=40)])
def test_scikit_learn_battery(estimator, check):
    check(estimator)


def test_the_battery_is_not_skipped():
    names = [check.func.__name__ for _, check in estimator_checks_generator(HierarchicalClassifier())]
    assert len(names) >= 50
    assert not getattr(HierarchicalClassifier, "_skip_test", False)


@pytest.fixture(scope="module")
def digits():
    """Digits below and from five, then even and odd."""
    X, y = load_digits(return_X_y=True)
    tree = {
        "below five": {"low even": [0, 2, 4], "low odd": [1, 3]},
        "from five": {"high even": [6, 8], "high odd": [5, 7, 9]},
    }
    return X[:600] / 16, y[:600], X[600:900] / 16, y[600:900], Hierarchy(tree)


@pytest.fixture(scope="module")
def model(digits):
    X, y, _, _, tree = digits
    return HierarchicalClassifier(tree, epochs=25, random_state=0).fit(X, y)


def test_digits_are_read_with_coherent_paths(digits, model):
    _, _, X, y, tree = digits
    assert model.score(X, y) > 0.88
    assert model.classes_.tolist() == list(range(10))
    paths = model.predict_path(X)
    assert paths[:, -1].tolist() == model.predict(X).tolist()
    assert all(tree.path(path[-1]) == tuple(path) for path in paths)
    assert model.rules_ is tree.program
    proba = model.predict_proba(X)
    assert np.allclose(proba.sum(1), 1)
    assert np.array_equal(model.classes_[proba.argmax(1)], model.predict(X))
    assert [level.shape for level in model.decision_by_level(X)] == [(300, 2), (300, 4), (300, 10)]


def test_the_same_seed_gives_the_same_model(digits, model):
    X, y, asked, _, tree = digits
    again = HierarchicalClassifier(tree, epochs=25, random_state=0).fit(X, y)
    assert np.array_equal(again.predict_proba(asked), model.predict_proba(asked))


def test_messages_decode_too(digits, model):
    _, _, X, y, _ = digits
    model = model.__class__(**{**model.get_params(), "method": "iterative"}).fit(*digits[:2])
    assert model.score(X, y) > 0.88
    assert model.predict(X).tolist() == model.predict_path(X)[:, -1].tolist()


def test_inner_nodes_are_labels_and_any_module_is_taken(digits):
    X, y, asked, truth, tree = digits
    labels = np.array([str(k) for k in y], dtype=object)
    named = Hierarchy.from_pairs((p and str(p), str(c)) for p, c in _pairs(tree))
    labels[::2] = [named.path(name)[1] for name in labels[::2]]
    made = HierarchicalClassifier(
        named, module=lambda inputs, nodes: nn.Linear(inputs, nodes), epochs=20, random_state=0
    )
    assert (made.fit(X, labels).predict(asked) == truth.astype(str)).mean() > 0.85


def test_a_module_is_copied_and_may_be_made(digits):
    X, y, asked, _, tree = digits
    torch.manual_seed(0)
    net = nn.Linear(X.shape[1], len(tree))
    before = net.weight.detach().clone()
    given = HierarchicalClassifier(tree, module=net, epochs=3, random_state=0).fit(X, y)
    assert torch.equal(net.weight, before)
    assert not torch.equal(given.module_.weight, before)
    assert given.predict_proba(asked).shape == (300, 10)
    assert HierarchicalClassifier(tree, module=nn.Linear, epochs=3, random_state=0).fit(X, y).score(X, y) > 0.3


def test_rows_without_a_label_are_left_open(digits):
    X, y, asked, truth, tree = digits
    some = y.astype(object)
    some[::3], some[1::30] = None, float("nan")
    model = HierarchicalClassifier(tree, epochs=25, random_state=0).fit(X, some)
    assert model.score(asked, truth) > 0.85
    assert model.classes_.dtype.kind == "i"
    with pytest.raises(DataError, match=re.escape("y has 220 missing labels (row 0). Leave these rows out.")):
        HierarchicalClassifier(epochs=1).fit(X, some)
    with pytest.raises(DataError, match="no row of y has a label, so there is nothing to learn. Label some rows."):
        HierarchicalClassifier(tree, epochs=1).fit(X, [None] * 600)


def test_numbers_beside_texts_stay_numbers():
    tree = Hierarchy({"digit": [0, 1], "other": ["x"]})
    X = np.tile([[0.0], [5.0], [10.0]], (10, 1))
    for y in ([0, 1, "x"] * 10, np.array([0, 1, "x"] * 10, dtype=object)):
        model = HierarchicalClassifier(tree, epochs=60, random_state=0).fit(X, y)
        assert model.classes_.tolist() == [0, 1, "x"]
        assert model.predict([[0.0], [5.0], [10.0]]).tolist() == [0, 1, "x"]
    with pytest.raises(DataError, match=re.escape("y has 30 labels, but X has 29 rows.")):
        HierarchicalClassifier(tree).fit(X[:29], y)


def _pairs(tree):
    return [(None if p < 0 else tree.nodes[p], tree.nodes[c]) for c, p in enumerate(tree.parents)]


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_names_of_columns_are_kept(frame):
    table = frame({"leg length": [1.0, 2.0, 3.0, 4.0] * 5, "body mass": [4.0, 1.0, 3.0, 2.0] * 5})
    model = HierarchicalClassifier(epochs=5, random_state=0).fit(table, ["a", "b", "a", "b"] * 5)
    assert model.feature_names_in_.tolist() == ["leg length", "body mass"]
    assert model.predict(table).shape == (20,)
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame({"body mass": [1.0], "leg length": [1.0]}))


@pytest.mark.parametrize(
    ("settings", "y", "words"),
    [
        (
            {"hierarchy": Hierarchy(["cat", "dog"])},
            ["cat", "dgo"],
            "labels that the hierarchy does not have: 'dgo'. Did you",
        ),
        (
            {"hierarchy": {"a": ["b"]}},
            ["b", "b"],
            "hierarchy must be a Hierarchy or None, but got dict. Wrap nested names",
        ),
        ({"epochs": 0}, ["a", "b"], "epochs must be a whole number of at least 1, but got 0."),
        (
            {"module": 3},
            ["a", "b"],
            "module must be a torch module, a function (inputs, nodes) that makes one, or None, but got 3.",
        ),
        ({"module": lambda inputs, nodes: 3}, ["a", "b"], "module(1, 2) gives int, but a torch module was expected."),
        ({"module": nn.Linear(2, 2)}, ["a", "b"], "module cannot read rows of shape (1,): mat1 and mat2"),
        (
            {"module": nn.Linear(1, 3)},
            ["a", "b"],
            "module gives rows of shape (3,), but a logit for each of the 2 nodes",
        ),
        ({"module": nn.Flatten(0)}, ["a", "b"], "module gives shape (2,) for 2 rows, but a tensor with a row for each"),
        ({"method": "argmax"}, ["a", "b"], "method must be 'exact' or 'iterative', but it is 'argmax'."),
    ],
)
def test_what_cannot_be_fitted_says_why(settings, y, words):
    with pytest.raises((DataError, FillError), match=re.escape(words)):
        HierarchicalClassifier(**settings).fit([[0.0], [1.0]], y)


def test_a_leaf_without_examples_is_warned_of():
    tree = Hierarchy(["cat", "dog", "fox"])
    with pytest.warns(UserWarning, match="no example has the label 'fox': the hierarchy names it, but nothing can be"):
        model = HierarchicalClassifier(tree, epochs=2, random_state=0).fit([[0.0], [1.0]], ["cat", "dog"])
    assert model.classes_.tolist() == ["cat", "dog", "fox"]


def test_no_seed_is_seed_0():
    X = np.arange(12.0)[:, None]
    y = [0, 1, 2] * 4
    first, second = (HierarchicalClassifier(epochs=2, random_state=s).fit(X, y) for s in (None, 0))
    assert (first.predict_proba(X) == second.predict_proba(X)).all()


def test_a_module_that_normalizes_batches_and_names_of_two_kinds():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(129, 2))  # a last batch of one row
    labels = np.array([1 if x > 0 else "x" for x in X[:, 0]], dtype=object)
    module = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 5))
    tree = Hierarchy({"digit": [0, 1], "other": ["x"]})
    with pytest.warns(UserWarning, match="0"):
        model = HierarchicalClassifier(tree, module=module, epochs=60, random_state=0).fit(X, labels)
    assert model.score(X, labels) > 0.9
    assert model.score(X, labels, np.ones(129)) == pytest.approx(np.mean(model.predict(X) == labels))
