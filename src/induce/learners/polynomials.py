"""Polynomials and their quotients by least squares, thinned term by term.

All monomials up to a degree are fitted at once; then the term whose loss rises least is dropped, again and again. A quotient
``t = (sum a m) / (n + sum b m)`` is linear in ``a`` and ``b`` once multiplied out: ``t n = sum a m - t sum b m``.

Sources: M. Efroymson (1960), Multiple Regression Analysis (backward elimination); K. Kaheman, J. N. Kutz and S. Brunton
(2020), SINDy-PI (the implicit form).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from induce.learners.composing import Pen, over, product, raised, sum_of
from induce.learners.forms import Part

__all__ = ["Monomial", "eliminate", "library", "polynomials", "quotients"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Monomial = tuple[int, ...]


def library(columns: int, most: int, degree: int, dims: Ints | None = None, unit: Ints | None = None) -> list[Monomial]:
    """Monomials as sorted tuples of column numbers, by degree, as many whole degrees as fit into ``most``.

    With ``dims`` (columns, base units) and ``unit``, only those of this unit.
    """
    found: list[Monomial] = []
    for power in range(1, degree + 1):
        if math.comb(columns + power - 1, power) > 20_000:
            break
        level = list(itertools.combinations_with_replacement(range(columns), power))
        if dims is not None and unit is not None:
            level = [m for m in level if np.array_equal(dims[list(m)].sum(axis=0), unit)]
        if found and len(found) + len(level) > most:
            break
        found += level[: max(most, 1)]
    return found


def _values(columns: Array, monomials: Sequence[Monomial]) -> tuple[list[Monomial], Array]:
    """The monomials that vary, and their values."""
    rows = [np.prod(columns[list(m)], axis=0) for m in monomials]
    keep = [
        k for k, row in enumerate(rows) if np.all(np.isfinite(row)) and np.ptp(row) > 0 and np.abs(row).max() < 1e100
    ]
    values = np.array([rows[k] for k in keep]) if keep else np.zeros((0, columns.shape[1]))
    return [monomials[k] for k in keep], values


def polynomials(columns: Array, t: Array, w: Array, pen: Pen, terms: list[Monomial]) -> list[Part]:
    """Sums of monomials for a target, one for every stage of the elimination, the longest first."""
    monomials, values = _values(columns, terms)
    if not monomials:
        return []
    root = np.sqrt(w)
    design = np.vstack([values, np.ones(len(t))]).T * root[:, None]
    parts = [monomial(m, pen) for m in monomials]
    return [
        sum_of(parts, _scaled(coefficients), pen)
        for members, coefficients in eliminate(design, t * root)
        if len(members) <= 12
    ]


def quotients(
    columns: Array, t: Array, w: Array, pen: Pen, above: list[Monomial], below: list[Monomial], normal: Monomial
) -> list[Part]:
    """Quotients of sums of monomials for a target; ``normal`` is the denominator's with coefficient 1, ``()`` for a plain 1."""
    above, tops = _values(columns, above)
    below, bottoms = _values(columns, below)
    if normal in below:
        place = below.index(normal)
        below, bottoms = [m for m in below if m != normal], np.delete(bottoms, place, axis=0)
    if not above or not below:
        return []
    unit = np.prod(columns[list(normal)], axis=0) if normal else np.ones_like(t)
    root = np.sqrt(w) / np.maximum(np.abs(unit), 1e-12)
    design = np.vstack([tops, -t * bottoms, np.ones(len(t))]).T * root[:, None]
    tops_written = [monomial(m, pen) for m in above]
    bottoms_written = [monomial(m, pen) for m in below]
    made = []
    for members, coefficients in eliminate(design, t * unit * root):
        if len(members) > 10:
            continue
        a, b = coefficients[: len(above)], coefficients[len(above) : -1]
        if not np.any(b):
            continue
        top = sum_of(tops_written, [*_scaled(np.append(a, coefficients[-1]))], pen)
        if normal:
            bottom = sum_of([monomial(normal, pen), *bottoms_written], [1.0, *b, 0.0], pen)
        else:
            bottom = sum_of(bottoms_written, [*b, 1.0], pen)
        made.append(over(top, bottom, pen))
    return made


def _scaled(coefficients: Array) -> Array:
    """Coefficients that are rounding beside the largest, set to zero."""
    return np.where(np.abs(coefficients) <= 1e-10 * np.abs(coefficients).max(initial=0.0), 0.0, coefficients)


def eliminate(design: Array, target: Array) -> Iterator[tuple[list[int], Array]]:
    """Stages of backward elimination: (members, coefficients); the last column is the offset and may go too."""
    if len(design) <= design.shape[1] or not np.all(np.isfinite(design)):
        return  # as many unknowns as rows fit anything
    scale = np.sqrt(np.einsum("ij,ij->j", design, design))
    scale[scale == 0.0] = 1.0
    # all stages happen in the column space of the first factor: rows are dealt with once
    q, triangle = np.linalg.qr(design / scale)
    aim = q.T @ target
    members = list(range(design.shape[1]))
    while members:
        inner, r = np.linalg.qr(triangle[:, members])
        diagonal = np.abs(np.diag(r))
        if diagonal.min() < 1e-10:  # dependent columns: drop the most dependent
            members.pop(int(np.argmin(diagonal)))
            continue
        inverse = np.linalg.inv(r)
        solution = inverse @ (inner.T @ aim)
        coefficients = np.zeros(design.shape[1])
        coefficients[members] = solution / scale[members]
        yield list(members), coefficients
        # dropping term k raises the squares by c_k^2 / (G^-1)_kk
        rise = solution**2 / np.einsum("ij,ij->i", inverse, inverse)
        members.pop(int(np.argmin(rise)))


def monomial(columns: Monomial, pen: Pen) -> Part:
    """A product of powers of columns."""
    return product([raised(pen.row(column), columns.count(column), pen) for column in sorted(set(columns))], pen)
