from __future__ import annotations

import math

import numba
import numpy as np
import pytest

from induce.algebras.transcendental import cos_row, exp_row, log_row, sin_row


@numba.njit
def _apply(which, buffer, n):
    if which == 0:
        exp_row(buffer, 0, 1, n)
    elif which == 1:
        log_row(buffer, 0, 1, n)
    elif which == 2:
        sin_row(buffer, 0, 1, n)
    else:
        cos_row(buffer, 0, 1, n)


NAMES = ["exp", "log", "sin", "cos"]


def run(name, x):
    buffer = np.zeros((2, len(x)), x.dtype)
    buffer[0] = x
    _apply(NAMES.index(name), buffer, len(x))
    return buffer[1]


def ulps(found, x, name, dtype):
    """Largest distance from the value in extended precision, in units in the last place of the result."""
    exact = getattr(np, name)(x.astype(np.longdouble))
    near = exact.astype(dtype)
    inside = np.isfinite(near) & (near != 0)
    step = np.spacing(np.abs(near[inside])).astype(np.longdouble)
    return float(np.max(np.abs(found[inside].astype(np.longdouble) - exact[inside]) / step, initial=0.0))


RANGES = {
    "exp": [(-700, 700), (-1, 1), (-1e-8, 1e-8), (700, 709.7)],
    "log": [(1e-300, 1e-290), (0.5, 2.0), (0.999, 1.001), (1.0, 1e300)],
    "sin": [(-3.0, 3.0), (-100.0, 100.0), (1e4, 1e5), (1e6, 1e9)],
    "cos": [(-3.0, 3.0), (-100.0, 100.0), (1e4, 1e5), (1e6, 1e9)],
}


@pytest.mark.parametrize(("name", "low", "high"), [(n, *r) for n, rs in RANGES.items() for r in rs])
def test_float64_is_within_two_units_in_the_last_place(name, low, high):
    x = np.random.default_rng(0).uniform(low, high, 20_000)
    assert ulps(run(name, x), x, name, np.float64) <= 2.0


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("exp", -80, 80),
        ("exp", -1, 1),
        ("log", 1e-30, 1e-20),
        ("log", 0.5, 2),
        ("log", 1, 1e30),
        ("sin", -100, 100),
        ("sin", 1e4, 1e5),
        ("cos", -100, 100),
        ("cos", 1e6, 1e8),
    ],
)
def test_float32_is_within_three_units_in_the_last_place(name, low, high):
    x = np.random.default_rng(1).uniform(low, high, 20_000).astype(np.float32)
    assert ulps(run(name, x), x, name, np.float32) <= 3.0


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_special_values(dtype):
    x = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0], dtype)
    with np.errstate(all="ignore"):
        for name in NAMES:
            np.testing.assert_allclose(run(name, x), getattr(np, name)(x), rtol=3e-7 if dtype is np.float32 else 1e-15)
    assert np.signbit(run("sin", x)[4])


def test_overflow_underflow_and_denormals():
    x = np.array([709.78, 709.8, 1000.0, -745.0, -746.0, -1e9, -720.0])
    expected = np.array([math.exp(709.78), np.inf, np.inf, 5e-324, 0.0, 0.0, math.exp(-720.0)])
    np.testing.assert_allclose(run("exp", x), expected, rtol=1e-12, atol=5e-324)
    tiny = np.array([5e-324, 1e-310, 2.2250738585072014e-308])
    np.testing.assert_allclose(run("log", tiny), [math.log(v) for v in tiny], rtol=1e-15)


def test_a_row_with_one_large_argument_is_still_exact_everywhere():
    x = np.append(np.linspace(-5.0, 5.0, 99), 1e22)
    np.testing.assert_allclose(run("sin", x), np.sin(x), rtol=1e-15, atol=1e-16)
