"""Top-k proofs as an algebra: every node keeps its k most probable sets of leaves, column by column.

Value: the exact probability of the union of the kept sets, by inclusion and exclusion. Bound: an upper bound of the true
probability minus the value. The upper bound is a sweep in which a sum is at most the sum of its parts (union bound), and a
product at most the product of its factors where they have no variable in common, else at most the smallest of them
(Frechet). By induction over the rounds of a recursive program this holds for every stage of the least fixpoint.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from induce.errors import AlgebraError
from induce.logic.circuit import Circuit, circuit_of
from induce.logic.hypergraph import Hypergraph
from induce.logic.levels import once

__all__ = ["ProofsModule", "top_k"]

MOST_PROOFS = 10


def top_k(
    circuit: Circuit, graph: Hypergraph, weights: NDArray[np.float64], k: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Values, gradients and bounds of the roots under the k best proofs.

    Parameters
    ----------
    circuit : Circuit
        Without complements.
    graph : Hypergraph
    weights : array, shape (leaves, batch)
    k : int
        At most 10.

    Returns
    -------
    value, gradient, bound
        Shapes (roots, batch), (roots, leaves, batch) and (roots, batch); ``value <= P <= value + bound``.
    """
    words = max((len(graph.leaves) + 63) // 64, 1)
    rivals = _rivals(graph, words)
    shape = (len(circuit.roots), weights.shape[1])
    value, bound = np.zeros(shape), np.zeros(shape)
    gradient = np.zeros((shape[0], circuit.leaves, shape[1]))
    disjoint = _disjoint(circuit.kind, circuit.start, circuit.child, circuit.leaf, graph.leaves.group, words)
    _run(
        (circuit.kind, circuit.start, circuit.child, circuit.leaf), circuit.roots, circuit.components, rivals, disjoint,
        np.ascontiguousarray(weights, np.float64), np.array([k, words]), value, gradient, bound,
    )  # fmt: skip
    return value, gradient, bound


def _rivals(graph: Hypergraph, words: int) -> NDArray[np.uint64]:
    """For every leaf, the mask of the other values of its categorical variable."""
    masks = np.zeros((max(len(graph.leaves), 1), words), np.uint64)
    for group in np.flatnonzero(graph.leaves.categorical):
        members = np.flatnonzero(graph.leaves.group == group)
        whole = np.zeros(words, np.uint64)
        for leaf in members.tolist():
            whole[leaf // 64] |= np.uint64(1) << np.uint64(leaf % 64)
        masks[members] = whole
        for leaf in members.tolist():
            masks[leaf, leaf // 64] &= ~(np.uint64(1) << np.uint64(leaf % 64))
    return masks


@numba.njit(cache=True, nogil=True)
def _disjoint(kind: Any, start: Any, child: Any, leaf: Any, group: Any, words: int) -> Any:
    """Products whose factors read different random variables (nodes of cycles count as reading everything)."""
    support = np.zeros((len(kind), words), np.uint64)
    found = np.zeros(len(kind), np.bool_)
    for node in range(len(kind)):
        if kind[node] <= 1:
            g = group[leaf[node]]
            support[node, (g // 64) % words] |= np.uint64(1) << np.uint64(g % 64)
            continue
        apart = True
        for e in range(start[node], start[node + 1]):
            inner = child[e]
            for w in range(words):
                if inner >= node:
                    apart = False
                    support[node, w] = ~np.uint64(0)
                if support[node, w] & support[inner, w]:
                    apart = False
                support[node, w] |= support[inner, w]
        found[node] = apart
    return found


@numba.njit(cache=True, nogil=True)
def _weight(mask: Any, column: Any) -> float:
    product = 1.0
    for w in range(len(mask)):
        bits = mask[w]
        bit = 0
        while bits:
            if bits & np.uint64(1):
                product *= column[64 * w + bit]
            bits >>= np.uint64(1)
            bit += 1
    return product


@numba.njit(cache=True, nogil=True)
def _offer(sets: Any, scores: Any, node: int, mask: Any, score: float, k: int) -> bool:
    """Put a set into a node's list, best first, unless a subset of it is there; supersets of it are dropped."""
    if score <= 0.0:
        return False
    for i in range(k):
        if scores[node, i] > 0.0:
            inside = True
            for w in range(len(mask)):
                if sets[node, i, w] & ~mask[w]:
                    inside = False
            if inside:
                return False
    keep = 0
    for i in range(k):
        if scores[node, i] > 0.0:
            covers = True
            for w in range(len(mask)):
                if mask[w] & ~sets[node, i, w]:
                    covers = False
            if not covers:
                if keep != i:
                    scores[node, keep] = scores[node, i]
                    sets[node, keep] = sets[node, i]
                keep += 1
    for i in range(keep, k):
        scores[node, i] = 0.0
    place = keep
    while place > 0 and scores[node, place - 1] < score:
        place -= 1
    if place >= k:
        return False
    for i in range(min(keep, k - 1), place, -1):
        scores[node, i] = scores[node, i - 1]
        sets[node, i] = sets[node, i - 1]
    scores[node, place] = score
    sets[node, place] = mask
    return True


@numba.njit(cache=True, nogil=True)
def _node(
    node: int, kind: Any, start: Any, child: Any, leaf: Any, rivals: Any, column: Any, k: int, sets: Any, scores: Any,
    scratch_sets: Any, scratch_scores: Any,
) -> bool:  # fmt: skip
    """Update the list of one node; whether it changed."""
    words = sets.shape[2]
    what = kind[node]
    empty = np.zeros(words, np.uint64)
    if what == 5:
        return _offer(sets, scores, node, empty, 1.0, k)
    if what == 0:
        empty[leaf[node] // 64] |= np.uint64(1) << np.uint64(leaf[node] % 64)
        return _offer(sets, scores, node, empty, column[leaf[node]], k)
    changed = False
    if what == 2:
        for e in range(start[node], start[node + 1]):
            for i in range(k):
                if scores[child[e], i] > 0.0:
                    if _offer(sets, scores, node, sets[child[e], i].copy(), scores[child[e], i], k):
                        changed = True
        return changed
    if what != 3:
        return False
    scratch_scores[:] = 0.0
    scratch_scores[0, 0] = 1.0
    scratch_sets[0, 0] = 0
    now = 0
    union = np.zeros(words, np.uint64)
    for e in range(start[node], start[node + 1]):
        other = 1 - now
        scratch_scores[other] = 0.0
        for i in range(k):
            if scratch_scores[now, i] <= 0.0:
                continue
            for j in range(k):
                if scores[child[e], j] <= 0.0:
                    continue
                clash = False
                for w in range(words):
                    union[w] = scratch_sets[now, i, w] | sets[child[e], j, w]
                for w in range(words):
                    bits = sets[child[e], j, w]
                    bit = 0
                    while bits and not clash:
                        if bits & np.uint64(1):
                            for v in range(words):
                                if rivals[64 * w + bit, v] & scratch_sets[now, i, v]:
                                    clash = True
                        bits >>= np.uint64(1)
                        bit += 1
                if not clash:
                    _offer(scratch_sets, scratch_scores, other, union.copy(), _weight(union, column), k)
        now = other
    for i in range(k):
        if scratch_scores[now, i] > 0.0:
            if _offer(sets, scores, node, scratch_sets[now, i].copy(), scratch_scores[now, i], k):
                changed = True
    return changed


@numba.njit(cache=True, nogil=True)
def _upper(node: int, kind: Any, start: Any, child: Any, leaf: Any, disjoint: Any, column: Any, upper: Any) -> None:
    """The upper bound of one node from those of its children."""
    what = kind[node]
    if what == 0:
        upper[node] = column[leaf[node]]
    elif what == 5:
        upper[node] = 1.0
    elif what == 3:
        product, least = 1.0, 1.0
        for e in range(start[node], start[node + 1]):
            product *= upper[child[e]]
            least = min(least, upper[child[e]])
        upper[node] = product if disjoint[node] else least
    elif what == 2:
        total = 0.0
        for e in range(start[node], start[node + 1]):
            total += upper[child[e]]
        upper[node] = min(total, 1.0)
    else:
        upper[node] = 0.0


@numba.njit(cache=True, nogil=True)
def _union(root: int, sets: Any, scores: Any, rivals: Any, column: Any, k: int, gradient: Any) -> float:
    """Probability of the union of a node's sets by inclusion and exclusion, with its gradient."""
    count = 0
    while count < k and scores[root, count] > 0.0:
        count += 1
    words = sets.shape[2]
    total = 0.0
    mask = np.zeros(words, np.uint64)
    members = np.empty(64 * words, np.int64)
    for chosen in range(1, 1 << count):
        mask[:] = 0
        sign = -1.0
        for i in range(count):
            if chosen >> i & 1:
                sign = -sign
                for w in range(words):
                    mask[w] |= sets[root, i, w]
        size = 0
        clash = False
        for w in range(words):
            bits = mask[w]
            bit = 0
            while bits:
                if bits & np.uint64(1):
                    members[size] = 64 * w + bit
                    size += 1
                    for v in range(words):
                        if rivals[64 * w + bit, v] & mask[v]:
                            clash = True
                bits >>= np.uint64(1)
                bit += 1
        if clash:
            continue
        product = 1.0
        for m in range(size):
            product *= column[members[m]]
        total += sign * product
        for m in range(size):
            others = 1.0
            for n in range(size):
                if n != m:
                    others *= column[members[n]]
            gradient[members[m]] += sign * others
    return total


@numba.njit(cache=True, nogil=True)
def _run(
    nodes_of: Any, roots: Any, components: Any, rivals: Any, disjoint: Any, weights: Any,
    shape: Any, value: Any, gradient: Any, bound: Any,
) -> None:  # fmt: skip
    kind, start, child, leaf = nodes_of
    k, words = shape[0], shape[1]
    nodes = len(kind)
    sets = np.zeros((nodes, k, words), np.uint64)
    scores = np.zeros((nodes, k))
    scratch_sets = np.zeros((2, k, words), np.uint64)
    scratch_scores = np.zeros((2, k))
    upper = np.zeros(nodes)
    in_cycle = np.full(nodes, -1, np.int64)
    for c in range(len(components)):
        for node in range(components[c, 0], components[c, 1]):
            in_cycle[node] = c
    for b in range(weights.shape[1]):
        column = weights[:, b].copy()
        scores[:] = 0.0
        upper[:] = 0.0
        node = 0
        while node < nodes:
            c = in_cycle[node]
            last = node + 1 if c < 0 else components[c, 1]
            for _ in range(1 if c < 0 else last - node + 1):
                changed = False
                for m in range(node, last):
                    if _node(
                        m, kind, start, child, leaf, rivals, column, k, sets, scores, scratch_sets, scratch_scores
                    ):
                        changed = True
                if not changed:
                    break
            for _ in range(1 if c < 0 else 4 * (last - node) + 4):
                moved = 0.0
                for m in range(node, last):
                    before = upper[m]
                    _upper(m, kind, start, child, leaf, disjoint, column, upper)
                    moved = max(moved, abs(upper[m] - before))
                if moved < 1e-15:
                    break
            if c >= 0 and moved >= 1e-15:
                # the iteration from below has not settled: only 1 is a safe bound
                for m in range(node, last):
                    upper[m] = 1.0
            node = last
        for r in range(len(roots)):
            value[r, b] = _union(roots[r], sets, scores, rivals, column, k, gradient[r, :, b])
            bound[r, b] = max(min(upper[roots[r]], 1.0) - value[r, b], 0.0)


class _TopK(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, weights: torch.Tensor, module: ProofsModule) -> torch.Tensor:
        given = weights.detach().cpu().numpy().astype(np.float64)
        value, gradient, bound = top_k(module.circuit, module.graph, given, module.k)
        ctx.gradient, ctx.like = gradient, weights
        module.bound = torch.as_tensor(bound)
        return torch.as_tensor(value).to(weights)

    @staticmethod
    def backward(ctx: Any, *outputs: torch.Tensor) -> tuple[torch.Tensor, None]:
        once("the k best proofs", "use Algebra.PROBABILITY")
        gradient = torch.as_tensor(ctx.gradient).to(outputs[0])
        return torch.einsum("rlb,rb->lb", gradient, outputs[0]).to(ctx.like), None


class ProofsModule(nn.Module):
    """The k best proofs of some atoms; after a call ``bound`` says by how much the values may be too small.

    Parameters
    ----------
    graph : Hypergraph
    atoms : int array
    k : int

    Raises
    ------
    AlgebraError
        If ``k`` is not between 1 and 10.
    """

    def __init__(self, graph: Hypergraph, atoms: Any, k: int) -> None:
        super().__init__()
        if not 1 <= k <= MOST_PROOFS:
            raise AlgebraError(
                f"k must be between 1 and {MOST_PROOFS}, but got {k}. Use Algebra.PROBABILITY for all proofs."
            )
        self.graph, self.k = graph, k
        self.circuit = circuit_of(graph, atoms)
        self.bound: torch.Tensor | None = None

    def forward(self, weights: torch.Tensor) -> torch.Tensor:
        """Values of the atoms, shape (atoms, batch)."""
        return _TopK.apply(weights, self)  # type: ignore[no-any-return]
