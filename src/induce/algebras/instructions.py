"""Compiled evaluation of terms with functions: instructions over a stack of slices, run without recursion.

An instruction is a row ``(op, x, y)`` of an int32 table: an operator of :mod:`induce.algebras.machine`, which takes its
arguments from the stack and leaves its value there, or one of the following.

============  =========================================================================================
constant x    the stored value ``h[offsets[x]:offsets[x + 1]]``
stored x      the stored value of the present point, ``h[offsets[x + point]:offsets[x + point + 1]]``
bound x       the argument of the function x levels out
jump x        skip x instructions
branch x      skip x instructions if the truth value on the stack is false
return        the end of a function's body
function x    put the function with body at instruction x on the stack, closed over the present environment
call x y      run the body at x with y arguments from the stack
invoke x y    run the function that is bound x levels out with y arguments from the stack
map, ... x    run the body at x (or the function bound -1-x levels out) for each element of the list on the stack
============  =========================================================================================
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from induce.algebras.machine import CODES, apply

__all__ = ["ARITY", "MISSING", "Workspace", "execute", "run_call", "run_functional"]

MISSING = -(2**31)
"""The only element of a stored slice that stands for no value."""
CONSTANT, STORED, BOUND, JUMP, BRANCH, RETURN, FUNCTION, CALL, INVOKE = range(9)
MAP, FILTER, TAKE_WHILE, DROP_WHILE, ALL, ANY, ZIP, FOLD, FOLD_RIGHT = (
    CODES[n] for n in "map filter take_while drop_while all any zip_with fold fold_right".split()
)
_UNARY = (
    "not is_even is_prime neg abs head last len sum product max min is_empty reverse sort unique tail init car cdr str.len "
    "str.from_int str.to_int str.lower str.upper"
).split()
_TERNARY = ("if", "str.substr", "str.indexof", "str.replace")
ARITY: NDArray[np.int64] = np.array(
    [1 if n in _UNARY else 3 if n in _TERNARY else 0 if n == "empty" else 2 for n in CODES], np.int64
)
"""Values that each operator takes from the stack; functionals take one less than their arguments."""
ARITY[[MAP, FILTER, TAKE_WHILE, DROP_WHILE, ALL, ANY]] = 1
_STACK, _FRAMES, _ENVIRONMENTS = 256, 24, 512
_MARGIN = 1200
"""Free cells of the heap that an operator may need."""
_PC, _E, _FREE, _SP, _FP, _TOP = range(6)
# a frame: where to go on, operator, body, environment of the function, two lists, element reached, start of the result,
# elements of the result, environment and free environments to come back to
_BACK, _OP, _BODY, _OUTER, _SB, _LB, _SC, _LC, _I, _OUT, _COUNT, _WAS, _WAS_FREE = range(13)


class Workspace:
    """What an evaluation needs besides the heap; one for each thread."""

    def __init__(self) -> None:
        self.stack = np.zeros((_STACK, 3), np.int64)
        self.frames = np.zeros((_FRAMES, 13), np.int64)
        self.env = np.zeros((_ENVIRONMENTS, 4), np.int64)
        self.registers = np.zeros(6, np.int64)

    @property
    def arrays(self) -> tuple[Any, Any, Any, Any]:
        """The arrays in the order that kernels take them."""
        return self.stack, self.frames, self.env, self.registers


@numba.njit(cache=True, nogil=True)
def _ancestor(env: Any, e: int, steps: int) -> int:
    for _ in range(steps):
        e = env[e, 0]
    return e


@numba.njit(cache=True, nogil=True)
def bind(env: Any, place: int, parent: int, start: int, length: int) -> int:
    """Write an environment that binds a value; its row."""
    env[place, 0] = parent
    env[place, 1] = start
    env[place, 2] = length
    env[place, 3] = -1
    return place


@numba.njit(cache=True, nogil=True)
def _advance(h: Any, stack: Any, frames: Any, env: Any, r: Any) -> None:
    """Go on with the topmost functional: to its next element, or out of it with its result on the stack."""
    f = frames[r[_FP]]
    op, i, free = f[_OP], f[_I], f[_WAS_FREE]
    n = f[_LC] if op >= FOLD else min(f[_LB], f[_LC]) if op == ZIP else f[_LB]
    if i < n:
        if op == FOLD:
            bind(env, free, f[_OUTER], f[_SB], f[_LB])
            at = bind(env, free + 1, free, f[_SC] + i, 1)
        elif op == FOLD_RIGHT:
            bind(env, free, f[_OUTER], f[_SC] + n - 1 - i, 1)
            at = bind(env, free + 1, free, f[_SB], f[_LB])
        else:
            at = bind(env, free, f[_OUTER], f[_SB] + i, 1)
            if op == ZIP:
                at = bind(env, free + 1, free, f[_SC] + i, 1)
        r[_E] = at
        r[_FREE] = free + 2
        r[_PC] = f[_BODY]
        return
    start, length = f[_OUT], f[_COUNT]
    if op >= FOLD:
        start, length = f[_SB], f[_LB]
    elif op == DROP_WHILE:
        start, length = f[_SB] + f[_COUNT], f[_LB] - f[_COUNT]
    elif op == ALL or op == ANY:
        h[start] = f[_COUNT] == f[_LB] if op == ALL else f[_COUNT] > 0
        length = 1
    stack[r[_SP], 0] = start
    stack[r[_SP], 1] = length
    stack[r[_SP], 2] = -1
    r[_SP] += 1
    r[_TOP] = max(r[_TOP], start + length)
    r[_PC], r[_E], r[_FREE] = f[_BACK], f[_WAS], f[_WAS_FREE]
    r[_FP] -= 1


@numba.njit(cache=True, nogil=True)
def _consume(h: Any, stack: Any, frames: Any, env: Any, r: Any) -> None:
    """Take the value of a body, and go on."""
    f = frames[r[_FP]]
    op = f[_OP]
    if op == CALL:  # the value stays on the stack
        r[_PC], r[_E], r[_FREE] = f[_BACK], f[_WAS], f[_WAS_FREE]
        r[_FP] -= 1
        return
    r[_SP] -= 1
    start, length = stack[r[_SP], 0], stack[r[_SP], 1]
    out, i = f[_OUT], f[_I]
    f[_I] = i + 1
    if op >= FOLD:
        for k in range(length):  # a value lies at or after the place it is copied to
            h[out + k] = h[start + k]
        f[_SB], f[_LB] = out, length
        r[_TOP] = out + length
        _advance(h, stack, frames, env, r)
        return
    value = h[start]
    if op == MAP or op == ZIP:
        h[out + f[_COUNT]] = value
        f[_COUNT] += 1
    elif op == FILTER:
        if value != 0:
            h[out + f[_COUNT]] = h[f[_SB] + i]
            f[_COUNT] += 1
    elif op == TAKE_WHILE or op == DROP_WHILE:
        if value == 0:
            f[_I] = f[_LB]
        else:
            if op == TAKE_WHILE:
                h[out + i] = h[f[_SB] + i]
            f[_COUNT] += 1
    else:
        f[_COUNT] += value != 0
    r[_TOP] = out + f[_COUNT]
    _advance(h, stack, frames, env, r)


@numba.njit(cache=True, nogil=True)
def _enter(op: int, body: int, outer: int, h: Any, stack: Any, frames: Any, env: Any, r: Any) -> None:
    """Begin a functional over the lists on the stack."""
    r[_FP] += 1
    f = frames[r[_FP]]
    if op >= ZIP:
        r[_SP] -= 1
        f[_SC], f[_LC] = stack[r[_SP], 0], stack[r[_SP], 1]
    r[_SP] -= 1
    f[_SB], f[_LB] = stack[r[_SP], 0], stack[r[_SP], 1]
    f[_BACK], f[_OP], f[_BODY], f[_OUTER], f[_I], f[_COUNT] = r[_PC], op, body, outer, 0, 0
    f[_OUT], f[_WAS], f[_WAS_FREE] = r[_TOP], r[_E], r[_FREE]
    _advance(h, stack, frames, env, r)


@numba.njit(cache=True, nogil=True)
def _call(body: int, outer: int, arity: int, stack: Any, frames: Any, env: Any, r: Any) -> None:
    """Begin the body of a function with its arguments from the stack."""
    r[_FP] += 1
    f = frames[r[_FP]]
    f[_BACK], f[_OP], f[_WAS], f[_WAS_FREE] = r[_PC], CALL, r[_E], r[_FREE]
    r[_SP] -= arity
    at = outer
    for k in range(arity):
        place = r[_FREE]
        env[place, 0] = at
        env[place, 1], env[place, 2], env[place, 3] = stack[r[_SP] + k, 0], stack[r[_SP] + k, 1], stack[r[_SP] + k, 2]
        at = place
        r[_FREE] += 1
    r[_E], r[_PC] = at, body


@numba.njit(cache=True, nogil=True)
def _operate(op: int, arity: int, h: Any, stack: Any, r: Any) -> bool:
    """An operator without functions on the stack; False where it has no value."""
    sp = r[_SP] - arity
    a, la, b, lb, c, lc = 0, 0, 0, 0, 0, 0
    if arity > 0:
        a, la = stack[sp, 0], stack[sp, 1]
    if arity > 1:
        b, lb = stack[sp + 1, 0], stack[sp + 1, 1]
    if arity > 2:
        c, lc = stack[sp + 2, 0], stack[sp + 2, 1]
    length = apply(op, h, a, la, b, lb, c, lc, r[_TOP])
    if length < 0:
        return False
    stack[sp, 0], stack[sp, 1], stack[sp, 2] = r[_TOP], length, -1
    r[_SP] = sp + 1
    r[_TOP] += length
    return True


@numba.njit(cache=True, nogil=True)
def _leaf(op: int, x: int, offsets: Any, h: Any, point: int, stack: Any, env: Any, r: Any) -> bool:
    """A constant, a stored value, an argument or a function onto the stack; False where there is no value."""
    sp = r[_SP]
    if sp >= _STACK - 8:
        return False
    if op == BOUND:
        at = _ancestor(env, r[_E], x)
        stack[sp, 0], stack[sp, 1], stack[sp, 2] = env[at, 1], env[at, 2], env[at, 3]
    elif op == FUNCTION:
        if x < 0:
            at = _ancestor(env, r[_E], -1 - x)
            stack[sp, 0], stack[sp, 1], stack[sp, 2] = env[at, 1], env[at, 2], env[at, 3]
        else:
            stack[sp, 0], stack[sp, 1], stack[sp, 2] = x, -2, r[_E]
    else:
        first = x + (point if op == STORED else 0)
        start = offsets[first]
        length = offsets[first + 1] - start
        if length == 1 and h[start] == -2147483648:
            return False
        stack[sp, 0], stack[sp, 1], stack[sp, 2] = start, length, -1
    r[_SP] = sp + 1
    return True


@numba.njit(cache=True, nogil=True)
def execute(
    code: Any, arity: Any, offsets: Any, h: Any, stack: Any, frames: Any, env: Any, r: Any, point: int, fuel: int
) -> bool:
    """Run instructions from register PC until the outermost frame returns; the value is on the stack.

    Returns False where there is no value, or after ``fuel`` instructions.
    """
    deepest, widest = len(frames) - 2, len(env) - 8
    while fuel > 0:
        fuel -= 1
        pc = r[_PC]
        op, x = code[pc, 0], code[pc, 1]
        r[_PC] = pc + 1
        if op == RETURN:
            if r[_FP] < 0:
                return True
            _consume(h, stack, frames, env, r)
            continue
        if op <= BOUND or op == FUNCTION:
            if not _leaf(op, x, offsets, h, point, stack, env, r):
                return False
            continue
        if op == JUMP:
            r[_PC] += x
            continue
        if op == BRANCH:
            r[_SP] -= 1
            if h[stack[r[_SP], 0]] == 0:
                r[_PC] += x
            continue
        if r[_FP] >= deepest or r[_FREE] >= widest or r[_SP] > 240 or r[_TOP] + 1200 > len(h):
            return False
        if op == CALL:
            _call(x, -1, code[pc, 2], stack, frames, env, r)
        elif op == INVOKE:
            at = _ancestor(env, r[_E], x)
            _call(env[at, 1], env[at, 3], code[pc, 2], stack, frames, env, r)
        elif op >= MAP:
            body, outer = x, r[_E]
            if x < 0:
                at = _ancestor(env, r[_E], -1 - x)
                body, outer = env[at, 1], env[at, 3]
            _enter(op, body, outer, h, stack, frames, env, r)
        elif not _operate(op, arity[op], h, stack, r):
            return False
    return False


@numba.njit(cache=True, nogil=True)
def run_functional(
    code: Any,
    arity: Any,
    offsets: Any,
    h: Any,
    workspace: Any,
    op: int,
    body: int,
    outer: Any,
    xs: Any,
    ys: Any,
    at: Any,
) -> int:
    """A functional applied to slices; its value begins at ``stack[0, 0]``. Returns its length, or -1.

    Parameters
    ----------
    outer : (int, int)
        The environment in which the function was made, and the first free one.
    xs, ys : (int, int)
        Start and length of the arguments.
    at : (int, int, int)
        The point, the first free cell of the heap, and an instruction that returns.
    """
    stack, frames, env, r = workspace
    point, top, halt = at
    if top + 1200 > len(h):
        return -1
    stack[0, 0], stack[0, 1] = xs
    stack[1, 0], stack[1, 1] = ys
    r[_PC], r[_E], r[_FREE], r[_FP], r[_TOP] = halt, outer[0], outer[1], -1, top
    r[_SP] = 2 if op >= ZIP else 1
    _enter(op, body, outer[0], h, stack, frames, env, r)
    if execute(code, arity, offsets, h, stack, frames, env, r, point, 20000):
        return stack[0, 1]
    return -1


@numba.njit(cache=True, nogil=True)
def run_call(code: Any, arity: Any, offsets: Any, h: Any, workspace: Any, body: Any, outer: Any, at: Any) -> bool:
    """Run the body of a defined operator on the arguments that lie on the stack; its value is ``stack[0]``.

    Parameters
    ----------
    body : (int, int)
        Where its instructions begin, and the number of its arguments.
    outer : (int, int)
        The environment of the call, and the first free one.
    at : (int, int, int)
        The point, the first free cell of the heap, and an instruction that returns.
    """
    stack, frames, env, r = workspace
    point, top, halt = at
    r[_PC], r[_E], r[_FREE], r[_FP], r[_TOP], r[_SP] = halt, outer[0], outer[1], -1, top, body[1]
    _call(body[0], -1, body[1], stack, frames, env, r)
    return execute(code, arity, offsets, h, stack, frames, env, r, point, 20000)
