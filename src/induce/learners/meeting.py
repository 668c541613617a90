"""Where the bank and the targets of a bidirectional search meet: what every scan shares."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from induce.algebras import kernels as K
from induce.learners.composing import Part, Pen
from induce.learners.factors import Factors
from induce.learners.fitting import screened_batch, size_limits
from induce.learners.forms import combine
from induce.learners.growing import Growing
from induce.learners.learner import Batch, SearchState
from induce.learners.matching import RESOLUTION, Shelf
from induce.learners.sums import Dictionary
from induce.learners.targets import TargetBlock, Targets, joined, single_target
from induce.task import Task

__all__ = ["Meeting", "Stage", "View"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
SLACK = 1.2
"""A sample of the rows may show a better candidate as this much worse than it is."""


@dataclass(frozen=True)
class Stage:
    """How much one round looks at.

    Parameters
    ----------
    rows : int
        Functions in the bank.
    paired, summed : int
        Rows whose products, and sums, in pairs are scanned for ``y``.
    dictionary, targets : int
        Rows whose sums are scanned for each of so many targets.
    factors, powers : int
        Rows in products of powers; targets that are tried with one such row.
    matched : int
        Targets matched against the whole bank.
    inner, probed : int
        Arguments of functions with a constant inside, and targets tried with these.
    """

    rows: int
    paired: int
    summed: int
    dictionary: int
    targets: int
    factors: int
    powers: int
    matched: int
    inner: int
    probed: int


@dataclass(frozen=True, eq=False)
class View:
    """What a search takes for its columns, and what it divides the target by.

    Parameters
    ----------
    columns : array (columns, points)
    independent : tuple of int
        Columns of which no one is a product of powers of others.
    macros : tuple of Part
        Programs of the columns, when they are not the task's own.
    divisors : tuple of (Part, array)
        Each ``m`` makes a target ``y / m``; none: ``y`` itself.
    given : array, optional
        The task's own columns on the same points, when ``columns`` are not these.
    """

    columns: Array
    independent: tuple[int, ...]
    macros: tuple[Part, ...] = ()
    divisors: tuple[tuple[Part, Array], ...] = ()
    given: Array | None = None


class Meeting:
    """The bank, the targets and the ledgers of one bidirectional search.

    Parameters
    ----------
    task : Task
    state : SearchState
    rng : Generator
    view : View
    rows : (target, weights)
        On the view's points, weights with mean 1.
    capacity : int
        Rows of the bank.
    name : str
        The learner's.
    """

    def __init__(
        self, task: Task, state: SearchState, rng: np.random.Generator, view: View, rows: tuple[Array, Array], capacity: int, name: str
    ) -> None:  # fmt: skip
        assert task.space is not None
        self.task, self.state, self.name, self.space, self.view = task, state, name, task.space, view
        target, weights = rows
        self.columns, self.points, self.done = view.columns, len(target), False
        self.pieces = -1
        self.growth: Iterator[Batch] | None = None
        self.task_columns = view.columns if view.given is None else view.given
        self.grown = Growing(task, task.space, capacity, rng, (view.columns, target, weights), view.macros)
        self.pen = Pen(self.grown)
        self.names = {op.name for op in task.space.ops}
        self.pure = task.pure_constants
        unit = np.zeros(0, np.int64) if view.macros else task.dimensions[1]
        y = single_target(target, weights / weights.sum(), self.grown.dims.shape[1], unit)
        self.variance = float(y.spread[0])
        self.roots = joined(*(self._divided(y, *divisor) for divisor in view.divisors)) if view.divisors else y
        self.bases = joined(self.roots, Targets(self.grown, self.variance, 1 << 12).unary(self.roots))
        self.shelf = Shelf(self.grown, self.pure, not self.space.scales)
        self.factors = Factors(self.grown, view.columns, view.independent, self.pen)
        self.dictionary = Dictionary()
        alphabet = len(task.table.names) + len(task.space.ops) + 1
        floor = max(task.noise or 0.0, math.sqrt(self.variance * RESOLUTION)) ** 2
        self.prices = (0.5 * task.evidence, floor, math.log(alphabet), 2)

    def _divided(self, y: TargetBlock, part: Part, values: Array) -> TargetBlock:
        """``y / m`` for a monomial ``m``."""
        self.pen.extras.append(part)
        step = (K.MUL, 0, -1 - len(self.pen.extras))
        made = single_target(y.t[0] / values, y.w[0] * values * values, y.dims.shape[1], np.zeros(0, np.int64))
        made.parents, made.cost = [(step,)], np.array([1 + len(part[0])])
        made.links[0, 0] = 0
        return made

    # ---- what all scans share

    def limits(self) -> Array:
        """Losses that a candidate of each size must beat to be worth a look."""
        return size_limits(self.task, self.state) * SLACK + self.variance * RESOLUTION

    def batch(self, parts: Sequence[Part], tried: float, work: float, keep: int = 12, iterations: int = 4) -> Batch:
        """Candidates scored, the best of them fitted."""
        if not parts:
            return Batch(tried=tried, work=work, source=self.name)
        found = screened_batch(self.task, combine(parts), self.name, tried, keep, iterations)
        return Batch(found.programs, found.losses, found.tried, found.work + work, self.name)

    def mine(self) -> bool:
        """Whether the next piece of work is this stream's: pieces go round among the streams, which all make the same ones."""
        self.pieces += 1
        return self.pieces % self.state.streams == self.state.stream

    def tick(self, tried: float, work: float) -> Batch:
        """Work without candidates."""
        return Batch(tried=tried, work=work, source=self.name)

    def varying(self, most: int) -> Ints:
        """The first rows of the bank that vary and are not all in one point."""
        rows = np.arange(self.grown.held)
        values = self.grown.values[rows]
        size = np.sqrt(np.einsum("ij,ij->i", values, values))
        spread = np.ptp(values, axis=1)
        good = (spread > 1e-9 * size) & (np.abs(values).max(axis=1) < 1e3 * size)
        return np.asarray(rows[good][:most])

    def below(self, parents: TargetBlock, rows: int, names: str, most: int) -> TargetBlock:
        """Targets one step below the parents, with some operators and the first rows of the bank."""
        made = Targets(self.grown, self.variance, 1 << 14)
        codes = [self.pen.code(name) for name in names.split() if name in self.names]
        steps = made.steps[np.isin(made.steps[:, 0], codes)]
        places = np.arange(min(rows, self.grown.held))
        blocks = list(made.blocks(parents, places, unary=False, steps=steps))
        found = joined(*blocks) if blocks else parents.take(np.zeros(0, np.int64))
        return found.take(np.arange(min(most, len(found))))

    def quotients(self, most: int) -> Iterator[TargetBlock]:
        """The roots divided by, multiplied by and dividing each of the first rows, without inverse unary operators."""
        made = Targets(self.grown, self.variance)
        steps = made.steps[np.isin(made.steps[:, 0], (K.MUL, K.DIV))]
        rows = np.arange(min(most // max(len(steps) * len(self.roots), 1), self.grown.held))
        size = max(32, min(512, 4_000_000 // max(self.grown.held, 1)))
        yield from made.blocks(self.roots, rows, unary=False, most=size, steps=steps)

    def targets(self, most: int, plain: bool = False) -> Iterator[TargetBlock]:
        """Targets in the order of the rows in their outer parts: ``most`` or a little more."""
        made = Targets(self.grown, self.variance)
        per_row = max(len(self.bases) * len(made.steps) * (1.0 if plain else 2.5), 1.0)
        rows = int(np.clip(most * 0.6 / per_row, 8, self.grown.held))
        total = len(self.bases)
        size = max(32, min(512, 4_000_000 // max(self.grown.held, 1)))
        yield self.bases
        for start in range(0, rows, 16):
            places = np.arange(start, min(start + 16, rows))
            for block in made.blocks(self.bases, places, unary=not plain, most=size):
                total += len(block)
                yield block
                if total >= most:
                    return
        second = self.below(self.bases, max(4, min(24, rows // 4)), "* / + -", 100_000)
        second = joined(second, made.unary(second))
        for start in range(0, rows, 4):
            for block in made.blocks(second, np.arange(start, min(start + 4, rows)), unary=not plain, most=size):
                total += len(block)
                yield block
                if total >= most:
                    return
