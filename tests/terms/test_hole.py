from __future__ import annotations

import pickle

import pytest

from induce.errors import FillError, ParseError, TermError
from induce.fill import fill
from induce.terms import BOOL, arithmetic, hole, variable

P = arithmetic.parse


def test_names_share_and_anonymous_ones_do_not():
    assert hole.real("k") is hole.real("k")
    assert hole.real() is not hole.real()
    assert hole.is_anonymous(hole.real())
    assert not hole.is_anonymous(hole.real("k"))
    assert hole.real("k", start=1) is not hole.real("k")


def test_values_share_by_type_and_content():
    assert hole.choice([1, "a", [2]], name="v") is hole.choice([1, "a", [2]], name="v")
    assert hole.choice([1, 2], name="v") is not hole.choice([1.0, 2], name="v")
    assert hole.choice([P("x"), 1]).sort is hole.choice([hole.integer(1, 2), hole.real()]).sort is hole.VALUE
    assert hole.choice([hole.integer(1, 2), hole.integer(5, 6)]).sort.name == "int"
    assert hole.subset("a b c".split(), (1, 2)).hole.count == (1, 2)


def test_a_formula_takes_no_hole_of_values():
    with pytest.raises(TermError):
        P("x") + hole.choice([1, 2])
    with pytest.raises(FillError, match="hole 'n' is of kind 'integer', which fill.. does not fill in a formula"):
        fill(hole.integer(1, 3, name="n"), ({"x": [1.0, 2]}, [1.0, 2]))


def test_the_new_kinds_are_written_and_given_by_name():
    n = hole.integer(1, 5, name="n")
    assert str(n) == "?n{integer}"
    assert str(hole.real("k", within=(1e-3, 1), log=True)) == '?k{low: 0.001, high: 1, scale: "log"}'
    assert arithmetic.parse("?n{integer}", n=n) is n
    with pytest.raises(ParseError, match='the scale of a hole is "cube". It may be "linear" or "log".'):
        P('?k{scale: "cube"}')


def test_holes_pickle():
    for term in (
        hole.real("k", within=(0, 1), unit="m"),
        hole.choice([P("x"), P("y")], name="f", prior=[1, 2]),
        hole.choice([1, ("a",)], name="v"),
    ):
        assert pickle.loads(pickle.dumps(term)) is term


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: hole.real("k", within=(1, 0)), "the bounds (1.0, 0.0) of hole 'k' are empty"),
        (lambda: hole.real("k", start=2, within=(0, 1)), "the start 2 of hole 'k' lies outside its bounds"),
        (lambda: hole.real((0, 1)), "but got (0, 1). Bounds are given as within=(low, high)."),
        (lambda: hole.real("a b"), "a hole's name must be an identifier, but got 'a b'"),
        (lambda: hole.choice([], name="f"), "choice 'f' has no options"),
        (
            lambda: hole.choice([P("x"), variable("p", BOOL)], name="f"),
            "the options of choice 'f' have sorts real and bool",
        ),
        (lambda: hole.choice([P("x")], name="f", prior=[1, 2]), "its prior must be as many positive numbers"),
        (
            lambda: hole.choice("abc", name="f"),
            "the options of choice 'f' are 'abc', a str. Give a list, whose order is fixed.",
        ),
        (lambda: hole.choice({1, 2}, name="f"), "the options of choice 'f' are {1, 2}, a set. Give a list"),
        (
            lambda: hole.choice([1, {2}], name="f"),
            "option 1 of choice 'f' is {2}, a set, which cannot be hashed, so every object built would share it. Give a tuple",
        ),
        (
            lambda: hole.choice([1, 2, 1], name="f"),
            "options 0 and 2 of choice 'f' are both 1. Leave one out; prior= says",
        ),
        (lambda: hole.choice([1, "a"], name="f", prior=[1, 0]), "its prior must be as many positive numbers"),
        (
            lambda: hole.integer(5, 2, name="n"),
            "the bounds (5, 2) of integer hole 'n' are empty. Give (low, high), low <= high.",
        ),
        (
            lambda: hole.integer(0.5, 2),
            "the bounds of integer hole '?' must be integers up to 2^53, but got 0.5. For real",
        ),
        (
            lambda: hole.integer(0, 2, name="n", log=True),
            "hole 'n' is spread over the logarithm, but its lower bound is 0.",
        ),
        (lambda: hole.real("r", log=True), "hole 'r' is spread over the logarithm, but its lower bound is -inf."),
        (
            lambda: hole.subset(["a", "b"], 3, name="s"),
            "subset 's' takes 3 of 2 options, which is not possible. Give a size from",
        ),
        (
            lambda: hole.subset(["a", "b"], 1.5, name="s"),
            "the size of subset 's' must be an integer or a pair of integers",
        ),
        (lambda: hole.net(3), "a net hole needs a torch module, but got int"),
        (lambda: hole.net(abs, over=[]), "has an empty domain"),
    ],
)
def test_errors(make, message):
    with pytest.raises(TermError) as caught:
        make()
    assert message in str(caught.value)


def test_modules_wait_beside_the_term():
    net = hole.net(abs, over=range(3), name="digit")
    assert hole.module_of(net) is abs
    with pytest.raises(TermError, match="already holds another module"):
        hole.net(max, over=range(3), name="digit")
