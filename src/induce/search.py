"""The search loop: streams of candidates, the archive they share, and what ends the search."""

from __future__ import annotations

import functools
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from induce.budget import Budget, cpu_seconds, resident_bytes
from induce.choosing import describe
from induce.fit import Fit
from induce.learners.archive import EXACT, Archive, Entry
from induce.learners.learner import OPENED, Batch, Learner, SearchState
from induce.progress import Progress
from induce.task import Task, undefined_operators, undefined_rows

__all__ = ["Run", "catching_interrupt", "plant", "search"]

STREAMS = 4
"""Streams of a parallel learner; fixed, so that a seed gives the same result for any ``n_jobs``."""
EPOCH = 4e7
"""Node-points a stream spends between two merges."""
PATIENCE = 0.3
"""Share of a budget in seconds (at least five) without a better formula after which the search ends early."""


@dataclass
class Stream:
    """One generator and what it did in the present epoch."""

    batches: Iterator[Batch]
    state: SearchState
    over: bool = False
    tried: float = 0.0
    work: float = 0.0
    notes: list[str] = field(default_factory=list)
    latest: Batch | None = None


class Run:
    """The state of one fill."""

    def __init__(self, task: Task, budget: Budget, learner: Learner, seed: int) -> None:
        self.task, self.budget, self.learner = task, budget, learner
        self.began, self.cpu_began = time.monotonic(), cpu_seconds()
        self.archive = Archive()
        self.tried = self.work = self.last_better = self.last_better_at = 0.0
        self.description = np.inf
        self.history: list[tuple[float, float, float]] = []
        self.notes: list[str] = undefined_operators(task)
        self.stopped = ""
        self.interrupted = threading.Event()
        self.reserve = self.cpu_elsewhere = 0.0
        self.seed = seed
        self.opened = not getattr(learner, "opens", False)
        self.gaining = learner.name != "backfitting"  # its parts gain nothing before all of them have been searched
        count = STREAMS if learner.parallel else 1
        seeds = np.random.SeedSequence(seed).spawn(count)
        self.streams = []
        shared: dict[str, Any] = {}
        lock = threading.RLock()
        for k in range(count):
            state = SearchState(self.archive, k, count, shared=shared, lock=lock)
            self.streams.append(Stream(iter(learner.run(task, state, np.random.default_rng(seeds[k]))), state))
        self.best_batch: Batch | None = None

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    def out_of_time(self) -> bool:
        """Whether the clock, the CPU clock, memory or Ctrl-C end the search now."""
        if self.interrupted.is_set():
            return True
        b = self.budget
        if b.seconds is not None and self.seconds >= b.seconds - self.reserve:
            return True
        if b.cpu is not None and cpu_seconds() - self.cpu_began + self.cpu_elsewhere >= b.cpu - self.reserve:
            return True
        return b.memory is not None and resident_bytes() > b.memory

    def why_out_of_time(self) -> str:
        """The limit that :meth:`out_of_time` met, in words."""
        b = self.budget
        if self.interrupted.is_set():
            return "interrupted; this is the best so far"
        if b.memory is not None and resident_bytes() > b.memory:
            return f"the memory limit of {b.memory / 1e6:,.0f} MB was reached"
        if b.seconds is not None and self.seconds >= b.seconds - self.reserve:
            return f"the time of {b.seconds:g} s was used"
        return f"the CPU time of {b.cpu:g} s was used"

    def quota(self) -> tuple[float, float]:
        """Candidates and work each stream may still spend in this epoch."""
        b, share = self.budget, len([s for s in self.streams if not s.over]) or 1
        limits = [
            limit for limit in (b.candidates, b.epochs) if limit is not None
        ]  # a gradient learner tries one an epoch
        candidates = max(min(limits) - self.tried, 0) / share if limits else np.inf
        work = EPOCH if b.work is None else min(EPOCH, max(b.work - self.work, 0) / share)
        return candidates, work

    def advance(self, stream: Stream, quota: tuple[float, float]) -> Stream:
        """Let one stream work for an epoch on its own copy of the archive."""
        stream.state.archive = self.archive.copy()
        stream.tried = stream.work = 0.0
        stream.notes = []
        while not stream.over and stream.tried < quota[0] and stream.work < quota[1] and not self.out_of_time():
            try:
                with np.errstate(all="ignore"):  # scans divide first and ask afterwards; what is not finite is dropped
                    batch = next(stream.batches, None)
            except np.linalg.LinAlgError as error:  # one stream is lost, not what was found
                batch = None
                stream.notes.append(f"one stream of the search ended early: {error}")
            if batch is None:
                stream.over = True
                break
            stream.tried += batch.tried
            stream.work += batch.work
            if batch.note == OPENED:
                self.opened = self.gaining = True
            elif batch.note:
                stream.notes.append(batch.note)
            if batch.values is not None:
                stream.latest = batch
                if self.budget.epochs is not None and self.tried + stream.tried >= self.budget.epochs:
                    break
            self._admit(batch, stream)
            if self._exact(stream.state.archive):
                break
        return stream

    def _admit(self, batch: Batch, stream: Stream) -> None:
        """Score what the learner did not, confirm what would be kept, and keep it."""
        from induce.learners.forms import node_costs, sizes_of

        programs = batch.programs
        if programs is None or not len(programs):
            return
        archive = stream.state.archive
        columns, target, weights = self.task.search
        losses = batch.losses
        if losses is None:
            losses = _score(programs, columns, target, weights)
        sizes = sizes_of(programs, node_costs(self.task.codebook))
        small = len(target) == len(self.task.confirm[1])
        hopeful = np.flatnonzero(losses < archive.thresholds(sizes) * (1.0 if small else 1.5))
        if not len(hopeful):
            return
        hopeful = hopeful[np.argsort(losses[hopeful], kind="stable")][:64]
        kept = programs.take(hopeful)
        confirmed = losses[hopeful]
        if not small:
            kept, confirmed = _confirm(self.task, kept)
        for k in range(len(hopeful)):
            if not confirmed[k] < archive.threshold(int(sizes[hopeful[k]])):
                continue
            one = kept[k]
            if self.task.subject_to and not self._allowed(one):
                continue
            # an exact formula ends the search, so it is asked on every row, not on those of a sample alone
            if confirmed[k] <= EXACT * self.task.scale and undefined_rows(self.task, one):
                continue
            entry = Entry(one, int(sizes[hopeful[k]]), float(confirmed[k]), batch.source, self.tried + stream.tried)
            archive.offer(entry)

    def _allowed(self, program: Any) -> bool:
        term = self.task.codebook.decode(program)[0]
        return all(condition(term) for condition in self.task.subject_to)

    def _exact(self, archive: Archive) -> bool:
        return archive.best_loss(1 << 30) <= EXACT * self.task.scale

    def merge(self) -> None:
        """Bring the streams' archives together, in stream order."""
        for stream in self.streams:
            self.archive.merge(stream.state.archive)
            self.tried += stream.tried
            self.work += stream.work
            self.notes += stream.notes
            stream.notes, stream.tried, stream.work = [], 0.0, 0.0
            if stream.latest is not None and stream.latest.losses is not None:
                if self.best_batch is None or stream.latest.losses[0] < self.best_batch.losses[0]:  # type: ignore[index]
                    self.best_batch = stream.latest
        description = self._description()
        if description < self.description - 1.0:  # a nat: smaller gains would let noise be chased for ever
            self.description = description
            self.last_better, self.last_better_at = self.work, self.seconds
        best = self.archive.best_loss(1 << 30)
        if self.best_batch is not None:
            best = min(best, float(self.best_batch.losses[0]))  # type: ignore[index]
        if not self.history or best < self.history[-1][2]:
            self.history.append((self.tried, self.work, best))

    def _description(self) -> float:
        """Shortest description length on the front: what a plateau is measured by."""
        if self.best_batch is not None:
            return 100.0 * float(np.log(self.best_batch.losses[0] + 1e-300))  # type: ignore[index]
        rows, floor = self.task.evidence, self.task.scale * 1e-22
        alphabet = self.task.alphabet
        front = self.archive.front()
        return min(
            (
                describe(e.loss, e.size, int(e.programs.free.sum()), rows, floor, alphabet, self.task.noise)
                for e in front
            ),
            default=np.inf,
        )

    def finished(self) -> str:
        """Why the search ends now, or an empty text."""
        b = self.budget
        found = len(self.archive) > 0 or self.best_batch is not None
        if self._exact(self.archive):
            return "the best formula fits every row to rounding"
        if all(stream.over for stream in self.streams):
            return "every candidate was tried"
        if self.out_of_time():
            return self.why_out_of_time()
        if b.candidates is not None and self.tried >= b.candidates:
            return f"{b.candidates:,.0f} candidates were scored"
        if b.work is not None and self.work >= b.work:
            return "the work limit was reached"
        if (
            b.plateau is not None
            and found
            and self.gaining
            and self.work - self.last_better >= b.plateau + 0.5 * self.last_better
        ):
            return "a long stretch of work brought no better formula"
        if b.seconds is not None and not b.deterministic and self.best_batch is None and self.opened:
            # a search that has found its formula should not sit out the rest of a long budget
            if self.seconds - self.last_better_at > max(PATIENCE * b.seconds, 5.0):
                return f"no better formula was found for {self.seconds - self.last_better_at:.0f} s"
        if b.epochs is not None and self.best_batch is not None and self.tried >= b.epochs:
            return f"{b.epochs:g} epochs were done"
        return ""


