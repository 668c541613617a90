"""Queries: which atoms answer them, in which order, and which of them are one aggregate whose result is observed."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.errors import DataError, RuleError, did_you_mean
from induce.logic import language as lang
from induce.logic.carry import CarryChain, carry_chain
from induce.logic.check import Statement, names_in
from induce.logic.clauses import AggregateClause, Literal
from induce.logic.counters import NONE, Counters
from induce.logic.grounding import GroundProgram
from induce.logic.hypergraph import Hypergraph
from induce.logic.lower import Lowered
from induce.logic.parse import parse_body
from induce.terms.op import Op
from induce.terms.term import Term

__all__ = ["Answers", "Query", "answers_of", "observed_chain", "read_query"]


@dataclass(frozen=True)
class Query:
    """A conjunction with free variables, as the rule ``answer@k(variables) :- conjunction``."""

    body: Term
    names: tuple[str, ...]
    relation: str

    @property
    def rule(self) -> Term:
        """The rule that defines the answers."""
        name = self.relation.rpartition("/")[0]
        head = Op(name, (lang.VALUE,) * len(self.names), lang.FORMULA, lang.predicate("answer", 1).notation)(
            *(lang.value_variable(n) for n in self.names)
        )
        return lang.statement_rule(head, self.body)

    def __str__(self) -> str:
        return str(self.body)


@dataclass(frozen=True, eq=False)
class Answers:
    """The answers of all queries, in order.

    Parameters
    ----------
    atoms : int64 array, shape (answers,)
        -1 for an answer that holds in no world.
    values : list of tuple
        Values of the query's variables.
    queries : list of (Query, int)
        How many of the answers belong to each query.
    """

    atoms: NDArray[np.int64]
    values: list[tuple[Any, ...]]
    queries: list[tuple[Query, int]]

    @cached_property
    def labels(self) -> list[str]:
        """The queries with their variables replaced by the answers; written when first asked for."""
        asked = itertools.chain.from_iterable(itertools.repeat(query, count) for query, count in self.queries)
        return [_label(query, row) for query, row in zip(asked, self.values, strict=True)]

    def __len__(self) -> int:
        return len(self.atoms)


def read_query(query: Any, number: int, known: Sequence[str], statement: Statement | None = None) -> Query:
    """A query from text, a term or a statement ``?- body``, whose place is then in the message.

    Raises
    ------
    RuleError
        If it asks about a relation that the program does not have.
    """
    query = getattr(query, "term", query)
    body = parse_body(query, defined=known) if isinstance(query, str) else query
    if isinstance(body, Term) and body.sort is lang.FORMULA:
        body = lang.body([body])
    if not isinstance(body, Term) or body.sort is not lang.BODY:
        raise RuleError(f"a query is text such as 'path(a, X)' or a term, but got {query!r}.")
    for formula in body.args:
        inner = formula.args[0] if formula.op is lang.NOT else formula
        if lang.is_atom(inner) and known and lang.key_of(inner) not in known:
            hint = did_you_mean(lang.key_of(inner), known)
            message = (
                f"the query asks about '{lang.key_of(inner)}', which the program does not have.{hint} "
                f"It has: {', '.join(sorted(known)[:12])}."
            )
            raise statement.error(message, lang.key_of(inner)) if statement else RuleError(message)
    positive = [f for f in body.args if f.op is not lang.NOT]
    names = tuple(dict.fromkeys(n for f in positive for n in names_in(f) if n.strip("_")))
    return Query(body, names, f"answer@{number}/{len(names)}")


def answers_of(queries: Sequence[Query], program: GroundProgram, over: Mapping[str, Any] | None) -> Answers:
    """The atoms that answer the queries: all that can hold, or those that ``over`` lists, in its order."""
    atoms: list[int] = []
    values: list[tuple[Any, ...]] = []
    counts: list[tuple[Query, int]] = []
    symbols = program.graph.symbols
    for query in queries:
        start, rows = program.graph.relations.get(query.relation, (0, np.zeros((0, len(query.names)), np.int32)))
        columns = [symbols.values_of(rows[:, k]) for k in range(len(query.names))]
        found = list(zip(*columns, strict=True)) if columns else [()] * len(rows)
        if over:
            unknown = [n for n in over if n not in query.names]
            if unknown and len(queries) == 1:
                raise DataError(
                    f"over= names '{unknown[0]}', but the query '{query}' has the variables "
                    f"{', '.join(query.names) or 'none'}."
                )
        if over and query.names and all(n in over for n in query.names):
            listed = list(itertools.product(*(list(over[n]) for n in query.names)))
            known, place = set(found), {_key(v): start + k for k, v in enumerate(found)}
            atoms += [place.get(_key(row), -1) for row in listed]
            if not any(_key(row) in place for row in listed) and any(row in known for row in listed):
                raise DataError(
                    f"none of the values in over= can answer '{query}', whose answers are such as {found[0]!r}. Give values of "
                    "the same type (1 and 1.0 differ)."
                )
        elif not query.names:
            listed = [()]
            atoms.append(start if len(rows) else -1)
        else:
            alike = all(
                len(set(map(type, column))) <= 1 and type(column[0]) in (int, str) for column in columns if column
            )
            keys: Any = found if alike else [_order(row) for row in found]
            order = sorted(range(len(found)), key=keys.__getitem__)
            if over:
                wanted = [(query.names.index(n), allowed) for n, allowed in over.items() if n in query.names]
                order = [k for k in order if all(found[k][place] in allowed for place, allowed in wanted)]
            listed = [found[k] for k in order]
            atoms += [start + k for k in order]
        values += listed
        counts.append((query, len(listed)))
    return Answers(np.array(atoms, np.int64), values, counts)


def _order(row: tuple[Any, ...]) -> list[Any]:
    """Numbers before texts; structured values last, in the order in which they were derived."""
    return [(isinstance(v, str), type(v).__name__, v) if isinstance(v, int | float | str) else (2, "", 0) for v in row]


def _key(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Values as keys: 1 and 1.0 and True stay apart."""
    return tuple((type(v).__name__, v) for v in row)


