"""Programs from examples: small functions on lists and texts that a person can read, run and export."""

from __future__ import annotations

from typing import TYPE_CHECKING

from induce.lazy import lazy_names

if TYPE_CHECKING:
    from induce.programs.ambiguity import Alternative, Suggestion
    from induce.programs.estimator import ProgramSynthesizer
    from induce.programs.language import core_lists, lists, strings
    from induce.programs.library import LibraryLearner
    from induce.programs.module import to_module
    from induce.programs.primitives import primitive
    from induce.programs.reading import load, read_tasks
    from induce.programs.source import to_python
    from induce.programs.sygus import read_sygus

_HOME = {
    "Alternative": "ambiguity",
    "LibraryLearner": "library",
    "ProgramSynthesizer": "estimator",
    "Suggestion": "ambiguity",
    "core_lists": "language",
    "load": "reading",
    "lists": "language",
    "primitive": "primitives",
    "read_sygus": "sygus",
    "read_tasks": "reading",
    "strings": "language",
    "to_module": "module",
    "to_python": "source",
}

__all__ = [
    "Alternative",
    "LibraryLearner",
    "ProgramSynthesizer",
    "Suggestion",
    "core_lists",
    "lists",
    "load",
    "primitive",
    "read_sygus",
    "read_tasks",
    "strings",
    "to_module",
    "to_python",
]


__getattr__ = lazy_names(__name__, _HOME)
