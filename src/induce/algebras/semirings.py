"""Semirings that rules are evaluated under: what each claims to compute, and the laws it obeys."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from induce.algebras.algebra import Algebra
from induce.errors import AlgebraError, did_you_mean

__all__ = [
    "ADD_MULT", "COUNTING", "DUAL", "GF2", "LOG_PROBABILITY", "MIN_MAX", "PROBABILITY", "TROPICAL", "VITERBI",
    "Semiring", "as_algebra", "named", "proofs", "tensor",
]  # fmt: skip

_SEMIRING = frozenset(
    {
        "commutative add", "associative add", "commutative mul", "associative mul", "zero", "one", "annihilation",
        "distributive",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Semiring(Algebra):
    """An algebra for rules, with what it claims.

    Parameters
    ----------
    claims : str
        The quantity it computes, in words.
    exact : bool
        Whether the result is that quantity on every program that is accepted.
    kind : str
        Name of the compiled kernel.
    method : str
        How it is evaluated unless said otherwise: "circuit" (knowledge compilation), "levels" (a sweep over the rule
        instances), "proofs", "tensor".
    parameters : tuple
        Such as ``(("k", 3),)``.
    """

    claims: str = ""
    exact: bool = True
    kind: str = "real"
    method: str = "levels"
    parameters: tuple[tuple[str, Any], ...] = ()

    @property
    def idempotent(self) -> bool:
        """Whether ``a + a = a``."""
        return "idempotent add" in self.laws

    @property
    def absorptive(self) -> bool:
        """Whether ``a + a b = a``: going round a cycle adds nothing."""
        return "absorptive add" in self.laws

    @property
    def negates(self) -> bool:
        """Whether ``not`` has a meaning."""
        return self.neg is not None

    @property
    def cycles(self) -> bool:
        """Whether recursive rules reach a fixpoint."""
        return self.method == "circuit" or (self.idempotent and self.absorptive)

    def __reduce__(self) -> tuple[Any, ...]:
        return (named, (self.name,))

    def parameter(self, name: str, default: Any = None) -> Any:
        """A parameter by name."""
        return dict(self.parameters).get(name, default)


def _close(a: Any, b: Any) -> Any:
    return np.isclose(a, b, rtol=1e-9, atol=1e-12)


def _unit(rng: np.random.Generator, n: int) -> Any:
    return rng.random(n)


def _make(
    name: str, carrier: str, add: Any, mul: Any, neg: Any, zero: Any, one: Any, laws: frozenset[str], **more: Any
) -> Semiring:
    more.setdefault("sample", _unit)
    more.setdefault("equal", _close)
    more.setdefault("lift", lambda value: np.asarray(value, dtype=np.float64))
    return Semiring(name, carrier, add, mul, neg, zero, one, laws, **more)


_IDEMPOTENT = _SEMIRING | {"idempotent add", "absorptive add"}

COUNTING = _make(
    "counting", "natural numbers", lambda a, b: a + b, lambda a, b: a * b, None, 0.0, 1.0, _SEMIRING,
    sample=lambda rng, n: rng.integers(0, 50, n).astype(np.float64), kind="counting",
    claims="the number of proofs (weights are multiplicities)",
)  # fmt: skip
"""How many proofs there are."""

TROPICAL = _make(
    "tropical", "costs from 0 to infinity", np.minimum, lambda a, b: a + b, None, math.inf, 0.0, _IDEMPOTENT,
    sample=lambda rng, n: rng.random(n) * 10, kind="tropical", claims="the smallest total cost of a proof, every use of a fact counted",
)  # fmt: skip
"""Shortest paths, cheapest proofs."""

VITERBI = _make(
    "viterbi", "probabilities", np.maximum, lambda a, b: a * b, None, 0.0, 1.0, _IDEMPOTENT, kind="viterbi",
    claims="the largest product of the weights of a proof, every use of a fact counted",
)  # fmt: skip
"""The best proof."""

MIN_MAX = _make(
    "min-max", "degrees from 0 to 1", np.maximum, np.minimum, lambda a: 1.0 - a, 0.0, 1.0,
    _IDEMPOTENT | {"idempotent mul", "involution"}, kind="minmax", claims="the strength of the strongest proof, its weakest fact",
)  # fmt: skip
"""A chain is as strong as its weakest link."""

ADD_MULT = _make(
    "add-mult", "non-negative numbers", lambda a, b: a + b, lambda a, b: a * b, lambda a: 1.0 - a, 0.0, 1.0,
    _SEMIRING | {"involution"}, kind="real", exact=False,
    claims="the sum over proofs of the products of their facts; not a probability: proofs that overlap count twice",
)  # fmt: skip
"""Sum over proofs; not a probability."""

PROBABILITY = _make(
    "probability", "probabilities", lambda a, b: a + b, lambda a, b: a * b, lambda a: 1.0 - a, 0.0, 1.0,
    _SEMIRING | {"involution"}, kind="real", method="circuit",
    claims="the probability that the query holds, facts and choices being independent (distribution semantics)",
)  # fmt: skip
"""Exact probability, by knowledge compilation or recognised structure; its laws are those of the compiled circuit."""

LOG_PROBABILITY = _make(
    "log-probability", "logarithms of probabilities", np.logaddexp, lambda a, b: a + b,
    lambda a: np.log(-np.expm1(np.minimum(a, -1e-300))), -math.inf, 0.0, _SEMIRING, kind="log", method="circuit",
    sample=lambda rng, n: np.log(rng.random(n)), claims="the logarithm of the probability that the query holds",
)  # fmt: skip
"""Exact probability in log space."""

GF2 = _make(
    "gf2", "bits", lambda a, b: a ^ b, lambda a, b: a & b, lambda a: ~a, np.False_, np.True_,
    _SEMIRING | {"idempotent mul", "involution"}, sample=lambda rng, n: rng.random(n) < 0.5, equal=lambda a, b: a == b,
    lift=lambda value: np.asarray(value, dtype=bool), kind="gf2", claims="the parity of the number of proofs",
)  # fmt: skip
"""Exclusive or and conjunction; its adjoint is the reverse derivative of the polynomial over the field of two elements."""


def _dual_add(a: Any, b: Any) -> Any:
    return (a[0] + b[0], a[1] + b[1])


def _dual_mul(a: Any, b: Any) -> Any:
    return (a[0] * b[0], a[0] * b[1] + a[1] * b[0])


DUAL = _make(
    "dual", "pairs of a value and its derivative", _dual_add, _dual_mul, lambda a: (1.0 - a[0], -a[1]), (0.0, 0.0),
    (1.0, 0.0), _SEMIRING | {"involution"}, sample=lambda rng, n: (rng.random(n), rng.normal(size=n)),
    equal=lambda a, b: _close(a[0], b[0]) & _close(a[1], b[1]), kind="dual", exact=False,
    lift=lambda value: value if isinstance(value, tuple) else (np.asarray(value, np.float64), np.zeros(np.shape(value))),
    claims="the sum over proofs and its derivative in one direction, in one forward pass",
)  # fmt: skip
"""Forward-mode derivatives."""


def proofs(k: int = 3) -> Semiring:
    """The ``k`` most probable proofs of every atom; exact probability of their union, with a bound on what is missing.

    >>> proofs(3).parameter("k")
    3
    """
    return _make(
        f"proofs({k})", "probabilities", lambda a, b: a + b - a * b, lambda a, b: a * b, None, 0.0, 1.0,
        frozenset({"commutative add", "associative add", "commutative mul", "associative mul", "zero", "one", "annihilation"}),
        kind="proofs", method="proofs", exact=False, parameters=(("k", int(k)),),
        claims=f"the probability of the union of the {k} most probable proofs; the true one is at most the stated bound above",
    )  # fmt: skip


def tensor(temperature: float = 0.0) -> Semiring:
    """Relations as real tensors, rules as contractions, then a step: hard at temperature 0, a sigmoid above.

    Domingos (2025), Tensor Logic: The Language of AI.
    """
    return _make(
        f"tensor({temperature:g})", "real tensors", lambda a, b: a + b, lambda a, b: a * b, lambda a: 1.0 - a, 0.0, 1.0,
        _SEMIRING | {"involution"}, kind="tensor", method="tensor", exact=temperature == 0.0,
        parameters=(("temperature", float(temperature)),),
        claims="truth by thresholding sums of products" if temperature == 0.0 else "a graded degree, sigmoid of sums of products",
    )  # fmt: skip


PROOFS_3 = proofs(3)
"""Three proofs."""
TENSOR_0 = tensor(0.0)
"""Tensor logic at temperature 0: deduction."""


def named(name: str) -> Semiring:
    """The shipped algebra of a name such as ``viterbi``, ``proofs(3)``, ``fuzzy(product)`` or ``tensor(0.5)``.

    Raises
    ------
    AlgebraError
        If there is none.

    >>> named("proofs(2)").parameter("k")
    2
    """
    from induce.algebras.fuzzy import fuzzy
    from induce.algebras.possibility import POSSIBILITY
    from induce.algebras.standard import BOOLEAN

    plain = {a.name: a for a in (
        BOOLEAN, COUNTING, TROPICAL, VITERBI, MIN_MAX, ADD_MULT, PROBABILITY, LOG_PROBABILITY, GF2, DUAL, POSSIBILITY
    )}  # fmt: skip
    head, _, inside = name.partition("(")
    inside = inside.rstrip(")")
    key = head.strip().lower().replace("_", "-")
    try:
        if key == "proofs":
            return proofs(int(inside or 3))
        if key == "fuzzy":
            return fuzzy(inside or "product")
        if key == "tensor":
            return tensor(float(inside or 0.0))
    except ValueError as problem:
        if not isinstance(problem, AlgebraError):
            raise AlgebraError(f"'{inside}' is no parameter of '{key}'. Write for example '{key}(3)'.") from None
        raise
    if key not in plain:
        names = [*plain, "proofs(k)", "fuzzy(norm)", "tensor(temperature)"]
        raise AlgebraError(f"there is no algebra '{name}'.{did_you_mean(key, names)} There are: {', '.join(names)}.")
    return plain[key]


def _attach(names: dict[str, Any]) -> None:
    for name, value in names.items():
        setattr(Algebra, name, value if isinstance(value, Algebra) else staticmethod(value))


_attach(
    {
        "COUNTING": COUNTING, "TROPICAL": TROPICAL, "VITERBI": VITERBI, "MIN_MAX": MIN_MAX, "ADD_MULT": ADD_MULT,
        "PROBABILITY": PROBABILITY, "LOG_PROBABILITY": LOG_PROBABILITY, "GF2": GF2, "DUAL": DUAL, "PROOFS": proofs,
        "TENSOR": tensor,
    }
)  # fmt: skip


def as_algebra(algebra: Algebra | str) -> Algebra:
    """An algebra, or the shipped one of that name.

    Raises
    ------
    AlgebraError
        If it is neither.
    """
    algebra = named(algebra) if isinstance(algebra, str) else algebra
    if not isinstance(algebra, Algebra):
        raise AlgebraError(f"algebra must be an Algebra such as Algebra.VITERBI, or its name, but got {algebra!r}.")
    return algebra
