"""Every written number is freed and comes back with the error that theory gives."""

from __future__ import annotations

import math

import numpy as np
import pytest

from induce.errors import FillError
from induce.fit import Fit, Row
from induce.formulas.data import load
from induce.numbers import numbers_of
from induce.terms import arithmetic, hole

X = np.linspace(0.5, 4, 60)
Z = np.linspace(-2, 2, 60) ** 3
NOISE = np.random.default_rng(0).normal(size=60) * 0.01


def fit_of(text, names=("x",)):
    term = arithmetic.parse(text)
    return Fit((Row(term, term, {}, {}, term.size, 0.0, 1.0),), 0, "", "", arithmetic, names)


def estimates(text, data, target):
    return {n.label: n for n in numbers_of(fit_of(text, tuple(data)), data, target)}


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("2 * x^1.5", {"factor of x^1.5": 2, "exponent of x": 1.5}),
        ("x * sqrt(x)", {"exponent of x": 1.5}),
        ("sqrt(x^3) * 3", {"factor of x^1.5": 3, "exponent of x": 1.5}),
        ("x^(1/3) + 2", {"exponent of x": 1 / 3, "number in x^(1 / 3) + 2": 2}),
        ("1/3 * x", {"factor of x": 1 / 3}),
        ("5 / x", {"factor of x^(-1)": 5}),
        ("-(0.5 * sin(2 * x))", {"factor of sin(2 * x)": -0.5, "factor of x": 2}),
        ("exp(-x / 4)", {"factor of x": -0.25}),
        ("sqrt(x + 3)", {"number in x + 3": 3, "exponent of x + 3": 0.5}),
        ("x - 7", {"number in x - 7": 7}),
        ("2.5", {"the constant": 2.5}),
        ("x", {}),
        ("sin(x) / x", {}),
        ("sqrt(4 * x^3)", {"factor of x^1.5": 2, "exponent of x": 1.5}),
        ("sqrt(x / (x + 3))", {"number in x + 3": 3, "exponent of x": 0.5, "exponent of x + 3": -0.5}),
        ("(9 * 4)^0.5 * x", {"factor of x": 6}),
        ("inverse(x) * 2", {"factor of x^(-1)": 2, "exponent of x": -1}),
    ],
)
def test_which_numbers_are_freed(text, labels):
    data = {"x": X}
    truth = np.broadcast_to(arithmetic.parse(text)(data), X.shape)
    found = estimates(text, data, truth)
    assert {label: n.written for label, n in found.items()} == pytest.approx(labels)
    for number in found.values():
        assert number.estimate == pytest.approx(number.written, rel=1e-6)
        assert number.error <= 1e-6 * abs(number.written)


def test_errors_are_those_of_linear_regression():
    target = 3 * X + 2 + NOISE
    found = estimates("3 * x + 2", {"x": X}, target)
    design = np.stack([X, np.ones(60)], axis=1)
    solved, squares, *_ = np.linalg.lstsq(design, target, rcond=None)
    covariance = np.linalg.inv(design.T @ design) * squares[0] / 58
    for label, k in (("factor of x", 0), ("number in 3 * x + 2", 1)):
        assert found[label].together
        assert found[label].estimate == pytest.approx(solved[k], rel=1e-7)
        assert found[label].error == pytest.approx(math.sqrt(covariance[k, k]), rel=1e-5)


def test_weights_count():
    weights = np.where(X < 2, 1.0, 0.0)
    target = np.where(X < 2, 2 * X, 5 * X)
    (number,) = numbers_of(fit_of("2 * x"), {"x": X}, target, weights)
    assert number.estimate == pytest.approx(2.0)


def test_a_base_that_may_be_negative_keeps_its_exponent():
    found = estimates("3 * z^2 + z^3", {"z": Z}, 3 * Z**2 + Z**3)
    assert set(found) == {"factor of z^2"}
    assert found["factor of z^2"].estimate == pytest.approx(3)


def test_numbers_that_cannot_be_told_apart_are_freed_one_at_a_time():
    found = estimates("3 * exp(x + 2)", {"x": X}, 3 * np.exp(X + 2))
    assert {label: n.together for label, n in found.items()} == {
        "factor of exp(x + 2)": False,
        "number in x + 2": False,
    }
    assert found["factor of exp(x + 2)"].estimate == pytest.approx(3)
    assert found["number in x + 2"].estimate == pytest.approx(2)


def test_the_law_of_the_planets():
    planets = load("planets")
    for text in (
        "semi_major_axis^1.5",
        "semi_major_axis * sqrt(semi_major_axis)",
        "sqrt(semi_major_axis)^3",
        "sqrt(semi_major_axis^3)",
    ):
        (number,) = numbers_of(fit_of(text, planets.X.names), planets.X, planets.y)
        assert number.label == "exponent of semi_major_axis"
        assert abs(number.estimate - 1.5) < 0.005
        assert 0 < number.error < 0.005
        assert str(number) == "exponent of semi_major_axis 1.499971 +- 0.000022"


def test_nets_have_no_written_numbers():
    term = hole.net(abs, name="numbers_net")
    fit = Fit((Row(term, term, {}, {}, 1, 0.0, 1.0),), 0, "", "", arithmetic, ("x",))
    with pytest.raises(FillError, match=r"holds nets, whose numbers are not written down. Select another row."):
        numbers_of(fit, {"x": X}, X)


def test_deep_formulas_work():
    deep = arithmetic.parse("x")
    for _ in range(2000):
        deep = arithmetic["sin"](deep)
    fit = Fit((Row(deep, deep, {}, {}, deep.size, 0.0, 1.0),), 0, "", "", arithmetic, ("x",))
    assert numbers_of(fit, {"x": X}, X) == ()
