"""The tasks that a survey of frameworks compares them on, ten lines each: conclusions, constraints, relations."""

from __future__ import annotations

import torch
from torch import nn

from induce.logic import LogicProgram
from induce.logic.data import digits, mnist
from induce.papers import Check

TITLE = (
    "S. Sinha et al. (2025), Neuro-Symbolic Frameworks: Conceptual Characterization and Empirical Comparative Analysis"
)
CLAIM = (
    "Language, neural interface and inference are where users of today's frameworks get stuck; here they are ten lines."
)
TASKS = {
    "sum": ("sum(A + B) :- digit(left, A), digit(right, B).", "sum(S)", lambda a, b: a + b),
    "less": ("less :- digit(left, A), digit(right, B), A < B.", "less", lambda a, b: a < b),
    "even sum": ("even :- digit(left, A), digit(right, B), (A + B) mod 2 = 0.", "even", lambda a, b: (a + b) % 2 == 0),
    "same": ("same :- digit(left, A), digit(right, A).", "same", lambda a, b: a == b),
}
NEURAL = "digit(I, {0..9}) ~ nn(read, I).\n"


def network(size):
    """A small network for either size of digits."""
    return nn.Sequential(nn.Flatten(), nn.Linear(size * size, 128), nn.ReLU(), nn.Linear(128, 10))


def solve(name, data, steps, batch=32):
    """Share of right conclusions on pairs of test images after training on conclusions alone."""
    rule, query, truth = TASKS[name]
    (images, labels), (test_images, test_labels) = ((torch.tensor(x), torch.tensor(y)) for x, y in data)
    torch.manual_seed(0)
    net = network(images.shape[-1])
    program = LogicProgram(NEURAL + rule, query=query, read=net)
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
    generator = torch.Generator().manual_seed(0)
    for _ in range(steps):
        a, b = torch.randint(len(labels), (2, batch), generator=generator)
        optimizer.zero_grad()
        program.loss(truth(labels[a], labels[b]), left=images[a], right=images[b]).backward()
        optimizer.step()
    a, b = torch.randint(len(test_labels), (2, 1000), generator=generator)
    decoded = program.decode(left=test_images[a], right=test_images[b])
    wanted = truth(test_labels[a], test_labels[b]).tolist()
    found = [answers[0] if answers and name == "sum" else bool(answers) for answers in decoded.answers]
    return sum(f == w for f, w in zip(found, wanted, strict=True)) / len(wanted)


def small():
    return {name: solve(name, digits(), 600) for name in TASKS}


def full():
    return {name: solve(name, mnist(), 3000) for name in TASKS}


GOALS = {"sum": 0.85, "less": 0.85, "even sum": 0.85, "same": 0.85}


def check(result) -> Check:
    figure = ", ".join(f"{name} {share:.3f}" for name, share in result.items())
    line = ", ".join(f"{name} at least {GOALS[name]}" for name in result)
    return Check(figure, line, all(share >= GOALS[name] for name, share in result.items()))
