"""ProbLog, ASP and Scallop: what is read, what it becomes, and what is refused by name at its place."""

from __future__ import annotations

import contextlib
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from induce.errors import InduceError, ParseError, RuleError
from induce.logic import LogicProgram, rules
from induce.logic.dialects import from_asp, from_problog, from_scallop

READ = [
    (from_problog, r"b :- \+a, X is 1+1, X =:= 2, X =\= 3, X =< 4.", "b :- not a, X = 1 + 1, X = 2, X != 3, X <= 4."),
    (from_problog, "0.2::c ; 0.8::d :- e(X). % comment", "0.2::c ; 0.8::d :- e(X)."),
    (from_problog, "t(_)::a. /* more\nlines */ t(0.5)::b.", "?h1::a.\n?h2{start: 0.5, low: 0, high: 1}::b."),
    (from_problog, "t(_, X)::a(X) :- b(X).", "?h1(X)::a(X) :- b(X)."),
    (from_problog, "query(p(_x, _x)). p(1, 2).", "?- p(_X, _X).\np(1, 2)."),
    (
        from_problog,
        "evidence(a). evidence(b, false). evidence(\\+c).",
        "evidence(a).\nevidence(not b).\nevidence(not c).",
    ),
    (from_problog, "P::a(X) :- w(X, P). 1/3::b.", "P::a(X) :- w(X, P).\n1.0 / 3.0::b."),
    (from_problog, "a :- true. b :- l([1, 2 | T]).", "a.\nb :- l([1, 2 | T])."),
    (from_problog, "p('It''s', \"a\", 'b'). 'q'(1).", 'p("It\'s", a, b).\nq(1).'),
    (from_problog, "length(a, 1). b :- length(a, X).", "length(a, 1).\nb :- length(a, X)."),
    (
        from_asp,
        "#const n = 2. p(1..n). q(X) :- p(X), X < n, n(X). n(1).",
        "p(1..2).\nq(X) :- p(X), X < 2, n(X).\nn(1).",
    ),
    (from_asp, "1 { a(X) : b(X) } 2 :- c.", "1 <= { a(X) : b(X) } <= 2 :- c."),
    (
        from_asp,
        "{ a ; b } = 1. { a }. 3 >= { a ; b }. 1 < { a ; b }.",
        "{ a ; b } = 1.\n{ a }.\n{ a ; b } <= 3.\n2 <= { a ; b }.",
    ),
    (from_asp, "{ a ; b } < 2. 1 = { a ; b } :- c.", "{ a ; b } <= 1.\n{ a ; b } = 1 :- c."),
    (from_asp, "a :- 2 #count{ X : p(X) } 4.", "a :- 2 <= #count{ X : p(X) }, #count{ X : p(X) } <= 4."),
    (from_asp, "a(S) :- S = #sum{ W, X : p(X, W) }, S > 1.", "a(S) :- S = #sum{ W, X : p(X, W) }, S > 1."),
    (from_asp, "a :- 1 < #max{ W : p(W) } <= 5, b.", "a :- 1 < #max{ W : p(W) }, #max{ W : p(W) } <= 5, b."),
    (from_asp, ":~ a(X), b. [X@1, X]", ":~ a(X), b. [X@1, X]"),
    (from_asp, "#minimize{ W@2, X : p(X, W), q ; 3 : r }.", ":~ p(X, W), q. [W@2, X]\n:~ r. [3.0@0]"),
    (from_asp, "#maximize{ W : p(W) }.", ":~ p(W). [-W@0]"),
    (
        from_asp,
        "a(X \\ 2, |X - 3|) :- b(X), |X| > 2, 1 < X < 9.",
        "a(X mod 2, abs(X - 3)) :- b(X), abs(X) > 2, 1 < X, X < 9.",
    ),
    (from_asp, "a :- b; not c. %* gone\n*% :- a, d.", "a :- b, not c.\n:- a, d."),
    (from_asp, "path(a, X)?", "?- path(a, X)."),
    (from_scallop, "type edge(i32, i32)", "#relation edge(c1: i32, c2: i32)."),
    (from_scallop, "type edge(from: usize, name: String)", "#relation edge(from: usize, name: string)."),
    (from_scallop, "rel edge = {(0, 1), (1, 2)} // two", "edge(0, 1).\nedge(1, 2)."),
    (from_scallop, "rel 0.3::edge(0,1)\nrel c = {0.3::1; 0.7::2}", "0.3::edge(0, 1).\n0.3::c(1) ; 0.7::c(2)."),
    (from_scallop, "rel w = {0.3::(1, 2), 0.7::(2, 3)}", "0.3::w(1, 2).\n0.7::w(2, 3)."),
    (
        from_scallop,
        "rel path(a, b) = edge(a, b) or path(a, c) and edge(c, b)",
        "path(A, B) :- edge(A, B).\npath(A, B) :- path(A, C), edge(C, B).",
    ),
    (from_scallop, "rel p(a + 1) = q(a) and (r(a) or s(a))", "p(A + 1) :- q(A), r(A).\np(A + 1) :- q(A), s(A)."),
    (from_scallop, "rel p(x) = q(x) and not r(x, _) and x > 3", "p(X) :- q(X), not r(X, _), X > 3."),
    (from_scallop, "rel 0.4::p(x) = q(x) or r(x)", "0.4::chance_1.\np(X) :- q(X), chance_1.\np(X) :- r(X), chance_1."),
    (from_scallop, "rel total(n) = n := sum(x: item(x))", "total(N) :- N = #sum{ X : item(X) }."),
    (
        from_scallop,
        "rel m(n) = n := max(x: item(x))\nrel l(n) = n := min(x: item(x))",
        "m(N) :- N = #max{ X : item(X) }.\nl(N) :- N = #min{ X : item(X) }.",
    ),
    (from_scallop, "rel s(n) = n := sum[i](x: it(i, x))", "s(N) :- N = #sum{ X, I : it(I, X) }."),
    (from_scallop, "rel d(a, n) = n := count(b: edge(a, b))", "d(A, N) :- edge(A, _), N = #count{ B : edge(A, B) }."),
    (from_scallop, "rel m(n, b) = n := count(x: p(b, x) where b: q(b))", "m(N, B) :- q(B), N = #count{ X : p(B, X) }."),
    (
        from_scallop,
        "type e(i32, i32) query e\nquery e(0, x)",
        "#relation e(c1: i32, c2: i32).\n?- e(X1, X2).\n?- e(0, X).",
    ),
    (from_scallop, "rel p(x, X) = q(x, X)", "p(X, X_) :- q(X, X_)."),
    (from_scallop, "const N = 3 rel p(N) rel a() = b()", "p(3).\na :- b."),
]


