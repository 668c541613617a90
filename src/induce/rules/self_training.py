"""Self-training on a label tree: a slow teacher labels what is unlabeled, and diagnosis repairs what breaks the rules."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from induce.errors import DataError, FillError
from induce.rules.decoding import decode, leaf_log_odds, node_axis
from induce.rules.diagnosis import revise
from induce.rules.encoders import first_answers
from induce.rules.hierarchy import Hierarchy
from induce.rules.hierarchy_loss import ramp
from induce.rules.label_trees import check_hierarchy
from induce.rules.views import View, view_rules
from induce.settings import check_number, check_whole

__all__ = ["PseudoLabels", "SelfTraining"]

_BATCH = 64
"""Inputs that the teacher labels at once."""


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

    The network first learns from the labels alone. Its moving average, the teacher, then gives degrees of all nodes of the
    tree for the unlabeled inputs, and for changed ones whose labels must be the same. Each level of each view says a label by
    itself; where these break rules, of the tree or that views agree, the likeliest minimal diagnosis
    (:func:`induce.rules.revise`) says which to revise, and its likelihood is the weight of the position. The most confident
    share of the positions of each leaf is learned from, beside the labels.

    Parameters
    ----------
    model : Module
        From inputs to logits of shape (..., nodes) or (batch, nodes, height, width). It is trained in place.
    hierarchy : Hierarchy
    diagnose : bool
        False is plain confidence thresholding: the leaf of the largest degree, averaged over the views.
    views : sequence of View
        Changes of the inputs that leave their labels as they are, beside the inputs themselves. Where labels are uncertain,
        views contradict each other far more often than the levels of one view do.
    coverage : float
        Share of the positions that is kept.
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

    Attributes
    ----------
    teacher : Module
    said : PseudoLabels or None
        What the network learned from, beside the labels.

    References
    ----------
    C. Liang, W. Wang, J. Miao, Y. Yang (2023), Logic-induced Diagnostic Reasoning for Semi-supervised Semantic Segmentation.
    A. Tarvainen, H. Valpola (2017), Mean teachers are better role models. Y. Zou, Z. Yu, B. V. K. V. Kumar, J. Wang (2018),
    Unsupervised Domain Adaptation for Semantic Segmentation via Class-Balanced Self-Training.

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
        views: Sequence[View] = (),
        coverage: float = 0.5,
        momentum: float = 0.98,
        activation: str = "levels",
        base: str = "bce",
        rate: float = 5e-3,
        batch_size: int = 5,
        augment: Callable[..., Any] | None = None,
        seed: int = 0,
    ) -> None:
        check_number("coverage", coverage, 0.5, most=1, above=True)
        check_number("momentum", momentum, 0.98, most=1)
        check_number("rate", rate, 5e-3, above=True)
        check_whole("batch_size", batch_size, hint="5 is usual.")
        check_hierarchy(hierarchy)
        if not isinstance(model, nn.Module):
            raise FillError(
                f"model must be a torch module, but got {type(model).__name__}. Pass a network of one logit for each node."
            )
        for number, view in enumerate(views):
            if not isinstance(view, View):
                raise FillError(f"views must hold View, but view {number} is {view!r}. Write View(change).")
        self.model, self.hierarchy, self.diagnose, self.views = model, hierarchy, diagnose, tuple(views)
        self.coverage, self.momentum, self.activation = coverage, momentum, activation
        self.base, self.rate, self.batch_size, self.augment, self.seed = base, rate, batch_size, augment, seed
        self.said: PseudoLabels | None = None
        self.teacher = copy.deepcopy(model).eval().requires_grad_(False)

    def fit(
        self,
        inputs: torch.Tensor,
        targets: torch.Tensor,
        unlabeled: torch.Tensor,
        *,
        epochs: int = 100,
        alone: float = 0.5,
        weight: float = 1.0,
    ) -> SelfTraining:
        """Train on the labels, then on both.

        Parameters
        ----------
        inputs : Tensor, shape (labeled, ...)
        targets : Tensor
            Of the shape of the outputs; see :meth:`Hierarchy.targets`.
        unlabeled : Tensor, shape (unlabeled, ...)
        epochs : int
            Passes over the labeled inputs.
        alone : float
            Share of the epochs before the teacher labels the unlabeled inputs: 0 goes on from a trained model, 1 leaves them
            out.
        weight : float
            Weight of the loss on pseudo-labels.

        Raises
        ------
        DataError
            For what is no tensor, other numbers of targets than inputs, entries that are not finite, unlabeled inputs of another
            form, a model that does not read the inputs, and a view that loses positions.
        FillError
            For settings that cannot be.
        """
        for name, value in (("inputs", inputs), ("targets", targets), ("unlabeled", unlabeled)):
            _check_tensor(name, value)
        if not len(inputs) or len(inputs) != len(targets) or not len(unlabeled):
            raise DataError(
                f"there are {len(inputs)} labeled inputs, {len(targets)} targets and {len(unlabeled)} unlabeled inputs. "
                "Give one target per labeled input, and at least one of each."
            )
        check_whole("epochs", epochs, hint="100 is usual.")
        check_number("alone", alone, 0.5, most=1)
        check_number("weight", weight, 1.0)
        generator = torch.Generator().manual_seed(self.seed)
        before = round(alone * epochs)
        _check_finite("inputs", inputs)
        first_answers(self.model, inputs, "the model")
        if before < epochs:
            _check_finite("unlabeled", unlabeled)
            _check_alike(inputs, unlabeled)
        self._train(inputs, targets, None, before, 0.0, generator)
        if before < epochs:
            self.said = self.pseudo_labels(unlabeled)
            self._train(inputs, targets, (unlabeled, self.said), epochs - before, weight, generator)
        return self

    def _train(
        self,
        inputs: torch.Tensor,
        targets: torch.Tensor,
        more: tuple[torch.Tensor, PseudoLabels] | None,
        epochs: int,
        weight: float,
        generator: torch.Generator,
    ) -> None:
        """One cycle of the learning rate on the labels, and on pseudo-labels where there are any."""
        if not epochs:
            return
        optimizer = torch.optim.Adam(self.model.parameters(), lr=self.rate)
        steps, step = epochs * -(-len(inputs) // self.batch_size), 0
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, self.rate, total_steps=steps)
        self.model.train()
        for _ in range(epochs):
            for rows in torch.randperm(len(inputs), generator=generator).split(self.batch_size):  # type: ignore[no-untyped-call]
                optimizer.zero_grad()
                force = ramp(step, 3 * steps // 10, 7 * steps // 10)
                loss = self._loss(inputs[rows], targets[rows], None, force, generator)
                if more is not None:
                    unlabeled, said = more
                    some = torch.randint(len(unlabeled), (len(rows),), generator=generator)
                    truth = self.hierarchy.targets(said.leaves[some])
                    loss = loss + weight * self._loss(unlabeled[some], truth, said.weights[some], 0.0, generator)
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                schedule.step()
                self._follow(min(self.momentum, 1 - 1 / (step + 1)) if more is None else self.momentum)
                step += 1
        self.model.eval()

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
        """What the teacher says of inputs, the most confident ``coverage`` of each leaf's positions with a weight above 0."""
        _check_tensor("inputs", inputs)
        asked = self._diagnosed if self.diagnose else self._plain
        parts = [asked(part) for part in inputs.split(_BATCH)]  # type: ignore[no-untyped-call]
        leaves, confidence, sure, revised = (torch.cat([part[k] for part in parts]) for k in range(4))
        kept = torch.zeros_like(sure).reshape(-1)
        for leaf in range(len(self.hierarchy.leaves)):
            places = torch.nonzero(leaves.reshape(-1) == leaf)[:, 0]
            best = places[confidence.reshape(-1)[places].topk(round(self.coverage * len(places))).indices]
            kept[best] = sure.reshape(-1)[best]
        return PseudoLabels(leaves, kept.reshape(leaves.shape), confidence, revised)

    def _seen(self, inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Size]:
        """Degrees by the teacher, shape (1 + views, nodes, positions), and the shape of the positions."""
        with torch.no_grad():
            logits = [self.teacher(inputs), *(view.outputs(self.teacher, inputs) for view in self.views)]
        for number, one in enumerate(logits[1:]):
            if one.shape != logits[0].shape:
                raise DataError(
                    f"view {number} has outputs of shape {tuple(one.shape)}, but those of the inputs have {tuple(logits[0].shape)}. "
                    "Let it keep every row and position, or put them back by restore=."
                )
        degrees = torch.stack([self.hierarchy.degrees(one, self.activation) for one in logits])
        first = degrees.movedim(1 + node_axis(tuple(degrees.shape[1:]), len(self.hierarchy)), 1)
        return first.reshape(len(first), len(self.hierarchy), -1), first.shape[2:]

    def _plain(self, inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """The leaf of the largest degree, averaged over the views; that degree, weights of 1, and that nothing is revised."""
        degrees, shape = self._seen(inputs)
        places = torch.as_tensor(self.hierarchy.leaf_places, device=degrees.device)
        confidence, leaves = degrees.mean(0)[places].max(0)
        unchanged = torch.zeros_like(leaves, dtype=torch.bool)
        return tuple(part.reshape(shape) for part in (leaves, confidence, torch.ones_like(confidence), unchanged))

    def _diagnosed(self, inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Leaves after the likeliest diagnosis, their probabilities, the likelihoods, and what broke a rule.

        Views are not independent: the probability is that of the mean of their logarithms, the likelihood that of all.
        """
        seen, shape = self._seen(inputs)
        said = torch.stack([_said(self.hierarchy, one) for one in seen])
        rules, atoms = view_rules(self.hierarchy, len(seen))
        found = revise(_rows(said), _rows(seen), rules, atoms=atoms)
        places = torch.as_tensor(self.hierarchy.leaf_places, device=seen.device)
        leaves = torch.as_tensor(found.assignment, device=seen.device)[:, places].long().argmax(1)
        odds = torch.stack([leaf_log_odds(self.hierarchy, one) for one in seen]).mean(0)
        confidence = odds.softmax(0).gather(0, leaves[None])[0]
        sure = torch.as_tensor(found.likelihood, device=seen.device, dtype=seen.dtype)
        changed = torch.as_tensor(found.changed, device=seen.device)
        return tuple(part.reshape(shape) for part in (leaves, confidence, sure, changed))


def _check_tensor(name: str, value: Any) -> None:
    if isinstance(value, torch.Tensor):
        return
    hint = (
        "Make them with hierarchy.targets(torch.as_tensor(places)), or torch.as_tensor(hierarchy.targets(names))."
        if name == "targets"
        else f"Write torch.as_tensor({name}, dtype=torch.float32)."
    )
    raise DataError(f"{name} must be a torch tensor, but got {type(value).__name__}. {hint}")


def _check_finite(name: str, value: torch.Tensor) -> None:
    wrong = torch.nonzero(~torch.isfinite(value))
    if len(wrong):
        raise DataError(
            f"{name} hold NaN or infinite values (row {int(wrong[0, 0])}), which would spread through the network. "
            "Leave those rows out, or fill them in."
        )


def _check_alike(inputs: torch.Tensor, unlabeled: torch.Tensor) -> None:
    """Refuse unlabeled inputs with another number of columns or channels; pictures may be of another size."""
    wide = 1 if inputs.ndim == 4 else -1
    if unlabeled.ndim != inputs.ndim or unlabeled.shape[wide] != inputs.shape[wide]:
        raise DataError(
            f"unlabeled have rows of shape {tuple(unlabeled.shape[1:])}, but inputs have {tuple(inputs.shape[1:])}. "
            "Give both the same columns."
        )


def _said(tree: Hierarchy, degrees: torch.Tensor) -> torch.Tensor:
    """The labels that each level says by itself, as truth values of shape (nodes, positions)."""
    best = decode(tree, degrees.T, "argmax").T
    return torch.zeros_like(degrees, dtype=torch.bool).scatter(0, best, True)


def _rows(seen: torch.Tensor) -> NDArray[np.generic]:
    """Shape (views, nodes, positions) as (positions, views * nodes)."""
    return np.ascontiguousarray(seen.reshape(-1, seen.shape[-1]).T.cpu().numpy())
