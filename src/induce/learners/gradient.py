"""Gradient: constants and nets of any differentiable sketch, by Adam on mini-batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from induce.learners.learner import Batch, SearchState
from induce.task import Task

__all__ = ["Gradient"]


@dataclass(frozen=True)
class Gradient:
    """Real holes and nets together, by Adam with a cosine schedule.

    Minimises ``mean_i w_i (f(x_i) - y_i)^2``, or the task's own loss ``loss(prediction, target)``.

    Parameters
    ----------
    rate : float
        Learning rate at the start.
    batch : int
        Rows per step.
    epochs : int
        Passes over the rows at most; a budget may stop it earlier.
    device : str
        Where to train.

    References
    ----------
    D. Kingma and J. Ba (2015), Adam: A Method for Stochastic Optimization.
    """

    rate: float = 1e-2
    batch: int = 256
    epochs: int = 200
    device: str = "cpu"
    name: str = "gradient"
    parallel: bool = False

    def accepts(self, task: Task) -> str:
        """Every hole must be a real or a net."""
        kinds = {h.hole.kind for h in task.sketch.holes}
        return "" if kinds <= {"real", "net"} else "gradient descent needs a sketch without choices"

    def run(self, task: Task, state: SearchState, rng: np.random.Generator) -> Iterator[Batch]:
        """Yield the parameters after every epoch, and a tick every few steps."""
        import torch

        from induce.algebras.module import to_torch
        from induce.algebras.trying import check_derivatives

        check_derivatives(task.sketch)
        module = to_torch(task.sketch, inputs=task.table.names).to(self.device)
        generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
        kind = next((p.dtype for p in module.nets.parameters()), torch.float64)
        x = torch.as_tensor(np.array(task.table.values.T), dtype=kind, device=self.device)
        y = torch.as_tensor(np.array(task.target), dtype=kind, device=self.device)
        w = (
            torch.ones_like(y)
            if task.weights is None
            else torch.as_tensor(np.array(task.weights), dtype=kind, device=self.device)
        )
        w = w / w.mean()
        optimizer = torch.optim.Adam(module.parameters(), lr=self.rate)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, self.epochs)
        size = sum(p.numel() for p in module.parameters()) + task.sketch.size
        for epoch in range(self.epochs):
            order = torch.randperm(len(y), generator=generator)
            for step, start in enumerate(range(0, len(y), self.batch)):
                rows = order[start : start + self.batch]
                optimizer.zero_grad()
                loss = self._loss(task, module(x[rows]), y[rows], w[rows])
                loss.backward()
                optimizer.step()
                if step % 4 == 3:
                    yield Batch(work=float(size * self.batch * 12), source=self.name)
            schedule.step()
            with torch.no_grad():
                total = float(self._loss(task, module(x), y, w))
            values = {name: value.detach().cpu().clone() for name, value in module.state_dict().items()}
            yield Batch(
                losses=np.array([total]),
                tried=1.0,
                work=float(size * len(y)),
                source=self.name,
                values=values,
                note=f"epoch {epoch + 1}",
            )

    @staticmethod
    def _loss(task: Task, prediction: Any, target: Any, weights: Any) -> Any:
        if callable(task.loss):
            return task.loss(prediction, target)
        return (weights * (prediction - target) ** 2).mean()
