from __future__ import annotations

import numpy as np
import torch

from induce.learners.gradient import Gradient
from induce.terms import arithmetic, hole

from .making import sketched, state

X = arithmetic.variable("x")


def net():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(2, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1))


def train(problem, seed=0, **settings):
    return [b for b in Gradient(**settings).run(problem, state(), np.random.default_rng(seed)) if b.values is not None]


def test_a_net_and_a_constant_learn_together():
    problem = sketched(hole.real("k") * X + hole.net(net(), name="f"), "3 * x + sin(y)")
    batches = train(problem, epochs=150, rate=2e-2, batch=30)
    assert len(batches) == 150
    assert batches[-1].losses[0] < 0.02 * problem.scale
    assert {"constants.k", "nets.f.0.weight"} <= set(batches[-1].values)
    assert batches[4].note == "epoch 5"


def test_a_line_without_nets():
    batches = train(sketched("?a * x + ?b", "2 * x - 1"), epochs=300, rate=5e-2, batch=20)
    values = {name: round(float(v), 2) for name, v in batches[-1].values.items()}
    assert values == {"constants.a": 2.0, "constants.b": -1.0}


def test_the_same_seed_gives_the_same_parameters():
    def once(seed):
        return train(sketched("?a * x + ?b", "2 * x - 1"), seed, epochs=5, batch=8)[-1].values

    assert all(torch.equal(once(1)[name], once(1)[name]) for name in once(1))
    assert not all(torch.equal(once(1)[name], once(2)[name]) for name in once(1))


def test_another_loss_and_weights_are_used():
    problem = sketched("?a * x", "2 * x", loss=lambda prediction, target: (prediction - 3 * target).abs().mean())
    assert abs(float(train(problem, epochs=200, rate=5e-2)[-1].values["constants.a"]) - 6.0) < 0.2
    weights = np.zeros(60)
    weights[:30] = 1.0
    data = sketched("?a * x", "2 * x")
    target = np.where(np.arange(60) < 30, data.target, -5.0)
    from dataclasses import replace

    batches = train(replace(data, target=target, weights=weights), epochs=200, rate=5e-2)
    assert abs(float(batches[-1].values["constants.a"]) - 2.0) < 0.05


def test_choices_are_refused_in_words():
    problem = sketched(hole.choice([X, X * X], name="f") + hole.real("a"), "x")
    assert Gradient().accepts(problem) == "gradient descent needs a sketch without choices"
