"""Scores of trees that are still rows of codes: up to an affine map in closed form, with the constants inside tuned.

A tree is a row of ``codes`` with its numbers beside it and a length, as :mod:`induce.learners.breeding` makes them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.algebras.evaluate import evaluate_many, fit_constants
from induce.learners.breeding import pack, unpack_values
from induce.task import Space, Task
from induce.terms.codes import Programs

__all__ = ["Data", "Trees", "agree_up_to_scale", "as_trees", "front_places", "tune", "unexplained", "written"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Trees = tuple[Any, Any, Any]
"""Codes (trees, width), numbers (trees, width) and lengths (trees,)."""
Data = tuple[Array, Array, Array]
"""Columns, target and weights."""


def written(trees: Trees, places: Ints, space: Space) -> Programs:
    """Some of the trees as programs; their numbers are fitted where the space has fitted constants."""
    codes, offsets, numbers, value_offsets = pack(*trees, places, False, 0, 0)
    return Programs(codes, offsets, numbers, value_offsets, np.full(len(numbers), space.constants))


def as_trees(programs: Programs, width: int) -> Trees:
    """Programs as rows of codes; those longer than ``width`` are left out."""
    fitting = np.flatnonzero(programs.sizes <= width)
    codes, numbers = np.zeros((len(fitting), width), np.int16), np.zeros((len(fitting), width))
    for row, p in enumerate(fitting):
        own = programs.codes[programs.offsets[p] : programs.offsets[p + 1]]
        given = programs.values[programs.value_offsets[p] : programs.value_offsets[p + 1]]
        codes[row, : len(own)] = np.where(own < 0, -1, own)
        numbers[row, : len(own)][own < 0] = given[-1 - own[own < 0]]
    return codes, numbers, programs.sizes[fitting].astype(np.int64)


def unexplained(task: Task, space: Space, trees: Trees, data: Data, known: Array | None = None) -> Array:
    """Share of the target's variance that every tree leaves after the best affine map the space allows.

    Infinite where a tree is undefined, constant, or of units that disagree. ``known`` are orthonormal rows of a constant and
    of terms that come for free beside the tree.
    """
    columns, target, weights = data
    programs = written(trees, np.arange(len(trees[2])), space)
    values = evaluate_many(programs, columns)
    w = weights / weights.sum()
    if known is not None:
        loss = _beside(values, target, w, known)
        return np.where(np.isfinite(loss) & agree_up_to_scale(task, programs), np.maximum(loss, 0.0), np.inf)
    with np.errstate(all="ignore"):
        mean = values @ w
        centered = values - mean[:, None]
        spread = (centered * centered) @ w
        t = target - target @ w
        cross = centered @ (w * t)
        total = float((w * t * t).sum())
        flat = ~(spread > 1e-13 * (mean * mean + 1e-300))
        if space.scales and space.shifts:
            loss = 1.0 - cross * cross / (spread * total)
        elif space.shifts:
            loss = (spread - 2.0 * cross + total) / total
        else:
            size = (values * values) @ w
            factor = values @ (w * target) / size if space.scales else np.ones(len(values))
            residual = factor[:, None] * values - target
            loss = (residual * residual) @ w / max(total, 1e-300)
    bad = ~np.isfinite(loss) | flat | ~agree_up_to_scale(task, programs)
    return np.where(bad, np.inf, np.maximum(loss, 0.0))


def _beside(values: Array, target: Array, w: Array, known: Array) -> Array:
    """Share of variance left by every row of values together with the known ones."""
    root = np.sqrt(w)
    with np.errstate(all="ignore"):
        rows, t = values * root, target * root
        size = np.einsum("rp,rp->r", rows, rows)
        rows = rows - (rows @ known.T) @ known
        t = t - (known @ t) @ known
        total = float((w * (target - target @ w) ** 2).sum())
        spread, cross = np.einsum("rp,rp->r", rows, rows), rows @ t
        return np.where(spread > 1e-12 * size, (t @ t - cross * cross / spread) / total, np.inf)


def tune(task: Task, space: Space, trees: Trees, loss: Array, data: Data, most: int, steps: int) -> float:
    """A few Levenberg-Marquardt steps on the better half, at most ``most``, of the trees that have constants.

    Numbers and losses are changed in place.

    Returns
    -------
    float
        Nodes spent.
    """
    has = (trees[0] == -1) & (np.arange(trees[0].shape[1]) < trees[2][:, None])
    able = np.flatnonzero(has.any(axis=1) & np.isfinite(loss))
    if not len(able):
        return 0.0
    able = able[np.argsort(loss[able], kind="stable")][: min(most, max(1, len(able) // 2))]
    book = task.codebook
    plus, times = book.code_of[book.language["+"]], book.code_of[book.language["*"]]
    wrap = space.scales and space.shifts
    codes, offsets, numbers, value_offsets = pack(*trees, able, wrap, plus, times)
    programs = Programs(codes, offsets, numbers, value_offsets, np.ones(len(numbers), bool))
    columns, target, weights = data
    fitted, squares = fit_constants(programs, columns, target, weights=weights, iterations=steps)
    unpack_values(*trees, able, fitted.values, fitted.value_offsets, 2 if wrap else 0)
    mean = float(np.average(target, weights=weights))
    total = float((weights * (target - mean) ** 2).sum())
    loss[able] = np.minimum(loss[able], squares / max(total, 1e-300))
    return float(len(codes)) * steps * 8.0


def front_places(loss: Array, sizes: Ints, most: int = 8) -> Ints:
    """The best tree of every size that is better than all smaller ones."""
    order = np.lexsort((loss, sizes))
    best = order[np.unique(sizes[order], return_index=True)[1]]
    front = loss[best] <= np.minimum.accumulate(loss[best]) * 1.0001
    return np.asarray(best[front & np.isfinite(loss[best])][:most])


def agree_up_to_scale(task: Task, programs: Programs) -> NDArray[np.bool_]:
    """Which programs have agreeing units inside, whatever unit they come out with."""
    columns, _ = task.dimensions
    ok = np.ones(len(programs), bool)
    if columns.shape[1]:
        from induce.algebras.dimension import consistent

        consistent(
            programs.codes, programs.offsets, programs.values, programs.value_offsets, programs.free, columns,
            np.zeros(0, np.int64), ok,
        )  # fmt: skip
    return ok
