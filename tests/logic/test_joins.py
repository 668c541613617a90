"""Joins, strata, increments: against a naive evaluator and against clingo."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from induce.errors import DataError, LimitError, RuleError
from induce.logic.clauses import WILD, AggregateClause, Bind, Clause, Literal, Match, Stratum, Track
from induce.logic.clauses import Test as Comparison
from induce.logic.database import Database
from induce.logic.limits import Limits
from induce.logic.symbols import NIL, Compound, Symbols, list_of
from tests.logic import naive
from tests.logic.programs import content, database, programs

L = Literal


def nonempty(found):
    return {name: rows for name, rows in found.items() if rows}


@settings(max_examples=150, deadline=None)
@given(programs())
def test_random_programs_have_the_tuples_of_the_naive_evaluator(program):
    facts, strata = program
    found = database(facts)
    for stratum in strata:
        found.run(stratum)
    assert content(found) == nonempty(naive.evaluate(found.symbols, facts, strata))


@settings(max_examples=100, deadline=None)
@given(programs(), st.data())
def test_facts_added_later_give_the_same_tuples(program, data):
    facts, strata = program
    cut = {name: data.draw(st.integers(0, len(rows))) for name, rows in facts.items()}
    found = database({name: rows[: cut[name]] for name, rows in facts.items()})
    for stratum in strata:
        found.run(stratum)
    for name, rows in facts.items():
        if rows[cut[name] :]:
            found.add_facts(name, [[found.symbols.id_of(item) for item in row] for row in rows[cut[name] :]])
    for stratum in strata:
        found.run(stratum)
    assert content(found) == nonempty(naive.evaluate(found.symbols, facts, strata))


@settings(max_examples=40, deadline=None)
@given(programs())
def test_small_chunks_change_nothing(program):
    from induce.logic import bindings, joins

    facts, strata = program
    before = bindings.CHUNK
    try:
        bindings.CHUNK = joins.CHUNK = 2
        found = database(facts)
        for stratum in strata:
            found.run(stratum)
    finally:
        bindings.CHUNK = joins.CHUNK = before
    assert content(found) == nonempty(naive.evaluate(found.symbols, facts, strata))


def as_text(clause):
    def term(slot):
        return str(~slot) if slot < 0 else "_" if slot == WILD else f"X{slot}"

    def atom(literal):
        return f"{literal.relation[0]}({','.join(term(s) for s in literal.arguments)})"

    body = []
    for step in clause.body:
        if isinstance(step, Literal):
            body.append(("not " if step.negated else "") + atom(step))
        elif isinstance(step, Comparison):
            body.append(f"X{step.left[1]} {step.operator} X{step.right[1]}")
        elif isinstance(step, Bind):
            body.append(f"X4 = (X{step.expression[1][1][1]} + 1) \\ 4")
        else:
            body.append(f"X5 = 0..X{step.high[1]}")
    return f"{atom(clause.head)} :- {', '.join(body)}."


@settings(max_examples=60, deadline=None)
@given(programs())
def test_random_programs_have_the_tuples_of_clingo(program):
    clingo = pytest.importorskip("clingo")
    facts, strata = program
    found = database(facts)
    for stratum in strata:
        found.run(stratum)
    control = clingo.Control(["--warn=none"])
    lines = [f"{name[0]}({','.join(map(str, row))})." for name, rows in facts.items() for row in rows]
    lines += [as_text(clause) for stratum in strata for clause in stratum.clauses]
    control.add("base", [], "\n".join(lines))
    control.ground([("base", [])])
    wanted: dict[str, set] = {}
    with control.solve(yield_=True) as handle:
        for symbol in handle.model().symbols(atoms=True):
            name = f"{symbol.name}/{len(symbol.arguments)}"
            wanted.setdefault(name, set()).add(tuple(argument.number for argument in symbol.arguments))
    assert content(found) == wanted


def run(*clauses, facts=None, recursive=True, limits=None, symbols=None):
    symbols = symbols or Symbols()
    found = Database(symbols)
    for name, rows in (facts or {}).items():
        found.add_facts(name, [[symbols.id_of(v) for v in row] for row in rows])
    found.run(Stratum(tuple(clauses), (), recursive), limits=limits)
    return found


def rule(head, *body, text="r.", line=0, number=0):
    return Clause(head, tuple(body), 10, number, text, line)


def test_arithmetic_is_exact_and_typed():
    symbols = Symbols()
    half = ("constant", symbols.id_of(2))
    found = run(
        rule(L("h/2", (0, 1)), L("n/1", (0,)), Bind(1, ("/", ("slot", 0), half))),
        facts={"n/1": [(4,), (5,), (2.5,), ("x",)]},
        symbols=symbols,
    )
    got = {a: b for a, b in content(found)["h/2"]}
    assert got == {4: 2, 5: 2.5, 2.5: 1.25}
    assert type(got[4]) is int
    assert found.notes == [
        "In the rule 'r.', 'x' is not a number, so '/' has no value there. Such instances are left out."
    ]


def test_terms_are_made_and_taken_apart():
    symbols = Symbols()
    tail = rule(L("suffix/1", (2,)), L("suffix/1", (0,)), Match(0, "cons", (WILD, 2)))
    member = rule(L("member/1", (1,)), L("suffix/1", (0,)), Match(0, "cons", (1, WILD)))
    pair = rule(L("pair/1", (3,)), L("member/1", (1,)), Bind(3, ("term", "pair", ("slot", 1), ("slot", 1))))
    found = run(tail, member, pair, facts={"suffix/1": [(list_of([1, 2, 3]),)]}, symbols=symbols)
    assert content(found)["member/1"] == {(1,), (2,), (3,)}
    assert content(found)["pair/1"] == {(Compound("pair", (k, k)),) for k in (1, 2, 3)}
    assert (NIL,) in content(found)["suffix/1"]


def test_a_program_that_counts_for_ever_is_stopped_with_its_rule_named():
    symbols = Symbols()
    step = Bind(1, ("+", ("slot", 0), ("constant", symbols.id_of(1))))
    with pytest.raises(LimitError) as caught:
        run(
            rule(L("n/1", (1,)), L("n/1", (0,)), step, text="n(X+1) :- n(X).", line=3),
            facts={"n/1": [(0,)]},
            symbols=symbols,
        )
    words = str(caught.value)
    assert words.startswith(
        "Grounding stopped at the rule 'n(X+1) :- n(X).' (line 3): its results have fed it for 10,000 rounds."
    )
    assert "Largest relations: n/1 10,002" in words
    assert words.endswith("or allow more with Limits(rounds=...).")


def test_integers_that_grow_without_end_are_stopped():
    symbols = Symbols()
    square = Bind(1, ("*", ("slot", 0), ("slot", 0)))
    with pytest.raises(LimitError, match=r"an integer passes 2\*\*62 = 4611686018427387904, at the operator '\*'"):
        run(rule(L("n/1", (1,)), L("n/1", (0,)), square), facts={"n/1": [(3,)]}, symbols=symbols)


def test_nesting_and_tuples_have_limits():
    grow = rule(L("n/1", (1,)), L("n/1", (0,)), Bind(1, ("term", "s", ("slot", 0))), text="n(s(X)) :- n(X).")
    with pytest.raises(LimitError, match=r"terms are nested 51 deep \(limit 50\)"):
        run(grow, facts={"n/1": [(0,)]}, limits=Limits(depth=50))
    cross = rule(L("c/2", (0, 1)), L("n/1", (0,)), L("n/1", (1,)), text="c(X, Y) :- n(X), n(Y).")
    with pytest.raises(LimitError, match=r"the relations have [\d,]+ tuples \(limit 5,000\).*c/2"):
        run(cross, facts={"n/1": [(k,) for k in range(100)]}, limits=Limits(tuples=5000))
    with pytest.raises(LimitError, match="grounding has taken more than 0 seconds"):
        run(cross, facts={"n/1": [(k,) for k in range(100)]}, limits=Limits(seconds=0.0))


def test_an_unsafe_rule_is_refused():
    with pytest.raises(RuleError, match=r"at 2:0: The rule 'p\(X, Y\) :- e\(X\).' is unsafe: the head uses the slot 1"):
        run(rule(L("p/2", (0, 1)), L("e/1", (0,)), text="p(X, Y) :- e(X).", line=2), facts={"e/1": [(1,)]})
    with pytest.raises(RuleError, match="step 2 of its body uses the slot 1"):
        run(rule(L("p/1", (0,)), L("e/1", (0,)), L("q/1", (1,), True)), facts={"e/1": [(1,)]})


def test_wrong_shapes_are_refused():
    found = Database(Symbols())
    with pytest.raises(DataError, match=r"Tuples of e/2 came with the shape \(1, 3\); 2 columns were expected"):
        found.add_facts("e/2", [[0, 0, 0]])
    with pytest.raises(DataError, match="1 tuples came with 2 rows and 1 values"):
        found.add_leaves("u/1", [[0]], source=0, row=np.zeros(2), value=np.zeros(1))


@pytest.mark.parametrize(
    ("function", "wanted"),
    [
        ("count", {("a", 2), ("b", 1)}),
        ("sum", {("a", 5), ("b", 7)}),
        ("prod", {("a", 6), ("b", 7)}),
        ("min", {("a", 2), ("b", 7)}),
        ("max", {("a", 3), ("b", 7)}),
        ("mean", {("a", 2.5), ("b", 7.0)}),
    ],
)
def test_aggregates(function, wanted):
    symbols = Symbols()
    found = Database(symbols)
    found.add_facts("v/2", [[symbols.id_of(v) for v in row] for row in [("a", 3), ("a", 2), ("b", 7)]])
    clause = AggregateClause("r/2", "v/2", (0,), 1, function, 0, "r.")
    found.run(Stratum((), (clause,)))
    assert content(found, ["r/2"])["r/2"] == wanted
    found.add_facts("v/2", [[symbols.id_of(v) for v in ("c", 1)]])
    found.run(Stratum((), (clause,)))
    assert {row[0] for row in content(found, ["r/2"])["r/2"]} == {"a", "b", "c"}


def test_aggregates_of_nothing_and_of_texts():
    symbols = Symbols()
    found = Database(symbols)
    found.run(
        Stratum(
            (),
            tuple(AggregateClause(f"{f}/1", "v/1", (), 0, f, k, "r.") for k, f in enumerate(["count", "sum", "max"])),
        )
    )
    assert content(found) == {"count/1": {(0,)}, "sum/1": {(0,)}}
    found.add_facts("v/1", [[symbols.id_of("x")]])
    with pytest.raises(RuleError, match=r"takes the sum of x, which is not a number"):
        found.run(Stratum((), (AggregateClause("s/1", "v/1", (), 0, "sum", 0, "s."),)))
    with pytest.raises(RuleError, match=r"uses the aggregate 'mode'. Aggregates are: count, max, mean, min, prod, sum"):
        found.run(Stratum((), (AggregateClause("s/1", "v/1", (), 0, "mode", 0, "s."),)))


def test_an_aggregate_over_uncertain_tuples_is_left_to_the_caller():
    found = Database(Symbols())
    found.add_leaves("v/1", [[found.symbols.id_of(1)]], source=0, row=np.zeros(1), value=np.zeros(1))
    stratum = Stratum((), (AggregateClause("s/1", "v/1", (), 0, "sum", 0, "s."),))
    found.run(stratum)
    assert found.pending == [(stratum, stratum.aggregates[0])]
    assert found.relation("s/1").uncertain


def test_propositions_tracks_and_profile():
    symbols = Symbols()
    low, high = ("constant", symbols.id_of(1)), ("constant", symbols.id_of(3))
    found = Database(symbols)
    found.run(Stratum((rule(L("n/1", (0,)), Track(0, low, high), text="n(1..3).", number=4),)))
    found.run(Stratum((rule(L("yes/0", ()), L("n/1", (~symbols.id_of(2),)), number=5),)))
    found.run(Stratum((rule(L("no/0", ()), L("yes/0", (), True), number=6),)))
    assert content(found) == {"n/1": {(1,), (2,), (3,)}, "yes/0": {()}}
    profile = {row["rule"]: row for row in found.profile()}
    assert profile[4]["tuples"] == 3
    assert profile[4]["text"] == "n(1..3)."
    assert set(profile[5]) == {"rule", "text", "tuples", "instances", "seconds"}
