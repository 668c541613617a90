"""Circuits: sums and products over leaves in topological order, made from the part of a hypergraph that a query needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from induce.logic.hypergraph import Hypergraph

__all__ = [
    "FALSE", "LEAF", "NOISY_OR", "NOT", "NOT_LEAF", "PRODUCT", "SUM", "TRUE", "Circuit", "circuit_of",
    "plain_or", "strong_components",
]  # fmt: skip

LEAF, NOT_LEAF, SUM, PRODUCT, NOT, TRUE, FALSE, NOISY_OR = range(8)
NAMES = ("leaf", "complement of a leaf", "sum", "product", "complement", "true", "false", "independent or")


@dataclass(frozen=True, eq=False)
class Circuit:
    """Nodes in topological order: children stand before their parents, except inside cyclic components.

    Parameters
    ----------
    kind : int8 array, shape (nodes,)
        LEAF, NOT_LEAF (one minus the leaf), SUM, PRODUCT, NOT (one minus the child), TRUE, FALSE, or NOISY_OR
        (``1 - prod(1 - child)``).
    start : int64 array, shape (nodes + 1,)
        Where the children of each node begin in ``child``.
    child : int32 array
    leaf : int32 array, shape (nodes,)
        Leaf number of LEAF and NOT_LEAF nodes, else -1.
    roots : int32 array, shape (roots,)
    leaves : int
        Number of leaves of the weights, used or not.
    atom : int32 array, shape (nodes,)
        The atom that a node stands for, or -1.
    components : int64 array, shape (components, 2)
        First and last+1 node of every cyclic component.
    """

    kind: NDArray[np.int8]
    start: NDArray[np.int64]
    child: NDArray[np.int32]
    leaf: NDArray[np.int32]
    roots: NDArray[np.int32]
    leaves: int
    atom: NDArray[np.int32]
    components: NDArray[np.int64]

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return len(self.kind)

    @property
    def edges(self) -> int:
        """Number of edges."""
        return len(self.child)

    @property
    def cyclic(self) -> bool:
        """Whether some nodes depend on themselves."""
        return len(self.components) > 0


@numba.njit(cache=True, nogil=True)
def strong_components(start: Any, target: Any, roots: Any, nodes: int) -> Any:
    """Strongly connected components reachable from the roots, children first (Tarjan 1972, without recursion).

    Returns
    -------
    order, component
        Nodes in the order in which their components are complete, and the component of each node (-1 if not reached).
    """
    index = np.full(nodes, -1, np.int64)
    low = np.zeros(nodes, np.int64)
    component = np.full(nodes, -1, np.int64)
    on_stack = np.zeros(nodes, np.bool_)
    stack = np.empty(nodes, np.int64)
    call = np.empty(nodes, np.int64)
    place = np.zeros(nodes, np.int64)
    order = np.empty(nodes, np.int64)
    made = count = top = 0
    groups = 0
    for root in roots:
        if index[root] >= 0:
            continue
        depth = 0
        call[0] = root
        index[root] = low[root] = count
        count += 1
        place[root] = start[root]
        stack[top] = root
        top += 1
        on_stack[root] = True
        while depth >= 0:
            node = call[depth]
            if place[node] < start[node + 1]:
                other = target[place[node]]
                place[node] += 1
                if index[other] < 0:
                    depth += 1
                    call[depth] = other
                    index[other] = low[other] = count
                    count += 1
                    place[other] = start[other]
                    stack[top] = other
                    top += 1
                    on_stack[other] = True
                elif on_stack[other]:
                    low[node] = min(low[node], index[other])
            else:
                if low[node] == index[node]:
                    while True:
                        top -= 1
                        member = stack[top]
                        on_stack[member] = False
                        component[member] = groups
                        order[made] = member
                        made += 1
                        if member == node:
                            break
                    groups += 1
                depth -= 1
                if depth >= 0:
                    low[call[depth]] = min(low[call[depth]], low[node])
    return order[:made], component


def dependency_graph(graph: Hypergraph) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Atoms and instances as one graph in CSR form: an atom points to its instances, an instance to its body's atoms."""
    atoms, instances = graph.atoms, graph.instances
    count = np.bincount(graph.head, minlength=atoms) if instances else np.zeros(atoms, np.int64)
    lengths = np.concatenate([count, np.diff(graph.start)])
    start = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    order = np.argsort(graph.head, kind="stable")
    target = np.concatenate([order + atoms, graph.body >> 1]).astype(np.int64)
    return start, target