@pytest.mark.parametrize(("read", "text", "wanted"), READ)
def test_what_is_read(read, text, wanted):
    found = read(text)
    assert str(found) == wanted
    assert rules.parse(wanted) is found.term
    assert len(found.places) == len(found.term.args)


REFUSED = [
    (
        from_problog,
        "p(X) :- q(X) ; r(X).",
        1,
        14,
        "';' in a body of ProbLog is not supported. Write two rules with the same head.",
    ),
    (
        from_problog,
        "a :-\n  b,\n findall(X, p(X), L).",
        3,
        2,
        "the predicate 'findall' of ProbLog is not supported. Aggregate:",
    ),
    (from_problog, "a :- assert(b).", 1, 6, "the predicate 'assert' of ProbLog is not supported."),
    (from_problog, "a :- between(1, 3, X).", 1, 6, "Write 'X = 1..3'."),
    (
        from_problog,
        ":- use_module(library(lists)).",
        1,
        1,
        "the directive ':- use_module' of ProbLog is not supported.",
    ),
    (from_problog, "a :- b, !.", 1, 9, "'!' of ProbLog is not supported."),
    (from_problog, "a :- b -> c.", 1, 8, "'->' of ProbLog is not supported. Write two rules"),
    (from_problog, "\\+a :- b.", 1, 1, "a negated head of ProbLog is not supported."),
    (from_problog, "a :- fail.", 1, 6, "'fail' of ProbLog is not supported."),
    (from_problog, "'has part'(a).", 1, 1, "the quoted relation name"),
    (from_problog, "a :- b\nc.", 2, 1, "unexpected 'c'; '.' or ',' was expected."),
    (from_problog, "a.\nb :- foo(", 2, 10, "the text ends too early"),
    (from_problog, "a('x.", 1, 3, "the text that begins with ' is not closed on its line"),
    (
        from_asp,
        "a ; b :- c.",
        1,
        3,
        "a disjunction 'a ; b' of ASP is not supported. For one of them write the choice '{ a ; b } = 1'",
    ),
    (from_asp, "a | b.", 1, 3, "a disjunction"),
    (
        from_asp,
        "c.\n-a :- c.",
        2,
        1,
        "the classical negation '-a' of ASP is not supported. Name it: 'not_a', with ':- a, not_a.'.",
    ),
    (from_asp, "a :- -b(X).", 1, 6, "the classical negation '-b'"),
    (from_asp, "a :- not not b.", 1, 6, "'not not' of ASP is not supported. Write a choice"),
    (from_asp, "p(a ; b).", 1, 5, "a pool 'p(a; b)' of ASP is not supported."),
    (from_asp, "p((a, b)).", 1, 3, "a tuple '(a, b)' of ASP is not supported. Give it a name, as in 'pair(a, b)'."),
    (from_asp, "#external a.", 1, 1, "'#external' of ASP is not supported."),
    (from_asp, "a :- b : c.", 1, 8, "a conditional literal 'a : b' of ASP is not supported."),
    (from_asp, "p(@f(1)).", 1, 3, "the external function '@f' of ASP is not supported."),
    (from_asp, "{ a ; b } != 1.", 1, 11, "'!=' at a choice of ASP is not supported."),
    (from_asp, "#minimize{ 3 }.", 1, 12, "an element of '#minimize' without a condition of ASP is not supported."),
    (from_asp, "a :- not 1 < #count{ X : b(X) }.", 1, 6, "'not' before an aggregate of ASP is not supported."),
    (from_asp, "p(X) :- q(X\n,", 2, 2, "the text ends too early"),
    (from_scallop, 'import "a"', 1, 1, "'import' of Scallop is not supported. Join the texts before reading them."),
    (from_scallop, "rel p(x) =\n  forall(y: q(y))", 2, 3, "'forall' of Scallop is not supported."),
    (from_scallop, "rel p($abs(x)) = q(x)", 1, 7, "a foreign function '$f' of Scallop is not supported."),
    (from_scallop, "@demand\nrel a(x)", 1, 1, "the attribute '@demand' of Scallop is not supported."),
    (from_scallop, "edge(1)", 1, 1, "Begin with 'rel', 'type', 'const' or 'query'."),
    (from_scallop, "rel p = q", 1, 5, "'p' without arguments of Scallop is not supported."),
    (from_scallop, "type T = i32", 1, 1, "this form of 'type' of Scallop is not supported."),
    (from_scallop, "rel p(x) = q(x", 1, 13, "'(' is not closed. Add the closing bracket."),
    (from_scallop, "rel p(x) = not (r(x) or s(x))", 1, 12, "'not' before a group of Scallop is not supported."),
    (from_scallop, "query zz", 1, 7, "a query for the unknown relation 'zz' of Scallop is not supported."),
    (
        from_scallop,
        "rel m(x) = x := max[y](z: r(y, z))",
        1,
        17,
        "the arguments of 'max[...]' of Scallop is not supported.",
    ),
]


