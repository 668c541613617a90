"""The numba stack machine: many postfix programs over one table, block by block, with reverse-mode Jacobians.

A *buffer* of shape (rows, BLOCK) holds the columns of the current block in its first rows and intermediate values in the
rest; operators read and write rows, so variables cost nothing and everything stays in cache. Operator codes are the
places of the operators in the arithmetic language (a test keeps the two in step).
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np

from induce.algebras.transcendental import cos_row, exp_row, log_row, sin_row

__all__ = ["BLOCK", "OP_NAMES", "evaluate_rows", "forward", "jacobian_block", "needed_rows"]

BLOCK = 256
"""Points per block: a formula's rows of float64 fit the first-level cache."""

OP_NAMES = (
    "+", "-", "*", "/", "^", "neg", "abs", "sign", "sqrt", "cbrt", "square", "cube", "inverse", "exp", "log", "sin", "cos",
    "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "sigmoid", "min", "max", "pi", "e",
)  # fmt: skip
"""Operator names in code order."""

(ADD, SUB, MUL, DIV, POW, NEG, ABS, SIGN, SQRT, CBRT, SQUARE, CUBE, INVERSE, EXP, LOG, SIN, COS,
 TAN, ASIN, ACOS, ATAN, SINH, COSH, TANH, SIGMOID, MIN, MAX, PI, E) = range(len(OP_NAMES))  # fmt: skip