@numba.njit(cache=True, nogil=True)
def _emit(
    order: Any, component: Any, start: Any, target: Any, atoms: int, certain: Any, leaf_of: Any, body_start: Any,
    body: Any, leaf_kinds: int,
) -> Any:  # fmt: skip
    """Nodes of the circuit, in one pass over the components; see :func:`circuit_of`."""
    total = len(order)
    room = 3 * total + leaf_kinds + 2
    kind = np.empty(room, np.int8)
    begin = np.zeros(room + 1, np.int64)
    child = np.empty(2 * len(target) + 2 * total + 4, np.int32)
    leaf = np.full(room, -1, np.int32)
    atom = np.full(room, -1, np.int32)
    node_of = np.full(len(start) - 1, -1, np.int64)
    not_of = np.full(room, -1, np.int64)
    leaf_node = np.full(leaf_kinds + 1, -1, np.int64)
    components = np.empty((total + 1, 2), np.int64)
    cyclic = nodes = edges = 0
    true = false = -1
    at = 0
    while at < total:
        end = at + 1
        while end < total and component[order[end]] == component[order[at]]:
            end += 1
        loop = end - at > 1
        # what must stand before the component: leaves of its atoms, complements of finished atoms
        for k in range(at, end):
            node = order[k]
            if node < atoms:
                number = leaf_of[node]
                if number >= 0 and leaf_node[number] < 0:
                    kind[nodes], leaf[nodes], atom[nodes] = 0, number, node
                    begin[nodes + 1] = edges
                    leaf_node[number] = nodes
                    nodes += 1
            else:
                for e in range(body_start[node - atoms], body_start[node - atoms + 1]):
                    if body[e] & 1:
                        inner = node_of[body[e] >> 1]
                        if not_of[inner] < 0:
                            if kind[inner] == 0:
                                kind[nodes], leaf[nodes] = 1, leaf[inner]
                            elif kind[inner] == 5:
                                kind[nodes] = 6
                            elif kind[inner] == 6:
                                kind[nodes] = 5
                            else:
                                kind[nodes] = 4
                                child[edges] = inner
                                edges += 1
                            begin[nodes + 1] = edges
                            not_of[inner] = nodes
                            nodes += 1
        first = nodes
        if loop:
            for k in range(at, end):
                node_of[order[k]] = first + k - at
        for k in range(at, end):
            node = order[k]
            before = edges
            is_atom = node < atoms
            constant = -1
            if is_atom:
                if certain[node]:
                    constant = 5
                else:
                    if leaf_of[node] >= 0:
                        child[edges] = leaf_node[leaf_of[node]]
                        edges += 1
                    for e in range(start[node], start[node + 1]):
                        inner = node_of[target[e]]
                        if not loop and kind[inner] == 6:
                            continue
                        child[edges] = inner
                        edges += 1
            else:
                for e in range(body_start[node - atoms], body_start[node - atoms + 1]):
                    inner = node_of[body[e] >> 1]
                    if body[e] & 1:
                        inner = not_of[inner]
                    if inner < first or not loop:
                        if kind[inner] == 5:
                            continue
                        if kind[inner] == 6:
                            constant = 6
                            break
                    child[edges] = inner
                    edges += 1
            size = edges - before
            if not loop and constant < 0 and size == 1:
                edges = before
                node_of[node] = child[before]
                continue
            if constant < 0 and size == 0:
                constant = 6 if is_atom else 5
            if constant >= 0:
                edges = before
            if not loop and constant == 5:
                if true < 0:
                    kind[nodes] = 5
                    begin[nodes + 1] = edges
                    true = nodes
                    nodes += 1
                node_of[node] = true
                continue
            if not loop and constant == 6:
                if false < 0:
                    kind[nodes] = 6
                    begin[nodes + 1] = edges
                    false = nodes
                    nodes += 1
                node_of[node] = false
                continue
            kind[nodes] = constant if constant >= 0 else (2 if is_atom else 3)
            if is_atom:
                atom[nodes] = node
            begin[nodes + 1] = edges
            node_of[node] = nodes
            nodes += 1
        if loop:
            components[cyclic, 0], components[cyclic, 1] = first, nodes
            cyclic += 1
        at = end
    return kind[:nodes], begin[: nodes + 1], child[:edges], leaf[:nodes], atom[:nodes], components[:cyclic], node_of


