"""Rules: short sets of rules from tables, concepts, parts and graphs, that a person can read, edit, check and export.

Names are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from induce.lazy import lazy_names

if TYPE_CHECKING:
    from induce.rules.box_drawing import draw_boxes
    from induce.rules.classifier import RuleClassifier
    from induce.rules.concept_classifier import ConceptClassifier
    from induce.rules.concept_data import HiddenConcepts, hidden_concepts
    from induce.rules.concept_identifier import ConceptIdentifier
    from induce.rules.concept_structure import ConceptStructure
    from induce.rules.data import LabeledTable, labeled_table, labeled_tables
    from induce.rules.diagnosis import Diagnosis, Revision, diagnose, revise
    from induce.rules.expert_graph import ExpertGraph
    from induce.rules.facade_pictures import FACADE_PARTS, Facades, facades
    from induce.rules.graph_rules import GraphRules
    from induce.rules.hierarchical_classifier import HierarchicalClassifier
    from induce.rules.hierarchy import Hierarchy
    from induce.rules.hierarchy_loss import LossTerms, ramp
    from induce.rules.masks import LabeledPictures, labeled_pictures
    from induce.rules.node_features import neighbor_graph
    from induce.rules.part_classifier import PartClassifier
    from induce.rules.part_detection import detect_parts, mean_average_precision, train_part_detector
    from induce.rules.planted_graphs import PlantedGraph, planted_graph
    from induce.rules.regressor import RuleRegressor
    from induce.rules.related import RelatedTables
    from induce.rules.restrictions import Restrictions
    from induce.rules.rule_fit import RuleFit
    from induce.rules.rule_fit import load_rules as load
    from induce.rules.self_training import PseudoLabels, SelfTraining
    from induce.rules.support_classifier import NearestSupportClassifier, calibration_error
    from induce.rules.symbol_classifier import SymbolClassifier
    from induce.rules.symbol_clusterer import SymbolClusterer
    from induce.rules.texts import IntentTexts, intent_texts
    from induce.rules.views import View, mirrored_pictures, view_rules

_HOME = {
    "ConceptClassifier": "concept_classifier",
    "ConceptIdentifier": "concept_identifier",
    "ConceptStructure": "concept_structure",
    "Diagnosis": "diagnosis",
    "ExpertGraph": "expert_graph",
    "FACADE_PARTS": "facade_pictures",
    "Facades": "facade_pictures",
    "GraphRules": "graph_rules",
    "HiddenConcepts": "concept_data",
    "HierarchicalClassifier": "hierarchical_classifier",
    "Hierarchy": "hierarchy",
    "IntentTexts": "texts",
    "LabeledPictures": "masks",
    "LabeledTable": "data",
    "LossTerms": "hierarchy_loss",
    "NearestSupportClassifier": "support_classifier",
    "PartClassifier": "part_classifier",
    "PlantedGraph": "planted_graphs",
    "PseudoLabels": "self_training",
    "RelatedTables": "related",
    "Restrictions": "restrictions",
    "Revision": "diagnosis",
    "RuleClassifier": "classifier",
    "RuleFit": "rule_fit",
    "RuleRegressor": "regressor",
    "SelfTraining": "self_training",
    "SymbolClassifier": "symbol_classifier",
    "SymbolClusterer": "symbol_clusterer",
    "View": "views",
    "calibration_error": "support_classifier",
    "detect_parts": "part_detection",
    "diagnose": "diagnosis",
    "draw_boxes": "box_drawing",
    "facades": "facade_pictures",
    "hidden_concepts": "concept_data",
    "intent_texts": "texts",
    "labeled_pictures": "masks",
    "labeled_table": "data",
    "labeled_tables": "data",
    "load": "rule_fit:load_rules",
    "mean_average_precision": "part_detection",
    "mirrored_pictures": "views",
    "neighbor_graph": "node_features",
    "planted_graph": "planted_graphs",
    "ramp": "hierarchy_loss",
    "revise": "diagnosis",
    "train_part_detector": "part_detection",
    "view_rules": "views",
}

__all__ = [
    "FACADE_PARTS",
    "ConceptClassifier",
    "ConceptIdentifier",
    "ConceptStructure",
    "Diagnosis",
    "ExpertGraph",
    "Facades",
    "GraphRules",
    "HiddenConcepts",
    "HierarchicalClassifier",
    "Hierarchy",
    "IntentTexts",
    "LabeledPictures",
    "LabeledTable",
    "LossTerms",
    "NearestSupportClassifier",
    "PartClassifier",
    "PlantedGraph",
    "PseudoLabels",
    "RelatedTables",
    "Restrictions",
    "Revision",
    "RuleClassifier",
    "RuleFit",
    "RuleRegressor",
    "SelfTraining",
    "SymbolClassifier",
    "SymbolClusterer",
    "View",
    "calibration_error",
    "detect_parts",
    "diagnose",
    "draw_boxes",
    "facades",
    "hidden_concepts",
    "intent_texts",
    "labeled_pictures",
    "labeled_table",
    "labeled_tables",
    "load",
    "mean_average_precision",
    "mirrored_pictures",
    "neighbor_graph",
    "planted_graph",
    "ramp",
    "revise",
    "train_part_detector",
    "view_rules",
]


__getattr__ = lazy_names(__name__, _HOME)


def __dir__() -> list[str]:
    return __all__
