"""Smooth and written parts, fitted together."""

from __future__ import annotations

import numpy as np
import pytest

from induce.learners.surrogates import DEGREES, LEVELS, Joint, Written, feature_count, features, smoothed
from induce.terms import arithmetic
from induce.terms.codes import Codebook

RNG = np.random.default_rng(0)
COLUMNS = RNG.uniform(0.5, 3.0, (4, 300))
NAMES = ("x1", "x2", "x3", "x4")


def part(text, *unknown):
    programs = Codebook(arithmetic, (*NAMES, *unknown)).encode([arithmetic.parse(text)])
    values = np.where(np.isfinite(programs.values), programs.values, 1.0)
    return programs.codes.tolist(), values.tolist(), programs.free.tolist()


def finished(running):
    """What a generator returns in the end."""
    while True:
        try:
            assert next(running) > 0
        except StopIteration as done:
            return done.value


def truth(text):
    return arithmetic.parse(text)(dict(zip(NAMES, COLUMNS, strict=True)))


def test_levels_have_growing_degrees():
    for degrees in DEGREES.values():
        assert len(degrees) == LEVELS
        assert list(degrees) == sorted(degrees)


@pytest.mark.parametrize("columns", [1, 2, 3, 5, 9, 40])
def test_features_are_counted_without_being_made(columns):
    for level in range(LEVELS if columns < 9 else 2):
        assert feature_count(columns, level) == features(RNG.uniform(size=(columns, 7)), level).shape[1]


def test_features_span_the_polynomials():
    basis = features(COLUMNS[:2], 2)
    assert basis.shape == (300, 10)  # all of degree 3 at most in two columns
    poly = COLUMNS[0] ** 2 * COLUMNS[1] - 3.0 * COLUMNS[0] + 1.0
    rest = poly - basis @ np.linalg.lstsq(basis, poly, rcond=None)[0]
    assert np.abs(rest).max() < 1e-10
    assert np.linalg.cond(features(COLUMNS[:2], 5)) < 1e4


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("x1*sin(x2*x3) + exp(-x4)", "x1*f + g"),
        ("exp(-x2)*x3/(1 + x4) + x1", "exp(f)*g + x1"),
        ("sqrt(x2*x3 + exp(x4))", "sqrt(f + g)"),
    ],
)
def test_parts_are_smooth_functions_first(text, whole):
    leaves = {"f": COLUMNS[1:3], "g": COLUMNS[3:4]} if "x2*x3" in text else {"f": COLUMNS[1:2], "g": COLUMNS[2:4]}
    joint = Joint(part(whole, "f", "g"), COLUMNS, truth(text), np.ones(300))
    parts, constants, expected = finished(smoothed(joint, leaves, np.zeros(0)))
    assert set(parts) == {"f", "g"}
    assert len(constants) == 0
    assert expected < 1e-5 * joint.target.var()


def test_written_and_smooth_parts_fit_together_with_the_formulas_own_numbers():
    joint = Joint(part("?k*f + g", "f", "g"), COLUMNS, truth("3.5*sin(2.2*x1) + x4^2"), np.ones(300))
    parts = {"f": Written.of(part("sin(?a*x1)")), "g": Written.of(part("?b*x4 + ?c*x4^2"))}
    parts["f"].numbers = np.array([2.0])
    loss, constants = joint.fit(parts, np.array([1.0]))
    assert loss < 1e-24
    np.testing.assert_allclose(constants, [3.5])
    np.testing.assert_allclose(parts["f"].numbers, [2.2])
    assert parts["f"].fitted[1] == pytest.approx([2.2])


def test_a_direction_that_changes_nothing_is_left_alone():
    """What is added to one part may be taken from the other: the numbers must not run away."""
    joint = Joint(part("f + g", "f", "g"), COLUMNS, truth("sin(x1) + x4^2"), np.ones(300))
    parts, _, expected = finished(smoothed(joint, {"f": COLUMNS[:1], "g": COLUMNS[3:]}, np.zeros(0)))
    assert expected < 1e-12
    assert max(float(np.abs(p.numbers).max()) for p in parts.values()) < 1e3
