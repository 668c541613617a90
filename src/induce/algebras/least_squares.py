"""Batched Levenberg-Marquardt with variable projection over postfix programs.

Minimises ``sum_i w_i (f(x_i; c) - y_i)^2`` over the free constants ``c`` of each program. Constants in which the program is
affine are eliminated at every step (variable projection in Kaufman's form): the step is damped only in the others, and
the affine ones are then solved exactly from the same normal equations.

Sources: K. Levenberg (1944); D. Marquardt (1963), An Algorithm for Least-Squares Estimation of Nonlinear Parameters;
G. Golub and V. Pereyra (1973), The Differentiation of Pseudo-Inverses and Nonlinear Least Squares Problems Whose
Variables Separate; L. Kaufman (1975), A Variable Projection Method for Solving Separable Nonlinear Least Squares Problems;
J. More (1978), The Levenberg-Marquardt Algorithm: Implementation and Theory.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from induce.algebras.adjoints import jacobian_block, plan_tape
from induce.algebras.kernels import ADD, BLOCK, DIV, MUL, NEG, SUB, load_block

__all__ = ["affine_slots", "fit_many", "normal_equations"]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def affine_slots(codes: Any, start: int, end: int, children: Any, free: Any, first: int, out: Any) -> int:
    """Mark free slots in which the program is jointly affine; returns how many."""
    nodes = end - start
    parent = np.full(nodes, -1, np.int64)
    holds = np.zeros(nodes, np.bool_)  # a marked slot lies below
    for j in range(nodes):
        for side in range(2):
            if children[j, side] >= 0:
                parent[children[j, side]] = j
    count = 0
    for j in range(nodes):
        c = codes[start + j]
        if c >= 0 or not free[first - 1 - c]:
            continue
        ok, node = True, j
        while parent[node] >= 0 and ok:
            up = parent[node]
            op = codes[start + up]
            if op == MUL:
                other = children[up, 1] if children[up, 0] == node else children[up, 0]
                ok = not holds[other]
            elif op == DIV:
                ok = children[up, 0] == node and not holds[children[up, 1]]
            elif op != ADD and op != SUB and op != NEG:
                ok = False
            node = up
        out[-1 - c] = ok
        if ok:
            count += 1
            node = j
            while node >= 0:
                holds[node] = True
                node = parent[node]
    return count


@numba.njit(cache=True, nogil=True, error_model="numpy")
def normal_equations(
    program: Any, values: Any, data: Any, plan: Any, work: Any, slots: Any, gram: Any, slope: Any
) -> float:
    """Loss, ``J' W J`` and ``J' W (y - f)`` over all points; infinity if any value or derivative is not finite.

    Parameters
    ----------
    program : (codes, start, end, first)
        One program and the place of its first constant in ``values``.
    data : (table, target, weights)
        ``weights`` may be empty (all one).
    plan : (place, children, live) from :func:`induce.algebras.adjoints.plan_tape`.
    work : (tape, grad, jacobian)
        Room of shapes (columns + nodes + 1, BLOCK), (nodes, BLOCK) and (constants, BLOCK).
    slots : array of the constant slots to fit.
    gram, slope : arrays of shapes (k, k) and (k,); written.
    """
    codes, start, end, first = program
    table, target, weights = data
    tape, grad, jacobian = work
    columns, points = table.shape
    k = len(slots)
    gram[:, :] = 0.0
    slope[:] = 0.0
    loss = 0.0
    weighted = len(weights) > 0
    for at in range(0, points, BLOCK):
        n = min(BLOCK, points - at)
        load_block(table, at, n, tape)
        row = jacobian_block(codes, start, end, values, first, tape, grad, plan, columns, n, jacobian)
        part = 0.0
        for i in range(n):
            r = target[at + i] - tape[row, i]
            w = weights[at + i] if weighted else 1.0
            part += w * r * r
            grad[0, i] = w * r
        if not part < np.inf:
            return np.inf
        loss += part
        for a in range(k):
            s = 0.0
            for i in range(n):
                s += jacobian[slots[a], i] * grad[0, i]
            slope[a] += s
            for b in range(a + 1):
                g = 0.0
                if weighted:
                    for i in range(n):
                        g += jacobian[slots[a], i] * jacobian[slots[b], i] * weights[at + i]
                else:
                    for i in range(n):
                        g += jacobian[slots[a], i] * jacobian[slots[b], i]
                gram[a, b] += g
    for a in range(k):
        if not abs(slope[a]) < np.inf:
            return np.inf
        for b in range(a):
            gram[b, a] = gram[a, b]
    return loss


@numba.njit(cache=True, nogil=True, error_model="numpy")
def solve_damped(gram: Any, slope: Any, damping: Any, use: Any, lower: Any, step: Any) -> bool:
    """Solve ``(G + diag(damping)) step = slope`` over the marked rows by Cholesky; False if not definite."""
    k = len(slope)
    for a in range(k):
        step[a] = 0.0
        for b in range(a + 1):
            s = gram[a, b] if use[a] and use[b] else 0.0
            if a == b:
                s = s + damping[a] + 1e-300 if use[a] else 1.0
            floor = s
            for j in range(b):
                s -= lower[a, j] * lower[b, j]
            if a == b:
                if not s > 1e-14 * floor:
                    return False
                lower[a, a] = np.sqrt(s)
            else:
                lower[a, b] = s / lower[b, b]
    for a in range(k):
        s = slope[a] if use[a] else 0.0
        for j in range(a):
            s -= lower[a, j] * step[j]
        step[a] = s / lower[a, a]
    for a in range(k - 1, -1, -1):
        s = step[a]
        for j in range(a + 1, k):
            s -= lower[j, a] * step[j]
        step[a] = s / lower[a, a]
    return True


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _solve_affine(
    gram: Any, slope: Any, affine: Any, room: Any, values: Any, first: int, slots: Any, limits: Any, loss: float
) -> float:
    """Move the affine constants to their optimum; returns the new loss and updates slope to match."""
    lower, zero, step = room
    low, high = limits
    if not solve_damped(gram, slope, zero, affine, lower, step):
        return loss
    k = len(slots)
    for a in range(k):
        if affine[a]:
            old = values[first + slots[a]]
            if not (low[first + slots[a]] <= old + step[a] <= high[first + slots[a]]):
                return loss
    gain = 0.0
    for a in range(k):
        if affine[a]:
            gain += step[a] * slope[a]
            values[first + slots[a]] += step[a]
    for a in range(k):
        for b in range(k):
            if affine[b]:
                zero[a] += gram[a, b] * step[b]
    for a in range(k):
        slope[a] -= zero[a]
        zero[a] = 0.0
    return max(loss - gain, 0.0)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _free_slots(program: Any, free: Any, children: Any) -> Any:
    """The slots of a program's free constants, and which of them enter affinely."""
    codes, start, end, first = program
    held = 0
    for k in range(start, end):
        if codes[k] < 0:
            held += 1
    marks = np.zeros(held, np.bool_)
    affine_slots(codes, start, end, children, free, first, marks)
    slots = np.flatnonzero(free[first : first + held])
    return slots, marks[slots]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _damped_step(gram: Any, slope: Any, scale: Any, damping: Any, affine: Any, mu: float, room: Any) -> float:
    """The Levenberg-Marquardt step into ``room``; returns the damping used, or the negative of it if there is no step.

    A constant is damped by the largest curvature it has had (More 1978): where its own vanishes, as at the top of a
    cosine, it would otherwise be sent far away, and every step be refused for its sake.
    """
    lower, _, step = room
    every = np.ones(len(slope), np.bool_)
    for a in range(len(slope)):
        scale[a] = max(scale[a], gram[a, a])
        damping[a] = 1e-12 * gram[a, a] if affine[a] else mu * scale[a]
    if solve_damped(gram, slope, damping, every, lower, step):
        return mu
    damping[:] = mu * 10.0 * scale
    return mu * 10.0 if solve_damped(gram, slope, damping, every, lower, step) else -mu * 10.0


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _descend(
    program: Any, values: Any, limits: Any, data: Any, iterations: int, plan: Any, work: Any, slots: Any, affine: Any,
    gram: Any, slope: Any, loss: float,
) -> None:  # fmt: skip
    """Levenberg-Marquardt steps in place, from values whose loss and normal equations are given."""
    first, count = program[3], len(slots)
    low, high = limits
    last = first + slots[count - 1] + 1
    room = (np.zeros((count, count)), np.zeros(count), np.zeros(count))
    trial, scale, damping, step = values.copy(), np.zeros(count), np.zeros(count), room[2]
    best_gram, best_slope = gram.copy(), slope.copy()
    loss = _solve_affine(gram, slope, affine, room, values, first, slots, limits, loss)
    # moving the affine constants rescales the other columns of the Jacobian, so they are stale until computed again
    mu, quiet, stale = 1e-3, 0, True
    for _ in range(iterations):
        if stale:
            loss = normal_equations(program, values, data, plan, work, slots, best_gram, best_slope)
            stale = False
        if not loss < np.inf:
            break
        mu = _damped_step(best_gram, best_slope, scale, damping, affine, mu, room)
        if mu < 0.0:
            mu = -mu
            if mu > 1e12:
                break
            continue
        trial[first:last] = values[first:last]
        moved = 0.0
        for a in range(count):
            s = first + slots[a]
            new = min(max(values[s] + step[a], low[s]), high[s])
            moved = max(moved, abs(new - values[s]) / (abs(values[s]) + 1e-8))
            trial[s] = new
        new_loss = normal_equations(program, trial, data, plan, work, slots, gram, slope)
        if new_loss < np.inf:
            new_loss = _solve_affine(gram, slope, affine, room, trial, first, slots, limits, new_loss)
        if new_loss <= loss:
            small = loss - new_loss <= 1e-9 * loss
            for a in range(count):
                s = first + slots[a]
                stale = stale or (affine[a] and abs(trial[s] - values[s]) > 1e-3 * abs(trial[s]))
            values[first:last] = trial[first:last]
            loss = new_loss
            best_gram[:, :] = gram
            best_slope[:] = slope
            mu = max(mu * 0.2, 1e-12)
            quiet = quiet + 1 if small or moved < 1e-10 else 0
        else:
            mu *= 5.0
            quiet = quiet + 1 if moved < 1e-10 else quiet
        if quiet >= 2 or mu > 1e12:
            break


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _fit_one(
    program: Any, values: Any, free: Any, limits: Any, data: Any, iterations: int, plan: Any, work: Any
) -> float:
    """Fit one program's free constants in place; returns the loss."""
    codes, start, end, first = program
    place, children, live = plan
    plan_tape(codes, start, end, data[0].shape[0], free, first, place, children, live)
    slots, affine = _free_slots(program, free, children)
    count = len(slots)
    gram, slope = np.zeros((count, count)), np.zeros(count)
    began = normal_equations(program, values, data, plan, work, slots, gram, slope)
    if count == 0 or not began < np.inf:
        return began
    last = first + slots[count - 1] + 1
    given = values[first:last].copy()
    _descend(program, values, limits, data, iterations, plan, work, slots, affine, gram, slope, began)
    # the bookkeeping there can be off where the affine system is nearly singular: report what the values really give
    final = normal_equations(program, values, data, plan, work, slots, gram, slope)
    if not final <= began:
        values[first:last] = given
        return began
    return final


