"""Tokens of a tree search: columns, constants, operators, and sub-terms that were promoted to tokens of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from induce.algebras import kernels as K
from induce.learners.forms import node_costs
from induce.learners.growing import building_ops, forbid_masks
from induce.task import Space, Task

__all__ = ["CONSTANT", "LEAF", "OPERATOR", "PROMOTED", "Promoted", "Tokens", "base_tokens", "with_promoted"]

Ints = NDArray[np.int64]
OPERATOR, LEAF, CONSTANT, PROMOTED = range(4)
"""Roles of tokens."""
ROOM = 12
"""Tokens that may be promoted at a time."""
INVERSES = (
    (K.EXP, K.LOG),
    (K.SQRT, K.SQUARE),
    (K.CBRT, K.CUBE),
    (K.NEG, K.NEG),
    (K.INVERSE, K.INVERSE),
    (K.ABS, K.ABS),
)
"""Pairs of functions that undo each other, so that one right above the other says nothing new."""


class Tokens(NamedTuple):
    """The alphabet as the kernels take it: one row for every token.

    A token stands for a piece of postfix code; a token with arguments is the piece that follows their code.
    """

    codes: Any
    """int16, shape (tokens, width)"""
    numbers: Any
    """float64, shape (tokens, width); NaN where a constant is to be drawn"""
    lengths: Any
    arity: Any
    cost: Any
    """Nodes as written."""
    inside: Any
    """Operators that the token brings, as bits."""
    under: Any
    """Operators that must not stand in its arguments, as bits."""
    role: Any
    undone: Any
    """The token that must not stand right above this one, or -1."""
    known: Any
    """Whether a leaf's unit is known."""
    unit: Any
    """int64, shape (tokens, base units)"""
    members: Any
    """Tokens by number of arguments, shape (3, tokens)."""
    counts: Any
    """How many there are of each, shape (3,); promoted ones count from the next episode on."""


@dataclass(frozen=True)
class Promoted:
    """A sub-term that becomes a token: a leaf, or an operator whose code follows that of its one argument.

    Parameters
    ----------
    codes, numbers : the piece of postfix code, constants as -1, and the numbers at the same places
    arity : 0 or 1
    """

    codes: tuple[int, ...]
    numbers: tuple[float, ...]
    arity: int = 0


def base_tokens(task: Task, space: Space, planted: Sequence[Promoted] = ()) -> Tokens:
    """The alphabet before anything is discovered, with empty rows for what will be."""
    book = task.codebook
    pieces: list[tuple[tuple[int, ...], tuple[float, ...], int, int]] = []
    for place in range(len(book.variables)):
        pieces.append(((256 + place,), (0.0,), 0, LEAF))
    if space.constants:
        pieces.append(((-1,), (np.nan,), 0, CONSTANT))
    pieces += [((-1,), (number,), 0, LEAF) for number in space.literals if not space.constants]
    pieces += [((book.code_of[op],), (0.0,), op.arity, OPERATOR) for op in building_ops(space)]
    pieces += [(p.codes, p.numbers, p.arity, PROMOTED) for p in planted if len(p.codes) <= space.max_size]
    count, width, units = len(pieces) + ROOM, max(space.max_size, 3), task.dimensions[0]
    plain = {
        name: np.zeros(count, np.int64) for name in ("lengths", "arity", "cost", "inside", "under", "role", "known")
    }
    tokens = Tokens(
        codes=np.zeros((count, width), np.int16),
        numbers=np.zeros((count, width)),
        undone=np.full(count, -1, np.int64),
        unit=np.zeros((count, units.shape[1]), np.int64),
        members=np.zeros((3, count), np.int64),
        counts=np.zeros(3, np.int64),
        **plain,
    )
    costs, forbid = node_costs(book), forbid_masks(space, book)
    for t, (codes, numbers, arity, role) in enumerate(pieces):
        _write(tokens, t, codes, numbers, arity, role, costs, forbid)
        if role == LEAF:
            tokens.known[t] = 1
            tokens.unit[t] = units[codes[0] - 256] if codes[0] >= 256 else 0
    place_of = {int(codes[0]): t for t, (codes, _, arity, role) in enumerate(pieces) if role == OPERATOR}
    for outer, inner in (*INVERSES, *((b, a) for a, b in INVERSES)):
        if outer in place_of and inner in place_of:
            tokens.undone[place_of[inner]] = place_of[outer]
    return _grouped(tokens, len(pieces))


def with_promoted(tokens: Tokens, task: Task, space: Space, found: Sequence[Promoted]) -> tuple[Tokens, Ints]:
    """The alphabet with other promoted tokens, and the rows that changed."""
    first = len(tokens.arity) - ROOM
    found = [one for one in found if len(one.codes) <= tokens.codes.shape[1]]
    costs, forbid = node_costs(task.codebook), forbid_masks(space, task.codebook)
    before = [tokens.codes[t].tobytes() + bytes([int(tokens.arity[t])]) for t in range(first, len(tokens.arity))]
    for t, one in zip(range(first, len(tokens.arity)), found, strict=False):
        _write(tokens, t, one.codes, one.numbers, one.arity, PROMOTED, costs, forbid)
    changed = [
        t
        for t in range(first, first + len(found[:ROOM]))
        if tokens.codes[t].tobytes() + bytes([int(tokens.arity[t])]) != before[t - first]
    ]
    return _grouped(tokens, first + len(found[:ROOM])), np.array(changed, np.int64)


def _write(
    tokens: Tokens, t: int, codes: Sequence[int], numbers: Sequence[float], arity: int, role: int, costs: Ints, forbid: Ints
) -> None:  # fmt: skip
    tokens.codes[t], tokens.numbers[t] = 0, 0.0
    tokens.codes[t, : len(codes)], tokens.numbers[t, : len(codes)] = codes, numbers
    tokens.lengths[t], tokens.arity[t], tokens.role[t] = len(codes), arity, role
    ops = [c for c in codes if 0 <= c < 256]
    tokens.cost[t] = sum(int(costs[c]) for c in ops) + len(codes) - len(ops)
    tokens.inside[t] = sum(1 << c for c in set(ops))
    # the argument of a promoted operator is an argument of its last code alone
    tokens.under[t] = forbid[codes[-1]] if arity else 0


def _grouped(tokens: Tokens, count: int) -> Tokens:
    for arity in range(3):
        members = np.flatnonzero(tokens.arity[:count] == arity)
        tokens.members[arity, : len(members)] = members
        tokens.counts[arity] = len(members)
    return tokens
