"""Finishing a search: kept candidates become rows of a Fit, simplified, with every constant at an optimum of all rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.algebras.evaluate import evaluate, evaluate_many, fit_constants
from induce.algebras.intervals import bounds
from induce.choosing import describe
from induce.fit import Row
from induce.learners.archive import Entry
from induce.learners.forms import agree
from induce.task import Task
from induce.terms import hole as holes
from induce.terms.codes import Programs
from induce.terms.factor import outer_factors
from induce.terms.op import LITERAL
from induce.terms.rewrite import normal_form
from induce.terms.term import Term, literal

__all__ = ["finish_rows", "standard_errors"]

Array = NDArray[np.float64]
RELATIVE_FLOOR = 1e-11
"""Errors below this share of the target's spread are rounding, not misfit."""


class _Rows:
    """The rows on which formulas are polished, scored and compared."""

    def __init__(self, task: Task, most: int) -> None:
        self.columns, self.target, self.weights = task.subset(most)
        self.total = task.evidence if len(self.target) == task.table.rows else len(self.target)
        self.weights = self.weights * (self.total / self.weights.sum())
        mean = float(np.average(self.target, weights=self.weights))
        self.variance = max(float(np.average((self.target - mean) ** 2, weights=self.weights)), 1e-300)

    def loss(self, programs: Programs) -> Array:
        """Weighted mean square errors."""
        values = evaluate_many(programs, self.columns)
        with np.errstate(all="ignore"):
            return np.asarray(((values - self.target) ** 2) @ self.weights / self.weights.sum())


def finish_rows(
    task: Task, entries: Sequence[Entry], *, most_rows: int, out_of_time: Callable[[], bool], noise: float | None
) -> list[Row]:
    """Rows of the Pareto front from archive entries.

    Parameters
    ----------
    task : Task
    entries : sequence of Entry
        Candidates; the front is recomputed from what they become.
    most_rows : int
        Rows used for the last polish.
    out_of_time : callable
        Asked between candidates; the remaining ones are finished without polishing.
    noise : float or None
        Standard deviation of the noise, if known.
    """
    rows = _Rows(task, most_rows)
    ranges = {n: (float(c.min()), float(c.max())) for n, c in zip(task.table.names, task.table.values, strict=True)}
    made: dict[Term, Row] = {}
    for entry in entries:
        row = _finish_one(task, entry, rows, ranges, noise, polish=not out_of_time())
        if row is not None and (row.term not in made or row.loss < made[row.term].loss):
            made[row.term] = row
    return _front(sorted(made.values(), key=lambda r: (r.size, r.loss)))


def _front(rows: Sequence[Row]) -> list[Row]:
    best = math.inf
    front: list[Row] = []
    for row in rows:
        if row.loss < best * (1 - 1e-9) or not front:
            if front and front[-1].size == row.size:
                continue
            front.append(row)
            best = row.loss
    return front


def _finish_one(
    task: Task, entry: Entry, rows: _Rows, ranges: dict[str, tuple[float, float]], noise: float | None, polish: bool
) -> Row | None:
    raw = task.codebook.decode(entry.programs)[0]
    term = outer_factors(normal_form(raw, ranges=ranges))
    if not _units_agree(task, term) or task.codebook.encode([term]).sizes[0] > 4 * entry.size + 8:
        term = raw
    sketch, values = _open_constants(term)
    if polish and values:
        sketch, values = _polish(task, sketch, values, rows, noise)
    term = _close(sketch, values)
    again = normal_form(term, ranges=ranges)
    if again is not term and _units_agree(task, again):
        sketch, values = _open_constants(again)
        term = again
    programs = task.codebook.encode([_with_starts(sketch, values)])
    loss = float(rows.loss(programs)[0])
    if not math.isfinite(loss):
        if term is raw:
            return None
        term, (sketch, values) = raw, _open_constants(raw)
        programs = task.codebook.encode([_with_starts(sketch, values)])
        loss = float(rows.loss(programs)[0])
        if not math.isfinite(loss):
            return None
    errors = standard_errors(task, programs, sketch, rows, noise) if values else {}
    floor = (noise**2 if noise else 0.0) + rows.variance * RELATIVE_FLOOR**2
    alphabet = len(task.table.names) + (len(task.space.ops) if task.space else 8) + 1
    return Row(
        term=term,
        sketch=sketch,
        values=values,
        errors=errors,
        size=term.size,
        loss=loss,
        r2=1.0 - loss / rows.variance,
        held_out=_held_out(task, term),
        description_length=describe(loss, term.size, len(values), task.evidence, floor, alphabet),
        source=entry.source,
        found_at=entry.found_at,
        defined=_defined(term, ranges),
    )


