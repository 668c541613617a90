"""Degrees of parts from pictures: asking a detector, and training a small scorer where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from induce.checks import counted
from induce.errors import DataError, FillError
from induce.nets.part_scorer import PartScorer
from induce.nets.pictures import channels_of, check_pictures

__all__ = ["is_pictures", "scored", "train_scorer"]

Array = NDArray[np.float64]
_BATCH = 64
_EPOCHS = 12


def is_pictures(X: Any) -> bool:
    """Whether X has the four axes of pictures.

    >>> is_pictures(np.zeros((2, 3, 8, 8))), is_pictures(np.zeros((2, 3)))
    (True, False)
    """
    return len(getattr(X, "shape", ())) == 4


def scored(detector: Any, pictures: Any, names: Sequence[str]) -> tuple[Array, list[str]]:
    """Degrees of parts, shape (n, parts), and their names.

    Parameters
    ----------
    detector : Module or callable
        A module is asked in evaluation mode; its attribute ``parts`` names what it gives, and its method ``degrees``, where it
        has one, is what gives them.
    pictures : array or tensor, shape (n, channels, height, width)
    names : sequence of str
        Names of the parts, in the order of the detector; ``part0, part1, ...`` when empty.

    Raises
    ------
    DataError, FillError
        For pictures that do not fit the network, for degrees that are no table, and for a detector that cannot be called.
    """
    given = check_pictures(pictures, channels_of(detector))
    ask = getattr(detector, "degrees", detector)
    if not callable(ask):
        raise FillError(
            f"detector must be a module or a function of pictures, but got {detector!r}. Leave it out, or pass one."
        )
    if isinstance(detector, nn.Module):
        detector.eval()
    with torch.no_grad():
        found = [_degrees(ask(given[k : k + _BATCH])) for k in range(0, len(given), _BATCH)]
    degrees = torch.cat(found).numpy() if found else np.zeros((0, len(names)))
    if degrees.ndim != 2 or len(degrees) != len(given):
        raise DataError(
            f"the detector gave shape {degrees.shape} for {counted(len(given), 'picture')}, but (n, parts) is needed. "
            "Let it sum the confidences of each part."
        )
    named = list(names) if names else [f"part{k}" for k in range(degrees.shape[1])]
    if len(named) != degrees.shape[1]:
        raise DataError(
            f"the detector gives {degrees.shape[1]} degrees, but {len(named)} parts are named: {', '.join(named)}. "
            "Give the detector an attribute 'parts' with their names."
        )
    return degrees, named


def _degrees(said: Any) -> torch.Tensor:
    try:
        return torch.as_tensor(said).double().cpu()
    except (TypeError, ValueError, RuntimeError) as error:
        raise DataError(
            f"the detector gave {type(said).__name__}, but degrees of shape (n, parts) are needed. Let it return an array or tensor."
        ) from error


def train_scorer(pictures: Any, shown: Array, names: Sequence[str], seed: int) -> PartScorer:
    """A :class:`~induce.nets.PartScorer` trained on which parts each picture shows.

    Parameters
    ----------
    pictures : array or tensor, shape (n, channels, height, width)
    shown : array, shape (n, parts)
        Counts or truth values.
    names : sequence of str
    seed : int
    """
    given = check_pictures(pictures)
    truth = torch.from_numpy(np.asarray(shown) > 0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        scorer = PartScorer(names, given.shape[1])
        optimizer = torch.optim.Adam(scorer.parameters(), lr=3e-3)
        steps = _EPOCHS * -(-len(given) // _BATCH)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=5e-3, total_steps=steps + 1)
        for _ in range(_EPOCHS):
            for rows in torch.randperm(len(given)).split(_BATCH):  # type: ignore[no-untyped-call]
                loss = scorer.loss(given[rows], truth[rows])
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                schedule.step()
    return scorer.eval()
