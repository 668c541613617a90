"""Best values without provenance: the value of a tuple is carried through the joins, and an improved tuple is new again.

This needs an *idempotent* and *absorptive* choice (the better of two values; a longer derivation is never better), so that
the fixpoint exists and the order does not matter: Viterbi, tropical, min-max, bottleneck.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numba
import numpy as np
from numpy.typing import NDArray

from induce.errors import AlgebraError, DataError, RuleError, did_you_mean
from induce.logic.bindings import Bindings, Scan, projection, stacked
from induce.logic.clauses import Clause, Literal, Stratum
from induce.logic.joins import Join, Window
from induce.logic.limits import Limits, Watch
from induce.logic.order import join_order
from induce.logic.relation import Relation
from induce.logic.rows import place_row

if TYPE_CHECKING:
    from induce.logic.database import Database

__all__ = ["VALUE_ALGEBRAS", "ValueAlgebra", "best_values"]

Int32 = NDArray[np.int32]
Float = NDArray[np.float64]

PRODUCT, SUM, MINIMUM = range(3)


@dataclass(frozen=True)
class ValueAlgebra:
    """How values combine along a derivation, and which of two derivations is better.

    Parameters
    ----------
    name : str
    combine : int
        0 multiplies, 1 adds, 2 takes the minimum.
    smaller : bool
        Whether the smaller of two values is the better one.
    one, zero : float
        Value of a tuple that is simply given, and of one that cannot be derived.
    low, high : float
        Weights must lie between these, or a longer derivation could be better.
    """

    name: str
    combine: int
    smaller: bool
    one: float
    zero: float
    low: float
    high: float


VALUE_ALGEBRAS = {
    algebra.name: algebra
    for algebra in (
        ValueAlgebra("viterbi", PRODUCT, False, 1.0, 0.0, 0.0, 1.0),
        ValueAlgebra("tropical", SUM, True, 0.0, np.inf, 0.0, np.inf),
        ValueAlgebra("minmax", MINIMUM, False, 1.0, 0.0, 0.0, 1.0),
        ValueAlgebra("bottleneck", MINIMUM, False, np.inf, -np.inf, -np.inf, np.inf),
    )
}
"""The algebras of :meth:`Database.best`: the most probable derivation, the cheapest, the one whose weakest part is
strongest (in 0..1, or over all numbers)."""


@numba.njit(cache=True, nogil=True, inline="always")
def _combined(a: float, b: float, combine: int) -> float:
    return a * b if combine == 0 else (a + b if combine == 1 else min(a, b))


@numba.njit(cache=True, nogil=True, inline="always")
def _offer(number: int, value: float, smaller: bool, store: Any, waiting: int) -> int:
    values, dirty, agenda = store
    if (value < values[number]) if smaller else (value > values[number]):
        values[number] = value
        if not dirty[number]:
            dirty[number] = True
            agenda[waiting] = number
            waiting += 1
    return waiting


@numba.njit(cache=True, nogil=True)
def _insert_matches(
    begin: int,
    groups: Any,
    index: Any,
    window: Any,
    binding: Any,
    partial: Any,
    source: Any,
    recipe: Any,
    target: Any,
    store: Any,
    counts: tuple[int, int],
    algebra: tuple[int, bool],
) -> tuple[int, int, int]:
    start, order, heads, following, base = index
    low, high = window
    plan, fixed, checks = recipe
    rows, places, span = target
    source_rows, source_values = source
    combine, smaller = algebra
    count, waiting = counts
    head = np.empty(plan.size, dtype=np.int32)
    for i in range(begin, groups.size):
        group = groups[i]
        if group < 0:
            continue
        listed = start[group] if group < start.size - 1 else np.int64(0)
        end = start[group + 1] if group < start.size - 1 else np.int64(0)
        chained = np.int64(heads[group]) if group < heads.size else np.int64(-1)
        while listed < end or chained >= 0:
            if listed < end:
                row = np.int64(order[listed])
                listed += 1
            else:
                row = chained
                chained = np.int64(following[row - base])
            if row < low or row >= high:
                continue
            agrees = True
            for c in range(checks.shape[0]):
                if source_rows[row, checks[c, 0]] != source_rows[row, -1 - checks[c, 1]]:
                    agrees = False
            if not agrees:
                continue
            if count >= rows.shape[0]:
                return i, count, waiting
            for k in range(plan.size):
                p = plan[k]
                head[k] = fixed[k] if p == -1 else (binding[p, i] if p >= 0 else source_rows[row, -2 - p])
            number = place_row(head, rows, count, places, span)
            if number == count:
                count += 1
            waiting = _offer(number, _combined(partial[i], source_values[row], combine), smaller, store, waiting)
    return groups.size, count, waiting


@numba.njit(cache=True, nogil=True)
def _offer_all(numbers: Any, offered: Any, smaller: bool, store: Any, waiting: int) -> int:
    for i in range(numbers.size):
        waiting = _offer(numbers[i], offered[i], smaller, store, waiting)
    return waiting


class Valued:
    """A relation's values, one per tuple, and the tuples whose value has improved since they were last taken."""

    def __init__(self, relation: Relation, algebra: ValueAlgebra, given: Float) -> None:
        self.relation = relation
        self._algebra = algebra
        self.values = given
        self.dirty = np.zeros(len(given), dtype=bool)
        self.agenda = np.empty(len(given), dtype=np.int32)
        self.waiting = 0

    def fit(self) -> None:
        """Room for as many values as the relation has room for tuples."""
        room, used = self.relation.tuples.room, len(self.values)
        if room > used:
            self.values = np.concatenate([self.values, np.full(room - used, self._algebra.zero)])
            self.dirty = np.concatenate([self.dirty, np.zeros(room - used, dtype=bool)])
            self.agenda = np.concatenate([self.agenda, np.empty(room - used, dtype=np.int32)])

    def store(self) -> tuple[Any, Any, Any]:
        """As the kernels take it."""
        return self.values, self.dirty, self.agenda

    def take(self) -> Int32:
        """The improved tuples, in the order in which they improved."""
        found = self.agenda[: self.waiting].copy()
        self.dirty[found] = False
        self.waiting = 0
        return found


