"""The enumeration kernel: rows of values grown by one operator at a time, kept once per value.

A bank holds one row per distinct vector of values (observational equivalence). A candidate row is computed, checked for
finite values and agreeing units, scored against the target up to an affine map in closed form, hashed by value, and kept if new.

Sources: O. Udupa et al. (2013), TRANSIT; A. Albarghouthi, S. Gulwani and Z. Kincaid (2013), Recursive Program Synthesis.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from induce.algebras import kernels as K
from induce.algebras.dimension import binary_dimension, unary_dimension

__all__ = ["expand", "hash_row", "known", "lookup"]


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _moments(values: Any, row: int, target: Any, weights: Any, projections: Any, out: Any) -> None:
    """Sums for the score and the hash: w f, w f^2, w f y, |f|, two random projections, largest |f|."""
    s0, s1, s2, s3, s4, s5 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(len(target)):
        f = values[row, i]
        wf = weights[i] * f
        s0 += wf
        s1 += wf * f
        s2 += wf * target[i]
        s3 += abs(f)
        s4 += f * projections[0, i]
        s5 += f * projections[1, i]
    out[0], out[1], out[2], out[3], out[4], out[5] = s0, s1, s2, s3, s4, s5


@numba.njit(cache=True, nogil=True)
def _mix(h: Any) -> Any:
    h ^= h >> np.uint64(30)
    h *= np.uint64(0xBF58476D1CE4E5B9)
    h ^= h >> np.uint64(27)
    h *= np.uint64(0x94D049BB133111EB)
    return h ^ (h >> np.uint64(31))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def hash_row(moments: Any, points: int) -> Any:
    """64-bit hash of a row of values, equal for rows that agree to about 1e-9 of their mean size."""
    scale = moments[3] / points
    a = np.int64(np.rint(moments[4] / (scale * points) * 1e9))
    b = np.int64(np.rint(moments[5] / (scale * points) * 1e9))
    c = np.int64(np.rint(np.log(scale) * 1e8))
    h = _mix(np.uint64(a) + np.uint64(0x9E3779B97F4A7C15))
    h = _mix(h ^ np.uint64(b))
    h = _mix(h ^ np.uint64(c))
    return h if h != np.uint64(0) else np.uint64(1)


@numba.njit(cache=True, nogil=True)
def lookup(keys: Any, h: Any) -> bool:
    """Whether ``h`` was in the open-addressing table; it is afterwards (unless the table is nearly full)."""
    mask = np.uint64(len(keys) - 1)
    place = h & mask
    for _ in range(64):
        found = keys[place]
        if found == h:
            return True
        if found == np.uint64(0):
            keys[place] = h
            return False
        place = (place + np.uint64(1)) & mask
    return False


@numba.njit(cache=True, nogil=True, error_model="numpy")
def known(values: Any, row: int, data: Any, keys: Any) -> bool:
    """Whether a row of values was seen before; it is afterwards."""
    target, weights, projections, _ = data
    moments = np.empty(6)
    _moments(values, row, target, weights, projections, moments)
    return moments[3] > 0.0 and lookup(keys, hash_row(moments, len(target)))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _offer(hits: Any, scores: Any, filled: int, op: int, left: int, right: int, score: float) -> int:
    """Keep the best scores seen; returns how many are held."""
    if filled < len(scores):
        place = filled
        filled += 1
    else:
        place = 0
        for k in range(1, len(scores)):
            if scores[k] > scores[place]:
                place = k
        if score >= scores[place]:
            return filled
    scores[place] = score
    hits[place, 0], hits[place, 1], hits[place, 2] = op, left, right
    return filled


@numba.njit(cache=True, nogil=True)
def _redundant(op: int, i: int, j: int) -> bool:
    """Whether a pair of rows gives nothing new: the mirror of a commutative pair, or an operator of one row with itself."""
    if (op == K.ADD or op == K.MUL or op == K.MIN or op == K.MAX) and j > i:
        return True
    return i == j and (op == K.SUB or op == K.DIV or op == K.MIN or op == K.MAX)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _unit_kind(op: int, units: Any, values: Any, ops: Any, i: int, j: int, out: Any) -> int:
    """Writes the unit of the result to ``out``; -1 if the arguments' units disagree. ``j`` is -1 for a unary operator."""
    dims, state = units
    if dims.shape[1] == 0:
        return 0
    if j < 0:
        return unary_dimension(op, dims[i], state[i], out)
    exponent = values[j, 0] if ops[j] < 0 else np.nan
    return binary_dimension(op, dims[i], state[i], dims[j], state[j], out, exponent)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _score(moments: Any, totals: Any, points: int) -> float:
    """Share of the target left after the best allowed map of a row; infinite for rows not worth keeping.

    ``totals`` is (sum w, sum w y, sum w y^2, mode); mode 3 allows ``b f + a``, 1 ``b f``, 2 ``f + a`` and 0 only ``f``. The
    target is centered when shifts are allowed.
    """
    scale = moments[3] / points
    if not (scale < 1e30 and scale > 1e-30 and abs(moments[1]) < 1e200 and abs(moments[4]) < 1e200):
        return np.inf
    spread = moments[1] - moments[0] * moments[0] / totals[0]
    if spread <= 1e-13 * moments[1]:
        return np.inf  # a constant: fitted constants make these for free
    cross = moments[2] - moments[0] * totals[1] / totals[0]
    if totals[3] == 3.0:
        return 1.0 - cross * cross / (spread * totals[2])
    if totals[3] == 1.0:
        return 1.0 - moments[2] * moments[2] / (moments[1] * totals[2])
    if totals[3] == 2.0:
        return (spread - 2.0 * cross + totals[2]) / totals[2]
    return (moments[1] - 2.0 * moments[2] + totals[2]) / totals[2]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def expand(
    op: int, ranges: Any, at: int, quota: int, bank: Any, values: Any, units: Any, keys: Any, data: Any, best: Any, counts: Any,
    forbid: Any,
) -> int:  # fmt: skip
    """Apply one operator to ranges of rows, from pair number ``at``, for at most ``quota`` candidates.

    Parameters
    ----------
    ranges : ((int, int), (int, int))
        Half-open ranges of left and right argument rows; the second is (0, 1) for a unary operator.
    bank : (op, left, right, size, contains) arrays; ``contains`` is a bit set of the operators below.
    values : array (capacity + 1, points); the last row is scratch.
    units : (dims, state), the units of the rows and whether they hang on a free constant.
    keys : table of the hashes seen.
    data : (target, weights, projections, sums of w, w y, w y^2).
    best : (hits, scores), the best candidates of this level, (k, 3) and (k,).
    counts : [rows held, tried, distinct, hits held, kept by this operator].
    forbid : forbid[op] = bit set of operators that must not occur below it.

    Returns
    -------
    int
        The pair number to go on from, or -1 when the ranges are done.
    """
    ops, lefts, rights, sizes, contains = bank
    target, weights, projections, totals = data
    points, capacity = values.shape[1], values.shape[0] - 1
    first, second = ranges
    width_second = second[1] - second[0]
    pairs = (first[1] - first[0]) * width_second
    moments, dim = np.empty(6), np.zeros(units[0].shape[1], np.int64)
    unary = K.ARITY[op] == 1
    done = 0
    while at < pairs and done < quota:
        i = first[0] + at // width_second
        j = -1 if unary else second[0] + at % width_second
        at += 1
        if not unary and _redundant(op, i, j):
            continue
        below = contains[i] if unary else contains[i] | contains[j]
        if below & forbid[op]:
            continue
        kind = _unit_kind(op, units, values, ops, i, j, dim)
        if kind < 0:
            continue
        done += 1
        row = counts[0] if counts[0] < capacity else capacity
        if unary:
            K.apply_unary(op, values, i, row, points)
        else:
            K.apply_binary(op, values, i, j, row, points)
        _moments(values, row, target, weights, projections, moments)
        score = _score(moments, totals, points)
        if score == np.inf or lookup(keys, hash_row(moments, points)):
            continue
        counts[2] += 1
        counts[3] = _offer(best[0], best[1], counts[3], op, i, j, score)
        if row < capacity:
            ops[row], lefts[row], rights[row] = op, i, j
            sizes[row] = sizes[i] + 1 if unary else sizes[i] + sizes[j] + 1
            contains[row] = below | (np.int64(1) << np.int64(op))
            units[0][row] = dim
            units[1][row] = kind
            counts[0] += 1
            counts[4] += 1
    counts[1] += done
    return at if at < pairs else -1
