"""Bidirectional: a bank of formulas from the leaves up, inverse targets from the root down, matched in the middle."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from induce.learners.enumerate import level_batch
from induce.learners.fitting import fitted_batch
from induce.learners.forms import combine
from induce.learners.learner import Batch, SearchState
from induce.learners.meeting import Meeting, Stage
from induce.task import Task

__all__ = ["STAGES", "Bidirectional"]

Array = NDArray[np.float64]

STAGES = (
    Stage(rows=400, paired=300, summed=400, dictionary=60, targets=150, factors=300, powers=60, matched=1500, inner=12, probed=8),
    Stage(rows=2000, paired=1000, summed=2000, dictionary=100, targets=400, factors=1200, powers=200, matched=6000, inner=30, probed=40),
    Stage(rows=8000, paired=3000, summed=6000, dictionary=200, targets=2000, factors=3000, powers=600, matched=20000, inner=60, probed=150),
    Stage(rows=20000, paired=6000, summed=12000, dictionary=300, targets=6000, factors=6000, powers=2000, matched=150000, inner=120, probed=500),
)  # fmt: skip
"""Rounds, each several times the work of the one before."""


@dataclass(frozen=True)
class Bidirectional:
    """Search from both ends, with the linear part in closed form.

    A bank holds every small function once. The target is turned into *inverse targets*: what the rest of a formula must be
    if its outer part is known (``y / b``, ``log(y) - b``, ...). A target ``t`` is then met by ``a f + b`` (all targets against
    all rows by matrix products), by sums ``a f + b g + c ...`` (Gram matrices, then matching pursuit), by products of powers
    ``k x^p f^q g^r`` (the same in logarithms), by polynomials and their quotients, and by functions with one constant inside.
    Rounds repeat with more rows and targets.

    Parameters
    ----------
    stages : tuple of Stage
        How many rows and targets each round takes.
    points : int
        Rows of the data that scans look at; what they find is scored on more.

    References
    ----------
    F. de Franca and G. Aldeia (2021), Interaction-Transformation Evolutionary Algorithm. K. Ruan et al. (2024),
    Discovering symbolic expressions with parallelized tree search. Y. Pati, R. Rezaiifar and P. Krishnaprasad (1993).
    """

    stages: tuple[Stage, ...] = STAGES
    points: int = 128
    name: str = "bidirectional"
    parallel: bool = False

    def accepts(self, task: Task) -> str:
        """A free choice from a grammar."""
        return "" if task.space is not None else "bidirectional search needs a sketch that is one choice from a grammar"

    def run(self, task: Task, state: SearchState, rng: np.random.Generator) -> Iterator[Batch]:
        """Yield what each scan finds, small formulas first."""
        space = task.space
        assert space is not None
        meeting = Meeting(task, state, rng, self.points, max(s.rows for s in self.stages), self.name)
        grown = meeting.grown
        if space.constants:
            yield fitted_batch(task, space, combine([([-1], [float(np.mean(task.search[1]))], [True])]), self.name, 1.0)
        yield level_batch(task, space, grown.leaves(), self.name, 1.0)
        if space.constants:
            yield from meeting.closed_forms()
        for stage in self.stages:
            yield from self._grow(task, meeting, stage.rows)
            yield from meeting.round(stage)
            if grown.exhausted:
                return

    def _grow(self, task: Task, meeting: Meeting, rows: int) -> Iterator[Batch]:
        """Make the bank larger, level by level, until it holds ``rows`` rows; a level is always finished."""
        grown, space = meeting.grown, task.space
        assert space is not None
        points = grown.values.shape[1]
        size = grown.finished
        while grown.held < rows and size < space.max_size and not grown.exhausted:
            size += 1
            grown.limit = rows
            for tried in grown.level(size):
                yield Batch(tried=tried, work=tried * max(points, 64) * 1.5, source=self.name)
            best = grown.best()
            if len(best):
                yield level_batch(task, space, grown.programs(best), self.name, 0.0, free=True)
