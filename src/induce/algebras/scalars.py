"""Compiled evaluation of functions of one or two integers: the instructions that need no lists, without a heap."""

from __future__ import annotations

from typing import Any

import numba

from induce.algebras.instructions import (
    ALL,
    ANY,
    BOUND,
    BRANCH,
    CONSTANT,
    DROP_WHILE,
    FILTER,
    FOLD,
    FOLD_RIGHT,
    JUMP,
    MAP,
    RETURN,
    STORED,
    TAKE_WHILE,
    ZIP,
)  # fmt: skip
from induce.algebras.machine import CODES

__all__ = ["SCALAR", "run_scalar", "scalar_functional"]

SCALAR = frozenset(CODES[n] for n in "+ - * // % < <= == not and or is_even is_prime neg abs if".split())
"""Operators on integers and truth values."""
_ADD, _SUB, _MUL, _DIV, _MOD, _LT, _LE, _EQ, _NOT, _AND, _OR, _EVEN, _PRIME, _NEG, _ABS = (
    CODES[n] for n in "+ - * // % < <= == not and or is_even is_prime neg abs".split()
)


@numba.njit(cache=True, nogil=True)
def _unary(op: int, a: int) -> int:
    if op == _NOT:
        return 1 if a == 0 else 0
    if op == _EVEN:
        return 1 if a % 2 == 0 else 0
    if op == _NEG:
        return -a
    if op == _ABS:
        return abs(a)
    if a < 2:
        return 0
    d = 2
    while d * d <= a:
        if a % d == 0:
            return 0
        d += 1
    return 1


@numba.njit(cache=True, nogil=True)
def run_scalar(code: Any, pc: int, offsets: Any, h: Any, s: Any, point: int, x: int, y: int) -> int:
    """The value of a body of integers, where ``x`` is the innermost argument and ``y`` the next; -2**31 if there is none."""
    sp = -1
    while True:
        op, arg = code[pc, 0], code[pc, 1]
        pc += 1
        if op == BOUND:
            sp += 1
            s[sp] = x if arg == 0 else y
        elif op == CONSTANT or op == STORED:
            v = h[offsets[arg + (point if op == STORED else 0)]]
            if v == -2147483648:
                return -2147483648
            sp += 1
            s[sp] = v
        elif op == RETURN:
            return s[sp]
        elif op == JUMP:
            pc += arg
        elif op == BRANCH:
            sp -= 1
            if s[sp + 1] == 0:
                pc += arg
        elif op == _NOT or op == _EVEN or op == _PRIME or op == _NEG or op == _ABS:
            s[sp] = _unary(op, s[sp])
        else:
            sp -= 1
            a, b = s[sp], s[sp + 1]
            if op == _ADD:
                v = a + b
            elif op == _SUB:
                v = a - b
            elif op == _MUL:
                v = a * b
            elif op == _DIV or op == _MOD:
                if b == 0:
                    return -2147483648
                v = a // b if op == _DIV else a % b
            elif op == _LT:
                v = 1 if a < b else 0
            elif op == _LE:
                v = 1 if a <= b else 0
            elif op == _EQ:
                v = 1 if a == b else 0
            elif op == _AND:
                v = a & b
            else:
                v = a | b
            if v > 1_000_000 or v < -1_000_000:
                return -2147483648
            s[sp] = v


@numba.njit(cache=True, nogil=True)
def scalar_functional(
    code: Any, offsets: Any, h: Any, s: Any, op: int, body: int, xs: Any, ys: Any, outer: int, point: int, top: int
) -> int:
    """A functional over lists by a scalar body, written at ``top``; its length, or -1. ``outer`` is the argument beyond."""
    sb, lb = xs
    sc, lc = ys
    if op == FOLD:
        total = np_int(h[sb])
        for i in range(lc):
            total = run_scalar(code, body, offsets, h, s, point, h[sc + i], total)
            if total == -2147483648:
                return -1
        h[top] = total
        return 1
    if op == FOLD_RIGHT:
        total = np_int(h[sb])
        for i in range(lc):
            total = run_scalar(code, body, offsets, h, s, point, total, h[sc + lc - 1 - i])
            if total == -2147483648:
                return -1
        h[top] = total
        return 1
    n = min(lb, lc) if op == ZIP else lb
    count = 0
    for i in range(n):
        x = h[sb + i]
        if op == ZIP:
            v = run_scalar(code, body, offsets, h, s, point, h[sc + i], x)
        else:
            v = run_scalar(code, body, offsets, h, s, point, x, outer)
        if v == -2147483648:
            return -1
        if op == MAP or op == ZIP:
            h[top + i] = v
        elif op == FILTER:
            if v != 0:
                h[top + count] = x
                count += 1
        elif op == TAKE_WHILE or op == DROP_WHILE:
            if v == 0:
                break
            count += 1
        elif v != 0:
            count += 1
    if op == MAP or op == ZIP:
        return n
    if op == ALL or op == ANY:
        h[top] = count == lb if op == ALL else count > 0
        return 1
    if op == FILTER:
        return count
    start, length = (sb, count) if op == TAKE_WHILE else (sb + count, lb - count)
    for i in range(length):
        h[top + i] = h[start + i]
    return length


@numba.njit(cache=True, nogil=True)
def np_int(value: int) -> int:
    """The same integer with 64 bits."""
    return value + 0
