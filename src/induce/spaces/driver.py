"""The driver: what ``tune`` and ``search`` share. It owns the clock, asks the algorithm, and keeps the trials."""

from __future__ import annotations

import math
import numbers
import os
import time
import traceback
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from induce.budget import Budget, cpu_seconds, resident_bytes
from induce.errors import BudgetError, SpaceError
from induce.progress import Progress, watcher
from induce.settings import check_whole
from induce.spaces.algorithms import algorithm_of
from induce.spaces.searchable import Space
from induce.spaces.table import Vectors
from induce.spaces.trials import Trial, Tuning

__all__ = ["Driver", "failure", "reward_of", "space_of"]

DEFAULT_TRIALS = 200
LEFT = "the loop was left"
"""Why a search ended whose objects were not all asked for."""
HOPELESS = 20
"""A search whose first trials all fail ends after this many."""


def space_of(value: Any) -> Space:
    """The space of what the user gave, if there is something to search in it.

    Raises
    ------
    SpaceError
        If it has a single point.
    """
    found = value if isinstance(value, Space) else Space(value)
    if found.size == 1:
        what = "no hole in it" if not len(found.table) else f"one value for each of: {', '.join(found.names)}"
        raise SpaceError(
            f"the space has {what}, so there is nothing to search. "
            "Put hole.choice([...]), hole.integer(low, high) or hole.real(within=(low, high)) where values may differ."
        )
    return found


def reward_of(value: Any, where: str = "", failed: str = "raise an error") -> float:
    """A reward as a finite number; ``where`` it was given, and what to do for a trial that ``failed``, are said if it is none.

    Raises
    ------
    SpaceError
        If it is none.
    """
    found = math.nan
    try:  # arrays and tensors of one number are numbers too
        number = value.item() if hasattr(value, "item") else value
        found = float(number) if isinstance(number, numbers.Real) else math.nan
    except (TypeError, ValueError, RuntimeError, OverflowError):
        found = math.nan
    if not math.isfinite(found):
        what = "None" if value is None else f"{value!r}"[:60]
        hint = "Did the function forget to return it?" if value is None else f"For a trial that failed, {failed}."
        raise SpaceError(
            f"{where}{': ' if where else ''}the reward is {what}, but a finite number was expected. {hint}"
        )
    return found


