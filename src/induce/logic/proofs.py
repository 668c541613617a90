"""The most probable proofs of one atom, as trees to read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.logic.circuit import dependency_graph, strong_components
from induce.logic.hypergraph import Hypergraph

__all__ = ["Proof", "k_best"]

Literals = frozenset[int]


@dataclass(frozen=True)
class Proof:
    """A derivation: an atom, the rule that makes it, and the proofs of the rule's body.

    Parameters
    ----------
    atom : int
    rule : int
        Number of the rule; -1 for a leaf or a fact.
    children : tuple of Proof
    negated : tuple of int
        Atoms whose absence the rule asks for.
    weight : float
        Product of the weights of the leaves of the tree, and of the probabilities of the absences (or what takes its
        place under the algebra).
    absence : float
        The part of the weight that is due to absences.
    """

    atom: int
    rule: int
    children: tuple[Proof, ...]
    negated: tuple[int, ...]
    weight: float
    absence: float = 1.0

    @property
    def leaves(self) -> frozenset[int]:
        """Atoms at the leaves."""
        if self.rule < 0:
            return frozenset([self.atom])
        return frozenset(a for c in self.children for a in c.leaves)


def k_best(
    graph: Hypergraph, atom: int, weights: Any, k: int = 3, *, absent: Any = None, times: Any = np.prod
) -> list[Proof]:
    """The ``k`` most probable proofs of an atom, best first.

    A proof never uses an atom to prove itself, and never two values of one categorical variable.

    Parameters
    ----------
    graph : Hypergraph
    atom : int
    weights : array, shape (leaves,)
    k : int
    absent : callable, optional
        Probability that an atom does not hold, for negated literals; 1 by default.
    times : callable
        The weight of a proof from the weights of its leaves (and absences), such as ``numpy.min``.

    References
    ----------
    L. Huang and D. Chiang (2005), Better k-best Parsing.
    """
    weights = np.asarray(weights, np.float64).reshape(-1)
    table = _tables(graph, [atom], weights, k, absent or (lambda a: 1.0), times)
    found = table.get(atom, [])
    return [proof for _, _, proof in found[:k]]


Entry = tuple[float, Literals, Any]


def _tables(
    graph: Hypergraph, roots: list[int], weights: NDArray[np.float64], k: int, absent: Any, times: Any
) -> dict[int, list[Entry]]:
    """For every atom that the roots need, its best proofs as (weight, leaves, tree)."""
    leaf_of = {int(a): n for n, a in enumerate(graph.leaves.atom)}
    start, target = dependency_graph(graph)
    order, component = strong_components(start, target, np.array(roots, np.int64), len(start) - 1)
    table: dict[int, list[Entry]] = {}
    at = 0
    while at < len(order):
        end = at + 1
        while end < len(order) and component[order[end]] == component[order[at]]:
            end += 1
        members = [int(n) for n in order[at:end] if n < graph.atoms]
        for atom in members:
            table[atom] = _given(graph, atom, leaf_of, weights)
        for _ in range(max(len(members), 1) if end - at > 1 else 1):
            changed = False
            for atom in members:
                made = _given(graph, atom, leaf_of, weights)
                for edge in range(start[atom], start[atom + 1]):
                    instance = int(target[edge]) - graph.atoms
                    made += _instance(graph, instance, atom, table, k, weights, absent, times)
                kept = _best(made, k)
                if [e[:2] for e in kept] != [e[:2] for e in table[atom]]:
                    table[atom] = kept
                    changed = True
            if not changed:
                break
        at = end
    return table


def _given(graph: Hypergraph, atom: int, leaf_of: dict[int, int], weights: NDArray[np.float64]) -> list[Entry]:
    if graph.certain[atom]:
        return [(1.0, frozenset(), Proof(atom, -1, (), (), 1.0))]
    if atom in leaf_of:
        weight = float(weights[leaf_of[atom]])
        return [(weight, frozenset([leaf_of[atom]]), Proof(atom, -1, (), (), weight))]
    return []


def _best(entries: list[Entry], k: int) -> list[Entry]:
    """The best ``k`` with different leaves; a proof that contains a better one's leaves adds nothing."""
    kept: list[Entry] = []
    for entry in sorted(entries, key=lambda e: (-e[0], len(e[1]), sorted(e[1]))):
        if len(kept) == k:
            break
        if not any(other[1] <= entry[1] for other in kept):
            kept.append(entry)
    return kept


def _instance(
    graph: Hypergraph,
    instance: int,
    atom: int,
    table: dict[int, list[Entry]],
    k: int,
    weights: Any,
    absent: Any,
    times: Any,
) -> list[Entry]:
    """Proofs by one rule instance: the best combinations of its body's proofs; shared leaves count once."""
    literals = graph.body[graph.start[instance] : graph.start[instance + 1]].tolist()
    negated = tuple(x >> 1 for x in literals if x & 1)
    own = 1.0
    for inner in negated:
        own = float(times([own, absent(inner)]))
    partial: list[tuple[float, Literals, tuple[Any, ...]]] = [(1.0, frozenset(), ())]
    for literal in literals:
        if literal & 1:
            continue
        following = []
        for _, leaves, trees in partial:
            for _, more, tree in table.get(literal >> 1, []):
                union = leaves | more
                if not _uses(tree, atom) and not _clash(union, graph):
                    weight = float(times(weights[list(union)])) if union else 1.0
                    following.append((weight, union, (*trees, tree)))
        following.sort(key=lambda e: (-e[0], sorted(e[1])))
        partial = following[: 4 * k]
    rule = int(graph.rule[instance])
    found = []
    for w, leaves, trees in partial[: 2 * k]:
        absence = float(times([own, *(t.absence for t in trees)]))
        whole = float(times([w, absence]))
        found.append((whole, leaves, Proof(atom, rule, trees, negated, whole, absence)))
    return found


def _uses(tree: Proof, atom: int) -> bool:
    stack = [tree]
    while stack:
        node = stack.pop()
        if node.atom == atom:
            return True
        stack.extend(node.children)
    return False


def _clash(leaves: Literals, graph: Hypergraph) -> bool:
    """Whether two of the leaves are values of one categorical variable."""
    groups = [int(g) for g in graph.leaves.group[list(leaves)] if graph.leaves.categorical[g]]
    return len(set(groups)) < len(groups)
