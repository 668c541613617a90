"""Grammars whose terms contain functions."""

from __future__ import annotations

import itertools
import math
import pickle

import numpy
import pytest
import scipy.stats

from induce.errors import GrammarError
from induce.terms import BOOL, INT, REAL, Grammar, arithmetic, declare
from induce.terms.language import Language
from induce.terms.lists import INTS, core_lists, lists
from induce.terms.op import BOUND, LAMBDA
from induce.terms.sort import arrow, list_of
from induce.terms.term import bound, lambda_, literal, variable

XS = variable("xs", INTS)
ONE = literal(1, INT)


def made(ops, leaves, sort, size, scope=(), most=2):
    """All terms of a sort and size, by brute force; polymorphic operators over int, bool and lists of int."""
    if size < 1:
        return []
    found = [leaf for leaf in leaves if leaf.sort is sort and size == 1]
    found += [bound(k, s) for k, s in enumerate(scope) if s is sort and size == 1]
    if sort.is_arrow and len(scope) < most:
        parameter, body = sort.args
        inner = made(ops, leaves, body, size - 1, (parameter, *scope), most)
        found += [lambda_(parameter, b) for b in inner]
    for op, arguments, result in ops:
        if result is not sort:
            continue
        if not arguments:
            found += [op()] if size == 1 else []
            continue
        for parts in itertools.product(range(1, size), repeat=len(arguments)):
            if sum(parts) == size - 1:
                choices = [made(ops, leaves, a, n, scope, most) for a, n in zip(arguments, parts, strict=True)]
                found += [op(*args) for args in itertools.product(*choices)]
    return found


def instances(language, names, values):
    found = []
    for op in language.operators(names):
        letters = sorted({s for sort in (*op.arguments, op.result) for s in letters_of(sort)}, key=str)
        for choice in itertools.product(values, repeat=len(letters)):
            mapping = dict(zip(letters, choice, strict=True))
            sorts = [s.substitute(mapping) for s in (*op.arguments, op.result)]
            if all(part in values for s in sorts for part in flat(s)):
                found.append((op, tuple(sorts[:-1]), sorts[-1]))
    return found


def letters_of(sort):
    return {sort} if sort.is_variable else {v for a in sort.args for v in letters_of(a)}


def flat(sort):
    return [p for a in sort.args for p in flat(a)] if sort.is_arrow else [sort]


CASES = {
    "map": (core_lists, "+ map", INTS, 7),
    "fold": (lists, "+ fold cons", INT, 7),
    "filter": (lists, "filter is_even not", INTS, 7),
    "zip": (lists, "zip_with - len", INTS, 8),
    "nested": (core_lists, "+ map cons empty", INTS, 7),
    "goal": (lists, "+ map", arrow(INT, INTS), 7),
}


@pytest.fixture(params=CASES)
def case(request):
    language, names, start, size = CASES[request.param]
    values = [INT, BOOL, INTS]
    grammar = Grammar(
        language,
        start,
        productions=[*names.split(), ONE],
        variables={"xs": INTS},
        max_size=size,
        sorts=values,
        weights={"$0": 3.0, "xs": 2.0, ("map", 0): {"+": 4.0, "$0": 0.5}, ("", 0): {"map": 7.0}},
    ) if "map" in names.split() else Grammar(
        language, start, productions=[*names.split(), ONE], variables={"xs": INTS}, max_size=size, sorts=values
    )  # fmt: skip
    expected = {
        n: made(instances(language, names, values), [XS, ONE], start, n, most=grammar.max_bound)
        for n in range(1, size + 1)
    }
    return grammar, expected


def test_count_contains_and_enumeration_equal_brute_force(case):
    grammar, expected = case
    assert sum(len(terms) for terms in expected.values()) > 5
    for size, terms in expected.items():
        assert len(set(terms)) == len(terms)
        assert grammar.count(size) == len(terms)
        assert all(grammar.contains(term) for term in terms)
    found = list(grammar.enumerate())
    assert len(found) == len(set(found)) == grammar.count()
    assert set(found) == {term for terms in expected.values() for term in terms}
    assert {grammar.nth(k) for k in range(grammar.count())} == set(found)
    logarithms = [grammar.log_probability(t) for t in found]
    assert all(a >= b - 1e-9 for a, b in itertools.pairwise(logarithms))
    assert sum(map(math.exp, logarithms)) == pytest.approx(1)


def test_samples_have_their_probabilities(case):
    grammar, _ = case
    rng = numpy.random.default_rng(0)
    drawn = [grammar.sample_weighted(rng) for _ in range(1500)]
    likely = [(drawn.count(t), p) for t in grammar.enumerate(40) if (p := math.exp(grammar.log_probability(t))) > 0.01]
    rest = (1500 - sum(c for c, _ in likely), 1 - sum(p for _, p in likely))
    observed, expected = zip(*likely, *([rest] if rest[1] > 1e-9 else []), strict=True)
    assert scipy.stats.chisquare(observed, [1500 * p for p in expected]).pvalue > 1e-3
    assert all(grammar.contains(grammar.sample(rng)) for _ in range(20))


def test_a_body_stands_where_its_function_stands():
    grammar = Grammar(
        core_lists,
        INTS,
        productions=["+", "map", ONE],
        variables={"xs": INTS},
        max_size=9,
        weights={("map", 0): {"+": 8.0, "$0": 1.0, "1": 1.0}},
    )
    term = core_lists.parse(r"map(\x:int. x + 1, xs)", xs=INTS)
    contexts = [(where, production.name) for where, production, _ in grammar.derivation(term)]
    assert contexts == [
        (("", 0), "map"), (("map", 0), "lambda"), (("map", 0), "+"), (("+", 0), "$0"), (("+", 1), "1"), (("map", 1), "xs"),
    ]  # fmt: skip
    assert grammar.derivation(term)[2][2] == pytest.approx(0.8)


