"""GraphRules: no leak by construction, planted thresholds, modes, kinds of graph, and errors in words."""

from __future__ import annotations

import re

import networkx as nx
import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sparse

from induce.errors import DataError, FillError
from induce.rules import GraphRules, RuleFit, neighbor_graph, planted_graph
from induce.rules.node_features import STRUCTURAL, label_features, read_graph, structure_features

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 3))
Y = np.where(X[:, 0] > 0, "up", "down")
GRAPH = neighbor_graph(X, 5)
TRAIN = RNG.random(120) < 0.6
MODEL = GraphRules(epochs=30).fit(GRAPH, X, Y, TRAIN)


def test_descriptors_are_those_of_networkx():
    graph = nx.gnp_random_graph(60, 0.12, seed=1)
    found = structure_features(read_graph(graph))
    assert tuple(found) == STRUCTURAL
    np.testing.assert_array_equal(found["degree"], [d for _, d in graph.degree])
    np.testing.assert_allclose(found["clustering"], list(nx.clustering(graph).values()))
    np.testing.assert_array_equal(found["core_number"], list(nx.core_number(graph).values()))
    ranks = nx.pagerank(graph, tol=1e-12)
    np.testing.assert_allclose(found["pagerank"] / 60, list(ranks.values()), atol=1e-6)


def test_labels_of_test_nodes_change_no_descriptor_and_no_answer():
    other = Y.copy()
    other[~TRAIN] = RNG.permutation(other[~TRAIN])
    again = GraphRules(epochs=30).fit(GRAPH, X, other, TRAIN)
    assert again.node_features_.to_numpy().tobytes() == MODEL.node_features_.to_numpy().tobytes()
    assert again.predict_proba().tobytes() == MODEL.predict_proba().tobytes()
    assert again.rules_ == MODEL.rules_
    hidden = Y.astype(object)
    hidden[~TRAIN] = None
    unknown = GraphRules(epochs=30).fit(GRAPH, X, hidden, TRAIN)
    assert unknown.predict_proba().tobytes() == MODEL.predict_proba().tobytes()
    assert "as no other has a label" in unknown.fit_.fidelity.measured_on


def test_a_node_never_counts_for_itself():
    graph = read_graph([[0, 1], [1, 2]])
    mask = np.array([True, True, True])
    found = [label_features(graph, labels, mask, ("a", "b")) for labels in (["a", "a", "b"], ["b", "a", "b"])]
    for name, column in found[0].items():
        np.testing.assert_array_equal(column[0], found[1][name][0])
    assert found[0]["two-hop neighbors labeled b"].tolist()[0] == 1.0


def test_the_rules_are_a_fit_with_fidelity():
    assert isinstance(MODEL.fit_, RuleFit)
    assert MODEL.fit_.fidelity.rows == int((~TRAIN).sum())
    assert (MODEL.predict() == Y)[~TRAIN].mean() > 0.8
    assert MODEL.fit_.fidelity.agreement > 0.8
    assert "answer(Row, C)" in str(MODEL.fit_.term)
    assert list(MODEL.thresholds_.index) == list(MODEL.node_features_)


@pytest.mark.parametrize("mode", ["gate", "head", "alone", "plain"])
@pytest.mark.parametrize("network", ["gcn", "gin"])
def test_modes(mode, network):
    model = GraphRules(["degree", "label_agreement"], mode=mode, network=network, epochs=20).fit(GRAPH, X, Y, TRAIN)
    np.testing.assert_allclose(model.predict_proba().sum(1), 1.0)
    again = GraphRules(["degree", "label_agreement"], mode=mode, network=network, epochs=20).fit(GRAPH, X, Y, TRAIN)
    assert (again.predict_proba() == model.predict_proba()).all()


def test_kinds_of_graphs_and_tables_give_the_same():
    matrix = read_graph(GRAPH)
    named = {name: X[:, k] for k, name in enumerate("abc")}
    model = GraphRules(["degree", "b"], epochs=10).fit(matrix, pd.DataFrame(named), Y, TRAIN)
    swapped = pl.DataFrame({name: named[name] for name in "cab"})
    drawn = nx.from_scipy_sparse_array(matrix)
    assert (model.predict(GRAPH, swapped) == model.predict()).all()
    assert (model.predict(drawn, swapped) == model.predict()).all()
    assert (model.predict(sparse.coo_matrix(matrix), named) == model.predict()).all()


