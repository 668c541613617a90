"""Polynomials in the columns and one further function: ``t = P(x, f)`` for every row ``f`` of the bank.

For a row ``f`` the terms ``m``, ``f m`` and ``f^2 m``, with monomials ``m`` of the columns, are fitted to a target at once. The
terms without ``f`` are projected out of everything first, so each row costs one small system of equations, and all rows are
solved together. The best are thinned term by term.

Source: sparse identification with a library of candidate functions, S. Brunton, J. Proctor and J. N. Kutz (2016); here the
library has one function at a time, and all functions take their turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from induce.learners.composing import Part, product, raised, sum_of, wrapped
from induce.learners.gathering import Gathered
from induce.learners.learner import Batch
from induce.learners.meeting import Meeting
from induce.learners.polynomials import Monomial, eliminate, library, monomial
from induce.learners.stock import Stage
from induce.learners.targets import TargetBlock

__all__ = ["beside_scans", "shares_left"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
CHUNK = 128
NEW = 1e-4
"""Length, as a share, that a row must keep when the terms without it are projected out."""
KEPT = 6
"""Rows of one target that are followed up."""
TERMS = 7
"""Largest number of terms of a sum that is written down."""


def beside_scans(meeting: Meeting, stage: Stage) -> Iterator[Batch]:
    """The targets without outer part, and their inverse unary ones, against the first rows."""
    if not {"+", "*"} <= meeting.names or (meeting.pure and meeting.grown.dims.shape[1]):
        return
    rows = _functions(meeting)[: stage.beside]
    if not len(rows):
        return
    base, factors = _terms(len(meeting.columns), meeting.points)
    monomials = np.array([np.prod(meeting.columns[list(m)], axis=0) for m in base])
    if not np.all(np.isfinite(monomials)):
        return
    gathered = Gathered(meeting)
    for k in range(len(meeting.bases)):
        if not meeting.mine():
            continue
        block, limits = meeting.bases, meeting.limits()
        width = sum(len(f) for f in factors)
        for some in np.array_split(rows, max(len(rows) // CHUNK, 1)):
            left = shares_left(
                block.t[k], block.w[k], monomials, meeting.grown.values[some], [monomials[f] for f in factors]
            )
            for place in np.argsort(left, kind="stable")[:KEPT]:
                loss = float(left[place] * block.spread[k])
                size = min(int(block.cost[k] + meeting.grown.size[some[place]]) + 4, len(limits) - 1)
                if loss < limits[size]:
                    gathered.add(loss, partial(_written, meeting, block, k, int(some[place]), base, factors))
            yield meeting.tick(float(len(some)), len(some) * width * width * meeting.points * 0.15)
        yield gathered.batch(KEPT)


def _functions(meeting: Meeting) -> Ints:
    """Rows that vary, by size; among equals those with a function on top first, for powers are monomials' work."""
    rows, grown = meeting.varying(meeting.prepared.held), meeting.grown
    names = [op.name for op in grown.book.ops]
    plain = np.array([name in ("square", "cube", "inverse", "neg", "+", "-", "*", "/", "^") for name in names])
    op = grown.op[rows].astype(np.int64)
    last = (op < 0) | (op >= len(names)) | plain[np.clip(op, 0, len(names) - 1)]
    return np.asarray(rows[np.lexsort((last, grown.size[rows]))])


def _terms(columns: int, points: int) -> tuple[list[Monomial], tuple[list[int], list[int]]]:
    """Monomials, and which of them multiply ``f`` and ``f^2``: as many as so many points can carry."""
    base: list[Monomial] = [(), *library(columns, 30, 2)]
    linear = [k for k, m in enumerate(base) if len(m) <= 1]
    every = list(range(len(base)))
    most = points // 2.2
    for factors in ((every, every), (every, linear), (linear, linear)):
        if len(base) + len(factors[0]) + len(factors[1]) <= most:
            return base, factors
    return base, (linear, [0])


@np.errstate(all="ignore")
def shares_left(t: Array, w: Array, monomials: Array, rows: Array, factors: list[Array]) -> Array:
    """Share of a target's variance that each row leaves together with the monomials.

    Parameters
    ----------
    t, w : arrays (points,)
    monomials : array (monomials, points)
        With the constant one.
    rows : array (rows, points)
    factors : list of two arrays (monomials, points)
        What multiplies the row, and its square.

    Returns
    -------
    array (rows,)
        Corrected for the number of terms, so that rows with fewer independent ones do not look better.
    """
    root = np.sqrt(w / w.sum())
    basis = np.linalg.qr((monomials * root).T)[0]
    aim = t * root
    whole = float(aim @ aim - (root @ aim) ** 2)
    aim = aim - basis @ (basis.T @ aim)
    scale = np.sqrt(np.einsum("ij,ij->i", rows, rows) / rows.shape[1])[:, None]
    f = rows / np.maximum(scale, 1e-300) * root
    lifted = np.concatenate(
        [f[:, None] * factors[0], (f * rows / np.maximum(scale, 1e-300))[:, None] * factors[1]], axis=1
    )
    before = np.sqrt(np.einsum("rfp,rfp->rf", lifted, lifted))
    lifted = lifted - (lifted @ basis) @ basis.T
    after = np.sqrt(np.einsum("rfp,rfp->rf", lifted, lifted))
    lifted = np.where((after > NEW * before)[:, :, None], lifted / np.maximum(after, 1e-300)[:, :, None], 0.0)
    gram = lifted @ lifted.transpose(0, 2, 1)
    cross = lifted @ aim
    ridge = 1e-9 * np.eye(gram.shape[1])
    good = np.isfinite(gram).all(axis=(1, 2)) & np.isfinite(cross).all(axis=1)
    gram, cross = np.where(good[:, None, None], gram, 0.0), np.where(good[:, None], cross, 0.0)
    solved = np.linalg.solve(gram + ridge, cross[:, :, None])[:, :, 0]
    rest = aim - np.einsum("rf,rfp->rp", solved, lifted)
    left = np.einsum("rp,rp->r", rest, rest) / max(whole, 1e-300)
    count = monomials.shape[0] + (after > NEW * before).sum(axis=1)
    expected = left / np.maximum(1.0 - count / len(t), 0.05) ** 2
    return np.asarray(np.where(good, expected, np.inf))


def _written(
    meeting: Meeting, block: TargetBlock, k: int, row: int, base: list[Monomial], factors: tuple[list[int], list[int]]
) -> list[Part]:
    """Sums of growing shortness for one row."""
    pen, values = meeting.pen, meeting.grown.values[row]
    monomials = np.array([np.prod(meeting.columns[list(m)], axis=0) for m in base])
    design = [
        monomials[1:],
        values * monomials[factors[0]],
        values**2 * monomials[factors[1]],
        np.ones((1, meeting.points)),
    ]
    written = [monomial(m, pen) for m in base[1:]]
    function = pen.row(row)
    for power, some in zip((1, 2), factors, strict=True):
        raised_row = raised(function, power, pen)
        written += [product([monomial(base[m], pen), raised_row], pen) if base[m] else raised_row for m in some]
    root = np.sqrt(block.w[k])
    found = []
    for members, coefficients in eliminate(np.vstack(design).T * root[:, None], block.t[k] * root):
        if 1 < len(members) <= TERMS:
            clean = np.where(np.abs(coefficients) <= 1e-10 * np.abs(coefficients).max(), 0.0, coefficients)
            found.append(wrapped(sum_of(written, clean, pen), block.path(k), pen))
    return found
