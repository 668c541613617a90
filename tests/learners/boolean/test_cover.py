"""Two-level covers, the Walsh spectrum, and decision trees."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from induce.learners.boolean.cover import add_cover, cover, covered, irredundant, primes
from induce.learners.boolean.network import Network
from induce.learners.boolean.tree import add_tree
from induce.learners.boolean.truth import columns_as_integers, integer, variables
from induce.learners.boolean.walsh import affine, best_parities, irrelevant_inputs, linear_inputs, spectrum
from tests.learners.boolean.making import inputs_of, tables


@given(tables(5), tables(5))
def test_covers_lie_between_their_bounds(lower, free):
    upper = lower | free
    for cubes in (cover(integer(lower), integer(upper), 5), irredundant(integer(lower), integer(upper), 5)):
        found = covered(cubes, 5)
        assert (found >= lower).all()
        assert (found <= upper).all()
        for left_out in range(len(cubes)):
            assert not (covered(cubes[:left_out] + cubes[left_out + 1 :], 5) >= lower).all()


@given(tables(4))
def test_prime_implicants_are_those_that_cannot_grow(table):
    found = set(primes(table))
    for care in range(16):
        for value in range(16):
            if value & ~care:
                continue
            inside = bool((covered([(care, value)], 4) <= table).all())
            wider = any(
                (covered([(care & ~(1 << i), value & ~(1 << i))], 4) <= table).all() for i in range(4) if care >> i & 1
            )
            assert ((care, value) in found) == (inside and not wider)


@given(tables(4))
def test_a_cover_has_the_fewest_cubes(table):
    best = cover(integer(table), integer(table), 4)
    candidates = primes(table)
    assert len(best) <= len(irredundant(integer(table), integer(table), 4))
    if 1 < len(best) <= 3:
        from itertools import combinations

        assert not any((covered(few, 4) == table).all() for few in combinations(candidates, len(best) - 1))


@given(tables(5))
def test_factoring_keeps_the_function(table):
    net = Network(variables(5), 32)
    cubes = cover(integer(table), integer(table), 5)
    assert net.value(add_cover(net, cubes, [2 * (i + 1) for i in range(5)])) == integer(table)


def test_a_cover_of_many_inputs_is_irredundant():
    rng = np.random.default_rng(0)
    table = rng.random(1 << 11) < 0.3
    assert (covered(cover(integer(table), integer(table), 11), 11) == table).all()


@given(tables(4))
def test_the_spectrum_counts_agreements(table):
    found = spectrum(1.0 - 2.0 * table)
    for s in range(16):
        parity = np.array([bin(r & s).count("1") % 2 for r in range(16)], dtype=bool)
        assert found[s] == (table == parity).sum() - (table != parity).sum()


@given(tables(4))
def test_linear_and_irrelevant_inputs(table):
    rows = np.arange(16)
    for i in range(4):
        other = table[rows ^ (1 << i)]
        assert (i in irrelevant_inputs(table)) == (table == other).all()
        assert (i in linear_inputs(table)) == (table != other).all()


@given(st.integers(0, 1000), st.booleans())
def test_a_parity_is_found_from_few_rows(seed, negated):
    rng = np.random.default_rng(seed)
    bits = rng.integers(0, 2, (30, 80)).astype(np.uint8)
    chosen = sorted(rng.choice(30, 5, replace=False).tolist())
    answers = bits[chosen].sum(axis=0) % 2 ^ int(negated)
    assert affine(bits, answers) == (tuple(chosen), negated)
    answers[3] ^= 1
    assert affine(bits, answers) is None


def test_a_parity_is_found_among_flipped_answers():
    rng = np.random.default_rng(1)
    bits = rng.integers(0, 2, (12, 300)).astype(np.uint8)
    answers = bits[[1, 4, 9]].sum(axis=0) % 2 ^ (rng.random(300) < 0.2)
    inputs, negated, _ = best_parities(bits, 2.0 * answers - 1)[0]
    assert (inputs, negated) == ((1, 4, 9), False)
    assert best_parities(np.zeros((21, 4), dtype=np.uint8), np.ones(4)) == []


@pytest.mark.parametrize("seed", range(5))
def test_a_tree_is_right_on_every_row(seed):
    rng = np.random.default_rng(seed)
    rows = np.unique(rng.integers(0, 2, (60, 20)), axis=0).astype(bool)
    answers = rng.random(len(rows)) < 0.5
    net = Network(columns_as_integers(rows), len(rows))
    assert net.value(add_tree(net, rows.T.astype(np.uint8), answers)) == integer(answers)


def test_a_tree_of_one_answer_is_that_answer():
    rows = inputs_of(2)
    net = Network(columns_as_integers(rows), 4)
    assert add_tree(net, rows.T.astype(np.uint8), np.ones(4, dtype=bool)) == 1
    assert add_tree(net, rows.T.astype(np.uint8), np.zeros(4, dtype=bool)) == 0
