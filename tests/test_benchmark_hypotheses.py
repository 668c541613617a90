"""The checks of the hypotheses suite can fail: they tell formulas that obey from formulas that do not."""

from __future__ import annotations

import pytest

from benchmarks.hypotheses import FALSE, PARTS, WITH_UNITS, holds_part, scales
from benchmarks.problems import named
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
