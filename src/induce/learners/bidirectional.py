"""Bidirectional: a bank of formulas from the leaves up, inverse targets from the root down, matched in the middle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from induce.learners.enumerate import level_batch
from induce.learners.fitting import fitted_batch
from induce.learners.forms import combine
from induce.learners.learner import Batch, SearchState
from induce.learners.meeting import Meeting, Stage, View
from induce.learners.scans import closed_forms, scan
from induce.learners.views import sampled, views
from induce.task import Task

__all__ = ["STAGES", "Bidirectional"]

Array = NDArray[np.float64]

STAGES = (
    Stage(rows=400, paired=300, summed=400, dictionary=60, targets=150, factors=300, powers=100, matched=2000, inner=12, probed=8),
    Stage(rows=2000, paired=1000, summed=2000, dictionary=100, targets=400, factors=1200, powers=600, matched=8000, inner=30, probed=40),
    Stage(rows=8000, paired=3000, summed=6000, dictionary=200, targets=1500, factors=3000, powers=4000, matched=30000, inner=60, probed=150),
    Stage(rows=20000, paired=6000, summed=12000, dictionary=300, targets=6000, factors=6000, powers=15000, matched=150000, inner=120, probed=500),
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
    opening : int
        Rounds after which a portfolio may turn to other learners.

    References
    ----------
    F. de Franca and G. Aldeia (2021), Interaction-Transformation Evolutionary Algorithm. K. Ruan et al. (2024),
    Discovering symbolic expressions with parallelized tree search. Y. Pati, R. Rezaiifar and P. Krishnaprasad (1993).
    """

    stages: tuple[Stage, ...] = STAGES
    points: int = 128
    opening: int = 3
    name: str = "bidirectional"
    parallel: bool = True

    def accepts(self, task: Task) -> str:
        """A free choice from a grammar."""
        return "" if task.space is not None else "bidirectional search needs a sketch that is one choice from a grammar"

    def run(self, task: Task, state: SearchState, rng: np.random.Generator) -> Iterator[Batch]:
        """Yield what each scan finds, small formulas first."""
        space = task.space
        assert space is not None
        plain, grouped = views(task, self.points)
        if space.constants and not state.stream:
            yield fitted_batch(task, space, combine([([-1], [float(np.mean(task.search[1]))], [True])]), self.name, 1.0)
        meetings = [self._meet(task, state, rng, view) for view in (grouped, plain) if view is not None]
        if not state.stream:
            yield level_batch(task, space, meetings[-1].grown.leaves(), self.name, 1.0)
        if space.constants:
            for meeting in meetings:
                yield from closed_forms(meeting)
        for number, stage in enumerate(self.stages):
            if number == self.opening:
                yield Batch(source=self.name, note="opening done")
            for meeting in meetings:
                if meeting.done:
                    continue
                yield from self._grow(task, meeting, stage.rows)
                yield from scan(meeting, stage)
                meeting.done = meeting.grown.exhausted

    def _meet(self, task: Task, state: SearchState, rng: np.random.Generator, view: View) -> Meeting:
        _, target, weights = task.search
        places = sampled(len(target), self.points)
        rows = target[places].copy(), weights[places] / weights[places].mean()
        return Meeting(task, state, rng, view, rows, max(s.rows for s in self.stages), self.name)

    def _grow(self, task: Task, meeting: Meeting, rows: int) -> Iterator[Batch]:
        """Let the bank grow to ``rows`` rows; a level that is cut off goes on there in the next round."""
        grown = meeting.grown
        grown.quota = 64 * rows
        if meeting.growth is None:
            meeting.growth = self._levels(task, meeting)
        while grown.held < rows:
            batch = next(meeting.growth, None)
            if batch is None:
                return
            yield batch

    def _levels(self, task: Task, meeting: Meeting) -> Iterator[Batch]:
        """The levels of the bank one after the other."""
        grown, space = meeting.grown, task.space
        assert space is not None
        points = grown.values.shape[1]
        while grown.finished < space.max_size and not grown.exhausted:
            for tried in grown.level(grown.finished + 1):
                yield Batch(tried=tried, work=tried * max(points, 64) * 1.5, source=self.name)
            best = grown.best()
            if len(best) and not meeting.state.stream:
                yield level_batch(task, space, grown.programs(best), self.name, 0.0, free=True)
