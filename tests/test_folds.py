from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from induce.choosing import choose
from induce.fill import fill
from induce.fit import Row
from induce.folds import FOLDS, folds_of, left_out, opened_numbers
from induce.formulas import FormulaRegressor, Hypotheses
from induce.formulas.baselines import baselines
from induce.table import Table
from induce.task import Task
from induce.terms import arithmetic

RNG = np.random.default_rng(2)
X = {"x": RNG.uniform(0.5, 3.0, 60)}
Y = 2.3 * X["x"] + 0.7 + RNG.normal(0.0, 0.3, 60)


def task(rows=60, **more):
    table = Table.from_any({"x": np.linspace(0.0, 1.0, rows)})
    return Task(arithmetic.parse("?a * x"), table, np.linspace(1.0, 2.0, rows), **more)


def test_every_row_is_left_out_once():
    folds = folds_of(task(63))
    assert sorted(np.bincount(folds.number)) == [12, 12, 13, 13, 13]
    assert sorted(folds.columns[0]) == sorted(np.linspace(0.0, 1.0, 63))
    assert all((folds.without(k) == 0).sum() == (folds.number == k).sum() for k in range(FOLDS))


def test_mirror_images_are_left_out_with_their_row():
    mirrored = folds_of(task(60, repeats=2))
    assert len(mirrored.number) == 60
    own = {round(x * 59): k for x, k in zip(mirrored.columns[0], mirrored.number, strict=True)}
    assert all(own[i] == own[i + 30] for i in range(30))


def test_large_tables_are_sampled_and_few_rows_have_no_folds():
    assert 1500 < len(folds_of(task(50_000)).number) <= 2000
    assert folds_of(task(9)) is None
    assert folds_of(task(10)) is not None


def test_the_figure_is_that_of_refitting_by_hand():
    found = fill(arithmetic.parse("?a * x + ?b"), (X, Y))
    assert len(found.row.values) == 2
    folds = folds_of(Task(arithmetic.parse("?a * x + ?b"), Table.from_any(X), Y))
    squares = 0.0
    for k in range(FOLDS):
        out = folds.number == k
        slope = np.polyfit(folds.columns[0][~out], folds.target[~out], 1)
        squares += float(np.sum((np.polyval(slope, folds.columns[0][out]) - folds.target[out]) ** 2))
    assert found.row.held_out == pytest.approx(squares / 60, rel=1e-9)
    assert found.row.held_out > found.row.loss


def test_what_follows_the_noise_is_worse_on_rows_left_out():
    powers = "?a + ?b*x + ?c*x^2 + ?d*x^3 + ?e*x^4 + ?f*x^5 + ?g*x^6"
    few = {"x": X["x"][:16]}
    line, wild = (fill(arithmetic.parse(text), (few, Y[:16])).row for text in ("?a * x + ?b", powers))
    assert wild.loss < line.loss
    assert wild.held_out > 2 * line.held_out


def test_weights_count_in_and_out_of_the_folds():
    spoiled, weights = Y.copy(), np.ones(60)
    spoiled[:12] += 50.0
    weights[:12] = 0.0
    table, sketch = Table.from_any(X), arithmetic.parse("?a * x + ?b")
    whole = fill(Task(sketch, table, spoiled, weights)).row
    assert whole.held_out < 0.2
    assert fill(Task(sketch, table, spoiled)).row.held_out > 100


def test_numbers_that_were_rounded_are_fitted_again():
    found = fill(arithmetic.parse("?a * x"), (X, 2.0 * X["x"] + RNG.normal(0.0, 0.3, 60)))
    assert found.row.text() == "2 * x"
    assert found.row.held_out > found.row.loss
    sketch, values = opened_numbers(found.row)
    assert list(values.values()) == [2.0]
    assert len(sketch.holes) == 1


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("2 * x^3 + 1.5 * sin(2 * x)", [2.0, 1.5, 2.0]),
        ("sqrt(x) / 3", [3.0]),
        ("x * x^2", []),
        ("3 - 0.5^x", [3.0, 0.5]),
    ],
)
def test_exponents_stay_and_equal_numbers_are_several(text, starts):
    term = arithmetic.parse(text)
    row = Row(term, term, {}, {}, term.size, 1.0, 0.0)
    sketch, values = opened_numbers(row)
    assert sorted(values.values()) == sorted(starts)
    at = {"x": np.array([0.7, 1.9])}
    np.testing.assert_allclose(sketch.replace(values)(at) if values else sketch(at), term(at))
    assert opened_numbers(row, set(term.postorder())) == (term, {})


