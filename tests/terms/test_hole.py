from __future__ import annotations

import pickle

import pytest

from induce.errors import TermError
from induce.terms import BOOL, arithmetic, hole, variable

P = arithmetic.parse


def test_names_share_and_anonymous_ones_do_not():
    assert hole.real("k") is hole.real("k")
    assert hole.real() is not hole.real()
    assert hole.is_anonymous(hole.real())
    assert not hole.is_anonymous(hole.real("k"))
    assert hole.real("k", start=1) is not hole.real("k")


def test_holes_pickle():
    for term in (hole.real("k", within=(0, 1), unit="m"), hole.choice([P("x"), P("y")], name="f", prior=[1, 2])):
        assert pickle.loads(pickle.dumps(term)) is term


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: hole.real("k", within=(1, 0)), "the bounds (1.0, 0.0) of hole 'k' are empty"),
        (lambda: hole.real("k", start=2, within=(0, 1)), "the start 2 of hole 'k' lies outside its bounds"),
        (lambda: hole.real("a b"), "a hole's name must be an identifier, but got 'a b'"),
        (lambda: hole.choice([], name="f"), "choice 'f' has no options"),
        (
            lambda: hole.choice([P("x"), variable("p", BOOL)], name="f"),
            "the options of choice 'f' have sorts real and bool",
        ),
        (lambda: hole.choice([P("x")], name="f", prior=[1, 2]), "its prior must be as many positive numbers"),
        (lambda: hole.choice([1], name="f"), "choice 'f' got 1, which is not a term"),
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
