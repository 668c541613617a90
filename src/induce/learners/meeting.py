"""Where the bank and the targets of a bidirectional search meet: what every scan shares."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from induce.algebras import kernels as K
from induce.learners.composing import Part
from induce.learners.enumerate import level_batch
from induce.learners.fitting import screened_batch, size_limits
from induce.learners.forms import combine
from induce.learners.learner import Batch, SearchState
from induce.learners.matching import RESOLUTION
from induce.learners.polynomials import Monomial, library
from induce.learners.stock import Prepared, Stage, Stock
from induce.learners.targets import TargetBlock, Targets, joined
from induce.task import Task

__all__ = ["Meeting"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
SLACK = 1.2
"""A sample of the rows may show a better candidate as this much worse than it is."""


class Meeting:
    """One stream's place at the shared bank of a bidirectional search.

    Parameters
    ----------
    task : Task
    state : SearchState
    stock : Stock
        Bank and targets, the same for all streams.
    name : str
        The learner's.
    """

    def __init__(self, task: Task, state: SearchState, stock: Stock, name: str) -> None:
        assert task.space is not None
        self.task, self.state, self.name, self.space, self.stock = task, state, name, task.space, stock
        self.columns, self.grown, self.pen = stock.view.columns, stock.grown, stock.pen
        self.points, self.pieces, self.done, self.seen = self.columns.shape[1], -1, False, 0
        self.task_columns = self.columns if stock.view.given is None else stock.view.given
        self.names = {op.name for op in task.space.ops}
        self.pure = task.pure_constants
        self.roots, self.bases, self.variance = stock.roots, stock.bases, stock.variance
        floor = max(task.noise or 0.0, math.sqrt(self.variance * RESOLUTION)) ** 2
        self.prices = (0.5 * task.evidence, floor, math.log(task.alphabet), 2)
        self.ready: Prepared | None = None

    @property
    def prepared(self) -> Prepared:
        """What this round has at hand."""
        assert self.ready is not None
        return self.ready

    def begin(self, stage: Stage) -> Iterator[Batch]:
        """Let the bank grow to the round's size; every stream is charged its share of the work."""
        before = self.ready.held if self.ready is not None else 0
        while not self.stock.grow(stage.rows):
            yield self.tick(0.0, 0.0)
        self.ready = self.stock.prepare(stage)
        gained = max(self.ready.held - before, 0)
        yield self.tick(4.0 * gained / self.state.streams, 60.0 * gained * self.points / self.state.streams)
        self.done = self.grown.exhausted and self.ready.held == self.grown.held
        if self.state.stream == 0:
            for programs in self.stock.levels[self.seen :]:
                yield level_batch(self.task, self.space, programs, self.name, 0.0, free=True)
        self.seen = len(self.stock.levels)

    # ---- what all scans share

    def limits(self) -> Array:
        """Losses that a candidate of each size must beat to be worth a look."""
        return size_limits(self.task, self.state) * SLACK + self.variance * RESOLUTION

    def batch(self, parts: Sequence[Part], tried: float, work: float, keep: int = 12, iterations: int = 4) -> Batch:
        """Candidates scored, the best of them fitted."""
        if not parts:
            return Batch(tried=tried, work=work, source=self.name)
        found = screened_batch(self.task, combine(parts), self.name, tried, keep, iterations)
        return Batch(found.programs, found.losses, found.tried, found.work + work + 3e5 + 3e4 * len(parts), self.name)

    def mine(self) -> bool:
        """Whether the next piece of work is this stream's: pieces go round among the streams, which all make the same ones."""
        self.pieces += 1
        return self.pieces % self.state.streams == self.state.stream

    def tick(self, tried: float, work: float) -> Batch:
        """Work without candidates."""
        return Batch(tried=tried, work=work, source=self.name)

    def varying(self, most: int) -> Ints:
        """The first rows of the bank that vary and are not all in one point."""
        rows = np.arange(self.prepared.held)
        values = self.grown.values[rows]
        size = np.sqrt(np.einsum("ij,ij->i", values, values))
        spread = np.ptp(values, axis=1)
        good = (spread > 1e-9 * size) & (np.abs(values).max(axis=1) < 1e3 * size)
        return np.asarray(rows[good][:most])

    def monomials(self, block: TargetBlock, k: int, most: int, degree: int, times: Monomial = ()) -> list[Monomial]:
        """Monomials of the columns for one target; of its unit (times that of another monomial) where constants have none."""
        dims = self.grown.dims[: len(self.columns)]
        if not self.pure or not dims.shape[1] or block.state[k]:
            return library(len(self.columns), most, degree)
        unit = block.dims[k] + dims[list(times)].sum(axis=0)
        return library(len(self.columns), most, degree, dims, unit)

    def below(self, parents: TargetBlock, rows: int, names: str, most: int) -> TargetBlock:
        """Targets one step below the parents, with some operators and the first rows of the bank."""
        made = Targets(self.grown, self.variance, most)
        codes = [self.pen.code(name) for name in names.split() if name in self.names]
        steps = made.steps[np.isin(made.steps[:, 0], codes)]
        places = np.arange(min(rows, self.prepared.held))
        blocks = list(made.blocks(parents, places, unary=False, steps=steps))
        found = joined(*blocks) if blocks else parents.take(np.zeros(0, np.int64))
        return found.take(np.arange(min(most, len(found))))

    def quotients(self, most: int) -> Iterator[TargetBlock]:
        """The roots divided by, multiplied by and dividing each of the first rows, this stream's share of them."""
        made = Targets(self.grown, self.variance, most)
        steps = made.steps[np.isin(made.steps[:, 0], (K.MUL, K.DIV))]
        rows = min(most // max(len(steps) * len(self.roots), 1), self.prepared.held)
        for places in self._shares(rows, 64):
            yield from made.blocks(self.roots, places, unary=False, most=self._width(), steps=steps)

    def targets(self, most: int) -> Iterator[TargetBlock]:
        """The stream's share of about ``most`` targets, in the order of the rows in their outer parts."""
        made = Targets(self.grown, self.variance, most)
        per_row = max(len(self.bases) * len(made.steps) * 2.5, 1.0)
        rows = int(np.clip(most * 0.6 / per_row, 8, self.prepared.held))
        mine = self.bases.take(np.arange(self.state.stream, len(self.bases), self.state.streams))
        enough, total = max(most // self.state.streams, 1), len(mine)
        if len(mine):
            yield mine
        if total >= enough:
            return
        for places in self._shares(rows, 8):
            for block in made.blocks(self.bases, places, most=self._width()):
                yield block.take(np.arange(min(len(block), enough - total)))
                total += len(block)
                if total >= enough:
                    return
        second = self.below(self.bases, max(4, min(24, rows // 4)), "* / + -", 100_000)
        second = joined(second, made.unary(second))
        for places in self._shares(rows, 2):
            for block in made.blocks(second, places, most=self._width()):
                yield block.take(np.arange(min(len(block), enough - total)))
                total += len(block)
                if total >= enough:
                    return

    def _width(self) -> int:
        """Targets in a block: few enough that matching them takes a moment."""
        return max(32, min(512, 4_000_000 // max(self.prepared.held, 1)))

    def _shares(self, rows: int, width: int) -> Iterator[Ints]:
        """The stream's pieces of the first rows, which go round among the streams."""
        for start in range(self.state.stream * width, rows, self.state.streams * width):
            yield np.arange(start, min(start + width, rows))
