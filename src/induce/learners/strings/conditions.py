"""Conditions on inputs that hold in some examples and not in others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from induce.algebras import text_functions
from induce.algebras.values import run_rows
from induce.learners.strings.cost import cost
from induce.learners.strings.substrings import token_value
from induce.terms.sort import INT, TEXT, TOKEN
from induce.terms.strings import TOKEN_CLASSES, strings
from induce.terms.term import Term, literal, variable

__all__ = ["Condition", "conditions"]

Condition = tuple[float, Term, tuple[bool, ...]]
_PER_TRUTH = 3
_MOST = 60


def _tokens(texts: Sequence[str | None]) -> Iterator[Term]:
    """Classes of characters, and characters and words that occur in some of the texts only."""
    for name in TOKEN_CLASSES:
        yield strings[name]()
    present = [text for text in texts if text]
    sets: list[set[str]] = [set(text) for text in present]
    some = set[str]().union(*sets)
    if sets and len(present) == len(texts):
        some -= sets[0].intersection(*sets[1:])
    for c in sorted(some, key=lambda c: (c.isalnum(), c))[:20]:
        yield literal(c, TOKEN)
    runs = {t[a:b] for t in present for a, b in text_functions.spans(t, token_value("alphanumerics")) if b - a > 1}
    for word in sorted(runs, key=lambda w: (len(w), w))[:20]:
        yield literal(word, TOKEN)


def _candidates(s: Term, texts: Sequence[str | None]) -> Iterator[Term]:
    yield strings["is_missing"](s)
    yield strings["is_blank"](s)
    for token in _tokens(texts):
        for name in ("contains", "startswith", "endswith", "consists"):
            if token.op.name != "literal" or name != "consists":
                yield strings[name](s, token)
    yield strings["is_number"](s)
    for order in ("mdy", "dmy"):
        yield strings["is_date"](s, literal(order, TEXT))
    for text in list(dict.fromkeys(t for t in texts if t is not None))[:20]:
        yield strings["equals"](s, literal(text, TEXT))
    present = [text for text in texts if text is not None]
    if len(present) < len(texts):
        return
    for token in list(_tokens(texts))[:20]:
        value = token.payload if token.op.name == "literal" else token_value(token.op.name)
        for k in sorted({text_functions.count(text, value) for text in present})[1:6]:
            if k > 1:
                yield strings["at_least"](strings["count"](s, token), literal(k, INT))
    for n in sorted({len(text) for text in present})[1:6]:
        yield strings["at_least"](strings["length"](s), literal(n, INT))


def conditions(inputs: Mapping[str, Sequence[Any]], rows: int) -> Iterator[list[Condition] | None]:
    """Yield None after small steps of work, then conditions that hold in some rows and not in all, cheapest first.

    Of conditions that hold in the same rows the cheapest few are kept.
    """
    found: dict[tuple[bool, ...], list[Condition]] = {}
    for name, texts in inputs.items():
        for number, term in enumerate(_candidates(variable(name, TEXT), texts)):
            truth = tuple(run_rows(term, {name: texts}, rows))
            if None not in truth and 0 < sum(truth) < rows:
                found.setdefault(truth, []).append((cost(term), term, truth))
            if number % 15 == 0:
                yield None
    best = [
        entry for entries in found.values() for entry in sorted(entries, key=lambda e: (e[0], str(e[1])))[:_PER_TRUTH]
    ]
    yield sorted(best, key=lambda entry: (entry[0], str(entry[1])))[:_MOST]
