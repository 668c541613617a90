"""Compiled sweeps against a plain interpreter, their gradients against finite differences, long chains, cycles."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from induce.errors import AlgebraError
from induce.logic import LogicProgram
from induce.logic.autograd import CircuitModule
from induce.logic.circuit import Circuit, circuit_of, plain_or
from induce.logic.fused import fuse
from induce.logic.sweep import KINDS, backward, forward
from tests.logic.making import random_program

ADD = {
    "real": lambda a, b: a + b, "viterbi": max, "minmax": max, "tropical": min, "product": lambda a, b: a + b - a * b,
    "lukasiewicz": lambda a, b: min(a + b, 1.0), "gf2": lambda a, b: (a + b) % 2,
    "log": np.logaddexp, "logit": np.logaddexp,
}  # fmt: skip
MUL = {
    "real": lambda a, b: a * b, "viterbi": lambda a, b: a * b, "minmax": min, "tropical": lambda a, b: a + b,
    "product": lambda a, b: a * b, "lukasiewicz": lambda a, b: max(a + b - 1.0, 0.0), "gf2": lambda a, b: a * b,
    "log": lambda a, b: a + b, "logit": lambda a, b: -np.logaddexp(-a, -b),
}  # fmt: skip
DIFFERENTIABLE = ("real", "log", "viterbi", "minmax", "tropical", "product", "lukasiewicz", "logit")


def acyclic(seed, negation=True):
    graph = random_program(np.random.default_rng(seed), cyclic=False, negation=negation)
    return circuit_of(graph, np.arange(graph.atoms))


def weights_for(kind, circuit, batch, seed=0):
    rng = np.random.default_rng(seed)
    if kind == "gf2":
        return rng.integers(0, 2, (circuit.leaves, batch)).astype(float)
    raw = rng.random((circuit.leaves, batch)) * 0.9 + 0.05
    return {"log": np.log, "logit": lambda p: np.log(p / (1 - p))}.get(kind, lambda p: p)(raw)


def interpreted(circuit: Circuit, column, kind):
    """Node after node in plain Python."""
    one, zero = {"log": (0.0, -1e30), "tropical": (0.0, math.inf), "logit": (40.0, -40.0)}.get(kind, (1.0, 0.0))
    flip = {"logit": lambda x: -x, "log": lambda x: math.log(-math.expm1(min(x, -1e-16)))}.get(kind, lambda x: 1.0 - x)
    values = []
    for node in range(circuit.nodes):
        what = circuit.kind[node]
        below = [values[c] for c in circuit.child[circuit.start[node] : circuit.start[node + 1]]]
        if what in (0, 1):
            value = column[circuit.leaf[node]]
            values.append(value if what == 0 else flip(value))
        elif what in (5, 6):
            values.append(one if what == 5 else zero)
        elif what == 4:
            values.append(flip(below[0]))
        else:
            total = below[0]
            for other in below[1:]:
                total = (MUL if what == 3 else ADD)[kind](total, other)
            values.append(total)
    return values


@pytest.mark.parametrize("kind", [k for k in KINDS if k != "counting"])
def test_every_kernel_is_the_plain_interpreter(kind):
    for seed in range(12):
        circuit = acyclic(seed, negation=kind != "tropical")
        weights = weights_for(kind, circuit, 3, seed)
        buffer = forward(circuit, weights, kind)
        for b in range(3):
            np.testing.assert_allclose(buffer[:, b], interpreted(circuit, weights[:, b], kind), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kind", DIFFERENTIABLE)
def test_gradients_pass_gradcheck(kind):
    for seed in range(4):
        # without determinism a sum of proofs may exceed one, and has no logarithm of the complement
        circuit = acyclic(seed, negation=kind not in ("tropical", "log"))
        weights = torch.tensor(weights_for(kind, circuit, 2, seed), requires_grad=True)
        assert torch.autograd.gradcheck(CircuitModule(circuit, kind), (weights,), eps=1e-7, atol=1e-4)


@pytest.mark.parametrize("kind", [k for k in DIFFERENTIABLE if k not in ("viterbi", "minmax", "tropical")])
def test_plain_torch_levels_agree_with_the_kernels_and_differentiate_twice(kind):
    circuit = acyclic(5)
    weights = torch.tensor(weights_for(kind, circuit, 4), requires_grad=True)
    fast, slow = CircuitModule(circuit, kind)(weights), CircuitModule(circuit, kind, levels=True)(weights)
    torch.testing.assert_close(fast, slow)
    first = torch.autograd.grad(fast.sum(), weights)[0]
    torch.testing.assert_close(first, torch.autograd.grad(slow.sum(), weights)[0])
    for levels in (False, True):
        module = CircuitModule(circuit, kind, levels=levels)
        given = torch.tensor(weights_for(kind, circuit, 1), requires_grad=True)
        assert torch.autograd.gradgradcheck(module, (given,), eps=1e-6, atol=1e-3, rtol=1e-3)


def test_levels_of_wide_and_empty_nodes():
    text = "0.5::a(1..40). 0.2::b. many :- a(X). all :- a(1), a(2), a(3), a(4), a(5), b. none :- a(99). sure."
    program = LogicProgram(text, query=["many", "all", "none", "sure"])
    values, weights = program(), program.leaf_weights().detach().requires_grad_()
    module = CircuitModule(program.backend.exact.circuit, "real", levels=True)
    torch.testing.assert_close(module(weights)[:4, 0], values)
    assert torch.autograd.gradcheck(module, (weights,))


def test_second_derivatives_are_right_or_refused():
    net = torch.nn.Identity()
    program = LogicProgram("c(I, {0..1}) ~ nn(net, I). d :- c(a, 0), c(b, 0).", query="d", net=net)
    x = torch.tensor([[0.3, -0.2]], dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(program(a=x, b=x).sum(), x, create_graph=True)
    (expected,) = torch.autograd.grad((torch.softmax(x, 1)[:, 0] ** 2).sum(), x, create_graph=True)
    found = torch.autograd.grad(slope[0, 0], x)[0]
    torch.testing.assert_close(found, torch.autograd.grad(expected[0, 0], x)[0])
    text = "pic(l). pic(r). d(I, {0..2}) ~ nn(net, I) :- pic(I). s(S) :- S = #sum{ D, I : d(I, D) }."
    total = LogicProgram(text, query="s(X)", net=net)
    wide = torch.randn(1, 3, dtype=torch.float64, requires_grad=True)
    with pytest.raises(AlgebraError, match="can be differentiated once only"):
        torch.autograd.grad(total.log_probability([2], l=wide, r=wide).sum(), wide, create_graph=True)


@pytest.mark.parametrize("batch", [1, 7, 64, 65, 300])
def test_the_fused_sweep_is_the_plain_one(batch):
    for seed in range(6):
        circuit = acyclic(seed)
        weights = weights_for("real", circuit, batch, seed)
        fused = fuse(circuit)
        values, buffer = fused.forward(weights)
        plain = forward(circuit, weights, "real")
        np.testing.assert_allclose(values, plain[circuit.roots], rtol=1e-12, atol=1e-14)
        gradient = np.random.default_rng(seed).normal(size=values.shape)
        np.testing.assert_allclose(
            fused.backward(weights, buffer, gradient), backward(circuit, plain, gradient, "real"), rtol=1e-9, atol=1e-10
        )


def test_single_precision_is_close_to_double():
    circuit = acyclic(3)
    weights = weights_for("real", circuit, 5)
    np.testing.assert_allclose(
        forward(circuit, weights.astype(np.float32), "real"), forward(circuit, weights, "real"), rtol=1e-5, atol=1e-6
    )


def chain(length, kind):
    """A product of leaves, or a sum of them."""
    nodes = length + 1
    start = np.concatenate([np.zeros(length + 1), [length]]).astype(np.int64)
    leaf = np.append(np.arange(length), -1).astype(np.int32)
    kinds = np.append(np.zeros(length), kind).astype(np.int8)
    none = np.full(nodes, -1, np.int32)
    return Circuit(
        kinds,
        start,
        np.arange(length, dtype=np.int32),
        leaf,
        np.array([length], np.int32),
        length,
        none,
        np.zeros((0, 2), np.int64),
    )


def test_a_chain_of_five_thousand_leaves_does_not_underflow_in_log_space():
    circuit = chain(5000, 3)
    weights = torch.full((5000, 1), math.log(0.1), dtype=torch.float64, requires_grad=True)
    value = CircuitModule(circuit, "log")(weights)
    assert value.item() == pytest.approx(5000 * math.log(0.1))
    value.sum().backward()
    assert torch.equal(weights.grad, torch.ones_like(weights))


def test_a_product_with_zeros_has_the_gradient_of_the_other_factors():
    circuit = chain(4, 3)
    weights = torch.tensor([[0.5], [0.0], [0.25], [0.5]], dtype=torch.float64, requires_grad=True)
    CircuitModule(circuit, "real")(weights).sum().backward()
    assert weights.grad.ravel().tolist() == [0.0, 0.0625, 0.0, 0.0]


def test_independent_or_is_written_out_for_kernels_without_it():
    circuit = chain(3, 7)
    weights = np.array([[0.5], [0.5], [0.2]])
    expected = 1 - 0.5 * 0.5 * 0.8
    assert forward(circuit, weights, "real")[-1, 0] == pytest.approx(expected)
    plain = plain_or(circuit)
    assert math.exp(forward(plain, np.log(weights), "log")[plain.roots[0], 0]) == pytest.approx(expected)
    with pytest.raises(AlgebraError, match="independent or has no log kernel"):
        forward(circuit, np.log(weights), "log")


def test_recursion_reaches_the_best_proof_and_its_gradient():
    for seed in range(10):
        graph = random_program(np.random.default_rng(seed), cyclic=True, negation=False)
        circuit = circuit_of(graph, np.arange(graph.atoms))
        weights = torch.tensor(weights_for("viterbi", circuit, 1, seed), requires_grad=True)
        module = CircuitModule(circuit, "viterbi")
        assert torch.autograd.gradcheck(module, (weights,), eps=1e-7, atol=1e-4)


def test_mistakes_are_named():
    circuit = acyclic(0)
    with pytest.raises(AlgebraError, match="there is no kernel 'maxplus'. There are: real"):
        forward(circuit, weights_for("real", circuit, 1), "maxplus")
    with pytest.raises(AlgebraError, match=r"weights of shape \(1, 1\) do not fit a circuit with .* leaves"):
        forward(circuit, np.ones((1, 1)), "real")
    start = np.array([0, 1, 3], np.int64)
    none = np.full(2, -1, np.int32)
    turning = Circuit(
        np.array([2, 3], np.int8),
        start,
        np.array([1, 0, 0], np.int32),
        none,
        np.array([0], np.int32),
        0,
        none,
        np.array([[0, 2]]),
    )
    with pytest.raises(AlgebraError, match="every turn adds something. Use an idempotent algebra"):
        forward(turning, np.zeros((0, 1)), "real")
