"""Programs as text: what is written is read back as the same term."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from induce.logic import language as lang
from induce.logic import rules
from induce.logic.parse import parse_program
from induce.logic.show import to_rule_text, value_text
from induce.logic.symbols import Compound

from .written import PROGRAMS


@settings(max_examples=100, deadline=None)
@given(PROGRAMS)
def test_every_program_is_read_back_as_the_same_term(term):
    text = str(term)
    again = parse_program(text).term
    assert again is term
    assert str(again) == text


EXACT = [
    ("p(-3, -2.5, 1e-05, 1e+20).", None),
    ("p(-(3), (-3) ** 2, -3 ** 2, 2 ** (-1), 2 - -3).", None),
    ("p((1..2)..3) :- q(1..X), r(X).", None),
    ("a :- b(X), ?w(X), ?v, 0.5, 1.0 * dist(X).", None),
    ("-(3.0)::a.", None),
    ("1.0 / 3.0::a.", None),
    ("?p{start: 0.25, low: 0, high: 1}::a.", None),
    ("sigmoid(?k * (X - 1.0))::p(X) :- q(X).", None),
    ("{ a } = 1.", None),
    ("1 <= { a ; b : c, d } <= 2 :- e.", None),
]


@pytest.mark.parametrize(("text", "wanted"), EXACT)
def test_what_is_written(text, wanted):
    assert str(rules.parse(text)) == (wanted or text)


def test_texts_that_would_be_read_as_something_else_are_quoted():
    for value in ("A", "not", "", "a b", 'say "x"', "back\\slash", "line\n", "true", "_a", "1"):
        text = str(lang.atom("p", value))
        assert text.startswith('p("')
        assert rules.parse(f"{text}.").args[0].args[0] is lang.atom("p", value)
    assert str(lang.atom("p", "abc")) == "p(abc)"


def test_parts_of_programs():
    (statement,) = rules.parse("0.3::p(X) :- q(X), not r(X).").args
    head, condition = statement.args
    assert to_rule_text(statement) == "0.3::p(X) :- q(X), not r(X)."
    assert (to_rule_text(head), to_rule_text(condition), to_rule_text(condition.args[1])) == (
        "0.3::p(X)",
        "q(X), not r(X)",
        "not r(X)",
    )
    assert to_rule_text(head.args[0].args[0]) == "0.3"
    assert str(lang.program([])) == ""


def test_values_of_answers():
    assert value_text(Compound("point", (1, "a b"))) == 'point(1, "a b")'
    nil = Compound("nil", ())
    assert value_text(Compound("cons", (1, Compound("cons", (2, nil))))) == "[1, 2]"
    assert value_text(Compound("cons", (1, "t"))) == "[1 | t]"
    assert value_text(nil) == "[]"
    assert value_text(True) == "true"
