"""From clauses and facts to a hypergraph with its leaves, constraints, evidence and answers in place."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.errors import RuleError, did_you_mean
from induce.logic.clauses import Clause, Literal, Stratum
from induce.logic.conflicts import witness
from induce.logic.counters import Counters, result_tuples
from induce.logic.database import Database
from induce.logic.facts import check_joined_numbers
from induce.logic.hypergraph import Hypergraph, Leaves
from induce.logic.lower import Lowered, Source
from induce.logic.strata import strata_of, uncertain_relations
from induce.logic.structure import exclusive_atoms, functional_relations

__all__ = ["GroundProgram", "SourceTable", "Weighted", "ground"]

Int32 = NDArray[np.int32]
_ADORNED = re.compile(r"@[bf]+$")
"""What magic sets add to the name of a relation."""


@dataclass(frozen=True, eq=False)
class Weighted:
    """Facts with a probability each."""

    columns: Int32
    weights: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SourceTable:
    """The leaves of one source.

    Parameters
    ----------
    source : Source
    keys : int32 array, shape (variables, key columns)
    leaf : int32 array, shape (variables, values)
        Leaf numbers; -1 for a value that occurs nowhere. One column for Boolean variables.
    weights : float array, shape (variables,), optional
        Given probabilities of a table.
    """

    source: Source
    keys: Int32
    leaf: Int32
    weights: NDArray[np.float64] | None = None


@dataclass(frozen=True, eq=False)
class GroundProgram:
    """A ground program with everything that evaluation needs."""

    lowered: Lowered
    graph: Hypergraph
    tables: tuple[SourceTable, ...]
    prove: Callable[[], NDArray[np.bool_]]
    forbidden: tuple[tuple[int, int], ...]
    evidence: tuple[int, ...]
    impossible: tuple[str, ...]
    profile: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    clauses: tuple[Clause, ...] = ()
    database: Any = None

    @cached_property
    def exclusive(self) -> NDArray[np.bool_]:
        """Atoms whose instances are proved to exclude one another; proved when first asked for."""
        return self.prove()

    @property
    def given(self) -> tuple[int, ...]:
        """Signed literals that hold: the evidence, and the negation of every violation."""
        return (*self.evidence, *(2 * atom + 1 for atom, _ in self.forbidden))

    def atom_of(self, relation: str, row: Sequence[int]) -> int:
        """The atom of a tuple, or -1."""
        start, rows = self.graph.relations.get(relation, (0, np.zeros((0, len(row)), np.int32)))
        if not len(rows):
            return -1
        if not len(row):
            return start
        found = np.flatnonzero((rows == np.asarray(row, np.int32)).all(axis=1))
        return start + int(found[0]) if len(found) else -1

    def text_of(self, atom: int) -> str:
        """An atom as it is written."""
        for name, (start, rows) in self.graph.relations.items():
            if start <= atom < start + len(rows):
                return written(name, self.graph.symbols.values_of(rows[atom - start]))
        return f"atom {atom}"


def written(relation: str, values: Sequence[Any]) -> str:
    """``edge(a, 5)`` from a relation's name and the values of a tuple."""
    from induce.logic.show import value_text

    name = _ADORNED.sub("", relation.rpartition("/")[0])
    return f"{name}({', '.join(value_text(v) for v in values)})" if len(values) else name


def ground(
    lowered: Lowered,
    facts: Mapping[str, Int32],
    weighted: Mapping[str, Weighted],
    *,
    limits: Any = None,
    skip: frozenset[str] = frozenset(),
    demand: tuple[Literal, str] | None = None,
) -> GroundProgram:
    """Ground a program.

    Parameters
    ----------
    lowered : Lowered
    facts : mapping of relation to columns
        Tables of certain facts.
    weighted : mapping of relation to Weighted
        Tables of facts with probabilities.
    limits : Limits, optional
    skip : set of relation
        Aggregates that are evaluated otherwise and need no tuples.
    demand : (Literal, str), optional
        An atom with constants, and the relation of its answers: only what it needs is derived (magic sets).

    Raises
    ------
    RuleError
        If a relation has neither facts nor rules, or evidence is impossible.
    LimitError
        If the program grows beyond a limit.
    """
    clauses = [c for c in lowered.clauses if not _reaches(c, skip)]
    aggregates = [a for a in lowered.aggregates if a.head not in skip]
    _check_known(lowered, facts, weighted)
    database = Database(lowered.symbols)
    given = _all_facts(lowered, facts)
    check_joined_numbers(clauses, given | {name: table.columns for name, table in weighted.items()}, lowered.symbols)
    for relation, rows in given.items():
        database.add_facts(relation, rows)
    for relation, table in weighted.items():
        count = np.arange(len(table.columns), dtype=np.int32)
        database.add_leaves(relation, table.columns, source=0, row=count, value=0 * count, categorical=False)
    strata = strata_of(clauses, aggregates)
    if demand is not None:
        strata = _demanded(strata, *demand)
        clauses = [c for s in strata for c in s.clauses]
        aggregates = [a for s in strata for a in s.aggregates]
    uncertain = uncertain_relations(clauses, aggregates, set(weighted))
    counters = Counters(lowered, weighted=weighted)
    for stratum in strata:
        plain = tuple(a for a in stratum.aggregates if a.source not in uncertain)
        heads = {c.head.relation for c in stratum.clauses} | {a.head for a in stratum.aggregates}
        for aggregate in stratum.aggregates:
            if aggregate.source in uncertain:
                rows = result_tuples(counters, aggregate, database)
                number = np.arange(len(rows), dtype=np.int32)
                database.add_leaves(aggregate.head, rows, source=-1, row=number, value=0 * number, categorical=False)
        database.run(replace(stratum, aggregates=plain), record=bool(heads & uncertain), limits=limits)
    graph = database.hypergraph(lowered.texts)
    graph, tables = _with_leaves(lowered, graph, weighted)
    graph, violations = counters.install(graph, database)

    def prove() -> NDArray[np.bool_]:
        return _proved(lowered, graph, clauses, uncertain, counters)

    return _finished(lowered, graph, tables, prove, violations, database, tuple(clauses))


