"""The Walsh-Hadamard spectrum: which parities a function follows, which inputs are linear, which do not matter.

The coefficient of a set ``S`` of inputs is the sum over rows of ``(-1)^(f(x) + sum of x_i, i in S)``: rows where the parity of
``S`` gives the answer, less those where it does not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["affine", "best_parities", "irrelevant_inputs", "linear_inputs", "spectrum"]

LARGEST = 20


def spectrum(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The transform of ``2**k`` values, index ``S`` as a bit set.

    >>> spectrum(np.array([1.0, -1.0, -1.0, 1.0]))  # xor of two inputs
    array([0., 0., 0., 4.])
    """
    values = np.array(values, dtype=np.float64)
    half = 1
    while half < len(values):
        pairs = values.reshape(-1, 2, half)
        values = np.stack([pairs[:, 0] + pairs[:, 1], pairs[:, 0] - pairs[:, 1]], axis=1).reshape(-1)
        half *= 2
    return values


def _signed(table: NDArray[np.bool_]) -> NDArray[np.float64]:
    return 1.0 - 2.0 * np.asarray(table, dtype=np.float64)


def irrelevant_inputs(table: NDArray[np.bool_]) -> list[int]:
    """Inputs of a complete table that change nothing: every coefficient with one of them is zero."""
    found = spectrum(_signed(table))
    sets = np.arange(len(table))
    return [i for i in range(len(table).bit_length() - 1) if not found[sets >> i & 1 == 1].any()]


def linear_inputs(table: NDArray[np.bool_]) -> list[int]:
    """Inputs ``x`` of a complete table for which ``f = x xor g`` with ``g`` free of ``x``: no coefficient is without them.

    >>> linear_inputs(np.array([False, True, True, False, False, True, False, True]))
    [0]
    """
    found = spectrum(_signed(table))
    sets = np.arange(len(table))
    return [i for i in range(len(table).bit_length() - 1) if not found[sets >> i & 1 == 0].any()]


def best_parities(
    bits: NDArray[np.uint8], gain: NDArray[np.float64], count: int = 3
) -> list[tuple[tuple[int, ...], bool, float]]:
    """The parities that answer best: sets of inputs, whether negated, and rows gained less rows lost.

    Parameters
    ----------
    bits : array, shape (inputs, rows)
        At most 20 inputs.
    gain : array, shape (rows,)
        Rows answered true less rows answered false at each distinct row.
    """
    k = len(bits)
    if k > LARGEST:
        return []
    keys = (bits.astype(np.int64) << np.arange(k)[:, None]).sum(axis=0) if k else np.zeros(len(gain), dtype=np.int64)
    found = spectrum(np.bincount(keys, weights=-gain, minlength=1 << k).astype(np.float64))
    order = np.argsort(-np.abs(found), kind="stable")[:count]
    return [
        (tuple(i for i in range(k) if s >> i & 1), bool(found[s] < 0), float(abs(found[s]))) for s in order.tolist()
    ]


def affine(bits: NDArray[np.uint8], answers: NDArray[np.uint8]) -> tuple[tuple[int, ...], bool] | None:
    """Inputs whose parity, perhaps negated, gives every answer; None if there are none. Gaussian elimination modulo 2.

    Parameters
    ----------
    bits : array, shape (inputs, rows)
    answers : array, shape (rows,)

    >>> affine(np.array([[0, 1, 0, 1], [0, 0, 1, 1]]), np.array([1, 0, 0, 1]))
    ((0, 1), True)
    """
    k = len(bits)
    matrix = np.vstack([bits, np.ones((1, bits.shape[1])), answers[None]]).astype(np.uint8)  # one column a row
    matrix = np.unique(matrix, axis=1)
    pivots: list[tuple[int, int]] = []
    used = 0
    for i in range(k + 1):
        if used >= matrix.shape[1]:
            break
        places = np.flatnonzero(matrix[i, used:]) + used
        if not len(places):
            continue
        matrix[:, [used, places[0]]] = matrix[:, [places[0], used]]
        others = np.flatnonzero(matrix[i])
        others = others[others != used]
        matrix[:, others] ^= matrix[:, [used]]
        pivots.append((i, used))
        used += 1
    if matrix[k + 1, used:].any():
        return None
    chosen = [i for i, column in pivots if matrix[k + 1, column]]
    return tuple(i for i in chosen if i < k), k in chosen
