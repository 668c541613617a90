"""Finishing a search: kept candidates become rows of a Fit, simplified, with every constant at an optimum of all rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.algebras.evaluate import evaluate
from induce.algebras.intervals import bounds
from induce.choosing import describe
from induce.fit import Row
from induce.learners.archive import Entry
from induce.polish import (
    RELATIVE_FLOOR,
    PolishRows,
    closed_with,
    open_constants,
    polished,
    standard_errors,
    units_agree,
    with_starts,
)
from induce.task import Task
from induce.terms.factor import outer_factors
from induce.terms.op import LITERAL
from induce.terms.rewrite import normal_form
from induce.terms.term import Term

__all__ = ["finish_rows"]

Array = NDArray[np.float64]


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
    rows = PolishRows(task, most_rows)
    ranges = {n: (float(c.min()), float(c.max())) for n, c in zip(task.table.names, task.table.values, strict=True)}
    made: dict[Term, Row] = {}
    for entry in entries:
        row = _finish_one(task, entry, rows, ranges, noise, polish=not out_of_time())
        if row is not None and not _allowed(task, row.term):
            # simplification or rounding lost what a condition asks for: keep the candidate as it was found
            row = _finish_one(task, entry, rows, ranges, noise, polish=True, simplify=False)
            if row is not None and not _allowed(task, row.term):
                continue
        if row is not None and (row.term not in made or row.loss < made[row.term].loss):
            made[row.term] = row
    return _front(sorted(made.values(), key=lambda r: (r.size, r.loss)))


def _allowed(task: Task, term: Term) -> bool:
    return all(condition(term) for condition in task.subject_to)


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
    task: Task,
    entry: Entry,
    rows: PolishRows,
    ranges: dict[str, tuple[float, float]],
    noise: float | None,
    polish: bool,
    simplify: bool = True,
) -> Row | None:
    raw = task.codebook.decode(entry.programs)[0]
    term = outer_factors(normal_form(raw, ranges=ranges)) if simplify else raw
    if not units_agree(task, term) or task.codebook.encode([term]).sizes[0] > 4 * entry.size + 8:
        term = raw
    sketch, values = open_constants(term)
    fixed: frozenset[float] = frozenset()
    if values:
        sketch, values, fixed = polished(task, sketch, values, rows, noise, rounding=polish)
    term = closed_with(sketch, values)
    again = normal_form(term, ranges=ranges) if simplify else term
    if again is not term and units_agree(task, again):
        # numbers that merge are fitted again; those that were rounded stay as they are
        sketch, values = open_constants(again, fixed)
        sketch, values, _ = polished(task, sketch, values, rows, noise, rounding=False)
        term = closed_with(sketch, values)
    programs = task.codebook.encode([with_starts(sketch, values)])
    loss = float(rows.loss(programs)[0])
    if not math.isfinite(loss):
        if term is raw:
            return None
        sketch, values, _ = polished(task, *open_constants(raw), rows, noise, rounding=False)
        term = closed_with(sketch, values)
        programs = task.codebook.encode([with_starts(sketch, values)])
        loss = float(rows.loss(programs)[0])
        if not math.isfinite(loss):
            return None
    errors = standard_errors(task, programs, sketch, rows, noise) if values else {}
    floor = rows.variance * RELATIVE_FLOOR**2
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
        description_length=describe(loss, term.size, len(values), task.evidence, floor, alphabet, noise),
        source=entry.source,
        found_at=entry.found_at,
        defined=_defined(term, ranges),
    )


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
