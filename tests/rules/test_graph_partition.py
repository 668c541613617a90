"""Partitions of graphs: pieces, cuts, and outliers."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from sklearn.datasets import make_circles, make_moons

from induce.rules.graph_partition import nearest_rows, normalized_cut, spectral_partition, symmetric_graph


@pytest.mark.parametrize("make", [make_moons, partial(make_circles, factor=0.5)])
@pytest.mark.parametrize("seed", [200, 201])
def test_pieces_of_the_graph_are_the_clusters(make, seed):
    X, y = make(1000, noise=0.04, random_state=seed)
    graph = symmetric_graph(nearest_rows(X, 8))
    found = spectral_partition(graph, 2, seed)
    assert normalized_cut(graph, found, 2) == normalized_cut(graph, y, 2) == 0
    assert set(zip(found, y, strict=True)) in ({(0, 0), (1, 1)}, {(0, 1), (1, 0)})


def test_more_pieces_than_clusters_and_fewer():
    rng = np.random.default_rng(0)
    X = np.concatenate([10 * k + rng.random((400, 2)) for k in range(3)])  # larger than what is solved densely
    graph = symmetric_graph(nearest_rows(X, 5))
    fewer = spectral_partition(graph, 2, 0)  # the clusters are two of the three pieces
    assert set(fewer) == {-1, 0, 1}
    assert [len(set(fewer[k : k + 400])) for k in (0, 400, 800)] == [1, 1, 1]
    found = spectral_partition(graph, 6, 0)
    assert len(set(found)) == 6
    assert all(len(set(found[400 * k : 400 * k + 400]) & set(found[400 * k + 400 :])) == 0 for k in range(2))


def test_small_pieces_are_outliers():
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(0, 0.1, (200, 2)), rng.normal(5, 0.1, (200, 2)), rng.normal(50, 0.1, (9, 2))])
    found = spectral_partition(symmetric_graph(nearest_rows(X, 8)), 2, 0)
    assert set(found[400:]) == {-1}
    assert len(set(found[:200])) == len(set(found[200:400])) == 1
    assert found[0] != found[200]


def test_a_cut_counts_the_ends_of_edges_and_clusters_without_rows():
    graph = symmetric_graph(np.array([[1], [2], [3], [2]]))  # the path 0 - 1 - 2 - 3
    assert normalized_cut(graph, np.array([0, 0, 1, 1]), 2) == pytest.approx(1 / 3)
    assert normalized_cut(graph, np.zeros(4, dtype=int), 2) == 0.5
