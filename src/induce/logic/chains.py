"""Observed sums as one differentiable function of the leaves' weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from induce.errors import DataError
from induce.logic.carry import CarryChain
from induce.logic.grounding import GroundProgram
from induce.logic.levels import once
from induce.logic.queries import Query, chain_of, observed_chain

__all__ = ["ChainFunction", "ObservedSum", "observed_sum"]


@dataclass(frozen=True, eq=False)
class ObservedSum:
    """A carry automaton over the leaves of a ground program."""

    chain: CarryChain
    leaf: NDArray[np.int64]
    complement: NDArray[np.bool_]
    straight: bool

    def describe(self) -> str:
        """One line for the plan."""
        scales = ", ".join(str(s) for s in self.chain.scales[:6]) + (", ..." if self.chain.levels > 6 else "")
        return (
            f"sum of {len(self.chain.level)} independent variables, scales {scales}: a carry automaton with "
            f"{self.chain.carries} carries over {self.chain.levels} levels, conditioned on the observed total"
        )


def observed_sum(query: Query, program: GroundProgram) -> ObservedSum | None:
    """The automaton of a query that is one sum of independent variables; None if it is anything else."""
    lowered = program.lowered
    others = lowered.constraints or lowered.evidence or lowered.cardinalities or lowered.weak
    if others or program.given or program.impossible:
        return None
    aggregate = observed_chain(query, program.lowered)
    if aggregate is None:
        return None
    found = chain_of(aggregate, program.graph, program.lowered)
    if found is None:
        return None
    chain, leaf, complement = found
    straight = (
        not complement.any() and len(leaf) == len(program.graph.leaves) and bool((leaf == np.arange(len(leaf))).all())
    )
    return ObservedSum(chain, leaf, complement, straight)


class ChainFunction(torch.autograd.Function):
    """``log P(sum = total)`` with its gradient."""

    @staticmethod
    def forward(ctx: Any, weights: torch.Tensor, plan: ObservedSum, totals: NDArray[np.int64]) -> torch.Tensor:
        """Values of shape (batch,) from weights of shape (leaves, batch)."""
        given = weights.detach().cpu().numpy()
        picked = np.asarray(given if plan.straight else given[plan.leaf], np.float64)
        if plan.complement.any():
            picked = np.where(plan.complement[:, None], 1.0 - picked, picked)
        if picked.shape[1] not in (1, len(totals)):
            raise DataError(f"{len(totals)} observed sums for {picked.shape[1]} examples. Give one for each example.")
        if picked.shape[1] != len(totals):
            picked = np.broadcast_to(picked, (picked.shape[0], len(totals)))
        value, gradient = plan.chain.log_probability(picked, totals)
        ctx.gradient, ctx.plan, ctx.shape, ctx.like = gradient, plan, weights.shape, weights
        return torch.as_tensor(value).to(device=weights.device, dtype=weights.dtype)

    @staticmethod
    def backward(ctx: Any, *outputs: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        """Scaled rows of the stored gradient."""
        once("log_probability() of an observed sum", "take log(program(...)) of the whole distribution instead")
        scaled = torch.as_tensor(ctx.gradient).to(device=outputs[0].device, dtype=outputs[0].dtype) * outputs[0]
        plan = ctx.plan
        if not plan.straight:
            if plan.complement.any():
                sign = torch.where(torch.as_tensor(plan.complement), -1.0, 1.0).to(scaled)
                scaled = scaled * sign.unsqueeze(1)
            full = scaled.new_zeros(ctx.shape[0], scaled.shape[1])
            full.index_add_(0, torch.as_tensor(plan.leaf, device=scaled.device), scaled)
            scaled = full
        if ctx.shape[1] == 1 and scaled.shape[1] > 1:
            scaled = scaled.sum(1, keepdim=True)
        return scaled, None, None
