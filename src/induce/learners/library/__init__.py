"""Learners of libraries: what programs have in common, as operators of their own, with names and documentation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from induce.lazy import lazy_names

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


__getattr__ = lazy_names(__name__, _HOME)
