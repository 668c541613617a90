"""What a program on strings costs: the lower, the likelier it is what was meant.

The cost of a term is a sum over its distinct sub-terms, so what is used twice is paid once. The numbers say in bits or
so: few pieces; few constants, and those rather separators than letters; tokens rather than counted characters; the first
and the last rather than the third; round steps.
"""

from __future__ import annotations

import itertools
import math
import re
from typing import Any

from induce.terms.op import LITERAL, VARIABLE
from induce.terms.term import Term

__all__ = ["CUTTERS", "constant_cost", "cost", "index_cost", "step_cost", "token_cost"]

_OPERATORS = {
    "concat": 0.5, "word": 0.8, "part": 1.0, "first": 0.6, "last": 0.9, "take": 0.8, "drop": 0.8, "slice": 0.8, "upper": 0.9,
    "lower": 0.9, "title": 1.1, "capitalize": 1.1, "trim": 0.7, "replace": 1.6, "remove": 1.2, "keep": 1.2, "initials": 1.2,
    "pad": 1.5, "pad_right": 1.8, "missing": 0.5, "match": 0.9, "before": 0.8, "after": 0.8, "border": 2.2, "length": 0.2,
    "count": 1.0, "if": 4.0, "equals": 1.5, "contains": 0.8, "startswith": 0.9, "endswith": 1.0, "consists": 0.9,
    "is_missing": 0.5, "is_blank": 0.4, "is_number": 0.8, "is_date": 0.9, "at_least": 1.0, "less": 1.5,
    "number": 0.5, "plus": 1.2, "times": 1.2, "nearest": 0.9, "down": 1.1, "up": 1.2, "limit": 0.7, "digits_of": 0.3,
    "format_number": 0.4, "date": 0.4, "parse_date": 0.9, "later": 0.7, "time_down": 0.7, "time_up": 1.1,
    "time_nearest": 1.0, "format_date": 0.3,
}  # fmt: skip
_TOKENS = {
    "digits": 0.4, "letters": 0.5, "capitals": 0.6, "small": 0.9, "alphanumerics": 0.6, "words": 0.5, "spaces": 0.4,
    "marks": 0.9, "decimals": 0.5,
}  # fmt: skip
_READERS = {"number", "date", "parse_date"}
CUTTERS = {"word", "part", "first", "last", "take", "drop", "slice", "match", "keep", "remove", "replace", "initials"}
_COUNTED = {"take", "drop", "slice"}
_INDEXED = {"word", "part", "match", "before", "after", "border"}
_STEPPED = {"plus", "times", "nearest", "down", "up"}
_SPANNED = {"later", "time_down", "time_up", "time_nearest"}


def constant_cost(text: str) -> float:
    """What a constant text costs."""
    return 0.8 + min(7.0, _letters(text))


def _letters(text: str) -> float:
    return sum(0.15 if c.isspace() else 0.25 if not c.isalnum() else 1.1 for c in text)


def index_cost(k: int) -> float:
    """What counting tokens or parts costs."""
    return 0.1 if k == 0 else 0.15 if k == -1 else 0.35 * (k if k > 0 else -k)


def counted_cost(k: int) -> float:
    """What counting characters costs."""
    return 0.1 if k == 0 else 1.3 + 0.12 * abs(k)


def token_cost(text: str) -> float:
    """What a text as a token, or as a separator, costs."""
    return 0.1 + sum(0.2 if not c.isalnum() else 0.7 for c in text)


def step_cost(step: float) -> float:
    """What a number to round to, add or multiply by costs: powers of ten are cheap, then 5, 2 and 25."""
    if step == 0:
        return 0.0
    mantissa = f"{abs(step):.6e}".split("e")[0].rstrip("0").rstrip(".")
    size = abs(math.log10(abs(step)))
    sign = 0.2 if step < 0 else 0.0
    return 0.1 * size + sign + {"1": 0.1, "5": 0.4, "2": 0.7, "2.5": 0.9}.get(mantissa, 0.8 + 0.4 * len(mantissa))