def test_refit_raises_what_was_seen_within_functions():
    grammar = Grammar(core_lists, INTS, productions=["+", "-", "map", ONE], variables={"xs": INTS}, max_size=12)
    seen = [core_lists.parse(rf"map(\x:int. x {sign} 1, xs)", xs=INTS) for sign in "++-"]
    fitted = grammar.refit(seen)
    assert fitted.log_probability(seen[0]) > fitted.log_probability(seen[2]) > grammar.log_probability(seen[2])
    assert fitted.weights["map", 0]["+"] > fitted.weights["map", 0]["-"]


def test_curried_functions_and_the_number_of_bound_variables():
    term = lists.parse(r"fold(\a:int. \x:int. a + x, 1, xs)", xs=INTS)
    options = {"productions": ["+", "fold", ONE], "variables": {"xs": INTS}, "max_size": 12}
    assert Grammar(lists, INT, **options).max_bound == 2
    assert Grammar(lists, INT, **options).contains(term)
    assert not Grammar(lists, INT, **options, max_bound=1).contains(term)
    assert Grammar(lists, INT, **options, max_bound=0).count(4) == 0
    inner = lists.parse(r"fold(\a:int. \x:int. fold(\b:int. \y:int. a + y, x, xs), 1, xs)", xs=INTS)
    assert not Grammar(lists, INT, **options).contains(inner)
    assert Grammar(lists, INT, **{**options, "max_size": 16}, max_bound=4).contains(inner)


def test_forbidden_and_depth_reach_into_functions():
    options = {"productions": ["+", "map", ONE], "variables": {"xs": INTS}, "max_size": 9}
    term = core_lists.parse(r"map(\x:int. x + (x + 1), xs)", xs=INTS)
    assert Grammar(core_lists, INTS, **options).contains(term)
    assert not Grammar(core_lists, INTS, **options, forbid=[("+", "+")]).contains(term)
    assert not Grammar(core_lists, INTS, **options, forbid=[("map", "$0")]).contains(term)
    assert Grammar(core_lists, INTS, **options, max_depth=5).contains(term)
    assert not Grammar(core_lists, INTS, **options, max_depth=4).contains(term)


def test_functions_are_no_values_of_polymorphic_operators():
    grammar = Grammar(lists, INTS, variables={"xs": INTS}, max_size=4, productions=["map", "if", "filter", "is_even"])
    assert not [p for p in grammar.productions if p.name in ("if", "map") and any(s.is_arrow for s in p.arguments[1:])]
    lists_of_lists = {p.result for p in grammar.productions} & {list_of(INTS)}
    assert lists_of_lists
    narrow = Grammar(lists, INTS, variables={"xs": INTS}, max_size=4, sorts=[INT, BOOL, INTS])
    assert {p.result for p in narrow.productions} == {INT, BOOL, INTS}


def test_functions_pickle_and_compare():
    grammar = Grammar(
        core_lists, INTS, variables={"xs": INTS}, max_size=8, sorts=[INT, INTS], max_bound=1, weights={"$0": 2.0}
    )
    again = pickle.loads(pickle.dumps(grammar))
    assert again == grammar
    assert again.count() == grammar.count()
    assert grammar != Grammar(core_lists, INTS, variables={"xs": INTS}, max_size=8, sorts=[INT, INTS], max_bound=1)
    nodes = {node.op for term in grammar.enumerate(400) for node in term.walk()}
    assert {LAMBDA, BOUND} <= nodes


@pytest.mark.parametrize(
    ("language", "start", "options", "message"),
    [
        (
            core_lists,
            BOOL,
            {"productions": ["+", "car"], "variables": {"xs": INTS}},
            "no production makes a term of sort bool; they make int, list(int). Add an operator, a variable or a literal.",
        ),
        (
            lists,
            INT,
            {"productions": ["head", "sort"]},
            "the grammar makes no finite term of sort list(int). Add a leaf of that sort: a variable, a literal or a hole.",
        ),
        (
            lists,
            INT,
            {"productions": ["neg", "head", "map"]},
            "the grammar makes no finite term of sort list(int). Add a leaf",
        ),
        (
            lists,
            INTS,
            {"productions": ["map"], "variables": {"xs": INTS}, "weights": {"$1": 1.0}},
            "the grammar has no production '$1'. It has: $0 lambda map xs.",
        ),
        (
            lists,
            INTS,
            {"variables": {"xs": INTS}, "weights": {"$0": math.nan}},
            "the weight of '$0' is nan; a number that is not negative was expected.",
        ),
        (
            arithmetic,
            REAL,
            {"productions": ["+"], "variables": ["x"], "weights": {("+", 0): {"x": -2.0}}},
            "the weight of 'x' is -2.0; a number that is not negative was expected.",
        ),
    ],
)
def test_errors(language, start, options, message):
    with pytest.raises(GrammarError) as caught:
        Grammar(language, start, **options)
    assert message in str(caught.value)


def test_a_sort_without_end_is_named():
    box = declare("open(box) -> int")
    grow = declare("grow(box) -> box")
    language = Language("boxes", [box, grow], default=INT)
    with pytest.raises(GrammarError, match="the grammar makes no finite term of sort box. Add a leaf of that sort"):
        Grammar(language, INT)
