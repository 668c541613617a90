"""Enumerate: every formula by size, each distinct function once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from induce.learners.fitting import fitted_batch
from induce.learners.forms import affine_forms, combine, free_literals
from induce.learners.growing import Growing
from induce.learners.learner import Batch, SearchState
from induce.task import Space, Task
from induce.terms.codes import Programs

__all__ = ["Enumerate", "level_batch"]


@dataclass(frozen=True)
class Enumerate:
    """Bottom-up enumeration by size with observational equivalence by value.

    Each distinct function is scored up to an affine map in closed form; the best of every size get fitted constants.
    Operators that never made anything new on this data are dropped.

    Parameters
    ----------
    capacity : int
        Distinct functions kept as building blocks.
    deepest : int
        Largest size enumerated.

    References
    ----------
    A. Albarghouthi, S. Gulwani and Z. Kincaid (2013), Recursive Program Synthesis. O. Udupa et al. (2013), TRANSIT:
    Specifying Protocols with Concolic Snippets (observational equivalence).
    """

    capacity: int = 12000
    deepest: int = 12
    name: str = "enumerate"
    parallel: bool = False

    def accepts(self, task: Task) -> str:
        """Enumeration needs a free choice from a grammar."""
        return "" if task.space is not None else "enumeration needs a sketch that is one choice from a grammar"

    def run(self, task: Task, state: SearchState, rng: np.random.Generator) -> Iterator[Batch]:
        """Yield the best of every size, smallest first."""
        space = task.space
        assert space is not None
        grown = Growing(task, space, self.capacity, rng)
        points = grown.values.shape[1]
        if space.constants:
            yield fitted_batch(task, space, combine([([-1], [float(np.mean(task.search[1]))], [True])]), self.name, 1.0)
        yield level_batch(task, space, grown.leaves(), self.name, 1.0)
        for size in range(2, min(self.deepest, space.max_size) + 1):
            first_row = grown.held
            for tried in grown.level(size):
                yield Batch(tried=tried, work=tried * max(points, 64) * 1.5, source=self.name)
            rows = grown.best()
            if len(rows):
                yield level_batch(task, space, grown.programs(rows), self.name, 0.0, free=True)
            whole = first_row < grown.capacity
            yield Batch(source=self.name, note=f"all formulas of size {size} seen" if whole else "")
            if not whole or grown.exhausted:
                return


def level_batch(task: Task, space: Space, programs: Programs, source: str, tried: float, free: bool = False) -> Batch:
    """Programs with fitted maps around them; ``free`` adds variants whose literals are fitted too."""
    parts = [affine_forms(programs, task.codebook, space)]
    if free and space.constants and len(programs.values):
        some = programs.take(np.flatnonzero(np.diff(programs.value_offsets))[:12])
        if len(some):
            parts.append(affine_forms(free_literals(some), task.codebook, space))
    return fitted_batch(task, space, Programs.concatenate(parts), source, tried)
