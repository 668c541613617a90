"""Convolutional networks: shapes, sizes, that they learn, and what they say of pictures of another kind."""

from __future__ import annotations

import re

import pytest
import torch

from induce.errors import DataError
from induce.nets import SegmentationNet, SmallCNN


def test_the_classifier_has_the_parameters_that_it_says():
    net = SmallCNN(10)
    assert sum(p.numel() for p in net.parameters()) == 105_866
    assert net(torch.zeros(3, 1, 28, 28)).shape == (3, 10)
    assert SmallCNN()(torch.zeros(3, 1, 28, 28)).shape == (3, net.dim)


@pytest.mark.parametrize("size", [8, 13, 64])
def test_every_size_is_taken(size):
    assert SmallCNN(4, channels=3, size=size, features=16)(torch.rand(2, 3, size, size)).shape == (2, 4)
    assert SegmentationNet(5)(torch.rand(2, 3, size, size + 1)).shape == (2, 5, size, size + 1)


def test_a_picture_is_labeled_the_same_alone_and_in_a_batch():
    torch.manual_seed(0)
    net, images = SegmentationNet(6), torch.rand(3, 3, 32, 32)
    assert torch.allclose(net(images)[1:2], net(images[1:2]), atol=1e-5)


def test_both_learn():
    torch.manual_seed(0)
    images = torch.rand(12, 1, 4, 4).repeat_interleave(4, 2).repeat_interleave(4, 3)
    dark, light = images.mean((1, 2, 3)) < images.mean(), images[:, 0] > 0.5
    for net, target in ((SmallCNN(2, size=16), dark.long()), (SegmentationNet(2, channels=1), light.long())):
        optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
        first = None
        for _ in range(40):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(net(images), target)
            loss.backward()
            optimizer.step()
            first = first or loss.item()
        assert loss.item() < 0.75 * first


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (
            torch.zeros(2, 1, 28, 28, dtype=torch.uint8),
            "pictures must be of floating-point numbers, but they are torch.uint8.",
        ),
        (
            torch.zeros(2, 28, 28, 1),
            "must have shape (batch, 1, 28, 28), but they have (2, 28, 28, 1): the channels come",
        ),
        (torch.zeros(2, 3, 28, 28), "but they have (2, 3, 28, 28). Say channels= when making the net."),
        (torch.zeros(28, 28), "but they have (28, 28). Say channels= when making the net."),
        (torch.zeros(2, 1, 32, 32), "but they have (2, 1, 32, 32). Say size= when making the net."),
    ],
)
def test_pictures_of_another_kind(images, words):
    with pytest.raises(DataError, match=re.escape(words)):
        SmallCNN(10)(images)
