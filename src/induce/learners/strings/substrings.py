"""Pieces of an input: words, parts between separators, tokens, slices between places that tokens mark."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

from induce.algebras import text_functions
from induce.learners.strings.atoms import Bank, Column, Values
from induce.learners.strings.cost import cost, counted_cost, index_cost, token_cost
from induce.terms.sort import INT, TEXT, TOKEN
from induce.terms.strings import TOKEN_CLASSES, strings
from induce.terms.term import Term, literal

__all__ = ["pieces", "separators", "substrings"]

_MOST = 8
"""Occurrences of a token, parts and words looked at from each end."""
_MOST_PLACES = 400
_MOST_CUTS = 30
_MOST_SLICES = 8000
_PER_TICK = 10
_BORDERS = ("digits", "letters", "capitals", "small", "spaces", "marks")

Place = tuple[int, ...]


@functools.cache
def token_value(name: str) -> Any:
    """The value of a class of characters."""
    return getattr(text_functions, name)()


def _int(k: int) -> Term:
    return literal(k, INT)


def separators(texts: Values) -> list[str]:
    """Texts that occur in every input and may separate its parts: marks, spaces, and a mark with the space after it."""
    shared = set.intersection(*(set(text) for text in texts))
    found = sorted(c for c in shared if not c.isalnum())
    for text in (texts[0],):
        pairs = {text[i : i + 2] for i in range(len(text) - 1)}
        longer = [p for p in sorted(pairs) if not (p[0].isalnum() or p[1].isalnum())]
        found += [p for p in longer if all(p in other for other in texts)]
    return found[:16]


def common_words(texts: Values) -> list[str]:
    """Runs of letters and digits that occur in every input."""
    runs = [text_functions.spans(text, token_value("alphanumerics")) for text in texts]
    sets = [{text[a:b] for a, b in spans} for text, spans in zip(texts, runs, strict=True)]
    return sorted(set.intersection(*sets))[:8]


def _tokens(texts: Values) -> list[tuple[Term, Any, float]]:
    """The tokens looked for: the term, its value, its cost."""
    found = [(strings[name](), token_value(name), cost(strings[name]())) for name in TOKEN_CLASSES]
    for text in [*separators(texts), *(common_words(texts) if len(texts) > 1 else [])]:
        found.append((literal(text, TOKEN), text, token_cost(text)))
    return found


def _indices(counts: list[int]) -> list[int]:
    """Which occurrences exist in every text, from both ends."""
    most = min(counts)
    first = list(range(min(most, _MOST)))
    last = [-1 - k for k in range(min(most, _MOST))]
    return [*first, *last] if len(set(counts)) > 1 or most > 1 else first


def pieces(column: Column) -> list[tuple[Term, Values, float]]:
    """Words, parts and tokens of an input that every example has, with their costs."""
    texts, s = column.texts, column.term
    found: list[tuple[Term, Values, float]] = []

    def add(term: Term, values: Values) -> None:
        found.append((term, values, cost(term)))

    split = [text.split() for text in texts]
    if any(len(words) > 1 for words in split) or any(text != text.strip() for text in texts):
        for k in _indices([len(words) for words in split]):
            add(strings["word"](s, _int(k)), tuple(words[k] for words in split))
    for separator in separators(texts):
        parts = [text.split(separator) for text in texts]
        for k in _indices([len(p) for p in parts]):
            add(strings["part"](s, literal(separator, TEXT), _int(k)), tuple(p[k] for p in parts))
    for token, value, _ in _tokens(texts):
        if not isinstance(value, str):
            spans = [text_functions.spans(text, value) for text in texts]
            for k in _indices([len(p) for p in spans]):
                values = tuple(t[p[k][0] : p[k][1]] for t, p in zip(texts, spans, strict=True))
                add(strings["match"](s, token, _int(k)), values)
    return found


def places(column: Column) -> dict[Place, list[tuple[float, Term]]]:
    """Places in every text that can be said: the places, and the terms that give them, cheapest first."""
    texts, s = column.texts, column.term
    found: dict[Place, list[tuple[float, Term]]] = {}

    def add(place: Place, price: float, make: Any) -> None:
        known = found.setdefault(place, [])
        if len(known) < 3 or price < known[-1][0]:
            known.append((price, make()))
            known.sort(key=lambda pair: pair[0])
            del known[3:]

    shortest = min(len(text) for text in texts)
    for k in range(min(shortest, 12) + 1):
        add((k,) * len(texts), counted_cost(k), functools.partial(_int, k))
        if k:
            add(tuple(len(t) - k for t in texts), counted_cost(k) + 0.1, functools.partial(_int, -k))
    add(tuple(len(t) for t in texts), 0.3, lambda: strings["length"](s))
    spans_of: dict[str, list[list[tuple[int, int]]]] = {}
    for token, value, price in _tokens(texts):
        spans = [text_functions.spans(text, value) for text in texts]
        spans_of[token.op.name] = spans
        for k in _indices([len(p) for p in spans]):
            for side, name in enumerate(("before", "after")):
                place = tuple(p[k][side] for p in spans)
                add(place, 0.8 + price + index_cost(k), functools.partial(strings[name], s, token, _int(k)))
    for left in _BORDERS:
        for right in _BORDERS:
            if left == right:
                continue
            borders = []
            for a, b in zip(spans_of[left], spans_of[right], strict=True):
                ends = {end for _, end in a}
                borders.append([begin for begin, _ in b if begin in ends])
            for k in _indices([len(p) for p in borders]):
                term = functools.partial(strings["border"], s, strings[left](), strings[right](), _int(k))
                add(tuple(p[k] for p in borders), 3.2 + index_cost(k), term)
    return found


def _slices(column: Column, bank: Bank) -> Iterator[None]:
    """Offer the slices between two places whose texts occur in the outputs."""
    texts, s = column.texts, column.term
    known = sorted(places(column).items(), key=lambda item: item[1][0][0])[:_MOST_PLACES]
    ends = sorted(known, key=lambda item: item[0])
    folded = texts[0].lower() if len(texts[0].lower()) == len(texts[0]) else texts[0]
    target = bank.folded[0]
    left = _MOST_SLICES
    yield
    for number, (begin, begin_terms) in enumerate(known):
        for end, end_terms in ends:
            if end[0] <= begin[0]:
                continue
            if folded[begin[0] : end[0]].strip() not in target:
                break
            if any(b > e for b, e in zip(begin, end, strict=True)):
                continue
            values = tuple(t[b:e] for t, b, e in zip(texts, begin, end, strict=True))
            trimmed = tuple(v.strip() for v in values)
            if not bank.resembles(trimmed):
                continue
            left -= 1
            if left < 0:
                return
            for b_cost, b_term in begin_terms[:2]:
                for e_cost, e_term in end_terms[:2]:
                    made, price = strings["slice"](s, b_term, e_term), 1.1 + b_cost + e_cost
                    bank.offer(made, values, price)
                    if trimmed != values:
                        bank.offer(strings["trim"](made), trimmed, price + 0.7)
        if number % _PER_TICK == 0:
            yield


def _after_cuts(column: Column, bank: Bank) -> Iterator[None]:
    """Offer what comes right after a place, up to a token counted from there."""
    texts, s = column.texts, column.term
    cuts = sorted(places(column).items(), key=lambda item: item[1][0][0])
    cuts = [(at, terms) for at, terms in cuts if terms[0][1].op.name in ("before", "after")]
    for place, terms in cuts[:_MOST_CUTS]:
        rests = tuple(text[p:] for text, p in zip(texts, place, strict=True))
        if not all(rests) or not bank.resembles(tuple(rest[0] for rest in rests)):
            continue
        cut = strings["drop"](s, terms[0][1])
        price = 1.1 + terms[0][0]
        yield
        for token, value, token_price in _tokens(rests):
            spans = [text_functions.spans(rest, value) for rest in rests]
            for k in range(min(len(found) for found in spans)):
                for name, side in (("before", 0), ("after", 1)):
                    values = tuple(r[: found[k][side]] for r, found in zip(rests, spans, strict=True))
                    if bank.occurs(values):
                        end = strings[name](cut, token, _int(k))
                        bank.add(strings["take"](cut, end), values, price + 2.0 + token_price + index_cost(k))
    yield


def _derived(column: Column, bank: Bank, base: list[tuple[Term, Values, float]]) -> Iterator[None]:
    """Offer pieces of pieces: first characters, trimmed texts, words and parts of parts."""
    for number, (term, values, price) in enumerate(base):
        if all(values):
            bank.offer(strings["first"](term), tuple(v[0] for v in values), price + 0.6)
            bank.offer(strings["last"](term), tuple(v[-1] for v in values), price + 0.9)
            for n in range(2, 6):
                counted = counted_cost(n)
                bank.offer(strings["take"](term, _int(n)), tuple(v[:n] for v in values), price + 0.8 + counted)
                bank.offer(strings["drop"](term, _int(-n)), tuple(v[-n:] for v in values), price + 0.8 + counted)
            bank.offer(strings["drop"](term, _int(1)), tuple(v[1:] for v in values), price + 0.8 + counted_cost(1))
            bank.offer(strings["take"](term, _int(-1)), tuple(v[:-1] for v in values), price + 1 + counted_cost(1))
        trimmed = tuple(v.strip() for v in values)
        if trimmed != values:
            bank.offer(strings["trim"](term), trimmed, price + 0.7)
        if term.op.name == "part" or term is column.term:
            _parts_of(term, values, price, bank)
        if number % 6 == 0:
            yield


def _parts_of(term: Term, values: Values, price: float, bank: Bank) -> None:
    if not all(values):
        return
    for separator in separators(values) if term.op.name == "part" else ():
        parts = [v.split(separator) for v in values]
        for k in _indices([len(p) for p in parts]):
            texts = tuple(p[k] for p in parts)
            inner = price + 1.0 + token_cost(separator) + index_cost(k)
            made = strings["part"](term, literal(separator, TEXT), _int(k))
            bank.offer(made, texts, inner)
            trimmed = tuple(t.strip() for t in texts)
            if trimmed != texts:
                bank.offer(strings["trim"](made), trimmed, inner + 0.7)
    words = [v.split() for v in values] if term.op.name == "part" else []
    if words and any(len(w) > 1 for w in words):
        for k in _indices([len(w) for w in words]):
            bank.offer(strings["word"](term, _int(k)), tuple(w[k] for w in words), price + 0.8 + index_cost(k))


def _edits(column: Column, bank: Bank) -> Iterator[None]:
    """Offer the whole text with tokens removed, replaced, or kept only."""
    texts, s = column.texts, column.term
    inside = set("".join(texts))
    new = sorted({c for c in bank.outputs[0] if not c.isalnum() and all(c in o for o in bank.outputs)})
    bank.offer(strings["initials"](s), tuple(text_functions.initials(t) for t in texts))
    for token, value, _ in _tokens(texts):
        if not all(text_functions.spans(t, value) for t in texts):
            continue
        bank.offer(strings["keep"](s, token), tuple(text_functions.keep(t, value) for t in texts))
        bank.offer(strings["remove"](s, token), tuple(text_functions.remove(t, value) for t in texts))
        for c in [c for c in new if c not in inside or len(texts) > 1][:6]:
            changed = tuple(text_functions.replace(t, value, c) for t in texts)
            bank.offer(strings["replace"](s, token, literal(c, TEXT)), changed)
    yield


def substrings(column: Column, bank: Bank) -> Iterator[None]:
    """Offer all pieces of one input to the bank; yields after small steps of work."""
    bank.offer(column.term, column.texts)
    if not any(column.texts):
        return
    base = pieces(column)
    yield
    for term, values, price in base:
        bank.offer(term, values, price)
    yield from _derived(column, bank, [(column.term, column.texts, cost(column.term)), *base])
    yield from _slices(column, bank)
    yield from _after_cuts(column, bank)
    yield from _edits(column, bank)
