"""Constraint-heavy parts by listing their consistent worlds: variables are assigned one after another, all at once.

The right method when few worlds survive the constraints, however many there are without: the 288 filled 4x4 Sudokus among
4 billion. Partial assignments that a constraint forbids are dropped as soon as its last variable is assigned.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.logic.bits import forward_bits, packed, unpacked
from induce.logic.circuit import LEAF, NOT_LEAF, PRODUCT, SUM, Circuit
from induce.logic.diagrams import DiagramWriter, variables_of
from induce.logic.hypergraph import Hypergraph

__all__ = ["MOST_LISTED", "listed_circuit"]

MOST_LISTED = 200_000
NoGood = list[tuple[int, int, bool]]
"""Literals (variable, value, negated) that must not hold together."""


def listed_circuit(
    graph: Hypergraph, circuit: Circuit, queries: int, signs: NDArray[np.int64]
) -> tuple[Circuit, int] | None:
    """Roots ``query and evidence`` and last the evidence, from the list of consistent worlds; None if it grows too long.

    Parameters
    ----------
    graph : Hypergraph
    circuit : Circuit
        Plain circuit of the queries and then the evidence atoms.
    queries : int
    signs : int array, shape (evidence,)
        1 where the evidence is that the atom does not hold.

    Returns
    -------
    circuit, worlds
    """
    variables = variables_of(graph, circuit)
    place = {int(leaf): (v, k) for v, leaves in enumerate(variables) for k, leaf in enumerate(leaves)}
    boolean = [not graph.leaves.categorical[graph.leaves.group[v[0]]] for v in variables]
    forbidden: list[list[NoGood]] = [[] for _ in variables]
    for root, sign in zip(circuit.roots[queries:].tolist(), signs.tolist(), strict=True):
        for literals in _no_goods(circuit, root, bool(sign), place, boolean):
            if literals:
                forbidden[max(v for v, _, _ in literals)].append(literals)
    if not any(forbidden):
        return None
    rows = np.zeros((1, 0), np.int16)
    for v, leaves in enumerate(variables):
        size = 2 if boolean[v] else len(leaves)
        if len(rows) * size > MOST_LISTED:
            return None
        rows = np.column_stack([np.repeat(rows, size, axis=0), np.tile(np.arange(size, dtype=np.int16), len(rows))])
        keep = np.ones(len(rows), np.bool_)
        for literals in forbidden[v]:
            broken = np.ones(len(rows), np.bool_)
            for variable, value, negated in literals:
                same = rows[:, variable] == value
                broken &= ~same if negated else same
            keep &= ~broken
        rows = rows[keep]
    truth = _truth(graph, circuit, variables, boolean, rows)
    given = np.ones(len(rows), np.bool_)
    for row, sign in zip(truth[queries:], signs, strict=True):
        given &= ~row if sign else row
    writer = DiagramWriter()
    roots = [_fold(writer, rows[given & row], variables, boolean) for row in truth[:queries]]
    roots.append(_fold(writer, rows[given], variables, boolean))
    return writer.finished(roots, len(graph.leaves)), int(given.sum())


def _no_goods(circuit: Circuit, root: int, negated: bool, place: Any, boolean: list[bool]) -> list[NoGood]:
    """Sets of leaf literals that the evidence excludes, as far as they can be read off directly."""

    def literal(node: int) -> tuple[int, int, bool] | None:
        if circuit.kind[node] not in (LEAF, NOT_LEAF):
            return None
        variable, value = place[int(circuit.leaf[node])]
        if boolean[variable]:
            return variable, int(circuit.kind[node] == LEAF), False
        return variable, value, bool(circuit.kind[node] == NOT_LEAF)

    def conjunction(node: int) -> NoGood | None:
        if circuit.kind[node] == PRODUCT:
            found = [literal(c) for c in circuit.child[circuit.start[node] : circuit.start[node + 1]].tolist()]
        else:
            found = [literal(node)]
        return None if None in found else found  # type: ignore[return-value]

    kind = circuit.kind[root]
    if negated:
        terms = circuit.child[circuit.start[root] : circuit.start[root + 1]].tolist() if kind == SUM else [root]
        return [found for found in (conjunction(t) for t in terms) if found is not None]
    single = literal(root)
    if single is None:
        return []
    variable, value, inverted = single
    return [[(variable, 1 - value, False) if boolean[variable] else (variable, value, not inverted)]]


def _truth(
    graph: Hypergraph, circuit: Circuit, variables: list[Any], boolean: list[bool], rows: NDArray[np.int16]
) -> NDArray[np.bool_]:
    """Truth of every root in every listed world."""
    bits = np.zeros((len(graph.leaves), max(len(rows), 1)), np.bool_)
    for v, leaves in enumerate(variables):
        if boolean[v]:
            bits[leaves[0], : len(rows)] = rows[:, v] == 1
        else:
            for k, leaf in enumerate(leaves):
                bits[leaf, : len(rows)] = rows[:, v] == k
    return unpacked(forward_bits(circuit, packed(bits))[circuit.roots], len(rows))


def _fold(writer: DiagramWriter, rows: NDArray[np.int16], variables: list[Any], boolean: list[bool]) -> int:
    """The decision diagram of a sorted list of worlds, from the last variable to the first."""
    if not len(rows):
        return 0
    nodes = np.ones(len(rows), np.int64)
    for v in range(len(variables) - 1, -1, -1):
        size = 2 if boolean[v] else len(variables[v])
        fresh = np.ones(len(rows), np.bool_)
        if v:
            fresh[1:] = (rows[1:, :v] != rows[:-1, :v]).any(axis=1)
        else:
            fresh[1:] = False
        starts = np.flatnonzero(fresh)
        table = np.zeros((len(starts), size), np.int64)
        table[np.cumsum(fresh) - 1, rows[:, v]] = nodes
        unique, inverse = np.unique(table, axis=0, return_inverse=True)
        made = np.array([writer.decision(variables[v], boolean[v], row) for row in unique.tolist()], np.int64)
        nodes = made[np.asarray(inverse).reshape(-1)]
        rows = rows[starts]
    return int(nodes[0])