def failure(error: Exception) -> str:
    """What a trial raised, and where, as one sentence."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({os.path.basename(frames[-1].filename)}:{frames[-1].lineno})" if frames else ""  # noqa: PTH119
    text = " ".join(str(error).split())
    if isinstance(error, SpaceError):
        return text
    return f"{type(error).__name__}: {text}{place}."


class Driver:
    """One search under way.

    Parameters
    ----------
    space : Space or object with holes
    by : str, Algorithm, or sampler of Optuna
    within : Budget, str, float or None
    seed : int
    maximize : bool
    start : iterable of points, or of mappings of names to values
        Tried first.
    watch : None, "progress" or callable
    """

    def __init__(
        self, space: Any, by: Any, within: Any, seed: int, maximize: bool, start: Iterable[Any], watch: Any
    ) -> None:
        self.space = space_of(space)
        self.algorithm = algorithm_of(by)
        self.budget = Budget(candidates=DEFAULT_TRIALS) if within is None else Budget.read(within)
        for unit in ("work", "plateau", "epochs"):
            if getattr(self.budget, unit) is not None:
                raise BudgetError(f"a search over a space has no {unit}. Write for example '200 trials' or '60s'.")
        if seed is not None:  # None draws anew each time
            check_whole("seed", seed, least=0)
        self.seed, self.maximize, self.show = seed, maximize, watcher(watch)
        self.table = self.space.table
        self.state = self.algorithm.start(self.table, np.random.default_rng(seed))
        if isinstance(start, Mapping | str) or not isinstance(start, Iterable):
            raise SpaceError(f"start is a list of points or of mappings, but got {start!r}. Write [{start!r}].")
        self.first = [self._first(point) for point in start]
        self.trials: list[Trial] = []
        self.tried: set[tuple[float, ...]] = set()
        self.best: Trial | None = None
        self.stopped, self.worst = "", math.inf
        self.most = 1 << 30
        self.finished = False
        self.untold: list[Trial] = []
        self.began, self.cpu_began, self.shown = time.monotonic(), cpu_seconds(), 0.0

    def _first(self, point: Any) -> Vectors:
        return self.space.encode(point) if isinstance(point, Mapping) else self.table.check(point)

    # ---- asking and telling

    def ask(self) -> list[list[float]]:
        """The points of the next batch; none when the search is over."""
        self.tell()
        self.stopped = self.stopped or self.over()
        if self.stopped:
            return []
        n = min(self.algorithm.batch, self.most)
        if self.budget.candidates is not None:
            n = min(n, max(math.ceil(self.budget.candidates - len(self.trials)), 1))
        if self.first:
            points = np.array(self.first[:n])
            self.first = self.first[n:]
        else:
            points = self.state.ask(n)
        found: list[list[float]] = points.tolist()
        return found

    def record(self, trial: Trial) -> None:
        """Keep a trial; the algorithm is told when the batch is over."""
        self.trials.append(trial)
        self.untold.append(trial)
        self.tried.add(trial.point)
        if not trial.error and not trial.pruned:
            sign = 1.0 if self.maximize else -1.0
            self.worst = min(self.worst, sign * trial.reward)
            if self.best is None or sign * trial.reward > sign * self.best.reward:
                self.best = trial
        if self.show is not None:
            self.watch()

    def tell(self) -> None:
        """Tell the algorithm what the last batch brought; a trial that was stopped early counts as the worst that was not."""
        if self.untold:
            sign = 1.0 if self.maximize else -1.0
            rewards = [
                -math.inf if t.error else min(sign * t.reward, self.worst if t.pruned else math.inf)
                for t in self.untold
            ]
            self.state.tell(np.array([t.point for t in self.untold]), np.array(rewards))
            self.untold = []

    # ---- the clock

    def over(self) -> str:
        """Why the search ends now, or an empty text."""
        b, count = self.budget, len(self.trials)
        if b.candidates is not None and count >= b.candidates:
            return f"{count:,} trials were done"
        if len(self.tried) >= self.space.size:
            return f"each of the {self.space.size:,} points was tried"
        if b.seconds is not None and time.monotonic() - self.began >= b.seconds:
            return f"the time of {b.seconds:g} s was used"
        if b.cpu is not None and cpu_seconds() - self.cpu_began >= b.cpu:
            return f"the CPU time of {b.cpu:g} s was used"
        if b.memory is not None and resident_bytes() > b.memory:
            return f"the memory limit of {b.memory / 1e6:,.0f} MB was reached"
        if self.best is None and count >= HOPELESS and all(trial.error for trial in self.trials):
            return f"the first {count} trials all failed"
        return ""

    def watch(self) -> None:
        """Show where the search is, now and then."""
        seconds = time.monotonic() - self.began
        if self.show is None or not (self.stopped or seconds - self.shown > 0.2):
            return
        self.shown = seconds
        notes = (self.space.shown(self.best.point),) if self.best is not None else ()
        reward = self.best.reward if self.best is not None else math.nan
        count = float(len(self.trials))
        self.show(
            Progress(
                seconds, self.budget.seconds, count, count, reward, None, notes, self.stopped, "trials", "best reward"
            )
        )

    def finish(self) -> None:
        """Tell the watcher, once, that the search is over."""
        self.stopped = self.stopped or LEFT
        if not self.finished:
            self.finished = True
            self.watch()

    def result(self) -> Tuning:
        """What was found so far."""
        report = {"seconds": time.monotonic() - self.began, "seed": self.seed, "algorithm": self.algorithm.name}
        return Tuning(self.space, tuple(self.trials), self.stopped or "still running", self.maximize, report)