def _proved(
    lowered: Lowered, graph: Hypergraph, clauses: Sequence[Clause], uncertain: set[str], counters: Counters
) -> NDArray[np.bool_]:
    if not graph.instances:
        return np.zeros(graph.atoms, np.bool_)
    certain = {name: rows for name, (_, rows) in graph.relations.items() if name not in uncertain}
    keys = {s.relation: frozenset(range(s.keys)) for s in lowered.sources if s.categorical}
    keys |= {
        s.relation: frozenset(range(int(s.relation.rpartition("/")[2]))) for s in lowered.sources if not s.categorical
    }
    functional = functional_relations(graph, clauses, keys, certain, counters.functional)
    return counters.mark(exclusive_atoms(graph, clauses, functional, certain))


def _demanded(strata: Sequence[Stratum], query: Literal, answers: str) -> list[Stratum]:
    """The strata rewritten for one query, and the clause of its answers over the rewritten relation."""
    from induce.logic.magic import demanded

    kept = [replace(s, clauses=tuple(c for c in s.clauses if c.head.relation != answers)) for s in strata]
    (last,) = (c for s in strata for c in s.clauses if c.head.relation == answers)
    found = demanded([s for s in kept if s.clauses or s.aggregates], query)
    body = tuple(found.answer if step == query else step for step in last.body)
    return [*found.strata, Stratum((replace(last, body=body),))]


def counted_facts(
    lowered: Lowered, facts: Mapping[str, Int32], weighted: Mapping[str, Weighted]
) -> tuple[Mapping[str, Int32], Mapping[str, Weighted]]:
    """The same program with every certain fact as a leaf of weight one: an algebra that counts needs its proofs.

    Facts of hidden relations, such as the domain of a network, stay certain: they are part of how a rule is read.
    """
    everything = _all_facts(lowered, facts)
    made = dict(weighted)
    for relation in list(everything):
        if "@" in relation or not len(everything[relation]):
            continue
        rows = np.unique(everything.pop(relation), axis=0)
        lowered.facts.pop(relation, None)
        before = weighted.get(relation)
        if before is not None:
            rows = np.concatenate([before.columns, rows])
        ones = np.ones(len(rows) - (0 if before is None else len(before.columns)))
        made[relation] = Weighted(rows, ones if before is None else np.concatenate([before.weights, ones]))
    hidden = {r: rows for r, rows in everything.items() if r not in lowered.facts}
    return hidden, made


def _reaches(clause: Clause, skip: frozenset[str]) -> bool:
    return any(isinstance(s, Literal) and s.relation in skip for s in clause.body)


def _all_facts(lowered: Lowered, facts: Mapping[str, Int32]) -> dict[str, Int32]:
    found = dict(facts)
    for relation, rows in lowered.facts.items():
        arity = int(relation.rpartition("/")[2])
        mine = np.array(rows, np.int32).reshape(len(rows), arity)
        found[relation] = np.concatenate([found[relation], mine]) if relation in found else mine
    return found


def _check_known(lowered: Lowered, facts: Mapping[str, Any], weighted: Mapping[str, Any]) -> None:
    """Every relation of a body is defined somewhere."""
    known = {*facts, *weighted, *lowered.facts, *lowered.columns, *(c.head.relation for c in lowered.clauses)}
    known |= {a.head for a in lowered.aggregates} | {s.relation for s in lowered.sources}
    for clause in lowered.clauses:
        for step in clause.body:
            if isinstance(step, Literal) and step.relation not in known:
                shown = [k for k in known if "@" not in k]
                hint = did_you_mean(step.relation, shown)
                if step.relation in lowered.valued:
                    name = step.relation.rpartition("/")[0]
                    hint = f" Its values are given by program.facts({name!r}, table, value='column')."
                raise RuleError(
                    f"'{step.relation}' has no facts and no rules.{hint} Give its facts, write a rule for it, or declare "
                    f"it empty with #relation.\n  {clause.text}",
                    line=clause.line,
                    column=1 if clause.line else 0,
                )


