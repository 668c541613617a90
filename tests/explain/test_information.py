"""Mutual information: exact values, invariances, classes, ceilings, leakage, and errors in words."""

from __future__ import annotations

import math
import re

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

from induce.errors import DataError, FillError
from induce.explain import MutualInformation, leakage, mutual_information
from induce.explain.critics import Critic, _gaussian_start, normal_scores


def pairs(columns, correlation, rows=2000, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, columns))
    y = correlation * x + math.sqrt(1 - correlation**2) * rng.normal(size=(rows, columns))
    return x, y, -0.5 * columns * math.log(1 - correlation**2)


@pytest.mark.parametrize("correlation", [0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("method", ["ksg", "gaussian"])
def test_gaussians(correlation, method):
    x, y, truth = pairs(2, correlation, rows=6000)
    assert mutual_information(x, y, method) == pytest.approx(truth, abs=0.1)


@pytest.mark.parametrize("method", ["mine", "smile", "infonce"])
def test_critics_on_gaussians(method):
    x, y, truth = pairs(8, 0.5, rows=1500)
    assert mutual_information(x, y, method, steps=50, batch=256) == pytest.approx(truth, rel=0.15)


def test_a_critic_finds_what_no_gaussian_has():
    """y is as likely x as -x: no correlation, but one bit less than knowing x."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1500, 1))
    y = x * rng.choice([-1, 1], size=(1500, 1)) + 0.3 * rng.normal(size=(1500, 1))
    near = mutual_information(x, y, "ksg")
    assert near > 0.5
    assert mutual_information(x, y, "gaussian") < 0.05
    assert mutual_information(x, y, "mine", steps=250) > 0.5 * near


def test_the_start_of_a_critic_is_the_log_ratio_of_densities():
    from scipy.stats import multivariate_normal

    x, y, _ = pairs(2, 0.6, seed=3)
    both = np.concatenate([x, y], 1)
    cov = np.cov(both.T) + 1e-6 * np.eye(4)
    critic = Critic(_gaussian_start(x, y, 0.0))
    with torch.no_grad():
        found = critic(*(torch.as_tensor(v[:50], dtype=torch.float32) for v in (x, y))).numpy()
    wanted = multivariate_normal(np.zeros(4), cov).logpdf(both[:50])
    wanted -= multivariate_normal(np.zeros(2), cov[:2, :2]).logpdf(x[:50]) + multivariate_normal(
        np.zeros(2), cov[2:, 2:]
    ).logpdf(y[:50])
    np.testing.assert_allclose(found, 30 * np.tanh(wanted / 30), atol=1e-3)


@settings(max_examples=10)
@given(st.integers(0, 99))
def test_invariances(seed):
    x, y, _ = pairs(2, 0.7, rows=300, seed=seed)
    base = mutual_information(x, y)
    assert mutual_information(y, x) == pytest.approx(base, abs=1e-9)
    assert mutual_information(3 * x + 1, -y) == pytest.approx(base, abs=1e-6)
    order = np.random.default_rng(seed).permutation(300)
    assert mutual_information(x[order], y[order]) == pytest.approx(base, abs=1e-6)
    assert mutual_information(x, y, seed=seed) == mutual_information(x, y, seed=seed)
    np.testing.assert_allclose(normal_scores(np.exp(x)), normal_scores(x))


def test_classes():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, 2000)
    assert mutual_information(labels, labels) == pytest.approx(math.log(4), abs=0.01)
    assert mutual_information(labels, rng.permutation(labels)) == pytest.approx(0, abs=0.01)
    apart = 10.0 * labels + rng.normal(size=2000)
    for y in (labels, labels.astype(str), pd.Series(labels)):
        assert mutual_information(apart, y) == pytest.approx(math.log(4), abs=0.05)
        assert mutual_information(y, apart) == pytest.approx(math.log(4), abs=0.05)
    noise = np.concatenate([apart[:, None], rng.normal(size=(2000, 5))], axis=1)
    assert 0.8 < mutual_information(noise, labels, "mine", steps=100) < math.log(4)  # a lower bound
    rare = np.where(np.arange(2000) == 0, "once", "often")
    assert mutual_information(apart, rare) == pytest.approx(0, abs=0.05)


def test_the_ceiling_is_warned_of():
    x, y, _ = pairs(6, 0.97)
    with pytest.warns(UserWarning, match=re.escape("near or above log(batch) = 3.47, and 'infonce' cannot say more.")):
        assert mutual_information(x, y, "infonce", batch=32, steps=25) <= math.log(32)
    with pytest.warns(
        UserWarning, match=re.escape("and 'mine' has a large variance there. Take a larger batch, or more rows.")
    ):
        mutual_information(x, y, "mine", batch=32, steps=25)


def test_the_estimator():
    x, y, _ = pairs(2, 0.8)
    y = y[:, 0]
    model = MutualInformation(random_state=np.random.RandomState(0)).fit(pd.DataFrame(x), y)
    assert model.information_ == pytest.approx(0.51, abs=0.1)
    assert model.per_column_ == pytest.approx([0.51, 0.0], abs=0.1)
    assert model.n_features_in_ == 2
    with pytest.raises(DataError, match=re.escape("X has shape (2000,), but (rows, columns) is needed.")):
        MutualInformation().fit(y, y)


@pytest.mark.filterwarnings("ignore::UserWarning")
@parametrize_with_checks([MutualInformation()])
def test_scikit_learn_battery(estimator, check):
    check(estimator)


def test_the_battery_is_not_skipped():
    assert len([check for _, check in estimator_checks_generator(MutualInformation())]) >= 40
    assert not getattr(MutualInformation, "_skip_test", False)


def test_the_estimator_reads_objects_of_numbers_and_a_column_of_texts():
    x, y, _ = pairs(2, 0.8)
    plain = MutualInformation().fit(x, y[:, 0])
    assert MutualInformation().fit(x.astype(object), y[:, 0]).information_ == plain.information_
    texts = MutualInformation().fit(pd.DataFrame({"side": np.where(x[:, 0] > 0, "left", "right")}), x[:, 0] > 0)
    assert texts.information_ == pytest.approx(math.log(2), abs=0.01)
    assert texts.feature_names_in_.tolist() == ["side"]
    with pytest.warns(UserWarning, match="10 rows are too few to tell information from chance. Give at least 20."):
        MutualInformation().fit(x[:10], y[:10, 0])
    with (
        pytest.raises(DataError, match="4 rows are too few to tell information. Give at least 5."),
        pytest.warns(UserWarning, match="4 rows are too few"),
    ):
        MutualInformation().fit(x[:4], y[:4, 0])


def test_leakage():
    rng = np.random.default_rng(0)
    concepts = rng.integers(0, 2, (600, 2))
    y = (concepts.sum(1) + rng.integers(0, 2, 600)) % 2
    honest = (2 * concepts - 1) * rng.uniform(1, 3, (600, 2))
    hidden = (2 * concepts - 1) * np.stack([2 + y, np.full(600, 2.0)], 1)
    assert leakage(honest, concepts, y) < 0.1
    assert leakage(hidden, concepts, y) > 0.9
    with pytest.raises(DataError, match="concepts must be 0 or 1. Threshold them first"):
        leakage(honest, concepts * 0.5, y)
    with pytest.raises(DataError, match=re.escape("logits have shape (600, 2), concepts (600, 1) and y 600 rows")):
        leakage(honest, concepts[:, 0], y)
    with pytest.raises(DataError, match="a class of y has fewer than 5 rows"):
        leakage(honest, concepts, np.arange(600) == 0)


X, Y, _ = pairs(2, 0.5, rows=100)


@pytest.mark.parametrize(
    ("x", "y", "method", "error", "words"),
    [
        (
            X,
            Y,
            "mien",
            FillError,
            "unknown method 'mien'. Did you mean 'mine'? Known are: ksg, gaussian, mine, infonce, smile.",
        ),
        (X, Y[:50], None, DataError, "x has 100 rows, but y has 50."),
        (X[:10], Y[:10], None, DataError, "10 rows are too few to tell information. Give at least 20."),
        (X * np.nan, Y, None, DataError, "column 0 of x has 100 missing values"),
        (X[:, :, None], Y, None, DataError, "x has shape (100, 2, 1), but (rows,) or (rows, columns) is needed."),
        (
            X,
            Y[:, 0] > 0,
            "gaussian",
            FillError,
            "method='gaussian' needs two continuous variables, but one holds classes.",
        ),
        (X[:, [0, 0]], Y, "gaussian", DataError, "the columns of x repeat one another or are constant"),
        (X.astype(str), Y, None, DataError, "but several columns must be numbers."),
    ],
)
def test_bad_input_is_said_in_words(x, y, method, error, words):
    with pytest.raises(error, match=re.escape(words)):
        mutual_information(x, y, method)
    with pytest.raises(FillError, match="neighbors must be a whole number of at least 1, but got 0."):
        mutual_information(X, Y, neighbors=0)


def test_texts_beside_numbers_are_named():
    X = np.array([[1.0, "a"]] * 30, dtype=object)
    with pytest.raises(
        DataError, match=r"column 1 of X holds texts \(row 0: 'a'\), but several columns must be numbers"
    ):
        MutualInformation().fit(X, np.arange(30))
