"""Conjunctions by gradient: which literals a rule has is relaxed to a share, learned, and cut off."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from induce.learners.boolean.truth import unpack
from induce.learners.rules.conjunctions import Ground, Rule
from induce.learners.rules.losses import Loss

__all__ = ["relaxed_conjunctions"]

Float = NDArray[np.float64]
STARTS = 4
"""Sets of rules that are trained side by side."""
BATCH = 256
FIRST = 0.5
"""Share of the literals that a rule begins with."""
OTHERS = 1.0
"""What the shares of all other literals of a rule sum to in the beginning."""
SPARSE = 0.02
"""What a literal costs while rules are trained, in the loss of a batch's mean row."""


def relaxed_conjunctions(
    ground: Ground,
    loss: Loss,
    *,
    most: int,
    longest: int,
    steps: int = 300,
    rate: float = 0.1,
    seed: int = 0,
    tick: Callable[[], bool] = lambda: True,
) -> list[Rule]:
    """Conjunctions that votes learned by gradient use: candidates for :func:`~induce.learners.rules.votes.fit_votes`.

    Rule ``k`` has literal ``j`` with the share ``m_kj = sigmoid(a_kj)``, and holds on a row to the degree
    ``r_k(x) = prod_j (1 - m_kj (1 - l_j(x)))``, the sum of logarithms over the literals that do not hold there: one product of
    matrices for all rules and rows. Scores are ``default + r(x) V``; the loss of them and the expected number of literals are
    minimised together by Adam. A literal stays in a rule where its share is above one half.

    Parameters
    ----------
    ground : Ground
    loss : Loss
    most, longest : int
        Rules of one set, and most literals of a rule.
    steps : int
        Batches.
    rate : float
    seed : int
    tick : callable
        False ends the training.

    Returns
    -------
    list of Rule
        Of all sets, each rule once.

    References
    ----------
    A. Payani, F. Fekri (2019), Inductive Logic Programming via Differentiable Deep Neural Logic Networks. Z. Wang et al. (2021),
    Scalable Rule-Based Representation Learning for Interpretable Classification.
    """
    import torch

    rng = np.random.default_rng(seed)
    free = np.setdiff1d(np.flatnonzero(ground.allowed), np.array(ground.always, dtype=np.int64))
    truth = unpack(ground.words[free], ground.rows)
    room = longest - len(ground.always)
    if not len(free) or room < 1:
        return [ground.always] if ground.always else []
    count = STARTS * most
    generator = torch.Generator().manual_seed(seed)
    shares = _start(loss, truth, count, room, rng)
    logits = torch.tensor(np.log(shares / (1 - shares)), dtype=torch.float32, requires_grad=True)
    weights = (0.1 * torch.randn(STARTS, most, loss.outputs, generator=generator)).requires_grad_()
    default = torch.tensor(np.tile(loss.start(), (STARTS, 1)), dtype=torch.float32, requires_grad=True)
    fails = torch.tensor(~truth.T)
    optimizer = torch.optim.Adam([logits, weights, default], lr=rate)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps + 1)
    for _ in range(steps):
        if not tick():
            break
        drawn = torch.randint(ground.rows, (min(BATCH, 4 * ground.rows),), generator=generator)
        member = torch.sigmoid(logits)
        degrees = torch.exp(fails[drawn].float() @ torch.log1p(-member * 0.9999).T)
        scores = torch.einsum("nsk,sko->nso", degrees.reshape(-1, STARTS, most), weights) + default
        optimizer.zero_grad()
        here = loss.take(drawn.numpy())
        down = np.stack([here.slopes(s.numpy())[0] for s in scores.detach().double().unbind(1)], axis=1)
        slopes = torch.tensor(-down / len(drawn), dtype=torch.float32)
        penalty = SPARSE * member.sum() / most
        torch.autograd.backward([scores, penalty], [slopes, torch.ones(())])
        optimizer.step()
        cycle.step()
    return _cut(torch.sigmoid(logits).detach().numpy(), free, ground.always, room)


def _start(loss: Loss, truth: NDArray[np.bool_], count: int, room: int, rng: np.random.Generator) -> Float:
    """Shares of literals: each rule begins with a few that were drawn by how much they tell of the target alone."""
    down, curve = loss.slopes(np.tile(loss.start(), (truth.shape[1], 1)))
    sums, bends = truth @ down, truth @ curve
    tells = (sums * sums / (bends + 1)).sum(axis=1)
    chances = tells + 0.1 * tells.mean() + 1e-12
    shares = np.full((count, len(truth)), OTHERS / (len(truth) + OTHERS))
    for k in range(count):
        some = rng.choice(len(truth), min(1 + k % room, len(truth)), replace=False, p=chances / chances.sum())
        shares[k, some] = FIRST
    return np.clip(shares, 1e-4, 0.9)


def _cut(shares: Float, free: NDArray[np.int64], always: Rule, room: int) -> list[Rule]:
    """Rules of the literals whose share is above one half, the largest where there are too many; each rule once."""
    found: dict[Rule, None] = {}
    for row in shares:
        order = np.argsort(-row, kind="stable")[:room]
        rule = tuple(sorted((*always, *(int(free[j]) for j in order if row[j] > 0.5))))
        if rule:
            found[rule] = None
    return list(found)
