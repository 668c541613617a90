"""How sure the data is of each number written in a formula: every one freed, refitted, and given a standard error.

A search writes ``x * sqrt(x)`` or ``x^1.5`` when the data cannot tell the exponent from 3/2; here the exponent of ``x`` is
a constant again, and its value and error show how well 3/2 is supported.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from types import SimpleNamespace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from induce.algebras.evaluate import evaluate, fit_constants
from induce.errors import FillError
from induce.fit import Fit
from induce.polish import standard_errors
from induce.table import Table
from induce.terms import hole as holes
from induce.terms.arithmetic import arithmetic
from induce.terms.codes import Codebook
from induce.terms.op import LITERAL
from induce.terms.show import to_text
from induce.terms.sort import REAL
from induce.terms.term import Term, literal

__all__ = ["NumberEstimate", "numbers_of"]

Number: TypeAlias = int | float | Fraction
_POWERS: dict[str, Number] = {"sqrt": Fraction(1, 2), "cbrt": Fraction(1, 3), "square": 2, "cube": 3, "inverse": -1}
_VAGUE = 1e4
"""An error this many times its number means that the numbers cannot be told apart together."""


@dataclass(frozen=True)
class NumberEstimate:
    """One number of a formula, as written and as the data has it.

    Parameters
    ----------
    label : str
        Which one: ``exponent of x``, ``factor of sin(x)``, or ``number in x + 2``.
    written : float
        As it stands in the formula.
    estimate, error : float
        Refitted value and standard error; NaN where the data does not determine it.
    together : bool
        Whether all numbers were refitted at once; otherwise the others were held as written.
    """

    label: str
    written: float
    estimate: float
    error: float
    together: bool

    def __str__(self) -> str:
        return f"{self.label} {_with_error(self.estimate, self.error)}"


def numbers_of(fit: Fit, table: Any, target: ArrayLike, weights: ArrayLike | None = None) -> tuple[NumberEstimate, ...]:
    """Refit every number written in the chosen formula, and give each a standard error.

    Numbers multiplied together count as one, ``1 / 3`` and ``sqrt`` of 2 / 3 included; powers of one base are one exponent
    (``x * sqrt(x)`` has the exponent 3/2), and a power of a product is a product of powers, wherever the bases are positive in
    all rows. Where the numbers cannot be told
    apart together, each is refitted with the others held.

    Parameters
    ----------
    fit : Fit
    table : Table, data frame or mapping of columns
    target : array of shape (rows,)
    weights : array of shape (rows,), optional

    Returns
    -------
    tuple of NumberEstimate
        In the order in which they are written; empty when the formula holds no number.

    Raises
    ------
    FillError
        If the chosen formula holds nets.

    >>> import induce
    >>> data = {"x": [1.0, 2.0, 3.0, 4.0, 5.0]}
    >>> fit = induce.fill(induce.arithmetic.parse("?k * x^2"), (data, [1.5, 6.0, 13.5, 24.0, 37.5]))
    >>> [number.label for number in numbers_of(fit, data, [1.5, 6.0, 13.5, 24.0, 37.5])]
    ['factor of x^2', 'exponent of x']
    """
    if fit.best.holes:
        raise FillError(f"'{fit.best}' holds nets, whose numbers are not written down. Select another row.")
    checked = table if isinstance(table, Table) else Table.from_any(table)
    columns = checked.select(fit.names)
    rows = _rows(columns, np.asarray(target, dtype=np.float64), weights)
    opened = _Opened(columns)
    sketch = opened.open(fit.best)
    if not opened.starts:
        return ()
    book = Codebook(fit.language, columns.names)
    found = _refit(book, sketch, opened.starts, rows)
    together = all(_settled(value, error) for value, error in found.values())
    if not together:
        for name in opened.starts:
            others: dict[Term | str, Term | float] = {
                n: literal(float(v), REAL) for n, v in opened.starts.items() if n != name
            }
            found[name] = _refit(book, sketch.replace(others), {name: opened.starts[name]}, rows)[name]
    order = [node.name for node in sketch.walk_postfix() if node.is_hole]
    return tuple(NumberEstimate(opened.labels[n], float(opened.starts[n]), *found[n], together) for n in order)


def _rows(columns: Table, target: NDArray[np.float64], weights: ArrayLike | None) -> Any:
    given = np.ones(len(target)) if weights is None else np.asarray(weights, dtype=np.float64)
    return SimpleNamespace(
        columns=np.ascontiguousarray(columns.values),
        target=target,
        weights=given * (len(given) / given.sum()),
        total=len(target),
    )


def _settled(value: float, error: float) -> bool:
    return math.isfinite(value) and math.isfinite(error) and error <= _VAGUE * max(abs(value), 1e-300)


def _refit(book: Codebook, sketch: Term, starts: Mapping[str, Number], rows: Any) -> dict[str, tuple[float, float]]:
    """Value and standard error of each hole."""
    started = sketch.replace({h: holes.real(h.name, start=float(starts[h.name])) for h in sketch.holes})
    fitted, losses = fit_constants(
        book.encode([started]), rows.columns, rows.target, weights=rows.weights, iterations=200
    )
    if not math.isfinite(float(losses[0])):
        return dict.fromkeys(starts, (math.nan, math.nan))
    names = [node.name for node in started.walk_postfix() if node.is_hole]
    values = dict(zip(names, map(float, fitted.values[fitted.free]), strict=True))
    errors = standard_errors(None, fitted, started, rows, None)  # type: ignore[arg-type]  # the task is not looked at
    return {name: (values[name], errors[name]) for name in names}


@dataclass
class _Product:
    """``sign * number * product of base^exponent``, as read off a term; what stands for each base is already opened."""

    source: Term
    number: Number = 1
    has_number: bool = False
    powers: dict[Term, tuple[Number, bool]] = field(default_factory=dict)
    opened: dict[Term, Term] = field(default_factory=dict)


class _Opened:
    """Turns a term into one with a hole for every number written in it."""

    def __init__(self, columns: Table) -> None:
        self.columns = columns.to_dict()
        self.starts: dict[str, Number] = {}
        self.labels: dict[str, str] = {}
        self._positive: dict[Term, bool] = {}

    def open(self, term: Term) -> Term:
        """The term with holes; ``starts`` and ``labels`` describe them."""
        stack: list[_Product] = []
        for node in term.walk_postfix():
            args = stack[len(stack) - len(node.args) :] if node.args else []
            if args:
                del stack[len(stack) - len(args) :]
            stack.append(self._step(node, args))
        return self._close(stack[0], "")

    def _step(self, node: Term, args: list[_Product]) -> _Product:
        if node.op is LITERAL and isinstance(node.payload, int | float):
            return _Product(node, node.payload, True)
        name = node.op.name
        if name == "neg":
            return _Product(node, -args[0].number, args[0].has_number, args[0].powers, args[0].opened)
        if name in ("*", "/"):
            return _times(node, args[0], args[1], 1 if name == "*" else -1)
        if name in _POWERS or (name == "^" and not args[1].powers):
            made = self._power(node, args[0], _POWERS.get(name, args[1].number if len(args) > 1 else 1))
            if made is not None:
                return made
            args, node_args = args[:1], node.args[1:]  # its exponent stays as written
        else:
            node_args = ()
        parent = _short(node)
        closed = tuple(self._close(arg, f"number in {parent}") for arg in args)
        rebuilt = node.rebuild((*closed, *node_args)) if args else node
        return _Product(node, powers={node: (1, False)}, opened={node: rebuilt})

    def _power(self, node: Term, base: _Product, exponent: Number) -> _Product | None:
        """A power of a positive base, with the exponents of powers multiplied; None when the base may be negative."""
        if not self._is_positive(base.source) or (isinstance(exponent, float) and not math.isfinite(exponent)):
            return None
        if base.number > 0 and all(self._is_positive(inner) for inner in base.powers):
            # (2 x^3 / y)^(1/2) has the numbers of 2^(1/2) x^(3/2) y^(-1/2), which can be told apart
            number = base.number if base.number == 1 else float(base.number) ** float(exponent)
            powers = {inner: (power * exponent, True) for inner, (power, _) in base.powers.items()}
            return _Product(node, number, base.has_number, powers, base.opened)
        closed = self._close(base, f"number in {_short(base.source)}")
        return _Product(node, powers={base.source: (exponent, True)}, opened={base.source: closed})

    def _is_positive(self, term: Term) -> bool:
        if term not in self._positive:
            value = np.asarray(evaluate(term, self.columns), dtype=np.float64)
            self._positive[term] = bool(np.all(value > 0))
        return self._positive[term]

    def _close(self, product: _Product, where: str) -> Term:
        """The product as a term whose written numbers are holes."""
        above: list[Term] = []
        below: list[Term] = []
        rest = _short(product.source) if product.powers else ""
        if product.has_number:
            label = f"factor of {_without_number(product)}" if product.powers else where or "the constant"
            above.append(self._hole(product.number, label))
        elif product.number != 1:
            above.append(literal(float(product.number), REAL))
        for base, (exponent, written) in product.powers.items():
            opened = product.opened[base]
            if written and exponent != 1 and self._is_positive(base):
                above.append(arithmetic["^"](opened, self._hole(exponent, f"exponent of {_short(base)}")))
            elif exponent == 1:
                above.append(opened)
            elif exponent == -1:
                below.append(opened)
            else:
                above.append(arithmetic["^"](opened, literal(_tidy(exponent), REAL)))
        top = _chain(above) if above else literal(1, REAL)
        assert rest or not below
        return arithmetic["/"](top, _chain(below)) if below else top

    def _hole(self, value: Number, label: str) -> Term:
        name = f"n{len(self.starts)}"
        self.starts[name] = value
        self.labels[name] = label
        return holes.real(name)


def _times(node: Term, left: _Product, right: _Product, sign: int) -> _Product:
    if sign < 0 and right.number == 0:
        return _Product(node, powers={node: (1, False)}, opened={node: node})
    powers = dict(left.powers)
    for base, (exponent, written) in right.powers.items():
        before = powers.get(base)
        powers[base] = (before[0] + sign * exponent, True) if before else (sign * exponent, written)
    factor: Number = right.number
    if sign < 0:
        factor = Fraction(1, factor) if isinstance(factor, int) else 1 / factor
    return _Product(
        node, left.number * factor, left.has_number or right.has_number, powers, {**right.opened, **left.opened}
    )


def _chain(terms: list[Term]) -> Term:
    made = terms[0]
    for term in terms[1:]:
        made = arithmetic["*"](made, term)
    return made


def _tidy(value: Number) -> int | float:
    return int(value) if value == int(value) else float(value)


def _without_number(product: _Product) -> str:
    """The rest of the product, as text for a label."""
    shown = []
    for base, (exponent, _) in product.powers.items():
        text = to_text(base, digits=4)
        bare = not base.args or base.op.notation.kind == "call"
        text = text if bare or (exponent == 1 and base.op.name not in ("+", "-")) else f"({text})"
        power = f"{float(exponent):.4g}"
        shown.append(text if exponent == 1 else f"{text}^{power}" if exponent > 0 else f"{text}^({power})")
    return _cut(" * ".join(shown))


def _short(term: Term) -> str:
    return _cut(to_text(term, digits=4))


def _cut(text: str, most: int = 48) -> str:
    return text if len(text) <= most else text[: most - 3] + "..."


def _with_error(value: float, error: float) -> str:
    """Value and error to the error's second significant digit; at least three decimals of a small number."""
    if not math.isfinite(value):
        return "is not determined by the data"
    if not math.isfinite(error):
        return f"{value:.6g} (error not determined)"
    if error <= 1e-12 * abs(value):
        return f"{value:.12g} +- {error:.1g}"
    places = 1 - math.floor(math.log10(error)) if error else 3
    if places <= 0 or abs(value) >= 1e15:
        return f"{value:.6g} +- {error:.2g}"
    places = min(max(places, 3 if abs(value) < 100 else 0), 15)
    return f"{value:.{places}f} +- {error:.{places}f}" if places <= 9 else f"{value:.{places}f} +- {error:.2g}"
