from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from induce.errors import DataError
from induce.examples import read_examples
from induce.terms.lists import INTS, TRUTHS
from induce.terms.sort import BOOL, INT, TEXT


@pytest.mark.parametrize(
    ("X", "y", "sorts", "result"),
    [
        ([[1, 2], []], [2, 0], [INTS], INT),
        ([1, 2], [True, False], [INT], BOOL),
        (["a", "b"], ["A", "B"], [TEXT], TEXT),
        ([([1], 2), ([3], 4)], [[1, 2], [3, 4]], [INTS, INT], INTS),
        ([[], []], [[], []], [INTS], INTS),
        ([[True], []], [[False], []], [TRUTHS], TRUTHS),
        (np.array([[1, 2], [3, 4]]), np.array([3, 7]), [INTS], INT),
        (pd.DataFrame({"first": ["a"], "last": ["b"]}), pd.Series(["a b"]), [TEXT, TEXT], TEXT),
        ({"n": [1, 2]}, [2, 3], [INT], INT),
        ([None, "a"], ["", "A"], [TEXT], TEXT),
    ],
)
def test_sorts_are_found(X, y, sorts, result):
    examples = read_examples(X, y)
    assert list(examples.sorts.values()) == sorts
    assert examples.result is result


def test_missing_values_of_pandas_become_none():
    examples = read_examples(pd.DataFrame({"s": ["a", pd.NA, float("nan")]}), ["A", "none", "none"])
    assert examples.inputs["s"] == ("a", None)
    assert examples.notes == ("1 repeated examples were left out",)


@pytest.mark.parametrize(
    ("X", "y", "text"),
    [
        ([], [], r"there are no examples\. Give at least one input and its output\."),
        ([1], [], r"input 'x' has 1 values but there are 0 outputs\. Give as many\."),
        (
            [1, 1],
            [2, 3],
            r"examples 0 and 1 have the same input but different outputs, 2 and 3\. No program gives both",
        ),
        ([1, "a"], [1, 2], r"input 'x' is int in example 0 but text in example 1\. Give values of one sort\."),
        ([1, True], [1, 2], r"input 'x' is int in example 0 but bool in example 1"),
        ([1.5], [2], r"input 'x' of example 0 is 1\.5; programs work on whole numbers\. Round it, or give text\."),
        ([[1, "a"]], [2], r"input 'x' of example 0 is a list of int and str; one kind of element was expected\."),
        ([[1.5]], [2], r"input 'x' of example 0 is a list of float; numbers or truth values were expected\."),
        ([{1}], [2], r"input 'x' of example 0 is a set; text, whole numbers, truth values or lists were expected\."),
        ([[1, None]], [2], r"input 'x' of example 0 has a missing value at place 1\. Give a value there, or leave"),
        ([[2], [1]], [[1], [float("nan")]], r"the output of example 1 has a missing value at place 0\."),
        (
            [1, None],
            [2, 3],
            r"input 'x' of example 1 is a missing value; a whole number was expected\. Give one, or leave",
        ),
        ([[1], None], [2, 3], r"input 'x' of example 1 is a missing value; a list was expected\."),
        ([1.0, float("nan")], [2, 3], r"example 1 is a missing value, which makes the others 1\.0 and the like\."),
        (pd.DataFrame([[1, 2]], columns=["1", 1]), [1], r"there are two columns named '1'\."),
        (
            pd.Series([1, 2], index=["a", "b"]),
            pd.Series([1, 2], index=["b", "a"]),
            r"labels of the inputs in another order: row 0 is 'a' in the inputs but 'b' in the outputs\. Give y\.loc\[X\.index\]",
        ),
        ([1], [None], r"the output of example 0 is missing\. Give a value, or leave the example out\."),
        ([(1, 2), (3,)], [1, 2], r"example 1 has 1 inputs, but example 0 has 2\. Give every example the same inputs\."),
        ([(1, 2), 3], [1, 2], r"example 1 has one input, but example 0 has 2"),
        ("abc", ["a"], r"the inputs must be a list with one entry for each example, but got 'abc'\. Write \['abc'\]\."),
        (["a"], "a", r"the outputs must be a list with one entry for each example, but got 'a'"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), [1], r"there are two columns named 'a'\. Rename one of them\."),
        ({}, [1], r"the examples have no input\."),
        (
            [[1], 2],
            [1, 2],
            r"input 'x' is int in example 1 but list\(int\) in example 0|input 'x' is list\(int\) in example 0 but int",
        ),
    ],
)
def test_bad_examples_are_refused_in_words(X, y, text):
    with pytest.raises(DataError, match=text):
        read_examples(X, y)


def test_outputs_of_other_labels_are_paired_by_position_with_a_note():
    examples = read_examples(pd.Series([1, 2]), pd.Series([3, 4], index=[7, 8]))
    assert examples.outputs == (3, 4)
    assert examples.notes == (
        "the outputs are labelled otherwise than the inputs, and were paired with them by position",
    )
    assert read_examples(pd.Series([1, 2]), pd.Series([3, 4])).notes == ()


def test_one_example_is_taken_with_a_note():
    assert read_examples([1], [2]).notes == ("one example leaves many programs: give two or three",)
