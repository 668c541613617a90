"""The suite of concepts that no label names: how symbols are matched, and what a batch holds."""

from __future__ import annotations

import numpy as np
import torch

from benchmarks.unlabeled import Pairs, Shifted, matched


def test_symbols_are_matched_one_to_one():
    truth = np.array([0, 0, 1, 1, 2])
    assert matched((truth + 1) % 3, truth, 3) == 1.0
    assert matched(np.zeros(5, dtype=int), truth, 3) == 0.4  # one symbol names one digit only


def test_pairs_stay_the_same_from_pass_to_pass():
    images = torch.arange(6.0).reshape(3, 2, 1, 1, 1)
    pairs = Pairs(images, torch.arange(3), seed=0, batch=2)
    passes = [
        {(float(a), float(b)) for inputs, _ in pairs for a, b in zip(*inputs.values(), strict=True)} for _ in "ab"
    ]
    assert passes == [{(0.0, 1.0), (2.0, 3.0), (4.0, 5.0)}] * 2


def test_pictures_move_only_while_learning():
    net, images = Shifted(10), torch.rand(2, 1, 28, 28)
    assert net(images).shape == (2, 10)
    assert torch.equal(net.eval()(images), net(images))
