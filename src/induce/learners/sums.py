"""Sums ``a f + b g + ... + c`` that explain a target, found by matrix products.

With weighted and standardised rows ``Z`` and target ``t``, ``a f + b g + c`` explains the share
``(r_f^2 + r_g^2 - 2 r_f r_g G) / (1 - G^2)`` of the variance, with ``r = Z t`` and ``G = Z Z'``; a product ``a f g + c`` the
squared correlation of ``f g`` with ``t``, from ``(F t) F'``, ``(F^2)(F^2)'`` and ``F F'``. Longer sums grow from the best
pairs by orthogonal matching pursuit with a beam.

Source: Y. Pati, R. Rezaiifar and P. Krishnaprasad (1993), Orthogonal Matching Pursuit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from induce.learners.matching import keep_best

__all__ = ["Dictionary", "best_pairs", "best_products", "distinct_directions", "longer"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
CHUNK = 256
TIES = 8
"""How many times as many pairs as asked for are taken from single precision into double."""


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _scan_pairs(gram: Any, r: Any, start: int, top: int, places: Any, scores: Any, count: Any) -> None:
    """The best pairs of rows ``start + i`` and ``j`` below it, by unexplained share."""
    bar = scores.max() if count[0] == len(scores) else np.inf
    for i in range(gram.shape[0]):
        first = start + i
        a = r[first]
        for j in range(min(first, top)):
            g = gram[i, j]
            free = 1.0 - g * g
            if free < 1e-6:
                continue
            left = 1.0 - (a * a + r[j] * r[j] - 2.0 * a * r[j] * g) / free
            if left < bar:
                bar = keep_best(places, scores, count, first, j, left)


def best_pairs(z: Array, t: Array, keep: int, known: int = 0) -> Iterator[tuple[Array, Ints, int]]:
    """Best two-row sums for a target of unit length: (unexplained share, places (keep, 2), pairs looked at), by chunk.

    Pairs of rows before ``known`` are left out.
    """
    single = z.astype(np.float32)
    r = (z @ t).astype(np.float64)
    for start in range(known, len(z), CHUNK):
        stop = min(start + CHUNK, len(z))
        gram = single[start:stop] @ single[:stop].T
        places, scores, count = _room(TIES * keep)
        _scan_pairs(gram, r, start, stop, places, scores, count)
        pairs = places[: count[0]]
        # single precision cannot tell near-perfect pairs apart: the best many again in double
        first, second = z[pairs[:, 0]], z[pairs[:, 1]]
        g = np.einsum("ij,ij->i", first, second)
        a, b = r[pairs[:, 0]], r[pairs[:, 1]]
        exact = 1.0 - (a * a + b * b - 2.0 * a * b * g) / np.maximum(1.0 - g * g, 1e-12)
        order = np.argsort(exact, kind="stable")[:keep]
        yield np.maximum(exact[order], 0.0), pairs[order], gram.size


def _room(most: int) -> tuple[Ints, Array, Ints]:
    return np.zeros((most, 2), np.int64), np.full(most, np.inf), np.zeros(1, np.int64)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _scan_products(
    cross: Any, second: Any, first: Any, start: int, total: float, places: Any, scores: Any, count: Any
) -> None:
    bar = scores.max() if count[0] == len(scores) else np.inf
    for i in range(cross.shape[0]):
        for j in range(start + i + 1):
            spread = second[i, j] - first[i, j] * first[i, j]
            if spread <= 1e-5 * second[i, j]:
                continue
            left = 1.0 - cross[i, j] * cross[i, j] / (spread * total)
            if left < bar:
                bar = keep_best(places, scores, count, start + i, j, left)


def best_products(scaled: Array, w: Array, t: Array, keep: int, known: int = 0) -> Iterator[tuple[Array, Ints, int]]:
    """Best ``a f g + c`` for a centered target: (unexplained share, places (keep, 2), pairs looked at), by chunk.

    Parameters
    ----------
    scaled : array (rows, points)
        Rows divided by their root mean square.
    w : array (points,)
        Weights adding up to one.
    t : array (points,)
        ``y`` less its weighted mean.
    """
    f = scaled.astype(np.float32)
    square = f * f
    w32, wt, total = w.astype(np.float32), (w * t).astype(np.float32), float(w @ (t * t))
    for start in range(known, len(f), CHUNK):
        stop = min(start + CHUNK, len(f))
        places, scores, count = _room(TIES * keep)
        _scan_products(
            (f[start:stop] * wt) @ f[:stop].T, (square[start:stop] * w32) @ square[:stop].T, (f[start:stop] * w32) @ f[:stop].T,
            start, total, places, scores, count,
        )  # fmt: skip
        pairs = places[: count[0]]
        fg = scaled[pairs[:, 0]] * scaled[pairs[:, 1]]
        mean = fg @ w
        spread = (fg * fg) @ w - mean**2
        exact = 1.0 - (fg @ (w * t)) ** 2 / np.maximum(spread * total, 1e-300)
        order = np.argsort(exact, kind="stable")[:keep]
        yield np.maximum(exact[order], 0.0), pairs[order], (stop - start) * stop


def longer(
    z: Array, t: Array, sets: list[tuple[int, ...]], beam: int, most: int
) -> list[tuple[float, tuple[int, ...]]]:
    """Sets of rows of ``z`` extended by the row that helps most: the best ``beam`` as (unexplained share, set)."""
    found: dict[tuple[int, ...], float] = {}
    total = max(float(t @ t), 1e-300)
    rows = z[:most]
    for members in sets:
        basis = np.linalg.qr(z[list(members)].T)[0]
        residual = t - basis @ (basis.T @ t)
        inside = rows @ basis
        free = 1.0 - np.einsum("ij,ij->i", inside, inside)
        gain = (rows @ residual) ** 2 / np.maximum(free, 1e-9)
        gain[free < 1e-8] = 0.0
        left = (float(residual @ residual) - gain) / total
        for k in np.argpartition(left, min(6, len(left) - 1))[:6]:
            if int(k) not in members:
                found[tuple(sorted((*members, int(k))))] = float(left[k])
    return sorted((share, members) for members, share in found.items())[:beam]


def distinct_directions(z: Array, digits: float) -> list[int]:
    """Places of rows of unit length that no earlier row equals up to sign and rounding."""
    if not len(z):
        return []
    flipped = z * np.where(z[np.arange(len(z)), np.argmax(np.abs(z), axis=1)] < 0, -1.0, 1.0)[:, None]
    keys = np.rint(flipped[:, :: max(1, z.shape[1] // 24)] * digits).astype(np.int64)
    seen: set[bytes] = set()
    keep = []
    for k, key in enumerate(keys):
        mark = key.tobytes()
        if mark not in seen:
            seen.add(mark)
            keep.append(k)
    return keep


class Dictionary:
    """Simple rows of a bank, of which sums are made: each direction once (rows that differ by an affine map are one).

    Parameters
    ----------
    values : array (rows, points)
        Bank rows in their order.
    most : int
        How many are taken.
    """

    def __init__(self, values: Array, most: int) -> None:
        fresh = values[: 6 * most]
        centered = fresh - fresh.mean(axis=1, keepdims=True)
        norm = np.sqrt(np.einsum("ij,ij->i", centered, centered))
        size = np.sqrt(np.einsum("ij,ij->i", fresh, fresh))
        good = np.flatnonzero((norm > 1e-7 * size) & (np.abs(centered).max(axis=1) < 1e3 * norm))
        self.rows = good[distinct_directions(centered[good] / norm[good, None], 1e7)[:most]]
        self.values = fresh[self.rows]

    def standardised(self, w: Array, most: int) -> tuple[Array, Array]:
        """Rows centered and scaled under weights adding up to one, times their roots; and the roots."""
        root = np.sqrt(w)
        values = self.values[:most]
        z = (values - (values @ w)[:, None]) * root
        norm = np.sqrt(np.einsum("ij,ij->i", z, z))
        return z / np.maximum(norm, 1e-300)[:, None], root
