"""Knowledge compilation to sentential decision diagrams, by pysdd (an optional dependency).

A categorical variable is one literal for each value, with an exactly-one constraint; the weight of a negative literal is
1, so the values' probabilities are the leaves' weights as they are.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pysdd.sdd import SddManager, Vtree

from induce.errors import LimitError
from induce.logic.circuit import FALSE, LEAF, NOISY_OR, NOT, NOT_LEAF, PRODUCT, SUM, TRUE, Circuit
from induce.logic.diagrams import variables_of
from induce.logic.hypergraph import Hypergraph

__all__ = ["SddCompiler", "sdd_circuit"]


class SddCompiler:
    """One manager and what was compiled with it."""

    def __init__(self, graph: Hypergraph, circuit: Circuit, nodes: int, seconds: float) -> None:
        self.graph, self.circuit = graph, circuit
        self.nodes, self.deadline, self.seconds = nodes, time.monotonic() + seconds, seconds
        self.variables = variables_of(graph, circuit)
        order = [int(leaf) for leaves in self.variables for leaf in leaves]
        self.place = {leaf: k + 1 for k, leaf in enumerate(order)}
        self.order = order
        count = max(len(order), 1)
        vtree = Vtree(var_count=count, var_order=list(range(1, count + 1)), vtree_type="balanced")
        self.manager = SddManager.from_vtree(vtree)
        self.manager.auto_gc_and_minimize_off()

    def check(self) -> None:
        """Raise when a budget is used up."""
        live = self.manager.count()
        if live > self.nodes or time.monotonic() > self.deadline:
            over = live > self.nodes
            why = f"{live:,} nodes (limit {self.nodes:,})" if over else f"{self.seconds:g} s of compilation"
            raise LimitError(f"the SDD over {len(self.order):,} literals passed {why}.")

    def needed(self, roots: list[int]) -> NDArray[np.bool_]:
        """Nodes below some roots."""
        found = np.zeros(self.circuit.nodes, np.bool_)
        stack = list(roots)
        while stack:
            node = stack.pop()
            if not found[node]:
                found[node] = True
                stack += self.circuit.child[self.circuit.start[node] : self.circuit.start[node + 1]].tolist()
        return found

    def bottom_up(self, roots: list[int]) -> list[Any]:
        """The SDD of every node below the roots."""
        done: list[Any] = [None] * self.circuit.nodes
        wanted = self.needed(roots)
        at = 0
        for low, high in self.circuit.components.tolist():
            for node in range(at, low):
                if wanted[node]:
                    done[node] = self.node(node, done)
            for node in range(low, high):
                done[node] = self.manager.false()
            changed = bool(wanted[low:high].any())
            while changed:
                changed = False
                for node in range(low, high):
                    made = self.node(node, done)
                    if made.id != done[node].id:
                        changed = True
                        done[node] = made
            at = high
        for node in range(at, self.circuit.nodes):
            if wanted[node]:
                done[node] = self.node(node, done)
        return done

    def node(self, node: int, done: list[Any]) -> Any:
        """The SDD of one node from those of its children."""
        kind, circuit = int(self.circuit.kind[node]), self.circuit
        if kind == TRUE:
            return self.manager.true()
        if kind == FALSE:
            return self.manager.false()
        if kind in (LEAF, NOT_LEAF):
            literal = self.place[int(circuit.leaf[node])]
            return self.manager.literal(literal if kind == LEAF else -literal)
        children = [done[c] for c in circuit.child[circuit.start[node] : circuit.start[node + 1]]]
        if kind == NOT:
            return self.manager.negate(children[0])
        made = children[0]
        for other in children[1:]:
            made = self.manager.conjoin(made, other) if kind == PRODUCT else self.manager.disjoin(made, other)
            self.check()
        assert kind in (PRODUCT, SUM, NOISY_OR)
        return made

    def exactly_one(self, leaves: Any) -> Any:
        """Exactly one value of a categorical variable holds."""
        manager = self.manager
        made = manager.false()
        for one in leaves:
            term = manager.true()
            for other in leaves:
                literal = self.place[int(other)]
                term = manager.conjoin(term, manager.literal(literal if other == one else -literal))
            made = manager.disjoin(made, term)
        return made


def sdd_circuit(
    graph: Hypergraph, circuit: Circuit, queries: int, signs: NDArray[np.int64], nodes: int, seconds: float
) -> Circuit:
    """Roots ``query and evidence`` and last the evidence itself, as a deterministic and decomposable circuit.

    Raises
    ------
    LimitError
        Beyond the budget of nodes or seconds.
    """
    compiler = SddCompiler(graph, circuit, nodes, seconds)
    manager = compiler.manager
    # what must not hold is refused summand by summand: the disjunction itself can be far larger
    demands: list[tuple[int, int]] = []
    for root, sign in zip(circuit.roots[queries:].tolist(), signs.tolist(), strict=True):
        if sign and circuit.kind[root] == SUM and not circuit.cyclic:
            demands += [(c, 1) for c in circuit.child[circuit.start[root] : circuit.start[root + 1]].tolist()]
        else:
            demands.append((root, sign))
    done = compiler.bottom_up([*circuit.roots[:queries].tolist(), *(node for node, _ in demands)])
    given = manager.true()
    for leaves in compiler.variables:
        if graph.leaves.categorical[graph.leaves.group[leaves[0]]]:
            given = manager.conjoin(given, compiler.exactly_one(leaves))
            compiler.check()
    for node, sign in demands:
        held = done[node]
        given = manager.conjoin(given, manager.negate(held) if sign else held)
        compiler.check()
    roots = []
    for root in circuit.roots[:queries]:
        roots.append(manager.conjoin(done[root], given))
        compiler.check()
    return _to_circuit([*roots, given], compiler, len(graph.leaves))


def _to_circuit(roots: list[Any], compiler: SddCompiler, leaves: int) -> Circuit:
    """Decision nodes as sums of products, shared; negative literals of categorical variables are true."""
    graph = compiler.graph
    kinds, children, leaf = [FALSE, TRUE], [[], []], [-1, -1]  # type: ignore[var-annotated]
    known: dict[int, int] = {}

    def add(kind: int, below: list[int], number: int = -1) -> int:
        kinds.append(kind)
        children.append(below)
        leaf.append(number)
        return len(kinds) - 1

    def simple(node: Any) -> int | None:
        if node.is_true():
            return 1
        if node.is_false():
            return 0
        if node.is_literal():
            literal = int(node.literal)
            number = compiler.order[abs(literal) - 1]
            categorical = bool(graph.leaves.categorical[graph.leaves.group[number]])
            if literal < 0 and categorical:
                return 1
            return add(LEAF if literal > 0 else NOT_LEAF, [], number)
        return None

    for root in roots:
        stack = [root]
        while stack:
            node = stack[-1]
            if node.id in known:
                stack.pop()
                continue
            made = simple(node)
            if made is not None:
                known[node.id] = made
                stack.pop()
                continue
            elements = node.elements()
            waiting = [x for pair in elements for x in pair if x.id not in known]
            if waiting:
                stack.extend(waiting)
                continue
            terms = []
            for prime, sub in elements:
                a, b = known[prime.id], known[sub.id]
                if a == 0 or b == 0:
                    continue
                terms.append(b if a == 1 else a if b == 1 else add(PRODUCT, [a, b]))
            known[node.id] = 0 if not terms else terms[0] if len(terms) == 1 else add(SUM, terms)
            stack.pop()
    start = np.concatenate([[0], np.cumsum([len(c) for c in children])]).astype(np.int64)
    return Circuit(
        np.array(kinds, np.int8), start, np.array([x for c in children for x in c], np.int32),
        np.array(leaf, np.int32), np.array([known[r.id] for r in roots], np.int32), leaves,
        np.full(len(kinds), -1, np.int32), np.zeros((0, 2), np.int64),
    )  # fmt: skip
