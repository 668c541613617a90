"""The best decision list."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from induce.learners.boolean.truth import pack
from induce.learners.rules.conjunctions import Ground
from induce.learners.rules.optimal import conjunctions_of, optimal_list


def brute_force(truth, codes, rules, most, charge, classes):
    """The cost of the best list, by trying all of them."""

    def cost(rows, chosen):
        left, total = np.ones(rows, dtype=bool), 0.0
        for rule in chosen:
            taken = left & truth[list(rule)].all(axis=0)
            total += taken.sum() - max(np.bincount(codes[taken], minlength=classes)) + charge * len(rule)
            left &= ~taken
        return total + left.sum() - max(np.bincount(codes[left], minlength=classes))

    return min(cost(len(codes), chosen) for n in range(most + 1) for chosen in itertools.permutations(rules, n))


@pytest.mark.parametrize("seed", range(12))
def test_it_costs_what_trying_all_lists_costs(seed):
    rng = np.random.default_rng(seed)
    truth = rng.random((4, 30)) < 0.5
    codes = rng.integers(0, 2 + seed % 2, 30)
    ground = Ground(pack(truth), 30, np.ones(4, dtype=bool))
    rules, whole = conjunctions_of(ground, 2)
    assert whole
    found = optimal_list(ground, codes, 3, np.ones(30), rules, most=2, charge=0.6)
    assert found.proved
    assert found.cost == pytest.approx(brute_force(truth, codes, rules, 2, 0.6, 3))


def test_it_gives_what_it_has_when_it_is_stopped():
    rng = np.random.default_rng(0)
    truth = rng.random((8, 200)) < 0.5
    codes = (truth[0] & truth[1] | truth[2] & truth[3]).astype(int)
    ground = Ground(pack(truth), 200, np.ones(8, dtype=bool))
    rules, _ = conjunctions_of(ground, 2)
    stopped = optimal_list(ground, codes, 2, np.ones(200), rules, most=4, charge=1.0, nodes=1)
    assert not stopped.proved
    assert stopped.bound < stopped.cost
    found = optimal_list(ground, codes, 2, np.ones(200), rules, most=4, charge=1.0)
    assert found.proved
    assert set(found.rules) == {(0, 1), (2, 3)}


def test_a_disjunction_speaks_for_one_class():
    truth = np.array([[True, True, False, False], [True, False, True, False]])
    codes = np.array([1, 0, 0, 0])
    ground = Ground(pack(truth), 4, np.ones(2, dtype=bool))
    rules, _ = conjunctions_of(ground, 2)
    found = optimal_list(ground, codes, 2, np.ones(4), rules, most=3, charge=0.1, only=1)
    assert found.rules == ((0, 1),)
    assert found.cost == pytest.approx(0.2)
    few, whole = conjunctions_of(ground, 2, most=1)
    assert (len(few), whole) == (1, False)