class ValueJoin(Join):
    """A join that combines the values of the tuples it uses."""

    def prepare(self, algebra: ValueAlgebra, valued: Callable[[str], Valued]) -> None:
        """Set the algebra and where values are kept; every literal's row is needed."""
        self._algebra = algebra
        self._valued = valued
        self._fresh: Int32 | None = None
        for step in self._steps:
            if isinstance(step, Scan):
                step.recorded = True

    def run_with(self, windows: dict[int, Window], fresh: Int32 | None) -> None:
        """Run; the first literal takes the rows ``fresh``, if given."""
        self._fresh = fresh
        self.run(windows)

    def _is_driver(self, scan: Scan) -> bool:
        return self._fresh is not None or super()._is_driver(scan)

    def _driven(self, scan: Scan) -> Iterator[Int32]:
        if self._fresh is None:
            yield from super()._driven(scan)
        elif len(self._fresh):
            yield self._fresh

    def _partial(self, bindings: Bindings) -> Float:
        found = np.full(bindings.size, self._algebra.one)
        for place, rows in bindings.rows.items():
            step = self.clause.body[place]
            assert isinstance(step, Literal)
            values = self._valued(step.relation).values[rows]
            if self._algebra.combine == PRODUCT:
                found *= values
            elif self._algebra.combine == SUM:
                found += values
            else:
                np.minimum(found, values, out=found)
        return found

    def _fuse(self, scan: Scan, bindings: Bindings) -> None:
        groups, partial = scan.groups(bindings), self._partial(bindings)
        slots = list(bindings.slots)
        binding = stacked([bindings.slots[slot] for slot in slots], bindings.size)
        plan, fixed = projection(self.clause.head, slots, scan.needed)
        checks = np.array([(column, -1 - other) for column, other in scan.repeats], dtype=np.int64).reshape(-1, 2)
        parts, window, recipe = scan.index.parts(), self._windows[scan.place], (plan, fixed, checks)
        target, head, begin = self._head.tuples, self._valued(self._head.name), 0
        target.fit(len(self._symbols))
        kind = (self._algebra.combine, self._algebra.smaller)
        while begin < bindings.size:
            head.fit()
            source = (scan.relation.tuples.parts()[0], self._valued(scan.relation.name).values)
            before = target.count
            begin, target.count, head.waiting = _insert_matches(
                begin, groups, parts, window, binding, partial, source, recipe, target.parts(), head.store(),
                (target.count, head.waiting), kind,
            )  # fmt: skip
            self._after(target, before, begin < bindings.size)

    def _emit(self, bindings: Bindings) -> None:
        target, before = self._head.tuples, self._head.tuples.count
        target.fit(len(self._symbols))
        rows = np.empty((bindings.size, self._head.arity), dtype=np.int32)
        for column, slot in enumerate(self.clause.head.arguments):
            rows[:, column] = ~slot if slot < 0 else bindings.slots[slot]
        numbers = target.insert(rows)
        head = self._valued(self._head.name)
        head.fit()
        head.waiting = _offer_all(numbers, self._partial(bindings), self._algebra.smaller, head.store(), head.waiting)
        self._after(target, before, False)


def _checked(algebra: ValueAlgebra, relation: Relation, weights: Any) -> Float:
    """Weights of one relation, one per tuple."""
    found = np.array(weights, dtype=np.float64).reshape(-1)
    if len(found) != len(relation):
        raise DataError(
            f"{len(found)} weights were given for the {len(relation)} tuples of {relation.name}. "
            f"Give one per tuple, in the order of tuples('{relation.name}')."
        )
    bad = ~((found >= algebra.low) & (found <= algebra.high))
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(
            f"Weight {found[row]:g} of tuple {row} of {relation.name} is outside of {algebra.low:g} to {algebra.high:g}, "
            f"so '{algebra.name}' has no best derivation. Rescale the weights, or choose another algebra."
        )
    return found


