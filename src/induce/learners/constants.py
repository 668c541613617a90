"""Constants: the real holes of one sketch by Levenberg-Marquardt; Choices: every combination of its options as well."""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.algebras.evaluate import evaluate, fit_constants
from induce.learners.learner import Batch, SearchState
from induce.task import Task
from induce.terms.codes import Programs
from induce.terms.term import Term

__all__ = ["Choices", "Constants", "fit_sketches"]


def _kinds(task: Task) -> set[str]:
    return {h.hole.kind for h in task.sketch.holes}


def _bounds(terms: Sequence[Term]) -> NDArray[np.float64]:
    """Limits of every constant slot, in the order the codebook lays them out."""
    low: list[float] = []
    high: list[float] = []
    for term in terms:
        for node in term.walk_postfix():
            if node.is_hole:
                low.append(node.hole.low)
                high.append(node.hole.high)
            elif node.is_literal:
                low.append(-math.inf)
                high.append(math.inf)
    return np.array([low, high])


def fit_sketches(
    task: Task, terms: Sequence[Term], rng: np.random.Generator, restarts: int
) -> tuple[Programs, NDArray[np.float64]]:
    """Fit the real holes of several sketches; returns programs with values and mean square errors on the search rows.

    A hole that occurs more than once keeps one value.
    """
    columns, target, weights = task.search
    programs = task.codebook.encode(terms)
    fitted, loss = fit_constants(
        programs, columns, target, weights=weights, iterations=60, restarts=restarts, bounds=_bounds(terms)
    )
    values = fitted.values.copy()
    for p, term in enumerate(terms):
        slots = [node for node in term.walk_postfix() if node.is_hole or node.is_literal]
        names = [node.name for node in slots if node.is_hole]
        if len(set(names)) < len(names):
            shared, loss[p] = _fit_shared(task, term, restarts)
            first = programs.value_offsets[p]
            for k, node in enumerate(slots):
                if node.is_hole:
                    values[first + k] = shared[node.name]
    return programs.with_values(values), loss / len(target)


def _fit_shared(task: Task, term: Term, restarts: int) -> tuple[dict[str, float], float]:
    """Least squares for a sketch in which one hole stands in several places."""
    from scipy.optimize import least_squares

    columns, target, weights = task.search
    data = dict(zip(task.table.names, columns, strict=True))
    holes = list(term.holes)
    root = np.sqrt(weights)

    def residual(x: NDArray[np.float64]) -> NDArray[np.float64]:
        value = evaluate(term, data, None, {h.name: v for h, v in zip(holes, x, strict=True)})
        r = root * (np.broadcast_to(value, target.shape) - target)
        return np.where(np.isfinite(r), r, 1e10)

    low, high = np.array([h.hole.low for h in holes]), np.array([h.hole.high for h in holes])
    start = np.array([1.0 if h.hole.start is None else h.hole.start for h in holes])
    best, best_cost = start, math.inf
    for factor in (1.0, -1.0, 3.0, 0.3)[: 1 + restarts]:
        found = least_squares(
            residual, np.clip(start * factor, low, high), bounds=(low, high), xtol=1e-15, ftol=1e-15, gtol=1e-15
        )
        if found.cost < best_cost:
            best, best_cost = found.x, found.cost
    return {h.name: float(v) for h, v in zip(holes, best, strict=True)}, 2.0 * best_cost


@dataclass(frozen=True)
class Constants:
    """The real holes of one sketch, by Levenberg-Marquardt with variable projection from several starts.

    Parameters
    ----------
    restarts : int
        Further starts beside the holes' own.

    References
    ----------
    D. Marquardt (1963), An Algorithm for Least-Squares Estimation of Nonlinear Parameters. G. Golub and V. Pereyra (1973).
    """

    restarts: int = 6
    name: str = "constants"
    parallel: bool = False

    def accepts(self, task: Task) -> str:
        """All holes must be real."""
        return "" if _kinds(task) == {"real"} else "fitting constants needs a sketch whose holes are all real"

    def run(self, task: Task, state: SearchState, rng: np.random.Generator) -> Iterator[Batch]:
        """Yield the fitted sketch once."""
        programs, loss = fit_sketches(task, [task.sketch], rng, self.restarts)
        points = max(len(task.search[1]), 64)
        work = float(task.sketch.size) * points * 60 * 4 * (1 + self.restarts)
        yield Batch(programs, loss, 1.0 + self.restarts, work, self.name)


