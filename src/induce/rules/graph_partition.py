"""Partitions of a graph of nearest neighbors: its spectrum, and how many edges a partition cuts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import eigsh
from sklearn.cluster import KMeans
from sklearn.neighbors import NearestNeighbors

__all__ = ["SMALL_PIECE", "nearest_rows", "normalized_cut", "spectral_partition", "symmetric_graph"]

Array = NDArray[Any]
SMALL_PIECE = 0.1
"""Pieces of the graph below this share of an average cluster are outliers, not clusters."""
DENSE = 300
"""Pieces of fewer rows are solved as dense matrices."""


def nearest_rows(points: Array, count: int) -> Array:
    """Indices of the ``count`` rows nearest to each row, itself left out.

    Parameters
    ----------
    points : array of shape (rows, columns)
    count : int

    Returns
    -------
    integer array of shape (rows, at most count)

    >>> nearest_rows(np.array([[0.0], [1.0], [5.0]]), 1).ravel().tolist()
    [1, 0, 1]
    """
    near = NearestNeighbors(n_neighbors=min(count, len(points) - 1)).fit(points)
    return np.asarray(near.kneighbors(return_distance=False))


def symmetric_graph(table: Array) -> csr_array:
    """The undirected graph of a table of neighbors: an edge where either row is a neighbor of the other.

    Parameters
    ----------
    table : integer array of shape (rows, neighbors)

    Returns
    -------
    sparse array of shape (rows, rows), entries 0 and 1

    >>> symmetric_graph(np.array([[1], [0], [1]])).toarray().tolist()
    [[0.0, 1.0, 0.0], [1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]
    """
    rows = np.arange(len(table)).repeat(table.shape[1])
    directed = csr_array((np.ones(table.size), (rows, table.ravel())), shape=(len(table), len(table)))
    return csr_array(directed.maximum(directed.T))


def normalized_cut(graph: csr_array, labels: Array, count: int) -> float:
    """Share of the ends of edges that leave their cluster, mean over the clusters; a cluster without rows counts 1.

    ``mean_c cut(c) / volume(c)``: 0 where clusters are pieces of the graph, and about ``1 - 1 / count`` by chance.

    Parameters
    ----------
    graph : sparse array of shape (rows, rows)
    labels : integer array of shape (rows,)
    count : int
        How many clusters there should be.

    References
    ----------
    J. Shi, J. Malik (2000), Normalized Cuts and Image Segmentation.

    >>> path = symmetric_graph(np.array([[1], [0], [3], [2]]))
    >>> normalized_cut(path, np.array([0, 0, 1, 1]), 2), normalized_cut(path, np.array([0, 1, 1, 1]), 2)
    (0.0, 0.6666666666666666)
    """
    edges = graph.tocoo()
    here, there = labels[edges.row], labels[edges.col]
    volume = np.bincount(here, minlength=count)
    cut = np.bincount(here[here != there], minlength=count)
    return float(np.where(volume > 0, cut / np.maximum(volume, 1), 1.0).mean())


def spectral_partition(graph: csr_array, count: int, seed: int) -> Array:
    """Clusters by k-means on the slowest modes of the random walk on the graph.

    The modes are computed for each piece of the graph alone, so that pieces are told apart however many there are. Rows that no
    mode reaches belong to no cluster, -1: those of pieces far smaller than a cluster, and of the pieces that are left over
    where there are more than clusters.

    Parameters
    ----------
    graph : sparse array of shape (rows, rows)
        Undirected, every row with an edge.
    count : int
        How many clusters.
    seed : int
        Of the starts of Lanczos' method and of k-means.

    Returns
    -------
    integer array of shape (rows,), from -1 to count - 1

    References
    ----------
    A. Ng, M. Jordan, Y. Weiss (2001), On Spectral Clustering: Analysis and an Algorithm.

    >>> pairs = symmetric_graph(np.array([[1], [0], [3], [2]]))
    >>> found = spectral_partition(pairs, 2, seed=0)
    >>> bool(found[0] == found[1] != found[2] == found[3])
    True
    """
    piece = connected_components(graph, directed=False)[1]
    sizes = np.bincount(piece)
    kept = np.flatnonzero(sizes >= min(SMALL_PIECE * graph.shape[0] / count, sizes.max()))
    modes = [_modes(graph, np.flatnonzero(piece == number), count, seed) for number in kept]
    rates = np.concatenate([rate for rate, _, _ in modes])
    owners = np.concatenate([np.full(len(rate), k) for k, (rate, _, _) in enumerate(modes)])
    columns = np.concatenate([np.arange(len(rate)) for rate, _, _ in modes])
    embedding = np.zeros((graph.shape[0], min(count, len(rates))))
    for target, mode in enumerate(np.argsort(-rates, kind="stable")[:count]):
        _, rows, vectors = modes[owners[mode]]
        embedding[rows, target] = vectors[:, columns[mode]]
    length = np.linalg.norm(embedding, axis=1)
    inside = length > 0
    labels = np.full(graph.shape[0], -1)
    groups = min(count, int(inside.sum()))
    found = KMeans(groups, n_init=10, random_state=seed).fit_predict(embedding[inside] / length[inside, None])
    labels[inside] = found
    return labels


def _modes(graph: csr_array, rows: Array, count: int, seed: int) -> tuple[Array, Array, Array]:
    """Rates, rows and vectors of the slowest modes of the random walk on one piece."""
    part = csr_array(graph[rows][:, rows])
    scale = 1 / np.sqrt(np.maximum(part.sum(axis=1), 1.0))
    walk = csr_array(part.multiply(scale[:, None]).multiply(scale[None]))
    wanted = min(count, len(rows))
    if len(rows) <= max(DENSE, count + 1):
        rates, vectors = np.linalg.eigh(walk.toarray())
        rates, vectors = rates[-wanted:], vectors[:, -wanted:]
    else:
        start = np.random.default_rng(seed).normal(size=len(rows))
        rates, vectors = eigsh(walk, k=wanted, which="LA", v0=start, tol=1e-6)
    vectors = vectors * scale[:, None]
    # a mode weighs the same in each piece, whatever its number of rows
    return rates, rows, vectors / np.sqrt((vectors**2).mean(axis=0))
