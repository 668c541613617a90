from __future__ import annotations

import html.parser
import json
import re

import numpy as np
import pytest

from induce.errors import ExportError, FillError
from induce.fill import fill
from induce.terms import REAL, Grammar, arithmetic, hole

RNG = np.random.default_rng(0)
DATA = {"x": RNG.uniform(0.5, 3.0, 120), "y": RNG.uniform(-2.0, 2.0, 120)}
TARGET = 2.0 * np.sin(DATA["x"]) + 0.7 * DATA["y"] + 0.31 + RNG.normal(0, 0.05, 120)


@pytest.fixture(scope="module")
def fit():
    grammar = Grammar(arithmetic, REAL, productions=["+", "*", "sin", "?"], variables=["x", "y"], max_size=13)
    return fill(hole.choice(grammar, name="f"), (DATA, TARGET), within="30000 candidates")


def test_the_chosen_row_is_the_planted_formula(fit):
    assert fit.row.r2 > 0.99
    assert "sin(x)" in str(fit.best)
    assert {v.name for v in fit.best.variables} == {"x", "y"}


def test_the_table_marks_the_chosen_row(fit):
    table = fit.table
    assert list(table.columns) == [
        "chosen",
        "size",
        "loss",
        "r2",
        "held_out",
        "description_length",
        "formula",
        "source",
    ]
    assert table["chosen"].sum() == 1
    assert table["chosen"].idxmax() == fit.chosen
    assert table["loss"].is_monotonic_decreasing
    lines = str(fit).splitlines()
    assert lines[0] == "y ="
    marked = [line for line in lines if line.startswith(">")]
    assert len(marked) == 1
    assert fit.row.text() in marked[0]
    assert fit.pareto == tuple(r.term for r in fit.rows)


def test_selecting_gives_a_new_fit(fit):
    small = fit.select(size=3)
    assert small.row.size <= 3
    assert small.reason == "Chosen by hand: the best formula of at most 3 nodes."
    assert fit.select(row=-1).chosen == len(fit.rows) - 1
    assert fit.select(by="loss").row.loss == min(r.loss for r in fit.rows)
    assert small is not fit
    assert fit.select(row=fit.chosen).best is fit.best


def test_selecting_wrongly_is_explained(fit):
    with pytest.raises(FillError, match=r"select\(\) takes exactly one of size=, row= and by="):
        fit.select()
    with pytest.raises(FillError, match=f"there is no row 99; the front has rows 0 to {len(fit.rows) - 1}"):
        fit.select(row=99)
    with pytest.raises(FillError, match=r"no formula has at most 0 nodes; the smallest has 1"):
        fit.select(size=0)
    few = fill(arithmetic.parse("?a * x"), ({"x": [1.0, 2.0, 3.0]}, [2.0, 4.1, 6.0]))
    with pytest.raises(FillError, match="choosing by validation needs held-out rows"):
        few.select(by="validation")


def test_why_says_what_was_done(fit):
    text = fit.why()
    assert text.startswith("Chosen for the shortest description")
    assert "candidates were scored" in text
    assert text.endswith(f"Stopped: {fit.stopped}.")


def test_constants_have_errors_and_intervals(fit):
    row = fit.row
    assert set(row.values) == set(row.errors) == {h.name for h in row.sketch.holes}
    assert row.sketch.replace(dict(row.values)) is row.term
    for name in row.values:
        low, high = fit.interval(name)
        wide = fit.interval(name, 0.999)
        assert wide[0] < low < row.values[name] < high < wide[1]
    assert "+-" in fit.constants_text()
    with pytest.raises(FillError, match=r"the chosen formula has no constant 'q'\. It has: "):
        fit.interval("q")


def test_intervals_cover_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(7)
    truths, total = np.array([1.2345, 0.6789]), 400
    covered = np.zeros(2)
    x = np.linspace(0.0, 1.0, 12)
    sketch = arithmetic.parse("?a * x + ?b")
    for _ in range(total):
        # noise so small that no constant is near a simple number and rounded to it
        made = fill(sketch, ({"x": x}, truths[0] * x + truths[1] + rng.normal(0, 0.02, 12)))
        assert len(made.row.values) == 2
        ends = np.array([made.interval(name) for name in made.row.values])
        order = np.argsort(-ends[:, 0])  # the slope is the larger one
        covered += (ends[order, 0] <= truths) & (truths <= ends[order, 1])
    share = covered / total
    assert np.all((share > 0.92) & (share < 0.98)), share


