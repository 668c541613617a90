"""Unknown functions inside a known formula."""

from __future__ import annotations

import numpy as np
import pytest

import induce
from induce.budget import Budget
from induce.learners import Backfitting, Bidirectional
from induce.terms import REAL, arithmetic, hole
from induce.terms.grammar import Grammar

RNG = np.random.default_rng(0)
DATA = {f"x{i}": RNG.uniform(0.5, 3.0, 200) for i in (1, 2, 3, 4)}


def formula(name, *columns):
    productions = ["+", "-", "*", "/", "sin", "exp", "log", 1, 2, "?"]
    return hole.choice(Grammar(arithmetic, REAL, productions=productions, variables=columns, max_size=15), name=name)


def filled(text, truth, noise=0.0, within=None, **parts):
    y = arithmetic.parse(truth)(DATA)
    y = y + noise * np.std(y) * np.random.default_rng(1).normal(size=len(y))
    sketch = arithmetic.parse(text, **{name: formula(name, *columns) for name, columns in parts.items()})
    return induce.fill(sketch, (DATA, y), within=within), y


@pytest.mark.parametrize(
    ("text", "truth", "parts"),
    [
        ("x1*?f", "x1*sin(x2*x3)", {"f": ("x2", "x3")}),
        ("x1*?f + ?g", "x1*sin(x2*x3) + 2*exp(-x4)", {"f": ("x2", "x3"), "g": ("x4",)}),
        ("exp(?f)*?g + x1", "exp(-x2^2)*x3/x4 + x1", {"f": ("x2",), "g": ("x3", "x4")}),
        ("?k*x1 + ?f", "3.3*x1 + log(x2 + x3)", {"f": ("x2", "x3")}),
        ("?f + ?g + ?h", "sin(x1) + x2*x3 + 1/x4", {"f": ("x1",), "g": ("x2", "x3"), "h": ("x4",)}),
    ],
)
def test_parts_are_found_on_what_the_others_leave(text, truth, parts):
    fit, y = filled(text, truth, **parts)
    assert fit.row.loss < 1e-24 * y.var()
    assert fit.row.source == "backfitting"


def test_every_row_keeps_to_its_columns():
    fit, _ = filled("x1*?f + ?g", "x1*sin(x2) + x4 + 0.3*x3", within=Budget(work=3e9), f=("x2",), g=("x4",))
    assert fit.row.r2 > 0.9
    for row in fit.rows:
        assert "x3" not in {v.name for v in row.term.variables}


def test_noise_leaves_the_true_parts():
    fit, _ = filled("x1*?f + ?g", "x1*sin(x2*x3) + 2*exp(-x4)", 0.02, Budget(work=4e9), f=("x2", "x3"), g=("x4",))
    text = str(fit.best)
    assert "sin(x2 * x3)" in text or "sin(x3 * x2)" in text
    assert 0.999 < fit.row.r2 < 1.0


def test_a_seed_repeats_the_search():
    twice = [
        filled("x1*?f + ?g", "x1/(x2 + 2) + x4^2", 0.05, Budget(work=1e9), f=("x2",), g=("x4",))[0] for _ in range(2)
    ]
    assert [r.term for r in twice[0].rows] == [r.term for r in twice[1].rows]


def test_numbers_that_are_written_in_the_sketch_stay():
    fit, _ = filled("exp(-2.5*x1) + ?f", "exp(-2.6*x1) + sin(x2)", 0.01, Budget(work=1e9), f=("x2",))
    for row in fit.rows:
        assert "2.5" in str(row.term)


def test_another_learner_may_search_the_parts():
    sketch = arithmetic.parse("x1*?f", f=formula("f", "x2"))
    fit = induce.fill(sketch, (DATA, DATA["x1"] * np.sin(DATA["x2"])), by=Backfitting(Bidirectional()))
    assert fit.best is arithmetic.parse("x1 * sin(x2)")


def test_what_it_cannot_undo_is_refused():
    from induce.table import Table
    from induce.task import Task

    twice = arithmetic.parse("?f + x1*?f", f=formula("f", "x2"))
    task = Task(twice, Table.from_any(DATA), DATA["x1"])
    assert "the unknown part 'f' stands in several places" in Backfitting().accepts(task)
    bounded = arithmetic.parse("?k*x1 + ?f", k=hole.real("k", within=(0, 1)), f=formula("f", "x2"))
    assert "without bounds, but 'k' has some" in Backfitting().accepts(Task(bounded, Table.from_any(DATA), DATA["x1"]))
    task = Task(arithmetic.parse("?a*x1"), Table.from_any(DATA), DATA["x1"])
    assert "backfitting needs a sketch with formula holes" in Backfitting().accepts(task)
