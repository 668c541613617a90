"""Worlds by search: the integer program and clingo against the list of all worlds, on random programs."""

from __future__ import annotations

import numpy as np
import pytest

from induce.logic.circuit import circuit_of
from induce.logic.integer import IntegerProgram
from induce.logic.solver import Assumptions, Solver
from induce.logic.worlds import searched
from tests.logic.making import model, random_program, random_weights, world_weight, worlds


def case(seed, cyclic):
    """A random program, weights, evidence, and all worlds in which the evidence holds with their weights."""
    rng = np.random.default_rng(seed)
    program = random_program(rng, cyclic=cyclic)
    weights = random_weights(rng, program)[:, 0]
    if seed % 3 == 0:
        boolean = ~program.leaves.categorical[program.leaves.group]
        weights[boolean] = rng.choice([0.0, 1.0, 0.3], size=int(boolean.sum()))
    given = [int(2 * a + rng.integers(2)) for a in rng.choice(program.atoms, size=3, replace=False)]
    kept = {}
    for held in worlds(program):
        truth = model(program, held)
        if all((g >> 1 in truth) != bool(g & 1) for g in given):
            kept[tuple(held.tolist())] = float(world_weight(program, held, weights[:, None])[0])
    return program, weights, given, kept


@pytest.mark.parametrize("cyclic", [False, True])
@pytest.mark.parametrize("seed", range(30))
def test_searches_find_the_best_world_all_worlds_and_contradictions(seed, cyclic):
    program, weights, given, kept = case(seed, cyclic)
    best = max(kept.values(), default=0.0)
    circuit = circuit_of(program, np.array([g >> 1 for g in given], np.int64))
    searches = [Solver(program, given)] + ([] if circuit.cyclic else [IntegerProgram(program, circuit, given)])
    for search in searches:
        world, proved = search.best(weights, 20.0)
        assert proved
        assert (world is None) == (best == 0.0)
        if world is not None:
            assert kept[tuple(world.tolist())] == pytest.approx(best, rel=1e-3)
    found, finished = Solver(program, given).worlds(1 << 12, 20.0)
    assert finished
    assert {tuple(w.tolist()) for w in found.T} == set(kept)
    half = np.full(len(weights), 0.5)
    assert Assumptions(program, given, half, 20.0).contradict(given) == (not kept)
    if not circuit.cyclic:
        assert IntegerProgram(program, circuit, given).excludes(half, 20.0) == (not kept)
    if best > 0:
        world = searched(program, given, weights[:, None], 20.0)
        assert world.proved.tolist() == [True]
        assert np.exp(world.log_weight[0]) == pytest.approx(best, rel=1e-3)
