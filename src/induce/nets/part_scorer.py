"""Which parts a picture shows: a small fully-convolutional network that needs labels of pictures only."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

__all__ = ["PartScorer"]


class PartScorer(nn.Module):
    """``1 - prod over places (1 - sigmoid(heat))``: the chance that a part is somewhere in the picture.

    Parameters
    ----------
    parts : sequence of str
    channels : int
    width : int
        Channels of the last hidden layer.

    Shapes
    ------
    (n, channels, height, width) -> (n, parts)

    References
    ----------
    M. Oquab et al. (2015), Is Object Localization for Free? Weakly-Supervised Learning with Convolutional Neural Networks.

    >>> PartScorer(["arch", "dome"])(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 2])
    """

    def __init__(self, parts: Sequence[str], channels: int = 3, width: int = 32) -> None:
        super().__init__()
        self.parts = tuple(parts)
        self.features = nn.Sequential(
            nn.Conv2d(channels, 16, 3, stride=2, padding=1), nn.BatchNorm2d(16), nn.ReLU(),
            nn.Conv2d(16, width, 3, stride=2, padding=1), nn.BatchNorm2d(width), nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(),
        )  # fmt: skip
        self.heat = nn.Conv2d(width, len(self.parts), 1)
        assert self.heat.bias is not None
        nn.init.constant_(self.heat.bias, -5.0)  # at first no place shows a part

    def absence(self, pictures: torch.Tensor) -> torch.Tensor:
        """Logarithm of the chance that each part is nowhere, shape (n, parts)."""
        return -nn.functional.softplus(self.heat(self.features(pictures))).sum((2, 3))

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Degrees of parts."""
        return -torch.expm1(self.absence(pictures))

    def loss(self, pictures: torch.Tensor, shown: torch.Tensor) -> torch.Tensor:
        """Cross-entropy with which parts are shown, a truth value for each, shape (n, parts)."""
        absent = self.absence(pictures)
        there = torch.log(-torch.expm1(absent.clamp(max=-1e-6)))
        return -torch.where(shown, there, absent).mean()
