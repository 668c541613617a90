"""Evaluation of circuits: one pass over the nodes in order, one back for the gradient, compiled, batch contiguous.

The buffer has shape (nodes, batch). Work goes in blocks of columns that fit the cache. Products are differentiated by
products of the other factors (prefix and suffix), never by division.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from induce.errors import AlgebraError
from induce.logic.circuit import NOISY_OR, Circuit
from induce.logic.fixpoint import backward_cyclic, iterate
from induce.logic.slopes import BLOCK, backward_blocks, backward_parallel, backward_range

__all__ = ["KINDS", "LOG_ZERO", "backward", "forward"]

KINDS = {
    "real": 0, "counting": 0, "log": 1, "viterbi": 2, "minmax": 3, "tropical": 4, "product": 5, "lukasiewicz": 6,
    "logit": 7, "gf2": 8,
}  # fmt: skip
"""Kernel names; "product" is the fuzzy one (every sum is an independent or)."""
IDEMPOTENT = frozenset({"viterbi", "minmax", "tropical"})
LOG_ZERO = -1e30
LARGE = 1_000_000


def _check(circuit: Circuit, weights: Any, kind: str) -> NDArray[Any]:
    if kind not in KINDS:
        raise AlgebraError(f"there is no kernel '{kind}'. There are: {', '.join(KINDS)}.")
    weights = np.asarray(weights)
    if weights.dtype not in (np.float32, np.float64):
        weights = weights.astype(np.float64)
    if weights.ndim != 2 or weights.shape[0] != circuit.leaves:
        raise AlgebraError(
            f"weights of shape {weights.shape} do not fit a circuit with {circuit.leaves} leaves. Give (leaves, batch)."
        )
    return np.ascontiguousarray(weights)


def forward(circuit: Circuit, weights: Any, kind: str = "real", *, max_depth: int | None = None) -> NDArray[Any]:
    """Values of all nodes.

    Parameters
    ----------
    circuit : Circuit
    weights : float array, shape (leaves, batch)
        Logarithms of probabilities for the kind "log", costs for "tropical".
    kind : str
        One of ``KINDS``.
    max_depth : int, optional
        Rounds of a cyclic component under an algebra without a fixpoint.

    Returns
    -------
    array, shape (nodes, batch)

    Raises
    ------
    AlgebraError
        For a cyclic circuit under an algebra in which going round a cycle adds something.
    """
    weights = _check(circuit, weights, kind)
    buffer = np.empty((circuit.nodes, weights.shape[1]), weights.dtype)
    code = KINDS[kind]
    if kind == "log" and (circuit.kind == NOISY_OR).any():
        raise AlgebraError("an independent or has no log kernel; rewrite it with plain_or().")
    if circuit.cyclic:
        iterate(circuit, weights, buffer, kind, kind in IDEMPOTENT, max_depth, _forward_range)
        return buffer
    run = _forward_blocks if buffer.size <= LARGE else _forward_parallel
    run(code, circuit.kind, circuit.start, circuit.child, circuit.leaf, weights, buffer)
    return buffer


def backward(circuit: Circuit, buffer: NDArray[Any], gradient: Any, kind: str = "real") -> NDArray[Any]:
    """Gradient with respect to the leaves' weights, from that with respect to the roots.

    Parameters
    ----------
    buffer : array, shape (nodes, batch)
        What :func:`forward` returned.
    gradient : array, shape (roots, batch)

    Returns
    -------
    array, shape (leaves, batch)
    """
    adjoint = np.zeros_like(buffer)
    np.add.at(adjoint, circuit.roots, gradient) if len(set(circuit.roots.tolist())) < len(
        circuit.roots
    ) else adjoint.__setitem__(circuit.roots, gradient)
    out = np.zeros((circuit.leaves, buffer.shape[1]), buffer.dtype)
    if circuit.cyclic:
        backward_cyclic(circuit, buffer, adjoint, out, KINDS[kind], backward_range)
        return out
    run = backward_blocks if buffer.size <= LARGE else backward_parallel
    run(KINDS[kind], circuit.kind, circuit.start, circuit.child, circuit.leaf, buffer, adjoint, out)
    return out


@numba.njit(cache=True, nogil=True)
def _forward_blocks(code: int, kind: Any, start: Any, child: Any, leaf: Any, weights: Any, buffer: Any) -> None:
    for low in range(0, weights.shape[1], BLOCK):
        high = min(low + BLOCK, weights.shape[1])
        _forward_range(code, kind, start, child, leaf, weights, buffer, low, high, 0, len(kind))


@numba.njit(cache=True, nogil=True, parallel=True)
def _forward_parallel(code: int, kind: Any, start: Any, child: Any, leaf: Any, weights: Any, buffer: Any) -> None:
    blocks = (weights.shape[1] + BLOCK - 1) // BLOCK
    for block in numba.prange(blocks):
        low = block * BLOCK
        high = min(low + BLOCK, weights.shape[1])
        _forward_range(code, kind, start, child, leaf, weights, buffer, low, high, 0, len(kind))


@numba.njit(cache=True, nogil=True, fastmath={"contract", "nsz", "arcp"})
def _forward_range(
    code: int, kind: Any, start: Any, child: Any, leaf: Any, weights: Any, buffer: Any, low: int, high: int,
    first: int, last: int,
) -> None:  # fmt: skip
    """Nodes ``first..last`` on columns ``low..high``."""
    for node in range(first, last):
        what = kind[node]
        out = buffer[node]
        if what == 0:
            given = weights[leaf[node]]
            for b in range(low, high):
                out[b] = given[b]
        elif what == 1:
            _complement(code, weights[leaf[node]], out, low, high)
        elif what == 4:
            _complement(code, buffer[child[start[node]]], out, low, high)
        elif what == 5 or what == 6:
            value = constant_of_kind(code, what == 5)
            for b in range(low, high):
                out[b] = value
        elif what == 3:
            _product(code, start[node], start[node + 1], child, buffer, out, low, high)
        elif what == 7:
            _sum(5, start[node], start[node + 1], child, buffer, out, low, high)
        else:
            _sum(code, start[node], start[node + 1], child, buffer, out, low, high)


@numba.njit(cache=True, nogil=True)
def constant_of_kind(code: int, true: bool) -> float:
    """What true or false is to a kernel, by its number in :data:`KINDS`."""
    if code == 1:
        return 0.0 if true else -1e30
    if code == 4:
        return 0.0 if true else np.inf
    if code == 7:
        return 40.0 if true else -40.0
    return 1.0 if true else 0.0


@numba.njit(cache=True, nogil=True)
def _complement(code: int, given: Any, out: Any, low: int, high: int) -> None:
    if code == 1:
        for b in range(low, high):
            x = min(given[b], -1e-16)
            out[b] = max(np.log(-np.expm1(x)) if x > -0.6931471805599453 else np.log1p(-np.exp(x)), -1e30)
    elif code == 7:
        for b in range(low, high):
            out[b] = -given[b]
    else:
        for b in range(low, high):
            out[b] = 1.0 - given[b]


@numba.njit(cache=True, nogil=True, fastmath={"contract", "nsz", "arcp"})
def _product(code: int, first: int, last: int, child: Any, buffer: Any, out: Any, low: int, high: int) -> None:
    one = buffer[child[first]]
    for b in range(low, high):
        out[b] = one[b]
    for e in range(first + 1, last):
        other = buffer[child[e]]
        if code == 1 or code == 4:
            for b in range(low, high):
                out[b] += other[b]
        elif code == 3:
            for b in range(low, high):
                out[b] = min(out[b], other[b])
        elif code == 6:
            for b in range(low, high):
                out[b] += other[b] - 1.0
        elif code == 7:
            for b in range(low, high):
                out[b] = -_log_add(-out[b], -other[b])
        else:
            for b in range(low, high):
                out[b] *= other[b]
    if code == 6:
        for b in range(low, high):
            out[b] = max(out[b], 0.0)
    elif code == 1:
        for b in range(low, high):
            out[b] = max(out[b], -1e30)


@numba.njit(cache=True, nogil=True)
def _log_add(a: float, b: float) -> float:
    high = max(a, b)
    return high + np.log1p(np.exp(min(a, b) - high))


@numba.njit(cache=True, nogil=True, fastmath={"contract", "nsz", "arcp"})
def _sum(code: int, first: int, last: int, child: Any, buffer: Any, out: Any, low: int, high: int) -> None:
    one = buffer[child[first]]
    for b in range(low, high):
        out[b] = one[b]
    if code == 1 and last - first > 1:
        for e in range(first + 1, last):
            other = buffer[child[e]]
            for b in range(low, high):
                out[b] = max(out[b], other[b])
        for b in range(low, high):
            top = out[b]
            if top > -1e29:
                total = 0.0
                for e in range(first, last):
                    total += np.exp(buffer[child[e], b] - top)
                out[b] = top + np.log(total)
        return
    for e in range(first + 1, last):
        other = buffer[child[e]]
        if code == 0:
            for b in range(low, high):
                out[b] += other[b]
        elif code == 2 or code == 3:
            for b in range(low, high):
                out[b] = max(out[b], other[b])
        elif code == 4:
            for b in range(low, high):
                out[b] = min(out[b], other[b])
        elif code == 5:
            for b in range(low, high):
                out[b] += other[b] - out[b] * other[b]
        elif code == 6:
            for b in range(low, high):
                out[b] = min(out[b] + other[b], 1.0)
        elif code == 7:
            for b in range(low, high):
                out[b] = _log_add(out[b], other[b])
        elif code == 8:
            for b in range(low, high):
                out[b] = abs(out[b] - other[b])
