"""Pruning: a tree that fits exactly may hold parts that it can do without, and a polynomial is also written as a sum."""

from __future__ import annotations

import numpy as np

from induce.algebras import kernels as K
from induce.algebras.evaluate import fit_constants
from induce.learners.breeding import pack
from induce.learners.composing import Pen
from induce.learners.fitting import fitted_batch
from induce.learners.forms import affine_forms, combine
from induce.learners.growing import Growing
from induce.learners.learner import Batch
from induce.learners.polynomials import library, polynomials
from induce.learners.positions import spans
from induce.learners.scoring import Trees, written
from induce.task import Space, Task
from induce.terms.codes import Programs

__all__ = ["EXACT", "expanded", "pruned", "without_a_part"]

EXACT = 1e-24
"""Share of the target's variance below which a fit is exact."""
MONOMIALS, DEGREE = 20, 10
"""Monomials of a polynomial, and its degree, at most."""
ROUNDS = 6
"""Parts that are dropped one after the other at most."""


def without_a_part(trees: Trees, row: int) -> Trees:
    """Every tree that comes from one by dropping an operation of two arguments and one of them."""
    codes, numbers, length = trees[0][row], trees[1][row], int(trees[2][row])
    starts = dict((last, first) for first, last in spans(codes, length))
    kept: list[np.ndarray] = []
    for last in range(length):
        if not 0 <= codes[last] < K.FIRST_VARIABLE or K.ARITY[codes[last]] != 2:
            continue
        middle = starts[last - 1]
        for first, end in ((middle, last - 1), (starts[middle - 1], middle - 1)):
            rest = np.ones(length, bool)
            rest[first : end + 1], rest[last] = False, False
            if (codes[:length][rest] >= K.FIRST_VARIABLE).any():
                kept.append(np.flatnonzero(rest))
    lengths = np.array([len(places) for places in kept], np.int64)
    out = np.zeros((len(kept), len(codes)), np.int16), np.zeros((len(kept), len(codes))), lengths
    for k, places in enumerate(kept):
        out[0][k, : len(places)], out[1][k, : len(places)] = codes[places], numbers[places]
    return out


def pruned(task: Task, space: Space, trees: Trees, row: int, source: str) -> list[Batch]:
    """An exact tree again and again with one part less, as long as it stays exact."""
    found: list[Batch] = []
    for _ in range(ROUNDS if space.scales and space.shifts else 0):
        trees = without_a_part(trees, row)
        row = _first_exact(task, trees)
        if row < 0:
            break
        wrapped = affine_forms(written(trees, np.array([row]), space), task.codebook, space)
        found.append(fitted_batch(task, space, wrapped, source, 0.0, iterations=20))
    return found


def expanded(task: Task, space: Space, trees: Trees, row: int, source: str) -> list[Batch]:
    """A tree that is a polynomial as sums of monomials, the fitted factors of all of them free."""
    length = int(trees[2][row])
    inner = {int(c) for c in trees[0][row, :length] if 0 <= c < K.FIRST_VARIABLE}
    columns, target, weights = task.search
    if not inner <= {K.ADD, K.SUB, K.MUL, K.NEG, K.SQUARE, K.CUBE} or not (space.scales and space.shifts):
        return []
    rng = np.random.default_rng([task.seed, 7])
    pen = Pen(Growing(task, space, len(columns) + len(space.literals) + 4, rng))
    terms = library(len(columns), min(MONOMIALS, len(target) // 4), DEGREE)
    parts = polynomials(columns, target, weights, pen, terms)
    if not parts:
        return []
    return [fitted_batch(task, space, combine(parts), source, 0.0, iterations=10)]


def _first_exact(task: Task, trees: Trees) -> int:
    """The smallest tree that fits exactly up to an affine map once its constants are fitted, or -1."""
    order = np.argsort(trees[2], kind="stable")
    if not len(order):
        return -1
    plus, times = (task.codebook.code_of[task.language[name]] for name in "+*")
    codes, offsets, numbers, value_offsets = pack(*trees, order, True, plus, times)
    programs = Programs(codes, offsets, numbers, value_offsets, np.ones(len(numbers), bool))
    columns, target, weights = task.search
    _, squares = fit_constants(programs, columns, target, weights=weights, iterations=20)
    exact = np.flatnonzero(squares / len(target) < EXACT * task.scale)
    return int(order[exact[0]]) if len(exact) else -1
