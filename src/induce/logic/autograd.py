"""Circuits in torch: one autograd function around the compiled sweep; other devices and second derivatives by levels."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from induce.logic.circuit import Circuit
from induce.logic.fused import Fused, fuse
from induce.logic.levels import Levels, derivative
from induce.logic.sweep import backward, forward

__all__ = ["CircuitModule"]


class _Sweep(torch.autograd.Function):
    """Values of the roots; the buffer of the forward pass is kept for the backward pass."""

    @staticmethod
    def forward(ctx: Any, weights: torch.Tensor, module: CircuitModule) -> torch.Tensor:
        """Roots by batch, from leaves by batch."""
        circuit = module.circuit
        buffer = forward(circuit, weights.detach().numpy(), module.kind, max_depth=module.max_depth)
        ctx.save_for_backward(weights)
        ctx.buffer, ctx.module = buffer, module
        return torch.from_numpy(buffer[circuit.roots])

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None]:
        """Leaves by batch, from roots by batch."""
        module = ctx.module
        if torch.is_grad_enabled():  # create_graph=True: the gradient is to be differentiated again
            return derivative(module.plan(), ctx.saved_tensors[0], gradients[0], module.kind), None
        given = backward(module.circuit, ctx.buffer, gradients[0].detach().numpy(), module.kind)
        return torch.from_numpy(given), None


class _RealSweep(torch.autograd.Function):
    """The real kernel on the fused circuit."""

    @staticmethod
    def forward(ctx: Any, weights: torch.Tensor, fused: Fused, module: CircuitModule) -> torch.Tensor:
        """Roots by batch, from leaves by batch."""
        given = np.ascontiguousarray(weights.detach().numpy())
        values, buffer = fused.forward(given)
        ctx.save_for_backward(weights)
        ctx.given, ctx.buffer, ctx.fused, ctx.module = given, buffer, fused, module
        return torch.from_numpy(values)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        """Leaves by batch, from roots by batch."""
        if torch.is_grad_enabled():
            return derivative(ctx.module.plan(), ctx.saved_tensors[0], gradients[0], "real"), None, None
        return torch.from_numpy(ctx.fused.backward(ctx.given, ctx.buffer, gradients[0].detach().numpy())), None, None


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
        Use plain torch operations also on the CPU (slower).
    """

    def __init__(self, circuit: Circuit, kind: str, *, max_depth: int | None = None, levels: bool = False) -> None:
        super().__init__()
        self.circuit, self.kind, self.max_depth, self.levels = circuit, kind, max_depth, levels
        self._plan: Levels | None = None
        self._fused: Fused | None = None

    def plan(self) -> Levels:
        """The circuit in plain torch operations."""
        if self._plan is None:
            self._plan = Levels(self.circuit)
        return self._plan

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
                return _RealSweep.apply(weights, self._fused, self)  # type: ignore[no-any-return]
            return _Sweep.apply(weights, self)  # type: ignore[no-any-return]
        return self.plan()(weights, self.kind)
