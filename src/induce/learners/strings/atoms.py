"""Pieces that outputs may be made of: terms with the texts they give, and a store of them by these texts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from induce.algebras.values import run_rows
from induce.learners.strings.cost import cost
from induce.terms.strings import strings
from induce.terms.term import Term

__all__ = ["Atom", "Bank", "Column", "Values"]

Values = tuple[str, ...]
_KEPT = 5
"""Terms kept for the same texts."""


@dataclass(frozen=True)
class Column:
    """One input: its variable and its texts in the examples."""

    term: Term
    texts: Values


@dataclass(frozen=True)
class Atom:
    """A term, the texts it gives in the examples, and its cost as a piece of an output."""

    term: Term
    values: Values
    cost: float


@dataclass
class Bank:
    """Atoms by their values; only those whose texts occur in every output.

    Parameters
    ----------
    outputs : tuple of str
        What is to be made.
    """

    outputs: Values
    found: dict[Values, list[Atom]] = field(default_factory=dict)

    def occurs(self, values: Values) -> bool:
        """Whether each text is part of its output, and not all are empty."""
        return any(values) and all(map(str.__contains__, self.outputs, values))

    def add(self, term: Term, values: Values, price: float | None = None) -> None:
        """Keep a term that gives these texts, unless enough cheaper ones do."""
        price = cost(term) if price is None else price
        known = self.found.setdefault(values, [])
        if len(known) >= _KEPT and known[-1].cost <= price:
            return
        if any(atom.term is term for atom in known):
            return
        known.append(Atom(term, values, price))
        known.sort(key=lambda atom: atom.cost)
        del known[_KEPT:]

    def offer(self, term: Term, values: Values, price: float | None = None) -> None:
        """Keep a term if its texts, as they are or in another case, occur in the outputs."""
        if self.occurs(values):
            self.add(term, values, price)
            return
        if not any(values):
            return
        folded = [o.lower() for o in self.outputs]
        if not all(v.lower() in o for v, o in zip(values, folded, strict=True)):
            return
        for name in ("lower", "upper", "capitalize", "title"):
            changed = tuple(getattr(v, name)() for v in values)
            if self.occurs(changed):
                self.add(strings[name](term), changed, None if price is None else price + 0.9)

    def __iter__(self) -> Iterator[list[Atom]]:
        return iter(self.found.values())


def values_of(term: Term, columns: list[Column]) -> list[str | None]:
    """The values of a term in the examples."""
    return run_rows(term, {column.term.name: column.texts for column in columns}, len(columns[0].texts))
