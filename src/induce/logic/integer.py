"""The most probable consistent world as an integer program, for constraints that no circuit can hold.

Every node of the circuit of the evidence is a number between 0 and 1, tied to its children by linear inequalities that
leave it no choice once the leaves are whole; HiGHS maximises the log weight of the leaves. Its relaxation is tight for
exclusive values, so that grids and schedules take tenths of a second where search over Booleans takes minutes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_matrix

from induce.logic.circuit import FALSE, LEAF, NOISY_OR, NOT, NOT_LEAF, PRODUCT, SUM, TRUE, Circuit
from induce.logic.hypergraph import Hypergraph

__all__ = ["IntegerProgram", "log_odds"]

TINY = 1e-300


def log_odds(graph: Hypergraph, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """What each leaf adds to the log weight of a world when it holds, shape (leaves,).

    For a Boolean leaf ``log p - log (1 - p)``, for a value of a categorical variable its log over the largest.
    """
    top = np.full(len(graph.leaves.categorical), TINY)
    np.maximum.at(top, graph.leaves.group, weights)
    categorical = graph.leaves.categorical[graph.leaves.group]
    other = np.where(categorical, top[graph.leaves.group], 1.0 - weights)
    return np.asarray(np.log(np.maximum(weights, TINY)) - np.log(np.maximum(other, TINY)), np.float64)


class IntegerProgram:
    """Consistent worlds as the whole points of a polytope.

    Parameters
    ----------
    graph : Hypergraph
    circuit : Circuit
        Without cycles; its roots are the evidence.
    given : sequence of signed literals
        ``2 * atom``, or ``2 * atom + 1`` for its absence, one for each root.
    """

    def __init__(self, graph: Hypergraph, circuit: Circuit, given: Sequence[int]) -> None:
        self.graph = graph
        self.leaves = len(graph.leaves)
        size = self.leaves + circuit.nodes
        rows = _rows(circuit, self.leaves)
        low, high = np.zeros(size), np.ones(size)
        nodes = np.arange(circuit.nodes) + self.leaves
        low[nodes[circuit.kind == TRUE]] = 1.0
        high[nodes[circuit.kind == FALSE]] = 0.0
        for literal, root in zip(given, circuit.roots.tolist(), strict=True):
            fixed = 1.0 - (literal & 1)
            low[self.leaves + root] = max(low[self.leaves + root], fixed)
            high[self.leaves + root] = min(high[self.leaves + root], fixed)
        self.contradictory = bool((low > high).any())
        exclusive = csr_matrix((np.ones(self.leaves), (graph.leaves.group, np.arange(self.leaves))))
        exclusive = exclusive[np.flatnonzero(graph.leaves.categorical)] if self.leaves else exclusive
        exclusive.resize(exclusive.shape[0], size)
        self.low, self.high = low, high
        self.constraints = [LinearConstraint(m, a, b) for m, a, b in rows if m.shape[0]]
        if exclusive.shape[0]:
            self.constraints.append(LinearConstraint(exclusive, 1.0, 1.0))
        self.whole = np.concatenate([np.ones(self.leaves), np.zeros(circuit.nodes)])

    def best(self, weights: Any, seconds: float) -> tuple[NDArray[np.bool_] | None, bool]:
        """The heaviest consistent world of one example, and whether that is proved.

        Parameters
        ----------
        weights : array, shape (leaves,)
        seconds : float
            After these the best world so far is returned, unproved.

        Returns
        -------
        bool array, shape (leaves,), or None
            None if no world was found (none exists, when proved).
        """
        if self.contradictory:
            return None, True
        weights = np.asarray(weights, np.float64)
        low, high = self.low.copy(), self.high.copy()
        high[: self.leaves][weights <= 0.0] = 0.0
        low[: self.leaves][(weights >= 1.0) & ~self.graph.leaves.categorical[self.graph.leaves.group]] = 1.0
        cost = np.zeros(len(low))
        cost[: self.leaves] = -np.clip(log_odds(self.graph, weights), -1e3, 1e3)
        if not self.constraints:
            return np.asarray(np.where(cost < 0, high, low)[: self.leaves] > 0.5, np.bool_), True
        found = milp(
            cost, constraints=self.constraints, integrality=self.whole, bounds=Bounds(low, high),
            options={"time_limit": seconds, "mip_rel_gap": 0.0},
        )  # fmt: skip
        if found.x is None:
            return None, found.status == 2
        return np.asarray(found.x[: self.leaves] > 0.5, np.bool_), found.status == 0

    def excludes(self, weights: Any, seconds: float) -> bool:
        """Whether no world is consistent; False also when that was not decided in time."""
        found, proved = self.best(weights, seconds)
        return found is None and proved


def _rows(circuit: Circuit, leaves: int) -> list[tuple[Any, Any, Any]]:
    """Linear constraints ``low <= M z <= high`` that tie every node to its children or its leaf."""
    kind, size = circuit.kind, leaves + circuit.nodes
    lengths = np.diff(circuit.start)
    parent = np.repeat(np.arange(circuit.nodes), lengths)
    child = circuit.child.astype(np.int64) + leaves

    def matrix(nodes: Any, sign: Any, others: Any) -> Any:
        """One row for each pair: the node, plus ``sign`` times the other variable."""
        count = len(nodes)
        row = np.arange(count)
        values = np.concatenate([np.ones(count), np.full(count, sign, float)])
        columns = np.concatenate([nodes + leaves, others])
        return csr_matrix((values, (np.concatenate([row, row]), columns)), shape=(count, size))

    def totals(nodes: Any) -> Any:
        """One row for each node: the node minus the sum of its children."""
        place = np.full(circuit.nodes, -1)
        place[nodes] = np.arange(len(nodes))
        mine = np.isin(parent, nodes)
        row = np.concatenate([np.arange(len(nodes)), place[parent[mine]]])
        columns = np.concatenate([nodes + leaves, child[mine]])
        values = np.concatenate([np.ones(len(nodes)), -np.ones(int(mine.sum()))])
        return csr_matrix((values, (row, columns)), shape=(len(nodes), size))

    same, other = np.flatnonzero(kind == LEAF), np.flatnonzero(kind == NOT_LEAF)
    opposite = np.flatnonzero(kind[parent] == NOT)
    product, either = kind[parent] == PRODUCT, (kind[parent] == SUM) | (kind[parent] == NOISY_OR)
    products, sums = np.flatnonzero(kind == PRODUCT), np.flatnonzero((kind == SUM) | (kind == NOISY_OR))
    return [
        (matrix(same, -1, circuit.leaf[same]), 0.0, 0.0),
        (matrix(other, 1, circuit.leaf[other]), 1.0, 1.0),
        (matrix(parent[opposite], 1, child[opposite]), 1.0, 1.0),
        (matrix(parent[product], -1, child[product]), -np.inf, 0.0),
        (totals(products), 1.0 - lengths[products], np.inf),
        (matrix(parent[either], -1, child[either]), 0.0, np.inf),
        (totals(sums), -np.inf, 0.0),
    ]
