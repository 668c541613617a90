"""Circuits in torch: one autograd function around the compiled sweep, and the same in plain torch for other devices."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn
from torch.autograd.function import once_differentiable

from induce.logic.circuit import FALSE, LEAF, NOISY_OR, NOT, NOT_LEAF, PRODUCT, SUM, TRUE, Circuit
from induce.logic.fused import Fused, fuse
from induce.logic.sweep import LOG_ZERO, backward, forward

__all__ = ["CircuitModule"]


class _Sweep(torch.autograd.Function):
    """Values of the roots; the buffer of the forward pass is kept for the backward pass."""

    @staticmethod
    def forward(ctx: Any, weights: torch.Tensor, circuit: Circuit, kind: str, max_depth: int | None) -> torch.Tensor:
        """Roots by batch, from leaves by batch."""
        buffer = forward(circuit, weights.detach().numpy(), kind, max_depth=max_depth)
        ctx.buffer, ctx.circuit, ctx.kind = buffer, circuit, kind
        return torch.from_numpy(buffer[circuit.roots])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None, None, None]:
        """Leaves by batch, from roots by batch."""
        given = backward(ctx.circuit, ctx.buffer, gradients[0].detach().numpy(), ctx.kind)
        return torch.from_numpy(given), None, None, None


class _RealSweep(torch.autograd.Function):
    """The real kernel on the fused circuit."""

    @staticmethod
    def forward(ctx: Any, weights: torch.Tensor, fused: Fused) -> torch.Tensor:
        """Roots by batch, from leaves by batch."""
        given = np.ascontiguousarray(weights.detach().numpy())
        values, buffer = fused.forward(given)
        ctx.given, ctx.buffer, ctx.fused = given, buffer, fused
        return torch.from_numpy(values)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None]:
        """Leaves by batch, from roots by batch."""
        return torch.from_numpy(ctx.fused.backward(ctx.given, ctx.buffer, gradients[0].detach().numpy())), None


class CircuitModule(nn.Module):
    """A circuit as a module: weights of the leaves in, values of the roots out.

    Parameters
    ----------
    circuit : Circuit
    kind : str
        A kernel of :data:`induce.logic.sweep.KINDS`.
    max_depth : int, optional
        Rounds of cyclic components under an algebra without a fixpoint.
    levels : bool
        Use plain torch operations also on the CPU (slower; differentiable twice).
    """

    def __init__(self, circuit: Circuit, kind: str, *, max_depth: int | None = None, levels: bool = False) -> None:
        super().__init__()
        self.circuit, self.kind, self.max_depth, self.levels = circuit, kind, max_depth, levels
        self._plan: Any = None
        self._fused: Fused | None = None

    def forward(self, weights: torch.Tensor) -> torch.Tensor:
        """Values of the roots.

        Parameters
        ----------
        weights : tensor, shape (leaves, batch)

        Returns
        -------
        tensor, shape (roots, batch)
        """
        if weights.device.type == "cpu" and not self.levels:
            if self.kind == "real" and not self.circuit.cyclic:
                if self._fused is None:
                    self._fused = fuse(self.circuit)
                return _RealSweep.apply(weights, self._fused)  # type: ignore[no-any-return]
            return _Sweep.apply(weights, self.circuit, self.kind, self.max_depth)  # type: ignore[no-any-return]
        if self._plan is None:
            self._plan = _levels(self.circuit)
        return _run_levels(self.circuit, self._plan, weights, self.kind)


def _levels(circuit: Circuit) -> list[dict[str, Any]]:
    """Nodes grouped by height, and within a height by kind, with their edges."""
    height = np.zeros(circuit.nodes, np.int64)
    for node in range(circuit.nodes):
        low, high = circuit.start[node], circuit.start[node + 1]
        if high > low:
            height[node] = 1 + height[circuit.child[low:high]].max()
    plan = []
    for level in range(int(height.max(initial=-1)) + 1):
        for kind in range(8):
            nodes = np.flatnonzero((height == level) & (circuit.kind == kind))
            if not len(nodes):
                continue
            edges = [circuit.child[circuit.start[n] : circuit.start[n + 1]] for n in nodes]
            owner = np.repeat(np.arange(len(nodes)), [len(e) for e in edges])
            plan.append(
                {
                    "kind": kind,
                    "nodes": torch.as_tensor(nodes),
                    "leaf": torch.as_tensor(circuit.leaf[nodes].astype(np.int64)),
                    "child": torch.as_tensor(np.concatenate([*edges, np.zeros(0, np.int32)]).astype(np.int64)),
                    "owner": torch.as_tensor(owner),
                }
            )
    return plan


def _run_levels(circuit: Circuit, plan: list[dict[str, Any]], weights: torch.Tensor, kind: str) -> torch.Tensor:
    from induce.errors import AlgebraError

    if circuit.cyclic:
        raise AlgebraError(
            "recursive rules under this algebra run on the CPU only. Move the program to the CPU, or use "
            "Algebra.PROBABILITY, whose circuit has no cycles."
        )
    place = {}
    parts: list[torch.Tensor] = []
    count = 0
    for step in plan:
        nodes = step["nodes"]
        for k, node in enumerate(nodes.tolist()):
            place[node] = count + k
        count += len(nodes)
    order = torch.tensor([place[n] for n in range(circuit.nodes)], device=weights.device)
    done = 0
    buffer = weights.new_zeros(0, weights.shape[1])
    for step in plan:
        parts.append(_level(step, weights, buffer, order, kind))
        done += len(step["nodes"])
        buffer = torch.cat([buffer, parts[-1]])
    return buffer[order[torch.as_tensor(circuit.roots.astype(np.int64), device=weights.device)]]


def _complement(values: torch.Tensor, kind: str) -> torch.Tensor:
    if kind == "log":
        values = values.clamp_max(-1e-16)
        return torch.where(
            values > -0.6931471805599453, torch.log(-torch.expm1(values)), torch.log1p(-torch.exp(values))
        ).clamp_min(LOG_ZERO)
    return -values if kind == "logit" else 1.0 - values


def _level(
    step: dict[str, Any], weights: torch.Tensor, buffer: torch.Tensor, order: torch.Tensor, kind: str
) -> torch.Tensor:
    what, device = step["kind"], weights.device
    if what == LEAF:
        return weights[step["leaf"].to(device)]
    if what == NOT_LEAF:
        return _complement(weights[step["leaf"].to(device)], kind)
    size = (len(step["nodes"]), weights.shape[1])
    if what in (TRUE, FALSE):
        from induce.logic.sweep import KINDS, _constant

        return weights.new_full(size, float(_constant(KINDS[kind], what == TRUE)))
    children = buffer[order[step["child"].to(device)]]
    if what == NOT:
        return _complement(children, kind)
    owner = step["owner"].to(device)
    rows = owner.unsqueeze(1).expand_as(children)
    if what == PRODUCT:
        return _product(children, owner, rows, size, kind)
    assert what in (SUM, NOISY_OR)
    return _sum(children, owner, rows, size, "product" if what == NOISY_OR else kind)


def _reduced(children: torch.Tensor, rows: torch.Tensor, size: tuple[int, int], how: str, start: float) -> torch.Tensor:
    return children.new_full(size, start).scatter_reduce(0, rows, children, how, include_self=False)


def _product(
    children: torch.Tensor, owner: torch.Tensor, rows: torch.Tensor, size: tuple[int, int], kind: str
) -> torch.Tensor:
    if kind in ("log", "tropical"):
        return children.new_zeros(size).index_add(0, owner, children).clamp_min(LOG_ZERO)
    if kind == "minmax":
        return _reduced(children, rows, size, "amin", 1.0)
    if kind == "lukasiewicz":
        return (1.0 + children.new_zeros(size).index_add(0, owner, children - 1.0)).clamp_min(0.0)
    if kind == "logit":
        return -_log_sum(-children, owner, rows, size)
    return _reduced(children, rows, size, "prod", 1.0)


def _log_sum(children: torch.Tensor, owner: torch.Tensor, rows: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    top = _reduced(children.detach(), rows, size, "amax", LOG_ZERO)
    total = children.new_zeros(size).index_add(0, owner, torch.exp(children - top[owner]))
    return top + torch.log(total)


def _sum(
    children: torch.Tensor, owner: torch.Tensor, rows: torch.Tensor, size: tuple[int, int], kind: str
) -> torch.Tensor:
    if kind in ("log", "logit"):
        return _log_sum(children, owner, rows, size)
    if kind in ("viterbi", "minmax"):
        return _reduced(children, rows, size, "amax", 0.0)
    if kind == "tropical":
        return _reduced(children, rows, size, "amin", float("inf"))
    if kind == "product":
        return 1.0 - _reduced(1.0 - children, rows, size, "prod", 1.0)
    total = children.new_zeros(size).index_add(0, owner, children)
    if kind == "lukasiewicz":
        return total.clamp_max(1.0)
    return total.remainder(2.0) if kind == "gf2" else total
