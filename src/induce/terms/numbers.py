"""Coefficients of normal forms: exact while they can be, and never silently infinite or zero."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any, TypeAlias, TypeGuard

__all__ = ["Number", "add", "is_number", "multiply", "power"]

Number: TypeAlias = int | float | Fraction
_LARGEST = 2**200


def is_number(value: object) -> TypeGuard[Number]:
    """Whether a value under construction is a number."""
    return isinstance(value, (int, float, Fraction))


def add(a: Number, b: Number) -> Number | None:
    """The sum, or None if it is not finite."""
    return _checked(float(a) + float(b) if isinstance(a, float) or isinstance(b, float) else a + b)


def multiply(a: Number, b: Number) -> Number | None:
    """The product, or None if it is not finite or underflows."""
    made = _checked(float(a) * float(b) if isinstance(a, float) or isinstance(b, float) else a * b)
    return None if made == 0 and a and b else made


def power(a: Number, exponent: int) -> Number | None:
    """The power, or None if it is not finite or underflows."""
    if abs(exponent) > 1000 or (a == 0 and exponent <= 0):
        return None
    try:
        made = _checked(a**exponent if not isinstance(a, int) or exponent >= 0 else Fraction(1, a) ** -exponent)
    except OverflowError:
        return None
    return None if made == 0 and a else made


def _checked(value: Any) -> Number | None:
    if value == 0:
        return 0
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Fraction):
        if value.denominator == 1:
            return value.numerator if abs(value.numerator) < _LARGEST else None
        return value if max(abs(value.numerator), value.denominator) < _LARGEST else None
    return value if abs(value) < _LARGEST else None
