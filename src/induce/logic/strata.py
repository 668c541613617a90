"""The order of evaluation: strata of clauses, and which relations are uncertain."""

from __future__ import annotations

from collections.abc import Sequence

from induce.logic.check import strongly_connected
from induce.logic.clauses import AggregateClause, Clause, Literal, Stratum

__all__ = ["strata_of", "uncertain_relations"]


def strata_of(clauses: Sequence[Clause], aggregates: Sequence[AggregateClause]) -> list[Stratum]:
    """Clauses in the order of dependency, one stratum for each recursive component."""
    edges: dict[str, set[str]] = {}
    for clause in clauses:
        out = edges.setdefault(clause.head.relation, set())
        out |= {s.relation for s in clause.body if isinstance(s, Literal)}
    for aggregate in aggregates:
        edges.setdefault(aggregate.head, set()).add(aggregate.source)
    place = strongly_connected(edges)
    rules: dict[str, list[Clause]] = {}
    for clause in clauses:
        rules.setdefault(clause.head.relation, []).append(clause)
    groups: dict[int, list[str]] = {}
    for name, number in place.items():
        if name in edges:
            groups.setdefault(number, []).append(name)
    found = []
    for number in sorted(groups):
        members = set(groups[number])
        mine = tuple(sorted((c for name in members for c in rules.get(name, ())), key=lambda c: c.number))
        totals = tuple(a for a in aggregates if a.head in members)
        recursive = len(members) > 1 or any(
            isinstance(s, Literal) and s.relation in members for c in mine for s in c.body
        )
        found.append(Stratum(mine, totals, recursive))
    return found


def uncertain_relations(clauses: Sequence[Clause], aggregates: Sequence[AggregateClause], leaves: set[str]) -> set[str]:
    """Relations whose tuples depend on leaves."""
    found = set(leaves) | {c.head.relation for c in clauses if c.leaf}
    uses: dict[str, set[str]] = {}
    for clause in clauses:
        if not clause.leaf:
            for step in clause.body:
                if isinstance(step, Literal):
                    uses.setdefault(step.relation, set()).add(clause.head.relation)
    for aggregate in aggregates:
        uses.setdefault(aggregate.source, set()).add(aggregate.head)
    waiting = list(found)
    while waiting:
        for head in uses.get(waiting.pop(), ()):
            if head not in found:
                found.add(head)
                waiting.append(head)
    return found
