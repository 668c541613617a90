"""Sums and products as dictionaries: the part of the normal form that collects like terms and powers.

A value under construction is a number, a term, a ``Sum`` (constant + sum of coefficient * term) or a ``Product``
(coefficient * product of base^p / base^n). Coefficients are exact (int, Fraction) until a float takes part. Nothing is
cancelled that may be undefined: ``x / x`` stays unless x is known not to be zero, ``log(x) - log(x)`` becomes
``0 * log(x)``.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from hashlib import blake2b
from typing import Any

from induce.terms.arithmetic import arithmetic
from induce.terms.facts import Facts, facts_of
from induce.terms.numbers import Number, add, is_number, multiply, power
from induce.terms.op import HOLE, LITERAL, VARIABLE
from induce.terms.sort import REAL
from induce.terms.term import Term

__all__ = ["LARGEST_POWER", "Product", "Sum", "Value", "Workshop"]

_ADD, _SUB, _MUL, _DIV, _POW, _NEG = (arithmetic[name] for name in ("+", "-", "*", "/", "^", "neg"))
_ABS, _SQRT, _CBRT = (arithmetic[name] for name in ("abs", "sqrt", "cbrt"))
LARGEST_POWER = 64  # greater exponents stay as they are written


class Sum:
    """constant + sum of coefficient * term."""

    __slots__ = ("constant", "parts")

    constant: Number
    parts: dict[Term, Number]

    def __init__(self, constant: Number, parts: dict[Term, Number]) -> None:
        self.constant = constant
        self.parts = parts


class Product:
    """coefficient * product of base^above / base^below."""

    __slots__ = ("coefficient", "factors")

    coefficient: Number
    factors: dict[Term, tuple[int, int]]

    def __init__(self, coefficient: Number, factors: dict[Term, tuple[int, int]]) -> None:
        self.coefficient = coefficient
        self.factors = factors


Value = Any  # Number | Term | Sum | Product


class Workshop:
    """Builds values and turns them into terms; keeps what it knows of terms."""

    def __init__(self, ranges: Mapping[str, tuple[float, float]]) -> None:
        self.ranges = ranges
        self.facts: dict[Term, Facts] = {}
        self.keys: dict[Term, tuple[Any, ...]] = {}
        self.shapes: dict[Term, Sum | Product] = {}
        self.guards: dict[Term, Term] = {}

    def know(self, term: Term) -> Facts:
        """What is known of a term."""
        return facts_of(term, self.facts, self.ranges)

    # ---- order

    def key(self, term: Term) -> tuple[Any, ...]:
        """A structural sort key, the same in every process: size, leaves before operators, name, digest."""
        found = self.keys.get(term)
        if found is None:
            for node in [term] if all(a in self.keys for a in term.args) else term.postorder():
                if node not in self.keys:
                    self.keys[node] = self._key(node)
            found = self.keys[term]
        return found

    def sum_key(self, term: Term) -> tuple[Any, ...]:
        """The order in sums: the largest part first, then as :meth:`key`."""
        found = self.key(term)
        return (-found[0], *found[1:])

    def _key(self, node: Term) -> tuple[Any, ...]:
        if node.op is VARIABLE:
            return (1, 1, node.payload, b"v")
        if not node.args:
            kind = 0 if node.op is LITERAL else 2 if node.op is HOLE else 3
            return (1, kind, node.name if node.op is HOLE else f"{node.payload!r}{node.op.name}", b"l")
        content = "\0".join([node.op.name, repr(node.payload) if node.payload is not None else ""]).encode()
        for arg in node.args:
            size, kind, name, digest = self.keys[arg]
            content += f"\0{size},{kind},{name if size == 1 else ''}\0".encode() + digest
        inside = ",".join(str(self.keys[arg][2]) for arg in node.args)
        return (node.size, 4, f"{node.op.name}({inside})"[:40], blake2b(content, digest_size=12).digest())

    # ---- views

    def view(self, value: Value) -> Value:
        """The value with its shape, if it is a term whose shape is known."""
        if not isinstance(value, Term):
            return value
        if value.op is LITERAL and value.sort is REAL and type(value.payload) in (int, float):
            return value if not abs(value.payload) < 1e300 else value.payload or 0
        return self.shapes.get(value, value)

    def as_sum(self, value: Value) -> Sum:
        """A value as a sum; callers copy the parts before they change them."""
        if isinstance(value, Sum):
            return value
        if is_number(value):
            return Sum(value, {})
        if isinstance(value, Product):
            if not value.factors:
                return Sum(value.coefficient, {})
            return Sum(0, {self.term(Product(1, value.factors)): value.coefficient})
        shape = self.shapes.get(value)
        if isinstance(shape, (Sum, Product)):
            return self.as_sum(shape)
        return Sum(0, {value: 1})

    def as_product(self, value: Value) -> Product:
        """A value as a product."""
        if isinstance(value, Product):
            return value
        if is_number(value):
            return Product(value, {})
        if isinstance(value, Sum):
            if not value.parts:
                return Product(value.constant, {})
            if len(value.parts) == 1 and value.constant == 0:
                ((only, coefficient),) = value.parts.items()
                inner = self.as_product(only)
                scaled = multiply(coefficient, inner.coefficient)
                if scaled is not None:
                    return Product(scaled, inner.factors)
            if self.leads_negative(value):
                return Product(-1, {self.term(self.negate(value)): (1, 0)})
            return Product(1, {self.term(value): (1, 0)})
        shape = self.shapes.get(value)
        if isinstance(shape, Product):
            return shape
        if isinstance(shape, Sum):
            return self.as_product(shape)
        return Product(1, {value: (1, 0)})

    def leads_negative(self, value: Value) -> bool:
        """Whether the value is better written as minus its negative."""
        if is_number(value):
            return bool(value < 0)
        if isinstance(value, Product):
            return value.coefficient < 0
        if isinstance(value, Sum):
            if not value.parts:
                return value.constant < 0
            return value.parts[min(value.parts, key=self.sum_key)] < 0
        shape = self.shapes.get(value)
        return shape is not None and self.leads_negative(shape)

    # ---- operations

    def negate(self, value: Value) -> Value:
        """Minus the value."""
        value = self.view(value)
        if is_number(value):
            return -value
        if isinstance(value, Sum):
            return Sum(-value.constant, {t: -c for t, c in value.parts.items()})
        product = self.as_product(value)
        return Product(-product.coefficient, product.factors)

    def add(self, left: Value, right: Value) -> Value:
        """The sum, with like terms collected."""
        a, b = self.as_sum(left), self.as_sum(right)
        constant = add(a.constant, b.constant)
        if constant is None:
            return _ADD(self.term(left), self.term(right))
        parts = dict(a.parts)
        for part, coefficient in b.parts.items():
            total = add(parts.get(part, 0), coefficient)
            if total is None:
                return _ADD(self.term(left), self.term(right))
            parts[part] = total
        return self.finish_sum(constant, parts)

    def finish_sum(self, constant: Number, parts: dict[Term, Number]) -> Value:
        """Drop what is zero and defined everywhere; open a part that is itself a sum and has coefficient 1 or -1."""
        for part, coefficient in list(parts.items()):
            if coefficient == 0:
                del parts[part]
                kept = self.finish_product(0, dict(self.as_product(part).factors))
                if isinstance(kept, Product):
                    parts.setdefault(self.term(Product(1, kept.factors)), 0)
            elif abs(coefficient) == 1 and isinstance(self.shapes.get(part), Sum):
                del parts[part]
                inner = self.shapes[part]
                return self.add(Sum(constant, parts), inner if coefficient > 0 else self.negate(inner))
        if len(parts) == 1 and constant == 0:
            return self.as_product(Sum(0, parts))
        return Sum(constant, parts) if parts else constant

    def multiply(self, left: Value, right: Value) -> Value:
        """The product, with equal bases collected."""
        a, b = self.as_product(left), self.as_product(right)
        coefficient = multiply(a.coefficient, b.coefficient)
        if coefficient is None:
            return _MUL(self.term(left), self.term(right))
        factors = dict(a.factors)
        for base, (above, below) in b.factors.items():
            old = factors.get(base, (0, 0))
            factors[base] = (old[0] + above, old[1] + below)
        return self.finish_product(coefficient, factors)

    def finish_product(self, coefficient: Number, factors: dict[Term, tuple[int, int]]) -> Value:
        """Cancel what is known not to be zero, undo roots, and drop everything beside a zero coefficient if allowed."""
        for guard in [t for t in factors if t in self.guards]:
            inner = factors.get(self.guards[guard], (0, 0))
            if inner[1]:  # t^-m keeps t = 0 out already
                factors[self.guards[guard]] = (inner[0] + factors.pop(guard)[1], inner[1])
        settled: dict[Term, tuple[int, int]] = {}
        again: list[tuple[Term, int]] = []
        for base, (above, below) in factors.items():
            if self._is_zero(base):
                return Product(1, {_literal(0): (0, 1)})  # defined nowhere: one such term is as good as another
            if above and below and self.know(base).nonzero:
                above, below = max(above - below, 0), max(below - above, 0)
            op = base.op
            if not above and not below and not self.know(base).total:
                above = below = 1
            if op is _ABS and above % 2 == 0 and below % 2 == 0:
                again += [(base.args[0], above), (base.args[0], -below)]
            elif (op is _CBRT and (above >= 3 or below >= 3)) or (
                op is _SQRT and (above >= 2 or below >= 2) and self.know(base.args[0]).nonnegative
            ):
                root = 3 if op is _CBRT else 2
                again += [(base.args[0], above // root), (base.args[0], -(below // root))]
                if above % root or below % root:
                    settled[base] = (above % root, below % root)
            elif above or below:
                settled[base] = (above, below)
        result: Value = Product(coefficient, settled) if settled else coefficient
        for base, exponent in again:
            if exponent:
                result = self.multiply(result, self.power(base, exponent))
        if is_number(result) or result.coefficient != 0:
            return result
        kept: dict[Term, tuple[int, int]] = {}
        for base, (above, below) in result.factors.items():
            if base in self.guards:
                base, below = self.guards[base], 1
            facts = self.know(base)
            if not facts.total or (below and not facts.nonzero):
                kept[base] = (0, 1) if facts.total else (min(above, 1), min(below, 1))
        return Product(result.coefficient, kept) if kept else 0

    def _is_zero(self, base: Term) -> bool:
        if base.op is LITERAL:
            return bool(base.payload == 0)
        shape = self.shapes.get(base)
        return isinstance(shape, Product) and shape.coefficient == 0

    def power(self, value: Value, exponent: int) -> Value:
        """An integer power, or the quotient 1 / value^-exponent."""
        product = self.as_product(value)
        raised = power(product.coefficient, exponent) if product.coefficient != 1 else 1
        zero = exponent == 0 and not all(self.know(t).total and not b for t, (_, b) in product.factors.items())
        if zero or abs(exponent) > LARGEST_POWER:
            return _POW(self.term(value), exponent)
        if exponent == 0:
            return 1
        if (product.coefficient == 0 and exponent < 0) or any(self._is_zero(t) for t in product.factors):
            return Product(1, {_literal(0): (0, 1)})
        if raised is None:
            return Product(1, {self.term(value): (max(exponent, 0), max(-exponent, 0))})
        size = abs(exponent)
        if any(max(pair) * size > LARGEST_POWER for pair in product.factors.values()):
            return _POW(self.term(value), exponent)
        if exponent > 0:
            return self.finish_product(raised, {t: (a * size, b * size) for t, (a, b) in product.factors.items()})
        return self.finish_product(raised, self._flipped(product.factors, size))

    def _flipped(self, factors: dict[Term, tuple[int, int]], size: int) -> dict[Term, tuple[int, int]]:
        """The factors of 1 / product^size. As 1/(1/t) is undefined at t = 0, it becomes one over the guard term 1/t."""
        made: dict[Term, tuple[int, int]] = {}
        for base, (above, below) in factors.items():
            if base in self.guards:
                base, above, below = self.guards[base], below, 0  # 1/(1/(1/t)) is 1/t
            elif below and not above and not self.know(base).nonzero:
                guard = self.term(Product(1, {base: (0, 1)}))
                self.guards[guard] = base
                base, above, below = guard, below, 0
            old = made.get(base, (0, 0))
            made[base] = (old[0] + below * size, old[1] + above * size)
        return made

    # ---- back to terms

    def number(self, value: Number) -> Term:
        """A number as a term: a literal or a quotient of two."""
        if isinstance(value, Fraction):
            return _DIV(_literal(value.numerator), _literal(value.denominator))
        return _literal(value)

    def term(self, value: Value) -> Term:
        """The term of a value; the shape is remembered so that it need not be read off the term again."""
        if isinstance(value, Term):
            return value
        if isinstance(value, Sum):
            made = self._sum_term(value)
        elif isinstance(value, Product):
            made = self._product_term(value)
        else:
            made = self.number(value)
            if isinstance(value, Fraction) or value < 0 or value != 1:
                self.shapes[made] = Product(value, {})
            return made
        if self.shapes.get(made) is None and not self._plain(value, made):
            self.shapes[made] = value
        return made

    @staticmethod
    def _plain(value: Sum | Product, made: Term) -> bool:
        """Whether the term is its own only part."""
        if isinstance(value, Sum):
            return value.constant == 0 and value.parts == {made: 1}
        return value.coefficient == 1 and value.factors == {made: (1, 0)}

    def _sum_term(self, value: Sum) -> Term:
        order: list[Term] = sorted(value.parts, key=self.sum_key)
        # positive parts first, so that the text does not begin with a sign when it need not
        order.sort(key=lambda t: value.parts[t] < 0)
        pieces: list[tuple[Term, bool]] = []
        for part in order:
            coefficient: Number = value.parts[part]
            positive: Number = -coefficient if coefficient < 0 else coefficient
            pieces.append((self._scaled(positive, part), bool(coefficient < 0)))
        constant: Number = value.constant
        if constant or not pieces:
            pieces.append((self.term(abs(constant)), bool(constant < 0)))
            if pieces[0][1]:
                pieces.sort(key=lambda piece: piece[1])
        first, negative = pieces[0]
        result = self.term(self.negate(first)) if negative else first
        for piece, minus in pieces[1:]:
            result = (_SUB if minus else _ADD)(result, piece)
        return result

    def _scaled(self, coefficient: Number, term: Term) -> Term:
        if coefficient == 1:
            return term
        inner = self.as_product(term)
        scaled = multiply(coefficient, inner.coefficient)
        return _MUL(self.number(coefficient), term) if scaled is None else self.term(Product(scaled, inner.factors))

    def _product_term(self, value: Product) -> Term:
        if not value.factors:
            return self.term(value.coefficient)
        coefficient: Number = value.coefficient
        order = sorted(value.factors, key=self.key)
        above = [self._raised(t, value.factors[t][0]) for t in order if value.factors[t][0]]
        below = [self._raised(t, value.factors[t][1]) for t in order if value.factors[t][1]]
        if isinstance(coefficient, Fraction):
            below.insert(0, _literal(coefficient.denominator))
        numerator: int | float = coefficient.numerator if isinstance(coefficient, Fraction) else coefficient
        negative = numerator == -1
        if not above or numerator not in (1, -1):
            above.insert(0, _literal(abs(numerator) if negative else numerator))
        top = _chain(above)
        result = _DIV(top, _chain(below)) if below else top
        return _NEG(result) if negative else result

    def _raised(self, base: Term, exponent: int) -> Term:
        return base if exponent == 1 else _POW(base, exponent)


def _chain(parts: list[Term]) -> Term:
    result = parts[0]
    for part in parts[1:]:
        result = _MUL(result, part)
    return result


_LITERALS: dict[int, Term] = {}


def _literal(value: float) -> Term:
    from induce.terms.term import literal

    if type(value) is int and -100 <= value <= 100:
        found = _LITERALS.get(value)
        if found is None:
            found = _LITERALS[value] = literal(value, REAL)
        return found
    return literal(value, REAL)
