"""Exact probabilities, their gradients and the bounds of top-k proofs, against the enumeration of all worlds."""

from __future__ import annotations

import numpy as np
import pytest

from induce import errors
from induce.logic import LogicProgram
from tests.logic.making import brute_force, model, random_program, random_weights, world_weight, worlds

compiling = pytest.importorskip("induce.logic.compile")


def slope(program, weights, table, chosen, given, leaf):
    """Derivative of P(chosen | given) by one leaf's weight, from the table of worlds."""
    held, mass = table
    weight = weights[leaf, 0]
    categorical = program.leaves.categorical[program.leaves.group[leaf]]
    per_world = np.where(held[:, leaf], mass / weight, 0.0 if categorical else -mass / (1.0 - weight))
    whole = mass[given].sum()
    return (per_world[chosen & given].sum() * whole - mass[chosen & given].sum() * per_world[given].sum()) / whole**2


@pytest.mark.parametrize("method", [None, "structure", "sdd", "enumeration", "elimination"])
@pytest.mark.parametrize("cyclic", [False, True])
def test_values_and_gradients_are_those_of_the_worlds(method, cyclic):
    if method == "sdd":
        pytest.importorskip("pysdd")
    rng = np.random.default_rng(5 + cyclic)
    compared = 0
    for trial in range(60):
        program = random_program(rng, leaves=int(rng.integers(2, 8)), derived=int(rng.integers(1, 7)), cyclic=cyclic)
        weights = random_weights(rng, program)
        roots = rng.choice(program.atoms, size=min(3, program.atoms), replace=False)
        known = rng.choice(program.atoms, size=trial % 3 if program.atoms > 2 else 0, replace=False)
        evidence = [2 * int(atom) + int(rng.random() < 0.5) for atom in known]
        held = np.array(list(worlds(program)))
        models = [model(program, row) for row in held]
        mass = np.array([world_weight(program, row, weights)[0] for row in held])
        given = np.array([all(((e >> 1) in m) != bool(e & 1) for e in evidence) for m in models])
        arguments = (program, roots, weights[:, 0])
        if not given.any():
            with pytest.raises(errors.AlgebraError, match="have probability 0"):
                compiling.value_and_gradient(*arguments, evidence=evidence, method=None)
            continue
        try:
            values, gradient = compiling.value_and_gradient(*arguments, evidence=evidence, method=method)
        except errors.LimitError:
            assert method == "structure" or (method == "elimination" and cyclic)
            continue
        for place, root in enumerate(roots):
            chosen = np.array([int(root) in m for m in models])
            assert abs(values[place] - mass[chosen & given].sum() / mass[given].sum()) < 1e-12
            exact = np.array(
                [slope(program, weights, (held, mass), chosen, given, leaf) for leaf in range(len(program.leaves))]
            )
            difference = gradient[place] - exact
            for group, categorical in enumerate(program.leaves.categorical):
                members = program.leaves.group == group
                # the values of a categorical variable sum to 1: only differences of their slopes mean something
                left = difference[members] - (difference[members][0] if categorical else 0.0)
                assert np.abs(left).max() < 1e-7
            compared += 1
    assert compared > (5 if method == "elimination" and cyclic else 20)


@pytest.mark.parametrize("k", [1, 2, 4])
@pytest.mark.parametrize("cyclic", [False, True])
def test_the_exact_probability_lies_within_the_bound_of_the_best_proofs(k, cyclic):
    topk = pytest.importorskip("induce.logic.topk")
    from induce.logic.circuit import circuit_of

    rng = np.random.default_rng(k)
    for _ in range(25):
        program = random_program(rng, leaves=int(rng.integers(2, 8)), derived=5, cyclic=cyclic, negation=False)
        weights = random_weights(rng, program, 2)
        circuit = circuit_of(program, np.arange(program.atoms))
        value, _, bound = topk.top_k(circuit, program, weights, k)
        for atom in range(program.atoms):
            exact = brute_force(program, weights, lambda m, atom=atom: atom in m)
            assert (value[atom] <= exact + 1e-12).all()
            assert (exact <= value[atom] + bound[atom] + 1e-12).all()


def hidden_markov(steps, seen):
    """A chain of two states with noisy observations; text, and the same by the forward algorithm: P(last is a | seen)."""
    text = f"t(0..{steps - 2}). 0.6::s(0, a) ; 0.4::s(0, b). 0.7::s(T + 1, a) ; 0.3::s(T + 1, b) :- t(T), s(T, a). "
    text += "0.2::s(T + 1, a) ; 0.8::s(T + 1, b) :- t(T), s(T, b). 0.9::on(T) :- s(T, a). 0.25::on(T) :- s(T, b). "
    text += " ".join(f"evidence({'' if on else 'not '}on({k}))." for k, on in enumerate(seen))
    belief, step = np.array([0.6, 0.4]), np.array([[0.7, 0.3], [0.2, 0.8]])
    for k, on in enumerate(seen):
        belief = belief if k == 0 else belief @ step
        belief = belief * (np.array([0.9, 0.25]) if on else np.array([0.1, 0.75]))
    return text, belief[0] / belief.sum()


def test_long_chains_are_exact_by_elimination():
    seen = np.random.default_rng(0).random(200) < 0.5
    text, expected = hidden_markov(200, seen)
    program = LogicProgram(text, query="s(199, a)")
    assert program().item() == pytest.approx(expected, rel=1e-12)
    assert "elimination" in program.plan()
    assert program.backend.exact.circuit.nodes < 200 * 60


def test_a_grid_of_small_width_is_exact_by_elimination():
    text = "x(1..4). 0.4::s(X, Y) :- x(X), x(Y). :~ s(X, Y), not s(X + 1, Y), X < 4. [0.7, X, Y, 1]\n"
    text += ":~ s(X, Y), not s(X, Y + 1), Y < 4. [0.7, X, Y, 2]"
    worlds = (np.arange(1 << 16)[:, None] >> np.arange(16)) & 1
    cells = worlds.reshape(-1, 4, 4)
    broken = (cells[:, :-1] & ~cells[:, 1:] & 1).sum((1, 2)) + (cells[:, :, :-1] & ~cells[:, :, 1:] & 1).sum((1, 2))
    mass = np.where(worlds == 1, 0.4, 0.6).prod(1) * np.exp(-0.7 * broken)
    program = LogicProgram(text, query="s(2, 3)")
    assert program().item() == pytest.approx((mass * cells[:, 1, 2]).sum() / mass.sum(), rel=1e-10)
    assert "elimination" in program.plan()


def test_what_is_too_wide_for_elimination_is_refused_with_sizes():
    rng = np.random.default_rng(0)
    lines = [f"0.5::a({k})." for k in range(60)]
    lines += [f":- a({i}), a({j}), not a({k})." for i, j, k in rng.integers(0, 60, size=(400, 3))]
    program = LogicProgram("\n".join(lines), query="a(1)", method="elimination")
    with pytest.raises(errors.LimitError, match="elimination (needs|met|passed) .*The ground program has"):
        program()
    with pytest.raises(errors.LimitError, match="elimination needs rules without recursion"):
        LogicProgram(
            "0.5::e(a, b). 0.5::e(b, a). p(X) :- e(a, X). p(Y) :- p(X), e(X, Y).", query="p(b)", method="elimination"
        )()
