"""Nets: ordinary torch modules whose structure carries what is known of the problem.

Names are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from induce.lazy import lazy_names

if TYPE_CHECKING:
    from induce.nets.clustering import cluster_loss, log_density
    from induce.nets.concepts import ConceptEmbedding, ConceptMemory, DeepConceptReasoner
    from induce.nets.convolutions import SegmentationNet, SmallCNN
    from induce.nets.gated_autoencoder import GatedAutoencoder
    from induce.nets.graph import FuzzyRules, GraphNetwork, RuleGate
    from induce.nets.messages import MessageNetwork, perceptron
    from induce.nets.part_detector import Detections, PartDetector
    from induce.nets.part_scorer import PartScorer
    from induce.nets.support import NWHead
    from induce.nets.symbols import SymbolLayer

_HOME = {
    "ConceptEmbedding": "induce.nets.concepts",
    "ConceptMemory": "induce.nets.concepts",
    "DeepConceptReasoner": "induce.nets.concepts",
    "Detections": "part_detector",
    "FuzzyRules": "graph",
    "GatedAutoencoder": "gated_autoencoder",
    "GraphNetwork": "graph",
    "MessageNetwork": "messages",
    "NWHead": "support",
    "PartDetector": "part_detector",
    "PartScorer": "part_scorer",
    "RuleGate": "graph",
    "SegmentationNet": "induce.nets.convolutions",
    "SmallCNN": "induce.nets.convolutions",
    "SymbolLayer": "symbols",
    "cluster_loss": "induce.nets.clustering",
    "log_density": "induce.nets.clustering",
    "perceptron": "messages",
}

__all__ = [
    "ConceptEmbedding",
    "ConceptMemory",
    "DeepConceptReasoner",
    "Detections",
    "FuzzyRules",
    "GatedAutoencoder",
    "GraphNetwork",
    "MessageNetwork",
    "NWHead",
    "PartDetector",
    "PartScorer",
    "RuleGate",
    "SegmentationNet",
    "SmallCNN",
    "SymbolLayer",
    "cluster_loss",
    "log_density",
    "perceptron",
]


__getattr__ = lazy_names(__name__, _HOME)


def __dir__() -> list[str]:
    return __all__
