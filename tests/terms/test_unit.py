from __future__ import annotations

import copy
import pickle
from fractions import Fraction

import pytest

from induce.errors import UnitError
from induce.terms import arithmetic
from induce.terms.dimensions import UNIT_RULES, units_of
from induce.terms.unit import Unit
from induce.terms.unit_table import SPELLINGS, UNITS

P = arithmetic.parse


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("N", "kg m/s^2"), ("J/(mol K)", "kg m^2 s^-2 mol^-1 K^-1"), ("km h^-1", "1000 m/(3600 s)"), ("", "1"), ("W", "J/s"),
        ("hPa", "100 Pa"), ("L", "dm^3"), ("m**2", "m^2"), ("m^(1/2)", "m^0.5"), ("m·s", "m*s"), ("ohm", "V/A"), ("T", "V s/m^2"),
        ("kcal", "4184 J"), ("m/s/s", "m/s^2"), ("mg", "1e-6 kg"), ("ms", "0.001 s"), ("min", "60 s"), ("rad", "1"),
    ],
)  # fmt: skip
def test_equal_units(text, same):
    assert Unit.parse(text) == Unit.parse(same)


@pytest.mark.parametrize("name", [*UNITS, *SPELLINGS, "[people]/km^2", "m^(2/3) s^-0.5"])
def test_text_reads_back(name):
    unit = Unit.parse(name)
    assert Unit.parse(str(unit)) == unit
    assert Unit.parse(str(Unit(dict(unit.powers), unit.scale))) == unit
    assert pickle.loads(pickle.dumps(unit)) == copy.deepcopy(unit) == unit


def test_arithmetic():
    m, s = Unit.parse("m"), Unit.parse("s")
    assert str(m / s**2) == "m/s^2"
    assert (m * m).sqrt() == m
    assert m ** Fraction(1, 3) * m ** Fraction(2, 3) == m
    assert (m / m).dimensionless
    assert Unit.parse("km").same_dimension(m)
    assert Unit.parse("km").factor_to(m) == 1000
    assert Unit.parse("km") != m
    with pytest.raises(AttributeError, match="Unit is immutable"):
        m.scale = 3.0
    with pytest.raises(UnitError, match=r"cannot convert \[m\] to \[s\]"):
        m.factor_to(s)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("metr", "unknown unit 'metr'. Did you mean 'metre'? Write a unit of your own in square brackets: '[metr]'."),
        (
            "degC",
            "unit 'degC' has an offset, so it does not multiply. Convert the column to K first (K = degC + 273.15)",
        ),
        ("m/", "a unit was expected after '/'"),
        ("/s", "'/' has no unit before it. Write '1/s' for a rate."),
        ("m^x", "an exponent is a number or a fraction, as in m^-2 or m^(1/2)"),
        ("(m", "'(' is never closed"),
        ("m)", "unexpected ')'"),
        ("m$", "unexpected '$' at column 2"),
        ("0 m", "a scale must be positive and finite"),
        ("m^999", "out of range"),
        ("Qm^99", "is out of the range of floating-point numbers"),
        ("(" * 60 + "m" + ")" * 60, "parentheses nest more than 50 deep"),
    ],
)
def test_errors(text, message):
    with pytest.raises(UnitError) as caught:
        Unit.parse(text)
    assert message in str(caught.value)


COLUMNS = {"length": "m", "time": "s", "x": "m", "angle": "degree", "height": "km", "mass": "kg"}


@pytest.mark.parametrize(
    ("text", "unit", "constants"),
    [
        ("length + 1", "m", ["m"]),
        ("length*2/time^2", None, [None, "1"]),
        ("length^2 + x*?c", "m^2", ["1", "m"]),
        ("sqrt(length*x)", "m", []),
        ("exp(-time/?tau)", "1", ["s"]),
        ("sin(2*time)", "1", ["1/s"]),
        ("length + ?k*time", "m", ["m/s"]),
        ("?a*length + ?a*x", None, [None, None]),
        ("x + 2 + time*(x/time + 3)/x*length", "m", ["m", "m/s"]),
        ("sign(length)*pi", "1", []),
        ('min(length, ?k{unit: "m"})', "m", ["m"]),
        ("cbrt(cube(length))", "m", []),
        ("2^?n", "1", ["1", "1"]),
    ],
)
def test_units_of(text, unit, constants):
    report = units_of(P(text), COLUMNS)
    assert report.unit == (None if unit is None else Unit.parse(unit))
    assert [u for _, u in report.constants] == [None if c is None else Unit.parse(c) for c in constants]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("length + time", "cannot add 'length' [m] and 'time' [s] in 'length + time'."),
        ("1 + (length - time)", "cannot subtract 'length' [m] and 'time' [s] in 'length - time'."),
        ("min(length, time)", "cannot compare 'length' [m] and 'time' [s] in 'min(length, time)'."),
        ("sin(length)", "'sin' needs a number without unit, but 'length' [m] is used in 'sin(length)'."),
        ("length^x", "an exponent has no unit, but 'x' [m] is used in 'length^x'."),
        ("length^?n", "the base has no unit, but 'length' [m] is used in 'length^?n'."),
        ("length + height", "cannot add 'length' [m] and 'height' [km] in 'length + height'. Their scales differ"),
        ("sin(angle)", "'angle' [degree] is used in 'sin(angle)'. Convert it to plain numbers (radians) first."),
        ("?k*length + ?k*time", "cannot add '?k * length' [any] and '?k * time' [any]"),
        ("lenght", "no unit is given for 'lenght'. Did you mean 'length'?"),
        ("x and y", ""),
    ][:-1],
)
def test_errors_of_formulas(text, message):
    with pytest.raises(UnitError) as caught:
        units_of(P(text), COLUMNS)
    assert message in str(caught.value)


def test_dimensionless_constants_and_target():
    assert units_of(P("2*length"), COLUMNS, dimensionless_constants=True).unit == Unit.parse("m")
    with pytest.raises(UnitError, match=r"cannot add 'length' \[m\] and '1' \[1\]"):
        units_of(P("length + 1"), COLUMNS, dimensionless_constants=True)
    assert units_of(P("?c*length"), COLUMNS, target="s").constants[0][1] == Unit.parse("s/m")
    with pytest.raises(UnitError, match=r"the formula 'length' \[m\] does not have the unit \[s\] of the target"):
        units_of(P("length"), COLUMNS, target="s")


def test_every_arithmetic_operator_has_a_rule():
    assert set(UNIT_RULES) == set(arithmetic.ops)


def test_depth():
    term = P("abs(" * 10_000 + "length" + ")" * 10_000)
    assert units_of(term, COLUMNS).unit == Unit.parse("m")
