"""NearestSupportClassifier: the formula, four ways of asking, environments, calibration, and errors in words."""

from __future__ import annotations

import pickle
import re

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from induce.errors import DataError, FillError
from induce.nets import NWHead
from induce.rules import NearestSupportClassifier, calibration_error

RNG = np.random.default_rng(0)
X = RNG.normal(size=(240, 3))
Y = np.where(X[:, 0] + 0.5 * X[:, 1] > 0, "up", "down")
SETTINGS = {"steps": 60, "per_class": 16, "features": 8}
MODEL = NearestSupportClassifier(**SETTINGS).fit(X, Y)


@given(st.integers(0, 99))
def test_the_head_is_the_formula(seed):
    rng = np.random.default_rng(seed)
    queries, support, labels = rng.normal(size=(4, 2)), rng.normal(size=(6, 2)), rng.integers(0, 3, 6)
    head = NWHead(torch.nn.Identity(), temperature=0.7).double()
    weights = np.exp(-((queries[:, None] - support) ** 2).sum(2) / 0.7)
    wanted = (weights / weights.sum(1, keepdims=True)) @ np.eye(3)[labels]
    with torch.no_grad():
        found = head(*(torch.from_numpy(v) for v in (queries, support, labels)), 3).exp().numpy()
    np.testing.assert_allclose(found, wanted, atol=1e-8)
    assert head.temperature == pytest.approx(0.7)


@pytest.mark.parametrize("inference", ["full", "random", "cluster", "topk"])
def test_every_way_of_asking(inference):
    model = NearestSupportClassifier(inference=inference, **SETTINGS).fit(X, Y)
    shares = model.predict_proba(X)
    np.testing.assert_allclose(shares.sum(1), 1.0)
    assert model.score(X, Y) > 0.85
    again = NearestSupportClassifier(inference=inference, **SETTINGS).fit(X, Y)
    assert (again.predict_proba(X) == shares).all()
    assert len(model.support_[0]) == {"full": 240, "random": 32, "cluster": 20, "topk": 240}[inference]


def test_the_explanation_is_the_nearest_rows():
    found = MODEL.explain(X, 7, count=3)
    assert found.label == MODEL.predict(X)[7]
    assert 7 in found.rows
    assert list(found.weights) == sorted(found.weights, reverse=True)
    assert (found.labels == Y[found.rows]).all()
    assert str(found).startswith(f"{found.label}, like row {found.rows[0]} ({found.labels[0]}, ")
    assert MODEL.explain(X, count=240).weights.sum() == pytest.approx(1.0, abs=1e-5)


def test_a_query_may_not_vote_for_itself_in_training():
    head = NWHead(torch.nn.Identity())
    points = torch.tensor([[0.0], [1.0], [2.0]])
    weights = head.log_weights(points, points, own=torch.eye(3, dtype=torch.bool)).exp()
    assert torch.equal(weights.diagonal(), torch.zeros(3))


def test_features_of_one_environment_do_not_pay():
    """A column that agrees with the class in 95 and in 75 of 100 rows, one in 75 everywhere; the first is wrong in the test."""

    def drawn(share, seed, rows=1500):
        rng = np.random.default_rng(seed)
        y = rng.integers(0, 2, rows)
        columns = [np.where(rng.random(rows) < s, y, 1 - y) for s in (share, 0.75)]
        return 2.0 * np.stack(columns, 1) - 1, y

    (first, a), (second, b), (test, truth) = drawn(0.95, 0), drawn(0.75, 1), drawn(0.1, 2)
    train, labels, where = np.concatenate([first, second]), np.concatenate([a, b]), np.repeat(["here", "there"], 1500)
    settings = {"steps": 300, "features": 4, "per_class": 32}
    plain = NearestSupportClassifier(**settings).fit(train, labels, where)
    held = NearestSupportClassifier(invariance=1000.0, **settings).fit(train, labels, where)
    assert plain.score(test, truth) < 0.4
    assert held.score(test, truth) > plain.score(test, truth) + 0.1


def test_an_encoder_of_ones_own_is_copied():
    encoder = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(16, 4))
    before = encoder[1].weight.detach().clone()
    pictures = RNG.random((60, 1, 4, 4))
    y = (pictures.mean((1, 2, 3)) > 0.5).astype(int)
    model = NearestSupportClassifier(encoder, steps=5, per_class=4).fit(pictures, y)
    assert torch.equal(encoder[1].weight, before)
    with pytest.raises(DataError, match=re.escape("the encoder cannot read rows of shape (3,): mat1 and mat2 shapes")):
        NearestSupportClassifier(torch.nn.Linear(2, 4), steps=1).fit(X, Y)
    with pytest.raises(DataError, match="encoder must be a torch.nn.Module or None, but got int."):
        NearestSupportClassifier(5, steps=1).fit(X, Y)
    assert (pickle.loads(pickle.dumps(model)).predict(pictures) == model.predict(pictures)).all()
    with pytest.raises(
        DataError, match=re.escape("the pictures hold uint8 (0 to 255), but the network takes floats from 0 to 1.")
    ):
        model.predict((255 * pictures).astype(np.uint8))


