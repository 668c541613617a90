"""Rules built in Python are the terms that the text gives."""

from __future__ import annotations

import pytest

from induce.errors import TermError
from induce.logic import LogicProgram, rules
from induce.logic.build import (
    alternatives,
    average,
    choose,
    constraint,
    count,
    domain,
    evidence,
    fun,
    holds,
    indexed,
    largest,
    measured,
    neural,
    one_of,
    product,
    program,
    query,
    rel,
    relation,
    rule,
    sigmoid,
    smallest,
    soft,
    total,
    variables,
    weighted,
)  # fmt: skip
from induce.terms import hole

X, Y, Z, S, Image = variables("X Y Z S Image")
ANY = variables("_")[0]

SAME = [
    (rel.edge("a", 1), "edge(a, 1)."),
    (rel.rain(), "rain."),
    (rule(rel.rain()), "rain."),
    (rel.odd("A b", True, 2.5, -3), 'odd("A b", true, 2.5, -3).'),
    (rel.path(X, Z) <= rel.edge(X, Y) & rel.path(Y, Z), "path(X, Z) :- edge(X, Y), path(Y, Z)."),
    (rule(rel.p(X), rel.q(X), ~rel.r(X, ANY)), "p(X) :- q(X), not r(X, _)."),
    (rel.p(X) <= rel.q(X) & (X < 3) & (X != 1) & (X >= 0), "p(X) :- q(X), X < 3, X != 1, X >= 0."),
    (rel.p(Y) <= rel.q(X) & (Y == X + 1), "p(Y) :- q(X), Y = X + 1."),
    (
        rel.p(2 * X - 1, X // 2, X % 2, X**2, -X, abs(X)) <= rel.q(X),
        "p(2 * X - 1, X // 2, X mod 2, X ** 2, -X, abs(X)) :- q(X).",
    ),
    (
        rel.p(fun.max(X, 1), fun.length("abc"), 1 / X, 3 - X) <= rel.q(X),
        "p(max(X, 1), length(abc), 1 / X, 3 - X) :- q(X).",
    ),
    (rel.p(fun.point(X, 2), [1, X, "b"], []) <= rel.q(X), "p(point(X, 2), [1, X, b], []) :- q(X)."),
    (rel.n(range(1, 5)), "n(1..4)."),
    (rel.n({"a", "b"}), "n({a, b})."),
    (0.3 @ rel.rain(), "0.3::rain."),
    (weighted(0.3, rel.rain()), "0.3::rain."),
    (0.3 @ rel.p(X) <= rel.q(X), "0.3::p(X) :- q(X)."),
    (X @ rel.p(Y) <= rel.w(Y, X), "X::p(Y) :- w(Y, X)."),
    (hole.real("p") @ rel.rain(), "?p::rain."),
    (indexed(hole.real("w"), X) @ rel.p(X) <= rel.q(X), "?w(X)::p(X) :- q(X)."),
    (alternatives({rel.h(): 0.4, rel.t(): 0.6}) <= rel.tossed(), "0.4::h ; 0.6::t :- tossed."),
    (alternatives([(rel.h(), hole.real("a")), (rel.t(), hole.real("b"))]), "?a::h ; ?b::t."),
    (choose(rel.a(), rel.b()), "{ a ; b }."),
    (
        choose(rel.pick(X).where(rel.item(X), ~rel.bad(X)), exactly=1) <= rel.go(),
        "{ pick(X) : item(X), not bad(X) } = 1 :- go.",
    ),
    (choose(rel.a(), rel.b(), at_least=1), "1 <= { a ; b }."),
    (choose(rel.a(), rel.b(), at_most=1), "{ a ; b } <= 1."),
    (
        neural(rel.digit(Image, range(10)), "lenet", Image),
        "digit(Image, {0..9}) ~ nn(lenet, Image).".replace("{0..9}", "0..9"),
    ),
    (neural(rel.on(Image), "net", fun.x(Image)) <= rel.i(Image), "on(Image) ~ nn(net, x(Image)) :- i(Image)."),
    (rel.n(S) <= (S == count(X, where=rel.p(X))), "n(S) :- S = #count{ X : p(X) }."),
    (
        rel.n(S) <= (S == total(X, Image, where=rel.p(X, Image) & (X > 1))),
        "n(S) :- S = #sum{ X, Image : p(X, Image), X > 1 }.",
    ),
    (rel.n(S) <= (S == smallest(X, where=rel.p(X))), "n(S) :- S = #min{ X : p(X) }."),
    (rel.n(S) <= (S == largest(X, where=rel.p(X))), "n(S) :- S = #max{ X : p(X) }."),
    (rel.n(S) <= (S == average(X, where=rel.p(X))), "n(S) :- S = #mean{ X : p(X) }."),
    (rel.n(S) <= (S == product(X, where=rel.p(X))), "n(S) :- S = #prod{ X : p(X) }."),
    (rel.q() <= (count(X, where=rel.p(X)) >= 2), "q :- #count{ X : p(X) } >= 2."),
    (
        rel.near(X) <= holds(sigmoid(hole.real("k") * (measured("dist", X) - hole.real("t")))),
        "near(X) :- sigmoid(?k * (dist(X) - ?t)).",
    ),
    (rel.q() <= holds(hole.real("p")), "q :- ?p."),
    (rel.q(X) <= one_of("f", rel.a(X), rel.b(X)), "q(X) :- ?f{a(X) ; b(X)}."),
    (rel.q(X) <= rel.p(X) & (X > one_of("limit", 1, 2)), "q(X) :- p(X), X > ?limit{1 ; 2}."),
    (constraint(rel.a(), ~rel.b()), ":- a, not b."),
    (constraint(rel.a() & rel.b()), ":- a, b."),
    (soft(rel.late(X), weight=2, level=1, terms=[X]), ":~ late(X). [2.0@1, X]"),
    (query(rel.path("a", X)), "?- path(a, X)."),
    (evidence(rel.a()), "evidence(a)."),
    (evidence(rel.a(), False), "evidence(not a)."),
    (domain("colour", ["red"]), "#domain colour = {red}."),
    (domain("size", range(1, 4)), "#domain size = 1..3."),
    (relation("edge", source="node", target="node"), "#relation edge(source: node, target: node)."),
]


@pytest.mark.parametrize(("built", "text"), SAME)
def test_the_same_term_as_the_text(built, text):
    found = program(built)
    assert found is rules.parse(text)
    assert str(found) == text


def test_names_that_are_no_attributes():
    assert program(rel["größe"](1)) is rules.parse("größe(1).")


def test_a_program_runs():
    built = program(
        0.5 @ rel.edge("a", "b"),
        0.5 @ rel.edge("b", "c"),
        rel.path(X, Y) <= rel.edge(X, Y),
        rel.path(X, Z) <= rel.path(X, Y) & rel.edge(Y, Z),
    )
    assert LogicProgram(built, query=(rel.path("a", X) & (X != "b")).term)().tolist() == [0.25]


MISTAKES = [
    (lambda: bool(X < Y), "'X < Y' is part of a rule and has no truth value here. Join with '&'"),
    (lambda: X < Y < Z, "write '(X < Y) & (Y < Z)' for 'X < Y < Z'"),
    (lambda: rel.p(X) & X < 3, "X is no condition. Write atoms such as rel.p(X)"),
    (lambda: rel.p(X) & (X < 3) < 2, "Put the comparison in parentheses"),
    (lambda: ~(X < 3), "'not' stands before one atom, but got 'X < 3'. Write the opposite comparison"),
    (lambda: ~~rel.p(X), "'not p(X)' is negated already"),
    (lambda: ~rel.p(X) <= rel.q(X), "'not p(X)' cannot be the head of a rule"),
    (lambda: rel.p(rel.q(X)), "'q(X)' is a formula, but a value was expected. For a structured value write fun.name"),
    (lambda: rel.p(None), "None cannot be a constant of a rule"),
    (lambda: variables("x"), "'x' is no variable of a rule. Begin it with a capital letter, such as 'X'"),
    (lambda: weighted(0.3, X), "X is no atom, but one was expected in weighted"),
    (lambda: program(X < 3), "X < 3 is no statement"),
    (lambda: rel.p(X) <= 3, "3 is no condition"),
    (lambda: rel.mod(X), "'mod' is a word of the language and cannot name a relation"),
]


@pytest.mark.parametrize(("make", "message"), MISTAKES)
def test_mistakes(make, message):
    with pytest.raises(TermError) as caught:
        make()
    assert message in str(caught.value)
