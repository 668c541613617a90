"""Finite domains as they are written: lists of values, and ranges of integers."""

from __future__ import annotations

from typing import Any

from induce.errors import LimitError
from induce.logic import language as lang
from induce.terms.op import VARIABLE
from induce.terms.term import Term

__all__ = ["LONGEST_RANGE", "domain_values"]

LONGEST_RANGE = 10_000_000
"""Values of a range that is written out."""


def domain_values(domain: Term) -> list[Any]:
    """Values of a domain written as ``{a, b}``, ``{0..9}`` or ``0..9``; none if it is not finite.

    Raises
    ------
    LimitError
        If a range is too long to be written out.
    """
    if domain.op.name == "..":
        low, high = domain.args
        if lang.is_constant(low) and lang.is_constant(high) and type(low.payload) is int and type(high.payload) is int:
            if high.payload - low.payload >= LONGEST_RANGE:
                raise LimitError(
                    f"the range '{domain}' has more than {LONGEST_RANGE:,} values. Bound it, or give the facts as a table."
                )
            return list(range(low.payload, high.payload + 1))
        return []
    if domain.op.name == "domain":
        return [value for arg in domain.args for value in domain_values(arg)]
    return [domain.payload] if lang.is_constant(domain) and domain.op is not VARIABLE else []
