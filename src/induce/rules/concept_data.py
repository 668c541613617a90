"""Generated rows of classes that share hidden concepts, seen through a random network."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from induce.errors import DataError

__all__ = ["HiddenConcepts", "hidden_concepts"]

SLOPE, GAIN, SHIFT = 0.2, 1.4, 0.3
"""Of the units: slope below zero, factor before them, and standard deviation of their offsets."""
TRIES = 2000
MOST_LISTED = 12
"""Concepts up to which all rows that a class may have are listed where random ones are not found."""


@dataclass(frozen=True, eq=False)
class HiddenConcepts:
    """Rows, their classes, and what made them.

    Parameters
    ----------
    X : array of shape (rows, columns)
    y : integer array of shape (rows,)
    hidden : array of shape (rows, concepts)
        Standard normal where the class has the concept, else 0.
    structure : bool array of shape (classes, concepts)
    """

    X: NDArray[np.float64]
    y: NDArray[np.int64]
    hidden: NDArray[np.float64]
    structure: NDArray[np.bool_]


def hidden_concepts(
    rows: int = 10_000,
    *,
    classes: int = 8,
    concepts: int = 6,
    columns: int = 12,
    layers: int = 2,
    twins: bool = False,
    seed: int = 0,
) -> HiddenConcepts:
    """Rows ``x = g(z * m_y)`` with ``g`` a random network of leaky units and orthogonal layers.

    Each class has two concepts at least, and two thirds of them at most; no two classes are alike.

    Parameters
    ----------
    rows, classes, concepts, columns : int
    layers : int
        Layers of units in ``g``; 0 makes it linear.
    twins : bool
        Whether the first two concepts have the same classes, so that nothing tells them apart; else no two do.
    seed : int

    Raises
    ------
    DataError
        For fewer columns than concepts, and if no such structure is found.

    References
    ----------
    Y. Zheng, S. Xie, K. Zhang (2025), Nonparametric Identification of Latent Concepts.

    >>> made = hidden_concepts(100)
    >>> made.X.shape, made.hidden.shape, bool((made.hidden[~made.structure[made.y]] == 0).all())
    ((100, 12), (100, 6), True)
    """
    if columns < concepts:
        raise DataError(f"{columns} columns cannot show {concepts} concepts. Ask for at least as many columns.")
    rng = np.random.default_rng(seed)
    structure = _structure(rng, classes, concepts, twins)
    y = rng.integers(classes, size=rows)
    hidden = found = rng.normal(size=(rows, concepts)) * structure[y]
    for layer in range(layers + 1):
        left, _, right = np.linalg.svd(rng.normal(size=(found.shape[1], columns)), full_matrices=False)
        found = found @ (left @ right)
        if layer < layers:
            found = GAIN * found + SHIFT * rng.normal(size=columns)
            found = np.where(found > 0, found, SLOPE * found)
    return HiddenConcepts(found, y, hidden, structure)


def _structure(rng: np.random.Generator, classes: int, concepts: int, twins: bool) -> NDArray[np.bool_]:
    most = max(2, 2 * concepts // 3)

    def fits(used: NDArray[np.bool_]) -> bool:
        sizes, columns = used.sum(axis=1), np.unique(used, axis=1).shape[1]
        distinct = np.unique(used, axis=0).shape[0] == classes and columns == concepts - twins
        return bool(distinct and sizes.min() >= 2 and sizes.max() <= most and used.any(axis=0).all())

    for _ in range(TRIES):
        used = rng.random((classes, concepts)) < 0.5
        if twins:
            used[:, 1] = used[:, 0]
        if fits(used):
            return used
    asked = f"{classes} classes and {concepts} concepts{' with twins' if twins else ''}"
    if concepts <= MOST_LISTED:
        listed: NDArray[np.bool_] = np.array(list(itertools.product((False, True), repeat=concepts)))
        listed = listed[(listed.sum(axis=1) >= 2) & (listed.sum(axis=1) <= most)]
        listed = listed[listed[:, 0] == listed[:, 1]] if twins else listed
        if len(listed) < classes:
            raise DataError(
                f"no structure of {asked} has 2 to {most} concepts a class and no two classes alike: there are only "
                f"{len(listed)} such classes. Ask for more concepts, or fewer classes."
            )
        for _ in range(TRIES):
            used = np.asarray(listed[rng.permutation(len(listed))[:classes]])
            if fits(used):
                return used
    raise DataError(
        f"no structure of {asked} with 2 to {most} concepts a class and no two alike was found in {TRIES} random tries. "
        "Ask for other numbers of classes and concepts, or try another seed."
    )
