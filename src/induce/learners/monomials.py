"""Monomials: one power law through all columns, by linear least squares in logarithms, then in the original scale."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from induce.learners.enumerate import fitted_batch
from induce.learners.forms import combine
from induce.learners.learner import Batch, SearchState
from induce.task import Task

__all__ = ["Monomials"]


@dataclass(frozen=True)
class Monomials:
    """Power laws ``k * x1^p1 * x2^p2 ...`` over the columns that are positive.

    Solves ``log|y| = log k + sum_i p_i log x_i`` by least squares for the best few subsets of columns, then refits all
    constants on ``y`` itself. Needs ``^`` and ``*`` among the operators.

    Parameters
    ----------
    most : int
        Columns in one power law at most.
    """

    most: int = 4
    name: str = "monomials"
    parallel: bool = False

    def accepts(self, task: Task) -> str:
        """Powers and fitted constants must be allowed."""
        if task.space is None or not task.space.constants:
            return "power laws need a free choice with fitted constants"
        names = {op.name for op in task.space.ops}
        return "" if {"^", "*"} <= names else "power laws need the operators ^ and *"

    def run(self, task: Task, state: SearchState, rng: np.random.Generator) -> Iterator[Batch]:
        """Yield power laws, one batch per number of columns."""
        assert task.space is not None
        columns, target, _ = task.search
        usable = [i for i, column in enumerate(columns) if column.min() > 0 and np.ptp(column) > 0]
        rows = target != 0
        if not usable or rows.sum() < 3 or not (np.all(target[rows] > 0) or np.all(target[rows] < 0)):
            return
        logs = np.log(columns[usable][:, rows])
        aim = np.log(np.abs(target[rows]))
        sign = np.sign(target[rows][0])
        code = {name: task.codebook.code_of[task.language[name]] for name in ("^", "*")}
        for count in range(1, min(self.most, len(usable)) + 1):
            scored = []
            for subset in itertools.islice(itertools.combinations(range(len(usable)), count), 256):
                design = np.column_stack([np.ones(rows.sum()), *(logs[k] for k in subset)])
                solution, *_ = np.linalg.lstsq(design, aim, rcond=None)
                residual = aim - design @ solution
                scored.append((float(residual @ residual), subset, solution))
            parts = []
            for _, subset, solution in sorted(scored, key=lambda s: s[0])[:4]:
                codes, values = [-1], [float(sign * np.exp(solution[0]))]
                for k, power in zip(subset, solution[1:], strict=True):
                    codes += [256 + usable[k], -1 - len(values), code["^"], code["*"]]
                    values.append(float(power))
                parts.append((codes, values, [True] * len(values)))
                if count == 1:
                    parts.append(([*codes[1:2], -1, *codes[3:4]], values[1:], [True]))
            yield fitted_batch(task, task.space, combine(parts), self.name, float(len(scored)), iterations=30)
