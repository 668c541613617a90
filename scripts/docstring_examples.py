"""An extension of the documentation: a doctest at the end of a docstring becomes its Examples section.

The docstrings put the example last without a heading, which a reader of the source does not miss; the parser of the
documentation would take it for a parameter.
"""

from __future__ import annotations

from typing import Any

from griffe import Extension, Object


def with_heading(text: str) -> str:
    """The docstring with an Examples heading before its first doctest, unless it has one."""
    lines = text.split("\n")
    first = next((index for index, line in enumerate(lines) if line.lstrip().startswith(">>>")), None)
    if first is None or any(line.strip() in ("Examples", "Example") for line in lines[:first]):
        return text
    indent = lines[first][: len(lines[first]) - len(lines[first].lstrip())]
    return "\n".join([*lines[:first], f"{indent}Examples", f"{indent}--------", *lines[first:]])


class DocstringExamples(Extension):
    """Gives every docstring that ends in a doctest the heading its parser expects."""

    def on_instance(self, *, obj: Object, **_: Any) -> None:
        """Rewrite the docstring of a function, class, module or attribute."""
        if obj.docstring is not None:
            obj.docstring.value = with_heading(obj.docstring.value)
