"""The real and the Boolean algebra, and what the shipped operators mean under them (numpy and torch alike)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from induce.algebras.algebra import Algebra, register
from induce.algebras.semirings import Semiring
from induce.terms.arithmetic import arithmetic
from induce.terms.boolean import boolean

__all__ = ["BOOLEAN", "REAL"]

REAL = Algebra(
    name="real",
    carrier="real numbers; NaN where a formula is undefined",
    add=lambda a, b: a + b,
    mul=lambda a, b: a * b,
    neg=lambda a: -a,
    zero=0.0,
    one=1.0,
    laws=frozenset(
        {
            "commutative add", "associative add", "commutative mul", "associative mul", "zero", "one", "annihilation",
            "distributive", "involution", "inverse add",
        }
    ),
    sample=lambda rng, n: rng.normal(size=n),
    equal=lambda a, b: np.isclose(a, b, rtol=1e-9, atol=1e-12),
    lift=lambda value: np.asarray(value, dtype=np.float64),
)  # fmt: skip
"""Ordinary arithmetic on float arrays."""

BOOLEAN = Semiring(
    name="boolean",
    carrier="truth values",
    add=lambda a, b: a | b,
    mul=lambda a, b: a & b,
    neg=lambda a: ~a,
    zero=np.False_,
    one=np.True_,
    laws=frozenset(
        {
            "commutative add", "associative add", "commutative mul", "associative mul", "zero", "one", "annihilation",
            "distributive", "idempotent add", "absorptive add", "idempotent mul", "involution", "complement",
        }
    ),
    sample=lambda rng, n: rng.random(n) < 0.5,
    equal=lambda a, b: a == b,
    lift=lambda value: np.asarray(value, dtype=bool),
    kind="bits", claims="what holds in the one world of the facts whose weight is 1",
)  # fmt: skip
"""Truth values; or is addition, and is multiplication."""

Algebra.REAL = REAL
Algebra.BOOLEAN = BOOLEAN


def _power(xp: Any, x: Any, y: Any) -> Any:
    return xp.pow(x, y) if hasattr(xp, "Tensor") else np.power(x, y)


def _cbrt(xp: Any, x: Any) -> Any:
    return np.cbrt(x) if xp is np else xp.sign(x) * xp.abs(x) ** (1.0 / 3.0)


def _numbers(xp: Any, value: float) -> Any:
    return np.float64(value) if xp is np else xp.tensor(value, dtype=xp.float64)


_REAL_MEANINGS: dict[str, Any] = {
    "+": lambda xp, x, y: x + y,
    "-": lambda xp, x, y: x - y,
    "*": lambda xp, x, y: x * y,
    "/": lambda xp, x, y: x / y,
    "^": _power,
    "neg": lambda xp, x: -x,
    "abs": lambda xp, x: xp.abs(x),
    "sign": lambda xp, x: xp.where(x == x, xp.sign(x), x),
    "sqrt": lambda xp, x: xp.sqrt(x),
    "cbrt": _cbrt,
    "square": lambda xp, x: x * x,
    "cube": lambda xp, x: x * x * x,
    "inverse": lambda xp, x: 1.0 / x,
    "exp": lambda xp, x: xp.exp(x),
    "log": lambda xp, x: xp.log(x),
    "sin": lambda xp, x: xp.sin(x),
    "cos": lambda xp, x: xp.cos(x),
    "tan": lambda xp, x: xp.tan(x),
    "asin": lambda xp, x: xp.arcsin(x),
    "acos": lambda xp, x: xp.arccos(x),
    "atan": lambda xp, x: xp.arctan(x),
    "sinh": lambda xp, x: xp.sinh(x),
    "cosh": lambda xp, x: xp.cosh(x),
    "tanh": lambda xp, x: xp.tanh(x),
    "sigmoid": lambda xp, x: 1.0 / (1.0 + xp.exp(-x)),
    "min": lambda xp, x, y: xp.minimum(x, y),
    "max": lambda xp, x, y: xp.maximum(x, y),
    "pi": lambda xp: _numbers(xp, math.pi),
    "e": lambda xp: _numbers(xp, math.e),
}

_BOOLEAN_MEANINGS: dict[str, Any] = {
    "not": lambda xp, x: ~x,
    "and": lambda xp, x, y: x & y,
    "or": lambda xp, x, y: x | y,
    "xor": lambda xp, x, y: x ^ y,
    "implies": lambda xp, x, y: ~x | y,
    "iff": lambda xp, x, y: ~(x ^ y),
    "if": lambda xp, c, x, y: (c & x) | (~c & y),
    "true": lambda xp: np.True_ if xp is np else xp.tensor(True),
    "false": lambda xp: np.False_ if xp is np else xp.tensor(False),
}

for _name, _meaning in _REAL_MEANINGS.items():
    register(arithmetic[_name], REAL, _meaning)
for _name, _meaning in _BOOLEAN_MEANINGS.items():
    register(boolean[_name], BOOLEAN, _meaning)