@pytest.mark.parametrize(("read", "text", "line", "column", "message"), REFUSED)
def test_what_is_refused_by_name_at_its_place(read, text, line, column, message):
    with pytest.raises(ParseError) as caught:
        read(text)
    assert message in str(caught.value)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert text.split("\n")[line - 1].strip() in str(caught.value)


def test_what_has_no_effect_is_noted():
    assert from_asp("a.\n  #show a/0.").notes == ("2:3: '#show' has no effect; ask for atoms with a query.",)


def test_mistakes_of_rules_are_found_at_the_place_of_the_text():
    with pytest.raises(RuleError, match=r"at 3:15: variable Y occurs only under 'not'"):
        LogicProgram(from_problog("a(1).\nb(X) :-\n  a(X), \\+c(X,Y)."))
    with pytest.raises(RuleError, match=r"at 2:5: negation through recursion: win/1 -> win/1"):
        LogicProgram(from_scallop("type e(i32, i32)\nrel win(x) = not win(x) and e(x, x)"))


@pytest.mark.parametrize("read", [from_problog, from_asp, from_scallop])
def test_only_text_is_read(read):
    with pytest.raises(ParseError, match="program is text, but got int"):
        read(5)


def test_the_programs_run():
    text = "0.2::burglary. 0.1::quake. alarm :- burglary. alarm :- quake. evidence(alarm, true). query(burglary)."
    assert LogicProgram(from_problog(text))().item() == pytest.approx(0.2 / 0.28)
    text = "#const n = 3. node(1..n). { col(X, r) ; col(X, g) } = 1 :- node(X). :- col(X, C), col(X + 1, C), node(X + 1). col(1, r)?"
    assert LogicProgram(from_asp(text))().item() == pytest.approx(0.5)
    text = "rel edge = {0.5::(0, 1), 0.5::(1, 2)} rel path(a, b) = edge(a, b) or path(a, c) and edge(c, b) query path(0, x)"
    assert LogicProgram(from_scallop(text))().tolist() == [0.5, 0.25]
    text = "rel e = {(0, 1), (0, 2), (3, 0)} rel d(a, n) = n := count(b: e(a, b)) query d"
    assert LogicProgram(from_scallop(text)).answers.labels == ["d(0, 2)", "d(3, 1)"]


WORDS = (
    "a b X Y _ not 1 2.5 0.3 ( ) { } [ ] , ; . : :- :~ :: = := < <= | @ ? # $ \\+ \\ + - * .. -> ! ' \" #sum #count #const "
    "#minimize #show rel type query const and or count sum where true t p(X) q(a,1) // /* %* % \n"
).split(" ")


@pytest.mark.parametrize("read", [from_problog, from_asp, from_scallop, rules.parse])
@settings(max_examples=150, deadline=None)
@given(words=st.lists(st.sampled_from(WORDS), max_size=14), glue=st.sampled_from(["", " "]))
def test_any_words_are_read_or_refused_in_words(read, words, glue):
    with contextlib.suppress(InduceError):
        read(glue.join(words))


@pytest.mark.parametrize("number", range(4))
def test_texts_with_slips_are_read_or_refused_in_words(number):
    random = Random(number)
    cases = [case[:2] for case in (*READ, *REFUSED)]
    for _ in range(150):
        read, text = random.choice(cases)
        letters = list(text)
        for _ in range(random.randint(1, 3)):
            place = random.randrange(len(letters) + 1)
            letters[place : place + random.randint(0, 2)] = random.choice(["", *WORDS])
        with contextlib.suppress(InduceError):
            LogicProgram(read("".join(letters)))
