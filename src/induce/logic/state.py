"""What a database remembers of its leaves, of each stratum it has run, and of each rule's cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from induce.logic.clauses import Literal, Stratum
from induce.logic.joins import Join
from induce.logic.rows import RowSet

__all__ = ["Effort", "LeafTable", "StratumState"]

Int32 = NDArray[np.int32]


@dataclass(frozen=True)
class LeafTable:
    """Leaves of one source, as they were added."""

    relation: str
    atoms: Int32
    source: int
    row: Int32
    value: Int32
    categorical: bool


@dataclass
class Effort:
    """What one rule has cost so far."""

    text: str
    tuples: int = 0
    instances: int = 0
    seconds: float = 0.0


@dataclass
class StratumState:
    """What a stratum has consumed, and what it recorded."""

    stratum: Stratum
    seen: dict[str, tuple[int, int]] = field(default_factory=dict)
    started: bool = False
    record: bool = False
    instances: dict[int, RowSet] = field(default_factory=dict)
    joins: dict[tuple[int, int | None], tuple[Join, dict[str, int]]] = field(default_factory=dict)

    @cached_property
    def heads(self) -> frozenset[str]:
        """Relations that the stratum derives."""
        clauses = self.stratum.clauses
        return frozenset([c.head.relation for c in clauses] + [a.head for a in self.stratum.aggregates])

    @cached_property
    def positive(self) -> dict[str, list[tuple[int, int]]]:
        """For each relation that is read positively: (clause, place in its body)."""
        found: dict[str, list[tuple[int, int]]] = {}
        for number, clause in enumerate(self.stratum.clauses):
            for place, step in enumerate(clause.body):
                if isinstance(step, Literal) and not step.negated:
                    found.setdefault(step.relation, []).append((number, place))
        return found

    @cached_property
    def fixed(self) -> frozenset[str]:
        """Relations whose every change means evaluating the stratum anew."""
        negated = [s.relation for c in self.stratum.clauses for s in c.body if isinstance(s, Literal) and s.negated]
        return frozenset(negated + [a.source for a in self.stratum.aggregates])
