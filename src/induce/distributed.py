"""Streams of a search on Ray: one worker each, advanced epoch by epoch and merged in stream order.

The driver stays where the user is: it owns the clock, the archive and the log. A worker that dies is replaced and begins its
stream anew from the archive, so what is lost is its last epoch; everything it had handed over is kept.
"""

from __future__ import annotations

import pickle
import time
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any

from induce.budget import Budget
from induce.errors import FillError
from induce.search import Run, Stream, one_blas_thread
from induce.warm import warm_kernels

__all__ = ["RayStreams", "StreamWorker"]


class StreamWorker:
    """One stream in a process of its own.

    Parameters
    ----------
    job : bytes
        Task, learner, seed and stream number, pickled by this library for its own workers.
    """

    def __init__(self, job: bytes) -> None:
        task, learner, seed, number = pickle.loads(job)
        warm_kernels(any(h.hole.kind == "choice" for h in task.sketch.holes))
        self.run = Run(task, Budget(), learner, seed)
        self.stream = self.run.streams[number]

    def advance(self, archive: bytes, quota: tuple[float, float], tried: float, seconds: float | None) -> bytes:
        """An epoch from the given archive; what it brought."""
        run = self.run
        began = time.process_time()
        run.archive, run.tried = pickle.loads(archive), tried
        run.began, run.budget = time.monotonic(), replace(run.budget, seconds=seconds)
        with one_blas_thread():
            stream = run.advance(self.stream, quota)
        found = (
            stream.state.archive, stream.tried, stream.work, stream.notes, stream.over, run.opened,
            time.process_time() - began,
        )  # fmt: skip
        return pickle.dumps(found)


class RayStreams:
    """The streams of a run, each in a Ray worker.

    Parameters
    ----------
    run : Run

    Raises
    ------
    FillError
        If Ray is not installed, or the task holds something that cannot be sent, such as a lambda.
    """

    def __init__(self, run: Run) -> None:
        try:
            ray: Any = import_module("ray")
        except ImportError:
            raise FillError(
                "backend='ray' needs the package ray, which is not installed. Run: pip install 'induce[ray]'."
            ) from None
        began = time.monotonic()
        self.ray, self.run, self.restarts = ray, run, 0
        try:
            self.jobs = [pickle.dumps((run.task, run.learner, run.seed, k)) for k in range(len(run.streams))]
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise FillError(
                f"the task cannot be sent to Ray's workers: {error}. Give conditions as functions of a module, not as lambdas."
            ) from None
        if not ray.is_initialized():
            ray.init(include_dashboard=False, log_to_driver=False, logging_level="ERROR", configure_logging=False)
        share = min(1.0, float(ray.cluster_resources().get("CPU", 1.0)) / len(self.jobs))
        self.kind: Any = ray.remote(num_cpus=round(share, 3), max_restarts=0)(StreamWorker)
        self.workers: list[Any] = [self.kind.remote(job) for job in self.jobs]
        run.began += time.monotonic() - began  # starting workers is like compiling: shown, not counted

    def advance(self, alive: Sequence[Stream], quota: tuple[float, float]) -> None:
        """Let the streams work for an epoch, side by side; a worker that died is replaced."""
        run = self.run
        archive = pickle.dumps(run.archive)
        left = None if run.budget.seconds is None else max(run.budget.seconds - run.reserve - run.seconds, 0.01)
        numbers = [run.streams.index(stream) for stream in alive]
        pending = [self.workers[k].advance.remote(archive, quota, run.tried, left) for k in numbers]
        for k, stream, reference in zip(numbers, alive, pending, strict=True):
            try:
                found = pickle.loads(self.ray.get(reference))
            except self.ray.exceptions.RayActorError:
                self.workers[k] = self.kind.remote(self.jobs[k])
                self.restarts += 1
                stream.tried = stream.work = 0.0
                run.notes.append(f"a worker died and was replaced; its last epoch of work is lost (stream {k})")
                continue
            stream.state.archive, stream.tried, stream.work, stream.notes, stream.over, opened, cpu = found
            run.opened = run.opened or opened
            run.cpu_elsewhere += cpu

    def close(self) -> None:
        """End the workers; Ray itself keeps running for the next fit."""
        for worker in self.workers:
            self.ray.kill(worker)
