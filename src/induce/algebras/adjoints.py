"""Reverse mode for the numba stack machine: derivatives of a program with respect to its constants, on one block.

A *tape* holds the value of every node (variables stay where their columns are); the sweep goes back over it and adds up
adjoints only for nodes that have a free constant below.

Source: A. Griewank and A. Walther (2008), Evaluating Derivatives.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np

from induce.algebras.kernels import (
    ABS,
    ACOS,
    ADD,
    ARITY,
    ASIN,
    ATAN,
    CBRT,
    COS,
    COSH,
    CUBE,
    DIV,
    EXP,
    FIRST_VARIABLE,
    INVERSE,
    LOG,
    MAX,
    MIN,
    MUL,
    NEG,
    PI,
    POW,
    SIGN,
    SIN,
    SINH,
    SQRT,
    SQUARE,
    SUB,
    TAN,
    TANH,
    apply_binary,
    apply_unary,
    fill_row,
)  # fmt: skip
from induce.algebras.transcendental import cos_row, sin_row

__all__ = ["jacobian_block", "plan_tape"]


@numba.njit(cache=True, nogil=True, error_model="numpy")
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


@numba.njit(cache=True, nogil=True, error_model="numpy")
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


@numba.njit(cache=True, nogil=True, error_model="numpy")
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


@numba.njit(cache=True, nogil=True, error_model="numpy")
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


@numba.njit(cache=True, nogil=True, error_model="numpy")
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
        if c >= FIRST_VARIABLE:
            place[j] = c - FIRST_VARIABLE
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


@numba.njit(cache=True, nogil=True, error_model="numpy")
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
        if c >= FIRST_VARIABLE:
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
