"""Concept layers: features to degrees of named concepts, and reasoners that answer from concepts by rules."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from induce.errors import DataError

__all__ = ["ConceptEmbedding", "ConceptMemory", "DeepConceptReasoner"]

_TINY = 1e-6
_LEAST = 1e-3
"""Truth that a broken literal keeps in a logarithm: a class whose rules all break can still learn."""


def _log(truth: Tensor) -> Tensor:
    return (truth * (1 - _LEAST) + _LEAST).log()


class ConceptEmbedding(nn.Module):
    """Features to a degree and a vector of each concept.

    ``e_i = p_i c+_i + (1 - p_i) c-_i`` with contexts ``c+_i, c-_i = LeakyReLU(W_i h)`` and ``p_i = sigmoid(scorer([c+_i, c-_i]))``,
    one scorer for all concepts. While training, each degree is replaced by its label with probability ``mixing`` (RandInt), so
    that the reasoner learns to trust concepts that a person sets.

    Parameters
    ----------
    features : int
        Length of the feature vector.
    concepts : int
    size : int
        Length of a concept's vector.
    mixing : float
        Probability that a degree is replaced by its label while training.

    References
    ----------
    M. Espinosa Zarlenga et al. (2022), Concept Embedding Models: Beyond the Accuracy-Explainability Trade-Off.

    >>> vectors, degrees = ConceptEmbedding(4, 3, 8)(torch.zeros(5, 4))
    >>> vectors.shape, degrees.shape
    (torch.Size([5, 3, 8]), torch.Size([5, 3]))
    """

    def __init__(self, features: int, concepts: int, size: int = 8, *, mixing: float = 0.25) -> None:
        super().__init__()
        self.concepts, self.size, self.mixing = concepts, size, mixing
        self.contexts = nn.Linear(features, concepts * 2 * size)
        self.scorer = nn.Linear(2 * size, 1)

    def forward(
        self,
        features: Tensor,
        *,
        degrees: Tensor | None = None,
        labels: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Vectors and degrees.

        Parameters
        ----------
        features : tensor of shape (batch, features)
        degrees : tensor of shape (batch, concepts), optional
            Degrees that are set from outside; NaN where the net's own is taken.
        labels : tensor of shape (batch, concepts), optional
            True degrees while training; NaN where unlabeled.
        generator : torch.Generator, optional
            Of the choice which degrees are replaced.

        Returns
        -------
        (tensor of shape (batch, concepts, size), tensor of shape (batch, concepts))
            The degrees are the net's own, or those set from outside; never the labels.
        """
        contexts = functional.leaky_relu(self.contexts(features)).reshape(-1, self.concepts, 2 * self.size)
        found = torch.sigmoid(self.scorer(contexts).squeeze(-1))
        if degrees is not None:
            found = torch.where(degrees.isnan(), found, degrees.nan_to_num().to(found))
        used = found
        if labels is not None and self.training:
            taken = torch.rand(found.shape, generator=generator) < self.mixing
            used = torch.where(taken & ~labels.isnan(), labels.nan_to_num(), found)
        weight = used.unsqueeze(-1)
        return weight * contexts[..., : self.size] + (1 - weight) * contexts[..., self.size :], found


class DeepConceptReasoner(nn.Module):
    """One rule for every row and class: a net writes it, its truth on the concepts is the answer.

    For concept i and class j: polarity ``s_ij = sigmoid(MLP_s(e_i))_j``, relevance
    ``r_ij = sigmoid(z_ij - tau * mean_i z_ij)`` with ``z = log_softmax_i MLP_r(e_i)_j``, and
    ``y_j = AND_i [NOT r_ij OR (s_ij <-> p_i)]`` under the product or the Godel t-norm. A literal is in the rule when
    ``1 - r_ij < (s_ij <-> p_i)``; its sign is ``s_ij >= 0.5``.

    Parameters
    ----------
    size : int
        Length of a concept's vector.
    classes : int
    temperature : float
        The largest ``tau``; at 1 an average concept is half relevant, at 100 all are. :meth:`warm` raises it from 1, since a
        large one at the start saturates the relevance.
    t_norm : {"product", "godel"}

    References
    ----------
    P. Barbiero et al. (2023), Interpretable Neural-Symbolic Concept Reasoning.

    >>> DeepConceptReasoner(8, 2)(torch.zeros(5, 3, 8), torch.ones(5, 3)).shape
    torch.Size([5, 2])
    """

    def __init__(self, size: int, classes: int, *, temperature: float = 10.0, t_norm: str = "product") -> None:
        super().__init__()
        if t_norm not in ("product", "godel"):
            raise DataError(f"t_norm must be 'product' or 'godel', but it is {t_norm!r}. 'product' is usual.")
        self.t_norm, self.largest, self.temperature = t_norm, temperature, temperature
        self.polarity = nn.Sequential(nn.Linear(size, size), nn.LeakyReLU(), nn.Linear(size, classes))
        self.relevance = nn.Sequential(nn.Linear(size, size), nn.LeakyReLU(), nn.Linear(size, classes))

    def warm(self, progress: float) -> None:
        """Set the temperature from the share of training done: from 1 to the largest over the first half."""
        self.temperature = self.largest ** min(1.0, 2 * progress)

    def reasons(self, vectors: Tensor) -> tuple[Tensor, Tensor]:
        """Polarity and relevance, both of shape (batch, concepts, classes)."""
        scores = functional.log_softmax(self.relevance(vectors), dim=1)
        relevance = torch.sigmoid(scores - self.temperature * scores.mean(dim=1, keepdim=True))
        return torch.sigmoid(self.polarity(vectors)), relevance

    def forward(self, vectors: Tensor, degrees: Tensor) -> Tensor:
        """Degrees of the classes, shape (batch, classes), from vectors (batch, concepts, size) and degrees (batch, concepts)."""
        return self.log_degrees(vectors, degrees).exp()

    def log_degrees(self, vectors: Tensor, degrees: Tensor) -> Tensor:
        """Logarithms of :meth:`forward`, whose gradients do not vanish."""
        polarity, relevance = self.reasons(vectors)
        agrees = self.agreement(polarity, degrees)
        if self.t_norm == "godel":
            return _log(torch.maximum(1 - relevance, agrees).amin(dim=1))
        return _log(1 - relevance * (1 - agrees)).sum(dim=1)

    def agreement(self, polarity: Tensor, degrees: Tensor) -> Tensor:
        """``s <-> p``, that is ``(NOT s OR p) AND (s OR NOT p)``, shape (batch, concepts, classes)."""
        p = degrees.unsqueeze(-1)
        if self.t_norm == "godel":
            return torch.minimum(torch.maximum(1 - polarity, p), torch.maximum(polarity, 1 - p))
        return (1 - polarity * (1 - p)) * (1 - (1 - polarity) * p)

    def literals(self, vectors: Tensor, degrees: Tensor) -> Tensor:
        """The rule of every row and class: 1, -1 or 0 for a concept asked for, asked against, not asked; like the polarity."""
        polarity, relevance = self.reasons(vectors)
        present = 1 - relevance < self.agreement(polarity, degrees)
        return torch.where(present, torch.where(polarity >= 0.5, 1, -1), 0).to(torch.int8)


