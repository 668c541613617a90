"""SparseSums: sums of monomials by least squares, thinned term by term."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from induce.learners.enumerate import fitted_batch
from induce.learners.forms import combine
from induce.learners.learner import Batch, SearchState
from induce.task import Task
from induce.terms.codes import Codebook

__all__ = ["SparseSums"]

Array = NDArray[np.float64]
Monomial = tuple[int, ...]
Part = tuple[list[int], list[float], list[bool]]


@dataclass(frozen=True)
class SparseSums:
    """Polynomials by backward elimination.

    All monomials of the columns up to a degree (as many as a third of the rows allow, at most ``most``) are fitted by least
    squares; then the term whose loss rises least is dropped, again and again. Every stage is a candidate.

    Parameters
    ----------
    most : int
        Monomials at the start.
    degree : int
        Largest total degree.

    References
    ----------
    M. Efroymson (1960), Multiple Regression Analysis (backward elimination).
    """

    most: int = 60
    degree: int = 6
    name: str = "sparse sums"
    parallel: bool = False

    def accepts(self, task: Task) -> str:
        """Sums, products and fitted constants must be allowed."""
        if task.space is None or not task.space.constants:
            return "sums need a free choice with fitted constants"
        names = {op.name for op in task.space.ops}
        return "" if {"+", "*"} <= names else "sums need the operators + and *"

    def run(self, task: Task, state: SearchState, rng: np.random.Generator) -> Iterator[Batch]:
        """Yield the stages of one elimination."""
        assert task.space is not None
        columns, target, weights = task.search
        monomials = self._library(len(columns), len(target))
        root = np.sqrt(weights)
        rows = [np.prod([columns[v] for v in m], axis=0) for m in monomials]
        keep = [
            k
            for k, row in enumerate(rows)
            if np.all(np.isfinite(row)) and np.ptp(row) > 0 and np.max(np.abs(row)) < 1e100
        ]
        monomials, rows = [monomials[k] for k in keep], [rows[k] for k in keep]
        if not rows:
            return
        design = np.column_stack([*rows, np.ones(len(target))]) * root[:, None]
        parts = []
        for members, coefficients in _eliminate(design, target * root):
            if len(members) <= 12:
                parts.append(sum_of_monomials(monomials, coefficients, task.codebook))
        work = float(design.size) * len(monomials) * 3.0
        batch = fitted_batch(task, task.space, combine(parts), self.name, float(len(parts)), iterations=3)
        yield Batch(batch.programs, batch.losses, batch.tried, batch.work + work, self.name)

    def _library(self, columns: int, points: int) -> list[Monomial]:
        """Monomials as sorted tuples of column numbers, by degree, as many whole degrees as fit."""
        room = min(self.most, points // 3)
        found: list[Monomial] = []
        for degree in range(1, self.degree + 1):
            level = list(itertools.combinations_with_replacement(range(columns), degree))
            if degree > 1 and len(found) + len(level) > room:
                break
            found += level[: max(room, 1)]
        return found


def _eliminate(design: Array, target: Array) -> Iterator[tuple[list[int], Array]]:
    """Stages of backward elimination: (members, coefficients); the last column is the offset and may go too."""
    scale = np.sqrt(np.einsum("ij,ij->j", design, design))
    scaled = design / scale
    members = list(range(design.shape[1]))
    while members:
        q, r = np.linalg.qr(scaled[:, members])
        if np.min(np.abs(np.diag(r))) < 1e-10:  # dependent columns: drop the most dependent
            members.pop(int(np.argmin(np.abs(np.diag(r)))))
            continue
        inverse = np.linalg.inv(r)
        solution = inverse @ (q.T @ target)
        coefficients = np.zeros(design.shape[1])
        coefficients[members] = solution / scale[members]
        yield list(members), coefficients
        # dropping term k raises the squares by c_k^2 / (G^-1)_kk
        rise = solution**2 / np.einsum("ij,ij->i", inverse, inverse)
        members.pop(int(np.argmin(rise)))


def sum_of_monomials(monomials: list[Monomial], coefficients: Array, book: Codebook) -> Part:
    """``b1 m1 + b2 m2 + ... + a`` as code; coefficients 1 and -1 are not written, zeros are left out."""
    code = {name: book.code_of[book.language[name]] for name in ("+", "*")}
    codes: list[int] = []
    values: list[float] = []
    free: list[bool] = []
    largest = float(np.max(np.abs(coefficients))) if len(coefficients) else 1.0
    for monomial, b in zip(monomials, map(float, coefficients), strict=False):
        if abs(b) <= 1e-9 * largest:
            continue
        inner = _monomial_code(monomial, book)
        if abs(b - 1) > 1e-8:
            inner = [-1 - len(values), *inner, code["*"]]
            values.append(b)
            free.append(True)
        codes += [*inner, code["+"]] if codes else inner
    if abs(float(coefficients[-1])) > 1e-9 * largest or not codes:
        codes += [-1 - len(values), *([code["+"]] if codes else [])]
        values.append(float(coefficients[-1]))
        free.append(True)
    return codes, values, free


def _monomial_code(monomial: Monomial, book: Codebook) -> list[int]:
    """A product of powers, powers built from squares and cubes."""
    square, cube, times = (book.code_of[book.language[name]] for name in ("square", "cube", "*"))
    shapes = {
        1: [],
        2: [square],
        3: [cube],
        4: [square, square],
        6: [square, cube],
        8: [square, square, square],
        9: [cube, cube],
    }
    codes: list[int] = []
    for column in sorted(set(monomial)):
        power = monomial.count(column)
        if power in shapes:
            piece = [256 + column, *shapes[power]]
        else:
            piece = [256 + column, *shapes[power - 1], 256 + column, times]
        codes += [*piece, times] if codes else piece
    return codes
