"""An autoencoder whose latent concepts are switched on and off by the class: hard-concrete gates with few of them open."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from induce.nets.messages import perceptron

__all__ = ["GatedAutoencoder"]

TEMPERATURE, LOW, HIGH = 2 / 3, -0.1, 1.1
"""Of the hard-concrete distribution: its temperature, and the interval that is clipped to [0, 1]."""


class GatedAutoencoder(nn.Module):
    """Rows to concepts and back, where a class lets only some of the concepts through.

    ``z = enc(x)``, ``x' = dec((z + noise e) * m_y)`` with gates ``m_y`` in [0, 1] of the class ``y``, drawn from the hard-concrete
    distribution, so that they may be 0 and 1 exactly and still be learned. Encoder and decoder are a linear map plus a perceptron
    that starts at zero.

    Parameters
    ----------
    encoding : tensor of shape (inputs, concepts)
        The linear map that the encoder starts from; the decoder starts from its pseudo-inverse.
    gates : tensor of shape (classes, concepts)
        Logits that the gates start from.
    width : int
        Units of the two hidden layers of each perceptron.
    noise : float
        Standard deviation of what is added to the concepts: it fixes their scale and keeps the decoder smooth.

    References
    ----------
    C. Louizos, M. Welling, D. P. Kingma (2018), Learning Sparse Neural Networks through L0 Regularization.

    >>> net = GatedAutoencoder(torch.eye(3)[:, :2], torch.full((4, 2), 9.0))
    >>> x = torch.ones(5, 3)
    >>> net.encode(x).shape, net.eval()(x, torch.zeros(5, dtype=torch.long))[0][0].detach().round().tolist()
    (torch.Size([5, 2]), [1.0, 1.0, 0.0])
    """

    def __init__(self, encoding: Tensor, gates: Tensor, *, width: int = 64, noise: float = 0.1) -> None:
        super().__init__()
        inputs, concepts = encoding.shape
        self.noise = noise
        self.encoding = nn.Parameter(encoding.clone())
        self.decoding = nn.Parameter(torch.linalg.pinv(encoding))
        self.bend, self.unbend = (
            perceptron(inputs, (width, width), concepts),
            perceptron(concepts, (width, width), inputs),
        )
        for weight in (*self.bend[-1].parameters(), *self.unbend[-1].parameters()):
            nn.init.zeros_(weight)
        self.gates = nn.Parameter(gates.clone())

    def encode(self, rows: Tensor) -> Tensor:
        """Concepts before gates: tensor of shape (rows, concepts)."""
        found: Tensor = rows @ self.encoding + self.bend(rows)
        return found

    def decode(self, concepts: Tensor) -> Tensor:
        """Rows from gated concepts: tensor of shape (rows, inputs)."""
        found: Tensor = concepts @ self.decoding + self.unbend(concepts)
        return found

    def openings(self) -> Tensor:
        """Probability that a gate is not 0: tensor of shape (classes, concepts)."""
        return torch.sigmoid(self.gates - TEMPERATURE * math.log(-LOW / HIGH))

    def forward(self, rows: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
        """Rows rebuilt, and their gated concepts; while learning gates and noise are drawn.

        Parameters
        ----------
        rows : tensor of shape (rows, inputs)
        classes : integer tensor of shape (rows,)
        """
        logits, concepts = self.gates[classes], self.encode(rows)
        if self.training:
            drawn = torch.rand_like(logits).clamp(1e-6, 1 - 1e-6)
            logits = (drawn.log() - (1 - drawn).log() + logits) / TEMPERATURE
            concepts = concepts + self.noise * torch.randn_like(concepts)
        gated = concepts * (torch.sigmoid(logits) * (HIGH - LOW) + LOW).clamp(0, 1)
        return self.decode(gated), gated
