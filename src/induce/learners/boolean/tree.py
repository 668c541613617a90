"""A decision tree over given rows, as a network: right on every row, whatever the number of inputs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from induce.learners.boolean.network import Network

__all__ = ["add_tree"]


def _entropy(yes: NDArray[np.float64], total: NDArray[np.float64]) -> NDArray[np.float64]:
    share = np.divide(yes, total, out=np.zeros_like(yes), where=total > 0)
    inside = (share > 0) & (share < 1)
    p = share[inside]
    found = np.zeros_like(share)
    found[inside] = -(p * np.log2(p) + (1 - p) * np.log2(1 - p))
    return found * total


def add_tree(net: Network, bits: NDArray[np.uint8], answers: NDArray[np.bool_]) -> int:
    """Write a tree that splits by the input that tells most, until the answers agree; the literal of its root.

    Parameters
    ----------
    net : Network
        Whose inputs are the rows of ``bits``.
    bits : array, shape (inputs, rows)
        No two rows that are equal have different answers.
    answers : array, shape (rows,)

    Source: J. R. Quinlan (1986), Induction of Decision Trees.
    """
    if answers.all() or not answers.any():
        return int(bool(len(answers) and answers.all()))
    rows = bits.shape[1]
    ones = bits.sum(axis=1, dtype=np.float64)
    yes = (bits & answers).sum(axis=1, dtype=np.float64)
    left = _entropy(yes, ones) + _entropy(answers.sum() - yes, rows - ones)
    left[(ones == 0) | (ones == rows)] = np.inf
    i = int(np.argmin(left))
    high = bits[i] == 1
    low_part = add_tree(net, bits[:, ~high], answers[~high])
    high_part = add_tree(net, bits[:, high], answers[high])
    return net.choose(2 * (i + 1), high_part, low_part)
