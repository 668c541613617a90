"""The adjoint of the sweep: one pass back over the nodes, for every kernel."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

__all__ = ["BLOCK", "backward_blocks", "backward_parallel", "backward_range"]

BLOCK = 128
"""Columns that are worked on together."""


@numba.njit(cache=True, nogil=True)
def backward_blocks(
    code: int, kind: Any, start: Any, child: Any, leaf: Any, buffer: Any, adjoint: Any, out: Any
) -> None:
    """The pass back over all nodes, block after block of columns."""
    for low in range(0, buffer.shape[1], BLOCK):
        high = min(low + BLOCK, buffer.shape[1])
        backward_range(code, kind, start, child, leaf, buffer, adjoint, out, low, high, 0, len(kind))


@numba.njit(cache=True, nogil=True, parallel=True)
def backward_parallel(
    code: int, kind: Any, start: Any, child: Any, leaf: Any, buffer: Any, adjoint: Any, out: Any
) -> None:
    """The pass back over all nodes, blocks of columns side by side."""
    blocks = (buffer.shape[1] + BLOCK - 1) // BLOCK
    for block in numba.prange(blocks):
        low = block * BLOCK
        high = min(low + BLOCK, buffer.shape[1])
        backward_range(code, kind, start, child, leaf, buffer, adjoint, out, low, high, 0, len(kind))


@numba.njit(cache=True, nogil=True, fastmath={"contract", "nsz", "arcp"})
def backward_range(
    code: int, kind: Any, start: Any, child: Any, leaf: Any, buffer: Any, adjoint: Any, out: Any, low: int, high: int,
    first: int, last: int,
) -> None:  # fmt: skip
    """Nodes ``last - 1..first`` on columns ``low..high``."""
    for node in range(last - 1, first - 1, -1):
        what = kind[node]
        grad = adjoint[node]
        if what == 0:
            into = out[leaf[node]]
            for b in range(low, high):
                into[b] += grad[b]
        elif what == 1 or what == 4:
            into = out[leaf[node]] if what == 1 else adjoint[child[start[node]]]
            value = buffer[node]
            for b in range(low, high):
                if code == 1:
                    # d log(1 - e^x) / dx = -(e^x) / (1 - e^x), written with the value y = log(1 - e^x)
                    into[b] -= grad[b] * (np.exp(-value[b]) - 1.0) if value[b] > -700.0 else 0.0
                else:
                    into[b] -= grad[b]
        elif what == 3:
            _product_back(code, start[node], start[node + 1], child, buffer, buffer[node], adjoint, grad, low, high)
        elif what == 2:
            _sum_back(code, start[node], start[node + 1], child, buffer, buffer[node], adjoint, grad, low, high)
        elif what == 7:
            _sum_back(5, start[node], start[node + 1], child, buffer, buffer[node], adjoint, grad, low, high)


@numba.njit(cache=True, nogil=True, fastmath={"contract", "nsz", "arcp"})
def _others(
    first: int, last: int, child: Any, buffer: Any, adjoint: Any, grad: Any, low: int, high: int, flip: bool
) -> None:
    """``adjoint[child] += grad * product of the other factors`` (of ``1 - factor`` when ``flip``)."""
    size = last - first
    if size == 2:
        a, c = child[first], child[first + 1]
        for b in range(low, high):
            x, y = buffer[a, b], buffer[c, b]
            if flip:
                x, y = 1.0 - x, 1.0 - y
            adjoint[a, b] += grad[b] * y
            adjoint[c, b] += grad[b] * x
        return
    prefix = np.empty((size, high - low), buffer.dtype)
    for b in range(low, high):
        running = grad[b]
        for k in range(size):
            prefix[k, b - low] = running
            x = buffer[child[first + k], b]
            running *= 1.0 - x if flip else x
        running = 1.0
        for k in range(size - 1, -1, -1):
            adjoint[child[first + k], b] += prefix[k, b - low] * running
            x = buffer[child[first + k], b]
            running *= 1.0 - x if flip else x


@numba.njit(cache=True, nogil=True, fastmath={"contract", "nsz", "arcp"})
def _product_back(
    code: int, first: int, last: int, child: Any, buffer: Any, value: Any, adjoint: Any, grad: Any, low: int, high: int
) -> None:
    if code in (0, 2, 5, 8):
        _others(first, last, child, buffer, adjoint, grad, low, high, False)
    elif code == 3:
        _ties(first, last, child, buffer, value, adjoint, grad, low, high)
    else:
        for e in range(first, last):
            into = adjoint[child[e]]
            other = buffer[child[e]]
            for b in range(low, high):
                if code == 6:
                    into[b] += grad[b] if value[b] > 0.0 else 0.0
                elif code == 7:
                    into[b] += grad[b] * np.exp(value[b] - other[b])
                else:
                    into[b] += grad[b]


@numba.njit(cache=True, nogil=True, fastmath={"contract", "nsz", "arcp"})
def _sum_back(
    code: int, first: int, last: int, child: Any, buffer: Any, value: Any, adjoint: Any, grad: Any, low: int, high: int
) -> None:
    if code == 5:
        if last - first > 1:
            _others(first, last, child, buffer, adjoint, grad, low, high, True)
        else:
            into = adjoint[child[first]]
            for b in range(low, high):
                into[b] += grad[b]
    elif code in (2, 3, 4):
        _ties(first, last, child, buffer, value, adjoint, grad, low, high)
    else:
        for e in range(first, last):
            into = adjoint[child[e]]
            other = buffer[child[e]]
            for b in range(low, high):
                if code == 1 or code == 7:
                    into[b] += grad[b] * np.exp(other[b] - value[b]) if value[b] > -1e29 else 0.0
                elif code == 6:
                    into[b] += grad[b] if value[b] < 1.0 else 0.0
                else:
                    into[b] += grad[b]


@numba.njit(cache=True, nogil=True)
def _ties(
    first: int, last: int, child: Any, buffer: Any, value: Any, adjoint: Any, grad: Any, low: int, high: int
) -> None:
    """The sub-gradient of a minimum or maximum: split evenly over the children that attain it."""
    for b in range(low, high):
        if grad[b] == 0.0:
            continue
        count = 0
        for e in range(first, last):
            count += buffer[child[e], b] == value[b]
        for e in range(first, last):
            if buffer[child[e], b] == value[b]:
                adjoint[child[e], b] += grad[b] / max(count, 1)
