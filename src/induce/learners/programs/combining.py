"""The kernel of typed enumeration: an operator over all combinations of bank rows, each distinct value kept once.

Rows are those of :mod:`induce.learners.programs.rows`.
"""

from __future__ import annotations

from typing import Any

import numba

from induce.algebras.instructions import BRANCH, CALL, JUMP, MAP, RETURN, ZIP, bind, run_functional
from induce.algebras.machine import CODES, apply
from induce.algebras.scalars import scalar_functional
from induce.learners.programs.calling import defined
from induce.learners.programs.inlining import DEFINED, NUMBERS, PLAIN, ROOM, inline, parts_of
from induce.learners.programs.rows import (
    ENTRIES,
    FLAGS,
    FOUND,
    FULL,
    INSTRUCTIONS,
    LENGTH,
    OFFSETS,
    OP,
    OPEN,
    PARTIAL,
    PC,
    ROWS,
    SCALAR,
    TOP,
    TRIED,
    A,
    B,
    C,
    commit,
    hash_slice,
    seen,
    slices,
)  # fmt: skip

__all__ = ["combine"]

DEEPEST = 240
"""Most instructions of a function that runs on a stack of integers, which has room for one value each."""
_IF = CODES["if"]


@numba.njit(cache=True, nogil=True)
def _copy_code(code: Any, nodes: Any, row: int, at: int) -> int:
    for k in range(nodes[row, LENGTH]):
        for column in range(3):
            code[at + k, column] = code[nodes[row, PC] + k, column]
    return nodes[row, LENGTH]


@numba.njit(cache=True, nogil=True)
def emit(nodes: Any, code: Any, counters: Any, row: int) -> bool:
    """Write the instructions of a row from those of its arguments; whether they call nothing."""
    at = begin = counters[INSTRUCTIONS]
    op = nodes[row, OP]
    first = B if MAP <= op < DEFINED else A
    inlined = 0
    body, kind, count = parts_of(op)
    if op >= DEFINED and (kind == PLAIN or kind == NUMBERS):
        a, b, c = nodes[row, A], nodes[row, B], nodes[row, C]
        spans = ((nodes[a, PC], nodes[a, LENGTH]), (nodes[b, PC], nodes[b, LENGTH]), (nodes[c, PC], nodes[c, LENGTH]))
        inlined = inline(code, spans, count, body, at)
    if inlined > 0:
        at += inlined
    elif op == _IF:
        at += _copy_code(code, nodes, nodes[row, A], at)
        code[at, 0], code[at, 1] = BRANCH, nodes[nodes[row, B], LENGTH] + 1
        at += 1
        at += _copy_code(code, nodes, nodes[row, B], at)
        code[at, 0], code[at, 1] = JUMP, nodes[nodes[row, C], LENGTH]
        at += 1
        at += _copy_code(code, nodes, nodes[row, C], at)
    else:
        for slot in range(first, C + 1):
            if nodes[row, slot] >= 0:
                at += _copy_code(code, nodes, nodes[row, slot], at)
        code[at, 0], code[at, 1], code[at, 2] = op, 0, 0
        if op >= DEFINED:
            code[at, 0], code[at, 1], code[at, 2] = CALL, body, count
        elif op >= MAP:
            code[at, 1] = nodes[nodes[row, A], PC]
        at += 1
    code[at, 0] = RETURN
    nodes[row, PC], nodes[row, LENGTH] = begin, at - begin
    counters[INSTRUCTIONS] = at + 1
    return op < DEFINED or inlined > 0


@numba.njit(cache=True, nogil=True)
def _by_instructions(
    op: int,
    nodes: Any,
    offsets: Any,
    h: Any,
    code: Any,
    machine: Any,
    place: Any,
    a: int,
    xs: Any,
    ys: Any,
    p: int,
    top: int,
) -> int:
    """A functional at one point whose function works on lists too, written at ``top``; its length or -1."""
    arity, _, workspace = machine
    examples, bound = place
    stack, _, env, _ = workspace
    e = -1
    for k in range(len(bound)):
        start, length = slices(nodes, offsets, h, bound[k], p)
        e = bind(env, k, e, start, length)
    at = (examples[p], top, 0)
    length = run_functional(code, arity, offsets, h, workspace, op, nodes[a, PC], (e, len(bound)), xs, ys, at)
    if length > 255:
        return -1
    start = stack[0, 0]
    for k in range(length):
        h[top + k] = h[start + k]
    return length


@numba.njit(cache=True, nogil=True)
def _functional(
    op: int, nodes: Any, offsets: Any, h: Any, code: Any, machine: Any, place: Any, rows: Any, base: int, top: int, value: Any,
    partial: bool,
) -> tuple[Any, int, int]:  # fmt: skip
    """Values of a functional at all points, as ``_plain`` gives; tuples of arrays are unpacked once, not at every point."""
    scalars = machine[1]
    examples, bound = place
    a, b, c = rows
    depth, points, lost = len(bound), len(examples), 0
    body, scalar = nodes[a, PC], nodes[a, FLAGS] & SCALAR
    for p in range(points):
        offsets[base + p] = top
        sb, lb = slices(nodes, offsets, h, b, p)
        sc, lc = slices(nodes, offsets, h, c, p)
        length = -1
        if lb >= 0 and lc >= 0:
            if scalar and (op <= ZIP or lb == 1):
                outer = 0
                if depth > 0:
                    start, _ = slices(nodes, offsets, h, bound[depth - 1], p)
                    outer = h[start]
                length = scalar_functional(
                    code, offsets, h, scalars, op, body, (sb, lb), (sc, lc), outer, examples[p], top
                )
            else:
                length = _by_instructions(op, nodes, offsets, h, code, machine, place, a, (sb, lb), (sc, lc), p, top)
        if length < 0:
            lost += 1
            if not partial:
                return value, top, -1
            h[top] = -2147483648
            length = 1
        value = hash_slice(value, h, top, length)
        top += length
    offsets[base + points] = top
    return value, top, lost


