"""Pieces of an output that are numbers: an input's number, rounded, scaled or shifted, under a pattern.

For each number written in the outputs (the k-th in every one) the transformations that lead from a number of the input to it
are found from the numbers themselves, and the pattern from how they are written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from induce.algebras import number_functions as numbers
from induce.learners.strings.atoms import Bank, Column, Values
from induce.learners.strings.cost import cost
from induce.learners.strings.substrings import pieces
from induce.terms.sort import INT, REAL, TEXT
from induce.terms.strings import strings
from induce.terms.term import Term, literal

__all__ = ["numeric", "sources"]

Numbers = tuple[Decimal, ...]
_WRITTEN = re.compile(r"(?<![\d.])-?\d[\d,]*(?:\.\d+)?|(?<![\d.])-?\.\d+")
_SPACED = re.compile(r" *-?\d[\d,]*\.? *(?<=[. ])\d* *|(?<![\d.])-?\d[\d,]*(?:\.\d+)?|(?<![\d.])-?\.\d+")
_MANTISSAS = ("1", "2", "2.5", "5", "3", "4", "6", "8", "1.5", "7.5", "1.2")
_ANY = ".########"
"""The end of a pattern that drops nothing."""
_LONGEST_SPACED = 40
_MOST_TARGETS = 16
_MOST_SOURCES = 6


def sources(column: Column) -> list[tuple[Term, Numbers]]:
    """Numbers in an input: of the whole text, or else of its parts."""
    found: dict[Numbers, tuple[float, Term]] = {}
    for term, values, price in [(column.term, column.texts, 0.0), *pieces(column)]:
        try:
            known = tuple(numbers.number(v) for v in values)
        except ValueError:
            continue
        if known not in found or found[known][0] > price:
            found[known] = (price, strings["number"](term))
        if not price:
            break
    best = sorted(found.items(), key=lambda item: item[1][0])[:_MOST_SOURCES]
    return [(term, known) for known, (_, term) in best]


def _targets(outputs: Values) -> list[list[str]]:
    """Numbers as they are written in the outputs: for each place, one text for each example."""
    rows: list[list[str]] = []
    for form in (_WRITTEN, _SPACED) if max(map(len, outputs)) <= _LONGEST_SPACED else (_WRITTEN,):
        lists = [[m.group(0) for m in form.finditer(o)] for o in outputs]
        counts = {len(found) for found in lists}
        least = min(counts)
        rows += [[found[k] for found in lists] for k in range(min(least, _MOST_TARGETS))]
        if len(counts) > 1:
            rows += [[found[-1 - k] for found in lists] for k in range(min(least, _MOST_TARGETS))]
    rows += [_without_end(row) for row in rows]
    unique = [list(row) for row in dict.fromkeys(tuple(row) for row in rows)]
    bare = [[text.lstrip("-") for text in row] for row in unique if any(text.startswith("-") for text in row)]
    unsigned = [row for row in bare if row not in unique]
    return (unique + unsigned)[:_MOST_TARGETS]


def _without_end(texts: list[str]) -> list[str]:
    """The texts without the spaces that all of them end with: no digit was ever there."""
    spare = min(len(text) - len(text.rstrip()) for text in texts)
    return [text[: len(text) - spare] for text in texts]


def patterns(texts: list[str], lossless: bool) -> list[str]:
    """Patterns under which numbers may have been written so; ``lossless`` if no digit of theirs was dropped."""
    plain = [text.strip().lstrip("-") for text in texts]
    wholes = [text.partition(".")[0] for text in plain]
    fractions = [text.partition(".")[2] for text in plain]
    most, least = max(map(len, fractions)), min(map(len, fractions))
    padded = [w for w in wholes if len(w) > 1 and w.startswith("0")]
    if any(" " in text or text.endswith(".") for text in texts):
        return _spaced(texts, lossless)
    if any("," in whole for whole in wholes):
        inner = {len(g) for w in wholes for g in w.split(",")[1:-1]}
        heads = ["#,##,##0"] if inner == {2} else ["#,##0"] if inner == {3} else ["#,##0", "#,##,##0"]
    elif padded:
        heads = ["0" * len(padded[0])]
    elif any(not whole for whole in wholes):
        heads = ["#"]
    else:
        heads = ["0"]
    if most == 0:
        tails = [""]
    elif most == least:
        tails = ["." + "0" * most, "." + "#" * most]
    else:
        tails = [_ANY] if lossless else ["." + "#" * most, "." + "0" * least + "#" * (most - least)]
    return [head + tail for head in heads for tail in tails]


def _spaced(texts: list[str], lossless: bool) -> list[str]:
    """Patterns with room for digits that are not there."""
    before = {len(text.partition(".")[0]) for text in texts}
    after = {len(text.partition(".")[2]) for text in texts}
    heads = ["?" * before.pop(), "0", "#"] if len(before) == 1 else ["?" * min(before), "#", "0"]
    width = min(after)
    if width == max(after) and all(text == text.rstrip() and not text.endswith(".") for text in texts):
        return [f"{head}.{width * '0'}" for head in heads]
    extra = _ANY[1:] if lossless else "#" * (max(after) - width)
    sure = min(len(text.partition(".")[2].rstrip()) for text in texts)
    tails = [width * "?", "0" * sure + "?" * (width - sure)]
    wide = ["?" * (len(heads[0]) - 1) + "0"] if heads[0].startswith("?") else []
    return [f"{head}.{tail}{extra}" for head in [*heads, *wide] for tail in tails if tail]


def _steps(targets: Numbers) -> list[Decimal]:
    """Round steps worth trying for these targets."""
    top = max(abs(t) for t in targets)
    places = max(0, max(-int(t.as_tuple().exponent) for t in targets))
    found = []
    for power in range(-min(places, 6), max(1, top.adjusted() + 2)):
        for mantissa in _MANTISSAS:
            step = Decimal(mantissa).scaleb(power)
            if step <= max(top, Decimal(1)) * 10:
                found.append(step.normalize())
    return found


def _real(value: Decimal) -> Term:
    whole = value == value.to_integral_value()
    return literal(int(value) if whole else float(value), REAL)


def _rounded(term: Term, known: Numbers, targets: Numbers) -> Iterator[tuple[Term, Numbers]]:
    """Roundings that lead from the numbers to the targets, with a start of the grid and a shift after."""
    places = max(0, max(-int(t.as_tuple().exponent) for t in targets))
    unit = Decimal(1).scaleb(-places)
    for step in _steps(targets):
        for shift in (Decimal(0), step, step - unit, -unit):
            if shift == 0 or shift > 0 or step > unit:
                yield from _on_grid(term, known, targets, step, shift)


def _on_grid(
    term: Term, known: Numbers, targets: Numbers, step: Decimal, shift: Decimal
) -> Iterator[tuple[Term, Numbers]]:
    starts = {(t - shift) % step for t in targets}
    starts |= {start + step for start in starts if start < 0}
    starts = {start % step for start in starts}
    if len(starts) > 1:
        return
    start = starts.pop()
    size = float(step)
    for name in ("nearest", "down", "up"):
        if start and (name == "nearest" or shift):
            continue
        function = getattr(numbers, name)
        found = tuple(function(k - start, size) + start + shift for k in known)
        if found != targets:
            continue
        made = strings["plus"](term, _real(-start)) if start else term
        made = strings[name](made, _real(step))
        for extra in (start, shift):
            made = strings["plus"](made, _real(extra)) if extra else made
        yield made, found


def _transformed(term: Term, known: Numbers, targets: Numbers) -> Iterator[tuple[Term, Numbers]]:
    """Terms that take the numbers to the targets (exactly, or up to what a pattern rounds)."""
    yield term, known
    for k, t in zip(known, targets, strict=True):
        if k and t and abs(t / k).adjusted() != 0:
            for power in {(t / k).adjusted(), (t / k).adjusted() + 1} - {0}:
                factor = Decimal(10) ** power
                yield strings["times"](term, _real(factor)), tuple(numbers.times(n, float(factor)) for n in known)
            break
    if known != targets:
        yield from _rounded(term, known, targets)
        shift = targets[0] - known[0]
        if all(t - k == shift for k, t in zip(known, targets, strict=True)) and len(known) > 1:
            yield strings["plus"](term, _real(shift)), targets


def _written(term: Term, known: Numbers, texts: list[str], bank: Bank) -> None:
    """Offer the numbers under every pattern that writes them so."""
    wanted = tuple(texts)
    shown = [len(text.strip().partition(".")[2]) for text in texts]
    own = [len(numbers.digits_of(n).partition(".")[2].rstrip("0")) for n in known]
    for pattern in patterns(texts, all(a >= b for a, b in zip(shown, own, strict=True))):
        try:
            if tuple(numbers.format_number(n, pattern) for n in known) == wanted:
                bank.offer(strings["format_number"](term, literal(pattern, TEXT)), wanted)
        except ValueError:
            continue
    if tuple(numbers.digits_of(n) for n in known) == wanted:
        bank.offer(strings["digits_of"](term), wanted)
    places = max(len(text.partition(".")[2]) for text in texts)
    if tuple(numbers.digits_of(numbers.limit(n, places)) for n in known) == wanted:
        bank.offer(strings["digits_of"](strings["limit"](term, literal(places, INT))), wanted)


def numeric(column: Column, bank: Bank) -> Iterator[None]:
    """Offer numbers made from those of one input; yields after small steps of work."""
    targets = _targets(bank.outputs)
    if not targets:
        return
    for term, known in sources(column):
        yield
        for texts in targets:
            try:
                wanted = tuple(numbers.number(text.strip().rstrip(".")) for text in texts)
            except ValueError:
                continue
            seen: list[float] = []
            for made, found in _transformed(term, known, wanted):
                if len(seen) >= 12 and cost(made) > max(seen):
                    continue
                seen.append(cost(made))
                _written(made, found, texts, bank)
            yield
