"""SymbolClusterer: clusters of any shape, and scikit-learn's battery."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.datasets import make_circles, make_moons
from sklearn.metrics import normalized_mutual_info_score
from sklearn.utils.estimator_checks import parametrize_with_checks
from torch import nn

from induce.errors import DataError, FillError
from induce.nets import cluster_loss, log_density
from induce.rules import SymbolClusterer


@pytest.mark.filterwarnings("ignore::UserWarning")
@parametrize_with_checks([SymbolClusterer(starts=1, steps=20)])
def test_scikit_learn_battery(estimator, check):
    check(estimator)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::UserWarning")
@parametrize_with_checks([SymbolClusterer()])
def test_scikit_learn_battery_as_shipped(estimator, check):
    check(estimator)


def test_rings_are_told_apart_also_for_new_rows():
    X, y = make_circles(500, noise=0.04, factor=0.4, random_state=0)
    model = SymbolClusterer(2, starts=1, steps=250, random_state=0).fit(X)
    new, truth = make_circles(200, noise=0.04, factor=0.4, random_state=1)
    assert normalized_mutual_info_score(y, model.labels_) > 0.95
    assert normalized_mutual_info_score(truth, model.predict(new)) > 0.9
    assert (model.predict_proba(new).argmax(1) == model.predict(new)).all()


@pytest.mark.parametrize("noise", [0.05, 0.1])
def test_moons_are_told_apart_by_the_edges_that_symbols_cut(noise):
    X, y = make_moons(500, noise=noise, random_state=200)
    model = SymbolClusterer(2, random_state=200).fit(X)
    assert normalized_mutual_info_score(y, model.labels_) > 0.9
    assert model.cut_ < 0.01


def test_far_rows_alone_do_not_spoil_the_start():
    X, y = make_circles(500, noise=0.04, factor=0.4, random_state=200)
    far = np.random.default_rng(0).normal(20, 0.01, (12, 2))  # a piece of their own, but no cluster
    model = SymbolClusterer(2, starts=1, random_state=0).fit(np.r_[X, far])
    assert normalized_mutual_info_score(y, model.labels_[:500]) > 0.9


def test_an_encoder_reads_pictures():
    X = np.random.default_rng(0).random((40, 1, 3, 3)).astype(np.float32)
    X[:20] += 3
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(9, 4))  # its weights come from wherever torch's generator stands
    labels = SymbolClusterer(2, encoder=encoder, steps=150, random_state=0).fit_predict(X)
    assert len({*labels[:20]}) == len({*labels[20:]}) == 1
    assert labels[0] != labels[-1]


def test_the_loss_charges_collapse():
    one = torch.tensor([[9.0, 0.0]]).repeat(4, 1)
    both = torch.tensor([[9.0, 0.0], [0.0, 9.0]]).repeat(2, 1)
    assert cluster_loss(both, both) < cluster_loss(one, one)
    assert torch.allclose(log_density(torch.zeros(3, 2)), torch.full((3,), np.log(2.0), dtype=torch.float32))


def test_refusals():
    with pytest.raises(DataError, match=r"there is one row only, which has no neighbors\. Give at least 2 rows"):
        SymbolClusterer(1, encoder=nn.Flatten()).fit(np.ones((1, 1, 3, 3)))
    with pytest.raises(
        DataError, match=r"the encoder cannot read rows of shape \(4,\): mat1 and mat2 shapes cannot be"
    ):
        SymbolClusterer(2, encoder=nn.Linear(3, 4)).fit(np.eye(4))
    with pytest.raises(DataError, match=r"3 clusters were asked for, but there are 2 rows"):
        SymbolClusterer(3).fit(np.eye(2))
    with pytest.raises(FillError, match=r"walk must be a whole number of at least 1, but got 0"):
        SymbolClusterer(walk=0).fit(np.eye(2))
    with pytest.raises(FillError, match=r"prior must be a number of at least 0, but got 'x'\. 2 is usual"):
        SymbolClusterer(prior="x").fit(np.eye(2))
    with pytest.raises(FillError, match=r"rate must be a number above 0 and at most 1, but got -1\. 0\.005 is usual"):
        SymbolClusterer(rate=-1).fit(np.eye(2))
    with pytest.raises(
        DataError, match=r"encoder must be a torch\.nn\.Module or None, but got int\. SmallCNN\(\) reads"
    ):
        SymbolClusterer(encoder=3).fit(np.eye(2))
