"""Which Python function each operator on strings is."""

from __future__ import annotations

from typing import Any

from induce.algebras import date_functions, number_functions, text_functions
from induce.algebras.values import define
from induce.terms.strings import strings

__all__: list[str] = []

_NAMES = {"slice": "slice_text"}


def _function(name: str) -> Any:
    for module in (text_functions, number_functions, date_functions):
        found = vars(module).get(_NAMES.get(name, name))
        if found is not None:
            return found
    raise LookupError(name)


for _op in strings:
    if _op.name != "if":
        define(_op, _function(_op.name))
