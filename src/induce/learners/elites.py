"""Elites: the best distinct trees a search has seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from induce.learners.scoring import Trees

__all__ = ["Elites"]

Array = NDArray[np.float64]


class Elites:
    """At most ``most`` trees of different losses, largest reward first.

    Parameters
    ----------
    most : int
    width : int
        Codes of a tree at most.
    """

    def __init__(self, most: int, width: int) -> None:
        self.most = most
        self.trees: Trees = np.zeros((0, width), np.int16), np.zeros((0, width)), np.zeros(0, np.int64)
        self.share = np.zeros(0)
        self.rewards = np.zeros(0)

    def __len__(self) -> int:
        return len(self.share)

    def add(self, trees: Trees, share: Array, rewards: Array) -> None:
        """Take in those that are better than what is held; of equal losses the one of the largest reward."""
        lowest = self.rewards[-1] if len(self) >= self.most else 0.0
        hopeful = np.flatnonzero(rewards > lowest)
        if len(hopeful) > self.most:
            hopeful = hopeful[np.argsort(-rewards[hopeful], kind="stable")[: self.most]]
        if not len(hopeful):
            return
        joined = [np.concatenate([held, new[hopeful]]) for held, new in zip(self.trees, trees, strict=True)]
        share = np.concatenate([self.share, share[hopeful]])
        rewards = np.concatenate([self.rewards, rewards[hopeful]])
        order = np.argsort(-rewards, kind="stable")
        # trees of the same function up to an affine map leave the same share: twelve digits tell functions apart
        with np.errstate(divide="ignore"):
            digits = np.where(share[order] > 1e-24, np.round(np.log(share[order]), 9), -np.inf)
        order = order[np.sort(np.unique(digits, return_index=True)[1])][: self.most]
        codes, numbers, lengths = (part[order] for part in joined)
        self.trees = codes, numbers, lengths
        self.share, self.rewards = share[order], rewards[order]
