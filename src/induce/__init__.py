"""induce: a term with holes, filled from data.

Nothing heavy is imported here; each name below is loaded when it is first used.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOME = {
    "Algebra": "induce.algebras",
    "Budget": "induce.budget",
    "Fit": "induce.fit",
    "Grammar": "induce.terms",
    "Language": "induce.terms",
    "Learner": "induce.learners",
    "Task": "induce.task",
    "Term": "induce.terms",
    "arithmetic": "induce.terms",
    "boolean": "induce.terms",
    "distill": "induce.formulas.distilling",
    "fill": "induce.fill",
    "load": "induce.io",
    "space": "induce.spaces",
    "to_torch": "induce.algebras",
    "tune": "induce.spaces",
}
_MODULES = ("algebras", "catalog", "formulas", "learners", "terms")

__all__ = sorted([*_HOME, *_MODULES, "hole"])


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"induce.{name}")
    if name == "hole":
        return import_module("induce.terms.hole")
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'induce' has no attribute '{name}'. It has: {', '.join(__all__)}.")


def __dir__() -> list[str]:
    return __all__


class _Package(ModuleType):
    """Keeps ``induce.fill`` the function: importing the module of that name would otherwise put the module there."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name == "fill" and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


if TYPE_CHECKING:
    from induce import algebras, catalog, formulas, learners, terms
    from induce.algebras import Algebra, to_torch
    from induce.budget import Budget
    from induce.fill import fill
    from induce.fit import Fit
    from induce.formulas.distilling import distill
    from induce.io import load
    from induce.learners import Learner
    from induce.spaces import space, tune
    from induce.task import Task
    from induce.terms import Grammar, Language, Term, arithmetic, boolean, hole
