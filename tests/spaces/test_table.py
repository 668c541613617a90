"""The flat table: samples, mutations and crossings stay in the space, and are spread as they should be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from induce import hole, space
from induce.errors import SpaceError
from induce.spaces import Space
from induce.testing import random_object


def valid(found, points):
    """Whether every point is one of the space, written with 0 where it is not active."""
    return all((found.table.check(point) == point).all() for point in points)


@given(st.integers(0, 10_000))
def test_samples_mutations_and_crossings_are_points_of_the_space(seed):
    found = Space(random_object(np.random.default_rng(seed), reals=True))
    rng = np.random.default_rng(seed)
    points = found.samples(40, rng)
    changed = found.mutate(points, rng)
    crossed = found.crossover(points, changed[::-1], rng)
    assert valid(found, points)
    assert valid(found, changed)
    assert valid(found, crossed)
    for point in (*points[:3], *changed[:3], *crossed[:3]):
        found.build(point)


@given(st.integers(0, 10_000))
def test_a_mutation_changes_one_choice_and_what_hangs_below_it(seed):
    found = Space(random_object(np.random.default_rng(seed), reals=True))
    points = found.samples(30, seed)
    changed = found.mutate(points, seed)
    before, after = found.table.active(points), found.table.active(changed)
    differ = ((points != changed) & before & after).sum(axis=1)
    able = (before & (found.table.count > 1)).any(axis=1)
    assert (differ <= 1).all()
    assert (differ[able] + (before != after)[able].any(axis=1) >= 1).all()
    assert (differ[~able] == 0).all()


@given(st.integers(0, 10_000))
def test_units_lead_back_to_their_points(seed):
    table = Space(random_object(np.random.default_rng(seed), reals=True)).table
    points = table.from_unit(np.random.default_rng(seed).random((20, len(table))))
    assert np.allclose(table.from_unit(table.to_unit(points)), points)


def test_the_same_seed_draws_the_same_points():
    found = space({"a": hole.integer(0, 99), "b": hole.real(within=(0, 1))})
    assert (found.samples(5, 3) == found.samples(5, 3)).all()
    assert (found.mutate(found.samples(5, 3), 4) == found.mutate(found.samples(5, 3), 4)).all()
    assert (found.samples(5, 3) != found.samples(5, 4)).any()


def test_values_are_spread_evenly_or_by_prior_or_over_the_logarithm():
    found = space([
        hole.choice("a b c d".split()),
        hole.choice(["rare", "often"], prior=[1, 9]),
        hole.real(within=(1e-4, 1.0), log=True),
        hole.integer(1, 1000, log=True),
    ])  # fmt: skip
    points = found.samples(40_000, 0)
    assert np.allclose(np.bincount(points[:, 0].astype(int)) / 40_000, 0.25, atol=0.01)
    assert points[:, 1].mean() == pytest.approx(0.9, abs=0.01)
    assert (points[:, 2] < 1e-2).mean() == pytest.approx(0.5, abs=0.01)
    assert (points[:, 3] <= 31).mean() == pytest.approx(0.5, abs=0.02)
    assert points[:, 3].min() == 1
    assert points[:, 3].max() == 1000


def test_small_steps_for_numbers_any_other_option_for_choices():
    found = space([hole.choice(list("abcd")), hole.integer(0, 1000), hole.real(within=(0, 1))])
    points = np.tile([1.0, 500.0, 0.5], (6000, 1))
    changed = found.mutate(points, 0)
    options = changed[changed[:, 0] != 1, 0]
    assert np.allclose(np.bincount(options.astype(int), minlength=4)[[0, 2, 3]] / len(options), 1 / 3, atol=0.05)
    for column, width in ((1, 1000), (2, 1)):
        moved = np.abs(changed[:, column] - points[:, column]) / width
        moved = moved[moved > 0]
        assert len(moved) == pytest.approx(2000, abs=150)
        assert (moved < 0.3).mean() > 0.75
    assert ((changed != points).sum(axis=1) == 1).all()


def test_activity_follows_the_parents():
    n = hole.integer(1, 3)
    found = space({"kind": hole.choice([{"svm": hole.integer(5, 9)}, {"tree": n}]), "more": hole.choice([None, (n,)])})
    active = found.table.active(np.array([[0, 5, 0, 0], [1, 0, 2, 0], [0, 5, 2, 1]], dtype=float))
    assert active.tolist() == [[True, True, False, True], [True, False, True, True], [True, True, True, True]]


@pytest.mark.parametrize(
    ("point", "message"),
    [
        (
            [0, 0],
            "a point of this space is a vector of 3 numbers, but got the shape (2,). Take one from space.sample(rng)",
        ),
        ([0, 7, 0], "the entry of 'n' is 7, but a whole number from 1 to 5 was expected."),
        ([0, 1.5, 0], "the entry of 'n' is 1.5, but a whole number from 1 to 5 was expected."),
        ([0, 1, float("nan")], "the entry of 'x' is nan, but a number from 0 to 1 was expected."),
        ([2, 1, 0], "the entry of 'kind' is 2, but a whole number from 0 to 1 was expected."),
    ],
)
def test_what_is_no_point_is_said(point, message):
    found = space({"kind": hole.choice(["a", "b"]), "n": hole.integer(1, 5), "x": hole.real(within=(0, 1))})
    with pytest.raises(SpaceError) as caught:
        found.build(point)
    assert message in str(caught.value)
