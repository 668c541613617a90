"""Algebras: what a term *means* on arrays and tensors."""

from typing import TYPE_CHECKING, Any

from induce.algebras import string_meanings as _string_meanings  # noqa: F401
from induce.algebras.algebra import Algebra, check_laws, meaning_of, register
from induce.algebras.evaluate import evaluate, evaluate_many, fit_constants, jacobian_many
from induce.algebras.fuzzy import exists, forall, fuzzy, residuum
from induce.algebras.intervals import bounds
from induce.algebras.possibility import POSSIBILITY
from induce.algebras.semirings import Semiring
from induce.algebras.standard import BOOLEAN, REAL
from induce.algebras.values import VALUES

if TYPE_CHECKING:
    from induce.algebras.module import TermModule, to_torch

__all__ = [
    "BOOLEAN",
    "POSSIBILITY",
    "REAL",
    "VALUES",
    "Algebra",
    "Semiring",
    "TermModule",
    "bounds",
    "check_laws",
    "evaluate",
    "evaluate_many",
    "exists",
    "fit_constants",
    "forall",
    "fuzzy",
    "jacobian_many",
    "meaning_of",
    "register",
    "residuum",
    "to_torch",
]


def __getattr__(name: str) -> Any:
    if name in ("TermModule", "to_torch"):  # torch is loaded only for these
        from induce.algebras import module

        return getattr(module, name)
    raise AttributeError(f"module 'induce.algebras' has no attribute '{name}'.")
