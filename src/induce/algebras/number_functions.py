"""What the operators on decimal numbers do to Python values.

Each function needs only its arguments, the modules imported here and other functions of this file, so that its source can
be exported.
"""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal

__all__: list[str] = []


def wide() -> Context:
    """Decimal arithmetic on sixty digits."""
    return Context(prec=60)


def number(s: str) -> Decimal:
    """The number a text says: digits, a sign, a decimal point, commas between thousands, space around."""
    text = s.strip()
    if not re.fullmatch(r"[-+]?([0-9]+|[0-9]{1,3}(,[0-9]{2,3})*,[0-9]{3})(\.[0-9]*)?|[-+]?\.[0-9]+", text):
        raise ValueError(f"{s!r} is no number")
    return Decimal(text.replace(",", ""))


def is_number(s: str | None) -> bool:
    """Whether a text says a number."""
    try:
        number(s or "")
    except ValueError:
        return False
    return True


def plus(n: Decimal, x: float) -> Decimal:
    """The sum."""
    return wide().add(n, Decimal(str(x)))


def times(n: Decimal, x: float) -> Decimal:
    """The product."""
    return wide().multiply(n, Decimal(str(x)))


def on_grid(n: Decimal, step: float, rounding: str) -> Decimal:
    """The multiple of a step near n."""
    size = Decimal(str(step))
    return wide().multiply(wide().divide(n, size).quantize(Decimal(1), rounding, wide()), size)


def nearest(n: Decimal, step: float) -> Decimal:
    """The nearest multiple of a step; halves go away from zero."""
    return on_grid(n, step, ROUND_HALF_UP)


def down(n: Decimal, step: float) -> Decimal:
    """The greatest multiple of a step that is not greater than n."""
    return on_grid(n, step, ROUND_FLOOR)


def up(n: Decimal, step: float) -> Decimal:
    """The least multiple of a step that is not less than n."""
    return on_grid(n, step, ROUND_CEILING)


def limit(n: Decimal, places: int) -> Decimal:
    """The number with at most so many digits after the decimal point; halves go away from zero."""
    exponent = n.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -places:
        return n.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, wide())
    return n


def digits_of(n: Decimal) -> str:
    """The number with just the digits it has, zeros at its end included."""
    return format(n, "f")


def less(n: Decimal, x: float) -> bool:
    """Whether a number is less than another."""
    return n < Decimal(str(x))


def format_number(n: Decimal, pattern: str) -> str:
    """The number as a spreadsheet shows it under a pattern such as ``#,##0.00``.

    ``0`` is a digit that is always there, ``#`` one that is there if needed, ``?`` one that leaves a space if not; commas
    say how digits are grouped.

    >>> format_number(Decimal("1234.5"), "#,##0.00"), format_number(Decimal("7"), "00.##"), format_number(Decimal("7"), "??0.0?")
    ('1,234.50', '07', '  7.0 ')
    """
    whole, _, fraction = pattern.partition(".")
    if not re.fullmatch(r"[#?0,]*", whole) or not re.fullmatch(r"[#?0]*", fraction):
        raise ValueError(f"{pattern!r} is no pattern of a number")
    rounded = n.quantize(Decimal(1).scaleb(-len(fraction)), ROUND_HALF_UP, wide())
    digits, _, after = format(abs(rounded), "f").partition(".")
    digits = digits.lstrip("0")
    digits = digits.rjust(whole.count("0"), "0")
    if "," in whole:
        digits = grouped(digits, whole)
    kept = after.rstrip("0").ljust(fraction.count("0"), "0")
    spaced = fraction.count("0") + fraction.count("?")
    point = "." if kept or "?" in fraction else ""
    sign = "-" if rounded < 0 else ""
    width = whole.count("0") + whole.count("?") if "?" in whole else 0
    return (sign + digits).rjust(width) + point + kept.ljust(spaced)


def grouped(digits: str, whole: str) -> str:
    """Digits with commas where a pattern has them; the group left of its last but one comma repeats."""
    sizes = [len(group) for group in whole.split(",")[1:]]
    groups = [digits[-sizes[-1] :]]
    digits = digits[: -sizes[-1]]
    size = sizes[-2] if len(sizes) > 1 else sizes[-1]
    while digits:
        groups.append(digits[-size:])
        digits = digits[:-size]
    return ",".join(reversed(groups))
