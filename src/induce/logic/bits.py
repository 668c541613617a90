"""Truth of circuits in many worlds at once, 64 worlds a word."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from induce.logic.circuit import Circuit

__all__ = ["forward_bits"]


def forward_bits(circuit: Circuit, bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Truth of all nodes, 64 worlds a word.

    Parameters
    ----------
    bits : uint64 array, shape (leaves, words)

    Returns
    -------
    uint64 array, shape (nodes, words)
    """
    buffer = np.zeros((circuit.nodes, bits.shape[1]), np.uint64)
    arrays = (circuit.kind, circuit.start, circuit.child, circuit.leaf, bits, buffer)
    at = 0
    for low, high in circuit.components.tolist():
        _bits(*arrays, at, low)
        # a component starts from false, after everything below it is settled
        for _ in range(high - low + 1):
            before = buffer[low:high].copy()
            _bits(*arrays, low, high)
            if (before == buffer[low:high]).all():
                break
        at = high
    _bits(*arrays, at, circuit.nodes)
    return buffer


@numba.njit(cache=True, nogil=True)
def _bits(kind: Any, start: Any, child: Any, leaf: Any, bits: Any, buffer: Any, first: int, last: int) -> None:
    words = bits.shape[1]
    for node in range(first, last):
        what = kind[node]
        out = buffer[node]
        if what == 0:
            out[:] = bits[leaf[node]]
        elif what == 1:
            for w in range(words):
                out[w] = ~bits[leaf[node], w]
        elif what == 4:
            for w in range(words):
                out[w] = ~buffer[child[start[node]], w]
        elif what == 5:
            for w in range(words):
                out[w] = ~np.uint64(0)
        elif what == 6:
            out[:] = np.uint64(0)
        else:
            for w in range(words):
                value = ~np.uint64(0) if what == 3 else np.uint64(0)
                for e in range(start[node], start[node + 1]):
                    if what == 3:
                        value &= buffer[child[e], w]
                    else:
                        value |= buffer[child[e], w]
                out[w] = value
