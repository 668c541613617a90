"""Decoding: exact is what the logic engine finds, no answer of it contradicts the tree, and every shape is taken."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from induce.errors import DataError
from induce.logic import LogicProgram
from induce.rules import Hierarchy
from induce.rules.decoding import leaf_probabilities, passed
from tests.rules.making import TREE, trees

DEGREES = st.floats(0.02, 0.98)


@pytest.fixture
def tree():
    return Hierarchy(TREE)


def program_of(tree, degrees):
    facts = "".join(f"{float(s):.9f}::label({name}). " for s, name in zip(degrees, tree.nodes, strict=True))
    return LogicProgram(facts + str(tree.program), query="label(X)")


@given(st.data())
@settings(max_examples=20, deadline=None)
def test_exact_decoding_is_the_most_probable_consistent_world_of_the_logic_engine(data):
    tree = data.draw(trees())
    degrees = data.draw(st_numpy.arrays(np.float64, len(tree), elements=DEGREES))
    world = program_of(tree, degrees).decode()
    found = sorted(set(tree.decode(degrees).tolist()))
    odds = np.log(degrees) - np.log1p(-degrees)
    expected = [odds[list(path)].sum() for path in (set(row) for row in tree.paths.tolist())]
    assert odds[found].sum() == pytest.approx(max(expected), abs=1e-6)
    if np.sum(np.isclose(expected, max(expected), atol=1e-6)) == 1:  # ties may fall either way
        assert {str(name) for name in world.answers[0]} == {tree.nodes[k] for k in found}


@given(st.data())
@settings(max_examples=15, deadline=None)
def test_leaf_probabilities_are_those_of_the_logic_engine(data):
    tree = data.draw(trees(7))
    degrees = data.draw(st_numpy.arrays(np.float64, len(tree), elements=DEGREES))
    program = program_of(tree, degrees)
    exact = dict(zip(program.answers.labels, program().detach().reshape(-1).tolist(), strict=True))
    ours = leaf_probabilities(tree, torch.tensor(degrees))
    assert ours.tolist() == pytest.approx([exact[f"label({leaf})"] for leaf in tree.leaves], abs=1e-6)


@given(trees(), st.sampled_from(["exact", "iterative"]), st.integers(0, 2**31))
@settings(max_examples=40, deadline=None)
def test_decoded_paths_never_contradict_the_tree(tree, method, seed):
    degrees = np.random.default_rng(seed).random((50, len(tree)))
    assert tree.incoherent(tree.decode(degrees, method)) == 0.0


def test_levels_by_themselves_may_contradict_each_other(tree):
    degrees = np.array([[0.9, 0.1, 0.1, 0.1, 0.8, 0.1, 0.1, 0.2, 0.1], [0.9, 0.1, 0.8, 0.1, 0.1, 0.1, 0.1, 0.9, 0.1]])
    alone = tree.decode(degrees, "argmax")
    assert alone.tolist() == [[0, 4, 4], [0, 2, 7]]
    assert tree.incoherent(alone) == 0.5
    assert tree.incoherent(alone[:0]) == 0.0


def test_rows_pictures_and_tensors_agree(tree):
    degrees = np.random.default_rng(0).random((2, 9, 3, 4)).astype(np.float32)
    for method in ("exact", "iterative", "argmax"):
        pictures = tree.decode(degrees, method)
        rows = tree.decode(np.moveaxis(degrees, 1, -1).reshape(-1, 9), method)
        assert pictures.shape == (2, 3, 3, 4)
        assert np.array_equal(np.moveaxis(pictures, 1, -1).reshape(-1, 3), rows)
        assert torch.equal(tree.decode(torch.tensor(degrees), method), torch.tensor(pictures))
        assert tree.incoherent(pictures) == tree.incoherent(rows)


def test_messages_are_those_of_fuzzy_modus_ponens():
    tree = Hierarchy({"a": ["x", "y"], "b": ["z"]})  # a b x y z
    s = {"a": 0.6, "b": 0.4, "x": 0.5, "y": 0.2, "z": 0.3}
    new = {
        "a": s["a"] + np.mean([s[c] * (1 - s[c] + s[c] * s["a"]) for c in "xy"]) - s["b"] * (1 - s["b"] * s["a"]),
        "b": s["b"] + s["z"] * (1 - s["z"] + s["z"] * s["b"]) - s["a"] * (1 - s["a"] * s["b"]),
    }
    for child, parent in {"x": "a", "y": "a", "z": "b"}.items():
        others = [s[v] * (1 - s[v] * s[child]) for v in "xyz" if v != child]
        new[child] = s[child] + s[parent] * (1 - s[parent] + s[parent] * s[child]) - np.mean(others)
    expected = [max(new[v], 0) / sum(max(new[u], 0) for u in level) for level in ("ab", "xyz") for v in level]
    found = passed(tree, torch.tensor([[s[v]] for v in "abxyz"], dtype=torch.float64), 1)
    assert found[:, 0].tolist() == pytest.approx(expected)


def test_ties_go_to_the_first_leaf(tree):
    assert tree.decode(np.full(9, 0.5)).tolist() == [1, 4, 4]


def test_degrees_of_logits(tree):
    logits = np.random.default_rng(1).normal(size=(5, 9))
    found = tree.degrees(logits)
    for level in tree.level_places[:2]:
        own = found[:, level[tree.depths[level] == tree.depths[level].max()]]
        assert np.allclose(own.sum(1) if len(own[0]) == len(level) else 1, 1)
    assert np.allclose(tree.degrees(logits, "sigmoid"), 1 / (1 + np.exp(-logits)))
    assert isinstance(tree.degrees(torch.tensor(logits)), torch.Tensor)


def test_extreme_degrees_are_decoded(tree):
    degrees = np.zeros((1, 9))
    degrees[0, [0, 2, 7]] = 1
    for method in ("exact", "iterative", "argmax"):
        assert tree.decode(degrees, method).tolist() == [[0, 2, 7]]


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (
            lambda t: t.decode(np.zeros((2, 8))),
            "the hierarchy has 9 labels, but the array has shape (2, 8). Pass shape",
        ),
        (lambda t: t.decode(np.full(9, 2.0)), "degrees must lie between 0 and 1, but they reach from 2 to 2. Pass"),
        (lambda t: t.decode(np.full(9, np.nan)), "degrees must lie between 0 and 1, but they reach from nan to nan."),
        (
            lambda t: t.decode(np.zeros(9), "exakt"),
            "unknown method 'exakt'. Did you mean 'exact'? Known: exact, iterative",
        ),
        (
            lambda t: t.decode("abc"),
            "labels of a hierarchy have degrees or logits, which are numbers, but could not convert",
        ),
        (lambda t: t.degrees(np.zeros(9), "softmax"), "unknown activation 'softmax'. Known: levels, sigmoid, and None"),
        (
            lambda t: t.incoherent(np.zeros((4, 2), int)),
            "the hierarchy has 3 levels, but the array has shape (4, 2). Pass",
        ),
    ],
)
def test_what_cannot_be_decoded_says_why(tree, act, words):
    with pytest.raises(DataError, match=re.escape(words)):
        act(tree)