def test_nodes_of_networkx_are_rows_by_number_then_by_index_then_in_their_order():
    drawn = nx.Graph(RNG.permutation(GRAPH.T).tolist())
    assert list(drawn) != list(range(120))
    assert (read_graph(drawn) != read_graph(GRAPH)).nnz == 0
    named = nx.relabel_nodes(drawn, {k: f"node {k}" for k in range(120)})
    frame = pd.DataFrame(X, index=[f"node {k}" for k in range(120)])
    assert (read_graph(named, 120, frame) != read_graph(GRAPH)).nnz == 0
    model = GraphRules(["degree"], epochs=1).fit(named, frame, Y, TRAIN)
    assert (model.node_features_["degree"] == read_graph(GRAPH).sum(1)).all()
    assert (model.predict(drawn, frame) == model.predict()).all()
    kept = nx.Graph()
    kept.add_nodes_from(frame.index)
    kept.add_edges_from(named.edges)
    assert (read_graph(kept) != read_graph(GRAPH)).nnz == 0


@pytest.mark.parametrize(
    ("nodes", "rows", "message"),
    [
        (range(1, 121), None, "the graph has the node 120, but there are 120 nodes, counted from 0, and no index"),
        (range(1, 121), X, "the graph has the node 120, but there are 120 nodes"),
        (map(str, range(1, 121)), X, "the graph has the node 120, but there are 120 nodes"),
        (range(120, 240), pd.DataFrame(X), "the graph has the node 120, but"),
        (range(-1, 119), X, "the graph has the node -1, but"),
        ([f"n{k}" for k in range(120)], pd.DataFrame(X, index=[f"m{k}" for k in range(120)]), "the node 'n0', which the index of X does not"),
        ([f"n{k}" for k in range(120)], pd.DataFrame(X[:90], index=[f"n{k}" for k in range(90)]), "the node 'n90', which"),
    ],
)  # fmt: skip
def test_nodes_that_are_not_those_of_the_rows_are_refused(nodes, rows, message):
    named, nodes = nx.Graph(), list(nodes)
    named.add_nodes_from(nodes)
    named.add_edges_from((nodes[a], nodes[b]) for a, b in GRAPH.T)
    with pytest.raises(DataError, match=re.escape(message)):
        read_graph(named, None if rows is None else len(rows), rows)


def test_numbers_as_texts_nodes_without_edges_and_names_that_the_rows_lack():
    drawn = nx.Graph(RNG.permutation(GRAPH.T).tolist())
    for write in (str, float, np.int64):
        assert (
            read_graph(nx.relabel_nodes(drawn, {k: write(k) for k in range(120)}), 120, X) != read_graph(GRAPH)
        ).nnz == 0
    alone = read_graph(nx.Graph([(0, 1), (1, 3)]), 5, X[:5])
    assert alone.toarray().sum(1).tolist() == [1, 2, 0, 1, 0]
    some = read_graph(nx.Graph([("b", "c")]), 3, pd.DataFrame(X[:3], index=["a", "b", "c"]))
    assert some.toarray().tolist() == [[0, 0, 0], [0, 0, 1], [0, 1, 0]]
    with pytest.warns(
        UserWarning,
        match="the nodes have names, such as 'b', but X has none: its rows were taken in the order of the graph",
    ):
        assert read_graph(nx.Graph([("b", "a"), ("a", "c")]), 3, X[:3]).toarray().sum(1).tolist() == [1, 2, 1]
    with pytest.raises(DataError, match="the graph has 2 nodes, but X or y has 3 rows"):
        read_graph(nx.Graph([("b", "a")]), 3, X[:3])


@pytest.mark.parametrize("labels", [(Y == "up").astype(int), Y == "up", Y])
def test_missing_labels_outside_the_mask_leave_the_others_as_they_are(labels):
    model = GraphRules(["degree", "label_agreement"], epochs=20).fit(GRAPH, X, labels, TRAIN)
    hidden = GraphRules(["degree", "label_agreement"], epochs=20).fit(GRAPH, X, np.where(TRAIN, labels, None), TRAIN)
    assert hidden.classes_.dtype == labels.dtype
    assert (hidden.predict() == model.predict()).all()
    some = labels.astype(object)
    some[np.flatnonzero(~TRAIN)[:5]] = None
    measured = GraphRules(["degree", "label_agreement"], epochs=20).fit(GRAPH, X, some, TRAIN).fit_.fidelity
    assert measured.rows == int((~TRAIN).sum()) - 5
    assert (hidden.predict(GRAPH, X, some[TRAIN], TRAIN) == model.predict()).all()


