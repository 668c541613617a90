"""Positions of a program, and the target that each leaves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from induce.algebras.evaluate import evaluate_many
from induce.learners.composing import put_in
from induce.learners.forms import combine
from induce.learners.positions import positions, sub_part, undone_rows
from induce.terms import arithmetic
from induce.terms.codes import Codebook

BOOK = Codebook(arithmetic, ("x", "v"))
COLUMNS = np.random.default_rng(0).uniform(0.6, 1.4, (2, 40))


def part(text):
    programs = BOOK.encode([arithmetic.parse(text)])
    return programs.codes.tolist(), programs.values.tolist(), programs.free.tolist()


def value(program):
    return evaluate_many(combine([program]), COLUMNS)[0]


TEXTS = [
    "x*sin(v) + 2.5",
    "exp(x/(v + 1.25))",
    "log(x*v)/sqrt(x + v)",
    "1.5 - x^v",
    "2.5^(x*v)",
    "-(x*0.5)",
    "tanh(x - v)*0.5 + atan(v)",
    "1/(x + v^3)",
]


@pytest.mark.parametrize("text", TEXTS)
def test_every_sub_term_is_what_the_rest_leaves(text):
    whole = part(text)
    target, weights = value(whole), np.ones(COLUMNS.shape[1])
    found = positions(whole)
    assert len(found) == len(whole[0])
    for around in found:
        t, w = undone_rows(target, weights, around.steps, COLUMNS)
        np.testing.assert_allclose(t, value(sub_part(whole, around.start, around.end)), rtol=1e-9, atol=1e-9)
        assert np.all(w >= 0)
        assert np.all(np.isfinite(w))


@pytest.mark.parametrize("text", TEXTS)
def test_weights_make_a_small_error_count_as_that_of_the_whole(text):
    whole = part(text)
    target, weights = value(whole), np.full(COLUMNS.shape[1], 2.0)
    for around in positions(whole):
        inner = sub_part(whole, around.start, around.end)
        _, w = undone_rows(target, weights, around.steps, COLUMNS)
        # the sub-term's place is taken by a further column that is off by a little
        outer = ([*whole[0][: around.start], 258, *whole[0][around.end :]], whole[1], whole[2])
        moved = evaluate_many(combine([outer]), np.vstack([COLUMNS, value(inner) + 1e-6]))[0]
        np.testing.assert_allclose(w * 1e-12, 2.0 * (moved - target) ** 2, rtol=1e-3, atol=1e-17)


def test_rows_that_nothing_gives_are_marked():
    whole = part("exp(x)")
    inside = positions(whole)[1]
    t, w = undone_rows(np.array([1.0, -1.0, np.e]), np.ones(3), inside.steps, COLUMNS[:, :3])
    np.testing.assert_allclose(t, [0.0, np.nan, 1.0], atol=1e-12)
    assert w[1] == 0.0


def test_a_minimum_keeps_nothing_of_its_arguments():
    whole = part("min(x, v)")
    t, w = undone_rows(value(whole), np.ones(40), positions(whole)[1].steps, COLUMNS)
    assert np.isnan(t).all()
    assert not w.any()


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(TEXTS), st.sampled_from(["x + 0.5", "sin(v)", "2.5", "x"]), st.data())
def test_putting_in_is_replacing(text, inner, data):
    whole, piece = part(text), part(inner)
    around = data.draw(st.sampled_from(positions(whole)))
    opened = ([*whole[0][: around.start], 258, *whole[0][around.end :]], whole[1], whole[2])
    codes, numbers, free = put_in(opened, {258: piece})
    assert len(numbers) == len(free) == sum(c < 0 for c in codes)
    expected = evaluate_many(combine([opened]), np.vstack([COLUMNS, value(piece)]))
    np.testing.assert_allclose(value((codes, numbers, free)), expected[0], equal_nan=True)
