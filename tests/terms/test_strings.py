"""The language of strings: what is read is written again, n-ary concat, tokens, and words about mistakes."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from induce.errors import OpError, ParseError
from induce.terms import arithmetic
from induce.terms.language import Language
from induce.terms.show import to_sexpr, to_text
from induce.terms.sort import BOOL, INT, REAL, TEXT, TOKEN
from induce.terms.strings import MOMENT, NUMBER, TOKEN_CLASSES, strings
from induce.terms.term import Term, literal, variable

TEXTS = [
    "",
    "a",
    "é",
    "e\u0301",
    "🙂",
    'say "hi"',
    "line\nbreak",
    "back\\slash",
    "x" * 50,
    "\t",
    "a, b",
    "`",
    "?h",
    "#0",
]


def random_term(rng: np.random.Generator, sort=TEXT, depth: int = 4) -> Term:
    """A random program of a sort."""
    ops = [op for op in strings if op.result is sort or (op.result.has_variables and sort is TEXT)]
    if sort is TEXT and (depth <= 0 or rng.random() < 0.3):
        if rng.random() < 0.5:
            return variable(str(rng.choice(["s", "body mass", "word", "naïve", "if"])), TEXT)
        return literal(TEXTS[rng.integers(len(TEXTS))], TEXT)
    if sort is INT and (depth <= 0 or rng.random() < 0.6):
        return literal(int(rng.integers(-3, 20)), INT)
    if sort is REAL:
        return literal([0.05, -2.5, 10, 0][rng.integers(4)], REAL)
    if sort is TOKEN and rng.random() < 0.5:
        return literal(TEXTS[rng.integers(1, len(TEXTS))], TOKEN)
    if depth <= 0:
        ops = [op for op in ops if not op.arity] or [
            op for op in ops if op.name in ("number", "date", "is_blank", "length")
        ]
    op = ops[rng.integers(len(ops))]
    return op(*(random_term(rng, TEXT if a.has_variables else a, depth - 1) for a in op.arguments))


@given(st.integers(0, 10**6))
def test_what_is_written_is_read_back(seed):
    rng = np.random.default_rng(seed)
    for sort in (TEXT, NUMBER, MOMENT, BOOL, INT):
        term = random_term(rng, sort)
        assert strings.parse(to_text(term, language=strings)) is term
        assert strings.parse(to_sexpr(term, language=strings)) is term


def test_concat_is_written_flat_and_read_from_the_left():
    text = 'concat(first(word(s, 0)), ". ", word(s, -1))'
    term = strings.parse(text)
    assert str(term) == text
    assert term is strings["concat"](strings["concat"](term.args[0].args[0], ". "), term.args[1])
    nested = strings.parse('concat(a, concat(b, c), "d")')
    assert str(nested) == 'concat(a, concat(b, c), "d")'
    assert strings.parse(str(nested)) is nested
    assert nested is not strings.parse('concat(a, b, c, "d")')
    assert str(strings.parse("concat(a, b)")) == "concat(a, b)"


def test_long_chains_are_written_and_read():
    names = [f"x{k}" for k in range(3000)]
    term = strings.parse(f"concat({', '.join(names)})")
    assert term.depth == 3000
    assert strings.parse(str(term)) is term


def test_other_calls_take_no_more_arguments_than_they_have():
    with pytest.raises(ParseError, match=re.escape("'word' takes 2 arguments but got 3.")):
        strings.parse("word(s, 0, 1)")
    with pytest.raises(ParseError, match=re.escape("'concat' takes 2 arguments but got 1.")):
        strings.parse("concat(s)")
    mine = Language("mine", arithmetic.ops.values(), default=REAL)
    mine.op("pair(real, real) -> real")
    with pytest.raises(ParseError, match=re.escape("'pair' takes 2 arguments but got 3.")):
        mine.parse("pair(a, b, c)")


def test_a_text_where_a_token_is_expected_is_one():
    term = strings.parse('slice(s, after(s, "@", 0), length(s))')
    token = term.args[1].args[1]
    assert token.sort is TOKEN
    assert token.payload == "@"
    assert str(term) == 'slice(s, after(s, "@", 0), length(s))'
    assert str(token) == '"@":token'
    assert strings.parse("contains(s, digits)").args[1] is strings["digits"]()
    with pytest.raises(ParseError, match=re.escape("argument 2 of 'contains' has sort int, but token was expected.")):
        strings.parse("contains(s, length(s))")


def test_negative_places_are_numbers_though_there_is_no_minus():
    assert strings.parse("word(s, -1)").args[1].payload == -1
    with pytest.raises(ParseError, match=re.escape("at 1:9: unexpected '-'. A number was expected after it.")):
        strings.parse("word(s, -x)")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("wrd(s, 0)", "unknown operator 'wrd'. Did you mean 'word'?"),
        ('concat(s, "a)', "at 1:11: text in double quotes is never closed. Add '\"'."),
        ("word(s, 0", "at 1:5: '(' is never closed. Add ')'."),
        ("word(0, s)", "at 1:1: argument 1 of 'word' has sort real, but text was expected."),
        ("upper", "'upper' is an operator and needs its arguments: upper(text) -> text."),
        ("digits(s)", "'digits' is not an operator and cannot be called."),
        ("", "at 1:1: the text is empty; a term was expected."),
    ],
)
def test_mistakes_are_said_in_words(text, message):
    with pytest.raises((ParseError, OpError), match=re.escape(message)):
        strings.parse(text)


def test_the_language_is_sealed_and_every_token_class_has_an_operator():
    assert all(strings[name].result is TOKEN for name in TOKEN_CLASSES)
    with pytest.raises(OpError, match="language 'strings' is sealed"):
        strings.op("shout(text) -> text")
    again = Language.from_dict(strings.to_dict())
    assert [op.name for op in again] == [op.name for op in strings]
    assert all(again[op.name] is op for op in strings)
