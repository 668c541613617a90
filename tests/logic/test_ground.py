"""The ground program: every world of it is the naive evaluation of that world, and its instances are the right ones."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from induce.logic import LogicProgram
from induce.logic.clauses import WILD, Clause, Literal, Stratum
from induce.logic.database import Database
from induce.logic.symbols import Symbols
from tests.logic import naive
from tests.logic.programs import content, database, programs

L = Literal


def uncertain_database(draw, facts):
    """Some facts become leaves; returns the database, the sure facts, and the leaves as (relation, tuple)."""
    sure = {name: list(dict.fromkeys(rows)) for name, rows in facts.items()}
    leaves = []
    for name, rows in sure.items():
        chosen = [row for row in rows if draw(st.booleans())]
        leaves += [(name, row) for row in chosen]
        sure[name] = [row for row in rows if row not in chosen]
    leaves = leaves[:5]
    found = database(sure)
    for number, (name, row) in enumerate(leaves):
        ids = [[found.symbols.id_of(item) for item in row]]
        found.add_leaves(name, ids, source=number, row=np.zeros(1), value=np.zeros(1))
    return found, sure, leaves


def atom_names(graph):
    """Relation and tuple of values of each atom."""
    names = [None] * graph.atoms
    for name, (first, columns) in graph.relations.items():
        for k, row in enumerate(columns):
            names[first + k] = (name, tuple(graph.symbols.values_of(row)))
    return names


def holding(graph, strata_rules, leaves_true):
    """Atoms that hold in a world, stratum by stratum of rule numbers."""
    holds = graph.certain.copy()
    holds[list(leaves_true)] = True
    for rules in strata_rules:
        chosen = [i for i in range(graph.instances) if graph.rule[i] in rules]
        changed = True
        while changed:
            changed = False
            for i in chosen:
                body = graph.body[graph.start[i] : graph.start[i + 1]]
                if not holds[graph.head[i]] and all(holds[b >> 1] != (b & 1) for b in body):
                    holds[graph.head[i]] = changed = True
    return holds


@settings(max_examples=150, deadline=None)
@given(programs(), st.data())
def test_every_world_is_the_naive_evaluation_of_that_world(program, data):
    facts, strata = program
    found, sure, leaves = uncertain_database(data.draw, facts)
    for stratum in strata:
        found.run(stratum, record=True)
    graph = found.hypergraph()
    names = atom_names(graph)
    place = {name: k for k, name in enumerate(names)}
    rules = [{clause.number for clause in stratum.clauses} for stratum in strata]
    for world in itertools.product([False, True], repeat=len(leaves)):
        true = [leaf for leaf, there in zip(leaves, world, strict=True) if there]
        wanted = naive.evaluate(
            found.symbols,
            {name: [*rows, *(row for n, row in true if n == name)] for name, rows in sure.items()},
            strata,
        )
        holds = holding(graph, rules, [place[leaf] for leaf in true])
        got = {names[k] for k in np.flatnonzero(holds)}
        assert got == {(name, row) for name, rows in wanted.items() for row in rows}
    check_shape(graph)


def check_shape(graph):
    assert (np.diff(graph.head) >= 0).all()
    assert not graph.certain[graph.head].any()
    assert not graph.certain[graph.body >> 1].any()
    keys = {
        (graph.head[i], graph.rule[i], tuple(graph.body[graph.start[i] : graph.start[i + 1]]))
        for i in range(graph.instances)
    }
    assert len(keys) == graph.instances
    assert all(array.dtype == np.int32 for array in (graph.head, graph.rule, graph.body))
    assert graph.start.dtype == np.int64


@settings(max_examples=100, deadline=None)
@given(programs(), st.data())
def test_instances_of_positive_rules_are_those_of_brute_force(program, data):
    facts, strata = program
    found, sure, _ = uncertain_database(data.draw, facts)
    found.run(strata[0], record=True)
    graph = found.hypergraph()
    names = atom_names(graph)
    certain = {names[k] for k in np.flatnonzero(graph.certain)}
    got = {
        (names[graph.head[i]], graph.rule[i], frozenset(names[b >> 1] for b in bodies(graph, i)))
        for i in range(graph.instances)
    }
    # brute force over everything that is possible; only rules without negation are compared
    possible = content(found)
    wanted = set()
    for clause in strata[0].clauses:
        if any(isinstance(step, Literal) and step.negated for step in clause.body):
            continue
        for env in naive.environments(found.symbols, possible, clause):
            head = (clause.head.relation, naive.head_of(found.symbols, clause, env))
            body = {
                (step.relation, tuple(found.symbols.value_of(~s) if s < 0 else env[s] for s in step.arguments))
                for step in clause.body
                if isinstance(step, Literal)
            }
            if head not in certain and can_hold(graph, names, body):
                wanted.add((head, clause.number, frozenset(body - certain)))
    positive = {clause.number for clause in strata[0].clauses if not negated(clause)}
    assert {key for key in got if key[1] in positive} == wanted
    assert sure is not None


def negated(clause):
    return any(isinstance(step, Literal) and step.negated for step in clause.body)


def bodies(graph, i):
    return graph.body[graph.start[i] : graph.start[i + 1]]


def can_hold(graph, names, body):
    """Whether all atoms of a body are certain, leaves, or heads of an instance that is left."""
    live = {names[k] for k in {*np.flatnonzero(graph.certain), *graph.leaves.atom, *graph.head}}
    return body <= live


def ids(database, *rows):
    return [[database.symbols.id_of(item) for item in row] for row in rows]


def test_leaves_are_grouped_by_source_row_and_value():
    found = Database(Symbols())
    found.add_leaves(
        "d/2",
        ids(found, (0, "a"), (1, "a"), (0, "b"), (1, "b")),
        source=7,
        row=np.array([0, 1, 0, 1]),
        value=np.array([0, 0, 1, 1]),
        categorical=True,
    )
    found.add_leaves("u/0", [[]], source=3, row=np.zeros(1), value=np.zeros(1))
    leaves = found.hypergraph().leaves
    assert leaves.group.tolist() == [0, 1, 1, 2, 2]
    assert leaves.categorical.tolist() == [False, True, True]
    assert leaves.source.tolist() == [3, 7, 7, 7, 7]
    assert leaves.value.tolist() == [0, 0, 1, 0, 1]
    first = found.hypergraph().relations["d/2"][0]
    assert (leaves.atom[1:] - first).tolist() == [0, 2, 1, 3]


def test_heads_of_leaf_rules_are_uncertain_and_have_no_instances():
    found = Database(Symbols())
    found.add_facts("n/1", ids(found, (1,), (2,)))
    pick = Stratum((Clause(L("pick/1", (0,)), (L("n/1", (0,)),), 1, 0, "pick(X) :- n(X).", leaf=True),))
    use = Stratum((Clause(L("out/1", (0,)), (L("n/1", (0,)), L("pick/1", (0,), True)), 1, 1, "out(X)."),))
    found.run(pick, record=True)
    found.add_leaves("pick/1", found.tuples("pick/1"), source=0, row=np.arange(2), value=np.zeros(2))
    found.run(use, record=True)
    graph = found.hypergraph({9: "a text"})
    assert graph.rule.tolist() == [1, 1]
    assert (graph.body & 1).tolist() == [1, 1]
    assert graph.texts == {0: "pick(X) :- n(X).", 1: "out(X).", 9: "a text"}
    assert not graph.certain[graph.leaves.atom].any()


def test_a_given_tuple_of_an_uncertain_relation_settles_negation():
    found = Database(Symbols())
    found.add_leaves("u/2", ids(found, (1, 1), (2, 1)), source=0, row=np.arange(2), value=np.zeros(2))
    found.add_facts("u/2", ids(found, (1, 5)))
    found.add_facts("n/1", ids(found, (1,), (2,), (3,)))
    body = (L("n/1", (0,)), L("u/2", (0, WILD), True))
    found.run(Stratum((Clause(L("free/1", (0,)), body, 1, 0, "free(X)."),)), record=True)
    graph = found.hypergraph()
    names = atom_names(graph)
    assert {names[k] for k in np.flatnonzero(graph.certain) if names[k][0] == "free/1"} == {("free/1", (3,))}
    assert [(names[h][1], [names[b >> 1][1] for b in bodies(graph, i)]) for i, h in enumerate(graph.head)] == [
        ((2,), [(2, 1)])
    ]


@settings(max_examples=60, deadline=None)
@given(programs(), st.data())
def test_recording_after_a_run_and_facts_added_later_give_the_same_ground_program(program, data):
    facts, strata = program
    found, sure, leaves = uncertain_database(data.draw, facts)
    late = Database(found.symbols)
    for stratum in strata:
        found.run(stratum, record=True)
        late.run(stratum)
    for number, (name, row) in enumerate(leaves):
        late.add_leaves(name, ids(late, row), source=number, row=np.zeros(1), value=np.zeros(1))
    for name, rows in sure.items():
        if rows:
            late.add_facts(name, ids(late, *rows))
    for stratum in strata:
        late.run(stratum, record=True)
    assert described(late.hypergraph()) == described(found.hypergraph())


def described(graph):
    names = atom_names(graph)
    return (
        {
            (names[graph.head[i]], graph.rule[i], frozenset((names[b >> 1], b & 1) for b in bodies(graph, i)))
            for i in range(graph.instances)
        },
        {names[k] for k in np.flatnonzero(graph.certain)},
        {names[k] for k in graph.leaves.atom},
    )


def test_leaf_rules_with_uncertain_bodies_make_leaves_wherever_the_body_is_possible():
    found = Database(Symbols())
    found.add_leaves("u/1", ids(found, (1,), (2,)), source=0, row=np.arange(2), value=np.zeros(2))
    found.add_facts("u/1", ids(found, (3,)))
    pick = Clause(L("pick/1", (0,)), (L("u/1", (0,)),), 1, 0, "pick(X) :- u(X).", leaf=True)
    absent = Clause(L("none/1", (0,)), (L("u/1", (0,)), L("pick/1", (0,), True)), 1, 1, "none(X).")
    found.run(Stratum((pick,)), record=True)
    assert content(found, ["pick/1"]) == {"pick/1": {(1,), (2,), (3,)}}
    found.run(Stratum((absent,)), record=True)
    graph = found.hypergraph()
    names = atom_names(graph)
    got = [(names[h], [(names[b >> 1], b & 1) for b in bodies(graph, i)]) for i, h in enumerate(graph.head)]
    assert got == [
        (("none/1", (1,)), [(("u/1", (1,)), 0), (("pick/1", (1,)), 1)]),
        (("none/1", (2,)), [(("u/1", (2,)), 0), (("pick/1", (2,)), 1)]),
        (("none/1", (3,)), [(("pick/1", (3,)), 1)]),
    ]
    assert [row["instances"] for row in found.profile() if row["rule"] == 1] == [3]


@pytest.mark.parametrize("count", [3, 4, 5, 9])
def test_a_body_of_many_negations_waits_for_none_of_them(count):
    names = [f"a{k}" for k in range(count)]
    facts = " ".join(f"0.5::{name}." for name in names)
    program = LogicProgram(f"{facts} :- {', '.join(f'not {name}' for name in names)}.")
    assert len(program.models()) == 2**count - 1
