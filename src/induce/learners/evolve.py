"""Evolve: islands of formulas under mutation and crossover, with fitted constants and a shared Pareto archive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.algebras.evaluate import evaluate_many, fit_constants
from induce.learners.breeding import breed, pack, random_population, seed_state, tree_sizes, unpack_values
from induce.learners.fitting import fitted_batch
from induce.learners.forms import affine_forms, node_costs
from induce.learners.growing import building_ops, forbid_masks
from induce.learners.learner import Batch, SearchState
from induce.task import Space, Task
from induce.terms.codes import Programs

__all__ = ["Evolve"]

Array = NDArray[np.float64]


class _Island:
    """A ring of individuals; the oldest make room for children."""

    def __init__(self, task: Task, space: Space, size: int, rng: np.random.Generator) -> None:
        book = task.codebook
        self.book, self.space = book, space
        self.costs = node_costs(book)
        self.ops = np.array([book.code_of[op] for op in building_ops(space) if op.arity], np.int64)
        self.forbid = forbid_masks(space, book)
        self.literals = np.array(space.literals, np.float64)
        self.state = seed_state(rng)
        width = max(space.max_size, 3)
        self.codes = np.zeros((size, width), np.int16)
        self.values = np.zeros((size, width))
        self.lengths = np.zeros(size, np.int64)
        self.loss = np.full(size, np.inf)
        self.sizes = np.ones(size, np.int64)
        self.next = 0
        random_population(
            self.state,
            self.codes,
            self.values,
            self.lengths,
            self.ops,
            len(book.variables),
            space.constants,
            self.literals,
            width,
        )

    @property
    def arrays(self) -> tuple[Any, ...]:
        return self.codes, self.values, self.lengths

    def measure(self) -> None:
        """Sizes of all individuals."""
        self.sizes = tree_sizes(self.codes, self.lengths, self.costs)

    def scores(self) -> Array:
        """Log loss plus a charge for sizes that crowd the island (adaptive parsimony, Cranmer 2023)."""
        share = np.bincount(self.sizes, minlength=self.space.max_size + 2) / len(self.sizes)
        return np.log10(self.loss + 1e-30) + 3.0 * share[self.sizes]

    def take(self, children: tuple[Any, ...], loss: Array, sizes: NDArray[np.int64]) -> None:
        """Children replace the oldest."""
        places = (self.next + np.arange(len(loss))) % len(self.loss)
        self.codes[places], self.values[places], self.lengths[places] = children
        self.loss[places], self.sizes[places] = loss, sizes
        self.next = int((self.next + len(loss)) % len(self.loss))

    def plant(self, programs: Programs) -> None:
        """Put given programs in the place of the worst individuals."""
        worst = np.argsort(-self.loss, kind="stable")[: len(programs)]
        for place, p in zip(worst, range(len(programs)), strict=False):
            codes = programs.codes[programs.offsets[p] : programs.offsets[p + 1]]
            if len(codes) > self.codes.shape[1]:
                continue
            numbers = programs.values[programs.value_offsets[p] : programs.value_offsets[p + 1]]
            row = np.where(codes < 0, -1, codes)
            self.codes[place, : len(codes)] = row
            self.values[place, : len(codes)] = np.where(
                codes < 0, numbers[np.where(codes < 0, -1 - codes, 0)] if len(numbers) else 0.0, 0.0
            )
            self.lengths[place] = len(codes)


@dataclass(frozen=True)
class Evolve:
    """Regularized evolution on islands, constants fitted by Levenberg-Marquardt along the way.

    Each generation the children of tournament winners replace the oldest individuals. A child is scored up to an affine
    map in closed form; the better half of those with inner constants get a few Levenberg-Marquardt steps. Crowded sizes
    are charged, so that all sizes stay alive.

    Parameters
    ----------
    population : int
        Individuals per island.
    children : int
        Offspring per generation and island.
    generations : int
        Generations between two visits of the shared archive.
    steps : int
        Levenberg-Marquardt steps per child.

    References
    ----------
    E. Real et al. (2019), Regularized Evolution for Image Classifier Architecture Search. M. Cranmer (2023), Interpretable
    Machine Learning for Science with PySR. M. Keijzer (2003), Improving Symbolic Regression with Interval Arithmetic and
    Linear Scaling. M. Kommenda et al. (2020), Parameter Identification for Symbolic Regression Using Nonlinear Least Squares.
    """

    population: int = 600
    children: int = 200
    generations: int = 10
    steps: int = 4
    name: str = "evolve"
    parallel: bool = True

    def accepts(self, task: Task) -> str:
        """Evolution needs a free choice from a grammar with at least one operator."""
        if task.space is None:
            return "evolution needs a sketch that is one choice from a grammar"
        return "" if any(op.arity for op in task.space.ops) else "evolution needs at least one operator"

    def run(self, task: Task, state: SearchState, rng: np.random.Generator) -> Iterator[Batch]:
        """Yield the best of every generation, without end."""
        space = task.space
        assert space is not None
        island = state.carry.get("island")
        if island is None:
            island = state.carry["island"] = _Island(task, space, self.population, rng)
            island.loss[:] = self._score(task, island, island.arrays)
            island.measure()
        while True:
            self._visit(task, island, state, rng)
            for _ in range(self.generations):
                yield self._generation(task, space, island)

    def _visit(self, task: Task, island: _Island, state: SearchState, rng: np.random.Generator) -> None:
        """Bring a random share of the shared front onto the island."""
        front = state.archive.front()
        picked = [entry for entry in front if rng.random() < 0.3]
        if picked:
            before = island.lengths.copy()
            island.plant(Programs.concatenate([entry.programs for entry in picked]))
            island.measure()
            changed = np.argsort(-island.loss, kind="stable")[: len(picked)]
            assert before is not None
            arrays = tuple(a[changed] for a in island.arrays)
            island.loss[changed] = self._score(task, island, arrays)

    def _generation(self, task: Task, space: Space, island: _Island) -> Batch:
        width = island.codes.shape[1]
        children = (
            np.zeros((self.children, width), np.int16),
            np.zeros((self.children, width)),
            np.zeros(self.children, np.int64),
        )
        setting = (len(island.book.variables), int(space.constants), space.max_size, 6, int(bool(space.forbid)))
        breed(
            island.state,
            island.arrays,
            island.scores(),
            children,
            setting,
            island.ops,
            island.literals,
            island.costs,
            island.forbid,
        )
        loss = self._score(task, island, children)
        sizes = tree_sizes(children[0], children[2], island.costs)
        points = max(len(task.search[1]), 64)
        work = float(children[2].sum()) * points
        if space.constants:
            work += self._tune(task, island, children, loss) * points
        best = self._best(loss, sizes)
        island.take(children, loss, sizes)
        if not len(best):
            return Batch(tried=self.children, work=work, source=self.name)
        codes, offsets, numbers, value_offsets = pack(*children, best, False, 0, 0)
        programs = Programs(codes, offsets, numbers, value_offsets, np.full(len(numbers), space.constants))
        wrapped = affine_forms(programs, island.book, space)
        batch = fitted_batch(task, space, wrapped, self.name, float(self.children), iterations=10)
        return Batch(batch.programs, batch.losses, batch.tried, batch.work + work, self.name)

    def _score(self, task: Task, island: _Island, arrays: tuple[Any, ...]) -> Array:
        """Share of variance left unexplained after the best affine map; infinite where undefined or units disagree."""
        _, target, weights = task.search
        rows = np.arange(len(arrays[2]))
        codes, offsets, numbers, value_offsets = pack(*arrays, rows, False, 0, 0)
        programs = Programs(codes, offsets, numbers, value_offsets, np.full(len(numbers), island.space.constants))
        values = evaluate_many(programs, task.search[0])
        w = weights / weights.sum()
        with np.errstate(all="ignore"):
            mean = values @ w
            centered = values - mean[:, None]
            spread = (centered * centered) @ w
            t = target - target @ w
            cross = centered @ (w * t)
            total = float((w * t * t).sum())
            flat = ~(spread > 1e-13 * (mean * mean + 1e-300))
            if island.space.scales and island.space.shifts:
                loss = 1.0 - cross * cross / (spread * total)
            elif island.space.shifts:
                loss = (spread - 2.0 * cross + total) / total
            else:
                size = (values * values) @ w
                factor = values @ (w * target) / size if island.space.scales else np.ones(len(values))
                residual = factor[:, None] * values - target
                loss = (residual * residual) @ w / max(total, 1e-300)
        bad = ~np.isfinite(loss) | flat | ~agree_up_to_scale(task, programs)
        return np.where(bad, np.inf, np.maximum(loss, 0.0))

    def _tune(self, task: Task, island: _Island, children: tuple[Any, ...], loss: Array) -> float:
        """A few Levenberg-Marquardt steps on the better half of the children that have constants; returns nodes spent."""
        has = (children[0] == -1) & (np.arange(children[0].shape[1]) < children[2][:, None])
        able = np.flatnonzero(has.any(axis=1) & np.isfinite(loss))
        if not len(able):
            return 0.0
        able = able[np.argsort(loss[able], kind="stable")][: max(1, len(able) // 2)]
        language = island.book.language
        plus, times = island.book.code_of[language["+"]], island.book.code_of[language["*"]]
        wrap = island.space.scales and island.space.shifts
        codes, offsets, numbers, value_offsets = pack(*children, able, wrap, plus, times)
        programs = Programs(codes, offsets, numbers, value_offsets, np.ones(len(numbers), bool))
        columns, target, weights = task.search
        fitted, squares = fit_constants(programs, columns, target, weights=weights, iterations=self.steps)
        unpack_values(*children, able, fitted.values, fitted.value_offsets, 2 if wrap else 0)
        mean = float(np.average(target, weights=weights))
        total = float((weights * (target - mean) ** 2).sum())
        loss[able] = np.minimum(loss[able], squares / max(total, 1e-300))
        return float(len(codes)) * self.steps * 8.0

    def _best(self, loss: Array, sizes: NDArray[np.int64]) -> NDArray[np.int64]:
        """The best child of every size, if it is among this generation's front."""
        order = np.lexsort((loss, sizes))
        first = np.unique(sizes[order], return_index=True)[1]
        best = order[first]
        front = loss[best] <= np.minimum.accumulate(loss[best]) * 1.0001
        return np.asarray(best[front & np.isfinite(loss[best])][:8])


def agree_up_to_scale(task: Task, programs: Programs) -> NDArray[np.bool_]:
    """Which programs have agreeing units inside, whatever unit they come out with."""
    columns, _ = task.dimensions
    if not columns.shape[1]:
        return np.ones(len(programs), bool)
    from induce.algebras.dimension import consistent

    ok = np.ones(len(programs), bool)
    consistent(
        programs.codes, programs.offsets, programs.values, programs.value_offsets, programs.free, columns,
        np.zeros(0, np.int64), ok,
    )  # fmt: skip
    return ok
