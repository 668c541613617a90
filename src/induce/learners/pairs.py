"""Pair scans: the best sums, products and quotients of two bank rows, by matrix products.

With standardised rows ``Z`` and target ``t``, the share of variance that ``a f + b g + c`` explains is
``(r_f^2 + r_g^2 - 2 r_f r_g G_fg) / (1 - G_fg^2)`` with ``r = Z t`` and ``G = Z Z'``; for ``a f g + c`` it is the squared
correlation of ``f * g`` with ``t``, from ``(F t) F'``, ``(F^2)(F^2)'`` and ``F F'``.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

__all__ = ["scan_pairs"]

Array = NDArray[np.float64]
CHUNK = 128


def scan_pairs(values: Array, target: Array, weights: Array, keep: int = 24) -> Iterator[tuple[str, Array, NDArray[np.int64], int]]:
    """Scan all pairs chunk by chunk.

    Parameters
    ----------
    values : array, shape (rows of the bank, points)
    target, weights : arrays, shape (points,)
    keep : int
        Pairs returned per kind and chunk.

    Yields
    ------
    (kind, unexplained share of variance, pairs of shape (keep, 2), pairs scanned)
    """
    w = weights / weights.sum()
    root = np.sqrt(w)
    mean = values @ w
    centered = (values - mean[:, None]) * root
    norm = np.sqrt(np.einsum("ij,ij->i", centered, centered))
    norm[norm == 0] = 1.0
    z = centered / norm[:, None]
    t = (target - target @ w) * root
    total = float(t @ t)
    r = z @ (t / np.sqrt(total))
    # rows of very different size would lose the small ones in the products; the scale of a factor is free
    scaled = values / np.sqrt(np.mean(values**2, axis=1))[:, None]
    square = scaled**2
    weighted_t = (t * root)[None, :]
    count = len(values)
    for start in range(0, count, CHUNK):
        stop = min(start + CHUNK, count)
        rows = np.arange(start, stop)
        g = z[start:stop] @ z[:stop].T
        upper = np.arange(stop)[None, :] >= rows[:, None]
        with np.errstate(all="ignore"):
            open_share = 1.0 - g * g
            share = (r[start:stop, None] ** 2 + r[None, :stop] ** 2 - 2 * r[start:stop, None] * r[None, :stop] * g) / open_share
            share[(open_share < 1e-9) | upper] = 0.0
            yield "+", *_best(1.0 - share, keep, start), g.size
            cross = (scaled[start:stop] * weighted_t) @ scaled[:stop].T
            second = (square[start:stop] * w) @ square[:stop].T
            first = (scaled[start:stop] * w) @ scaled[:stop].T
            spread = second - first**2
            product = cross**2 / (spread * total)
            product[(spread <= 1e-12 * second) | (np.arange(stop)[None, :] > rows[:, None])] = 0.0
            yield "*", *_best(1.0 - product, keep, start), g.size


def _best(loss: Array, keep: int, start: int) -> tuple[Array, NDArray[np.int64]]:
    flat = np.where(np.isfinite(loss), loss, 1.0).ravel()
    keep = min(keep, len(flat))
    places = np.argpartition(flat, keep - 1)[:keep]
    places = places[np.argsort(flat[places], kind="stable")]
    pairs = np.stack([places // loss.shape[1] + start, places % loss.shape[1]], axis=1)
    return flat[places], pairs
