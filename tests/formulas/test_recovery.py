"""A formula counts as recovered when it is the true function, however written, and only then."""

from __future__ import annotations

import math
import time
from dataclasses import replace

import numpy as np
import pytest

import induce
from induce.fit import Row
from induce.formulas.families import family
from induce.formulas.recovery import _prove, closed, recovered, recovered_with_noise, rounded
from induce.terms import arithmetic
from induce.terms.show import to_sexpr

UNIT = {"x": (0.0, 1.0)}
BOX = {"x": (0.1, 2.0), "y": (0.1, 2.0)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.0000004", "1"), ("0.3333", "1 / 3"), ("2.71828", "1359 / 500"), ("1.4142", "707 / 500"), ("-0.49999", "-1 / 2"),
        ("0.0012345678", "247 / 200000"), ("7", "7"), ("0.0", "0"), ("6.674e-11", "3337 / 50000000000000"), ("1e300 * x", None),
    ],
)  # fmt: skip
def test_rounding(text, expected):
    found = rounded(arithmetic.parse(text))
    assert expected is None or found is arithmetic.parse(expected)
    if expected is None:
        assert found({"x": 1.0}) == pytest.approx(1e300)


@pytest.mark.parametrize(
    ("found", "truth", "ranges"),
    [
        ("x * (x + 1.0) * x + x", "x^3 + x^2 + x", {"x": (-1.0, 1.0)}),
        ("log((x + 1) * (1.00001 + x * x))", "log(x + 1) + log(x^2 + 1)", {"x": (0.0, 2.0)}),
        ("sin(x + y) + sin(x - y)", "2 * sin(x) * cos(y)", BOX),
        ("exp(y * log(x))", "x^y", BOX),
        ("0.5 * sqrt(4 * x)", "sqrt(x)", {"x": (0.0, 4.0)}),
        ("6.2832 * sqrt(x / y)", "6.283 * sqrt(x) / sqrt(y)", BOX),
        ("x + 0 * x", "x", UNIT),
    ],
)
def test_the_same_function_in_another_form(found, truth, ranges):
    assert recovered(found, truth, ranges, seconds=60)


@pytest.mark.parametrize(
    ("found", "truth", "ranges"),
    [
        ("x - x^3 / 6", "sin(x)", {"x": (-0.01, 0.01)}),
        ("1.01 * x", "x", UNIT),
        ("x + 1e-5 * sin(x)", "x", UNIT),
        ("sqrt(x)^2", "x", {"x": (-1.0, 1.0)}),
        ("z", "x", UNIT),
        ("?k * x", "x", UNIT),
        ("log(x - 5)", "x", UNIT),
    ],
)
def test_close_is_not_the_same(found, truth, ranges):
    assert not recovered(found, truth, ranges)


def test_the_time_limit_ends_the_proof():
    began = time.monotonic()
    assert not recovered("exp(y * log(x))", "x^y", BOX, seconds=0.05)
    assert time.monotonic() - began < 30


def test_agreement_without_proof_does_not_count():
    texts = [to_sexpr(arithmetic.parse(t)) for t in ("x", "x + 1")]
    assert not _prove({"terms": texts, "nonnegative": []})


@pytest.mark.parametrize("problem", family("nguyen"), ids=lambda p: p.name)
def test_every_truth_recovers_itself(problem):
    assert recovered(problem.term, problem.term, problem.ranges)


def test_constants_count_as_the_closed_form_they_equal():
    box = {"q": (1.0, 5.0), "r": (1.0, 5.0)}
    assert recovered("0.07957747154594767 * q / r^2", "q / (4 * pi * r^2)", box)
    assert recovered("-2.5 * sin(q * r - q - 2.141592653589793)", "2.5 * sin(q * r - q + 1)", box)
    assert not recovered("0.0796 * q / r^2", "q / (4 * pi * r^2)", box)
    for value, text in [
        (0.7071067811865476, "sqrt(1 / 2)"), (-0.36787944117144233, "-exp(-1)"), (10 / 17, "10 / 17"), (0.1234567, "123 / 1000"),
        (1 - math.pi, "1 - pi"), (-0.5 - math.pi / 2, "-0.5 - pi / 2"),
    ]:  # fmt: skip
        assert closed(arithmetic.parse(repr(value)))({}) == pytest.approx(arithmetic.parse(text)({}), rel=1e-12)


def noisy(text, sketch, sigma=0.01):
    """The row that a fit of a sketch to noisy values of a formula gives, with nothing rounded."""
    rng = np.random.default_rng(1)
    data = {name: rng.uniform(low, high, 500) for name, (low, high) in BOX.items()}
    y = np.asarray(arithmetic.parse(text)(data))
    y = y + sigma * rng.standard_normal(500)
    return induce.fill(arithmetic.parse(sketch), (data, y)).row


def made(sketch, values, errors):
    term = arithmetic.parse(sketch)
    return Row(term, term, values, errors, term.size, 0.1, 0.9)


@pytest.mark.parametrize(
    ("truth", "sketch"),
    [
        ("1.234 * x * sin(y)", "?c0 * x * sin(y)"),
        ("2.37 * exp(-0.41 * x) + y", "?c0 * exp(?c1 * x) + y"),
        ("x / (4 * pi * y^2)", "?c0 * x / y^2"),
        ("x / (1.7 + 2.3 * y)", "?c0 * x / (1 + ?c1 * y)"),
    ],
)
def test_the_true_form_with_constants_within_the_noise(truth, sketch):
    row = noisy(truth, sketch)
    assert recovered_with_noise(row, truth, BOX)
    for name, value in row.values.items():
        off = replace(row, values={**row.values, name: value + 8 * row.errors[name]})
        assert not recovered_with_noise(off, truth, BOX)


@pytest.mark.parametrize(
    ("truth", "sketch", "values"),
    [
        ("2 * x", "?c0 * x + ?c1", {"c0": 2.0, "c1": 0.001}),
        ("2 * x", "?c0 * x + ?c1 * x", {"c0": 1.5, "c1": 0.5}),
        ("2 * x", "?c0 * ?c1 * x", {"c0": 1.0, "c1": 2.0}),
        ("sin(x)", "?c0 * x + ?c1 * x^3", {"c0": 1.0, "c1": -0.16}),
        ("2 * x", "?c0 * z", {"c0": 2.0}),
        ("2 * x", "2.01 * x", {}),
        ("2 * x", "log(-?c0 * x)", {"c0": 2.0}),
    ],
)
def test_other_forms_do_not_count(truth, sketch, values):
    assert not recovered_with_noise(made(sketch, values, dict.fromkeys(values, 0.1)), truth, BOX)


def test_a_formula_without_constants_is_exact_or_not():
    assert recovered_with_noise(made("x + x", {}, {}), "2 * x", BOX)
    assert not recovered_with_noise(made("x + y", {}, {}), "2 * x", BOX)


def test_a_constant_without_an_error_does_not_count():
    assert recovered_with_noise(made("?c0 * x", {"c0": 2.01}, {"c0": 0.01}), "2 * x", BOX)
    assert not recovered_with_noise(made("?c0 * x", {"c0": 2.01}, {"c0": float("nan")}), "2 * x", BOX)
    assert not recovered_with_noise(made("?c0 * x", {"c0": 2.01}, {}), "2 * x", BOX)
