from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from induce.algebras import evaluate, to_torch
from induce.errors import AlgebraError, DataError
from induce.terms import arithmetic, boolean, hole
from induce.testing import random_terms

NAMES = ("x", "y", "z")


def test_values_are_numpys_on_random_terms():
    rng = np.random.default_rng(0)
    table = rng.uniform(-2, 3, (3, 50))
    named, stacked, compared = dict(zip(NAMES, table, strict=True)), torch.as_tensor(table.T.copy()), 0
    for term in random_terms(arithmetic, 500, rng):
        found = to_torch(term, inputs=NAMES)(stacked).numpy()
        expected = np.broadcast_to(evaluate(term, named), (50,))
        moved = np.broadcast_to(evaluate(term, {n: c * (1 + 1e-13) for n, c in named.items()}), (50,))
        with np.errstate(invalid="ignore"):
            steady = np.abs(moved - expected) <= 1e-11 * (1.0 + np.abs(expected))
        np.testing.assert_allclose(found[steady], expected[steady], rtol=1e-9, atol=1e-9, err_msg=str(term))
        assert np.array_equal(np.isnan(found), np.isnan(expected)), term
        compared += int(steady.sum())
    assert compared > 10_000


def test_boolean_terms():
    a, b = torch.tensor([True, False, True]), torch.tensor([True, True, False])
    assert to_torch(boolean.parse("a and not b"))(a=a, b=b).tolist() == [False, False, True]


def test_gradients_pass_gradcheck():
    module = to_torch(arithmetic.parse("?a * sin(?b * x) + y^2 / (1 + exp(x)) + tanh(?c)"))
    x = torch.randn(5, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(module, (x,))
    parameters = tuple(p.detach().clone().requires_grad_() for p in module.parameters())
    names = [name for name, _ in module.named_parameters()]

    def by_parameters(*values):
        return torch.func.functional_call(module, dict(zip(names, values, strict=True)), (x.detach(),))

    assert torch.autograd.gradcheck(by_parameters, parameters)


def test_real_holes_are_parameters_and_start_where_they_say():
    module = to_torch(hole.real("k", start=0.5) * arithmetic.variable("x") + hole.real("b"))
    assert {n: p.item() for n, p in module.named_parameters()} == {"constants.k": 0.5, "constants.b": 1.0}
    assert module.filled() is arithmetic.parse("0.5 * x + 1.0")


def test_literals_are_parameters_only_when_trainable():
    term = arithmetic.parse("1.5 * x + 2")
    assert not list(to_torch(term).parameters())
    module = to_torch(term, trainable=True)
    assert [p.item() for p in module.parameters()] == [1.5]
    module(torch.ones(3, 1)).sum().backward()
    assert float(next(module.parameters()).grad) == 3.0


def test_state_and_copies_are_independent():
    module = to_torch(arithmetic.parse("?k * x"))
    other = copy.deepcopy(module)
    with torch.no_grad():
        module.constants["k"].fill_(7.0)
    assert other.constants["k"].item() == 1.0
    other.load_state_dict(module.state_dict())
    assert other(torch.ones(2, 1)).tolist() == [7.0, 7.0]


def test_devices_and_types_follow_the_input():
    module = to_torch(arithmetic.parse("?k * x + 1"), device="cpu")
    assert module(torch.ones(2, 1, dtype=torch.float32)).dtype == torch.float32
    assert module(torch.ones(2, 1, dtype=torch.float64)).dtype == torch.float64
    meta = to_torch(arithmetic.parse("?k * x"), device="meta")
    assert meta.constants["k"].device.type == "meta"
    assert module(torch.tensor([[1], [2]])).tolist() == [2.0, 3.0]


def test_nets_are_submodules_fed_with_all_columns():
    torch.manual_seed(0)
    net = torch.nn.Linear(2, 1)
    x, y = arithmetic.variable("x"), arithmetic.variable("y")
    module = to_torch(x * 2 + hole.net(net, name="f"), inputs=["x", "y"])
    data = torch.randn(4, 2)
    assert torch.allclose(module(data), 2 * data[:, 0] + net(data).squeeze(-1))
    assert torch.allclose(module(data), module(x=data[:, 0], y=data[:, 1]))
    assert "nets.f.weight" in module.state_dict()
    assert y not in module.term.variables


def test_errors_are_found_when_the_module_is_made_or_called():
    x = arithmetic.variable("x")
    with pytest.raises(AlgebraError, match=r"is not filled; a module needs one term. Fill it with fill\(\) first"):
        to_torch(hole.choice([x, x * x], name="f"))
    with pytest.raises(DataError, match=r"expected 2 columns \(x, y\), but the tensor has 3"):
        to_torch(arithmetic.parse("x + y"))(torch.ones(4, 3))
    with pytest.raises(DataError, match=r"no column named 'y'\. The columns given are: x"):
        to_torch(arithmetic.parse("x + y"))(x=torch.ones(4))


def test_a_constant_term_fills_the_rows():
    assert to_torch(arithmetic.parse("2 * pi"), inputs=["x"])(torch.ones(3, 1)).tolist() == pytest.approx(
        [6.283185] * 3
    )


def test_printing_names_term_and_inputs():
    assert "x + 1, inputs=['x']" in repr(to_torch(arithmetic.parse("x + 1")))
