from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from induce.learners.groups import dimensionless, of_unit


def powers(dims, exponents):
    return sum(np.array(row, dtype=object) * e for row, e in zip(dims.tolist(), exponents, strict=True))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(-2, 2), min_size=2, max_size=2), min_size=2, max_size=5))
def test_groups_have_no_unit_and_make_all_others(rows):
    dims = np.array(rows, np.int64)
    groups = dimensionless(dims, 12)
    assert all(not np.any(powers(dims, g)) for g in groups)
    free = len(dims) - np.linalg.matrix_rank(dims)
    assert (np.linalg.matrix_rank(np.array(groups, float)) if groups else 0) == free


def test_the_pendulum_has_one_product_of_its_unit():
    length, gravity, mass = [1, 0, 0], [1, -2, 0], [0, 0, 1]
    (found,) = of_unit(np.array([length, gravity, mass]), np.array([0, 1, 0]), 4)
    assert found == (Fraction(1, 2), Fraction(-1, 2), Fraction(0))


def test_a_unit_that_no_product_has_gives_none():
    assert of_unit(np.array([[1, 0], [2, 0]]), np.array([0, 1]), 4) == []
