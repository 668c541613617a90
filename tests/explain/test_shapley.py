"""Exact Shapley values: their axioms, permutations as the reference, modules and memory."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from induce.errors import DataError, LimitError
from induce.explain import shapley, shapley_values


def network(parts, outputs, seed):
    torch.manual_seed(seed)
    return torch.nn.Sequential(torch.nn.Linear(parts, 5), torch.nn.Tanh(), torch.nn.Linear(5, outputs)).double()


def by_permutations(function, row, background):
    """The definition by orders of arrival."""
    parts = len(row)
    total = 0.0
    orders = list(itertools.permutations(range(parts)))
    for order in orders:
        mixed = background.copy()
        gained = [None] * parts
        before = function(mixed).mean(0)
        for part in order:
            mixed[:, part] = row[part]
            after = function(mixed).mean(0)
            gained[part] = after - before
            before = after
        total = total + np.array(gained)
    return total / len(orders)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 5), st.integers(1, 3), st.integers(1, 3), st.integers(0, 99))
def test_it_is_the_mean_over_all_permutations(parts, outputs, samples, seed):
    rng = np.random.default_rng(seed)
    net = network(parts, outputs, seed)
    X, background = rng.normal(size=(3, parts)), rng.normal(size=(samples, parts))

    def function(rows):
        with torch.no_grad():
            return net(torch.from_numpy(rows)).numpy()

    found = shapley_values(function, X, background)
    assert found.shape == (3, parts, outputs)
    for row, values in zip(X, found, strict=True):
        np.testing.assert_allclose(values, by_permutations(function, row, background), atol=1e-10)
    np.testing.assert_allclose(shapley_values(net, X, background), found, atol=1e-10)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 9), st.integers(1, 4), st.integers(0, 99))
def test_axioms(parts, samples, seed):
    rng = np.random.default_rng(seed)
    weights = rng.normal(size=parts)
    unused = int(rng.integers(parts))
    weights[unused] = 0.0

    def function(rows):
        return np.tanh(rows @ weights) + rows[:, 0] * weights[0] ** 2

    X, background = rng.normal(size=(4, parts)), rng.normal(size=(samples, parts))
    values = shapley_values(function, X, background)
    np.testing.assert_allclose(values.sum(1), function(X) - function(background).mean(), atol=1e-10)  # efficiency
    if unused:
        np.testing.assert_allclose(values[:, unused], 0.0, atol=1e-10)  # an input that is not used gets nothing
    twice = shapley_values(lambda rows: 2 * function(rows) + 3, X, background)
    np.testing.assert_allclose(twice, 2 * values, atol=1e-10)  # linearity
    order = rng.permutation(parts)
    moved = shapley_values(lambda rows: function(rows[:, np.argsort(order)]), X[:, order], background[:, order])
    np.testing.assert_allclose(moved, values[:, order], atol=1e-10)  # symmetry: names do not matter


def test_small_blocks_give_the_same(monkeypatch):
    rng = np.random.default_rng(0)
    X, background = rng.normal(size=(3, 8)), rng.normal(size=(2, 8))
    calls = []

    def function(rows):
        calls.append(rows.nbytes)
        return np.sin(rows).prod(1)

    whole = shapley_values(function, X, background)
    monkeypatch.setattr(shapley, "BLOCK_BYTES", 4096)
    monkeypatch.setattr(shapley, "_CACHED_BYTES", 1)
    calls.clear()
    np.testing.assert_allclose(shapley_values(function, X, background), whole, atol=1e-12)
    assert max(calls) <= 4096
    assert len(calls) > 3


def test_sixteen_inputs_stay_below_the_memory_limit():
    largest = []

    def function(rows):
        largest.append(rows.nbytes)
        return rows[:, 0] * rows[:, 1]

    values = shapley_values(function, np.ones((1, 16)), np.zeros((20, 16)))
    np.testing.assert_allclose(values[0, :3], [0.5, 0.5, 0.0], atol=1e-12)
    assert max(largest) <= shapley.BLOCK_BYTES


def test_modules_keep_their_type_and_mode():
    net = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Dropout(0.5)).train()
    first = shapley_values(net, torch.ones(2, 3), torch.zeros(3))
    assert (shapley_values(net, np.ones((2, 3)), np.zeros(3)) == first).all()
    assert net.training
    weights = net[0].weight.detach().numpy().T
    np.testing.assert_allclose(first[0], weights, atol=1e-6)


def test_tensor_functions_get_tensors():
    seen = []

    def function(rows):
        seen.append(type(rows))
        return rows.sum(1)

    assert (shapley_values(function, torch.ones(1, 2), [0.0, 0.0]) == 1.0).all()
    assert seen == [torch.Tensor]


@pytest.mark.parametrize(
    ("X", "background", "options", "error", "words"),
    [
        (np.ones((1, 3)), np.ones(2), {}, DataError, "the background has 2 columns, but X has 3."),
        (np.ones(3), np.ones(3), {}, DataError, "X has shape (3,), but (rows, parts) is needed."),
        (np.full((1, 2), np.nan), np.ones(2), {}, DataError, "column 0 of X has 1 missing value (row 0)."),
        (np.ones((1, 2)), np.ones((0, 2)), {}, DataError, "the background has no rows."),
        ([["a", "b"]], np.ones(2), {}, DataError, "X cannot be read as numbers"),
        (np.ones((1, 17)), np.ones(17), {}, LimitError, "17 inputs have 2^17 coalitions, but exact Shapley values are limited to 16 inputs here. Leave out inputs that the function does not use, or pass max_parts=17."),
        (np.ones((1, 21)), np.ones(21), {}, LimitError, "or explain the columns in groups."),
        (np.ones((1, 2)), np.ones(2), {"max_parts": 25}, LimitError, "max_parts=25 is out of reach"),
    ],
)  # fmt: skip
def test_bad_input_is_said_in_words(X, background, options, error, words):
    with pytest.raises(error, match=re.escape(words)):
        shapley_values(lambda rows: rows.sum(1), X, background, **options)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (3, "int cannot be called."),
        (lambda rows: rows.sum(), "the function gave shape () for 4 rows."),
        (lambda rows: np.log(rows.sum(1) - 1), "the function gave NaN or infinite outputs"),
    ],
)
@pytest.mark.filterwarnings("ignore:(divide by zero|invalid value):RuntimeWarning")
def test_bad_functions_are_said_in_words(function, words):
    with pytest.raises(DataError, match=re.escape(words)):
        shapley_values(function, np.ones((1, 2)), np.zeros(2))


def test_no_rows_give_no_values():
    assert shapley_values(lambda rows: rows.sum(1), np.ones((0, 2)), np.zeros(2)).shape == (0, 2)
