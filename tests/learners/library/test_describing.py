from __future__ import annotations

import re
import string

import pytest

from induce.learners.library.describing import described, described_as
from induce.learners.library.naming import defined
from induce.learners.library.phrases import phrase_of
from induce.learners.library.recognizing import recognized
from induce.terms import arithmetic
from induce.terms.language import declare
from induce.terms.lists import core_lists, lists
from induce.terms.strings import strings

SIGNS = {"+", "-", "*", "//", "%", "neg"}


@pytest.mark.parametrize("op", [*lists, *core_lists], ids=str)
def test_every_operator_on_lists_has_a_phrase_for_all_of_its_arguments(op):
    if op.name not in SIGNS:
        check(op)


@pytest.mark.parametrize("op", [op for op in strings if phrase_of(op) is not None], ids=str)
def test_phrases_of_operators_on_texts_use_their_arguments(op):
    check(op)


def check(op):
    fields = {name for _, name, _, _ in string.Formatter().parse(phrase_of(op)) if name}
    assert {f for f in fields if f.isdigit()} == {str(k) for k in range(op.arity)}
    assert fields - {str(k) for k in range(op.arity)} <= (
        {"a", "b"} if op.arity and op.arguments[0].is_arrow else set()
    )


@pytest.mark.parametrize(
    ("base", "text", "arity", "sentence"),
    [
        (lists, "(take #0 (reverse #1))", 2, "Gives the first n elements of xs from its end to its start."),
        (lists, "(map (lam (map (lam (+ $0 $1)) #0)) #0)", 1, "Gives the list of the list of y + x for each y of xs for each x of xs."),
        (lists, "(all (lam (< 0 $0)) #0)", 1, "Says whether 0 is less than x for every x of xs."),
        (lists, "(any #0 #1)", 2, "Says whether f of x for some x of xs."),
        (lists, "(fold (lam (lam (+ $1 (#0 $0)))) 0 #1)", 2, "Gives 0 changed, for each element y of xs in turn, from x to x + f(y)."),
        (lists, "(if (is_empty #0) 0 (head #0))", 1, "Gives 0 if xs is empty, else the first element of xs."),
        (lists, "(+ 2 2)", 0, "Gives 4."),
        (lists, "(head empty)", 0, "Gives nothing: it has no value."),
        (strings, "(take (upper #0) 3)", 1, "Gives the first 3 characters of s in capitals."),
        (strings, '(concat #0 (drop #1 2))', 2, "Gives s followed by t without its first 2 characters."),
        (strings, "(first (word #0 -1))", 1, "Gives the first character of the last word of s."),
        (strings, "(word #0 7)", 1, "Gives word 7 of s."),
        (arithmetic, "(sqrt (+ (^ #0 real:2) #1))", 2, "Gives sqrt of x^2 + y."),
    ],
)  # fmt: skip
def test_sentences(base, text, arity, sentence):
    assert described(defined(base, "f", text, arity), base) == sentence


def test_long_bodies_are_cut():
    text = "#0"
    for _ in range(80):
        text = f"(concat {text} (reverse #0))"
    found = described(defined(lists, "f", text, 1), lists)
    assert len(found) < 260
    assert found.endswith("....")


def test_operators_of_ones_own_fall_back_on_their_names():
    assert phrase_of(declare("take(int) -> int")) is None
    language = lists.extend("mine", [declare("mystery(int, int) -> int")])
    assert described(defined(language, "f", "(mystery #0 1)", 1), language) == "Gives mystery of n, 1."


def test_evidence_is_said():
    definition = defined(lists, "f", "(fold (lam (lam (+ $1 $0))) 0 #0)", 1)
    found = described_as(definition, recognized(definition), lists)
    assert re.fullmatch(r"Gives the sum of xs, like 'sum\(xs\)': they agreed on 60 drawn inputs\.", found)
