"""Mutual information as the largest of a family of lower bounds: a critic is trained to tell pairs from shuffled pairs."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import rankdata
from torch import nn
from torch.nn import functional

__all__ = ["BOUNDS", "Critic", "critic_information", "normal_scores"]

Array = NDArray[np.float64]
BOUNDS = ("mine", "infonce", "smile")
_AVERAGE_RATE = 0.01  # of the moving average of E_q[exp T] that the gradient divides by
_CLIP = 12.0  # of the critic in SMILE's bound
_HIGHEST = 30.0  # no critic says more: exp stays finite
_CHECKED_EVERY = 25
_PATIENCE = 8
_FOLDS = 4  # so that each row is left out once
_KEPT = (0.0, 3.0, np.inf)  # standard errors below which a correlation is taken for zero, to choose from


def normal_scores(values: Array) -> Array:
    """Each column's ranks as quantiles of a normal distribution: a monotone map, so mutual information stays the same."""
    return np.asarray(ndtri((rankdata(values, axis=0) - 0.5) / len(values)))


class Critic(nn.Module):
    """``T(x, y) = x' W y - (x' U x + y' V y) / 2 + c + MLP(x, y)``, bounded softly to 30.

    The first terms begin as the logarithm of the density ratio of the Gaussian that fits best, and the network at zero: what is
    trained is what a Gaussian does not explain.

    Parameters
    ----------
    start : tuple of arrays (W, U, V, c)
    hidden : int
    """

    def __init__(self, start: tuple[Array, Array, Array, float], hidden: int = 64) -> None:
        super().__init__()
        cross, first, second, constant = start
        self.cross, self.first, self.second = (
            nn.Parameter(torch.as_tensor(v, dtype=torch.float32)) for v in (cross, first, second)
        )
        self.constant = nn.Parameter(torch.tensor(float(constant)))
        width = sum(cross.shape)
        last = nn.Linear(hidden, 1)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        self.enter = nn.Linear(width, hidden)
        self.rest = nn.Sequential(nn.ReLU(inplace=True), nn.Linear(hidden, hidden), nn.ReLU(inplace=True), last)

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """The critic of pairs, shape (n,)."""
        return self.paired(self.of_first(x), self.of_second(y))

    def of_first(self, x: torch.Tensor) -> _Side:
        """What pairs with any y need of x: it is worked out once, however many they are."""
        inner = functional.linear(x, self.enter.weight[:, : x.shape[1]], self.enter.bias)
        return x @ self.cross, self.constant - 0.5 * ((x @ self.first) * x).sum(1), inner

    def of_second(self, y: torch.Tensor) -> _Side:
        """What pairs with any x need of y."""
        return y, -0.5 * ((y @ self.second) * y).sum(1), functional.linear(y, self.enter.weight[:, -y.shape[1] :])

    def paired(self, first: _Side, second: _Side) -> torch.Tensor:
        """The critic of rows side by side, shape (n,)."""
        out = (first[0] * second[0]).sum(1) + first[1] + second[1] + self.rest(first[2] + second[2])[:, 0]
        bounded: torch.Tensor = _HIGHEST * torch.tanh(out / _HIGHEST)
        return bounded


_Side = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


@dataclass(frozen=True)
class _Pairs:
    x: torch.Tensor
    y: torch.Tensor

    def rows(self, places: Any) -> _Pairs:
        return _Pairs(self.x[places], self.y[places])


