"""Which circuits are exact as they stand: products of independent factors, sums of exclusive or independent summands."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from induce.logic.circuit import LEAF, NOT_LEAF, SUM, Circuit, circuit_of
from induce.logic.hypergraph import Hypergraph

__all__ = ["structured", "whole_complements"]


def structured(
    graph: Hypergraph, roots: NDArray[np.int64], exclusive: NDArray[np.bool_] | None
) -> tuple[Circuit, NDArray[np.bool_]]:
    """The plain circuit of the roots, and for which of them sums and products are exact as they stand.

    Products need factors without a common random variable; sums need summands that exclude one another (proved by the
    caller, or seen in their own leaves), or that have no common variable (then the sum is an independent or).
    """
    circuit = circuit_of(graph, roots)
    fine = np.zeros(circuit.nodes, np.bool_)
    words = (len(graph.leaves.categorical) + 63) // 64
    if circuit.cyclic or circuit.nodes * max(words, 1) > 50_000_000:
        return circuit, np.zeros(len(roots), np.bool_)
    proved = np.zeros(graph.atoms, np.bool_) if exclusive is None else exclusive
    kind = circuit.kind.copy()
    _check_structure(
        kind, circuit.start, circuit.child, circuit.leaf, circuit.atom, proved, graph.leaves.group,
        graph.leaves.categorical, graph.leaves.atom, max(words, 1), fine,
    )  # fmt: skip
    return replace(circuit, kind=kind), fine[circuit.roots]


@numba.njit(cache=True, nogil=True)
def _check_structure(
    kind: Any, start: Any, child: Any, leaf: Any, atom: Any, proved: Any, group: Any, categorical: Any, leaf_atom: Any,
    words: int, fine: Any,
) -> None:  # fmt: skip
    support = np.zeros((len(kind), words), np.uint64)
    for node in range(len(kind)):
        what = kind[node]
        if what == 0 or what == 1:
            g = group[leaf[node]]
            support[node, g // 64] |= np.uint64(1) << np.uint64(g % 64)
            fine[node] = True
            continue
        good, disjoint, own = True, True, False
        for e in range(start[node], start[node + 1]):
            inner = child[e]
            good = good and fine[inner]
            if kind[inner] == 0 and atom[node] >= 0 and leaf_atom[leaf[inner]] == atom[node]:
                own = True
            for w in range(words):
                if support[node, w] & support[inner, w]:
                    disjoint = False
                support[node, w] |= support[inner, w]
        if what == 3:
            good = good and disjoint
        elif what == 2 and good:
            if not (atom[node] >= 0 and proved[atom[node]] and not own):
                if _exclusive_children(node, kind, start, child, leaf, group, categorical):
                    pass
                elif disjoint:
                    kind[node] = 7
                else:
                    good = False
        fine[node] = good


@numba.njit(cache=True, nogil=True)
def _exclusive_children(node: int, kind: Any, start: Any, child: Any, leaf: Any, group: Any, categorical: Any) -> bool:
    """Whether any two children contain, as conjuncts, different values of one variable, or a leaf and its complement."""
    first, last = start[node], start[node + 1]
    if last - first > 64:
        return False
    for e in range(first, last):
        for f in range(e + 1, last):
            if not _opposed(child[e], child[f], kind, start, child, leaf, group, categorical):
                return False
    return True


@numba.njit(cache=True, nogil=True)
def _opposed(a: int, b: int, kind: Any, start: Any, child: Any, leaf: Any, group: Any, categorical: Any) -> bool:
    a_low, a_high = (start[a], start[a + 1]) if kind[a] == 3 else (0, 1)
    b_low, b_high = (start[b], start[b + 1]) if kind[b] == 3 else (0, 1)
    for e in range(a_low, a_high):
        x = child[e] if kind[a] == 3 else a
        if kind[x] > 1:
            continue
        for f in range(b_low, b_high):
            y = child[f] if kind[b] == 3 else b
            if kind[y] > 1 or group[leaf[x]] != group[leaf[y]]:
                continue
            if kind[x] != kind[y] and leaf[x] == leaf[y]:
                return True
            if kind[x] == 0 and kind[y] == 0 and leaf[x] != leaf[y] and categorical[group[leaf[x]]]:
                return True
    return False


def whole_complements(circuit: Circuit, graph: Hypergraph) -> Circuit:
    """The complement of a value of a categorical variable as the sum of the other values.

    ``1 - p`` has no digits left where ``p`` is nearly 1; the sum has them all.
    """
    group = graph.leaves.group
    bad = np.flatnonzero(circuit.kind == NOT_LEAF)
    bad = bad[graph.leaves.categorical[group[circuit.leaf[bad]]]] if len(bad) else bad
    if not len(bad):
        return circuit
    leaves = np.flatnonzero(np.isin(group, np.unique(group[circuit.leaf[bad]])))
    children = [circuit.child[a:b] + len(leaves) for a, b in zip(circuit.start, circuit.start[1:], strict=False)]
    kind, leaf = circuit.kind.copy(), circuit.leaf.copy()
    for node in bad.tolist():
        others = (group[leaves] == group[leaf[node]]) & (leaves != leaf[node])
        children[node] = np.flatnonzero(others).astype(np.int32)
    kind[bad], leaf[bad] = SUM, -1
    lengths = [0] * len(leaves) + [len(c) for c in children]
    return replace(
        circuit, kind=np.concatenate([np.full(len(leaves), LEAF, np.int8), kind]),
        start=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        child=np.concatenate([np.zeros(0, np.int64), *children]).astype(np.int32),
        leaf=np.concatenate([leaves, leaf]).astype(np.int32), roots=(circuit.roots + len(leaves)).astype(np.int32),
        atom=np.concatenate([np.full(len(leaves), -1), circuit.atom]).astype(np.int32),
        components=circuit.components + len(leaves),
    )  # fmt: skip
