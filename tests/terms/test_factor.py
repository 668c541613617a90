from __future__ import annotations

import numpy as np
import pytest

from induce.terms import arithmetic
from induce.terms.factor import outer_factors
from induce.testing import random_terms


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sqrt(4.0 * x / y)", "2.0 * sqrt(x / y)"),
        ("sqrt(x * 4.0)", "2.0 * sqrt(x)"),
        ("cbrt(8.0 * x)", "2.0 * cbrt(x)"),
        ("1 + sqrt(9.0 * sqrt(16.0 * x))", "1 + 6.0 * sqrt(sqrt(x))"),
        ("sqrt(4 * x)", "sqrt(4 * x)"),
        ("sqrt(-4.0 * x)", "sqrt(-4.0 * x)"),
        ("sqrt(4.0 + x)", "sqrt(4.0 + x)"),
        ("sqrt(x / (4.0 * y))", "sqrt(x / (4.0 * y))"),
    ],
)
def test_factors_move_out_of_roots(text, expected):
    assert outer_factors(arithmetic.parse(text)) is arithmetic.parse(expected)


def test_values_stay():
    rng = np.random.default_rng(0)
    columns = {name: rng.uniform(0.1, 2.0, 20) for name in ("x", "y", "z")}
    for term in random_terms(arithmetic, 2000, rng):
        if term.holes or {v.name for v in term.variables} - set(columns):
            continue
        term = arithmetic["sqrt"](term * 2.5)
        other = outer_factors(term)
        assert np.allclose(term(columns), other(columns), rtol=1e-9, equal_nan=True)
        assert other.size <= term.size
