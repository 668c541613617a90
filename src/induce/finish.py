"""Finishing a search: kept candidates become rows of a Fit, simplified, with every constant at an optimum of all rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.algebras.evaluate import evaluate, evaluate_many
from induce.algebras.intervals import bounds
from induce.choosing import describe, inflation
from induce.errors import UnitError
from induce.fit import Row
from induce.learners.archive import Entry
from induce.outline import Outline
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
from induce.task import CHUNK, Task
from induce.terms.dimensions import units_of
from induce.terms.factor import outer_factors
from induce.terms.op import LITERAL
from induce.terms.rewrite import normal_form
from induce.terms.term import Term

__all__ = ["finish_rows"]

Array = NDArray[np.float64]
EXPONENT = math.log(5.0)
"""Nats that state one exponent of a constant's unit: about one of -2 to 2."""
FIRST_ROWS = 8192
"""Rows on which candidates are simplified and rounded; what then stands on the front is fitted on more."""


def finish_rows(
    task: Task,
    entries: Sequence[Entry],
    *,
    most_rows: int,
    out_of_time: Callable[[], bool],
    noise: float | None,
    note: Callable[[str], None] = lambda text: None,
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
    note : callable
        Receives a sentence when no formula is defined on all rows.
    """
    rows = PolishRows(task, min(most_rows, FIRST_ROWS))
    finish = _Finish(task, rows, noise)
    made: dict[Term, Row] = {}
    for entry in entries:
        row = finish.row(entry, rounding=not out_of_time())
        if row is not None and not _allowed(task, row.term):
            # simplification or rounding lost what a condition asks for: keep the candidate as it was found
            row = finish.row(entry, rounding=True, simplify=False)
            if row is not None and not _allowed(task, row.term):
                continue
        if row is not None and (row.term not in made or row.loss < made[row.term].loss):
            made[row.term] = row
    front = _front(sorted(made.values(), key=lambda r: (r.size, r.loss)))
    if len(rows.target) == task.table.rows:
        return front
    last = _Finish(task, PolishRows(task, most_rows), noise)
    if len(last.rows.target) == task.table.rows:
        return _front([row if out_of_time() else last.refitted(row) for row in front])
    return _confirmed(last, list(made.values()), out_of_time, note)


def _confirmed(
    last: _Finish, rows: Sequence[Row], out_of_time: Callable[[], bool], note: Callable[[str], None]
) -> list[Row]:
    """The front of the rows that are defined on the whole table; of all of them, with a note, if none is.

    Where a row of the front is dropped, those it stood before have their turn.
    """
    left = sorted(rows, key=lambda r: (r.size, r.loss))
    first, seen = _front(left), dict[Term, tuple[Row, int]]()
    front = first
    while front:
        for row in front:
            if row.term not in seen:
                seen[row.term] = last.everywhere(row if out_of_time() else last.refitted(row))
        if not any(seen[row.term][1] for row in front):
            dropped = [pair for pair in seen.values() if pair[1]]
            if dropped:
                best, count = min(dropped, key=lambda pair: pair[0].loss)
                note(
                    f"formulas that are undefined on rows of the table beyond those they were fitted on were dropped; the best, "
                    f"'{best.text()}', on {count:,} of {last.task.table.rows:,}"
                )
            return _front([seen[row.term][0] for row in front])
        left = [row for row in left if row.term not in seen or not seen[row.term][1]]
        front = _front(left)
    undefined = [seen[row.term][1] for row in first]
    if first:
        few, many = min(undefined), max(undefined)
        note(
            f"no formula is defined on all {last.task.table.rows:,} rows: those of the front are undefined on "
            f"{few:,}{f' to {many:,}' if many > few else ''} of them, and scored on the others"
        )
    return _front([seen[row.term][0] for row in first])


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


class _Finish:
    """Makes rows of a Fit on some rows of the table."""

    def __init__(self, task: Task, rows: PolishRows, noise: float | None) -> None:
        self.task, self.rows, self.noise = task, rows, noise
        table = task.table
        self.ranges = {n: (float(c.min()), float(c.max())) for n, c in zip(table.names, table.values, strict=True)}
        self.given = _numbers_of((task.sketch, *task.planted))
        if task.space is not None and not task.space.constants:
            self.given |= {abs(number) for number in task.space.literals}
        self.outline = Outline.of(task.sketch, table.names)

    def row(self, entry: Entry, *, rounding: bool, simplify: bool = True) -> Row | None:
        """A row from a kept candidate; None if it is finite nowhere."""
        task, ranges = self.task, self.ranges
        raw = task.codebook.decode(entry.programs)[0]
        if self.outline is not None:
            return self._filled(raw, entry, rounding=rounding, simplify=simplify)
        term = outer_factors(normal_form(raw, ranges=ranges)) if simplify else raw
        if not units_agree(task, term) or task.codebook.encode([term]).sizes[0] > 4 * entry.size + 8:
            term = raw
        sketch, values, fixed = self._polished(*open_constants(term, self.given), rounding)
        term = closed_with(sketch, values)
        again = normal_form(term, ranges=ranges) if simplify else term
        if again is not term and units_agree(task, again):
            # numbers that merge are fitted again; those that were rounded stay as they are
            sketch, values, _ = self._polished(*open_constants(again, fixed | self.given), False)
        made = self._made(sketch, values, entry.source, entry.found_at)
        if made is None and term is not raw:
            sketch, values, _ = self._polished(*open_constants(raw, self.given), False)
            made = self._made(sketch, values, entry.source, entry.found_at)
        return made

    def _filled(self, raw: Term, entry: Entry, *, rounding: bool, simplify: bool) -> Row | None:
        """A row of a sketch with formula holes: what stands around the holes stays as it is written."""
        assert self.outline is not None
        whole = self.outline.simplified(raw, self._simpler) if simplify else raw
        sketch, values, fixed = self._polished(*self.outline.opened(whole), rounding)
        term = closed_with(sketch, values)
        again = self.outline.simplified(term, self._simpler) if simplify else term
        if again is not term:
            sketch, values, _ = self._polished(*self.outline.opened(again, fixed), False)
        return self._made(sketch, values, entry.source, entry.found_at)

    def _simpler(self, part: Term) -> Term:
        """A part in normal form."""
        return outer_factors(normal_form(part, ranges=self.ranges))

    def refitted(self, row: Row) -> Row:
        """The row with its constants at the optimum of these rows; as it was where a condition refuses that."""
        sketch, values, _ = self._polished(row.sketch, dict(row.values), False)
        made = self._made(sketch, values, row.source, row.found_at)
        if made is None or not _allowed(self.task, made.term):
            return self._made(row.sketch, dict(row.values), row.source, row.found_at) or row
        return made

    def _polished(self, sketch: Term, values: dict[str, float], rounding: bool) -> Any:
        return polished(self.task, sketch, values, self.rows, self.noise, rounding=rounding)

    def _made(self, sketch: Term, values: dict[str, float], source: str, found_at: float) -> Row | None:
        task, rows = self.task, self.rows
        programs = task.codebook.encode([with_starts(sketch, values)])
        loss = float(rows.loss(programs)[0])
        if not math.isfinite(loss):
            return None
        term = closed_with(sketch, values)
        return Row(
            term=term,
            sketch=sketch,
            values=values,
            errors=standard_errors(task, programs, sketch, rows, self.noise) if values else {},
            size=term.size,
            loss=loss,
            r2=1.0 - loss / rows.variance,
            held_out=_held_out(task, term),
            description_length=self._length(loss, term, sketch),
            source=source,
            found_at=found_at,
            defined=_defined(term, self.ranges),
        )

    def _length(self, loss: float, term: Term, sketch: Term) -> float:
        floor = self.rows.variance * RELATIVE_FLOOR**2
        constants, rows = len(sketch.holes), self.task.evidence
        units = self._units_to_state(sketch) * EXPONENT * inflation(rows, constants, term.size)
        return describe(loss, term.size, constants, rows, floor, self.task.alphabet, self.noise) + units

    def _units_to_state(self, sketch: Term) -> int:
        """Exponents that must be said of the units of fitted constants: a new physical constant is not for nothing."""
        task = self.task
        width = task.dimensions[0].shape[1]
        if not width or task.pure_constants or not sketch.holes:
            return 0
        try:
            report = units_of(
                sketch, {n: task.table.units.get(n, "1") for n in task.table.names}, target=task.target_unit
            )
        except UnitError:
            return 0
        return int(
            width * sum(bool(node.is_hole and unit is not None and unit.powers) for node, unit in report.constants)
        )

    def everywhere(self, row: Row) -> tuple[Row, int]:
        """The row with its loss on all rows of the table where it is defined, and on how many that count it is not."""
        task = self.task
        programs = task.codebook.encode([row.term])
        total, squares, undefined = 0.0, 0.0, 0
        for at in range(0, task.table.rows, CHUNK):
            part = slice(at, at + CHUNK)
            w = np.ones(len(task.target[part])) if task.weights is None else task.weights[part]
            with np.errstate(all="ignore"):
                missed = (evaluate_many(programs, task.table.values[:, part])[0] - task.target[part]) ** 2
                here = float(missed @ w)
            if not math.isfinite(here):
                good = np.isfinite(missed)
                undefined += int(np.count_nonzero(w[~good]))
                missed, w = missed[good], w[good]
                here = float(missed @ w)
            total += float(w.sum())
            squares += here
        if not total > 0.0:
            return row, undefined
        loss = squares / total
        length = self._length(loss, row.term, row.sketch)
        return replace(row, loss=loss, r2=1.0 - loss / self.variance, description_length=length), undefined

    @cached_property
    def variance(self) -> float:
        """Weighted variance of the target on all rows, about its mean: the mean's own square would drown it."""
        target, weights = self.task.target, self.task.weights
        mean = float(np.average(target, weights=weights))
        return max(float(np.average((target - mean) ** 2, weights=weights)), 1e-300)


def _numbers_of(terms: Sequence[Term]) -> frozenset[float]:
    """Sizes of the numbers that a user wrote down: they are not fitted."""
    found = {node.payload for term in terms for node in term.postorder() if node.op is LITERAL}
    return frozenset(abs(n) for n in found if isinstance(n, float))


def _held_out(task: Task, term: Term) -> float | None:
    if task.held_out is None:
        return None
    table, target, weights = task.held_out
    with np.errstate(all="ignore"):
        missed = (np.broadcast_to(evaluate(term, table.to_dict()), target.shape) - target) ** 2
    if weights is not None:
        missed, weights = missed[weights > 0], weights[weights > 0]
    # what is undefined on a row that was kept back has no error that could be the smallest
    return float(np.average(missed, weights=weights)) if len(missed) and np.isfinite(missed).all() else math.inf


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
