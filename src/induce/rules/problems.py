"""A table with its target, and how strict a search over it is best: measured on rows left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.learners.rules.losses import Logistic, Loss, Softmax, Squared
from induce.mixed import MixedTable
from induce.rules.decisions import FIRST, POINTS_PER_NAT, Decisions

__all__ = ["FOLDS", "Problem", "splits_of", "strictest", "temperature_of", "worth_of_answers"]

Float = NDArray[np.float64]

CHOOSING = 4_000
"""Rows on which the strictness is chosen."""
FOLDS = 3
_ABSENT = -np.pi * 1e300
"""Stands for a missing entry where rows are compared."""


@dataclass(frozen=True, eq=False)
class Problem:
    """A table with its target.

    Parameters
    ----------
    table : MixedTable
    target : array of shape (rows,)
        Class codes, or numbers.
    classes : tuple
        Empty for numbers.
    weight : array of shape (rows,)
    counted : array of shape (rows,), optional
        What each row counts where the rules are measured, by default its weight: weights of classes are for learning alone.
    """

    table: MixedTable
    target: NDArray[Any]
    classes: tuple[Any, ...]
    weight: Float
    counted: Float | None = None

    def take(self, rows: NDArray[Any]) -> Problem:
        """Some rows."""
        counted = None if self.counted is None else self.counted[rows]
        return Problem(self.table.take(rows), self.target[rows], self.classes, self.weight[rows], counted)

    def gathered(self) -> Problem:
        """The same with equal rows as one of their summed weight, sorted; a row of weight 3 is then three rows, exactly."""
        measured = self.weight if self.counted is None else self.counted
        present = np.flatnonzero((self.weight > 0) | (measured > 0))
        whole = np.column_stack([*(column.values for column in self.table.columns), self.target])[present]
        distinct, where = np.unique(np.nan_to_num(whole, nan=_ABSENT), axis=0, return_inverse=True)
        weight, counted = (
            np.bincount(where.reshape(-1), given[present], minlength=len(distinct)).astype(np.float64)
            for given in (self.weight, measured)
        )
        first = np.full(len(distinct), len(present))
        np.minimum.at(first, where.reshape(-1), np.arange(len(present)))
        taken = self.take(present[first])
        return Problem(taken.table, taken.target, self.classes, weight, counted)

    def loss(self) -> Loss:
        """What votes are fitted to."""
        if not self.classes:
            return Squared(self.target.astype(np.float64), self.weight)
        if len(self.classes) == 2:
            return Logistic(self.target == 1, self.weight)
        return Softmax(self.target.astype(np.int64), len(self.classes), self.weight)

    @property
    def wide(self) -> Float:
        """Truth of each class, shape (rows, classes), or the numbers."""
        if not self.classes:
            return self.target.astype(np.float64)
        return np.asarray(self.target[:, None] == np.arange(len(self.classes)), dtype=np.float64)


def splits_of(
    problem: Problem, rng: np.random.Generator
) -> tuple[list[tuple[NDArray[Any], NDArray[Any]]], NDArray[np.intp]]:
    """Pairs of rows left in and left out, by place among the rows of the choice; none where a class is too small."""
    from sklearn.model_selection import KFold, StratifiedKFold

    rows = np.arange(problem.table.rows)
    if len(rows) > CHOOSING:
        rows = np.sort(rng.choice(len(rows), CHOOSING, replace=False))
    target = problem.target[rows]
    if len(rows) < 4 * FOLDS:
        return [], rows
    seed = int(rng.integers(2**31))
    if not problem.classes:
        return list(KFold(FOLDS, shuffle=True, random_state=seed).split(rows)), rows
    counts = np.bincount(target.astype(np.intp), minlength=len(problem.classes))
    # a class of fewer rows than folds is missing from some of them, which costs accuracy there and nothing else
    if np.sort(counts)[-2] < FOLDS:
        return [], rows
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return list(StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(rows, target)), rows


def worth_of_answers(problem: Problem, answers: Float, decide: str) -> Float:
    """How good the answers on rows left out are, row by row: truth and a fifth of the log-likelihood, or minus the squared error."""
    if not problem.classes:
        return np.asarray(-((answers[:, 0] - problem.target) ** 2))
    right = answers.argmax(axis=1) == problem.target
    shares = (
        answers if decide == FIRST else Decisions(problem.table, (), answers, problem.classes).probabilities_of(answers)
    )
    own = shares[np.arange(len(answers)), problem.target.astype(np.intp)]
    return np.asarray(right + 0.2 * np.log(np.maximum(own, 1e-6)))


def strictest(problem: Problem, worth: Sequence[Float]) -> int:
    """The last of options, which are ordered by strictness, that is no worse than the best by more than a standard error.

    The error is that of the mean difference by row, as both answer the same rows; a difference of less than one row says nothing.

    Source: L. Breiman et al. (1984), Classification and Regression Trees (the rule of one standard error).
    """
    weight = problem.weight / problem.weight.sum()
    best = worth[int(np.argmax([weight @ w for w in worth]))]
    row = 1 / problem.table.rows if problem.classes else 0.0

    def near(one: Float) -> bool:
        lost = best - one
        mean = float(weight @ lost)
        spread = float(np.sqrt(weight @ (lost - mean) ** 2 * (weight @ weight)))
        return mean <= max(spread, row)

    return max(k for k, one in enumerate(worth) if near(one))


def temperature_of(problem: Problem, answers: Float) -> float:
    """The factor on points that makes probabilities on rows left out most likely (temperature scaling).

    Source: C. Guo et al. (2017), On calibration of modern neural networks.
    """
    from scipy.optimize import minimize_scalar

    logits = answers / POINTS_PER_NAT
    codes = problem.target.astype(np.intp)

    def loss(log_factor: float) -> float:
        z = logits * np.exp(log_factor)
        z = z - z.max(axis=1, keepdims=True)
        own = z[np.arange(len(z)), codes] - np.log(np.exp(z).sum(axis=1))
        return -float((problem.weight * own).sum())

    return float(np.exp(minimize_scalar(loss, bounds=(-1.5, 0.7), method="bounded").x))
