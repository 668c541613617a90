"""The measured suites of formulas: problem sets, distinct formulas, sweeps that go on, and how answers are judged."""

from __future__ import annotations

import csv
import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sympy

from benchmarks import formulas, optimum, problems, real, solvers, summary, sweep
from benchmarks.distinct import distinct, same_formula
from benchmarks.judging import text_is_true
from benchmarks.runner import Run
from benchmarks.solvers import Answer, Question, solve
from induce.formulas.families import families, family, problem
from induce.terms import arithmetic

SHARED = Path(os.environ.get("INDUCE_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data")) / "regression"


def published(name):
    path = SHARED / name
    if not path.is_file():
        pytest.skip(f"{name} is not at hand; set INDUCE_SHARED_DATA to the folder that holds regression/{name}")
    return path


# ---- problem sets


def test_the_sets_have_their_problems():
    counts = {name: len(problems.problem_set(name).problems) for name in (*problems.SETS, "daily")}
    assert counts == {"brief24": 24, "nguyen": 12, "livermore": 23, "feynman": 80, "strogatz": 14, "daily": 30}
    with pytest.raises(ValueError, match=r"there is no problem set 'nguyeen'\. There are: brief24"):
        problems.problem_set("nguyeen")


def test_the_daily_sample_is_of_every_family():
    found = problems.problem_set("daily").problems
    assert {p.family for p in found} == {*families(), "others"}
    assert {p.name for p in problems.named(problems.SAMPLE6)} <= {p.name for p in found}
    assert {p.name for p in problems.named(formulas.NOISY)} <= {p.name for name in families() for p in family(name)}


def test_rows_are_drawn_as_each_set_says():
    for name, index, rows in (("brief24", 4, 200), ("strogatz", 0, 400), ("feynman", 0, 1000)):
        known = problems.problem_set(name)
        X, y = known.sample(known.problems[index])
        again, same = known.sample(known.problems[index])
        assert X.rows == len(y) == rows
        np.testing.assert_array_equal(X.values, again.values)
        np.testing.assert_array_equal(y, same)


def test_the_extra_problems_and_livermore_are_those_of_the_published_table():
    with published("dso_benchmarks.csv").open(encoding="utf-8") as lines:
        rows = {row["name"]: row for row in csv.DictReader(lines)}
    names = {"div": lambda a, b: a / b, "pow": lambda a, b: a**b}
    for found in problems.extras().values():
        symbols = {name: sympy.Symbol(name) for name in found.variables}
        theirs = sympy.lambdify(
            list(symbols.values()), sympy.parse_expr(rows[found.name]["expression"], local_dict={**names, **symbols})
        )
        columns = {n: np.linspace(low, high, 9) for n, (low, high) in found.ranges.items()}
        np.testing.assert_allclose(found.term(columns), theirs(*columns.values()), rtol=1e-12)
        (kind,) = json.loads(rows[found.name]["train_spec"])["all"].values()
        assert [tuple(kind[:2])] * len(found.variables) == list(found.ranges.values())
    listed = {name for name in rows if name.startswith("Livermore-") and not name.endswith("a")}
    assert listed == {found.name for found in family("livermore")}


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("I.12.1", "III.12.43", True),
        ("I.15.10", "II.13.34", True),
        ("II.15.4", "II.15.5", True),
        ("I.34.8", "II.38.3", True),
        ("I.10.7", "I.15.10", False),
        ("I.18.12", "II.15.4", False),
        ("I.9.18", "II.36.38", False),
        ("I.12.4", "I.25.13", False),
        ("III.4.32", "III.4.33", False),
    ],
)
def test_formulas_are_the_same_up_to_names_and_a_factor(first, second, same):
    assert same_formula(problem(first), problem(second)) is same


def test_every_equation_is_in_one_group():
    groups = distinct(family("feynman"))
    assert len(groups) == 80
    assert sorted(p.name for group in groups for p in group) == sorted(p.name for p in family("feynman"))


# ---- sweeps


@pytest.fixture
def asked(monkeypatch):
    """A solver in place of pyoperon that knows some answers, and the questions it was asked."""
    seen = []

    def clever(question: Question) -> Answer:
        seen.append(question)
        if question.problem.name == "Nguyen-3":
            raise RuntimeError("no luck")
        return Answer(question.problem.name != "Nguyen-2", question.problem.formula, question.seconds + 1.0, 3)

    monkeypatch.setitem(solvers.SOLVERS, "pyoperon", clever)
    monkeypatch.setattr(sweep, "solver_version", lambda name: None if name == "psrn" else "9.9")
    return seen


def command(folder, *words):
    return sweep.main(["nguyen", "--only", "pyoperon", "--out", str(folder), *words])


