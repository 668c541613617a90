"""Supernets: one module for all networks; selection, mixing, and networks of their own."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import nn

from induce import hole, space
from induce.errors import SpaceError
from induce.spaces import architecture, supernet

X = torch.randn(3, 5, generator=torch.Generator().manual_seed(0))


def layer(name, i, o, kinds=(nn.ReLU, nn.Tanh, nn.Sigmoid)):
    return hole.choice([space(nn.Sequential, space(nn.Linear, i, o), space(kind)) for kind in kinds], name=name)


def small():
    torch.manual_seed(0)
    return space(nn.Sequential, layer("a", 5, 6), layer("b", 6, 6), nn.Linear(6, 2))


def test_every_network_is_in_it():
    found = small()
    net = supernet(found)
    assert found.size == 9
    assert len(net.weights) == 2 * (3 + 3 + 1)
    outputs = []
    for point in found.enumerate():
        outputs.append(net.select(point)(X))
        alone = net.subnet(point)
        assert str(alone) == str(found.build(point))
        assert torch.equal(alone(X), outputs[-1])
    assert len({tuple(out.flatten().tolist()) for out in outputs}) == 9


def test_networks_share_the_parameters_they_have_in_common():
    net = supernet(small())
    before = net.select([0, 2])(X)
    net.select([0, 0])(X).sum().backward()
    with torch.no_grad():
        for parameter in net.weights:
            if parameter.grad is not None:
                parameter -= parameter.grad
    assert not torch.equal(net.select([0, 2])(X), before)
    alone = net.subnet([0, 2])
    with torch.no_grad():
        next(alone.parameters()).zero_()
    assert not torch.equal(alone(X), net.select([0, 2])(X))


def test_a_part_used_twice_has_two_sets_of_parameters():
    block = layer("a", 5, 5)
    once = space(nn.Linear, 5, 5)
    found = space(nn.Sequential, block, once, block, once)
    net = supernet(found)
    assert len(net.weights) == 2 * (3 + 1 + 3 + 1)
    assert found.size == 3
    for point in found.enumerate():
        assert torch.equal(net.select(point)(X), net.subnet(point)(X))
        assert str(net.subnet(point)) == str(found.build(point))
        assert sum(p.numel() for p in net.subnet(point).parameters()) == 4 * 30


def test_options_share_what_they_have_in_common():
    common = space(nn.Linear, 5, 5)
    tails = [space(nn.Sequential, common, space(kind)) for kind in (nn.ReLU, nn.Tanh)]
    assert len(supernet(space(nn.Sequential, hole.choice(tails))).weights) == 2


def test_the_mix_is_differentiable_and_becomes_one_network():
    net = supernet(small()).relax()
    mixed = net(X)
    parts = [net.select([i, j])(X) for i in range(3) for j in range(3)]
    assert mixed.shape == parts[0].shape
    net.relax()(X).pow(2).sum().backward()
    assert all(logits.grad is not None and logits.grad.abs().sum() > 0 for logits in net.logits)
    with torch.no_grad():
        net.logits[0][2], net.logits[1][1] = 50.0, 50.0
    assert torch.allclose(net.relax()(X), net.select([2, 1])(X))
    assert net.discretize().tolist() == [2, 1]
    assert net.temperature is None


def test_gradient_descent_on_the_mix_picks_the_option_that_fits():
    torch.manual_seed(0)
    odd = [space(nn.Tanh), space(nn.ReLU), space(nn.Identity)]
    net = supernet(space(nn.Sequential, hole.choice(odd, name="act")))
    x = torch.linspace(-2, 2, 50)[:, None]
    logits = net.logits[0]
    for _ in range(60):
        (slope,) = torch.autograd.grad((net.relax()(x) - x.relu()).pow(2).mean(), logits)
        with torch.no_grad():
            logits -= 2.0 * slope
    assert net.space.decode(net.discretize()) == {"act": "ReLU"}


def test_holes_in_the_arguments_of_modules_are_variants():
    width = hole.choice([4, 8], name="width")
    found = space(nn.Sequential, space(nn.Linear, 5, width), space(nn.ReLU), space(nn.Linear, width, 2))
    net = supernet(found)
    assert [net.select([k])(X).shape for k in (0, 1)] == [(3, 2), (3, 2)]
    assert net.subnet([1])[0].out_features == 8
    assert len(net.weights) == 8
    with pytest.raises(SpaceError) as caught:
        net.relax()(X)
    assert "the options of 'width' give outputs of the shapes (3, 4), (3, 8), but a mix needs equal ones." in str(
        caught.value
    )


def test_conditional_choices_nest():
    inner = hole.choice([space(nn.Linear, 5, 5), space(nn.Identity)], name="inner")
    found = space(
        nn.Sequential, hole.choice([space(nn.Sequential, inner, space(nn.ReLU)), space(nn.Tanh)], name="outer")
    )
    net = supernet(found)
    for point in found.enumerate():
        assert torch.equal(net.select(point)(X), net.subnet(point)(X))
    assert net.relax()(X).shape == X.shape


def test_typed_architectures_share_too():
    found = architecture((1, 4, 4), (3,), depth=2)
    net = supernet(found).eval()
    x = torch.randn(2, 1, 4, 4)
    for point in found.samples(10, 0):
        assert torch.equal(net.select(point)(x), net.subnet(point)(x))


def test_it_goes_to_a_device_and_copies():
    net = supernet(small()).to("meta")
    assert {p.device.type for p in net.parameters()} == {"meta"}
    twin = copy.deepcopy(supernet(small()))
    assert twin.sample(np.random.default_rng(0)).relax()(X).shape == (3, 2)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: supernet({"a": hole.integer(1, 2)}),
            "the space builds a dict, but a supernet needs a torch module. Give space(",
        ),
        (
            lambda: supernet(space(nn.Sequential, hole.choice([space(nn.ReLU), None], name="act"))),
            "the choice 'act' picks among modules and None, which is none. Use torch.nn.Identity() for nothing.",
        ),
        (
            lambda: supernet(space(nn.Linear, 2, hole.integer(1, 999, name="n"))),
            "the arguments of Linear have 999 values, but a supernet holds each of them; at most 256 are possible. Give choices",
        ),
        (
            lambda: supernet(space(nn.Dropout, hole.real(within=(0, 1)))),
            "the arguments of Dropout have infinitely many values, but a supernet holds each of them",
        ),
        (lambda: supernet(small()).relax(0), "the temperature is 0, but a positive number was expected. Start with 1."),
    ],
)
def test_errors(make, message):
    with pytest.raises(SpaceError) as caught:
        make()
    assert message in str(caught.value)
