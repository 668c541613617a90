from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from induce.algebras import Algebra, evaluate, evaluate_many
from induce.errors import AlgebraError, DataError
from induce.terms import arithmetic, boolean, hole
from induce.terms.codes import Codebook


def test_columns_by_mapping_frame_and_name():
    term = arithmetic.parse("x * 2 + y")
    expected = [4.0, 7.0]
    assert evaluate(term, {"x": [1, 2], "y": [2, 3]}).tolist() == expected
    assert evaluate(term, pd.DataFrame({"x": [1, 2], "y": [2, 3]})).tolist() == expected
    assert term(x=[1, 2], y=[2, 3]).tolist() == expected
    assert term({"x": [9, 9], "y": [2, 3]}, x=[1, 2]).tolist() == expected


def test_scalars_stay_scalars_and_constants_fill_columns():
    assert float(arithmetic.parse("x^2")(x=3)) == 9.0
    assert arithmetic.parse("2 * pi")(x=[1, 2, 3]).tolist() == [2 * np.pi] * 3


def test_undefined_rows_are_nan_without_warnings():
    value = arithmetic.parse("log(x)")(x=[-1.0, 0.0, 1.0])
    assert np.isnan(value[0])
    assert value[1] == -np.inf
    assert value[2] == 0.0


def test_boolean_terms_under_the_boolean_algebra():
    term = boolean.parse("a and not b or b implies a")
    for a, b in itertools.product([False, True], repeat=2):
        assert bool(term(a=a, b=b)) == ((not ((a and not b) or b)) or a)


def test_real_holes_take_values_by_name():
    term = arithmetic.parse("?k * x")
    assert term(x=[1, 2], k=3).tolist() == [3.0, 6.0]
    with pytest.raises(
        AlgebraError, match=r"hole '\?k' is not filled. Fill it with fill\(\), or give its value: term\(k=1.0\)"
    ):
        term(x=[1, 2])


def test_an_unfilled_choice_is_named():
    x = arithmetic.variable("x")
    with pytest.raises(AlgebraError, match="is not filled"):
        (hole.choice([x, x * x], name="f") + 1)(x=[1.0])


def test_a_missing_column_is_named():
    with pytest.raises(DataError, match=r"no column named 'mass'\. Did you mean 'Mass'"):
        arithmetic.parse("mass + 1")({"Mass": [1.0]})
    with pytest.raises(DataError, match="The columns given are: none"):
        arithmetic.parse("x + 1")()


def test_other_algebras():
    low, high = evaluate(arithmetic.parse("x - x"), {"x": (1.0, 2.0)}, Algebra.INTERVAL)
    assert low == pytest.approx(-1.0)
    assert high == pytest.approx(1.0)
    with pytest.raises(AlgebraError, match="no meaning under the algebra 'boolean'"):
        evaluate(arithmetic.parse("x + 1"), {"x": [True]}, Algebra.BOOLEAN)


def test_a_deep_term_is_evaluated():
    x = arithmetic.variable("x")
    term = x
    for _ in range(10_000):
        term = term + 1
    assert float(term(x=1.0)) == 10_001.0
    assert evaluate_many(Codebook(arithmetic, ["x"]).encode([term]), np.array([[1.0, 2.0]])).tolist() == [
        [10001.0, 10002.0]
    ]
