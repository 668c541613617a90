"""The ``distributed`` suite: the streams of a search on Ray's workers, compared with one process, and when a worker dies."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.runner import Run, row
from induce.distributed import RayStreams
from induce.fit import Fit
from induce.formulas import FormulaRegressor
from induce.learners.archive import Archive

OPERATORS = "+ - * / sin exp"


def noisy_table() -> tuple[dict[str, Any], Any]:
    """Two columns and a target with noise, so that no search ends early for being exact."""
    rng = np.random.default_rng(0)
    X = {"x": rng.uniform(0.5, 3, 120), "y": rng.uniform(0.5, 3, 120)}
    return X, np.exp(-0.4 * X["x"]) * np.sin(2.2 * X["y"] ** 1.3) + rng.normal(0, 0.01, 120)


@contextmanager
def two_cores() -> Iterator[Any]:
    """Ray on this machine with two cores, ended afterwards."""
    import ray

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Ray's own
        ray.init(
            num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR", configure_logging=False
        )
        try:
            yield ray
        finally:
            ray.shutdown()


def search(candidates: float, **settings: Any) -> Fit:
    """The front of the table after a budget of candidates."""
    X, y = noisy_table()
    return FormulaRegressor(OPERATORS, within=f"{candidates:g} candidates", random_state=0, **settings).fit(X, y).fit_


def front(fit: Fit) -> list[tuple[str, float]]:
    """Every row's formula, exactly, and loss."""
    return [(found.text(None), found.loss) for found in fit.rows]


@dataclass
class Killed:
    """A fit one of whose workers was killed.

    Parameters
    ----------
    fit : Fit
    at : float
        Candidates that had been scored.
    before, after : Archive
        What was held when the worker was killed, and at the end.
    restarts : int
        Workers that were replaced.
    """

    fit: Fit
    at: float
    before: Archive
    after: Archive
    restarts: int

    def lost(self) -> list[int]:
        """Sizes whose best formula is worse at the end than when the worker was killed."""
        sizes = list(self.before.by_size)
        return [n for n in sizes if self.after.best_loss(n) > self.before.best_loss(n) * (1 + 1e-9)]


def killed_midway(ray: Any, candidates: float) -> Killed:
    """Search on Ray, and kill the second stream's worker when half of the candidates have been scored."""
    held: list[RayStreams] = []
    moment: list[tuple[float, Archive]] = []
    start = RayStreams.__init__

    def remember(self: RayStreams, run: Any) -> None:
        start(self, run)
        held.append(self)

    def watch(progress: Any) -> None:
        if not moment and not progress.stopped and progress.candidates >= candidates / 2:
            moment.append((progress.candidates, held[0].run.archive.copy()))
            ray.kill(held[0].workers[1])

    RayStreams.__init__ = remember  # type: ignore[method-assign]
    try:
        fit = search(candidates, backend="ray", watch=watch)
    finally:
        RayStreams.__init__ = start  # type: ignore[method-assign]
    if not moment:
        raise RuntimeError(f"the search ended before it was seen halfway to {candidates:g} candidates. Ask for more.")
    at, before = moment[0]
    return Killed(fit, at, before, held[0].run.archive, held[0].restarts)


@row(
    "Ray on 2 cores, 4e5 candidates (quick: 2e4): rows of the front that differ from those of one process",
    goal="0 of at least 5, after as many candidates",
)
def same_front(run: Run) -> tuple[float, bool, str]:
    if run.peer("ray") is None:
        return 0.0, False, "needs the package ray: pip install 'induce[ray]'"
    candidates = 2e4 if run.quick else 4e5
    here = search(candidates)
    with two_cores():
        there = search(candidates, backend="ray")
    differ = len(set(front(here)) ^ set(front(there)))
    scored = here.report["candidates"], there.report["candidates"]
    note = f"{len(here.rows)} and {len(there.rows)} rows; {scored[0]:,.0f} and {scored[1]:,.0f} candidates scored"
    return float(differ), not differ and len(here.rows) >= 5 and scored[0] == scored[1], note


@row(
    "the same with a worker killed half-way, 8e5 candidates (quick: 3e5): sizes whose best formula is worse at the end than when "
    "it was killed",
    goal="0, one worker replaced, all candidates scored",
)
def a_worker_dies(run: Run) -> tuple[float, bool, str]:
    if run.peer("ray") is None:
        return 0.0, False, "needs the package ray: pip install 'induce[ray]'"
    candidates = 3e5 if run.quick else 8e5
    with two_cores() as ray:
        killed = killed_midway(ray, candidates)
    scored = killed.fit.report["candidates"]
    said = [note for note in killed.fit.notes if "worker died" in note]
    note = (
        f"killed after {killed.at:,.0f} candidates; {scored:,.0f} scored in all; {killed.restarts} replaced; "
        f"{len(killed.before.by_size)} sizes held then, {len(killed.after.by_size)} at the end"
    )
    return (
        float(len(killed.lost())),
        not killed.lost() and killed.restarts == len(said) == 1 and scored >= candidates,
        note,
    )
