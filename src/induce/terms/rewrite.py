"""Normal forms by rules that keep the value wherever the term has one.

A term's *domain* is where every step of its evaluation is defined and finite. ``normal_form`` never changes a value on
the domain, up to rounding, and does not enlarge the domain beyond overflow: ``x/x`` stays, ``sqrt(x^2)`` is ``abs(x)``,
``exp(log(x))`` is ``x`` only when ``ranges`` say that x is positive.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from induce.terms.arithmetic import arithmetic
from induce.terms.boolean import boolean
from induce.terms.canonical import LARGEST_POWER, Product, Value, Workshop
from induce.terms.match import match
from induce.terms.numbers import is_number
from induce.terms.op import LITERAL, VARIABLE, Op
from induce.terms.propositional import propositional_node, propositional_truth
from induce.terms.rules import ARITHMETIC_RULES, BOOLEAN_RULES, CONDITIONS, Rule, rule
from induce.terms.sort import BOOL, REAL
from induce.terms.term import Term

__all__ = ["ARITHMETIC_RULES", "BOOLEAN_RULES", "Rule", "normal_form", "rule", "simplify"]

_FOLDS: dict[str, Callable[[float], float]] = {
    "sqrt": math.sqrt, "exp": math.exp, "log": math.log, "sin": math.sin, "cos": math.cos, "tan": math.tan,
    "asin": math.asin, "acos": math.acos, "atan": math.atan, "sinh": math.sinh, "cosh": math.cosh, "tanh": math.tanh,
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)), "cbrt": lambda x: math.copysign(abs(x) ** (1 / 3), x),
}  # fmt: skip


@dataclass
class _Normalizer:
    workshop: Workshop
    rules: dict[Op, list[Rule]]
    steps: int = 0
    arithmetic: dict[Op, Callable[..., Value]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        w = self.workshop
        by_name: dict[str, Callable[..., Value]] = {
            "+": w.add,
            "-": lambda a, b: w.add(a, w.negate(b)),
            "*": w.multiply,
            "/": self.divide,
            "neg": w.negate,
            "^": self.raised,
            "square": lambda a: w.power(a, 2),
            "cube": lambda a: w.power(a, 3),
            "inverse": lambda a: w.power(a, -1),
            "abs": self.absolute,
            "sign": self.sign,
        }
        self.arithmetic = {arithmetic[name]: function for name, function in by_name.items()}

    def run(self, term: Term) -> Value:
        values: dict[Term, Value] = {}
        for node in term.postorder():
            values[node] = self.node(node, [self.workshop.view(values[a]) for a in node.args])
        return values[term]

    def node(self, node: Term, args: list[Value]) -> Value:
        if not args:
            return self.leaf(node)
        function = self.arithmetic.get(node.op)
        made = function(*args) if function is not None else self.call(node, args)
        candidates = self.rules.get(made.op) if isinstance(made, Term) else None
        return made if candidates is None else self.match(made, candidates)

    def leaf(self, node: Term) -> Value:
        if node.op is LITERAL and node.sort is REAL:
            return self.workshop.view(node)
        if node.sort is BOOL:
            truth = propositional_truth(node)
            return node if truth is None else boolean["true" if truth else "false"]()
        return node

    def match(self, term: Term, candidates: Iterable[Rule]) -> Value:
        for candidate in candidates:
            found = match(candidate.left, term)
            if found is None or self.steps <= 0:
                continue
            if all(CONDITIONS[what](self.workshop.know(found[name])) for name, what in candidate.conditions):
                self.steps -= 1
                return self.build(candidate.right, found)
        return term

    def build(self, right: Term, found: Mapping[str, Term]) -> Value:
        """The right side of a rule over parts that are normal already."""
        values: dict[Term, Value] = {}
        for node in right.postorder():
            if node.op is VARIABLE:
                values[node] = found[node.payload]
            else:
                values[node] = self.node(node, [self.workshop.view(values[a]) for a in node.args])
        return values[right]

    # ---- real operators

    def divide(self, left: Value, right: Value) -> Value:
        return self.workshop.multiply(left, self.workshop.power(right, -1))

    def raised(self, base: Value, exponent: Value) -> Value:
        w = self.workshop
        if is_number(exponent) and exponent == int(exponent) and -LARGEST_POWER <= exponent <= LARGEST_POWER:
            return w.power(base, int(exponent))
        if is_number(exponent) and exponent == Fraction(1, 2):
            return self.call(arithmetic["sqrt"](w.term(base)), [base])
        if is_number(base) and is_number(exponent) and base > 0:
            folded = self.folded(lambda x: x ** float(exponent), float(base))
            if folded is not None:
                return folded
        exponent_term = w.term(exponent)
        if is_number(base) and base == 1 and w.know(exponent_term).total:
            return 1
        return arithmetic["^"](w.term(base), exponent_term)

    @staticmethod
    def folded(function: Callable[[float], float], value: float) -> float | None:
        try:
            made = function(value)
        except (ValueError, OverflowError, ZeroDivisionError):
            return None
        return made if math.isfinite(made) and abs(made) < 1e300 and (made != 0 or value == 0) else None

    def absolute(self, value: Value) -> Value:
        w = self.workshop
        if is_number(value):
            return abs(value)
        if isinstance(value, Product) and abs(value.coefficient) != 1:
            return w.multiply(abs(value.coefficient), self.absolute(Product(1, value.factors)))
        value = w.negate(value) if w.leads_negative(value) else value
        term = w.term(value)
        facts = w.know(term)
        if facts.nonnegative:
            return value
        return w.negate(value) if facts.high <= 0 else arithmetic["abs"](term)

    def sign(self, value: Value) -> Value:
        w = self.workshop
        if is_number(value):
            return (value > 0) - (value < 0)
        if w.leads_negative(value):
            return w.negate(self.sign(w.negate(value)))
        term = w.term(value)
        if term.op is arithmetic["sign"]:
            return term
        facts = w.know(term)
        return 1 if facts.total and facts.positive else arithmetic["sign"](term)

    def call(self, node: Term, args: list[Value]) -> Value:
        w, op = self.workshop, node.op
        if len(args) == 1 and op.result is REAL and op.arguments[0] is REAL:
            fold = _FOLDS.get(op.name)
            if fold is not None and is_number(args[0]):
                made = self.folded(fold, float(args[0]))
                if made is not None:
                    return (
                        int(made) if made == int(made) and not isinstance(args[0], float) and abs(made) < 1e9 else made
                    )
            if op is arithmetic["sqrt"] and isinstance(args[0], Product) and args[0].factors:
                root = _square_root(args[0].coefficient)
                if root is not None:
                    rest = Product(1, args[0].factors)
                    return w.multiply(root, self.node(op(w.term(rest)), [rest]))
            if op.laws & {"odd", "even"} and w.leads_negative(args[0]):
                inner = self.node(op(w.term(w.negate(args[0]))), [w.negate(args[0])])
                return w.negate(inner) if "odd" in op.laws else inner
        terms = tuple(w.term(a) for a in args)
        made_bool = propositional_node(op, terms, w.key)
        if made_bool is not None:
            return made_bool
        if len(terms) == 1 and "involutive" in op.laws and terms[0].op is op and op.arguments[0] is op.result:
            return terms[0].args[0]
        if len(terms) == 2 and op.commutative:
            made_chain = self.chain(op, terms)
            return self.leaf(made_chain) if made_chain.op is LITERAL else made_chain
        return node.rebuild(terms)

    def chain(self, op: Op, terms: tuple[Term, ...]) -> Term:
        """A commutative chain, sorted; without repeats if the operator is idempotent."""
        parts: list[Term] = []
        stack = list(reversed(terms))
        while stack:
            term = stack.pop()
            if term.op is op and "associative" in op.laws:
                stack.extend(reversed(term.args))
            else:
                parts.append(term)
        if "idempotent" in op.laws:
            parts = list(dict.fromkeys(parts))
            numbers = [p for p in parts if p.op is LITERAL and type(p.payload) in (int, float)]
            if len(numbers) > 1 and op.name in ("min", "max"):
                kept = (min if op.name == "min" else max)(numbers, key=lambda p: p.payload)
                parts = [p for p in parts if p is kept or p not in numbers]
        parts.sort(key=self.workshop.key)
        result = parts[0]
        for part in parts[1:]:
            result = op(result, part)
        return result


def _square_root(value: Any) -> Any:
    """The exact root of a positive rational square other than 1; None for anything else."""
    if isinstance(value, float) or value <= 0 or value == 1:
        return None
    value = Fraction(value)
    above, below = math.isqrt(value.numerator), math.isqrt(value.denominator)
    return Fraction(above, below) if above**2 == value.numerator and below**2 == value.denominator else None


def _by_head(rules: Iterable[Rule]) -> dict[Op, list[Rule]]:
    table: dict[Op, list[Rule]] = {}
    for entry in rules:
        if not entry.collected:
            table.setdefault(entry.left.op, []).append(entry)
    return table


_DEFAULT = _by_head(ARITHMETIC_RULES)


def normal_form(
    term: Term,
    rules: Iterable[Rule] | None = None,
    ranges: Mapping[str, tuple[float, float]] | None = None,
) -> Term:
    """Give the term in normal form: like terms and powers collected, constants folded, chains sorted.

    The value is unchanged, up to rounding, wherever the term is defined and finite. Terms of other languages get only
    what the declared laws of their operators allow.

    Parameters
    ----------
    term : Term
    rules : iterable of Rule, optional
        Matched instead of the matched rules of ``ARITHMETIC_RULES``. At most 50 per node are applied.
    ranges : mapping, optional
        Variable to (low, high): what is known of its values.

    >>> from induce.terms import arithmetic
    >>> normal_form(arithmetic.parse("x + sqrt(x*x) - 3*x + y/2 + y/2"))
    abs(x) + y - 2 * x
    """
    table = _DEFAULT if rules is None else _by_head(rules)
    workshop = Workshop(ranges or {})
    normalizer = _Normalizer(workshop, table, steps=50 * term.size if term.size < 10**6 else 50 * 10**6)
    return workshop.term(normalizer.run(term))


def simplify(term: Term, ranges: Mapping[str, tuple[float, float]] | None = None) -> Term:
    """Give the smaller of the term and its normal form, by the sum of the costs of its nodes.

    >>> from induce.terms import arithmetic
    >>> simplify(arithmetic.parse("2*x + 3*x"))
    5 * x
    """
    from induce.terms.measure import complexity

    normal = normal_form(term, ranges=ranges)
    return normal if complexity(normal) <= complexity(term) else term
