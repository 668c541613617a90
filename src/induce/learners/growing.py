"""A bank that grows: every formula by size, each distinct function once, on the rows of a search."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.learners.bank import expand, known
from induce.learners.forms import Part, combine, node_costs
from induce.task import Space, Task
from induce.terms.codes import Bank, Codebook, Programs

__all__ = ["Growing", "building_ops", "forbid_masks"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
QUOTA_POINTS = 4_000_000  # points per tick: far below 50 ms of work on one core
HITS = 48


class Growing:
    """A bank under construction: arrays of fixed capacity, and where each size begins.

    Parameters
    ----------
    task, space
        What is searched.
    capacity : int
        Distinct functions held.
    rng : Generator
        For the projections that equal values are told by.
    rows : (columns, target, weights), optional
        Data of the bank; the task's search rows by default.
    macros : sequence of Part
        Programs that the given columns stand for, when they are not the task's own.
    units : array (columns, base units), optional
        Units of the columns; the task's by default.

    Attributes
    ----------
    values : array (capacity + 1, points)
    op, left, right : arrays (capacity + 1,)
    size : array (capacity + 1,)
    dims, state : units of the rows as integer exponents, and whether they hang on a free constant
    hits, scores : best rows ``(op, left, right)`` of the level made last, with the share of the target they leave
    """

    def __init__(
        self, task: Task, space: Space, capacity: int, rng: np.random.Generator, rows: tuple[Array, Array, Array] | None = None,
        macros: Sequence[Part] = (), units: Ints | None = None,
    ) -> None:  # fmt: skip
        columns, target, weights = task.search if rows is None else rows
        self.macros = list(macros)
        points = len(target)
        self.space = space
        self.book: Codebook = task.codebook
        self.costs = node_costs(self.book)
        self.values = np.empty((capacity + 1, points))
        self.op = np.zeros(capacity + 1, np.int16)
        self.left = np.full(capacity + 1, -1, np.int32)
        self.right = np.full(capacity + 1, -1, np.int32)
        self.size = np.zeros(capacity + 1, np.int64)
        self.contains = np.zeros(capacity + 1, np.int64)
        dims = task.dimensions[0] if units is None else units
        self.dims = np.zeros((capacity + 1, dims.shape[1]), np.int64)
        self.state = np.zeros(capacity + 1, np.int64)
        self.keys = np.zeros(1 << max(16, int(np.ceil(np.log2(max(capacity, 1))) + 6)), np.uint64)
        self.capacity, self.quota = capacity, QUOTA_POINTS
        projections = rng.choice([-1.0, 1.0], size=(2, points)) * rng.uniform(0.5, 1.0, size=(2, points))
        self.target = target
        centered = target - np.average(target, weights=weights) if space.shifts else target
        mode = space.scales + 2.0 * space.shifts
        squares = max(float((weights * centered**2).sum()), 1e-300)
        totals = np.array([weights.sum(), (weights * centered).sum(), squares, mode])
        self.data = (centered, weights, projections, totals)
        self.numbers: dict[int, float] = {}
        self.counts = np.zeros(5, np.int64)  # rows held, tried, distinct, hits held, kept by this operator
        self.ops = [(self.book.code_of[op], op.arity) for op in building_ops(space) if op.arity]
        self.forbid = forbid_masks(space, self.book)
        self.idle = {code: 0 for code, _ in self.ops}
        self.hits, self.scores = np.zeros((HITS, 3), np.int64), np.full(HITS, np.inf)
        self._plant(columns, dims)
        self.starts = {1: (0, int(self.counts[0]))}
        self.finished = 1

    def _plant(self, columns: Array, dims: Ints) -> None:
        points, pure = self.values.shape[1], np.zeros(dims.shape[1], np.int64)
        for place, column in enumerate(columns):
            self._leaf(256 + place, column, dims[place])
        for number in self.space.literals:
            self.numbers[int(self.counts[0])] = number
            self._leaf(-1, np.full(points, number), pure)
        for op in self.space.ops:
            if op.arity == 0:
                self._leaf(self.book.code_of[op], np.full(points, np.pi if op.name == "pi" else np.e), pure)

    def _leaf(self, code: int, values: Array, dimension: Ints) -> None:
        row = int(self.counts[0])
        if row >= self.capacity:
            return
        size = len(self.macros[code - 256][0]) if self.macros and code >= 256 else 1
        self.values[row], self.op[row], self.size[row], self.dims[row] = values, code, size, dimension
        known(self.values, row, self.data, self.keys)  # so that abs of a positive column is nothing new
        self.counts[0] += 1

    @property
    def held(self) -> int:
        """Rows in the bank."""
        return int(self.counts[0])

    @property
    def full(self) -> bool:
        """Whether no further row fits."""
        return self.held >= self.capacity

    @property
    def exhausted(self) -> bool:
        """Whether no two known functions make a larger one."""
        largest = max(s for s, (start, end) in self.starts.items() if end > start)
        return self.finished > 2 * largest + 2

    @property
    def arrays(self) -> tuple[Any, ...]:
        """Operators, arguments, sizes and operators below, as the kernel takes them."""
        return self.op, self.left, self.right, self.size, self.contains

    def level(self, size: int) -> Iterator[int]:
        """Make every function of one size; yields the candidates tried, tick by tick."""
        points = self.values.shape[1]
        first_row = self.held
        self.hits, self.scores = np.zeros((HITS, 3), np.int64), np.full(HITS, np.inf)
        self.counts[3] = 0
        for code, arity in self.ops:
            if self.idle[code] > 2:
                continue
            self.counts[4] = 0
            tried = int(self.counts[1])
            for first, second in self._splits(size, 1, arity):  # a square is as near as a sine: laws are full of them
                at = 0
                while at >= 0:
                    before = int(self.counts[1])
                    at = expand(
                        code, (first, second), at, max(64, self.quota // points), self.arrays, self.values,
                        (self.dims, self.state), self.keys, self.data, (self.hits, self.scores), self.counts, self.forbid,
                    )  # fmt: skip
                    yield int(self.counts[1]) - before
            if self.counts[1] > tried and self.counts[4] == 0 and not self.full:
                self.idle[code] += 1  # nothing new at this size; given up after three sizes in a row
            elif self.counts[4]:
                self.idle[code] = 0
        self.starts[size] = (first_row, self.held)
        self.finished = size

    def best(self) -> NDArray[np.int64]:
        """The best rows ``(op, left, right)`` of the level made last, best first."""
        found = int(self.counts[3])
        return self.hits[:found][np.argsort(self.scores[:found], kind="stable")]

    def _splits(self, size: int, cost: int, arity: int) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
        """Row ranges whose sizes add up to ``size`` under an operator."""
        rest = size - cost
        if arity == 1:
            if rest in self.starts:
                yield self.starts[rest], (0, 1)
            return
        for left in range(1, rest):
            if left in self.starts and rest - left in self.starts:
                yield self.starts[left], self.starts[rest - left]

    def single(self, row: int) -> tuple[list[int], list[float]]:
        """Codes and numbers of one row."""
        out: list[int] = []
        numbers: list[float] = []
        stack = [int(row)]
        while stack:  # root, right, left; reversed below into postfix
            node = stack.pop()
            code = int(self.op[node])
            if code >= 256 and self.macros:
                inner, inside, _ = self.macros[code - 256]
                out += reversed(inner)
                numbers += reversed(inside)
                continue
            if code < 0:
                numbers.append(self.numbers[node])
            out.append(code)
            if self.left[node] >= 0:
                stack.append(int(self.left[node]))
            if self.right[node] >= 0:
                stack.append(int(self.right[node]))
        slot, codes = 0, []
        for code in reversed(out):
            codes.append(-1 - slot if code < 0 else code)
            slot += code < 0
        return codes, numbers[::-1]

    def programs(self, rows: NDArray[np.int64]) -> Programs:
        """Rows of ``(op, left, right)`` on top of the bank, as programs."""
        extra, held = len(rows), self.held
        numbers = np.zeros(held + extra)
        for row, number in self.numbers.items():
            numbers[row] = number
        bank = Bank(
            np.concatenate([self.op[:held], rows[:, 0].astype(np.int16)]),
            np.concatenate([self.left[:held], rows[:, 1].astype(np.int32)]),
            np.concatenate([self.right[:held], rows[:, 2].astype(np.int32)]),
            numbers,
        )
        return self._written(self.book.bank_programs(bank, np.arange(held, held + extra)))

    def _written(self, programs: Programs) -> Programs:
        """Programs over the task's own columns: macros are put in place of what they stand for."""
        if not self.macros:
            return programs
        parts: list[Part] = []
        for p in range(len(programs)):
            codes: list[int] = []
            numbers: list[float] = []
            given = programs.values[programs.value_offsets[p] : programs.value_offsets[p + 1]]
            for code in programs.codes[programs.offsets[p] : programs.offsets[p + 1]].tolist():
                if code >= 256:
                    inner, inside, _ = self.macros[code - 256]
                    codes += [c - len(numbers) if c < 0 else c for c in inner]
                    numbers += inside
                elif code < 0:
                    codes.append(-1 - len(numbers))
                    numbers.append(float(given[-1 - code]))
                else:
                    codes.append(code)
            parts.append((codes, numbers, [False] * len(numbers)))
        return combine(parts)

    def leaves(self) -> Programs:
        """The columns, as programs."""
        rows = [r for r in range(self.held) if self.op[r] >= 256]
        bank = Bank(self.op[: self.held], self.left[: self.held], self.right[: self.held], np.zeros(self.held))
        return self._written(self.book.bank_programs(bank, rows))


def building_ops(space: Space) -> list[Any]:
    """The operators, and square and cube as short forms where multiplication is allowed, cheap ones first."""
    names = {op.name for op in space.ops}
    extra = [space.language[n] for n in ("square", "cube") if "*" in names and n not in names and n in space.language]
    # so that the plainest functions of a size come first when room runs out
    return sorted([*extra, *space.ops], key=lambda op: (op.cost, op.arity))


def forbid_masks(space: Space, book: Codebook) -> NDArray[np.int64]:
    """For every operator, the set of operators that must not stand below it, as bits."""
    masks = np.zeros(len(book.ops), np.int64)
    for outer, inner in space.forbid:
        masks[book.code_of[space.language[outer]]] |= 1 << book.code_of[space.language[inner]]
    return masks
