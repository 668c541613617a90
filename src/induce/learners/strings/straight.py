"""Programs without conditions: all examples made by one chain of pieces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from induce.algebras.values import run_rows
from induce.learners.strings.atoms import Bank, Column
from induce.learners.strings.merging import joined
from induce.learners.strings.moments import moments
from induce.learners.strings.numeric import numeric
from induce.learners.strings.paths import ways
from induce.learners.strings.ranking import Others, ranked
from induce.learners.strings.substrings import substrings
from induce.terms.sort import TEXT
from induce.terms.strings import strings
from induce.terms.term import Term, literal, variable

__all__ = ["Found", "straight"]

Found = list[tuple[Term, float]]


def straight(
    inputs: Mapping[str, Sequence[Any]], outputs: Sequence[str | None], others: Others, kept: int
) -> Iterator[Found | None]:
    """Yield None after small steps of work, then the programs that fit, with their costs, cheapest first.

    An output that is missing is one that the program must not have a value for.
    """
    there = [row for row, output in enumerate(outputs) if output is not None]
    if not there:
        yield [(strings["missing"](), 0.5)]
        return
    wanted = tuple(str(outputs[row]) for row in there)
    found: list[Term] = []
    if not any(wanted):
        found = [literal("", TEXT)]
    else:
        bank = Bank(wanted)
        for name, texts in inputs.items():
            own = tuple(texts[row] for row in there)
            if all(isinstance(text, str) for text in own):
                for source in (substrings, moments, numeric):
                    for _ in source(Column(variable(name, TEXT), own), bank):
                        yield None
        for batch in ways(bank, kept, others.constant):
            if batch is None:
                yield None
            else:
                found = [joined(way[1]) for way in batch]
        yield None
    right = []
    for number, term in enumerate(dict.fromkeys(variants(found, others))):
        if run_rows(term, inputs, len(outputs)) == list(outputs):
            right.append(term)
        if number % 8 == 0:
            yield None
    yield from ranked(right, others)


def variants(terms: Sequence[Term], others: Others) -> Iterator[Term]:
    """The programs, and where further inputs can tell them apart, the same with other orders of dates, or trimmed."""
    yield from terms
    if not others.count:
        return
    for term in terms:
        orders = {node for node in term.postorder() if node.op.name == "date"}
        for order in ("mdy", "dmy", "ymd") if orders else ():
            yield term.replace({node: strings["date"](node.args[0], literal(order, TEXT)) for node in orders})
        if term.op.name in ("slice", "part", "take", "drop"):
            yield strings["trim"](term)
