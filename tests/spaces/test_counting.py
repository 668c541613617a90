"""Counts are exact: they equal brute force over the object itself, and enumeration gives each point once."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from induce import hole, space
from induce.errors import SpaceError
from induce.spaces import Space
from induce.testing import fillings, random_object


def test_counts_and_objects_equal_brute_force_on_200_random_spaces():
    sizes = []
    for seed in range(200):
        value = random_object(np.random.default_rng(seed), depth=2 + seed % 2)
        found = Space(value)
        assert isinstance(found.size, int)
        if found.size > 1000:
            continue
        expected = list(fillings(value))
        assert found.size == len(expected)
        sizes.append(found.size)
        if found.size > 60:
            continue
        points = list(found.enumerate())
        assert len({point.tobytes() for point in points}) == found.size
        made = sorted(repr(found.build(point)) for point in points)
        assert made == sorted(repr(one) for one in expected)
    assert len(sizes) > 150
    assert max(sizes) > 300


def test_big_and_infinite_counts():
    assert space([hole.integer(0, 9) for _ in range(30)]).size == 10**30
    assert space({"x": hole.real(within=(0, 1))}).size == math.inf
    assert space({"x": hole.real(within=(1, 1)), "y": hole.integer(0, 1)}).size == 2
    assert space(1).size == 1


def test_a_shared_hole_counts_once_where_any_of_its_places_is_active():
    n = hole.integer(1, 3, name="n")
    assert space([n, n]).size == 3
    assert space([hole.choice([["a", n], "b"]), hole.choice([["c", n], "d"])]).size == 3 * 3 + 1
    assert space([n, hole.choice([["a", n], "b"])]).size == 6
    assert space(hole.subset([["a", n], ["b", n], "c"], 2)).size == 9


def test_infinitely_many_points_are_not_enumerated():
    found = space({"rate": hole.real(within=(0, 1))})
    with pytest.raises(SpaceError, match="infinitely many points, since 'rate' is a real. Draw some by space.samples"):
        found.enumerate()


def test_enumeration_is_lazy():
    found = space([hole.integer(0, 9) for _ in range(20)])
    first = list(itertools.islice(found.enumerate(), 3))
    assert [point[-1] for point in first] == [0, 1, 2]


def test_held_choices_leave_the_points_that_have_them():
    compared = 0
    for seed in range(120):
        found = Space(random_object(np.random.default_rng(seed), depth=2))
        if not 1 < found.size <= 300:
            continue
        points = np.array(list(found.enumerate()))
        row = int(np.random.default_rng(seed).integers(len(found.table)))
        active = found.table.active(points)
        entry = np.random.default_rng(seed).choice(points[active[:, row], row])
        whole = found.table.rows[row].kind == "integer"
        held = found.fix({found.names[row]: entry if whole else f"#{int(entry)}"})
        kept = {p.tobytes() for p, on in zip(points, active, strict=True) if not on[row] or p[row] == entry}
        assert held.size == len(kept)
        assert {point.tobytes() for point in held.enumerate()} == kept
        compared += 1
    assert compared > 60
