"""Circuits in plain torch operations, level by level: for devices without the compiled kernels, and for second derivatives.

The forward pass writes the levels into one buffer of shape (nodes, batch); the backward pass goes through them in reverse
and differentiates one level at a time, so that no tape of the whole circuit is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import torch

from induce.errors import AlgebraError
from induce.logic.circuit import LEAF, NOISY_OR, NOT, NOT_LEAF, PRODUCT, TRUE, Circuit
from induce.logic.sweep import KINDS, LOG_ZERO, constant_of_kind

__all__ = ["Levels", "derivative", "once"]

LOG_HALF = -0.6931471805599453
STEP = "step@"
"""Kernels of tensor logic: after every sum the sigmoid of its distance from 1/2, over the temperature that follows."""


@dataclass(frozen=True, eq=False)
class _Level:
    """Nodes of one height, kind and number of children."""

    kind: int
    nodes: torch.Tensor
    read: torch.Tensor
    """Leaves of leaf nodes, shape (nodes,); else places of the children, shape (nodes, children)."""


class Levels:
    """The plan of a circuit without cycles.

    Parameters
    ----------
    circuit : Circuit

    Raises
    ------
    AlgebraError
        If the circuit has cycles.
    """

    def __init__(self, circuit: Circuit) -> None:
        if circuit.cyclic:
            raise AlgebraError(
                "recursive rules under this algebra run on the CPU only, and have no second derivatives. Move the program "
                "to the CPU, or use Algebra.PROBABILITY, whose circuit has no cycles."
            )
        self.circuit = circuit
        lengths = np.diff(circuit.start)
        keys = np.stack([_heights(circuit.start, circuit.child), circuit.kind.astype(np.int64), lengths])
        order = np.lexsort(keys[::-1])
        ends = np.flatnonzero((np.diff(keys[:, order], axis=1) != 0).any(axis=0)) + 1
        self.levels = []
        for nodes in np.split(order, ends) if len(order) else ():
            arity = int(lengths[nodes[0]])
            read = circuit.child[circuit.start[nodes][:, None] + np.arange(arity)] if arity else circuit.leaf[nodes]
            self.levels.append(
                _Level(int(circuit.kind[nodes[0]]), torch.as_tensor(nodes), torch.as_tensor(read.astype(np.int64)))
            )
        self.roots = torch.as_tensor(circuit.roots.astype(np.int64))
        self._device = torch.device("cpu")

    def _to(self, device: torch.device) -> None:
        if device != self._device:
            self.levels = [_Level(v.kind, v.nodes.to(device), v.read.to(device)) for v in self.levels]
            self.roots, self._device = self.roots.to(device), device

    def __call__(self, weights: torch.Tensor, kind: str) -> torch.Tensor:
        """Values of the roots, shape (roots, batch), differentiable any number of times.

        Parameters
        ----------
        weights : tensor, shape (leaves, batch)
        kind : str
            A kernel of :data:`induce.logic.sweep.KINDS`, or ``STEP`` with a temperature.
        """
        self._to(weights.device)
        return _LevelSweep.apply(weights, self, kind)  # type: ignore[no-any-return]

    def fill(self, weights: torch.Tensor, kind: str) -> torch.Tensor:
        """Values of all nodes, shape (nodes, batch)."""
        buffer = weights.new_empty(self.circuit.nodes, weights.shape[1])
        for level in self.levels:
            buffer[level.nodes] = _value(level, weights, buffer, kind)
        return buffer

    def traced(self, weights: torch.Tensor, kind: str) -> torch.Tensor:
        """Values of the roots on torch's own tape."""
        buffer = weights.new_zeros(self.circuit.nodes, weights.shape[1])
        for level in self.levels:
            buffer = buffer.index_copy(0, level.nodes, _value(level, weights, buffer, kind))
        return buffer[self.roots]


