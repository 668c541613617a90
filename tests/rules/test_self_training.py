"""Self-training: rows and pictures, the teacher, coverage, and what diagnosis changes."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from torch import nn

from induce.errors import DataError, FillError
from induce.nets import SegmentationNet, perceptron
from induce.rules import Hierarchy, SelfTraining, View
from tests.rules.making import TREE


@pytest.fixture
def tree():
    return Hierarchy(TREE)


class Fixed(nn.Module):
    """Logits that are given as inputs."""

    def forward(self, inputs):
        return inputs


def rows(tree, count, seed):
    """Points around a center for each leaf, and the leaves."""
    rng = np.random.default_rng(seed)
    centers = np.array([[0, 0], [0, 3], [3, 0], [3, 3], [6, 1]])
    leaves = rng.integers(len(tree.leaves), size=count)
    points = centers[leaves] + 0.5 * rng.normal(size=(count, 2))
    return torch.tensor(points, dtype=torch.float32), torch.tensor(leaves)


def test_rows_are_learned_from_few_labels(tree):
    torch.manual_seed(0)
    few, leaves = rows(tree, 15, 0)
    many, truth = rows(tree, 300, 1)
    training = SelfTraining(perceptron(2, (32,), 9), tree, rate=2e-2, coverage=0.8, seed=0)
    training.fit(few, tree.targets(leaves), many, epochs=60)
    said = training.pseudo_labels(many)
    assert (said.weights > 0).float().mean() == pytest.approx(0.8, abs=0.01)
    assert (said.leaves == truth)[said.weights > 0].float().mean() > 0.9


def test_the_same_seed_gives_the_same_network(tree):
    weights = []
    for _ in range(2):
        torch.manual_seed(0)
        training = SelfTraining(perceptron(2, (8,), 9), tree, seed=3)
        few, leaves = rows(tree, 10, 0)
        training.fit(few, tree.targets(leaves), rows(tree, 20, 1)[0], epochs=5)
        weights.append(torch.cat([p.detach().flatten() for p in training.teacher.parameters()]))
    assert torch.equal(*weights)


def test_pictures_and_augmentation(tree):
    torch.manual_seed(0)
    images, leaves = torch.rand(4, 3, 16, 16), torch.randint(5, (4, 16, 16))
    seen = []

    def flipped(inputs, targets, weights, generator):
        seen.append(weights is None)
        return inputs.flip(-1), targets.flip(-1), weights if weights is None else weights.flip(-1)

    training = SelfTraining(SegmentationNet(9), tree, augment=flipped, batch_size=2)
    training.fit(images, tree.targets(leaves), images, epochs=5)
    said = training.pseudo_labels(images)
    assert said.leaves.shape == said.weights.shape == said.revised.shape == (4, 16, 16)
    assert set(seen) == {True, False}


def test_diagnosis_revises_what_breaks_the_rules_and_thresholding_does_not(tree):
    sure = tree.targets(["cat", "oak"]) * 8 - 4
    torn = sure[:1].copy()
    torn[0, [2, 3, 6, 7, 8]] = 4, -4, 0.5, -4, 1.0  # a pet that looks a little more like a fox
    logits = torch.tensor(np.concatenate([sure, torn]))
    found = SelfTraining(Fixed(), tree, coverage=1.0).pseudo_labels(logits)
    plain = SelfTraining(Fixed(), tree, coverage=1.0, diagnose=False).pseudo_labels(logits)
    assert found.revised.tolist() == [False, False, True]
    assert [tree.leaves[k] for k in found.leaves] == ["cat", "oak", "cat"]
    assert [tree.leaves[k] for k in plain.leaves] == ["cat", "oak", "fox"]
    assert 0.5 < found.weights[2] < 1 == found.weights[0]
    half = SelfTraining(Fixed(), tree, coverage=0.67).pseudo_labels(logits)
    assert half.weights[2] == 0


def test_views_that_contradict_each_other_are_diagnosed_though_every_one_keeps_the_rules(tree):
    sure = torch.tensor(tree.targets(["cat", "cat", "oak"]) * 8 - 4)
    other = torch.tensor(
        tree.targets(["cat", "dog", "oak"]) * 6 - 3
    )  # what is said of the second input when it is changed
    training = SelfTraining(Fixed(), tree, coverage=1.0, views=[View(lambda inputs: other)])
    found = training.pseudo_labels(sure)
    assert found.revised.tolist() == [False, True, False]
    assert [tree.leaves[k] for k in found.leaves] == ["cat", "cat", "oak"]
    assert found.weights[1] < 1 == found.weights[0]
    assert found.confidence[1] < found.confidence[0]
    assert not SelfTraining(Fixed(), tree, coverage=1.0).pseudo_labels(sure).revised.any()


def test_the_most_confident_of_every_leaf_are_kept(tree):
    names = ["cat"] * 8 + ["oak"] * 4
    logits = torch.tensor(tree.targets(names) * 2 - 1) * torch.linspace(1, 3, 12)[:, None]
    said = SelfTraining(Fixed(), tree, coverage=0.5, diagnose=False).pseudo_labels(logits)
    assert torch.nonzero(said.weights)[:, 0].tolist() == [4, 5, 6, 7, 10, 11]


def test_a_trained_model_goes_on_and_labels_alone_leave_the_rest_out(tree):
    few, leaves = rows(tree, 15, 0)
    many, truth = rows(tree, 60, 1)
    torch.manual_seed(0)
    net = perceptron(2, (16,), 9)
    SelfTraining(net, tree, rate=2e-2, seed=0).fit(
        few, tree.targets(leaves), torch.full_like(many, torch.nan), alone=1, epochs=60
    )
    further = SelfTraining(net, tree, rate=2e-2, seed=0)
    before = further.pseudo_labels(many).leaves
    further.fit(few, tree.targets(leaves), many, epochs=20, alone=0)
    assert (before == truth).float().mean() > 0.9
    assert (further.pseudo_labels(many).leaves == truth).float().mean() > 0.9


def fit(tree, *, inputs=None, targets=None, unlabeled=None, views=(), epochs=1):
    """A fit of two rows and one unlabeled one, but for what is given."""
    given = (inputs, targets, unlabeled)
    usual = (torch.zeros(2, 2), torch.zeros(2, 9), torch.zeros(1, 2))
    inputs, targets, unlabeled = (b if a is None else a for a, b in zip(given, usual, strict=True))
    return SelfTraining(nn.Linear(2, 9), tree, views=views).fit(inputs, targets, unlabeled, epochs=epochs)


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (
            lambda t: SelfTraining(Fixed(), t, coverage=0.0),
            "coverage must be a number above 0 and at most 1, but got 0.0. 0.5 is usual.",
        ),
        (
            lambda t: SelfTraining(Fixed(), t, momentum=1.5),
            "momentum must be a number in [0, 1], but got 1.5. 0.98 is usual.",
        ),
        (
            lambda t: SelfTraining(Fixed(), t).fit(torch.zeros(1, 9), torch.zeros(1, 9), torch.zeros(1, 9), alone=2),
            "alone must be a number in [0, 1], but got 2. 0.5 is usual.",
        ),
        (
            lambda t: SelfTraining(nn.Linear(2, 9), t).fit(torch.zeros(2, 2), torch.zeros(3, 9), torch.zeros(1, 2)),
            "there are 2 labeled inputs, 3 targets and 1 unlabeled inputs. Give one target per labeled input,",
        ),
        (
            lambda t: SelfTraining(Fixed(), {"a": ["b"]}),
            "hierarchy must be a Hierarchy, but got dict. Wrap nested names",
        ),
        (lambda t: SelfTraining(3, t), "model must be a torch module, but got int."),
        (lambda t: SelfTraining(Fixed(), t, views=[5]), "views must hold View, but view 0 is 5. Write View(change)."),
        (
            lambda t: fit(t, inputs=np.zeros((2, 2))),
            "inputs must be a torch tensor, but got ndarray. Write torch.as_tensor(",
        ),
        (lambda t: fit(t, targets=["cat", "dog"]), "targets must be a torch tensor, but got list. Make them with"),
        (lambda t: SelfTraining(Fixed(), t).pseudo_labels([1]), "inputs must be a torch tensor, but got list."),
        (lambda t: fit(t, unlabeled=torch.zeros(1, 3)), "unlabeled have rows of shape (3,), but inputs have (2,)."),
        (lambda t: fit(t, inputs=torch.zeros(2, 3)), "the model cannot read rows of shape (3,): mat1 and mat2"),
        (
            lambda t: fit(t, inputs=torch.full((2, 2), torch.nan)),
            "inputs hold NaN or infinite values (row 0), which would",
        ),
        (lambda t: fit(t, unlabeled=torch.full((1, 2), torch.inf)), "unlabeled hold NaN or infinite values (row 0)"),
        (lambda t: fit(t, epochs=0), "epochs must be a whole number of at least 1, but got 0. 100 is usual."),
        (
            lambda t: fit(t, views=[View(lambda rows: rows[:1])], unlabeled=torch.zeros(4, 2), epochs=2),
            "view 0 has outputs of shape (1, 9), but those of the inputs have (4, 9). Let it keep every row",
        ),
    ],
)
def test_what_cannot_be_trained_says_why(tree, act, words):
    with pytest.raises((DataError, FillError), match=re.escape(words)):
        act(tree)
