from __future__ import annotations

import itertools
import math
import pickle
import re

import numpy
import pytest
import scipy.stats

from induce.errors import GrammarError
from induce.terms import BOOL, REAL, Grammar, arithmetic, boolean, declare, hole
from induce.terms.language import Language
from induce.terms.sort import list_of


def brute_force(leaves, ops, size):
    """All terms up to a size, by size."""
    by_size = {1: list(leaves)}
    for n in range(2, size + 1):
        by_size[n] = []
        for op in ops:
            for parts in itertools.product(range(1, n), repeat=op.arity):
                if sum(parts) == n - 1:
                    by_size[n] += [op(*args) for args in itertools.product(*(by_size[p] for p in parts))]
    return by_size


def below(term, outer, inner):
    return any(
        node.name == outer and any(b.name == inner for b in itertools.islice(node.walk(), 1, None))
        for node in term.walk()
    )


X, Y = arithmetic.variable("x"), arithmetic.variable("y")
OPS = arithmetic.operators("+ sin exp")


@pytest.mark.parametrize("forbid", [[], [("sin", "sin")], [("sin", "exp"), ("exp", "+")]])
@pytest.mark.parametrize("max_depth", [None, 3])
def test_count_and_contains_equal_brute_force(forbid, max_depth):
    grammar = Grammar(
        arithmetic, REAL, productions=OPS, variables=["x", "y"], max_size=6, forbid=forbid, max_depth=max_depth
    )
    for size, terms in brute_force([X, Y], OPS, 6).items():
        allowed = [
            t
            for t in terms
            if not any(below(t, a, b) for a, b in forbid) and (max_depth is None or t.depth <= max_depth)
        ]
        assert grammar.count(size) == len(allowed)
        assert {t for t in terms if grammar.contains(t)} == set(allowed)
    found = list(grammar.enumerate())
    assert len(set(found)) == grammar.count()
    assert len(found) == grammar.count()


def test_uniform_sampling():
    grammar = Grammar(arithmetic, REAL, productions=OPS, variables=["x"], max_size=5, forbid=[("sin", "sin")])
    rng = numpy.random.default_rng(0)
    drawn = [grammar.sample(rng, 4) for _ in range(4000)]
    counts = [drawn.count(t) for t in grammar.enumerate() if t.size == 4]
    assert len(counts) == grammar.count(4)
    assert scipy.stats.chisquare(counts).pvalue > 1e-3


CONTEXTUAL = {"+": 2.0, "x": 3.0, ("sin", 0): {"x": 5.0}, ("+", 1): {"sin": 0.5, "+": 0.1}, ("", 0): {"exp": 4.0}}


def test_probabilities_sum_to_one_and_match_samples():
    grammar = Grammar(arithmetic, REAL, productions=OPS, variables=["x"], max_size=5, weights=CONTEXTUAL)
    terms = list(grammar.enumerate())
    probabilities = [math.exp(grammar.log_probability(t)) for t in terms]
    assert sum(probabilities) == pytest.approx(1)
    rng = numpy.random.default_rng(1)
    drawn = [grammar.sample_weighted(rng) for _ in range(4000)]
    likely = [(drawn.count(t), p) for t, p in zip(terms, probabilities, strict=True) if p > 0.005]
    rest = 4000 - sum(c for c, _ in likely), 1 - sum(p for _, p in likely)
    observed, expected = zip(*likely, rest, strict=True)
    assert scipy.stats.chisquare(observed, [4000 * p for p in expected]).pvalue > 1e-3


def test_enumeration_is_in_order_of_probability_and_complete():
    grammar = Grammar(arithmetic, REAL, productions=OPS, variables=["x", "y"], max_size=6, weights=CONTEXTUAL)
    terms = list(grammar.enumerate())
    assert len(terms) == len(set(terms)) == grammar.count()
    logarithms = [grammar.log_probability(t) for t in terms]
    assert all(a >= b - 1e-9 for a, b in itertools.pairwise(logarithms))


def test_refit_recovers_weights():
    grammar = Grammar(arithmetic, REAL, productions=OPS, variables=["x"], max_size=60, weights={**CONTEXTUAL, "x": 8.0})
    rng = numpy.random.default_rng(2)
    plain = Grammar(arithmetic, REAL, productions=OPS, variables=["x"], max_size=60)
    fitted = plain.refit([grammar.sample_weighted(rng) for _ in range(3000)])
    for term in itertools.islice(grammar.enumerate(), 12):
        assert fitted.log_probability(term) == pytest.approx(grammar.log_probability(term), abs=0.25)
    with pytest.raises(GrammarError, match="the grammar cannot make 'tan\\(x\\)'"):
        plain.refit([arithmetic.parse("tan(x)")])


