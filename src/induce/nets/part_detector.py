"""Which parts a picture shows, and where: a small fully-convolutional network that gives a heat map for each part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

__all__ = ["Detections", "PartDetector"]

_STRIDE = 4
_UNIT = 8.0  # pixels that one unit of a side is
_SPREAD = 1.0  # standard deviation of a target's heat, in cells


@dataclass(frozen=True)
class Detections:
    """Parts that were found.

    Parameters
    ----------
    picture, part : tensor of int, shape (found,)
    confidence : tensor, shape (found,)
    boxes : tensor, shape (found, 4)
        Left, top, right, bottom in pixels.
    """

    picture: torch.Tensor
    part: torch.Tensor
    confidence: torch.Tensor
    boxes: torch.Tensor


class PartDetector(nn.Module):
    """Heat ``h_p(cell) = sigmoid(...)`` that part ``p`` has its center in a cell, and the four sides from there.

    Trained by a focal cross-entropy of the heat, ``-(1 - h)^2 log h`` at centers and ``-(1 - g)^4 h^2 log(1 - h)`` elsewhere
    with ``g`` a Gaussian about the centers, and an L1 loss of the sides at centers. Peaks of the heat are the parts found.

    Parameters
    ----------
    parts : sequence of str
    channels, width : int
        Of the pictures, and of the hidden layers.

    Shapes
    ------
    (n, channels, height, width) -> heat logits (n, parts, height / 4, width / 4) and sides (n, 4, height / 4, width / 4)

    References
    ----------
    X. Zhou, D. Wang, P. Kraehenbuehl (2019), Objects as Points. Z. Tian et al. (2019), FCOS: Fully Convolutional One-Stage
    Object Detection.

    >>> heat, sides = PartDetector(["arch", "dome"])(torch.zeros(1, 3, 64, 48))
    >>> heat.shape, sides.shape
    (torch.Size([1, 2, 16, 12]), torch.Size([1, 4, 16, 12]))
    """

    def __init__(self, parts: Sequence[str], channels: int = 3, width: int = 32) -> None:
        super().__init__()
        self.parts = tuple(parts)

        def layer(inputs: int, outputs: int, stride: int = 1, dilation: int = 1) -> list[nn.Module]:
            conv = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=dilation, dilation=dilation, bias=False)
            return [conv, nn.BatchNorm2d(outputs), nn.ReLU()]

        self.features = nn.Sequential(
            *layer(channels, 16, stride=2), *layer(16, width, stride=2), *layer(width, width),
            *layer(width, width, dilation=2), *layer(width, width, dilation=2),
        )  # fmt: skip
        self.heat = nn.Conv2d(width, len(self.parts), 1)
        self.sides = nn.Conv2d(width, 4, 1)
        assert self.heat.bias is not None
        nn.init.constant_(self.heat.bias, -4.0)  # at first no cell is a center

    def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits of heat, and sides in pixels."""
        features = self.features(pictures)
        return self.heat(features), functional.softplus(self.sides(features)) * _UNIT

    def loss(
        self, pictures: torch.Tensor, picture: torch.Tensor, part: torch.Tensor, boxes: torch.Tensor
    ) -> torch.Tensor:
        """Focal loss of the heat and L1 loss of the sides, for each part that is there.

        Parameters
        ----------
        pictures : tensor, shape (n, channels, height, width)
        picture, part : tensor of int, shape (boxes,)
            Which part is in which picture.
        boxes : tensor, shape (boxes, 4)
        """
        heat, sides = self(pictures)
        center = (boxes[:, :2] + boxes[:, 2:]) / 2 / _STRIDE
        column = center[:, 0].long().clamp(0, heat.shape[3] - 1)
        row = center[:, 1].long().clamp(0, heat.shape[2] - 1)
        glow = self._glow(heat, picture, part, center)
        glow[picture, part, row, column] = 1.0
        share = torch.sigmoid(heat)
        there = -((1 - share) ** 2) * functional.logsigmoid(heat)
        elsewhere = -((1 - glow) ** 4) * share**2 * functional.logsigmoid(-heat)
        count = max(1, len(boxes))
        focal = torch.where(glow == 1.0, there, elsewhere).sum() / count
        at = torch.stack([column, row], 1) * _STRIDE + _STRIDE / 2
        wanted = torch.cat([at - boxes[:, :2], boxes[:, 2:] - at], 1)
        away: torch.Tensor = (sides[picture, :, row, column] - wanted).abs().sum() / count
        return focal + 0.1 * away

    @staticmethod
    def _glow(heat: torch.Tensor, picture: torch.Tensor, part: torch.Tensor, center: torch.Tensor) -> torch.Tensor:
        """The largest Gaussian about a center, in every cell of every map."""
        glow = torch.zeros_like(heat)
        across = torch.arange(heat.shape[3], device=heat.device) + 0.5 - center[:, :1]
        down = torch.arange(heat.shape[2], device=heat.device) + 0.5 - center[:, 1:]
        each = torch.exp(-(across[:, None, :] ** 2 + down[:, :, None] ** 2) / (2 * _SPREAD**2))
        maps = (picture * heat.shape[1] + part)[:, None].expand(-1, heat.shape[2] * heat.shape[3])
        flat = glow.flatten(0, 1).flatten(1).scatter_reduce(0, maps, each.flatten(1), "amax")
        return flat.view_as(heat).clamp(max=0.999)

    @torch.no_grad()
    def detect(self, pictures: torch.Tensor, *, least: float = 0.1) -> Detections:
        """Peaks of the heat of at least a confidence.

        Parameters
        ----------
        pictures : tensor, shape (n, channels, height, width)
        least : float
            Confidence below which nothing is reported.
        """
        heat, sides = self(pictures)
        share = torch.sigmoid(heat)
        peak = (share == functional.max_pool2d(share, 3, stride=1, padding=1)) & (share >= least)
        picture, part, row, column = peak.nonzero(as_tuple=True)
        at = torch.stack([column, row], 1) * _STRIDE + _STRIDE / 2
        found = sides[picture, :, row, column]
        boxes = torch.cat([at - found[:, :2], at + found[:, 2:]], 1)
        return Detections(picture, part, share[picture, part, row, column], boxes)

    def degrees(self, pictures: torch.Tensor) -> torch.Tensor:
        """Summed confidences of each part, shape (n, parts)."""
        found = self.detect(pictures)
        sums = found.confidence.new_zeros(len(pictures), len(self.parts))
        return sums.index_put_((found.picture, found.part), found.confidence, accumulate=True)
