"""An island: individuals of one population, their scores, and how a generation follows another."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.learners.breeding import breed, random_population, tree_sizes
from induce.learners.chance import seed_state
from induce.learners.fitting import fitted_batch
from induce.learners.forms import affine_forms, node_costs
from induce.learners.growing import building_ops, forbid_masks
from induce.learners.learner import Batch
from induce.learners.scoring import Data, Trees, as_trees, front_places, tune, unexplained, written
from induce.task import Space, Task
from induce.terms.codes import Programs

__all__ = ["Island"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


class Island:
    """A ring of individuals; the oldest make room for children. ``data`` are the rows they are scored on."""

    def __init__(self, task: Task, space: Space, size: int, rng: np.random.Generator, data: Data | None = None) -> None:
        book = task.codebook
        self.book, self.space = book, space
        self.data = task.search if data is None else data
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
        self.loss[:] = unexplained(task, space, self.arrays, self.data)
        self.measure()

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

    def take(self, children: tuple[Any, ...], loss: Array, sizes: Ints) -> None:
        """Children replace the oldest."""
        places = (self.next + np.arange(len(loss))) % len(self.loss)
        self.codes[places], self.values[places], self.lengths[places] = children
        self.loss[places], self.sizes[places] = loss, sizes
        self.next = int((self.next + len(loss)) % len(self.loss))

    def plant(self, task: Task, programs: Programs) -> None:
        """Put given programs in the place of the worst individuals."""
        trees = as_trees(programs, self.codes.shape[1])
        worst = np.argsort(-self.loss, kind="stable")[: len(trees[2])]
        trees = tuple(part[: len(worst)] for part in trees)
        self.codes[worst], self.values[worst], self.lengths[worst] = trees
        self.loss[worst] = unexplained(task, self.space, trees, self.data)
        self.measure()

    def offspring(self, task: Task, children: int, steps: int) -> tuple[Trees, Array, Ints, float]:
        """Children of tournament winners replace the oldest: (trees, what each leaves unexplained, sizes, work)."""
        space, width = self.space, self.codes.shape[1]
        born = np.zeros((children, width), np.int16), np.zeros((children, width)), np.zeros(children, np.int64)
        setting = (len(self.book.variables), int(space.constants), space.max_size, 6, int(bool(space.forbid)))
        breed(self.state, self.arrays, self.scores(), born, setting, self.ops, self.literals, self.costs, self.forbid)
        loss = unexplained(task, space, born, self.data)
        sizes = tree_sizes(born[0], born[2], self.costs)
        points = max(len(self.data[1]), 64)
        work = float(born[2].sum()) * points
        if space.constants:
            work += tune(task, space, born, loss, self.data, children, steps) * points
        self.take(born, loss, sizes)
        return born, loss, sizes, work

    def generation(self, task: Task, children: int, steps: int, name: str) -> Batch:
        """One generation, and the best of it as a batch."""
        born, loss, sizes, work = self.offspring(task, children, steps)
        best = front_places(loss, sizes)
        if not len(best):
            return Batch(tried=children, work=work, source=name)
        wrapped = affine_forms(written(born, best, self.space), self.book, self.space)
        batch = fitted_batch(task, self.space, wrapped, name, float(children), iterations=10)
        return Batch(batch.programs, batch.losses, batch.tried, batch.work + work, name)
