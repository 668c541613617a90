"""Evolve: islands of formulas under mutation and crossover, with fitted constants and a shared Pareto archive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from induce.learners.island import Island
from induce.learners.learner import Batch, SearchState
from induce.task import Task
from induce.terms.codes import Programs

__all__ = ["Evolve"]


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
            island = state.carry["island"] = Island(task, space, self.population, rng)
            if task.planted:
                island.plant(task, task.codebook.encode(task.planted))
        while True:
            self._visit(task, island, state, rng)
            for _ in range(self.generations):
                yield island.generation(task, self.children, self.steps, self.name)

    def _visit(self, task: Task, island: Island, state: SearchState, rng: np.random.Generator) -> None:
        """Bring a random share of the shared front, and of the planted sub-terms, onto the island."""
        picked = [entry.programs for entry in state.archive.front() if rng.random() < 0.3]
        picked += [task.codebook.encode([term]) for term in task.planted if rng.random() < 0.3]
        if picked:
            island.plant(task, Programs.concatenate(picked))