def test_calibration():
    shares = np.array([[0.9, 0.1]] * 10)
    assert calibration_error(shares, ["a"] * 9 + ["b"], ["a", "b"]) == 0.0
    assert calibration_error(shares, ["a"] * 5 + ["b"] * 5, ["a", "b"]) == pytest.approx(0.4)
    assert 0 <= calibration_error(MODEL.predict_proba(X), Y, MODEL.classes_) < 0.3


@pytest.mark.parametrize(
    ("shares", "y", "words"),
    [
        (
            np.eye(3),
            ["a"],
            "probabilities have shape (3, 3), but y has shape (1,) and classes (3,). Give a row for each label",
        ),
        (np.eye(3)[:, :2], ["a", "b", "c"], "probabilities have shape (3, 2), but y has shape (3,) and classes (3,)."),
        (np.eye(3) * 2, ["a", "b", "c"], "the probability in row 0, column 0 is 2, but it lies between 0 and 1."),
        (np.eye(3) * np.nan, ["a", "b", "c"], "the probability in row 0, column 0 is nan, but it lies between"),
        (np.eye(3), ["a", "b", "d"], "y has 'd' in row 2, which is no class. The classes are: a, b, c."),
    ],
)
def test_what_has_no_calibration_says_why(shares, y, words):
    with pytest.raises(DataError, match=re.escape(words)):
        calibration_error(shares, y, ["a", "b", "c"])
    with pytest.raises(FillError, match="bins must be a whole number of at least 1, but got 0. 15 is usual."):
        calibration_error(np.eye(2), ["a", "b"], ["a", "b"], bins=0)


@pytest.mark.parametrize(
    ("settings", "environments", "error", "words"),
    [
        ({}, ["a"] * 240, DataError, "all environments are a, so nothing can be told apart by them. Pass at least two, or leave environments out."),
        ({}, ["a", "b"], DataError, "environments have 2 values, but X has 240 rows."),
        ({}, np.where(Y == "up", "a", "b"), DataError, "environment 0 has fewer than 2 rows of class 'down'"),
        ({"invariance": 1.0}, None, DataError, "invariance=1 compares environments, but none were passed."),
        ({"inference": "clusters"}, None, FillError, "inference='clusters' is not known. Did you mean 'cluster'?"),
        ({"steps": 0}, None, FillError, "steps must be a whole number of at least 1, but got 0."),
        ({"temperature": 0}, None, FillError, "temperature must be a number above 0, but got 0. 1 is usual."),
    ],
)  # fmt: skip
def test_bad_settings_are_said_in_words(settings, environments, error, words):
    with pytest.raises(error, match=re.escape(words)):
        NearestSupportClassifier(**settings).fit(X, Y, environments)


def test_bad_data_are_said_in_words():
    with pytest.raises(
        ValueError, match="X has 2 features, but NearestSupportClassifier is expecting 3 features as input"
    ):
        MODEL.predict(X[:, :2])
    with pytest.raises(DataError, match="y has 3 labels, but X has 240 rows"):
        NearestSupportClassifier().fit(X, Y[:3])
    with pytest.raises(ValueError, match="Expected 2D array, got 1D array instead"):
        MODEL.predict(X[0])
    with pytest.raises(ValueError, match="Input X contains NaN."):
        MODEL.predict(X * np.nan)
    with pytest.raises(DataError, match="there is no row 240"):
        MODEL.explain(X, 240)


def test_columns_are_matched_by_name():
    import pandas as pd
    import polars as pl

    table = {"a": X[:, 0], "b": X[:, 1], "c": X[:, 2]}
    model = NearestSupportClassifier(**SETTINGS).fit(pd.DataFrame(table), Y)
    swapped = {name: table[name] for name in "cab"}
    wanted = model.predict(pd.DataFrame(table))
    assert (model.predict(pl.DataFrame(swapped)) == wanted).all()
    assert (model.predict(swapped) == wanted).all()
    assert model.feature_names_in_.tolist() == ["a", "b", "c"]
    with pytest.raises(DataError, match=re.escape("there is no column 'c'. The columns are: a, b.")):
        model.predict(pd.DataFrame({"a": X[:, 0], "b": X[:, 1]}))
