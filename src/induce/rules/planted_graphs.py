"""Generated graphs whose classes follow a known rule of degree and clustering."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from induce.errors import DataError
from induce.rules.node_features import read_graph, structure_features

__all__ = ["PlantedGraph", "planted_graph"]


@dataclass(frozen=True, eq=False)
class PlantedGraph:
    """A graph, columns of its nodes that say nothing, and classes.

    Parameters
    ----------
    edges : integer array of shape (2, edges)
    columns : dict of name to array of shape (nodes,)
    labels : array of bool, shape (nodes,)
    degree, clustering : float
        The class is ``degree > this and clustering > that``.
    """

    edges: NDArray[np.int64]
    columns: dict[str, NDArray[np.float64]]
    labels: NDArray[np.bool_]
    degree: float
    clustering: float


def planted_graph(nodes: int = 5000, *, degree: float = 20, clustering: float = 0.4, seed: int = 0) -> PlantedGraph:
    """Groups of nodes, each with its own degree (8 to 40) and density (0.2 to 0.8), and edges between them by chance.

    Density sets the clustering coefficient of a group whatever its degree is, so that neither descriptor gives the class away.

    Parameters
    ----------
    nodes : int
    degree, clustering : float
        The rule.
    seed : int

    Raises
    ------
    DataError
        For fewer than 100 nodes.

    >>> drawn = planted_graph(500)
    >>> drawn.labels.shape, sorted(drawn.columns)
    ((500,), ['age', 'dose'])
    """
    if nodes < 100:
        raise DataError(
            f"nodes must be at least 100, but it is {nodes!r}. Groups of fewer have no clustering to speak of."
        )
    rng, at, edges = np.random.default_rng(seed), 0, []
    while at < nodes:
        density = rng.uniform(0.2, 0.8)
        size = min(max(4, int(rng.uniform(8, 40) / density)), nodes - at)
        a, b = np.triu_indices(size, 1)
        drawn = rng.random(len(a)) < density
        edges.append(np.stack([a[drawn], b[drawn]]) + at)
        at += size
    across = rng.integers(0, nodes, (2, nodes))
    pairs = np.concatenate([*edges, across[:, across[0] != across[1]]], axis=1).astype(np.int64)
    found = structure_features(read_graph(pairs, nodes), ("degree", "clustering"))
    labels = (found["degree"] > degree) & (found["clustering"] > clustering)
    return PlantedGraph(
        pairs, {"age": rng.normal(50, 10, nodes), "dose": rng.gamma(2, 1, nodes)}, labels, degree, clustering
    )