def _open_constants(term: Term) -> tuple[Term, dict[str, float]]:
    """The term with every float literal turned into a hole ``c0, c1, ...``, and their values."""
    values: dict[str, float] = {}

    def step(node: Term, args: tuple[Term, ...]) -> Term:
        if node.op is LITERAL and isinstance(node.payload, float) and math.isfinite(node.payload):
            name = f"c{len(values)}"
            values[name] = node.payload
            return holes.real(name)
        return node.rebuild(args) if node.args else node

    occurrences = [n for n in term.walk_postfix() if n.op is LITERAL and isinstance(n.payload, float)]
    if len(set(occurrences)) == len(occurrences):
        return term.fold(step), values
    return _open_each(term)


def _open_each(term: Term) -> tuple[Term, dict[str, float]]:
    """As above when one literal occurs several times: every occurrence is a constant of its own."""
    values: dict[str, float] = {}
    stack: list[Term] = []
    for node in term.walk_postfix():
        if node.op is LITERAL and isinstance(node.payload, float) and math.isfinite(node.payload):
            name = f"c{len(values)}"
            values[name] = node.payload
            stack.append(holes.real(name))
        elif node.args:
            args = tuple(stack[len(stack) - len(node.args) :])
            del stack[len(stack) - len(node.args) :]
            stack.append(node.rebuild(args))
        else:
            stack.append(node)
    return stack[0], values


def _close(sketch: Term, values: dict[str, float]) -> Term:
    return (
        sketch.replace({name: literal(float(value), sketch.sort) for name, value in values.items()})
        if values
        else sketch
    )


def _with_starts(sketch: Term, values: dict[str, float]) -> Term:
    """The sketch whose holes start at the given values (the codebook reads starts)."""
    if not values:
        return sketch
    return sketch.replace({h: holes.real(h.name, start=float(values[h.name])) for h in sketch.holes})


def _names_in_order(sketch: Term) -> list[str]:
    return [n.name for n in sketch.walk_postfix() if n.is_hole]


def _fit(
    task: Task, sketch: Term, values: dict[str, float], rows: _Rows, iterations: int
) -> tuple[dict[str, float], float]:
    programs = task.codebook.encode([_with_starts(sketch, values)])
    fitted, loss = fit_constants(programs, rows.columns, rows.target, weights=rows.weights, iterations=iterations)
    found = fitted.values[fitted.free]
    return dict(zip(_names_in_order(sketch), map(float, found), strict=True)), float(loss[0]) / rows.weights.sum()


def _polish(
    task: Task, sketch: Term, values: dict[str, float], rows: _Rows, noise: float | None
) -> tuple[Term, dict[str, float]]:
    """Constants to their optimum, then each to a simple number where the data cannot tell the difference."""
    fitted, loss = _fit(task, sketch, values, rows, 200)
    if not math.isfinite(loss):
        return sketch, values
    values = fitted
    while values:
        programs = task.codebook.encode([_with_starts(sketch, values)])
        errors = standard_errors(task, programs, sketch, rows, noise)
        step = _round_one(task, sketch, values, errors, rows, loss)
        if step is None:
            return sketch, values
        sketch, values, loss = step
    return sketch, values


def _round_one(
    task: Task, sketch: Term, values: dict[str, float], errors: dict[str, float], rows: _Rows, loss: float
) -> tuple[Term, dict[str, float], float] | None:
    """Fix the constant that is nearest to a simple number, if the loss does not rise beyond noise."""
    tried = []
    for name, value in values.items():
        for nice in _simple_numbers(value, errors[name]):
            if nice.denominator % 3 == 0 and task.space is not None and all(op.name != "/" for op in task.space.ops):
                continue  # a third is written as a quotient
            distance = abs(value - float(nice)) / max(errors[name], 1e-12 * abs(value), 1e-300)
            tried.append((distance, name, nice))
    for _, name, nice in sorted(tried, key=lambda t: (t[0], t[1])):
        fixed = sketch.replace({name: _number(nice, sketch)})
        if not _units_agree(task, fixed):
            continue  # the constant carries a unit that a plain number cannot
        rest = {n: v for n, v in values.items() if n != name}
        if rest:
            rest, new_loss = _fit(task, fixed, rest, rows, 50)
        else:
            new_loss = float(rows.loss(task.codebook.encode([fixed]))[0])
        # one constant less lowers the likelihood ratio by a chi-square of one degree: 4 is about its 95 % point
        allowed = loss * (1 + 4.0 / rows.total) + rows.variance * RELATIVE_FLOOR**2
        if new_loss <= allowed:
            return fixed, rest, new_loss
    return None


def _units_agree(task: Task, sketch: Term) -> bool:
    """Whether the units agree, real holes and float literals standing for constants with units."""
    if not task.dimensions[0].shape[1]:
        return True
    opened = sketch if sketch.holes else _open_constants(sketch)[0]
    return bool(agree(task, task.codebook.encode([opened]))[0])