def _score(programs: Any, columns: Any, target: Any, weights: Any) -> Any:
    from induce.algebras.evaluate import evaluate_many

    values = evaluate_many(programs, columns)
    with np.errstate(all="ignore"):
        losses = ((values - target) ** 2) @ weights / weights.sum()
    return np.where(np.isfinite(losses), losses, np.inf)


def _confirm(task: Task, programs: Any) -> tuple[Any, Any]:
    """Constants and losses on the confirmation rows."""
    from induce.algebras.evaluate import fit_constants

    columns, target, weights = task.confirm
    fitted, squares = fit_constants(programs, columns, target, weights=weights, iterations=3)
    return fitted, squares / weights.sum()


@functools.cache
def _blas() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def one_blas_thread() -> Any:
    """Hold linear algebra to one thread: the streams are the parallel part, and sums keep one order."""
    return _blas().limit(limits=1, user_api="blas")


def search(
    run: Run,
    show: Callable[[Progress], None] | None,
    n_jobs: int,
    save: Callable[[Run], None] | None,
    elsewhere: Any = None,
) -> None:
    """Advance the streams and merge them until the run is finished; ``show`` and ``save`` are called now and then.

    ``elsewhere`` advances streams in other processes, when they do not run in threads of this one.
    """
    from joblib import Parallel, delayed

    shown = saved = 0.0
    with warnings.catch_warnings(), one_blas_thread():
        warnings.simplefilter("ignore", UserWarning)  # joblib's remarks about threads
        with Parallel(n_jobs=n_jobs, prefer="threads") as parallel:
            while not run.stopped:
                quota = run.quota()
                alive = [s for s in run.streams if not s.over]
                if elsewhere is not None:
                    elsewhere.advance(alive, quota)
                elif n_jobs == 1 or len(alive) == 1:
                    for stream in alive:
                        run.advance(stream, quota)
                else:
                    parallel(delayed(run.advance)(stream, quota) for stream in alive)
                run.merge()
                run.stopped = run.finished()
                now = run.seconds
                if show is not None and (now - shown > 0.2 or run.stopped):
                    shown = now
                    show(_progress(run))
                if save is not None and now - saved > 10.0 and len(run.archive):
                    saved = now
                    save(run)


