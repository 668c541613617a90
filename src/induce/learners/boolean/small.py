"""All functions of four inputs at once: which one weighs errors against gates best, and the least errors for each gate count."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from induce.learners.boolean.blocks import spread
from induce.learners.boolean.exact import exact_table
from induce.learners.boolean.npn import npn

__all__ = ["cheapest", "trade_offs"]


@lru_cache(maxsize=8)
def _functions(inputs: int) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """All functions of so many inputs as rows of a table, and the gates of each."""
    numbers = np.arange(1 << (1 << inputs))
    tables = (numbers[:, None] >> np.arange(1 << inputs) & 1).astype(bool)
    wide = numbers if inputs == 4 else np.array([spread(int(f), inputs) for f in numbers])
    normal = np.where(wide & 1, wide ^ 0xFFFF, wide)
    return tables, exact_table().cost[npn().number[normal >> 1]]


def _errors(yes: NDArray[np.int64], no: NDArray[np.int64], inputs: int) -> NDArray[np.int64]:
    """Rows that each function gets wrong, given how often each cell answered true and false."""
    return np.asarray(yes.sum() - _functions(inputs)[0] @ (yes - no))


def cheapest(yes: NDArray[np.int64], no: NDArray[np.int64], error_cost: float, gate_cost: float) -> tuple[int, int]:
    """The function that costs least, errors and gates together, and its errors.

    Parameters
    ----------
    yes, no : array, shape (2**m,)
        How often each answer was given in each cell, ``m`` at most 4.
    error_cost, gate_cost : float

    >>> cheapest(np.array([0, 9, 9, 9]), np.array([9, 0, 0, 1]), 4.0, 6.0)  # or, with one flipped answer
    (14, 1)
    """
    inputs = len(yes).bit_length() - 1
    errors = _errors(yes, no, inputs)
    best = int(np.argmin(errors * error_cost + _functions(inputs)[1] * gate_cost))
    return best, int(errors[best])


def trade_offs(yes: NDArray[np.int64], no: NDArray[np.int64]) -> list[int]:
    """A function with the fewest errors for each number of gates that lets there be fewer."""
    inputs = len(yes).bit_length() - 1
    errors, cost = _errors(yes, no, inputs), _functions(inputs)[1]
    found: list[int] = []
    for gates in range(int(cost.max()) + 1):
        mine = np.flatnonzero(cost == gates)
        if len(mine):
            f = int(mine[np.argmin(errors[mine])])
            if not found or errors[f] < errors[found[-1]]:
                found.append(f)
    return found
