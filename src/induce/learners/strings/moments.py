"""Pieces of an output that are dates and times: fields of an input's moment, times on a grid, and ranges of such times."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from induce.algebras import date_functions as dates
from induce.learners.strings.atoms import Bank, Column, Values
from induce.learners.strings.cost import cost
from induce.learners.strings.substrings import pieces
from induce.terms.sort import TEXT
from induce.terms.strings import strings
from induce.terms.term import Term, literal

__all__ = ["FIELDS", "moments", "sources"]

Moment = tuple[int | None, ...]
FIELDS = ("yyyy", "yy", "M", "MM", "MMM", "MMMM", "d", "dd", "EEE", "EEEE", "H", "HH", "h", "hh", "m", "mm", "s", "ss", "a",
          "aa", "Q", "w", "ww", "D", "F")  # fmt: skip
"""The fields of a moment."""
_TIMES = ("h:mma", "h:mm a", "ha", "h a", "H:mm", "HH:mm", "H", "h", "HH", "h:mm", "hh:mm", "hh:mma", "hh:mm a", "haa", "h aa",
          "h:mmaa", "h:mm aa", "h:mm:ssa", "h:mm:ss a", "H:mm:ss", "HH:mm:ss", "hha", "hh a", "m:ss", "mm:ss", "HHmm", "Hmm")  # fmt: skip
_STEPS = (60, 30, 15, 120, 10, 5, 20, 240, 180, 360, 720, 90, 45, 480)
_SHAPES = ("Hmm", "HHmm", "m:ss", "yyyyMMdd", "MMddyyyy", "ddMMyyyy", "HHmmss")
_ORDERS = ("mdy", "dmy", "ymd")
_RANGE = re.compile(r" ?(?:-|\u2013|\u2014|~|/|to|and|until|till) ?")
_GAP = re.compile(r"[^\w']{0,3}")
_MOST_RUNS = 400
_SHARED = 0.6
"""What a further field of a moment costs."""
_MOST_SOURCES = 4
_PER_TICK = 5


def sources(column: Column) -> list[tuple[Term, tuple[Moment, ...]]]:
    """Moments in an input: of the whole text, or else of its parts."""
    found: dict[tuple[Moment, ...], tuple[float, Term]] = {}
    for term, values, price in [(column.term, column.texts, 0.0), *pieces(column)]:
        if not all(any(c.isdigit() for c in v) for v in values) or max(map(len, values)) > 40:
            continue
        made = [(strings["date"](term, literal(order, TEXT)), _read(values, "date", order)) for order in _ORDERS]
        if not price:
            made += [(strings["parse_date"](term, literal(p, TEXT)), _read(values, "parse_date", p)) for p in _SHAPES]
        for number, (source, known) in enumerate(made):
            if known is not None and known not in found:
                found[known] = (price + 0.01 * number, source)
        if found and not price:
            break
    best = sorted(found.items(), key=lambda item: item[1][0])[:_MOST_SOURCES]
    return [(term, known) for known, (_, term) in best]


def _read(values: Values, name: str, how: str) -> tuple[Moment, ...] | None:
    try:
        return tuple(getattr(dates, name)(v, how) for v in values)
    except (ValueError, OverflowError):
        return None


def _show(known: tuple[Moment, ...], pattern: str) -> Values | None:
    try:
        return tuple(dates.format_date(m, pattern) for m in known)
    except ValueError:
        return None


def _fields(source: Term, known: tuple[Moment, ...], bank: Bank, whole: bool) -> None:
    """Offer each field; together they are cheap, since the moment is paid once."""
    shown = [(field, values) for field in FIELDS if (values := _show(known, field)) is not None]
    several = len({values for _, values in shown if bank.occurs(values)}) > 1
    for field, values in shown:
        term = strings["format_date"](source, literal(field, TEXT))
        price = cost(term)
        price = min(price, _SHARED) if whole else min(price, 2 * _SHARED) if several else price
        if bank.occurs(values):
            bank.add(term, values, price)
        elif field in ("MMM", "MMMM", "EEE", "EEEE"):
            bank.offer(term, values, price)
    _runs(source, shown, bank)


def _runs(source: Term, shown: list[tuple[str, Values]], bank: Bank) -> None:
    """Offer fields one after the other with marks between them as one pattern: together they say more than each alone."""
    outputs = bank.outputs
    usable = [(field, values) for field, values in shown if bank.occurs(values) and all(values)]
    starts = {tuple(o.find(v) for o, v in zip(outputs, values, strict=True)) for _, values in usable}
    left = _MOST_RUNS
    for start in sorted(starts):
        waiting: list[tuple[tuple[int, ...], str]] = [(start, "")]
        while waiting and left > 0:
            at, pattern = waiting.pop()
            left -= 1
            gap = _GAP.match(outputs[0], at[0]) if pattern else None
            between = gap.group(0) if gap else ""
            if not all(o.startswith(between, p) for o, p in zip(outputs, at, strict=True)):
                continue
            begin = tuple(p + len(between) for p in at)
            following: list[tuple[tuple[int, ...], str]] = []
            for field, values in usable:
                if not between and pattern[-1:] == field[0]:
                    continue
                if all(o.startswith(v, p) for o, v, p in zip(outputs, values, begin, strict=True)):
                    following.append(
                        (tuple(p + len(v) for p, v in zip(begin, values, strict=True)), pattern + between + field)
                    )
            for after, longer in following:
                if longer.strip("aAdDEFHhMmQswy"):
                    whole = tuple(o[b:a] for o, b, a in zip(outputs, start, after, strict=True))
                    bank.add(strings["format_date"](source, literal(longer, TEXT)), whole)
            waiting.extend(sorted(following, key=lambda step: sum(step[0]))[-3:])


def _span(amount: int) -> str:
    """Seconds as a span of time."""
    sign, left = ("-" if amount < 0 else ""), abs(amount)
    words = []
    for size, unit in ((3600, "h"), (60, "min"), (1, "s")):
        if left >= size:
            words.append(f"{left // size} {unit}")
            left %= size
    return sign + " ".join(words or ["0 s"])


def _grids(source: Term, known: tuple[Moment, ...]) -> Iterator[tuple[Term, tuple[Moment, ...], int]]:
    """The moments on grids: down, nearest and up, with a start of the grid."""
    for step in _STEPS:
        starts = [0] + [m for m in (15, 30, 60, 90) if m < step and step % 15 == 0]
        for start in starts:
            for name in ("time_down", "time_nearest", "time_up") if start == 0 else ("time_down",):
                function, span = getattr(dates, name), _span(step * 60)
                back, on = _span(-start * 60), _span(start * 60)
                try:
                    moved = known if start == 0 else tuple(dates.later(m, back) for m in known)
                    found = tuple(function(m, span) for m in moved)
                    found = found if start == 0 else tuple(dates.later(m, on) for m in found)
                except (ValueError, OverflowError):
                    continue
                term = source if start == 0 else strings["later"](source, literal(back, TEXT))
                term = strings[name](term, literal(span, TEXT))
                yield (term if start == 0 else strings["later"](term, literal(on, TEXT))), found, step


def _ranges(term: Term, found: tuple[Moment, ...], step: int, patterns: dict[str, Values], bank: Bank) -> None:
    """Offer ranges of times that begin on the grid: up to the next place of it, or to just before that."""
    for pattern, begins in patterns.items():
        ends = [(o, o.find(b) + len(b)) for o, b in zip(bank.outputs, begins, strict=True)]
        gaps = [_RANGE.match(o, place) for o, place in ends]
        if any(gap is None for gap in gaps) or len({gap.group(0) for gap in gaps if gap}) > 1:
            continue
        gap = gaps[0].group(0)  # type: ignore[union-attr]
        for amount in dict.fromkeys((step * 60, step * 60 - 60, step * 60 - 1, 3600, 1800, step * 30)):
            if amount <= 0:
                continue
            span = _span(amount)
            last = tuple(dates.later(m, span) for m in found)
            for final in (pattern, *_TIMES):
                shown = _show(last, final)
                if shown is None:
                    continue
                values = tuple(b + gap + e for b, e in zip(begins, shown, strict=True))
                if bank.occurs(values):
                    begin = strings["format_date"](term, literal(pattern, TEXT))
                    end = strings["format_date"](strings["later"](term, literal(span, TEXT)), literal(final, TEXT))
                    made = strings["concat"](strings["concat"](begin, literal(gap, TEXT)), end)
                    bank.add(made, values, cost(made) - 1.0 + (0.0 if final == pattern else 0.5))
                    break


def _times(source: Term, known: tuple[Moment, ...], bank: Bank) -> Iterator[None]:
    """Offer times on grids, alone and as ranges."""
    if all(m[3] is None and m[4] is None for m in known):
        return
    grids: Iterator[tuple[Term, tuple[Moment, ...], int]] = itertools.chain(
        [(source, known, step) for step in (60, 30, 15)], _grids(source, known)
    )
    for number, (term, found, step) in enumerate(grids):
        patterns: dict[str, Values] = {}
        for pattern in _TIMES:
            values = _show(found, pattern)
            if values is None or not bank.occurs(values):
                continue
            patterns[pattern] = values
            if term is not source:
                bank.add(strings["format_date"](term, literal(pattern, TEXT)), values)
        if patterns:
            _ranges(term, found, step, patterns, bank)
        if number % _PER_TICK == 0:
            yield


def moments(column: Column, bank: Bank) -> Iterator[None]:
    """Offer dates and times made from those of one input; yields after small steps of work."""
    for source, known in sources(column):
        yield
        whole = source.args[0] is column.term
        _fields(source, known, bank, whole)
        if whole or len(column.texts) > 1:
            yield from _times(source, known, bank)
