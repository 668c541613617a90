from __future__ import annotations

import xml.etree.ElementTree

import numpy
import pytest
import sympy

from induce.errors import ExportError, OpError
from induce.terms import arithmetic, boolean
from induce.terms.markup import to_latex, to_mathml
from induce.terms.source import safe_names, to_python
from induce.terms.symbolic import from_sympy, to_sympy
from induce.testing import random_terms

P = arithmetic.parse
NUMPY = {
    "+": numpy.add, "-": numpy.subtract, "*": numpy.multiply, "/": numpy.divide, "^": numpy.power, "neg": numpy.negative,
    "square": numpy.square, "cube": lambda x: x**3, "inverse": lambda x: 1 / x, "sigmoid": lambda x: 1 / (1 + numpy.exp(-x)),
    "min": numpy.minimum, "max": numpy.maximum, "asin": numpy.arcsin, "acos": numpy.arccos, "atan": numpy.arctan,
    "pi": lambda: numpy.pi, "e": lambda: numpy.e,
}  # fmt: skip
DATA = {name: numpy.random.default_rng(i).normal(size=20) for i, name in enumerate("xyz")}


def direct(term):
    def node(t, args):
        if t.is_variable:
            return DATA[t.name]
        if t.is_literal:
            return numpy.float64(t.value)
        return NUMPY.get(t.op.name, getattr(numpy, t.op.name, None))(*args)

    with numpy.errstate(all="ignore"):
        return numpy.broadcast_to(term.fold(node), 20)


def run(source):
    space = {}
    exec(compile(source, "formula", "exec"), space)
    return space["formula"]


def test_python_source_computes_the_same():
    for term in random_terms(arithmetic, 400, numpy.random.default_rng(1)):
        function = run(to_python(term))
        with numpy.errstate(all="ignore"):
            try:
                got = function(*(DATA[v.name] for v in term.variables))
            except (ZeroDivisionError, OverflowError):
                continue  # a constant part, in Python's own arithmetic
        if not isinstance(got, complex):
            numpy.testing.assert_allclose(numpy.broadcast_to(got, 20), direct(term), rtol=1e-9, err_msg=str(term))


def test_python_source_of_boolean_terms():
    for term in random_terms(boolean, 200, numpy.random.default_rng(2)):
        names = [v.name for v in term.variables]
        for bits in range(2 ** len(names)):
            values = [numpy.bool_(bits >> i & 1) for i in range(len(names))]
            meanings = {
                "not": lambda a: not a, "and": lambda a, b: a and b, "or": lambda a, b: a or b, "xor": lambda a, b: a != b,
                "implies": lambda a, b: b or not a, "iff": lambda a, b: a == b, "if": lambda c, a, b: a if c else b,
                "true": lambda: True, "false": lambda: False,
            }  # fmt: skip
            table = dict(zip(names, values, strict=True))
            expected = term.fold(lambda t, a, m=meanings, d=table: d[t.name] if t.is_variable else m[t.op.name](*a))
            assert bool(run(to_python(term))(*values)) == bool(expected), str(term)


def test_names_and_limits_of_python_source():
    source = to_python(P('`body mass` * class^2 + `x"""y`'))
    assert "body_mass: column 'body mass'" in source
    assert run(source)(2.0, 3.0, 1.0) == 19.0
    assert safe_names(["a b", "a_b", "1", "é"]) == {"a b": "a_b", "a_b": "a_b_2", "1": "x1", "é": "x3"}
    deep = P("sin(" * 3000 + "x" + ")" * 3000)
    assert numpy.isfinite(run(to_python(deep))(0.5))
    with pytest.raises(ExportError, match=r"operator 'hole' in '\?k' has no Python form. Fill holes first"):
        to_python(P("?k*x"))
    with pytest.raises(ExportError, match="a Python function cannot be called '2f'"):
        to_python(P("x"), name="2f")


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("(x+1)*(y-2)/z^2", r"\frac{\left(x + 1\right) \, \left(y - 2\right)}{z^{2}}"),
        ("(x^2)^3", r"\left(x^{2}\right)^{3}"),
        ("2*(x*3)", r"2 \, \left(x \cdot 3\right)"),
        ("x*-2.5", r"x \, \left(-2.5\right)"),
        ("sqrt(alpha_1)", r"\sqrt{\alpha_{1}}"),
        ("`body mass`", r"\mathrm{body\ mass}"),
        ("1e-7*x", r"1 \cdot 10^{-7} \, x"),
        ("a-(b-c)", r"a - \left(b - c\right)"),
        ("exp(x)^2", r"\left(e^{x}\right)^{2}"),
        ("`50%_x`", r"\mathrm{50\%\_x}"),
    ],
)
def test_latex(text, latex):
    assert to_latex(P(text)) == latex
    assert P(text)._repr_latex_() == f"$\\displaystyle {latex}$"


def test_mathml_is_well_formed():
    for language in (arithmetic, boolean):
        for term in random_terms(language, 300, numpy.random.default_rng(3), odd=True):
            root = xml.etree.ElementTree.fromstring(to_mathml(term, digits=3))
            assert root.tag == "{http://www.w3.org/1998/Math/MathML}math"
            latex = to_latex(term, digits=3)
            assert latex.replace(r"\{", "").replace(r"\}", "").count("{") == latex.replace(r"\{", "").replace(
                r"\}", ""
            ).count("}")


def test_sympy_there_and_back_keeps_the_value():
    rng = numpy.random.default_rng(4)
    for term in random_terms(arithmetic, 120, rng, max_size=8, ops="+ - * / neg square sin exp sqrt abs min tanh"):
        back = from_sympy(to_sympy(term))
        before, after = direct(term), direct(back)
        fine = numpy.isfinite(before) & (numpy.abs(before) < 1e6)
        numpy.testing.assert_allclose(after[fine], before[fine], rtol=1e-6, atol=1e-9, err_msg=f"{term} -> {back}")


def test_sympy_examples():
    assert str(from_sympy(to_sympy(P("x*x + sqrt(y) - 1/z")))) == str(from_sympy(sympy.sympify("x**2 + sqrt(y) - 1/z")))
    assert to_sympy(P("x")).is_real
    assert str(from_sympy(sympy.sympify("1/(1 + x)"))) == "1 / (1 + x)"
    assert from_sympy(to_sympy(boolean.parse("a and not b")), boolean) in (
        boolean.parse("a and not b"),
        boolean.parse("not b and a"),
    )
    with pytest.raises(OpError, match="unknown operator 'gamma'"):
        from_sympy(sympy.sympify("gamma(x)"))
    with pytest.raises(ExportError, match="the SymPy atom 'I' has no counterpart"):
        from_sympy(sympy.I * sympy.Symbol("x"))
    with pytest.raises(ExportError, match="SymPy cannot hold this term: it is 10001 deep"):
        to_sympy(P("sin(" * 10_000 + "x" + ")" * 10_000))


def test_depth_of_markup():
    deep = P("sin(" * 1500 + "x" + ")" * 1500)
    assert to_latex(deep).count("sin") == to_mathml(deep).count("sin") == 1500
