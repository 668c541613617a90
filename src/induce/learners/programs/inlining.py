"""What the bodies of defined operators are, and those written in place, so that functions that use them need no calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numba

from induce.algebras.instructions import BOUND, BRANCH, CALL, CONSTANT, FUNCTION, INVOKE, JUMP, MAP, RETURN, ZIP
from induce.algebras.scalars import SCALAR

__all__ = [
    "CALLED",
    "DEFINED",
    "DIRECT",
    "LONGEST",
    "NUMBERS",
    "PLAIN",
    "ROOM",
    "inline",
    "kind_of",
    "marked",
    "parts_of",
]

DEFINED = 1_000_000
"""Codes from here on are of defined operators: their body begins at instruction ``(code - DEFINED) // 16``; the rest of that
division is the number of their arguments, and four times their kind."""
CALLED, PLAIN, NUMBERS, DIRECT = range(4)
"""Kinds of defined operators: it must be called; its body may be written in place; that is on numbers alone; its functions are."""
LONGEST = 40
"""Most instructions of a body that is written in place."""
ROOM = 120
"""Most instructions of what it becomes."""


def kind_of(written: Sequence[tuple[int, int, int]], arity: int) -> int:
    """What a defined operator is, from its body with functionals :func:`marked`.

    A call has no value where an argument has none. A body in place keeps to that if it asks for every argument, whatever their
    values: one that branches or leaves an argument out is called.

    >>> kind_of([(BOUND, 0, 0), (BOUND, 0, 0), (9, 0, 0), (RETURN, 0, 0)], 1), kind_of([(CALL, 0, 0), (RETURN, 0, 0)], 1)
    (2, 0)
    """
    ops = [op for op, _, _ in written[:-1]]
    if any(op in (CALL, INVOKE, FUNCTION, RETURN) or (op >= MAP and x >= 0 and not y) for op, x, y in written[:-1]):
        return CALLED
    asked = {x for op, x, _ in written[:-1] if op == BOUND}
    if len(ops) > LONGEST or asked != set(range(arity)) or any(op in (BRANCH, JUMP) or op >= MAP for op in ops):
        return DIRECT
    plain = {BOUND, CONSTANT}
    return NUMBERS if arity <= 2 and all(op in SCALAR or op in plain for op in ops) else PLAIN


def marked(written: Sequence[tuple[int, int, int]], begin: int) -> list[tuple[int, int, int]]:
    """The instructions with each functional marked whose own function is on numbers alone.

    The mark is 1, or 2 + k where that function uses the argument that is bound k levels outside of it; 0 is no mark.

    Parameters
    ----------
    written : sequence of instructions
    begin : int
        Number of the first of them.

    >>> add = [(BOUND, 0, 0), (BOUND, 1, 0), (9, 0, 0), (RETURN, 0, 0)]
    >>> marked([*add, (BOUND, 0, 0), (MAP, 100, 0), (RETURN, 0, 0)], 100)[5] == (MAP, 100, 2)
    True
    """
    found = list(written)
    for k, (op, x, _) in enumerate(written):
        if op >= MAP and x >= 0:
            body = found[x - begin : found.index((RETURN, 0, 0), x - begin)]
            found[k] = (op, x, _mark(body, 2 if op >= ZIP else 1, op > ZIP))
    return found


def _mark(body: Sequence[tuple[int, int, int]], parameters: int, fold: bool) -> int:
    plain = {BOUND, CONSTANT, BRANCH, JUMP}
    outer = {x - parameters for op, x, _ in body if op == BOUND and x >= parameters}
    if not body or len(outer) > (parameters == 1) or any(op not in SCALAR and op not in plain for op, _, _ in body):
        return 0
    if fold and body[-1][0] not in SCALAR:  # what is handed on might be a list
        return 0
    return 2 + outer.pop() if outer else 1


@numba.njit(cache=True, nogil=True, inline="always")
def parts_of(op: int) -> tuple[int, int, int]:
    """Of the code of a defined operator: where its body begins, its kind, and the number of its arguments."""
    return (op - DEFINED) // 16, (op - DEFINED) % 16 // 4, (op - DEFINED) % 4


@numba.njit(cache=True, nogil=True)
def inline(code: Any, spans: Any, count: int, body: int, at: int) -> int:
    """Write a body at ``at`` with the instructions of its arguments in place of them; how many there are, 0 if too many.

    Parameters
    ----------
    code : int32 array, shape (instructions, 3)
    spans : tuple of (start, length)
        Where the instructions of each argument are, first argument first.
    count : int
        Number of arguments.
    body : int
        Where the body begins.
    """
    total, k = 0, body
    while code[k, 0] != RETURN:
        total += spans[count - 1 - code[k, 1]][1] if code[k, 0] == BOUND else 1
        k += 1
    if total > ROOM:
        return 0
    k = body
    while code[k, 0] != RETURN:
        start, length = k, 1
        if code[k, 0] == BOUND:
            start, length = spans[count - 1 - code[k, 1]]
        for i in range(length):
            for column in range(3):
                code[at + i, column] = code[start + i, column]
        at += length
        k += 1
    return total
