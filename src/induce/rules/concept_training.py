"""How the network of a concept model learns: its parts and its losses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from induce.errors import DataError
from induce.nets.concepts import ConceptEmbedding, ConceptMemory, DeepConceptReasoner
from induce.nets.messages import perceptron

__all__ = ["ConceptNetwork", "Schedule", "train_concepts"]

WEIGHT_OF_CLASSES = 0.5
"""Weight of the classes in the loss beside the concepts' (P. Barbiero et al. 2023)."""
WEIGHT_OF_LIKENESS = 0.1
"""Exponent of the prototypicality in the likelihood of a memory."""
_TINY = 1e-6


class TableEncoder(nn.Module):
    """Columns, centred and scaled, with a squashed copy of each, through one hidden layer."""

    def __init__(self, center: NDArray[Any], scale: NDArray[Any], width: int) -> None:
        super().__init__()
        self.register_buffer("center", torch.as_tensor(center))
        self.register_buffer("scale", torch.as_tensor(scale))
        self.layers = nn.Sequential(perceptron(2 * len(center), (width,), width), nn.LeakyReLU())

    def forward(self, rows: Tensor) -> Tensor:
        scaled = ((rows - self.center) / self.scale).clamp(-1e4, 1e4)  # type: ignore[operator]
        found: Tensor = self.layers(torch.cat([scaled.clamp(-5, 5), torch.tanh(scaled)], dim=1))
        return found


