"""A head without weights: classes by the labels of the nearest examples of a support set."""

from __future__ import annotations

import math

import torch
from torch import nn

__all__ = ["NWHead"]


class NWHead(nn.Module):
    """``p(y | x) = sum_i w_i [y_i = y]`` with ``w = softmax_i(-||f(x) - f(x_i)||^2 / tau)``: the Nadaraya-Watson estimator.

    Parameters
    ----------
    encoder : Module
        ``f``, from inputs to features of shape (n, features).
    temperature : float
        ``tau`` to begin with; it is learned.

    References
    ----------
    A. Wang, M. Sabuncu (2022), A Flexible Nadaraya-Watson Head Can Offer Explainable and Calibrated Classification. A. Wang,
    M. Nguyen, M. Sabuncu (2023), Learning Invariant Representations with a Nonparametric Nadaraya-Watson Head.

    >>> head = NWHead(nn.Identity(), temperature=0.1)
    >>> shares = head(torch.tensor([[0.0]]), torch.tensor([[0.0], [1.0]]), torch.tensor([0, 1]), 2).exp()
    >>> [round(share, 4) for share in shares[0].tolist()]
    [1.0, 0.0]
    """

    def __init__(self, encoder: nn.Module, temperature: float = 1.0) -> None:
        super().__init__()
        self.encoder = encoder
        self.log_temperature = nn.Parameter(torch.tensor(math.log(temperature)))

    @property
    def temperature(self) -> float:
        """``tau``."""
        return math.exp(self.log_temperature.item())

    def log_weights(
        self, features: torch.Tensor, support: torch.Tensor, own: torch.Tensor | None = None
    ) -> torch.Tensor:
        """``log w`` of encoded queries and supports, shape (queries, supports).

        Parameters
        ----------
        features : tensor, shape (queries, features)
        support : tensor, shape (supports, features)
        own : tensor of bool, shape (queries, supports), optional
            Where a support is the query itself, which may not vote.
        """
        far = torch.cdist(features, support).square() * torch.exp(-self.log_temperature)
        if own is not None:
            far = far.masked_fill(own, 1e9)
        return torch.log_softmax(-far, dim=1)

    @staticmethod
    def votes(log_weights: torch.Tensor, labels: torch.Tensor, classes: int) -> torch.Tensor:
        """``log p(y | x)``, shape (queries, classes), from weights and the classes of supports."""
        apart = labels[None, :] != torch.arange(classes, device=labels.device)[:, None]
        each = log_weights[:, None, :].masked_fill(apart, -1e4)
        return torch.logsumexp(each, dim=2)

    def forward(self, x: torch.Tensor, support: torch.Tensor, labels: torch.Tensor, classes: int) -> torch.Tensor:
        """``log p(y | x)`` of inputs, from a support of inputs and their classes."""
        weights = self.log_weights(self.encoder(x), self.encoder(support))
        return self.votes(weights, labels, classes)
