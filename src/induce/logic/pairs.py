"""Algebras whose values are pairs: possibility with necessity, and a value with its gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from induce.logic.autograd import CircuitModule
from induce.logic.circuit import NOT, NOT_LEAF, Circuit
from induce.logic.hypergraph import Hypergraph
from induce.logic.sweep import backward, forward

__all__ = ["DualModule", "PossibilityModule"]


class PossibilityModule(nn.Module):
    """Possibility of every root; ``necessity`` has the other number after a call.

    Leaves' probabilities become the most specific possibility distribution of their variable (Dubois and Prade 1993): the
    possibility of a value is the sum of all probabilities that are not larger; its necessity is one minus the possibility
    of the others. ``P(not a) = 1 - N(a)``, so the two sweeps run together in one circuit of twice the size.

    Parameters
    ----------
    circuit : Circuit
    graph : Hypergraph
    """

    def __init__(self, circuit: Circuit, graph: Hypergraph) -> None:
        super().__init__()
        self.graph = graph
        self.roots = len(circuit.roots)
        self.sweep = CircuitModule(_doubled(circuit), "minmax")
        self.necessity: torch.Tensor | None = None

    def forward(self, weights: torch.Tensor) -> torch.Tensor:
        """Possibilities, shape (roots, batch)."""
        possible, necessary = self._distribution(weights)
        values = self.sweep(torch.cat([possible, necessary]))
        self.necessity = values[self.roots :]
        return values[: self.roots]  # type: ignore[no-any-return]

    def _distribution(self, weights: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        leaves = self.graph.leaves
        possible, necessary = [], []
        first = np.searchsorted(leaves.group, np.arange(len(leaves.categorical) + 1))
        for group, categorical in enumerate(leaves.categorical):
            p = weights[int(first[group]) : int(first[group + 1])]
            if not categorical:
                p = torch.stack([p[0], 1.0 - p[0]])
            below = p.unsqueeze(0) <= p.unsqueeze(1) + 1e-12
            degree = (p.unsqueeze(0) * below).sum(1)
            others = [
                torch.cat([degree[:k], degree[k + 1 :]]).amax(0) if len(degree) > 1 else degree[0] * 0
                for k in range(len(degree))
            ]
            need = 1.0 - torch.stack(others)
            possible.append(degree if categorical else degree[:1])
            necessary.append(need if categorical else need[:1])
        if not possible:
            return weights, weights
        return torch.cat(possible), torch.cat(necessary)


def _doubled(circuit: Circuit) -> Circuit:
    """Node ``2 n`` is the possibility, node ``2 n + 1`` the necessity of node ``n``; complements cross over."""
    nodes = circuit.nodes
    lengths = np.repeat(np.diff(circuit.start), 2)
    start = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    child = np.empty(2 * circuit.edges, np.int32)
    crossing = np.repeat(circuit.kind == NOT, np.diff(circuit.start))
    owner = np.repeat(np.arange(nodes), np.diff(circuit.start))
    inside = np.arange(circuit.edges) - circuit.start[owner]
    child[start[2 * owner] + inside] = 2 * circuit.child + crossing
    child[start[2 * owner + 1] + inside] = 2 * circuit.child + ~crossing
    leaf = np.full(2 * nodes, -1, np.int32)
    has = circuit.leaf >= 0
    flip = circuit.kind == NOT_LEAF
    leaf[0::2] = np.where(has, circuit.leaf + circuit.leaves * flip, -1)
    leaf[1::2] = np.where(has, circuit.leaf + circuit.leaves * ~flip, -1)
    roots = np.concatenate([2 * circuit.roots, 2 * circuit.roots + 1]).astype(np.int32)
    return Circuit(
        np.repeat(circuit.kind, 2), start, child, leaf, roots, 2 * circuit.leaves, np.repeat(circuit.atom, 2),
        2 * circuit.components,
    )  # fmt: skip


class DualModule(nn.Module):
    """Sums over proofs with their gradient: after a call ``gradient`` has shape (roots, leaves, batch)."""

    def __init__(self, circuit: Circuit) -> None:
        super().__init__()
        self.circuit = circuit
        self.module = CircuitModule(circuit, "real")
        self.gradient: Any = None

    def forward(self, weights: torch.Tensor) -> torch.Tensor:
        """Values, shape (roots, batch)."""
        given = weights.detach().double().cpu().numpy()
        buffer = forward(self.circuit, given, "real")
        count = len(self.circuit.roots)
        slopes = []
        for root in range(count):
            unit = np.zeros((count, given.shape[1]))
            unit[root] = 1.0
            slopes.append(backward(self.circuit, buffer, unit, "real"))
        self.gradient = torch.as_tensor(np.array(slopes))
        return self.module(weights)  # type: ignore[no-any-return]
