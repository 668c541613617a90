"""Explain: what a model says of itself: attributions, information, and how faithful an explanation is.

Names are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from induce.lazy import lazy_names

if TYPE_CHECKING:
    from induce.explain.aligning import Alignment, alignment
    from induce.explain.attribution_graphs import AttributionGraph, attribution_graph, graph_edit_distance
    from induce.explain.information import MutualInformation, leakage, mutual_information
    from induce.explain.shapley import shapley_values

_HOME = {
    "Alignment": "aligning",
    "AttributionGraph": "attribution_graphs",
    "Fidelity": "fidelity",
    "MutualInformation": "information",
    "alignment": "aligning",
    "attribution_graph": "attribution_graphs",
    "covers_everything": "fidelity",
    "graph_edit_distance": "attribution_graphs",
    "leakage": "information",
    "measure_fidelity": "fidelity",
    "mutual_information": "information",
    "shapley_values": "shapley",
}

__all__ = [
    "Alignment",
    "AttributionGraph",
    "Fidelity",
    "MutualInformation",
    "alignment",
    "attribution_graph",
    "covers_everything",
    "graph_edit_distance",
    "leakage",
    "measure_fidelity",
    "mutual_information",
    "shapley_values",
]


__getattr__ = lazy_names(__name__, _HOME)


def __dir__() -> list[str]:
    return __all__
