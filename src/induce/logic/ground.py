"""From recorded rule instances to the ground program: atoms numbered, certain ones dropped, duplicates removed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numba
import numpy as np
from numpy.typing import NDArray

from induce.logic.clauses import WILD, Clause, Literal
from induce.logic.hypergraph import Hypergraph, Leaves
from induce.logic.rows import RowSet
from induce.logic.scans import count_matches, expand

if TYPE_CHECKING:
    from induce.logic.database import Database
    from induce.logic.state import StratumState

__all__ = ["ground"]

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass
class Instances:
    """Rule instances with bodies as ``2 * atom + negated``."""

    head: Int32
    rule: Int32
    start: Int64
    body: Int32

    def keep(self, instances: Mask, literals: Mask) -> Instances:
        """The chosen instances, with the chosen literals."""
        sizes = np.diff(self.start)
        inside = literals & np.repeat(instances, sizes)
        running = np.concatenate([[0], np.cumsum(inside)])
        kept = running[self.start[1:]] - running[self.start[:-1]]
        start = np.concatenate([[0], np.cumsum(kept[instances])])
        return Instances(self.head[instances], self.rule[instances], start, self.body[inside])


@numba.njit(cache=True, nogil=True)
def _holding(head: Any, start: Any, body: Any, atoms: Any, holds: Any, negated_holds: Any) -> None:
    """Least fixpoint: a head holds when its positive body atoms do and no negated atom has ``negated_holds``."""
    waiting = np.zeros(head.size, dtype=np.int32)
    uses = np.zeros(atoms + 1, dtype=np.int64)
    for b in range(body.size):
        if body[b] & 1 == 0:
            uses[(body[b] >> 1) + 1] += 1
    for a in range(atoms):
        uses[a + 1] += uses[a]
    users = np.empty(uses[atoms], dtype=np.int32)
    filled = uses[:-1].copy()
    agenda = np.empty(head.size + 1, dtype=np.int32)
    n = 0
    for i in range(head.size):
        for b in range(start[i], start[i + 1]):
            atom = body[b] >> 1
            if body[b] & 1:
                if negated_holds[atom]:
                    waiting[i] |= 1 << 30  # added up, four of them would overflow to none
            else:
                users[filled[atom]] = i
                filled[atom] += 1
                if not holds[atom]:
                    waiting[i] += 1
    for i in range(head.size):
        if waiting[i] == 0 and not holds[head[i]]:
            holds[head[i]] = True
            agenda[n] = head[i]
            n += 1
    while n > 0:
        n -= 1
        atom = agenda[n]
        for u in range(uses[atom], uses[atom + 1]):
            i = users[u]
            waiting[i] -= 1
            if waiting[i] == 0 and not holds[head[i]]:
                holds[head[i]] = True
                agenda[n] = head[i]
                n += 1


def ground(database: Database, texts: Mapping[int, str]) -> Hypergraph:
    """The hypergraph of what a database has recorded.

    Parameters
    ----------
    database : Database
    texts : mapping of rule number to text
        Further texts, beside those of the rules that were run.
    """
    offsets, atoms = {}, 0
    for name, relation in database.relations.items():
        offsets[name] = atoms
        atoms += len(relation)
    certain, possible = np.zeros(atoms, dtype=bool), np.zeros(atoms, dtype=bool)
    free = _free(database)
    for name, relation in database.relations.items():
        part = slice(offsets[name], offsets[name] + len(relation))
        certain[part] = True if not relation.uncertain else relation.given()
        possible[part] = certain[part] | (name in free)
    leaves = _leaves(database, offsets)
    possible[leaves.atom] = True
    kept: list[Instances] = []
    found_texts = dict(texts)
    for state in database.states.values():
        found_texts.update({clause.number: clause.text for clause in state.stratum.clauses})
        if state.instances:
            kept.append(_simplify(_collect(database, state, offsets), atoms, certain, possible))
    joined = _joined(kept)
    relations = {name: (offsets[name], relation.rows.copy()) for name, relation in database.relations.items()}
    return Hypergraph(
        database.symbols,
        relations,
        certain,
        joined.head,
        joined.rule,
        joined.start,
        joined.body,
        leaves,
        found_texts,
    )


def _free(database: Database) -> set[str]:
    """Relations whose atoms may hold without an instance: heads of leaf rules and of pending aggregates."""
    found = {c.head.relation for state in database.states.values() for c in state.stratum.clauses if c.leaf}
    return found | {clause.head for _, clause in database.pending}


def _leaves(database: Database, offsets: Mapping[str, int]) -> Leaves:
    """The leaves, group by group: sources in order of number, then rows, then values."""
    tables = database.leaf_tables
    empty = np.empty(0, dtype=np.int32)
    atom = np.concatenate([empty, *(table.atoms + offsets[table.relation] for table in tables)]).astype(np.int32)
    source = np.concatenate([empty, *(np.full(len(t.atoms), t.source, dtype=np.int32) for t in tables)])
    row = np.concatenate([empty, *(table.row for table in tables)])
    value = np.concatenate([empty, *(table.value for table in tables)])
    categorical = np.concatenate([np.empty(0, bool), *(np.full(len(t.atoms), t.categorical) for t in tables)])
    order = np.lexsort([value, row, source])
    atom, source, row, value, categorical = (x[order] for x in (atom, source, row, value, categorical))
    first = np.append(True, (source[1:] != source[:-1]) | (row[1:] != row[:-1]))[: len(atom)]
    group = (np.cumsum(first) - 1).astype(np.int32)
    return Leaves(atom, source, row, value, group, categorical[first])


def _collect(database: Database, state: StratumState, offsets: Mapping[str, int]) -> Instances:
    """All instances that a stratum recorded, with atoms numbered over all relations."""
    parts = []
    for number, rows in state.instances.items():
        clause = state.stratum.clauses[number]
        read = [
            step for step in clause.body if isinstance(step, Literal) and database.relation(step.relation).uncertain
        ]
        head = rows.rows[:, 0] + np.int32(offsets[clause.head.relation])
        parts.append(_with_bodies(database, clause, head, rows.rows, read, offsets))
    return _concatenated(parts)


@numba.njit(cache=True, nogil=True)
def _sorted_bodies(rows: Any, offsets: Any, negated: Any, start: Any, body: Any) -> None:
    """The literals of each instance, ascending, each once; -1 is a negated atom that does not exist."""
    n = 0
    for i in range(rows.shape[0]):
        start[i] = n
        for k in range(offsets.size):
            if rows[i, k + 1] < 0:
                continue
            literal = 2 * (rows[i, k + 1] + offsets[k]) + negated[k]
            place = n
            while place > start[i] and body[place - 1] > literal:
                place -= 1
            if place > start[i] and body[place - 1] == literal:
                continue
            for b in range(n, place, -1):
                body[b] = body[b - 1]
            body[place] = literal
            n += 1
    start[rows.shape[0]] = n


def _with_bodies(
    database: Database, clause: Clause, head: Int32, rows: Int32, read: list[Literal], offsets: Mapping[str, int]
) -> Instances:
    """Bodies of one clause's instances: recorded rows, and for a group of a negated relation all its tuples."""
    count = len(rows)
    if not any(step.negated and WILD in step.arguments for step in read):
        start = np.empty(count + 1, dtype=np.int64)
        body = np.empty(count * len(read), dtype=np.int32)
        shifts = np.array([offsets[step.relation] for step in read], dtype=np.int64)
        _sorted_bodies(rows, shifts, np.array([step.negated for step in read], dtype=np.int64), start, body)
        return Instances(head, np.full(count, clause.number, dtype=np.int32), start, body[: start[-1]])
    instance, literal = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    for column, step in enumerate(read, start=1):
        offset = offsets[step.relation]
        numbers = rows[:, column]
        if step.negated and WILD in step.arguments:
            columns = tuple(k for k, slot in enumerate(step.arguments) if slot != WILD)
            relation = database.relation(step.relation)
            groups = np.ascontiguousarray(numbers)
            index = relation.index(columns).parts()
            counts = np.empty(count, dtype=np.int32)
            total = count_matches(groups, index, 0, len(relation), counts)
            parents, found = np.empty(total, dtype=np.int32), np.empty(total, dtype=np.int32)
            expand(groups, index, 0, len(relation), parents, found)
            instance.append(parents.astype(np.int64))
            literal.append(2 * (found.astype(np.int64) + offset) + 1)
            continue
        there = numbers >= 0
        instance.append(np.flatnonzero(there))
        literal.append(2 * (numbers[there].astype(np.int64) + offset) + step.negated)
    where, what = np.concatenate(instance), np.concatenate(literal)
    order = np.lexsort([what, where])
    where, what = where[order], what[order]
    fresh = np.append(True, (where[1:] != where[:-1]) | (what[1:] != what[:-1]))[: len(where)]
    where, what = where[fresh], what[fresh]  # a body is a set
    start = np.concatenate([[0], np.cumsum(np.bincount(where, minlength=count))]).astype(np.int64)
    return Instances(head, np.full(count, clause.number, dtype=np.int32), start, what.astype(np.int32))


