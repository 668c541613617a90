"""Vectorised exp, log, sin and cos over rows of a buffer, for numba kernels.

LLVM does not vectorise calls into the C library, so these are branch-free: argument reduction by Cody and Waite,
polynomials from fdlibm (float64) and Cephes (float32), bit arithmetic for exponents. Errors are at most 2 units in the
last place on |x| <= 1e5 for sine and cosine (larger arguments take the C library) and everywhere for exp and log.

Sources: W. Cody and W. Waite (1980), Software Manual for the Elementary Functions; Sun Microsystems fdlibm (1993);
S. Moshier, Cephes (1989).
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic, overload

__all__ = ["cos_row", "exp_row", "log_row", "sin_row"]


@intrinsic
def _as_int(typingctx: Any, value: Any) -> Any:
    """The bits of a float as a signed integer of the same width."""
    result: Any = {types.float64: types.int64, types.float32: types.int32}[value]

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.IntType(result.bitwidth))

    return result(value), codegen


@intrinsic
def _as_float(typingctx: Any, value: Any) -> Any:
    """The float with the given bits."""
    result: Any = {types.int64: types.float64, types.int32: types.float32}[value]

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = ir.DoubleType() if result is types.float64 else ir.FloatType()
        return builder.bitcast(args[0], kind)

    return result(value), codegen


_FAST = {"contract"}
_MAGIC = 6755399441055744.0  # 1.5 * 2**52: adding it leaves the nearest integer in the low bits
_MAGIC_BITS = np.int64(0x4338000000000000)
_LOG2E = 1.4426950408889634
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _exp64(buffer: Any, a: int, o: int, n: int) -> None:
    for i in range(n):
        x = buffer[a, i]
        c = 710.0 if x > 710.0 else x
        c = -746.0 if c < -746.0 else c
        t = c * _LOG2E + _MAGIC
        bits = _as_int(t) - _MAGIC_BITS
        k = t - _MAGIC
        r = (c - k * _LN2_HIGH) - k * _LN2_LOW
        p = 1.6059043836821613e-10  # 1/13!
        p = p * r + 2.08767569878681e-09
        p = p * r + 2.505210838544172e-08
        p = p * r + 2.755731922398589e-07
        p = p * r + 2.7557319223985893e-06
        p = p * r + 2.48015873015873e-05
        p = p * r + 1.984126984126984e-04
        p = p * r + 1.388888888888889e-03
        p = p * r + 8.333333333333333e-03
        p = p * r + 4.1666666666666664e-02
        p = p * r + 1.6666666666666666e-01
        p = p * r + 0.5
        p = (p * r) * r + r + 1.0
        # two factors, so that results near overflow and denormal results are reached
        half = bits >> np.int64(1)
        scale = _as_float((half + np.int64(1023)) << np.int64(52))
        rest = _as_float((bits - half + np.int64(1023)) << np.int64(52))
        value = p * scale * rest
        buffer[o, i] = value if x == x else x


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _exp32(buffer: Any, a: int, o: int, n: int) -> None:
    for i in range(n):
        x = buffer[a, i]
        c = np.float32(89.0) if x > np.float32(89.0) else x
        c = np.float32(-104.0) if c < np.float32(-104.0) else c
        t = c * np.float32(1.44269504) + np.float32(12582912.0)
        bits = _as_int(t) - np.int32(0x4B400000)
        k = t - np.float32(12582912.0)
        r = (c - k * np.float32(0.693359375)) - k * np.float32(-2.12194440e-4)
        p = np.float32(1.9875691500e-4)
        p = p * r + np.float32(1.3981999507e-3)
        p = p * r + np.float32(8.3334519073e-3)
        p = p * r + np.float32(4.1665795894e-2)
        p = p * r + np.float32(1.6666665459e-1)
        p = p * r + np.float32(5.0000001201e-1)
        p = (p * r) * r + r + np.float32(1.0)
        half = np.int32(bits >> np.int32(1))
        scale = _as_float(np.int32((half + np.int32(127)) << np.int32(23)))
        rest = _as_float(np.int32((np.int32(bits) - half + np.int32(127)) << np.int32(23)))
        value = p * scale * rest
        buffer[o, i] = value if x == x else x


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _log64(buffer: Any, a: int, o: int, n: int) -> None:
    for i in range(n):
        x = buffer[a, i]
        tiny = x < 2.2250738585072014e-308
        scaled = x * 18014398509481984.0 if tiny else x  # 2**54
        bits = _as_int(scaled)
        # shift so that the mantissa lies in [sqrt(1/2), sqrt(2))
        shifted = bits - np.int64(0x3FE6A09E667F3BCD)
        e = shifted >> np.int64(52)
        m = _as_float(bits - (e << np.int64(52)))
        k = _as_float(e + _MAGIC_BITS) - _MAGIC - (54.0 if tiny else 0.0)
        f = m - 1.0
        s = f / (2.0 + f)
        z = s * s
        q = 1.479819860511658591e-01
        q = q * z + 1.531383769920937332e-01
        q = q * z + 1.818357216161805012e-01
        q = q * z + 2.222219843214978396e-01
        q = q * z + 2.857142874366239149e-01
        q = q * z + 3.999999999940941908e-01
        q = q * z + 6.666666666666735130e-01
        q = q * z
        h = 0.5 * f * f
        value = k * _LN2_HIGH - ((h - (s * (h + q) + k * _LN2_LOW)) - f)
        value = value if x > 0.0 else (-np.inf if x == 0.0 else np.nan)
        buffer[o, i] = x if x == np.inf else value


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _log32(buffer: Any, a: int, o: int, n: int) -> None:
    for i in range(n):
        x = buffer[a, i]
        tiny = x < np.float32(1.17549435e-38)
        scaled = x * np.float32(33554432.0) if tiny else x  # 2**25
        bits = np.int32(_as_int(np.float32(scaled)))
        e = np.int32((bits - np.int32(0x3F3504F3)) >> np.int32(23))
        m = _as_float(np.int32(bits - np.int32(e << np.int32(23))))
        k = np.float32(e) - (np.float32(25.0) if tiny else np.float32(0.0))
        f = m - np.float32(1.0)
        z = f * f
        p = np.float32(7.0376836292e-2)
        p = p * f + np.float32(-1.1514610310e-1)
        p = p * f + np.float32(1.1676998740e-1)
        p = p * f + np.float32(-1.2420140846e-1)
        p = p * f + np.float32(1.4249322787e-1)
        p = p * f + np.float32(-1.6668057665e-1)
        p = p * f + np.float32(2.0000714765e-1)
        p = p * f + np.float32(-2.4999993993e-1)
        p = p * f + np.float32(3.3333331174e-1)
        y = f * z * p + k * np.float32(-2.12194440e-4) - np.float32(0.5) * z
        value = f + y + k * np.float32(0.693359375)
        value = value if x > np.float32(0.0) else (np.float32(-np.inf) if x == np.float32(0.0) else np.float32(np.nan))
        buffer[o, i] = x if x == np.float32(np.inf) else value


_TWO_OVER_PI = 6.36619772367581382433e-01
_PIO2_1, _PIO2_2, _PIO2_3 = 1.57079632673412561417e00, 6.07710050630396597660e-11, 2.02226624879595063154e-21
_LARGE = 1e5


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _largest(buffer: Any, a: int, n: int) -> float:
    top = 0.0
    for i in range(n):
        v = abs(buffer[a, i])
        top = v if v > top else top
    return top


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _sincos64(buffer: Any, a: int, o: int, n: int, shift: int) -> None:
    """Sine of x + shift * pi/2."""
    for i in range(n):
        x = buffer[a, i]
        t = x * _TWO_OVER_PI + _MAGIC
        quadrant = _as_int(t) + np.int64(shift)
        k = t - _MAGIC
        r = ((x - k * _PIO2_1) - k * _PIO2_2) - k * _PIO2_3
        z = r * r
        s = 1.58969099521155010221e-10
        s = s * z - 2.50507602534068634195e-08
        s = s * z + 2.75573137070700676789e-06
        s = s * z - 1.98412698298579493134e-04
        s = s * z + 8.33333333332248946124e-03
        s = s * z - 1.66666666666666324348e-01
        s = s * z * r + r
        c = -1.13596475577881948265e-11
        c = c * z + 2.08757232129817482790e-09
        c = c * z - 2.75573143513906633035e-07
        c = c * z + 2.48015872894767294178e-05
        c = c * z - 1.38888888888741095749e-03
        c = c * z + 4.16666666666666019037e-02
        c = c * z * z - 0.5 * z + 1.0
        value = c if quadrant & np.int64(1) else s
        buffer[o, i] = -value if quadrant & np.int64(2) else value


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _sincos32(buffer: Any, a: int, o: int, n: int, shift: int) -> None:
    """Sine of x + shift * pi/2, reduced in float64 and evaluated in float32."""
    for i in range(n):
        x = buffer[a, i]
        t = np.float64(x) * _TWO_OVER_PI + _MAGIC
        quadrant = _as_int(t) + np.int64(shift)
        r = np.float32(np.float64(x) - (t - _MAGIC) * 1.5707963267948966)
        z = r * r
        s = np.float32(-1.9515295891e-4)
        s = s * z + np.float32(8.3321608736e-3)
        s = s * z - np.float32(1.6666654611e-1)
        s = s * z * r + r
        c = np.float32(2.443315711809948e-5)
        c = c * z - np.float32(1.388731625493765e-3)
        c = c * z + np.float32(4.166664568298827e-2)
        c = c * z * z - np.float32(0.5) * z + np.float32(1.0)
        value = c if quadrant & np.int64(1) else s
        buffer[o, i] = -value if quadrant & np.int64(2) else value


def exp_row(buffer: Any, a: int, o: int, n: int) -> None:
    """``buffer[o, :n] = exp(buffer[a, :n])``; rows must differ."""


def log_row(buffer: Any, a: int, o: int, n: int) -> None:
    """``buffer[o, :n] = log(buffer[a, :n])``; NaN below zero, -inf at zero."""


def sin_row(buffer: Any, a: int, o: int, n: int) -> None:
    """``buffer[o, :n] = sin(buffer[a, :n])``."""


def cos_row(buffer: Any, a: int, o: int, n: int) -> None:
    """``buffer[o, :n] = cos(buffer[a, :n])``."""


@overload(exp_row, strict=False)
def _exp_overload(buffer: Any, a: Any, o: Any, n: Any) -> Any:
    if buffer.dtype is types.float32:
        return lambda buffer, a, o, n: _exp32(buffer, a, o, n)
    return lambda buffer, a, o, n: _exp64(buffer, a, o, n)


@overload(log_row, strict=False)
def _log_overload(buffer: Any, a: Any, o: Any, n: Any) -> Any:
    if buffer.dtype is types.float32:
        return lambda buffer, a, o, n: _log32(buffer, a, o, n)
    return lambda buffer, a, o, n: _log64(buffer, a, o, n)


def _trigonometric(fast: Any, exact: Any, shift: int) -> Any:
    def implementation(buffer, a, o, n):  # type: ignore[no-untyped-def]  # numba compares bare signatures
        if not _largest(buffer, a, n) <= _LARGE:
            for i in range(n):
                buffer[o, i] = exact(buffer[a, i])
        else:
            fast(buffer, a, o, n, shift)

    return implementation


@overload(sin_row, strict=False)
def _sin_overload(buffer: Any, a: Any, o: Any, n: Any) -> Any:
    return _trigonometric(_sincos32 if buffer.dtype is types.float32 else _sincos64, math.sin, 0)


@overload(cos_row, strict=False)
def _cos_overload(buffer: Any, a: Any, o: Any, n: Any) -> Any:
    return _trigonometric(_sincos32 if buffer.dtype is types.float32 else _sincos64, math.cos, 1)
