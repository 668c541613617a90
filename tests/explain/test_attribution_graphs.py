"""Attribution graphs: edges, distances to the experts' graph by networkx, drawings and their text."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from induce.errors import DataError
from induce.explain import attribution_graph, graph_edit_distance

PARTS, CLASSES = ["arch <1>", "dome"], ["a & b", "c"]
VALUES = [[[0.3, -0.3], [0.01, -0.2]], [[-0.1, 0.1], [0.2, 0.0]]]
PRESENT = [[1, 0], [0, 1]]
GRAPH = attribution_graph(VALUES, PRESENT, parts=PARTS, classes=CLASSES, expert=[[1, 0], [0, 1]])


def test_edges_and_shares():
    assert GRAPH.edges.astype(int).tolist() == [[[1, 0], [0, 1]], [[1, 0], [1, 0]]]
    assert GRAPH.shares.tolist() == [[1.0, 0.0], [0.5, 0.5]]
    assert GRAPH.distances.tolist() == [0, 1]
    assert GRAPH.distance == 0.5


@settings(max_examples=30)
@given(st.integers(1, 3), st.integers(1, 3), st.integers(0, 999))
def test_the_distance_is_that_of_networkx(parts, classes, seed):
    rng = np.random.default_rng(seed)
    edges, expert = rng.random((2, parts, classes)) < 0.5

    def drawn(matrix):
        graph = nx.DiGraph([(f"p{i}", f"c{k}") for i, k in np.argwhere(matrix)])
        nx.set_node_attributes(graph, {node: node for node in graph}, "name")
        return graph

    found = drawn(edges)
    given_edges = [e for e in drawn(expert).edges if e[0] in found and e[1] in found]
    projected = nx.DiGraph()
    projected.add_nodes_from((node, {"name": node}) for node in found)
    projected.add_edges_from(given_edges)
    wanted = nx.graph_edit_distance(
        found, projected, node_match=lambda a, b: a["name"] == b["name"], node_subst_cost=None
    )
    # networkx may also delete and insert a node instead of its edges, which names forbid here: count the edges
    assert graph_edit_distance(edges, expert) == len(set(found.edges) ^ set(projected.edges)) >= wanted


def test_no_difference_from_itself():
    edges = np.eye(3, dtype=bool)
    assert graph_edit_distance(edges, edges) == 0
    assert graph_edit_distance(np.zeros((2, 3, 3), bool), edges).tolist() == [0, 0]


def test_the_drawing_is_well_formed_and_says_the_same_in_words():
    root = ET.fromstring(GRAPH.to_svg())
    name = "{http://www.w3.org/2000/svg}"
    lines = root.findall(f"{name}line")
    assert len(lines) == 3 + 2
    assert [line.find(f"{name}title").text for line in lines[:3]] == [
        "arch <1> and a & b: 100.0%", "dome and a & b: 50.0%", "dome and c: 50.0%",
    ]  # fmt: skip
    assert [line.get("stroke-dasharray") for line in lines[:3]] == [None, "5 3", None]
    assert root.find(f"{name}desc").text == str(GRAPH)
    assert str(GRAPH).splitlines() == [
        "a & b: arch <1> in 100%, dome in 50% (not in the experts' graph)",
        "c: dome in 50%",
        "0.50 edges differ from the experts' graph, on average over 2 rows",
    ]
    assert "<pre>a &amp; b: arch" in GRAPH.to_html()
    assert GRAPH._repr_html_() == GRAPH.to_svg()


def test_json():
    found = json.loads(GRAPH.to_json())
    assert found["edges"][1] == {"part": "dome", "class": "a & b", "share": 0.5, "expert": False}
    assert found["distance"] == 0.5


def test_without_experts_only_the_model_is_drawn():
    alone = attribution_graph(VALUES, PRESENT, parts=PARTS, classes=CLASSES)
    assert "what the experts say" not in alone.to_svg()
    assert "distance" not in alone.to_dict()
    with pytest.raises(DataError, match="there is no expert graph to compare with."):
        assert alone.distance


def test_shapes_are_checked():
    with pytest.raises(DataError, match=re.escape("attributions have shape (2, 2, 2) and present (1, 2), but")):
        attribution_graph(VALUES, [[1, 0]], parts=PARTS, classes=CLASSES)
    with pytest.raises(DataError, match=re.escape("the expert graph has shape (1, 2), but")):
        attribution_graph(VALUES, PRESENT, parts=PARTS, classes=CLASSES, expert=[[1, 0]])
    with pytest.raises(DataError, match=re.escape("edges have shape (2,) and the expert graph (2,), but")):
        graph_edit_distance([1, 0], [1, 0])
