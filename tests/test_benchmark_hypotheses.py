"""The checks of the hypotheses suite can fail: they tell formulas that obey from formulas that do not."""

from __future__ import annotations

import pytest

from benchmarks.hypotheses import CONDITIONS, FALSE, PARTS, WITH_UNITS, breaks, holds_part, scales, scales_with
from benchmarks.problems import named
from induce.formulas import Hypotheses
from induce.terms import arithmetic


@pytest.mark.parametrize(
    ("formula", "right"),
    [("(u + v) / (1 + u*v/c^2)", True), ("2.5*u", True), ("u + v*c", False), ("sin(u)", False), ("u + 1", False)],
)
def test_a_formula_whose_units_disagree_does_not_scale(formula, right):
    (asked,) = named(("I.16.6",))
    assert scales(arithmetic.parse(formula), asked) is right


def test_every_true_formula_scales_and_has_units():
    for asked in named(WITH_UNITS):
        assert asked.units
        assert scales(asked.term, asked), asked.name


def test_a_part_is_found_as_written_or_as_sympy_writes_it():
    part = arithmetic.parse("sin(x1 + x2)")
    assert holds_part(arithmetic.parse("2 * sin(x1 + x2) + x1"), part)
    assert holds_part(arithmetic.parse("2 * sin(x2 + x1)"), part)
    assert not holds_part(arithmetic.parse("2 * sin(x1 - x2)"), part)


def test_true_parts_stand_in_their_formulas_and_false_ones_do_not():
    for name, part in PARTS.items():
        assert holds_part(named((name,))[0].term, arithmetic.parse(part)), name
    for name, part in FALSE:
        assert not holds_part(named((name,))[0].term, arithmetic.parse(part)), name


@pytest.mark.parametrize(
    ("sketch", "values", "right"),
    [
        ("(u + v) / (1 + ?a * u * v)", {"a": 0.3}, True),
        ("u + ?a", {"a": 1.7}, True),
        ("?b * sin(?a * u)", {"a": 2.5, "b": 3.0}, True),
        ("?a * u^2 + ?b * v * c + ?d", {"a": 0.2, "b": -0.1, "d": 4.0}, True),
        ("u + 1", {}, False),
        ("sin(?a * u)", {"a": 2.5}, False),
        ("?a * u + v^2", {"a": 2.5}, False),
        ("?a * (u + v * c)", {"a": 2.5}, False),
    ],
)
def test_constants_may_carry_the_units_that_are_missing(sketch, values, right):
    (asked,) = named(("I.16.6",))
    assert scales_with(arithmetic.parse(sketch), values, asked) is right


@pytest.mark.parametrize(
    ("name", "known", "good", "bad"),
    [
        ("Nguyen-5", ("sin(cos)", "exp(sin)"), "sin(x1^2) * cos(x1)", "sin(1 + x1 * cos(x1))"),
        ("Jin-6", Hypotheses(symmetric=("x1", "x2")), "x1 * x2 + sin(x1 + x2)", "x1 * x2 + 0.001 * x1"),
        ("Nguyen-7", Hypotheses(monotone={"x1": "+"}), "log(x1 + 1) - 3", "x1 - 0.3 * sin(4 * x1)"),
        ("Jin-4", Hypotheses(monotone={"x1": "-"}), "cos(x2) - exp(x1)", "cos(x2) + exp(x1)"),
        ("Nguyen-10", Hypotheses(constants=(1, 2)), "2 * sin(x1) * cos(x2)", "2.01 * sin(x1)"),
    ],
)
def test_broken_conditions_are_counted(name, known, good, bad):
    (asked,) = named((name,))
    assert not breaks(arithmetic.parse(good), asked, known)
    assert breaks(arithmetic.parse(bad), asked, known)


def test_true_formulas_meet_the_conditions_of_the_suite():
    for name, known in CONDITIONS:
        (asked,) = named((name,))
        assert not breaks(asked.term, asked, known), name
