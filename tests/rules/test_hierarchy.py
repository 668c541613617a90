"""Trees of labels: how they are read, what they say as rules, and what labels mean."""

from __future__ import annotations

import re
import warnings

import networkx as nx
import numpy as np
import pytest
import torch
from hypothesis import given, settings

from induce.errors import DataError
from induce.logic import LogicProgram, rules
from induce.rules import Hierarchy
from tests.rules.making import TREE, trees


@pytest.fixture
def tree():
    return Hierarchy(TREE)


def test_nodes_are_level_by_level_with_siblings_side_by_side(tree):
    assert tree.nodes == ("animal", "plant", "pet", "wild", "oak", "fern", "cat", "dog", "fox")
    assert tree.parents.tolist() == [-1, -1, 0, 0, 1, 1, 2, 2, 3]
    assert tree.leaves == ("oak", "fern", "cat", "dog", "fox")
    assert tree.depths.tolist() == [0, 0, 1, 1, 1, 1, 2, 2, 2]
    assert tree.children("animal") == ("pet", "wild")
    assert tree.path("dog") == ("animal", "pet", "dog")


def test_a_leaf_that_ends_early_stands_in_the_deeper_levels(tree):
    assert tree.levels == (
        ("animal", "plant"),
        ("pet", "wild", "oak", "fern"),
        ("oak", "fern", "cat", "dog", "fox"),
    )
    assert tree.paths.tolist() == [[1, 4, 4], [1, 5, 5], [0, 2, 6], [0, 2, 7], [0, 3, 8]]


def test_every_form_gives_the_same_tree(tree, tmp_path):
    pairs = [("animal", "pet"), ("animal", "wild"), ("plant", "oak"), ("plant", "fern")]
    pairs += [("pet", "cat"), ("pet", "dog"), ("wild", "fox")]
    (tmp_path / "tree.csv").write_text("child,parent,note\nanimal,,\n" + "".join(f"{c},{p},x\n" for p, c in pairs))
    assert Hierarchy.from_pairs(pairs) == tree
    assert Hierarchy.from_parents({child: parent for parent, child in pairs}) == tree
    assert Hierarchy.from_graph(tree.to_graph()) == tree
    assert Hierarchy.from_csv(tmp_path / "tree.csv") == tree
    assert hash(Hierarchy.from_pairs(pairs)) == hash(tree)
    assert tree != Hierarchy(["cat"])
    assert tree != 3


def test_it_reads_as_an_outline(tree):
    assert repr(tree) == "Hierarchy of 9 labels, 5 of them leaves; by level 2 / 4 / 5"
    assert str(Hierarchy({"a": ["x", "y"], "b": None})) == "a\n  x\n  y\nb"


def test_the_rules_are_composition_decomposition_and_exclusion():
    tree = Hierarchy({"a": ["x", "the y"], "b": None})
    assert str(tree.program).splitlines() == [
        ":- label(x), not label(a).",
        ':- label("the y"), not label(a).',
        ":- not label(a), not label(b).",
        ':- label(a), not label(x), not label("the y").',
        ":- label(a), label(b).",
        ':- label(x), label("the y").',
    ]


@given(trees())
@settings(max_examples=40, deadline=None)
def test_the_rules_read_back_and_allow_exactly_the_paths(tree):
    assert rules.parse(str(tree.program)) is tree.program
    facts = "".join(f"0.5::label({name}). " for name in tree.nodes)
    found = {frozenset(world) for world in LogicProgram(facts + str(tree.program)).models()}
    assert found == {frozenset(f"label({name})" for name in tree.path(leaf)) for leaf in tree.leaves}


def test_targets_of_names_places_and_pictures(tree):
    found = tree.targets(["dog", "pet", None])
    assert found.dtype == np.float32
    assert found[0].tolist() == [1, 0, 1, 0, 0, 0, 0, 1, 0]
    assert found[1, :6].tolist() == [1, 0, 1, 0, 0, 0]
    assert np.isnan(found[1, 6:8]).all()  # a pet is a cat or a dog, no fox
    assert found[1, 8] == 0
    assert np.isnan(found[2]).all()
    assert np.array_equal(tree.targets(np.array([3, -1]))[:1], found[:1])
    pictures = tree.targets(torch.tensor([[[0, 3]], [[2, -1]]]))
    assert pictures.shape == (2, 9, 1, 2)
    assert torch.equal(pictures[0, :, 0, 1], torch.tensor(found[0]))


def test_names_may_be_numbers():
    tree = Hierarchy({"even": [0, 2], "odd": [1, 3]})
    assert tree.leaves == (0, 2, 1, 3)
    assert tree.targets(np.array([2, 3]))[:, 2:].tolist() == [[0, 1, 0, 0], [0, 0, 0, 1]]


