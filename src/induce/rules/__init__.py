"""Rules: short sets of rules from tables, concepts, parts and graphs, that a person can read, edit, check and export.

Names are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from induce.lazy import lazy_names

_HOME = {
    "Diagnosis": "diagnosis",
    "HierarchicalClassifier": "hierarchical_classifier",
    "Hierarchy": "hierarchy",
    "LabeledPictures": "masks",
    "LossTerms": "hierarchy_loss",
    "PseudoLabels": "self_training",
    "Revision": "diagnosis",
    "SelfTraining": "self_training",
    "diagnose": "diagnosis",
    "labeled_pictures": "masks",
    "ramp": "hierarchy_loss",
    "revise": "diagnosis",
}

__all__ = [
    "Diagnosis",
    "HierarchicalClassifier",
    "Hierarchy",
    "LabeledPictures",
    "LossTerms",
    "PseudoLabels",
    "Revision",
    "SelfTraining",
    "diagnose",
    "labeled_pictures",
    "ramp",
    "revise",
]


__getattr__ = lazy_names(__name__, _HOME)


def __dir__() -> list[str]:
    return __all__


if TYPE_CHECKING:
    from induce.rules.diagnosis import Diagnosis, Revision, diagnose, revise
    from induce.rules.hierarchical_classifier import HierarchicalClassifier
    from induce.rules.hierarchy import Hierarchy
    from induce.rules.hierarchy_loss import LossTerms, ramp
    from induce.rules.masks import LabeledPictures, labeled_pictures
    from induce.rules.self_training import PseudoLabels, SelfTraining
