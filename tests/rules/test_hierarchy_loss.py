"""The loss of a tree, against the same written out by hand, and what its settings do."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch

from induce.errors import DataError, FillError
from induce.rules import Hierarchy, LossTerms, ramp
from tests.rules.making import TREE


@pytest.fixture
def tree():
    return Hierarchy(TREE)


@pytest.fixture
def degrees():
    return torch.tensor(np.random.default_rng(0).uniform(0.05, 0.95, (40, 9)))


def pmean(x, p=5):
    return (x**p).mean() ** (1 / p)


def test_the_terms_are_those_of_the_formula(tree, degrees):
    targets = torch.tensor(tree.targets(["cat", "oak"] * 20)).double()
    terms = tree.loss_terms(degrees, targets, activation=None, weight=0.3, ramp=0.5)
    s, parents = degrees.T, tree.parents
    up = np.mean([pmean(s[v] - s[v] * s[parents[v]]) for v in range(9) if parents[v] >= 0])
    groups = {p: [v for v in range(9) if parents[v] == p] for p in range(4)}
    down = np.mean([pmean(s[p] - s[p] * s[groups[p]].max(0).values) for p in groups])
    apart = np.mean([pmean(s[a] * s[b]) for a, b in [(0, 1), (2, 3), (4, 5), (6, 7)]])
    base = torch.nn.functional.binary_cross_entropy(degrees, targets, reduction="none").sum(1).mean()
    assert terms.hard == 40
    assert terms.composition.item() == pytest.approx(up)
    assert terms.decomposition.item() == pytest.approx(down)
    assert terms.exclusion.item() == pytest.approx(apart)
    assert terms.base.item() == pytest.approx(base.item())
    assert terms.total.item() == pytest.approx(base.item() + 0.15 * (up + down + apart))
    assert tree.loss(degrees, targets, activation=None, weight=0.3, ramp=0.5).item() == terms.total.item()
    assert terms.premises["cat"] == pytest.approx(s[6].mean().item())
    assert isinstance(terms, LossTerms)


def test_exclusion_looks_at_hard_positions_only(tree):
    sure = torch.full((1, 9), 0.01)
    sure[0, [0, 2, 7]] = 0.98
    targets = torch.tensor(tree.targets(["dog"]))
    assert tree.loss_terms(sure, targets, activation=None).hard == 0
    unsure = sure.clone()
    unsure[0, 1] = 0.5
    both = torch.cat([sure, unsure] * 50)
    terms = tree.loss_terms(both, targets.expand(100, 9), activation=None)
    assert terms.hard == 50
    assert tree.loss_terms(both, targets.expand(100, 9), activation=None, samples=10).hard == 10


def test_premises_can_be_kept_from_being_given_up(tree):
    logits = torch.zeros(1, 9, requires_grad=True)
    open_targets = torch.full((1, 9), float("nan"))

    def gradient(**settings):
        terms = tree.loss_terms(logits, open_targets, activation="sigmoid", **settings)
        return torch.autograd.grad(terms.composition, logits)[0][0]

    assert gradient()[7] > 0  # descent gives up the dog: no premise, no conflict
    assert gradient(stop_premise=True)[7] == 0
    assert gradient(stop_premise=True)[2] < 0  # and raises its parent


def test_open_and_weighted_positions(tree):
    logits = torch.randn(3, 9, generator=torch.Generator().manual_seed(0))
    targets = torch.tensor(tree.targets(["cat", None, "oak"]))
    known = tree.loss_terms(logits[[0, 2]], targets[[0, 2]]).base
    assert torch.allclose(tree.loss_terms(logits, targets).base, known)
    only = tree.loss_terms(logits, targets, weights=torch.tensor([1.0, 1.0, 0.0])).base
    assert torch.allclose(only, tree.loss_terms(logits[:1], targets[:1]).base)
    assert tree.loss_terms(logits, torch.full((3, 9), float("nan"))).base == 0


@pytest.mark.parametrize("base", ["bce", "focal", "asymmetric"])
@pytest.mark.parametrize("activation", ["levels", "sigmoid"])
def test_training_lowers_every_base_and_the_rules(tree, base, activation):
    logits = torch.randn(8, 9, generator=torch.Generator().manual_seed(1)).requires_grad_()
    targets = torch.tensor(tree.targets(["cat", "dog", "fox", "oak"] * 2))
    optimizer = torch.optim.Adam([logits], lr=0.2)
    before = tree.loss_terms(logits, targets, base=base, activation=activation)
    for _ in range(60):
        optimizer.zero_grad()
        loss = tree.loss(logits, targets, base=base, activation=activation)
        loss.backward()
        optimizer.step()
    after = tree.loss_terms(logits, targets, base=base, activation=activation)
    assert after.base < 0.2 * before.base
    assert after.composition < before.composition
    assert tree.decode(tree.degrees(logits, activation))[:, 2].tolist() == [6, 7, 8, 4] * 2


def test_cross_entropy_is_a_softmax_for_each_level():
    tree = Hierarchy({"a": ["x", "y"], "b": ["z"]})
    logits = torch.randn(6, 5, generator=torch.Generator().manual_seed(0))
    leaves = torch.tensor([0, 1, 2, 0, 1, 2])
    found = tree.loss_terms(logits, tree.targets(leaves), base="cross-entropy").base
    entropy = torch.nn.functional.cross_entropy
    expected = entropy(logits[:, :2], tree.lift(leaves, 0)) + entropy(logits[:, 2:], leaves)
    assert torch.allclose(found, expected)
    with pytest.raises(DataError, match="base 'cross-entropy' needs activation 'levels', but it is 'sigmoid'"):
        tree.loss(logits, tree.targets(leaves), base="cross-entropy", activation="sigmoid")


def test_extreme_logits_have_finite_gradients(tree):
    logits = torch.tensor([[200.0, -200.0, 0, 0, 0, 0, 300.0, -300.0, 0]], requires_grad=True)
    for activation in ("levels", "sigmoid"):
        loss = tree.loss(logits, torch.tensor(tree.targets(["oak"])), activation=activation)
        assert torch.isfinite(torch.autograd.grad(loss, logits)[0]).all()


def test_one_flat_level_has_no_rules_but_exclusion():
    tree = Hierarchy(["a", "b", "c"])
    terms = tree.loss_terms(torch.zeros(2, 3), torch.tensor(tree.targets(["a", "b"])))
    assert terms.composition == terms.decomposition == 0
    assert terms.exclusion.item() == pytest.approx(1 / 9)


def test_the_ramp():
    assert [ramp(k, 2, 4) for k in range(6)] == [0, 0, 0, 0.5, 1, 1]
    assert ramp(0, 0, 0) == 0


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"base": "bec"}, "unknown base loss 'bec'. Did you mean 'bce'? Known: bce, cross-entropy, focal, asymmetric."),
        ({"weight": -1}, "weight must be a number of at least 0, but got -1. 0.2 is usual."),
        ({"ramp": 2}, "ramp must be a number in [0, 1], but got 2. 1 is usual."),
        ({"activation": "level"}, "unknown activation 'level'. Did you mean 'levels'?"),
        (
            {"weights": torch.ones(4)},
            "the weights have shape (4,), but one per position is needed, (3,). Leave the axis",
        ),
    ],
)
def test_wrong_settings_say_why(tree, settings, words):
    with pytest.raises((DataError, FillError), match=re.escape(words)):
        tree.loss(torch.zeros(3, 9), torch.zeros(3, 9), **settings)


def test_arrays_are_taken_and_outputs_that_are_nan_are_not(tree):
    logits, truth = np.linspace(-1, 1, 27).reshape(3, 9), np.zeros((3, 9), dtype=int)
    found = tree.loss(logits, truth, weights=np.ones(3))
    assert torch.isclose(found, tree.loss(torch.from_numpy(logits), torch.zeros(3, 9)))
    logits[1, 4] = np.nan
    with pytest.raises(
        DataError, match=re.escape("the outputs are NaN at (1, 4), but logits are numbers. Look for NaN in")
    ):
        tree.loss(logits, truth)


def test_targets_of_another_shape(tree):
    words = "the outputs have shape (3, 9), but the targets (3,). Make targets with hierarchy.targets(labels)."
    with pytest.raises(DataError, match=re.escape(words)):
        tree.loss(torch.zeros(3, 9), torch.zeros(3))
