"""Messages between the members of a set: shapes, the sum over others, and action equal to reaction."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

import induce.nets
from induce.errors import DataError
from induce.formulas.bodies import FEATURES, SWAP, simulate
from induce.nets import MessageNetwork, perceptron
from induce.nets.messages import reversed_pairs


@pytest.fixture
def net():
    torch.manual_seed(0)
    return MessageNetwork(perceptron(7, (8,), 2), perceptron(4, (8,), 2), swap=SWAP).double()


@pytest.fixture(scope="module")
def pairs():
    return torch.tensor(simulate("charge", bodies=4, snapshots=20, seed=3).pairs)


def test_names_are_lazy_and_explained():
    assert {"MessageNetwork", "perceptron"} <= set(induce.nets.__all__) == set(dir(induce.nets))
    with pytest.raises(AttributeError, match=r"module 'induce.nets' has no attribute 'Net'\. It has: "):
        induce.nets.Net  # noqa: B018
    code = "import sys, induce.nets; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_reversed_pairs_is_its_own_inverse():
    back = reversed_pairs(5)
    assert torch.equal(back[back], torch.arange(20))


def test_the_reversed_features_are_those_of_the_reversed_pair(pairs):
    flat = pairs.flatten(-3, -2)
    places, signs = zip(*SWAP, strict=True)
    turned = flat[..., list(places)] * torch.tensor(signs)
    assert torch.allclose(turned, flat[:, reversed_pairs(4)])
    assert len(SWAP) == len(FEATURES)


def test_action_equals_reaction(net, pairs):
    sent = net.all_messages(pairs)
    flat = sent.flatten(-3, -2)
    assert torch.allclose(flat, -flat[:, reversed_pairs(4)])
    assert torch.allclose(sent, net.messages(pairs))
    assert torch.allclose(sent.sum((1, 2)), torch.zeros(20, 2, dtype=torch.float64), atol=1e-12)


def test_the_output_is_the_node_network_of_summed_messages(net, pairs):
    nodes = torch.rand(20, 4, 2, dtype=torch.float64)
    one = net.node(torch.cat([nodes[3, 1], net.messages(pairs[3, 1]).sum(0)]))
    assert torch.allclose(net(pairs, nodes)[3, 1], one)


def test_without_a_swap_messages_are_as_they_are(pairs):
    net = MessageNetwork(perceptron(7, (8,), 2), perceptron(4, (8,), 2)).double()
    assert torch.equal(net.all_messages(pairs), net.edge(pairs))
    assert torch.equal(net.messages(pairs), net.edge(pairs))


def test_pairs_of_a_wrong_shape(net, pairs):
    with pytest.raises(DataError, match=r"it is \(20, 4, 2, 7\): 4 bodies have 3 others each, not 2\."):
        net(pairs[:, :, :2], torch.zeros(20, 4, 2, dtype=torch.float64))
