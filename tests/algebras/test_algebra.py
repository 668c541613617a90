from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from induce.algebras import Algebra, check_laws, meaning_of, register
from induce.errors import AlgebraError
from induce.terms import REAL, Op, arithmetic, boolean

ALGEBRAS = [Algebra.REAL, Algebra.BOOLEAN, Algebra.INTERVAL]


@pytest.mark.parametrize("algebra", ALGEBRAS, ids=lambda a: a.name)
def test_declared_laws_hold(algebra):
    assert algebra.laws
    assert check_laws(algebra, np.random.default_rng(0), 500) == []


def test_a_false_law_is_found():
    wrong = replace(Algebra.REAL, laws=frozenset({"idempotent add", "commutative add"}))
    assert check_laws(wrong, np.random.default_rng(0)) == ["idempotent add"]
    not_distributive = replace(Algebra.REAL, add=lambda a, b: a * b + 1.0)
    assert "distributive" in check_laws(not_distributive, np.random.default_rng(0))


def test_an_unknown_law_is_refused():
    with pytest.raises(
        AlgebraError, match=r"algebra 'real' declares an unknown law 'nilpotent'\. Known laws: commutative"
    ):
        replace(Algebra.REAL, laws=frozenset({"nilpotent"}))


def test_a_law_about_a_missing_negation_is_refused():
    with pytest.raises(AlgebraError, match="algebra 'real' declares a law about negation but has none"):
        replace(Algebra.REAL, neg=None)


def test_a_missing_meaning_names_the_algebras_that_have_one():
    with pytest.raises(
        AlgebraError, match=r"operator 'and' has no meaning under the algebra 'real'\. It has one under: boolean"
    ):
        meaning_of(boolean["and"], Algebra.REAL)
    odd = Op("odd", (REAL,), REAL)
    with pytest.raises(AlgebraError, match=r"Give it one with algebras.register\(op, algebra, f\)"):
        meaning_of(odd, Algebra.REAL)


def test_registering():
    op = Op("shift_for_a_test", (REAL,), REAL)
    register(op, Algebra.REAL, lambda xp, x: x + 1.0)
    assert op(arithmetic.variable("x"))(x=2.0) == 3.0
    with pytest.raises(AlgebraError, match=r"already has a meaning under 'real'\. Use another operator name"):
        register(op, Algebra.REAL, lambda xp, x: x)
    with pytest.raises(AlgebraError, match=r"must be a function of \(xp, \*values\), but got 3"):
        register(op, Algebra.REAL, 3)


def test_every_shipped_operator_has_a_meaning():
    for op in arithmetic:
        assert meaning_of(op, Algebra.REAL)
        assert meaning_of(op, Algebra.INTERVAL)
    for op in boolean:
        assert meaning_of(op, Algebra.BOOLEAN)