class ConceptNetwork(nn.Module):
    """Encoder, concept embedding and reasoner.

    Parameters
    ----------
    encoder : Module
    embedding : ConceptEmbedding
    reasoner : Module
        ``DeepConceptReasoner``, ``ConceptMemory``, or ``Linear`` on the vectors.
    cuts : (centers, scales) of shape (concepts,), optional
        Where the inputs are the concepts themselves: ``degree = sigmoid((x - center) / scale)``, both learned.
    """

    def __init__(
        self,
        encoder: nn.Module,
        embedding: ConceptEmbedding,
        reasoner: nn.Module,
        cuts: tuple[Tensor, Tensor] | None = None,
    ) -> None:
        super().__init__()
        self.encoder, self.embedding, self.reasoner = encoder, embedding, reasoner
        self.centers = nn.Parameter(cuts[0]) if cuts is not None else None
        self.log_scales = nn.Parameter(cuts[1].log()) if cuts is not None else None

    def cut(self, values: Tensor) -> Tensor:
        """Degrees of values in the units of the columns; NaN stays NaN."""
        assert self.centers is not None
        assert self.log_scales is not None
        return torch.sigmoid(((values - self.centers) / self.log_scales.exp()).clamp(-60, 60))

    def parts(self, inputs: Tensor, **how: Any) -> tuple[Tensor, Tensor]:
        """Vectors and degrees of the concepts; see :class:`~induce.nets.ConceptEmbedding`."""
        if self.centers is not None:
            own = self.cut(inputs)
            set_to = how.pop("degrees", None)
            how["degrees"] = own if set_to is None else torch.where(set_to.isnan(), own, set_to)
        found: tuple[Tensor, Tensor] = self.embedding(self.encoder(inputs), **how)
        return found

    def classes(self, vectors: Tensor, degrees: Tensor) -> Tensor:
        """Degrees of the classes, shape (batch, classes)."""
        if isinstance(self.reasoner, nn.Linear):
            return torch.sigmoid(self.reasoner(vectors.flatten(1)))
        found: Tensor = self.reasoner(vectors, degrees)
        return found

    def forward(self, inputs: Tensor, degrees: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Degrees of the classes and of the concepts."""
        vectors, own = self.parts(inputs, degrees=degrees)
        return self.classes(vectors, own), own


@dataclass(frozen=True)
class Schedule:
    """How long and how fast a network learns."""

    steps: int
    batch_size: int
    rate: float
    parsimony: float
    seed: int


def class_loss(network: ConceptNetwork, vectors: Tensor, degrees: Tensor, target: Tensor) -> Tensor:
    """Binary cross-entropy of the classes; a memory's rules must also look like the rows that they are selected for."""
    truth = functional.one_hot(target, _outputs(network)).to(vectors.dtype)
    reasoner = network.reasoner
    if isinstance(reasoner, nn.Linear):
        scores = reasoner(vectors.flatten(1))
        return functional.binary_cross_entropy_with_logits(scores, truth)
    if isinstance(reasoner, ConceptMemory):
        held = reasoner.log_selection(vectors) + reasoner.log_truths(degrees)
        found = held.logsumexp(-1)
        right = (held + WEIGHT_OF_LIKENESS * reasoner.log_likeness(degrees)).logsumexp(-1)
    else:
        found = right = reasoner.log_degrees(vectors, degrees)  # type: ignore[operator]
    wrong = torch.log1p(-found.exp().clamp_max(1 - _TINY))
    loss: Tensor = -(truth * right + (1 - truth) * wrong).mean()
    return loss


def _outputs(network: ConceptNetwork) -> int:
    reasoner = network.reasoner
    if isinstance(reasoner, nn.Linear):
        return reasoner.out_features
    if isinstance(reasoner, ConceptMemory):
        return reasoner.classes
    assert isinstance(reasoner, DeepConceptReasoner)
    return int(reasoner.relevance[-1].out_features)  # type: ignore[arg-type]


def train_concepts(
    network: ConceptNetwork,
    inputs: Tensor,
    target: Tensor,
    labels: Tensor | None,
    schedule: Schedule,
) -> None:
    """Adam under one cycle of learning rates.

    Minimises ``BCE(p, c) + 0.5 BCE(y, t) + parsimony * literals``. Labels of concepts may be NaN.

    Raises
    ------
    DataError
        For degrees that are no numbers any more, where the rate is too large.
    """
    generator = torch.Generator().manual_seed(schedule.seed)
    optimizer = torch.optim.AdamW(network.parameters(), lr=schedule.rate, weight_decay=1e-2, fused=True)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, schedule.rate, total_steps=schedule.steps + 1)
    network.train()
    order: list[Tensor] = []
    for step in range(schedule.steps):
        if isinstance(network.reasoner, DeepConceptReasoner):
            network.reasoner.warm(step / schedule.steps)
        if not order:
            order = list(torch.randperm(len(inputs), generator=generator).split(schedule.batch_size))  # type: ignore[no-untyped-call]
        rows = order.pop()
        optimizer.zero_grad()
        known = None if labels is None else labels[rows]
        vectors, degrees = network.parts(inputs[rows], labels=known, generator=generator)
        if not bool(degrees.isfinite().all()):
            raise DataError(
                f"learning went astray with rate={schedule.rate:g}: the degrees of the concepts are no numbers any more in step "
                f"{step} of {schedule.steps}. Try rate={schedule.rate / 10:g}."
            )
        loss = WEIGHT_OF_CLASSES * class_loss(network, vectors, degrees, target[rows])
        loss = loss + _beside(network, degrees, known, schedule)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        cycle.step()
    network.eval()


def _beside(network: ConceptNetwork, degrees: Tensor, labels: Tensor | None, schedule: Schedule) -> Tensor:
    """The loss of the concepts, and of the literals of a memory."""
    loss = degrees.new_zeros(())
    if labels is not None:
        known = ~labels.isnan()
        if known.any():
            loss = functional.binary_cross_entropy(degrees[known].clamp(_TINY, 1 - _TINY), labels[known])
    if isinstance(network.reasoner, ConceptMemory):
        memory = network.reasoner
        loss = loss + schedule.parsimony * memory.literal_count() / (memory.classes * memory.rules)
    return loss


def spread_of(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Mean and standard deviation of each column; 1 where a column is constant."""
    numbers = np.asarray(values, dtype=np.float64)
    scale = numbers.std(axis=0)
    return numbers.mean(axis=0), np.where(scale > 0, scale, 1.0)
