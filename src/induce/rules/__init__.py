"""Rules: short sets of rules from tables, concepts, parts and graphs, that a person can read, edit, check and export.

Names are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from induce.lazy import lazy_names

_HOME: dict[str, str] = {
    "ExpertGraph": "expert_graph",
    "FACADE_PARTS": "facade_pictures",
    "Facades": "facade_pictures",
    "NearestSupportClassifier": "support_classifier",
    "PartClassifier": "part_classifier",
    "calibration_error": "support_classifier",
    "detect_parts": "part_detection",
    "draw_boxes": "box_drawing",
    "facades": "facade_pictures",
    "mean_average_precision": "part_detection",
    "train_part_detector": "part_detection",
}

__all__ = [
    "FACADE_PARTS",
    "ExpertGraph",
    "Facades",
    "NearestSupportClassifier",
    "PartClassifier",
    "calibration_error",
    "detect_parts",
    "draw_boxes",
    "facades",
    "mean_average_precision",
    "train_part_detector",
]


__getattr__ = lazy_names(__name__, _HOME)


def __dir__() -> list[str]:
    return __all__


if TYPE_CHECKING:
    from induce.rules.box_drawing import draw_boxes
    from induce.rules.expert_graph import ExpertGraph
    from induce.rules.facade_pictures import FACADE_PARTS, Facades, facades
    from induce.rules.part_classifier import PartClassifier
    from induce.rules.part_detection import detect_parts, mean_average_precision, train_part_detector
    from induce.rules.support_classifier import NearestSupportClassifier, calibration_error
