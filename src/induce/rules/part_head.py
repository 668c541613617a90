"""From degrees of parts to classes: a small network whose attributions are held to what experts say."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

__all__ = ["ABSENT_SHARE", "HeadSettings", "PartHead", "misattribution_weights", "train_head"]

Array = NDArray[np.float64]
ABSENT_SHARE = 0.5
"""Degree above which a part counts as present."""
_ROWS_A_STEP = 2048
_REFRESHES = 4
_REFRESHED_ROWS = 256  # rows whose exact attributions are computed anew at each refresh


class PartHead(nn.Module):
    """``softmax(B relu(A (x - mean) / scale + a) + b)``: degrees of parts, shape (n, parts), to probabilities of classes.

    Parameters
    ----------
    mean, scale : array, shape (parts,)
        Of the columns, for standardization.
    hidden : int
    classes : int

    >>> torch.manual_seed(0).initial_seed()
    0
    >>> PartHead(np.zeros(3), np.ones(3), 11, 2)(torch.zeros(5, 3, dtype=torch.float64)).shape
    torch.Size([5, 2])
    """

    mean: torch.Tensor
    scale: torch.Tensor

    def __init__(self, mean: Array, scale: Array, hidden: int, classes: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.as_tensor(mean, dtype=torch.float64))
        self.register_buffer("scale", torch.as_tensor(scale, dtype=torch.float64))
        self.inner = nn.Linear(len(mean), hidden, dtype=torch.float64)
        self.outer = nn.Linear(hidden, classes, dtype=torch.float64)

    def logits(self, degrees: torch.Tensor) -> torch.Tensor:
        """Logits of classes, shape (n, classes)."""
        out: torch.Tensor = self.outer(torch.relu(self.inner((degrees - self.mean) / self.scale)))
        return out

    def forward(self, degrees: torch.Tensor) -> torch.Tensor:
        """Probabilities of classes, shape (n, classes)."""
        out: torch.Tensor = torch.softmax(self.logits(degrees), dim=1)
        return out

    def contributions(self, degrees: torch.Tensor, at: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
        """Gradient times input, ``x_i * d log p_y / d x_i`` with the gradient taken at ``at``; shape (n, parts).

        The gradient is written out, so that one backward pass trains through it.
        """
        before = self.inner((at - self.mean) / self.scale)
        active = torch.relu(before)
        shares = torch.softmax(self.outer(active), dim=1)
        slope = (self.outer.weight[classes] - shares @ self.outer.weight) * (before > 0)
        out: torch.Tensor = (slope @ self.inner.weight) * (degrees / self.scale)
        return out


class HeadSettings:
    """How a head is trained.

    Parameters
    ----------
    penalty : {"gradient", "shap-backprop", None}
    weighting : {"linear", "exponential"}
    strength, learning_rate : float
    steps, hidden : int
    attributions : callable
        From the head and rows to exact Shapley values, shape (rows, parts, classes); for "shap-backprop".
    """

    def __init__(
        self,
        *,
        penalty: str | None,
        weighting: str,
        strength: float,
        steps: int,
        hidden: int,
        learning_rate: float,
        attributions: Callable[[PartHead, Array], Array],
    ) -> None:
        self.penalty, self.weighting, self.strength = penalty, weighting, strength
        self.steps, self.hidden, self.learning_rate = steps, hidden, learning_rate
        self.attributions = attributions


def misattribution_weights(contributions: Array, strength: float, weighting: str) -> Array:
    """Weights of rows by their worst misattribution, ``1 - h min_i c_i`` or ``exp(-h min_i c_i)`` with ``c_i <= 0``.

    Parameters
    ----------
    contributions : array, shape (rows, parts)
        ``c_i = phi_{i,y} KG_{i,y}``: attributions to the row's class, negative where they contradict the graph.
    strength : float
        ``h``.
    weighting : {"linear", "exponential"}

    >>> misattribution_weights(np.array([[0.2, -0.1], [0.3, 0.0]]), 2.0, "linear")
    array([1.2, 1. ])
    """
    worst = np.minimum(contributions.min(1), 0.0)
    return np.asarray(1.0 - strength * worst if weighting == "linear" else np.exp(-strength * worst))


def train_head(
    degrees: Array, labels: NDArray[np.intp], signs: Array | None, settings: HeadSettings, seed: int
) -> PartHead:
    """Fit a head by full-batch Adam on the cross-entropy and the misattribution.

    ``"gradient"`` adds ``strength * mean_n sum_i relu(-A_iy KG_iy)``, with ``A`` the gradient times input at a random
    coalition of the row's parts: over many steps, what Shapley values average. ``"shap-backprop"`` instead weights the
    loss of a row by :func:`misattribution_weights` of its exact Shapley values, computed anew a few times.

    Parameters
    ----------
    degrees : array, shape (rows, parts)
    labels : array of int, shape (rows,)
    signs : array, shape (classes, parts), optional
        +1 where the graph gives the class the part, -1 where it does not, 0 where it says nothing.
    settings : HeadSettings
    seed : int
    """
    classes = int(labels.max(initial=0)) + 1 if signs is None else len(signs)
    scale = degrees.std(0)
    scale[scale < 1e-12] = 1.0
    x, y = torch.from_numpy(np.ascontiguousarray(degrees)), torch.from_numpy(labels.astype(np.int64))
    kind = settings.penalty if signs is not None else None
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        head = PartHead(degrees.mean(0), scale, settings.hidden, classes)
        optimizer = torch.optim.Adam(head.parameters(), lr=settings.learning_rate)
        side = torch.ones_like(x) if signs is None else torch.from_numpy(signs)[y]
        weights = torch.ones(len(x), dtype=torch.float64)
        rng = np.random.default_rng(seed)
        for step in range(settings.steps):
            if kind == "shap-backprop" and step and step % max(1, settings.steps // (_REFRESHES + 1)) == 0:
                _refresh(weights, head, degrees, labels, side.numpy(), settings, rng)
            rows = torch.arange(len(x)) if len(x) <= _ROWS_A_STEP else torch.randperm(len(x))[:_ROWS_A_STEP]
            losses = functional.cross_entropy(head.logits(x[rows]), y[rows], reduction="none")
            loss = (losses * weights[rows]).sum() / weights[rows].sum()
            if kind == "gradient":
                mixed = x[rows] * (torch.rand_like(x[rows]) < torch.rand(len(rows), 1, dtype=torch.float64))
                loss = (
                    loss
                    + settings.strength
                    * torch.relu(-head.contributions(x[rows], mixed, y[rows]) * side[rows]).sum(1).mean()
                )
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    return head.eval()


def _refresh(
    weights: torch.Tensor,
    head: PartHead,
    degrees: Array,
    labels: NDArray[np.intp],
    side: Array,
    settings: HeadSettings,
    rng: np.random.Generator,
) -> None:
    """Weights of some rows by what their exact attributions are now."""
    rows = rng.permutation(len(degrees))[:_REFRESHED_ROWS]
    values = settings.attributions(head, degrees[rows])
    contributions = values[np.arange(len(rows)), :, labels[rows]] * side[rows]
    weights[torch.from_numpy(rows)] = torch.from_numpy(
        misattribution_weights(contributions, settings.strength, settings.weighting)
    )
