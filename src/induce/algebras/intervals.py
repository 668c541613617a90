"""The interval algebra: sound bounds of a formula over a box, with outward rounding.

A value is a pair of arrays (low, high). Where an operator is undefined on part of its argument, the bound covers the
defined part; where it is undefined on all of it, both ends are NaN.

Source: R. Moore (1966), Interval Analysis.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from induce.algebras.algebra import Algebra, register
from induce.algebras.evaluate import evaluate
from induce.terms.arithmetic import arithmetic
from induce.terms.term import Term

__all__ = ["INTERVAL", "bounds"]

Pair = tuple[Any, Any]
_PI = math.pi


def _outward(low: Any, high: Any) -> Pair:
    return np.nextafter(low, -np.inf), np.nextafter(high, np.inf)


def _hull(*corners: Any) -> Pair:
    stacked = np.stack(np.broadcast_arrays(*corners))
    # 0 * inf is NaN; as a bound of a product it stands for 0
    stacked = np.where(np.isnan(stacked), 0.0, stacked)
    return _outward(stacked.min(axis=0), stacked.max(axis=0))


def _keep_nan(result: Pair, *args: Pair) -> Pair:
    lost = np.isnan(args[0][0])
    for arg in args[1:]:
        lost = lost | np.isnan(arg[0])
    return np.where(lost, np.nan, result[0]), np.where(lost, np.nan, result[1])


def _add(a: Pair, b: Pair) -> Pair:
    return _outward(a[0] + b[0], a[1] + b[1])


def _mul(a: Pair, b: Pair) -> Pair:
    return _keep_nan(_hull(a[0] * b[0], a[0] * b[1], a[1] * b[0], a[1] * b[1]), a, b)


def _inverse(a: Pair) -> Pair:
    low, high = 1.0 / a[1], 1.0 / a[0]
    low = np.where((a[0] < 0) & (a[1] == 0), -np.inf, low)
    high = np.where((a[0] == 0) & (a[1] > 0), np.inf, high)
    split = (a[0] < 0) & (a[1] > 0)
    nothing = (a[0] == 0) & (a[1] == 0)
    low, high = np.where(split, -np.inf, low), np.where(split, np.inf, high)
    low, high = _outward(np.minimum(low, high), np.maximum(low, high))
    return _keep_nan((np.where(nothing, np.nan, low), np.where(nothing, np.nan, high)), a)


def _increasing(function: Any, domain: tuple[float, float] = (-np.inf, np.inf), ulps: int = 4) -> Any:
    """Bounds of an increasing function, restricted to its domain."""

    def meaning(xp: Any, a: Pair) -> Pair:
        outside = (a[1] < domain[0]) | (a[0] > domain[1])
        low = function(np.clip(a[0], *domain))
        high = function(np.clip(a[1], *domain))
        for _ in range(ulps):  # libraries round these functions within a few units in the last place
            low, high = _outward(low, high)
        return _keep_nan((np.where(outside, np.nan, low), np.where(outside, np.nan, high)), a)

    return meaning


def _even(function: Any) -> Any:
    """Bounds of an even function that grows with |x|."""

    def meaning(xp: Any, a: Pair) -> Pair:
        small = np.where((a[0] <= 0) & (a[1] >= 0), 0.0, np.minimum(np.abs(a[0]), np.abs(a[1])))
        low, high = function(small), function(np.maximum(np.abs(a[0]), np.abs(a[1])))
        for _ in range(4):
            low, high = _outward(low, high)
        return _keep_nan((np.maximum(low, function(0.0)), high), a)

    return meaning


def _sine(a: Pair, shift: float) -> Pair:
    """sin(x + shift) over [a]: the ends, and +-1 where a peak or trough lies inside."""
    low, high = a[0] + shift, a[1] + shift
    ends = np.sin(low), np.sin(high)
    slack = 1e-12 * (1.0 + np.abs(low) + np.abs(high))  # rounding of the shift can move a peak out of the interval
    peak = np.floor((high + slack - _PI / 2) / (2 * _PI)) >= np.ceil((low - slack - _PI / 2) / (2 * _PI))
    trough = np.floor((high + slack + _PI / 2) / (2 * _PI)) >= np.ceil((low - slack + _PI / 2) / (2 * _PI))
    wide = ~(np.isfinite(low) & np.isfinite(high)) | (np.abs(low) + np.abs(high) > 1e8)
    bottom = np.where(trough | wide, -1.0, np.minimum(*ends) - slack)
    top = np.where(peak | wide, 1.0, np.maximum(*ends) + slack)
    return _keep_nan((np.maximum(bottom, -1.0), np.minimum(top, 1.0)), a)


def _tangent(xp: Any, a: Pair) -> Pair:
    crosses = np.floor((a[1] + _PI / 2) / _PI) != np.floor((a[0] + _PI / 2) / _PI)
    low, high = np.tan(a[0]), np.tan(a[1])
    slack = 1e-12 * (1 + np.abs(low) + np.abs(high))
    crosses = crosses | (low > high) | ~np.isfinite(low + high)
    return _keep_nan((np.where(crosses, -np.inf, low - slack), np.where(crosses, np.inf, high + slack)), a)


def _power(xp: Any, a: Pair, b: Pair) -> Pair:
    """x^y: exact for one whole exponent, through exp(y log x) for positive bases, everything otherwise."""
    exponent = float(np.ravel(b[0])[0])
    constant = np.all((b[0] == exponent) & (b[1] == exponent))
    if constant and exponent == round(exponent):
        n = int(exponent)
        base = _even(lambda x: x ** abs(n))(xp, a) if n % 2 == 0 else _increasing(lambda x: x ** abs(n))(xp, a)
        if n == 0:
            one = np.ones_like(a[0])
            return _keep_nan((one, one), a)
        return _inverse(base) if n < 0 else base
    logs = _increasing(np.log, (0.0, np.inf))(xp, a)
    low, high = _increasing(np.exp)(xp, _mul(b, logs))
    if constant and exponent > 0:
        low = np.where(a[0] <= 0, 0.0, low)  # 0^y = 0
    whole = (a[0] < 0) & (np.ceil(b[0]) <= np.floor(b[1]))  # negative bases have values at whole exponents
    largest = _increasing(np.exp)(xp, _mul(b, _increasing(np.log, (0.0, np.inf))(xp, _even(np.abs)(xp, a))))[1]
    return np.where(whole, -largest, low), np.where(whole, np.fmax(largest, high), high)


_AND = frozenset(
    {"commutative add", "associative add", "commutative mul", "zero", "one", "subdistributive", "involution"}
)


def _close(a: Pair, b: Pair) -> Any:
    return np.isclose(a[0], b[0], rtol=1e-9, atol=1e-12) & np.isclose(a[1], b[1], rtol=1e-9, atol=1e-12)


def _sample(rng: np.random.Generator, n: int) -> Pair:
    ends = rng.normal(size=(2, n))
    return ends.min(axis=0), ends.max(axis=0)


def _lift(value: Any) -> Pair:
    if isinstance(value, tuple) and len(value) == 2:
        return np.asarray(value[0], dtype=np.float64), np.asarray(value[1], dtype=np.float64)
    array = np.asarray(value, dtype=np.float64)
    return array, array


INTERVAL = Algebra(
    name="interval",
    carrier="pairs (low, high) that enclose the value",
    add=_add,
    mul=_mul,
    neg=lambda a: (-a[1], -a[0]),
    zero=(np.float64(0), np.float64(0)),
    one=(np.float64(1), np.float64(1)),
    laws=_AND,
    sample=_sample,
    equal=_close,
    lift=_lift,
)
"""Sound bounds with outward rounding."""

Algebra.INTERVAL = INTERVAL


def _root(xp: Any, a: Pair) -> Pair:
    low, high = _increasing(np.sqrt, (0.0, np.inf), ulps=1)(xp, a)
    return np.maximum(low, 0.0), high


def _negate(a: Pair) -> Pair:
    return -a[1], -a[0]


_MEANINGS: dict[str, Any] = {
    "+": lambda xp, a, b: _add(a, b),
    "-": lambda xp, a, b: _add(a, _negate(b)),
    "*": lambda xp, a, b: _mul(a, b),
    "/": lambda xp, a, b: _mul(a, _inverse(b)),
    "^": _power,
    "neg": lambda xp, a: _negate(a),
    "abs": _even(np.abs),
    "sign": lambda xp, a: (np.sign(a[0]), np.sign(a[1])),
    "sqrt": _root,
    "cbrt": _increasing(np.cbrt),
    "square": _even(np.square),
    "cube": _increasing(lambda x: x * x * x),
    "inverse": lambda xp, a: _inverse(a),
    "exp": lambda xp, a: (lambda r: (np.maximum(r[0], 0.0), r[1]))(_increasing(np.exp)(xp, a)),
    "log": _increasing(np.log, (0.0, np.inf)),
    "sin": lambda xp, a: _sine(a, 0.0),
    "cos": lambda xp, a: _sine(a, _PI / 2),
    "tan": _tangent,
    "asin": _increasing(np.arcsin, (-1.0, 1.0)),
    "acos": lambda xp, a: _negate(_increasing(lambda x: -np.arccos(x), (-1.0, 1.0))(xp, a)),
    "atan": _increasing(np.arctan),
    "sinh": _increasing(np.sinh),
    "cosh": _even(np.cosh),
    "tanh": _increasing(np.tanh),
    "sigmoid": _increasing(lambda x: 1.0 / (1.0 + np.exp(-x))),
    "min": lambda xp, a, b: (np.minimum(a[0], b[0]), np.minimum(a[1], b[1])),
    "max": lambda xp, a, b: (np.maximum(a[0], b[0]), np.maximum(a[1], b[1])),
    "pi": lambda xp: _outward(np.float64(math.pi), np.float64(math.pi)),
    "e": lambda xp: _outward(np.float64(math.e), np.float64(math.e)),
}

for _name, _meaning in _MEANINGS.items():
    register(arithmetic[_name], INTERVAL, _meaning)


def bounds(term: Term, ranges: Mapping[str, tuple[Any, Any]]) -> tuple[float, float]:
    """Sound lower and upper bound of a formula on a box.

    Parameters
    ----------
    term : Term
        An arithmetic term without holes.
    ranges : mapping
        Variable name to (low, high).

    Returns
    -------
    (float, float)
        NaN, NaN if the formula is undefined on the whole box.

    >>> from induce.terms import arithmetic
    >>> low, high = bounds(arithmetic.parse("x^2 + 1"), {"x": (-1, 2)})
    >>> round(low, 6), round(high, 6)
    (1.0, 5.0)
    """
    low, high = evaluate(term, {name: tuple(ends) for name, ends in ranges.items()}, INTERVAL, {})
    return float(low), float(high)
