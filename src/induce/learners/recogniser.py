"""The network of a neural prior: from examples to one table of logits; imported only when a prior is used."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from induce.learners.programs.encoding import FEATURES, OUTPUT, VOCABULARY
from induce.learners.programs.tables import Choices

__all__ = ["Lesson", "Recogniser", "loss_of", "seeded"]

Encoded = tuple[NDArray[np.int64], NDArray[np.float32]]
"""Tokens and features of the examples of one task."""
Lesson = tuple[Encoded, Choices]


class Recogniser(nn.Module):
    """Tokens by a small network, pooled over the inputs and the output of each example and over examples; one linear head.

    What is pooled is the mean and the maximum. The features of a token say where it stands and how it compares with the other
    side, so that no recurrence has to find that out first.

    Parameters
    ----------
    rows, columns : int
        Shape of the table of logits.
    units : int
        Width.

    References
    ----------
    K. Ellis et al. (2021), DreamCoder: Bootstrapping Inductive Program Synthesis with Wake-Sleep Library Learning; M. Zaheer
    et al. (2017), Deep Sets.
    """

    def __init__(self, rows: int, columns: int, units: int = 64) -> None:
        super().__init__()
        self.shape = (rows, columns)
        self.embedding = nn.Embedding(VOCABULARY, units // 2, padding_idx=0)
        self.facts = nn.Linear(FEATURES, units // 2)
        self.reader = nn.Sequential(nn.Linear(units, 2 * units), nn.ReLU(), nn.Linear(2 * units, 2 * units))
        self.example = nn.Sequential(nn.Linear(8 * units, 2 * units), nn.ReLU())
        self.task = nn.Sequential(nn.Linear(4 * units, 2 * units), nn.ReLU(), nn.Dropout(0.1))
        self.head = nn.Linear(2 * units, rows * columns)
        nn.init.normal_(self.head.weight, std=0.01)

    def start_from(self, logits: NDArray[np.float32]) -> None:
        """Give this table for everything, until it is trained."""
        with torch.no_grad():
            self.head.bias.copy_(torch.from_numpy(logits.reshape(-1)))

    def forward(self, encoded: Sequence[Encoded]) -> Tensor:
        """Logits of several tasks, shape (tasks, rows, columns)."""
        tokens, features, owner, position = _stacked(encoded)
        known = (tokens > 0).unsqueeze(-1)
        after = ((tokens == OUTPUT).cumsum(1) > 0).unsqueeze(-1)
        read = torch.cat([self.embedding(tokens), torch.relu(self.facts(features))], dim=-1)
        hidden = self.reader(read)
        each = self.example(torch.cat([*_pooled(hidden, known & after), *_pooled(hidden, known & ~after)], dim=-1))
        table = torch.zeros(len(encoded), int(position.max()) + 1, each.shape[1])
        table[owner, position] = each
        shares = torch.bincount(owner, minlength=len(encoded)).unsqueeze(-1)
        whole = torch.cat(
            [table.sum(1) / shares, table.amax(1)], dim=-1
        )  # what is filled up with is 0, as ReLU's least
        logits: Tensor = self.head(self.task(whole))
        return logits.view(-1, *self.shape)


def _pooled(hidden: Tensor, chosen: Tensor) -> tuple[Tensor, Tensor]:
    """The mean and the maximum over the chosen tokens."""
    mean = (hidden * chosen).sum(1) / chosen.sum(1)
    return mean, hidden.masked_fill(~chosen, -1e9).amax(1)


def _stacked(encoded: Sequence[Encoded]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Tokens and features of all examples of several tasks; for each example its task, and its place there."""
    longest = max(tokens.shape[1] for tokens, _ in encoded)
    counts = [len(tokens) for tokens, _ in encoded]
    ids = np.zeros((sum(counts), longest), np.int64)
    facts = np.zeros((sum(counts), longest, FEATURES), np.float32)
    begin = 0
    for tokens, features in encoded:
        ids[begin : begin + len(tokens), : tokens.shape[1]] = tokens
        facts[begin : begin + len(tokens), : tokens.shape[1]] = features
        begin += len(tokens)
    owner = np.repeat(np.arange(len(encoded)), counts)
    position = np.concatenate([np.arange(count) for count in counts])
    return torch.from_numpy(ids), torch.from_numpy(facts), torch.from_numpy(owner), torch.from_numpy(position)


def loss_of(network: Recogniser, lessons: Sequence[Lesson], masks: Tensor) -> Tensor:
    """Minus the mean log-probability of the programs of lessons, in nats.

    Parameters
    ----------
    network : Recogniser
    lessons : sequence of Lesson
    masks : Tensor, shape (masks, columns)
        Logarithms of how many productions of a column are possible.
    """
    logits = network([encoded for encoded, _ in lessons])
    owner = np.repeat(np.arange(len(lessons)), [len(choices.rows) for _, choices in lessons])
    rows, columns, allowed = (
        torch.from_numpy(np.concatenate([choices[k] for _, choices in lessons])) for k in range(3)
    )
    chosen = logits[torch.from_numpy(owner), rows]
    possible = torch.logsumexp(chosen + masks[allowed], dim=-1)
    picked = chosen.gather(1, columns.unsqueeze(-1)).squeeze(-1)
    return (possible - picked).sum() / len(lessons)


def seeded(seed: int, rows: int, columns: int, units: int) -> Recogniser:
    """A network whose parameters depend on the seed alone; torch's own generator stays as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Recogniser(rows, columns, units)
