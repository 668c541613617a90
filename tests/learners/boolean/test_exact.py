"""Minimal circuits: against published counts, against an exhaustive table made in another way, and against a solver."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from induce.learners.boolean.exact import exact_table
from induce.learners.boolean.npn import canonical, npn
from induce.learners.boolean.truth import variables

PUBLISHED_CLASSES = [2, 2, 5, 20, 34, 75, 72, 12]
PUBLISHED_FUNCTIONS = [10, 60, 456, 2474, 10624, 24184, 25008, 2720]


def value(chain):
    nodes = list(variables(4))
    for kind, a, b in chain:
        x, y = (nodes[v >> 1] ^ (0xFFFF if v & 1 else 0) for v in (a, b))
        nodes.append(x ^ y if kind else x & y)
    return nodes[-1]


def test_the_counts_are_the_published_ones():
    cost = exact_table().cost
    assert np.bincount(cost).tolist() == PUBLISHED_CLASSES
    assert (2 * np.bincount(cost[npn().number])).tolist() == PUBLISHED_FUNCTIONS


def test_every_chain_computes_its_class_with_so_many_gates():
    table = exact_table()
    for c, chains in enumerate(table.chains):
        assert chains
        for chain in chains:
            assert len(chain) == table.cost[c]
            if chain:
                assert canonical(value(chain)) == npn().members[c]
                assert all(x >> 1 < 4 + g for g, (_, a, b) in enumerate(chain) for x in (a, b))


def test_no_class_is_cheaper_than_another_way_of_enumerating_says():
    """All chains of up to four gates, one after the other, without classes, renaming or normal forms of sets."""
    chains = np.array([variables(4)], dtype=np.uint16)
    reached = [{0, *variables(4)}]
    for _ in range(4):
        pairs = list(combinations(range(chains.shape[1]), 2))
        made = []
        for i, j in pairs:
            a, b = chains[:, i], chains[:, j]
            made += [a & b, a & ~b, ~a & b, a | b, a ^ b]
        last = np.stack(made)
        reached.append(reached[-1] | set(np.unique(last).tolist()))
        if chains.shape[1] < 7:
            grown = [np.concatenate([chains, g[:, None]], axis=1) for g in last]
            chains = np.unique(np.concatenate(grown), axis=0)
    cost = exact_table()
    for f in range(0, 65536, 2):
        cheapest = next((g for g, found in enumerate(reached) if f in found), None)
        assert (cost.gates(f) == cheapest) if cheapest is not None else (cost.gates(f) > 4)


@pytest.mark.parametrize("cost", [2, 3, 4, 5, 6])
def test_a_solver_finds_no_smaller_circuit(cost):
    members = npn().members[exact_table().cost == cost]
    for f in (int(members[0]), int(members[-1])):
        assert not has_chain(f, cost - 1)
    assert has_chain(int(members[0]), cost)


@pytest.mark.slow
@pytest.mark.parametrize("place", [0, 11])
def test_a_solver_finds_no_circuit_of_six_gates_for_the_hardest(place):
    assert not has_chain(int(npn().members[exact_table().cost == 7][place]), 6)


def has_chain(f, gates):
    """Whether a solver finds normal gates that compute the normal function f."""
    z3 = pytest.importorskip("z3")
    solver = z3.Solver()
    rows = range(1, 16)  # a normal function is false on row 0
    bits = [[z3.BoolVal(bool(v >> r & 1)) for r in rows] for v in variables(4)]
    for g in range(gates):
        own = [z3.Bool(f"g{g}_{r}") for r in rows]
        kinds = [z3.Bool(f"k{g}_{i}") for i in range(3)]  # answers for (0, 1), (1, 0), (1, 1)
        choices = []
        for i, j in combinations(range(4 + g), 2):
            chosen = z3.Bool(f"s{g}_{i}_{j}")
            choices.append(chosen)
            for r in range(15):
                a, b = bits[i][r], bits[j][r]
                said = z3.Or(z3.And(z3.Not(a), b, kinds[0]), z3.And(a, z3.Not(b), kinds[1]), z3.And(a, b, kinds[2]))
                solver.add(z3.Implies(chosen, own[r] == said))
        solver.add(z3.Or(choices))
        bits.append(own)
    for r in range(15):
        solver.add(bits[-1][r] == bool(f >> (r + 1) & 1))
    return solver.check() == z3.sat
