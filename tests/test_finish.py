from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from induce.budget import Budget
from induce.finish import finish_rows
from induce.learners import Enumerate
from induce.learners.archive import Entry
from induce.search import Run, search
from induce.table import Table
from induce.task import Task, undefined_rows
from induce.terms import REAL, Grammar, arithmetic, hole

ROWS = 20_000


def task(columns, target, **settings):
    grammar = Grammar(arithmetic, REAL, productions=["+", "-", "*", "sqrt", "?"], variables=list(columns), max_size=9)
    table = Table(tuple(columns), np.array(list(columns.values())))
    return Task(hole.choice(grammar, name="f"), table, target, **settings)


def finished(asked, texts, most=5000):
    notes = []
    entries = []
    for text in texts:
        programs = asked.codebook.encode([arithmetic.parse(text)])
        entries.append(Entry(programs, int(programs.sizes[0]), 1.0, "test"))
    rows = finish_rows(asked, entries, most_rows=most, out_of_time=lambda: False, noise=asked.noise, note=notes.append)
    return rows, notes


def test_the_share_explained_does_not_suffer_from_a_large_mean():
    rng = np.random.default_rng(3)
    x = rng.uniform(0.0, 1.0, ROWS)
    target = 1e9 + x + rng.normal(0.0, 0.1, ROWS)
    rows, _ = finished(task({"x": x}, target), ["x + 1000000000.0"])
    missed = np.mean((target - x - np.mean(target - x)) ** 2)
    assert rows[-1].r2 == pytest.approx(1.0 - missed / np.var(target), abs=1e-3)
    assert rows[-1].loss == pytest.approx(missed, rel=1e-3)


def undefined_once():
    """A task with one row that has a - b < 0, which no sample holds, and its place."""
    rng = np.random.default_rng(3)
    right = rng.uniform(0.0, 1.0, ROWS)
    left = right + rng.uniform(0.5, 1.0, ROWS)
    target = np.sqrt(left - right)
    for place in range(0, ROWS, 100):
        a, b, y = left.copy(), right.copy(), target.copy()
        a[place], b[place], y[place] = 0.9, 0.91, 0.9
        asked = task({"a": a, "b": b}, y)
        if not any(place in asked._rows(most) for most in (5000, 8192)):
            return asked, place
    raise AssertionError("every row is drawn")


def test_a_formula_that_is_undefined_on_a_row_that_was_not_fitted_is_dropped():
    asked, _ = undefined_once()
    # the line was behind the root on the front of the rows that were fitted, and has its turn
    rows, notes = finished(asked, ["0.8", "sqrt(a - b)", "0.5 + 0.5 * (a - b)"])
    texts = [row.text() for row in rows]
    assert len(rows) == 2
    assert not any("sqrt" in text for text in texts)
    assert notes == [
        "formulas that are undefined on rows of the table beyond those they were fitted on were dropped; the best, "
        "'sqrt(a - b)', on 1 of 20,000"
    ]
    for row in rows:
        missed = np.broadcast_to(row.term(asked.table.to_dict()), ROWS) - asked.target
        assert row.loss == pytest.approx(np.mean(missed**2), rel=1e-9)


def test_where_no_formula_is_defined_everywhere_a_note_says_on_how_many_rows():
    rows, notes = finished(undefined_once()[0], ["sqrt(a - b)"])
    assert [row.text() for row in rows] == ["sqrt(a - b)"]
    assert math.isfinite(rows[0].loss)
    assert notes == [
        "no formula is defined on all 20,000 rows: those of the front are undefined on 1 of them, and scored on the others"
    ]


def test_a_row_that_counts_nothing_may_be_undefined():
    asked, place = undefined_once()
    weights = np.ones(ROWS)
    weights[place] = 0.0
    rows, notes = finished(task(asked.table.to_dict(), asked.target, weights=weights), ["sqrt(a - b)"])
    assert rows[0].r2 == pytest.approx(1.0)
    assert not notes


def test_held_out_errors_are_weighted_and_infinite_where_a_formula_is_undefined():
    x = np.linspace(1.0, 2.0, 50)
    out = Table(("x",), np.array([[1.0, 4.0, -1.0]]))
    y = np.array([1.0, 5.0, 0.0])

    def held(text, weights):
        asked = task({"x": x}, np.sqrt(x), held_out=(out, y, weights))
        return finished(asked, [text])[0][0].held_out

    assert held("sqrt(x)", None) == math.inf
    assert held("sqrt(x)", np.array([1.0, 1.0, 1.0])) == math.inf
    assert held("sqrt(x)", np.array([1.0, 3.0, 0.0])) == pytest.approx(3 * 9 / 4)


def test_an_exact_formula_that_is_undefined_on_a_row_does_not_end_the_search():
    asked, place = undefined_once()
    run = Run(asked, Budget(candidates=3000), Enumerate(), 0)
    search(run, None, 1, None)
    assert run.stopped != "the best formula fits every row to rounding"
    assert len(run.archive) > 1
    program = asked.codebook.encode([arithmetic.parse("sqrt(a - b)")])
    assert undefined_rows(asked, program) == 1
    weights = np.ones(ROWS)
    weights[place] = 0.0
    assert undefined_rows(replace(asked, weights=weights), program) == 0