def critic_information(x: Array, y: Array, bound: str, *, batch: int, steps: int, seed: int) -> float:
    """A lower bound of the mutual information on rows that the critic was not trained on, in nats.

    ``"mine"``: ``E_p[T] - log E_q[e^T]`` (Donsker and Varadhan), trained with its gradient's denominator as a moving average, since
    the gradient of the logarithm of a batch mean is biased. ``"smile"``: trained by the Jensen-Shannon bound, evaluated with ``T``
    clipped to 12 in the second term. ``"infonce"``: ``E[T(x, y) - log mean_j e^T(x, y_j)]`` over batches; never above log(batch).

    Parameters
    ----------
    x, y : array, shape (n, columns)
    bound : {"mine", "infonce", "smile"}
    batch, steps, seed : int
    """
    columns = [normal_scores(v) if _continuous(v) else v for v in (x, y)]
    order = np.random.default_rng(seed).permutation(len(x))
    folds = _FOLDS if bound != "infonce" else 1  # its evaluation is of all pairs of a batch, which costs
    found = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for fold in range(folds):
            turned = np.roll(order, fold * len(x) // _FOLDS)
            own = np.split(turned, (int(0.6 * len(x)), int(0.75 * len(x))))
            train, check, test = (_Pairs(*(torch.as_tensor(v[p], dtype=torch.float32) for v in columns)) for p in own)
            starts = [_gaussian_start(columns[0][own[0]], columns[1][own[0]], kept) for kept in _KEPT]
            critic = max(
                (Critic(start) for start in starts), key=partial(_evaluate, pairs=check, bound=bound, batch=batch)
            )
            _train(critic, train, check, bound, batch, steps)
            found.append(_evaluate(critic, test, bound, batch, shifts=200))
    return float(np.mean(found))


def _continuous(values: Array) -> bool:
    return all(len(np.unique(column)) > 0.5 * len(column) for column in values.T)


def _gaussian_start(x: Array, y: Array, kept: float) -> tuple[Array, Array, Array, float]:
    """The logarithm of p(x, y) / p(x) p(y) of a Gaussian whose correlations below ``kept`` standard errors are zero."""
    width, both = x.shape[1], np.concatenate([x, y], axis=1)
    zeros = np.zeros((width, y.shape[1])), np.zeros((width, width)), np.zeros((y.shape[1], y.shape[1])), 0.0
    if kept == np.inf:
        return zeros
    cov = np.cov(both.T) + 1e-6 * np.eye(both.shape[1])
    scale = np.sqrt(np.outer(np.diag(cov), np.diag(cov)))
    cov = np.where((np.abs(cov) < kept * scale / math.sqrt(len(x))) & ~np.eye(len(cov), dtype=bool), 0.0, cov)
    blocks = cov[:width, :width], cov[width:, width:]
    if np.linalg.eigvalsh(cov)[0] <= 1e-8:
        return zeros
    whole, inner = np.linalg.inv(cov), [np.linalg.inv(b) for b in blocks]
    constant = 0.5 * (sum(np.linalg.slogdet(b)[1] for b in blocks) - np.linalg.slogdet(cov)[1])
    return (
        np.asarray(-whole[:width, width:]),
        np.asarray(whole[:width, :width] - inner[0]),
        np.asarray(whole[width:, width:] - inner[1]),
        float(constant),
    )


def _train(critic: Critic, train: _Pairs, check: _Pairs, bound: str, batch: int, steps: int) -> None:
    """Adam on a bound; the state that was best on the checked rows is kept."""
    optimizer = torch.optim.AdamW(critic.parameters(), lr=5e-4, weight_decay=1e-2, fused=True)
    best, state, worse, average = _evaluate(critic, check, bound, batch), copy.deepcopy(critic.state_dict()), 0, None
    for step in range(1, steps + 1):
        rows = torch.randint(len(train.x), (min(batch, len(train.x)),))
        drawn = train.rows(rows)
        if bound == "infonce":
            few = drawn.rows(slice(128))  # all pairs of a part of the batch
            loss = -_contrast(critic, few)
        else:
            together = critic(drawn.x, drawn.y)
            apart = critic(drawn.x, train.y[torch.randint(len(train.x), (len(rows),))])
            if bound == "smile":
                loss = functional.softplus(-together).mean() + functional.softplus(apart).mean()
            else:
                grown = torch.exp(apart).mean()
                now = grown.detach()
                average = now if average is None else (1 - _AVERAGE_RATE) * average + _AVERAGE_RATE * now
                loss = grown / average - together.mean()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(critic.parameters(), 1.0)
        optimizer.step()
        if step % _CHECKED_EVERY == 0:
            found = _evaluate(critic, check, bound, batch)
            worse = 0 if found > best else worse + 1
            if found > best:
                best, state = found, copy.deepcopy(critic.state_dict())
            elif worse >= _PATIENCE:
                break
    critic.load_state_dict(state)


def _contrast(critic: Critic, pairs: _Pairs) -> torch.Tensor:
    """InfoNCE on one batch: how much better each x picks its own y than the mean over the batch."""
    n = len(pairs.x)
    first = [v.repeat_interleave(n, 0) for v in critic.of_first(pairs.x)]
    second = [v.repeat(n, *[1] * (v.ndim - 1)) for v in critic.of_second(pairs.y)]
    scores = critic.paired((first[0], first[1], first[2]), (second[0], second[1], second[2])).view(n, n)
    gain: torch.Tensor = (scores.diagonal() - torch.logsumexp(scores, dim=1)).mean()
    return gain + math.log(n)


@torch.no_grad()
def _evaluate(critic: Critic, pairs: _Pairs, bound: str, batch: int, shifts: int = 40) -> float:
    """The bound on some rows; shuffled pairs are each x with the y of ``shifts`` other rows."""
    n = len(pairs.x)
    if bound == "infonce":
        size = min(batch, n)
        found = [_contrast(critic, pairs.rows(slice(k, k + size))).item() for k in range(0, n - size + 1, size)]
        return float(np.mean(found))
    first, second = critic.of_first(pairs.x), critic.of_second(pairs.y)
    together = critic.paired(first, second).mean()
    twice = [torch.cat([part, part]) for part in second]  # a shift is then a view
    shifted = ([part[n - k : 2 * n - k] for part in twice] for k in range(1, min(shifts, n - 1) + 1))
    apart = torch.cat([critic.paired(first, (a, b, c)) for a, b, c in shifted])
    if bound == "smile":
        apart = apart.clamp(-_CLIP, _CLIP)
    return float(together - torch.logsumexp(apart, 0)) + math.log(len(apart))
