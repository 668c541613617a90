"""Libraries as folders of text and JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from induce.algebras.values import has_function
from induce.errors import FormatError
from induce.examples import Examples
from induce.folders import checked, read_checked, write_folder
from induce.learners.library.documented import Documentation, DocumentedLibrary, Solution
from induce.learners.library.naming import defined
from induce.learners.library.waking import Library
from induce.terms.language import Language
from induce.terms.op import Op
from induce.terms.parse import parse_sexpr
from induce.terms.show import to_sexpr

__all__ = ["LAYOUT", "load_library", "save_library"]

LAYOUT = "library 1"
"""Layout of a saved folder; one with another number is refused."""


def save_library(documented: DocumentedLibrary, path: Any) -> None:
    """Write a library, its documentation and its solutions as a folder of text and JSON; :func:`load_library` reads it back."""
    write_folder(path, lambda: _contents(documented), ("library.json", "README.md"))


def _contents(documented: DocumentedLibrary) -> dict[str, bytes]:
    library = documented.library
    body = {
        "base": library.base.to_dict(),
        "costs": dict(library.costs),
        "definitions": [
            {"name": d.op.name, "body": d.text, "arity": d.op.arity, "uses": d.uses} for d in library.definitions
        ],
        "documentation": [entry.to_dict() for entry in documented.documentation],
        "solutions": [
            {
                "name": s.name,
                "program": to_sexpr(s.program, language=library.language),
                **s.examples.to_dict(),
            }
            for s in documented.solutions
        ],
    }
    page = documented.to_markdown()
    return {"library.json": checked(LAYOUT, "library", body), "README.md": page.encode()}


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
    definitions = tuple(defined(base, d["name"], d["body"], d["arity"], d["uses"]) for d in body["definitions"])
    library = Library(base, definitions, {name: int(cost) for name, cost in body["costs"].items()})
    entries = tuple(Documentation.from_dict(entry) for entry in body["documentation"])
    solutions = []
    for entry in body["solutions"]:
        examples = Examples.from_dict(entry)
        program = parse_sexpr(library.language, entry["program"], names=examples.sorts)
        solutions.append(Solution(entry["name"], examples, program))
    return DocumentedLibrary(library, entries, tuple(solutions))
