from __future__ import annotations

import time

import pytest

import induce.algebras.list_functions  # noqa: F401
from induce import Algebra
from induce.algebras.values import Undefined, define, function_of, run, run_rows
from induce.errors import AlgebraError, DataError
from induce.terms import INT, bound, declare, hole, lambda_, literal
from induce.terms.lists import INTS, lists


def parse(text, **names):
    return lists.parse(text, **({"xs": INTS} | names))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("take(2, reverse(xs))", [1, 4]),
        (r"map(\x:int. x * x, xs)", [9, 1, 16, 1]),
        (r"fold(\a:int. \x:int. a - x, 10, xs)", 1),
        (r"zip_with(\x:int. \y:int. x + y, xs, tail(xs))", [4, 5, 5]),
        (r"filter(\x:int. head(xs) < x, xs)", [4]),
        (r"take_while(\x:int. not (x == 4), xs)", [3, 1]),
        (r"drop_while(\x:int. not (x == 4), xs)", [4, 1]),
        (r"all(\x:int. 0 < x, xs) and any(\x:int. is_prime(x), xs)", True),
        ("if(is_empty(xs), 0, max(xs))", 4),
        ("sort(unique(xs))", [1, 3, 4]),
        ("-7 // 2 + -7 % 3", -2),
        ("range(len(xs), 6)", [4, 5, 6]),
        ("take_last(2, xs)", [4, 1]),
        ("drop_last(9, xs)", []),
        ("index(4, xs) * count(1, xs) + get(2, xs)", 8),
        ("product(concat(xs, cons(2, append(empty, 5))))", 120),
    ],
)
def test_programs_run(text, value):
    assert parse(text)(xs=[3, 1, 4, 1]) == value


def test_if_asks_only_for_the_branch_it_takes():
    program = parse("if(is_empty(xs), 0, head(xs))")
    assert program(xs=[]) == 0
    with pytest.raises(Undefined, match="has no value on this input"):
        parse("head(xs) + 1")(xs=[])


def test_functions_of_functions_keep_their_surroundings():
    inner = lists["map"](lambda_(INT, lists["+"](bound(0, INT), bound(1, INT))), parse("tail(xs)"))
    whole = lists["map"](lambda_(INT, lists["sum"](inner)), parse("take(2, xs)"))
    assert whole(xs=[10, 1, 2]) == [1 + 2 + 2 * 10, 1 + 2 + 2 * 1]


def test_rows_without_a_value_are_none():
    assert run_rows(parse("head(xs)"), {"xs": [[1], [], [2, 3]]}) == [1, None, 2]


def test_steps_end_a_program():
    with pytest.raises(Undefined, match="too many steps"):
        run(parse(r"map(\x:int. x + 1, xs)"), {"xs": [0] * 100}, steps=50)


def test_deep_terms_run():
    term = literal(0, INT)
    for _ in range(5000):
        term = lists["+"](term, 1)
    assert run(term, {}) == 5000


def test_what_is_missing_is_named():
    with pytest.raises(DataError, match=r"no input named 'xs'\. Did you mean 'x'\?"):
        parse("len(xs)")(x=[1])
    with pytest.raises(AlgebraError, match="hole '.*' is not filled"):
        run(hole.choice([parse("xs")], name="f"), {})
    fresh = declare("twiddle(int) -> int")
    with pytest.raises(AlgebraError, match="operator 'twiddle' has no meaning under the algebra 'values'"):
        function_of(fresh)
    define(fresh, abs)
    with pytest.raises(AlgebraError, match="already has a meaning"):
        define(fresh, len)


def test_laws_of_the_algebra():
    import numpy as np

    from induce.algebras import check_laws

    assert check_laws(Algebra.VALUES, np.random.default_rng(0)) == []


@pytest.mark.parametrize(
    "text",
    [
        r"fold(\a:int. \b:int. a * a, 3, xs)",
        r"len(fold(\a:list(int). \b:int. concat(a, a), xs, xs))",
        "sum(range(0, 1000000000 * len(xs)))",
        "len(replicate(1000000000 * len(xs), 1))",
        "product(range(1, 1000 * len(xs)))",
    ],
)
def test_what_would_fill_the_memory_has_no_value(text):
    began = time.monotonic()
    assert run_rows(lists.parse(text, xs=INTS), {"xs": [[1] * 40]}) == [None]
    assert time.monotonic() - began < 5
