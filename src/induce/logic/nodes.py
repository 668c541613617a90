"""Circuits in the making: many nodes at a time, equal products once."""

from __future__ import annotations

import time
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from induce.errors import LimitError
from induce.logic.circuit import FALSE, PRODUCT, SUM, TRUE, Circuit

__all__ = ["NodeWriter", "reached"]

Int64 = NDArray[np.int64]


class NodeWriter:
    """Nodes of a circuit, appended many at a time; 0 is false, 1 is true.

    Parameters
    ----------
    nodes, seconds : budget
    """

    def __init__(self, nodes: int, seconds: float) -> None:
        self.kinds: list[Any] = [np.array([FALSE, TRUE], np.int8)]
        self.lengths: list[Any] = [np.zeros(2, np.int64)]
        self.children: list[Any] = []
        self.leaves: list[Any] = [np.full(2, -1, np.int64)]
        self.count, self.most = 2, nodes
        self.deadline, self.seconds = time.monotonic() + seconds, seconds

    def _append(self, kind: int, lengths: Any, children: Any, leaf: Any = None) -> Int64:
        size = len(lengths)
        self.kinds.append(np.full(size, kind, np.int8))
        self.lengths.append(np.asarray(lengths, np.int64))
        self.children.append(np.asarray(children, np.int64))
        self.leaves.append(np.full(size, -1, np.int64) if leaf is None else np.asarray(leaf, np.int64))
        self.count += size
        if self.count > self.most:
            raise LimitError(f"elimination passed {self.count:,} nodes (limit {self.most:,}).")
        return np.arange(self.count - size, self.count)

    def leaf_nodes(self, kind: int, leaves: Any) -> Int64:
        """Nodes of leaves, or of their complements."""
        return self._append(kind, np.zeros(len(leaves), np.int64), [], leaves)

    def products(self, a: Int64, b: Int64) -> Int64:
        """Node by node, equal pairs once."""
        found = np.where(a == 1, b, a)
        wanted = np.flatnonzero((a > 1) & (b > 1))
        if len(wanted):
            low, high = np.minimum(a[wanted], b[wanted]), np.maximum(a[wanted], b[wanted])
            pairs, place = np.unique(low * (self.count + 1) + high, return_inverse=True)
            children = np.stack([pairs // (self.count + 1), pairs % (self.count + 1)], axis=1).reshape(-1)
            found[wanted] = self._append(PRODUCT, np.full(len(pairs), 2), children)[place.reshape(-1)]
        return found

    def sums(self, nodes: Int64, starts: Int64) -> Int64:
        """One node for each run of nodes."""
        lengths = np.diff(np.append(starts, len(nodes)))
        found = nodes[starts]
        several = np.flatnonzero(lengths > 1)
        if len(several):
            picked = np.repeat(lengths > 1, lengths)
            found[several] = self._append(SUM, lengths[several], nodes[picked])
        return found

    def check(self) -> None:
        """Raise when the time is over."""
        if time.monotonic() > self.deadline:
            raise LimitError(f"elimination passed {self.seconds:g} s.")

    def circuit(self, roots: Int64, leaves: int) -> Circuit:
        """What the roots need of it."""
        kind, lengths = np.concatenate(self.kinds), np.concatenate(self.lengths)
        start = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        child = np.concatenate([np.zeros(0, np.int64), *self.children])
        used = reached(start, child, roots)
        place = np.cumsum(used) - 1
        kept = np.repeat(used, lengths)
        return Circuit(
            kind[used], np.concatenate([[0], np.cumsum(lengths[used])]).astype(np.int64), place[child[kept]].astype(np.int32),
            np.concatenate(self.leaves)[used].astype(np.int32), place[roots].astype(np.int32), leaves,
            np.full(int(used.sum()), -1, np.int32), np.zeros((0, 2), np.int64),
        )  # fmt: skip


@numba.njit(cache=True, nogil=True)
def reached(start: Any, child: Any, roots: Any) -> Any:
    """The nodes below some roots, as a Boolean array; children stand before their parents."""
    used = np.zeros(len(start) - 1, np.bool_)
    for root in roots:
        used[root] = True
    for node in range(len(used) - 1, -1, -1):
        if used[node]:
            for e in range(start[node], start[node + 1]):
                used[child[e]] = True
    return used