def test_weights_of_terms_in_refit():
    plain = Grammar(arithmetic, REAL, productions=["sin", "exp"], variables=["x"], max_size=3)
    fitted = plain.refit([arithmetic.parse("sin(x)"), arithmetic.parse("exp(x)")], weights=[9.0, 1.0])
    assert fitted.log_probability(arithmetic.parse("sin(x)")) > fitted.log_probability(arithmetic.parse("exp(x)"))


def test_equal_content_is_equal_and_pickles():
    made = [
        Grammar(arithmetic, REAL, productions=OPS, variables=["x"], forbid=[("sin", "sin")], weights=CONTEXTUAL)
        for _ in "ab"
    ]
    assert made[0] == made[1]
    assert hash(made[0]) == hash(made[1])
    assert pickle.loads(pickle.dumps(made[0])) == made[0]
    assert hole.choice(made[0], name="f") is hole.choice(made[1], name="f")
    with pytest.raises(AttributeError, match="Grammar is immutable"):
        made[0].max_size = 3


def test_fresh_constants():
    grammar = Grammar(arithmetic, REAL, productions=["+", "*", "?"], variables=["x"], max_size=7)
    drawn = grammar.sample(numpy.random.default_rng(4), 7)
    leaves = [n for n in drawn.walk() if not n.args and n.is_hole]
    assert len(leaves) == len(drawn.holes)
    assert grammar.contains(arithmetic.parse("?a*x + ?b"))
    terms = list(grammar.enumerate(200))
    assert all(len([n for n in t.walk() if n.is_hole]) == len(t.holes) for t in terms)


def test_polymorphic_operators_are_instantiated():
    nil, cons = declare("nil() -> list(a)"), declare("cons(a, list(a)) -> list(a)")
    size = declare("size(list(a)) -> real")
    lists = Language("lists", [nil, cons, size], default=REAL)
    grammar = Grammar(
        lists, REAL, productions=[size, cons, arithmetic.parse("x"), lists.variable("l", list_of(REAL))], max_size=6
    )
    assert [grammar.count(n) for n in range(1, 7)] == [1, 1, 0, 1, 1, 1]
    assert str(grammar.sample(numpy.random.default_rng(0), 4)) == "size(cons(x, l))"


def test_boolean_grammar():
    grammar = Grammar(boolean, BOOL, productions=["and", "not"], variables=["p"], max_size=4)
    assert [grammar.count(n) for n in (1, 2, 3, 4)] == [1, 1, 2, 4]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"productions": ["+"]}, "the grammar makes no finite term of sort real. Add a leaf of that sort"),
        ({"productions": ["sine"]}, "unknown operator 'sine'. Did you mean 'sin'?"),
        (
            {"productions": ["+"], "variables": ["x"], "forbid": [("sin", "x")]},
            "the grammar has no production 'sin'. It has: + x.",
        ),
        ({"productions": ["+"], "variables": ["x"], "weights": {"x": -1}}, "the weight of 'x' is -1.0"),
        ({"productions": ["+"], "variables": ["x"], "max_size": 0}, "max_size and max_depth must be at least 1"),
        ({"productions": [arithmetic.parse("x + 1")]}, "'x + 1' is not a leaf."),
    ],
)
def test_errors(options, message):
    with pytest.raises(GrammarError) as caught:
        Grammar(arithmetic, REAL, **options)
    assert message in str(caught.value)


def test_a_size_that_does_not_occur():
    grammar = Grammar(arithmetic, REAL, productions=["+"], variables=["x"], max_size=5)
    with pytest.raises(GrammarError, match=r"no term of size 4. It has terms of sizes \[1, 3, 5\]"):
        grammar.sample(numpy.random.default_rng(0), 4)


def test_large_counts_are_exact():
    grammar = Grammar(arithmetic, REAL, productions=["+"], variables=["x"], max_size=201)
    assert grammar.count(201) == math.comb(200, 100) // 101
    assert grammar.sample(numpy.random.default_rng(0), 201).size == 201


def test_terms_have_numbers():
    weights = {"+": 3, ("+", 1): {"sin": 5}}
    for grammar in (
        Grammar(arithmetic, REAL, productions=["+", "sin", "?"], variables=["x"], max_size=6),
        Grammar(arithmetic, REAL, productions=["*", "exp"], variables=["x", "y"], max_size=5, forbid=[("exp", "exp")]),
        Grammar(arithmetic, REAL, productions=["+", "sin"], variables=["x"], max_size=6, weights=weights, max_depth=3),
    ):
        found = [grammar.nth(k) for k in range(grammar.count())]
        assert [term.size for term in found] == sorted(term.size for term in found)
        assert all(grammar.contains(term) for term in found)
        unnamed = [re.sub(r"\?_\d+", "?", str(term)) for term in found]
        assert len(set(unnamed)) == grammar.count()
        with pytest.raises(GrammarError, match="the grammar has no term of number -1; they go from 0 to"):
            grammar.nth(-1)
