"""Dimensional analysis of arithmetic terms: which unit the term has, and which its constants must have."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import NoReturn

from induce.errors import UnitError, did_you_mean
from induce.terms.op import HOLE, LITERAL, VARIABLE
from induce.terms.term import Term
from induce.terms.unit import Unit

__all__ = ["UNIT_RULES", "UnitReport", "units_of"]

UNIT_RULES: dict[str, str] = {
    "+": "same", "-": "same", "min": "same", "max": "same", "neg": "same", "abs": "same",
    "*": "product", "/": "quotient", "^": "power", "sqrt": "root2", "cbrt": "root3", "square": "square", "cube": "cube",
    "inverse": "inverse", "sign": "sign",
    **dict.fromkeys(
        "exp log sin cos tan asin acos atan sinh cosh tanh sigmoid pi e".split(), "dimensionless"
    ),
}  # fmt: skip
"""Operator name to rule.

``same``: all arguments share a unit, which the result keeps. ``product``, ``quotient``: units multiply, divide.
``power``: the unit to the power of a literal exponent; otherwise both arguments are dimensionless. ``root2``, ``root3``,
``square``, ``cube``, ``inverse``: the unit to the power 1/2, 1/3, 2, 3, -1. ``dimensionless``: arguments and result have
no unit. ``sign``: any unit in, none out.
"""
_EXPONENTS = {
    "root2": Fraction(1, 2),
    "root3": Fraction(1, 3),
    "square": Fraction(2),
    "cube": Fraction(3),
    "inverse": Fraction(-1),
}
_VERBS = {"+": "add", "-": "subtract", "min": "compare", "max": "compare"}


class _Shape:
    """A unit with unknowns: a known part times unknown units to rational powers."""

    __slots__ = ("known", "logarithm", "unknown")

    def __init__(self, known: dict[str, Fraction], logarithm: float, unknown: dict[int, Fraction]) -> None:
        self.known = known
        self.logarithm = logarithm
        self.unknown = unknown

    def times(self, other: _Shape, power: Fraction) -> _Shape:
        known = dict(self.known)
        for base, exponent in other.known.items():
            known[base] = known.get(base, Fraction(0)) + exponent * power
        unknown = dict(self.unknown)
        for number, exponent in other.unknown.items():
            unknown[number] = unknown.get(number, Fraction(0)) + exponent * power
        return _Shape(
            {b: e for b, e in known.items() if e},
            self.logarithm + other.logarithm * float(power),
            {n: e for n, e in unknown.items() if e},
        )


def _one() -> _Shape:
    return _Shape({}, 0.0, {})


@dataclass(frozen=True)
class UnitReport:
    """Result of :func:`units_of`.

    Parameters
    ----------
    unit : Unit or None
        Of the term; None when a constant leaves it free.
    constants : tuple of (Term, Unit or None)
        Every occurrence of a literal and of a real hole, left to right; None for a unit that nothing determines.
    """

    unit: Unit | None
    constants: tuple[tuple[Term, Unit | None], ...]


class _Solver:
    def __init__(self, columns: Mapping[str, Unit], free: bool, rules: Mapping[str, str]) -> None:
        self.columns = columns
        self.free = free
        self.rules = rules
        self.solved: dict[int, _Shape] = {}
        self.count = 0
        self.holes: dict[str, _Shape] = {}
        self.constants: list[tuple[Term, _Shape]] = []

    def fresh(self) -> _Shape:
        self.count += 1
        return _Shape({}, 0.0, {self.count: Fraction(1)})

    def settle(self, shape: _Shape) -> _Shape:
        """Put in what is known by now."""
        while True:
            number = next((n for n in shape.unknown if n in self.solved), None)
            if number is None:
                return shape
            power = shape.unknown[number]
            rest = _Shape(shape.known, shape.logarithm, {n: e for n, e in shape.unknown.items() if n != number})
            shape = rest.times(self.solved[number], power)

    def equal(self, left: _Shape, right: _Shape) -> bool:
        """Make two units equal by solving for an unknown; False if they cannot be."""
        difference = self.settle(left.times(right, Fraction(-1)))
        if not difference.unknown:
            return not difference.known and abs(difference.logarithm) < 1e-9
        number, power = next(iter(difference.unknown.items()))
        rest = _Shape(
            difference.known, difference.logarithm, {n: e for n, e in difference.unknown.items() if n != number}
        )
        self.solved[number] = _one().times(rest, -1 / power)
        return True

    def unit(self, shape: _Shape) -> Unit | None:
        shape = self.settle(shape)
        if shape.unknown:
            return None
        try:
            scale = math.exp(shape.logarithm)
        except OverflowError:
            scale = math.inf
        return Unit(shape.known, float(f"{scale:.14g}"))

    def shown(self, node: Term, shape: _Shape) -> str:
        if node.op is VARIABLE:
            return f"'{_brief(node)}' [{self.columns[node.payload]}]"
        unit = self.unit(shape)
        return f"'{_brief(node)}' [{'any' if unit is None else unit}]"

    # ---- nodes

    def leaf(self, node: Term) -> _Shape:
        if node.op is VARIABLE:
            unit = self.columns.get(node.payload)
            if unit is None:
                hint = did_you_mean(node.payload, self.columns)
                raise UnitError(
                    f"no unit is given for '{node}'.{hint} Units are known for: {', '.join(self.columns) or 'none'}."
                )
            return _of(unit)
        if node.op is HOLE and node.hole.kind == "real" and node.hole.unit:
            shape = _of(Unit.parse(node.hole.unit))
        elif node.op is HOLE:
            shape = self.holes.setdefault(node.name, self.fresh() if self.free else _one())
        elif node.op is LITERAL:
            shape = self.fresh() if self.free else _one()
        else:
            return self.node(node, ())
        self.constants.append((node, shape))
        return shape

    def node(self, node: Term, args: tuple[_Shape, ...]) -> _Shape:
        rule = self.rules.get(node.op.name)
        if rule is None:
            raise UnitError(
                f"operator '{node.op.name}' in '{_brief(node)}' has no rule for units. Remove it, or leave units out."
            )
        if rule == "same":
            for number in range(1, len(args)):
                if not self.equal(args[0], args[number]):
                    self.differ(node, args)
            return args[0]
        if rule in ("product", "quotient"):
            return args[0].times(args[1], Fraction(1 if rule == "product" else -1))
        if rule in _EXPONENTS:
            return _one().times(args[0], _EXPONENTS[rule])
        if rule == "power":
            return self.power(node, args)
        if rule == "dimensionless":
            for arg, shape in zip(node.args, args, strict=True):
                self.need_number(node, arg, shape, f"'{node.op.name}' needs a number without unit")
        return _one()

    def power(self, node: Term, args: tuple[_Shape, ...]) -> _Shape:
        base, exponent = node.args
        self.need_number(node, exponent, args[1], "an exponent has no unit")
        value = exponent.payload if exponent.op is LITERAL else None
        if isinstance(value, (int, float)) and math.isfinite(value) and abs(value) <= 1e6:
            power = Fraction(value).limit_denominator(1000)
            if abs(float(power) - value) < 1e-9:
                return _one().times(args[0], power)
        self.need_number(node, base, args[0], "with an exponent that is no simple fraction, the base has no unit")
        return _one()

    def need_number(self, node: Term, arg: Term, shape: _Shape, what: str) -> None:
        if not self.equal(shape, _one()):
            scaled = self.settle(shape)
            hint = (
                "Convert it to plain numbers (radians) first."
                if not scaled.known
                else "Divide it by something of that unit."
            )
            raise UnitError(f"{what}, but {self.shown(arg, shape)} is used in '{_brief(node)}'. {hint}")

    def differ(self, node: Term, args: tuple[_Shape, ...]) -> NoReturn:
        verb = _VERBS.get(node.op.name, "combine")
        shown = " and ".join(self.shown(a, s) for a, s in zip(node.args, args, strict=True))
        left, right = self.settle(args[0]), self.settle(args[1])
        hint = " Their scales differ: convert one column." if left.known == right.known else ""
        raise UnitError(f"cannot {verb} {shown} in '{_brief(node)}'.{hint}")


def _of(unit: Unit) -> _Shape:
    return _Shape(dict(unit.powers), math.log(unit.scale), {})


def _brief(term: Term) -> str:
    text = str(term) if term.size < 200 else f"{term.op.name}(...)"
    return text if len(text) <= 80 else text[:77] + "..."


def units_of(
    term: Term,
    columns: Mapping[str, Unit | str],
    *,
    target: Unit | str | None = None,
    dimensionless_constants: bool = False,
    rules: Mapping[str, str] = UNIT_RULES,
) -> UnitReport:
    """Find the unit of a term from the units of its variables, by unification over rational exponents.

    Every occurrence of a literal, and every real hole without a unit, may have any unit that makes the term consistent.

    Parameters
    ----------
    term : Term
        Arithmetic.
    columns : mapping
        Variable to unit.
    target : Unit or str, optional
        The unit the whole term must have.
    dimensionless_constants : bool
        Literals, and real holes without a unit, are plain numbers.
    rules : mapping
        Operator name to rule, see :data:`UNIT_RULES`.

    Raises
    ------
    UnitError
        Naming the sub-term and both units.

    >>> from induce.terms import arithmetic
    >>> units_of(arithmetic.parse("2*sqrt(l/g)"), {"l": "m", "g": "m/s^2"}, dimensionless_constants=True).unit
    Unit('s')
    """
    units = {name: Unit.parse(unit) for name, unit in columns.items()}
    solver = _Solver(units, not dimensionless_constants, rules)
    shapes: list[_Shape] = []
    stack: list[tuple[Term, bool]] = [(term, False)]
    while stack:
        # by occurrence, not by distinct node: two uses of one literal may have two units
        node, ready = stack.pop()
        if not node.args:
            shapes.append(solver.leaf(node))
        elif not ready:
            stack.append((node, True))
            stack.extend((arg, False) for arg in reversed(node.args))
        else:
            first = len(shapes) - len(node.args)
            args = tuple(shapes[first:])
            del shapes[first:]
            shapes.append(solver.node(node, args))
    if target is not None:
        wanted = Unit.parse(target)
        if not solver.equal(shapes[0], _of(wanted)):
            raise UnitError(
                f"the formula {solver.shown(term, shapes[0])} does not have the unit [{wanted}] of the target."
            )
    constants = tuple((node, solver.unit(shape)) for node, shape in solver.constants)
    return UnitReport(solver.unit(shapes[0]), constants)
