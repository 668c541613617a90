"""Formulas: a table of numbers goes in, a short formula that a person can read comes out.

Names are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

_HOME = {
    "BooleanRegressor": "induce.formulas.boolean_regressor",
    "Dataset": "induce.formulas.data",
    "FormulaRegressor": "induce.formulas.estimator",
    "Hypotheses": "induce.hypotheses",
    "Problem": "induce.formulas.families",
    "family": "induce.formulas.families",
    "gene_network": "induce.formulas.gene_networks",
    "load": "induce.formulas.data",
    "problem": "induce.formulas.families",
}

__all__ = [
    "BooleanRegressor",
    "Dataset",
    "FormulaRegressor",
    "Hypotheses",
    "Problem",
    "family",
    "gene_network",
    "load",
    "problem",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'induce.formulas' has no attribute '{name}'. It has: {', '.join(__all__)}.")


def __dir__() -> list[str]:
    return __all__


if TYPE_CHECKING:
    from induce.formulas.boolean_regressor import BooleanRegressor
    from induce.formulas.data import Dataset, load
    from induce.formulas.estimator import FormulaRegressor
    from induce.formulas.families import Problem, family, problem
    from induce.formulas.gene_networks import gene_network
    from induce.hypotheses import Hypotheses
