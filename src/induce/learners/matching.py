"""Targets against bank rows, the affine part in closed form.

For a target ``t`` with weights ``w`` (mean 0, variance 1 under ``w``, weights adding up to one) and a row ``f``, the share of
variance left by the best ``a f + b`` is ``1 - (sum w t f)^2 / (sum w f^2 - (sum w f)^2)``: three matrix products for all
targets and rows at once.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from induce.learners.growing import Growing
from induce.learners.targets import TargetBlock

__all__ = ["Hits", "Shelf", "match"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
BLOCK_ROWS = 4096
BLOCK_TARGETS = 128
RESOLUTION = 3e-7
"""Shares below this are rounding in single precision: ties, which size decides."""


class Shelf:
    """Bank rows made ready for matching: standardised, single precision, grouped by unit where constants are pure numbers.

    Parameters
    ----------
    grown : Growing
    pure : bool
        Whether fitted constants are pure numbers, so that a row only matches a target of its own unit.
    plain : bool
        Whether there are no fitted constants: rows are then left as they are.
    held : int
        Rows of the bank that count.
    """

    def __init__(self, grown: Growing, pure: bool, plain: bool, held: int) -> None:
        self.grown, self.pure, self.plain = grown, (pure or plain) and grown.dims.shape[1] > 0, plain
        self.groups: dict[bytes, tuple[Any, Ints]] = {}
        places = np.arange(held)
        values = grown.values[places]
        mean = values.mean(axis=1, keepdims=True)
        z = values - mean
        norm = np.sqrt(np.mean(z * z, axis=1, keepdims=True))
        # a row with one huge value says nothing about the other points, and single precision would lose them
        good = (norm[:, 0] > 1e-10 * np.abs(mean[:, 0])) & (np.abs(z).max(axis=1) < 1e3 * norm[:, 0])
        z, places = (values[good] if self.plain else z[good] / norm[good]).astype(np.float32), places[good]
        if not self.pure:
            self.groups[b""] = (z, places)
            return
        dims = grown.dims[places]
        kinds, which = np.unique(dims, axis=0, return_inverse=True)
        for k in range(len(kinds)):
            mine = which.ravel() == k
            self.groups[kinds[k].tobytes()] = (z[mine], places[mine])

    def rows(self, key: bytes) -> tuple[Any, Ints]:
        """Standardised rows and their places in the bank, for one unit (``b""``: all)."""
        return self.groups.get(key, (np.zeros((0, 0), np.float32), np.zeros(0, np.int64)))


class Hits:
    """The best matches of a scan by ``n/2 log(loss + floor) + size log(alphabet)``."""

    def __init__(self, most: int) -> None:
        self.places = np.zeros((most, 2), np.int64)  # target, bank row
        self.scores = np.full(most, np.inf)
        self.count = np.zeros(1, np.int64)

    @np.errstate(all="ignore")
    def ordered(self, block: TargetBlock, shelf: Shelf, prices: tuple[float, float, float, int], keep: int) -> Ints:
        """The best ``keep`` (target, row) pairs, best first, by losses in double precision."""
        pairs = self.places[: int(self.count[0])]
        t, w, f = block.t[pairs[:, 0]], block.w[pairs[:, 0]], shelf.grown.values[pairs[:, 1]]
        if not shelf.plain:
            total = block.total[pairs[:, 0]]
            t = t - block.mean[pairs[:, 0], None]
            f = f - (np.einsum("ij,ij->i", w, f) / total)[:, None]
            square = np.einsum("ij,ij,ij->i", w, f, f)
            t = t - (np.einsum("ij,ij,ij->i", w, f, t) / np.maximum(square, 1e-300))[:, None] * f
            loss = np.einsum("ij,ij,ij->i", w, t, t)
        else:
            loss = np.einsum("ij,ij,ij->i", w, t - f, t - f)
        half, floor, price, _ = prices
        size = block.cost[pairs[:, 0]] + shelf.grown.size[pairs[:, 1]]
        scores = half * np.log(loss + floor * 1e-13) + price * size
        return np.asarray(pairs[np.argsort(scores, kind="stable")[:keep]])


@numba.njit(cache=True, nogil=True, error_model="numpy")
def keep_best(places: Any, scores: Any, count: Any, first: int, second: int, score: float) -> float:
    """Put a pair among the best; returns the score that the next one must beat."""
    most = len(scores)
    if count[0] < most:
        scores[count[0]] = score
        places[count[0], 0], places[count[0], 1] = first, second
        count[0] += 1
    else:
        worst = np.argmax(scores)
        scores[worst] = score
        places[worst, 0], places[worst, 1] = first, second
    return scores.max() if count[0] == most else np.inf


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _pick(
    products: Any, target_places: Any, row_places: Any, spread: Any, cost: Any, sizes: Any, limits: Any, prices: Any,
    plain: bool, best: Any,
) -> None:  # fmt: skip
    """Read the three products of one block; keep what beats the limit of its size."""
    first, second, cross = products
    places, scores, count = best
    half, floor, price, extra = prices
    most = len(limits) - 1
    bar = scores.max() if count[0] == len(scores) else np.inf
    for i in range(len(target_places)):
        t = target_places[i]
        for j in range(len(row_places)):
            if plain:  # no fitted constants: the row must be the target itself
                loss = max(spread[t] - 2.0 * cross[i, j] + second[i, j], 0.0)
            else:
                variance = second[i, j] - first[i, j] * first[i, j]
                if not variance > 1e-5 * second[i, j]:
                    continue
                loss = max(1.0 - cross[i, j] * cross[i, j] / variance, 0.0) * spread[t]
            size = cost[t] + sizes[row_places[j]] + extra
            if size > most or not loss < limits[size] + floor:
                continue
            score = half * np.log(loss + floor) + price * size
            if score < bar:
                bar = keep_best(places, scores, count, t, row_places[j], score)


@np.errstate(all="ignore")
def match(block: TargetBlock, shelf: Shelf, limits: Array, prices: tuple[float, float, float, int], hits: Hits) -> int:
    """Every target of the block against every row of its unit; returns the pairs looked at.

    Parameters
    ----------
    limits : array
        For every size the loss that a candidate must beat.
    prices : (n / 2, floor, log alphabet, nodes of the affine part)
    """
    if shelf.plain:
        z, w = block.t.astype(np.float32), block.w.astype(np.float32)
        spread = np.einsum("ij,ij,ij->i", block.w, block.t, block.t)
    else:
        scale = np.sqrt(block.spread / block.total)
        z = ((block.t - block.mean[:, None]) / scale[:, None]).astype(np.float32)
        w, spread = (block.w / block.total[:, None]).astype(np.float32), block.spread
    wt = w * z
    looked = 0
    if not shelf.pure:
        groups = [(b"", np.arange(len(block)))]
    else:
        free = np.flatnonzero(block.state == 1)
        kinds, which = np.unique(block.dims, axis=0, return_inverse=True)
        groups = [
            (kinds[k].tobytes(), np.flatnonzero((which.ravel() == k) & (block.state == 0))) for k in range(len(kinds))
        ]
        groups += [(key, free) for key in shelf.groups] if len(free) else []
    for key, targets in groups:
        rows, places = shelf.rows(key)
        if not len(rows) or not len(targets):
            continue
        for at in range(0, len(rows), BLOCK_ROWS):
            part = rows[at : at + BLOCK_ROWS].T
            square = part * part
            where = places[at : at + BLOCK_ROWS]
            for start in range(0, len(targets), BLOCK_TARGETS):
                chosen = targets[start : start + BLOCK_TARGETS]
                mine = w[chosen]
                _pick(
                    (mine @ part, mine @ square, wt[chosen] @ part), chosen, where, spread, block.cost, shelf.grown.size,
                    limits, prices, shelf.plain, (hits.places, hits.scores, hits.count),
                )  # fmt: skip
                looked += len(chosen) * len(where)
    return looked


def affine(t: Array, w: Array, row: Array) -> tuple[float, float]:
    """Weighted least squares of ``t`` on ``a row + b``."""
    total = float(w.sum())
    mean_t, mean_r = float(w @ t) / total, float(w @ row) / total
    r = row - mean_r
    a = float(w @ (r * (t - mean_t))) / max(float(w @ (r * r)), 1e-300)
    return a, mean_t - a * mean_r
