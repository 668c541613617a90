from __future__ import annotations

import numpy as np
import pytest

from induce.algebras import kernels as K
from induce.algebras.kernels import OP_NAMES, apply_binary, apply_unary
from induce.learners.undoing import measure, undo_binary, undo_unary

POINTS = 40
RNG = np.random.default_rng(0)
UNARY = ["exp", "log", "sqrt", "square", "inverse", "sin", "cos", "tanh", "asin", "acos", "atan", "tan", "cube", "cbrt", "sigmoid"]  # fmt: skip


def forward(name, inner):
    buffer = np.vstack([inner, np.empty_like(inner)])
    apply_unary(OP_NAMES.index(name), buffer, 0, 1, len(inner))
    return buffer[1]


@pytest.mark.parametrize("name", UNARY)
def test_undoing_a_function_gives_its_argument_and_the_slope_as_weight(name):
    inner = RNG.uniform(0.1, 0.9, POINTS)
    outer = forward(name, inner)
    t, w = np.empty((1, POINTS)), np.empty((1, POINTS))
    assert undo_unary(OP_NAMES.index(name), outer[None], np.ones((1, POINTS)), 0, 0, POINTS, t, w)
    np.testing.assert_allclose(t[0], inner, rtol=1e-9)
    slope = (forward(name, inner + 1e-6) - forward(name, inner - 1e-6)) / 2e-6
    np.testing.assert_allclose(w[0], slope**2, rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "bad"), [("exp", -1.0), ("sqrt", -0.1), ("sin", 1.5), ("tanh", 1.0), ("inverse", 0.0)]
)
def test_what_a_function_never_gives_is_refused(name, bad):
    outer = np.full((1, 4), 0.5)
    outer[0, 2] = bad
    room = np.empty((1, 4)), np.empty((1, 4))
    assert not undo_unary(OP_NAMES.index(name), outer, np.ones((1, 4)), 0, 0, 4, *room)


@pytest.mark.parametrize(("op", "side"), [(K.ADD, 0), (K.SUB, 0), (K.SUB, 1), (K.MUL, 0), (K.DIV, 0), (K.DIV, 1)])
def test_undoing_an_operator_with_a_known_side(op, side):
    inner, known = RNG.uniform(0.5, 2.0, POINTS), RNG.uniform(0.5, 2.0, POINTS)

    def outer(x):
        left, right = (x, known) if side == 0 else (known, x)
        buffer = np.vstack([left, right, np.empty_like(x)])
        apply_binary(op, buffer, 0, 1, 2, POINTS)
        return buffer[2]

    t, w = np.empty((1, POINTS)), np.empty((1, POINTS))
    assert undo_binary(op, side, outer(inner)[None], np.ones((1, POINTS)), 0, known[None], 0, 0, POINTS, t, w)
    np.testing.assert_allclose(t[0], inner, rtol=1e-12)
    slope = (outer(inner + 1e-6) - outer(inner - 1e-6)) / 2e-6
    np.testing.assert_allclose(w[0], slope**2, rtol=1e-5)


def test_no_point_outweighs_the_others_and_a_constant_is_refused():
    t, w = RNG.normal(size=(1, POINTS)), np.ones((1, POINTS))
    w[0, 3] = 50.0
    out = np.empty(3)
    assert measure(t, w, 0, POINTS, out)
    assert w[0].max() == pytest.approx(10.0 * (50 + POINTS - 1) / POINTS)
    assert not measure(np.full((1, POINTS), 3.0), np.ones((1, POINTS)), 0, POINTS, out)
