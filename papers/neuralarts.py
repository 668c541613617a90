"""Networks sampled by the types of their layers: all of them run, and one found by search reads digits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_digits

from induce import tune
from induce.papers import Check
from induce.spaces import architecture

TITLE = "R. Wu, N. Saxena and R. Jain (2021), NeuralArTS: Structuring Neural Architecture Search with Type Theory"
CLAIM = "Layers as arrows between shapes: parameters that make the same shape are one class, and every composition type-checks."


@dataclass
class Result:
    """Networks that ran, how far classes are from evenly drawn, accuracy of the median network trained and of the best."""

    ran: int
    sampled: int
    uneven: float
    median: float
    best: float


def digits() -> tuple[Any, ...]:
    """Images and labels to learn from, and others to test with."""
    found = load_digits()
    x = torch.tensor(found.images[:, None] / 16.0, dtype=torch.float32)
    y = torch.tensor(found.target)
    return x[:1000], y[:1000], x[1000:1400], y[1000:1400]


def accuracy(net: torch.nn.Module, data: tuple[Any, ...]) -> float:
    """On the test images, after a short training from parameters drawn anew."""
    x, y, test_x, test_y = data
    torch.manual_seed(0)
    net.apply(lambda part: part.reset_parameters() if hasattr(part, "reset_parameters") else None)
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-2)
    for _ in range(6):
        for rows in torch.randperm(len(y)).split(64):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
            optimizer.step()
    with torch.no_grad():
        return float((net.eval()(test_x).argmax(1) == test_y).float().mean())


def run(sampled: int, depth: int, trials: int) -> Result:
    networks = architecture((1, 8, 8), (10,), depth=depth)
    x = torch.randn(2, 1, 8, 8)
    with torch.no_grad():
        ran = sum(networks.build(point)(x).shape == (2, 10) for point in networks.samples(sampled, 0))
    drawn = architecture((1, 8, 8), (10,), depth=1).samples(100_000, 1)[:, 0].astype(int)
    share = np.bincount(drawn) / len(drawn)
    uneven = float(np.abs(share * len(share) - 1).max())
    data = digits()
    found = tune(networks, lambda net: accuracy(net, data), within=f"{trials} trials", seed=0)
    rewards = [trial.reward for trial in found.trials]
    return Result(ran, sampled, uneven, float(np.median(rewards)), max(rewards))


def small() -> Result:
    return run(200, 2, 16)


def full() -> Result:
    return run(2000, 3, 60)


def check(result: Result) -> Check:
    figure = f"{result.ran} of {result.sampled} run; classes uniform within {result.uneven:.1%}; accuracy"
    figure += f" {result.median:.3f} of the median network, {result.best:.3f} of the best"
    holds = result.ran == result.sampled and result.uneven < 0.05 and result.best >= max(0.85, result.median)
    return Check(figure, "all run; classes uniform within 5 %; the best reads at least 85 % of unseen digits", holds)
