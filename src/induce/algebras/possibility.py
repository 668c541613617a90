"""Possibility theory: every statement has a possibility and a necessity, and both are kept."""

from __future__ import annotations

from typing import Any

import numpy as np

from induce.algebras.algebra import Algebra
from induce.algebras.semirings import Semiring

__all__ = ["POSSIBILITY", "from_probability"]


def _pair(rng: np.random.Generator, n: int) -> tuple[Any, Any]:
    possible = rng.random(n)
    return possible, possible * rng.random(n)


POSSIBILITY = Semiring(
    "possibility",
    "pairs (possibility, necessity)",
    lambda a, b: (np.maximum(a[0], b[0]), np.maximum(a[1], b[1])),
    lambda a, b: (np.minimum(a[0], b[0]), np.minimum(a[1], b[1])),
    lambda a: (1.0 - a[1], 1.0 - a[0]),
    (0.0, 0.0),
    (1.0, 1.0),
    frozenset(
        {
            "commutative add", "associative add", "commutative mul", "associative mul", "zero", "one", "annihilation",
            "distributive", "idempotent add", "idempotent mul", "absorptive add", "involution",
        }
    ),
    _pair,
    lambda a, b: np.isclose(a[0], b[0]) & np.isclose(a[1], b[1]),
    lambda value: value if isinstance(value, tuple) else (np.asarray(value, np.float64),) * 2,
    "how possible a statement is, and how impossible its opposite: min along a proof, max over proofs",
    True,
    "minmax",
)  # fmt: skip
"""Possibility and necessity; ``N(a) = 1 - P(not a)``."""


def from_probability(probabilities: Any) -> Any:
    """The most specific possibility distribution above a probability distribution (last axis).

    ``pi_i`` is the sum of all probabilities that are at most ``p_i`` (Dubois and Prade 1993).

    >>> from_probability(np.array([0.7, 0.2, 0.1])).round(2).tolist()
    [1.0, 0.3, 0.1]
    """
    p = np.asarray(probabilities, np.float64)
    return np.where(p[..., None, :] <= p[..., :, None] + 1e-15, p[..., None, :], 0.0).sum(-1)


Algebra.POSSIBILITY = POSSIBILITY  # type: ignore[attr-defined]