class ConceptMemory(nn.Module):
    """A memory of rules that all rows share, and a net that selects among them.

    Rule k of class j has for concept i the roles positive, negative, irrelevant with probabilities ``(a, b, g)``, a softmax. Its
    truth is ``prod_i [g + p_i a + (1 - p_i) b]``, and ``y_j = sum_k P(k | e, j) truth_jk``. Where y_j is 1, the likelihood also
    has the prototypicality ``prod_i t_i``, ``t_i = g / 2 + a`` where the concept holds and ``1 - (g / 2 + a)`` where not: rules look
    like the rows that they are selected for.

    Parameters
    ----------
    size : int
        Length of a concept's vector.
    concepts, classes : int
    rules : int
        Rules of a class.

    References
    ----------
    D. Debot et al. (2024), Interpretable Concept-Based Memory Reasoning.

    >>> ConceptMemory(8, 3, 2, rules=4)(torch.zeros(5, 3, 8), torch.ones(5, 3)).shape
    torch.Size([5, 2])
    """

    def __init__(self, size: int, concepts: int, classes: int, *, rules: int = 4) -> None:
        super().__init__()
        self.classes, self.rules = classes, rules
        start = torch.tensor(
            [0.0, 0.0, 1.0 + torch.log(torch.tensor(float(concepts)))]
        )  # else long products would begin at 0
        self.roles = nn.Parameter(torch.randn(classes, rules, concepts, 3) * 0.5 + start)
        self.selector = nn.Linear(size * concepts, classes * rules)

    def role_probabilities(self) -> Tensor:
        """Shape (classes, rules, concepts, 3): positive, negative, irrelevant."""
        return self.roles.softmax(dim=-1)

    def log_truths(self, degrees: Tensor) -> Tensor:
        """Logarithm of the truth of every rule on every row, shape (batch, classes, rules)."""
        positive, negative, irrelevant = self.role_probabilities().unbind(-1)
        slope, least = positive - negative, irrelevant + negative
        return _log(least + degrees[:, None, None, :] * slope).sum(-1)

    def log_selection(self, vectors: Tensor) -> Tensor:
        """Logarithm of the probability that each rule of a class is selected, shape (batch, classes, rules)."""
        logits: Tensor = self.selector(vectors.flatten(1))
        return logits.reshape(-1, self.classes, self.rules).log_softmax(dim=-1)

    def forward(self, vectors: Tensor, degrees: Tensor) -> Tensor:
        """Degrees of the classes, shape (batch, classes), from vectors (batch, concepts, size) and degrees (batch, concepts)."""
        return (self.log_selection(vectors) + self.log_truths(degrees)).logsumexp(-1).exp()

    def log_likeness(self, degrees: Tensor) -> Tensor:
        """How much each rule looks like each row: the mean over concepts of ``log t_i``, shape (batch, classes, rules)."""
        positive, _, irrelevant = self.role_probabilities().unbind(-1)
        like = (irrelevant / 2 + positive).clamp(_TINY, 1 - _TINY)
        yes, no = (
            like.log().flatten(0, 1).T,
            (1 - like).log().flatten(0, 1).T,
        )  # a matrix product in place of a sum over roles
        found = (degrees @ yes + (1 - degrees) @ no) / degrees.shape[-1]
        return found.reshape(-1, self.classes, self.rules)

    def literal_count(self) -> Tensor:
        """Expected number of literals of all rules, a number."""
        return (1 - self.role_probabilities()[..., 2]).sum()

    def literals(self) -> Tensor:
        """The likeliest role of every concept in every rule: 1, -1 or 0, shape (classes, rules, concepts)."""
        place = self.role_probabilities().argmax(-1)
        return torch.tensor([1, -1, 0], dtype=torch.int8, device=place.device)[place]
