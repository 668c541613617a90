"""Text to terms: every kind of statement, places, and how alike things are told apart."""

from __future__ import annotations

import pytest

from induce.errors import ParseError
from induce.logic import language as lang
from induce.logic import rules
from induce.logic.parse import LONGEST, parse_body, parse_program
from induce.logic.quoting import unquoted
from induce.terms.sort import REAL

STATEMENTS = [
    ("edge(a,b).", ":-", lang.FORMULA),
    ("p(X):-q(X).", ":-", lang.FORMULA),
    ("0.3::a.", ":-", lang.HEAD),
    ("{a;b}=1.", ":-", lang.HEAD),
    ("d(I,{0..9})~nn(n,I).", ":-", lang.HEAD),
    (":-a,b.", ":-", lang.BODY),
    (":~a.[2@1]", ":~", lang.BODY),
    ("?-a.", "?-", lang.BODY),
    ("query(a).", "?-", lang.BODY),
    ("evidence(a,false).", "evidence", lang.BODY),
    ("#domain d={a}.", "#domain", lang.VALUE),
    ("#relation p(x:d).", "#relation", lang.VALUE),
]


@pytest.mark.parametrize(("text", "operator", "sort"), STATEMENTS)
def test_every_kind_of_statement(text, operator, sort):
    (statement,) = rules.parse(text).args
    assert (statement.op.name, statement.args[0].sort, statement.sort) == (operator, sort, lang.STATEMENT)


ALIKE = [
    ("a:-X==1,b(X).", "a :- X = 1, b(X)."),
    ("a:-X=:=1,X=\\=2,X=<3,X\\=4,X\\==5,b(X).", "a :- X = 1, X != 2, X <= 3, X != 4, X != 5, b(X)."),
    ("a:-X is 2^3,b(X).", "a :- X = 2 ** 3, b(X)."),
    ("a:-\\+b.", "a :- not b."),
    ("a:-not(b).", "a :- not b."),
    ("p(7\\2).", "p(7 mod 2)."),
    ("p('it''s').".replace("''", "\\'"), 'p("it\'s").'),
    ("p('abc').", "p(abc)."),
    ("p((1..3)).", "p(1..3)."),
    ("p(1.50,1e3).", "p(1.5, 1000.0)."),
    ("1{a;b}2.", "1 <= { a ; b } <= 2."),
    ("{a;b}>=1.", "1 <= { a ; b }."),
    ("{a;c:b}.", "{ a ; c : b }."),
    (":~a.[3]", ":~ a. [3.0@0]"),
    ("p([a,b|[]]).", "p([a, b])."),
    ("#relation p(d).", "#relation p(d: d)."),
    ("t(_)::a. ?::b. ?h2::c.", "?h1::a.\n?h3::b.\n?h2::c."),
    ("% only a comment", ""),
    ("p(_X):-q(_X,_).", "p(_X) :- q(_X, _)."),
]


@pytest.mark.parametrize(("text", "wanted"), ALIKE)
def test_spellings(text, wanted):
    term = parse_program(text).term
    assert term is parse_program(wanted).term
    shown = str(term)
    assert shown == wanted or parse_program(shown).term is term


def test_values_keep_their_types():
    atom = rules.parse('p(5, "5", 5.0, true, a, "true").').args[0].args[0]
    assert [a.payload for a in atom.args] == [5, "5", 5.0, True, "a", "true"]
    assert [type(a.payload) for a in atom.args] == [int, str, float, bool, str, str]
    assert len({*atom.args}) == 6


def test_precedence():
    def value(text):
        return rules.parse(f"p({text}).").args[0].args[0].args[0]

    assert value("1 + 2 * 3") is value("1 + (2 * 3)")
    assert value("1 - 2 - 3") is value("(1 - 2) - 3")
    assert value("2 ** 3 ** 2") is value("2 ** (3 ** 2)")
    assert value("-2 ** 2") is value("-(2 ** 2)")
    assert value("1 .. 2 + 3") is value("1 .. (2 + 3)")
    assert value("-(3)") is not value("-3")


def test_a_call_is_an_atom_a_function_or_real_by_its_place():
    assert rules.parse("a :- sigmoid(1.0).").args[0].args[1].args[0].op is lang.VALUED
    assert rules.parse("a :- sigmoid(1). sigmoid(1).").args[0].args[1].args[0].op is not lang.VALUED
    assert rules.parse("sigmoid(?w)::a.").args[0].args[0].args[0].args[0].sort is REAL
    assert rules.parse("p(min(1, 2)).").args[0].args[0].args[0].op is lang.VALUE_OPS["min"]
    assert rules.parse("Path(a, B) :- edge(a, B).").args[0].args[0].op.name == "Path"


def test_bare_identifiers_as_variables():
    term = parse_program("path(a, c) :- edge(a, c), c != 1.", bare_variables=True).term
    assert {v.payload for v in term.variables} == {"a", "c"}
    assert parse_body("p(x)", bare_variables=True).args[0].args[0].is_variable


def test_places_of_statements_and_names():
    parsed = parse_program("a.\n  p(X, Y) :-\n    q(X), r(Y).")
    first, second = parsed.places
    assert (first.line, first.column, second.line, second.column) == (1, 1, 2, 3)
    assert second.of("Y") == (2, 8)
    assert second.of("q/1") == (3, 5)
    assert second.of("no/0") == (2, 3)
    assert str(parsed) == "a.\np(X, Y) :- q(X), r(Y)."


def test_lines_are_counted_by_line_feeds_alone():
    with pytest.raises(ParseError) as caught:
        parse_program('p("one\u2028two").\nq :- .')
    assert (caught.value.line, caught.value.column) == (2, 6)
    assert "q :- ." in str(caught.value)


def test_bodies():
    assert parse_body("p(X), not q(X).") is rules.parse("?- p(X), not q(X).").args[0].args[0]


def test_what_is_no_text_or_too_long(monkeypatch):
    with pytest.raises(ParseError, match="a program is text, but got int"):
        parse_program(5)
    monkeypatch.setattr("induce.logic.parse.LONGEST", 10)
    assert LONGEST > 10
    with pytest.raises(ParseError, match=r"the text has 12 characters; at most 10 are read. Give facts as tables"):
        parse_program("p(1). p(22).")


def test_escapes():
    assert unquoted(r'"a\n\t\\\"\u00e9\x41"') == 'a\n\t\\"éA'
    with pytest.raises(ValueError, match="unknown escape"):
        unquoted(r'"\d"')
