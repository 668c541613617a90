from __future__ import annotations

import numpy
import pytest
from hypothesis import given

from induce.errors import ParseError
from induce.terms import REAL, apply, arithmetic, boolean, bound, hole, lambda_, literal, variable
from induce.terms.grammar import Grammar
from induce.terms.lists import lists
from induce.terms.op import Notation
from induce.terms.parse import parse, parse_sexpr
from induce.terms.show import to_sexpr, to_text
from induce.terms.sort import BOOL, INT, arrow, list_of
from induce.testing import odd_leaves, random_terms, terms


@pytest.mark.parametrize("language", [arithmetic, boolean], ids=lambda language: language.name)
def test_both_printers_are_inverses_of_reading(language):
    seen = set()
    for term in random_terms(language, 3000, numpy.random.default_rng(7), odd=True, max_size=15):
        assert parse(language, to_text(term)) is term, to_text(term)
        assert parse_sexpr(language, to_sexpr(term)) is term, to_sexpr(term)
        seen.add(term)
    assert len(seen) > 1500


@pytest.mark.slow
@pytest.mark.parametrize("language", [arithmetic, boolean], ids=lambda language: language.name)
def test_both_printers_are_inverses_of_reading_for_10000_terms(language):
    for term in random_terms(language, 10_000, numpy.random.default_rng(8), odd=True, max_size=25):
        assert parse(language, to_text(term)) is term, to_text(term)
        assert parse_sexpr(language, to_sexpr(term)) is term, to_sexpr(term)


@given(terms(arithmetic, odd=True))
def test_round_trip_property(term):
    assert parse(arithmetic, to_text(term)) is term


@pytest.mark.parametrize("sort", [REAL, BOOL], ids=str)
def test_odd_leaves(sort):
    language = arithmetic if sort is REAL else boolean
    for leaf in odd_leaves(sort):
        assert parse(language, to_text(leaf)) is leaf
        assert parse_sexpr(language, to_sexpr(leaf)) is leaf


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("-x^2", "-x^2"),
        ("(-x)^2", "(-x)^2"),
        ("x^y^z", "x^y^z"),
        ("(x^y)^z", "(x^y)^z"),
        ("x - (y - z)", "x - (y - z)"),
        ("x-y-z", "x - y - z"),
        ("x*-1.5", "x * -1.5"),
        ("x^-2", "x^(-2)"),
        ("((x))", "x"),
        ("-(1.0)", "-(1.0)"),
        ("--x", "--x"),
        ("pow(x, ln(y))", "x^log(y)"),
        ("`body mass`", "`body mass`"),
        ("`x`", "x"),
        ("`e` + e", "`e` + e"),
        ("?k{high: 1, low: 0}", "?k{low: 0, high: 1}"),
        ("?f{0.7: sin(x) | 0.3:cos(x)}", "?f{0.7: sin(x) | 0.3: cos(x)}"),
        ("(\\t:real. t + x0)(3)", "(\\x_0:real. x_0 + x0)(3)"),
        ("\\f:(real -> real). f(f(1))", "\\x0:(real -> real). x0(x0(1))"),
    ],
)
def test_text(text, shown):
    term = arithmetic.parse(text)
    assert str(term) == shown
    assert arithmetic.parse(shown) is term


def test_boolean_text():
    assert str(boolean.parse("a & ~b | (c -> d)")) == "a and not b or (c implies d)"


def test_negative_literal_and_negation_differ():
    negative, negation = literal(-1.0, REAL), -literal(1.0, REAL)
    assert negative is not negation
    assert (str(negative), str(negation), str(-negative)) == ("-1.0", "-(1.0)", "--1.0")
    assert to_sexpr(negation) == "(neg 1.0)"


def test_types_of_literals_are_kept():
    texts = ["1", "1.0", "0.0", "-0.0", "inf", "-inf", "nan", "1e+300"]
    assert [str(arithmetic.parse(t)) for t in texts] == texts
    assert type(arithmetic.parse("1").value) is int
    assert str(literal(3)) == "3:int"
    assert arithmetic.parse("3:int") is literal(3, INT)
    assert arithmetic.parse("x:int") is variable("x", INT)


