"""From complete tables to networks: blocks, decomposition and symmetric functions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from induce.learners.boolean.blocks import add_block, recipes, spread
from induce.learners.boolean.decompose import Decomposer, bound_set, table_of
from induce.learners.boolean.exact import exact_table
from induce.learners.boolean.network import Network
from induce.learners.boolean.symmetric import add_count, add_symmetric, symmetric_flips, values_by_count
from induce.learners.boolean.truth import integer, variables
from tests.learners.boolean.making import inputs_of, tables


def leaves(k):
    return [2 * (i + 1) for i in range(k)]


@given(st.integers(0, 4).flatmap(lambda k: st.tuples(st.just(k), st.integers(0, (1 << (1 << k)) - 1))))
def test_blocks_are_right_and_minimal(made):
    k, f = made
    net = Network(variables(4), 16)
    literal = add_block(net, f, leaves(k))
    net.outputs = [literal]
    wide = spread(f, k)
    assert net.value(literal) == wide
    assert net.size == exact_table().gates(wide)
    quick = Network(variables(4), 16)
    quick.outputs = [add_block(quick, f, leaves(k), hurried=True)]
    assert quick.value(quick.outputs[0]) == wide
    assert quick.size == net.size


def test_blocks_share_what_is_there():
    net = Network(variables(3), 8)
    total = net.differ(net.differ(2, 4), 6)
    net.outputs = [total, add_block(net, 0b11101000, leaves(3))]
    assert net.size == 5  # a full adder


def test_recipes_of_one_function_differ():
    found = recipes(0xE8E8)
    assert len(found) == len({str(r) for r in found}) > 3


@settings(max_examples=30)
@given(tables(6), st.integers(0, 5))
def test_decomposition_gives_the_table(table, seed):
    net = Network(variables(6), 64)
    literal = Decomposer(net, np.random.default_rng(seed), greedy=2.0).add(table_of(table), leaves(6))
    assert net.value(literal) == integer(table)


@given(tables(6))
def test_a_hurried_decomposition_gives_the_table_too(table):
    net = Network(variables(6), 64)
    literal = Decomposer(net, np.random.default_rng(0), stop=lambda: True).add(table_of(table), leaves(6))
    assert net.value(literal) == integer(table)


@pytest.mark.parametrize("k", [5, 6, 7, 8])
def test_functions_that_read_each_input_once_take_one_gate_less_than_inputs(k):
    for seed in range(5):
        rng = np.random.default_rng(seed)
        parts = list(inputs_of(k).T)
        while len(parts) > 1:
            i, j = sorted(rng.choice(len(parts), 2, replace=False))
            b, a = parts.pop(j) ^ bool(rng.integers(2)), parts.pop(i)
            parts.append([a & b, a | b, a ^ b][int(rng.integers(3))])
        net = Network(variables(k), 1 << k)
        net.outputs = [Decomposer(net, rng).add(table_of(parts[0]), leaves(k))]
        assert net.value(net.outputs[0]) == integer(parts[0])
        assert net.size == k - 1


def test_a_bound_set_is_found_and_gives_the_table_back():
    x = inputs_of(5).T
    table = table_of((x[0] & x[2] | x[3]) ^ (x[1] & x[4]))
    chosen, inner, outer = bound_set(table, 3)
    assert chosen in ((1, 4), (0, 2))
    rest = [i for i in range(5) if i not in chosen]
    for row in inputs_of(5).astype(int):
        g = int(inner[tuple(row[list(chosen)])])
        assert outer[(g, *row[rest])] == table[tuple(row)]
    majority = table_of(inputs_of(5).sum(axis=1) >= 3)
    assert bound_set(majority, 4) is None


@pytest.mark.parametrize("m", range(1, 12))
def test_counting_is_right(m):
    net = Network(variables(m), 1 << m)
    digits = add_count(net, leaves(m))
    count = inputs_of(m).sum(axis=1)
    assert len(digits) == m.bit_length()
    for place, literal in enumerate(digits):
        assert net.value(literal) == integer(count >> place & 1 == 1)


def test_counting_takes_few_gates():
    for m, gates in ((3, 5), (7, 19)):
        net = Network(variables(m), 1 << m)
        net.outputs = add_count(net, leaves(m))
        assert net.size <= gates


@given(
    st.integers(2, 7).flatmap(
        lambda m: st.tuples(st.lists(st.booleans(), min_size=m + 1, max_size=m + 1), st.integers(0, 127))
    )
)
def test_symmetric_functions_are_recognised_with_negated_inputs(made):
    values, flips = made
    m = len(values) - 1
    flips = np.array([flips >> i & 1 for i in range(m)])
    table = table_of(np.array(values)[(inputs_of(m) ^ flips).sum(axis=1)])
    found = symmetric_flips(table)
    assert found is not None
    back = values_by_count(np.flip(table, [i for i, flip in enumerate(found) if flip]))
    assert back is not None
    net = Network(variables(m), 1 << m)
    literal = add_symmetric(net, back, [leaf ^ flip for leaf, flip in zip(leaves(m), found, strict=True)])
    assert net.value(literal) == integer(table.transpose(tuple(range(m - 1, -1, -1))).reshape(-1))


def test_what_is_not_symmetric():
    x = inputs_of(3).T
    assert symmetric_flips(table_of(x[0] & x[1] | x[2])) is None
