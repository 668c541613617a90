"""Saved programs, read back."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from induce.algebras.assembling import check_whole_calls
from induce.algebras.values import define, has_function
from induce.errors import FormatError
from induce.examples import Examples
from induce.fit import Row
from induce.folders import read_checked
from induce.learners.library.waking import meaning_of
from induce.synthesis import FORMAT, SynthesisFit
from induce.terms.language import Language
from induce.terms.op import Op
from induce.terms.parse import parse_sexpr

__all__ = ["load_programs"]


def load_programs(path: Any, primitives: Iterable[Op] = ()) -> SynthesisFit:
    """Read what :meth:`SynthesisFit.save` wrote.

    Parameters
    ----------
    path : str or Path
        The folder.
    primitives : iterable of Op
        Operators of one's own that the programs use, made again by ``primitive``: functions are not saved.

    Raises
    ------
    FormatError
        If the folder is no fit of programs, is damaged or newer, or uses an operator whose function is not known.
    """
    body = read_checked(path, "fit.json", FORMAT, "fit", "Read a fit of formulas by induce.load.")
    language = Language.from_dict(body["language"])
    definitions = {}
    for name, text in body.get("definitions", {}).items():
        op = language[name]
        definitions[op] = parse_sexpr(language, text)
        check_whole_calls(definitions[op])
        if not has_function(op):
            define(op, meaning_of(definitions[op]))
    known = set(primitives)
    for op in language:
        if op not in known and not has_function(op):
            raise FormatError(
                f"the programs use the operator '{op.name}', whose function is not saved. "
                f"Give it: load_programs(path, primitives=[primitive({op.name})])."
            )
    examples = Examples.from_dict(body)
    rows = []
    for entry in body["programs"]:
        term = parse_sexpr(language, entry["term"], names=examples.sorts)
        cost = math.nan if entry["cost"] is None else float(entry["cost"])
        rows.append(
            Row(term, term, {}, {}, term.size, body["wrong"], math.nan, None, cost, str(body["report"]["learner"]))
        )
    return SynthesisFit(
        rows=tuple(rows), chosen=0, reason=body["reason"], stopped=body["stopped"], language=language, names=tuple(examples.inputs),
        definitions=definitions, report=body["report"], notes=tuple(body["notes"]), examples=examples, solved=body["solved"], finished=body["finished"],
    )  # fmt: skip
