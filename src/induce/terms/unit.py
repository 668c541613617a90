"""Units of measurement: exact exponents over base dimensions, and a scale."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache

from induce.errors import UnitError, did_you_mean
from induce.terms.unit_table import OFFSET, PREFIXES, SPELLINGS, UNITS

__all__ = ["BASES", "DIMENSIONLESS", "Unit"]

BASES = ("kg", "m", "s", "A", "K", "mol", "cd")
"""The SI base units; a user's own base units are written in square brackets: ``[people]``."""

_TOKEN = re.compile(r"\s*(?:(\[[^\[\]]+\])|([^\W\d]+|[°%ΩΩ]C?F?)|([0-9.]+(?:[eE][+-]?[0-9]+)?)|(\*\*|[*/^()·⋅×+-]))")  # noqa: RUF001


class Unit:
    """A unit: a scale times a product of base units with rational exponents. Immutable and hashable.

    Parameters
    ----------
    powers : mapping
        Base unit to exponent; user base units in square brackets.
    scale : float
        How many coherent units one of this unit is: 1000 for ``km``.

    >>> Unit.parse("km/h") / Unit.parse("m s^-1")
    Unit('0.2777777777777778')
    >>> Unit.parse("J").same_dimension(Unit.parse("N m"))
    True
    """

    __slots__ = ("powers", "scale", "text")
    powers: tuple[tuple[str, Fraction], ...]
    scale: float
    text: str

    def __init__(
        self, powers: Mapping[str, Fraction | int] | None = None, scale: float = 1.0, *, text: str = ""
    ) -> None:
        order = {base: place for place, base in enumerate(BASES)}
        kept = [(base, Fraction(power)) for base, power in (powers or {}).items() if power]
        kept.sort(key=lambda pair: (order.get(pair[0], len(BASES)), pair[0]))
        object.__setattr__(self, "powers", tuple(kept))
        object.__setattr__(self, "scale", float(scale))
        object.__setattr__(self, "text", text)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"Unit is immutable; cannot set '{name}'.")

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (dict(self.powers), self.scale, self.text))

    @staticmethod
    def parse(text: str | Unit) -> Unit:
        """Read a unit.

        Parameters
        ----------
        text : str
            Such as ``"m/s^2"``, ``"km h^-1"``, ``"J/(mol K)"``, ``"m^(1/2)"``, ``"[people]/km^2"``; ``"1"`` or ``""`` for
            no dimension. As usual, ``a/b c`` divides by ``b`` only.

        Raises
        ------
        UnitError
            If a name is unknown, a unit has an offset (degree Celsius), or the text cannot be read.

        >>> Unit.parse("J/(mol K)").powers[0]
        ('kg', Fraction(1, 1))
        """
        return text if isinstance(text, Unit) else _parse(text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Unit):
            return NotImplemented
        return self.powers == other.powers and math.isclose(self.scale, other.scale, rel_tol=1e-12)

    def __hash__(self) -> int:
        return hash(self.powers)

    def __mul__(self, other: Unit) -> Unit:
        powers = dict(self.powers)
        for base, power in other.powers:
            powers[base] = powers.get(base, Fraction(0)) + power
        return Unit(powers, self.scale * other.scale)

    def __truediv__(self, other: Unit) -> Unit:
        return self * other**-1

    def __pow__(self, exponent: Fraction | int | float) -> Unit:
        power = Fraction(exponent).limit_denominator(1000)
        try:
            scale = self.scale ** float(power)
        except OverflowError:
            scale = math.inf
        if not 0 < scale < math.inf:
            raise UnitError(f"the scale of [{self}]^{power} is out of the range of floating-point numbers.")
        return Unit({base: p * power for base, p in self.powers}, scale)

    def sqrt(self) -> Unit:
        """The unit whose square is this one."""
        return self ** Fraction(1, 2)

    @property
    def dimensionless(self) -> bool:
        """Whether no base unit remains (the scale may differ from one: percent)."""
        return not self.powers

    def same_dimension(self, other: Unit) -> bool:
        """Whether values in the two units can be added after conversion."""
        return self.powers == other.powers

    def factor_to(self, other: Unit) -> float:
        """Number by which a value in this unit is multiplied to be in ``other``.

        Raises
        ------
        UnitError
            If the dimensions differ.
        """
        if not self.same_dimension(other):
            raise UnitError(f"cannot convert [{self}] to [{other}]: the dimensions differ.")
        return self.scale / other.scale

    @property
    def coherent(self) -> Unit:
        """The SI unit of the same dimension."""
        return Unit(dict(self.powers))

    def __str__(self) -> str:
        if self.text:
            return self.text
        named = _name_of(self)
        if named is not None:
            return named
        above = " ".join(_power_text(b, p) for b, p in self.powers if p > 0)
        below = [_power_text(b, -p) for b, p in self.powers if p < 0]
        scale = "" if self.scale == 1 else f"{self.scale!r}".removesuffix(".0")
        head = " ".join(part for part in (scale, above) if part) or "1"
        if not below:
            return head
        return f"{head}/{below[0]}" if len(below) == 1 else f"{head}/({' '.join(below)})"

    def __repr__(self) -> str:
        return f"Unit({str(self)!r})"


def _rebuild(powers: dict[str, Fraction], scale: float, text: str) -> Unit:
    return Unit(powers, scale, text=text)


DIMENSIONLESS = Unit()
"""No unit: a plain number."""

_SHOWN = ("N", "Pa", "J", "W", "V", "F", "ohm", "Wb", "T", "H")


def _name_of(unit: Unit) -> str | None:
    """The name of a derived SI unit that equals this one, unless its base units are as short."""
    if unit.scale != 1:
        return None
    return next((name for name in _SHOWN if _lookup(name).powers == unit.powers), None)


