"""Writing candidates down: outer parts around inner ones, sums with coefficients, products with exponents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from induce.learners.forms import Part
from induce.learners.growing import Growing
from induce.learners.targets import Step

__all__ = ["Part", "Pen", "affine_parts", "over", "power_product", "product", "put_in", "raised", "sum_of", "wrapped"]

Array = NDArray[np.float64]
NEAR = 1e-8
"""A coefficient this near to 0, 1 or -1 is not written."""


class Pen:
    """Codes of operators, and programs of bank rows, remembered."""

    def __init__(self, grown: Growing) -> None:
        self.grown = grown
        self.book = grown.book
        self.singles: dict[int, Part] = {}
        self.extras: list[Part] = []

    def code(self, name: str) -> int:
        """Code of an operator."""
        return self.book.code_of[self.book.language[name]]

    def row(self, row: int) -> Part:
        """The program of one bank row; its numbers are literals. Rows from -2 downwards are extras."""
        if row <= -2:
            return self.extras[-2 - row]
        found = self.singles.get(row)
        if found is None:
            codes, numbers = self.grown.single(row)
            found = self.singles[row] = (codes, numbers, [False] * len(numbers))
        return found


def _appended(first: Part, second: Part) -> Part:
    """Two programs one after the other, the second's numbers renamed."""
    shift = len(first[1])
    moved = [c - shift if c < 0 else c for c in second[0]]
    return [*first[0], *moved], [*first[1], *second[1]], [*first[2], *second[2]]


def _number(value: float, free: bool = True) -> Part:
    return [-1], [value], [free]


def _applied(op: int, first: Part, second: Part | None = None) -> Part:
    codes, numbers, free = first if second is None else _appended(first, second)
    return [*codes, op], numbers, free


def affine_parts(inner: Part, a: float, b: float, pen: Pen) -> Part:
    """``a f + b``, without what is 1 or 0."""
    result = inner
    if abs(a + 1.0) < NEAR and abs(b) > NEAR:
        return _applied(pen.code("-"), _number(b), inner)
    if abs(a - 1.0) >= NEAR:
        result = _applied(pen.code("*"), _number(a), inner)
    if abs(b) > NEAR * max(abs(a), 1e-3):
        result = _applied(pen.code("+"), result, _number(b))
    return result


def wrapped(inner: Part, path: Sequence[Step], pen: Pen) -> Part:
    """The outer part of a target around a program for it; ``path`` runs from the outside in."""
    result = inner
    for op, side, row in reversed(path):
        if row == -1:
            result = _applied(op, result)
        elif side == 0:
            result = _applied(op, result, pen.row(row))
        else:
            result = _applied(op, pen.row(row), result)
    return result


def put_in(whole: Part, places: Mapping[int, Part]) -> Part:
    """A program with programs in the place of some of its codes."""
    codes: list[int] = []
    numbers: list[float] = []
    free: list[bool] = []
    for code in whole[0]:
        if code < 0:
            inner: Part = [-1], [whole[1][-1 - code]], [whole[2][-1 - code]]
        else:
            inner = places.get(code, ([code], [], []))
        codes += [c - len(numbers) if c < 0 else c for c in inner[0]]
        numbers += inner[1]
        free += inner[2]
    return codes, numbers, free


def sum_of(parts: Sequence[Part], coefficients: Sequence[float] | Array, pen: Pen) -> Part:
    """``b1 f1 + b2 f2 + ... + a``: the last coefficient is the offset; 1, -1 and 0 are not written."""
    scale = max((abs(float(b)) for b in coefficients), default=1.0)
    order = np.argsort([abs(c + 1) < NEAR for c in coefficients[:-1]], kind="stable")  # subtracted terms last
    result: Part | None = None
    for k in order:
        b = float(coefficients[k])
        if abs(b) < 1e-9 * min(scale, 1.0):
            continue
        subtract = result is not None and abs(b + 1) < NEAR
        part = parts[int(k)] if subtract or abs(b - 1) < NEAR else _applied(pen.code("*"), _number(b), parts[int(k)])
        result = part if result is None else _applied(pen.code("-" if subtract else "+"), result, part)
    offset = float(coefficients[-1])
    if result is None:
        return _number(offset)
    return _applied(pen.code("+"), result, _number(offset)) if abs(offset) > 1e-9 * scale else result


def raised(part: Part, power: int, pen: Pen) -> Part:
    """A program to a whole power of at least 1, by squares and cubes."""
    square, cube, times = (pen.code(name) for name in ("square", "cube", "*"))
    shapes = {1: [], 2: [square], 3: [cube], 4: [square, square], 6: [square, cube], 8: [square] * 3, 9: [cube, cube]}
    if power in shapes:
        return [*part[0], *shapes[power]], part[1], part[2]
    return _applied(times, raised(part, power - 1, pen), part)


def power_product(factors: Sequence[tuple[Part, float]], pen: Pen) -> Part | None:
    """``k f1^p1 f2^p2 ...`` with a fitted ``k``; halves as roots; other exponents as fitted powers.

    None where an exponent needs an operator that is not allowed.
    """
    names = {op.name for op in pen.grown.space.ops}
    above: list[Part] = []
    below: list[Part] = []
    rooted: tuple[list[Part], list[Part]] = ([], [])
    for part, power in factors:
        whole = round(power)
        if abs(power - whole) < 1e-6:
            if whole:
                (above if whole > 0 else below).append(raised(part, abs(whole), pen))
        elif abs(2 * power - round(2 * power)) < 1e-6 and "sqrt" in names:
            twice = abs(round(2 * power))
            if twice > 1:
                (above if power > 0 else below).append(raised(part, twice // 2, pen))
            rooted[0 if power > 0 else 1].append(part)
        elif "^" in names:
            above.append(_applied(pen.code("^"), part, _number(power)))
        elif {"exp", "log"} <= names:
            scaled = _applied(pen.code("*"), _number(power), _applied(pen.code("log"), part))
            above.append(_applied(pen.code("exp"), scaled))
        else:
            return None
    top, bottom = rooted
    if top:
        inner = product(top, pen)
        above.append(_applied(pen.code("sqrt"), _over(inner, bottom, pen)))
    elif bottom:
        below.append(_applied(pen.code("sqrt"), product(bottom, pen)))
    if (below or (bottom and top)) and "/" not in names:
        return None
    if not above:
        return _over(_number(1.0), below, pen)
    return _over(_applied(pen.code("*"), _number(1.0), product(above, pen)), below, pen)


def product(parts: Sequence[Part], pen: Pen) -> Part:
    """Programs multiplied."""
    result = parts[0]
    for part in parts[1:]:
        result = _applied(pen.code("*"), result, part)
    return result


def _over(top: Part, below: Sequence[Part], pen: Pen) -> Part:
    return _applied(pen.code("/"), top, product(below, pen)) if below else top


def over(top: Part, bottom: Part, pen: Pen) -> Part:
    """A quotient."""
    return _applied(pen.code("/"), top, bottom)
