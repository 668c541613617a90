"""Mutual information of correlated Gaussians, by nearest neighbors in 2 dimensions and by a trained critic in 20."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np

from induce.explain import mutual_information
from induce.papers import Check

TITLE = "M. Belghazi et al. (2018), MINE: Mutual Information Neural Estimation"
CLAIM = (
    "A network trained on a lower bound tells the mutual information of many variables, where older estimators fail."
)
IN_TWO = (0.1, 0.3, 0.5, 0.7, 0.9, 0.99)
IN_TWENTY = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.62)  # 0.62 is 4.85 nats; beyond 5 the bound says less than there is


@dataclass(frozen=True)
class Found:
    """Worst error in nats (2 dimensions), worst relative error (20 dimensions), the same as a cubed copy, CPU s, and the rows."""

    two: float
    twenty: float
    cubed: float
    seconds: float
    text: str


def pairs(columns: int, correlation: float, rows: int, seed: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Each column of y correlates with its own of x; and the true information in nats."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, columns))
    y = correlation * x + math.sqrt(1 - correlation**2) * rng.normal(size=(rows, columns))
    return x, y, -0.5 * columns * math.log(1 - correlation**2)


def measure(rows: int, two, twenty, seed: int = 0) -> Found:
    began = time.process_time()
    errors, relative, text = [], [], []
    for correlation in two:
        x, y, truth = pairs(2, correlation, rows, seed)
        errors.append(abs(mutual_information(x, y) - truth))  # neighbors, the default up to 5 columns
    for correlation in twenty:
        x, y, truth = pairs(20, correlation, rows, seed)
        found = mutual_information(x, y, "mine", seed=seed)
        relative.append(abs(found / truth - 1))
        text.append(f"{correlation}: {found:.2f} of {truth:.2f}")
    x, y, truth = pairs(20, twenty[-1], rows, seed)
    cubed = abs(mutual_information(x**3, y, "mine", seed=seed) / truth - 1)
    return Found(max(errors), max(relative), cubed, time.process_time() - began, "; ".join(text))


def small() -> Found:
    return measure(4000, (0.5, 0.9), (0.5,))


def full() -> Found:
    return measure(10_000, IN_TWO, IN_TWENTY)


def check(result: Found) -> Check:
    figure = (
        f"off by at most {result.two:.3f} nats in 2 dimensions and {result.twenty:.1%} in 20 ({result.text}), {result.cubed:.1%} with x "
        f"cubed; {result.seconds:.0f} CPU s"
    )
    line = "at most 0.1 nats in 2 dimensions, 10 % in 20 up to 5 nats, 60 CPU s"
    return Check(figure, line, result.two <= 0.1 and max(result.twenty, result.cubed) <= 0.1 and result.seconds <= 60)
