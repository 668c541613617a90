"""Dimensionless groups: the products of columns that have no unit, and those with the unit of the target.

A law whose constants are pure numbers can be written ``y = m F(g1, g2, ...)``, with a monomial ``m`` of the unit of ``y`` and
dimensionless ``g``. Minimal products (the circuits of the matrix of exponents) are taken: none contains another.

Source: E. Buckingham (1914), On Physically Similar Systems.
"""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

__all__ = ["dimensionless", "of_unit"]

Ints = NDArray[np.int64]
Exponents = tuple[Fraction, ...]
MOST_SUBSETS = 4000


def _kernel(rows: list[list[Fraction]]) -> list[Fraction] | None:
    """The one vector (up to a factor) that ``rows`` (one per variable) combine to zero with, if there is just one."""
    count = len(rows)
    matrix = [list(column) for column in zip(*rows, strict=True)] or [[]]
    pivots: list[int] = []
    at = 0
    for column in range(count):
        pivot = next((r for r in range(at, len(matrix)) if matrix[r][column] != 0), None)
        if pivot is None:
            continue
        matrix[at], matrix[pivot] = matrix[pivot], matrix[at]
        lead = matrix[at][column]
        matrix[at] = [v / lead for v in matrix[at]]
        for r in range(len(matrix)):
            if r != at and matrix[r][column] != 0:
                factor = matrix[r][column]
                matrix[r] = [a - factor * b for a, b in zip(matrix[r], matrix[at], strict=True)]
        pivots.append(column)
        at += 1
    free = [c for c in range(count) if c not in pivots]
    if len(free) != 1:
        return None
    solution = [Fraction(0)] * count
    solution[free[0]] = Fraction(1)
    for r, column in enumerate(pivots):
        solution[column] = -matrix[r][free[0]]
    return solution


def _circuits(rows: list[list[Fraction]], must: int | None) -> list[Exponents]:
    """Minimal vanishing combinations of the rows, the simplest first; with ``must``, those that contain this row, to the power -1."""
    count = len(rows)
    matrix = np.array([[float(v) for v in row] for row in rows]).reshape(count, -1)
    rank = int(np.linalg.matrix_rank(matrix)) if matrix.size else 0
    found: dict[Exponents, None] = {}
    looked = 0
    others = [k for k in range(count) if k != must]
    for size in range(1, rank + 2):
        for subset in itertools.combinations(others, size - (must is not None)):
            looked += 1
            if looked > MOST_SUBSETS:
                break
            members = [*subset, *([must] if must is not None else [])]
            solution = _kernel([rows[k] for k in members])
            if solution is None or any(v == 0 for v in solution):
                continue
            whole = [Fraction(0)] * count
            if must is not None:
                scale = -1 / solution[-1]
            else:
                bottom = int(np.lcm.reduce([v.denominator for v in solution]))
                numerators = [int(v * bottom) for v in solution]
                lead = 1 if sum(numerators) > 0 or (sum(numerators) == 0 and numerators[0] > 0) else -1
                scale = Fraction(bottom * lead, int(np.gcd.reduce(numerators)))
            for k, value in zip(members, solution, strict=True):
                whole[k] = value * scale
            found[tuple(whole)] = None
    return sorted(found, key=lambda e: (sum(abs(v) for v in e), sum(v.denominator > 1 for v in e)))


def _rows(dims: Ints) -> list[list[Fraction]]:
    return [[Fraction(int(v)) for v in row] for row in dims]


def dimensionless(dims: Ints, most: int) -> list[Exponents]:
    """Exponents of the simplest dimensionless products: enough to make all others, and some more, ``most`` at most.

    >>> [[str(v) for v in e] for e in dimensionless(np.array([[1, -1], [1, -1], [0, 1]]), 4)]
    [['1', '-1', '0']]
    """
    circuits = _circuits(_rows(dims), None)
    chosen: list[Exponents] = []
    rest: list[Exponents] = []
    for exponents in circuits:
        trial = np.array([[float(v) for v in e] for e in [*chosen, exponents]])
        if np.linalg.matrix_rank(trial) == len(trial):
            chosen.append(exponents)
        else:
            rest.append(exponents)
    return [*chosen, *rest][: max(most, len(chosen))] if len(chosen) <= most else chosen


def of_unit(dims: Ints, unit: Ints, most: int) -> list[Exponents]:
    """Exponents of the simplest products of columns that have the given unit; ``()``-like zeros if it is none."""
    if not np.any(unit):
        return [tuple(Fraction(0) for _ in range(len(dims)))]
    found = _circuits(_rows(np.vstack([dims, unit])), len(dims))
    return [e[:-1] for e in found if all(v.denominator <= 2 and abs(v) <= 6 for v in e)][:most]
