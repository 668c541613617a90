"""Rules: short sets of rules from tables, concepts, parts and graphs, that a person can read, edit, check and export.

Names are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from induce.lazy import lazy_names

if TYPE_CHECKING:
    from induce.rules.classifier import RuleClassifier
    from induce.rules.concept_classifier import ConceptClassifier
    from induce.rules.diagnosis import Diagnosis, Revision, diagnose, revise
    from induce.rules.hierarchical_classifier import HierarchicalClassifier
    from induce.rules.hierarchy import Hierarchy
    from induce.rules.hierarchy_loss import LossTerms, ramp
    from induce.rules.masks import LabeledPictures, labeled_pictures
    from induce.rules.regressor import RuleRegressor
    from induce.rules.restrictions import Restrictions
    from induce.rules.rule_fit import RuleFit
    from induce.rules.rule_fit import load_rules as load
    from induce.rules.self_training import PseudoLabels, SelfTraining
    from induce.rules.symbol_clusterer import SymbolClusterer

_HOME = {
    "ConceptClassifier": "concept_classifier",
    "Diagnosis": "diagnosis",
    "HierarchicalClassifier": "hierarchical_classifier",
    "Hierarchy": "hierarchy",
    "LabeledPictures": "masks",
    "LossTerms": "hierarchy_loss",
    "PseudoLabels": "self_training",
    "Restrictions": "restrictions",
    "Revision": "diagnosis",
    "RuleClassifier": "classifier",
    "RuleFit": "rule_fit",
    "RuleRegressor": "regressor",
    "SelfTraining": "self_training",
    "SymbolClusterer": "symbol_clusterer",
    "diagnose": "diagnosis",
    "labeled_pictures": "masks",
    "load": "rule_fit:load_rules",
    "ramp": "hierarchy_loss",
    "revise": "diagnosis",
}

__all__ = [
    "ConceptClassifier",
    "Diagnosis",
    "HierarchicalClassifier",
    "Hierarchy",
    "LabeledPictures",
    "LossTerms",
    "PseudoLabels",
    "Restrictions",
    "Revision",
    "RuleClassifier",
    "RuleFit",
    "RuleRegressor",
    "SelfTraining",
    "SymbolClusterer",
    "diagnose",
    "labeled_pictures",
    "load",
    "ramp",
    "revise",
]


__getattr__ = lazy_names(__name__, _HOME)


def __dir__() -> list[str]:
    return __all__