def _power_text(base: str, power: Fraction) -> str:
    if power == 1:
        return base
    return f"{base}^{power}" if power.denominator == 1 else f"{base}^({power})"


@lru_cache(maxsize=1024)
def _lookup(name: str) -> Unit:
    name = SPELLINGS.get(name, name)
    if name in OFFSET:
        raise UnitError(
            f"unit '{name}' has an offset, so it does not multiply. Convert the column to K first "
            "(K = degC + 273.15), or use K for temperature differences."
        )
    entry = UNITS.get(name)
    factor = 1.0
    if entry is None:
        for length in (2, 1):
            rest = UNITS.get(name[length:])
            if name[:length] in PREFIXES and rest is not None and rest[2]:
                entry, factor = rest, PREFIXES[name[:length]]
                break
    if entry is None:
        hint = did_you_mean(name, [*UNITS, *SPELLINGS, "kg", "km", "cm", "mm", "ms", "kPa", "hPa", "kJ", "kW", "MHz"])
        raise UnitError(f"unknown unit '{name}'.{hint} Write a unit of your own in square brackets: '[{name}]'.")
    powers: dict[str, Fraction] = {}
    for word in entry[1].split():
        base, _, power = word.partition("^")
        powers[base] = Fraction(power or 1)
    scale = entry[0] * factor
    # kg is the base unit: 1e-3 * 1e3 must be exactly one
    return Unit(powers, float(f"{scale:.15g}") if factor != 1 else scale)


@lru_cache(maxsize=4096)
def _parse(text: str) -> Unit:
    if not isinstance(text, str):
        raise UnitError(f"a unit is text such as 'm/s^2', but got {text!r}.")
    if len(text) > 1000:
        raise UnitError(f"a unit of {len(text)} characters; at most 1000 are read.")
    tokens: list[str] = []
    place = 0
    while text[place:].strip():
        match = _TOKEN.match(text, place)
        if match is None:
            shown = text[place:].strip()[0]
            raise UnitError(
                f"cannot read the unit '{text}': unexpected '{shown}' at column {place + 1}. Write 'm/s^2'."
            )
        tokens.append(match.group(match.lastindex or 0))
        place = match.end()
    unit, at = _product(tokens, 0, text)
    if at < len(tokens):
        raise UnitError(f"cannot read the unit '{text}': unexpected '{tokens[at]}'. Write for example 'J/(mol K)'.")
    return Unit(
        dict(unit.powers), unit.scale, text=text.strip() if unit.powers or text.strip() not in ("", "1") else ""
    )


def _product(tokens: list[str], at: int, text: str, depth: int = 0) -> tuple[Unit, int]:
    if depth > 50:
        raise UnitError(f"cannot read the unit '{text[:40]}...': parentheses nest more than 50 deep.")
    result, divide, expected = Unit(), False, False
    while at < len(tokens) and tokens[at] != ")":
        token = tokens[at]
        if token in ("*", "·", "⋅", "×", "/"):  # noqa: RUF001
            if expected or at == 0:
                raise UnitError(
                    f"cannot read the unit '{text}': '{token}' has no unit before it. Write '1/s' for a rate."
                )
            divide, expected, at = token == "/", True, at + 1
            continue
        factor, at = _factor(tokens, at, text, depth)
        result = result / factor if divide else result * factor
        divide = expected = False
    if expected:
        raise UnitError(f"cannot read the unit '{text}': a unit was expected after '{tokens[at - 1]}'.")
    return result, at


def _factor(tokens: list[str], at: int, text: str, depth: int) -> tuple[Unit, int]:
    token = tokens[at]
    if token == "(":
        unit, at = _product(tokens, at + 1, text, depth + 1)
        if at >= len(tokens):
            raise UnitError(f"cannot read the unit '{text}': '(' is never closed. Add ')'.")
        at += 1
    elif token[0].isdigit() or token[0] == ".":
        unit, at = Unit(scale=_number(token, text)), at + 1
    elif token[0] == "[":
        unit, at = Unit({token: Fraction(1)}), at + 1
    elif token in ("^", "**", "+", "-"):
        raise UnitError(f"cannot read the unit '{text}': unexpected '{token}'. Write for example 'm/s^2'.")
    else:
        unit, at = _lookup(token), at + 1
    if at < len(tokens) and tokens[at] in ("^", "**"):
        power, at = _exponent(tokens, at + 1, text)
        unit = unit**power
    return unit, at


def _number(token: str, text: str) -> float:
    try:
        value = float(token)
    except ValueError:
        raise UnitError(f"cannot read the unit '{text}': '{token}' is not a number.") from None
    if not 0 < value < math.inf:
        raise UnitError(f"cannot read the unit '{text}': a scale must be positive and finite, but is {token}.")
    return value


def _exponent(tokens: list[str], at: int, text: str) -> tuple[Fraction, int]:
    closed = at < len(tokens) and tokens[at] == "("
    word = ""
    at += closed
    while at < len(tokens) and (tokens[at] in ("+", "-") or (closed and tokens[at] == "/") or tokens[at][0].isdigit()):
        word += tokens[at]
        at += 1
        if not closed and word[-1].isdigit():
            break
    try:
        power = Fraction(word)
    except (ValueError, ZeroDivisionError):
        raise UnitError(
            f"cannot read the unit '{text}': an exponent is a number or a fraction, as in m^-2 or m^(1/2)."
        ) from None
    if abs(power) > 100:
        raise UnitError(f"cannot read the unit '{text}': the exponent {word} is out of range (at most 100).")
    if closed:
        if at >= len(tokens) or tokens[at] != ")":
            raise UnitError(f"cannot read the unit '{text}': the exponent '(' is never closed. Add ')'.")
        at += 1
    return power, at