@numba.njit(cache=True, nogil=True)
def _plain(
    op: int, nodes: Any, offsets: Any, h: Any, rows: Any, points: int, base: int, top: int, value: Any, partial: bool
) -> tuple[Any, int, int]:
    """Values of an operator at all points: their hash, where they end, and how many are missing (-1: given up)."""
    a, b, c = rows
    lost = 0
    for p in range(points):
        offsets[base + p] = top
        sa, la = slices(nodes, offsets, h, a, p)
        sb, lb = slices(nodes, offsets, h, b, p)
        sc, lc = slices(nodes, offsets, h, c, p)
        if op == _IF and la >= 0:  # only the branch that is taken must have a value
            if h[sa] != 0:
                lc = 0
            else:
                lb = 0
        length = -1
        if la >= 0 and lb >= 0 and lc >= 0:
            length = apply(op, h, sa, la, sb, lb, sc, lc, top)
        if length < 0:
            lost += 1
            if not partial:
                return value, top, -1
            h[top] = -2147483648
            length = 1
        value = hash_slice(value, h, top, length)
        top += length
    offsets[base + points] = top
    return value, top, lost


@numba.njit(cache=True, nogil=True)
def _instruct(nodes: Any, counters: Any, code: Any, row: int, wanted: int) -> None:
    """Write the instructions of a function's body, and whether they are on integers alone."""
    if emit(nodes, code, counters, row) and wanted == 2 and nodes[row, LENGTH] <= DEEPEST:
        scalar = True
        for slot in range(A, C + 1):
            if nodes[row, slot] >= 0 and not nodes[nodes[row, slot], FLAGS] & SCALAR:
                scalar = False
        if scalar:
            nodes[row, FLAGS] |= SCALAR


@numba.njit(cache=True, nogil=True)
def combine(
    op: int, shape: Any, bank: Any, machine: Any, place: Any, rows: Any, begin: int, limit: int, salt: Any, goal: Any,
    found: Any,
) -> int:  # fmt: skip
    """Try an operator on combinations of rows from number ``begin`` on; returns the number reached.

    ``shape`` is (cost, place, commutative, partial allowed, instructions wanted, an open argument needed).
    Combinations whose hash is ``goal`` are written to ``found``, whether new or not.
    """
    cost, number, commutative, partial, wanted, opened = shape
    nodes, offsets, h, hashes, table, counters, code = bank
    rows_a, rows_b, rows_c = rows
    nb, nc = max(len(rows_b), 1), max(len(rows_c), 1)
    total, points = len(rows_a) * nb * nc, len(place[0])
    most = (len(nodes) - 2, len(offsets) - points - 2, len(h) - points * 256 - 4000, len(table) // 2, len(code) - 400)
    while begin < total and limit > 0:
        a = rows_a[begin // (nb * nc)]
        b = rows_b[begin // nc % nb] if len(rows_b) > 0 else -1
        c = rows_c[begin % nc] if len(rows_c) > 0 else -1
        need = ROOM if wanted else 0
        for row in (a, b, c):
            need += nodes[row, LENGTH] if row >= 0 else 0
        for k in range(5):  # whether one more row might not fit
            if counters[(ROWS, OFFSETS, TOP, ENTRIES, INSTRUCTIONS)[k]] > most[k] - (need if k == 4 else 0):
                counters[FULL] = 1
                return begin
        begin += 1
        if commutative and a > b:
            continue
        flags = (nodes[a, FLAGS] | (nodes[b, FLAGS] if b >= 0 else 0) | (nodes[c, FLAGS] if c >= 0 else 0)) & OPEN
        if opened and flags == 0:
            continue
        limit -= 1
        counters[TRIED] += 1
        base, top = counters[OFFSETS], counters[TOP]
        if op >= DEFINED:
            value, end, lost = defined(op, nodes, offsets, h, code, machine, place, (a, b, c), base, top, salt, partial)
        elif op >= MAP:
            value, end, lost = _functional(
                op, nodes, offsets, h, code, machine, place, (a, b, c), base, top, salt, partial
            )
        else:
            value, end, lost = _plain(op, nodes, offsets, h, (a, b, c), points, base, top, salt, partial)
        if lost < 0 or lost == points:
            continue
        if value == goal and counters[FOUND] < len(found):
            k = counters[FOUND]
            found[k, 0], found[k, 1], found[k, 2], found[k, 3], found[k, 4] = op, a, b, c, cost
            counters[FOUND] += 1
        if seen(table, value, counters):
            continue
        flags |= PARTIAL if lost > 0 else 0
        row = commit(nodes, hashes, counters, op, (a, b, c), cost, flags, number, points, end, value)
        if wanted:
            _instruct(nodes, counters, code, row, wanted)
    return begin
