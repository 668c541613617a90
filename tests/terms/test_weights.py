"""Weights of productions: what is refused in words, and numbers far apart."""

from __future__ import annotations

import math

import pytest

from induce.errors import GrammarError
from induce.terms import Grammar
from induce.terms.lists import INTS, lists
from induce.terms.weights import probabilities


def grammar(weights, *names):
    return Grammar(
        lists, INTS, productions=names or ["reverse", "take"], variables={"xs": INTS}, max_size=6, weights=weights
    )


@pytest.mark.parametrize(
    ("weights", "text"),
    [
        ({("reverse", 7): {"xs": 2}}, "the context ('reverse', 7) is not there: 'reverse' takes 1 argument. Give 0."),
        (
            {("take", -1): {"xs": 2}},
            "the context ('take', -1) is not there: 'take' takes 2 arguments. Give a number from 0 to 1.",
        ),
        ({("", 1): {"xs": 2}}, "the context ('', 1) is not there: '' is the root, of one place. Give 0."),
        (
            {"reverse": {"xs": 2}},
            "a context of weights is (name of the parent, index of the argument), but got 'reverse'. Write for example ('+', 0).",
        ),
        ({"xs": "many"}, "the weight of 'xs' is 'many'; a number that is not negative was expected."),
    ],
)
def test_bad_weights_are_refused_in_words(weights, text):
    with pytest.raises(GrammarError) as caught:
        grammar(weights)
    assert str(caught.value) == text


@pytest.mark.parametrize("weights", [{"reverse": 1e-320, "tail": 1e300}, {"reverse": 1.2e308, "tail": 1.7e308}])
def test_weights_far_apart_and_huge_ones_still_order_programs(weights):
    made = grammar(weights, "reverse", "tail")
    found = [str(term) for term in made.enumerate()]
    assert len(found) == made.count()
    assert found.index("tail(xs)") < found.index("reverse(xs)")
    assert math.isfinite(made.log_probability(lists.parse("tail(xs)", xs=INTS)))


def test_shares_are_never_nothing():
    assert min(probabilities([1e-320, 1e300])) > 0
    assert sum(probabilities([1.5e308, 1.5e308])) == 1.0


def test_a_leaf_of_weight_nothing_is_named():
    with pytest.raises(
        GrammarError, match=r"no finite term of sort list\(int\): 'xs' could end one, but weighs 0\. Give it"
    ):
        grammar({"xs": 0}, "reverse")
