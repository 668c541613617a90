"""Clauses: rules over integers, the form that is grounded.

A rule of the language becomes clauses whose variables are numbered *slots* and whose constants are the integers of a
:class:`~induce.logic.symbols.Symbols` table. Nothing here knows about text or terms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["AggregateClause", "Bind", "Clause", "Expression", "Literal", "Match", "Stratum", "Test", "Track"]

Expression = tuple[Any, ...]
"""``("slot", n)``, ``("constant", id)``, ``(operator, e1, e2, ...)`` with operator one of ``+ - * / // mod ** abs min
max neg concat length`` ..., or ``("term", functor, e1, ...)`` for a structured term."""


@dataclass(frozen=True)
class Literal:
    """A relation applied to slots and constants; ``negated`` for absence.

    Parameters
    ----------
    relation : str
        Name and arity, ``edge/2``.
    arguments : tuple of int
        A slot number, or ``~id`` (negative) for the constant ``id``. The slot ``WILD`` of a negated literal matches anything.
    """

    relation: str
    arguments: tuple[int, ...]
    negated: bool = False


WILD = 1 << 30
"""The slot of an anonymous variable: it matches anything and binds nothing."""


@dataclass(frozen=True)
class Test:
    """A comparison; both sides must be bound. Operators: ``= != < <= > >=``.

    Numbers compare by value (1 and 1.0 are equal numbers but different constants: ``=`` compares numbers by value when
    both sides are numbers, and by identity otherwise); ``<`` on two texts is alphabetical; a text and a number are
    only unequal, and ordered numbers first.
    """

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True)
class Bind:
    """``slot := expression``; a test of equality when the slot is bound already."""

    slot: int
    expression: Expression


@dataclass(frozen=True)
class Track:
    """``slot`` runs over the integers ``low..high`` (both expressions, both ends included)."""

    slot: int
    low: Expression
    high: Expression


@dataclass(frozen=True)
class Match:
    """The bound ``slot`` holds ``functor(arguments...)``; unbound argument slots are bound, others compared."""

    slot: int
    functor: str
    arguments: tuple[int, ...]


Step = Literal | Test | Bind | Track | Match


@dataclass(frozen=True)
class Clause:
    """One rule: the head holds for every binding of the slots that satisfies all steps.

    Parameters
    ----------
    head : Literal
        Never negated; its slots are bound by the body.
    body : tuple of steps
        In no particular order: the grounder chooses one.
    slots : int
        How many slots there are.
    number : int
        Number of the rule in the program, for messages, provenance and profiles.
    text : str
        The rule as it is written.
    line : int
        Line of the program text, for messages.
    leaf : bool
        The head's tuples are *leaves*: they hold or not by chance, choice or a network, independently of the body's other
        consequences. Made for each binding of the body; no rule instance is recorded for them.
    """

    head: Literal
    body: tuple[Step, ...]
    slots: int
    number: int
    text: str
    line: int = 0
    leaf: bool = False


@dataclass(frozen=True)
class AggregateClause:
    """``head(keys..., result)`` where result aggregates column ``value`` over the distinct tuples of ``source``.

    Parameters
    ----------
    head : str
        Relation of arity ``len(keys) + 1``.
    source : str
        Relation whose tuples are aggregated; set semantics, so each distinct tuple counts once.
    keys : tuple of int
        Columns of the source to group by; with none there is one group, even over no tuples (count and sum then give 0).
    value : int
        Column that is aggregated (ignored by count).
    function : str
        ``count sum prod min max mean``.
    """

    head: str
    source: str
    keys: tuple[int, ...]
    value: int
    function: str
    number: int
    text: str
    line: int = 0


@dataclass(frozen=True)
class Stratum:
    """Clauses that are evaluated together, after all earlier strata; negation and aggregates look only at earlier ones."""

    clauses: tuple[Clause, ...]
    aggregates: tuple[AggregateClause, ...] = ()
    recursive: bool = False
