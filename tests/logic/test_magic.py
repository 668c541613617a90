"""Magic sets: the same answers, with and without; and less work."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from induce.logic.clauses import Bind, Clause, Literal, Stratum
from induce.logic.clauses import Test as Comparison
from induce.logic.database import Database
from induce.logic.magic import demanded, relevant, select
from induce.logic.symbols import Symbols
from tests.logic.programs import IDB, UPPER, content, database, programs
from tests.logic.test_ground import atom_names, holding, uncertain_database

L = Literal
STEP = Clause(L("p/2", (0, 2)), (L("e/2", (0, 1)), L("p/2", (1, 2))), 3, 0, "p(X, Z) :- ...")
BASE = Clause(L("p/2", (0, 1)), (L("e/2", (0, 1)),), 2, 1, "p(X, Y) :- e(X, Y).")


@st.composite
def queries(draw):
    name = draw(st.sampled_from(sorted({**IDB, **UPPER})))
    arity = {**IDB, **UPPER}[name]
    return L(name, tuple(draw(st.sampled_from([~0, ~1, 0, 1])) for _ in range(arity)))


def rows_of(found, literal):
    return {tuple(found.symbols.values_of(row)) for row in select(found, literal)}


@settings(max_examples=200, deadline=None)
@given(programs(), queries())
def test_the_answers_are_the_same(program, query):
    facts, strata = program
    plain, magic = database(facts), database(facts)
    for stratum in strata:
        plain.run(stratum)
    rewritten = demanded(strata, query)
    for stratum in rewritten.strata:
        magic.run(stratum)
    assert rows_of(magic, rewritten.answer) == rows_of(plain, query)


@settings(max_examples=80, deadline=None)
@given(programs(), queries(), st.data())
def test_the_answers_hold_in_the_same_worlds(program, query, data):
    facts, strata = program
    found, sure, leaves = uncertain_database(data.draw, facts)
    magic = Database(found.symbols)
    for number, (name, row) in enumerate(leaves):
        ids = [[found.symbols.id_of(item) for item in row]]
        magic.add_leaves(name, ids, source=number, row=np.zeros(1), value=np.zeros(1))
    for name, rows in sure.items():
        if rows:
            magic.add_facts(name, [[found.symbols.id_of(item) for item in row] for row in rows])
    rewritten = demanded(strata, query)
    for stratum in strata:
        found.run(stratum, record=True)
    for stratum in rewritten.strata:
        magic.run(stratum, record=True)
    for world in range(1 << len(leaves)):
        true = [leaf for k, leaf in enumerate(leaves) if world >> k & 1]
        assert answers(magic, rewritten.strata, rewritten.answer, true) == answers(found, strata, query, true)


def answers(found, strata, query, true):
    graph = found.hypergraph()
    names = atom_names(graph)
    rules = [{clause.number for clause in stratum.clauses} for stratum in strata]
    holds = holding(graph, rules, [names.index(leaf) for leaf in true])
    wanted = rows_of(found, query)
    return {row for k in np.flatnonzero(holds) for name, row in [names[k]] if name == query.relation and row in wanted}


def test_a_bound_query_derives_less():
    found, magic = Database(Symbols()), None
    pairs = np.stack([np.arange(99), np.arange(1, 100)], axis=1)
    magic = Database(found.symbols)
    for each in (found, magic):
        each.add_facts("e/2", each.symbols.ids_of(pairs).reshape(-1, 2))
    strata = [Stratum((BASE, STEP), (), True)]
    found.run(strata[0])
    query = L("p/2", (~found.symbols.id_of(90), 0))
    rewritten = demanded(strata, query)
    for stratum in rewritten.strata:
        magic.run(stratum)
    assert len(select(magic, rewritten.answer)) == len(select(found, query)) == 9
    assert magic.size("p@bf/2") == 45 < found.size("p/2") == 4950


def test_recursion_by_arithmetic_is_finite_when_demand_bounds_it():
    symbols = Symbols()
    one = ("constant", symbols.id_of(1))
    fact = Clause(
        L("f/2", (0, 3)),
        (Comparison("<", ("constant", symbols.id_of(0)), ("slot", 0)), Bind(1, ("-", ("slot", 0), one)), L("f/2", (1, 2)),
         Bind(3, ("*", ("slot", 0), ("slot", 2)))),
        4, 0, "f(N, F) :- N > 0, M = N - 1, f(M, G), F = N * G.",
    )  # fmt: skip
    found = Database(symbols)
    found.add_facts("f/2", [[symbols.id_of(0), symbols.id_of(1)]])
    rewritten = demanded([Stratum((fact,), (), True)], L("f/2", (~symbols.id_of(10), 0)))
    for stratum in rewritten.strata:
        found.run(stratum)
    assert rows_of(found, rewritten.answer) == {(10, 3628800)}


def test_free_queries_only_drop_what_is_irrelevant():
    other = Clause(L("other/1", (0,)), (L("u/1", (0,)),), 1, 2, "other(X) :- u(X).")
    strata = [Stratum((BASE, STEP), (), True), Stratum((other,))]
    rewritten = demanded(strata, L("p/2", (0, 1)))
    assert rewritten.strata == (strata[0],)
    assert rewritten.answer == L("p/2", (0, 1))
    assert relevant(strata, frozenset(["other/1"])) == {"other/1", "u/1"}


def test_what_is_negated_is_evaluated_in_full():
    reach = Clause(L("cut/2", (0, 1)), (L("e/2", (0, 1)), L("p/2", (1, 0), True)), 2, 2, "cut(X, Y) :- ...")
    strata = [Stratum((BASE, STEP), (), True), Stratum((reach,))]
    rewritten = demanded(strata, L("cut/2", (~0, 0)))
    assert rewritten.strata[0] == strata[0]
    assert rewritten.answer.relation == "cut@bf/2"
    assert content is not None
