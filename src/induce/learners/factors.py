"""Products of powers: ``k x1^p1 x2^p2 ... f^q g^r`` by least squares in logarithms.

The logarithms of the columns and a constant are projected out of the target's and of every row's logarithm; then one row
explains the share ``r_f^2`` of what is left, and two rows ``(r_f^2 + r_g^2 - 2 r_f r_g G) / (1 - G^2)``. Weights ``w t^2``
make an error of the logarithm count as the error of the target. Exponents are rounded to halves and thirds where they are near.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from induce.learners.composing import Part, Pen, power_product, wrapped
from induce.learners.growing import Growing
from induce.learners.sums import best_pairs, distinct_directions
from induce.learners.targets import Step, TargetBlock

__all__ = ["Factors"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
NEAREST = 0.04
"""An exponent this near to a multiple of a half or a third may be that."""


class Factors:
    """Logarithms of a bank's rows, ready to explain the logarithm of a target.

    Parameters
    ----------
    grown : Growing
    columns : array (columns, points)
        The data on the bank's rows.
    independent : sequence of int
        Columns of which none is a product of powers of others.
    held, most : int
        Rows of the bank that count, and how many are taken.
    """

    def __init__(
        self, grown: Growing, columns: Array, independent: Sequence[int], pen: Pen, held: int, most: int
    ) -> None:
        self.grown, self.pen = grown, pen
        varying = [k for k in independent if np.all(columns[k] != 0.0)]
        self.variables = [k for k in varying if np.ptp(np.log(np.abs(columns[k]))) > 1e-9]
        logs = [np.log(np.abs(columns[k])) for k in self.variables]
        self.base = np.vstack([np.ones(columns.shape[1]), *logs])
        self.basis = np.linalg.qr(self.base.T)[0]
        self.rows, self.logs = self._distinct(held, most)
        self.single_logs = (self.logs - (self.logs @ self.basis) @ self.basis.T).astype(np.float32)

    def _distinct(self, held: int, most: int) -> tuple[Ints, Array]:
        """Bank rows that are no products of powers of columns, each direction once, and their logarithms."""
        places = np.arange(min(held, 8 * most))
        with np.errstate(all="ignore"):
            logs = np.log(np.abs(self.grown.values[places]))
        good = np.all(np.isfinite(logs), axis=1)
        logs, places = logs[good], places[good]
        rest = logs - (logs @ self.basis) @ self.basis.T
        norm = np.sqrt(np.einsum("ij,ij->i", rest, rest))
        new = norm > 1e-7 * np.sqrt(logs.shape[1])
        logs, places, rest = logs[new], places[new], rest[new] / norm[new, None]
        keep = distinct_directions(rest, 1e6)[:most]
        return places[keep], logs[keep]

    def _aim(self, t: Array, w: Array) -> tuple[Array, Array, Array, float]:
        """Roots of the weights of logarithms, what they are free of, the target's rest, and the sum of the weights."""
        weight = w * t * t
        root = np.sqrt(weight / weight.sum())
        basis = np.linalg.qr((self.base * root).T)[0]
        aim = np.log(np.abs(t)) * root
        return root, basis, aim - basis @ (basis.T @ aim), float(weight.sum())

    def single(self, t: Array, w: Array, most: int, keep: int) -> list[tuple[float, tuple[int, ...]]]:
        """Losses and members of the best products with at most one row; the empty one first."""
        root, basis, aim, total = self._aim(t, w)
        whole = float(aim @ aim)
        found: list[tuple[float, tuple[int, ...]]] = [(whole * total, ())]
        z = self.single_logs[:most]
        if len(z) and whole > 0.0:
            # |z - proj z|^2 = |z|^2 - |B' z|^2 without forming the projections
            weighted = z * root.astype(np.float32)
            inside = weighted @ basis.astype(np.float32)
            norm = np.einsum("ij,ij->i", weighted, weighted) - np.einsum("ij,ij->i", inside, inside)
            cross = weighted @ aim.astype(np.float32)
            left = whole - np.where(norm > 1e-5, cross**2 / np.maximum(norm, 1e-5), 0.0)
            for k in np.argpartition(left, min(keep, len(left) - 1))[:keep]:
                found.append((max(float(left[k]), 0.0) * total, (int(k),)))
        return found

    def pairs(
        self, t: Array, w: Array, most: int, keep: int
    ) -> Iterator[tuple[list[tuple[float, tuple[int, ...]]], int]]:
        """The best products with two rows, chunk by chunk, with the number of pairs looked at."""
        root, basis, aim, total = self._aim(t, w)
        z = self.logs[:most] * root
        z = z - (z @ basis) @ basis.T
        norm = np.sqrt(np.einsum("ij,ij->i", z, z))
        z = z / np.maximum(norm, 1e-9)[:, None]
        z[norm < 1e-8] = 0.0
        whole = max(float(aim @ aim), 1e-300)
        for shares, pairs, looked in best_pairs(z, aim / np.sqrt(whole), keep):
            yield (
                [(float(s) * whole * total, (int(i), int(j))) for s, (i, j) in zip(shares, pairs, strict=True)],
                looked,
            )

    def parts(self, t: Array, w: Array, members: Sequence[int], path: Sequence[Step]) -> list[Part]:
        """Programs for a product of powers with the given of these rows."""
        return self.parts_with(t, w, [int(self.rows[k]) for k in members], path)

    def parts_with(self, t: Array, w: Array, rows: Sequence[int], path: Sequence[Step]) -> list[Part]:
        """Programs for a product of powers with bank rows: exponents rounded to halves, to thirds, and as fitted."""
        weight = w * t * t
        root = np.sqrt(weight / weight.sum())
        with np.errstate(all="ignore"):
            design = np.vstack([self.base, *(np.log(np.abs(self.grown.values[row]))[None] for row in rows)]) * root
        aim = np.log(np.abs(t)) * root
        if not (np.all(np.isfinite(design)) and np.all(np.isfinite(aim))):
            return []  # zero somewhere: no power of it is a factor
        solution = np.linalg.lstsq(design.T, aim, rcond=None)[0][1:]
        inner = [self.pen.row(v) for v in self.variables] + [self.pen.row(row) for row in rows]
        made: list[Part] = []
        seen: set[tuple[float, ...]] = set()
        for step in (2.0, 1.0, 6.0, 0.0):
            powers = np.rint(solution * step) / step if step else solution
            if step and np.abs(powers - solution).max(initial=0.0) > (NEAREST if step > 1.0 else 0.3):
                continue
            key = tuple(powers.round(9))
            if key in seen or np.abs(powers).max(initial=0.0) > 9 or not np.any(powers):
                continue
            seen.add(key)
            factors = [(part, float(p)) for part, p in zip(inner, powers, strict=True) if abs(p) > 1e-9]
            if not step and len(factors) > 3:
                continue
            product = power_product(factors, self.pen)
            if product is not None:
                scaled = _with_scale(
                    product, t, w, [self.grown.values[row] for row in (*self.variables, *rows)], powers
                )
                made.append(wrapped(scaled, path, self.pen))
        return made


def _with_scale(part: Part, t: Array, w: Array, values: Sequence[Array], powers: Array) -> Part:
    """The product with its leading constant set by least squares on the target itself."""
    with np.errstate(all="ignore"):
        whole = np.abs(powers - np.rint(powers)) < 1e-6
        product = np.ones_like(t)
        for value, power, exact in zip(values, powers, whole, strict=True):
            product = product * (value ** round(float(power)) if exact else np.abs(value) ** power)
        scale = float((w * t) @ product) / max(float((w * product) @ product), 1e-300)
    numbers = list(part[1])
    first = next((k for k, free in enumerate(part[2]) if free), None)
    if first is not None and np.isfinite(scale):
        numbers[first] = scale
    return part[0], numbers, part[2]


def usable(block: TargetBlock) -> Ints:
    """Targets without zeros, whose logarithms exist."""
    return np.flatnonzero(np.all(block.t != 0.0, axis=1))
