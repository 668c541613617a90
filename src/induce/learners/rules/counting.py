"""Sums over the rows of many conjunctions at once, on packed bits.

A number per row is cut into planes of bits: ``number = sum_p weight_p * bit_p``. Its sum over the rows of a conjunction is then
``sum_p weight_p * popcount(rows & plane_p)``: no row is looked at on its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from induce.learners.boolean.truth import Words, pack, popcount

__all__ = ["Planes", "conjunction_sums", "planes_of", "rows_of_conjunctions"]

Float = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Planes:
    """Numbers per row as planes of bits.

    Parameters
    ----------
    words : array of shape (planes, words)
    weight : float array of shape (planes,)
    statistic : int array of shape (planes,)
        Which of the numbers a plane belongs to.
    count : int
        How many numbers per row there are.
    """

    words: Words
    weight: Float
    statistic: NDArray[np.int64]
    count: int


def planes_of(numbers: Float, bits: int) -> Planes:
    """Numbers of shape (rows, count) with so many bits each, rounded to multiples of the largest / ``2**bits``.

    Whole numbers below ``2**bits`` are kept exactly.
    """
    words, weights, statistics = [], [], []
    for k in range(numbers.shape[1]):
        column = numbers[:, k]
        largest = float(np.abs(column).max(initial=0.0))
        if largest == 0.0:
            continue
        whole = largest < 2**bits and bool((column == np.round(column)).all())
        step = 1.0 if whole else largest / (2**bits - 1)
        scaled = np.round(column / step).astype(np.int64)
        for sign in (1, -1):
            part = np.maximum(sign * scaled, 0)
            for bit in range(int(part.max(initial=0)).bit_length()):
                plane = (part >> bit & 1).astype(bool)
                if plane.any():
                    words.append(pack(plane))
                    weights.append(sign * step * 2**bit)
                    statistics.append(k)
    if not words:
        return Planes(
            np.zeros((0, -(-len(numbers) // 64)), np.uint64), np.zeros(0), np.zeros(0, np.int64), numbers.shape[1]
        )
    return Planes(np.array(words), np.array(weights), np.array(statistics, dtype=np.int64), numbers.shape[1])


@njit(cache=True, nogil=True)
def _sums(parents, literals, planes, weight, statistic, out):  # type: ignore[no-untyped-def]
    width = literals.shape[1]
    masked = np.empty((planes.shape[0], width), dtype=np.uint64)
    for f in range(parents.shape[0]):
        for p in range(planes.shape[0]):
            for w in range(width):
                masked[p, w] = planes[p, w] & parents[f, w]
        for k in range(literals.shape[0]):
            for p in range(planes.shape[0]):
                total = np.int64(0)
                for w in range(width):
                    total += popcount(masked[p, w] & literals[k, w])
                out[f, k, statistic[p]] += weight[p] * total


def conjunction_sums(parents: Words, literals: Words, planes: Planes) -> Float:
    """Sums over the rows where a parent and a literal hold: array of shape (parents, literals, count)."""
    out = np.zeros((len(parents), len(literals), planes.count))
    _sums(parents, literals, planes.words, planes.weight, planes.statistic, out)
    return out


def rows_of_conjunctions(literals: Words, rules: list[tuple[int, ...]], everything: Words) -> Words:
    """The packed rows of each conjunction of literals: array of shape (rules, words)."""
    found = np.empty((len(rules), literals.shape[1]), dtype=np.uint64)
    for k, rule in enumerate(rules):
        found[k] = np.bitwise_and.reduce(literals[list(rule)], axis=0) & everything if rule else everything
    return found
