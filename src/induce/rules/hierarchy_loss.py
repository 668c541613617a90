"""The loss of a label tree: cross-entropy of all nodes, and how far the degrees are from obeying the rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from induce.errors import DataError, did_you_mean
from induce.rules.decoding import as_tensor, log_degrees, nodes_first
from induce.settings import check_number

if TYPE_CHECKING:
    from induce.rules.hierarchy import Hierarchy

__all__ = ["LossTerms", "loss_terms", "ramp"]

BASES = ("bce", "cross-entropy", "focal", "asymmetric")
_TINY = 1e-12


@dataclass(frozen=True, eq=False)
class LossTerms:
    """The parts of a loss; all but ``premises`` are scalars with a gradient.

    Parameters
    ----------
    total : Tensor
        ``base + weight * ramp * (composition + decomposition + exclusion)``.
    base, composition, decomposition, exclusion : Tensor
    premises : mapping of label to float
        Mean degree of each label. A label whose mean falls to zero while its targets do not has been given up to satisfy the
        rules: lower ``weight``, start the ramp later, or pass ``stop_premise=True``.
    hard : int
        Positions on which exclusion was computed.
    """

    total: torch.Tensor
    base: torch.Tensor
    composition: torch.Tensor
    decomposition: torch.Tensor
    exclusion: torch.Tensor
    premises: dict[object, float]
    hard: int


def ramp(step: int, start: int, end: int) -> float:
    """0 until ``start``, linear to 1 at ``end``: how much the rules count at a step of the training.

    >>> [ramp(step, 10, 20) for step in (5, 15, 40)]
    [0.0, 0.5, 1.0]
    """
    return float(min(max((step - start) / max(end - start, 1), 0.0), 1.0))


def loss_terms(
    tree: Hierarchy,
    outputs: torch.Tensor,
    targets: torch.Tensor,
    *,
    activation: str | None = "levels",
    base: str = "bce",
    weight: float = 0.2,
    ramp: float = 1.0,
    p: float = 5.0,
    stop_premise: bool = False,
    samples: int = 2000,
    weights: torch.Tensor | None = None,
    generator: torch.Generator | None = None,
) -> LossTerms:
    """``base + weight * ramp * (C + D + E)`` under the product t-norm and Reichenbach's implication.

    With ``pmean(x) = (mean over positions of x^p)^(1/p)``, ``C`` is the mean over nodes v with a parent of
    ``pmean(s_v - s_v s_parent)``, ``D`` the mean over inner nodes p of ``pmean(s_p - s_p max_child s_c)``, and ``E`` the mean
    over pairs of siblings of ``pmean(s_u s_v)`` over hard positions: those where a level has not exactly one degree above 0.7
    and the rest below 0.3.

    Parameters
    ----------
    tree : Hierarchy
    outputs : Tensor or array, shape (..., nodes) or (batch, nodes, height, width)
        Logits; degrees where ``activation`` is None.
    targets : Tensor or array, same shape
        Of 0 and 1; NaN leaves a node open.
    activation : {"levels", "sigmoid"} or None
        See :meth:`induce.rules.Hierarchy.degrees`.
    base : {"bce", "cross-entropy", "focal", "asymmetric"}
        Binary cross-entropy, summed over the nodes and averaged over the positions; with ``"levels"`` also
        ``"cross-entropy"``, one softmax a level; focal with exponent 2; asymmetric with exponents 0 and 4 and margin 0.05.
    weight, ramp : float
        Weight of the rules, and how far it is in force; see :func:`ramp`.
    p : float
        Exponent of the mean over positions.
    stop_premise : bool
        Let no gradient through premises, so that no label is given up to satisfy a rule.
    samples : int
        Most hard positions of a picture (of the batch where there are no pictures) on which exclusion is computed.
    weights : Tensor, optional
        Weight of every position in the base loss, shape of the outputs without the nodes.
    generator : torch.Generator, optional
        Draws the hard positions.

    Raises
    ------
    DataError
        For shapes that do not agree, outputs that are NaN, and names of losses and activations that are not known.
    FillError
        For weights below 0.

    References
    ----------
    L. Li, W. Wang, Y. Yang (2023), LogicSeg. T. Ridnik et al. (2021), Asymmetric Loss For Multi-Label Classification.
    """
    check_number("weight", weight, 0.2)
    check_number("ramp", ramp, 1.0, most=1)
    outputs, targets = as_tensor(outputs), as_tensor(targets)
    if bool(outputs.isnan().any()):
        place = tuple(torch.nonzero(outputs.isnan())[0].tolist())
        raise DataError(
            f"the outputs are NaN at {place}, but logits are numbers. Look for NaN in the inputs, or lower the learning rate."
        )
    if outputs.shape != targets.shape:
        raise DataError(
            f"the outputs have shape {tuple(outputs.shape)}, but the targets {tuple(targets.shape)}. "
            "Make targets with hierarchy.targets(labels)."
        )
    if base == "cross-entropy" and activation != "levels":
        raise DataError(
            f"base 'cross-entropy' needs activation 'levels', but it is {activation!r}. Use 'bce' for single nodes."
        )
    flat, axis = nodes_first(outputs, len(tree))
    wanted, _ = nodes_first(targets, len(tree))
    true, false = log_degrees(tree, flat, activation)
    basis = _base(true, false, wanted, base, _flat_weights(weights, outputs.shape, axis))
    found = true.exp()
    many = samples * (outputs.shape[0] if outputs.ndim == 4 else 1)
    above, below, apart, hard = _rules(tree, found, p, stop_premise, many, generator)
    premises = dict(zip(tree.nodes, found.detach().mean(1).tolist(), strict=True))
    total = basis + weight * ramp * (above + below + apart)
    return LossTerms(total, basis, above, below, apart, premises, hard)


def _flat_weights(weights: torch.Tensor | None, shape: torch.Size, axis: int) -> torch.Tensor | None:
    if weights is None:
        return None
    expected = tuple(n for k, n in enumerate(shape) if k != axis)
    if tuple(weights.shape) != expected:
        raise DataError(
            f"the weights have shape {tuple(weights.shape)}, but one per position is needed, {expected}. "
            "Leave the axis of the labels out."
        )
    return as_tensor(weights).reshape(-1)


def _base(
    true: torch.Tensor, false: torch.Tensor, wanted: torch.Tensor, base: str, weights: torch.Tensor | None
) -> torch.Tensor:
    """Binary cross-entropy of all nodes that the targets do not leave open."""
    if base not in BASES:
        raise DataError(f"unknown base loss {base!r}.{did_you_mean(str(base), BASES)} Known: {', '.join(BASES)}.")
    known = ~torch.isnan(wanted)
    if base == "asymmetric":
        shifted = (true.exp() - 0.05).clamp(min=0)
        missed, wrong = -true, -(shifted**4) * torch.log1p(-shifted.clamp(max=1 - 1e-7))
    elif base == "cross-entropy":
        missed, wrong = -true, torch.zeros_like(false)  # a softmax says by itself what is not
    elif base == "focal":
        missed, wrong = -((1 - true.exp()) ** 2) * true, -(true.exp() ** 2) * false
    else:
        missed, wrong = -true, -false
    each = torch.where(wanted == 1, missed, wrong)
    if not bool(known.all()):
        each = each.masked_fill(~known, 0.0)
    each = each.sum(0)
    share = known.any(0).to(each.dtype)
    if weights is not None:
        share = share * weights.to(each.dtype)
    return (each * share).sum() / share.sum().clamp(min=_TINY)


def _rules(
    tree: Hierarchy,
    found: torch.Tensor,
    p: float,
    stop_premise: bool,
    many: int,
    generator: torch.Generator | None,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, int]:
    """Composition, decomposition and exclusion, and the number of hard positions."""

    def pmean(errors: torch.Tensor) -> torch.Tensor:
        # products are many times as fast as the power of a float
        powers = (errors * errors).square() * errors if p == 5 else errors**p
        return (powers.mean(1) + _TINY) ** (1 / p)

    device, nothing = found.device, found.sum() * 0
    premise = found.detach() if stop_premise else found
    inner = np.flatnonzero(tree.parents >= 0)
    above = below = apart = nothing
    if len(inner) and found.shape[1]:
        children = torch.as_tensor(inner, device=device)
        parents = torch.as_tensor(tree.parents[inner], device=device)
        above = pmean(premise.index_select(0, children) * (1 - found.index_select(0, parents))).mean()
        having, families = (torch.as_tensor(a, device=device) for a in tree.families)
        largest = found.index_select(0, families.reshape(-1)).view(*families.shape, -1).amax(1)
        below = pmean(premise.index_select(0, having) * (1 - largest)).mean()
    first, second = (torch.as_tensor(side, device=device) for side in tree.sibling_pairs)
    hard = _hard(tree, found.detach(), many, generator)
    if len(hard) and len(first):
        some, kept = found.index_select(1, hard), premise.index_select(1, hard)
        both = kept.index_select(0, first) * some.index_select(0, second)
        if stop_premise:
            both = (both + some.index_select(0, first) * kept.index_select(0, second)) / 2
        apart = pmean(both).mean()
    return above, below, apart, len(hard)


def _hard(tree: Hierarchy, found: torch.Tensor, many: int, generator: torch.Generator | None) -> torch.Tensor:
    """Positions where some level has not exactly one degree above 0.7 and the rest below 0.3, at most so many."""
    unsure = torch.zeros(found.shape[1], dtype=torch.bool, device=found.device)
    for level in tree.level_places:
        some = found[torch.as_tensor(level, device=found.device)]
        unsure |= ((some > 0.7).sum(0) != 1) | ((some >= 0.3).sum(0) != 1)
    places = torch.nonzero(unsure)[:, 0]
    if len(places) > many:
        if generator is None:
            generator = torch.Generator().manual_seed(0)
        order = torch.randperm(len(places), generator=generator, device=generator.device)
        places = places[order[:many].to(found.device)]
    return places