@dataclass(frozen=True)
class Choices:
    """Every combination of the options of a sketch's choices, cheapest first, each with fitted constants.

    Parameters
    ----------
    batch : int
        Combinations fitted at a time.
    restarts : int
        Further starts for the constants of each.
    """

    batch: int = 16
    restarts: int = 1
    name: str = "choices"
    parallel: bool = False

    def accepts(self, task: Task) -> str:
        """Holes must be real or choices, with at least one choice."""
        kinds = _kinds(task)
        return (
            "" if "choice" in kinds and "net" not in kinds else "choosing needs a sketch with a choice and without nets"
        )

    def run(self, task: Task, state: SearchState, rng: np.random.Generator) -> Iterator[Batch]:
        """Yield batches of fitted combinations."""
        points = max(len(task.search[1]), 64)
        combinations = filled_choices(task.sketch)
        while True:
            terms = list(itertools.islice(combinations, self.batch))
            if not terms:
                return
            programs, loss = fit_sketches(task, terms, rng, self.restarts)
            work = float(programs.offsets[-1]) * points * 40.0
            yield Batch(programs, loss, float(len(terms)), work, self.name)


def filled_choices(sketch: Term) -> Iterator[Term]:
    """The sketch with its choices made, in order of total cost (minus log weight); nested choices are made too."""
    choices = [h for h in sketch.holes if h.hole.kind == "choice"]
    if not choices:
        yield sketch
        return
    streams = [_Options(h) for h in choices]
    start = (0,) * len(choices)
    queue: list[tuple[float, tuple[int, ...]]] = []
    seen = {start}
    if all(s.get(0) is not None for s in streams):
        heapq.heappush(queue, (sum(s.cost(0) for s in streams), start))
    while queue:
        _, picks = heapq.heappop(queue)
        options = [s.get(i) for s, i in zip(streams, picks, strict=True)]
        filled = sketch.replace({h: o for h, o in zip(choices, options, strict=True) if o is not None})
        yield from filled_choices(filled) if any(h.hole.kind == "choice" for h in filled.holes) else [filled]
        for k, stream in enumerate(streams):
            following = (*picks[:k], picks[k] + 1, *picks[k + 1 :])
            if following not in seen and stream.get(picks[k] + 1) is not None:
                seen.add(following)
                heapq.heappush(queue, (sum(s.cost(i) for s, i in zip(streams, following, strict=True)), following))


class _Options:
    """The options of one choice, cheapest first, drawn as they are needed."""

    def __init__(self, term: Term) -> None:
        options = term.hole.options
        self._ready: list[tuple[float, Term]] = []
        self._rest: Iterator[tuple[float, Term]]
        if isinstance(options, tuple):
            prior = term.hole.prior or (1.0,) * len(options)
            total = sum(prior)
            listed = sorted(
                ((-math.log(w / total), k, o) for k, (w, o) in enumerate(zip(prior, options, strict=True))),
                key=lambda e: e[:2],
            )
            self._rest = iter([(cost, option) for cost, _, option in listed])
        else:
            self._rest = ((float(option.size), option) for option in options.enumerate())

    def get(self, index: int) -> Term | None:
        while len(self._ready) <= index:
            following: Any = next(self._rest, None)
            if following is None:
                return None
            self._ready.append(following)
        return self._ready[index][1]

    def cost(self, index: int) -> float:
        self.get(index)
        return self._ready[index][0]
