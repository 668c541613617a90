"""The real sweep at full speed: sums of two-factor products are one node, and large batches recompute, block by block.

A sum whose summands are products of two factors is read as a list of pairs, so the products are never stored. A block of
columns stays in the cache; beyond one block the backward pass computes the forward pass of its block again, which costs
less than writing the whole buffer to memory and reading it back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from induce.logic.circuit import Circuit

__all__ = ["Fused", "fuse"]

BLOCK = 64
LARGE = 1_000_000


@dataclass(eq=False)
class Fused:
    """A circuit with its two-factor products folded into their sums; node 0 is the constant one.

    Parameters
    ----------
    kind : int8 array
        0 leaf, 1 complement of a leaf, 2 sum of pairs, 3 product, 4 complement, 5 one, 6 zero, 7 independent or.
    start : int32 array
        Where the pairs (or factors) of each node begin.
    left, right : int32 arrays
        The two factors of a pair; ``right`` is 0, the constant one, for a single factor.
    leaf, roots : int32 arrays
    leaves : int
    """

    kind: NDArray[np.int8]
    start: NDArray[np.int32]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    leaf: NDArray[np.int32]
    roots: NDArray[np.int32]
    leaves: int

    @property
    def arrays(self) -> tuple[Any, ...]:
        """What the kernels take."""
        return self.kind, self.start, self.left, self.right, self.leaf

    def forward(self, weights: NDArray[Any]) -> tuple[NDArray[Any], Any]:
        """Root values, and what the backward pass needs: the buffer of a single block, or nothing."""
        batch = weights.shape[1]
        out = np.empty((len(self.roots), batch), weights.dtype)
        if batch <= BLOCK:
            buffer = np.empty((len(self.kind), batch), weights.dtype)
            _forward(*self.arrays, weights, buffer, 0, batch)
            return buffer[self.roots], buffer
        run = _forward_blocks if len(self.kind) * batch <= LARGE or numba.get_num_threads() == 1 else _forward_threads
        run(*self.arrays, self.roots, weights, out)
        return out, None

    def backward(self, weights: NDArray[Any], buffer: Any, gradient: NDArray[Any]) -> NDArray[Any]:
        """Gradient with respect to the weights, shape (leaves, batch)."""
        batch = weights.shape[1]
        out = np.zeros((self.leaves, batch), weights.dtype)
        gradient = np.ascontiguousarray(gradient, weights.dtype)
        if buffer is not None:
            adjoint = np.zeros_like(buffer)
            _scatter(adjoint, self.roots, gradient, 0, batch)
            _backward(*self.arrays, buffer, adjoint, out, 0, batch)
            return out
        run = _backward_blocks if len(self.kind) * batch <= LARGE or numba.get_num_threads() == 1 else _backward_threads
        run(*self.arrays, self.roots, weights, gradient, out)
        return out


def fuse(circuit: Circuit) -> Fused:
    """The fused form of an acyclic circuit.

    >>> from induce.logic.circuit import LEAF, PRODUCT, SUM
    >>> i32 = lambda *x: np.array(x, np.int32)
    >>> plain = Circuit(np.array([0, 0, 3, 2], np.int8), np.array([0, 0, 0, 2, 4]), i32(0, 1, 2, 0), i32(0, 1, -1, -1),
    ...                 i32(3), 2, i32(-1, -1, -1, -1), np.zeros((0, 2), np.int64))
    >>> fuse(plain).forward(np.array([[0.5], [0.4]]))[0].tolist()
    [[0.7]]
    """
    used = np.bincount(circuit.child, minlength=circuit.nodes)
    used[circuit.roots] += 2
    size = np.diff(circuit.start)
    kind, start, left, right, leaf, place = _fold(
        circuit.kind, circuit.start, circuit.child, circuit.leaf, used.astype(np.int64), size.astype(np.int64)
    )
    return Fused(kind, start, left, right, leaf, place[circuit.roots].astype(np.int32), circuit.leaves)


@numba.njit(cache=True, nogil=True)
def _fold(kind: Any, start: Any, child: Any, leaf: Any, used: Any, size: Any) -> Any:
    nodes = len(kind)
    inside = np.zeros(nodes, np.bool_)
    for node in range(nodes):
        if kind[node] == 2:
            for e in range(start[node], start[node + 1]):
                inner = child[e]
                if kind[inner] == 3 and size[inner] == 2 and used[inner] == 1:
                    inside[inner] = True
    place = np.zeros(nodes, np.int64)
    kinds = np.empty(nodes + 1, np.int8)
    begin = np.zeros(nodes + 2, np.int32)
    left = np.empty(len(child) + 1, np.int32)
    right = np.zeros(len(child) + 1, np.int32)
    leaves = np.full(nodes + 1, -1, np.int32)
    kinds[0] = 5
    made, edges = 1, 0
    for node in range(nodes):
        if inside[node]:
            continue
        kinds[made] = kind[node]
        leaves[made] = leaf[node]
        for e in range(start[node], start[node + 1]):
            inner = child[e]
            if inside[inner]:
                left[edges] = place[child[start[inner]]]
                right[edges] = place[child[start[inner] + 1]]
            else:
                left[edges] = place[inner]
                right[edges] = 0
            edges += 1
        begin[made + 1] = edges
        place[node] = made
        made += 1
    return kinds[:made], begin[: made + 1], left[:edges], right[:edges], leaves[:made], place


_FAST = {"contract", "nsz", "arcp", "reassoc"}


@numba.njit(cache=True, nogil=True, fastmath=_FAST)
def _forward(
    kind: Any, start: Any, left: Any, right: Any, leaf: Any, weights: Any, buffer: Any, shift: int, width: int
) -> None:
    """All nodes on columns ``shift .. shift + width`` of the weights, into columns ``0 .. width`` of the buffer."""
    for node in range(len(kind)):
        what = kind[node]
        first, last = start[node], start[node + 1]
        if what == 2:
            a, b = left[first], right[first]
            if last - first == 2:
                c, d = left[first + 1], right[first + 1]
                for k in range(width):
                    buffer[node, k] = buffer[a, k] * buffer[b, k] + buffer[c, k] * buffer[d, k]
            else:
                for k in range(width):
                    buffer[node, k] = buffer[a, k] * buffer[b, k]
                for e in range(first + 1, last):
                    a, b = left[e], right[e]
                    for k in range(width):
                        buffer[node, k] += buffer[a, k] * buffer[b, k]
        elif what == 3:
            a = left[first]
            if last - first == 2:
                c = left[first + 1]
                for k in range(width):
                    buffer[node, k] = buffer[a, k] * buffer[c, k]
            else:
                for k in range(width):
                    buffer[node, k] = buffer[a, k]
                for e in range(first + 1, last):
                    c = left[e]
                    for k in range(width):
                        buffer[node, k] *= buffer[c, k]
        elif what == 0:
            number = leaf[node]
            for k in range(width):
                buffer[node, k] = weights[number, shift + k]
        elif what == 1:
            number = leaf[node]
            for k in range(width):
                buffer[node, k] = 1.0 - weights[number, shift + k]
        elif what == 4:
            a = left[first]
            for k in range(width):
                buffer[node, k] = 1.0 - buffer[a, k]
        elif what == 7:
            for k in range(width):
                rest = 1.0
                for e in range(first, last):
                    rest *= 1.0 - buffer[left[e], k] * buffer[right[e], k]
                buffer[node, k] = 1.0 - rest
        else:
            value = 1.0 if what == 5 else 0.0
            for k in range(width):
                buffer[node, k] = value


@numba.njit(cache=True, nogil=True)
def _scatter(adjoint: Any, roots: Any, gradient: Any, shift: int, width: int) -> None:
    for r in range(len(roots)):
        for k in range(width):
            adjoint[roots[r], k] += gradient[r, shift + k]


@numba.njit(cache=True, nogil=True, fastmath=_FAST)
def _backward(
    kind: Any, start: Any, left: Any, right: Any, leaf: Any, buffer: Any, adjoint: Any, out: Any, shift: int, width: int
) -> None:
    for node in range(len(kind) - 1, 0, -1):
        what = kind[node]
        first, last = start[node], start[node + 1]
        if what == 2:
            for e in range(first, last):
                a, b = left[e], right[e]
                if b == 0:
                    for k in range(width):
                        adjoint[a, k] += adjoint[node, k]
                else:
                    for k in range(width):
                        adjoint[a, k] += adjoint[node, k] * buffer[b, k]
                        adjoint[b, k] += adjoint[node, k] * buffer[a, k]
        elif what == 3:
            if last - first == 2:
                a, c = left[first], left[first + 1]
                for k in range(width):
                    adjoint[a, k] += adjoint[node, k] * buffer[c, k]
                    adjoint[c, k] += adjoint[node, k] * buffer[a, k]
            else:
                _many(first, last, left, right, buffer, adjoint, node, width, False)
        elif what == 0:
            number = leaf[node]
            for k in range(width):
                out[number, shift + k] += adjoint[node, k]
        elif what == 1:
            number = leaf[node]
            for k in range(width):
                out[number, shift + k] -= adjoint[node, k]
        elif what == 4:
            a = left[first]
            for k in range(width):
                adjoint[a, k] -= adjoint[node, k]
        elif what == 7:
            _many(first, last, left, right, buffer, adjoint, node, width, True)


@numba.njit(cache=True, nogil=True)
def _many(
    first: int, last: int, left: Any, right: Any, buffer: Any, adjoint: Any, node: int, width: int, flip: bool
) -> None:
    """Each factor gets the product of the others, by running products from both ends."""
    size = last - first
    before = np.empty(size, buffer.dtype)
    for k in range(width):
        running = adjoint[node, k]
        for e in range(size):
            before[e] = running
            x = buffer[left[first + e], k] * buffer[right[first + e], k]
            running *= 1.0 - x if flip else x
        running = 1.0
        for e in range(size - 1, -1, -1):
            a, b = left[first + e], right[first + e]
            x = buffer[a, k] * buffer[b, k]
            grad = before[e] * running
            adjoint[a, k] += grad * buffer[b, k]
            if b:
                adjoint[b, k] += grad * buffer[a, k]
            running *= 1.0 - x if flip else x


@numba.njit(cache=True, nogil=True)
def _forward_blocks(
    kind: Any, start: Any, left: Any, right: Any, leaf: Any, roots: Any, weights: Any, out: Any
) -> None:
    buffer = np.empty((len(kind), BLOCK), weights.dtype)
    for low in range(0, weights.shape[1], BLOCK):
        width = min(BLOCK, weights.shape[1] - low)
        _forward(kind, start, left, right, leaf, weights, buffer, low, width)
        for r in range(len(roots)):
            out[r, low : low + width] = buffer[roots[r], :width]


@numba.njit(cache=True, nogil=True, parallel=True)
def _forward_threads(
    kind: Any, start: Any, left: Any, right: Any, leaf: Any, roots: Any, weights: Any, out: Any
) -> None:
    for block in numba.prange((weights.shape[1] + BLOCK - 1) // BLOCK):
        low = block * BLOCK
        width = min(BLOCK, weights.shape[1] - low)
        buffer = np.empty((len(kind), BLOCK), weights.dtype)
        _forward(kind, start, left, right, leaf, weights, buffer, low, width)
        for r in range(len(roots)):
            out[r, low : low + width] = buffer[roots[r], :width]


@numba.njit(cache=True, nogil=True)
def _backward_blocks(
    kind: Any, start: Any, left: Any, right: Any, leaf: Any, roots: Any, weights: Any, gradient: Any, out: Any
) -> None:
    buffer = np.empty((len(kind), BLOCK), weights.dtype)
    adjoint = np.empty((len(kind), BLOCK), weights.dtype)
    for low in range(0, weights.shape[1], BLOCK):
        width = min(BLOCK, weights.shape[1] - low)
        _forward(kind, start, left, right, leaf, weights, buffer, low, width)
        adjoint[:] = 0.0
        _scatter(adjoint, roots, gradient, low, width)
        _backward(kind, start, left, right, leaf, buffer, adjoint, out, low, width)


@numba.njit(cache=True, nogil=True, parallel=True)
def _backward_threads(
    kind: Any, start: Any, left: Any, right: Any, leaf: Any, roots: Any, weights: Any, gradient: Any, out: Any
) -> None:
    for block in numba.prange((weights.shape[1] + BLOCK - 1) // BLOCK):
        low = block * BLOCK
        width = min(BLOCK, weights.shape[1] - low)
        buffer = np.empty((len(kind), BLOCK), weights.dtype)
        adjoint = np.zeros((len(kind), BLOCK), weights.dtype)
        _forward(kind, start, left, right, leaf, weights, buffer, low, width)
        _scatter(adjoint, roots, gradient, low, width)
        _backward(kind, start, left, right, leaf, buffer, adjoint, out, low, width)
