"""Separable targets: ``y = f(others) g(x)`` or ``y = f(others) + g(x)`` told by neighbors in one column.

Rows of the data that are neighbors in ``x`` have nearly the same ``g(x)``, so differences of ``y`` (or of its logarithm) between
them are those of ``f`` alone: the bank row whose differences are proportional to them is ``f``. What is left, ``y / f``, is a
target in one column.

Source: the idea is that of the separability tests of S.-M. Udrescu and M. Tegmark (2020), AI Feynman, without a network.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from induce.algebras import kernels as K
from induce.learners.composing import wrapped
from induce.learners.gathering import Gathered
from induce.learners.learner import Batch
from induce.learners.meeting import Meeting
from induce.learners.polynomials import library, polynomials
from induce.learners.scans import sums_for
from induce.learners.stock import Stage
from induce.learners.targets import TargetBlock, Targets, joined

__all__ = ["factors_of", "parts_of", "separation_scans", "variables_below"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
NEAREST = 0.2
"""Largest share of the differences that the first factor may leave unexplained."""
TRIED = 4
"""Candidates for the first factor that are followed up, for each column."""


def variables_below(meeting: Meeting) -> Ints:
    """For every row of the bank, the columns below it, as bits."""
    grown = meeting.grown
    masks = np.zeros(meeting.prepared.held, np.int64)
    for start, end in grown.starts.values():
        rows = np.arange(start, min(end, len(masks)))
        leaf = rows[grown.op[rows] >= 256]
        masks[leaf] = np.int64(1) << (grown.op[leaf].astype(np.int64) - 256)
        for side in (grown.left, grown.right):
            inner = rows[side[rows] >= 0]
            masks[inner] |= masks[side[inner]]
    tail = max((end for _, end in grown.starts.values()), default=0)
    for row in range(tail, len(masks)):  # the level that is being made
        masks[row] = masks[grown.left[row]] | (masks[grown.right[row]] if grown.right[row] >= 0 else 0)
    return masks


def separation_scans(meeting: Meeting, stage: Stage) -> Iterator[Batch]:
    """Each column in turn as the one that stands apart in a product."""
    count = len(meeting.columns)
    if not 2 <= count <= 6 or not {"*", "/"} <= meeting.names or not meeting.space.scales:
        return
    masks = variables_below(meeting)
    y = meeting.roots.t[0]
    for column in range(count):
        if not meeting.mine() or np.any(y == 0.0):
            continue
        order = np.argsort(meeting.columns[column], kind="stable")
        rows = np.flatnonzero((masks > 0) & (masks & (1 << column) == 0))[: stage.rows]
        for row, power in factors_of(meeting.grown.values[rows][:, order], np.log(np.abs(y))[order]):
            op = K.MUL if power > 0 else K.DIV
            yield from _one_column(meeting, int(rows[row]), op, column, stage)


def factors_of(values: Array, logs: Array) -> list[tuple[int, float]]:
    """Rows whose logarithms step as the target's do between neighbors, with exponents of about 1 or -1."""
    with np.errstate(all="ignore"):
        return parts_of(np.log(np.abs(values)), logs, 0.05)


def parts_of(values: Array, aim: Array, near: float = np.inf) -> list[tuple[int, float]]:
    """Rows whose steps between neighbors are those of the target up to a factor, best first, with the factor.

    ``near`` is how far the size of the factor may be from 1.
    """
    change = np.diff(aim)
    with np.errstate(all="ignore"):
        steps = np.diff(values, axis=1)
        steps = np.where(np.isfinite(steps).all(axis=1, keepdims=True), steps, 0.0)
        factor = (steps @ change) / np.einsum("ij,ij->i", steps, steps)
        left = 1.0 - factor * (steps @ change) / float(change @ change)
    left = np.where(np.isfinite(left) & ~(np.abs(np.abs(factor) - 1.0) >= near), left, 1.0)
    best = np.argsort(left, kind="stable")[:TRIED]
    return [(int(k), float(factor[k])) for k in best if left[k] < NEAREST]


def _one_column(meeting: Meeting, row: int, op: int, column: int, stage: Stage) -> Iterator[Batch]:
    """What is left of the target beside one factor, as a function of one column."""
    made = Targets(meeting.grown, meeting.variance, 1000)
    first = meeting.roots.take(np.array([0]))
    blocks = list(made.blocks(first, np.array([row]), unary=False, steps=np.array([[op, 0]], np.int64)))
    if not blocks:
        return
    base = joined(*blocks)
    block: TargetBlock = joined(base, made.unary(base))
    most = min(12, meeting.points // 4)
    for k in range(len(block)):
        terms = [tuple(column for _ in m) for m in library(1, most, 8)]
        parts = [
            wrapped(part, block.path(k), meeting.pen)
            for degree in (3, 8)
            for part in polynomials(meeting.columns, block.t[k], block.w[k], meeting.pen, terms[:degree])
        ]
        yield meeting.batch(parts, float(len(parts)), 5e6, 6)
        gathered = Gathered(meeting)
        sums_for(meeting, block, k, stage.dictionary, meeting.limits(), gathered)
        yield gathered.batch()
