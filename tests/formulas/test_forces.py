"""Laws of force from motion: the network, its messages, and the formulas in its place."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from induce import arithmetic
from induce.errors import DataError
from induce.formulas.bodies import SYSTEMS, simulate
from induce.formulas.forces import closed_network, components, discover, error, force_map, train


@pytest.fixture(scope="module")
def data():
    return [simulate("springs", bodies=n, snapshots=100, seed=0) for n in (3, 4)]


def test_training_is_seeded_and_learns(data):
    state = torch.get_rng_state()
    nets = [train(data, steps=60, width=16, seed=1) for _ in range(2)]
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(a, b) for a, b in zip(*(n.parameters() for n in nets), strict=True))
    assert error(nets[0], data[0]) < 0.9
    with pytest.raises(DataError, match=r"there are no snapshots to train on\. Make some with simulate\('springs'\)\."):
        train([])


def test_a_penalty_leaves_few_components(data):
    net = train(data, messages=10, l1=1e-2, steps=60, width=16)
    places = components(net, data)
    assert len(places) == 2
    map_, r2 = force_map(net, data, SYSTEMS["springs"], places)
    assert (map_.shape, r2.shape) == ((2, 3), (2,))


def test_copies_of_a_component_are_not_chosen(data):
    net = train(data, messages=3, steps=2, width=16)
    last = net.edge[-1]
    with torch.no_grad():
        last.weight.copy_(torch.stack([last.weight[0], 10 * last.weight[0], last.weight[2]]))
    assert components(net, data) == [1, 2]


def test_formulas_are_fitted_end_to_end(data):
    """Far from the truth at first, exact afterwards; the second node formula has to undo the mixing of the messages."""
    messages = [arithmetic.parse("(0.5*dx + 0.2*dy)*(1 - 1.3/r)"), arithmetic.parse("3*dy - 2.5*dy/r")]
    node = [arithmetic.parse("(2.0*s0 + 0.3*s1)/m"), arithmetic.parse("(0.4*s1 + 0.1*s0)/m")]
    net, loss = closed_network(messages, node, data)
    assert loss < 1e-20
    assert error(net, simulate("springs", bodies=8, snapshots=20, seed=3)) < 1e-9
    assert net.edge.terms[0] != messages[0]


def test_equal_numbers_are_fitted_apart(data):
    messages = [arithmetic.parse("2*dx - 2*dx/r"), arithmetic.parse("2*dy*(3 - 3/r)")]
    _, loss = closed_network(messages, [arithmetic.parse("(2*s0 + 2*s1)/m"), arithmetic.parse("2*s1/m")], data)
    assert loss < 1e-20


@pytest.mark.slow
def test_springs_are_discovered():
    found = discover("springs", steps=2500, search=5)
    assert found.exact, str(found)
    assert found.linear.min() > 0.99
    network, closed = found.errors(simulate("springs", bodies=8, snapshots=50, seed=1))
    assert closed <= 0.5 * network
    assert "exact up to a linear map" in str(found)


def test_the_force_map_of_the_truth_is_the_truth(data):
    message = [arithmetic.parse("2*dx - 2*dx/r"), arithmetic.parse("2*dy - 2*dy/r")]
    net, _ = closed_network(message, [arithmetic.parse("1.0*s0/m"), arithmetic.parse("1.0*s1/m")], data)
    map_, r2 = force_map(net, data, SYSTEMS["springs"], components(net, data))
    assert r2 == pytest.approx([1, 1])
    assert np.abs(map_).max() == pytest.approx(1, rel=1e-3)
