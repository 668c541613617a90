"""The database: relations, facts, leaves, and the semi-naive evaluation of strata over them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.errors import DataError, RuleError, did_you_mean
from induce.logic.aggregates import aggregate
from induce.logic.clauses import AggregateClause, Clause, Literal, Stratum
from induce.logic.dense import estimate, run_dense
from induce.logic.hypergraph import Hypergraph
from induce.logic.joins import Join, Window, semi_naive_windows
from induce.logic.limits import Limits, Watch
from induce.logic.magic import DEMAND
from induce.logic.order import join_order
from induce.logic.relation import Relation
from induce.logic.rows import RowSet
from induce.logic.state import Effort, LeafTable, StratumState
from induce.logic.symbols import Symbols

__all__ = ["Database"]

Int32 = NDArray[np.int32]

METHODS = ("auto", "sparse", "dense")

REPLAN = 8
"""A join order is chosen anew when a relation has grown this many times."""


class Database:
    """Relations over one table of symbols.

    Parameters
    ----------
    symbols : Symbols

    >>> from induce.logic.clauses import Clause, Literal
    >>> database = Database(Symbols())
    >>> database.add_facts("edge/2", database.symbols.ids_of([1, 2, 2, 3]).reshape(2, 2))
    >>> rule = Clause(Literal("node/1", (0,)), (Literal("edge/2", (0, 1)),), 2, 0, "node(X) :- edge(X, Y).")
    >>> database.run(Stratum((rule,)))
    >>> database.symbols.values_of(database.tuples("node/1")[:, 0])
    [1, 2]
    """

    def __init__(self, symbols: Symbols) -> None:
        self.symbols = symbols
        self.relations: dict[str, Relation] = {}
        self.leaf_tables: list[LeafTable] = []
        self.pending: list[tuple[Stratum, AggregateClause]] = []
        self.notes: list[str] = []
        self.states: dict[Stratum, StratumState] = {}
        self._efforts: dict[int, Effort] = {}
        self._running: frozenset[str] = frozenset()
        self._settled = 0  # tuples of all relations that no running stratum derives

    # ---------------------------------------------------------------- relations

    def relation(self, name: str) -> Relation:
        """The relation of a name such as ``edge/2``, empty if it is new."""
        found = self.relations.get(name)
        if found is None:
            found = self.relations[name] = Relation(name, int(name.rpartition("/")[2]), len(self.symbols))
        return found

    def tuples(self, relation: str) -> Int32:
        """The tuples of a relation, ids of shape (tuples, arity), in the order in which they were derived."""
        return self.relation(relation).rows

    def size(self, relation: str) -> int:
        """Number of tuples."""
        return len(self.relation(relation))

    def distinct(self, relation: str, columns: tuple[int, ...]) -> int:
        """About how many values the columns take together."""
        return self.relation(relation).distinct(columns)

    def sizes(self) -> dict[str, int]:
        """Number of tuples by relation."""
        return {name: len(relation) for name, relation in self.relations.items()}

    @property
    def total(self) -> int:
        """Number of tuples of all relations together."""
        return self._settled + sum(map(self.size, self._running))

    @contextmanager
    def deriving(self, heads: Iterable[str]) -> Iterator[None]:
        """While these relations grow inside joins, :attr:`total` looks at their sizes."""
        self._running = frozenset(heads)
        self._settled -= sum(map(self.size, self._running))
        try:
            yield
        finally:
            self._settled += sum(map(self.size, self._running))
            self._running = frozenset()

    def add_facts(self, relation: str, columns: Any) -> None:
        """Add tuples that hold in every world.

        Parameters
        ----------
        relation : str
        columns : int array, shape (tuples, arity)

        Raises
        ------
        DataError
            When the shape does not fit the arity.
        """
        found = self.relation(relation)
        found.mark_facts(self._insert(found, columns))

    def _insert(self, relation: Relation, columns: Any) -> Int32:
        columns = np.asarray(columns, dtype=np.int32)
        if columns.ndim != 2 or columns.shape[1] != relation.arity:
            raise DataError(
                f"Tuples of {relation.name} came with the shape {columns.shape}; {relation.arity} columns were expected. "
                f"Give an array of shape (tuples, {relation.arity})."
            )
        relation.tuples.fit(len(self.symbols))
        before = len(relation)
        found = relation.tuples.insert(columns)
        if relation.name not in self._running:
            self._settled += len(relation) - before
        return found

    def add_leaves(
        self, relation: str, columns: Any, *, source: int, row: Int32, value: Int32, categorical: bool = False
    ) -> None:
        """Add tuples that hold by chance, choice or a network.

        Parameters
        ----------
        relation : str
        columns : int array, shape (leaves, arity)
        source : int
            Number of the statement or table that gives the weights.
        row, value : int arrays, shape (leaves,)
            Which of the source's variables each leaf is, and which of its values; rows are numbered per source.
        categorical : bool
            Whether exactly one leaf of each variable holds.
        """
        found = self.relation(relation)
        atoms = self._insert(found, columns)
        found.leaves = True
        self._make_uncertain(found)
        rows, values = np.asarray(row, dtype=np.int32), np.asarray(value, dtype=np.int32)
        if not len(rows) == len(values) == len(atoms):
            raise DataError(
                f"Leaves of {relation}: {len(atoms)} tuples came with {len(rows)} rows and {len(values)} values. "
                f"Give one of each per tuple."
            )
        self.leaf_tables.append(LeafTable(relation, atoms, source, rows, values, categorical))

    def _make_uncertain(self, relation: Relation) -> None:
        if not relation.uncertain:
            relation.uncertain = True
            relation.version += 1  # what read it as certain must be derived anew

    # ---------------------------------------------------------------- evaluation

    def run(
        self, stratum: Stratum, *, record: bool = False, limits: Limits | None = None, method: str = "auto"
    ) -> None:
        """Evaluate a stratum; again after more facts came, only what is new is joined.

        A stratum is evaluated anew when a relation that it negates or aggregates has changed.

        Parameters
        ----------
        stratum : Stratum
        record : bool
            Whether to record the rule instances of uncertain relations, for :meth:`hypergraph`.
        limits : Limits, optional
        method : {"auto", "sparse", "dense"}
            Joins, or products of arrays over all constants; ``auto`` takes what is expected to cost less.

        Raises
        ------
        LimitError
            When a limit is passed: the message names the rule.
        RuleError
            For a rule that is unsafe or applies an operator wrongly.
        """
        if method not in METHODS:
            raise RuleError(
                f"There is no method '{method}'.{did_you_mean(method, METHODS)} There are: {', '.join(METHODS)}."
            )
        state = self.states.setdefault(stratum, StratumState(stratum))
        watch = Watch(limits or Limits(), stratum)
        self._spread_uncertainty(stratum)
        if state.started and self._is_stale(state, record):
            self._forget(state)
        state.record = state.record or record
        with self.deriving([*state.heads, *(a.head for a in stratum.aggregates)]):
            self._evaluate(state, watch, method)

    def _evaluate(self, state: StratumState, watch: Watch, method: str) -> None:
        stratum = state.stratum
        if not state.started:
            for clause in stratum.aggregates:
                self.add_aggregate(stratum, clause, watch)
            if stratum.clauses and (method == "dense" or (method == "auto" and estimate(stratum, self) == "dense")):
                self._run_dense(state, watch)
                return
        self._fixpoint(state, watch)

    def _run_dense(self, state: StratumState, watch: Watch) -> None:
        started, before = time.process_time(), sum(self.size(name) for name in state.heads)
        run_dense(state.stratum, self)
        clause = state.stratum.clauses[-1]
        watch.check(clause, self)
        effort = self._efforts.setdefault(clause.number, Effort(clause.text))  # the rules are not told apart
        effort.tuples += sum(self.size(name) for name in state.heads) - before
        effort.seconds += time.process_time() - started
        state.started = True
        for name in {*state.positive, *state.fixed}:
            state.seen[name] = (self.relation(name).version, self.size(name))

    def derive(self, relation: str, columns: Any) -> None:
        """Add tuples that were derived, not given."""
        self._insert(self.relation(relation), columns)

    def _spread_uncertainty(self, stratum: Stratum) -> None:
        changed = True
        while changed:
            changed = False
            for clause in stratum.clauses:
                if clause.head.relation.startswith(DEMAND):
                    continue
                head = self.relation(clause.head.relation)
                read = [self.relation(step.relation) for step in clause.body if isinstance(step, Literal)]
                if not head.uncertain and (clause.leaf or any(relation.uncertain for relation in read)):
                    self._make_uncertain(head)
                    changed = True

    def _is_stale(self, state: StratumState, record: bool) -> bool:
        if record and not state.record:
            return True
        for name, (version, size) in state.seen.items():
            relation = self.relation(name)
            if relation.version != version or (name in state.fixed and len(relation) != size):
                return True
        return False

    def _forget(self, state: StratumState) -> None:
        """Drop what the stratum derived; given tuples and leaves that were added stay."""
        for name in sorted(state.heads):
            relation = self.relation(name)
            kept = relation.given()
            for table in self.leaf_tables:
                if table.relation == name:
                    kept[table.atoms] = True
            numbers = np.cumsum(kept, dtype=np.int32) - 1
            relation.keep(kept)
            self.leaf_tables = [
                LeafTable(t.relation, numbers[t.atoms], t.source, t.row, t.value, t.categorical)
                if t.relation == name
                else t
                for t in self.leaf_tables
            ]
        state.seen, state.started = {}, False
        state.instances, state.joins = {}, {}
        self.pending = [pair for pair in self.pending if pair[0] != state.stratum]

    def _fixpoint(self, state: StratumState, watch: Watch) -> None:
        """Rounds over the new tuples of each relation, until none is new."""
        clauses = state.stratum.clauses
        for name in state.fixed:
            state.seen[name] = (self.relation(name).version, self.size(name))
        done = {name: state.seen[name][1] if name in state.seen else 0 for name in state.positive}
        number = 0
        while True:
            now = {name: self.size(name) for name in state.positive}
            if not state.started:
                for k, clause in enumerate(clauses):
                    self._apply(state, k, None, semi_naive_windows(clause, None, done, now), watch)
                state.started = True
            else:
                fresh = [name for name in state.positive if now[name] > done[name]]
                if not fresh:
                    break
                number += 1
                for name in fresh:
                    for k, place in state.positive[name]:
                        watch.check_round(clauses[k], {} if number <= watch.rounds else self.sizes(), number)
                        self._apply(state, k, place, semi_naive_windows(clauses[k], place, done, now), watch)
            done = now
        for name, size in done.items():
            state.seen[name] = (self.relation(name).version, size)

    def _apply(
        self, state: StratumState, number: int, driver: int | None, windows: dict[int, Window], watch: Watch
    ) -> None:
        if any(low >= high for low, high in windows.values()):
            return
        clause = state.stratum.clauses[number]
        started = time.process_time()
        join = self._join(state, number, driver, watch)
        recorded = state.instances.get(number)
        before = len(recorded) if recorded is not None else 0
        join.made = 0
        join.run(windows)
        effort = self._efforts.setdefault(clause.number, Effort(clause.text))
        effort.tuples += join.made
        effort.instances += len(recorded) - before if recorded is not None else 0
        effort.seconds += time.process_time() - started

    def _join(self, state: StratumState, number: int, driver: int | None, watch: Watch) -> Join:
        """The rule's join for one driver, planned anew when a relation has grown much."""
        clause = state.stratum.clauses[number]
        known = state.joins.get((number, driver))
        if known is not None and all(self.size(n) <= REPLAN * max(s, 16) for n, s in known[1].items()):
            known[0].watch(lambda c: watch.check(c, self))
            return known[0]
        instances = None
        if state.record and not clause.leaf and self.relation(clause.head.relation).uncertain:
            read = [s.relation for s in clause.body if isinstance(s, Literal)]
            width = 1 + sum(self.relation(name).uncertain for name in read)
            instances = state.instances.setdefault(number, RowSet(width))
        join = Join(
            clause,
            join_order(clause, driver, self),
            self.relation,
            self.symbols,
            instances,
            lambda c: watch.check(c, self),
            lambda sentence: self.note(clause, sentence),
        )
        sizes = {step.relation: self.size(step.relation) for step in clause.body if isinstance(step, Literal)}
        state.joins[number, driver] = (join, sizes)
        return join

    def note(self, clause: Clause, sentence: str) -> None:
        """Keep a sentence about instances that were dropped, once per rule."""
        start = f"In the rule '{clause.text}'"
        if not any(note.startswith(start) for note in self.notes):
            where = f" (line {clause.line})" if clause.line else ""
            self.notes.append(f"{start}{where}, {sentence}. Such instances are left out.")

    def add_aggregate(self, stratum: Stratum, clause: AggregateClause, watch: Watch) -> None:
        """Add the tuples of an aggregate, or note it as pending when its source is uncertain."""
        source = self.relation(clause.source)
        if source.uncertain:
            self._make_uncertain(self.relation(clause.head))
            if (stratum, clause) not in self.pending:
                self.pending.append((stratum, clause))
            return
        started = time.process_time()
        head = self.relation(clause.head)
        before = len(head)
        self._insert(head, aggregate(clause, source.rows, self.symbols))
        watch.check(clause, self)
        effort = self._efforts.setdefault(clause.number, Effort(clause.text))
        effort.tuples += len(head) - before
        effort.seconds += time.process_time() - started

    def is_leaf(self, name: str) -> NDArray[np.bool_]:
        """Which tuples of a relation were added as leaves."""
        found = np.zeros(self.size(name), dtype=bool)
        for table in self.leaf_tables:
            if table.relation == name:
                found[table.atoms] = True
        return found

    def best(
        self, stratum: Stratum, algebra: str = "viterbi", weights: Mapping[str, Any] | None = None, *, limits: Limits | None = None
    ) -> dict[str, tuple[Int32, NDArray[np.float64]]]:  # fmt: skip
        """The value of the best derivation of each tuple of a stratum; see :func:`induce.logic.best.best_values`."""
        from induce.logic.best import best_values

        return best_values(self, stratum, algebra, weights or {}, limits or Limits())

    def profile(self) -> list[dict[str, Any]]:
        """Per rule: its number, text, tuples and instances made, and CPU seconds; the costliest first."""
        rows = [{"rule": number, **vars(effort)} for number, effort in self._efforts.items()]
        return sorted(rows, key=lambda row: -row["seconds"])

    # ---------------------------------------------------------------- results

    def hypergraph(self, texts: Mapping[int, str] | None = None) -> Hypergraph:
        """The ground program of the strata that were run with ``record=True``.

        Parameters
        ----------
        texts : mapping of rule number to text, optional
        """
        from induce.logic.ground import ground

        return ground(self, texts or {})
