"""Losses that votes are fitted to: first and second derivatives by row."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Logistic", "Loss", "Softmax", "Squared"]

Float = NDArray[np.float64]


class Loss(Protocol):
    """A convex loss of scores of shape (rows, outputs)."""

    outputs: int
    kinds: NDArray[np.int64]
    """Rows of one kind, with equal scores, have equal losses but for their weight: the class, or 0 where targets are numbers."""

    def grouped(self, where: NDArray[np.intp], count: int) -> tuple[Loss, float]:
        """The loss of groups of rows of one kind that always have equal scores, and a constant that is missing from it."""
        ...

    def start(self) -> Float:
        """Scores without any rule: array of shape (outputs,)."""
        ...

    def value(self, scores: Float) -> float:
        """The weighted sum of losses."""
        ...

    def slopes(self, scores: Float) -> tuple[Float, Float]:
        """Minus the gradient, and the diagonal of the second derivative: arrays of shape (rows, outputs)."""
        ...

    def take(self, rows: NDArray[np.intp]) -> Loss:
        """The loss of some rows, which may come several times, of mean weight 1."""
        ...


class Logistic:
    """``log(1 + exp(-s))`` for rows of the second class, ``log(1 + exp(s))`` for the others."""

    outputs = 1

    def __init__(self, positive: NDArray[np.bool_], weight: Float) -> None:
        self.target, self.weight = positive.astype(np.float64), weight
        self.kinds = positive.astype(np.int64)

    def grouped(self, where: NDArray[np.intp], count: int) -> tuple[Loss, float]:
        positive = np.zeros(count, dtype=bool)
        positive[where] = self.kinds == 1
        return Logistic(positive, np.bincount(where, self.weight, minlength=count).astype(np.float64)), 0.0

    def take(self, rows: NDArray[np.intp]) -> Loss:
        return Logistic(self.kinds[rows] == 1, self.weight[rows] / self.weight.mean())

    def start(self) -> Float:
        share = float(np.clip((self.target * self.weight).sum() / self.weight.sum(), 1e-6, 1 - 1e-6))
        return np.array([np.log(share / (1 - share))])

    def value(self, scores: Float) -> float:
        s = scores[:, 0]
        return float((self.weight * (np.logaddexp(0, s) - self.target * s)).sum())

    def slopes(self, scores: Float) -> tuple[Float, Float]:
        p = 1 / (1 + np.exp(-np.clip(scores[:, 0], -40, 40)))
        return (self.weight * (self.target - p))[:, None], (self.weight * p * (1 - p))[:, None]


class Softmax:
    """Minus the log of the softmax of the scores at the class of the row."""

    def __init__(self, codes: NDArray[np.int64], classes: int, weight: Float) -> None:
        self.outputs = classes
        self.target = (codes[:, None] == np.arange(classes)).astype(np.float64)
        self.weight = weight[:, None]
        self.kinds = codes

    def grouped(self, where: NDArray[np.intp], count: int) -> tuple[Loss, float]:
        codes = np.zeros(count, dtype=np.int64)
        codes[where] = self.kinds
        return Softmax(
            codes, self.outputs, np.bincount(where, self.weight[:, 0], minlength=count).astype(np.float64)
        ), 0.0

    def take(self, rows: NDArray[np.intp]) -> Loss:
        return Softmax(self.kinds[rows], self.outputs, self.weight[rows, 0] / self.weight.mean())

    def start(self) -> Float:
        shares = (self.target * self.weight).sum(axis=0) / self.weight.sum()
        logs = np.log(np.clip(shares, 1e-6, None))
        return np.asarray(logs - logs.mean())

    def value(self, scores: Float) -> float:
        shifted = scores - scores.max(axis=1, keepdims=True)
        logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        return -float((self.weight * self.target * logs).sum())

    def slopes(self, scores: Float) -> tuple[Float, Float]:
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        return self.weight * (self.target - p), self.weight * p * (1 - p)


class Squared:
    """Half the squared error of a target of mean 0 and variance 1, so that charges mean the same for every unit."""

    outputs = 1

    def __init__(self, target: Float, weight: Float) -> None:
        self.mean = float(np.average(target, weights=weight))
        spread = float(np.sqrt(np.average((target - self.mean) ** 2, weights=weight)))
        self.scale = spread if spread > 0 else 1.0
        self.target, self.weight = (target - self.mean) / self.scale, weight
        self.kinds = np.zeros(len(target), dtype=np.int64)

    def grouped(self, where: NDArray[np.intp], count: int) -> tuple[Loss, float]:
        made = Squared.__new__(Squared)
        made.weight = np.bincount(where, self.weight, minlength=count).astype(np.float64)
        sums = np.bincount(where, self.weight * self.target, minlength=count)
        made.target = np.divide(sums, made.weight, out=np.zeros(count), where=made.weight > 0)
        made.mean, made.scale, made.kinds = self.mean, self.scale, np.zeros(count, dtype=np.int64)
        left = float((self.weight * self.target**2).sum() - (made.weight * made.target**2).sum()) / 2
        return made, left

    def take(self, rows: NDArray[np.intp]) -> Loss:
        made = Squared.__new__(Squared)
        made.target, made.weight = self.target[rows], self.weight[rows] / self.weight.mean()
        made.mean, made.scale, made.kinds = self.mean, self.scale, self.kinds[rows]
        return made

    def start(self) -> Float:
        return np.zeros(1)

    def value(self, scores: Float) -> float:
        return float((self.weight * (self.target - scores[:, 0]) ** 2).sum()) / 2

    def slopes(self, scores: Float) -> tuple[Float, Float]:
        return (self.weight * (self.target - scores[:, 0]))[:, None], self.weight[:, None].copy()

    def in_units(self, weights: Float, default: Float) -> tuple[Float, Float]:
        """Weights and default in the unit of the target."""
        return weights * self.scale, default * self.scale + self.mean
