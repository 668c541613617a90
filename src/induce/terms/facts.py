"""What is known of a real term without data: bounds, whether it can be zero, whether it is defined everywhere."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from induce.terms.op import HOLE, LITERAL, VARIABLE
from induce.terms.term import Term

__all__ = ["Facts", "facts_of"]

_INF = math.inf


class Facts(NamedTuple):
    """Bounds of a term's value, ``low <= value <= high``; ``total``: defined for all values of the variables in range.

    Overflow is not counted as undefined.
    """

    low: float = -_INF
    high: float = _INF
    nonzero: bool = False
    total: bool = False

    @property
    def nonnegative(self) -> bool:
        """Whether the value is never below zero."""
        return self.low >= 0

    @property
    def positive(self) -> bool:
        """Whether the value is always above zero."""
        return self.low > 0 or (self.low >= 0 and self.nonzero)


def _bounded(low: float, high: float, total: bool, nonzero: bool = False) -> Facts:
    low = -_INF if low != low else low
    high = _INF if high != high else high
    return Facts(low, high, nonzero or low > 0 or high < 0, total)


def _widen(low: float, high: float) -> tuple[float, float]:
    """Outward by more than the rounding of an elementary function."""
    return low - 1e-12 * abs(low), high + 1e-12 * abs(high)


def _call(f: object, x: float) -> float:
    try:
        return float(f(x))  # type: ignore[operator]
    except OverflowError:
        return _INF
    except ValueError:
        return -_INF


_EVERYWHERE = {
    "sin": (-1.0, 1.0),
    "cos": (-1.0, 1.0),
    "tanh": (-1.0, 1.0),
    "sign": (-1.0, 1.0),
    "atan": (-1.571, 1.571),
}


def _node(name: str, args: tuple[Facts, ...], exponent: float | None) -> Facts:
    a = args[0]
    total = all(f.total for f in args)
    if name == "+":
        b = args[1]
        both = (a.nonnegative and b.nonnegative) and (a.nonzero or b.nonzero)
        return (
            _bounded(*_widen(a.low + b.low, a.high + b.high), total, both)
            if not both
            else Facts(max(0.0, _widen(a.low + b.low, 0)[0]), _INF, True, total)
        )
    if name == "-":
        return _bounded(*_widen(a.low - args[1].high, a.high - args[1].low), total)
    if name == "neg":
        return Facts(-a.high, -a.low, a.nonzero, total)
    if name in ("*", "/"):
        b = args[1]
        total = total and (name == "*" or b.nonzero)
        nonzero = a.nonzero and (name == "/" or b.nonzero)
        if a.nonnegative and b.nonnegative:
            return Facts(0.0, _INF, nonzero, total)
        return Facts(-_INF, _INF, nonzero, total)
    if name in ("^", "square", "cube", "inverse"):
        power = {"square": 2.0, "cube": 3.0, "inverse": -1.0}.get(name, exponent)
        if power is None:
            return Facts(0.0, _INF, a.positive, total and a.positive) if a.positive else Facts()
        whole = power == int(power)
        defined = a.total and (whole or a.nonnegative) and (power >= 0 or a.nonzero)
        low = 0.0 if a.nonnegative or not whole or power % 2 == 0 else -_INF
        return Facts(low, _INF, a.nonzero, defined)
    if name == "abs":
        low = max(a.low, -a.high, 0.0)
        return Facts(low, max(abs(a.low), abs(a.high)), a.nonzero, total)
    if name == "exp":
        return Facts(max(0.0, _call(math.exp, a.low) * (1 - 1e-12)), _call(math.exp, a.high) * (1 + 1e-12), True, total)
    if name == "sqrt":
        return Facts(math.sqrt(max(a.low, 0.0)) * (1 - 1e-12), _INF, a.positive, total and a.nonnegative)
    if name == "log":
        low = math.log(a.low) if 0 < a.low < _INF else -_INF
        return _bounded(low - 1e-12 * abs(low) if low > -_INF else low, _INF, total and a.positive)
    if name in _EVERYWHERE:
        return Facts(*_EVERYWHERE[name], name == "sign" and a.nonzero, total)
    if name == "sigmoid":
        return Facts(0.0, 1.0, a.low > -700, total)
    if name == "cosh":
        return Facts(1.0, _INF, True, total)
    if name in ("min", "max"):
        choose = min if name == "min" else max
        bounds = (choose(a.low, args[1].low), choose(a.high, args[1].high))
        return Facts(*bounds, a.nonzero and args[1].nonzero, total)
    if name in ("sinh", "cbrt"):
        return Facts(0.0 if a.nonnegative else -_INF, _INF, a.nonzero, total)
    return Facts()


def facts_of(term: Term, memo: dict[Term, Facts], ranges: Mapping[str, tuple[float, float]]) -> Facts:
    """The facts of a term; ``memo`` keeps those of its parts."""
    found = memo.get(term)
    if found is not None:
        return found
    stack = [term]
    while stack:
        node = stack[-1]
        if node in memo:
            stack.pop()
            continue
        waiting = [a for a in node.args if a not in memo]
        if waiting:
            stack.extend(waiting)
            continue
        stack.pop()
        memo[node] = _leaf(node, ranges) if not node.args else _fact_of_node(node, memo)
    return memo[term]


def _fact_of_node(node: Term, memo: dict[Term, Facts]) -> Facts:
    exponent: float | None = None
    if node.op.name == "^":
        exponent = _constant(node.args[1])
    return _node(node.op.name, tuple(memo[a] for a in node.args), exponent)


def _constant(term: Term) -> float | None:
    if term.op is LITERAL and isinstance(term.payload, (int, float)) and math.isfinite(term.payload):
        return float(term.payload) if abs(term.payload) < 1e15 else None
    if term.op.name in ("/", "neg") and all(a.op is LITERAL for a in term.args):
        values = [a.payload for a in term.args]
        if term.op.name == "neg":
            return _constant(term.args[0]) and -float(values[0])
        return float(values[0] / values[1]) if values[1] else None
    return None


def _leaf(node: Term, ranges: Mapping[str, tuple[float, float]]) -> Facts:
    if node.op is LITERAL:
        value = node.payload
        if isinstance(value, (int, float)) and abs(value) < 1e300:
            return Facts(float(value), float(value), value != 0, True)
        return Facts()
    if node.op is VARIABLE:
        low, high = ranges.get(node.payload, (-_INF, _INF))
        return _bounded(low, high, True)
    if node.op is HOLE and node.hole.kind == "real":
        return _bounded(node.hole.low, node.hole.high, True)
    if node.op.name in ("pi", "e"):
        return Facts(2.7, 3.2, True, True)
    return Facts()