def test_lifting_leaves_to_a_level(tree):
    assert tree.lift(np.arange(5), 1).tolist() == [2, 3, 0, 0, 1]
    assert tree.lift(torch.arange(5), 0).tolist() == [1, 1, 0, 0, 0]
    assert tree.lift(np.arange(5), -1).tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(DataError, match="there is no level 3: the hierarchy has 3, the top is 0."):
        tree.lift(np.arange(2), 3)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda: Hierarchy.from_pairs([("a", "b"), ("b", "c"), ("c", "b")]),
            "the label 'b' has two parents, 'a' and 'c', but a tree is required.",
        ),
        (
            lambda: Hierarchy.from_pairs([("a", "b"), ("b", "c"), ("c", "a")]),
            "the hierarchy has a cycle, 'b' -> 'c' -> 'a' -> 'b', but a tree is required. Remove one of these edges.",
        ),
        (lambda: Hierarchy.from_parents({"a": "a"}), "the hierarchy has a cycle, 'a' -> 'a', but a tree is required."),
        (
            lambda: Hierarchy.from_graph(nx.DiGraph([("a", "c"), ("b", "c")])),
            "the label 'c' has two parents, 'a' and 'b', but a tree is required. Keep one of them, or give the label two",
        ),
        (
            lambda: Hierarchy({"a": ["x"], "b": ["x"]}),
            "the label 'x' is named twice, under 'a' and under 'b', but names of a hierarchy are unique. Rename one",
        ),
        (lambda: Hierarchy(["x", "x"]), "the label 'x' is named twice, at the top and at the top, but names"),
        (lambda: Hierarchy([]), "the hierarchy has no labels. Name at least one, such as Hierarchy(['cat', 'dog'])."),
        (
            lambda: Hierarchy("cat"),
            "the hierarchy holds 'cat', but nested labels are mappings, lists of names or None.",
        ),
        (lambda: Hierarchy({"cat": "animal"}), "a mapping of child to parent is read by Hierarchy.from_parents."),
        (lambda: Hierarchy([("a", "b")]), "the hierarchy names ('a', 'b'), but a label is a text or a number."),
        (
            lambda: Hierarchy.from_pairs(["ab"]),
            "pair 0 is 'ab', but a pair is (parent, child). Write ('animal', 'cat').",
        ),
        (
            lambda: Hierarchy.from_graph({}),
            "from_graph needs a networkx.DiGraph with edges from parent to child, but got",
        ),
        (
            lambda: Hierarchy.from_csv("none.csv"),
            "there is no file 'none.csv'. Name a CSV file with the columns parent",
        ),
    ],
)
def test_what_is_no_tree_says_why(make, words):
    with pytest.raises(DataError, match=re.escape(words)):
        make()


def test_files_that_are_no_edge_lists(tmp_path):
    file = tmp_path / "tree.csv"
    file.write_text("from,to\na,b\n")
    with pytest.raises(
        DataError, match=r"has the columns from, to, but parent and child are needed\. Write 'parent,child'"
    ):
        Hierarchy.from_csv(file)
    file.write_text("parent,child\na,b\na\n")
    with pytest.raises(
        DataError, match="has 1 cells in its row 3, but the first line has 2. Quote names that hold commas"
    ):
        Hierarchy.from_csv(file)


def test_labels_that_the_tree_does_not_have(tree):
    words = "'dgo' is no label of the hierarchy. Did you mean 'dog'? The leaves are: oak, fern, cat, dog, fox."
    with pytest.raises(DataError, match=re.escape(words)):
        tree.targets(["cat", "dgo"])
    with pytest.raises(DataError, match=r"the labels hold 5, but the hierarchy has 5 leaves, numbered from 0\."):
        tree.targets(np.array([0, 5]))
    with pytest.raises(DataError, match=r"the labels hold -2, but"):
        tree.targets(np.array([-2, 0]))


def test_classes_are_compared_with_the_tree(tree):
    words = (
        "the data has labels that the hierarchy does not have: 'foxx', 'owl'. Did you mean 'fox'? The leaves are: oak,"
    )
    with pytest.raises(DataError, match=re.escape(words)):
        tree.check_classes(["cat", "owl", "foxx"])
    words = "no example has the label 'oak', 'fox': the hierarchy names it, but nothing can be learned about it."
    with pytest.warns(UserWarning, match=re.escape(words)):
        tree.check_classes(["fern", "pet"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tree.check_classes(tree.leaves)


def test_annotations_that_contradict_each_other_are_believed_from_the_top(tree):
    annotated = np.array([[0, 2, 6], [0, 2, 8], [0, 4, 4], [1, 4, 4]])  # a fox is no pet, an oak no animal
    agreed = tree.agreed(annotated)
    assert [tree.nodes[k] for k in agreed] == ["cat", "pet", "animal", "oak"]
    assert np.array_equal(tree.truths(agreed), tree.targets(["cat", "pet", "animal", "oak"]), equal_nan=True)
    pictures = annotated.T.reshape(1, 3, 2, 2)
    assert tree.agreed(pictures).tolist() == [[[6, 2], [0, 4]]]


def test_places_that_are_no_nodes(tree):
    with pytest.raises(DataError, match=re.escape("a place is 99, but -1 to 8 are expected. Use places(names).")):
        tree.truths(np.array([0, 99]))
    with pytest.raises(DataError, match=re.escape("a place is 99, but 0 to 8 are expected. Use places(names).")):
        tree.agreed(np.array([[0, 2, 99]]))
    with pytest.raises(DataError, match=re.escape("a place is -1, but 0 to 8 are expected.")):
        tree.agreed(np.array([[0, 2, -1]]))
    with pytest.raises(DataError, match=re.escape("a place is cat, but -1 to 8 are expected.")):
        tree.truths(np.array(["cat"]))
    assert tree.truths([]).shape == (0, 9)
