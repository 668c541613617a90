from __future__ import annotations

import numpy as np
import pytest
import torch

from induce.algebras import Algebra, evaluate, evaluate_many, meaning_of, to_torch
from induce.algebras.adjoints import jacobian_block, plan_tape
from induce.algebras.kernels import ARITY, BLOCK, OP_NAMES, load_block
from induce.terms import arithmetic, hole
from induce.terms.codes import Codebook
from induce.testing import random_terms

NAMES = ("x", "y", "z")
BOOK = Codebook(arithmetic, NAMES)


def columns(points, seed=0):
    return np.random.default_rng(seed).uniform(-2.0, 3.0, (3, points))


def test_operator_codes_follow_the_language():
    assert tuple(op.name for op in arithmetic) == OP_NAMES
    assert [op.arity for op in arithmetic] == ARITY.tolist()


def shaken(term, named, value, rng):
    """How much rounding may change a value: the effect of a few units in the last place at every node; NaN if unknown."""

    def step(node, args):
        if not node.args:
            return evaluate(node, named)
        return meaning_of(node.op, Algebra.REAL)(np, *args) * (1.0 + rng.choice([-2e-15, 2e-15]))

    with np.errstate(all="ignore"):
        return 100.0 * np.abs(np.broadcast_to(term.fold(step), value.shape) - value)


@pytest.mark.parametrize("points", [7, 1000])
def test_compiled_values_are_the_interpreted_ones(points):
    rng = np.random.default_rng(3)
    terms = list(random_terms(arithmetic, 2000, rng, variables=NAMES))
    table = columns(points)
    found = evaluate_many(BOOK.encode(terms), table)
    named = dict(zip(NAMES, table, strict=True))
    defined = 0
    for value, term in zip(found, terms, strict=True):
        expected = np.broadcast_to(evaluate(term, named), (points,))
        slack = np.maximum(shaken(term, named, expected, rng), shaken(term, named, expected, rng))
        with np.errstate(invalid="ignore"):
            settled = (slack <= 1e-6 * (1.0 + np.abs(expected))) | np.isnan(expected)
        assert np.array_equal(np.isnan(value[settled]), np.isnan(expected[settled])), term
        defined += int(np.isfinite(expected[settled]).sum())
        with np.errstate(invalid="ignore"):
            wrong = (
                settled & np.isfinite(expected) & ~(np.abs(value - expected) <= 1e-9 * (1.0 + np.abs(expected)) + slack)
            )
        assert not wrong.any(), f"{term}: {value[wrong][:3]} instead of {expected[wrong][:3]}"
    assert defined > 500 * points


def test_single_precision_follows_double():
    terms = list(
        random_terms(arithmetic, 300, np.random.default_rng(5), variables=NAMES, ops="+ - * / sin cos exp log")
    )
    table = columns(500)
    programs = BOOK.encode(terms)
    single = evaluate_many(programs, table, dtype=np.float32)
    assert single.dtype == np.float32
    with np.errstate(all="ignore"):
        double = evaluate_many(programs, table)
        tame = np.isfinite(double).all(axis=1) & (np.abs(double).max(axis=1) < 1e3)
        error = np.abs(single[tame] - double[tame]) / (1.0 + np.abs(double[tame]))
    assert tame.sum() > 100
    assert np.median(error.max(axis=1)) < 1e-5


def jacobian(term, table):
    programs = BOOK.encode([term])
    points, nodes, slots = table.shape[1], len(programs.codes), len(programs.values)
    plan = (np.empty(nodes, np.int64), np.empty((nodes, 2), np.int64), np.empty(nodes, bool))
    plan_tape(programs.codes, 0, nodes, 3, programs.free, 0, *plan)
    tape, grad, out = np.empty((3 + nodes + 1, BLOCK)), np.empty((nodes, BLOCK)), np.zeros((slots, BLOCK))
    load_block(table, 0, points, tape)
    row = jacobian_block(programs.codes, 0, nodes, programs.values, 0, tape, grad, plan, 3, points, out)
    return programs, tape[row, :points].copy(), out[programs.free, :points]


def with_holes(term, rng):
    """The term with every number turned into a real hole of its own."""
    numbers = [n for n in term.postorder() if n.is_literal]
    return term.replace({n: hole.real(f"h{i}", start=float(rng.uniform(0.5, 2.0))) for i, n in enumerate(numbers)})


def sketches(count, seed, ops=None):
    rng = np.random.default_rng(seed)
    for term in random_terms(arithmetic, 20 * count, rng, variables=NAMES, ops=ops, max_size=11):
        sketch = with_holes(term, rng)
        occurrences = [n for n in sketch.walk() if n.is_hole]
        if sketch.holes and len(occurrences) == len(sketch.holes):
            yield sketch
            count -= 1
            if not count:
                return


SMOOTH = (
    "+ - * / ^ neg abs sqrt cbrt square cube inverse exp log sin cos tan asin acos atan sinh cosh tanh sigmoid min max"
)


def forward_derivative(module, state, name, inputs):
    """Derivative of the module's values with respect to one constant, by torch."""
    each = state[name].expand(len(inputs)).clone().requires_grad_()  # one copy a row, so that a sum separates the rows
    torch.func.functional_call(module, {**state, name: each}, (inputs,)).sum().backward()
    return each.grad.numpy()


def test_jacobians_are_torch_autograds():
    table, compared = columns(40), 0
    for sketch in sketches(300, 11, SMOOTH):
        programs, value, derivative = jacobian(sketch, table)
        module = to_torch(sketch, inputs=NAMES)
        names = [n.name for n in sketch.walk_postfix() if n.is_hole]
        given = {
            name: torch.tensor(float(v), dtype=torch.float64) for name, v in zip(names, programs.values, strict=True)
        }
        state = {f"constants.{name}": v for name, v in given.items()}
        module.load_state_dict(state)
        inputs = torch.as_tensor(table.T.copy())
        for i, name in enumerate(names):
            expected = forward_derivative(module, state, f"constants.{name}", inputs)
            fine = np.isfinite(expected) & np.isfinite(value) & (np.abs(expected) < 1e8) & (np.abs(value) < 1e8)
            np.testing.assert_allclose(derivative[i][fine], expected[fine], rtol=1e-7, atol=1e-9, err_msg=str(sketch))
            compared += int(fine.sum())
    assert compared > 5000


def test_jacobians_are_central_differences():
    table, compared = np.random.default_rng(2).uniform(0.5, 2.0, (3, 30)), 0
    for sketch in sketches(200, 13, "+ - * / exp log sin cos sqrt tanh"):
        programs, value, derivative = jacobian(sketch, table)
        for i in range(len(programs.values)):
            step = np.zeros(len(programs.values))
            step[i] = 1e-5 * max(abs(programs.values[i]), 1e-3)
            up = evaluate_many(programs.with_values(programs.values + step), table)[0]
            down = evaluate_many(programs.with_values(programs.values - step), table)[0]
            with np.errstate(all="ignore"):
                expected = (up - down) / (2 * step[i])
                tame = np.isfinite(value) & (np.abs(value) < 1e3) & np.isfinite(expected) & (np.abs(expected) < 1e3)
            close = np.isclose(derivative[i][tame], expected[tame], rtol=1e-4, atol=1e-4)
            assert close.mean() > 0.9 if tame.any() else True, sketch
            compared += int(close.sum())
    assert compared > 2000
