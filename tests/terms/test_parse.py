from __future__ import annotations

import contextlib

import pytest

from induce.errors import ParseError
from induce.terms import REAL, arithmetic, boolean, hole
from induce.terms.parse import parse, parse_sexpr
from induce.terms.sort import arrow

CASES = [
    ("", "at 1:1: the text is empty; a term was expected. Write for example 'x + 1'."),
    ("x +", "at 1:4: the text ends too early after '+'; a number, a name or '(' was expected."),
    ("x + * y", "at 1:5: unexpected '*' after '+'; a number, a name or '(' was expected."),
    ("x +\n  * y", "at 2:3: unexpected '*'"),
    ("(x + 1", "at 1:1: '(' is never closed. Add ')'."),
    ("x + 1)", "at 1:6: unbalanced ')' without an opening one."),
    ("sin(x, y)", "at 1:1: 'sin' takes 1 argument but got 2. Its signature is sin(real) -> real."),
    ("1 + sine(x)", "at 1:5: unknown operator 'sine'. Did you mean 'sin'? This language has: + - * /"),
    ("x(y)", "To multiply, write 'x * (...)'."),
    ("2x", "at 1:1: '2x' is not a number. To multiply, write '2*x'."),
    ("2 x", "at 1:3: unexpected 'x' after '2'; an operator or the end was expected. To multiply, write '2 * x'."),
    ("(x y)", "an operator or ')' was expected. To multiply, write 'x * y'."),
    ("(x)(y)", "'x' has sort real and cannot be applied to arguments. To multiply, write '*' before the parenthesis."),
    ("sin + 1", "'sin' is an operator and needs its arguments: sin(real) -> real."),
    ("pi(3)", "'pi' is not an operator and cannot be called. To multiply, write 'pi * (...)'."),
    ("?k{strat: 1}", "a hole has no attribute 'strat'. Did you mean 'start'? It has: start, low, high, unit, scale."),
    ("?k{low: 1, low: 2}", "attribute 'low' is given twice."),
    ("?k{low: 2, high: 1}", "the bounds (2.0, 1.0) of hole 'k' are empty."),
    ("?f{0.3: x | y}", "1 of 2 options have a weight. Give all or none."),
    ("?f{grammar}", "'?f{grammar}' cannot be read from text alone. Give the hole by name: parse(text, f=hole)."),
    ("x = 3", "at 1:3: unexpected character '='. Write one side of the equation only."),
    ("x, y", "at 1:2: unexpected ','; one term was expected."),
    ("True + 1", "at 1:6: argument 1 of '+' has sort bool, but real was expected."),
    ("1.5:int", "'1.5' is not a value of sort int. Write a whole number."),
    ("`a", "a name in backticks is never closed."),
    ("\\x. x", "a function is written '\\x:real. body'"),
    ("min(x)", "'min' takes 2 arguments but got 1. Its signature is min(real, real) -> real."),
    ("x" + " + x" * 300_000, "the text has 1200001 characters; at most 1000000 are read."),
]


@pytest.mark.parametrize(("text", "message"), CASES, ids=[repr(text[:20]) for text, _ in CASES])
def test_errors(text, message):
    with pytest.raises(ParseError) as caught:
        arithmetic.parse(text)
    assert message in str(caught.value)


def test_unknown_variables():
    with pytest.raises(ParseError) as caught:
        arithmetic.parse("mass + lenght", variables=["mass", "length"])
    assert (
        str(caught.value)
        == "at 1:8: unknown variable 'lenght'. Did you mean 'length'? The variables are: length, mass."
    )
    with pytest.raises(ParseError, match=r"'mass' is not an operator and cannot be called"):
        arithmetic.parse("mass(2)", variables=["mass"])


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("x**2", "x^2"),
        ("ln(x)", "log(x)"),
        ("add(x, neg(y))", "x + -y"),
        ("2*-x", "2*(-x)"),
        ("x^-y^2", "x^(-(y^2))"),
        ("-x^2", "-(x^2)"),
        ("-x*y", "(-x)*y"),
        ("x/y/z", "(x/y)/z"),
        ("x^y^z", "x^(y^z)"),
        (" x\n\t+ .5 ", "x+0.5"),
        ("1.e3", "1000.0"),
        ("(+ x (sin 1))", "x + sin(1)"),
        ("(- x y)", "x - y"),
        ("(- x)", "-x"),
        ("(sin (x))", "sin(x)"),
    ],
)
def test_readings(text, same):
    assert arithmetic.parse(text) is arithmetic.parse(same)


def test_boolean_spellings():
    assert boolean.parse("a & b | !c") is boolean.parse("(a and b) or (not c)")
    assert boolean.parse("a -> b -> c") is boolean.parse("a implies (b implies c)")
    assert boolean.parse("(not a and b)") is boolean.parse("(not a) and b")
    assert boolean.parse("(and a (not b))") is boolean.parse("a and not b")
    assert boolean.parse("?c{(a | b) | c}").hole.options == (boolean.parse("a or b"), boolean.parse("c"))


def test_types_of_numbers():
    assert type(arithmetic.parse("1").value) is int
    assert arithmetic.parse("1").sort is REAL
    assert type(arithmetic.parse("1e3").value) is float
    assert arithmetic.parse("0x10").value == 16


def test_names():
    f = arrow(REAL, REAL)
    term = arithmetic.parse("f(x) + k + ?w", f=f, k=arithmetic.parse("y^2"), w=hole.real("w", start=1.0))
    assert str(term) == "(f:(real -> real))(x) + y^2 + ?w{start: 1}"


def test_bare_holes_are_fresh_and_named_ones_shared():
    assert len(arithmetic.parse("?*x + ?").holes) == 2
    assert len(arithmetic.parse("?k*x + ?k").holes) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(+ x y z)", "'+' takes 2 arguments but got 3"),
        ("(sine x)", "unknown operator 'sine'. Did you mean 'sin'?"),
        ("(+ x 1) 2", "one s-expression was expected"),
        ("(+ x 1", "'(' is never closed"),
        ("x + 1", "unexpected '+'"),
        ("()", "an s-expression begins with an operator"),
    ],
)
def test_errors_of_s_expressions(text, message):
    with pytest.raises(ParseError) as caught:
        parse_sexpr(arithmetic, text)
    assert message in str(caught.value)


def test_depth_and_length():
    n = 10_000
    assert arithmetic.parse("(" * n + "x" + ")" * n) is arithmetic.parse("x")
    assert parse(arithmetic, " + ".join(["x"] * n)).size == 2 * n - 1


@pytest.mark.parametrize("text", ["[", "x[0]", "'x'", "x;y", "\x00", "é", "?", "x:", "x:(", "{", "|", "\\", "#", "??", "1..2", '"a', "lambda", "?a{"])  # fmt: skip
def test_any_text_gives_a_term_or_a_parse_error(text):
    for language in (arithmetic, boolean):
        with contextlib.suppress(ParseError):
            assert language.parse(text).size > 0
