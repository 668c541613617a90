"""Learners of libraries: what programs have in common, as operators of their own, with names and documentation."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from induce.learners.library.compressing import compress, expand
    from induce.learners.library.corpus import compress_terms
    from induce.learners.library.documenting import document
    from induce.learners.library.fragments import compress_rules
    from induce.learners.library.naming import defined
    from induce.learners.library.rewriting import rewritten
    from induce.learners.library.waking import Definition, Library, grow

_HOME = {
    "Definition": "waking",
    "Library": "waking",
    "compress": "compressing",
    "compress_rules": "fragments",
    "compress_terms": "corpus",
    "defined": "naming",
    "document": "documenting",
    "expand": "compressing",
    "grow": "waking",
    "rewritten": "rewriting",
}

__all__ = [
    "Definition",
    "Library",
    "compress",
    "compress_rules",
    "compress_terms",
    "defined",
    "document",
    "expand",
    "grow",
    "rewritten",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"induce.learners.library.{_HOME[name]}"), name)
    raise AttributeError(f"module 'induce.learners.library' has no attribute '{name}'. It has: {', '.join(__all__)}.")