def _with_leaves(
    lowered: Lowered, graph: Hypergraph, weighted: Mapping[str, Weighted]
) -> tuple[Hypergraph, tuple[SourceTable, ...]]:
    """The leaf table of a hypergraph, from the tuples of the leaf relations."""
    atoms, numbers, rows, values, groups, categorical = [], [], [], [], [], []
    tables: list[SourceTable] = []
    count = variables = 0
    for number, source in enumerate([*lowered.sources, *(_table_source(r) for r in weighted)]):
        start, columns = graph.relations.get(
            source.relation, (0, np.zeros((0, source.keys + source.categorical), np.int32))
        )
        columns = np.asarray(columns, np.int32)
        places = np.arange(len(columns))
        if source.kind == "table":
            # only the weighted tuples are leaves: the relation may have certain ones too
            places = _rows_among(columns, weighted[source.relation].columns)
            columns = weighted[source.relation].columns
        if source.categorical:
            keys, row = (
                np.unique(columns[:, : source.keys], axis=0, return_inverse=True)
                if source.keys
                else (
                    np.zeros((min(len(columns), 1), 0), np.int32),
                    np.zeros(len(columns), np.int64),
                )
            )
            row = np.asarray(row).reshape(-1)
            place = {v: k for k, v in enumerate(source.values)}
            value = np.array([place.get(int(v), -1) for v in columns[:, source.keys]], np.int64)
        else:
            keys, row, value = columns, np.arange(len(columns)), np.zeros(len(columns), np.int64)
        order = np.lexsort([value, row])
        leaf = np.full((len(keys), max(len(source.values), 1)), -1, np.int32)
        leaf[row[order], value[order]] = count + np.arange(len(order), dtype=np.int32)
        weights = weighted[source.relation].weights if source.kind == "table" else None
        tables.append(SourceTable(source, keys.astype(np.int32), leaf, weights))
        atoms.append(start + places[order])
        numbers.append(np.full(len(order), number))
        rows.append(row[order])
        values.append(value[order])
        groups.append(variables + row[order])
        categorical.append(np.full(len(keys), source.categorical))
        count += len(order)
        variables += len(keys)
    join = lambda parts, kind: np.concatenate([np.zeros(0, kind), *parts]).astype(kind)  # noqa: E731
    leaves = Leaves(
        join(atoms, np.int32), join(numbers, np.int32), join(rows, np.int32), join(values, np.int32),
        join(groups, np.int32), join(categorical, np.bool_),
    )  # fmt: skip
    return replace(graph, leaves=leaves), tuple(tables)


def _rows_among(rows: Int32, wanted: Int32) -> NDArray[np.int64]:
    """The place of each wanted tuple among distinct tuples that include it."""
    if not rows.shape[1]:
        return np.zeros(len(wanted), np.int64)
    _, inverse = np.unique(np.concatenate([rows, wanted]), axis=0, return_inverse=True)
    inverse = np.asarray(inverse).reshape(-1)
    place = np.zeros(int(inverse.max(initial=-1)) + 1, np.int64)
    place[inverse[: len(rows)]] = np.arange(len(rows))
    return place[inverse[len(rows) :]]


def _table_source(relation: str) -> Source:
    return Source("table", relation, 0, int(relation.rpartition("/")[2]))


def _finished(
    lowered: Lowered,
    graph: Hypergraph,
    tables: tuple[SourceTable, ...],
    prove: Any,
    violations: list[tuple[int, int]],
    database: Any,
    clauses: tuple[Clause, ...],
) -> GroundProgram:
    """Constraints and evidence as atoms; those that hold or fail in every world are settled here."""
    program = GroundProgram(lowered, graph, tables, prove, (), (), ())
    forbidden, evidence = [(a, n) for a, n in violations if a >= 0], []
    impossible = [f"the bounds of '{lowered.texts[n]}' cannot be met" for a, n in violations if a < 0]
    for relation, number in lowered.constraints:
        atom = program.atom_of(relation, ())
        if atom >= 0 and graph.certain[atom]:
            where = witness(program, database, clauses, relation)
            impossible.append(f"the constraint '{lowered.texts[number]}' is violated by certain facts alone{where}")
        elif atom >= 0:
            forbidden.append((atom, number))
    for body in lowered.evidence:
        for formula in body.args:
            negated = formula.op.name == "not"
            inner = formula.args[0] if negated else formula
            row = [lowered.symbols.id_of(a.payload) for a in inner.args]
            atom = program.atom_of(f"{inner.op.name}/{len(row)}", row)
            holds = atom >= 0 and bool(graph.certain[atom])
            if (atom < 0 and not negated) or (holds and negated):
                impossible.append(f"the evidence '{formula}' holds in no world")
            elif atom >= 0 and not holds:
                evidence.append(2 * atom + negated)
    return replace(
        program,
        forbidden=tuple(forbidden),
        evidence=tuple(evidence),
        impossible=tuple(impossible),
        profile=database.profile(),
        notes=list(getattr(database, "notes", [])),
        clauses=clauses,
        database=database,
    )