class _LevelSweep(torch.autograd.Function):
    """The buffer is kept for the backward pass; its levels are differentiated one by one."""

    @staticmethod
    def forward(ctx: Any, weights: torch.Tensor, plan: Levels, kind: str) -> torch.Tensor:
        buffer = plan.fill(weights.detach(), kind)
        ctx.save_for_backward(weights, buffer)
        ctx.plan, ctx.kind = plan, kind
        return buffer[plan.roots]

    @staticmethod
    def backward(ctx: Any, *outputs: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        weights, buffer = ctx.saved_tensors
        if torch.is_grad_enabled():  # asked for with create_graph=True
            return derivative(ctx.plan, weights, outputs[0], ctx.kind), None, None
        gradient = torch.zeros_like(buffer).index_add_(0, ctx.plan.roots, outputs[0])
        given = torch.zeros_like(weights)
        for level in reversed(ctx.plan.levels):
            if level.read.numel() == 0 or (level.kind not in (LEAF, NOT_LEAF) and level.read.ndim == 1):
                continue
            source = weights if level.kind in (LEAF, NOT_LEAF) else buffer
            with torch.enable_grad():
                inner = source[level.read].detach().requires_grad_()
                value = _combined(level.kind, inner, ctx.kind)
                (slope,) = torch.autograd.grad(value, inner, gradient[level.nodes])
            target = given if level.kind in (LEAF, NOT_LEAF) else gradient
            target.index_add_(0, level.read.reshape(-1), slope.reshape(-1, slope.shape[-1]))
        return given, None, None


def derivative(plan: Levels, weights: torch.Tensor, outputs: torch.Tensor, kind: str) -> torch.Tensor:
    """Gradient of the roots with respect to the leaves, itself differentiable."""
    values = plan.traced(weights, kind)
    (found,) = torch.autograd.grad(values, weights, outputs, create_graph=True)
    return found


def once(what: str, instead: str) -> None:
    """Refuse second derivatives, which would be silently wrong: for use in a backward pass.

    Raises
    ------
    AlgebraError
        If the gradient is to be differentiated again.
    """
    if torch.is_grad_enabled():
        raise AlgebraError(f"{what} can be differentiated once only, but create_graph=True asks for more; {instead}.")


@numba.njit(cache=True, nogil=True)
def _heights(start: Any, child: Any) -> Any:
    height = np.zeros(len(start) - 1, np.int64)
    for node in range(len(height)):
        for e in range(start[node], start[node + 1]):
            height[node] = max(height[node], height[child[e]] + 1)
    return height


def _value(level: _Level, weights: torch.Tensor, buffer: torch.Tensor, kind: str) -> torch.Tensor:
    if level.kind in (LEAF, NOT_LEAF):
        return _combined(level.kind, weights[level.read], kind)
    if level.read.ndim == 1:  # no children: true, false, and empty sums and products
        code = KINDS["real"] if kind.startswith(STEP) else KINDS[kind]
        neutral = float(constant_of_kind(code, level.kind in (TRUE, PRODUCT)))
        return weights.new_full((len(level.nodes), weights.shape[1]), neutral)
    return _combined(level.kind, buffer[level.read], kind)


def _combined(what: int, values: torch.Tensor, kind: str) -> torch.Tensor:
    """Values of nodes of one kind: from leaves of shape (nodes, batch), or children of shape (nodes, children, batch)."""
    if what == LEAF:
        return values * 1.0
    if what == NOT_LEAF:
        return _complement(values, kind)
    if what == NOT:
        return _complement(values[:, 0], kind)
    if what == PRODUCT:
        return _product(values, kind)
    return _sum(values, "product" if what == NOISY_OR else kind)


def _complement(values: torch.Tensor, kind: str) -> torch.Tensor:
    if kind == "log":
        values = values.clamp_max(-1e-16)
        near = values > LOG_HALF  # each branch sees only values that it can differentiate
        small = torch.log(-torch.expm1(torch.where(near, values, torch.full_like(values, -1.0))))
        large = torch.log1p(-torch.exp(torch.where(near, torch.full_like(values, -1.0), values)))
        return torch.where(near, small, large).clamp_min(LOG_ZERO)
    return -values if kind == "logit" else 1.0 - values


def _product(values: torch.Tensor, kind: str) -> torch.Tensor:
    if kind in ("log", "tropical"):
        return values.sum(1).clamp_min(LOG_ZERO)
    if kind == "minmax":
        return values.amin(1)
    if kind == "lukasiewicz":
        return (1.0 + (values - 1.0).sum(1)).clamp_min(0.0)
    if kind == "logit":
        return -torch.logsumexp(-values, 1)
    return values.prod(1)


def _sum(values: torch.Tensor, kind: str) -> torch.Tensor:
    if kind.startswith(STEP):
        return torch.sigmoid((values.sum(1) - 0.5) / float(kind.removeprefix(STEP)))
    if kind in ("log", "logit"):
        return torch.logsumexp(values, 1)
    if kind in ("viterbi", "minmax"):
        return values.amax(1)
    if kind == "tropical":
        return values.amin(1)
    if kind == "product":
        return 1.0 - (1.0 - values).prod(1)
    if kind == "lukasiewicz":
        return values.sum(1).clamp_max(1.0)
    return values.sum(1).remainder(2.0) if kind == "gf2" else values.sum(1)