ARITY = np.array([2, 2, 2, 2, 2] + [1] * 20 + [2, 2, 0, 0], dtype=np.int64)
_FIRST_VARIABLE = 256


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[misc]
def _power(buffer: Any, a: int, b: int, o: int, n: int) -> None:
    """Row power with short cuts when the exponent row is one small whole number or a half."""
    c = buffer[b, 0]
    uniform = True
    for i in range(n):
        if buffer[b, i] != c:
            uniform = False
            break
    if uniform and c == 2.0:
        for i in range(n):
            buffer[o, i] = buffer[a, i] * buffer[a, i]
    elif uniform and c == 3.0:
        for i in range(n):
            buffer[o, i] = buffer[a, i] * buffer[a, i] * buffer[a, i]
    elif uniform and c == 0.5:
        for i in range(n):
            buffer[o, i] = math.sqrt(buffer[a, i])
    elif uniform and c == -1.0:
        for i in range(n):
            buffer[o, i] = 1.0 / buffer[a, i]
    elif uniform and abs(c) <= 32.0 and c == math.floor(c):
        k = int(abs(c))
        for i in range(n):
            x = buffer[a, i]
            r = x if k & 1 else x * 0.0 + 1.0
            m = k >> 1
            while m > 0:
                x = x * x
                if m & 1:
                    r = r * x
                m >>= 1
            buffer[o, i] = r if c >= 0 else 1.0 / r
    else:
        for i in range(n):
            buffer[o, i] = math.pow(buffer[a, i], buffer[b, i])


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[misc]
def _unary_rare(op: int, buffer: Any, a: int, o: int, n: int) -> None:
    """Operators that call the C library once per point."""
    if op == TAN:
        for i in range(n):
            buffer[o, i] = math.tan(buffer[a, i])
    elif op == ASIN:
        for i in range(n):
            buffer[o, i] = math.asin(buffer[a, i]) if abs(buffer[a, i]) <= 1.0 else np.nan
    elif op == ACOS:
        for i in range(n):
            buffer[o, i] = math.acos(buffer[a, i]) if abs(buffer[a, i]) <= 1.0 else np.nan
    elif op == ATAN:
        for i in range(n):
            buffer[o, i] = math.atan(buffer[a, i])
    elif op == SINH:
        for i in range(n):
            buffer[o, i] = math.sinh(buffer[a, i])
    elif op == COSH:
        for i in range(n):
            buffer[o, i] = math.cosh(buffer[a, i])
    elif op == TANH:
        for i in range(n):
            buffer[o, i] = math.tanh(buffer[a, i])
    elif op == CBRT:
        for i in range(n):
            buffer[o, i] = math.copysign(math.pow(abs(buffer[a, i]), 1.0 / 3.0), buffer[a, i])


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[misc]
def apply_unary(op: int, buffer: Any, a: int, o: int, n: int) -> None:
    """``buffer[o] = op(buffer[a])`` over the first ``n`` points; rows must differ."""
    if op == NEG:
        for i in range(n):
            buffer[o, i] = -buffer[a, i]
    elif op == ABS:
        for i in range(n):
            buffer[o, i] = abs(buffer[a, i])
    elif op == SIGN:
        for i in range(n):
            x = buffer[a, i]
            buffer[o, i] = 1.0 if x > 0.0 else (-1.0 if x < 0.0 else x)
    elif op == SQRT:
        for i in range(n):
            buffer[o, i] = math.sqrt(buffer[a, i])
    elif op == SQUARE:
        for i in range(n):
            buffer[o, i] = buffer[a, i] * buffer[a, i]
    elif op == CUBE:
        for i in range(n):
            buffer[o, i] = buffer[a, i] * buffer[a, i] * buffer[a, i]
    elif op == INVERSE:
        for i in range(n):
            buffer[o, i] = 1.0 / buffer[a, i]
    elif op == EXP:
        exp_row(buffer, a, o, n)
    elif op == LOG:
        log_row(buffer, a, o, n)
    elif op == SIN:
        sin_row(buffer, a, o, n)
    elif op == COS:
        cos_row(buffer, a, o, n)
    elif op == SIGMOID:
        for i in range(n):
            buffer[o, i] = 1.0 / (1.0 + math.exp(-buffer[a, i]))
    else:
        _unary_rare(op, buffer, a, o, n)


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[misc]
def apply_binary(op: int, buffer: Any, a: int, b: int, o: int, n: int) -> None:
    """``buffer[o] = op(buffer[a], buffer[b])`` over the first ``n`` points; ``o`` differs from both."""
    if op == ADD:
        for i in range(n):
            buffer[o, i] = buffer[a, i] + buffer[b, i]
    elif op == SUB:
        for i in range(n):
            buffer[o, i] = buffer[a, i] - buffer[b, i]
    elif op == MUL:
        for i in range(n):
            buffer[o, i] = buffer[a, i] * buffer[b, i]
    elif op == DIV:
        for i in range(n):
            buffer[o, i] = buffer[a, i] / buffer[b, i]
    elif op == POW:
        _power(buffer, a, b, o, n)
    elif op == MIN:
        for i in range(n):
            x, y = buffer[a, i], buffer[b, i]
            buffer[o, i] = x if x <= y or x != x else y
    elif op == MAX:
        for i in range(n):
            x, y = buffer[a, i], buffer[b, i]
            buffer[o, i] = x if x >= y or x != x else y


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[misc]
def fill_row(buffer: Any, o: int, value: float, n: int) -> None:
    """Set a row to a constant."""
    for i in range(n):
        buffer[o, i] = value


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[misc]
def load_block(table: Any, at: int, n: int, buffer: Any) -> None:
    """Copy points ``at : at + n`` of every column into the buffer's first rows."""
    for v in range(table.shape[0]):
        for i in range(n):
            buffer[v, i] = table[v, at + i]


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[misc]
def needed_rows(codes: Any, offsets: Any) -> int:
    """Work rows that the deepest program needs."""
    top = 1
    for p in range(len(offsets) - 1):
        depth, here = 0, 0
        for k in range(offsets[p], offsets[p + 1]):
            c = codes[k]
            if c >= 0 and c < _FIRST_VARIABLE:
                depth -= ARITY[c] - 1
            else:
                depth += 1
            here = max(here, depth)
        top = max(top, here)
    return top + 2


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[misc]
def forward(codes: Any, start: int, end: int, values: Any, first: int, buffer: Any, columns: int, n: int) -> int:
    """Run one program on the loaded block; returns the buffer row that holds its value."""
    stack = np.empty(end - start + 1, np.int64)
    spare = np.empty(buffer.shape[0], np.int64)
    spares = 0
    for r in range(buffer.shape[0] - 1, columns - 1, -1):
        spare[spares] = r
        spares += 1
    top = 0
    for k in range(start, end):
        c = codes[k]
        if c >= _FIRST_VARIABLE:
            stack[top] = c - _FIRST_VARIABLE
            top += 1
            continue
        spares -= 1
        o = spare[spares]
        if c < 0:
            fill_row(buffer, o, values[first - 1 - c], n)
        elif ARITY[c] == 1:
            a = stack[top - 1]
            apply_unary(c, buffer, a, o, n)
            top -= 1
            if a >= columns:
                spare[spares] = a
                spares += 1
        elif ARITY[c] == 2:
            a, b = stack[top - 2], stack[top - 1]
            apply_binary(c, buffer, a, b, o, n)
            top -= 2
            if a >= columns:
                spare[spares] = a
                spares += 1
            if b >= columns:
                spare[spares] = b
                spares += 1
        else:
            fill_row(buffer, o, math.pi if c == PI else math.e, n)
        stack[top] = o
        top += 1
    return stack[0]


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[misc]
def evaluate_rows(codes: Any, offsets: Any, values: Any, value_offsets: Any, table: Any, out: Any) -> None:
    """Values of every program at every point: ``out`` has shape (programs, points), the table (columns, points)."""
    columns, points = table.shape
    buffer = np.empty((columns + needed_rows(codes, offsets), BLOCK), table.dtype)
    for at in range(0, points, BLOCK):
        n = min(BLOCK, points - at)
        load_block(table, at, n, buffer)
        for p in range(len(offsets) - 1):
            row = forward(codes, offsets[p], offsets[p + 1], values, value_offsets[p], buffer, columns, n)
            for i in range(n):
                out[p, at + i] = buffer[row, i]


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[misc]
def _pull_unary(op: int, tape: Any, a: int, o: int, grad: Any, ga: int, go: int, n: int) -> None:
    """``grad[ga] += grad[go] * d op / d argument``."""
    for i in range(n):
        g = grad[go, i]
        x = tape[a, i]
        y = tape[o, i]
        if op == NEG:
            d = -1.0
        elif op == ABS:
            d = 1.0 if x > 0.0 else (-1.0 if x < 0.0 else 0.0)
        elif op == SIGN:
            d = 0.0
        elif op == SQRT:
            d = 0.5 / y
        elif op == CBRT:
            d = 1.0 / (3.0 * y * y)
        elif op == SQUARE:
            d = 2.0 * x
        elif op == CUBE:
            d = 3.0 * x * x
        elif op == INVERSE:
            d = -y * y
        elif op == TAN:
            d = 1.0 + y * y
        elif op == ASIN:
            d = 1.0 / math.sqrt(1.0 - x * x)
        elif op == ACOS:
            d = -1.0 / math.sqrt(1.0 - x * x)
        elif op == ATAN:
            d = 1.0 / (1.0 + x * x)
        elif op == SINH:
            d = math.cosh(x)
        elif op == COSH:
            d = math.sinh(x)
        elif op == TANH:
            d = 1.0 - y * y
        else:
            d = y * (1.0 - y)  # sigmoid
        grad[ga, i] += g * d


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[misc]
def _pull_common(op: int, tape: Any, a: int, o: int, grad: Any, ga: int, go: int, n: int, scratch: int) -> None:
    """Adjoint of the frequent unary operators, one vectorised loop each; the others in :func:`_pull_unary`."""
    if op == EXP:
        for i in range(n):
            grad[ga, i] += grad[go, i] * tape[o, i]
    elif op == LOG:
        for i in range(n):
            grad[ga, i] += grad[go, i] / tape[a, i]
    elif op == SIN:
        cos_row(tape, a, scratch, n)
        for i in range(n):
            grad[ga, i] += grad[go, i] * tape[scratch, i]
    elif op == COS:
        sin_row(tape, a, scratch, n)
        for i in range(n):
            grad[ga, i] -= grad[go, i] * tape[scratch, i]
    elif op == SQUARE:
        for i in range(n):
            grad[ga, i] += grad[go, i] * 2.0 * tape[a, i]
    elif op == NEG:
        for i in range(n):
            grad[ga, i] -= grad[go, i]
    elif op == SQRT:
        for i in range(n):
            grad[ga, i] += grad[go, i] * 0.5 / tape[o, i]
    elif op == INVERSE:
        for i in range(n):
            grad[ga, i] -= grad[go, i] * tape[o, i] * tape[o, i]
    else:
        _pull_unary(op, tape, a, o, grad, ga, go, n)


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[misc]
def _pull_left(op: int, tape: Any, a: int, b: int, o: int, grad: Any, ga: int, go: int, n: int) -> None:
    """``grad[ga] += grad[go] * d op / d left``."""
    if op == ADD or op == SUB:
        for i in range(n):
            grad[ga, i] += grad[go, i]
    elif op == MUL:
        for i in range(n):
            grad[ga, i] += grad[go, i] * tape[b, i]
    elif op == DIV:
        for i in range(n):
            grad[ga, i] += grad[go, i] / tape[b, i]
    elif op == POW:
        for i in range(n):
            x, c = tape[a, i], tape[b, i]
            d = c * tape[o, i] / x if x != 0.0 else (1.0 if c == 1.0 else 0.0)
            grad[ga, i] += grad[go, i] * d
    elif op == MIN:
        for i in range(n):
            grad[ga, i] += grad[go, i] if tape[a, i] <= tape[b, i] else 0.0
    elif op == MAX:
        for i in range(n):
            grad[ga, i] += grad[go, i] if tape[a, i] >= tape[b, i] else 0.0


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[misc]
def _pull_right(op: int, tape: Any, a: int, b: int, o: int, grad: Any, gb: int, go: int, n: int) -> None:
    """``grad[gb] += grad[go] * d op / d right``."""
    if op == ADD:
        for i in range(n):
            grad[gb, i] += grad[go, i]
    elif op == SUB:
        for i in range(n):
            grad[gb, i] -= grad[go, i]
    elif op == MUL:
        for i in range(n):
            grad[gb, i] += grad[go, i] * tape[a, i]
    elif op == DIV:
        for i in range(n):
            grad[gb, i] -= grad[go, i] * tape[o, i] / tape[b, i]
    elif op == POW:
        for i in range(n):
            x = tape[a, i]
            d = tape[o, i] * math.log(x) if x > 0.0 else (0.0 if x == 0.0 else np.nan)
            grad[gb, i] += grad[go, i] * d
    elif op == MIN:
        for i in range(n):
            grad[gb, i] += 0.0 if tape[a, i] <= tape[b, i] else grad[go, i]
    elif op == MAX:
        for i in range(n):
            grad[gb, i] += 0.0 if tape[a, i] >= tape[b, i] else grad[go, i]


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[misc]
def plan_tape(
    codes: Any, start: int, end: int, columns: int, free: Any, first: int, place: Any, children: Any, live: Any
) -> None:
    """Lay one program on a tape: where each node's value lives, its arguments, and whether a free constant is below."""
    stack = np.empty(end - start + 1, np.int64)
    top = 0
    for k in range(start, end):
        c = codes[k]
        j = k - start
        children[j, 0] = -1
        children[j, 1] = -1
        place[j] = columns + j
        live[j] = False
        if c >= _FIRST_VARIABLE:
            place[j] = c - _FIRST_VARIABLE
        elif c < 0:
            live[j] = free[first - 1 - c]
        elif ARITY[c] == 1:
            children[j, 0] = stack[top - 1]
            live[j] = live[stack[top - 1]]
            top -= 1
        elif ARITY[c] == 2:
            children[j, 0] = stack[top - 2]
            children[j, 1] = stack[top - 1]
            live[j] = live[stack[top - 2]] or live[stack[top - 1]]
            top -= 2
        stack[top] = j
        top += 1


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[misc]
def jacobian_block(
    codes: Any,
    start: int,
    end: int,
    values: Any,
    first: int,
    tape: Any,
    grad: Any,
    plan: Any,
    columns: int,
    n: int,
    jacobian: Any,
) -> int:
    """Forward and reverse sweep of one program on the loaded block.

    ``plan`` is (place, children, live) from :func:`plan_tape`. ``tape`` has columns + nodes + 1 rows (columns loaded),
    ``grad`` has nodes rows. ``jacobian[slot, :n]`` receives d value / d constant for every constant slot of the program.
    Returns the tape row of the value.
    """
    place, children, live = plan
    nodes = end - start
    scratch = columns + nodes
    for j in range(nodes):
        c = codes[start + j]
        if c >= _FIRST_VARIABLE:
            continue
        if c < 0:
            fill_row(tape, place[j], values[first - 1 - c], n)
        elif ARITY[c] == 1:
            apply_unary(c, tape, place[children[j, 0]], place[j], n)
        elif ARITY[c] == 2:
            apply_binary(c, tape, place[children[j, 0]], place[children[j, 1]], place[j], n)
        else:
            fill_row(tape, place[j], math.pi if c == PI else math.e, n)
    for j in range(nodes):
        if live[j]:
            fill_row(grad, j, 1.0 if j == nodes - 1 else 0.0, n)
    for j in range(nodes - 1, -1, -1):
        if not live[j]:
            continue
        c = codes[start + j]
        if c < 0:
            slot = -1 - c
            for i in range(n):
                jacobian[slot, i] = grad[j, i]
            continue
        left, right = children[j, 0], children[j, 1]
        if ARITY[c] == 1:
            _pull_common(c, tape, place[left], place[j], grad, left, j, n, scratch)
        else:
            if live[left]:
                _pull_left(c, tape, place[left], place[right], place[j], grad, left, j, n)
            if live[right]:
                _pull_right(c, tape, place[left], place[right], place[j], grad, right, j, n)
    return place[nodes - 1]
