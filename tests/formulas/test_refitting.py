"""Every number of a front fitted anew, exponents excepted."""

from __future__ import annotations

import numpy as np
import pytest

from induce import Budget, arithmetic
from induce.formulas import FormulaRegressor
from induce.formulas.refitting import opened, refitted, tidied
from induce.table import Table
from induce.task import Task


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("2 * x^3 + 2", [2, 2]),
        ("x^2.5", []),
        ("x^(1 + x)", [1]),
        ("3", [3]),
        ("-(x - 0.5) / 7", [0.5, 7]),
    ],
)
def test_every_number_but_exponents_is_opened(text, values):
    term = arithmetic.parse(text)
    sketch, found = opened(term)
    assert list(found.values()) == values
    assert len(sketch.holes) == len(values)
    assert sketch.replace(found).size == term.size


def test_rows_improve_and_the_front_stays_a_front():
    x = np.random.default_rng(0).normal(size=(2, 200))
    table, y = Table(("a", "b"), x), 2.3 * x[0] - 0.87 * x[1]
    model = FormulaRegressor("+ - *", within=Budget(work=1e8, plateau=2e7), max_size=5)
    with np.errstate(all="ignore"):
        fit = model.fit(table, y).fit_
    again = refitted(fit, Task(arithmetic.parse("?z"), table, y))
    assert all(min(r.loss for r in again.rows if r.size <= row.size) <= row.loss for row in fit.rows)
    assert [r.loss for r in again.rows] == sorted((r.loss for r in again.rows), reverse=True)
    kept = refitted(fit, Task(arithmetic.parse("?z"), table, y), lambda term: False)
    assert kept.rows == fit.rows


def test_numbers_at_rounding_error_vanish():
    assert str(tidied(arithmetic.parse("0.5 * x + 1e-17 * y - 3e-18"))) == "0.5 * x"
    term = arithmetic.parse("1e-9 * x + y")
    assert tidied(term) is term
