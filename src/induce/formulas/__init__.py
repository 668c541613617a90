"""Formulas: a table of numbers goes in, a short formula that a person can read comes out.

Names are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from induce.lazy import lazy_names

_HOME = {
    "BooleanRegressor": "induce.formulas.boolean_regressor",
    "Dataset": "induce.formulas.data",
    "Discovery": "induce.formulas.forces",
    "Distillation": "induce.formulas.distilling",
    "FormulaRegressor": "induce.formulas.estimator",
    "Hypotheses": "induce.hypotheses",
    "Problem": "induce.formulas.families",
    "Recording": "induce.formulas.asking",
    "Snapshots": "induce.formulas.bodies",
    "System": "induce.formulas.bodies",
    "discover": "induce.formulas.forces",
    "distill": "induce.formulas.distilling",
    "family": "induce.formulas.families",
    "gene_network": "induce.formulas.gene_networks",
    "load": "induce.formulas.data",
    "problem": "induce.formulas.families",
    "recording": "induce.formulas.asking",
    "simulate": "induce.formulas.bodies",
}

__all__ = [
    "BooleanRegressor",
    "Dataset",
    "Discovery",
    "Distillation",
    "FormulaRegressor",
    "Hypotheses",
    "Problem",
    "Recording",
    "Snapshots",
    "System",
    "discover",
    "distill",
    "family",
    "gene_network",
    "load",
    "problem",
    "recording",
    "simulate",
]


__getattr__ = lazy_names(__name__, _HOME)


def __dir__() -> list[str]:
    return __all__


if TYPE_CHECKING:
    from induce.formulas.asking import Recording, recording
    from induce.formulas.bodies import Snapshots, System, simulate
    from induce.formulas.boolean_regressor import BooleanRegressor
    from induce.formulas.data import Dataset, load
    from induce.formulas.distilling import Distillation, distill
    from induce.formulas.estimator import FormulaRegressor
    from induce.formulas.families import Problem, family, problem
    from induce.formulas.forces import Discovery, discover
    from induce.formulas.gene_networks import gene_network
    from induce.hypotheses import Hypotheses
