"""Modulation: a search for ``f`` in ``y = b f + c_1 g_1 + ... + a`` where the terms ``g`` are known from the best trees.

The part of the target that the known terms explain is projected out, so that trees are scored on what is left.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from induce.algebras import kernels as K
from induce.algebras.evaluate import evaluate_many
from induce.learners.discovering import LOOKED_AT, as_rows, repeated
from induce.learners.positions import spans
from induce.learners.scoring import Data, Trees, written
from induce.learners.tokens import LEAF, OPERATOR, Promoted, Tokens
from induce.task import Space

__all__ = ["Known", "known_terms", "simple_terms", "terms_of"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
MOST = 4
"""Known terms at a time."""
FROM = 10
"""Shared sub-terms that are taken for known ones."""


class Known:
    """Terms that a sum is known to have, and their values.

    Parameters
    ----------
    terms : sequence of Promoted
    space : Space
    data : (columns, target, weights)
    costs : array
        Nodes that each operator code stands for.

    Attributes
    ----------
    basis : array (terms + 1, points)
        Orthonormal under the weights: the constant and the terms.
    """

    def __init__(self, terms: Sequence[Promoted], space: Space, data: Data, costs: Ints) -> None:
        columns, _, weights = data
        rows = as_rows(list(terms))
        self.space, self.terms = space, list(terms)
        self.values = evaluate_many(written(rows, np.arange(len(terms)), space), columns)
        self.weights = weights / weights.sum()
        stacked = np.vstack([np.ones(len(weights)), self.values]) * np.sqrt(self.weights)
        self.basis = np.linalg.qr(stacked.T)[0].T if np.all(np.isfinite(stacked)) else np.zeros((0, len(weights)))
        codes: list[int] = []
        numbers: list[float] = []
        self.slots: list[int] = []
        for term in terms:
            self.slots.append(len(codes))
            codes += [-1, *term.codes, K.MUL, K.ADD]
            numbers += [1.0, *term.numbers, 0.0, 0.0]
        self.codes, self.numbers = np.array(codes, np.int16), np.array(numbers)
        self.cost = sum(int(costs[c]) if 0 <= c < K.FIRST_VARIABLE else 1 for c in codes)

    @property
    def sound(self) -> bool:
        """Whether the terms are defined on all rows and none follows from the others."""
        if not len(self.basis):
            return False
        values = (self.values - (self.values @ self.weights)[:, None]) * np.sqrt(self.weights)
        lengths = np.linalg.norm(values, axis=1)
        return bool(np.all(lengths > 0) and np.linalg.svd(values / lengths[:, None], compute_uv=False)[-1] > 1e-6)

    def joined(self, trees: Trees, values: Array, target: Array) -> Trees:
        """Each tree ``f`` as ``f + c_1 g_1 + ...`` with the factors of least squares."""
        count, width = len(trees[2]), trees[0].shape[1]
        codes, numbers = np.zeros((count, width), np.int16), np.zeros((count, width))
        root = np.sqrt(self.weights)
        design = np.empty((count, len(self.terms) + 2, len(target)))
        design[:, 0], design[:, 1], design[:, 2:] = values, 1.0, self.values
        design *= root
        lengths = np.linalg.norm(design, axis=2)
        design /= lengths[:, :, None]
        gram = np.einsum("rip,rjp->rij", design, design)
        found = np.einsum("rij,rj->ri", np.linalg.pinv(gram, 1e-14, hermitian=True), design @ (target * root)) / lengths
        with np.errstate(all="ignore"):
            factors = np.nan_to_num(found[:, 2:] / found[:, :1], posinf=1.0, neginf=-1.0)
        for row in range(count):
            n = int(trees[2][row])
            codes[row, :n], numbers[row, :n] = trees[0][row, :n], trees[1][row, :n]
            codes[row, n : n + len(self.codes)], numbers[row, n : n + len(self.codes)] = self.codes, self.numbers
            numbers[row, [n + slot for slot in self.slots]] = factors[row]
        return codes, numbers, trees[2] + len(self.codes)


def terms_of(trees: Trees, row: int) -> list[Promoted]:
    """The terms of a tree that is a sum, without their factors; the tree itself where it is none."""
    codes, numbers = trees[0][row], trees[1][row]
    starts = dict((last, first) for first, last in spans(codes, int(trees[2][row])))
    open_ends, found = [int(trees[2][row]) - 1], []
    while open_ends:
        last = open_ends.pop()
        code = int(codes[last])
        if code in (K.ADD, K.SUB, K.MUL):
            middle = starts[last - 1]
            sides = [(starts[middle - 1], middle - 1), (middle, last - 1)]
            plain = [side for side in sides if (codes[side[0] : side[1] + 1] >= K.FIRST_VARIABLE).any()]
            if code != K.MUL or len(plain) == 1:
                open_ends += [end for _, end in plain]
                continue
        first = starts[last]
        found.append(Promoted(tuple(codes[first : last + 1].tolist()), tuple(numbers[first : last + 1].tolist())))
    return found


def simple_terms(tokens: Tokens) -> list[Promoted]:
    """The columns, and every function of a column."""
    columns = np.flatnonzero((tokens.role == LEAF) & (tokens.codes[:, 0] >= K.FIRST_VARIABLE))
    functions = np.flatnonzero((tokens.role == OPERATOR) & (tokens.arity == 1))
    leaves = [int(tokens.codes[t, 0]) for t in columns]
    found = [Promoted((x,), (0.0,)) for x in leaves]
    return found + [Promoted((x, int(tokens.codes[t, 0])), (0.0, 0.0)) for t in functions for x in leaves]


def known_terms(trees: Trees, simple: Sequence[Promoted], rng: np.random.Generator) -> list[Promoted]:
    """Some terms of one of the best trees, some of the sub-terms that the best trees share, or some simple ones."""
    kind = rng.random()
    if kind < 0.4:
        terms = terms_of(trees, int(rng.integers(min(LOOKED_AT, len(trees[2])))))
    elif kind < 0.7:
        terms = list(repeated(trees))[:FROM]
    else:
        terms = list(simple)
    unique = list({term.codes: term for term in terms}.values())
    if not unique:
        return []
    count = int(rng.integers(1, min(MOST, len(unique)) + 1))
    return [unique[k] for k in sorted(rng.choice(len(unique), count, replace=False))]
