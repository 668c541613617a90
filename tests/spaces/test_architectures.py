"""Typed architectures: every network runs, classes of settings are drawn evenly, and projections fit what differs."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from induce.errors import SpaceError
from induce.spaces import Operation, architecture
from induce.spaces.architectures import OPERATIONS, classes, projection


def test_sampled_networks_run_and_have_the_shape():
    networks = architecture((1, 8, 8), (10,), depth=2)
    x = torch.randn(2, 1, 8, 8)
    with torch.no_grad():
        for point in networks.samples(150, 0):
            assert networks.build(point)(x).shape == (2, 10)


def test_vectors_and_images_as_results():
    for given, made in (((12,), (3,)), ((12,), (2, 4, 4)), ((3, 9, 7), (5, 2, 2)), ((3, 9, 7), (3, 9, 7))):
        networks = architecture(given, made, depth=2)
        for point in networks.samples(10, 0):
            assert networks.build(point)(torch.randn(2, *given)).shape == (2, *made)


def test_classes_hold_what_makes_the_same_shape():
    found = classes((8, 6, 6), OPERATIONS)
    x = torch.randn(2, 8, 6, 6)
    for made, members in found.items():
        for operation, settings in members:
            layer = operation.make((8, 6, 6), made, **settings)
            assert layer(x).shape == (2, *made), (operation.name, settings)
    convolutions = {(s["k"], s["p"]) for op, s in found[8, 6, 6] if op.name == "conv" and s["c"] == 8}
    assert convolutions == {(1, 0), (3, 1), (5, 2)}


def test_classes_are_drawn_evenly():
    networks = architecture((1, 8, 8), (10,), depth=1)
    row = networks.names.index("layer1_1x8x8")
    drawn = networks.samples(200_000, 0)[:, row].astype(int)
    share = np.bincount(drawn) / len(drawn)
    assert len(share) == len(classes((1, 8, 8), OPERATIONS))
    assert np.abs(share * len(share) - 1).max() < 0.05


def test_projections_are_as_small_as_can_be():
    assert isinstance(projection((4, 5, 5), (4, 5, 5)), nn.Identity)
    assert isinstance(projection((4, 5, 5), (4, 2, 2)), nn.AdaptiveAvgPool2d)
    assert isinstance(projection((4,), (6,))[0], nn.Linear)
    residual = next(op for op in OPERATIONS if op.name == "residual")
    made = residual.make((4, 6, 6), (8, 3, 3), k=3, c=8, s=2)
    assert made(torch.randn(2, 4, 6, 6)).shape == (2, 8, 3, 3)


def test_operations_of_ones_own():
    double = Operation(
        "double", {"f": (2, 3)}, lambda s, *, f: (s[0] * f,), lambda s, made, *, f: nn.Linear(s[0], made[0])
    )
    networks = architecture((2,), (1,), depth=2, operations=[double])
    assert networks.size == 4
    assert networks.names[:3] == ("layer1_2", "layer1_2_to_4", "layer2_4")
    assert networks.build([0] * len(networks.names))(torch.randn(5, 2)).shape == (5, 1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: architecture((1, 8), (10,)),
            "in_shape is (1, 8), but (channels, height, width) or (features,) of positive",
        ),
        (lambda: architecture((1, 8, 8), (0,)), "out_shape is (0,), but (channels, height, width)"),
        (lambda: architecture((4,), (2,), depth=0), "the depth is 0, but at least one layer is needed."),
        (
            lambda: architecture((4,), (2,), operations=[]),
            "there are no operations. Give operations with different names",
        ),
        (lambda: architecture((4,), (2,), operations=OPERATIONS[:1] * 2), "two operations are called 'conv'."),
        (
            lambda: architecture((4,), (2,), operations=OPERATIONS[:1]),
            "no operation takes the shape 4 of layer 1. Add one",
        ),
    ],
)
def test_errors(make, message):
    with pytest.raises(SpaceError) as caught:
        make()
    assert message in str(caught.value)