def test_a_sweep_writes_one_file_a_problem_and_goes_on(asked, tmp_path, capsys):
    command(tmp_path, "--shard", "1/2", "--seconds", "2")
    assert [q.problem.name for q in asked] == [f"Nguyen-{k}" for k in (1, 3, 5, 7, 9, 11)]
    assert asked[0].operators == problems.OPERATORS
    assert asked[0].X.rows == 200
    assert "Nguyen-3: RuntimeError: no luck" in capsys.readouterr().out
    command(tmp_path, "--seconds", "2")
    assert len(asked) == 12
    assert "pyoperon Nguyen-1: exact (was there)" in capsys.readouterr().out
    record = json.loads((tmp_path / "nguyen" / "pyoperon-2s" / "Nguyen-1.json").read_text())
    assert record["stamp"]["code"] == record["version"] == "9.9"
    assert record["over_budget"] is True
    assert {"commit", "versions", "cpu", "formula", "front", "exact", "truth"} <= set(record)


def test_another_stamp_or_half_a_file_is_measured_again(asked, tmp_path, monkeypatch):
    command(tmp_path, "--shard", "1/12")
    (tmp_path / "nguyen" / "pyoperon-10s" / "Nguyen-1.json").write_text('{"stamp"')
    command(tmp_path, "--shard", "1/12")
    command(tmp_path, "--shard", "1/12", "--noise", "0.01")
    assert (tmp_path / "nguyen" / "pyoperon-10s-noise0.01" / "Nguyen-1.json").is_file()
    monkeypatch.setattr(sweep, "PROTOCOL", 99)
    command(tmp_path, "--shard", "1/12")
    assert [q.noise for q in asked] == [0.0, 0.0, 0.01, 0.0]
    assert np.std(asked[2].y - asked[0].y) == pytest.approx(0.01 * np.sqrt(np.mean(asked[0].y ** 2)), rel=0.2)


def test_the_summary_counts(asked, tmp_path, capsys):
    assert command(tmp_path, "--summary") == 0
    assert "run the sweep first" in capsys.readouterr().out
    command(tmp_path)
    capsys.readouterr()
    command(tmp_path, "--summary")
    shown = capsys.readouterr().out
    assert "pyoperon-10s (9.9): exact 10 of 12 run (83.3%), 0 not run; any of 8 models counts" in shown
    assert "Nguyen-3" in shown
    assert "error" in shown
    assert "over 1.1 x the CPU seconds + 0.5: none" in shown


def test_a_missing_peer_and_a_bad_shard(asked, tmp_path, capsys):
    assert sweep.main(["nguyen", "--only", "psrn", "--out", str(tmp_path)]) == 0
    assert "psrn: missing" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="give I/N with I from 1 to N"):
        command(tmp_path, "--shard", "3/2")


def test_only_ours_is_told_units(asked, tmp_path):
    sweep.main(["feynman", "--only", "pyoperon", "--shard", "1/80", "--out", str(tmp_path)])
    assert asked[0].units is False
    assert (tmp_path / "feynman" / "pyoperon-60s").is_dir()
    assert (
        sweep.variant({"solver": "ours", "seconds": 60.0, "noise": 0.01, "units": True}) == "ours-60s-noise0.01-units"
    )


def test_the_public_comparison_is_read_where_it_is_at_hand():
    assert summary.published_rates(None if "INDUCE_SHARED_DATA" not in os.environ else "nowhere", 0.0) == {}
    rates = summary.published_rates(str(published("srbench2021_groundtruth.csv")), 0.0)
    assert summary.dataset_of("III.10.19", rates) == "feynman_III_10_19"
    assert summary.dataset_of("I.6.20a", rates) == "feynman_I_6_2a"
    assert summary.dataset_of("II.11.17", rates) is None


# ---- judging


def question(name, seconds=1.0, noise=0.0):
    known = problems.problem_set("daily")
    (found,) = problems.named((name,))
    return Question(found, *known.sample(found, noise), seconds, known.operators, noise)


def test_our_answer_is_the_selected_row():
    answer = solve("ours", question("Nguyen-8"))
    assert answer.exact
    assert answer.formula == "sqrt(x1)"
    assert answer.cpu > 0
    assert answer.more["fall"] <= optimum.TOLERANCE
    assert json.loads(json.dumps(answer.more, default=float))["found_exact"]


def test_a_peers_formula_is_judged_in_its_own_words():
    local = {"X1": sympy.Symbol("x1", real=True)}
    asked = question("Nguyen-8")
    judged = solvers._judged(asked, ["X1 + 1", "sqrt(X1*1.0000000001)", "no formula ("], local, 1.0)
    assert (judged.exact, judged.formula, judged.front) == (True, "sqrt(X1*1.0000000001)", 3)
    judged = solvers._judged(asked, ["X1 + 1", "no formula ("], local, 1.0)
    assert (judged.exact, judged.formula) == (False, "X1 + 1")
    assert not solvers._judged(asked, [], local, 1.0).exact


