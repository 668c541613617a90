"""The loops over trials: ``tune`` calls a function of each object, ``search`` hands the objects out one by one."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any

from induce.budget import Budget
from induce.errors import SpaceError
from induce.spaces.driver import LEFT, Driver, failure, reward_of
from induce.spaces.trials import Trial, Tuning

__all__ = ["Feedback", "Median", "Pruned", "Running", "Search", "search", "tune"]

_NESTED: ContextVar[int] = ContextVar("nested", default=0)
"""How many searches this one runs inside of."""


class Pruned(Exception):  # no error: it ends a trial that is not worth going on with
    """Raised by :meth:`Running.report` to end a trial early; let it pass."""


@dataclass(frozen=True)
class Median:
    """Stops a trial whose report is worse than the median of earlier trials' at the same step.

    Parameters
    ----------
    trials : int
        Earlier trials that must have reported at a step before any is stopped there.
    """

    trials: int = 5

    def bounds(self, trials: Iterable[Trial], maximize: bool) -> dict[float, float]:
        """Step to the worst report that may go on."""
        import statistics

        seen: dict[float, list[float]] = {}
        for trial in trials:
            for step, value in trial.reports:
                seen.setdefault(step, []).append(value)
        return {step: statistics.median(values) for step, values in seen.items() if len(values) >= self.trials}


@dataclass
class Running:
    """The trial under way, as a function that may be stopped early sees it.

    Parameters
    ----------
    number : int
    bounds : mapping of step to the worst report that may go on
    maximize : bool
    """

    number: int
    bounds: dict[float, float]
    maximize: bool = True
    reports: list[tuple[float, float]] = field(default_factory=list)

    def report(self, step: float, value: float) -> None:
        """Say how good the trial is after a step.

        Raises
        ------
        Pruned
            If it is not worth going on.
        """
        found = reward_of(value, f"trial {self.number}, step {step:g}")
        self.reports.append((float(step), found))
        bound = self.bounds.get(float(step))
        if bound is not None and (found < bound if self.maximize else found > bound):
            raise Pruned(f"trial {self.number} is worse than the median at step {step:g}.")


def _evaluate(function: Callable[..., Any], made: Any, point: list[float], running: Running, told: bool) -> Trial:
    """The trial of one object; what it raises is kept as text. ``made`` may be the error that building it raised."""
    began = time.perf_counter()
    token = _NESTED.set(_NESTED.get() + 1)
    reward, error, pruned = math.nan, "", False
    try:
        if isinstance(made, SpaceError):
            raise made
        value = function(made, running) if told else function(made)
        reward = reward_of(value)
    except Pruned:
        reward, pruned = running.reports[-1][1], True
    except Exception as problem:
        error = failure(problem)
    finally:
        _NESTED.reset(token)
    seconds = time.perf_counter() - began
    return Trial(running.number, tuple(point), reward, error, seconds, pruned, tuple(running.reports))


def tune(
    space: Any,
    function: Callable[..., Any],
    *,
    by: Any = "evolution",
    within: Budget | str | float | None = None,
    seed: int = 0,
    maximize: bool = True,
    start: Iterable[Any] = (),
    prune: Median | None = None,
    n_jobs: int = 1,
    watch: Any = None,
) -> Tuning:
    """Search the holes of an object for the filling with the best reward.

    A trial that raises, or whose reward is no finite number, is kept with its error and the search goes on. Ctrl-C ends it
    with the best so far; inside of another search it ends that one. The same seed gives the same trials for any ``n_jobs``.

    Parameters
    ----------
    space : Space, or an object with holes
    function : callable
        From an object to its reward; with ``prune`` from an object and a :class:`Running` trial to report to.
    by : {"evolution", "random", "bandit", "policy"}, Algorithm, or sampler of Optuna
    within : Budget, str or float
        Such as ``"200 trials"``, the default, or ``"60s"``.
    seed : int
    maximize : bool
        Whether a larger reward is better.
    start : iterable of points, or of mappings of names to values
        What is tried first.
    prune : Median, optional
        Ends trials early by what they report.
    n_jobs : int
        Trials at a time, by joblib.
    watch : None, "progress" or callable

    Raises
    ------
    SpaceError
        If there is nothing to search, or the algorithm is unknown.

    >>> from induce import hole, tune
    >>> tune({"x": hole.integer(0, 99)}, lambda d: abs(d["x"] - 42), maximize=False, seed=1).best
    {'x': 42}
    """
    if not callable(function):
        raise SpaceError(f"tune() needs a function from an object to its reward, but got {function!r}. Give one.")
    if not isinstance(n_jobs, Integral) or isinstance(n_jobs, bool) or n_jobs == 0:
        raise SpaceError(
            f"n_jobs must be a whole number of trials at a time, -1 for all cores, but got {n_jobs!r}. Give 1 or more."
        )
    if prune is not None and not isinstance(prune, Median):
        raise SpaceError(
            f"prune must be a rule such as induce.spaces.Median(), but got {prune!r}. Give that, or leave it out."
        )
    driver = Driver(space, by, within, seed, maximize, start, watch)
    if prune is not None:
        driver.most = 8  # the bounds come from the batches before, so batches are kept short
    try:
        if n_jobs == 1:
            _one_by_one(driver, function, prune)
        else:
            _side_by_side(driver, function, prune, n_jobs)
    except KeyboardInterrupt:
        driver.stopped = "interrupted; these are the trials so far"
        if _NESTED.get():
            raise
    finally:
        driver.finish()
    return driver.result()


def _running(driver: Driver, prune: Median | None) -> Callable[[int], Running]:
    bounds = prune.bounds(driver.trials, driver.maximize) if prune is not None else {}
    return lambda number: Running(number, bounds, driver.maximize)


def _made(driver: Driver, point: list[float]) -> Any:
    try:
        return driver.space.make(point)
    except SpaceError as error:
        return error


def _one_by_one(driver: Driver, function: Callable[..., Any], prune: Median | None) -> None:
    while points := driver.ask():
        running = _running(driver, prune)
        for point in points:
            driver.record(
                _evaluate(function, _made(driver, point), point, running(len(driver.trials)), prune is not None)
            )
            driver.stopped = driver.over()
            if driver.stopped:
                break


def _side_by_side(driver: Driver, function: Callable[..., Any], prune: Median | None, n_jobs: int) -> None:
    """Each batch in parts of as many trials as there are workers, so that the clock is looked at in between."""
    from joblib import Parallel, delayed, effective_n_jobs

    width = max(int(effective_n_jobs(n_jobs)), 1)
    with Parallel(n_jobs=n_jobs) as parallel:
        while points := driver.ask():
            running = _running(driver, prune)
            for k in range(0, len(points), width):
                part = points[k : k + width]
                first = len(driver.trials)
                jobs = (
                    delayed(_evaluate)(function, _made(driver, p), p, running(first + i), prune is not None)
                    for i, p in enumerate(part)
                )
                for trial in parallel(jobs):
                    driver.record(trial)
                driver.stopped = driver.over()
                if driver.stopped:
                    break


class Feedback:
    """What the reward of one trial is given to: call it with the number, or :meth:`skip` the trial."""

    def __init__(self, number: int, point: list[float], driver: Driver) -> None:
        self.number, self.point = number, tuple(point)
        self._driver, self._began = driver, time.perf_counter()
        self.given = False

    @property
    def values(self) -> dict[str, Any]:
        """Name to value of the choice points of the object."""
        return self._driver.space.decode(self.point)

    def __call__(self, reward: float) -> None:
        """Give the reward.

        Raises
        ------
        SpaceError
            If it is no finite number, or was given before.
        """
        self._once()
        found = reward_of(reward, f"trial {self.number}", "call feedback.skip()")
        self._record(found, "")

    def skip(self, reason: str = "skipped") -> None:
        """Leave the trial out: it counts as failed, for this reason."""
        self._once()
        self._record(math.nan, reason)

    def _once(self) -> None:
        if self.given:
            raise SpaceError(f"trial {self.number} has its feedback already. Call feedback once for each object.")

    def _record(self, reward: float, error: str) -> None:
        self.given = True
        self._driver.record(Trial(self.number, self.point, reward, error, time.perf_counter() - self._began))


class Search:
    """The objects of a search with their feedbacks; ``result`` is what was found so far. Made by :func:`search`."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    @property
    def result(self) -> Tuning:
        """The trials so far."""
        return self._driver.result()

    def __iter__(self) -> Iterator[tuple[Any, Feedback]]:
        if self._driver.stopped == LEFT:
            raise SpaceError(
                "the loop over this search was left, which ended it. Make another by search(...), or loop once."
            )
        try:
            yield from self._objects(self._driver)
        finally:
            self._driver.finish()

    @staticmethod
    def _objects(driver: Driver) -> Iterator[tuple[Any, Feedback]]:
        while points := driver.ask():
            for point in points:
                made, feedback = _made(driver, point), Feedback(len(driver.trials), point, driver)
                if isinstance(made, SpaceError):
                    feedback.skip(failure(made))
                else:
                    yield made, feedback
                    if not feedback.given:
                        raise SpaceError(
                            f"trial {feedback.number} ({driver.space.shown(point)}) got no feedback before the next object was "
                            "asked for. Call feedback(reward), or feedback.skip() if it has none."
                        )
                driver.stopped = driver.over()
                if driver.stopped:
                    break


def search(
    space: Any,
    *,
    by: Any = "evolution",
    within: Budget | str | float | None = None,
    seed: int = 0,
    maximize: bool = True,
    start: Iterable[Any] = (),
    watch: Any = None,
) -> Search:
    """The same search as :func:`tune`, with the loop in the hands of the caller.

    Parameters
    ----------
    space, by, within, seed, maximize, start, watch
        As in :func:`tune`.

    Raises
    ------
    SpaceError
        If there is nothing to search; in the loop, if an object got no feedback.

    >>> from induce import hole
    >>> run = search({"x": hole.integer(0, 9)}, by="random", within="5 trials", seed=0)
    >>> for made, feedback in run:
    ...     feedback(-abs(made["x"] - 4))
    >>> len(run.result.trials)
    5
    """
    return Search(Driver(space, by, within, seed, maximize, start, watch))