def _number(nice: Fraction | float, sketch: Term) -> Term:
    if isinstance(nice, Fraction) and nice.denominator == 1:
        return literal(int(nice), sketch.sort)
    if isinstance(nice, Fraction) and nice.denominator % 3 == 0:
        from induce.terms.arithmetic import arithmetic

        return arithmetic["/"](int(nice.numerator), int(nice.denominator))
    return literal(float(nice), sketch.sort)


def _simple_numbers(value: float, error: float) -> list[Fraction]:
    """Whole numbers and halves within two standard errors; other small fractions only within 1e-7 of the value."""
    if not math.isfinite(value) or abs(value) > 1e6:
        return []
    exact = max(1e-7 * abs(value), 1e-12)
    reach = min(max(2.0 * error if math.isfinite(error) else 0.0, exact), 0.02 * max(abs(value), 0.05))
    found = []
    for denominator in (1, 2, 3, 4, 5, 6, 8, 10, 20):
        nearest = Fraction(round(value * denominator), denominator)
        if nearest.denominator == denominator and abs(float(nearest) - value) <= (reach if denominator <= 2 else exact):
            found.append(nearest)
    return found


def standard_errors(task: Task, programs: Programs, sketch: Term, rows: _Rows, noise: float | None) -> dict[str, float]:
    """``sigma sqrt(diag((J' W J)^-1))``; sigma from the residuals unless the noise is known."""
    from induce.algebras.adjoints import plan_tape
    from induce.algebras.kernels import BLOCK
    from induce.algebras.least_squares import normal_equations

    nodes, slots = len(programs.codes), len(programs.values)
    columns = rows.columns.shape[0]
    plan = (np.empty(nodes, np.int64), np.empty((nodes, 2), np.int64), np.empty(nodes, bool))
    plan_tape(programs.codes, 0, nodes, columns, programs.free, 0, *plan)
    work = (np.empty((columns + nodes + 1, BLOCK)), np.empty((nodes, BLOCK)), np.zeros((max(slots, 1), BLOCK)))
    free = np.flatnonzero(programs.free)
    gram, slope = np.zeros((len(free), len(free))), np.zeros(len(free))
    program, data = (programs.codes, 0, nodes, 0), (rows.columns, rows.target, rows.weights)
    squares = normal_equations(program, programs.values, data, plan, work, free, gram, slope)
    names = _names_in_order(sketch)
    freedom = max(rows.total - len(free), 1)
    sigma2 = noise**2 if noise else squares / freedom
    with np.errstate(all="ignore"):
        scale = np.sqrt(np.diag(gram))
        scale[scale == 0] = 1.0
        try:
            inverse = np.linalg.inv(gram / np.outer(scale, scale))
        except np.linalg.LinAlgError:
            return dict.fromkeys(names, math.nan)
        deviation = np.sqrt(np.diag(inverse) * sigma2) / scale
    return dict(zip(names, map(float, deviation), strict=True))


def _held_out(task: Task, term: Term) -> float | None:
    if task.held_out is None:
        return None
    table, target = task.held_out
    value = np.broadcast_to(evaluate(term, table.to_dict()), target.shape)
    return float(np.mean((value - target) ** 2))


def _defined(term: Term, ranges: dict[str, tuple[float, float]]) -> bool:
    """Whether interval bounds prove every sub-term defined on the box of the data."""
    partial = {"log", "sqrt", "/", "inverse", "^", "asin", "acos", "tan"}
    used = {node.op.name for node in term.postorder()} & partial
    if not used:
        return True
    for node in term.postorder():
        name = node.op.name
        if name not in used or not node.args:
            continue
        low, high = bounds(
            node.args[-1] if name == "/" else node.args[0], {v.name: ranges[v.name] for v in node.variables}
        )
        if name in ("log", "sqrt"):
            inside = low > 0 or (name == "sqrt" and low >= 0)
        elif name in ("/", "inverse"):
            inside = low > 0 or high < 0
        elif name == "^":
            power = node.args[1]
            whole = power.op is LITERAL and float(power.payload).is_integer() and float(power.payload) >= 0
            inside = low > 0 or whole
        else:
            inside = name in ("asin", "acos") and -1 <= low and high <= 1
        if not inside:
            return False
    return True


def row_of_modules(
    task: Task, values: dict[str, Any], loss: float, source: str, found_at: float
) -> tuple[Row, dict[str, Any]]:
    """The row of a sketch with nets, and its modules with the given parameters."""
    from induce.algebras.module import to_torch

    module = to_torch(task.sketch, inputs=task.table.names)
    module.load_state_dict(values)
    term = module.filled()
    row = Row(
        term, task.sketch, {}, {}, term.size, loss, 1.0 - loss / task.scale, None, math.nan, source, found_at, False
    )
    return row, dict(module.nets.items())
