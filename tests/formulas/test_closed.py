"""Formulas as a module in a network's place."""

from __future__ import annotations

import pytest
import torch

from induce import arithmetic
from induce.errors import DataError
from induce.formulas.closed import FormulaModule

TERMS = [arithmetic.parse("2 * a + 2 * b"), arithmetic.parse("a^3"), arithmetic.parse("1.5")]


def test_values_shapes_and_precision():
    module = FormulaModule(TERMS, ["a", "b"])
    x = torch.rand(2, 5, 2)
    assert torch.allclose(module(x), torch.stack([2 * x.sum(-1), x[..., 0] ** 3, torch.full((2, 5), 1.5)], -1))
    assert FormulaModule(TERMS[:1], ["a", "b"], single=True)(x).shape == (2, 5)
    with pytest.raises(DataError, match=r"expected 2 columns \(a, b\), but the tensor has 3"):
        module(torch.rand(4, 3))


def test_equal_numbers_are_parameters_of_their_own_and_exponents_none():
    module = FormulaModule(TERMS, ["a", "b"], trainable=True)
    assert [p.item() for p in module.parameters()] == [2, 2, 1.5]
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
    (module(torch.tensor([[1.0, 3.0]]))[..., 0].sum()).backward()
    optimizer.step()
    assert [str(term) for term in module.terms[1:]] == ["a^3", "1.5"]
    assert module.terms[0](a=1.0, b=0.0) == pytest.approx(1.9)
    assert module.terms[0](a=0.0, b=1.0) == pytest.approx(1.7)
