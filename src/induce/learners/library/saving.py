"""Libraries as folders of text and JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from induce.algebras.values import has_function
from induce.errors import FormatError
from induce.folders import checked, read_checked, write_folder
from induce.learners.library.documented import DocumentedLibrary
from induce.terms.language import Language
from induce.terms.op import Op

__all__ = ["LAYOUT", "load_library", "save_library"]

LAYOUT = "library 1"
"""Layout of a saved folder; one with another number is refused."""


def save_library(documented: DocumentedLibrary, path: Any) -> None:
    """Write a library, its documentation and its solutions as a folder of text and JSON; :func:`load_library` reads it back."""
    write_folder(path, lambda: _contents(documented), ("library.json", "README.md"))


def _contents(documented: DocumentedLibrary) -> dict[str, bytes]:
    body = checked(LAYOUT, "library", documented.to_dict())
    return {"library.json": body, "README.md": documented.to_markdown().encode()}


def load_library(path: Any, primitives: Iterable[Op] = ()) -> DocumentedLibrary:
    """Read what :func:`save_library` wrote.

    Parameters
    ----------
    path : str or Path
    primitives : iterable of Op
        Operators of one's own in the base language, made again by ``primitive``: functions are not saved.

    Raises
    ------
    FormatError
        If the folder is no library, is damaged or newer, or uses an operator whose function is not known.
    """
    body = read_checked(path, "library.json", LAYOUT, "library")
    base = Language.from_dict(body["base"])
    known = set(primitives)
    for op in base:
        if op not in known and not has_function(op):
            raise FormatError(
                f"the library uses the operator '{op.name}', whose function is not saved. "
                f"Give it: load(path, primitives=[primitive({op.name})])."
            )
    return DocumentedLibrary.from_dict(body, base)