def _concatenated(parts: list[Instances]) -> Instances:
    head, rule, body = np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int32)
    sizes = np.concatenate([np.zeros(1, dtype=np.int64), *(np.diff(part.start) for part in parts)])
    return Instances(
        np.concatenate([head, *(part.head for part in parts)]),
        np.concatenate([rule, *(part.rule for part in parts)]),
        np.cumsum(sizes),
        np.concatenate([body, *(part.body for part in parts)]),
    )


def _simplify(found: Instances, atoms: int, certain: Mask, possible: Mask) -> Instances:
    """Settle what is certain and what is possible, and drop what that decides; negation looks at earlier strata only."""
    _holding(found.head, found.start, found.body, atoms, possible, certain)
    _holding(found.head, found.start, found.body, atoms, certain, possible)
    atom, negated = found.body >> 1, (found.body & 1) == 1
    # a negated atom that cannot hold is true, and so is a certain one; the instance dies with a literal that cannot hold
    void = np.where(negated, certain[atom], ~possible[atom])
    idle = np.where(negated, ~possible[atom], certain[atom])
    owner = np.repeat(np.arange(len(found.head)), np.diff(found.start))
    alive = ~certain[found.head]
    alive[owner[void]] = False
    return found.keep(alive, ~idle)


@numba.njit(cache=True, nogil=True)
def _hashes(start: Any, body: Any, out: Any) -> None:
    for i in range(out.size):
        mixed = np.uint64(0x9E3779B97F4A7C15)
        for b in range(start[i], start[i + 1]):
            mixed = (mixed ^ np.uint64(body[b])) * np.uint64(0xBF58476D1CE4E5B9)
            mixed = mixed ^ (mixed >> np.uint64(32))
        out[i] = mixed


