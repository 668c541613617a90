"""The ``unlabeled`` suite: concepts that no label names, recovered through rules, and through clusters of pictures.

The 9,000 digits of MNIST are read from the folder that the environment variable ``INDUCE_SHARED_DATA`` names. Of each seed 8,000
digits are for training and 1,000 for tests; every training digit is in one pair only.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch.nn import functional

from benchmarks.runner import Run, row
from benchmarks.symbols import digits
from induce import fill
from induce.learners import Epochs
from induce.logic import LogicProgram
from induce.nets import SmallCNN
from induce.papers import find_paper

PROGRAM = """
side(left). side(right).
digit(Side, {0..9}) ~ nn(digit, Side) :- side(Side).
total(A + B) :- digit(left, A), digit(right, B).
"""
COARSE = """
answer(S mod 2) :- total(S), S < 10.
answer(2 + S mod 2) :- total(S), S >= 10.
"""


class Shifted(SmallCNN):
    """Pictures are moved by up to two pixels while the network learns."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits of shape (batch, 10)."""
        if self.training:
            down, right = torch.randint(5, (2,)).tolist()
            wide = functional.pad(images, (2, 2, 2, 2))
            images = wide[..., down : down + self.size, right : right + self.size]
        return super().forward(images)


class Pairs:
    """Batches of pairs of pictures and what is said of them; the pairs stay the same from pass to pass."""

    def __init__(self, images: torch.Tensor, answers: torch.Tensor, seed: int, batch: int = 32) -> None:
        self.images, self.answers, self.batch = images, answers, batch
        self.generator = torch.Generator().manual_seed(seed)

    def __iter__(self) -> Iterator[tuple[dict[str, torch.Tensor], torch.Tensor]]:
        for some in torch.randperm(len(self.answers), generator=self.generator).split(self.batch):
            left, right = self.images[some].unbind(dim=1)
            yield {"left": left, "right": right}, self.answers[some]


def matched(found: np.ndarray, truth: np.ndarray, count: int = 10) -> float:
    """Share of rows whose symbol means their digit, under the best one-to-one meaning of the symbols."""
    table = np.zeros((count, count), dtype=int)
    np.add.at(table, (found, truth), 1)
    return float(table[linear_sum_assignment(-table)].sum() / len(truth))


def recovered(seed: int, *, coarse: bool, epochs: int) -> tuple[float, float]:
    """Share of test digits that the network's symbols name, up to a permutation, and CPU seconds."""
    images, labels = digits()
    train, test = np.split(np.random.default_rng(seed).permutation(len(labels)), [8000])
    total = torch.tensor(labels[train].astype(int)).reshape(-1, 2).sum(dim=1)
    answers = total % 2 + 2 * (total >= 10) if coarse else total
    torch.manual_seed(seed)
    net, began = Shifted(10), time.process_time()
    program = LogicProgram(PROGRAM + COARSE * coarse, digit=net, query="answer(S)" if coarse else "total(S)")
    pairs = Pairs(torch.tensor(images[train]).unflatten(0, (-1, 2)), answers, seed)
    fill(program, pairs, by=Epochs(rate=2e-3, decay=0.95 if coarse else 0.8), within=f"{epochs} epochs", seed=seed)
    spent = time.process_time() - began
    with torch.no_grad():
        found = net(torch.tensor(images[test])).argmax(dim=1).numpy()
    return matched(found, labels[test].astype(int)), spent


def told(run: Run, **settings: Any) -> tuple[float, bool, str]:
    """Mean over the seeds, whether it reaches 0.95, and the worst seed in words."""
    found, spent = np.array([recovered(seed, **settings) for seed in range(1 if run.quick else 5)]).T
    note = f"worst {found.min():.3f}, {spent.mean():.0f} CPU s a seed"
    return float(found.mean()), bool(found.mean() >= 0.95), note


@row(
    "digits (MNIST) known by the sums of 4,000 pairs alone: share named right up to a permutation, mean", goal=">= 0.95"
)
def sums(run: Run) -> tuple[float, bool, str]:
    return told(run, coarse=False, epochs=12)


@row("only 'sum >= 10' and the parity of the sum known of 4,000 pairs: the same share, mean", goal=">= 0.95")
def halves(run: Run) -> tuple[float, bool, str]:
    return told(run, coarse=True, epochs=40)


@row("digits (MNIST) from 100 sums, from symbols of 8,000 pictures: points above the rule alone, mean", goal=">= 20")
def few_sums(run: Run) -> tuple[float, bool, str]:
    began = time.process_time()
    found = np.array([find_paper("gedi").module.sums(seed) for seed in range(1 if run.quick else 5)])
    mean, worst = found.mean(axis=0), found.min(axis=0)
    names = ("rule alone", "with shifted pictures", "from symbols")
    note = ", ".join(f"{n} {m:.3f} (worst {w:.3f})" for n, m, w in zip(names, mean, worst, strict=True))
    points = 100 * float(mean[2] - mean[0])
    return points, points >= 20, f"{note}; {time.process_time() - began:.0f} CPU s in all"


@row("6 hidden concepts of 8 classes through a network: rank correlation, mean", goal=">= 0.85 with exact structures")
def identified(run: Run) -> tuple[float, bool, str]:
    module = find_paper("concept-identification").module
    found = module.small() if run.quick else module.full()
    verdict = module.check(found)
    return float(np.mean(found.correlation)), verdict.holds, verdict.figure
