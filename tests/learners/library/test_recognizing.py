from __future__ import annotations

import pytest

from induce.learners.library.describing import described_as
from induce.learners.library.naming import defined
from induce.learners.library.recognizing import recognized
from induce.terms.lists import core_lists, lists
from induce.terms.strings import strings


@pytest.mark.parametrize(
    ("text", "arity", "known", "name"),
    [
        ("(fold (lam (lam (+ $1 1))) 0 #0)", 1, "len(`#0`)", "length"),
        ("(fold (lam (lam (+ $1 $0))) 0 #0)", 1, "sum(`#0`)", "total"),
        ("(if (< #0 0) (- 0 #0) #0)", 1, "abs(`#0`)", "absolute"),
        ("(== (- #0 (* 2 (// #0 2))) 0)", 1, "is_even(`#0`)", "is_even"),
        ("(reverse (cons #1 (reverse #0)))", 2, "append(`#0`, `#1`)", "append"),
        ("(+ 1 (+ #0 (+ 1 1)))", 1, "`#0` + 3", "add_3"),
        ("(cons (head #0) (cons (head (tail #0)) empty))", 1, "take(2, `#0`)", "take_2"),
        ("(tail (tail (tail #0)))", 1, "drop(3, `#0`)", "drop_3"),
        ("(+ (+ #0 #0) #0)", 1, "`#0` * 3", "multiply_3"),
        ("(< 4 (+ #0 2))", 1, "2 < `#0`", "is_more_than_2"),
    ],
)
def test_known_behaviour_is_recognized(text, arity, known, name):
    found = recognized(defined(lists, "f", text, arity))
    assert (str(found.term), found.name) == (known, name)


@pytest.mark.parametrize(
    ("text", "arity"),
    [
        ("(if (< #0 #1) #0 #1)", 2),  # the smaller of two numbers: no such operator
        ("(map (lam (+ $0 1)) #0)", 1),
        ("(+ 1 1)", 0),
        ("(- #0 #0)", 1),  # always 0 says too little
        ("(+ #0 1)", 1),  # one operator is what it is
        ("(take 3 #0)", 1),
        ("(head (drop 5 #0))", 1),  # hardly ever a value
    ],
)
def test_what_is_nothing_known_is_left_alone(text, arity):
    assert recognized(defined(lists, "f", text, arity)) is None


def test_functions_are_drawn_too():
    found = recognized(defined(lists, "f", "(map (lam (#0 $0)) #1)", 2))
    assert (found.term.op, found.name) == (lists["map"], "for_each")


def test_fewer_values_are_said():
    definition = defined(core_lists, "f", "(cdr (cdr #0))", 1)
    found = recognized(definition)
    assert not found.everywhere
    assert 15 <= found.agreed < 60
    assert described_as(definition, found, core_lists) == (
        f"Gives xs without its first 2 elements, like 'drop(2, xs)' wherever it has a value: they agreed on {found.agreed} drawn inputs."
    )


def test_texts_are_recognized():
    assert str(recognized(defined(strings, "f", "(take (concat #0 #0) 1)", 1)).term) == "take(`#0`, 1)"
