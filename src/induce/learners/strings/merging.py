"""Chains of atoms as programs: neighbouring fields of one moment become one pattern, the rest is concatenated."""

from __future__ import annotations

from collections.abc import Sequence

from induce.terms.op import LITERAL
from induce.terms.sort import TEXT
from induce.terms.strings import strings
from induce.terms.term import Term, literal

__all__ = ["joined"]

_LONGEST_GAP = 4


def _is_field(term: Term) -> bool:
    return term.op.name == "format_date"


def _fits(gap: str) -> bool:
    """Whether a constant may become part of a pattern."""
    return len(gap) <= _LONGEST_GAP and not any(c.isdigit() or c == "'" for c in gap)


def _quoted(text: str) -> str:
    """A constant as it is written in a pattern: letters in single quotes."""
    return f"'{text}'" if any(c.isalpha() for c in text) else text


def _pieces(terms: Sequence[Term]) -> list[Term]:
    flat: list[Term] = []
    for term in terms:
        chain = [term]
        while chain[0].op.name == "concat":
            chain[:1] = chain[0].args
        flat.extend(chain)
    return flat


def joined(terms: Sequence[Term]) -> Term:
    """The program that writes one piece after the other."""
    found: list[Term] = []
    for term in _pieces(terms):
        if found and term.op is LITERAL and found[-1].op is LITERAL:
            found[-1] = literal(found[-1].payload + term.payload, TEXT)
            continue
        if _is_field(term) and found:
            if _is_field(found[-1]) and found[-1].args[0] is term.args[0]:
                _extend(found, term, "")
                continue
            gap = found[-1]
            between = len(found) > 1 and gap.op is LITERAL and _fits(gap.payload)
            if between and _is_field(found[-2]) and found[-2].args[0] is term.args[0]:
                found.pop()
                _extend(found, term, gap.payload)
                continue
        found.append(term)
    result = found[0]
    for term in found[1:]:
        result = strings["concat"](result, term)
    return result


def _extend(found: list[Term], term: Term, gap: str) -> None:
    """Make the last pattern one that goes on with a constant and the pattern of ``term``."""
    before, after = str(found[-1].args[1].payload), str(term.args[1].payload)
    between = _quoted(gap)
    if not gap and before[-1:] == after[:1]:  # the two would read as one field
        found.append(term)
        return
    if between.startswith("'") and before.endswith("'"):
        found.extend([literal(gap, TEXT), term])
        return
    found[-1] = strings["format_date"](term.args[0], literal(before + between + after, TEXT))
