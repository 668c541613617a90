from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from induce.algebras.kernels import ARITY, OP_NAMES
from induce.learners.breeding import breed, pack, random_population, tree_sizes, unpack_values

OPS = np.array([OP_NAMES.index(n) for n in ("+", "-", "*", "/", "sin", "exp", "square")], np.int64)
COSTS = np.array([2 if n in ("square", "cube", "inverse") else 1 for n in OP_NAMES], np.int64)
SIN, EXP = OP_NAMES.index("sin"), OP_NAMES.index("exp")


def population(seed, width=15, count=60, constants=True):
    arrays = np.zeros((count, width), np.int16), np.zeros((count, width)), np.zeros(count, np.int64)
    state = np.array([seed], np.uint64)
    random_population(state, *arrays, OPS, 3, constants, np.array([2.0]), width)
    return state, arrays


def check_postfix(codes, length, constants=True):
    depth = 0
    for code in codes[:length].tolist():
        assert code in OPS or code == -1 or 256 <= code < 259
        if code >= 0 and code < 256:
            depth -= int(ARITY[code])
            assert depth >= 0
        depth += 1
    assert depth == 1


@given(st.integers(1, 2**62), st.booleans())
def test_children_are_well_formed_and_within_the_limits(seed, constants):
    state, arrays = population(seed, constants=constants)
    for codes, length in zip(arrays[0], arrays[2], strict=True):
        check_postfix(codes, length)
    children = tuple(np.zeros_like(a) for a in arrays)
    score = np.random.default_rng(0).random(60)
    forbid = np.zeros(len(OP_NAMES), np.int64)
    for _ in range(5):
        breed(state, arrays, score, children, (3, int(constants), 12, 4, 0), OPS, np.array([2.0]), COSTS, forbid)
        for codes, length in zip(children[0], children[2], strict=True):
            check_postfix(codes, length)
        assert np.all(children[2] >= 1)
        assert np.all(tree_sizes(children[0], children[2], COSTS) <= 12)
        arrays = tuple(a.copy() for a in children)
    if not constants:
        used = [
            v
            for row, numbers, n in zip(*arrays, strict=True)
            for c, v in zip(row[:n], numbers[:n], strict=True)
            if c == -1
        ]
        assert all(np.isfinite(used))


@given(st.integers(1, 2**62))
def test_forbidden_nestings_do_not_appear(seed):
    state, arrays = population(seed)
    children = tuple(np.zeros_like(a) for a in arrays)
    forbid = np.zeros(len(OP_NAMES), np.int64)
    forbid[SIN] = (1 << SIN) | (1 << EXP)
    breed(state, arrays, np.zeros(60), children, (3, 1, 12, 4, 1), OPS, np.zeros(0), COSTS, forbid)
    for codes, length in zip(children[0], children[2], strict=True):
        stack = []
        for code in codes[:length].tolist():
            arity = int(ARITY[code]) if 0 <= code < 256 else 0
            below = set().union(*stack[len(stack) - arity :]) if arity else set()
            del stack[len(stack) - arity :]
            assert not (code == SIN and below & {SIN, EXP})
            stack.append(below | {code})


def test_the_same_state_breeds_the_same_children():
    found = []
    for _ in range(2):
        state, arrays = population(12345)
        children = tuple(np.zeros_like(a) for a in arrays)
        breed(
            state, arrays, np.arange(60.0), children, (3, 1, 12, 4, 0), OPS, np.zeros(0), COSTS, np.zeros(29, np.int64)
        )
        found.append(children)
    assert all(np.array_equal(a, b) for a, b in zip(*found, strict=True))


def test_packing_keeps_programs_and_constants_and_unpacking_puts_fitted_ones_back():
    _, arrays = population(99)
    rows = np.array([4, 0, 7])
    codes, offsets, numbers, value_offsets = pack(*arrays, rows, True, 0, 2)
    for p, r in enumerate(rows):
        inner = codes[offsets[p] + 1 : offsets[p + 1] - 3]
        assert np.array_equal(np.where(inner < 0, -1, inner), arrays[0][r, : arrays[2][r]])
        assert codes[offsets[p]] == -1
        assert codes[offsets[p + 1] - 3 : offsets[p + 1]].tolist() == [2, -2, 0]
        assert numbers[value_offsets[p] : value_offsets[p] + 2].tolist() == [1.0, 0.0]
    unpack_values(*arrays, rows, numbers + 10.0, value_offsets, 2)
    again = pack(*arrays, rows, True, 0, 2)[2]
    inner = np.ones(len(numbers), bool)
    for p in range(3):
        inner[value_offsets[p] : value_offsets[p] + 2] = False
    np.testing.assert_allclose(again[inner], numbers[inner] + 10.0)
