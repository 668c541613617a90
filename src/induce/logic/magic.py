"""Magic sets: strata rewritten so that only what a query with constants needs is derived.

Each relation splits into one per *adornment* (which arguments are bound), guarded by a *demand* relation that holds the
bound values that were asked for (Bancilhon, Maier, Sagiv, Ullman, "Magic sets and other strange ways to implement logic
programs", 1986). Relations that are negated, aggregated or made of leaves are evaluated in full.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from induce.logic.clauses import WILD, Bind, Clause, Literal, Match, Step, Stratum, Track
from induce.logic.order import bound_by, reads

if TYPE_CHECKING:
    from induce.logic.database import Database

__all__ = ["DEMAND", "GIVEN_RULE", "Rewritten", "demanded", "relevant", "select"]

DEMAND = "?"
"""First character of the names of demand relations, which are never uncertain and never recorded."""

GIVEN_RULE = -1
"""Rule number of the clauses that take over the given tuples of a relation."""


@dataclass(frozen=True)
class Rewritten:
    """Strata that answer one query.

    Parameters
    ----------
    strata : tuple of Stratum
    answer : Literal
        The query over the relation that holds its answers; see :func:`select`.
    """

    strata: tuple[Stratum, ...]
    answer: Literal


def select(database: Database, query: Literal) -> NDArray[np.int32]:
    """The tuples of the query's relation that agree with its constants and repeated slots.

    Parameters
    ----------
    database : Database
    query : Literal
    """
    rows = database.tuples(query.relation)
    mask = np.ones(len(rows), dtype=bool)
    first: dict[int, int] = {}
    for column, slot in enumerate(query.arguments):
        if slot < 0:
            mask &= rows[:, column] == ~slot
        elif slot != WILD and slot in first:
            mask &= rows[:, column] == rows[:, first[slot]]
        else:
            first[slot] = column
    return rows[mask]


def relevant(strata: Sequence[Stratum], relations: frozenset[str]) -> frozenset[str]:
    """The relations that the given ones depend on, themselves included."""
    found = set(relations)
    while True:
        before = len(found)
        for stratum in strata:
            for clause in stratum.clauses:
                if clause.head.relation in found:
                    found |= {step.relation for step in clause.body if isinstance(step, Literal)}
            found |= {aggregate.source for aggregate in stratum.aggregates if aggregate.head in found}
        if len(found) == before:
            return frozenset(found)


def _restricted(strata: Sequence[Stratum], heads: frozenset[str]) -> list[Stratum]:
    """The strata with only the clauses that derive some relations; empty ones are left out."""
    found = []
    for stratum in strata:
        clauses = tuple(clause for clause in stratum.clauses if clause.head.relation in heads)
        aggregates = tuple(aggregate for aggregate in stratum.aggregates if aggregate.head in heads)
        if clauses or aggregates:
            found.append(replace(stratum, clauses=clauses, aggregates=aggregates))
    return found


def demanded(strata: Sequence[Stratum], query: Literal) -> Rewritten:
    """Strata with the same answers to ``query`` that derive less.

    Without a bound argument, or where the query's relation must be evaluated in full, the strata are only restricted to
    what the query depends on.

    Parameters
    ----------
    strata : sequence of Stratum
        In order of evaluation.
    query : Literal
        Constants are bound, slots are free.

    >>> step = Clause(Literal("p/2", (0, 2)), (Literal("e/2", (0, 1)), Literal("p/2", (1, 2))), 3, 0, "p(X, Z) :- ...")
    >>> found = demanded([Stratum((step,), (), True)], Literal("p/2", (~7, 0)))
    >>> found.answer.relation, [clause.head.relation for clause in found.strata[-1].clauses]
    ('p@bf/2', ['?p@bf/1', 'p@bf/2', '?p@bf/1', 'p@bf/2'])
    """
    needed = relevant(strata, frozenset([query.relation]))
    full = _in_full(strata, needed)
    if query.relation in full or all(slot >= 0 for slot in query.arguments):
        return Rewritten(tuple(_restricted(strata, needed)), query)
    rewriter = _Rewriter(strata, full)
    if not rewriter.has_rules(query.relation):
        return Rewritten((), query)
    answer = rewriter.rewrite(query)
    return Rewritten((*_restricted(strata, full), Stratum(tuple(rewriter.clauses), (), True)), answer)


def _in_full(strata: Sequence[Stratum], needed: frozenset[str]) -> frozenset[str]:
    """Relations that demand cannot restrict, with all that they depend on."""
    roots: set[str] = set()
    for stratum in strata:
        for clause in stratum.clauses:
            roots |= {step.relation for step in clause.body if isinstance(step, Literal) and step.negated}
            if clause.leaf:
                roots.add(clause.head.relation)
        for aggregate in stratum.aggregates:
            roots |= {aggregate.head, aggregate.source}
    return relevant(strata, frozenset(roots & needed))


class _Rewriter:
    def __init__(self, strata: Sequence[Stratum], full: frozenset[str]) -> None:
        self.clauses: list[Clause] = []
        self._rules: dict[str, list[Clause]] = {}
        for stratum in strata:
            for clause in stratum.clauses:
                if clause.head.relation not in full:
                    self._rules.setdefault(clause.head.relation, []).append(clause)
        self._done: set[str] = set()
        self._pending: list[tuple[str, str]] = []

    def has_rules(self, relation: str) -> bool:
        """Whether a relation is derived, and not evaluated in full."""
        return relation in self._rules

    def rewrite(self, query: Literal) -> Literal:
        """Add all clauses that the query needs; the literal of its answers."""
        answer = self._adorned(query, frozenset())
        demand = self._demand(answer, query)
        self.clauses.append(Clause(demand, (), 0, GIVEN_RULE, f"{demand.relation} :- query."))
        while self._pending:
            relation, adornment = self._pending.pop(0)
            self._given(relation, adornment)
            for clause in self._rules[relation]:
                self._rule(clause, adornment)
        return answer

    def _adorned(self, literal: Literal, bound: frozenset[int]) -> Literal:
        adornment = "".join("b" if slot < 0 or slot in bound else "f" for slot in literal.arguments)
        name, _, arity = literal.relation.rpartition("/")
        found = f"{name}@{adornment}/{arity}"
        if found not in self._done:
            self._done.add(found)
            self._pending.append((literal.relation, adornment))
        return replace(literal, relation=found)

    @staticmethod
    def _demand(adorned: Literal, literal: Literal) -> Literal:
        """The demand for a literal: its bound arguments."""
        name = adorned.relation.rpartition("/")[0]
        adornment = name.rpartition("@")[2]
        bound = tuple(slot for slot, mark in zip(literal.arguments, adornment, strict=True) if mark == "b")
        return Literal(f"{DEMAND}{name}/{len(bound)}", bound)

    def _guard(self, head: Literal, adornment: str) -> tuple[Literal, Literal]:
        """A head's adorned form, and the demand that guards it."""
        name, _, arity = head.relation.rpartition("/")
        adorned = replace(head, relation=f"{name}@{adornment}/{arity}")
        return adorned, self._demand(adorned, head)

    def _given(self, relation: str, adornment: str) -> None:
        """The tuples that were given, beside those derived."""
        arity = int(relation.rpartition("/")[2])
        plain = Literal(relation, tuple(range(arity)))
        head, guard = self._guard(plain, adornment)
        self.clauses.append(Clause(head, (guard, plain), arity, GIVEN_RULE, f"{relation} as given"))

    def _rule(self, clause: Clause, adornment: str) -> None:
        head, guard = self._guard(clause.head, adornment)
        body: list[Step] = [guard]
        bound = bound_by(guard)
        remaining = list(clause.body)
        while remaining:
            step = min(remaining, key=lambda s: self._preference(s, bound))
            remaining.remove(step)
            if isinstance(step, Literal) and not step.negated and step.relation in self._rules:
                adorned = self._adorned(step, bound)
                demand = self._demand(adorned, step)
                if body != [demand]:
                    self.clauses.append(replace(clause, head=demand, body=tuple(body)))
                body.append(adorned)
            else:
                body.append(step)
            bound |= bound_by(step)
        self.clauses.append(replace(clause, head=head, body=tuple(body)))

    def _preference(self, step: Step, bound: frozenset[int]) -> tuple[int, int]:
        """Filters first, then stored literals with a bound argument, then new slots: so demand stays finite."""
        if not reads(step) <= bound:
            return 5, 0
        if isinstance(step, Bind | Match | Track):
            return 2, 0
        if not isinstance(step, Literal) or step.negated:
            return 0, 0
        known = sum(slot < 0 or slot in bound for slot in step.arguments)
        if step.relation in self._rules:
            return 3 if known else 4, -known
        return 1 if known else 4, -known
