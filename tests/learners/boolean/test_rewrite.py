"""Making networks smaller: outputs stay, sizes shrink, minimal ones are reached."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from induce.learners.boolean.exact import exact_table
from induce.learners.boolean.network import Network
from induce.learners.boolean.resubstitute import substitutes
from induce.learners.boolean.rewrite import cone, improve, observable
from induce.learners.boolean.truth import variables
from tests.learners.boolean.making import random_network


@settings(max_examples=15)
@given(st.integers(0, 1000))
def test_outputs_keep_their_values_and_size_does_not_grow(seed):
    net = random_network(5, 20, seed, outputs=2)
    wanted = [net.value(x) for x in net.outputs]
    sizes = [net.size]
    for best in improve(net, np.random.default_rng(seed), 60):
        assert [best.value(x) for x in best.outputs] == wanted
        sizes.append(best.size)
    assert sizes == sorted(sizes, reverse=True)


def test_functions_of_four_inputs_become_minimal():
    short = 0
    for seed in range(12):
        net = random_network(4, 16, seed)
        *_, best = improve(net, np.random.default_rng(seed), 300)
        minimal = exact_table().gates(best.value(best.outputs[0]))
        assert best.size >= minimal
        short += best.size == minimal
    assert short == 12


def test_the_same_seed_gives_the_same_network():
    def run():
        *_, last = improve(random_network(6, 30, 3), np.random.default_rng(5), 100)
        return last.kind, last.left, last.right, last.outputs

    assert run() == run()


@given(st.integers(0, 500))
def test_observability_is_what_negating_changes(seed):
    net = random_network(4, 8, seed)
    for node in net.needed():
        seen = observable(net, node)
        changed = net.rebuilt({node: lambda new, moved, node=node: flipped(new, moved, net, node)})
        assert changed.value(changed.outputs[0]) ^ net.value(net.outputs[0]) == seen


def flipped(new, moved, net, node):
    return new.add(net.kind[node], moved(net.left[node]), moved(net.right[node])) ^ 1


def test_a_cone_determines_its_node():
    net = random_network(5, 20, 2)
    for node in net.needed():
        leaves = cone(net, node, np.random.default_rng(node))
        assert 1 <= len(leaves) <= 4
        seen = {}
        for r in range(32):
            key = tuple(net.values[leaf] >> r & 1 for leaf in leaves)
            assert seen.setdefault(key, net.values[node] >> r & 1) == net.values[node] >> r & 1


def combined(way, values, mask):
    """The value that a row of substitutes stands for."""
    gates, x, y, kind, z, outer, negated = (int(v) for v in way)
    a, b, c = values[x], values[y], values[z]
    if gates == 0:
        inner = a
    else:
        inner = [a & b, a & ~b, ~a & b, ~a & ~b, a ^ b][kind] & mask
    inner ^= mask * negated
    if gates < 2:
        return inner
    if outer == 4:
        return c ^ inner
    return ((c ^ (mask * (outer & 1))) & inner) ^ (mask * (outer >> 1))


@pytest.mark.parametrize("seed", range(6))
def test_substitutes_agree_where_it_matters(seed):
    net = random_network(4, 14, seed)
    node = len(net.values) - 1
    care = int(np.random.default_rng(seed).integers(1, 1 << 16))
    divisors = np.array([v for v in range(1, node) if v != node], dtype=np.int64)
    ways = substitutes(net.words(), divisors, node, np.array([care], dtype=np.uint64), triples=True)
    assert len(ways)
    for way in ways:
        assert (combined(way, net.values, net.mask) ^ net.values[node]) & care == 0


def test_an_exclusive_or_of_two_gates_is_found_with_three():
    net = Network(variables(3), 8)
    t = net.differ(net.both(2, 4), net.both(net.either(2, 4), 6))
    net.outputs = [t]
    *_, best = improve(net, np.random.default_rng(0), 200)
    assert best.size == 4  # majority of three
