"""Pieces that outputs may be made of: terms with the texts they give, and a store of them by these texts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from induce.learners.strings.cost import cost
from induce.terms.strings import strings
from induce.terms.term import Term

__all__ = ["Atom", "Bank", "Column", "Values"]

Values = tuple[str, ...]
_KEPT = 5
"""Terms kept for the same texts."""
_MOST_VALUES = 6000
"""Different texts kept; what comes later is dropped, so cheap pieces are offered first."""


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
    folded: Values = ()

    def __post_init__(self) -> None:
        self.folded = tuple(output.lower() for output in self.outputs)

    def occurs(self, values: Values) -> bool:
        """Whether each text is part of its output, and not all are empty."""
        return any(values) and all(map(str.__contains__, self.outputs, values))

    def resembles(self, values: Values) -> bool:
        """Whether each text is part of its output, whatever the case."""
        return all(v.lower() in o for v, o in zip(values, self.folded, strict=True))

    def add(self, term: Term, values: Values, price: float | None = None) -> None:
        """Keep a term that gives these texts, unless enough cheaper ones do."""
        price = cost(term) if price is None else price
        known = self.found.get(values)
        if known is None:
            if len(self.found) >= _MOST_VALUES:
                return
            known = self.found[values] = []
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
        if not any(values) or not self.resembles(values):
            return
        for name in ("lower", "upper", "capitalize", "title"):
            changed = tuple(getattr(v, name)() for v in values)
            if self.occurs(changed):
                self.add(strings[name](term), changed, None if price is None else price + 0.9)

    def __iter__(self) -> Iterator[list[Atom]]:
        return iter(self.found.values())
