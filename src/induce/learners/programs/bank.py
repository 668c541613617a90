"""The bank of typed enumeration: rows of values at points, in arrays that grow as they fill."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.algebras.assembling import MOST, assemble
from induce.algebras.instructions import ARITY, BOUND, CONSTANT, MISSING, RETURN, STORED, Workspace
from induce.algebras.machine import decode_value, encode_value
from induce.algebras.scalars import SCALAR
from induce.errors import FillError, TermError
from induce.learners.programs.combining import combine
from induce.learners.programs.gluing import agreement, masks
from induce.learners.programs.inlining import DEFINED, NUMBERS, kind_of, marked, parts_of
from induce.learners.programs.rows import (
    COLUMNS,
    ENTRIES,
    FIRST,
    FLAGS,
    INSTRUCTIONS,
    LENGTH,
    OFFSETS,
    OPEN,
    PARTIAL,
    PC,
    ROWS,
    TOP,
    TRIED,
    rehash,
    store,
    value_hash,
)  # fmt: skip
from induce.learners.programs.rows import FOUND as FOUND_COUNT
from induce.learners.programs.rows import FULL as FULL_FLAG
from induce.learners.programs.rows import SCALAR as SCALAR_FLAG
from induce.terms.op import Op
from induce.terms.sort import Sort
from induce.terms.term import Term

__all__ = ["Bank", "Place"]

INPUT, LITERAL, PARAMETER, LIFTED = 0, 1, 2, 3
"""Codes of leaves in a bank: an input, a literal, an argument of the function whose body this is, a closed row."""


@dataclass(eq=False)
class Place:
    """Where bodies with the same arguments live: the points at which they are told apart.

    Parameters
    ----------
    number : int
        0 for whole programs.
    parameters : tuple of Sort
        Sorts of the arguments, outermost first; empty for whole programs.
    examples : int64 array, shape (points,)
        The example behind each point.
    bound : int64 array, shape (arguments,)
        Rows of the arguments.
    lists : bool
        Whether bodies may build lists, rather than only use those of the whole program.
    """

    number: int
    parameters: tuple[Sort, ...]
    examples: NDArray[np.int64]
    bound: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    lists: bool = True


class Bank:
    """Rows of values, each distinct one once for its sort and place.

    Parameters
    ----------
    memory : float
        Bytes the arrays may take together.
    """

    def __init__(self, memory: float = 1e9) -> None:
        self.memory = memory
        # pages that are never touched cost nothing, and arrays that need not grow are never copied
        rows = int(min(1 << 20, memory / 1000))
        self.nodes = np.empty((rows, COLUMNS), np.int32)
        self.hashes = np.empty(rows, np.uint64)
        self.offsets = np.empty(12 * rows, np.int32)
        self.heap = np.empty(60 * rows + 100_000, np.int32)
        self.code = np.empty((4 * rows, 3), np.int32)
        self.table = np.zeros(1 << 16, np.uint64)
        self.counters = np.zeros(8, np.int64)
        self.found = np.zeros((256, 5), np.int64)
        self.workspace = Workspace()
        self.scalars = np.zeros(256, np.int64)
        self.code[0, 0] = RETURN
        self.counters[INSTRUCTIONS] = 1

    def __len__(self) -> int:
        return int(self.counters[ROWS])

    @property
    def arrays(self) -> tuple[Any, ...]:
        """The arrays in the order that kernels take them."""
        return self.nodes, self.offsets, self.heap, self.hashes, self.table, self.counters, self.code

    @property
    def tried(self) -> int:
        """Combinations tried."""
        return int(self.counters[TRIED])

    @property
    def bytes(self) -> int:
        """Memory in use."""
        used = self.counters
        cells = used[OFFSETS] + used[TOP] + 3 * used[INSTRUCTIONS]
        return int(used[ROWS] * (4 * COLUMNS + 8) + 4 * cells + self.table.nbytes)

    @property
    def full(self) -> bool:
        """Whether the arrays may not grow any more."""
        return self.bytes * 2 > self.memory

    def grow(self) -> bool:
        """Double what is nearly used up; False where memory forbids it."""
        self.counters[FULL_FLAG] = 0
        if self.full:
            return False
        used = self.counters
        if 2 * used[ROWS] > len(self.nodes):
            self.nodes, self.hashes = _doubled(self.nodes), _doubled(self.hashes)
        if 2 * used[OFFSETS] > len(self.offsets):
            self.offsets = _doubled(self.offsets)
        if 2 * used[TOP] > len(self.heap) - 200_000:
            self.heap = _doubled(self.heap)
        if 2 * used[INSTRUCTIONS] > len(self.code) - 1000:
            self.code = _doubled(self.code)
        if 3 * used[ENTRIES] > len(self.table):
            self.rebuild()
        return True

    def rebuild(self) -> None:
        """Put the hashes into a table four times as large."""
        table = np.zeros(len(self.table) * 4, np.uint64)
        rehash(self.table, table)
        self.table = table

    # ---- leaves

    def leaf(
        self,
        op: int,
        cells: Sequence[Sequence[int] | None],
        place: Place,
        salt: int,
        cost: int,
        flags: int = 0,
        args: tuple[int, int, int] = (-1, -1, -1),
    ) -> int:
        """Keep a row with these values, one a point (None: no value); its row, or -1 when its value is known."""
        while self._short(cells):
            if not self.grow():
                return -1
        at, top = int(self.counters[OFFSETS]), int(self.counters[TOP])
        for p, value in enumerate(cells):
            self.offsets[at + p] = top
            value = [MISSING] if value is None else value
            self.heap[top : top + len(value)] = value
            top += len(value)
        self.offsets[at + len(cells)] = top
        if any(value is None for value in cells):
            flags |= PARTIAL
        return int(store(self.arrays, op, args, cost, flags, place.number, len(cells), np.uint64(salt)))

    def hash_of(self, cells: Sequence[Sequence[int]], salt: int) -> int:
        """The hash that a row with these values would have."""
        while self._short(cells):
            if not self.grow():
                return 0
        at, top = int(self.counters[OFFSETS]), int(self.counters[TOP])
        for p, value in enumerate(cells):
            self.offsets[at + p] = top
            self.heap[top : top + len(value)] = value
            top += len(value)
        self.offsets[at + len(cells)] = top
        return int(value_hash(self.offsets, self.heap, at, len(cells), np.uint64(salt)))

    def _short(self, cells: Sequence[Sequence[int] | None]) -> bool:
        need, used = sum(1 if v is None else len(v) for v in cells), self.counters
        return bool(
            used[ROWS] + 2 > len(self.nodes)
            or used[OFFSETS] + len(cells) + 2 > len(self.offsets)
            or used[TOP] + need + 4000 > len(self.heap)
            or 2 * used[ENTRIES] > len(self.table)
            or used[INSTRUCTIONS] + 400 > len(self.code)
        )

    def instruct(self, row: int, op: int, x: int, scalar: bool) -> None:
        """Give a leaf of a function's body its instruction."""
        at = int(self.counters[INSTRUCTIONS])
        self.code[at] = (op, x, 0)
        self.code[at + 1] = (RETURN, 0, 0)
        self.nodes[row, PC], self.nodes[row, LENGTH] = at, 1
        if scalar:
            self.nodes[row, FLAGS] |= SCALAR_FLAG
        self.counters[INSTRUCTIONS] = at + 2

    def constant(self, value: Any, sort: Sort) -> int:
        """Keep a literal of a definition; where among the offsets its value begins."""
        cells = encode_value(list(value) if isinstance(value, tuple) else value, sort)
        if cells is None:
            raise FillError(f"the machine cannot hold the value {value!r}.")
        at, top = int(self.counters[OFFSETS]), int(self.counters[TOP])
        self.offsets[at], self.offsets[at + 1] = top, top + len(cells)
        self.heap[top : top + len(cells)] = cells
        self.counters[OFFSETS] += 2
        self.counters[TOP] += len(cells)
        return at

    def definition(self, op: Op, body: Term) -> int:
        """Take in the body of a defined operator, a closed function; the operator's code. TermError where it cannot be run."""
        if body.sort is not op.sort or op.arity > MOST:
            raise TermError(
                f"operator '{op.signature}' cannot have the body '{body}', {body.sort}. Give it one of its sort."
            )
        while int(self.counters[INSTRUCTIONS]) + 50 * body.size + 100 > len(self.code):
            self.code = _doubled(self.code)
        while int(self.counters[OFFSETS]) + 4 * body.size > len(self.offsets):
            self.offsets = _doubled(self.offsets)
        begin = int(self.counters[INSTRUCTIONS])
        written = marked(assemble(body, self.constant, begin), begin)
        self.code[begin : begin + len(written)] = written
        self.counters[INSTRUCTIONS] += len(written)
        last = max((k for k, (op, _, _) in enumerate(written[:-1]) if op == RETURN), default=-1)
        return DEFINED + 16 * (begin + last + 1) + 4 * kind_of(written[last + 1 :], op.arity) + op.arity

    def lift(self, row: int, place: Place, salt: int, cost: int, scalar: bool) -> int:
        """Make a closed row of whole programs a leaf of a place; its row there, or -1."""
        found = self.leaf(
            LIFTED, [self.cells(row, int(e)) for e in place.examples], place, salt, cost, args=(row, -1, -1)
        )
        if found >= 0:
            self.instruct(found, STORED, int(self.nodes[row, FIRST]), scalar)
        return found

    def literal(self, value: Any, sort: Sort, place: Place, salt: int, cost: int) -> int:
        """Keep a literal; its row, or -1 when its value is known."""
        cells = encode_value(value, sort)
        row = self.leaf(LITERAL, [cells] * len(place.examples), place, salt, cost) if cells is not None else -1
        if row >= 0 and place.parameters:
            self.instruct(row, CONSTANT, int(self.nodes[row, FIRST]), sort.name in ("int", "bool"))
        return row

    def parameter(self, index: int, cells: Sequence[Sequence[int]], sort: Sort, place: Place, salt: int) -> int:
        """Keep an argument of a function (de Bruijn index); its row. It is a row of its own even if its samples are known."""
        row = self.leaf(PARAMETER, list(cells), place, salt, 1, OPEN, (index, -1, -1))
        if row >= 0:
            self.instruct(row, BOUND, index, sort.name in ("int", "bool"))
        return row

    # ---- combinations

    def combine(
        self, op: int, shape: tuple[int, int, bool, bool, bool], place: Place, rows: Sequence[NDArray[np.int64]], begin: int,
        limit: int, salt: int, goal: int,
    ) -> int:  # fmt: skip
        """Try an operator on combinations of rows from number ``begin`` on; the number reached.

        ``shape`` is (cost, bank, commutative, partial values kept, an open argument needed).
        """
        cost, bank, commutative, partial, opened = shape
        scalar = op in SCALAR or (op >= DEFINED and parts_of(op)[1] == NUMBERS)
        wanted = (2 if scalar else 1) if place.parameters else 0
        none = np.zeros(0, np.int64)
        parts = [*rows, none, none][:3]
        reached = combine(
            op, (cost, bank, int(commutative), int(partial), wanted, int(opened)), self.arrays,
            (ARITY, self.scalars, self.workspace.arrays), (place.examples, place.bound), tuple(parts), begin, limit,
            np.uint64(salt), np.uint64(goal), self.found,
        )  # fmt: skip
        return int(reached)

    def give_up(self) -> None:
        """Say that an array is full and may not grow."""
        self.counters[FULL_FLAG] = 1

    @property
    def stuck(self) -> bool:
        """Whether an array was full when the last call ended."""
        return bool(self.counters[FULL_FLAG])

    def take_found(self) -> NDArray[np.int64]:
        """Combinations whose value was the goal, and forget them: columns op, a, b, c, cost."""
        count = int(self.counters[FOUND_COUNT])
        self.counters[FOUND_COUNT] = 0
        return self.found[:count].copy()

    # ---- reading

    def masks(self, rows: NDArray[np.int64], cells: Sequence[Sequence[int]]) -> NDArray[np.int64]:
        """For each row the points, as bits, at which it has the given values."""
        starts = np.zeros(len(cells) + 1, np.int64)
        np.cumsum([len(c) for c in cells], out=starts[1:])
        return masks(self.arrays, rows, np.array([x for c in cells for x in c], np.int64), starts)

    def agreement(self, rows: NDArray[np.int64], cells: Sequence[Sequence[int] | None]) -> NDArray[np.int64]:
        """At how many points each row has the given values, shape (rows,)."""
        starts = np.zeros(len(cells) + 1, np.int64)
        np.cumsum([0 if c is None else len(c) for c in cells], out=starts[1:])
        flat = np.array([x for c in cells for x in (c or [])], np.int64)
        return agreement(self.arrays, rows, flat, starts)

    def cells(self, row: int, point: int) -> list[int] | None:
        """The elements of a row's value at a point; None where it has none."""
        at = int(self.nodes[row, FIRST]) + point
        found: list[int] = self.heap[self.offsets[at] : self.offsets[at + 1]].tolist()
        return None if found == [MISSING] else found

    def values(self, row: int, sort: Sort, points: int) -> list[Any]:
        """The Python values of a row at the first points, None where it has none."""
        cells = [self.cells(row, p) for p in range(points)]
        return [None if c is None else decode_value(c, sort) for c in cells]


def _doubled(array: NDArray[Any]) -> NDArray[Any]:
    found = np.empty((2 * len(array), *array.shape[1:]), array.dtype)
    found[: len(array)] = array
    return found
