from __future__ import annotations

import math

import numpy
import pytest

from induce.errors import GrammarError
from induce.terms import REAL, Grammar, arithmetic
from induce.terms.measure import complexity, depth, description_length, literal_bits, size, tree_edit_distance
from induce.testing import random_terms

P = arithmetic.parse


def test_size_depth_complexity():
    term = P("sin(x) + 2*y")
    assert (size(term), depth(term), complexity(term)) == (6, 3, 6.5)
    assert complexity(P("sin(" * 10_000 + "x" + ")" * 10_000)) == 15_001


def test_literals_cost_by_their_digits():
    assert literal_bits(3) < literal_bits(2.5) < literal_bits(math.pi)
    assert literal_bits(100) < literal_bits(123)
    assert literal_bits(10**400) > 1000
    assert description_length(P("x + 1")) < description_length(P("x + 1.2345"))


def test_description_length_under_a_grammar():
    grammar = Grammar(arithmetic, REAL, productions=["+"], variables=["x", "y"], max_size=3)
    # 1/3 for each of +, x, y; the mass of sizes 1 and 3 is 2/3 + 4/27
    assert description_length(P("x"), grammar) == pytest.approx(-math.log2((1 / 3) / (2 / 3 + 4 / 27)))
    with pytest.raises(GrammarError, match="has no description length under it"):
        description_length(P("sin(x)"), grammar)


@pytest.mark.parametrize(
    ("left", "right", "distance"),
    [
        ("x", "x", 0),
        ("x", "y", 1),
        ("sin(x)", "x", 1),
        ("sin(x) + 1", "cos(x) + y", 2),
        ("x + y", "y + x", 2),
        ("f + (a*b - c)", "f + (a - c)", 2),
    ],
)
def test_edit_distance(left, right, distance):
    assert tree_edit_distance(P(left), P(right)) == distance


def _recursive_distance(left, right):
    """The definition, on forests, with a memo."""
    memo = {}

    def go(a, b):
        if not a or not b:
            return sum(t.size for t in a + b)
        if (a, b) not in memo:
            x, y = a[-1], b[-1]
            label = (x.op, x.payload if x.args else x) != (y.op, y.payload if y.args else y)
            memo[a, b] = min(
                go(a[:-1] + x.args, b) + 1, go(a, b[:-1] + y.args) + 1, go(x.args, y.args) + go(a[:-1], b[:-1]) + label
            )
        return memo[a, b]

    return go((left,), (right,))


def test_edit_distance_equals_its_definition_and_is_a_metric():
    drawn = list(random_terms(arithmetic, 25, numpy.random.default_rng(0), max_size=8))
    for a in drawn:
        for b in drawn[:12]:
            distance = tree_edit_distance(a, b)
            assert distance == _recursive_distance(a, b) == tree_edit_distance(b, a)
            assert (distance == 0) == (a is b)
