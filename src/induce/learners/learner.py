"""The Learner protocol: a generator of scored candidates; and the combinators then, race and restart.

A learner never reads a clock and never owns a loop over time: it yields a :class:`Batch` (or an empty one, a *tick*) at
least every 50 ms of work; the driver keeps the archive, the budget and the log, and may stop after any batch.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from induce.errors import FillError
from induce.learners.archive import Archive
from induce.task import Task
from induce.terms.codes import Programs

__all__ = ["OPENED", "Batch", "Learner", "Race", "Restart", "SearchState", "Then", "race", "restart", "then"]


@dataclass(frozen=True, eq=False)
class Batch:
    """What a learner yields.

    Parameters
    ----------
    programs : Programs or None
        Candidates with their constants; None for a tick.
    losses : array, shape (candidates,), optional
        Weighted mean square errors on the search rows when the learner knows them; the driver scores the rest.
    tried : float
        Candidates this batch stands for (a filter may show only its best).
    work : float
        Node-points spent.
    source : str
        Name of the learner, kept as provenance.
    values : mapping, optional
        Fitted parameters of nets, for gradient learners.
    note : str
        One line for the log, such as "all formulas of size 5 seen".
    """

    programs: Programs | None = None
    losses: NDArray[np.float64] | None = None
    tried: float = 0.0
    work: float = 0.0
    source: str = ""
    values: dict[str, Any] | None = None
    note: str = ""


@dataclass
class SearchState:
    """What a learner may read while it runs.

    Parameters
    ----------
    archive : Archive
        Shared best candidates; the driver adds to it after every batch.
    stream, streams : int
        Number of this stream and how many there are; fixed, whatever ``n_jobs``.
    carry : dict
        What the learner keeps between two calls of ``run`` (arrays only).
    shared, lock : dict and lock
        What streams of one process may make once for all of them; it must not depend on which of them makes it.
    """

    archive: Archive
    stream: int = 0
    streams: int = 1
    carry: dict[str, Any] = field(default_factory=dict)
    shared: dict[str, Any] = field(default_factory=dict, repr=False)
    lock: Any = field(default_factory=threading.RLock, repr=False)


OPENED = "opening done"
"""Note of a batch after which a learner has looked at everything simple, and others may have their turn."""
Batches = Generator[Batch, Any, None]


@runtime_checkable
class Learner(Protocol):
    """Who fills the holes.

    ``parallel`` says whether several streams of it make sense (islands), or one is all (enumeration). A learner whose first pass
    is to be waited for has ``opens = True``, and ends that pass by a batch with the note ``OPENED``.
    """

    @property
    def name(self) -> str:
        """What the learner is called in reports."""
        ...

    @property
    def parallel(self) -> bool:
        """Whether it may run on several streams."""
        ...

    def accepts(self, task: Task) -> str:
        """An empty text if the learner can work on the task, or why not."""
        ...

    def run(self, task: Task, state: SearchState, rng: np.random.Generator) -> Iterator[Batch]:
        """Yield batches until nothing is left to try."""
        ...


def _check(learners: tuple[Learner, ...], what: str) -> None:
    if not learners:
        raise FillError(f"{what}() needs at least one learner. For example {what}(Enumerate(), Evolve()).")
    for learner in learners:
        if not isinstance(learner, Learner):
            raise FillError(f"{what}() takes learners, but got {type(learner).__name__}, which has no run() method.")


@dataclass(frozen=True)
class Then:
    """One learner after another; each starts from the archive the earlier ones left."""

    learners: tuple[Learner, ...]
    name: str = "then"

    @property
    def parallel(self) -> bool:
        """Whether the last learner is parallel: earlier ones run on the first stream only."""
        return self.learners[-1].parallel

    def accepts(self, task: Task) -> str:
        """The first learner's objection, if all object."""
        reasons = [learner.accepts(task) for learner in self.learners]
        return reasons[0] if all(reasons) else ""

    def run(self, task: Task, state: SearchState, rng: np.random.Generator) -> Iterator[Batch]:
        """Run the learners in order."""
        for number, learner in enumerate(self.learners):
            done = state.carry.setdefault("finished", set())
            if number in done or learner.accepts(task) or (state.stream > 0 and not learner.parallel):
                continue
            yield from learner.run(task, state, rng)
            done.add(number)


@dataclass(frozen=True)
class Race:
    """Learners in turn, one batch each, until all are done; work, not time, decides whose turn it is."""

    learners: tuple[Learner, ...]
    name: str = "race"

    @property
    def parallel(self) -> bool:
        """Whether any learner is: the others run on the first stream only."""
        return any(learner.parallel for learner in self.learners)

    def accepts(self, task: Task) -> str:
        """The first learner's objection, if all object."""
        reasons = [learner.accepts(task) for learner in self.learners]
        return reasons[0] if all(reasons) else ""

    def run(self, task: Task, state: SearchState, rng: np.random.Generator) -> Iterator[Batch]:
        """Give the next batch to the learner that has spent least work."""
        runs: dict[int, Iterator[Batch]] = {}
        spent: dict[int, float] = {}
        inner: dict[int, SearchState] = {}
        for number, learner in enumerate(self.learners):
            own = rng.spawn(1)[0]
            if not learner.accepts(task) and (state.stream == 0 or learner.parallel):
                carry = state.carry.setdefault(f"racer {number}", {})
                inner[number] = SearchState(state.archive, state.stream, state.streams, carry, state.shared, state.lock)
                runs[number] = iter(learner.run(task, inner[number], own))
                spent[number] = 0.0
        while runs:
            number = min(runs, key=lambda n: (spent[n], n))
            inner[number].archive = state.archive  # the driver gives a fresh one after every merge
            batch = next(runs[number], None)
            if batch is None:
                del runs[number]
                continue
            spent[number] += batch.work
            yield batch


@dataclass(frozen=True)
class Restart:
    """A learner begun again with a fresh seed each time it ends, ``times`` times."""

    learner: Learner
    times: int = 10
    name: str = "restart"

    @property
    def parallel(self) -> bool:
        """Whether the inner learner is."""
        return self.learner.parallel

    def accepts(self, task: Task) -> str:
        """The inner learner's objection."""
        return self.learner.accepts(task)

    def run(self, task: Task, state: SearchState, rng: np.random.Generator) -> Iterator[Batch]:
        """Run the learner again and again."""
        for _ in range(self.times):
            state.carry.clear()
            yield from self.learner.run(task, state, rng.spawn(1)[0])


def then(*learners: Learner) -> Then:
    """One learner after another."""
    _check(learners, "then")
    return Then(learners)


def race(*learners: Learner) -> Race:
    """Learners side by side, equal work for each."""
    _check(learners, "race")
    return Race(learners)


def restart(learner: Learner, times: int = 10) -> Restart:
    """The learner again and again with fresh seeds."""
    _check((learner,), "restart")
    return Restart(learner, times)
