"""What makes a sum of products an exact probability: instances that exclude one another, proved from the rules.

A relation is *functional* in some key columns when at most one of its tuples with the same key holds in any world: the
values of a categorical variable, or what rules compute from such values. If every choice that distinguishes two
instances of one head is a choice among the tuples of a functional relation with a known key, then the instances exclude
each other, and their probabilities add up.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.logic.clauses import Bind, Clause, Expression, Literal, Match, Test, Track
from induce.logic.hypergraph import Hypergraph
from induce.logic.symbols import FLOAT

__all__ = ["exclusive_atoms", "functional_relations"]

Keys = dict[str, frozenset[int]]
MOST_COLUMNS = 6


@dataclass(frozen=True)
class _Facts:
    """Columns of the relations that are certain, for functional dependencies in the data."""

    columns: Mapping[str, NDArray[np.int32]]
    whole: bool = False
    """Whether no value is a float, so that sums are never rounded and can be solved for their parts."""

    def determines(self, relation: str, known: frozenset[int]) -> frozenset[int]:
        """Columns whose value the known columns fix, in the facts as they are."""
        rows = self.columns.get(relation)
        if rows is None or not len(rows):
            return frozenset(range(99))
        ids = _groups(rows[:, sorted(known)]) if known else np.zeros(len(rows), np.int64)
        count = int(ids.max()) + 1
        return frozenset(
            c for c in range(rows.shape[1]) if len(np.unique(np.stack([ids, rows[:, c]]), axis=1).T) == count
        )


def _whole(graph: Hypergraph) -> bool:
    symbols = graph.symbols
    return symbols is not None and not (symbols.kinds(np.arange(len(symbols))) == FLOAT).any()


def _groups(rows: NDArray[Any]) -> NDArray[np.int64]:
    _, ids = np.unique(rows, axis=0, return_inverse=True)
    return np.asarray(ids, np.int64).reshape(-1)


def functional_relations(
    graph: Hypergraph,
    clauses: Sequence[Clause],
    leaves: Mapping[str, frozenset[int]],
    certain: Mapping[str, NDArray[np.int32]],
    given: Mapping[str, frozenset[int]] | None = None,
) -> Keys:
    """Key columns of every uncertain relation for which at most one tuple a key holds in any world.

    Parameters
    ----------
    graph : Hypergraph
    clauses : sequence of Clause
    leaves : mapping of leaf relation to its key columns
        All columns for Boolean leaves.
    certain : mapping of relation to its tuples
        Relations that hold in every world.
    given : mapping, optional
        Keys of relations that something else proves, such as the results of aggregates.

    Notes
    -----
    The proof is by induction over derivations: a recursive relation is first assumed functional in a key, and the
    assumption is dropped when a clause does not bear it out.
    """
    facts = _Facts(certain, _whole(graph))
    by_head: dict[str, list[Clause]] = {}
    for clause in clauses:
        if not clause.leaf:
            by_head.setdefault(clause.head.relation, []).append(clause)
    keys: Keys = {**leaves, **(given or {})}
    candidates = {
        relation: _subsets(int(relation.rpartition("/")[2]))
        for relation in by_head
        if relation not in certain and relation not in keys and int(relation.rpartition("/")[2]) <= MOST_COLUMNS
    }
    for relation in candidates:
        keys[relation] = next(candidates[relation])
    changed = True
    while changed:
        changed = False
        for relation in list(candidates):
            while relation in keys and not _holds(relation, keys[relation], by_head[relation], keys, facts, graph):
                changed = True
                following = next(candidates[relation], None)
                if following is None:
                    del keys[relation]
                else:
                    keys[relation] = following
    return keys


def _subsets(arity: int) -> Iterator[frozenset[int]]:
    """Column sets from the smallest (the strongest claim) to all columns (no claim)."""
    for size in range(arity + 1):
        for chosen in itertools.combinations(range(arity), size):
            yield frozenset(chosen)


def _holds(
    relation: str, key: frozenset[int], clauses: Sequence[Clause], keys: Keys, facts: _Facts, graph: Hypergraph
) -> bool:
    arity = int(relation.rpartition("/")[2])
    if len(key) == arity:
        return True
    if not _apart(graph, relation, key, clauses):
        return False
    return all(
        _determined(clause, {a for k, a in enumerate(clause.head.arguments) if k in key and a >= 0}, keys, facts)
        for clause in clauses
    )


def _apart(graph: Hypergraph, relation: str, key: frozenset[int], clauses: Sequence[Clause]) -> bool:
    """Whether the tuples of one key all come from one clause, or from clauses that contradict each other."""
    start, rows = graph.relations.get(relation, (0, np.zeros((0, 1), np.int32)))
    if not len(rows):
        return True
    sure = np.flatnonzero(graph.certain[start : start + len(rows)])
    if len(clauses) == 1 and not len(sure):
        return True
    ids = _groups(rows[:, sorted(key)]) if key else np.zeros(len(rows), np.int64)
    if len(np.unique(ids[sure])) < len(sure):
        return False
    if not len(sure) and all(_opposed(one, other) for one, other in itertools.combinations(clauses, 2)):
        return True
    if len({c.number for c in clauses}) < len(clauses):
        return False
    mine = (graph.head >= start) & (graph.head < start + len(rows))
    groups = np.concatenate([ids[graph.head[mine] - start], ids[sure]])
    rules = np.concatenate([graph.rule[mine], np.full(len(sure), -1)])
    pairs = np.unique(np.stack([groups, rules]), axis=1)
    return len(np.unique(pairs[0])) == pairs.shape[1]


def _opposed(one: Clause, other: Clause) -> bool:
    """Whether one body has an atom without variables whose negation the other has."""
    for a in one.body:
        for b in other.body:
            if isinstance(a, Literal) and isinstance(b, Literal) and a.relation == b.relation:
                ground = all(x < 0 for x in (*a.arguments, *b.arguments))
                if ground and a.arguments == b.arguments and a.negated != b.negated:
                    return True
    return False


def _determined(clause: Clause, known: set[int], keys: Keys, facts: _Facts) -> bool:
    """Whether all slots of a clause are fixed by ``known`` up to choices that exclude each other."""
    known = set(known)
    waiting = list(clause.body)
    changed = True
    while changed:
        changed = False
        for step in list(waiting):
            if _step_known(step, known, keys, facts):
                waiting.remove(step)
                changed = True
    needed = {a for s in clause.body if isinstance(s, Literal) and not s.negated for a in s.arguments if a >= 0}
    return needed <= known


def _step_known(step: Any, known: set[int], keys: Keys, facts: _Facts) -> bool:
    if isinstance(step, Test):
        return True
    if isinstance(step, Bind):
        inside = _slots(step.expression)
        if inside <= known:
            known.add(step.slot)
            return True
        if facts.whole and step.slot in known and len(inside - known) == 1 and step.expression[0] in ("+", "-"):
            parts = step.expression[1:]
            if all(e[0] in ("slot", "constant") for e in parts) and parts[0] != parts[-1]:
                known |= inside
                return True
        return False
    if isinstance(step, Match):
        if step.slot in known:
            known |= {a for a in step.arguments if a >= 0}
            return True
        return False
    if isinstance(step, Track):
        return step.slot in known
    if step.negated:
        return True
    columns = frozenset(k for k, a in enumerate(step.arguments) if a < 0 or a in known)
    if step.relation in facts.columns:
        fixed = facts.determines(step.relation, columns)
        new = {a for k, a in enumerate(step.arguments) if k in fixed and a >= 0}
        if new - known:
            known |= new
        return {a for a in step.arguments if a >= 0} <= known
    if step.relation in keys and keys[step.relation] <= columns:
        known |= {a for a in step.arguments if a >= 0}
        return True
    return all(a < 0 or a in known for a in step.arguments)


def _slots(expression: Expression) -> set[int]:
    if expression[0] == "slot":
        return {expression[1]}
    return {s for e in expression[1:] if isinstance(e, tuple) for s in _slots(e)}


def exclusive_atoms(
    graph: Hypergraph, clauses: Sequence[Clause], keys: Keys, certain: Mapping[str, NDArray[np.int32]]
) -> NDArray[np.bool_]:
    """Atoms whose instances exclude one another.

    Returns
    -------
    bool array, shape (atoms,)
        True where all instances come from one clause that its head determines.
    """
    facts = _Facts(certain, _whole(graph))
    by_number: dict[tuple[str, int], list[Clause]] = {}
    for clause in clauses:
        if not clause.leaf:
            by_number.setdefault((clause.head.relation, clause.number), []).append(clause)
    good = np.zeros(graph.atoms, np.bool_)
    single = np.ones(graph.atoms, np.bool_)
    if graph.instances:
        first = np.full(graph.atoms, -1, np.int64)
        first[graph.head[::-1]] = graph.rule[::-1]
        single[graph.head[graph.rule != first[graph.head]]] = False
    order = np.argsort(graph.rule, kind="stable")
    rules = graph.rule[order]
    for (head, number), found in by_number.items():
        if len(found) != 1 or head not in graph.relations:
            continue
        known = {a for a in found[0].head.arguments if a >= 0}
        if _determined(found[0], known, keys, facts):
            start, rows = graph.relations[head]
            first, last = np.searchsorted(rules, [number, number + 1])
            atoms = graph.head[order[first:last]]
            atoms = atoms[(atoms >= start) & (atoms < start + len(rows))]
            good[atoms] = single[atoms]
    return good