@numba.njit(cache=True, nogil=True, error_model="numpy")
def fit_many(
    codes: Any,
    offsets: Any,
    values: Any,
    value_offsets: Any,
    free: Any,
    bounds: Any,
    table: Any,
    target: Any,
    weights: Any,
    iterations: int,
    loss: Any,
) -> None:
    """Fit every program's free constants in place; ``loss[p]`` receives the weighted sum of squares.

    ``bounds`` has shape (2, total slots): lower and upper limits. ``weights`` may be empty (all one).
    """
    longest, slots = 1, 1
    for p in range(len(offsets) - 1):
        longest = max(longest, offsets[p + 1] - offsets[p])
        slots = max(slots, value_offsets[p + 1] - value_offsets[p])
    columns = table.shape[0]
    data, limits = (table, target, weights), (bounds[0], bounds[1])
    place, children = np.empty(longest, np.int64), np.empty((longest, 2), np.int64)
    live = np.empty(longest, np.bool_)
    work = (np.empty((columns + longest + 1, BLOCK)), np.empty((longest, BLOCK)), np.zeros((slots, BLOCK)))
    for p in range(len(offsets) - 1):
        program = (codes, offsets[p], offsets[p + 1], value_offsets[p])
        loss[p] = _fit_one(program, values, free, limits, data, iterations, (place, children, live), work)


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[misc]
def jacobian_rows(
    codes: Any, offsets: Any, values: Any, value_offsets: Any, free: Any, table: Any, out: Any, slopes: Any
) -> None:
    """Values of every program into ``out`` (programs, points), derivatives by every slot into ``slopes`` (slots, points)."""
    longest, slots = 1, 1
    for p in range(len(offsets) - 1):
        longest = max(longest, offsets[p + 1] - offsets[p])
        slots = max(slots, value_offsets[p + 1] - value_offsets[p])
    columns, points = table.shape
    place, children = np.empty(longest, np.int64), np.empty((longest, 2), np.int64)
    live = np.empty(longest, np.bool_)
    tape, grad = np.empty((columns + longest + 1, BLOCK)), np.empty((longest, BLOCK))
    jacobian = np.zeros((slots, BLOCK))
    for at in range(0, points, BLOCK):
        n = min(BLOCK, points - at)
        load_block(table, at, n, tape)
        for p in range(len(offsets) - 1):
            start, end, first = offsets[p], offsets[p + 1], value_offsets[p]
            plan_tape(codes, start, end, columns, free, first, place, children, live)
            row = jacobian_block(
                codes, start, end, values, first, tape, grad, (place, children, live), columns, n, jacobian
            )
            for i in range(n):
                out[p, at + i] = tape[row, i]
            for s in range(value_offsets[p + 1] - first):
                if free[first + s]:
                    for i in range(n):
                        slopes[first + s, at + i] = jacobian[s, i]
