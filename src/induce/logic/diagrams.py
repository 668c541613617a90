"""Small parts by enumeration: the truth table over all worlds, folded into a shared multi-valued decision diagram."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.logic.bits import forward_bits, packed, unpacked
from induce.logic.circuit import FALSE, LEAF, NOT_LEAF, PRODUCT, SUM, TRUE, Circuit
from induce.logic.hypergraph import Hypergraph

__all__ = ["MOST_WORLDS", "DiagramWriter", "diagram_circuit", "variables_of", "worlds_of"]

MOST_WORLDS = 1 << 16


def variables_of(graph: Hypergraph, circuit: Circuit) -> list[NDArray[np.int64]]:
    """Leaves of every random variable that a circuit reads, in order of appearance; Boolean ones have one leaf."""
    used = circuit.leaf[circuit.leaf >= 0]
    groups = dict.fromkeys(graph.leaves.group[used].tolist())
    first = np.searchsorted(graph.leaves.group, list(groups), "left")
    last = np.searchsorted(graph.leaves.group, list(groups), "right")
    return [np.arange(a, b) for a, b in zip(first, last, strict=True)]


def worlds_of(graph: Hypergraph, circuit: Circuit) -> float:
    """Number of worlds over the variables that a circuit reads."""
    total = 1.0
    for leaves in variables_of(graph, circuit):
        categorical = graph.leaves.categorical[graph.leaves.group[leaves[0]]]
        total *= len(leaves) if categorical else 2
    return total


def diagram_circuit(graph: Hypergraph, circuit: Circuit, queries: int, signs: NDArray[np.int64]) -> Circuit:
    """Roots ``query and evidence`` and last the evidence itself, deterministic and decomposable.

    Parameters
    ----------
    graph : Hypergraph
    circuit : Circuit
        Plain circuit of the queries and then the evidence atoms.
    queries : int
    signs : int array, shape (evidence,)
        1 where the evidence is that the atom does not hold.
    """
    variables = variables_of(graph, circuit)
    boolean = [not graph.leaves.categorical[graph.leaves.group[v[0]]] for v in variables]
    sizes = [2 if flag else len(v) for v, flag in zip(variables, boolean, strict=True)]
    worlds = int(np.prod(sizes)) if sizes else 1
    truth = _truth(graph, circuit, variables, boolean, sizes, worlds)
    given = np.ones(worlds, np.bool_)
    for row, sign in zip(truth[queries:], signs, strict=True):
        given &= ~row if sign else row
    tables = np.concatenate([truth[:queries] & given, given[None]]).astype(np.int64)
    writer = DiagramWriter()
    # fold the last variable again and again: equal rows of values become one node
    for leaves, flag, size in zip(variables[::-1], boolean[::-1], sizes[::-1], strict=True):
        rows = tables.reshape(-1, size)
        unique, inverse = np.unique(rows, axis=0, return_inverse=True)
        made = np.array([writer.decision(leaves, flag, row) for row in unique.tolist()], np.int64)
        tables = made[np.asarray(inverse).reshape(-1)].reshape(len(tables), -1)
    return writer.finished(tables[:, 0], len(graph.leaves))


def _truth(
    graph: Hypergraph, circuit: Circuit, variables: list[Any], boolean: list[bool], sizes: list[int], worlds: int
) -> NDArray[np.bool_]:
    """Truth of every root in every world, worlds in mixed radix with the first variable slowest."""
    bits = np.zeros((len(graph.leaves), worlds), np.bool_)
    number = np.arange(worlds)
    step = worlds
    for leaves, flag, size in zip(variables, boolean, sizes, strict=True):
        step //= size
        value = (number // step) % size
        if flag:
            bits[leaves[0]] = value == 1
        else:
            for k, one in enumerate(leaves):
                bits[one] = value == k
    return unpacked(forward_bits(circuit, packed(bits))[circuit.roots], worlds)


class DiagramWriter:
    """Nodes of the diagram: 0 is false, 1 is true."""

    def __init__(self) -> None:
        self.kinds = [FALSE, TRUE]
        self.children: list[list[int]] = [[], []]
        self.leaf = [-1, -1]
        self.literals: dict[tuple[int, int], int] = {}
        self.known: dict[tuple[Any, ...], int] = {}

    def _add(self, kind: int, children: list[int], leaf: int = -1) -> int:
        self.kinds.append(kind)
        self.children.append(children)
        self.leaf.append(leaf)
        return len(self.kinds) - 1

    def literal(self, leaf: int, kind: int) -> int:
        """The node of a leaf or its complement."""
        key = (leaf, kind)
        if key not in self.literals:
            self.literals[key] = self._add(kind, [], leaf)
        return self.literals[key]

    def decision(self, leaves: Any, boolean: bool, row: list[int]) -> int:
        """The sum over the values of a variable of value and what follows."""
        if all(r == row[0] for r in row):
            return row[0]
        key = (int(leaves[0]), *row)
        if key in self.known:
            return self.known[key]
        terms = []
        for k, following in enumerate(row):
            if following == 0:
                continue
            one = int(leaves[0]) if boolean else int(leaves[k])
            literal = self.literal(one, LEAF if not boolean or k else NOT_LEAF)
            terms.append(literal if following == 1 else self._add(PRODUCT, [literal, following]))
        made = terms[0] if len(terms) == 1 else self._add(SUM, terms)
        self.known[key] = made
        return made

    def finished(self, roots: Any, leaves: int) -> Circuit:
        """The circuit of some nodes."""
        start = np.concatenate([[0], np.cumsum([len(c) for c in self.children])]).astype(np.int64)
        child = np.array([x for c in self.children for x in c], np.int32)
        return Circuit(
            np.array(self.kinds, np.int8), start, child, np.array(self.leaf, np.int32), np.asarray(roots, np.int32),
            leaves, np.full(len(self.kinds), -1, np.int32), np.zeros((0, 2), np.int64),
        )  # fmt: skip
