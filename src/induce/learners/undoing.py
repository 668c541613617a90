"""Undoing one operator: the value below it, its weight and its unit.

``w (dt/dt')^2`` makes an error of ``t'`` count, to first order, as the error of ``t``.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np

from induce.algebras import kernels as K

__all__ = ["HEAVIEST", "measure", "undo_binary", "undo_unary", "unit_after"]

HEAVIEST = 10.0
"""Largest weight of one point, in mean weights."""
EVEN = 0.04
"""Smallest effective share of the points (Kish) that may carry a target's weight."""


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _undo_common(op: int, x: float) -> Any:
    """``(v, dx/dv)`` with ``op(v) = x`` for the operators that occur most; NaN where there is none."""
    if op == K.EXP:
        return (math.log(x), x) if x > 0.0 else (np.nan, 0.0)
    if op == K.LOG:
        if not abs(x) < 60.0:
            return np.nan, 0.0
        v = math.exp(x)
        return v, 1.0 / v
    if op == K.SQRT:
        return (x * x, 0.5 / x if x > 0.0 else 0.0) if x >= 0.0 else (np.nan, 0.0)
    if op == K.SQUARE:
        v = math.sqrt(x) if x >= 0.0 else np.nan
        return v, 2.0 * v
    if op == K.INVERSE:
        return (1.0 / x, x * x) if x != 0.0 else (np.nan, 0.0)
    if op == K.SIN or op == K.COS:
        if not abs(x) <= 1.0:
            return np.nan, 0.0
        return (math.asin(x) if op == K.SIN else math.acos(x)), math.sqrt(1.0 - x * x)
    return np.nan, 0.0


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _undo_rare(op: int, x: float) -> Any:
    """The same for the other operators."""
    if op == K.TANH:
        return (math.atanh(x), 1.0 - x * x) if abs(x) < 1.0 else (np.nan, 0.0)
    if op == K.ASIN:
        return (math.sin(x), 1.0 / max(math.cos(x), 1e-3)) if abs(x) <= 1.5707963267948966 else (np.nan, 0.0)
    if op == K.ACOS:
        return (math.cos(x), 1.0 / max(math.sin(x), 1e-3)) if 0.0 <= x <= 3.141592653589793 else (np.nan, 0.0)
    if op == K.ATAN:
        v = math.tan(x) if abs(x) < 1.5 else np.nan
        return v, 1.0 / (1.0 + v * v)
    if op == K.TAN:
        return math.atan(x), 1.0 + x * x
    if op == K.CUBE:
        v = math.copysign(abs(x) ** (1.0 / 3.0), x)
        return v, 3.0 * v * v
    if op == K.CBRT:
        return x * x * x, 1.0 / max(3.0 * x * x, 1e-6)
    if op == K.NEG:
        return -x, 1.0
    if op == K.SIGMOID:
        return (math.log(x / (1.0 - x)), x * (1.0 - x)) if 0.0 < x < 1.0 else (np.nan, 0.0)
    return np.nan, 0.0


@numba.njit(cache=True, nogil=True, error_model="numpy")
def undo_unary(op: int, t: Any, w: Any, at: int, to: int, points: int, out_t: Any, out_w: Any) -> bool:
    """``t'`` with ``op(t') = t``, and ``w (dt/dt')^2``; False where the operator never gives such a value."""
    common = (
        op == K.EXP or op == K.LOG or op == K.SQRT or op == K.SQUARE or op == K.INVERSE or op == K.SIN or op == K.COS
    )
    for i in range(points):
        v, d = _undo_common(op, t[at, i]) if common else _undo_rare(op, t[at, i])
        if v != v:
            return False
        out_t[to, i] = v
        out_w[to, i] = w[at, i] * d * d
    return True


@numba.njit(cache=True, nogil=True, error_model="numpy")
def undo_binary(
    op: int, side: int, t: Any, w: Any, at: int, values: Any, row: int, to: int, points: int, out_t: Any, out_w: Any
) -> bool:
    """``t'`` with ``t' op b = t`` (side 0) or ``b op t' = t`` (side 1), and its weights."""
    for i in range(points):
        x, b = t[at, i], values[row, i]
        d = 1.0
        if op == K.ADD:
            v = x - b
        elif op == K.SUB:
            v = x + b if side == 0 else b - x
        elif op == K.MUL:
            if b == 0.0:
                return False
            v, d = x / b, b
        elif op == K.DIV and side == 0:
            if b == 0.0:
                return False
            v, d = x * b, 1.0 / b
        else:
            if x == 0.0 or b == 0.0:
                return False
            v = b / x
            d = x * x / b
        out_t[to, i] = v
        out_w[to, i] = w[at, i] * d * d
    return True


@numba.njit(cache=True, nogil=True, error_model="numpy")
def measure(t: Any, w: Any, at: int, points: int, out: Any) -> bool:
    """Weighted mean, spread and total into ``out``; False for targets that are not worth matching."""
    total, squares, mean, size = 0.0, 0.0, 0.0, 0.0
    for i in range(points):
        total += w[at, i]
        squares += w[at, i] * w[at, i]
        mean += w[at, i] * t[at, i]
        size += w[at, i] * t[at, i] * t[at, i]
    if not (total > 0.0 and total < 1e200 and size < 1e200):
        return False
    most = HEAVIEST * total / points
    if squares * points > total * total:
        # where the outer part is steep the linear estimate of an error overstates it: no point may outweigh all others
        total, squares, mean, size = 0.0, 0.0, 0.0, 0.0
        for i in range(points):
            w[at, i] = min(w[at, i], most)
            total += w[at, i]
            squares += w[at, i] * w[at, i]
            mean += w[at, i] * t[at, i]
            size += w[at, i] * t[at, i] * t[at, i]
    if total * total < EVEN * points * squares:
        return False
    mean /= total
    spread = 0.0
    for i in range(points):
        r = t[at, i] - mean
        spread += w[at, i] * r * r
    out[0], out[1], out[2] = mean, spread, total
    return spread > 1e-24 * size


@numba.njit(cache=True, nogil=True)
def unit_after(op: int, side: int, units: Any, at: int, dims: Any, row: int, out: Any) -> int:
    """Unit of ``t'``: 0 known, 1 hangs on a free constant, -1 disagrees."""
    parent, state = units
    width = parent.shape[1]
    if width == 0:
        return 0
    free = state[at]
    for k in range(width):
        a = parent[at, k]
        if row >= 0:
            b = dims[row, k]
            if op == K.ADD or op == K.SUB:
                if free == 0 and a != b:
                    return -1
                out[k] = b
            elif op == K.MUL:
                out[k] = a - b
            elif side == 0:
                out[k] = a + b
            else:
                out[k] = b - a
        elif op == K.SQRT:
            out[k] = 2 * a
        elif op == K.SQUARE:
            if free == 0 and a % 2 != 0:
                return -1
            out[k] = a // 2
        elif op == K.INVERSE:
            out[k] = -a
        elif op == K.CUBE:
            if free == 0 and a % 3 != 0:
                return -1
            out[k] = a // 3
        elif op == K.CBRT:
            out[k] = 3 * a
        else:
            if free == 0 and a != 0:
                return -1
            out[k] = 0
    if row >= 0 and (op == K.ADD or op == K.SUB):
        return 0
    if row < 0 and op != K.SQRT and op != K.SQUARE and op != K.INVERSE and op != K.CUBE and op != K.CBRT:
        return 0
    return free
