"""Generated pictures: the same from one seed, true to what they were drawn from, wrong where noise was asked for."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from induce.errors import DataError, FillError
from induce.rules import Hierarchy, labeled_pictures


@pytest.fixture(scope="module")
def made():
    return labeled_pictures(80, noise=0.2, seed=3)


def test_shapes_and_the_tree(made):
    assert made.images.shape == (80, 3, 64, 64)
    assert made.images.dtype == np.float32
    assert made.images.min() >= 0
    assert made.images.max() <= 1
    assert made.labels.shape == made.truth.shape == (80, 64, 64)
    tree = Hierarchy(made.tree)
    assert [len(level) for level in tree.levels] == [2, 4, 12]
    assert tree.leaves == made.leaves
    assert len(made) == 80
    assert np.bincount(made.truth.ravel(), minlength=12).min() > 0


def test_the_same_seed_gives_the_same_pictures(made):
    again, other = labeled_pictures(80, noise=0.2, seed=3), labeled_pictures(80, noise=0.2, seed=4)
    assert np.array_equal(again.images, made.images)
    assert np.array_equal(again.labels, made.labels)
    assert not np.array_equal(other.images, made.images)


def test_noise_mistakes_a_share_of_the_things_for_siblings(made):
    made = labeled_pictures(80, noise=0.2, mistaken_for="sibling", seed=3)
    leaf, annotated = made.things["leaf"], made.things["annotated"]
    assert np.array_equal(leaf // 3, annotated // 3)
    assert abs((leaf != annotated).mean() - 0.2) < 0.06
    assert np.array_equal(made.labels // 3, made.truth // 3)
    assert (made.labels != made.truth).mean() > 0.1
    clean = labeled_pictures(5, seed=3)
    assert np.array_equal(clean.labels, clean.truth)


def test_upper_annotations_are_right_and_leaves_may_be_of_another_parent(made):
    tree = Hierarchy(made.tree)
    assert (made.labels // 3 != made.truth // 3).mean() > 0.08
    truth = np.moveaxis(tree.paths[made.truth], -1, 1)
    assert np.array_equal(made.annotations[:, :2], truth[:, :2])
    assert np.array_equal(made.annotations[:, 2], tree.leaf_places[made.labels])


def test_the_truth_is_what_is_drawn(made):
    for picture in range(5):
        present = made.things["present"][picture]
        named = {leaf for i, _, leaf in made.facts() if i == picture}
        assert named == {made.leaves[k] for k in made.things["leaf"][picture][present]}
        assert {made.leaves[k] for k in np.unique(made.truth[picture])} <= named
    top = made.truth.max(axis=(1, 2)) >= 6
    assert top.mean() > 0.9


def test_a_figure_covers_its_area():
    made = labeled_pictures(300, size=64, seed=0)
    last = made.things["leaf"].shape[1] - 1  # nothing is in front of the last figure
    inside = made.things["present"][:, last] & (np.abs(made.things["center"][:, last] - 32).max(-1) < 18)
    for leaf, share in {6: np.pi, 9: 2.89, 11: 4 * 0.36 * (2 - 0.36)}.items():  # disc, square, cross of radius 1
        for k in np.flatnonzero(inside & (made.things["leaf"][:, last] == leaf)):
            alone = dict(made.things)
            drawn = (made.truth[k] == leaf).sum()
            radius = alone["radius"][k, last]
            assert drawn >= 0.85 * share * radius**2


def test_the_drawing_is_well_formed_and_says_what_is_there(made):
    for picture in range(10):
        root = ElementTree.fromstring(made.to_svg(picture))
        titles = [node.text for node in root.iter("{http://www.w3.org/2000/svg}title")]
        assert titles[1:] == [leaf for i, _, leaf in made.facts() if i == picture]
        assert titles[0] == "Picture of " + ", ".join(titles[1:])


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: labeled_pictures(0), "pictures must be a whole number of at least 1, but got 0. Try 50."),
        (lambda: labeled_pictures(2, noise=1), "noise must be a share from 0 to below 1, but it is 1."),
        (lambda: labeled_pictures(2, mistaken_for="all"), "mistaken_for must be 'any' or 'sibling', but it is 'all'."),
        (lambda: labeled_pictures(2, size=8), "size must be a whole number of at least 16 pixels, but it is 8."),
        (lambda: labeled_pictures(2).to_svg(2), "there is no picture 2: there are 2. Use 0 to 1."),
    ],
)
def test_what_cannot_be_drawn(act, words):
    with pytest.raises((DataError, FillError), match=re.escape(words)):
        act()
