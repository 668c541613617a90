"""Networks of gates in which nodes that agree on all rows are one."""

from __future__ import annotations

import pickle

from hypothesis import given
from hypothesis import strategies as st

from induce.learners.boolean.network import AND, XOR, Network
from induce.learners.boolean.truth import variables
from tests.learners.boolean.making import random_network

SEEDS = st.integers(0, 10_000)


@given(SEEDS)
def test_no_two_nodes_agree(seed):
    net = random_network(4, 12, seed)
    seen = [min(v, v ^ net.mask) for v in net.values]
    assert len(set(seen)) == len(seen)


@given(SEEDS)
def test_rebuilding_keeps_the_outputs_and_drops_what_is_not_needed(seed):
    net = random_network(4, 12, seed, outputs=2)
    new = net.rebuilt()
    assert [new.value(x) for x in new.outputs] == [net.value(x) for x in net.outputs]
    assert len(new.values) == 1 + 4 + new.size
    assert new.size == net.size


@given(SEEDS)
def test_evaluation_on_other_rows(seed):
    net = random_network(4, 10, seed)
    assert net.evaluate(variables(4), 16) == [net.value(x) for x in net.outputs]
    few = [v & 0b1011 for v in variables(4)]
    assert net.evaluate(few, 4)[0] == net.on(few, 4).value(net.on(few, 4).outputs[0])


def test_equal_gates_are_one():
    net = Network(variables(2), 4)
    a, b = 2, 4
    assert net.both(a, b) == net.both(b, a)
    assert net.either(a ^ 1, b ^ 1) == net.both(a, b) ^ 1
    assert net.differ(a ^ 1, b) == net.differ(a, b) ^ 1
    assert net.both(a, a ^ 1) == 0
    assert net.choose(a, b, b ^ 1) == net.differ(a, b) ^ 1
    net.outputs = [net.choose(a, b, 1)]
    assert net.value(net.outputs[0]) == 0b1101


def test_choosing_takes_at_most_three_gates():
    net = Network(variables(3), 8)
    net.outputs = [net.choose(2, 4, 6)]
    assert net.size == 3
    assert net.value(net.outputs[0]) == sum(((r >> 1 if r & 1 else r >> 2) & 1) << r for r in range(8))


def test_forgetting_nodes():
    net = Network(variables(2), 4)
    net.both(2, 4)
    net.truncate(3)
    assert len(net.values) == 3
    assert net.find(0b1000) is None
    assert net.both(2, 4) == 6


def test_the_inputs_that_are_read():
    net = Network(variables(3), 8)
    net.outputs = [net.add(XOR, 2, 6), 3]
    assert net.support() == [0, 2]
    net.outputs = [net.add(AND, 4, 4)]
    assert net.support() == [1]


def test_a_network_can_be_pickled():
    net = random_network(3, 5, 1)
    again = pickle.loads(pickle.dumps(net))
    assert again.evaluate(variables(3), 8) == net.evaluate(variables(3), 8)
