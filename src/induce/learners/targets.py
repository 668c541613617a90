"""Inverse targets: what the rest of a formula must equal if its outer part is known.

If ``y = g(t)`` for a known outer part ``g``, then ``t = g^-1(y)`` is a target of its own, and an error of ``t`` counts as
``w (t - f)^2`` with ``w = (dy/dt)^2``: to first order the error of ``y`` itself. A target is made from a parent by one
step, an operator with a bank row (``t * b``, ``b / t``, ...) and perhaps an inverse unary operator after it.

Source: the idea of searching from both ends is that of F. de Franca and G. Aldeia (2021) and of S. Gulwani's inverse
semantics (FlashMeta, 2015); the weights follow from the delta method.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from induce.algebras import kernels as K
from induce.algebras.kernels import OP_NAMES
from induce.learners.bank import hash_row, lookup
from induce.learners.growing import Growing
from induce.learners.undoing import HEAVIEST, measure, undo_binary, undo_unary, unit_after

__all__ = ["Step", "TargetBlock", "Targets", "joined", "single_target", "steps_for", "unary_for", "undone"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Step = tuple[int, int, int]
"""(operator code, side of the inner part, bank row or -1); side 0: ``t op b``, side 1: ``b op t``."""
REACH = 100.0
"""A target whose weighted spread is this many times that of ``y`` is all outer part: matching it would prove nothing."""


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _fill_block(
    cursor: int, parents: Any, rows: Any, steps: Any, unaries: Any, bank: Any, limit: float, keys: Any, projections: Any,
    block: Any, room: Any,
) -> Any:  # fmt: skip
    """Targets from ``cursor`` on until the block is full; returns (next cursor or -1, targets made)."""
    parent_t, parent_w, parent_dims, parent_state, first_parent, last_parent = parents
    values, dims = bank
    out_t, out_w, info, links, out_dims, out_state = block
    scratch_t, scratch_w, measured, moments, unit = room
    points = parent_t.shape[1]
    per_parent = len(rows) * len(steps)
    total = (last_parent - first_parent) * per_parent
    made = 0
    scratch_units = (np.zeros((1, parent_dims.shape[1]), np.int64), np.zeros(1, np.int64))
    while cursor < total and made + len(unaries) <= len(out_t):
        parent = first_parent + cursor // per_parent
        rest = cursor % per_parent
        row, step = rows[rest // len(steps)], rest % len(steps)
        cursor += 1
        op, side = steps[step, 0], steps[step, 1]
        kind = unit_after(op, side, (parent_dims, parent_state), parent, dims, row, unit)
        if kind < 0:
            continue
        if not undo_binary(op, side, parent_t, parent_w, parent, values, row, 0, points, scratch_t, scratch_w):
            continue
        scratch_units[0][0, :] = unit
        scratch_units[1][0] = kind
        for u in range(len(unaries)):
            unary = unaries[u]
            if unary < 0:
                for i in range(points):
                    out_t[made, i], out_w[made, i] = scratch_t[0, i], scratch_w[0, i]
                final = kind
            else:
                final = unit_after(unary, 0, scratch_units, 0, dims, -1, unit)
                if final < 0 or not undo_unary(unary, scratch_t, scratch_w, 0, made, points, out_t, out_w):
                    continue
            if not measure(out_t, out_w, made, points, measured) or not measured[1] < limit:
                continue
            s0, s1, s2 = 0.0, 0.0, 0.0
            for i in range(points):
                z = out_t[made, i] - measured[0]
                s0 += abs(z)
                s1 += z * projections[0, i]
                s2 += z * projections[1, i]
            if s1 < 0.0:
                s1, s2 = -s1, -s2
            moments[3], moments[4], moments[5] = s0, s1, s2
            scale = s0 / points
            moments[3] = points * 1.0
            moments[4], moments[5] = s1 / scale, s2 / scale
            if not scale > 0.0 or lookup(keys, hash_row(moments, points)):
                continue
            info[made, 0], info[made, 1], info[made, 2] = measured[0], measured[1], measured[2]
            links[made, 0], links[made, 1], links[made, 2] = parent, op, side
            links[made, 3], links[made, 4] = row, unary
            out_dims[made, :] = unit if unary >= 0 else scratch_units[0][0]
            out_state[made] = final
            made += 1
    return (cursor if cursor < total else -1), made


@dataclass(eq=False)
class TargetBlock:
    """Some targets at once.

    ``t``, ``w`` : arrays (targets, points); ``mean``, ``spread``, ``total`` : weighted mean, sum of squares about it, sum of
    weights; ``cost`` : nodes of the outer part; ``paths`` : steps from the outside in; ``dims``, ``state`` : units.
    """

    t: Array
    w: Array
    mean: Array
    spread: Array
    total: Array
    cost: Ints
    links: Ints
    parents: Sequence[tuple[Step, ...]]
    dims: Ints
    state: Ints

    def __len__(self) -> int:
        return len(self.t)

    def path(self, place: int) -> tuple[Step, ...]:
        """Steps of one target, the outermost first."""
        parent, op, side, row, unary = map(int, self.links[place])
        steps = [*self.parents[parent]] if parent >= 0 else []
        if op >= 0:
            steps.append((op, side, row))
        if unary >= 0:
            steps.append((unary, 0, -1))
        return tuple(steps)

    def take(self, places: Ints) -> TargetBlock:
        """Some of them."""
        t, w, mean, spread, total = (part[places] for part in (self.t, self.w, self.mean, self.spread, self.total))
        cost, links = self.cost[places], self.links[places]
        return TargetBlock(t, w, mean, spread, total, cost, links, self.parents, self.dims[places], self.state[places])


def single_target(t: Array, w: Array, width: int, unit: Ints) -> TargetBlock:
    """One target by itself; ``unit`` has the given width, or is empty when any unit will do."""
    total = float(w.sum())
    mean = float(w @ t) / total
    known = len(unit) == width
    dims = np.zeros((1, width), np.int64) + (unit if known else 0)
    spread = np.array([float(w @ (t - mean) ** 2)])
    return TargetBlock(
        t[None].copy(), w[None].copy(), np.array([mean]), spread, np.array([total]), np.zeros(1, np.int64),
        np.full((1, 5), -1, np.int64), [()], dims, np.array([0 if known else 1], np.int64),
    )  # fmt: skip


def undone(t: Array, w: Array, steps: Sequence[Step], values: Array) -> tuple[Array, Array]:
    """A target and its weights after further steps, the first of them outermost."""
    one_t, one_w = t[None].copy(), w[None].copy()
    for op, side, row in steps:
        out_t, out_w = np.empty_like(one_t), np.empty_like(one_w)
        if row == -1:
            undo_unary(op, one_t, one_w, 0, 0, len(t), out_t, out_w)
        else:
            undo_binary(op, side, one_t, one_w, 0, values, row, 0, len(t), out_t, out_w)
        one_t, one_w = out_t, out_w
    heavy = HEAVIEST * float(one_w.mean())
    return one_t[0], np.minimum(one_w[0], heavy)


def joined(*blocks: TargetBlock) -> TargetBlock:
    """Several blocks as one; every target gets a parent entry of its own."""
    paths = [block.path(k) for block in blocks for k in range(len(block))]
    links = np.full((len(paths), 5), -1, np.int64)
    links[:, 0] = np.arange(len(paths))
    parts = [np.concatenate([getattr(b, n) for b in blocks]) for n in ("t", "w", "mean", "spread", "total", "cost")]
    t, w, mean, spread, total, cost = parts
    dims, state = np.concatenate([b.dims for b in blocks]), np.concatenate([b.state for b in blocks])
    return TargetBlock(t, w, mean, spread, total, cost, links, paths, dims, state)


class Targets:
    """Makes inverse targets from parents, steps and bank rows, each distinct one once (up to an affine map).

    Parameters
    ----------
    grown : Growing
        The bank whose rows stand in steps.
    spread : float
        Weighted variance of ``y``.
    most : int
        How many targets are expected.
    """

    def __init__(self, grown: Growing, spread: float, most: int) -> None:
        self.grown = grown
        self.limit = REACH * spread
        self.keys = np.zeros(1 << int(np.clip(math.ceil(math.log2(4 * most + 256)), 10, 22)), np.uint64)
        self.unaries = unary_for(grown)
        self.steps = steps_for(grown)

    def blocks(
        self, parents: TargetBlock, rows: Ints, *, unary: bool = True, most: int = 512, steps: Ints | None = None
    ) -> Iterator[TargetBlock]:
        """Targets one step below the parents, block by block."""
        grown, points = self.grown, parents.t.shape[1]
        unaries = np.array([-1, *(self.unaries if unary else [])], np.int64)
        steps = self.steps if steps is None else steps
        width = grown.dims.shape[1]
        most = max(most, len(unaries))
        bank = (grown.values, grown.dims)
        given = (parents.t, parents.w, parents.dims, parents.state, 0, len(parents))
        room = (np.empty((1, points)), np.empty((1, points)), np.empty(3), np.empty(6), np.zeros(width, np.int64))
        paths = [parents.path(k) for k in range(len(parents))]
        cursor = 0
        while cursor >= 0 and len(steps) and len(rows):
            block = (
                np.empty((most, points)), np.empty((most, points)), np.empty((most, 3)), np.empty((most, 5), np.int64),
                np.zeros((most, width), np.int64), np.zeros(most, np.int64),
            )  # fmt: skip
            cursor, made = _fill_block(
                cursor, given, rows, steps, unaries, bank, self.limit, self.keys, grown.data[2], block, room
            )
            if made:
                yield self._block(block, made, parents, paths)

    def _block(self, block: Any, made: int, parents: TargetBlock, paths: list[tuple[Step, ...]]) -> TargetBlock:
        t, w, info, links, dims, state = (part[:made] for part in block)
        costs, sizes = self.grown.costs, self.grown.size
        cost = parents.cost[links[:, 0]] + costs[links[:, 1]] + sizes[links[:, 3]]
        cost = cost + np.where(links[:, 4] >= 0, costs[np.maximum(links[:, 4], 0)], 0)
        return TargetBlock(t, w, info[:, 0], info[:, 1], info[:, 2], cost, links, paths, dims, state)

    def unary(self, parents: TargetBlock) -> TargetBlock:
        """The parents' inverse unary targets."""
        points, width = parents.t.shape[1], parents.dims.shape[1]
        most = max(len(parents) * len(self.unaries), 1)
        t, w, links = np.empty((most, points)), np.empty((most, points)), np.full((most, 5), -1, np.int64)
        info, dims, state = np.empty((most, 3)), np.zeros((most, width), np.int64), np.zeros(most, np.int64)
        made, measured, unit = 0, np.empty(3), np.zeros(width, np.int64)
        empty = np.zeros((0, width), np.int64)
        for k in range(len(parents)):
            for op in self.unaries:
                kind = unit_after(op, 0, (parents.dims, parents.state), k, empty, -1, unit)
                if kind < 0 or not undo_unary(op, parents.t, parents.w, k, made, points, t, w):
                    continue
                if not measure(t, w, made, points, measured) or not measured[1] < self.limit:
                    continue
                info[made], dims[made], state[made] = measured, unit, kind
                links[made] = (k, -1, -1, -1, op)
                made += 1
        links = links[:made]
        cost = parents.cost[links[:, 0]] + self.grown.costs[links[:, 4]]
        paths = [parents.path(k) for k in range(len(parents))]
        return TargetBlock(
            t[:made],
            w[:made],
            info[:made, 0],
            info[:made, 1],
            info[:made, 2],
            cost,
            links,
            paths,
            dims[:made],
            state[:made],
        )


def steps_for(grown: Growing) -> Ints:
    """(operator, side) of the binary steps whose operators are allowed, without those an affine map gives anyway."""
    names = {op.name for op in grown.space.ops}
    steps = [("*", K.MUL, 0), ("/", K.DIV, 0), ("/", K.DIV, 1), ("+", K.ADD, 0), ("-", K.SUB, 0), ("-", K.SUB, 1)]
    return np.array([(code, side) for name, code, side in steps if name in names], np.int64).reshape(-1, 2)


def unary_for(grown: Growing) -> list[int]:
    """Codes of the unary operators that can be undone: those allowed, and powers where ``*`` and ``/`` are."""
    names = {op.name for op in grown.space.ops}
    found = ["exp", "log", "sqrt", "square", "inverse", "sin", "cos", "tanh", "asin", "acos", "atan", "tan", "cube", "cbrt", "sigmoid"]  # fmt: skip
    made = {"square": "*", "cube": "*", "inverse": "/"}
    return [OP_NAMES.index(name) for name in found if name in names or made.get(name) in names]