@pytest.mark.slow
def test_planted_thresholds_are_recovered():
    drawn = planted_graph(5000, seed=1)
    model = GraphRules(["degree", "clustering", "age", "dose"], mode="alone", epochs=1000, inductive=False)
    found = model.fit(drawn.edges, drawn.columns, drawn.labels).thresholds_["threshold"]
    assert found["degree"] == pytest.approx(drawn.degree, rel=0.05)
    assert found["clustering"] == pytest.approx(drawn.clustering, rel=0.05)


NO = np.zeros(120, dtype=bool)
ONE = np.where(Y == "up", TRAIN, False)


@pytest.mark.parametrize(
    ("settings", "graph", "x", "y", "train", "error", "words"),
    [
        ({}, GRAPH, X, Y, None, DataError, "'label_agreement' is made from labels, but no train mask was passed, so labels of test nodes would leak"),
        ({}, [[0], [500]], X, Y, TRAIN, DataError, "edge 0 goes from 0 to 500, but there are 120 nodes, counted from 0."),
        ({}, [[0, 3], [1, 3]], X, Y, TRAIN, DataError, "the graph has 1 self loops (edge 1, node 3). A node is no neighbor of itself"),
        ({}, GRAPH.T, X, Y, TRAIN, DataError, "a graph must be integer edges of shape (2, edges)"),
        ({"features": ["degre"]}, GRAPH, X, Y, TRAIN, DataError, "there is no descriptor or column 'degre'. Did you mean 'degree'?"),
        ({"features": "degree"}, GRAPH, X, Y, TRAIN, DataError, "features must be a sequence of names, but it is 'degree'."),
        ({}, GRAPH, X, Y, NO, DataError, "train holds no node, so there is nothing to learn from."),
        ({}, GRAPH, X, Y, ONE, DataError, "no training node has class 'down', but other nodes do."),
        ({}, GRAPH, X, Y, TRAIN.astype(int), DataError, "train must be a mask of bool of shape (120,), but it is int64"),
        ({}, GRAPH, None, Y, TRAIN, DataError, "mode='gate' needs columns of the nodes, but X is None."),
        ({}, GRAPH, X[:5], Y, TRAIN, DataError, "X has 5 rows, but there are 120 nodes."),
        ({"mode": "gat"}, GRAPH, X, Y, TRAIN, FillError, "unknown mode 'gat'. Did you mean 'gate'?"),
        ({"inductive": "x"}, GRAPH, X, Y, TRAIN, FillError, "inductive must be True or False, but got 'x'. True is usual."),
        ({"rate": 0}, GRAPH, X, Y, TRAIN, FillError, "rate must be a number above 0, but got 0. 0.01 is usual."),
        ({}, sparse.coo_array(([1.0, np.nan], ([0, 1], [1, 2])), shape=(120, 120)), X, Y, TRAIN, DataError, "the matrix of a graph has nan in row 1 and column 2, but an edge is a number above 0."),
        ({}, sparse.coo_array(([-1.0], ([0], [1])), shape=(120, 120)), X, Y, TRAIN, DataError, "the matrix of a graph has -1.0 in row 0 and column 1"),
        ({}, GRAPH, X, np.where(np.arange(120) == np.flatnonzero(TRAIN)[0], None, Y), TRAIN, DataError, "1 training nodes have no label (node "),
        ({"epochs": 0}, GRAPH, X, Y, TRAIN, FillError, "epochs must be a whole number of at least 1, but got 0."),
    ],
)  # fmt: skip
def test_bad_input_is_said_in_words(settings, graph, x, y, train, error, words):
    with pytest.raises(error, match=re.escape(words)):
        GraphRules(**settings).fit(graph, x, y, train)


def test_other_errors():
    with pytest.raises(DataError, match=re.escape("1 labels were given for 2 training nodes.")):
        label_features(read_graph([[0], [1]]), ["a"], np.array([True, True]), ("a",))
    with pytest.raises(DataError, match="k must be a whole number from 1 to 119"):
        neighbor_graph(X, 120)
    with pytest.raises(DataError, match=re.escape("column 'x1' holds text (row 0: 'a'), but numbers are needed.")):
        neighbor_graph([[1.0, "a"], [2.0, "b"]], 1)
    with pytest.raises(
        DataError, match=re.escape("column 'x0' has 1 missing value (row 1). A graph of neighbors does not")
    ):
        neighbor_graph([[0.0], [np.nan]], 1)
    plain = GraphRules(["degree"], mode="plain", epochs=1).fit(GRAPH, X, Y, TRAIN)
    with pytest.raises(DataError, match="has no fuzzy rules"):
        _ = plain.thresholds_
