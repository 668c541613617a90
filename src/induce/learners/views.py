"""The columns a bidirectional search sees: the task's own, and its dimensionless groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from induce.algebras.dimension import SCALE, consistent
from induce.algebras.evaluate import evaluate_many
from induce.learners.forms import Part
from induce.learners.groups import dimensionless, of_unit
from induce.task import Task
from induce.terms.codes import Programs

__all__ = ["View", "sampled", "views"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
GROUPS = 6
DIVISORS = 4


@dataclass(frozen=True, eq=False)
class View:
    """What a search takes for its columns, and what it divides the target by.

    Parameters
    ----------
    columns : array (columns, points)
    independent : tuple of int
        Columns of which no one is a product of powers of others.
    macros : tuple of Part
        Programs of the columns, when they are not the task's own.
    divisors : tuple of (Part, array)
        Each ``m`` makes a target ``y / m``; none: ``y`` itself.
    given : array, optional
        The task's own columns on the same points, when ``columns`` are not these.
    units : array (columns, base units), optional
        Units of the columns, when they are not the task's own.
    """

    columns: Array
    independent: tuple[int, ...]
    macros: tuple[Part, ...] = ()
    divisors: tuple[tuple[Part, Array], ...] = ()
    given: Array | None = None
    units: Ints | None = None


def sampled(rows: int, most: int) -> NDArray[np.int64]:
    """Evenly spaced places of at most ``most`` rows."""
    return np.unique(np.linspace(0, rows - 1, min(most, rows)).astype(np.int64))


def views(task: Task, points: int) -> tuple[View, View | None]:
    """The plain view, and the dimensionless one where the task's units and operators allow it."""
    columns, target, _ = task.search
    columns = np.ascontiguousarray(columns[:, sampled(len(target), points)])
    plain = _plain(task, columns)
    dims, unit = task.dimensions
    assert task.space is not None
    names = {op.name for op in task.space.ops}
    if not dims.shape[1] or not len(unit) or not {"*", "/"} <= names or not np.any(dims):
        return plain, None
    groups = [e for e in dimensionless(dims, GROUPS) if all(v.denominator == 1 for v in e)]
    divisors = of_unit(dims, unit, DIVISORS)
    if "sqrt" not in names:
        divisors = [e for e in divisors if all(v.denominator == 1 for v in e)]
    made = [(_monomial(e, task), _value(e, columns)) for e in groups]
    over = [(_monomial(e, task), _value(e, columns)) for e in divisors if any(e)]
    made = [(part, value) for part, value in made if np.all(np.isfinite(value)) and np.ptp(value) > 0]
    over = [(part, value) for part, value in over if np.all(np.isfinite(value)) and np.all(value != 0)]
    if not made or (np.any(unit) and not over):
        return plain, None
    exponents = np.array([[float(v) for v in e] for e in groups])
    independent: list[int] = []
    for k in range(len(made)):
        if np.linalg.matrix_rank(exponents[[*independent, k]]) > len(independent):
            independent.append(k)
    grouped = View(
        np.array([value for _, value in made]), tuple(independent), tuple(part for part, _ in made), tuple(over), columns,
        np.zeros((len(made), 0), np.int64),
    )  # fmt: skip
    return plain, grouped


def _plain(task: Task, columns: Array) -> View:
    """The task's own columns, and the planted sub-terms as further ones."""
    own = tuple(range(len(columns)))
    if not task.planted:
        return View(columns, own)
    programs = task.codebook.encode(task.planted)
    values = evaluate_many(programs, columns)
    macros: list[Part] = [([256 + k], [], []) for k in own]
    rows, units = [*columns], [*task.dimensions[0]]
    for p in range(len(programs)):
        one = programs[p]
        if np.all(np.isfinite(values[p])) and np.ptp(values[p]) > 0:
            macros.append((one.codes.tolist(), one.values.tolist(), one.free.tolist()))
            rows.append(values[p])
            units.append(_unit_of(task, one))
    return View(np.array(rows), own, tuple(macros), (), columns, np.array(units, np.int64).reshape(len(rows), -1))


def _unit_of(task: Task, program: Programs) -> Ints:
    """Unit of one program without free constants."""
    dims = task.dimensions[0]
    found, ok = np.zeros(dims.shape[1], np.int64), np.zeros(1, bool)
    for k in range(dims.shape[1]):  # one base unit at a time: the exponent that the program agrees with
        for exponent in sorted(range(-6 * SCALE, 6 * SCALE + 1), key=abs):
            consistent(
                program.codes, program.offsets, program.values, program.value_offsets, program.free,
                np.ascontiguousarray(dims[:, [k]]), np.array([exponent], np.int64), ok,
            )  # fmt: skip
            if ok[0]:
                found[k] = exponent
                break
    return found


def _value(exponents: Sequence[Fraction], columns: Array) -> Array:
    with np.errstate(all="ignore"):
        parts = [columns[k] ** (int(v) if v.denominator == 1 else float(v)) for k, v in enumerate(exponents) if v]
        return np.asarray(np.prod(parts, axis=0)) if parts else np.ones(columns.shape[1])


def _monomial(exponents: Sequence[Fraction], task: Task) -> Part:
    """The program of a product of powers of columns; halves under one root."""
    code = {
        name: task.codebook.code_of[task.language[name]] for name in ("*", "/", "square", "cube", "sqrt", "inverse")
    }
    rooted = any(v.denominator == 2 for v in exponents)
    powers = [int(v * (2 if rooted else 1)) for v in exponents]

    def factors(sign: int) -> list[int]:
        codes: list[int] = []
        for k, power in enumerate(powers):
            if power * sign > 0:
                piece = _power([256 + k], power * sign, code)
                codes = [*codes, *piece, code["*"]] if codes else piece
        return codes

    above, below = factors(1), factors(-1)
    if above and below:
        codes = [*above, *below, code["/"]]
    else:
        codes = above or [*below, code["inverse"]]
    return [*codes, *([code["sqrt"]] if rooted else [])], [], []


def _power(codes: list[int], power: int, code: dict[str, int]) -> list[int]:
    if power == 1:
        return codes
    if power == 2:
        return [*codes, code["square"]]
    if power == 3:
        return [*codes, code["cube"]]
    return [*_power(codes, power - 1, code), *codes, code["*"]]
