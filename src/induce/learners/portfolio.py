"""Portfolio: several learners on one task, work going to whoever improves the front."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from induce.learners.bidirectional import Bidirectional
from induce.learners.evolve import Evolve
from induce.learners.fitting import description_scores
from induce.learners.learner import OPENED, Batch, Learner, SearchState
from induce.learners.local import LocalSearch
from induce.learners.separable import Separable
from induce.learners.tree_search import TreeSearch
from induce.task import Task

__all__ = ["Portfolio"]

SLICE = 4e7
"""Node-points an arm spends before the next choice."""
FADING = 0.8
"""What a slice leaves of the credit before it."""
FIRST_SHARE = 0.5
"""Share of the work that the first learner keeps: its rounds find what no step-by-step improvement leads to."""
CURIOSITY = 0.5
"""Weight of the bonus for arms that were tried little."""


@dataclass
class _Arm:
    """One learner at work, and what it has brought."""

    learner: Learner
    batches: Iterator[Batch]
    state: SearchState
    credit: float = 0.0
    slices: float = 0.0
    over: bool = False


@dataclass(frozen=True)
class Portfolio:
    """Learners side by side; a bandit moves work to the ones that shorten the description of the data.

    The first learner goes first, until it has done its opening (a batch with the note ``OPENED``) or ends. From then
    on it keeps half of the work, and every other slice goes to the arm with the largest ``credit + c sqrt(log(slices) / slices of the arm)``, where the
    credit is a fading mean of ``log(1 + nats gained)``. Work, never time, is what counts, so a seed repeats the search.

    Parameters
    ----------
    learners : tuple of Learner

    References
    ----------
    P. Auer, N. Cesa-Bianchi and P. Fischer (2002), Finite-time Analysis of the Multiarmed Bandit Problem. A. Garivier and
    E. Moulines (2011), On Upper-Confidence Bound Policies for Switching Bandit Problems (the fading mean).
    """

    learners: tuple[Learner, ...] = field(
        default_factory=lambda: (Bidirectional(), Separable(), LocalSearch(waits=True), Evolve(), TreeSearch())
    )
    name: str = "portfolio"
    opens: bool = True

    @property
    def parallel(self) -> bool:
        """Whether any learner is."""
        return any(learner.parallel for learner in self.learners)

    def accepts(self, task: Task) -> str:
        """The first learner's objection, if all object."""
        reasons = [learner.accepts(task) for learner in self.learners]
        return reasons[0] if all(reasons) else ""

    def run(self, task: Task, state: SearchState, rng: np.random.Generator) -> Iterator[Batch]:
        """Yield the batches of whichever arm has its turn."""
        arms: list[_Arm] = []
        for number, learner in enumerate(self.learners):
            own = rng.spawn(1)[0]
            if learner.accepts(task) or (state.stream > 0 and not learner.parallel):
                continue
            carry = state.carry.setdefault(f"arm {number}", {})
            inner = SearchState(state.archive, state.stream, state.streams, carry, state.shared, state.lock)
            arms.append(_Arm(learner, iter(learner.run(task, inner, own)), inner))
        yield from self._opening(arms, state)
        while True:
            alive = [arm for arm in arms if not arm.over]
            if not alive:
                return
            total = sum(arm.slices for arm in alive) + 1.0
            arm = max(alive, key=lambda a: _promise(a, total))
            if arms[0] in alive and arms[0].slices < FIRST_SHARE * total:
                arm = arms[0]
            before = _shortest(task, state)
            spent = 0.0
            # a learner that announces the end of its first pass is not interrupted in it
            through = arm.slices == 0.0 and getattr(arm.learner, "opens", False)
            while spent < SLICE or through:
                arm.state.archive = state.archive
                batch = next(arm.batches, None)
                if batch is None:
                    arm.over = True
                    break
                spent += max(batch.work, 1e3)
                through = through and batch.note != OPENED
                yield batch
            gained = max(before - _shortest(task, state), 0.0)
            arm.credit = FADING * arm.credit + (1 - FADING) * math.log1p(min(gained, 1e6))
            arm.slices += spent / SLICE

    def _opening(self, arms: list[_Arm], state: SearchState) -> Iterator[Batch]:
        if not arms or arms[0].learner is not self.learners[0]:
            return
        first = arms[0]
        while True:
            first.state.archive = state.archive
            batch = next(first.batches, None)
            if batch is None:
                first.over = True
                return
            first.slices += batch.work / SLICE
            yield batch
            if batch.note == OPENED:
                return


def _promise(arm: _Arm, total: float) -> float:
    if arm.slices == 0.0:
        return math.inf
    return arm.credit + CURIOSITY * math.sqrt(math.log(total + 1.0) / arm.slices)


def _shortest(task: Task, state: SearchState) -> float:
    """Shortest description of the data by a kept candidate."""
    entries = [(held[0].loss, size) for size, held in state.archive.by_size.items() if held]
    if not entries:
        return 1e9
    loss, size = (np.array(part, float) for part in zip(*entries, strict=True))
    return float(description_scores(task, loss, size).min())
