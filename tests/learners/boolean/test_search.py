"""The whole search, the writing of terms, and complete tables."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from induce.learners.boolean.complete import least, minimise, price, start
from induce.learners.boolean.network import XOR, Network
from induce.learners.boolean.sample import sample
from induce.learners.boolean.search import Settings, description_bits, essential_inputs, join, solve, warm
from induce.learners.boolean.truth import integer, variables
from induce.learners.boolean.writing import terms_of
from tests.learners.boolean.making import inputs_of, random_network, tables

OPERATORS = ["and or xor not", "and or not", "and not", "or not", "and xor", "or xor", "and or xor"]


@pytest.mark.parametrize("operators", OPERATORS)
@settings(max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_terms_have_the_values_of_their_network(operators, seed):
    net = random_network(4, 8, seed, outputs=2)
    names = ["a", "b b", "c", "d"]
    allowed = frozenset(operators.split())
    for term, literal in zip(terms_of(net, names, allowed), net.outputs, strict=True):
        value = term({n: column for n, column in zip(names, inputs_of(4).T, strict=True)})
        assert integer(np.broadcast_to(np.asarray(value, dtype=bool), 16)) == net.value(literal)
        used = {node.op.name for node in term.postorder()} & {"and", "or", "xor", "not"}
        assert used <= allowed


def test_terms_have_few_negations():
    net = Network(variables(3), 8)
    for literal, text in ((net.either(net.either(2, 4), 6), "a or b or c"), (net.both(3, 5), "not (a or b)")):
        net.outputs = [literal]
        assert str(terms_of(net, list("abc"), frozenset({"and", "or", "not"}))[0]) == text
    net.outputs = [net.differ(3, 5)]
    assert str(terms_of(net, list("abc"), frozenset({"xor", "not", "and"}))[0]) == "a xor b"


def test_gates_are_priced():
    net = Network(variables(2), 4)
    net.outputs = [net.differ(2, 4), net.both(2, 4)]
    assert price()(net) == 2
    assert price(3)(net) == 4


@given(tables(4), tables(4))
def test_the_least_number_of_gates_is_not_more_than_is_needed(first, second):
    net = start([first, second], 0, 0)
    assert least([first, second]) <= net.size
    assert [net.value(x) for x in net.outputs] == [integer(first), integer(second)]


@settings(max_examples=10)
@given(tables(6), st.integers(0, 3))
def test_every_start_is_exact(table, stream):
    assert [net.value(net.outputs[0]) for net in minimise([table], seed=1, stream=stream, effort=0.05)][-1] == integer(
        table
    )


def test_a_price_of_three_for_exclusive_or_avoids_it():
    x = inputs_of(5).T
    table = (x[0] & ~x[1] | x[2]) & (x[3] | ~x[4])
    *_, net = minimise([table], seed=0, stream=0, cost=price(3))
    assert not any(net.kind[v] == XOR for v in net.needed())
    assert net.size == 4


def test_essential_inputs():
    x = inputs_of(4).T
    assert essential_inputs(np.stack([x[1] & x[3], x[3]])) == [1, 3]


@pytest.mark.parametrize("noise", [None, 0.0, 0.1])
def test_descriptions_get_longer_with_errors_and_gates(noise):
    lengths = [description_bits(3, errors, 100, 5, noise) for errors in (0, 5, 10)]
    assert lengths == sorted(lengths)
    assert description_bits(2, 0, 100, 5, noise) < description_bits(3, 0, 100, 5, noise)


def test_networks_are_joined():
    one, two = random_network(4, 6, 1), random_network(4, 6, 2)
    used = sorted({*one.support(), *two.support()})
    both = join([one, two], used)
    columns = [variables(4)[i] for i in used]
    assert both.evaluate(columns, 16) == [*one.evaluate(variables(4), 16), *two.evaluate(variables(4), 16)]


def test_a_complete_table_is_solved_exactly_with_sharing():
    X = inputs_of(4)
    total = X[:, 0] + 2 * X[:, 1] + X[:, 2] + 2 * X[:, 3]
    Y = np.stack([total >> i & 1 for i in range(3)], axis=1).astype(bool)
    fronts = solve(sample(X, Y), Settings(effort=0.1))
    assert [front[-1].errors for front in fronts] == [0, 0, 0]
    assert [front[-1].gates for front in fronts] == [1, 3, 5]


def test_inputs_without_effect_do_not_count():
    X = inputs_of(7)
    y = X[:, 1] ^ (X[:, 4] & X[:, 6])
    front = solve(sample(X, y[:, None]), Settings(effort=0.1))[0]
    assert front[-1].gates == 2
    assert front[-1].network.support() == [1, 4, 6]


@pytest.mark.parametrize("flips", [0.0, 0.05])
def test_the_result_does_not_depend_on_processes_or_repetition(flips):
    rng = np.random.default_rng(0)
    X = inputs_of(6)[:50] if flips else inputs_of(6)
    Y = np.stack([X[:, 0] & X[:, 1] | X[:, 2], X[:, 3] ^ X[:, 4] & X[:, 5]], axis=1) ^ (rng.random((len(X), 2)) < flips)
    asked = Settings(effort=0.05, seed=3)
    first, second, third = (solve(sample(X, Y), asked, jobs) for jobs in (1, 1, 2))
    described = [
        [[(c.gates, c.errors, c.source) for c in front] for front in fronts] for fronts in (first, second, third)
    ]
    assert described[0] == described[1] == described[2]
    assert first[0][-1].network.left == third[0][-1].network.left


def test_the_deadline_is_kept_and_the_result_is_right():
    warm()
    X = inputs_of(10)
    y = np.random.default_rng(0).random(1024) < 0.5
    began = time.time()
    front = solve(sample(X, y[:, None]), replace(Settings(), deadline=began + 0.5))[0]
    assert time.time() - began < 1.2
    assert front[-1].errors == 0
