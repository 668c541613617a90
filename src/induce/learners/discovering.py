"""Sub-tree discovery: what the best trees have in common, and how the target falls apart, as new tokens of a search.

From the best trees come sub-terms that several of them hold, and the forms ``y = f + g`` and ``y = f g`` with ``f`` known: the known
part becomes an operator of one argument. From the target come the sub-terms that stand apart from one column in a sum or a
product, told by neighbors in that column. Where the best tree follows the target closely, it also tells parity.

Source: the modulated sub-tree discovery of Y. Xu, Y. Liu and H. Sun (2023), Reinforcement Symbolic Regression Machine.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from induce.algebras import kernels as K
from induce.algebras.evaluate import evaluate_many
from induce.learners.positions import spans
from induce.learners.scoring import Data, Trees, as_trees, written
from induce.learners.separating import factors_of, parts_of
from induce.learners.tokens import Promoted
from induce.task import Space, Task

__all__ = ["as_rows", "discovered", "planted_tokens", "repeated"]

Array = NDArray[np.float64]
LOOKED_AT = 40
"""Best trees that sub-terms are taken from."""
DECOMPOSED = 3
"""Best trees whose outermost parts are set apart."""
LONGEST = 12
"""Codes of a promoted sub-term at most."""
CLOSE = 1e-3
"""Share of variance that a tree may leave to be taken for the target when parity is asked for."""
SAME = 1e-6
"""Largest difference, as a share of the spread, between a function and its mirror image that counts as none."""


def planted_tokens(task: Task) -> list[Promoted]:
    """The planted sub-terms as leaves."""
    if not task.planted:
        return []
    programs = task.codebook.encode(task.planted)
    return [Promoted(tuple(codes[:n].tolist()), tuple(numbers[:n].tolist()))
            for codes, numbers, n in zip(*as_trees(programs, int(programs.sizes.max())), strict=True)]  # fmt: skip


def discovered(task: Task, space: Space, trees: Trees, share: Array, data: Data, room: int) -> list[Promoted]:
    """Tokens worth having, best first, at most ``room``; the trees come best first with the share they leave."""
    seen: dict[tuple[tuple[int, ...], int], Promoted] = {}
    sources = [
        _symmetric(task, space, trees, share, data),
        _set_apart(space, trees),
        repeated(trees),
        _separable(task, space, trees, data),
    ]
    while sources and len(seen) < room:  # one of each kind in turn
        for source in list(sources):
            found = next(source, None)
            if found is None:
                sources.remove(source)
            elif len(found.codes) <= LONGEST and len(seen) < room:
                seen.setdefault((found.codes, found.arity), found)
    return list(seen.values())


def _promoted(trees: Trees, row: int, first: int, last: int, *suffix: int) -> Promoted:
    codes = (*trees[0][row, first : last + 1].tolist(), *suffix)
    numbers = (*trees[1][row, first : last + 1].tolist(), *(0.0 for _ in suffix))
    return Promoted(codes, numbers, len(suffix) and 1)


def repeated(trees: Trees) -> Iterator[Promoted]:
    """Sub-terms of two to ten codes that several trees hold, those in most and best trees first."""
    worth: dict[bytes, float] = {}
    first_seen: dict[bytes, tuple[int, int, int]] = {}
    for row in range(min(LOOKED_AT, len(trees[2]))):
        own: dict[bytes, tuple[int, int]] = {}  # in order of places: a set of bytes has another order in every process
        for first, last in spans(trees[0][row], int(trees[2][row])):
            if 2 <= last + 1 - first <= 10 and (trees[0][row, first : last + 1] >= K.FIRST_VARIABLE).any():
                own.setdefault(trees[0][row, first : last + 1].tobytes(), (first, last))
        for key, (first, last) in own.items():
            first_seen.setdefault(key, (row, first, last))
            worth[key] = worth.get(key, 0.0) + 1.0 / (4.0 + row)
    once = 1.0 / 4.0
    for key in sorted(worth, key=lambda k: (-worth[k], k)):
        if worth[key] > once:
            yield _promoted(trees, *first_seen[key])


def _set_apart(space: Space, trees: Trees) -> Iterator[Promoted]:
    """Operators ``? + f``, ``? - f``, ``? * f`` and ``? / f`` for the parts ``f`` right below the roots of the best trees."""
    names = {op.name for op in space.ops}
    for row in range(min(DECOMPOSED, len(trees[2]))):
        length = int(trees[2][row])
        root = int(trees[0][row, length - 1])
        if root not in (K.ADD, K.SUB, K.MUL, K.DIV):
            if root < 0 or root >= K.FIRST_VARIABLE or "+" not in names:
                continue
            yield _promoted(trees, row, 0, length - 1, K.ADD)
            continue
        right = next(first for first, last in spans(trees[0][row], length - 1) if last == length - 2)
        yield _promoted(trees, row, right, length - 2, root)
        if root != K.DIV:  # a difference the other way around is the same up to a sign
            yield _promoted(trees, row, 0, right - 1, root)


def _separable(task: Task, space: Space, trees: Trees, data: Data) -> Iterator[Promoted]:
    """Sub-terms ``f`` of some columns with ``y = f + g`` or ``y = f g`` where ``g`` has one other column, as operators."""
    columns, y, _ = data
    names = {op.name for op in space.ops}
    if len(columns) < 2 or len(y) < 8:
        return
    rows = min(LOOKED_AT, len(trees[2]))
    places = [(r, *piece) for r in range(rows) for piece in spans(trees[0][r], int(trees[2][r]))]
    unique = {trees[0][r, a : b + 1].tobytes(): (r, a, b) for r, a, b in reversed(places)}
    places = [unique[key] for key in sorted(unique)]
    pieces = [_promoted(trees, *place) for place in places]
    values = evaluate_many(written(as_rows(pieces), np.arange(len(pieces)), space), columns)
    for column in range(len(columns)):
        order = np.argsort(columns[column], kind="stable")
        apart = [
            k
            for k, p in enumerate(pieces)
            if K.FIRST_VARIABLE + column not in p.codes and max(p.codes) >= K.FIRST_VARIABLE
        ]
        if not apart:
            continue
        found: list[tuple[int, int]] = []
        if "*" in names and np.all(y != 0.0):
            found += [
                (k, K.MUL if p > 0 else K.DIV) for k, p in factors_of(values[apart][:, order], np.log(np.abs(y))[order])
            ]
        if "+" in names:
            found += [(k, K.ADD) for k, _ in parts_of(values[apart][:, order], y[order])]
        for k, op in found:
            if op != K.DIV or "/" in names:
                yield _promoted(trees, *places[apart[k]], op)


def _symmetric(task: Task, space: Space, trees: Trees, share: Array, data: Data) -> Iterator[Promoted]:
    """``x^2`` as a leaf where the best tree is even in ``x``; with ``? * x`` where it is odd."""
    columns = data[0]
    if not len(share) or not share[0] < CLOSE or "*" not in {op.name for op in space.ops}:
        return
    best = written(trees, np.zeros(1, np.int64), space)
    value = evaluate_many(best, columns)[0]
    held = np.unique(trees[0][0, : trees[2][0]])
    for column in held[held >= K.FIRST_VARIABLE] - K.FIRST_VARIABLE:
        mirrored = columns.copy()
        mirrored[column] *= -1.0
        other = evaluate_many(best, mirrored)[0]
        near = SAME * (np.ptp(value) + np.abs(value))
        x = K.FIRST_VARIABLE + int(column)
        if np.all(np.abs(other - value) <= near):
            yield Promoted((x, K.SQUARE), (0.0, 0.0))
        elif np.all(np.abs(other + value) <= near):
            yield Promoted((x, K.MUL), (0.0, 0.0), 1)
            yield Promoted((x, K.SQUARE), (0.0, 0.0))


def as_rows(pieces: list[Promoted]) -> Trees:
    """Pieces of code as trees."""
    width = max(len(p.codes) for p in pieces)
    codes, numbers = np.zeros((len(pieces), width), np.int16), np.zeros((len(pieces), width))
    for row, piece in enumerate(pieces):
        codes[row, : len(piece.codes)], numbers[row, : len(piece.codes)] = piece.codes, piece.numbers
    return codes, numbers, np.array([len(p.codes) for p in pieces], np.int64)
