from __future__ import annotations

import numpy as np
import pytest

from induce.algebras import bounds, evaluate
from induce.terms import arithmetic
from induce.testing import random_terms

BOX = {"x": (-1.5, 2.0), "y": (0.25, 3.0), "z": (-4.0, -0.5)}


def test_values_at_random_points_lie_within_the_bounds():
    rng = np.random.default_rng(0)
    points = {name: rng.uniform(low, high, 60) for name, (low, high) in BOX.items()}
    for name, (low, high) in BOX.items():
        points[name][:2] = low, high
    informative = 0
    for term in random_terms(arithmetic, 2000, rng, max_size=9):
        low, high = bounds(term, BOX)
        # a division by exactly zero has no value, though floats go on with an infinite one
        parts = [np.broadcast_to(evaluate(node, points), (60,)) for node in term.postorder()]
        defined = parts[-1][np.all(np.isfinite(parts), axis=0)]
        if np.isnan(low):
            assert not len(defined), f"{term} has values but its bounds say it is undefined everywhere"
            continue
        with np.errstate(over="ignore"):
            slack = 1e-12 * np.maximum(np.abs(defined), 1e-300)
        assert np.all(defined >= low - slack), term
        assert np.all(defined <= high + slack), term
        informative += bool(np.isfinite(low) and np.isfinite(high))
    assert informative > 700


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("x^2", 0.0, 4.0),
        ("x * x", -3.0, 4.0),
        ("1 / y", 1 / 3, 4.0),
        ("sin(y)", np.sin(3.0), 1.0),
        ("abs(z)", 0.5, 4.0),
        ("max(x, z)", -1.5, 2.0),
        ("sqrt(x)", 0.0, np.sqrt(2.0)),
        ("1 / x", -np.inf, np.inf),
    ],
)
def test_bounds_are_tight_where_a_variable_occurs_once(text, low, high):
    found = bounds(arithmetic.parse(text), BOX)
    assert found[0] == pytest.approx(low, abs=1e-10)
    assert found[1] == pytest.approx(high, abs=1e-10)


def test_undefined_everywhere_is_nan():
    assert np.isnan(bounds(arithmetic.parse("log(z)"), BOX)).all()
    assert np.isnan(bounds(arithmetic.parse("sqrt(z) + x"), BOX)).all()
