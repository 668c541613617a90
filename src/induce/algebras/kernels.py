"""The numba stack machine: many postfix programs over one table, block by block.

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

__all__ = ["BLOCK", "OP_NAMES", "evaluate_rows", "forward", "needed_rows"]

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
FIRST_VARIABLE = 256


@numba.njit(cache=True, nogil=True, error_model="numpy")
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
            r = x if k & 1 else 1.0
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


@numba.njit(cache=True, nogil=True, error_model="numpy")
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


@numba.njit(cache=True, nogil=True, error_model="numpy")
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


@numba.njit(cache=True, nogil=True, error_model="numpy")
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


@numba.njit(cache=True, nogil=True, error_model="numpy")
def fill_row(buffer: Any, o: int, value: float, n: int) -> None:
    """Set a row to a constant."""
    for i in range(n):
        buffer[o, i] = value


@numba.njit(cache=True, nogil=True, error_model="numpy")
def load_block(table: Any, at: int, n: int, buffer: Any) -> None:
    """Copy points ``at : at + n`` of every column into the buffer's first rows."""
    for v in range(table.shape[0]):
        for i in range(n):
            buffer[v, i] = table[v, at + i]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def needed_rows(codes: Any, offsets: Any) -> int:
    """Work rows that the deepest program needs."""
    top = 1
    for p in range(len(offsets) - 1):
        depth, here = 0, 0
        for k in range(offsets[p], offsets[p + 1]):
            c = codes[k]
            if c >= 0 and c < FIRST_VARIABLE:
                depth -= ARITY[c] - 1
            else:
                depth += 1
            here = max(here, depth)
        top = max(top, here)
    return top + 2


@numba.njit(cache=True, nogil=True, error_model="numpy")
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
        if c >= FIRST_VARIABLE:
            stack[top] = c - FIRST_VARIABLE
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


@numba.njit(cache=True, nogil=True, error_model="numpy")
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
