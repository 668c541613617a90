"""Exact probability by variable elimination: long chains, grids and other programs of small width as circuits.

Every random variable and every derived atom is a variable, every rule a factor with one row for each assignment that it
allows. Variables are eliminated in a greedy order; the nodes that the rows carry are sums over the values of a variable
and products over factors, hence deterministic and decomposable. Messages go through the tree of buckets up, and down to
the bucket of each query (G. Shafer and P. Shenoy 1990, Probability Propagation; R. Dechter 1999, Bucket Elimination).
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.errors import LimitError
from induce.logic.circuit import FALSE, LEAF, NOT, NOT_LEAF, PRODUCT, SUM, TRUE, Circuit
from induce.logic.diagrams import variables_of
from induce.logic.hypergraph import Hypergraph
from induce.logic.nodes import NodeWriter, reached

__all__ = ["eliminated_circuit"]

MOST_ROWS = 1_000_000
"""Rows of one factor."""
WIDEST = 62.0
"""Bits of one assignment: the variables of a factor are packed into one integer."""
Int64 = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Factor:
    """Assignments of some variables, packed with the first variable slowest, and the node of each."""

    variables: tuple[int, ...]
    code: Int64
    node: Int64


Literal = tuple[int, tuple[bool, ...]]
"""A variable, and for each of its values whether the literal holds; the variable -1 has one value."""


class _Elimination:
    """Variables, factors and the tree of buckets of one circuit."""

    def __init__(self, graph: Hypergraph, circuit: Circuit, roots: Any, writer: NodeWriter) -> None:
        self.writer = writer
        self.sizes: list[int] = []
        self.weight: dict[int, Int64] = {}
        self.factors: list[_Factor] = []
        variable_of: dict[int, tuple[int, int]] = {}
        for leaves in variables_of(graph, circuit):
            if graph.leaves.categorical[graph.leaves.group[leaves[0]]]:
                nodes = writer.leaf_nodes(LEAF, leaves)
            else:
                nodes = np.concatenate([writer.leaf_nodes(NOT_LEAF, leaves), writer.leaf_nodes(LEAF, leaves)])
            variable = self._variable(len(nodes))
            self.weight[variable] = nodes
            variable_of |= {
                int(leaf): (variable, k if len(leaves) > 1 else len(nodes) - 1) for k, leaf in enumerate(leaves)
            }
        self.literals: dict[int, Literal] = {}
        for node in np.flatnonzero(reached(circuit.start, circuit.child, np.asarray(roots, np.int64))).tolist():
            self.literals[node] = self._literal(circuit, node, variable_of)

    def _variable(self, size: int) -> int:
        self.sizes.append(size)
        return len(self.sizes) - 1

    def _literal(self, circuit: Circuit, node: int, variable_of: dict[int, tuple[int, int]]) -> Literal:
        kind = int(circuit.kind[node])
        if kind in (TRUE, FALSE):
            return -1, (kind == TRUE,)
        if kind in (LEAF, NOT_LEAF):
            variable, value = variable_of[int(circuit.leaf[node])]
            return variable, tuple((v == value) == (kind == LEAF) for v in range(self.sizes[variable]))
        below = [self.literals[c] for c in circuit.child[circuit.start[node] : circuit.start[node + 1]].tolist()]
        if kind == NOT:
            return below[0][0], tuple(not t for t in below[0][1])
        made = below[0]
        for other in below[1:]:
            made = self._gate(made, other, kind == PRODUCT)
        return made

    def _gate(self, a: Literal, b: Literal, both: bool) -> Literal:
        """The conjunction or disjunction of two literals as a variable with its factor."""
        join = np.logical_and if both else np.logical_or
        if a[0] == b[0]:
            return a[0], tuple(bool(t) for t in join(a[1], b[1]))
        if -1 in (a[0], b[0]):
            constant, other = (a, b) if a[0] == -1 else (b, a)
            return other if constant[1][0] == both else constant
        truth = join(np.array(a[1])[:, None], np.array(b[1])[None, :]).reshape(-1)
        made = self._variable(2)
        code = np.arange(len(truth)) * 2 + truth
        self.factors.append(_Factor((a[0], b[0], made), code, np.ones(len(code), np.int64)))
        return made, (False, True)

    def demand(self, literal: Literal, holds: bool) -> bool:
        """What is known; False if it cannot be."""
        allowed = np.flatnonzero(np.array(literal[1]) == holds)
        if literal[0] < 0:
            return bool(len(allowed))
        self.factors.append(_Factor((literal[0],), allowed, np.ones(len(allowed), np.int64)))
        return True

    # ---- factors

    def _column(self, factor: _Factor, variable: int) -> Int64:
        stride = 1
        for v in reversed(factor.variables):
            if v == variable:
                return factor.code // stride % self.sizes[v]
            stride *= self.sizes[v]
        raise AssertionError(variable)

    def _packed(self, factor: _Factor, variables: tuple[int, ...]) -> Int64:
        found = np.zeros(len(factor.code), np.int64)
        for v in variables:
            found = found * self.sizes[v] + self._column(factor, v)
        return found

    def _joined(self, factors: list[_Factor]) -> _Factor:
        """The product of factors, the small ones first."""
        if not factors:
            return _Factor((), np.zeros(1, np.int64), np.ones(1, np.int64))
        waiting = sorted(factors, key=lambda f: len(f.code))
        made = waiting.pop(0)
        while waiting:
            following = next((f for f in waiting if set(f.variables) & set(made.variables)), waiting[0])
            waiting.remove(following)
            made = self._join(made, following)
        return made

    def _join(self, a: _Factor, b: _Factor) -> _Factor:
        shared = tuple(v for v in a.variables if v in b.variables)
        own = tuple(v for v in b.variables if v not in a.variables)
        if sum(math.log2(self.sizes[v]) for v in (*a.variables, *own)) > WIDEST:
            raise LimitError(f"elimination met a factor over {len(a.variables) + len(own)} variables.")
        left, right = self._packed(a, shared), self._packed(b, shared)
        order = np.argsort(right, kind="stable")
        low, high = np.searchsorted(right[order], left, "left"), np.searchsorted(right[order], left, "right")
        count = high - low
        total = int(count.sum())
        if total > MOST_ROWS:
            raise LimitError(f"elimination met a factor of {total:,} rows (limit {MOST_ROWS:,}).")
        rows = np.repeat(np.arange(len(left)), count)
        others = order[np.arange(total) - np.repeat(np.cumsum(count) - count, count) + np.repeat(low, count)]
        width = math.prod(self.sizes[v] for v in own)
        code = a.code[rows] * width + self._packed(b, own)[others]
        return _Factor((*a.variables, *own), code, self.writer.products(a.node[rows], b.node[others]))

    def _summed(self, factor: _Factor, rest: tuple[int, ...]) -> _Factor:
        """The factor over fewer variables: the sum over the others."""
        key = self._packed(factor, rest)
        order = np.argsort(key, kind="stable")
        starts = np.flatnonzero(np.append(True, np.diff(key[order]) != 0)) if len(key) else np.zeros(0, np.int64)
        return _Factor(rest, key[order][starts], self.writer.sums(factor.node[order], starts))

    def _without(self, factor: _Factor, variable: int) -> _Factor:
        """Eliminate a variable, with its weights if it is random; one that makes no difference leaves nothing behind."""
        rest = tuple(v for v in factor.variables if v != variable)
        if variable not in self.weight:
            return self._summed(factor, rest)
        key = self._packed(factor, rest)
        order = np.argsort(key, kind="stable")
        starts = np.flatnonzero(np.append(True, np.diff(key[order]) != 0)) if len(key) else np.zeros(0, np.int64)
        if not len(starts):
            return _Factor(rest, key, factor.node)
        lengths = np.diff(np.append(starts, len(key)))
        nodes = factor.node[order]
        same = (lengths == self.sizes[variable]) & (
            np.minimum.reduceat(nodes, starts) == np.maximum.reduceat(nodes, starts)
        )
        weighted = self.writer.products(nodes, self.weight[variable][self._column(factor, variable)[order]])
        kept = np.repeat(~same, lengths)
        found = np.empty(len(starts), np.int64)
        found[same] = nodes[starts[same]]
        inner = np.cumsum(lengths[~same]) - lengths[~same]
        if len(inner):
            found[~same] = self.writer.sums(weighted[kept], inner)
        return _Factor(rest, key[order][starts], found)

    def _weighted(self, factor: _Factor, variable: int) -> _Factor:
        if variable not in self.weight:
            return factor
        nodes = self.writer.products(factor.node, self.weight[variable][self._column(factor, variable)])
        return _Factor(factor.variables, factor.code, nodes)

    # ---- the tree of buckets

    def run(self) -> None:
        """Messages up: every variable is eliminated in its bucket."""
        order = _order(self.sizes, [f.variables for f in self.factors])
        self.place = {v: k for k, v in enumerate(order)}
        self.own: dict[int, list[_Factor]] = {v: [] for v in order}
        self.children: dict[int, list[int]] = {v: [] for v in order}
        self.up: dict[int, _Factor] = {}
        self.parent: dict[int, int] = {}
        self.down: dict[int, _Factor] = {}
        self.total = np.ones(1, np.int64)
        self.ends: dict[int, Int64] = {}
        for factor in self.factors:
            self.own[self._first(factor)].append(factor)
        for v in order:
            whole = self._joined([*self.own[v], *(self.up[c] for c in self.children[v])])
            if v not in whole.variables:  # nothing is said of it
                whole = self._join(whole, _Factor((v,), np.arange(self.sizes[v]), np.ones(self.sizes[v], np.int64)))
            self.up[v] = self._without(whole, v)
            if self.up[v].variables:
                self.parent[v] = self._first(self.up[v])
                self.children[self.parent[v]].append(v)
            else:
                self.ends[v] = self.up[v].node if len(self.up[v].node) else np.zeros(1, np.int64)
            self.writer.check()
        for node in self.ends.values():
            self.total = (
                np.zeros(1, np.int64) if 0 in (node[0], self.total[0]) else self.writer.products(self.total, node)
            )

    def _first(self, factor: _Factor) -> int:
        return min(factor.variables, key=self.place.__getitem__)

    def query(self, literal: Literal) -> Int64:
        """The node of a literal together with the evidence."""
        variable, truth = literal
        if variable < 0:
            return self.total if truth[0] else np.zeros(1, np.int64)
        path = [variable]
        while path[-1] in self.parent:
            path.append(self.parent[path[-1]])
        for v in path[-2::-1]:
            if v not in self.down:
                self.down[v] = self._down(v)
        whole = self._joined(
            [*self.own[variable], *(self.up[c] for c in self.children[variable]), *self._above(variable)]
        )
        allowed = np.flatnonzero(np.array(truth))
        whole = self._join(whole, _Factor((variable,), allowed, np.ones(len(allowed), np.int64)))
        found = self._summed(self._weighted(whole, variable), ()).node
        for end, node in self.ends.items():
            if end != path[-1] and len(found):
                found = np.zeros(0, np.int64) if node[0] == 0 else self.writer.products(found, node)
        self.writer.check()
        return found if len(found) else np.zeros(1, np.int64)

    def _above(self, variable: int) -> list[_Factor]:
        return [self.down[variable]] if variable in self.down else []

    def _down(self, v: int) -> _Factor:
        """The message from the parent: everything else that it knows, over the variables that both have."""
        p = self.parent[v]
        others = [self.up[c] for c in self.children[p] if c != v]
        whole = self._joined([*self.own[p], *others, *self._above(p)])
        missing = tuple(u for u in self.up[v].variables if u not in whole.variables)
        for u in (*missing, *(() if p in (*whole.variables, *missing) else (p,))):
            whole = self._join(whole, _Factor((u,), np.arange(self.sizes[u]), np.ones(self.sizes[u], np.int64)))
        return self._summed(self._weighted(whole, p), self.up[v].variables)


def _order(sizes: list[int], scopes: list[tuple[int, ...]]) -> list[int]:
    """Variables in the order of elimination: always the one whose bucket has the fewest assignments."""
    bits = [math.log2(max(s, 2)) for s in sizes]
    near: list[set[int]] = [set() for _ in sizes]
    for scope in scopes:
        for v in scope:
            near[v].update(scope)
    for v, mine in enumerate(near):
        mine.discard(v)
    cost = [bits[v] + sum(bits[u] for u in near[v]) for v in range(len(sizes))]
    heap = [(c, v) for v, c in enumerate(cost)]
    heapq.heapify(heap)
    done = [False] * len(sizes)
    order = []
    while heap:
        c, v = heapq.heappop(heap)
        if done[v] or c != cost[v]:
            continue
        if c > WIDEST:
            raise LimitError(f"elimination needs a factor over {len(near[v]) + 1} variables.")
        done[v] = True
        order.append(v)
        for u in near[v]:
            near[u] |= near[v]
            near[u] -= {u, v}
            cost[u] = bits[u] + sum(bits[w] for w in near[u])
            heapq.heappush(heap, (cost[u], u))
    return order


def _demands(circuit: Circuit, waiting: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """What must (not) hold, part by part: of a sum that must not hold every summand, of a product that must every factor."""
    found: dict[tuple[int, int], None] = {}
    while waiting:
        node, sign = waiting.pop()
        kind = int(circuit.kind[node])
        below = circuit.child[circuit.start[node] : circuit.start[node + 1]].tolist()
        if kind == NOT:
            waiting.append((below[0], 1 - sign))
        elif kind == (SUM if sign else PRODUCT):
            waiting += [(inner, sign) for inner in below]
        else:
            found.setdefault((node, sign))
    return list(found)


def eliminated_circuit(
    graph: Hypergraph, circuit: Circuit, queries: int, signs: NDArray[np.int64], nodes: int, seconds: float
) -> Circuit:
    """Roots ``query and evidence`` and last the evidence itself, as a deterministic and decomposable circuit.

    Parameters
    ----------
    graph : Hypergraph
    circuit : Circuit
        Plain circuit, without cycles, of the queries and then the evidence atoms.
    queries : int
    signs : int array, shape (evidence,)
        1 where the evidence is that the atom does not hold.
    nodes, seconds : budget

    Raises
    ------
    LimitError
        Beyond the budget, and where the width is too large.
    """
    writer = NodeWriter(nodes, seconds)
    asked = circuit.roots[:queries].tolist()
    demands = _demands(circuit, list(zip(circuit.roots[queries:].tolist(), signs.tolist(), strict=True)))
    made = _Elimination(graph, circuit, [*asked, *(node for node, _ in demands)], writer)
    if not all([made.demand(made.literals[node], not sign) for node, sign in demands]):
        return writer.circuit(np.zeros(queries + 1, np.int64), len(graph.leaves))
    made.run()
    found = [made.query(made.literals[root]) for root in asked]
    return writer.circuit(np.concatenate([*found, made.total]), len(graph.leaves))
