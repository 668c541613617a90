"""The kernel of typed enumeration: an operator over all combinations of bank rows, each distinct value kept once.

A bank row is a row of an int32 table; its columns are named below. Values of a row at the points (examples, or samples
of a function's arguments) lie one after another in the heap. A value is new when the 64-bit hash of its slices is.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from induce.algebras.instructions import BRANCH, CALL, JUMP, MAP, RETURN, ZIP, bind, run_call, run_functional
from induce.algebras.machine import CODES, apply
from induce.algebras.scalars import run_scalar, scalar_functional
from induce.learners.programs.inlining import ROOM, inline

__all__ = ["COLUMNS", "DEFINED", "FOUND", "FULL", "combine", "commit", "rehash", "store", "value_hash"]

OP, A, B, C, FIRST, COST, FLAGS, PC, LENGTH, PLACE = range(10)
COLUMNS = 10
PARTIAL, OPEN, SCALAR = 1, 2, 4
"""Flags of a row: undefined at some points; depends on a bound variable; its instructions are on integers alone."""
ROWS, OFFSETS, TOP, INSTRUCTIONS, ENTRIES, TRIED, FOUND, FULL = range(8)
"""Counters of a bank: what is used of each array, combinations tried, solutions found, and whether an array is full."""
DEFINED = 1_000_000
"""Codes from here on are of defined operators: their body begins at instruction ``(code - DEFINED) // 16``; the rest of that division
is the number of their arguments, and four times their kind (:func:`~induce.learners.programs.inlining.kind_of`)."""
DEEPEST = 240
"""Most instructions of a function that runs on a stack of integers, which has room for one value each."""
_IF = CODES["if"]


@numba.njit(cache=True, nogil=True)
def rehash(old: Any, new: Any) -> None:
    """Put the entries of one table into another."""
    mask = len(new) - 1
    for k in range(len(old)):
        value = old[k]
        if value != 0:
            at = np.int64(value & np.uint64(mask))
            while new[at] != 0:
                at = (at + 1) & mask
            new[at] = value


@numba.njit(cache=True, nogil=True)
def _hash_slice(value: Any, h: Any, start: int, length: int) -> Any:
    value = (value ^ np.uint64(length + 77)) * np.uint64(0x9E3779B97F4A7C15)
    for k in range(length):
        value = (value ^ np.uint64(np.uint32(h[start + k]))) * np.uint64(0xFF51AFD7ED558CCD)
        value ^= value >> np.uint64(32)
    return value


@numba.njit(cache=True, nogil=True)
def _seen(table: Any, value: Any, counters: Any) -> bool:
    """Whether the hash is in the table; it is afterwards."""
    mask = len(table) - 1
    at = np.int64(value & np.uint64(mask))
    while table[at] != 0:
        if table[at] == value:
            return True
        at = (at + 1) & mask
    table[at] = value
    counters[ENTRIES] += 1
    return False


@numba.njit(cache=True, nogil=True)
def commit(
    nodes: Any, hashes: Any, counters: Any, op: int, args: Any, cost: int, flags: int, place: int, points: int, top: int,
    value: Any,
) -> int:  # fmt: skip
    """Keep the row whose values have just been written; ``offsets`` holds their starts already."""
    row = counters[ROWS]
    nodes[row, OP], nodes[row, A], nodes[row, B], nodes[row, C] = op, args[0], args[1], args[2]
    nodes[row, FIRST], nodes[row, COST], nodes[row, FLAGS] = counters[OFFSETS], cost, flags
    nodes[row, PC], nodes[row, LENGTH], nodes[row, PLACE] = -1, 0, place
    hashes[row] = value
    counters[OFFSETS] += points + 1
    counters[TOP] = top
    counters[ROWS] += 1
    return row


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
    if op >= DEFINED and (op - DEFINED) % 16 >= 4:
        a, b, c = nodes[row, A], nodes[row, B], nodes[row, C]
        spans = ((nodes[a, PC], nodes[a, LENGTH]), (nodes[b, PC], nodes[b, LENGTH]), (nodes[c, PC], nodes[c, LENGTH]))
        inlined = inline(code, spans, (op - DEFINED) % 4, (op - DEFINED) // 16, at)
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
            code[at, 0], code[at, 1], code[at, 2] = CALL, (op - DEFINED) // 16, (op - DEFINED) % 4
        elif op >= MAP:
            code[at, 1] = nodes[nodes[row, A], PC]
        at += 1
    code[at, 0] = RETURN
    nodes[row, PC], nodes[row, LENGTH] = begin, at - begin
    counters[INSTRUCTIONS] = at + 1
    return op < DEFINED or inlined > 0


@numba.njit(cache=True, nogil=True)
def store(bank: Any, op: int, args: Any, cost: int, flags: int, place: int, points: int, salt: Any) -> int:
    """Keep a row whose values lie at the top, with their starts in ``offsets``; its row, or -1 when it is not new."""
    nodes, offsets, h, hashes, table, counters, _ = bank
    value = salt
    for p in range(points):
        start = offsets[counters[OFFSETS] + p]
        value = _hash_slice(value, h, start, offsets[counters[OFFSETS] + p + 1] - start)
    if _seen(table, value, counters):
        return -1
    top = offsets[counters[OFFSETS] + points]
    return commit(nodes, hashes, counters, op, args, cost, flags, place, points, top, value)


@numba.njit(cache=True, nogil=True, inline="always")
def _slices(nodes: Any, offsets: Any, h: Any, row: int, p: int) -> tuple[int, int]:
    """Start and length of a row's value at a point; length -1 where it has none."""
    if row < 0:
        return 0, 0
    at = nodes[row, FIRST] + p
    start = offsets[at]
    length = offsets[at + 1] - start
    if length == 1 and h[start] == -2147483648:
        return start, -1
    return start, length


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
        start, length = _slices(nodes, offsets, h, bound[k], p)
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
        sb, lb = _slices(nodes, offsets, h, b, p)
        sc, lc = _slices(nodes, offsets, h, c, p)
        length = -1
        if lb >= 0 and lc >= 0:
            if scalar and (op <= ZIP or lb == 1):
                outer = 0
                if depth > 0:
                    start, _ = _slices(nodes, offsets, h, bound[depth - 1], p)
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
        value = _hash_slice(value, h, top, length)
        top += length
    offsets[base + points] = top
    return value, top, lost


