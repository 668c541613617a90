"""Asking a network, and recording a part of one."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
import torch

from induce.errors import DataError, FillError
from induce.formulas import recording
from induce.formulas.asking import answers, as_rows, is_module


def test_what_is_a_module():
    class Own(torch.nn.Module):
        pass

    assert is_module(Own())
    assert is_module(torch.nn.Linear(1, 1))
    assert not is_module(Own)
    assert not is_module(lambda x: x)


def test_rows_of_arrays_tensors_and_frames():
    rows = np.arange(12.0).reshape(2, 3, 2)
    for X in (rows, torch.tensor(rows), torch.tensor(rows, dtype=torch.bfloat16, requires_grad=True)):
        assert np.array_equal(as_rows(X), rows.reshape(-1, 2))
    assert np.array_equal(as_rows(pd.DataFrame({"a": [1, 2], "b": [3, 4]})), [[1, 3], [2, 4]])
    with pytest.raises(DataError, match=re.escape("X has shape (3,), but a table of rows and columns is needed.")):
        as_rows([1, 2, 3])


def test_batches_are_put_together():
    sizes = []

    def ask(rows):
        sizes.append(len(rows))
        return rows.sum(axis=1)

    values, single = answers(ask, np.ones((25, 3)), batch=10)
    assert (sizes, values.shape, single) == ([10, 10, 5], (25, 1), True)


def test_a_module_without_parameters_and_one_in_half_precision():
    assert answers(torch.nn.Flatten(), np.ones((4, 2)))[0].shape == (4, 2)
    values, single = answers(torch.nn.Linear(2, 3, dtype=torch.bfloat16), np.ones((4, 2)))
    assert (values.dtype, values.shape, single) == (np.float64, (4, 3), False)


def test_the_hook_is_removed_after_an_error():
    net = torch.nn.Linear(2, 1)
    with pytest.raises(KeyError), recording(net):
        raise KeyError("stop")
    assert len(net._forward_hooks) == 0
    with pytest.raises(FillError, match="only a torch module can be recorded, but got int. Pass a part such as"):
        recording(3).__enter__()
    with recording(net) as seen:
        pass
    with pytest.raises(DataError, match="nothing was recorded: the module was not called. Call the network inside"):
        seen.inputs  # noqa: B018
    pair = torch.nn.Bilinear(2, 2, 1)
    with pytest.raises(DataError, match="but this one was called with 2 arguments. Record the part of it that does"):
        with recording(pair):
            pair(torch.ones(3, 2), torch.ones(3, 2))
