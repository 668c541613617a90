"""Algebra: what operators mean, as a frozen value with declared laws; and the registry of meanings.

An algebra names a carrier and its two main operations. What each *operator* of a language means under it is registered
by (operator, algebra), so a language never imports an algebra, and a new algebra needs no edit to any language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from induce.errors import AlgebraError
from induce.terms.op import Op

__all__ = ["KNOWN_LAWS", "Algebra", "check_laws", "meaning_of", "register"]

KNOWN_LAWS = {
    "commutative add": "a + b = b + a",
    "associative add": "(a + b) + c = a + (b + c)",
    "commutative mul": "a b = b a",
    "associative mul": "(a b) c = a (b c)",
    "zero": "a + 0 = a",
    "one": "a 1 = a",
    "annihilation": "a 0 = 0",
    "distributive": "a (b + c) = a b + a c",
    "subdistributive": "a (b + c) is contained in a b + a c",
    "idempotent add": "a + a = a",
    "idempotent mul": "a a = a",
    "absorptive add": "a + a b = a",
    "involution": "neg(neg(a)) = a",
    "inverse add": "a + neg(a) = 0",
    "complement": "a + neg(a) = 1 and a neg(a) = 0",
}
"""Laws an algebra may declare; :func:`check_laws` tests each on random values."""


@dataclass(frozen=True)
class Algebra:
    """A carrier with two operations and the laws they obey.

    Parameters
    ----------
    name : str
        Unique; meanings are registered under it.
    carrier : str
        What a value is, in words.
    add, mul : callable
        The two operations on carrier values.
    neg : callable or None
        Negation, if there is one.
    zero, one : value
        Neutral elements.
    laws : frozenset of str
        Keys of ``KNOWN_LAWS``.
    sample : callable
        ``sample(rng, n)`` draws a batch of n carrier values (for the tests of the laws).
    equal : callable
        ``equal(a, b)`` compares two batches elementwise, as a Boolean array.
    lift : callable
        Turns a plain column or number into a carrier value.

    >>> sorted(Algebra.BOOLEAN.laws)[:2]
    ['absorptive add', 'annihilation']
    """

    name: str
    carrier: str
    add: Callable[[Any, Any], Any]
    mul: Callable[[Any, Any], Any]
    neg: Callable[[Any], Any] | None
    zero: Any
    one: Any
    laws: frozenset[str]
    sample: Callable[[np.random.Generator, int], Any] = field(repr=False)
    equal: Callable[[Any, Any], Any] = field(repr=False)
    lift: Callable[[Any], Any] = field(repr=False, default=np.asarray)

    REAL: ClassVar[Algebra]
    BOOLEAN: ClassVar[Algebra]
    INTERVAL: ClassVar[Algebra]
    VALUES: ClassVar[Algebra]

    def __post_init__(self) -> None:
        unknown = sorted(self.laws - set(KNOWN_LAWS))
        if unknown:
            raise AlgebraError(
                f"algebra '{self.name}' declares an unknown law '{unknown[0]}'. Known laws: {', '.join(KNOWN_LAWS)}."
            )
        if self.neg is None and self.laws & {"involution", "inverse add", "complement"}:
            raise AlgebraError(f"algebra '{self.name}' declares a law about negation but has none.")


_MEANINGS: dict[tuple[Op, str], Callable[..., Any]] = {}


def register(op: Op, algebra: Algebra, meaning: Callable[..., Any]) -> None:
    """Say what an operator means under an algebra.

    Parameters
    ----------
    op : Op
    algebra : Algebra
    meaning : callable
        ``meaning(xp, *values)`` where ``xp`` is the numpy or torch module and values are carrier values.

    Raises
    ------
    AlgebraError
        If another meaning is registered already, or ``meaning`` is not callable.
    """
    if not callable(meaning):
        raise AlgebraError(f"the meaning of '{op}' must be a function of (xp, *values), but got {meaning!r}.")
    if _MEANINGS.setdefault((op, algebra.name), meaning) is not meaning:
        raise AlgebraError(f"operator '{op}' already has a meaning under '{algebra.name}'. Use another operator name.")


def meaning_of(op: Op, algebra: Algebra) -> Callable[..., Any]:
    """The meaning of an operator.

    Raises
    ------
    AlgebraError
        If none is registered, naming the algebras under which the operator has one.
    """
    found = _MEANINGS.get((op, algebra.name))
    if found is None:
        others = sorted(name for known, name in _MEANINGS if known is op)
        hint = (
            f"It has one under: {', '.join(others)}."
            if others
            else "Give it one with algebras.register(op, algebra, f)."
        )
        raise AlgebraError(f"operator '{op}' has no meaning under the algebra '{algebra.name}'. {hint}")
    return found


def meanings(algebra: Algebra) -> Mapping[Op, Callable[..., Any]]:
    """All operators that have a meaning under an algebra."""
    return {op: meaning for (op, name), meaning in _MEANINGS.items() if name == algebra.name}


def check_laws(algebra: Algebra, rng: np.random.Generator, n: int = 200) -> list[str]:
    """Declared laws that fail on random values; an empty list when all hold.

    Parameters
    ----------
    algebra : Algebra
    rng : numpy.random.Generator
    n : int
        Number of random triples.
    """
    a, b, c = (algebra.sample(rng, n) for _ in range(3))
    add, mul, neg, same = algebra.add, algebra.mul, algebra.neg, algebra.equal
    zero, one = algebra.zero, algebra.one

    def contained(inner: Any, outer: Any) -> Any:
        return (outer[0] <= inner[0] + 1e-9) & (inner[1] <= outer[1] + 1e-9)

    tests: dict[str, Callable[[], Any]] = {
        "commutative add": lambda: same(add(a, b), add(b, a)),
        "associative add": lambda: same(add(add(a, b), c), add(a, add(b, c))),
        "commutative mul": lambda: same(mul(a, b), mul(b, a)),
        "associative mul": lambda: same(mul(mul(a, b), c), mul(a, mul(b, c))),
        "zero": lambda: same(add(a, zero), a),
        "one": lambda: same(mul(a, one), a),
        "annihilation": lambda: same(mul(a, zero), add(zero, mul(a, zero))) & same(mul(a, zero), mul(b, zero)),
        "distributive": lambda: same(mul(a, add(b, c)), add(mul(a, b), mul(a, c))),
        "subdistributive": lambda: contained(mul(a, add(b, c)), add(mul(a, b), mul(a, c))),
        "idempotent add": lambda: same(add(a, a), a),
        "idempotent mul": lambda: same(mul(a, a), a),
        "absorptive add": lambda: same(add(a, mul(a, b)), a),
        "involution": lambda: same(neg(neg(a)), a),  # type: ignore[misc]
        "inverse add": lambda: same(add(a, neg(a)), add(zero, mul(a, zero))),  # type: ignore[misc]
        "complement": lambda: same(add(a, neg(a)), add(one, zero)) & same(mul(a, neg(a)), mul(a, zero)),  # type: ignore[misc]
    }
    return [law for law in KNOWN_LAWS if law in algebra.laws and not bool(np.all(tests[law]()))]
