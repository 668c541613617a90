"""Bindings of a rule's slots, and how one literal is joined to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.logic.clauses import WILD, Literal
from induce.logic.relation import Relation

__all__ = ["CHUNK", "Bindings", "Scan", "pieces", "projection", "stacked"]

Int32 = NDArray[np.int32]
Mask = NDArray[np.bool_]

CHUNK = 1 << 21
"""Rows that one step may make at once."""


@dataclass
class Bindings:
    """Values of slots, one row per partial instance; ``rows`` are the tuples used, by place in the body."""

    size: int
    slots: dict[int, Int32]
    rows: dict[int, Int32] = field(default_factory=dict)

    def take(self, chosen: Any) -> Bindings:
        """The chosen rows: a mask, row numbers or a slice."""
        slots = {slot: column[chosen] for slot, column in self.slots.items()}
        rows = {place: column[chosen] for place, column in self.rows.items()}
        if isinstance(chosen, slice):
            size = chosen.stop - chosen.start
        else:
            size = int(np.count_nonzero(chosen)) if chosen.dtype == bool else len(chosen)
        return Bindings(size, slots, rows)

    def where(self, mask: Mask) -> Bindings:
        """The rows of a mask."""
        return self if mask.all() else self.take(mask)


class Scan:
    """How one positive literal is joined, given the slots bound before it and needed after it."""

    def __init__(self, place: int, literal: Literal, relation: Relation, before: frozenset[int], after: frozenset[int]):
        self.place = place
        self.literal = literal
        self.relation = relation
        self.keys: list[tuple[int, int]] = []
        self.fresh: dict[int, int] = {}
        self.repeats: list[tuple[int, int]] = []
        for column, slot in enumerate(literal.arguments):
            if slot < 0 or slot in before:
                self.keys.append((column, slot))
            elif slot in self.fresh:
                self.repeats.append((column, self.fresh[slot]))
            elif slot != WILD:
                self.fresh[slot] = column
        self.key_columns = tuple(column for column, _ in self.keys)
        self.whole = len(self.keys) == relation.arity
        self.needed = {slot: column for slot, column in self.fresh.items() if slot in after}
        self.after = after
        self.recorded = False
        self.index: Any = None

    @property
    def filters(self) -> bool:
        """Whether only the existence of a match matters."""
        return not self.recorded and not self.needed and not self.repeats

    def open(self) -> None:
        """Bring the index up to date; not within a run, whose loops hold its arrays while the relation grows."""
        if not self.whole:
            self.index = self.relation.index(self.key_columns)

    def key_arrays(self, bindings: Bindings) -> list[Int32]:
        """One array per key column."""
        return [
            np.full(bindings.size, ~slot, dtype=np.int32) if slot < 0 else bindings.slots[slot] for _, slot in self.keys
        ]

    def groups(self, bindings: Bindings) -> Int32:
        """The group of each binding in the literal's index, which :meth:`open` brought up to date."""
        return np.ascontiguousarray(self.index.groups_of(self.key_arrays(bindings), bindings.size))


def pieces(counts: NDArray[Any], total: int) -> list[tuple[slice, int]]:
    """Runs of bindings that make about CHUNK rows each, with the number of rows."""
    if total == 0:
        return []
    if total <= CHUNK:
        return [(slice(0, len(counts)), total)]
    sums = np.cumsum(counts, dtype=np.int64)
    ends = np.unique(np.append(np.searchsorted(sums, np.arange(CHUNK, total, CHUNK)) + 1, len(counts)))
    pieces, begin, done = [], 0, 0
    for end in ends.tolist():
        size = int(sums[end - 1]) - done
        if size:
            pieces.append((slice(begin, end), size))
        begin, done = end, int(sums[end - 1])
    return pieces


def stacked(columns: list[Int32], size: int) -> Int32:
    """The columns as one array, also when there is none."""
    found = np.empty((len(columns), size), dtype=np.int32)
    for k, column in enumerate(columns):
        found[k] = column
    return found


def projection(head: Literal, slots: list[int], fresh: dict[int, int]) -> tuple[NDArray[np.int64], Int32]:
    """Where each column of the head comes from: -1 the constant, 0.. a row of the bindings, -2 - c column c of the scan."""
    plan = np.empty(len(head.arguments), dtype=np.int64)
    fixed = np.zeros(len(head.arguments), dtype=np.int32)
    for column, slot in enumerate(head.arguments):
        if slot < 0:
            plan[column], fixed[column] = -1, ~slot
        else:
            plan[column] = -2 - fresh[slot] if slot in fresh else slots.index(slot)
    return plan, fixed
