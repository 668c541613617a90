"""When a formula counts as a law of force up to a linear map."""

from __future__ import annotations

import pytest

from induce.formulas.bodies import SYSTEMS
from induce.formulas.laws import law_of, monomials
from induce.terms import arithmetic

EXACT = {
    "springs": "-((dx / r - dx) * (1.406 * dy / dx + 0.1214))",
    "1/r": "0.1402 * m2 * (dy * (m1 - 1.143e-16) - 2.878 * dx * m1) / r^2 + 3",
    "1/r^2": "0.02 * m1 * (dx - dy) * m2 / (r * r * r)",
    "charge": "(0.3 * dx * q2 + 1e-12 * dx + 2 * q2 * dy) * q1 / r^2.999 / r^0.001",
}
WRONG = {
    "springs": ["dx / r - 1.05 * dx", "(dx / r - dx) * m1", "dx", "(1 - 1 / r) * (dx + dy * dx)"],
    "1/r": ["m1 * m2 * dx / r^2.05", "m1 * (m2 + 0.01) * dx / r^2", "m1 * m2 * dx / (r^2 + 0.01)", "3"],
    "1/r^2": ["m1 * m2 * dx / r^2", "m2 * dx / r^3", "exp(dx)", "m1 * m2 * (dx / r^3 + 0.02 * r)"],
    "charge": ["m1 * m2 * dx / r^3", "q1 * dx / r^3"],
}


@pytest.mark.parametrize(("name", "text"), EXACT.items())
def test_the_law_in_any_dress(name, text):
    law = law_of(arithmetic.parse(text), SYSTEMS[name])
    assert law.exact, str(law)
    assert "F_x" in str(law)


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in WRONG.items() for text in texts])
def test_what_is_no_law(name, text):
    assert not law_of(arithmetic.parse(text), SYSTEMS[name]).exact


def test_the_linear_map_is_found():
    law = law_of(arithmetic.parse("m1*m2*(3*dx - 0.5*dy)/r^3 + 7"), SYSTEMS["1/r^2"])
    assert (law.a, law.b, law.c) == pytest.approx((3, -0.5, 7))
    assert "other addends than the law" in str(law_of(arithmetic.parse("sin(dx)"), SYSTEMS["1/r^2"]))


def test_monomials_of_a_sum_in_a_denominator():
    assert monomials(arithmetic.parse("1 / (x + 1)")) is None
    assert monomials(arithmetic.parse("(x + y)^2")) == {
        (("x", 1.0), ("y", 1.0)): 2.0,
        (("x", 2.0),): 1.0,
        (("y", 2.0),): 1.0,
    }
