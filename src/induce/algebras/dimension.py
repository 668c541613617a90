"""Dimensional analysis of many programs at once: the array form of the rules of ``terms.unit``.

A dimension is a row of integers: exponents of the base dimensions times ``SCALE`` (so halves and thirds stay whole). A free
constant may take any unit; a sub-term whose unit hangs on one is *free*. Literals are pure numbers.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from induce.algebras import kernels as K

__all__ = ["SCALE", "binary_dimension", "consistent", "unary_dimension"]

SCALE = 12
_BAD, _FREE, _KNOWN = -1, 1, 0


@numba.njit(cache=True, nogil=True)
def unary_dimension(op: int, a: Any, free: int, out: Any) -> int:
    """Dimension of ``op(a)`` into ``out``; returns -1 bad, 0 known, 1 free."""
    width = len(out)
    if op == K.NEG or op == K.ABS:
        out[:] = a
        return free
    if op == K.SQRT or op == K.CBRT:
        root = 2 if op == K.SQRT else 3
        for k in range(width):
            if free == _KNOWN and a[k] % root != 0:
                return _BAD
            out[k] = a[k] // root
        return free
    if op == K.SQUARE or op == K.CUBE or op == K.INVERSE:
        factor = 2 if op == K.SQUARE else (3 if op == K.CUBE else -1)
        for k in range(width):
            out[k] = a[k] * factor
        return free
    for k in range(width):
        out[k] = 0
        if op != K.SIGN and free == _KNOWN and a[k] != 0:
            return _BAD
    return _KNOWN


@numba.njit(cache=True, nogil=True)
def binary_dimension(op: int, a: Any, free_a: int, b: Any, free_b: int, out: Any, exponent: float) -> int:
    """Dimension of ``op(a, b)`` into ``out``; ``exponent`` is b's value when it is a literal, NaN otherwise."""
    width = len(out)
    if op == K.MUL or op == K.DIV:
        sign = 1 if op == K.MUL else -1
        for k in range(width):
            out[k] = a[k] + sign * b[k]
        return _FREE if free_a == _FREE or free_b == _FREE else _KNOWN
    if op == K.POW:
        for k in range(width):
            if free_b == _KNOWN and b[k] != 0:
                return _BAD
            if free_a == _KNOWN and a[k] != 0:
                scaled = a[k] * exponent
                if exponent != exponent or abs(scaled - round(scaled)) > 1e-9:
                    return _BAD
                out[k] = np.int64(np.rint(scaled))
            else:
                out[k] = 0
        return _FREE if free_a == _FREE and exponent == exponent else _KNOWN
    if free_a == _FREE:
        out[:] = b
        return free_b
    out[:] = a
    if free_b == _KNOWN:
        for k in range(width):
            if a[k] != b[k]:
                return _BAD
    return _KNOWN


@numba.njit(cache=True, nogil=True)
def consistent(
    codes: Any, offsets: Any, values: Any, value_offsets: Any, free: Any, columns: Any, target: Any, ok: Any
) -> None:
    """``ok[p]`` = program p has agreeing units and the target's unit (an empty target: any).

    ``columns`` has shape (variables, base dimensions), ``target`` (base dimensions,) or (0,).
    """
    width = columns.shape[1]
    longest = 1
    for p in range(len(offsets) - 1):
        longest = max(longest, offsets[p + 1] - offsets[p])
    stack = np.zeros((longest + 1, width), np.int64)
    state = np.zeros(longest + 1, np.int64)
    number = np.full(longest + 1, np.nan)
    out = np.zeros(width, np.int64)
    for p in range(len(offsets) - 1):
        top = 0
        good = True
        for k in range(offsets[p], offsets[p + 1]):
            c = codes[k]
            value = np.nan
            if c >= 256:
                out[:] = columns[c - 256]
                s = _KNOWN
            elif c < 0:
                slot = value_offsets[p] - 1 - c
                out[:] = 0
                s = _FREE if free[slot] else _KNOWN
                value = np.nan if free[slot] else values[slot]
            elif K.ARITY[c] == 0:
                out[:] = 0
                s = _KNOWN
            elif K.ARITY[c] == 1:
                s = unary_dimension(c, stack[top - 1], state[top - 1], out)
                value = -number[top - 1] if c == K.NEG else np.nan
                top -= 1
            else:
                s = binary_dimension(
                    c, stack[top - 2], state[top - 2], stack[top - 1], state[top - 1], out, number[top - 1]
                )
                top -= 2
            if s == _BAD:
                good = False
                break
            stack[top] = out
            state[top] = s
            number[top] = value
            top += 1
        if good and state[0] == _KNOWN:
            for k in range(len(target)):
                good = good and stack[0, k] == target[k]
        ok[p] = good
