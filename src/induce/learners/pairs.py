"""Sums and products of bank rows that explain the target, found by matrix products.

With standardised rows ``Z`` and target ``t``, the share of variance that ``a f + b g + c`` explains is
``(r_f^2 + r_g^2 - 2 r_f r_g G_fg) / (1 - G_fg^2)`` with ``r = Z t`` and ``G = Z Z'``; for ``a f g + c`` it is the squared
correlation of ``f * g`` with ``t``, from ``(F t) F'``, ``(F^2)(F^2)'`` and ``F F'``. Longer sums grow from the best pairs by
orthogonal matching pursuit with a beam.

Source: Y. Pati, R. Rezaiifar and P. Krishnaprasad (1993), Orthogonal Matching Pursuit.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

__all__ = ["PairScan"]

Array = NDArray[np.float64]
CHUNK = 128


class PairScan:
    """Scans pairs of rows as a bank grows; rows seen before are not paired with each other again.

    Parameters
    ----------
    target, weights : arrays, shape (points,)
    most : int
        Rows that take part in products at most, in the bank's order.
    most_sums : int
        The same for sums.
    points : int
        Points used.
    """

    def __init__(self, target: Array, weights: Array, most: int, most_sums: int, points: int = 256) -> None:
        self.places = np.unique(np.linspace(0, len(target) - 1, min(points, len(target))).astype(np.int64))
        target, weights = target[self.places], weights[self.places]
        self.most_sums = most_sums
        self.w = weights / weights.sum()
        self.root = np.sqrt(self.w)
        self.t = (target - target @ self.w) * self.root
        self.total = max(float(self.t @ self.t), 1e-300)
        self.most = most
        self.rows = np.zeros(0, np.int64)
        self.scaled = np.zeros((0, len(self.places)))
        self.z = np.zeros((0, len(self.places)))
        self.sum_rows = np.zeros(0, np.int64)
        self.seen: set[int] = set()
        self.taken = 0

    def add(self, values: Array) -> tuple[int, int]:
        """Take in new rows of the bank (all its rows are given); returns how many product and sum rows were known before."""
        before = len(self.rows), len(self.sum_rows)
        stop = min(len(values), self.most_sums)
        fresh = values[self.taken : stop, self.places]
        places = np.arange(self.taken, stop)
        self.taken = max(stop, self.taken)
        if not len(fresh):
            return before
        mean = fresh @ self.w
        centered = (fresh - mean[:, None]) * self.root
        norm = np.sqrt(np.einsum("ij,ij->i", centered, centered))
        size = np.sqrt(np.mean(fresh**2, axis=1))
        good = norm > 1e-9 * size
        room = max(self.most - len(self.rows), 0)
        self.rows = np.concatenate([self.rows, places[good][:room]])
        self.scaled = np.concatenate([self.scaled, (fresh[good] / size[good, None])[:room]])
        z = centered[good] / norm[good, None]
        z *= np.where(z[np.arange(len(z)), np.argmax(np.abs(z), axis=1)] < 0, -1.0, 1.0)[:, None]
        # rows that differ by an affine map are one row in a sum with fitted coefficients
        keys = (np.rint(z[:, :: max(1, z.shape[1] // 24)] * 1e7)).astype(np.int64)
        keep = []
        for k, key in enumerate(keys):
            mark = hash(key.tobytes())
            if mark not in self.seen:
                self.seen.add(mark)
                keep.append(k)
        self.sum_rows = np.concatenate([self.sum_rows, places[good][keep]])
        self.z = np.concatenate([self.z, z[keep]])
        return before

    def sums(self, known: int, keep: int = 24) -> Iterator[tuple[Array, NDArray[np.int64], int]]:
        """Best pairs for ``a f + b g + c``: (unexplained share, places in ``z`` of shape (keep, 2), pairs scanned)."""
        r = self.z @ (self.t / np.sqrt(self.total))
        for start in range(known, len(self.z), CHUNK):
            stop = min(start + CHUNK, len(self.z))
            g = self.z[start:stop] @ self.z[:stop].T
            with np.errstate(all="ignore"):
                free = 1.0 - g * g
                share = (
                    r[start:stop, None] ** 2 + r[None, :stop] ** 2 - 2 * r[start:stop, None] * r[None, :stop] * g
                ) / free
            share[(free < 1e-9) | (np.arange(stop)[None, :] >= np.arange(start, stop)[:, None])] = 0.0
            yield *_best(1.0 - share, keep, start), g.size

    def products(self, known: int, keep: int = 24) -> Iterator[tuple[Array, NDArray[np.int64], int]]:
        """Best pairs for ``a f g + c``: (unexplained share, places in ``rows`` of shape (keep, 2), pairs scanned)."""
        weighted_t = (self.t * self.root)[None, :]
        square = self.scaled**2
        for start in range(known, len(self.scaled), CHUNK):
            stop = min(start + CHUNK, len(self.scaled))
            cross = (self.scaled[start:stop] * weighted_t) @ self.scaled[:stop].T
            second = (square[start:stop] * self.w) @ square[:stop].T
            first = (self.scaled[start:stop] * self.w) @ self.scaled[:stop].T
            spread = second - first**2
            with np.errstate(all="ignore"):
                share = cross**2 / (spread * self.total)
            outside = np.arange(stop)[None, :] > np.arange(start, stop)[:, None]
            share[(spread <= 1e-12 * second) | outside] = 0.0
            yield *_best(1.0 - share, keep, start), cross.size

    def longer(self, sets: list[tuple[int, ...]], beam: int, most: int = 1500) -> list[tuple[float, tuple[int, ...]]]:
        """Extend sets of rows of ``z`` by the row that helps most: the best ``beam`` sets as (unexplained share, set)."""
        z = self.z[:most]
        found: dict[tuple[int, ...], float] = {}
        for members in sets:
            basis = np.linalg.qr(self.z[list(members)].T)[0]
            residual = self.t - basis @ (basis.T @ self.t)
            inside = z @ basis
            free = 1.0 - np.einsum("ij,ij->i", inside, inside)
            gain = (z @ residual) ** 2 / np.maximum(free, 1e-9)
            gain[free < 1e-8] = 0.0
            left = (float(residual @ residual) - gain) / self.total
            for k in np.argpartition(left, min(6, len(left) - 1))[:6]:
                found[tuple(sorted((*members, int(k))))] = float(left[k])
        return sorted((share, members) for members, share in found.items() if len(set(members)) == len(members))[:beam]


def _best(loss: Array, keep: int, start: int) -> tuple[Array, NDArray[np.int64]]:
    flat = np.where(np.isfinite(loss), loss, 1.0).ravel()
    keep = min(keep, len(flat))
    places = np.argpartition(flat, keep - 1)[:keep]
    places = places[np.argsort(flat[places], kind="stable")]
    pairs = np.stack([places // loss.shape[1] + start, places % loss.shape[1]], axis=1)
    return flat[places], pairs
