"""The objective of clusters: neighbors alike, all clusters used, and optionally an energy model of the inputs."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

__all__ = ["cluster_loss", "log_density"]


def cluster_loss(
    logits: Tensor, neighbors: Tensor, *, invariance: float = 1.0, prior: float = 1.0, temperature: float = 1.0
) -> Tensor:
    """Loss of two batches of logits whose rows should be of the same clusters.

    ``invariance * E[CE(p(y|x), p(y|Tx)) + CE(p(y|Tx), p(y|x))] / 2 + prior * CE(uniform, mean_x p(y|x))``: a row and what it is
    changed to (an augmented picture, a neighbor) get the same cluster, surely so, and no cluster is left out.

    Parameters
    ----------
    logits, neighbors : tensors of shape (batch, clusters)
    invariance, prior : float
        Weights.
    temperature : float
        Divides the logits.

    References
    ----------
    E. Sansone, R. Manhaeve (2024), Unifying Self-Supervised Clustering and Energy-Based Models.

    >>> import torch
    >>> sure = torch.tensor([[9.0, 0.0], [0.0, 9.0]])
    >>> bool(cluster_loss(sure, sure) < cluster_loss(sure, sure.flip(0)))
    True
    """
    own, other = (functional.log_softmax(x / temperature, dim=1) for x in (logits, neighbors))
    crossed = -((own.exp() * other).sum(1) + (other.exp() * own).sum(1)).mean() / 2
    mean = (own.exp().mean(0) + other.exp().mean(0)) / 2
    return invariance * crossed - prior * mean.clamp_min(1e-8).log().mean()


def log_density(logits: Tensor) -> Tensor:
    """Unnormalized ``log p(x) = logsumexp_y f(x)_y`` of the same network read as an energy model, shape (batch,).

    References
    ----------
    W. Grathwohl et al. (2020), Your Classifier is Secretly an Energy Based Model and You Should Treat It Like One.
    """
    return logits.logsumexp(dim=1)