class Balanced(html.parser.HTMLParser):
    """Fails on tags that are not closed in order."""

    def __init__(self):
        super().__init__()
        self.open, self.seen = [], set()

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.seen.add(tag)
        for name, value in attrs:
            assert name not in ("src", "href", "onclick"), value

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_html_is_closed_and_needs_no_network(fit):
    text = fit._repr_html_()
    parser = Balanced()
    parser.feed(text)
    assert parser.open == []
    assert {"table", "math", "mfrac"} & parser.seen >= {"table", "math"}
    links = [u for u in re.findall(r"https?://[^'\"<\s]+", text) if not u.startswith("http://www.w3.org/")]
    assert links == []
    assert text.count("font-weight:bold") == 1


def test_names_are_escaped_in_html():
    made = fill(arithmetic.parse("?a * x"), ({"x": [1.0, 2.0, 3.0]}, [2.0, 4.0, 6.0]))
    from induce.fill import with_target

    assert "<script>" not in with_target(made, "<script>alert(1)</script>")._repr_html_()


def test_exports_agree_in_value(fit):
    expected = fit.predict(DATA)
    np.testing.assert_allclose(expected, np.asarray(fit.best(DATA)))
    space = {}
    exec(compile(fit.to_python(), "formula", "exec"), space)  # our own text, made above
    np.testing.assert_allclose(space["formula"](**DATA), expected, rtol=1e-12)
    import sympy
    import torch

    expression = fit.to_sympy()
    symbols = sorted(expression.free_symbols, key=str)
    np.testing.assert_allclose(sympy.lambdify(symbols, expression)(DATA["x"], DATA["y"]), expected, rtol=1e-9)
    stacked = torch.as_tensor(np.column_stack([DATA["x"], DATA["y"]]))
    np.testing.assert_allclose(fit.to_torch()(stacked).numpy(), expected, rtol=1e-12)
    assert arithmetic.parse(fit.to_text()) is fit.best
    import sqlite3

    connection = sqlite3.connect(":memory:")
    connection.create_function("sin", 1, lambda v: float(np.sin(v)))
    connection.execute("CREATE TABLE data (x REAL, y REAL)")
    connection.executemany("INSERT INTO data VALUES (?, ?)", list(zip(*map(list, DATA.values()), strict=True)))
    found = [r[-1] for r in connection.execute(fit.to_sql())]
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize("to", ["text", "latex", "mathml", "python", "sympy", "sql", "torch"])
def test_every_named_format_is_text(fit, to):
    assert len(fit.export(to)) > 5


def test_an_unknown_format_is_named(fit):
    with pytest.raises(ExportError, match=r"unknown export format 'latx'. Did you mean 'latex'"):
        fit.export("latx")


def test_predictions_take_frames_arrays_and_new_orders(fit):
    import pandas as pd
    import polars as pl

    expected = fit.predict(DATA)
    frame = pd.DataFrame({"y": DATA["y"], "extra": 1.0, "x": DATA["x"]})
    np.testing.assert_array_equal(fit.predict(frame), expected)
    np.testing.assert_array_equal(fit.predict(pl.from_pandas(frame)), expected)
    np.testing.assert_array_equal(fit.predict(np.column_stack([DATA["x"], DATA["y"]])), expected)
    assert fit.select(row=0).predict(DATA).shape == (120,)


def test_a_fit_cannot_be_changed(fit):
    with pytest.raises(AttributeError):
        fit.chosen = 0
    with pytest.raises(AttributeError):
        fit.row.loss = 0.0


def test_reports_are_plain_figures(fit):
    json.dumps(dict(fit.report))
    assert fit.report["rows"] == 120
    assert fit.report["candidates"] >= 30_000 or "rounding" in fit.stopped
    assert [h[2] for h in fit.history] == sorted((h[2] for h in fit.history), reverse=True)


def test_a_formula_far_behind_a_model_that_is_none_says_so():
    from dataclasses import replace

    from induce.fit import Baseline, Fit, Row

    plain = Fit(
        rows=(Row(arithmetic.parse("x"), arithmetic.parse("x"), {}, {}, 1, 1.0, 0.4, held_out=1.2),), chosen=0, reason="So.",
        stopped="done", language=arithmetic, names=("x",),
    )  # fmt: skip
    far = replace(plain, baselines=(Baseline("boosted trees", 0.1, 0.9, 0.3),))
    near = replace(
        plain, baselines=(Baseline("boosted trees", 0.1, 0.9, 1.0), Baseline("linear model", 0.1, 0.9, None))
    )
    assert "the boosted trees, no formula, leave a squared error 4.0 times smaller" in far.why()
    assert "no formula" not in near.why()
    assert "no formula" not in plain.why()
