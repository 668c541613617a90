"""Networks on graphs by sparse products, and fuzzy rules over descriptors of nodes that gate them."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional

from induce.errors import DataError, did_you_mean

__all__ = ["FuzzyRules", "GraphNetwork", "RuleGate", "RuledGraphNetwork", "propagation"]

KINDS = ("gcn", "gin")
_GENTLEST, _SHARPEST = 1.0, 30.0  # bounds of the sharpness, for each standard deviation of a descriptor
_FARTHEST = 3.0  # standard deviations of a threshold from the mean


def propagation(edges: torch.Tensor, nodes: int, kind: str = "gcn") -> torch.Tensor:
    """The sparse matrix that carries messages.

    ``gcn``: ``D^-1/2 (A + I) D^-1/2`` with ``D`` the degrees of ``A + I``; ``gin``: ``A + I``, a sum over neighbors and the node.

    Parameters
    ----------
    edges : integer tensor, shape (2, edges)
        Both directions of every edge, no loops.
    nodes : int
    kind : {"gcn", "gin"}

    Raises
    ------
    DataError
        For another kind.

    References
    ----------
    T. Kipf, M. Welling (2017), Semi-Supervised Classification with Graph Convolutional Networks. K. Xu et al. (2019), How Powerful
    are Graph Neural Networks?

    >>> propagation(torch.tensor([[0, 1], [1, 0]]), 2).to_dense().tolist()
    [[0.5, 0.5], [0.5, 0.5]]
    """
    if kind not in KINDS:
        raise DataError(f"unknown kind of network {kind!r}.{did_you_mean(str(kind), KINDS)} Known: {', '.join(KINDS)}.")
    own = torch.arange(nodes)
    rows, columns = torch.cat([edges[0], own]), torch.cat([edges[1], own])
    degree = torch.bincount(rows, minlength=nodes).float()
    values = torch.ones(len(rows)) if kind == "gin" else (degree[rows] * degree[columns]).rsqrt()
    return torch.sparse_coo_tensor(
        torch.stack([rows, columns]), values, (nodes, nodes), check_invariants=True
    ).coalesce()


class GraphNetwork(nn.Module):
    """Two rounds of messages: features of nodes to embeddings of nodes.

    ``gcn``: ``h <- relu(P h W)``; ``gin``: ``h <- relu(MLP(P h))``, with ``P`` of :func:`propagation`.

    Parameters
    ----------
    inputs : int
        Features of a node.
    hidden : int
        Length of an embedding.
    kind : {"gcn", "gin"}
    dropout : float

    >>> net = GraphNetwork(3, 8)
    >>> net(torch.zeros(2, 3), propagation(torch.tensor([[0, 1], [1, 0]]), 2)).shape
    torch.Size([2, 8])
    """

    def __init__(self, inputs: int, hidden: int, kind: str = "gcn", dropout: float = 0.5) -> None:
        super().__init__()
        self.kind, self.dropout = kind, dropout
        widths = [inputs, hidden, hidden]
        made: list[nn.Module] = []
        for before, after in pairwise(widths):
            one = nn.Linear(before, after)
            # messages of a sum grow with the degree, so that they are normalized before they go on
            made.append(
                one if kind == "gcn" else nn.Sequential(one, nn.LayerNorm(after), nn.ReLU(), nn.Linear(after, after))
            )
        self.rounds = nn.ModuleList(made)

    def forward(self, features: torch.Tensor, matrix: torch.Tensor) -> torch.Tensor:
        """Embeddings, shape (nodes, hidden), from features (nodes, inputs) and the matrix of :func:`propagation`."""
        h = features
        for layer in self.rounds:
            h = functional.dropout(h, self.dropout, self.training)
            h = layer(torch.sparse.mm(matrix, h)) if self.kind == "gin" else torch.sparse.mm(matrix, layer(h))
            h = functional.relu(h)
        return h


class FuzzyRules(nn.Module):
    """``r_i(u) = sigmoid(alpha_i (f_i(u) - theta_i))``: soft thresholds on descriptors, one for each column.

    Columns are standardized inside; :attr:`thresholds` and :attr:`sharpness` are in the units of the columns. Where a
    descriptor is missing (NaN), the degree is 1/2.

    Parameters
    ----------
    center, scale : tensors, shape (columns,)
        Mean and standard deviation of each column.
    start : tensor, shape (columns,), optional
        Thresholds to begin with; the centers by default.

    >>> rules = FuzzyRules(torch.tensor([5.0]), torch.tensor([2.0]))
    >>> rules(torch.tensor([[5.0], [9.0], [float("nan")]])).squeeze(1) > 0.5
    tensor([False,  True, False])
    """

    center: torch.Tensor
    scale: torch.Tensor

    def __init__(self, center: torch.Tensor, scale: torch.Tensor, start: torch.Tensor | None = None) -> None:
        super().__init__()
        self.register_buffer("center", center)
        self.register_buffer("scale", scale)
        begun = torch.zeros_like(center) if start is None else (start - center) / scale
        self.place = nn.Parameter(torch.atanh((begun / _FARTHEST).clamp(-0.99, 0.99)))
        self.steep = nn.Parameter(torch.full_like(center, -4.0))

    @property
    def thresholds(self) -> torch.Tensor:
        """``theta``, shape (columns,), in units of the columns."""
        return (self.center + self.scale * self._theta()).detach()

    @property
    def sharpness(self) -> torch.Tensor:
        """``alpha``, shape (columns,), per unit of the columns."""
        return (self._alpha() / self.scale).detach()

    def _theta(self) -> torch.Tensor:
        # beyond all values a threshold would not come back
        return _FARTHEST * torch.tanh(self.place)

    def _alpha(self) -> torch.Tensor:
        # a sharper rule is flat nearly everywhere and a gentler one says nothing: neither threshold could move any more
        return _GENTLEST + (_SHARPEST - _GENTLEST) * torch.sigmoid(self.steep)

    def forward(self, descriptors: torch.Tensor) -> torch.Tensor:
        """Degrees of the rules, shape (nodes, columns)."""
        known = ~torch.isnan(descriptors)
        plain = torch.where(known, descriptors, self.center)
        degrees = torch.sigmoid(self._alpha() * ((plain - self.center) / self.scale - self._theta()))
        return torch.where(known, degrees, torch.full_like(degrees, 0.5))


class RuleGate(nn.Module):
    """``h' = g * h + (1 - g) * W_r r`` with ``g = sigmoid(W [h, r])``: embeddings give way to rules, as far as a gate lets them.

    Parameters
    ----------
    hidden : int
        Length of an embedding.
    rules : int

    References
    ----------
    FireGNN: Neuro-Symbolic Graph Neural Networks with Trainable Fuzzy Rules (2025).

    >>> RuleGate(8, 3)(torch.zeros(2, 8), torch.zeros(2, 3)).shape
    torch.Size([2, 8])
    """

    def __init__(self, hidden: int, rules: int) -> None:
        super().__init__()
        self.gate = nn.Linear(hidden + rules, hidden)
        self.lift = nn.Linear(rules, hidden)

    def forward(self, embeddings: torch.Tensor, degrees: torch.Tensor) -> torch.Tensor:
        """Fused embeddings, shape (nodes, hidden)."""
        share = torch.sigmoid(self.gate(torch.cat([embeddings, degrees], dim=1)))
        fused: torch.Tensor = share * embeddings + (1 - share) * self.lift(degrees)
        return fused


class RuledGraphNetwork(nn.Module):
    """A network on a graph with fuzzy rules as a gate, beside its head, or alone.

    Parameters
    ----------
    network : GraphNetwork or None
        None: the rules alone.
    rules : FuzzyRules or None
        None: the network alone.
    hidden, outputs : int
    mode : {"gate", "head", "alone", "plain"}
        gate: :class:`RuleGate`; head: logits are linear in embeddings and degrees side by side; alone: linear in degrees; plain:
        linear in embeddings.
    """

    def __init__(
        self, network: GraphNetwork | None, rules: FuzzyRules | None, hidden: int, outputs: int, mode: str = "gate"
    ) -> None:
        super().__init__()
        count = 0 if rules is None else len(rules.center)
        self.network, self.rules, self.mode = network, rules, mode
        self.gate = RuleGate(hidden, count) if mode == "gate" else None
        widths = {"gate": hidden, "plain": hidden, "head": hidden + count, "alone": count}
        self.readout = nn.Linear(widths[mode], outputs)
        if mode == "alone":  # thresholds that begin at the best splits are not to be driven away by drawn weights
            nn.init.zeros_(self.readout.weight)
            nn.init.zeros_(self.readout.bias)

    def forward(self, features: torch.Tensor, matrix: torch.Tensor, descriptors: torch.Tensor) -> torch.Tensor:
        """Logits, shape (nodes, outputs)."""
        found = []
        if self.network is not None:
            found.append(self.network(features, matrix))
        if self.rules is not None:
            found.append(self.rules(descriptors))
        joined = self.gate(*found) if self.gate is not None else torch.cat(found, dim=1)
        logits: torch.Tensor = self.readout(joined)
        return logits
