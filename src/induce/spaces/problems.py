"""Generated problems whose best point is known: tables to compare algorithms on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.spaces.searchable import Space
from induce.terms import hole

__all__ = ["Epistasis"]


@dataclass(frozen=True)
class Epistasis:
    """An NK landscape: the worth of each choice depends on the next ``neighbors`` choices as well.

    Called with a point's list of choices, it gives the mean worth. Like accuracies of cells of networks, good points lie near
    good points, but no choice is good by itself.

    Parameters
    ----------
    choices, options : int
        4^8 = 65,536 points by default.
    neighbors : int
    seed : int

    >>> table = Epistasis(seed=0)
    >>> table.space.size, len(table.values), 0 < table([0] * 8) < 1
    (65536, 65536, True)
    """

    choices: int = 8
    options: int = 4
    neighbors: int = 2
    seed: int = 0

    @cached_property
    def space(self) -> Space:
        """A list of choices."""
        return Space([hole.choice(list(range(self.options)), name=f"c{k}") for k in range(self.choices)])

    @cached_property
    def _worth(self) -> NDArray[np.float64]:
        shape = (self.choices, *([self.options] * (self.neighbors + 1)))
        return np.random.default_rng(self.seed).random(shape)

    @cached_property
    def values(self) -> NDArray[np.float64]:
        """The worth of every point."""
        grid = np.indices([self.options] * self.choices).reshape(self.choices, -1)
        parts = [self._worth[k][tuple(np.roll(grid, -k, axis=0)[: self.neighbors + 1])] for k in range(self.choices)]
        found: NDArray[np.float64] = np.mean(parts, axis=0)
        return found

    def __call__(self, point: Any) -> float:
        """The worth of one point."""
        place = np.ravel_multi_index(tuple(int(c) for c in point), [self.options] * self.choices)
        return float(self.values[place])
