"""Rules: short sets of rules from tables, concepts, parts and graphs, that a person can read, edit, check and export.

Names are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from induce.lazy import lazy_names

_HOME: dict[str, str] = {
    "ExpertGraph": "expert_graph",
    "PartClassifier": "part_classifier",
}

__all__ = [
    "ExpertGraph",
    "PartClassifier",
]


__getattr__ = lazy_names(__name__, _HOME)


def __dir__() -> list[str]:
    return __all__


if TYPE_CHECKING:
    from induce.rules.expert_graph import ExpertGraph
    from induce.rules.part_classifier import PartClassifier