@numba.njit(cache=True, nogil=True)
def _defined(
    op: int, nodes: Any, offsets: Any, h: Any, code: Any, machine: Any, place: Any, rows: Any, base: int, top: int, value: Any,
    partial: bool,
) -> tuple[Any, int, int]:  # fmt: skip
    """Values of a defined operator at all points, as ``_plain`` gives; a row of another place is the body of a function."""
    arity, scalars, workspace = machine
    stack, _, env, _ = workspace
    examples, bound = place
    count, body, lost = (op - DEFINED) % 4, (op - DEFINED) // 16, 0
    for p in range(len(examples)):
        offsets[base + p] = top
        if (op - DEFINED) % 16 >= 8:  # on integers alone: the last argument is the innermost
            sx, lx = _slices(nodes, offsets, h, rows[count - 1], p)
            sy, ly = _slices(nodes, offsets, h, rows[0], p)
            v = -2147483648
            if lx >= 0 and ly >= 0:
                v = run_scalar(code, body, offsets, h, scalars, 0, h[sx], h[sy])
            if v == -2147483648:
                lost += 1
                if not partial:
                    return value, top, -1
            h[top] = v
            value = _hash_slice(value, h, top, 1)
            top += 1
            continue
        e = -1
        for k in range(len(bound)):
            start, length = _slices(nodes, offsets, h, bound[k], p)
            e = bind(env, k, e, start, length)
        ok = True
        for k in range(count):
            if nodes[rows[k], PC] >= 0 and nodes[rows[k], LENGTH] > 0 and len(bound) == 0:
                stack[k, 0], stack[k, 1], stack[k, 2] = nodes[rows[k], PC], -2, e
                continue
            start, length = _slices(nodes, offsets, h, rows[k], p)
            ok = ok and length >= 0
            stack[k, 0], stack[k, 1], stack[k, 2] = start, length, -1
        length = -1
        if ok and top + 3000 < len(h):
            if run_call(code, arity, offsets, h, workspace, (body, count), (e, len(bound)), (examples[p], top, 0)):
                length = stack[0, 1] if stack[0, 1] <= 255 else -1
                for k in range(length):
                    h[top + k] = h[stack[0, 0] + k]
        if length < 0:
            lost += 1
            if not partial:
                return value, top, -1
            h[top] = -2147483648
            length = 1
        value = _hash_slice(value, h, top, length)
        top += length
    offsets[base + len(examples)] = top
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
        sa, la = _slices(nodes, offsets, h, a, p)
        sb, lb = _slices(nodes, offsets, h, b, p)
        sc, lc = _slices(nodes, offsets, h, c, p)
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
        value = _hash_slice(value, h, top, length)
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
            value, end, lost = _defined(
                op, nodes, offsets, h, code, machine, place, (a, b, c), base, top, salt, partial
            )
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
        if _seen(table, value, counters):
            continue
        flags |= PARTIAL if lost > 0 else 0
        row = commit(nodes, hashes, counters, op, (a, b, c), cost, flags, number, points, end, value)
        if wanted:
            _instruct(nodes, counters, code, row, wanted)
    return begin


@numba.njit(cache=True, nogil=True)
def value_hash(offsets: Any, h: Any, at: int, points: int, salt: Any) -> Any:
    """The hash of values whose starts begin at ``offsets[at]``."""
    value = salt
    for p in range(points):
        value = _hash_slice(value, h, offsets[at + p], offsets[at + p + 1] - offsets[at + p])
    return value
