"""Which of the programs that fit the examples is likeliest meant: its cost, and how it does on further inputs."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from induce.algebras.number_functions import is_number
from induce.algebras.values import run_rows
from induce.learners.strings.cost import CUTTERS, constant_cost, cost
from induce.terms.op import LITERAL
from induce.terms.term import Term

__all__ = ["Others", "in_order", "ranked", "shape"]

_MOST_ROWS = 24
_WITHOUT_VALUE = 8.0
_OTHER_SHAPE = 0.5
_LOOSE_SPACE = 3.0
_COPIED = 3.0
_WHOLE_TEXT = 1.0
_CUT_NUMBER = 1.5
_RUN = re.compile(r"[^\W_]+")


def shape(text: str | None) -> str:
    """What kind of text it is: runs of capitals, small letters, digits, space as one sign each; marks as they are.

    >>> shape("Ada L. 1815")
    'Aa A. 0'
    """
    if text is None:
        return "missing"
    signs = [
        "0" if c.isdigit() else "A" if c.isupper() else "a" if c.isalpha() else " " if c.isspace() else c for c in text
    ]
    return "".join(sign if sign.isalnum() else "".join(run) for sign, run in itertools.groupby(signs))


def _kind(text: str | None) -> str:
    """A coarser shape: words and numbers, and the marks between them."""
    found = shape(text)
    return re.sub(r"[Aa]+", "a", found)


class Others:
    """Further inputs without outputs, and the shapes of the outputs that are known.

    Parameters
    ----------
    rows : mapping of column to list
        May be empty.
    outputs : sequence
        Outputs of the examples.
    inputs : mapping of column to sequence
        Inputs of the examples.
    """

    def __init__(
        self, rows: Mapping[str, Sequence[Any]], outputs: Sequence[str | None], inputs: Mapping[str, Sequence[Any]]
    ) -> None:
        self.columns = {name: [str(text or "").lower() for text in texts] for name, texts in inputs.items()}
        self.wordy = {name for name, texts in self.columns.items() if all(len(text.split()) > 1 for text in texts)}
        self.numbers = {name for name, texts in self.columns.items() if all(map(is_number, texts))}
        count = len(next(iter(rows.values()), ()))
        step = max(1, count // _MOST_ROWS)
        self.rows = {name: list(values)[::step][:_MOST_ROWS] for name, values in rows.items()}
        self.count = len(next(iter(self.rows.values()), ()))
        self.kinds = {_kind(output) for output in outputs}
        self.loose = any(output is not None and output != output.strip() for output in outputs)
        self.allows_missing = any(output is None for output in outputs)

    def charge(self, term: Term) -> float:
        """What a program pays for further inputs without a value, for outputs of another shape, and for odd readings."""
        odd = self._odd(term)
        if not self.count:
            return odd
        values = run_rows(term, self.rows, self.count)
        none = sum(value is None for value in values)
        other = sum(value is not None and _kind(value) not in self.kinds for value in values)
        loose = 0 if self.loose else sum(value is not None and value != value.strip() for value in values)
        none_charge = 0.0 if self.allows_missing else _WITHOUT_VALUE * none
        return odd + (none_charge + _OTHER_SHAPE * other + _LOOSE_SPACE * loose) / self.count

    def copied(self, text: str) -> bool:
        """Whether letters or digits of a constant stand in every text of an input: they were more likely copied."""
        runs = _RUN.findall(text.lower())
        return any(all(run in each for each in texts) for run in runs for texts in self.columns.values())

    def constant(self, text: str) -> float:
        """What a constant costs beside these inputs."""
        return constant_cost(text) + (_COPIED if self.copied(text) else 0.0)

    def _odd(self, term: Term) -> float:
        """What a program pays for constants that look copied, for numbers cut into pieces, for first characters of several words."""
        total = 0.0
        for node in term.postorder():
            if node.op.name == "concat":
                total += sum(_COPIED for arg in node.args if arg.op is LITERAL and self.copied(arg.payload))
            elif node.op.name in ("first", "take") and node.args[0].name in self.wordy:
                total += _WHOLE_TEXT
            if node.op.name in CUTTERS and node.args[0].name in self.numbers:
                total += _CUT_NUMBER
        return total


def ranked(terms: Sequence[Term], others: Others) -> Iterator[list[tuple[Term, float]] | None]:
    """Yield None after small steps of work, then the programs with their costs, cheapest first."""
    scored: list[tuple[Term, float]] = []
    for number, term in enumerate(dict.fromkeys(terms)):
        scored.append((term, cost(term) + others.charge(term)))
        if number % 5 == 0:
            yield None
    yield in_order(scored)


def in_order(scored: Sequence[tuple[Term, float]]) -> list[tuple[Term, float]]:
    """Programs with their costs, cheapest first, each once; of equals, the smaller and the one found first."""
    found: dict[Term, float] = {}
    for term, price in sorted(scored, key=lambda pair: (pair[1], pair[0].size)):
        found.setdefault(term, price)
    return list(found.items())
