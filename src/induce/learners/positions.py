"""Positions of a program: what stands around each of its sub-terms, and what must stand there for the whole to be the target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from induce.algebras import kernels as K
from induce.algebras.evaluate import evaluate_many
from induce.learners.forms import Part, combine
from induce.learners.undoing import undo_binary, undo_unary

__all__ = ["Around", "positions", "spans", "sub_part", "undone_rows"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Around:
    """What stands around one sub-term.

    Parameters
    ----------
    start, end : int
        The sub-term is ``codes[start:end]``.
    steps : tuple of (operator code, side, sibling or None)
        From the root to the sub-term; side 0: the sub-term stands left of the sibling, 1: right of it.
    """

    start: int
    end: int
    steps: tuple[tuple[int, int, Part | None], ...]


def sub_part(part: Part, start: int, end: int) -> Part:
    """The sub-term ``codes[start:end]`` as a program of its own."""
    codes, numbers, free = part
    slots = [-1 - c for c in codes[start:end] if c < 0]
    place = {slot: k for k, slot in enumerate(dict.fromkeys(slots))}
    own = [-1 - place[-1 - c] if c < 0 else c for c in codes[start:end]]
    return own, [numbers[s] for s in place], [free[s] for s in place]


def spans(codes: Sequence[int] | NDArray[Any], length: int) -> list[tuple[int, int]]:
    """Every sub-term of postfix code as (first place, last place), by its last place."""
    found: list[tuple[int, int]] = []
    open_starts: list[int] = []
    for place in range(length):
        code = int(codes[place])
        arity = int(K.ARITY[code]) if 0 <= code < K.FIRST_VARIABLE else 0
        first = open_starts[len(open_starts) - arity] if arity else place
        del open_starts[len(open_starts) - arity :]
        open_starts.append(first)
        found.append((first, place))
    return found


def positions(part: Part) -> list[Around]:
    """Every sub-term of a postfix program, the whole first."""
    codes = part[0]
    starts = [first for first, _ in spans(codes, len(codes))]
    found = [Around(0, len(codes), ())]
    for around in found:  # grows while it is read
        root = around.end - 1
        op, last = codes[root], root - 1
        arity = int(K.ARITY[op]) if 0 <= op < K.FIRST_VARIABLE else 0
        if arity == 1:
            found.append(Around(starts[last], root, (*around.steps, (op, 0, None))))
        elif arity == 2:
            middle = starts[last]
            left, right = sub_part(part, starts[middle - 1], middle), sub_part(part, middle, root)
            found.append(Around(starts[middle - 1], middle, (*around.steps, (op, 0, right))))
            found.append(Around(middle, root, (*around.steps, (op, 1, left))))
    return found


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _undo_rows(op: int, side: int, binary: bool, t: Any, w: Any, values: Any, out_t: Any, out_w: Any) -> None:
    for i in range(len(t)):
        if binary:
            done = undo_binary(op, side, t, w, i, values, i, i, 1, out_t, out_w)
        else:
            done = undo_unary(op, t, w, i, i, 1, out_t, out_w)
        if not done:
            out_t[i, 0], out_w[i, 0] = np.nan, 0.0


@np.errstate(all="ignore")
def undone_rows(
    t: Array, w: Array, steps: Sequence[tuple[int, int, Part | None]], columns: Array
) -> tuple[Array, Array]:
    """The target of a sub-term and its weights, row by row; NaN of weight 0 where nothing there gives ``t``.

    Parameters
    ----------
    t, w : arrays (rows,)
        Target and weights of the whole.
    steps
        From the root inwards, see :class:`Around`.
    columns : array (columns, rows)
    """
    siblings = [part for _, _, part in steps if part is not None]
    values = evaluate_many(combine(siblings), columns) if siblings else np.zeros((0, len(t)))
    one_t, one_w = t[:, None].copy(), w[:, None].copy()
    used = 0
    for op, side, part in steps:
        out_t, out_w = np.empty_like(one_t), np.empty_like(one_w)
        if op == K.POW:
            _undo_power(side, one_t, one_w, values[used], out_t, out_w)
        elif part is not None and op not in (
            K.ADD,
            K.SUB,
            K.MUL,
            K.DIV,
        ):  # min and max keep nothing of the other argument
            out_t[:], out_w[:] = np.nan, 0.0
        else:
            row = values[used] if part is not None else t
            _undo_rows(op, side, part is not None, one_t, one_w, np.ascontiguousarray(row)[:, None], out_t, out_w)
        used += part is not None
        one_t, one_w = out_t, out_w
    good = np.isfinite(one_t[:, 0]) & np.isfinite(one_w[:, 0])
    return np.where(good, one_t[:, 0], np.nan), np.where(good, one_w[:, 0], 0.0)


def _undo_power(side: int, t: Array, w: Array, other: Array, out_t: Array, out_w: Array) -> None:
    """``v^b = t`` (side 0) and ``b^v = t`` (side 1), for positive ``t``."""
    x, b = t[:, 0], other
    if side == 0:
        v = np.where(x > 0, x, np.nan) ** (1.0 / b)
        slope = b * x / v
    else:
        v = np.log(x) / np.log(b)
        slope = x * np.log(b)
    out_t[:, 0], out_w[:, 0] = v, w[:, 0] * slope**2
