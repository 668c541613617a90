"""Filling logic programs: budgets, seeds, interruption, what comes back."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch
from torch import nn

from induce import fill, hole
from induce.errors import FillError
from induce.learners import Epochs
from induce.logic import LogicProgram


def data(batches=6, seed=0):
    """Points on a line; the label is whether exactly one of two is positive."""
    generator = torch.Generator().manual_seed(seed)
    found = []
    for _ in range(batches):
        a, b = torch.randn(2, 32, 1, generator=generator)
        found.append(({"left": a, "right": b}, ((a > 0) != (b > 0)).ravel()))
    return found


def program(seed=0):
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 2))
    return LogicProgram(
        "differ :- side(left, A), side(right, B), A != B.", side=hole.net(net, over=[0, 1]), query="differ"
    )


def test_a_network_is_learned_through_a_rule_and_the_fit_says_so():
    made = program()
    fit = fill(made, data(), by=Epochs(rate=0.05), within="30 epochs", seed=0)
    assert fit.program is made
    assert len(fit.history) == 30
    assert fit.history[-1][2] < 0.25
    text = str(fit)
    assert "differ :- side(left, A), side(right, B), A != B." in text
    assert "Stopped: 30 epochs were done." in text
    ((inputs, truth),) = data(1, seed=9)
    assert float(((made(**inputs) > 0.5) == truth).float().mean()) > 0.9
    assert "<table" in fit._repr_html_()
    assert fit.to_text() == str(fit.best)


def test_the_same_seed_gives_the_same_fit_and_leaves_torch_alone():
    torch.manual_seed(7)
    before = torch.get_rng_state()
    losses = [fill(program(), data(), within="2 epochs", seed=3).history for _ in range(2)]
    assert losses[0] == losses[1]
    torch.manual_seed(7)
    assert torch.equal(torch.get_rng_state(), before)


def test_rule_weights_are_learned_and_written_in():
    made = LogicProgram("?p::rain. wet :- rain. ?- wet.")
    truth = torch.tensor([[True]] * 3 + [[False]] * 7)
    fit = fill(made, [({}, row) for row in truth], by=Epochs(rate_of_holes=0.05), within="60 epochs")
    assert fit.row.values["p"] == pytest.approx(0.3, abs=0.08)
    again = LogicProgram(fit.to_text())
    assert again().item() == pytest.approx(made().item(), rel=1e-9)


def test_constraints_alone_teach():
    torch.manual_seed(0)
    made = LogicProgram(
        ":- a(X), b(X). :- not a(X), not b(X), i(X). i(0). a(X) ~ nn(n, x(X)) :- i(X). b(X) ~ nn(n, y(X)) :- i(X).",
        n=nn.Linear(1, 1),
    )
    points = torch.ones(16, 1, 1)
    fit = fill(made, [{"x": points, "y": -points}], by=Epochs(rate=0.2), within="40 epochs")
    assert fit.history[-1][2] < 0.2


def test_seconds_and_interruption_end_a_fill():
    fit = fill(program(), data(2), within="0.2s")
    assert "the time of 0.2 s was used" in str(fit)
    seen = []

    def watch(progress):
        if not np.isfinite(progress.loss):
            return  # no epoch is over yet
        seen.append(progress)
        if len(seen) == 1:
            import os
            import signal

            os.kill(os.getpid(), signal.SIGINT)

    assert threading.current_thread() is threading.main_thread()
    fit = fill(program(), data(), within="500 epochs", watch=watch)
    assert "interrupted; these are the best parameters so far" in str(fit)
    assert np.isfinite(fit.row.loss)


def test_what_cannot_be_filled_is_said():
    with pytest.raises(FillError, match="nothing to learn: no network and no hole"):
        fill(LogicProgram("0.3::a. ?- a."), [({}, torch.tensor([True]))])
    with pytest.raises(FillError, match="the loader gave no batches"):
        fill(program(), [])
    with pytest.raises(FillError, match="batch 0 of the loader is Tensor, but a pair"):
        fill(program(), [torch.zeros(3)])
    with pytest.raises(FillError, match="filled from a loader of batches, but got NoneType"):
        fill(program())
    with pytest.raises(FillError, match=r"filled by learners\.Epochs"):
        fill(program(), data(), by=object())


def test_the_progress_line_speaks_of_examples_and_epochs():
    program = LogicProgram("?p::a. ?q::b. c :- a, b.", query="c")
    lines = []
    fill(program, [({}, torch.tensor([1.0]))] * 5, within="2 epochs", watch=lambda now: lines.append(now.line()))
    assert "10 examples, loss " in lines[-1]
    assert lines[-1].partition("epoch 2: loss")[1]
    assert not any("candidates" in line or "nan" in line for line in lines)
