"""A formula counts as recovered when it is the true function, however written, and only then."""

from __future__ import annotations

import time

import pytest

from induce.formulas.families import family
from induce.formulas.recovery import _prove, recovered, rounded
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
