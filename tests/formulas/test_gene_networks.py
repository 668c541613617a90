"""Gene networks from transitions: rules, simulation, attractors."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest

from induce.formulas import gene_network
from induce.formulas.gene_networks import GeneNetwork
from induce.formulas.truth_tables import random_formula
from induce.terms import boolean
from tests.learners.boolean.making import inputs_of

NAMES = ("a", "b", "c", "d", "e")
RULES = ("b", "not a and c", "a or d", "c xor e", "e")


@pytest.fixture(scope="module")
def truth():
    return GeneNetwork(NAMES, tuple(boolean.parse(rule) for rule in RULES))


def test_rules_are_found_again(truth):
    states = np.random.default_rng(0).random((60, 5)) < 0.5
    frames = [pd.DataFrame(rows, columns=NAMES) for rows in (states, truth.step(states))]
    network = gene_network(tuple(frames), 2, operators="and or xor not")
    assert (network.step(inputs_of(5)) == truth.step(inputs_of(5))).all()
    assert network.regulators == {"a": ("b",), "b": ("a", "c"), "c": ("a", "d"), "d": ("c", "e"), "e": ("e",)}
    assert str(network).splitlines()[0] == "a = b"


def test_rules_are_found_among_flipped_values(truth):
    rng = np.random.default_rng(1)
    states = rng.random((300, 5)) < 0.5
    after = truth.step(states) ^ (rng.random((300, 5)) < 0.03)
    network = gene_network((states, after), 2, operators="and or xor not")
    assert network.names == ("x0", "x1", "x2", "x3", "x4")
    assert (network.step(inputs_of(5)) == truth.step(inputs_of(5))).all()
    assert "rows wrong" in str(network)


def test_a_series_is_read_row_after_row(truth):
    series = truth.simulate([0, 1, 1, 0, 1], 12)
    network = gene_network(pd.DataFrame(series, columns=NAMES), noise=0)
    assert (network.step(series[:-1]) == series[1:]).all()


def test_no_rule_reads_more_genes_than_allowed(truth):
    states = np.random.default_rng(0).random((60, 5)) < 0.5
    network = gene_network((states, truth.step(states)), 1)
    assert all(len(read) <= 1 for read in network.regulators.values())


def test_simulation_takes_states_by_name(truth):
    series = truth.simulate({"b": 1, "a": 0, "c": 0, "d": 0, "e": 0}, 2)
    assert series.astype(int).tolist() == [[0, 1, 0, 0, 0], [1, 0, 0, 0, 0], [0, 0, 1, 0, 0]]


@pytest.mark.parametrize("seed", range(4))
def test_attractors_are_all_cycles(seed):
    names = [f"g{i}" for i in range(6)]
    rng = np.random.default_rng(seed)
    rules = [random_formula([names[j] for j in rng.permutation(6)[:3]], 3, seed * 10 + i) for i in range(6)]
    network = GeneNetwork(tuple(names), tuple(rules))
    every = inputs_of(6)
    after = dict(zip(map(bytes, every), map(bytes, network.step(every)), strict=True))
    expected = set()
    for state in after:
        for _ in range(64):
            state = after[state]
        cycle, now = [state], after[state]
        while now != state:
            cycle.append(now)
            now = after[now]
        expected.add(frozenset(cycle))
    found = network.attractors()
    assert {frozenset(row.tobytes() for row in cycle) for cycle in found} == expected
    for cycle in found:
        assert (network.step(cycle) == np.roll(cycle, -1, axis=0)).all()
    assert [len(c) for c in found] == sorted(len(c) for c in found)


def test_attractors_of_many_genes_come_from_random_states():
    names = tuple(f"g{i}" for i in range(30))
    network = GeneNetwork(names, tuple(boolean.parse(f"g{(i + 1) % 30} and g{i}") for i in range(30)))
    found = network.attractors(starts=200)
    assert [cycle.sum() for cycle in found if len(cycle) == 1][:1] == [0]


@pytest.mark.slow
def test_processes_do_not_change_the_result(truth):
    states = np.random.default_rng(0).random((40, 5)) < 0.5
    pair = (states, truth.step(states))
    assert gene_network(pair, 2).rules == gene_network(pair, 2, n_jobs=2).rules


def test_the_time_limit_is_for_all_genes_together():
    rng = np.random.default_rng(0)
    states = rng.random((200, 25)) < 0.5
    after = np.stack([states[:, i] & states[:, (i + 7) % 25] for i in range(25)], axis=1)
    gene_network((states[:5, :2], after[:5, :2]), effort=0.01)  # compiles
    began = time.time()
    network = gene_network((states, after), 2, within="1s")
    assert time.time() - began < 12.0  # a second for each gene would be 25
    assert (network.step(states) == after).mean() > 0.8
