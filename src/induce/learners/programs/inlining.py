"""Bodies of defined operators written in place, so that functions that use them need no calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numba
import numpy as np

from induce.algebras.instructions import BOUND, BRANCH, CALL, CONSTANT, FUNCTION, INVOKE, JUMP, MAP, RETURN
from induce.algebras.scalars import SCALAR

__all__ = ["LONGEST", "inline", "kind_of"]

LONGEST = 40
"""Most instructions of a body that is written in place."""
_ROOM = 300
"""Most instructions of what it becomes."""


def kind_of(written: Sequence[tuple[int, int, int]], arity: int) -> int:
    """What a defined operator is: 2 if its body is on integers alone, 1 if it has no functions inside, 0 otherwise.

    >>> kind_of([(BOUND, 0, 0), (BOUND, 0, 0), (9, 0, 0), (RETURN, 0, 0)], 1), kind_of([(CALL, 0, 0), (RETURN, 0, 0)], 1)
    (2, 0)
    """
    ops = [op for op, _, _ in written[:-1]]
    if len(ops) > LONGEST or any(op in (CALL, INVOKE, FUNCTION, RETURN) or op >= MAP for op in ops):
        return 0
    plain = {BOUND, CONSTANT, BRANCH, JUMP}
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
    places = np.empty(64, np.int64)
    to, n = at, 0
    while True:
        op = code[body + n, 0]
        places[n] = to
        if op == RETURN:
            break
        to += spans[count - 1 - code[body + n, 1]][1] if op == BOUND else 1
        n += 1
    if to - at > _ROOM:
        return 0
    for k in range(n):
        op, x = code[body + k, 0], code[body + k, 1]
        if op == BOUND:
            start, length = spans[count - 1 - x]
            for i in range(length):
                for column in range(3):
                    code[places[k] + i, column] = code[start + i, column]
            continue
        for column in range(3):
            code[places[k], column] = code[body + k, column]
        if op == BRANCH or op == JUMP:
            code[places[k], 1] = places[k + 1 + x] - places[k] - 1
    return to - at