def circuit_of(graph: Hypergraph, roots: Any) -> Circuit:
    """The circuit of some atoms: an atom is the sum of its instances, an instance the product of its body.

    Constants are folded, and an atom with a single instance of one literal is that literal.

    Parameters
    ----------
    graph : Hypergraph
    roots : int array, shape (roots,)
        Atoms; -1 stands for one that holds in no world.
    """
    roots = np.asarray(roots, np.int64)
    start, target = dependency_graph(graph)
    leaf_of = np.full(graph.atoms, -1, np.int32)
    leaf_of[graph.leaves.atom] = np.arange(len(graph.leaves), dtype=np.int32)
    real = np.unique(roots[roots >= 0])
    order, component = strong_components(start, target, real, len(start) - 1)
    kind, begin, child, leaf, atom, components, node_of = _emit(
        order, component, start, target, graph.atoms, graph.certain, leaf_of, graph.start, graph.body, len(graph.leaves)
    )
    places = np.where(roots >= 0, node_of[np.maximum(roots, 0)], -1) if graph.atoms else np.full(len(roots), -1)
    if (places < 0).any():
        kind = np.append(kind, np.int8(FALSE))
        begin = np.append(begin, begin[-1])
        leaf, atom = np.append(leaf, np.int32(-1)), np.append(atom, np.int32(-1))
        places = np.where(places < 0, len(kind) - 1, places)
    return Circuit(kind, begin, child, leaf, places.astype(np.int32), len(graph.leaves), atom, components)


def plain_or(circuit: Circuit) -> Circuit:
    """The circuit with every independent or written as ``not (not a and not b)``, for kernels that have no such node."""
    if not (circuit.kind == NOISY_OR).any():
        return circuit
    kinds: list[int] = []
    children: list[list[int]] = []
    leaf: list[int] = []
    atom: list[int] = []
    place = np.zeros(circuit.nodes, np.int64)
    complement: dict[int, int] = {}

    def add(kind: int, below: list[int], number: int = -1, of: int = -1) -> int:
        kinds.append(kind)
        children.append(below)
        leaf.append(number)
        atom.append(of)
        return len(kinds) - 1

    for node in range(circuit.nodes):
        below = [int(place[c]) for c in circuit.child[circuit.start[node] : circuit.start[node + 1]]]
        if circuit.kind[node] != NOISY_OR:
            place[node] = add(int(circuit.kind[node]), below, int(circuit.leaf[node]), int(circuit.atom[node]))
            continue
        for inner in below:
            if inner not in complement:
                complement[inner] = add(NOT, [inner])
        product = add(PRODUCT, [complement[inner] for inner in below])
        place[node] = add(NOT, [product], -1, int(circuit.atom[node]))
    start = np.concatenate([[0], np.cumsum([len(c) for c in children])]).astype(np.int64)
    return Circuit(
        np.array(kinds, np.int8), start, np.array([x for c in children for x in c], np.int32), np.array(leaf, np.int32),
        place[circuit.roots].astype(np.int32), circuit.leaves, np.array(atom, np.int32), np.zeros((0, 2), np.int64),
    )  # fmt: skip