def test_numbers_that_the_sketch_gives_are_not_fitted():
    found = fill(arithmetic.parse("2.5 * x + ?b"), (X, 2.5 * X["x"] + 0.71234 + RNG.normal(0.0, 0.001, 60))).row
    assert opened_numbers(found, {arithmetic.parse("2.5")})[1] == dict(found.values)


def test_a_formula_without_numbers_has_its_loss():
    model = FormulaRegressor("*", max_size=3, within="1e3 candidates", random_state=0).fit(X, X["x"] ** 2)
    assert model.fit_.row.held_out == pytest.approx(model.fit_.row.loss, abs=1e-25)


def test_it_is_shown_by_default_and_rows_kept_back_stay_what_they_are():
    settings = {"within": "5e3 candidates", "max_size": 7, "random_state": 0}
    model = FormulaRegressor("+ *", **settings).fit(X, Y)
    assert model.fit_.report["held_out"] == "folds"
    assert all(row.held_out is not None for row in model.fit_.rows)
    assert all(base.held_out > base.loss for base in model.fit_.baselines)
    said = "Held out: mean square error on a fifth of the rows at a time, numbers fitted without them, the formula as found."
    for shown in (str(model), model.fit_._repr_html_()):
        assert "held out" in shown
        assert f"{model.fit_.row.held_out:.4g}" in shown
        assert said in shown
    by_folds = model.fit_.select(by="validation")
    assert by_folds.reason == "Chosen for the smallest error on rows left out in turn, numbers refitted."
    kept = FormulaRegressor("+ *", select="validation", **settings).fit(X, Y).fit_
    assert kept.report["held_out"] == "rows"
    assert kept.reason == "Chosen for the smallest error on held-out rows."
    assert "on the quarter of the rows that was kept back" in str(kept)


def test_all_rows_are_in_the_last_refit():
    model = FormulaRegressor("+ *", within="5e3 candidates", max_size=5, random_state=0).fit(X, Y)
    (row,) = [row for row in model.fit_.rows if len(row.values) == 2]
    slope, level = np.polyfit(X["x"], Y, 1)
    np.testing.assert_allclose(row.term({"x": np.array([0.0, 1.0])}), [level, level + slope], rtol=1e-7)


def test_few_rows_have_no_column():
    found = fill(arithmetic.parse("?a * x"), ({"x": [1.0, 2.0, 3.0]}, [2.0, 4.1, 6.0]))
    assert found.row.held_out is None
    assert "held out" not in str(found)
    assert "held out" not in found._repr_html_()


def test_hypotheses_with_mirror_images_have_folds_too():
    known = Hypotheses(even_in="x")
    model = FormulaRegressor(
        "+ * square", subject_to=known, within="2e4 candidates", max_size=7, random_state=0
    )  # fmt: skip
    found = model.fit({"x": X["x"] - 1.5}, 1.234 * (X["x"] - 1.5) ** 2 + RNG.normal(0, 0.1, 60)).fit_
    assert found.row.loss < found.row.held_out < 0.03


def test_choosing_says_how_rows_were_held_out():
    found = fill(arithmetic.parse("?a * x"), (X, Y))
    assert "left out in turn" in choose(found.rows, "validation", in_turn=True)[1]


def test_without_time_there_are_no_folds():
    table = Table(("x",), np.linspace(0.0, 1.0, 40)[None])
    asked = Task(arithmetic.parse("?a * x"), table, table["x"] * 2.0 + 0.1)
    rows = fill(asked).rows
    assert all(row.held_out is not None for row in left_out(asked, rows))
    bare = [replace(row, held_out=None) for row in rows]
    assert left_out(asked, bare, out_of_time=lambda: True) == bare
    calls = iter([False, False, True])
    assert left_out(asked, bare, out_of_time=lambda: next(calls)) == bare
    assert [base.held_out for base in baselines(asked, 0, seconds=0.0)] == [None]
    assert len(baselines(asked, 0)) == 2


def test_numbers_that_nothing_fits_stay_in_the_folds():
    from induce.formulas import FormulaRegressor, Hypotheses

    t = np.random.default_rng(0).uniform(0, 6, 80)
    known = Hypotheses(constants=[0.5])
    fit = FormulaRegressor("+ - * /", within="2e4 candidates", subject_to=known).fit({"t": t}, 2.7 * t * t + 1).fit_
    for row in fit.rows:
        assert row.held_out == pytest.approx(row.loss, rel=1e-6)
