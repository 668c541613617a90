"""Forms: programs wrapped in fitted constants, and other small edits on postfix code that several learners share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from induce.algebras.dimension import consistent
from induce.task import Space, Task
from induce.terms.codes import FIRST_VARIABLE, Codebook, Programs

__all__ = ["Part", "affine_forms", "agree", "combine", "free_literals", "node_costs", "sizes_of"]

Part = tuple[list[int], list[float], list[bool]]
"""Codes, numbers and which numbers are fitted: one program."""


def node_costs(book: Codebook) -> NDArray[np.int64]:
    """Nodes each operator code stands for: ``square(x)`` is written ``x^2``, three nodes for two."""
    return np.array([2 if op.name in ("square", "cube", "inverse") else 1 for op in book.ops], np.int64)


def sizes_of(programs: Programs, costs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Size of every program as it will be written."""
    table = np.ones(int(programs.codes.max(initial=0)) + 1, np.int64)
    known = min(len(costs), len(table))
    table[:known] = costs[:known]
    each = np.where(programs.codes >= 0, table[np.maximum(programs.codes, 0)], 1)
    return np.add.reduceat(each, programs.offsets[:-1]) if len(programs) else np.zeros(0, np.int64)


def agree(task: Task, programs: Programs) -> NDArray[np.bool_]:
    """Which programs have agreeing units (all, when nothing has a unit)."""
    columns, target = task.dimensions
    ok = np.ones(len(programs), bool)
    if columns.shape[1]:
        consistent(
            programs.codes,
            programs.offsets,
            programs.values,
            programs.value_offsets,
            np.zeros_like(programs.free) if task.pure_constants else programs.free,
            columns,
            target,
            ok,
        )
    return ok


def combine(parts: Sequence[tuple[Sequence[int], Sequence[float], Sequence[bool]]]) -> Programs:
    """Programs from (codes, values, free) triples."""
    codes = np.array([c for part in parts for c in part[0]], np.int16)
    values = np.array([v for part in parts for v in part[1]], np.float64)
    free = np.array([f for part in parts for f in part[2]], bool)
    offsets = np.concatenate([[0], np.cumsum([len(part[0]) for part in parts])]).astype(np.int64)
    value_offsets = np.concatenate([[0], np.cumsum([len(part[1]) for part in parts])]).astype(np.int64)
    return Programs(codes, offsets, values, value_offsets, free)


def affine_forms(programs: Programs, book: Codebook, space: Space) -> Programs:
    """Every program ``f`` as ``f``, ``b * f``, ``f + a`` and ``b * f + a``, as far as the space has ``*``, ``+`` and constants."""
    times, plus = book.code_of[book.language["*"]], book.code_of[book.language["+"]]
    parts: list[tuple[list[int], list[float], list[bool]]] = []
    for p in range(len(programs)):
        codes = programs.codes[programs.offsets[p] : programs.offsets[p + 1]].tolist()
        span = slice(programs.value_offsets[p], programs.value_offsets[p + 1])
        values, free = programs.values[span].tolist(), programs.free[span].tolist()
        slot = -1 - len(values)
        parts.append((codes, values, free))
        if space.scales:
            parts.append(([slot, *codes, times], [*values, 1.0], [*free, True]))
        if space.shifts:
            parts.append(([*codes, slot, plus], [*values, 0.0], [*free, True]))
        if space.scales and space.shifts:
            parts.append(([slot, *codes, times, slot - 1, plus], [*values, 1.0, 0.0], [*free, True, True]))
    return combine(parts)


def free_literals(programs: Programs) -> Programs:
    """The same programs with every literal turned into a fitted constant that starts from it."""
    return Programs(
        programs.codes, programs.offsets, programs.values, programs.value_offsets, np.ones(len(programs.values), bool)
    )


def nested_ok(programs: Programs, book: Codebook, forbid: Sequence[tuple[str, str]]) -> NDArray[np.bool_]:
    """Which programs avoid the forbidden nestings (outer, inner)."""
    ok = np.ones(len(programs), bool)
    if not forbid:
        return ok
    pairs = {(book.code_of[book.language[a]], book.code_of[book.language[b]]) for a, b in forbid}
    arity = [op.arity for op in book.ops]
    for p in range(len(programs)):
        stack: list[set[int]] = []
        for code in programs.codes[programs.offsets[p] : programs.offsets[p + 1]].tolist():
            if code < 0 or code >= FIRST_VARIABLE:
                stack.append(set())
                continue
            below: set[int] = set().union(*stack[len(stack) - arity[code] :]) if arity[code] else set()
            del stack[len(stack) - arity[code] :]
            if any((code, inner) in pairs for inner in below):
                ok[p] = False
                break
            stack.append(below | {code})
    return ok
