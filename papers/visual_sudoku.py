"""4x4 Sudokus made of images: the only label is that each filled grid is valid, so symbols are learned up to a permutation."""

from __future__ import annotations

import itertools

import numpy as np
import torch
from torch import nn

from induce.logic import LogicProgram, shortcuts
from induce.logic.data import digits, mnist
from induce.papers import Check

TITLE = "E. Augustine et al. (2022), Visual Sudoku Puzzle Classification: A Suite of Collective Neuro-Symbolic Tasks"
CLAIM = "Constraints alone, without any label of a symbol, teach a network to read the symbols up to their names."
PROGRAM = """
row(0..3). col(0..3).
cell(R, C, {1..4}) ~ nn(symbol, grid(R, C)) :- row(R), col(C).
:- cell(R, A, V), cell(R, B, V), A < B.
:- cell(A, C, V), cell(B, C, V), A < B.
:- cell(R, C, V), cell(S, D, V), R // 2 = S // 2, C // 2 = D // 2, R < S, C != D.
"""


def symbols_of(world):
    """The 16 symbols of a world given as facts ``cell(row, column, symbol)``."""
    return [int(fact.rpartition(",")[2].strip(" )")) - 1 for fact in world]


def train(data, steps, count, net):
    """Share of grids read right up to one permutation, permutations that cannot be told apart, violations."""
    program = LogicProgram(PROGRAM, symbol=net)
    grids = np.array([symbols_of(world) for world in program.models()])
    rng = np.random.default_rng(0)

    def pictures(images, labels, n):
        wanted = grids[rng.integers(len(grids), size=n)]
        out = np.zeros((n, 16, *images.shape[1:]), np.float32)
        for k in range(4):
            mask = wanted == k
            out[mask] = images[rng.choice(np.flatnonzero(labels == k + 1), mask.sum())]
        return torch.tensor(out.reshape(n, 4, 4, *images.shape[1:])), wanted

    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
    for _ in range(steps):
        optimizer.zero_grad()
        program.loss(grid=pictures(*data[0], 16)[0]).backward()
        optimizer.step()
    images, wanted = pictures(*data[1], count)
    decoded = program.decode(grid=images)
    read = decoded.leaves.reshape(16, 4, -1).argmax(1).T
    right = max((np.array(p)[read] == wanted).all(axis=1).mean() for p in itertools.permutations(range(4)))
    return float(right), shortcuts(program).count, decoded.violations, count


def small():
    torch.manual_seed(0)
    return train(digits(), 400, 300, nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 4)))


def full():
    torch.manual_seed(0)
    convolutions = [nn.Conv2d(1, 6, 5), nn.MaxPool2d(2), nn.ReLU(), nn.Conv2d(6, 16, 5), nn.MaxPool2d(2), nn.ReLU()]
    net = nn.Sequential(*convolutions, nn.Flatten(), nn.Linear(256, 84), nn.ReLU(), nn.Linear(84, 4))
    return train(mnist(), 500, 10_000, net)


def check(result) -> Check:
    share, alike, violations, count = result
    figure = f"{share:.3f} of {count:,} grids, {alike} permutations alike, {violations} violations"
    return Check(figure, "at least 0.97, exactly 24, none", share >= 0.97 and alike == 24 and violations == 0)
