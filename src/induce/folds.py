"""A held-out figure for every row of a fit without giving up rows: a fifth of them at a time is left out.

The formula stays as it was found, by a search that saw all rows; its numbers are fitted again without the fifth, and it is scored
there. So the figure says how well the numbers carry over to rows like these, not how often another search would find the
formula: that is what ``select="validation"`` and :func:`induce.formulas.stability.stability` are for.

Source: M. Stone (1974), Cross-Validatory Choice and Assessment of Statistical Predictions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from induce.algebras.evaluate import evaluate_many, fit_constants
from induce.fit import Row
from induce.polish import with_coefficients, with_starts
from induce.task import Task
from induce.terms import hole as holes
from induce.terms.op import LITERAL
from induce.terms.term import Term

__all__ = ["FOLDS", "Folds", "folds_of", "left_out"]

Array = NDArray[np.float64]
FOLDS = 5
LEAST = 2
"""Rows that a fold needs at least."""
MOST = 2000
"""Rows that are looked at; of a larger table, a sample."""
STEPS = 8
"""Steps of refitting; they start at the optimum of all rows, which is near."""


@dataclass(frozen=True)
class Folds:
    """Rows of a table, and in which fold each is left out.

    Parameters
    ----------
    columns : array, shape (columns, rows)
    target, weights : array, shape (rows,)
    number : array, shape (rows,)
        From 0; mirror images of a row are left out with it.
    """

    columns: Array
    target: Array
    weights: Array
    number: NDArray[np.int64]

    def without(self, fold: int) -> Array:
        """The weights with those of one fold set to zero."""
        return np.where(self.number == fold, 0.0, self.weights)


def folds_of(task: Task) -> Folds | None:
    """The rows of a task in five folds at random; None if they are too few."""
    own = task.table.rows // task.repeats
    if own < LEAST * FOLDS:
        return None
    rng, most = np.random.default_rng([task.seed, 61]), max(MOST // task.repeats, LEAST * FOLDS)
    picked = rng.permutation(own if own <= most else np.unique(rng.integers(own, size=most)))
    rows = np.concatenate([picked + image * own for image in range(task.repeats)])
    weights = np.ones(len(rows)) if task.weights is None else task.weights[rows]
    number = np.tile(np.arange(len(picked)) % FOLDS, task.repeats)
    found = Folds(np.ascontiguousarray(task.table.values[:, rows]), task.target[rows], weights, number)
    return found if all(found.weights[found.number == fold].any() for fold in range(FOLDS)) else None


def left_out(task: Task, rows: Sequence[Row], *, out_of_time: Callable[[], bool] = lambda: False) -> list[Row]:
    """The rows with ``held_out``: the mean square error on the folds, the numbers refitted without them.

    Rows with more numbers than four fifths of the data can determine keep None; so do all when the time ends before the last
    fold.
    """
    folds = None if out_of_time() else folds_of(task)
    if folds is None:
        return list(rows)
    smallest = min(int((folds.without(fold) > 0).sum()) for fold in range(FOLDS)) // task.repeats
    given = {node for node in task.sketch.postorder() if node.op is LITERAL}
    if task.space is not None and not task.space.constants:  # nothing is fitted, so every number was given
        given |= {node for row in rows for node in row.sketch.postorder() if node.op is LITERAL}
    opened = [opened_numbers(row, given) for row in rows]
    places = [i for i, (_, values) in enumerate(opened) if len(values) < smallest]
    if not places:
        return list(rows)
    programs = task.codebook.encode([with_starts(*opened[i]) for i in places])
    squares = np.zeros(len(places))
    for fold in range(FOLDS):
        if out_of_time():
            return list(rows)
        out = folds.number == fold
        fitted, _ = fit_constants(programs, folds.columns, folds.target, weights=folds.without(fold), iterations=STEPS)
        with np.errstate(all="ignore"):
            missed = evaluate_many(fitted, np.ascontiguousarray(folds.columns[:, out])) - folds.target[out]
            squares += missed**2 @ folds.weights[out]
    made = list(rows)
    for i, square in zip(places, squares, strict=True):
        made[i] = replace(rows[i], held_out=float(square / folds.weights.sum()) if math.isfinite(square) else math.inf)
    return made


def opened_numbers(row: Row, given: AbstractSet[Term] = frozenset()) -> tuple[Term, dict[str, float]]:
    """The sketch of a row with a hole for every number but exponents and those given, and where they start.

    A fitted constant that was written as a simple number was fitted all the same: left in place, it would know the rows left
    out.
    """
    values = dict(row.values)

    def make(node: Term) -> Term:
        if node in given:
            return node
        name = f"n{len(values)}"
        values[name] = float(node.payload)
        return holes.real(name)

    return with_coefficients(row.sketch, make), values
