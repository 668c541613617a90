"""Defined operators in typed enumeration: their values at all points, without calls where the body allows it."""

from __future__ import annotations

from typing import Any

import numba

from induce.algebras.instructions import BOUND, BRANCH, CONSTANT, JUMP, MAP, RETURN, ZIP, bind, run_call
from induce.algebras.machine import apply
from induce.algebras.scalars import run_scalar, scalar_functional
from induce.learners.programs.inlining import CALLED, NUMBERS, parts_of
from induce.learners.programs.rows import FLAGS, LENGTH, PC, SCALAR, hash_slice, slices

__all__ = ["defined"]

_CALL_IT = -2
"""Length that says that a body must be called after all."""


@numba.njit(cache=True, nogil=True)
def _straight(
    code: Any, arity: Any, offsets: Any, h: Any, scalars: Any, stack: Any, body: int, count: int, point: int, top: int
) -> tuple[int, int]:
    """Start and length of the value of a body whose arguments lie on the stack; -1 for no value, -2 if it must be called.

    A function among the arguments says in the third column of the stack whether it is on numbers alone.
    """
    sp, pc = count, body
    while True:
        op, x, mark = code[pc, 0], code[pc, 1], code[pc, 2]
        pc += 1
        if op == RETURN:
            return stack[sp - 1, 0], stack[sp - 1, 1]
        if op == BOUND:
            stack[sp, 0], stack[sp, 1] = stack[count - 1 - x, 0], stack[count - 1 - x, 1]
            sp += 1
            continue
        if op == CONSTANT:
            stack[sp, 0], stack[sp, 1] = offsets[x], offsets[x + 1] - offsets[x]
            sp += 1
            continue
        if op == JUMP:
            pc += x
            continue
        if op == BRANCH:
            sp -= 1
            if h[stack[sp, 0]] == 0:
                pc += x
            continue
        if sp > 240 or top + 1200 > len(h):
            return 0, _CALL_IT
        sp -= arity[op]
        if op >= MAP:
            length = _functional(code, offsets, h, scalars, stack, (op, x, mark), (sp, count), point, top)
        else:
            a, la, b, lb, c, lc = 0, 0, 0, 0, 0, 0
            if arity[op] > 0:
                a, la = stack[sp, 0], stack[sp, 1]
            if arity[op] > 1:
                b, lb = stack[sp + 1, 0], stack[sp + 1, 1]
            if arity[op] > 2:
                c, lc = stack[sp + 2, 0], stack[sp + 2, 1]
            length = apply(op, h, a, la, b, lb, c, lc, top)
        if length < 0:
            return 0, length
        stack[sp, 0], stack[sp, 1] = top, length
        sp += 1
        top += length


@numba.njit(cache=True, nogil=True)
def _functional(
    code: Any, offsets: Any, h: Any, scalars: Any, stack: Any, instruction: Any, at: Any, point: int, top: int
) -> int:
    """A functional over the lists at ``at[0]`` of the stack, written at ``top``; its length, -1 or -2."""
    op, x, mark = instruction
    sp, count = at
    function, outer = x, 0
    if x < 0:  # an argument
        if stack[count + x, 2] == 0:
            return _CALL_IT
        function = stack[count + x, 0]
    elif mark >= 2:
        outer = h[stack[count + 1 - mark, 0]]
    ys = (0, 0)
    if op >= ZIP:
        ys = (stack[sp + 1, 0], stack[sp + 1, 1])
    xs = (stack[sp, 0], stack[sp, 1])
    if op > ZIP and xs[1] != 1:
        return _CALL_IT
    return scalar_functional(code, offsets, h, scalars, op, function, xs, ys, outer, point, top)


@numba.njit(cache=True, nogil=True)
def _place_arguments(nodes: Any, offsets: Any, h: Any, stack: Any, rows: Any, count: int, p: int, depth: int) -> bool:
    """Put the arguments of a call at a point on the stack; False where one has no value."""
    for k in range(count):
        if nodes[rows[k], PC] >= 0 and nodes[rows[k], LENGTH] > 0 and depth == 0:  # the body of a function
            stack[k, 0], stack[k, 1], stack[k, 2] = nodes[rows[k], PC], -2, nodes[rows[k], FLAGS] & SCALAR
            continue
        start, length = slices(nodes, offsets, h, rows[k], p)
        if length < 0:
            return False
        stack[k, 0], stack[k, 1], stack[k, 2] = start, length, -1
    return True


@numba.njit(cache=True, nogil=True)
def _called(
    nodes: Any, offsets: Any, h: Any, code: Any, machine: Any, place: Any, body: int, count: int, p: int, top: int
) -> tuple[int, int]:
    """Start and length of the value of a body that is called at a point with the arguments on the stack; length -1 for none."""
    arity, _, workspace = machine
    stack, _, env, _ = workspace
    examples, bound = place
    if top + 3000 >= len(h):
        return 0, -1
    e = -1
    for k in range(len(bound)):
        start, length = slices(nodes, offsets, h, bound[k], p)
        e = bind(env, k, e, start, length)
    for k in range(count):
        if stack[k, 1] == -2:
            stack[k, 2] = e
    if run_call(code, arity, offsets, h, workspace, (body, count), (e, len(bound)), (examples[p], top, 0)):
        return stack[0, 0], stack[0, 1]
    return 0, -1


@numba.njit(cache=True, nogil=True)
def defined(
    op: int, nodes: Any, offsets: Any, h: Any, code: Any, machine: Any, place: Any, rows: Any, base: int, top: int, value: Any,
    partial: bool,
) -> tuple[Any, int, int]:  # fmt: skip
    """Values of a defined operator at all points: their hash, where they end, and how many are missing (-1: given up).

    A row of another place is the body of a function.
    """
    arity, scalars, workspace = machine
    stack, _, _, _ = workspace
    examples, bound = place
    body, kind, count = parts_of(op)
    lost = 0
    for p in range(len(examples)):
        offsets[base + p] = top
        start, length = 0, -1
        if kind == NUMBERS:  # the last argument is the innermost
            sx, lx = slices(nodes, offsets, h, rows[count - 1], p)
            sy, ly = slices(nodes, offsets, h, rows[0], p)
            if lx >= 0 and ly >= 0:
                h[top] = run_scalar(code, body, offsets, h, scalars, 0, h[sx], h[sy])
                start, length = top, -1 if h[top] == -2147483648 else 1
        elif _place_arguments(nodes, offsets, h, stack, rows, count, p, len(bound)):
            length = _CALL_IT
            if kind != CALLED:
                start, length = _straight(code, arity, offsets, h, scalars, stack, body, count, examples[p], top)
            if length == _CALL_IT:
                start, length = _called(nodes, offsets, h, code, machine, place, body, count, p, top)
        if length < 0 or length > 255:
            lost += 1
            if not partial:
                return value, top, -1
            h[top] = -2147483648
            length = 1
        elif start != top:  # a value lies at or after the place it is copied to, or among the arguments
            for k in range(length):
                h[top + k] = h[start + k]
        value = hash_slice(value, h, top, length)
        top += length
    offsets[base + len(examples)] = top
    return value, top, lost
