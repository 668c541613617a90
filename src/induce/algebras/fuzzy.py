"""Fuzzy logics: t-norms with their co-norms, residua, and quantifiers as power means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from induce.algebras.algebra import Algebra
from induce.algebras.semirings import Semiring, _close, _unit
from induce.errors import AlgebraError, did_you_mean

__all__ = ["NORMS", "exists", "forall", "fuzzy", "residuum"]

_BASE = frozenset(
    {
        "commutative add",
        "associative add",
        "commutative mul",
        "associative mul",
        "zero",
        "one",
        "annihilation",
        "involution",
    }
)


def _logit(a: Any) -> Any:
    with np.errstate(divide="ignore"):
        return np.log(a) - np.log1p(-np.asarray(a, np.float64))


def _from_logit(z: Any) -> Any:
    return 0.5 * (1.0 + np.tanh(0.5 * z))


_NORMS: dict[str, tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any], frozenset[str], str]] = {
    "product": (
        lambda a, b: a + b - a * b,
        lambda a, b: a * b,
        _BASE,
        "a degree: conjunction as product, disjunction as probabilistic sum, as if all parts were independent",
    ),
    "godel": (
        np.maximum,
        np.minimum,
        _BASE | {"distributive", "idempotent add", "idempotent mul", "absorptive add"},
        "a degree: conjunction as minimum, disjunction as maximum",
    ),
    "lukasiewicz": (
        lambda a, b: np.minimum(a + b, 1.0),
        lambda a, b: np.maximum(a + b - 1.0, 0.0),
        _BASE | {"complement"},
        "a degree: bounded sums; gradients vanish outside a band",
    ),
    "logit": (
        lambda a, b: _from_logit(np.logaddexp(_logit(a), _logit(b))),
        lambda a, b: _from_logit(-np.logaddexp(-_logit(a), -_logit(b))),
        _BASE - {"annihilation"},
        "a degree: log-sum-exp on logits, a soft maximum; conjunction by duality",
    ),
}
NORMS = tuple(_NORMS)
"""Names that :func:`fuzzy` takes."""
_KINDS = {"product": "product", "godel": "minmax", "lukasiewicz": "lukasiewicz", "logit": "logit"}


def fuzzy(norm: str = "product") -> Semiring:
    """The fuzzy algebra of a t-norm: "product", "godel", "lukasiewicz" or "logit".

    Raises
    ------
    AlgebraError
        For an unknown name.

    >>> float(fuzzy("lukasiewicz").mul(0.7, 0.6).round(2))
    0.3
    """
    if norm not in _NORMS:
        raise AlgebraError(f"there is no t-norm '{norm}'.{did_you_mean(norm, _NORMS)} There are: {', '.join(_NORMS)}.")
    add, mul, laws, claims = _NORMS[norm]
    return Semiring(
        f"fuzzy({norm})", "degrees from 0 to 1", add, mul, lambda a: 1.0 - a, 0.0, 1.0, laws, _unit, _close,
        lambda value: np.asarray(value, dtype=np.float64), claims, False, _KINDS[norm],
        parameters=(("norm", norm),),
    )  # fmt: skip


def residuum(norm: str, a: Any, b: Any) -> Any:
    """The implication that belongs to a t-norm: the largest ``c`` with ``T(a, c) <= b``.

    >>> float(residuum("product", 0.8, 0.4))
    0.5
    """
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if norm == "product":
        return np.where(a <= b, 1.0, b / np.where(a == 0, 1.0, a))
    if norm in ("godel", "logit"):
        return np.where(a <= b, 1.0, b)
    if norm == "lukasiewicz":
        return np.minimum(1.0, 1.0 - a + b)
    raise AlgebraError(f"there is no t-norm '{norm}'.{did_you_mean(norm, _NORMS)} There are: {', '.join(_NORMS)}.")


def exists(degrees: Any, p: float = 2.0, axis: int = -1) -> Any:
    """ "For some": the power mean ``(mean a^p)^(1/p)``, the maximum for ``p = inf`` (Badreddine et al. 2022, LTN)."""
    xp: Any = __import__("torch") if type(degrees).__module__.startswith("torch") else np
    if p == float("inf"):
        return xp.amax(degrees, axis)
    return (degrees**p).mean(axis) ** (1.0 / p)


def forall(degrees: Any, p: float = 2.0, axis: int = -1) -> Any:
    """ "For all": one minus the power mean of the violations, ``1 - (mean (1 - a)^p)^(1/p)``."""
    return 1.0 - exists(1.0 - degrees, p, axis)


PRODUCT, GODEL, LUKASIEWICZ, LOGIT = (fuzzy(norm) for norm in NORMS)
"""The four shipped fuzzy algebras."""

Algebra.FUZZY = staticmethod(fuzzy)  # type: ignore[attr-defined]
