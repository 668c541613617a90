"""Enumerate: every formula by size, each distinct function once; then the best pairs of what was seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.algebras.evaluate import fit_constants
from induce.learners.bank import expand
from induce.learners.forms import affine_forms, agree, free_literals, nested_ok, node_costs, sizes_of
from induce.learners.learner import Batch, SearchState
from induce.learners.pairs import scan_pairs
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
        centered = target - np.average(target, weights=weights)
        totals = np.array([weights.sum(), (weights * centered).sum(), (weights * centered**2).sum()])
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
        self.counts[0] += 1

    @property
    def arrays(self) -> tuple[Any, ...]:
        return self.op, self.left, self.right, self.size, self.contains

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
    deepest : int
        Largest size enumerated.

    References
    ----------
    A. Albarghouthi, S. Gulwani and Z. Kincaid (2013), Recursive Program Synthesis. O. Udupa et al. (2013), TRANSIT:
    Specifying Protocols with Concolic Snippets (observational equivalence).
    """

    capacity: int = 12000
    pairs: int = 1500
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
        yield self._batch(task, space, self._leaves(grown), 1.0, points)
        ops = [(book.code_of[op], op.arity) for op in _building_ops(space) if op.arity]
        forbid = _forbid_masks(space, book)
        alive = {code: 0 for code, _ in ops}
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
                            code, first, second, at, max(64, QUOTA_POINTS // points), grown.arrays, grown.values, grown.dims,
                            grown.state, grown.keys, grown.data, hits, scores, grown.counts, forbid,
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
            yield Batch(source=self.name, note=f"all formulas of size {size} seen" if first_row < grown.capacity else "")
            if self.pairs and size >= 3 and grown.counts[0] > first_row:
                yield from self._pairs(task, space, grown)
            if first_row >= grown.capacity or grown.counts[0] == first_row:
                return

    def _leaves(self, grown: _Growing) -> Programs:
        held = int(grown.counts[0])
        rows = [r for r in range(held) if grown.op[r] >= 256]
        bank = Bank(grown.op[:held], grown.left[:held], grown.right[:held], np.zeros(held))
        return grown.book.bank_programs(bank, rows)

    def _batch(self, task: Task, space: Space, programs: Programs, tried: float, points: int, free: bool = False) -> Batch:
        """Wrap, check and fit programs; ``free`` adds variants whose literals are fitted."""
        parts = [affine_forms(programs, grown_book(task), constants=space.constants)]
        if free and space.constants and len(programs.values):
            some = programs.take(np.flatnonzero(np.diff(programs.value_offsets))[:12])
            if len(some):
                parts.append(affine_forms(free_literals(some), grown_book(task)))
        return fitted_batch(task, space, Programs.concatenate(parts), self.name, tried)

    def _pairs(self, task: Task, space: Space, grown: _Growing) -> Iterator[Batch]:
        held = min(int(grown.counts[0]), self.pairs)
        _, target, weights = task.search
        names = {"+": "+", "*": "*"}
        codes = {kind: grown.book.code_of[grown.book.language[name]] for kind, name in names.items()}
        allowed = {kind for kind, name in names.items() if any(op.name == name for op in space.ops)}
        found: dict[str, list[tuple[float, int, int]]] = {kind: [] for kind in names}
        varied = np.flatnonzero(np.ptp(grown.values[:held], axis=1) > 0)
        for kind, losses, pairs, scanned in scan_pairs(grown.values[varied], target, weights):
            if kind in allowed and (kind == "*" or space.constants):
                found[kind] += [(float(s), int(varied[i]), int(varied[j])) for s, (i, j) in zip(losses, pairs, strict=True)]
            yield Batch(tried=scanned, work=scanned * 40.0, source=self.name)
        for kind in sorted(allowed):
            best = sorted(found[kind])[:HITS]
            if not best:
                continue
            rows = np.array([(codes[kind], i, j) for _, i, j in best], np.int64)
            programs = grown.programs(rows)
            if kind == "+":
                programs = _weighted_sums(programs, grown, rows)
                ok = nested_ok(programs, grown.book, space.forbid)
                yield fitted_batch(task, space, programs.take(np.flatnonzero(ok)), self.name, 0.0)
            else:
                ok = nested_ok(programs, grown.book, space.forbid)
                yield self._batch(task, space, programs.take(np.flatnonzero(ok)), 0.0, len(target))


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
    work = float(programs.offsets[-1]) * len(target) * 4.0
    return Batch(fitted, loss / len(target), tried + len(keep), work, source)


def _weighted_sums(programs: Programs, grown: _Growing, rows: NDArray[np.int64]) -> Programs:
    """``f + g`` for pairs of rows as ``f + g``, ``b f + g``, ``f + c g``, ``b f + c g``, each with and without an offset."""
    from induce.learners.forms import combine

    book = grown.book
    plus, times = book.code_of[book.language["+"]], book.code_of[book.language["*"]]
    halves = [grown.programs(np.column_stack([grown.op[rows[:, s]], grown.left[rows[:, s]], grown.right[rows[:, s]]])) for s in (1, 2)]
    parts = []
    for p, (_, i, j) in enumerate(rows):
        pieces = []
        for side, row in ((0, i), (1, j)):
            half = halves[side]
            codes = half.codes[half.offsets[p] : half.offsets[p + 1]].tolist()
            values = half.values[half.value_offsets[p] : half.value_offsets[p + 1]].tolist()
            if grown.op[row] == -1:
                values = [grown.numbers[int(row)]]
            pieces.append((codes, values))
        for form in range(8):
            codes_out: list[int] = []
            values_out: list[float] = []
            free: list[bool] = []
            for side, (codes, values) in enumerate(pieces):
                shift = len(values_out)
                values_out += values
                free += [False] * len(values)
                moved = [c - shift if c < 0 else c for c in codes]
                if form >> side & 1:
                    moved = [-1 - len(values_out), *moved, times]
                    values_out.append(1.0)
                    free.append(True)
                codes_out += moved
            codes_out.append(plus)
            if form >> 2:
                codes_out += [-1 - len(values_out), plus]
                values_out.append(0.0)
                free.append(True)
            parts.append((codes_out, values_out, free))
    return combine(parts)


def _building_ops(space: Space) -> list[Any]:
    """The operators, and square and cube as short forms where multiplication is allowed."""
    names = {op.name for op in space.ops}
    extra = [space.language[n] for n in ("square", "cube") if "*" in names and n not in names and n in space.language]
    return [*sorted(space.ops, key=lambda op: op.arity), *extra]


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
