"""Elites: the best distinct trees a search has seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from induce.learners.scoring import Trees

__all__ = ["Elites"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


class Elites:
    """At most ``most`` trees of different losses, and at most ``alike`` of a size, largest reward first.

    Parameters
    ----------
    most, alike : int
    width : int
        Codes of a tree at most.
    """

    def __init__(self, most: int, alike: int, width: int) -> None:
        self.most, self.alike = most, alike
        self.trees: Trees = np.zeros((0, width), np.int16), np.zeros((0, width)), np.zeros(0, np.int64)
        self.share = np.zeros(0)
        self.rewards = np.zeros(0)
        self.sizes = np.zeros(0, np.int64)

    def __len__(self) -> int:
        return len(self.share)

    def add(self, trees: Trees, share: Array, rewards: Array, sizes: Ints) -> None:
        """Take in those that are better than what is held; of equal losses the one of the largest reward."""
        held = np.bincount(self.sizes, minlength=int(sizes.max(initial=0)) + 1)
        lowest = np.zeros(len(held))
        for size in np.flatnonzero(held >= self.alike):
            lowest[size] = self.rewards[self.sizes == size].min()
        hopeful = np.flatnonzero(rewards > lowest[sizes])
        if len(hopeful) > self.most:
            hopeful = hopeful[_ranks(rewards[hopeful], sizes[hopeful]) < self.alike]
        if not len(hopeful):
            return
        joined = [np.concatenate([held, new[hopeful]]) for held, new in zip(self.trees, trees, strict=True)]
        share = np.concatenate([self.share, share[hopeful]])
        rewards = np.concatenate([self.rewards, rewards[hopeful]])
        sizes = np.concatenate([self.sizes, sizes[hopeful]])
        order = np.argsort(-rewards, kind="stable")
        # trees of the same function up to an affine map leave the same share: twelve digits tell functions apart
        with np.errstate(divide="ignore"):
            digits = np.where(share[order] > 1e-24, np.round(np.log(share[order]), 9), -np.inf)
        order = order[np.sort(np.unique(digits, return_index=True)[1])]
        order = order[_ranks(rewards[order], sizes[order]) < self.alike][: self.most]
        codes, numbers, lengths = (part[order] for part in joined)
        self.trees = codes, numbers, lengths
        self.share, self.rewards, self.sizes = share[order], rewards[order], sizes[order]


def _ranks(rewards: Array, sizes: Ints) -> Ints:
    """Place of every tree among those of its size, best first."""
    order = np.lexsort((-rewards, sizes))
    sorted_sizes = sizes[order]
    begins = np.searchsorted(sorted_sizes, sorted_sizes)
    ranks = np.empty(len(order), np.int64)
    ranks[order] = np.arange(len(order)) - begins
    return ranks
