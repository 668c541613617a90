"""Programs with conditions: the examples in groups, a program for each, and conditions that tell the groups apart."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from induce.learners.strings.conditions import Condition, conditions
from induce.learners.strings.ranking import Others, in_order
from induce.learners.strings.straight import Found, straight
from induce.terms.sort import TEXT
from induce.terms.strings import strings
from induce.terms.term import literal, variable

__all__ = ["Branching", "lookup"]

Rows = tuple[int, ...]
_DEPTH = 3
_MOST_GROUPS = 20
_MOST_LETTERS = 4000
_KEPT = 4
_BRANCH = 4.0
_SLACK = 6.0
_CHEAP = 9.0
_CHAINS = 12
_TABLE = 8.0
_ENTRY = 6.0
"""What a table pays, and each of its entries."""
_PER_ROW = 1.2
"""What a branch pays for having few examples: one example shows less than two."""


@dataclass
class Branching:
    """The groups looked at so far and the programs found for them.

    Parameters
    ----------
    inputs, outputs
        The examples.
    """

    inputs: Mapping[str, Sequence[Any]]
    outputs: Sequence[str | None]
    known: dict[Rows, Found] = field(default_factory=dict)
    asked: int = 0
    read: int = 0
    branched: dict[tuple[Rows, int], Found] = field(default_factory=dict)

    def run(self, start: Found) -> Iterator[Found | None]:
        """Yield None after small steps of work, then programs with a condition on top."""
        rows = tuple(range(len(self.outputs)))
        self.known[rows] = start
        every: list[Condition] = []
        for batch in conditions(self.inputs, len(rows)):
            every = batch or every
            yield None
        found: Found = []
        for batch_found in self._split(rows, every, _DEPTH):
            if batch_found is None:
                yield None
            else:
                found = batch_found
        yield found

    def _split(self, rows: Rows, every: Sequence[Condition], depth: int) -> Iterator[Found | None]:
        """The cheapest programs for a group with a condition on top."""
        found: Found = []
        best = math.inf
        for price, condition, truth in every:
            yes = tuple(row for row in rows if truth[row])
            no = tuple(row for row in rows if not truth[row])
            if not yes or not no:
                continue
            yield None
            sides: list[Found] = []
            least = price + _BRANCH + sum(_PER_ROW / len(side) for side in (yes, no))
            for side in (yes, no):
                programs: Found = []
                for batch in self._solve(side, every, depth - 1):
                    if batch is None:
                        yield None
                    else:
                        programs = batch
                sides.append(programs[:_KEPT])
                least += programs[0][1] if programs else math.inf
                if not programs or least > best + _SLACK:
                    break
            if len(sides) < 2 or not all(sides) or least > best + _SLACK:
                continue
            best = min(best, least)
            base = least - sides[0][0][1] - sides[1][0][1]
            for a, a_cost in sides[0]:
                for b, b_cost in sides[1]:
                    found.append((strings["if"](condition, a, b), base + a_cost + b_cost))
            found = in_order(found)[: 3 * _KEPT]
        yield found

    def _solve(self, rows: Rows, every: Sequence[Condition], depth: int) -> Iterator[Found | None]:
        """The cheapest programs for a group, with or without conditions."""
        if rows not in self.known:
            self.known[rows] = []
            if self.asked < _MOST_GROUPS and self.read < _MOST_LETTERS:
                self.asked += 1
                self.read += sum(
                    len(texts[row] or "") for row in rows for texts in (*self.inputs.values(), self.outputs)
                )
                inputs = {name: [texts[row] for row in rows] for name, texts in self.inputs.items()}
                wanted = [self.outputs[row] for row in rows]
                for batch in straight(inputs, wanted, Others({}, wanted, inputs), _CHAINS):
                    if batch is None:
                        yield None
                    else:
                        self.known[rows] = batch[: 2 * _KEPT]
        direct = self.known[rows]
        if depth < 1 or len(rows) < 2 or (direct and direct[0][1] <= _CHEAP):
            yield direct
            return
        if (rows, depth) not in self.branched:
            self.branched[rows, depth] = []
            for found in self._split(rows, every, depth):
                if found is None:
                    yield None
                else:
                    self.branched[rows, depth] = found
        yield in_order([*direct, *self.branched[rows, depth]])[: 2 * _KEPT]


def lookup(inputs: Mapping[str, Sequence[Any]], outputs: Sequence[str | None]) -> Found:
    """Tables from the texts of one input to the outputs: what is left when nothing else fits; no other text has a value."""
    found: Found = []
    for name, texts in inputs.items():
        table = dict(zip(texts, outputs, strict=True))
        if any(text is None for text in texts) or any(table[t] != o for t, o in zip(texts, outputs, strict=True)):
            continue
        term = strings["missing"]()
        for text, output in reversed(table.items()):
            shown = strings["missing"]() if output is None else literal(output, TEXT)
            term = strings["if"](strings["equals"](variable(name, TEXT), literal(text, TEXT)), shown, term)
        found.append((term, _TABLE + _ENTRY * len(table)))
    return found