def _refuse_negation(database: Database, stratum: Stratum, weights: Mapping[str, Any]) -> None:
    for clause in stratum.clauses:
        for step in clause.body:
            if isinstance(step, Literal) and step.negated:
                if step.relation in weights or database.relation(step.relation).uncertain:
                    raise RuleError(
                        f"The rule '{clause.text}' negates {step.relation}, whose tuples have weights; the best derivation "
                        f"has no value for the absence of a tuple. Run it with record=True and an algebra with negation.",
                        line=clause.line,
                    )


def best_values(
    database: Database, stratum: Stratum, algebra: str, weights: Mapping[str, Any], limits: Limits
) -> dict[str, tuple[Int32, Float]]:
    """The value of the best derivation of each tuple that a stratum derives, without recording any.

    Parameters
    ----------
    algebra : {"viterbi", "tropical", "minmax", "bottleneck"}
        The most probable derivation, the cheapest, the one with the strongest weakest part (0..1, or any numbers).
    weights : mapping of relation to array, shape (tuples,)
        One per tuple, in order; others weigh nothing. For the next stratum, add the values that this one returned.

    Raises
    ------
    AlgebraError, DataError, RuleError, LimitError
        For an unknown algebra; weights outside of its range or not one per tuple; a negated relation with weights.
    """
    if algebra not in VALUE_ALGEBRAS:
        raise AlgebraError(
            f"There is no value algebra '{algebra}'.{did_you_mean(algebra, VALUE_ALGEBRAS)} "
            f"There are: {', '.join(VALUE_ALGEBRAS)}."
        )
    chosen = VALUE_ALGEBRAS[algebra]
    _refuse_negation(database, stratum, weights)
    watch = Watch(limits, stratum)
    for aggregate in stratum.aggregates:
        database.add_aggregate(stratum, aggregate, watch)
    heads = list(dict.fromkeys(clause.head.relation for clause in stratum.clauses))
    known: dict[str, Valued] = {}

    def valued(name: str) -> Valued:
        if name not in known:
            relation = database.relation(name)
            given = np.full(len(relation), chosen.one)
            if name in weights:
                given = _checked(chosen, relation, weights[name])
            if name in heads:
                kept = relation.given() | database.is_leaf(name) if len(relation) else np.zeros(0, dtype=bool)
                given = np.where(kept, given, chosen.zero)
            known[name] = Valued(relation, chosen, given)
        return known[name]

    for name in weights:
        valued(name)
    with database.deriving(heads):
        _value_rounds(database, stratum, watch, chosen, valued, heads)
    return {name: (database.tuples(name), known[name].values[: database.size(name)]) for name in heads}


def _value_rounds(
    database: Database,
    stratum: Stratum,
    watch: Watch,
    algebra: ValueAlgebra,
    valued: Callable[[str], Valued],
    heads: list[str],
) -> None:
    joins: dict[tuple[int, int | None], ValueJoin] = {}

    def apply(number: int, driver: int | None, fresh: Int32 | None) -> None:
        clause = stratum.clauses[number]
        windows = {
            place: (0, database.size(step.relation))
            for place, step in enumerate(clause.body)
            if isinstance(step, Literal) and not step.negated
        }
        if any(high == 0 for _, high in windows.values()):
            return
        for step in clause.body:
            if isinstance(step, Literal):
                valued(step.relation).fit()
        valued(clause.head.relation)
        if (number, driver) not in joins:
            joins[number, driver] = _value_join(database, clause, driver, watch, algebra, valued)
        joins[number, driver].run_with(windows, fresh)

    for number in range(len(stratum.clauses)):
        apply(number, None, None)
    count = 0
    while True:
        fresh = {name: valued(name).take() for name in heads}
        if not any(len(rows) for rows in fresh.values()):
            return
        count += 1
        for number, clause in enumerate(stratum.clauses):
            for place, step in enumerate(clause.body):
                if isinstance(step, Literal) and not step.negated and len(fresh.get(step.relation, ())):
                    watch.check_round(clause, {} if count <= watch.rounds else database.sizes(), count)
                    apply(number, place, fresh[step.relation])


def _value_join(
    database: Database,
    clause: Clause,
    driver: int | None,
    watch: Watch,
    algebra: ValueAlgebra,
    valued: Callable[[str], Valued],
) -> ValueJoin:
    join = ValueJoin(
        clause,
        join_order(clause, driver, database),
        database.relation,
        database.symbols,
        None,
        lambda c: watch.check(c, database),
        lambda sentence: database.note(clause, sentence),
    )
    join.prepare(algebra, valued)
    return join
