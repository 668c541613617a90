"""Message passing between all pairs of a set: what one sends to another, summed, decides what happens to it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from induce.errors import DataError

__all__ = ["MessageNetwork", "perceptron"]


def perceptron(inputs: int, hidden: Sequence[int], outputs: int) -> nn.Sequential:
    """Linear layers with SiLU between them.

    >>> [tuple(p.shape) for p in perceptron(3, (8,), 2).parameters()]
    [(8, 3), (8,), (2, 8), (2,)]
    """
    layers: list[nn.Module] = []
    for width in hidden:
        layers += [nn.Linear(inputs, width), nn.SiLU()]
        inputs = width
    return nn.Sequential(*layers, nn.Linear(inputs, outputs))


class MessageNetwork(nn.Module):
    """``out_i = node(v_i, sum_j edge(e_ij))`` over all other members ``j`` of a set.

    Parameters
    ----------
    edge : Module
        From features of an ordered pair, shape (..., features), to a message, shape (..., messages). A bottleneck of as
        many messages as there are dimensions, or an L1 penalty on :attr:`messages`, makes it a linear map of the force.
    node : Module
        From node features and summed messages, concatenated, to the output.
    swap : sequence of (place, sign), optional
        How features of a pair become those of the reversed pair: output ``k`` is ``sign * feature[place]``. When given,
        messages are made antisymmetric, ``edge(e_ij) - edge(e_ji)``: action equals reaction. Without it a message may be
        multiplied by anything that the node network knows and can divide by, such as the receiver's mass.

    Shapes
    ------
    pairs (batch, n, n - 1, features), nodes (batch, n, node features) -> (batch, n, outputs). ``pairs[:, i, k]`` is what
    body ``i`` receives from the ``k``-th other body.

    References
    ----------
    P. Battaglia et al. (2018), Relational inductive biases, deep learning, and graph networks. M. Cranmer et al. (2020),
    Discovering Symbolic Models from Deep Learning with Inductive Biases.

    >>> net = MessageNetwork(perceptron(3, (8,), 2), perceptron(1 + 2, (8,), 2))
    >>> net(torch.zeros(10, 4, 3, 3), torch.zeros(10, 4, 1)).shape
    torch.Size([10, 4, 2])
    """

    places: torch.Tensor | None
    signs: torch.Tensor | None

    def __init__(self, edge: nn.Module, node: nn.Module, *, swap: Sequence[tuple[int, float]] | None = None) -> None:
        super().__init__()
        self.edge = edge
        self.node = node
        self.register_buffer("places", None if swap is None else torch.tensor([place for place, _ in swap]))
        self.register_buffer("signs", None if swap is None else torch.tensor([float(sign) for _, sign in swap]))

    def messages(self, pairs: torch.Tensor) -> torch.Tensor:
        """Messages of pairs, shape (..., features) -> (..., messages); antisymmetric if so asked."""
        sent: torch.Tensor = self.edge(pairs)
        if self.places is None or self.signs is None:
            return sent
        back: torch.Tensor = self.edge(pairs[..., self.places] * self.signs.to(pairs.dtype))
        return 0.5 * (sent - back)

    def forward(self, pairs: torch.Tensor, nodes: torch.Tensor) -> torch.Tensor:
        """The output of every node."""
        return self.outputs(self.all_messages(pairs), nodes)

    def outputs(self, messages: torch.Tensor, nodes: torch.Tensor) -> torch.Tensor:
        """The node network on summed messages."""
        out: torch.Tensor = self.node(torch.cat([nodes, messages.sum(-2)], dim=-1))
        return out

    def all_messages(self, pairs: torch.Tensor) -> torch.Tensor:
        """Messages of all ordered pairs of a set; as :meth:`messages`, at half the cost when antisymmetric."""
        n, others = pairs.shape[-3:-1]
        if others != n - 1:
            raise DataError(
                f"pairs must have shape (batch, n, n - 1, features), but it is {tuple(pairs.shape)}: "
                f"{n} bodies have {n - 1} others each, not {others}."
            )
        sent: torch.Tensor = self.edge(pairs)
        if self.places is None:
            return sent
        flat = sent.flatten(-3, -2)
        return (0.5 * (flat - flat[..., reversed_pairs(n).to(flat.device), :])).view(sent.shape)


def reversed_pairs(n: int) -> torch.Tensor:
    """For every ordered pair of ``n`` members, in the order of ``pairs``, the place of the reversed pair.

    >>> reversed_pairs(3).tolist()
    [2, 4, 0, 5, 1, 3]
    """
    ordered = [(i, j) for i in range(n) for j in range(n) if i != j]
    place = {pair: k for k, pair in enumerate(ordered)}
    return torch.tensor([place[j, i] for i, j in ordered])