def pattern_cost(pattern: str) -> float:
    """What a pattern of a number or a date costs."""
    runs = [run.group(0) for run in re.finditer(r"(.)\1*", pattern, re.DOTALL)]
    repeats = 0.03 * (len(pattern) - len(runs))
    loose = sum(
        a in _LOOSE and (b[0] in "yMdHhms" or a in "ms") and not (len(b) > 2 and b[0] in "ME")
        for a, b in itertools.pairwise([*runs, " "])
    )
    mixed = 0.7 if "0?#" in "".join(run[0] for run in runs) else 0.0  # digits, room for digits, and digits again
    return (
        repeats
        + mixed
        + 0.4 * loose
        + sum(0.3 if c[0].isalpha() or c[0] in "#?" else 1.1 * len(c) if c[0] in "123456789" else 0.15 for c in runs)
    )


_LOOSE = ("M", "d", "H", "h", "m", "s", "D")
"""Fields without a fixed width: odd in front of another number, and for minutes and seconds odd anywhere."""
_SPANS = {
    "1 h": 0.1, "30 min": 0.2, "15 min": 0.4, "2 h": 0.4, "10 min": 0.5, "5 min": 0.5, "1 d": 0.5, "1 min": 0.4, "1 s": 0.4,
    "20 min": 0.6, "4 h": 0.8, "3 h": 0.8, "6 h": 0.7, "12 h": 0.6, "8 h": 0.9,
}  # fmt: skip


def _span_cost(span: str) -> float:
    return _SPANS.get(span.removeprefix("-"), 0.5 + 0.25 * len(span.split())) + 0.2 * span.startswith("-")


def _literal_cost(parent: Term, place: int, value: Any) -> float:
    name = parent.op.name
    if type(value) is int and name in _COUNTED:
        return counted_cost(value)
    if type(value) is int and name in _INDEXED:
        return index_cost(value)
    if name in _STEPPED:
        return step_cost(float(value))
    if name in _SPANNED:
        return _span_cost(str(value))
    if name in ("format_date", "format_number", "parse_date"):
        return pattern_cost(str(value))
    if name in ("date", "is_date"):
        return 0.0 if value == "mdy" else 0.05 if value == "dmy" else 0.3
    if type(value) is str:
        short = name == "part" or (name in _INDEXED | {"replace", "remove", "keep"} and place == 1)
        if name in ("contains", "startswith", "endswith", "consists") or short:
            return token_cost(value)
        return constant_cost(value)
    return 0.3 + 0.1 * abs(float(value)) if type(value) is int else 1.0


def cost(term: Term) -> float:
    """What a program costs.

    >>> from induce.terms.strings import strings
    >>> cost(strings.parse("word(s, 0)")) < cost(strings.parse("slice(s, 0, 3)"))
    True
    """
    total = 0.0
    paid: dict[Term, float] = {}
    for node in term.postorder():
        if node.op is VARIABLE:
            total += 0.3
            continue
        total += _OPERATORS.get(node.op.name, _TOKENS.get(node.op.name, 0.0))
        for place, arg in enumerate(node.args):
            if arg.op is LITERAL:
                price = _literal_cost(node, place, arg.payload)
                total += max(0.0, price - paid.get(arg, 0.0))
                paid[arg] = max(price, paid.get(arg, 0.0))
    if term.op is LITERAL:
        total += constant_cost(str(term.payload))
    return total + 1.0 * len(_read_as_value(term) & _read_as_text(term))


def _read_as_value(term: Term) -> set[Term]:
    """Inputs that are read as numbers or dates, whole or in part."""
    return {leaf for n in term.postorder() if n.op.name in _READERS for leaf in n.variables}


def _read_as_text(term: Term) -> set[Term]:
    """Inputs that are cut up as texts, outside of what is read as a number or date."""
    found: set[Term] = set()
    waiting = [(term, False)]
    while waiting:
        node, cut = waiting.pop()
        if node.op is VARIABLE and cut:
            found.add(node)
        elif node.op.name not in _READERS:
            waiting.extend((arg, cut or node.op.name in CUTTERS) for arg in node.args)
    return found
