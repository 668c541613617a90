"""Epochs: networks, weights and holes of a logic program, by Adam over the batches of a loader."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from induce.errors import FillError
from induce.learners.learner import Batch

__all__ = ["Epochs"]


@dataclass(frozen=True)
class Epochs:
    """Maximum likelihood of the observed conclusions, and of the constraints, by mini-batches.

    Minimises ``-mean log P(target | inputs) - constraints * mean log P(constraints | inputs)``.

    Parameters
    ----------
    rate : float
        Learning rate of the networks.
    rate_of_holes : float
        Learning rate of weights, thresholds and choices in the rules.
    constraints : float
        Weight of the constraints beside the conclusions; 1 where a batch has no conclusions.
    decay : float
        Factor on the learning rates after each epoch.
    """

    rate: float = 1e-3
    rate_of_holes: float = 5e-2
    constraints: float = 0.0
    decay: float = 1.0
    name: str = "epochs"

    def run(self, program: Any, loader: Iterable[Any]) -> Iterator[Batch]:
        """Yield a tick after every batch, and the mean loss with all parameters after every epoch."""
        import torch

        groups = [
            {"params": list(program.nets.parameters()), "lr": self.rate},
            {"params": list(program.parameters_of_holes.parameters()), "lr": self.rate_of_holes},
        ]
        groups = [g for g in groups if g["params"]]
        if not groups:
            raise FillError(
                "the program has nothing to learn: no network and no hole. Write '?p' for a learnable weight."
            )
        optimizer = torch.optim.Adam(groups)
        schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, self.decay)
        epoch = 0
        while True:
            total, count = 0.0, 0
            program.train()
            for number, item in enumerate(loader):
                inputs, target = _pair(item, number)
                optimizer.zero_grad()
                loss = program.loss(target, constraints=self.constraints, **inputs)
                loss.backward()
                optimizer.step()
                size = next((len(v) for v in inputs.values() if hasattr(v, "__len__")), 1)
                total, count = total + float(loss.detach()) * size, count + size
                yield Batch(work=float(size), source=self.name)
            if not count:
                raise FillError(
                    "the loader gave no batches. Check that it has data; a generator is used up after one pass."
                )
            epoch += 1
            schedule.step()
            program.eval()
            yield Batch(
                losses=np.array([total / count]),
                tried=1.0,
                source=self.name,
                values={k: v.detach().clone() for k, v in program.state_dict().items()},
                note=f"epoch {epoch}: loss {total / count:.4g}",
            )


def _pair(item: Any, number: int) -> tuple[dict[str, Any], Any]:
    """Inputs by name and the observed conclusions of one batch."""
    if isinstance(item, Mapping):
        return dict(item), None
    if isinstance(item, tuple | list) and len(item) == 2 and isinstance(item[0], Mapping):
        return dict(item[0]), item[1]
    raise FillError(
        f"batch {number} of the loader is {type(item).__name__}, but a pair (inputs, target) was expected, with inputs a "
        "mapping of names to tensors. For example ({'left': images, 'right': images}, totals)."
    )
