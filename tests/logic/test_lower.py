"""Clauses of checked programs: slots, leaves, and the hidden relations that statements need."""

from __future__ import annotations

from induce.logic.check import statements_of
from induce.logic.clauses import WILD, Bind, Literal, Match, Track
from induce.logic.clauses import Test as Comparison
from induce.logic.lower import lower
from induce.logic.parse import parse_program
from induce.logic.symbols import Symbols


def lowered(text, **options):
    parsed = parse_program(text)
    return lower(statements_of(parsed.term, parsed.places), Symbols(), **options)


def facts(out, name):
    return [tuple(out.symbols.values_of(row)) for row in out.facts[name]]


def test_constant_facts_become_rows():
    out = lowered('p(1, a). p(2, "b c"). n(1..3). m({x, y}, 1..2). rain.')
    assert facts(out, "p/2") == [(1, "a"), (2, "b c")]
    assert facts(out, "n/1") == [(1,), (2,), (3,)]
    assert facts(out, "m/2") == [("x", 1), ("x", 2), ("y", 1), ("y", 2)]
    assert facts(out, "rain/0") == [()]
    assert out.clauses == []
    assert out.sources == []


def test_a_rule_is_one_clause_with_its_line():
    (clause,) = lowered("\np(X, Z) :- q(X, Y), not r(Y, _), Y < 3, Z = Y + 1.").clauses
    assert (clause.line, clause.number, clause.leaf) == (2, 1, False)
    assert clause.head.relation == "p/2"
    assert [type(step) for step in clause.body] == [Literal, Bind, Literal, Comparison]
    negated = next(step for step in clause.body if isinstance(step, Literal) and step.negated)
    assert negated.arguments[1] == WILD


def test_equations_are_turned_to_what_is_unknown():
    (clause,) = lowered("p(X) :- n(Y), Y = X + 2.").clauses
    assert any(isinstance(step, Bind) and step.expression[0] == "-" for step in clause.body)
    (clause,) = lowered("p(X) :- n(Y), X = 1..Y.").clauses
    assert any(isinstance(step, Track) for step in clause.body)
    (clause,) = lowered("p(X) :- n(point(X, _)).").clauses
    assert any(isinstance(step, Match) for step in clause.body)


def test_a_weighted_fact_is_a_leaf():
    out = lowered("0.3::a(1).")
    (source,) = out.sources
    assert (source.kind, source.relation, source.keys, source.categorical) == ("weights", "a/1", 1, False)
    assert [c.leaf for c in out.clauses] == [True]


def test_a_fact_that_also_has_rules_or_a_table_keeps_its_chance_apart():
    for out in (lowered("0.3::a(1). a(2)."), lowered("0.3::a(1).", taken=frozenset({"a/1"}))):
        assert [s.relation for s in out.sources] == ["chance@1/0"]


def test_alternatives_are_one_variable_for_each_binding():
    out = lowered("0.4::h(X) ; 0.5::t(X) :- coin(X). coin(1).")
    (source,) = out.sources
    assert (source.keys, source.names, source.categorical, source.complete) == (1, ("X",), True, False)
    assert len(source.values) == 3  # heads, tails, none of them
    assert len(lowered("0.4::h ; 0.6::t.").sources[0].values) == 2


def test_a_choice_has_free_leaves_and_a_bound():
    out = lowered("1 <= { p(X) : i(X) } <= 2 :- go(G). i(1..3). go(1).")
    assert [s.kind for s in out.sources] == ["free"]
    (bound,) = out.cardinalities
    assert (bound.keys, bound.low, bound.high) == (1, 1, 2)
    assert lowered("{ a }.").cardinalities == []


def test_constraints_queries_evidence_and_costs():
    out = lowered("a. b :- a. :- a, b. ?- a. evidence(a). :~ a. [2]")
    assert out.constraints[0] == ("constraint@3/0", 3)
    assert [str(q) for q in out.queries] == ["a"]
    assert [str(e) for e in out.evidence] == ["a"]
    assert len(out.weak) == 1


def test_aggregates_are_relations_with_their_groups():
    out = lowered("n(X, S) :- g(X), S = #sum{ V : p(X, V) }.")
    (aggregate,) = out.aggregates
    assert (aggregate.function, aggregate.keys) == ("sum", (0,))
    assert {c.head.relation.split("@")[0] for c in out.clauses} == {"element", "group", "some", "result", "n/2"}


def test_networks_and_choice_holes_are_sources():
    out = lowered("d(I, {0..2}) ~ nn(net, I). q :- d(a, 1), d(b, 2).")
    (source,) = out.sources
    assert (source.kind, source.net, source.keys, len(source.values)) == ("net", "net", 1, 3)
    assert len([c for c in out.clauses if c.leaf]) == 2  # the inputs that other atoms write
    out = lowered("q :- p(X), X > ?limit{ 1 ; 2 }. p(1).")
    assert [(s.kind, s.net) for s in out.sources] == [("select", "limit")]
