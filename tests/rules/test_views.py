"""Views of one input: what is said of them is restored to its places, and rules say that they agree."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch

from induce.errors import DataError, FillError
from induce.rules import Hierarchy, View, diagnose, mirrored_pictures, view_rules
from induce.rules.ground_rules import read_rules
from tests.rules.making import TREE


@pytest.mark.parametrize("axes", [[], [-1], [-2], [-1, -2]])
def test_what_is_said_of_a_mirrored_picture_is_at_its_places(axes):
    pictures = torch.rand(2, 3, 4, 5)
    view = mirrored_pictures(axes, [2, 0, 1])
    assert torch.equal(view.outputs(lambda x: x, pictures), pictures[:, [2, 0, 1]])
    assert torch.equal(view.change(pictures), pictures[:, [2, 0, 1]].flip(axes))


def test_pixels_are_asked_with_their_neighbors():
    pictures = torch.rand(1, 1, 5, 5)
    found = mirrored_pictures([-1], around=3).outputs(lambda x: x, pictures)
    assert found[0, 0, 2, 2] == pytest.approx(float(pictures[0, 0, 1:4, 1:4].mean()))
    assert found[0, 0, 0, 0] == pytest.approx(float(pictures[0, 0, :2, :2].mean()))


def test_a_view_in_which_nothing_moves():
    rows = torch.rand(3, 2)
    assert torch.equal(View(lambda x: -x).outputs(lambda x: 2 * x, rows), -2 * rows)


@pytest.mark.parametrize("views", [1, 2, 3])
def test_the_rules_allow_one_path_in_all_views(views):
    tree = Hierarchy(TREE)
    program, atoms = view_rules(tree, views)
    paths = np.array([[name in tree.path(leaf) for name in tree.nodes] for leaf in tree.leaves])
    worlds = read_rules(program, atoms).worlds
    assert {tuple(world) for world in worlds} == {tuple(np.tile(path, views)) for path in paths}
    assert len(atoms) == views * len(tree)


def test_a_view_that_says_otherwise_is_revised():
    tree = Hierarchy(["cat", "dog"])
    program, atoms = view_rules(tree, 3)
    first, *_ = diagnose([1, 0, 1, 0, 0, 1], [0.8, 0.2, 0.7, 0.3, 0.4, 0.6], program, atoms=atoms)
    assert first.revised == ("label(2, cat)", "label(2, dog)")


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: mirrored_pictures([1]), "axes must be -1 or -2, but they are [1]. -1 mirrors from left to right."),
        (lambda: mirrored_pictures(around=2), "around must be an odd number of pixels, but it is 2."),
        (lambda: view_rules(Hierarchy(["a"]), 0), "views must be a whole number of at least 1, but got 0."),
    ],
)
def test_what_is_no_view_says_why(act, words):
    with pytest.raises((DataError, FillError), match=re.escape(words)):
        act()
