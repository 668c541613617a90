"""What lowering makes of a program: clauses, sources of chance, constraints, queries."""

from __future__ import annotations

from dataclasses import dataclass, field

from induce.logic.clauses import AggregateClause, Clause
from induce.logic.symbols import Symbols
from induce.terms.term import Term

__all__ = ["Cardinality", "Lowered", "Source"]


@dataclass(frozen=True)
class Source:
    """Where the weights of one relation of leaves come from.

    Parameters
    ----------
    kind : {"weights", "net", "table", "free", "select"}
    relation : str
        Its tuples are the leaves.
    number : int
        Number of the statement; 0 for tables.
    keys : int
        The first ``keys`` columns name the random variable; the column after them, if any, its value.
    terms : tuple of Term
        Real expressions, one for each value (kind "weights").
    names : tuple of str
        Variable names of the key columns, for the expressions.
    values : tuple of int
        Constants of the value column, in the order of ``terms`` or of a net's outputs; empty for Boolean leaves.
    net : str
        Name of the net hole, of the choice hole, or of the relation that a free choice is about.
    inputs : tuple of Term
        What the net is applied to.
    complete : bool
        Whether the values are all there are; else "none of them" has the rest of the probability.
    labels : tuple of str
        What each value of an annotated disjunction stands for, for messages.
    """

    kind: str
    relation: str
    number: int
    keys: int
    terms: tuple[Term, ...] = ()
    names: tuple[str, ...] = ()
    values: tuple[int, ...] = ()
    net: str = ""
    inputs: tuple[Term, ...] = ()
    complete: bool = True
    labels: tuple[str, ...] = ()

    @property
    def categorical(self) -> bool:
        """Whether its variables have several values that exclude each other."""
        return bool(self.values)


@dataclass(frozen=True)
class Cardinality:
    """For every tuple of ``group`` that holds, between ``low`` and ``high`` tuples of ``relation`` that begin with it hold."""

    relation: str
    group: str
    keys: int
    low: int
    high: int | None
    number: int


@dataclass
class Lowered:
    """A program as clauses."""

    symbols: Symbols
    clauses: list[Clause] = field(default_factory=list)
    aggregates: list[AggregateClause] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    facts: dict[str, list[tuple[int, ...]]] = field(default_factory=dict)
    constraints: list[tuple[str, int]] = field(default_factory=list)
    cardinalities: list[Cardinality] = field(default_factory=list)
    weak: list[tuple[str, Term, int]] = field(default_factory=list)
    queries: list[Term] = field(default_factory=list)
    evidence: list[Term] = field(default_factory=list)
    texts: dict[int, str] = field(default_factory=dict)
    lines: dict[int, int] = field(default_factory=dict)
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    valued: set[str] = field(default_factory=set)
