"""Where the bank and the targets of a bidirectional search meet: one round of scans."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from induce.algebras.evaluate import fit_constants
from induce.learners.composing import Part, Pen, affine_parts, product, sum_of, wrapped
from induce.learners.factors import Factors, usable
from induce.learners.fitting import screened_batch, size_limits
from induce.learners.forms import combine
from induce.learners.growing import Growing
from induce.learners.inner import SoftRows, soft_rows
from induce.learners.learner import Batch, SearchState
from induce.learners.matching import RESOLUTION, Hits, Shelf, affine, match
from induce.learners.polynomials import polynomials, quotients
from induce.learners.sums import Dictionary, best_pairs, best_products, longer
from induce.learners.targets import TargetBlock, Targets, first_target
from induce.task import Task

__all__ = ["Meeting", "Stage"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
SLACK = 1.2
"""A sample of the rows may show a better candidate as this much worse than it is."""


@dataclass(frozen=True)
class Stage:
    """How much one round looks at.

    Parameters
    ----------
    rows : int
        Functions in the bank.
    paired, summed : int
        Rows whose products, and sums, in pairs are scanned for ``y``.
    dictionary, targets : int
        Rows whose sums are scanned for each of so many targets.
    factors, powers : int
        Rows in products of powers; targets that are tried with one such row.
    matched : int
        Targets matched against the whole bank.
    inner, probed : int
        Arguments of functions with a constant inside, and targets tried with these.
    """

    rows: int
    paired: int
    summed: int
    dictionary: int
    targets: int
    factors: int
    powers: int
    matched: int
    inner: int
    probed: int


class Meeting:
    """The bank, the target and the ledgers of one search; its methods are the scans."""

    def __init__(
        self, task: Task, state: SearchState, rng: np.random.Generator, points: int, capacity: int, name: str
    ) -> None:
        assert task.space is not None
        self.task, self.state, self.name, self.space = task, state, name, task.space
        columns, target, weights = task.search
        places = np.unique(np.linspace(0, len(target) - 1, min(points, len(target))).astype(np.int64))
        self.columns = np.ascontiguousarray(columns[:, places])
        rows = (self.columns, target[places].copy(), weights[places] / weights[places].mean())
        self.grown = Growing(task, task.space, capacity, rng, rows)
        self.pen = Pen(self.grown)
        self.pure = task.pure_constants
        self.y = first_target(self.grown, task.dimensions[1])
        self.variance = float(self.y.spread[0])
        self.shelf = Shelf(self.grown, self.pure, not self.space.scales)
        self.factors = Factors(self.grown, self.columns, self.pen)
        self.dictionary = Dictionary()
        alphabet = len(task.table.names) + len(task.space.ops) + 1
        floor = max(task.noise or 0.0, math.sqrt(self.variance * RESOLUTION)) ** 2
        self.prices = (0.5 * task.evidence, floor, math.log(alphabet), 2)
        self.points = len(places)

    # ---- what all scans share

    def limits(self) -> Array:
        """Losses that a candidate of each size must beat to be worth a look."""
        return size_limits(self.task, self.state) * SLACK + self.variance * RESOLUTION

    def _batch(self, parts: Sequence[Part], tried: float, work: float, keep: int = 12, iterations: int = 4) -> Batch:
        if not parts:
            return Batch(tried=tried, work=work, source=self.name)
        found = screened_batch(self.task, combine(parts), self.name, tried, keep, iterations)
        return Batch(found.programs, found.losses, found.tried, found.work + work, self.name)

    def bases(self) -> TargetBlock:
        """``y`` and its inverse unary targets."""
        made = Targets(self.grown, self.variance, 1 << 12).unary(self.y)
        return _joined(self.y, made)

    def small(self, most: int) -> Ints:
        """The first rows of the bank that vary or are numbers."""
        return np.arange(min(most, self.grown.held))

    # ---- the scans

    def closed_forms(self) -> Iterator[Batch]:
        """Power laws, polynomials and their quotients, for ``y`` and its inverse unary targets."""
        names = {op.name for op in self.space.ops}
        bases = self.bases()
        for k in usable(bases):
            if "*" in names:
                parts = self.factors.parts(bases.t[k], bases.w[k], (), bases.path(k))
                yield self._batch(parts, 1.0, float(self.points) * 10.0, iterations=20)
        if not {"+", "*"} <= names:
            return
        count, degree = len(self.columns), (12 if len(self.columns) == 1 else 6)
        for k in range(len(bases)):
            most = min(60, self.points // 3)
            made = polynomials(self.columns, bases.t[k], bases.w[k], self.pen, most, degree)
            parts = [wrapped(part, bases.path(k), self.pen) for part in made]
            yield self._batch(parts, float(len(parts)), 1e6, 24)
        if "/" in names:
            for normal in range(-1, min(count, 6)):
                most = min(40, self.points // 4)
                made = quotients(self.columns, self.y.t[0], self.y.w[0], self.pen, most, normal)
                yield self._batch(made, float(len(made)), 1e6, 12, 12)

    def round(self, stage: Stage) -> Iterator[Batch]:
        """All scans, with so many rows and targets."""
        self.shelf.refresh()
        if self.space.constants:
            yield from self.pair_scans(stage)
            yield from self.factor_scans(stage)
            yield from self.sum_scans(stage)
            yield from self.inner_scans(stage)
        yield from self.match_scans(stage)

    def pair_scans(self, stage: Stage) -> Iterator[Batch]:
        """Products and sums of two rows that explain ``y``, and longer sums grown from these."""
        names = {op.name for op in self.space.ops}
        y, w = self.y.t[0], self.y.w[0]
        if "*" in names:
            rows = self._varying(stage.paired)
            values = self.grown.values[rows]
            scaled = values / np.sqrt(np.mean(values * values, axis=1, keepdims=True))
            best: list[tuple[float, int, int]] = []
            for shares, pairs, looked in best_products(scaled, w, y - w @ y, 24):
                best += [(float(s), int(rows[i]), int(rows[j])) for s, (i, j) in zip(shares, pairs, strict=True)]
                yield Batch(tried=looked, work=looked * self.points / 10.0, source=self.name)
            parts = []
            for _, i, j in sorted(best)[:48]:
                a, b = affine(y, w, self.grown.values[i] * self.grown.values[j])
                parts.append(affine_parts(product([self.pen.row(i), self.pen.row(j)], self.pen), a, b, self.pen))
            yield self._batch(parts, 0.0, 0.0, 24)
        if self.space.shifts and self.space.scales:
            self.dictionary.refresh(self.grown.values[: self.grown.held], stage.summed)
            yield from self._long_sums(self.y, 0, stage.summed, 24, 6)

    def _varying(self, most: int) -> Ints:
        rows = np.arange(self.grown.held)
        values = self.grown.values[rows]
        size = np.sqrt(np.einsum("ij,ij->i", values, values))
        spread = np.ptp(values, axis=1)
        good = (spread > 1e-9 * size) & (np.abs(values).max(axis=1) < 1e3 * size)
        return rows[good][:most]

    def _long_sums(self, block: TargetBlock, k: int, most: int, keep: int, terms: int) -> Iterator[Batch]:
        """Sums for one target: all pairs, then longer ones."""
        w = block.w[k] / block.total[k]
        z, root = self.dictionary.standardised(w, most)
        if len(z) < 2:
            return
        aim = (block.t[k] - block.mean[k]) * root
        unit = aim / max(float(np.linalg.norm(aim)), 1e-300)
        best: list[tuple[float, tuple[int, ...]]] = []
        for shares, pairs, looked in best_pairs(z, unit, keep):
            best += [(float(s), (int(i), int(j))) for s, (i, j) in zip(shares, pairs, strict=True)]
            yield Batch(tried=looked, work=looked * self.points / 30.0, source=self.name)
        sets = [members for _, members in sorted(best)[: 2 * keep]]
        length = 2
        while sets:
            yield self._batch([self._sum(block, k, members) for members in sets], 0.0, 0.0, keep)
            length += 1
            if length > terms:
                return
            rows = min(len(z), 1500)
            sets = [members for _, members in longer(z, unit, sets, keep, rows)]
            yield Batch(tried=float(len(sets) * rows), work=len(sets) * rows * self.points / 4.0, source=self.name)

    def _sum(self, block: TargetBlock, k: int, members: Sequence[int]) -> Part:
        """A sum of dictionary rows with fitted coefficients, inside its target's outer part."""
        values = self.dictionary.values[list(members)]
        root = np.sqrt(block.w[k])
        design = np.vstack([values, np.ones(self.points)]).T * root[:, None]
        coefficients = np.linalg.lstsq(design, block.t[k] * root, rcond=None)[0]
        inner = sum_of([self.pen.row(int(self.dictionary.rows[m])) for m in members], coefficients, self.pen)
        return wrapped(inner, block.path(k), self.pen)

    def factor_scans(self, stage: Stage) -> Iterator[Batch]:
        """Products of powers: with two rows for a few targets, with one for many."""
        if not {op.name for op in self.space.ops} & {"*", "/"}:
            return
        self.factors.refresh(stage.factors)
        bases = self.bases()
        shifted = self._steps_below(bases.take(np.array([0])), 12, "+", 24)
        few = _joined(bases, shifted) if stage.factors > 500 else bases
        for k in usable(few)[:16]:
            most = stage.factors if few.cost[k] == 0 else min(stage.factors, 1500)
            yield from self._factor_pairs(few, int(k), most)
        done = 0
        limits = self.limits()
        for block in self._target_blocks(bases, stage.powers, plain=True):
            for k in usable(block):
                found = self.factors.single(block.t[k], block.w[k], min(stage.factors, 2000), 3)
                size = min(int(block.cost[k]) + 3, len(limits) - 1)
                worth = [members for loss, members in found if loss < limits[size]]
                parts = [p for members in worth for p in self.factors.parts(block.t[k], block.w[k], members, block.path(k))]
                work = min(stage.factors, 2000) * self.points * 2.0
                yield self._batch(parts, float(min(stage.factors, 2000)), work, 6)
                done += 1
            if done >= stage.powers:
                return

    def _factor_pairs(self, block: TargetBlock, k: int, most: int) -> Iterator[Batch]:
        best: list[tuple[float, tuple[int, ...]]] = self.factors.single(block.t[k], block.w[k], most, 8)
        for found, looked in self.factors.pairs(block.t[k], block.w[k], most, 16):
            best += found
            yield Batch(tried=looked, work=looked * self.points / 30.0, source=self.name)
        limits = self.limits()
        size = min(int(block.cost[k]) + 3, len(limits) - 1)
        worth = [members for loss, members in sorted(best)[:32] if loss < limits[size]]
        parts = [p for members in worth for p in self.factors.parts(block.t[k], block.w[k], members, block.path(k))]
        yield self._batch(parts, 0.0, 0.0, 24)

    def _steps_below(self, parents: TargetBlock, rows: int, names: str, most: int) -> TargetBlock:
        """Targets one step below the parents with some operators only."""
        made = Targets(self.grown, self.variance, 1 << 14)
        codes = [self.pen.code(name) for name in names.split() if name in {op.name for op in self.space.ops}]
        steps = made.steps[np.isin(made.steps[:, 0], codes)] if len(made.steps) else made.steps
        blocks = list(made.blocks(parents, self.small(rows), unary=False, steps=steps))
        found = _joined(*blocks) if blocks else parents.take(np.zeros(0, np.int64))
        return found.take(np.arange(min(most, len(found))))

    def _target_blocks(self, bases: TargetBlock, most: int, plain: bool = False) -> Iterator[TargetBlock]:
        """Targets in the order of the rows in their outer parts: ``most`` or a little more."""
        made = Targets(self.grown, self.variance)
        per_row = max(len(bases) * len(made.steps) * (1.0 if plain else 2.5), 1.0)
        rows = int(np.clip(most * 0.6 / per_row, 8, self.grown.held))
        total = 0
        size = max(32, min(512, 4_000_000 // max(self.grown.held, 1)))
        yield bases
        for start in range(0, rows, 16):
            places = np.arange(start, min(start + 16, rows))
            for block in made.blocks(bases, places, unary=not plain, most=size):
                total += len(block)
                yield block
                if total >= most:
                    return
        second = self._steps_below(bases, max(4, min(24, rows // 4)), "* / + -", 100_000)
        second = _joined(second, made.unary(second))
        for start in range(0, rows, 4):
            for block in made.blocks(second, np.arange(start, min(start + 4, rows)), unary=not plain, most=size):
                total += len(block)
                yield block
                if total >= most:
                    return

    def sum_scans(self, stage: Stage) -> Iterator[Batch]:
        """Sums of two or three simple rows for many targets."""
        if not (self.space.shifts and self.space.scales):
            return
        self.dictionary.refresh(self.grown.values[: self.grown.held], stage.dictionary)
        limits, done = self.limits(), 0
        for block in self._target_blocks(self.bases(), stage.targets):
            for k in range(len(block)):
                yield self._sums_for(block, k, stage.dictionary, limits)
                done += 1
            if done >= stage.targets:
                return
            limits = self.limits()

    def _sums_for(self, block: TargetBlock, k: int, most: int, limits: Array) -> Batch:
        w = block.w[k] / block.total[k]
        z, root = self.dictionary.standardised(w, most)
        work = float(len(z)) ** 2 * self.points / 30.0
        if len(z) < 2:
            return Batch(work=work, source=self.name)
        aim = (block.t[k] - block.mean[k]) * root
        unit = aim / max(float(np.linalg.norm(aim)), 1e-300)
        sets: list[tuple[float, tuple[int, ...]]] = []
        for shares, pairs, _ in best_pairs(z, unit, 4):
            sets += [(float(s), (int(i), int(j))) for s, (i, j) in zip(shares, pairs, strict=True)]
        sets = sorted(sets)[:4]
        sets += longer(z, unit, [members for _, members in sets[:3]], 3, most)
        size = np.minimum([int(block.cost[k]) + 4 * len(m) for _, m in sets], len(limits) - 1)
        worth = [m for (share, m), s in zip(sets, size, strict=True) if share * block.spread[k] < limits[s]]
        return self._batch([self._sum(block, k, m) for m in worth], float(len(z)) ** 2, work, 4)

    def match_scans(self, stage: Stage) -> Iterator[Batch]:
        """Many targets against the whole bank."""
        for block in self._target_blocks(self.bases(), stage.matched):
            hits = Hits(64)
            looked = match(block, self.shelf, self.limits(), self.prices, hits)
            parts = []
            for t, row in hits.ordered():
                values = self.grown.values[row]
                if self.shelf.plain:
                    parts.append(wrapped(self.pen.row(int(row)), block.path(t), self.pen))
                    continue
                a, b = affine(block.t[t], block.w[t], values)
                parts.append(wrapped(affine_parts(self.pen.row(int(row)), a, b, self.pen), block.path(t), self.pen))
            yield self._batch(parts, float(looked), looked * self.points * 0.07, 12)

    def inner_scans(self, stage: Stage) -> Iterator[Batch]:
        """Functions with one constant inside, alone for many targets and beside another row for ``y``."""
        soft = soft_rows(self.grown, self._varying(stage.inner), max(4, stage.inner // 6), self.pure)
        if not len(soft):
            return
        done = 0
        for block in self._target_blocks(self.bases(), stage.probed):
            for k in range(len(block)):
                yield self._probe(block, k, soft)
                done += 1
                if done >= stage.probed:
                    return

    def _probe(self, block: TargetBlock, k: int, soft: SoftRows) -> Batch:
        """The soft rows nearest to one target, fitted there, then as formulas for ``y``."""
        w = block.w[k] / block.total[k]
        root = np.sqrt(w)
        z = (soft.values - (soft.values @ w)[:, None]) * root
        norm = np.sqrt(np.einsum("ij,ij->i", z, z))
        z /= np.maximum(norm, 1e-300)[:, None]
        aim = (block.t[k] - block.mean[k]) * root
        unit = aim / max(float(np.linalg.norm(aim)), 1e-300)
        share = 1.0 - (z @ unit) ** 2
        places = np.argsort(share, kind="stable")[:6]
        places = places[share[places] < 0.5]
        work = float(soft.values.size) * 2.0
        if not len(places):
            return Batch(tried=len(soft), work=work, source=self.name)
        inner = [affine_parts(soft.part(int(p), self.pen), 1.5, 0.5, self.pen) for p in places]
        programs, loss = fit_constants(combine(inner), self.columns, block.t[k], weights=w * self.points, iterations=25)
        limits = self.limits()
        size = min(int(block.cost[k]) + 6, len(limits) - 1)
        parts = []
        for p in np.flatnonzero(loss / self.points * block.total[k] < limits[size]):
            one = programs[int(p)]
            parts.append(wrapped((one.codes.tolist(), one.values.tolist(), one.free.tolist()), block.path(k), self.pen))
        work += float(programs.offsets[-1]) * self.points * 100.0
        return self._batch(parts, float(len(soft)), work, 6, 8)


def _joined(*blocks: TargetBlock) -> TargetBlock:
    """Several blocks as one; paths are kept by giving every target its own parent entry."""
    paths = [block.path(k) for block in blocks for k in range(len(block))]
    links = np.full((len(paths), 5), -1, np.int64)
    links[:, 0] = np.arange(len(paths))
    parts = [np.concatenate([getattr(b, n) for b in blocks]) for n in ("t", "w", "mean", "spread", "total", "cost")]
    t, w, mean, spread, total, cost = parts
    dims, state = np.concatenate([b.dims for b in blocks]), np.concatenate([b.state for b in blocks])
    return TargetBlock(t, w, mean, spread, total, cost, links, paths, dims, state)