def _term_of(value: Any) -> Term:
    """A value as a term: structured ones too."""
    if not hasattr(value, "functor"):
        return lang.constant(value)
    if value.functor == "nil" and not value.arguments:
        return lang.NIL
    return lang.functor(value.functor, len(value.arguments))(*(_term_of(a) for a in value.arguments))


def _label(query: Query, row: tuple[Any, ...]) -> str:
    """The query with its variables replaced by an answer."""
    put: dict[Term | str, Term | float] = {
        lang.value_variable(n): _term_of(v) for n, v in zip(query.names, row, strict=True)
    }
    inside = set(query.body.postorder())
    present: dict[Term | str, Term | float] = {v: t for v, t in put.items() if v in inside}
    return str(query.body.replace(present)) if present else str(query.body)


def observed_chain(query: Query, lowered: Lowered) -> AggregateClause | None:
    """The sum behind a query for one number, if it is nothing else than a sum."""
    relation = query.relation
    if len(query.names) != 1:
        return None
    for _ in range(8):
        for aggregate in lowered.aggregates:
            if aggregate.head == relation:
                return aggregate if aggregate.function in ("sum", "count") and not aggregate.keys else None
        mine = [c for c in lowered.clauses if c.head.relation == relation]
        if len(mine) != 1 or relation in lowered.facts or len(mine[0].body) != 1 or mine[0].leaf:
            return None
        step = mine[0].body[0]
        if not isinstance(step, Literal) or step.negated or step.arguments != mine[0].head.arguments:
            return None
        relation = step.relation
    return None


def chain_of(
    aggregate: AggregateClause, graph: Hypergraph, lowered: Lowered
) -> tuple[CarryChain, NDArray[np.int64], NDArray[np.bool_]] | None:
    """The carry automaton of a sum of independent variables, or None if the elements are not that.

    Returns
    -------
    chain, leaf, complement
        For every entry of the chain, the leaf whose weight it reads, and whether it reads one minus the weight.
    """
    counters = Counters(lowered, [(a, [], None) for a in lowered.aggregates if a.head != aggregate.head])
    ((_, variables),) = counters.variables(graph, aggregate.source, (), aggregate.value) or [((), [])]
    leaf_of = np.full(graph.atoms, -1, np.int64)
    leaf_of[graph.leaves.atom] = np.arange(len(graph.leaves))
    contributions, leaves, complements = [], [], []
    seen: set[int] = set()
    constant = 0
    for variable in variables:
        added = []
        for literals, values in variable.options:
            if not literals:
                constant += sum(values) if aggregate.function == "sum" else len(values)
                continue
            leaf = int(leaf_of[literals[0] >> 1])
            if leaf < 0:
                return None
            total = 0 if values is NONE else (sum(values) if aggregate.function == "sum" else len(values))
            if not isinstance(total, int) or isinstance(total, bool):
                return None
            added.append(total)
            leaves.append(leaf)
            complements.append(bool(literals[0] & 1))
        if added:
            group = int(graph.leaves.group[leaves[-1]])
            if group in seen:
                return None
            seen.add(group)
            contributions.append(added)
    if not contributions:
        return None
    contributions[0] = [c + constant for c in contributions[0]]
    chain = carry_chain(contributions)
    return None if chain is None else (chain, np.array(leaves, np.int64), np.array(complements, np.bool_))


def with_queries(statements: Sequence[Statement], queries: Sequence[Query]) -> list[Statement]:
    """The statements with one rule for each query."""
    number = len(statements)
    return [*statements, *(Statement(q.rule, number + k + 1, None) for k, q in enumerate(queries))]
