from __future__ import annotations

import pytest

from induce.learners.library.naming import defined
from induce.learners.library.wording import name_from_body
from induce.terms import arithmetic
from induce.terms.lists import lists
from induce.terms.strings import strings


@pytest.mark.parametrize(
    ("text", "arity", "name"),
    [
        ("(map (lam (* $0 $0)) #0)", 1, "map_square"),
        ("(+ #0 #0)", 1, "double"),
        ("(+ 1 (+ #0 (+ 1 1)))", 1, "add_3"),
        ("(+ #0 (+ #1 (+ #0 #0)))", 2, "add"),
        ("(+ #0 (+ #0 #0))", 1, "triple"),
        ("(* #0 (* #0 (* #0 #0)))", 1, "multiply_4_times"),
        ("(* 2 (* #0 3))", 1, "multiply_6"),
        ("(len #0)", 1, "length"),
        ("(range 2 #0)", 1, "range_from_2"),
        ("(range #0 2)", 1, "range_to_2"),
        ("(range #0 #1)", 2, "count_up"),
        ("(replicate 2 #0)", 1, "replicate_2_times"),
        ("(replicate #0 2)", 1, "replicate_2"),
        ("(- 1 #0)", 1, "subtract_from_1"),
        ("(- #0 1)", 1, "subtract_1"),
        ("(- #0 -1)", 1, "subtract_minus_1"),
        ("(< 3 #0)", 1, "is_more_than_3"),
        ("(< #0 3)", 1, "is_less_than_3"),
        ("(== (% #0 3) 0)", 1, "is_multiple_of_3"),
        ("(map (lam (if (< $0 #0) #0 $0)) #1)", 2, "map_if_less_than"),
        ("#0", 1, "same"),
        ("(#0 #1)", 2, "apply"),
        ("(take 2 (drop 1 (sort (reverse (tail #0)))))", 1, "sort_then_drop_1_then_take_2"),
        ("empty", 0, "constant_list"),
        ("(head empty)", 0, "constant"),
        ("-3", 0, "constant_minus_3"),
        ("(< 1 2)", 0, "constant_true"),
    ],
)
def test_names_are_made_of_the_operators_from_the_inside(text, arity, name):
    assert name_from_body(defined(lists, "f", text, arity)) == name


@pytest.mark.parametrize(
    ("text", "arity", "name"),
    [
        ("(concat #0 text:%22.%22)", 1, "concat_dot"),
        ("(concat (concat #0 text:%22%2C%20%22) #1)", 2, "concat_comma"),
        ("(concat (concat #0 #1) #2)", 3, "concat"),
        ("(concat (upper #0) text:%22%20%22)", 1, "upper_then_concat_space"),
        ("(concat #0 text:%22Dr%22)", 1, "concat_dr"),
        ("(concat #0 text:%22%3E%3E%22)", 1, "concat"),
        ("(first (word #0 -1))", 1, "word_minus_1_then_first"),
    ],
)
def test_names_of_programs_on_texts(text, arity, name):
    assert name_from_body(defined(strings, "f", text, arity)) == name


def test_constants_of_formulas_are_said():
    names = [
        name_from_body(defined(arithmetic, "f", text, arity))
        for text, arity in [("(* (* real:4 pi) #0)", 1), ("(* (* real:4 #1) #0)", 2), ("(+ #0 real:0.5)", 1)]
    ]
    assert names == ["multiply_4_pi", "multiply", "add"]
