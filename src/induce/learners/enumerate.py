"""Enumerate: every formula by size, each distinct function once; then the best pairs of what was seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.algebras.evaluate import fit_constants
from induce.learners.bank import expand, known
from induce.learners.forms import affine_forms, agree, combine, free_literals, nested_ok, node_costs, sizes_of
from induce.learners.learner import Batch, SearchState
from induce.learners.pairs import PairScan
from induce.task import Space, Task
from induce.terms.codes import Bank, Codebook, Programs

__all__ = ["Enumerate"]

QUOTA_POINTS = 4_000_000  # points per tick: far below 50 ms of work on one core
HITS = 48


class _Growing:
    """A bank under construction: arrays of fixed capacity, and where each size begins."""

    def __init__(self, task: Task, space: Space, capacity: int, rng: np.random.Generator) -> None:
        columns, target, weights = task.search
        points = len(target)
        self.book = task.codebook
        self.costs = node_costs(self.book)
        self.values = np.empty((capacity + 1, points))
        self.op = np.zeros(capacity + 1, np.int16)
        self.left = np.full(capacity + 1, -1, np.int32)
        self.right = np.full(capacity + 1, -1, np.int32)
        self.size = np.zeros(capacity + 1, np.int64)
        self.contains = np.zeros(capacity + 1, np.int64)
        dims, _ = task.dimensions
        self.dims = np.zeros((capacity + 1, dims.shape[1]), np.int64)
        self.state = np.zeros(capacity + 1, np.int64)
        self.keys = np.zeros(1 << 22, np.uint64)
        self.capacity = capacity
        projections = rng.choice([-1.0, 1.0], size=(2, points)) * rng.uniform(0.5, 1.0, size=(2, points))
        centered = target - np.average(target, weights=weights) if space.shifts else target
        mode = space.scales + 2.0 * space.shifts
        squares = max(float((weights * centered**2).sum()), 1e-300)
        totals = np.array([weights.sum(), (weights * centered).sum(), squares, mode])
        self.data = (centered, weights, projections, totals)
        self.numbers: dict[int, float] = {}
        self.counts = np.zeros(5, np.int64)  # rows held, tried, distinct, hits held, kept by this operator
        for place, column in enumerate(columns):
            self._leaf(256 + place, column, dims[place])
        for number in space.literals:
            self.numbers[int(self.counts[0])] = number
            self._leaf(-1, np.full(points, number), np.zeros(dims.shape[1], np.int64))
        for op in space.ops:
            if op.arity == 0:
                value = np.pi if op.name == "pi" else np.e
                self._leaf(self.book.code_of[op], np.full(points, value), np.zeros(dims.shape[1], np.int64))
        self.starts = {1: (0, int(self.counts[0]))}

    def _leaf(self, code: int, values: NDArray[np.float64], dimension: NDArray[np.int64]) -> None:
        row = int(self.counts[0])
        if row >= self.capacity:
            return
        self.values[row], self.op[row], self.size[row], self.dims[row] = values, code, 1, dimension
        known(self.values, row, self.data, self.keys)  # so that abs of a positive column is nothing new
        self.counts[0] += 1

    @property
    def arrays(self) -> tuple[Any, ...]:
        return self.op, self.left, self.right, self.size, self.contains

    def single(self, row: int) -> tuple[list[int], list[float]]:
        """Codes and numbers of one row."""
        code = int(self.op[row])
        if self.left[row] < 0:
            return [code], ([self.numbers[row]] if code < 0 else [])
        made = self.programs(np.array([(code, self.left[row], self.right[row])], np.int64))
        return made.codes.tolist(), made.values.tolist()

    def programs(self, rows: NDArray[np.int64]) -> Programs:
        """Rows of ``(op, left, right)`` on top of the bank, as programs."""
        extra = len(rows)
        held = int(self.counts[0])
        numbers = np.zeros(held + extra)
        for row, number in self.numbers.items():
            numbers[row] = number
        bank = Bank(
            np.concatenate([self.op[:held], rows[:, 0].astype(np.int16)]),
            np.concatenate([self.left[:held], rows[:, 1].astype(np.int32)]),
            np.concatenate([self.right[:held], rows[:, 2].astype(np.int32)]),
            numbers,
        )
        return self.book.bank_programs(bank, np.arange(held, held + extra))


@dataclass(frozen=True)
class Enumerate:
    """Bottom-up enumeration by size with observational equivalence by value.

    Each distinct function is scored up to an affine map in closed form; the best of every size get fitted constants.
    Operators that never made anything new on this data are dropped. When a size is complete, all sums and products
    of two seen functions are scanned.

    Parameters
    ----------
    capacity : int
        Distinct functions kept as building blocks.
    pairs : int
        Building blocks that take part in the pair scans; 0 turns them off.
    terms : int
        Terms of the longest sums grown from the best pairs.
    deepest : int
        Largest size enumerated.

    References
    ----------
    A. Albarghouthi, S. Gulwani and Z. Kincaid (2013), Recursive Program Synthesis. O. Udupa et al. (2013), TRANSIT:
    Specifying Protocols with Concolic Snippets (observational equivalence).
    """

    capacity: int = 12000
    pairs: int = 4000
    terms: int = 6
    deepest: int = 12
    name: str = "enumerate"
    parallel: bool = False

    def accepts(self, task: Task) -> str:
        """Enumeration needs a free choice from a grammar."""
        return "" if task.space is not None else "enumeration needs a sketch that is one choice from a grammar"

    def run(self, task: Task, state: SearchState, rng: np.random.Generator) -> Iterator[Batch]:
        """Yield the best of every size, smallest first."""
        space = task.space
        assert space is not None
        grown = _Growing(task, space, self.capacity, rng)
        book, points = grown.book, grown.values.shape[1]
        if space.constants:
            yield fitted_batch(task, space, combine([([-1], [float(np.mean(task.search[1]))], [True])]), self.name, 1.0)
        yield self._batch(task, space, self._leaves(grown), 1.0, points)
        ops = [(book.code_of[op], op.arity) for op in _building_ops(space) if op.arity]
        forbid = _forbid_masks(space, book)
        alive = {code: 0 for code, _ in ops}
        scan = PairScan(task.search[1], task.search[2], self.pairs, self.capacity)
        for size in range(2, min(self.deepest, space.max_size) + 1):
            first_row = int(grown.counts[0])
            hits, scores = np.zeros((HITS, 3), np.int64), np.full(HITS, np.inf)
            grown.counts[3] = 0
            for code, arity in ops:
                if alive[code] > 2:
                    continue
                grown.counts[4] = 0
                tried = int(grown.counts[1])
                for first, second in _splits(grown, size, int(grown.costs[code]), arity):
                    at = 0
                    while at >= 0:
                        before = int(grown.counts[1])
                        at = expand(
                            code, (first, second), at, max(64, QUOTA_POINTS // points), grown.arrays, grown.values,
                            (grown.dims, grown.state), grown.keys, grown.data, (hits, scores), grown.counts, forbid,
                        )  # fmt: skip
                        done = int(grown.counts[1]) - before
                        yield Batch(tried=done, work=done * max(points, 64) * 1.5, source=self.name)
                full = grown.counts[0] >= grown.capacity
                if grown.counts[1] > tried and grown.counts[4] == 0 and not full:
                    alive[code] += 1  # nothing new at this size; given up after three sizes in a row
                elif grown.counts[4]:
                    alive[code] = 0
            grown.starts[size] = (first_row, int(grown.counts[0]))
            rows = hits[: grown.counts[3]][np.argsort(scores[: grown.counts[3]], kind="stable")]
            if len(rows):
                yield self._batch(task, space, grown.programs(rows), 0.0, points, free=True)
            yield Batch(
                source=self.name, note=f"all formulas of size {size} seen" if first_row < grown.capacity else ""
            )
            if self.pairs and size >= 3 and grown.counts[0] > first_row:
                yield from self._pairs(task, space, grown, scan)
            largest = max(s for s, (start, end) in grown.starts.items() if end > start)
            if first_row >= grown.capacity or size > 2 * largest + 2:  # no two known functions make a larger one
                return

    def _leaves(self, grown: _Growing) -> Programs:
        held = int(grown.counts[0])
        rows = [r for r in range(held) if grown.op[r] >= 256]
        bank = Bank(grown.op[:held], grown.left[:held], grown.right[:held], np.zeros(held))
        return grown.book.bank_programs(bank, rows)

    def _batch(
        self, task: Task, space: Space, programs: Programs, tried: float, points: int, free: bool = False
    ) -> Batch:
        """Wrap, check and fit programs; ``free`` adds variants whose literals are fitted."""
        parts = [affine_forms(programs, grown_book(task), space)]
        if free and space.constants and len(programs.values):
            some = programs.take(np.flatnonzero(np.diff(programs.value_offsets))[:12])
            if len(some):
                parts.append(affine_forms(free_literals(some), grown_book(task), space))
        return fitted_batch(task, space, Programs.concatenate(parts), self.name, tried)

    def _pairs(self, task: Task, space: Space, grown: _Growing, scan: PairScan) -> Iterator[Batch]:
        """The best products and sums of what was seen since the last call."""
        known_rows, known_sums = scan.add(grown.values[: int(grown.counts[0])])
        points = len(scan.places)
        names = {op.name for op in space.ops}
        if "*" in names:
            best: list[tuple[float, int, int]] = []
            for losses, pairs, scanned in scan.products(known_rows):
                best += [(float(s), int(i), int(j)) for s, (i, j) in zip(losses, pairs, strict=True)]
                yield Batch(tried=scanned, work=scanned * max(points, 128) / 8.0, source=self.name)
            times = grown.book.code_of[grown.book.language["*"]]
            rows = np.array([(times, scan.rows[i], scan.rows[j]) for _, i, j in sorted(best)[:HITS]], np.int64)
            if len(rows):
                programs = grown.programs(rows)
                ok = nested_ok(programs, grown.book, space.forbid)
                yield self._batch(task, space, programs.take(np.flatnonzero(ok)), 0.0, points)
        if space.shifts and space.scales:
            best = []
            for losses, pairs, scanned in scan.sums(known_sums):
                best += [(float(s), int(i), int(j)) for s, (i, j) in zip(losses, pairs, strict=True)]
                yield Batch(tried=scanned, work=scanned * max(points, 128) / 16.0, source=self.name)
            sets: list[tuple[int, ...]] = [(i, j) for _, i, j in sorted(best)[:HITS]]
            terms = 2
            while sets:
                yield self._sums(task, space, grown, scan, sets)
                terms += 1
                if terms > self.terms:
                    return
                scanned = len(sets) * min(len(scan.z), 1500)
                sets = [members for _, members in scan.longer(sets, HITS if terms < 4 else 24)]
                yield Batch(tried=scanned, work=scanned * max(points, 128) / 4.0, source=self.name)

    def _sums(
        self, task: Task, space: Space, grown: _Growing, scan: PairScan, sets: Sequence[tuple[int, ...]]
    ) -> Batch:
        """Sums with fitted coefficients over sets of rows, simplest coefficients first written as they are."""
        _, target, weights = task.search
        root = np.sqrt(weights)
        singles: dict[int, tuple[list[int], list[float]]] = {}
        parts = []
        for members in sets:
            rows = [int(scan.sum_rows[k]) for k in members]
            for row in rows:
                if row not in singles:
                    singles[row] = grown.single(row)
            design = np.column_stack([*(grown.values[row] for row in rows), np.ones(len(target))]) * root[:, None]
            coefficients = np.linalg.lstsq(design, target * root, rcond=None)[0]
            parts.append(_sum_codes([singles[row] for row in rows], coefficients, grown))
        programs = combine(parts)
        ok = nested_ok(programs, grown.book, space.forbid)
        return fitted_batch(task, space, programs.take(np.flatnonzero(ok)), self.name, 0.0, iterations=3)


def _sum_codes(
    singles: list[tuple[list[int], list[float]]], coefficients: NDArray[np.float64], grown: _Growing
) -> tuple[list[int], list[float], list[bool]]:
    """``b1 f1 + b2 f2 + ... + a`` as code; coefficients of 1, -1 and 0 are not written."""
    code = {name: grown.book.code_of[grown.book.language[name]] for name in ("+", "-", "*")}
    near = 1e-8
    order = np.argsort([abs(c + 1) < near for c in coefficients[:-1]], kind="stable")  # subtracted terms last
    codes: list[int] = []
    values: list[float] = []
    free: list[bool] = []
    for k in order:
        b = float(coefficients[k])
        if abs(b) < near:
            continue
        inner, numbers = singles[int(k)]
        shift = len(values)
        moved = [c - shift if c < 0 else c for c in inner]
        values += numbers
        free += [False] * len(numbers)
        subtract = bool(codes) and abs(b + 1) < near
        if abs(b - 1) >= near and not subtract:
            moved = [-1 - len(values), *moved, code["*"]]
            values.append(b)
            free.append(True)
        codes += [*moved, code["-" if subtract else "+"]] if codes else moved
    offset = float(coefficients[-1])
    if abs(offset) > near or not codes:
        codes += [-1 - len(values), *([code["+"]] if codes else [])]
        values.append(offset)
        free.append(True)
    return codes, values, free


def grown_book(task: Task) -> Codebook:
    """The task's codebook."""
    return task.codebook


