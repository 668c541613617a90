"""A layer of symbols: chains of codes from a learned codebook, with gates that say which of them count."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from induce.errors import DataError

__all__ = ["Chain", "SymbolLayer"]

_KEPT = 0.99  # share of a running mean that is kept at each batch
_QUIET = 0.1  # uses below this running count (1 were an even share of a small batch) make a code dead
_SOFT = 1.0
_LEAST = 1e-4  # share of a class that a code is always granted, so that gradients stay


@dataclass(frozen=True)
class Chain:
    """What the layer says of a batch.

    Parameters
    ----------
    codes : integer tensor, shape (rows, length)
    gates : tensor, shape (rows, length)
        From 0 to 1; a symbol is active from 1/2 on. The first symbol always is.
    logits : tensor, shape (rows, outputs)
    loss : tensor
        Commitment, purity and sparsity, weighted.
    """

    codes: torch.Tensor
    gates: torch.Tensor
    logits: torch.Tensor
    loss: torch.Tensor

    @property
    def active(self) -> torch.Tensor:
        """Which symbols count, shape (rows, length)."""
        return self.gates >= 0.5


class SymbolLayer(nn.Module):
    """Features to a chain of symbols, and logits that are a sum over the active ones.

    At step ``t`` a vector ``z_t = V_t [h, q_1 + ... + q_(t-1)]`` is replaced by the nearest code ``q_t`` of a codebook, with the
    gradient passed straight through; a gate ``g_t = sigmoid(w_t . [h, q_1 + ... + q_(t-1)])`` decides whether it counts; logits are
    ``sum_t g_t U[code_t]``. In the forward pass gates are 0 or 1 once they are :attr:`crisp`, so that the answer is a function of
    the active symbols. Codes are running means of the vectors that chose them; dead ones are put where vectors are.

    The loss is ``commitment ||z - q||^2 + purity CE(y, sum_k p(k | z) p(y | k)) + sparsity mean(g) + balance (1 - H / log K)`` with
    ``p(k | z)`` a softmax of ``-||z - c_k||^2``, ``p(y | k)`` a running estimate, and ``H`` the entropy of the batch's mean ``p(k)``. These terms and their weights are a reconstruction: the text of the
    source at hand gave none.

    Parameters
    ----------
    inputs : int
        Length of the features.
    outputs : int
        Classes.
    codes : int
    dim : int
        Length of a code.
    length : int
        Symbols in a chain.
    commitment, purity, sparsity, balance : float
        Weights of the losses.

    References
    ----------
    A. van den Oord, O. Vinyals, K. Kavukcuoglu (2017), Neural Discrete Representation Learning. AI Mother Tongue (2025),
    Interpretable by AI Mother Tongue: Native Symbolic Reasoning in Neural Models.

    >>> layer = SymbolLayer(8, 3, codes=16, length=2)
    >>> said = layer(torch.zeros(5, 8), torch.zeros(5, dtype=torch.long))
    >>> said.codes.shape, said.logits.shape
    (torch.Size([5, 2]), torch.Size([5, 3]))
    """

    codebook: torch.Tensor
    uses: torch.Tensor
    sums: torch.Tensor
    classes: torch.Tensor

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        codes: int = 64,
        dim: int = 32,
        length: int = 3,
        commitment: float = 0.25,
        purity: float = 1.0,
        sparsity: float = 0.05,
        balance: float = 0.5,
    ) -> None:
        super().__init__()
        for name, value in (("codes", codes), ("dim", dim), ("length", length)):
            if value < 1:
                raise DataError(f"{name} must be at least 1, but it is {value!r}.")
        self.commitment, self.purity, self.sparsity, self.balance = commitment, purity, sparsity, balance
        self.crisp, self.learning = False, True
        self.speak = nn.ModuleList([nn.Linear(inputs + dim, dim) for _ in range(length)])
        self.gate = nn.ModuleList([nn.Linear(inputs + dim, 1) for _ in range(length)])
        self.readout = nn.Embedding(codes, outputs)
        nn.init.zeros_(self.readout.weight)
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.register_buffer("codebook", torch.randn(codes, dim))
        self.register_buffer("uses", torch.ones(codes))
        self.register_buffer("sums", self.codebook.clone())
        self.register_buffer("classes", torch.full((codes, outputs), 1.0 / outputs))

    def vectors(self, features: torch.Tensor, step: int, said: torch.Tensor) -> torch.Tensor:
        """``z_t``, shape (rows, dim)."""
        found: torch.Tensor = self.speak[step](torch.cat([features, said], dim=1))
        return found

    def forward(self, features: torch.Tensor, target: torch.Tensor | None = None) -> Chain:
        """Symbols, gates and logits of features of shape (rows, inputs); the loss too where classes are given."""
        rows = len(features)
        # copies, as the codebook moves before gradients are taken
        book, shares = self.codebook.clone(), self.classes.clone()
        said = features.new_zeros(rows, self.codebook.shape[1])
        codes, gates, spoken = [], [], []
        loss = features.new_zeros(())
        for step, gate in enumerate(self.gate):
            z = self.vectors(features, step, said)
            far = torch.cdist(z, book).square()
            code = far.argmin(dim=1)
            soft = torch.sigmoid(gate(torch.cat([features, said.detach()], dim=1))).squeeze(1)
            if step == 0:  # a decision without any symbol would have no reason
                soft = torch.ones_like(soft)
            hard = (soft >= 0.5).float()
            gates.append(hard + soft - soft.detach() if self.crisp else soft)
            quantized = book[code]
            if target is not None:
                loss = loss + self._losses(z, quantized, far, shares, target)
            said = said + z + (quantized - z).detach()
            codes.append(code)
            spoken.append(z)
        chosen, opened = torch.stack(codes, dim=1), torch.stack(gates, dim=1)
        near = torch.stack([torch.softmax(-torch.cdist(z, book).square() / _SOFT, dim=1) for z in spoken], dim=1)
        # straight through: the codes chosen in the forward pass, the soft choice in the backward pass
        choice = functional.one_hot(chosen, len(self.codebook)).float() + near - near.detach()
        logits = self.bias + (opened[:, :, None] * (choice @ self.readout.weight)).sum(dim=1)
        if target is not None:
            loss = loss / len(codes) + self.sparsity * opened.mean()
            if self.training and self.learning:
                self._learn(torch.cat(spoken).detach(), torch.cat(codes), target.repeat(len(codes)))
        return Chain(chosen, opened, logits, loss)

    def _losses(
        self, z: torch.Tensor, quantized: torch.Tensor, far: torch.Tensor, shares: torch.Tensor, target: torch.Tensor
    ) -> torch.Tensor:
        own = shares.clamp_min(_LEAST).log()[:, target].T
        pure = (torch.logsumexp(-far / _SOFT, dim=1) - torch.logsumexp(own - far / _SOFT, dim=1)).mean()
        mean = torch.softmax(-far / _SOFT, dim=1).mean(dim=0)
        even = 1 + (mean * mean.clamp_min(1e-9).log()).sum() / math.log(max(len(mean), 2))
        return self.commitment * functional.mse_loss(z, quantized) + self.purity * pure + self.balance * even

    @torch.no_grad()
    def _learn(self, z: torch.Tensor, codes: torch.Tensor, target: torch.Tensor) -> None:
        """Running means of the vectors and the classes of each code; codes that nothing chooses move to vectors of this batch."""
        chosen = functional.one_hot(codes, len(self.codebook)).float()
        self.uses.mul_(_KEPT).add_(chosen.sum(0), alpha=1 - _KEPT)
        self.sums.mul_(_KEPT).add_(chosen.T @ z, alpha=1 - _KEPT)
        wide = functional.one_hot(target, self.classes.shape[1]).float()
        counts = chosen.sum(0)
        shares = (chosen.T @ wide) / counts.clamp_min(1)[:, None]
        weight = (1 - _KEPT**counts)[:, None]
        self.classes.add_(weight * (shares - self.classes))
        self.codebook.copy_(self.sums / self.uses.clamp_min(1e-3)[:, None])
        dead = (self.uses < _QUIET * len(z) / len(self.codebook)).nonzero().squeeze(1)
        if len(dead):
            # where vectors are far from their codes a new one helps most
            lost = (z - self.codebook[codes]).square().sum(1) + 1e-9
            drawn = torch.multinomial(lost, min(len(dead), len(z)))
            dead = dead[: len(drawn)]
            self._put(dead, z[drawn], wide[drawn], len(z) / len(self.codebook))

    def _put(self, places: torch.Tensor, vectors: torch.Tensor, shares: torch.Tensor, uses: float) -> None:
        self.codebook[places] = vectors
        self.uses[places] = uses
        self.sums[places] = uses * vectors
        self.classes[places] = 0.9 * shares + 0.1 / shares.shape[1]
        self.readout.weight.data[places] = 0.0

    @torch.no_grad()
    def begin(self, features: torch.Tensor, target: torch.Tensor, seed: int = 0) -> None:
        """Put codes at the centers of clusters of the vectors of these features, as many for each class."""
        from sklearn.cluster import KMeans

        with torch.no_grad():  # every step begins by saying the same, and learns to say more
            first, *others = list(self.speak)
            assert isinstance(first, nn.Linear)
            first.weight[:, features.shape[1] :] = 0.0
            for other in others:
                other.load_state_dict(first.state_dict())
        z = self.vectors(features, 0, features.new_zeros(len(features), self.codebook.shape[1]))
        outputs = self.classes.shape[1]
        found, own = [], []
        for k in range(outputs):
            rows = z[target == k].double().numpy()
            wanted = len(self.codebook) // outputs + (k < len(self.codebook) % outputs)
            if wanted and len(rows):
                centers = KMeans(min(wanted, len(rows)), n_init=1, random_state=seed).fit(rows).cluster_centers_
                found.append(torch.as_tensor(centers, dtype=z.dtype))
                own += [k] * len(centers)
        centers = torch.cat(found)
        shares = functional.one_hot(torch.tensor(own), outputs).float()
        self._put(torch.arange(len(centers)), centers, shares, len(features) / len(self.codebook))

    def perplexity(self, codes: torch.Tensor) -> float:
        """``exp(-sum_k p_k log p_k)`` of the shares of the codes: how many are in use, in effect."""
        share = torch.bincount(codes.reshape(-1), minlength=len(self.codebook)).double()
        share = share / share.sum().clamp_min(1)
        return float(torch.exp(-(share * share.clamp_min(1e-12).log()).sum()))