@numba.njit(cache=True, nogil=True)
def _same_body(first: Any, start: Any, body: Any, out: Any) -> None:
    """Whether each instance has the body of the instance ``first`` that it may repeat."""
    for i in range(out.size):
        j = first[i]
        size = start[i + 1] - start[i]
        out[i] = i != j and size == start[j + 1] - start[j]
        for b in range(size):
            if not out[i]:
                break
            out[i] = body[start[i] + b] == body[start[j] + b]


def _joined(parts: list[Instances]) -> Instances:
    """Instances of all strata, each once, sorted by head."""
    found = _concatenated(parts)
    count = len(found.head)
    if not count:
        return found
    keys = np.empty((count, 4), dtype=np.int32)
    hashes: Any = np.empty(count, dtype=np.uint64)
    _hashes(found.start, found.body, hashes)
    keys[:, 0], keys[:, 1], keys[:, 2:] = found.head, found.rule, hashes.view(np.int32).reshape(-1, 2)
    distinct = RowSet(4)
    distinct.grow(count)
    numbers = distinct.insert(keys)
    first = np.empty(len(distinct), dtype=np.int64)
    first[numbers[::-1]] = np.arange(count)[::-1]
    repeated = np.empty(count, dtype=bool)
    _same_body(first[numbers], found.start, found.body, repeated)
    chosen = np.flatnonzero(~repeated)
    order = chosen[np.argsort(found.head[chosen], kind="stable")]
    lengths = np.diff(found.start)[order]
    start = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    source = np.repeat(found.start[order] - start[:-1], lengths) + np.arange(int(start[-1]))
    return Instances(found.head[order], found.rule[order], start, found.body[source])
