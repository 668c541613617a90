"""Joins: one rule, one place for the new tuples, evaluated step by step over columns.

Every step takes bindings (one array per slot) to bindings. Expansions run in chunks, depth first, so that memory stays
bounded; the last literal of a rule that records nothing is joined, projected and deduplicated in one compiled loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.errors import LimitError
from induce.logic.bindings import CHUNK, Bindings, Scan, pieces, projection
from induce.logic.bindings import stacked as stack
from induce.logic.clauses import WILD, Bind, Clause, Literal, Match, Test, Track
from induce.logic.expressions import Evaluator
from induce.logic.order import bound_by, reads
from induce.logic.relation import Relation
from induce.logic.rows import RowSet
from induce.logic.scans import any_match, count_matches, expand, insert_columns, insert_matches
from induce.logic.symbols import LARGEST_INTEGER, Symbols

__all__ = ["Join", "Window", "semi_naive_windows"]

Int32 = NDArray[np.int32]
Mask = NDArray[np.bool_]
Window = tuple[int, int]

LONGEST_TRACK = 50_000_000
"""Integers of one range."""


def semi_naive_windows(
    clause: Clause, driver: int | None, done: Mapping[str, int], now: Mapping[str, int]
) -> dict[int, Window]:
    """Rows that each positive literal may use, by place in the body: old ones before the driver, new at it, all after.

    Parameters
    ----------
    clause : Clause
    driver : int or None
        Place of the literal that takes the new tuples; None lets every literal take all.
    done, now : mapping of relation to int
        Tuples that earlier rounds have used, and tuples that there are.
    """
    windows = {}
    for place, step in enumerate(clause.body):
        if isinstance(step, Literal) and not step.negated:
            old = driver is not None and place < driver
            low = done[step.relation] if place == driver else 0
            windows[place] = (low, done[step.relation] if old else now[step.relation])
    return windows


class Join:
    """A rule with an order of joining, ready to run.

    Parameters
    ----------
    clause : Clause
    order : tuple of int
        Places of the body's steps; see :func:`~induce.logic.order.join_order`.
    relations : callable
        Gives the relation of a name.
    symbols : Symbols
    instances : RowSet, optional
        Where rule instances are recorded: the head's row, then the row of each uncertain body literal.
    grown : callable
        Called after rows were inserted; it may raise.
    note : callable
    """

    def __init__(
        self,
        clause: Clause,
        order: tuple[int, ...],
        relations: Callable[[str], Relation],
        symbols: Symbols,
        instances: RowSet | None,
        grown: Callable[[Clause], None],
        note: Callable[[str], None],
    ) -> None:
        self.clause = clause
        self._symbols = symbols
        self._instances = instances
        self._grown = grown
        self._evaluator = Evaluator(symbols, clause.text, clause.line, note)
        self._head = relations(clause.head.relation)
        self._relations = relations
        self._windows: dict[int, Window] = {}
        self._steps = self._compile(order)
        self._order = order
        self.made = 0

    def _compile(self, order: tuple[int, ...]) -> list[Any]:
        body = self.clause.body
        after = [frozenset(slot for slot in self.clause.head.arguments if slot >= 0)]
        for place in reversed(order):
            after.append(after[-1] | reads(body[place]) | bound_by(body[place]))
        after.reverse()
        before: frozenset[int] = frozenset()
        steps: list[Any] = []
        for number, place in enumerate(order):
            step = body[place]
            needed = after[number + 1]
            if isinstance(step, Literal) and not step.negated:
                scan = Scan(place, step, self._relations(step.relation), before, needed)
                scan.recorded = self._instances is not None and scan.relation.uncertain
                steps.append(scan)
            else:
                steps.append((place, step, before, needed))
            before |= bound_by(step)
        return steps

    def watch(self, grown: Callable[[Clause], None]) -> None:
        """Call ``grown`` after insertions from now on."""
        self._grown = grown

    def run(self, windows: dict[int, Window]) -> None:
        """Insert the head's tuples for all bindings whose literals lie in their windows (by place in the body)."""
        self._windows = windows
        for number, step in enumerate(self._steps):
            if isinstance(step, Scan) and not (number == 0 and self._is_driver(step)):
                step.open()
        self._advance(0, Bindings(1, {}))

    # ---------------------------------------------------------------- steps

    def _advance(self, number: int, bindings: Bindings) -> None:
        while bindings.size and number < len(self._steps):
            step = self._steps[number]
            number += 1
            if isinstance(step, Scan):
                last = number == len(self._steps)
                if number == 1 and self._is_driver(step):
                    return self._drive(step)
                if step.whole or step.filters:
                    bindings = self._filter(step, bindings)
                elif last and self._instances is None:
                    return self._fuse(step, bindings)
                else:
                    return self._expand(step, bindings, number)
            else:
                place, inner, before, needed = step
                if isinstance(inner, Track) and inner.slot not in before:
                    return self._track(inner, bindings, number)
                bindings = self._narrow(place, inner, before, bindings)
                bindings.slots = {slot: column for slot, column in bindings.slots.items() if slot in needed}
        if bindings.size:
            self._emit(bindings)
        return None

    def _is_driver(self, scan: Scan) -> bool:
        """Whether the first literal is read from end to end rather than looked up."""
        return not (scan.whole or scan.filters) and (not scan.keys or self._windows[scan.place][0] > 0)

    def _driven(self, scan: Scan) -> Iterator[Int32]:
        """The rows of the first literal, in chunks."""
        low, high = self._windows[scan.place]
        for begin in range(low, high, CHUNK):
            yield np.arange(begin, min(begin + CHUNK, high), dtype=np.int32)

    def _filter(self, scan: Scan, bindings: Bindings) -> Bindings:
        low, high = self._windows[scan.place]
        if scan.whole:
            keys = scan.key_arrays(bindings)
            stacked = np.stack(keys, axis=1) if keys else np.empty((bindings.size, 0), dtype=np.int32)
            rows = scan.relation.tuples.find(stacked)
            found = (rows >= low) & (rows < high)
            if scan.recorded:
                bindings = Bindings(bindings.size, bindings.slots, {**bindings.rows, scan.place: rows})
        else:
            found = np.empty(bindings.size, dtype=bool)
            any_match(scan.groups(bindings), scan.index.parts(), low, high, found)
        bindings = bindings.where(found)
        slots = {slot: column for slot, column in bindings.slots.items() if slot in scan.after}
        return Bindings(bindings.size, slots, bindings.rows)

    def _drive(self, scan: Scan) -> None:
        """The first literal: its window is read from end to end."""
        for chosen in self._driven(scan):
            source = scan.relation.rows[chosen]
            mask = np.ones(len(chosen), dtype=bool)
            for column, slot in scan.keys:
                mask &= source[:, column] == ~slot
            for column, other in scan.repeats:
                mask &= source[:, column] == source[:, other]
            if not mask.all():
                source, chosen = source[mask], chosen[mask]
            slots = {slot: np.ascontiguousarray(source[:, column]) for slot, column in scan.needed.items()}
            rows = {scan.place: chosen} if scan.recorded else {}
            self._advance(1, Bindings(len(chosen), slots, rows))

    def _expand(self, scan: Scan, bindings: Bindings, number: int) -> None:
        low, high = self._windows[scan.place]
        groups = scan.groups(bindings)
        parts = scan.index.parts()
        counts = np.empty(bindings.size, dtype=np.int32)
        total = count_matches(groups, parts, low, high, counts)
        for chosen, size in pieces(counts, total):
            self._grown(self.clause)  # the time may be over, although nothing was made
            parents, rows = np.empty(size, dtype=np.int32), np.empty(size, dtype=np.int32)
            expand(groups[chosen], parts, low, high, parents, rows)
            source = scan.relation.rows
            if scan.repeats:
                mask = np.ones(size, dtype=bool)
                for column, other in scan.repeats:
                    mask &= source[rows, column] == source[rows, other]
                parents, rows = parents[mask], rows[mask]
            slots = {s: column[chosen][parents] for s, column in bindings.slots.items() if s in scan.after}
            slots.update({slot: source[rows, column] for slot, column in scan.needed.items()})
            used = {place: column[chosen][parents] for place, column in bindings.rows.items()}
            if scan.recorded:
                used[scan.place] = rows
            self._advance(number, Bindings(len(rows), slots, used))

    def _fuse(self, scan: Scan, bindings: Bindings) -> None:
        """The last literal of a rule without a record: join, project and insert at once."""
        groups = scan.groups(bindings)
        slots = list(bindings.slots)
        stacked = stack([bindings.slots[slot] for slot in slots], bindings.size)
        plan, fixed = projection(self.clause.head, slots, scan.needed)
        checks = np.array([(column, -1 - other) for column, other in scan.repeats], dtype=np.int64).reshape(-1, 2)
        parts, window, recipe = scan.index.parts(), self._windows[scan.place], (plan, fixed, checks)
        target, begin = self._head.tuples, 0
        target.fit(len(self._symbols))
        while begin < bindings.size:
            source = scan.relation.tuples.parts()[0]  # anew each time: the target may be this relation, and grow
            before = target.count
            begin, target.count, _ = insert_matches(
                begin, groups, parts, window, stacked, source, recipe, target.parts(), target.count
            )
            self._after(target, before, begin < bindings.size)

    def _after(self, target: RowSet, before: int, full: bool) -> None:
        self.made += target.count - before
        self._grown(self.clause)
        if full:
            target.grow(target.count + max(1024, target.count // 2))

    def _emit(self, bindings: Bindings) -> None:
        target, before = self._head.tuples, self._head.tuples.count
        target.fit(len(self._symbols))  # a step may have made new symbols
        slots = list(bindings.slots)
        if self._instances is None:
            stacked = stack([bindings.slots[slot] for slot in slots], bindings.size)
            plan, fixed = projection(self.clause.head, slots, {})
            begin = 0
            while begin < bindings.size:
                before = target.count
                begin, target.count = insert_columns(
                    begin, bindings.size, stacked, plan, fixed, target.parts(), target.count
                )
                self._after(target, before, begin < bindings.size)
            return
        head = np.empty((bindings.size, self._head.arity), dtype=np.int32)
        for column, slot in enumerate(self.clause.head.arguments):
            head[:, column] = ~slot if slot < 0 else bindings.slots[slot]
        rows = target.insert(head)
        used = [bindings.rows[place] for place in sorted(bindings.rows)]
        self._instances.insert(np.stack([rows, *used], axis=1))
        self.made += target.count - before
        self._grown(self.clause)

    # ---------------------------------------------------------------- steps that are not positive literals

    def _narrow(self, place: int, step: Any, before: frozenset[int], bindings: Bindings) -> Bindings:
        slots, size = bindings.slots, bindings.size
        if isinstance(step, Literal):
            return self._negated(place, step, bindings)
        if isinstance(step, Test):
            return bindings.where(self._evaluator.compare(step.operator, step.left, step.right, slots, size))
        if isinstance(step, Bind):
            ids, valid = self._evaluator.ids(step.expression, slots, size)
            if step.slot in before:
                return bindings.where(valid & (slots[step.slot] == ids))  # as a join would compare: 2 is not 2.0
            self._grown(self.clause)  # the new term may be nested too deeply
            return Bindings(size, {**slots, step.slot: ids}, bindings.rows).where(valid)
        if isinstance(step, Track):
            inside = self._evaluator.compare("<=", step.low, ("slot", step.slot), slots, size)
            inside &= self._evaluator.compare("<=", ("slot", step.slot), step.high, slots, size)
            inside &= self._symbols.split_numbers(slots[step.slot])[0]
            return bindings.where(inside)
        return self._match(step, bindings)

    def _match(self, step: Match, bindings: Bindings) -> Bindings:
        mask, columns = self._symbols.destructure(bindings.slots[step.slot], step.functor, len(step.arguments))
        kept = bindings.where(mask)
        slots = dict(kept.slots)
        same = np.ones(kept.size, dtype=bool)
        for slot, column in zip(step.arguments, columns, strict=True):
            if slot < 0:
                same &= column == ~slot
            elif slot in slots:
                same &= column == slots[slot]
            elif slot != WILD:
                slots[slot] = column
        return Bindings(kept.size, slots, kept.rows).where(same)

    def _track(self, step: Track, bindings: Bindings, number: int) -> None:
        low = self._evaluator.numbers(step.low, bindings.slots, bindings.size)
        high = self._evaluator.numbers(step.high, bindings.slots, bindings.size)
        valid = (
            low.valid & high.valid & (np.abs(low.floats) < LARGEST_INTEGER) & (np.abs(high.floats) < LARGEST_INTEGER)
        )
        first = np.where(low.whole, low.integers, np.ceil(np.where(valid, low.floats, 0.0)).astype(np.int64))
        last = np.where(high.whole, high.integers, np.floor(np.where(valid, high.floats, 0.0)).astype(np.int64))
        counts = np.where(valid, np.maximum(last - first + 1, 0), 0)
        if int(counts.max()) > LONGEST_TRACK:
            row = int(np.argmax(counts))
            raise LimitError(
                f"In the rule '{self.clause.text}'{f' (line {self.clause.line})' if self.clause.line else ''}, the range "
                f"{first[row]}..{last[row]} has more than {LONGEST_TRACK:,} integers. Take a smaller range, or bind the "
                f"variable by a relation and compare it."
            )
        for chosen, size in pieces(counts, int(counts.sum())):
            parents = np.repeat(np.arange(chosen.start, chosen.stop), counts[chosen])
            starts = np.repeat(np.cumsum(counts[chosen]) - counts[chosen], counts[chosen])
            values = first[parents] + np.arange(size) - starts
            expanded = bindings.take(parents)
            expanded.slots[step.slot] = self._symbols.ids_of(values)
            self._advance(number, expanded)

    def _negated(self, place: int, literal: Literal, bindings: Bindings) -> Bindings:
        """Drop what is certainly false; where the relation is uncertain, note the tuple (or group) that must not hold."""
        relation = self._relations(literal.relation)
        columns = tuple(k for k, slot in enumerate(literal.arguments) if slot != WILD)
        keys = [
            np.full(bindings.size, ~slot, dtype=np.int32) if slot < 0 else bindings.slots[slot]
            for slot in literal.arguments
            if slot != WILD
        ]
        if len(columns) == relation.arity:
            stacked = np.stack(keys, axis=1) if keys else np.empty((bindings.size, 0), dtype=np.int32)
            rows = relation.tuples.find(stacked)
        else:
            index = relation.index(columns)
            rows = np.array(index.groups_of(keys, bindings.size), dtype=np.int32)
            found = np.empty(bindings.size, dtype=bool)
            any_match(rows, index.parts(), 0, len(relation), found)
            rows[~found] = -1
        if not relation.uncertain:
            return bindings.where(rows < 0)
        dead = np.zeros(bindings.size, dtype=bool)
        if len(relation) and relation.given().any():
            dead = (rows >= 0) & self._given(relation, columns)[np.maximum(rows, 0)]
        if self._instances is not None:
            bindings = Bindings(bindings.size, bindings.slots, {**bindings.rows, place: rows})
        return bindings.where(~dead)

    @staticmethod
    def _given(relation: Relation, columns: tuple[int, ...]) -> Mask:
        """Which tuples are given; by group of the index on ``columns`` when those are not all columns."""
        given = relation.given()
        if len(columns) == relation.arity:
            return given
        index = relation.index(columns)
        keys = relation.rows[given][:, list(columns)]
        found = np.zeros(max(index.groups, 1), dtype=bool)
        found[index.groups_of([np.ascontiguousarray(column) for column in keys.T], len(keys))] = True
        return found
