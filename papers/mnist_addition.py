"""Sums of two numbers whose digits are images: only the sum is known, the digits are learned through the rule."""

from __future__ import annotations

import torch
from torch import nn

from induce import fill
from induce.learners import Epochs
from induce.logic import LogicProgram
from induce.logic.data import digits, mnist, number_sums
from induce.papers import Check

TITLE = "R. Manhaeve et al. (2018), DeepProbLog: Neural Probabilistic Logic Programming"
CLAIM = "A network learns to read digits when it is told only the sums of the numbers that they form."
PROGRAM = """
side(left). side(right). place(0..{last}).
digit(Side, P, {{0..9}}) ~ nn(digit, Side, P) :- side(Side), place(P).
total(S) :- S = #sum{{ 10**P * D, Side, P : digit(Side, P, D) }}.
"""


def network(size: int) -> nn.Module:
    """A small network for 8x8 digits, LeNet for 28x28."""
    if size == 8:
        return nn.Sequential(nn.Flatten(), nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
    return nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.MaxPool2d(2), nn.ReLU(), nn.Conv2d(6, 16, 5), nn.MaxPool2d(2), nn.ReLU(), nn.Flatten(),
        nn.Linear(256, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip


class Pairs:
    """Batches of pairs of numbers and their sums; every pass pairs the images anew."""

    def __init__(self, images, labels, length, batch):
        self.data, self.length, self.batch, self.epoch = (images, labels), length, batch, 0

    def __iter__(self):
        left, right, total = (torch.tensor(x) for x in number_sums(*self.data, self.length, self.epoch))
        self.epoch += 1
        for k in range(0, len(total) - self.batch + 1, self.batch):
            rows = slice(k, k + self.batch)
            yield {"left": left[rows], "right": right[rows]}, total[rows]


def train(data, length, batch, epochs, learner):
    """Share of right sums on the test images, and what the planner did."""
    (images, labels), (test_images, test_labels) = data
    torch.manual_seed(0)
    net = network(images.shape[-1])
    program = LogicProgram(PROGRAM.format(last=length - 1), digit=net, query="total(S)")
    fill(program, Pairs(images, labels, length, batch), by=learner, within=f"{epochs} epochs", seed=0)
    left, right, total = number_sums(test_images, test_labels, length)
    with torch.no_grad():
        read = [net(torch.tensor(side).flatten(0, 1)).argmax(1).reshape(-1, length) for side in (left, right)]
    sums = ((read[0] + read[1]) * 10 ** torch.arange(length)).sum(1)
    return float((sums.numpy() == total).mean()), length, len(total), program.plan().splitlines()[-3]


def small():
    return train(digits(), 2, 8, 12, Epochs(rate=4e-3, decay=0.9))


def full():
    return train(mnist(), 4, 16, 8, Epochs(rate=2e-3, decay=0.75))


def check(result) -> Check:
    share, length, count, plan = result
    goal = 0.75 if length == 2 else 0.90
    return Check(f"{share:.3f} of {count} sums of {length}-digit numbers;{plan}", f"at least {goal}", share >= goal)
