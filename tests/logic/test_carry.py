"""Carry automata against the sum over all combinations, and their gradients."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from induce.logic.carry import carry_chain

SCALES = st.sampled_from([1, 2, 4, 8, 24])


@st.composite
def contributions(draw):
    count = draw(st.integers(1, 5))
    made = []
    for _ in range(count):
        scale, low = draw(SCALES), draw(st.integers(-5, 5))
        digits = draw(st.lists(st.integers(0, 6), min_size=1, max_size=4))
        made.append([low + scale * d for d in digits])
    return made


def exact(parts, weights):
    found = {}
    for combination in itertools.product(*[range(len(p)) for p in parts]):
        total = sum(p[k] for p, k in zip(parts, combination, strict=True))
        probability = np.prod([w[k] for w, k in zip(weights, combination, strict=True)])
        found[total] = found.get(total, 0.0) + probability
    return found


@settings(max_examples=60, deadline=None)
@given(contributions(), st.integers(0, 2**31))
def test_the_probability_of_every_total(parts, seed):
    chain = carry_chain(parts)
    if chain is None:
        return
    rng = np.random.default_rng(seed)
    weights = [rng.dirichlet(np.ones(len(p))) for p in parts]
    expected = exact(parts, weights)
    totals = np.array([*expected, max(expected) + 1])
    tiled = np.repeat(np.concatenate(weights)[:, None], len(totals), axis=1)
    value, _ = chain.log_probability(tiled, totals)
    np.testing.assert_allclose(np.exp(value[:-1]), list(expected.values()), rtol=1e-9, atol=1e-15)
    assert np.exp(value[-1]) < 1e-200
    assert chain.largest == max(expected)


def test_the_gradient_is_that_of_finite_differences():
    parts = [[d * 10**p for d in range(10)] for p in range(2) for _ in range(2)]
    chain = carry_chain(parts)
    rng = np.random.default_rng(0)
    weights = rng.dirichlet(np.ones(10), size=(4, 3)).transpose(0, 2, 1).reshape(40, 3)
    totals = np.array([7, 57, 120])
    _, gradient = chain.log_probability(weights, totals)
    for leaf in range(0, 40, 3):
        up, down = weights.copy(), weights.copy()
        up[leaf] += 1e-6
        down[leaf] -= 1e-6
        slope = (chain.log_probability(up, totals)[0] - chain.log_probability(down, totals)[0]) / 2e-6
        np.testing.assert_allclose(gradient[leaf], slope, rtol=1e-4, atol=1e-5)


def test_long_numbers_do_not_underflow():
    parts = [[d * 10**p for d in range(10)] for p in range(15) for _ in range(2)]
    chain = carry_chain(parts)
    value, _ = chain.log_probability(np.full((300, 1), 0.1), np.array([123456789012345]))
    assert -40 < value[0] < -30


def test_scales_that_do_not_divide_each_other_are_no_chain():
    assert carry_chain([[0, 2], [0, 3]]) is None
    assert carry_chain([[0, 2], [0, 4], [5, 5]]).scales.tolist() == [2, 4]
    assert carry_chain([[4]]).largest == pytest.approx(4)
