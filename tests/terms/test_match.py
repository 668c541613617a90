from __future__ import annotations

import numpy
import pytest
from hypothesis import given, settings

from induce.errors import TermError
from induce.terms import REAL, apply, arithmetic, boolean, bound, lambda_, variable
from induce.terms.match import anti_unify, beta_reduce, match, shift, substitute, unify
from induce.terms.sort import arrow
from induce.testing import random_terms, terms

P = arithmetic.parse


def test_match():
    assert match(P("a*x + a"), P("sin(t)*2 + sin(t)")) == {"a": P("sin(t)"), "x": P("2")}
    assert match(P("a*x + a"), P("sin(t)*2 + cos(t)")) is None
    assert match(P("a + pi"), P("x + pi"), fixed={"a"}) is None
    assert match(P("a + pi"), P("a + pi"), fixed={"a"}) == {}
    assert match(P("x + 1"), P("x + 1.0")) is None
    assert match(boolean.parse("a and b"), boolean.parse("p and not q")) == {
        "a": boolean.parse("p"),
        "b": boolean.parse("not q"),
    }


def test_a_variable_below_a_function_matches_no_parameter():
    pattern = lambda_(REAL, P("sin(a)"))
    assert match(pattern, lambda_(REAL, P("sin(y)"))) == {"a": P("y")}
    assert match(pattern, lambda_(REAL, arithmetic["sin"](bound(0, REAL)))) is None


@given(terms(arithmetic), terms(arithmetic))
def test_a_pattern_matches_its_instances(pattern, value):
    instance = substitute(pattern, {"x": value})
    found = match(pattern, instance)
    assert found is not None
    assert substitute(pattern, found) is instance


@given(terms(arithmetic), terms(arithmetic))
def test_anti_unification_gives_both_terms_back(left, right):
    pattern, first, second = anti_unify(left, right)
    assert substitute(pattern, first) is left
    assert substitute(pattern, second) is right
    if left is right:
        assert pattern is left


def test_anti_unification_is_least_general():
    pattern, first, second = anti_unify(P("sin(x) + sin(x)*2"), P("y + y*2"))
    assert (str(pattern), first, second) == ("_0 + _0 * 2", {"_0": P("sin(x)")}, {"_0": P("y")})
    with pytest.raises(TermError, match="have no common pattern"):
        anti_unify(P("x"), boolean.parse("x"))


def test_anti_unification_keeps_parameters_inside_their_function():
    left = lambda_(REAL, arithmetic["sin"](bound(0, REAL)))
    right = lambda_(REAL, arithmetic["sin"](P("y")))
    pattern, first, second = anti_unify(left, right)
    assert pattern.is_variable
    assert (first["_0"], second["_0"]) == (left, right)


@given(terms(arithmetic, max_size=9), terms(arithmetic, max_size=9))
@settings(max_examples=150)
def test_unification_makes_terms_equal(left, right):
    found = unify(left, right)
    if found is not None:
        assert substitute(left, found) is substitute(right, found)
        assert not {v.name for t in found.values() for v in t.variables} & set(found)


def test_unification():
    assert unify(P("x + sin(y)"), P("2*y + sin(z)")) == {"x": P("2*z"), "y": P("z")}
    assert unify(P("x"), P("sin(x)")) is None
    assert unify(P("x + y"), P("sin(y) + sin(x)")) is None
    assert unify(P("x"), P("x + 0"), fixed={"x"}) is None
    assert unify(P("x"), P("x")) == {}
    assert unify(P("x + x"), P("sin(y) + z")) == {"x": P("sin(y)"), "z": P("sin(y)")}


def test_substitution_is_simultaneous_and_avoids_capture():
    assert substitute(P("x + y"), {"x": P("y"), "y": P("x")}) is P("y + x")
    inner = lambda_(REAL, arithmetic["+"](bound(0, REAL), variable("x")))
    assert substitute(inner, {"x": bound(0, REAL)}) is lambda_(REAL, arithmetic["+"](bound(0, REAL), bound(1, REAL)))
    with pytest.raises(TermError, match="cannot put 'p' of sort bool in place of 'x' of sort real"):
        substitute(P("x"), {"x": variable("p", boolean.default)})


def test_beta_reduction():
    twice = P("\\f:(real -> real). \\y:real. f(f(y))")
    assert beta_reduce(apply(twice, P("\\t:real. t^2"), P("x + 1"))) is P("((x + 1)^2)^2")
    constant = lambda_(REAL, lambda_(REAL, bound(1, REAL)))
    assert beta_reduce(apply(constant, bound(0, REAL))) is lambda_(REAL, bound(1, REAL))
    with pytest.raises(TermError, match="needs more than 1 steps"):
        beta_reduce(apply(twice, P("\\t:real. t^2"), P("x + 1")), max_steps=1)


def test_shift():
    term = lambda_(REAL, arithmetic["+"](bound(0, REAL), bound(1, REAL)))
    assert shift(term, 2) is lambda_(REAL, arithmetic["+"](bound(0, REAL), bound(3, REAL)))
    assert variable("f", arrow(REAL, REAL)).sort.is_arrow


def test_deep_terms():
    deep = P("sin(" * 10_000 + "x" + ")" * 10_000)
    other = P("sin(" * 10_000 + "2" + ")" * 10_000)
    assert match(deep, other) == {"x": P("2")}
    assert unify(deep, other) == {"x": P("2")}
    assert anti_unify(deep, other)[1] == {"_0": P("x")}
    assert substitute(deep, {"x": P("2")}) is other


def test_random_terms_do_not_match_others_by_accident():
    drawn = list(random_terms(arithmetic, 50, numpy.random.default_rng(0), max_size=9))
    for a in drawn:
        for b in drawn:
            found = match(a, b, fixed={"x", "y", "z"})
            assert (found is not None) == (a is b)