def test_huge_integers():
    term = literal(7**20_000, REAL)
    assert str(term).startswith("0x")
    assert arithmetic.parse(str(term)) is term


def test_digits_round_floats_but_not_integers():
    term = arithmetic.parse("1.23456*x + 1234567*y + 7654321.0 + 2.0 - 0.000012345")
    assert to_text(term, digits=3) == "1.23 * x + 1234567 * y + 7654321 + 2 - 1.23e-05"


def test_indices_that_no_function_binds():
    term = arithmetic["+"](bound(2, REAL), 1)
    assert str(term) == "#2:real + 1"
    assert arithmetic.parse(str(term)) is term
    inside = lambda_(REAL, arithmetic["+"](bound(0, REAL), bound(1, REAL)))
    assert arithmetic.parse(str(inside)) is inside


def test_application_of_free_function_variables():
    f = variable("f", arrow(REAL, REAL, REAL))
    term = apply(f, variable("x"), literal(1, REAL))
    assert str(term) == "(f:(real -> real -> real))(x)(1)"
    assert arithmetic.parse(str(term)) is term
    assert arithmetic.parse("f(x, 1)", f=f.sort) is term


def test_holes_that_text_cannot_carry_are_given_by_name():
    grammar = Grammar(arithmetic, REAL, productions=["+"], variables=["x"])
    free = hole.choice(grammar, name="g")
    net = hole.net(abs, name="n")
    term = free + net
    assert str(term) == "?g{grammar} + ?n{net}"
    assert arithmetic.parse(str(term), g=free, n=net) is term


def test_names_of_other_languages_are_quoted_on_request():
    mine = arithmetic.extend("mine")
    mine.op("g() -> real", show=Notation("constant", "g"))
    term = variable("g") + mine["g"]()
    assert to_text(term, language=mine) == "`g` + g"
    assert mine.parse(to_text(term, language=mine)) is term


def test_postfix_prefix_and_infix_of_other_languages():
    mine = arithmetic.extend("mine")
    mine.op("factorial(real) -> real", show=Notation("postfix", "!", 60))
    mine.op("grad(real) -> real", show=Notation("prefix", "grad", 15, "right"))
    mine.op("dot(real, real) -> real", show=Notation("infix", "@", 20, "none"))
    for text in [
        "x!^2!",
        "(x + 1)!",
        "grad x * y",
        "(grad x) * y",
        "x * (grad y)",
        "(x @ y) @ z",
        "-x!",
        "(x * y) @ z",
    ]:
        term = mine.parse(text)
        assert mine.parse(str(term)) is term, text
        assert parse_sexpr(mine, to_sexpr(term)) is term


@pytest.mark.parametrize("text", ["sin(" * 10_000 + "x" + ")" * 10_000, "-" * 10_000 + "x", "^".join(["x"] * 10_000)])
def test_depth(text):
    term = arithmetic.parse(text)
    assert term.depth >= 10_000
    assert str(term) == text
    assert parse_sexpr(arithmetic, to_sexpr(term)) is term


@pytest.mark.parametrize(
    ("value", "sort", "text"),
    [
        ((9, -8), list_of(INT), "[9, -8]"),
        ((1,), list_of(INT), "[1]"),
        ((True, False), list_of(BOOL), "[True, False]"),
        ((), list_of(INT), "[]"),
        ((), list_of(BOOL), "[]:list(bool)"),
    ],
)
def test_lists_are_written_as_they_are_read(value, sort, text):
    term = literal(value, sort)
    assert lists.parse(text) is term
    assert to_text(term) == to_sexpr(term) == text
    with pytest.raises(
        ParseError, match=r"unexpected '\['\. A list holds whole numbers or truth values: \[1, 2\], \[True\]\."
    ):
        lists.parse("concat([1, True], xs)")
