"""Targets looked up in the bank by value: every pair of an outer part and a row that fit exactly, in one pass.

A row and a target that differ by an affine map have equal *signatures*: two random projections of the standardised values,
their sign removed. Signatures of the bank are sorted into buckets; a target's is looked up, and what is found is checked on all
points. Logarithms, with those of the columns projected out, are looked up too: ``t = k x^p f^q``. So the work is that of
making targets, not of comparing them with rows; noise blurs signatures, so only exact fits are found this way.

Source: the join by value is meet-in-the-middle search (E. Horowitz and S. Sahni, 1974, Computing Partitions).
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from induce.algebras import kernels as K
from induce.learners.factors import Factors
from induce.learners.growing import Growing
from induce.learners.targets import TargetBlock
from induce.learners.undoing import undo_binary, undo_unary, unit_after

__all__ = ["Join"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
TOLERANCE = 2e-7
"""Largest difference of signatures."""
SHARE = 1e-10
"""Largest share of a target's variance that an exact fit leaves."""
POINTS = 96


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _signature(z: Any, projections: Any, out: Any) -> bool:
    """Standardise ``z`` in place and write its two projections; False for a constant."""
    n = len(z)
    mean, size = 0.0, 0.0
    for i in range(n):
        mean += z[i]
        size += abs(z[i])
    mean /= n
    square = 0.0
    for i in range(n):
        z[i] -= mean
        square += z[i] * z[i]
    if not (square > 1e-18 * size * size / n and square < 1e200):
        return False
    scale = 1.0 / np.sqrt(square)
    a, b = 0.0, 0.0
    for i in range(n):
        z[i] *= scale
        a += z[i] * projections[0, i]
        b += z[i] * projections[1, i]
    if a < 0.0:
        a, b = -a, -b
        for i in range(n):
            z[i] = -z[i]
    out[0], out[1] = a, b
    return True


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _log_rest(t: Any, basis: Any, out: Any) -> bool:
    """Logarithm of ``|t|`` without what the basis explains; False if that is nothing."""
    n = len(t)
    size = 0.0
    for i in range(n):
        if t[i] == 0.0:
            return False
        out[i] = np.log(abs(t[i]))
        size += abs(out[i])
    for k in range(basis.shape[1]):
        s = 0.0
        for i in range(n):
            s += basis[i, k] * out[i]
        for i in range(n):
            out[i] -= s * basis[i, k]
    left = 0.0
    for i in range(n):
        left += out[i] * out[i]
    return left > 1e-14 * size * size / n


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _signatures(values: Any, places: Any, basis: Any, projections: Any, out: Any, rows: Any) -> None:
    """Signatures of bank rows into ``out`` and their standardised values into ``rows``; NaN for those without."""
    room = np.empty(values.shape[1])
    for k in range(len(places)):
        room[:] = values[places[k]]
        ok = True
        if basis.shape[1]:
            ok = _log_rest(values[places[k]], basis, room)
        for i in range(len(room)):
            ok = ok and abs(room[i]) < 1e150
        if ok and _signature(room, projections, out[k]):
            rows[k, :] = room
        else:
            out[k, 0] = np.nan


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _lookup(signature: Any, z: Any, table: Any) -> int:
    """Place in the table of a row with this signature and these standardised values, or -1."""
    first, second, starts, rows, scale = table
    low = int((signature[0] - TOLERANCE) * scale)
    high = int((signature[0] + TOLERANCE) * scale)
    for bucket in range(max(low, 0), min(high, len(starts) - 2) + 1):
        for k in range(starts[bucket], starts[bucket + 1]):
            if abs(first[k] - signature[0]) < TOLERANCE and abs(second[k] - signature[1]) < TOLERANCE:
                left = 0.0
                for i in range(len(z)):
                    left += (z[i] - rows[k, i]) ** 2
                if left < SHARE:
                    return k
    return -1


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _explains(z: Any, rows: Any, k: int, t: Any, w: Any, at: int, variance: float) -> bool:
    """Whether the affine map that the fit of standardised values gives leaves nothing of ``y``.

    A target may be all outer part, as ``y - b`` with a huge ``b``: a row then equals it, and says nothing about ``y``.
    """
    n = len(z)
    mean, size = 0.0, 0.0
    for i in range(n):
        mean += t[at, i] / n
    for i in range(n):
        size += (t[at, i] - mean) * z[i]
    left = 0.0
    for i in range(n):
        r = size * (z[i] - rows[k, i])
        left += w[at, i] * r * r
    return left < 1e-9 * variance


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _join(
    cursor: int, quota: int, parents: Any, rows: Any, steps: Any, unaries: Any, bank: Any, frame: Any, tables: Any, hits: Any,
    variance: float,
) -> Any:  # fmt: skip
    """Targets from ``cursor`` on, each looked up in both tables; returns (next cursor or -1, targets made, hits held)."""
    parent_t, parent_w, parent_dims, parent_state = parents
    values, dims = bank
    basis, projections = frame
    straight, logs = tables
    points = parent_t.shape[1]
    per_parent = len(rows) * len(steps)
    total = len(parent_t) * per_parent
    t, w = np.empty((2, points)), np.empty((2, points))
    z, signature = np.empty(points), np.empty(2)
    unit, unit2 = np.zeros(parent_dims.shape[1], np.int64), np.zeros(parent_dims.shape[1], np.int64)
    held = (np.zeros((1, parent_dims.shape[1]), np.int64), np.zeros(1, np.int64))
    made, found = 0, 0
    while cursor < total and made < quota and found < len(hits) - 2 * len(unaries):
        parent, rest = cursor // per_parent, cursor % per_parent
        row, step = rows[rest // len(steps)], rest % len(steps)
        cursor += 1
        op, side = steps[step, 0], steps[step, 1]
        kind = unit_after(op, side, (parent_dims, parent_state), parent, dims, row, unit)
        if kind < 0 or not undo_binary(op, side, parent_t, parent_w, parent, values, row, 0, points, t, w):
            continue
        held[0][0, :] = unit
        held[1][0] = kind
        for u in range(len(unaries)):
            at = 0
            if unaries[u] >= 0:
                at = 1
                if unit_after(unaries[u], 0, held, 0, dims, -1, unit2) < 0:
                    continue
                if not undo_unary(unaries[u], t, w, 0, 1, points, t, w):
                    continue
            made += 1
            z[:] = t[at]
            k = -1
            if _signature(z, projections, signature):
                k = _lookup(signature, z, straight)
            if k >= 0 and _explains(z, straight[3], k, t, w, at, variance):
                hits[found, 0], hits[found, 1], hits[found, 2] = parent, op, side
                hits[found, 3], hits[found, 4], hits[found, 5], hits[found, 6] = row, unaries[u], k, 0
                found += 1
            if basis.shape[1] and (unaries[u] >= 0 or op == K.ADD or op == K.SUB or side == 0):
                k = -1
                if _log_rest(t[at], basis, z) and _signature(z, projections, signature):
                    k = _lookup(signature, z, logs)
                if k >= 0:
                    hits[found, 0], hits[found, 1], hits[found, 2] = parent, op, side
                    hits[found, 3], hits[found, 4], hits[found, 5], hits[found, 6] = row, unaries[u], k, 1
                    found += 1
    return (cursor if cursor < total else -1), made, found


class _Table:
    """Signatures in buckets: arrays sorted by the first projection, and where each bucket begins."""

    def __init__(self, values: Array, places: Ints, basis: Array, projections: Array) -> None:
        signatures, rows = np.empty((len(places), 2)), np.empty((len(places), values.shape[1]))
        _signatures(values, places, basis, projections, signatures, rows)
        good = np.flatnonzero(np.isfinite(signatures[:, 0]))
        order = good[np.argsort(signatures[good, 0], kind="stable")]
        first, second = signatures[order, 0].copy(), signatures[order, 1].copy()
        self.places = places[order]
        top = float(first[-1]) if len(first) else 1.0
        buckets = max(4 * len(first), 16)
        scale = buckets / max(top * (1 + 1e-9), 1e-300)
        starts = np.searchsorted((first * scale).astype(np.int64), np.arange(buckets + 2))
        self.arrays = (first, second, starts.astype(np.int64), np.ascontiguousarray(rows[order]), scale)


class Join:
    """Tables of a bank's signatures.

    Parameters
    ----------
    grown : Growing
    factors : Factors
        For what logarithms are free of.
    held : int
        Rows of the bank that count.
    """

    def __init__(self, grown: Growing, factors: Factors, held: int) -> None:
        self.grown, self.factors, self.held = grown, factors, held
        points = min(grown.values.shape[1], POINTS)
        self.points = points
        rng = np.random.default_rng(17)
        self.projections = rng.standard_normal((2, points))
        self.values = grown.values[:, :points]
        self.basis = np.ascontiguousarray(np.linalg.qr(factors.base[:, :points].T)[0])
        self._tables: tuple[_Table, _Table] | None = None

    @property
    def tables(self) -> tuple[_Table, _Table]:
        """By value, and by logarithm; made when first asked for."""
        if self._tables is None:
            every = np.arange(self.held)
            none = np.zeros((self.points, 0))
            self._tables = (
                _Table(self.values, every, none, self.projections),
                _Table(self.values, every, self.basis, self.projections),
            )
        return self._tables

    def scan(self, block: TargetBlock, rows: Ints, steps: Ints, unaries: Ints, quota: int, variance: float) -> Any:
        """Yields (targets made, hits): a hit is (parent, op, side, row, unary, bank row, 0 by value or 1 by logarithm)."""
        straight, logs = self.tables
        parents = (
            np.ascontiguousarray(block.t[:, : self.points]),
            np.ascontiguousarray(block.w[:, : self.points]),
            block.dims,
            block.state,
        )
        cursor = 0 if len(rows) and len(steps) and len(block) else -1
        while cursor >= 0:
            hits = np.empty((256, 7), np.int64)
            cursor, made, found = _join(
                cursor, quota, parents, rows, steps, unaries, (self.values, self.grown.dims), (self.basis, self.projections),
                (straight.arrays, logs.arrays), hits, variance,
            )  # fmt: skip
            hits = hits[:found]
            for kind, table in ((0, straight), (1, logs)):
                mine = hits[:, 6] == kind
                hits[mine, 5] = table.places[hits[mine, 5]]
            yield made, hits
