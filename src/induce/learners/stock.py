"""What all streams of a bidirectional search share: the bank, and what each round makes ready from it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from induce.algebras import kernels as K
from induce.learners.composing import Pen
from induce.learners.factors import Factors
from induce.learners.forms import Part
from induce.learners.growing import Growing
from induce.learners.joining import Join
from induce.learners.matching import Shelf
from induce.learners.sums import Dictionary
from induce.learners.targets import TargetBlock, Targets, joined, single_target
from induce.learners.views import View
from induce.task import Task
from induce.terms.codes import Programs

__all__ = ["Prepared", "Stage", "Stock"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


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
        Targets matched against the bank by matrix products.
    inner, probed : int
        Arguments of functions with a constant inside, and targets tried with these.
    joined : int
        Targets looked up in the bank by value.
    beside : int
        Rows that a polynomial of the columns is put beside.
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
    joined: int
    beside: int = 0


@dataclass(frozen=True, eq=False)
class Prepared:
    """The bank at the beginning of a round: how many rows there were, and what was made of them."""

    held: int
    shelf: Shelf
    factors: Factors
    dictionary: Dictionary
    join: Join


class Stock:
    """A bank that grows to the size a round asks for, the same for every stream and whichever of them comes first.

    Parameters
    ----------
    task : Task
    view : View
        What stands for columns.
    rows : (target, weights)
    capacity : int
    """

    def __init__(self, task: Task, view: View, rows: tuple[Array, Array], capacity: int) -> None:
        assert task.space is not None
        self.space, self.view = task.space, view
        rng = np.random.default_rng([task.seed, 5])
        self.grown = Growing(task, task.space, capacity, rng, (view.columns, *rows), view.macros, view.units)
        self.pen = Pen(self.grown)
        self.pure = task.pure_constants
        target, weights = rows
        unit = task.dimensions[1] if view.units is None or view.units.shape[1] else np.zeros(0, np.int64)
        y = single_target(target, weights / weights.sum(), self.grown.dims.shape[1], unit)
        self.variance = float(y.spread[0])
        self.roots = joined(*(self._divided(y, *divisor) for divisor in view.divisors)) if view.divisors else y
        self.bases = joined(self.roots, Targets(self.grown, self.variance, 1000).unary(self.roots))
        self.lock = threading.RLock()
        self.levels: list[Programs] = []
        self.marks: dict[int, int] = {}
        self.ready: dict[Stage, Prepared] = {}
        self._growth = self._grow()

    def _divided(self, y: TargetBlock, part: Part, values: Array) -> TargetBlock:
        """``y / m`` for a monomial ``m``."""
        self.pen.extras.append(part)
        step = (K.MUL, 0, -1 - len(self.pen.extras))
        made = single_target(y.t[0] / values, y.w[0] * values * values, y.dims.shape[1], np.zeros(0, np.int64))
        made.parents, made.cost = [(step,)], np.array([1 + len(part[0])])
        made.links[0, 0] = 0
        return made

    def _grow(self) -> Iterator[int]:
        grown = self.grown
        while grown.finished < self.space.max_size and not grown.exhausted:
            yield from grown.level(grown.finished + 1)
            best = grown.best()
            if len(best):
                self.levels.append(grown.programs(best))

    def grow(self, rows: int) -> bool:
        """A moment of growing towards ``rows`` rows; whether they are there."""
        with self.lock:
            if rows in self.marks:
                return True
            self.grown.quota = 64 * rows
            if self.grown.held < rows and next(self._growth, None) is not None:
                return False
            self.marks[rows] = self.grown.held
            return True

    def prepare(self, stage: Stage) -> Prepared:
        """The bank as the round takes it."""
        with self.lock:
            found = self.ready.get(stage)
            if found is None:
                held = self.marks[stage.rows]
                values = self.grown.values[:held]
                shelf = Shelf(self.grown, self.pure, not self.space.scales, min(held, MATCHED))
                factors = Factors(self.grown, self.view.columns, self.view.independent, self.pen, held, stage.factors)
                dictionary = Dictionary(values, max(stage.summed, stage.dictionary))
                found = self.ready[stage] = Prepared(held, shelf, factors, dictionary, Join(self.grown, factors, held))
            return found


MATCHED = 20_000
"""Rows that take part in matrix products at most."""
