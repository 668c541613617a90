"""The network of a neural prior: from examples to one table of logits; imported only when a prior is used."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from induce.learners.programs.encoding import FEATURES, VOCABULARY
from induce.learners.programs.tables import Choices

__all__ = ["Lesson", "Recogniser", "loss_of", "seeded"]

Encoded = tuple[NDArray[np.int64], NDArray[np.float32]]
"""Tokens and features of the examples of one task."""
Lesson = tuple[Encoded, Choices]


class Recogniser(nn.Module):
    """A recurrent network over the tokens of each example, the mean and the maximum over examples, and one linear head.

    Parameters
    ----------
    rows, columns : int
        Shape of the table of logits.
    units : int
        Width.

    References
    ----------
    K. Ellis et al. (2021), DreamCoder: Bootstrapping Inductive Program Synthesis with Wake-Sleep Library Learning.
    """

    def __init__(self, rows: int, columns: int, units: int = 64) -> None:
        super().__init__()
        self.shape = (rows, columns)
        self.embedding = nn.Embedding(VOCABULARY, units // 2, padding_idx=0)
        self.facts = nn.Linear(FEATURES, units // 2)
        self.reader = nn.GRU(units, units, batch_first=True, bidirectional=True)
        self.example = nn.Sequential(nn.Linear(4 * units, 2 * units), nn.ReLU())
        self.task = nn.Sequential(nn.Linear(4 * units, 2 * units), nn.ReLU())
        self.head = nn.Linear(2 * units, rows * columns)
        nn.init.normal_(self.head.weight, std=0.01)

    def start_from(self, logits: NDArray[np.float32]) -> None:
        """Give this table for everything, until it is trained."""
        with torch.no_grad():
            self.head.bias.copy_(torch.from_numpy(logits.reshape(-1)))

    def forward(self, encoded: Sequence[Encoded]) -> Tensor:
        """Logits of several tasks, shape (tasks, rows, columns)."""
        longest = max(tokens.shape[1] for tokens, _ in encoded)
        count = sum(len(tokens) for tokens, _ in encoded)
        ids = np.zeros((count, longest), np.int64)
        facts = np.zeros((count, longest, FEATURES), np.float32)
        owner, position = np.zeros(count, np.int64), np.zeros(count, np.int64)
        begin = 0
        for number, (tokens, features) in enumerate(encoded):
            end = begin + len(tokens)
            ids[begin:end, : tokens.shape[1]] = tokens
            facts[begin:end, : tokens.shape[1]] = features
            owner[begin:end] = number
            position[begin:end] = np.arange(end - begin)
            begin = end
        tokens_of = torch.from_numpy(ids)
        known = (tokens_of > 0).unsqueeze(-1)
        read = torch.cat([self.embedding(tokens_of), torch.relu(self.facts(torch.from_numpy(facts)))], dim=-1)
        lengths = known.squeeze(-1).sum(1)
        packed = nn.utils.rnn.pack_padded_sequence(read, lengths, batch_first=True, enforce_sorted=False)
        states, _ = self.reader(packed)
        hidden, _ = nn.utils.rnn.pad_packed_sequence(states, batch_first=True, total_length=longest)
        mean = hidden.sum(1) / lengths.unsqueeze(-1)
        largest = hidden.masked_fill(~known, -2.0).amax(1)
        each = self.example(torch.cat([mean, largest], dim=-1))
        most = max(len(tokens) for tokens, _ in encoded)
        table = torch.zeros(len(encoded), most, each.shape[1])
        table[torch.from_numpy(owner), torch.from_numpy(position)] = each
        shares = torch.tensor([float(len(tokens)) for tokens, _ in encoded]).unsqueeze(-1)
        whole = torch.cat(
            [table.sum(1) / shares, table.amax(1)], dim=-1
        )  # what is filled up with is 0, as ReLU's least
        logits: Tensor = self.head(self.task(whole))
        return logits.view(-1, *self.shape)


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
    """A network whose parameters depend on the seed alone; the state of torch's own generator is left as it was."""
    state = torch.get_rng_state()
    try:
        torch.manual_seed(seed)
        return Recogniser(rows, columns, units)
    finally:
        torch.set_rng_state(state)
