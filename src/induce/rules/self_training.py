"""Self-training on a label tree: a slow teacher labels what is unlabeled, and diagnosis repairs what breaks the rules."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from induce.errors import DataError
from induce.rules.decoding import decode, leaf_probabilities, node_axis
from induce.rules.diagnosis import revise
from induce.rules.hierarchy import Hierarchy
from induce.rules.hierarchy_loss import ramp

__all__ = ["PseudoLabels", "SelfTraining"]


@dataclass(frozen=True, eq=False)
class PseudoLabels:
    """What a teacher says of unlabeled inputs.

    Parameters
    ----------
    leaves : Tensor of int64
        Place of the leaf among ``hierarchy.leaves`` at every position: shape of the outputs without the nodes.
    weights : Tensor
        How much each position counts: 0 where it is not kept, less than 1 where the diagnosis was ambiguous.
    confidence : Tensor
        What the kept positions are chosen by.
    revised : Tensor of bool
        Positions whose labels broke a rule.
    """

    leaves: torch.Tensor
    weights: torch.Tensor
    confidence: torch.Tensor
    revised: torch.Tensor


class SelfTraining:
    """Train a network of node logits on few labels and many unlabeled inputs: rows, pixels or nodes of graphs.

    A teacher, the moving average of the network, gives degrees of all nodes of the tree. Each level by itself says a label;
    where these break rules, the likeliest minimal diagnosis (:func:`induce.rules.revise`) says which to revise, and its
    likelihood is the weight of the position. The most confident share of the positions is learned from.

    Parameters
    ----------
    model : Module
        From inputs to logits of shape (..., nodes) or (batch, nodes, height, width). It is trained in place.
    hierarchy : Hierarchy
    diagnose : bool
        False is plain confidence thresholding: the best leaf by its own degree.
    coverage : float
        Share of the positions that is kept.
    weight : float
        Weight of the loss on pseudo-labels.
    momentum : float
        Share of the teacher that stays at each step.
    activation : {"levels", "sigmoid"}
    base : {"bce", "cross-entropy", "focal", "asymmetric"}
        See :func:`induce.rules.hierarchy_loss.loss_terms`.
    rate : float
        Learning rate of Adam, under one cycle.
    batch_size : int
        Labeled inputs, and as many unlabeled ones, of a step.
    augment : callable, optional
        ``augment(inputs, targets, weights, generator)`` gives the three again, changed alike.
    seed : int

    References
    ----------
    C. Liang, W. Wang, J. Miao, Y. Yang (2023), Logic-induced Diagnostic Reasoning for Semi-supervised Semantic Segmentation.
    A. Tarvainen, H. Valpola (2017), Mean teachers are better role models.

    >>> tree = Hierarchy({"a": ["x", "y"], "b": ["z"]})
    >>> training = SelfTraining(nn.Linear(2, 5), tree, seed=0)
    >>> found = training.fit(torch.eye(2), tree.targets(torch.tensor([0, 2])), torch.rand(20, 2), epochs=2)
    >>> found.pseudo_labels(torch.rand(8, 2)).leaves.shape
    torch.Size([8])
    """

    def __init__(
        self,
        model: nn.Module,
        hierarchy: Hierarchy,
        *,
        diagnose: bool = True,
        coverage: float = 0.5,
        weight: float = 1.0,
        momentum: float = 0.98,
        activation: str = "levels",
        base: str = "bce",
        rate: float = 5e-3,
        batch_size: int = 5,
        augment: Callable[..., Any] | None = None,
        seed: int = 0,
    ) -> None:
        for name, value, low in (("coverage", coverage, 0.0), ("momentum", momentum, -1.0)):
            if not low < value <= 1:
                raise DataError(f"{name} must be a share of at most 1, but it is {value!r}. 0.5 keeps one of two.")
        self.model, self.hierarchy, self.diagnose = model, hierarchy, diagnose
        self.coverage, self.weight, self.momentum, self.activation = coverage, weight, momentum, activation
        self.base, self.rate, self.batch_size, self.augment, self.seed = base, rate, batch_size, augment, seed
        self.teacher = copy.deepcopy(model).eval().requires_grad_(False)

    def fit(
        self, inputs: torch.Tensor, targets: torch.Tensor, unlabeled: torch.Tensor, *, epochs: int = 100
    ) -> SelfTraining:
        """Train on both.

        Parameters
        ----------
        inputs : Tensor, shape (labeled, ...)
        targets : Tensor
            Of the shape of the outputs; see :meth:`Hierarchy.targets`.
        unlabeled : Tensor, shape (unlabeled, ...)
        epochs : int
            Passes over the labeled inputs. Pseudo-labels come in between 30 and 60 % of the training.
        """
        if not len(inputs) or len(inputs) != len(targets) or not len(unlabeled):
            raise DataError(
                f"there are {len(inputs)} labeled inputs, {len(targets)} targets and {len(unlabeled)} unlabeled inputs. "
                "Give one target per labeled input, and at least one of each."
            )
        generator = torch.Generator().manual_seed(self.seed)
        optimizer = torch.optim.Adam(self.model.parameters(), lr=self.rate)
        steps = epochs * -(-len(inputs) // self.batch_size)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, self.rate, total_steps=steps)
        self.model.train()
        step = 0
        for _ in range(epochs):
            for rows in torch.randperm(len(inputs), generator=generator).split(self.batch_size):  # type: ignore[no-untyped-call]
                optimizer.zero_grad()
                loss = self._loss(
                    inputs[rows], targets[rows], None, ramp(step, 3 * steps // 10, 7 * steps // 10), generator
                )
                force = self.weight * ramp(step, 3 * steps // 10, 6 * steps // 10)
                if force > 0:
                    some = unlabeled[torch.randint(len(unlabeled), (len(rows),), generator=generator)]
                    said = self.pseudo_labels(some)
                    truth = self.hierarchy.targets(said.leaves)
                    loss = loss + force * self._loss(some, truth, said.weights, 0.0, generator)
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                schedule.step()
                self._follow(min(self.momentum, 1 - 1 / (step + 1)))
                step += 1
        self.model.eval()
        return self

    def _loss(self, inputs: Any, targets: Any, weights: Any, force: float, generator: torch.Generator) -> torch.Tensor:
        if self.augment is not None:
            inputs, targets, weights = self.augment(inputs, targets, weights, generator)
        return self.hierarchy.loss(
            self.model(inputs),
            targets,
            weights=weights,
            activation=self.activation,
            base=self.base,
            ramp=force,
            generator=generator,
        )

    def _follow(self, stays: float) -> None:
        with torch.no_grad():
            for slow, fast in zip(self.teacher.parameters(), self.model.parameters(), strict=True):
                slow.lerp_(fast, 1 - stays)
            for held, new in zip(self.teacher.buffers(), self.model.buffers(), strict=True):
                held.copy_(new)

    def pseudo_labels(self, inputs: torch.Tensor) -> PseudoLabels:
        """What the teacher says of inputs, the most confident ``coverage`` of the positions with a weight above 0."""
        with torch.no_grad():
            degrees = self.hierarchy.degrees(self.teacher(inputs), self.activation)
        axis = node_axis(tuple(degrees.shape), len(self.hierarchy))
        flat = degrees.movedim(axis, -1)
        shape = flat.shape[:-1]
        flat = flat.reshape(-1, flat.shape[-1])
        places = torch.as_tensor(self.hierarchy.leaf_places, device=flat.device)
        if self.diagnose:
            said = torch.zeros_like(flat, dtype=torch.bool).scatter(1, decode(self.hierarchy, flat, "argmax"), True)
            found = revise(said.cpu().numpy(), flat.cpu().numpy(), self.hierarchy)
            leaves = torch.as_tensor(found.assignment, device=flat.device)[:, places].long().argmax(1)
            confidence = leaf_probabilities(self.hierarchy, flat).gather(1, leaves[:, None])[:, 0]
            sure = torch.as_tensor(found.likelihood, device=flat.device, dtype=flat.dtype)
            revised = torch.as_tensor(found.changed, device=flat.device)
        else:
            confidence, leaves = flat[:, places].max(1)
            sure, revised = torch.ones_like(confidence), torch.zeros_like(confidence, dtype=torch.bool)
        kept = torch.zeros_like(sure)
        best = confidence.topk(max(1, round(self.coverage * len(confidence)))).indices
        kept[best] = sure[best]
        return PseudoLabels(*(part.reshape(shape) for part in (leaves, kept, confidence, revised)))