def _progress(run: Run) -> Progress:
    front = run.archive.front()
    best = run.task.codebook.decode(front[-1].programs)[0] if front else None
    loss = front[-1].loss if front else (run.history[-1][2] if run.history else float("inf"))
    return Progress(
        run.seconds,
        run.budget.seconds,
        run.tried,
        run.work,
        loss / run.task.scale,
        best,
        tuple(run.notes[-1:]),
        run.stopped,
    )


def plant(run: Run, start: Fit) -> None:
    """Begin from the rows of an earlier Fit, as far as this task allows them."""
    from induce.learners.forms import nested_ok, node_costs, sizes_of
    from induce.outline import Outline
    from induce.polish import units_agree

    unknown = [v.name for row in start.rows for v in row.term.variables if v.name not in run.task.table]
    if unknown:
        raise run.task.table.unknown(unknown[0])
    task, outline = run.task, Outline.of(run.task.sketch, run.task.table.names)
    forbid = task.space.forbid if task.space is not None else ()
    for row in start.rows:
        programs = task.codebook.encode([row.term])
        told = outline is None or outline.holds(row.term)
        if row.term.holes or not (
            told and units_agree(task, row.term) and nested_ok(programs, task.codebook, forbid)[0]
        ):
            continue
        if not all(condition(row.term) for condition in task.subject_to):
            continue
        size = int(sizes_of(programs, node_costs(task.codebook))[0])
        loss = float(_score(programs, *task.confirm)[0])
        run.archive.offer(Entry(programs, size, loss, "start"))


@contextmanager
def catching_interrupt(run: Run) -> Iterator[None]:
    """The first Ctrl-C ends the search and keeps the best so far; a second one raises as usual."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)

    def stop(number: int, frame: Any) -> None:
        run.interrupted.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