def fitted_batch(task: Task, space: Space, programs: Programs, source: str, tried: float, iterations: int = 8) -> Batch:
    """Drop programs that are too large or whose units disagree, fit the rest, and report."""
    sizes = sizes_of(programs, node_costs(task.codebook))
    keep = np.flatnonzero((sizes <= space.max_size) & agree(task, programs))
    if not len(keep):
        return Batch(tried=tried, source=source)
    programs = programs.take(keep)
    columns, target, weights = task.search
    fitted, loss = fit_constants(programs, columns, target, weights=weights, iterations=iterations)
    work = float(programs.offsets[-1]) * max(len(target), 64) * 4.0 * iterations
    return Batch(fitted, loss / len(target), tried + len(keep), work, source)


def _building_ops(space: Space) -> list[Any]:
    """The operators, and square and cube as short forms where multiplication is allowed."""
    names = {op.name for op in space.ops}
    extra = [space.language[n] for n in ("square", "cube") if "*" in names and n not in names and n in space.language]
    # cheap operators first, so that the plainest functions of a size come first when room runs out
    return sorted([*extra, *space.ops], key=lambda op: (op.cost, op.arity))


def _forbid_masks(space: Space, book: Codebook) -> NDArray[np.int64]:
    masks = np.zeros(len(book.ops), np.int64)
    for outer, inner in space.forbid:
        masks[book.code_of[space.language[outer]]] |= 1 << book.code_of[space.language[inner]]
    return masks


def _splits(grown: _Growing, size: int, cost: int, arity: int) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Row ranges whose sizes add up to ``size`` under an operator."""
    rest = size - cost
    if arity == 1:
        if rest in grown.starts:
            yield grown.starts[rest], (0, 1)
        return
    for left in range(1, rest):
        if left in grown.starts and rest - left in grown.starts:
            yield grown.starts[left], grown.starts[rest - left]