@pytest.mark.parametrize(
    ("name", "text", "true"),
    [
        ("Jin-4", "-8.5e-8 + exp(1.000000119*X1 + 0.405464977) + 5.000000000000*cos(1.0*X2)", True),
        (
            "I.12.11",
            "-4.5e-7 + 0.99999994*X1*((-9.66469*X4*sin(X5)*X3*(-7.688076496)/0.637733995914 + 116.510772705*X2)*0.0085828984)",
            True,
        ),
        ("Jin-4", "0.01 + 1.5*exp(X1) + 5*cos(X2)", False),
        ("Jin-4", "1.5*exp(X1) + 5*cos(X3)", False),
        ("Nguyen-8", "sqrt(X1) + 1e-5*sin(X1)", True),
    ],
)
def test_a_peers_rounding_does_not_count_against_it(name, text, true):
    found = problem(name)
    local = {f"X{i + 1}": sympy.Symbol(v, real=True) for i, v in enumerate(found.variables)}
    assert text_is_true(text, local, found) is true


def test_a_peers_formula_under_noise_is_refitted_first():
    local = {"X1": sympy.Symbol("x1", real=True), "X2": sympy.Symbol("x2", real=True)}
    asked = question("Jin-4", noise=0.01)
    assert solvers._judged(asked, ["1.49*exp(X1) + 5.03*cos(X2)"], local, 1.0).exact
    assert solvers._judged(asked, ["exp(X1)*3/2 + 5*cos(X2)"], local, 1.0).exact
    assert not solvers._judged(asked, ["1.49*exp(X1) + 5.03*cos(X2) + 0.01*X1"], local, 1.0).exact
    assert solvers._judged(asked, ["0.002 + 1.49*exp(X1) + 5.03*cos(X2)"], local, 1.0).exact


def test_an_optimum_has_no_fall_and_a_moved_constant_has():
    import induce

    x = np.linspace(1.0, 3.0, 40)
    y = 2.5 * np.exp(-0.7 * x) + 0.01 * np.sin(40 * x)
    fit = induce.fill(arithmetic.parse("?a * exp(?b * x)"), ({"x": x}, y))
    X = induce.table.Table(("x",), x[None])
    assert optimum.largest_fall(fit, X, y)[0] <= optimum.TOLERANCE
    row = next(r for r in fit.rows if r.values)
    moved = replace(row, values={name: 1.001 * value for name, value in row.values.items()})
    assert optimum.fall_of(moved, X, y) > 1e-3


STUB = """
import time


class PSRN_Regressor:
    def __init__(self, variables, stage_config, **settings):
        self.limit = stage_config["default"]["time_limit"]

    def fit(self, X, y, **settings):
        from psrn.model import regressor

        print("noise on standard output")
        began = regressor.time.time()
        while regressor.time.time() - began < self.limit:
            pass

    def get_pf(self, sort_by):
        return [("sqrt(x0)" if sort_by == "mse" else "1.0", 0, 0, 0)]
"""


def test_psrn_runs_in_a_process_of_its_own(tmp_path, monkeypatch):
    (tmp_path / "psrn" / "model").mkdir(parents=True)
    (tmp_path / "psrn" / "__init__.py").write_text("from psrn.model.regressor import PSRN_Regressor")
    (tmp_path / "psrn" / "model" / "__init__.py").write_text("")
    (tmp_path / "psrn" / "model" / "regressor.py").write_text(STUB)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv(solvers.PSRN_PYTHON, sys.executable)
    answer = solve("psrn", question("Nguyen-8", seconds=0.2))
    assert answer.more["ended"] is True
    assert (answer.exact, answer.formula, answer.front) == (True, "sqrt(x0)", 2)
    assert answer.cpu >= 0.2  # the stub works that long


def test_psrn_that_is_not_there_is_missing(tmp_path, monkeypatch):
    monkeypatch.setenv(solvers.PSRN_PYTHON, str(tmp_path / "python"))
    assert solvers.solver_version("psrn") is None
    run = Run(True)
    formulas._beside(run, ("psrn",), lambda peer: 1.0)
    assert run.peers["psrn"].version is None
    assert run.figures == {}


# ---- real tables


def test_there_are_real_tables_without_download():
    assert len(real.TABLES) >= 10
    for name in real.TABLES:
        names, X, y, X_test, y_test = real.split(name)
        assert X.shape == (len(y), len(names))
        assert len(y_test) == len(X_test) == (len(y) + len(y_test)) // 4
        assert np.isfinite(X).all()
        assert all(part.isidentifier() for part in names)


def test_nodes_are_counted_after_the_simplifier():
    assert real.count_nodes("x*(1 + x) - x - x**2 + y") == (1, True)
    assert real.count_nodes("2.5*x + 1") == (5, True)


def test_our_figures_on_a_real_table():
    found = real.measure("ours", "moons", 1.0)
    assert found["test_r2"] > 0.99
    assert found["cpu"] > 0
    assert "error" in real.measure("ours", "no such table", 1.0)
