from __future__ import annotations

import copy
import pickle

import pytest

from induce.errors import ParseError
from induce.terms import REAL, Sort, arrow, list_of, parse_sort, tensor_of
from induce.terms.sort import unify_sorts


@pytest.mark.parametrize(
    "text", ["real", "list(real)", "(a -> b) -> list(a) -> list(b)", "real[batch, 3]", "map(text, list(int))"]
)
def test_text_reads_back_to_the_same_object(text):
    sort = parse_sort(text)
    assert str(sort) == text
    assert parse_sort(str(sort)) is pickle.loads(pickle.dumps(sort)) is copy.deepcopy(sort) is sort


def test_constructors():
    assert arrow(REAL, REAL, REAL) is parse_sort("real -> real -> real")
    assert tensor_of(REAL, "batch", 3) is parse_sort("real[batch, 3]")
    assert Sort("a").is_variable
    assert not list_of(REAL).has_variables


@pytest.mark.parametrize(("text", "column"), [("real &", 6), ("list(", 6), ("-> a", 1), ("real real", 6)])
def test_errors(text, column):
    with pytest.raises(ParseError) as caught:
        parse_sort(text)
    assert caught.value.column == column


def test_unification():
    mapping = {}
    assert unify_sorts(parse_sort("a -> list(a)"), parse_sort("real -> b"), mapping)
    assert Sort("b").substitute(mapping) is list_of(REAL)
    assert not unify_sorts(Sort("a"), list_of(Sort("a")), {})
    assert not unify_sorts(REAL, list_of(REAL), {})
