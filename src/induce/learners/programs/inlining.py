"""Bodies of defined operators written in place, so that functions that use them need no calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numba

from induce.algebras.instructions import BOUND, BRANCH, CALL, CONSTANT, FUNCTION, INVOKE, JUMP, MAP, RETURN
from induce.algebras.scalars import SCALAR

__all__ = ["LONGEST", "ROOM", "inline", "kind_of"]

LONGEST = 40
"""Most instructions of a body that is written in place."""
ROOM = 120
"""Most instructions of what it becomes."""


def kind_of(written: Sequence[tuple[int, int, int]], arity: int) -> int:
    """What a defined operator is: 0 if it must be called, 1 if its body may be written in place, 2 if that is on integers alone.

    A call has no value where an argument has none. A body in place keeps to that if it asks for every argument, whatever their
    values: one that branches or leaves an argument out is called.

    >>> kind_of([(BOUND, 0, 0), (BOUND, 0, 0), (9, 0, 0), (RETURN, 0, 0)], 1), kind_of([(CALL, 0, 0), (RETURN, 0, 0)], 1)
    (2, 0)
    """
    ops = [op for op, _, _ in written[:-1]]
    called = {CALL, INVOKE, FUNCTION, RETURN, BRANCH, JUMP}
    asked = {x for op, x, _ in written[:-1] if op == BOUND}
    if len(ops) > LONGEST or asked != set(range(arity)) or any(op in called or op >= MAP for op in ops):
        return 0
    plain = {BOUND, CONSTANT}
    return 2 if arity <= 2 and all(op in SCALAR or op in plain for op in ops) else 1


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
