"""Every number of a front fitted anew: whole numbers that a search wrote down become constants, exponents stay."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from induce.budget import Budget
from induce.errors import InduceError
from induce.fill import solve
from induce.fit import Fit, Row
from induce.formulas.preparing import conditions_of
from induce.polish import with_coefficients
from induce.task import Task
from induce.terms import hole as holes
from induce.terms.op import LITERAL
from induce.terms.rewrite import normal_form
from induce.terms.term import Term, literal

__all__ = ["opened", "refitted", "tidied"]

ROUNDING = 1e-13
"""Numbers below this share of a formula's largest are rounding errors of a fit."""


def opened(term: Term) -> tuple[Term, dict[str, float]]:
    """The term with a hole ``k0, k1, ...`` for every number that is no exponent, and their values.

    >>> from induce.terms import arithmetic
    >>> opened(arithmetic.parse("2 * x^3"))
    (?k0{start: 2} * x^3, {'k0': 2.0})
    """
    values: dict[str, float] = {}

    def make(node: Term) -> Term:
        name = f"k{len(values)}"
        values[name] = float(node.payload)
        return holes.real(name, start=values[name])

    return with_coefficients(term, make), values


def tidied(term: Term) -> Term:
    """The term without addends whose numbers a fit left at rounding error.

    >>> from induce.terms import arithmetic
    >>> tidied(arithmetic.parse("1.5 * x + 3e-17 * y"))
    1.5 * x
    """
    numbers = [abs(float(node.payload)) for node in term.postorder() if node.op is LITERAL]
    limit = ROUNDING * max(numbers, default=0.0)
    if not any(0.0 < number <= limit for number in numbers):
        return term
    return normal_form(
        with_coefficients(term, lambda node: literal(0, node.sort) if abs(float(node.payload)) <= limit else node)
    )


def refitted(fit: Fit, task: Task, subject_to: Any = ()) -> Fit:
    """The same front with every number of every row fitted, rows that became superfluous left out.

    Parameters
    ----------
    fit : Fit
    task : Task
        The rows; its sketch is not looked at.
    subject_to : conditions as FormulaRegressor takes them
        A row that would break one stays as it is.
    """
    known = conditions_of(subject_to)
    if known.hypotheses.numbers is not None:
        return fit
    table = task.table
    checks = (*known.callables, *((known.hypotheses.checker(table),) if known.hypotheses else ()))
    rows: list[Row] = []
    for row in fit.rows:
        better = _refit(row, task)
        allowed = better is not None and all(check(better.term) for check in checks)
        rows.append(better if better is not None and allowed and better.loss < row.loss else row)
    front: list[Row] = []
    for row in sorted(rows, key=lambda r: (r.size, r.loss)):
        if not front or row.loss < front[-1].loss:
            front.append(row)
    return replace(fit, rows=tuple(front), chosen=0)


def _refit(row: Row, task: Task) -> Row | None:
    sketch, values = opened(row.term)
    if not values or len(values) == len(row.values):
        return None
    try:
        found = solve(replace(task, sketch=sketch), within=Budget(work=1e8), seed=task.seed).rows[-1]
    except InduceError:
        return None
    return replace(found, source=row.source, found_at=row.found_at)
