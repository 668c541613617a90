"""The arithmetic language: real-valued formulas. Units belong to columns, not to this language's sort."""

from __future__ import annotations

from typing import Any

from induce.terms.language import Language
from induce.terms.op import Notation, Op
from induce.terms.sort import REAL

__all__ = ["arithmetic"]


def _infix(name: str, precedence: int, associativity: str, latex: str, python: str, sympy: str, **laws: Any) -> Op:
    return Op(
        name, (REAL, REAL), REAL, Notation("infix", name, precedence, associativity, latex, python, sympy), **laws
    )


def _call(
    name: str,
    latex: str | None = None,
    python: str | None = None,
    sympy: str | None = None,
    arity: int = 1,
    **laws: Any,
) -> Op:
    note = Notation("call", name, 100, "left", latex, python or f"numpy.{name}({{0}})", sympy or name)
    return Op(name, (REAL,) * arity, REAL, note, **laws)


_LAW = frozenset

_OPS = [
    _infix(
        "+",
        10,
        "left",
        "{0} + {1}",
        "{0} + {1}",
        "Add",
        laws=_LAW({"commutative", "associative"}),
        identity=0.0,
        inverse="-",
    ),
    _infix("-", 10, "left", "{0} - {1}", "{0} - {1}", "sub", identity=0.0, inverse="+"),
    _infix(
        "*",
        20,
        "left",
        r"{0} \, {1}",
        "{0} * {1}",
        "Mul",
        laws=_LAW({"commutative", "associative"}),
        identity=1.0,
        inverse="/",
    ),
    _infix("/", 20, "left", r"\frac{{{0}}}{{{1}}}", "{0} / {1}", "div", identity=1.0, inverse="*"),
    _infix("^", 40, "right", "{0}^{{{1}}}", "{0} ** {1}", "Pow", identity=1.0),
    Op(
        "neg",
        (REAL,),
        REAL,
        Notation("prefix", "-", 30, "right", "-{0}", "-{0}", "neg"),
        _LAW({"involutive", "odd", "decreasing"}),
        inverse="neg",
    ),
    _call("abs", r"\left|{0}\right|", sympy="Abs", laws=_LAW({"even"})),
    _call("sign", sympy="sign", laws=_LAW({"odd"})),
    _call("sqrt", r"\sqrt{{{0}}}", laws=_LAW({"increasing"}), inverse="square"),
    _call("cbrt", r"\sqrt[3]{{{0}}}", sympy="cbrt", laws=_LAW({"odd", "increasing"}), inverse="cube"),
    _call("square", r"{0}^{{2}}", "{0} ** 2", "square", laws=_LAW({"even"}), inverse="sqrt"),
    _call("cube", r"{0}^{{3}}", "{0} ** 3", "cube", laws=_LAW({"odd", "increasing"}), inverse="cbrt"),
    _call("inverse", r"\frac{{1}}{{{0}}}", "1 / {0}", "inverse", laws=_LAW({"odd", "involutive"}), inverse="inverse"),
    _call("exp", r"e^{{{0}}}", laws=_LAW({"increasing"}), inverse="log", cost=1.5),
    _call("log", r"\log\left({0}\right)", laws=_LAW({"increasing"}), inverse="exp", cost=1.5),
    _call("sin", r"\sin\left({0}\right)", laws=_LAW({"odd"}), inverse="asin", cost=1.5),
    _call("cos", r"\cos\left({0}\right)", laws=_LAW({"even"}), inverse="acos", cost=1.5),
    _call("tan", r"\tan\left({0}\right)", laws=_LAW({"odd"}), inverse="atan", cost=1.5),
    _call(
        "asin",
        r"\arcsin\left({0}\right)",
        "numpy.arcsin({0})",
        laws=_LAW({"odd", "increasing"}),
        inverse="sin",
        cost=1.5,
    ),
    _call("acos", r"\arccos\left({0}\right)", "numpy.arccos({0})", laws=_LAW({"decreasing"}), inverse="cos", cost=1.5),
    _call(
        "atan",
        r"\arctan\left({0}\right)",
        "numpy.arctan({0})",
        laws=_LAW({"odd", "increasing"}),
        inverse="tan",
        cost=1.5,
    ),
    _call("sinh", r"\sinh\left({0}\right)", laws=_LAW({"odd", "increasing"}), cost=1.5),
    _call("cosh", r"\cosh\left({0}\right)", laws=_LAW({"even"}), cost=1.5),
    _call("tanh", r"\tanh\left({0}\right)", laws=_LAW({"odd", "increasing"}), cost=1.5),
    _call(
        "sigmoid",
        r"\sigma\left({0}\right)",
        "1 / (1 + numpy.exp(-{0}))",
        "sigmoid",
        laws=_LAW({"increasing"}),
        cost=1.5,
    ),
    _call(
        "min",
        r"\min\left({0}, {1}\right)",
        "numpy.minimum({0}, {1})",
        "Min",
        2,
        laws=_LAW({"commutative", "associative", "idempotent"}),
    ),
    _call(
        "max",
        r"\max\left({0}, {1}\right)",
        "numpy.maximum({0}, {1})",
        "Max",
        2,
        laws=_LAW({"commutative", "associative", "idempotent"}),
    ),
    Op("pi", (), REAL, Notation("constant", "pi", 100, "left", r"\pi", "numpy.pi", "pi")),
    Op("e", (), REAL, Notation("constant", "e", 100, "left", "e", "numpy.e", "E")),
]

arithmetic = Language(
    "arithmetic",
    _OPS,
    default=REAL,
    aliases={
        "**": "^", "pow": "^", "ln": "log", "arcsin": "asin", "arccos": "acos", "arctan": "atan",
        "add": "+", "sub": "-", "mul": "*", "div": "/", "inv": "inverse", "minimum": "min", "maximum": "max",
    },
    overload={"+": "+", "-": "-", "*": "*", "/": "/", "^": "^", "neg": "neg"},
    sealed=True,
)  # fmt: skip
"""Real formulas: + - * / ^, roots, exponentials, trigonometry, min and max, pi and e."""
