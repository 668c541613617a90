"""Bidirectional: a bank of formulas from the leaves up, inverse targets from the root down, matched in the middle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from induce.learners.enumerate import level_batch
from induce.learners.fitting import fitted_batch
from induce.learners.forms import combine
from induce.learners.learner import OPENED, Batch, SearchState
from induce.learners.meeting import Meeting
from induce.learners.scans import closed_forms, scan
from induce.learners.separating import separation_scans
from induce.learners.stock import Stage, Stock
from induce.learners.views import sampled, views
from induce.task import Task

__all__ = ["STAGES", "Bidirectional", "stocks"]

Array = NDArray[np.float64]

STAGES = (
    Stage(rows=400, paired=300, summed=400, dictionary=60, targets=150, factors=300, powers=100, matched=2000, inner=12, probed=8, joined=20_000, beside=0),
    Stage(rows=2000, paired=1000, summed=2000, dictionary=100, targets=400, factors=1200, powers=600, matched=8000, inner=30, probed=40, joined=200_000, beside=400),
    Stage(rows=8000, paired=3000, summed=6000, dictionary=200, targets=1500, factors=3000, powers=3000, matched=30_000, inner=60, probed=150, joined=1_000_000, beside=2500),
    Stage(rows=20_000, paired=4000, summed=9000, dictionary=300, targets=4000, factors=4000, powers=6000, matched=80_000, inner=90, probed=300, joined=3_000_000, beside=5000),
    Stage(rows=60_000, paired=6000, summed=12_000, dictionary=400, targets=15_000, factors=6000, powers=20_000, matched=300_000, inner=150, probed=1000, joined=20_000_000, beside=9000),
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
    opening: int = 2
    name: str = "bidirectional"
    parallel: bool = True

    def accepts(self, task: Task) -> str:
        """A free choice from a grammar."""
        return "" if task.space is not None else "bidirectional search needs a sketch that is one choice from a grammar"

    def run(self, task: Task, state: SearchState, rng: np.random.Generator) -> Iterator[Batch]:
        """Yield what each scan finds, small formulas first."""
        space = task.space
        assert space is not None
        if space.constants and not state.stream:
            yield fitted_batch(task, space, combine([([-1], [float(np.mean(task.search[1]))], [True])]), self.name, 1.0)
        meetings = [Meeting(task, state, stock, self.name) for stock in stocks(task, state, self.points, self.stages)]
        if not state.stream:
            yield level_batch(task, space, meetings[-1].grown.leaves(), self.name, 1.0)
        for number, stage in enumerate(self.stages):
            if number == self.opening:
                yield Batch(source=self.name, note=OPENED)
            for meeting in meetings:
                if meeting.done:
                    continue
                yield from meeting.begin(stage)
                if number == 0 and space.constants:
                    yield from closed_forms(meeting)
                if number > 0 and space.constants:
                    yield from separation_scans(meeting, stage)
                yield from scan(meeting, stage)


def stocks(task: Task, state: SearchState, points: int, stages: tuple[Stage, ...] = STAGES) -> list[Stock]:
    """The banks of a task, made by the first stream or learner that comes; the plain one last."""
    with state.lock:
        most = max(stage.rows for stage in stages)
        key = f"stocks {points} {most}"
        if key not in state.shared:
            _, target, weights = task.search
            places = sampled(len(target), points)
            rows = target[places].copy(), weights[places] / weights[places].mean()
            plain, grouped = views(task, points)
            state.shared[key] = [Stock(task, v, rows, most) for v in (grouped, plain) if v is not None]
        found: list[Stock] = state.shared[key]
        return found
