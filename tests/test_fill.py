from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from induce.budget import Budget
from induce.choosing import describe
from induce.errors import DataError, FillError
from induce.fill import default_learner, fill
from induce.learners import Constants, Enumerate, Evolve, then
from induce.search import Run, search
from induce.table import Table
from induce.task import Task
from induce.terms import REAL, Grammar, arithmetic, hole

SOURCE = str(Path(__file__).parents[1] / "src")
RNG = np.random.default_rng(0)
DATA = {"x": RNG.uniform(0.5, 3.0, 80), "y": RNG.uniform(-2.0, 2.0, 80)}
X, Y = arithmetic.variable("x"), arithmetic.variable("y")


def free(operators="+ - * sin", max_size=9, **settings):
    return hole.choice(
        Grammar(
            arithmetic, REAL, productions=[*operators.split(), "?"], variables=["x", "y"], max_size=max_size, **settings
        ),
        name="f",
    )


def target(text, noise=0.0, seed=1):
    return arithmetic.parse(text)(DATA) + np.random.default_rng(seed).normal(0, noise, 80)


def rows(fit):
    return [(row.text(None), row.loss, row.source) for row in fit.rows]


HARD = target("sin(x * y) + 1.7 * x * sin(2.2 * y)", 0.02)


@pytest.mark.parametrize(
    ("sketch", "name"),
    [
        (hole.real("a") * X, "Constants"),
        (hole.real("a") * hole.choice([X, Y], name="c"), "Choices"),
        (hole.real("a") * free(), "Backfitting"),
        (free(), "Portfolio"),
        (hole.net(torch.nn.Linear(2, 1), name="n1") + X, "Gradient"),
        (hole.net(torch.nn.Linear(2, 1), name="n2") * hole.real("a"), "Gradient"),
    ],
)
def test_the_default_learner_follows_the_holes(sketch, name):
    table = Table.from_any(DATA)
    assert type(default_learner(Task(sketch, table, DATA["x"]))).__name__ == name


@pytest.mark.parametrize(
    ("sketch", "formula"),
    [
        (arithmetic.parse("?a * exp(?b * x) + ?c"), "2 * exp(0.5 * x) - 1"),
        (hole.real("a") * hole.choice([X * Y, arithmetic["sin"](X), Y], name="c"), "3 * sin(x)"),
        (free(), "x * y + sin(x)"),
        (free("+ * ^"), "2.5 * x^1.5"),
    ],
)
def test_planted_formulas_come_back(sketch, formula):
    fit = fill(sketch, (DATA, target(formula)), within="200000 candidates")
    assert fit.row.r2 > 1 - 1e-12
    np.testing.assert_allclose(fit.predict(DATA), target(formula), rtol=1e-6, atol=1e-8)
    assert fit.stopped in ("the best formula fits every row to rounding", "every candidate was tried")


def test_a_net_is_filled():
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1))
    fit = fill(hole.real("a") * X + hole.net(net, name="n"), (DATA, target("2 * x + y")), within="60 epochs")
    assert fit.stopped == "60 epochs were done"
    assert fit.report["candidates"] == 60
    assert fit.row.r2 > 0.5
    assert fit.row.loss == pytest.approx(float(np.mean((fit.predict(DATA) - target("2 * x + y")) ** 2)), rel=1e-3)


@pytest.mark.parametrize("most", [500, 20_000])
def test_candidate_budgets_are_kept_within_a_batch(most):
    fit = fill(free(), (DATA, HARD), by=Evolve(population=200, children=100), within=f"{most} candidates")
    assert most <= fit.report["candidates"] <= most + 4 * 200
    assert fit.stopped == f"{most:,} candidates were scored"


def test_work_and_plateau_end_a_search():
    assert fill(free(), (DATA, HARD), within=Budget(work=2e7)).stopped == "the work limit was reached"
    noise = np.random.default_rng(3).normal(size=80)
    fit = fill(free("+"), (DATA, noise), by=Evolve(), within=Budget(work=1e9, plateau=1e7))
    assert fit.stopped == "a long stretch of work brought no better formula"


def test_a_finite_space_is_exhausted():
    fit = fill(free("+ *", 3), (DATA, HARD), by=Enumerate())
    assert fit.stopped == "every candidate was tried"


def test_the_same_seed_gives_the_same_fit_for_any_number_of_threads():
    def once(seed, n_jobs):
        by = then(Enumerate(deepest=3), Evolve(population=100, children=50))
        return fill(free(), (DATA, HARD), by=by, within="15000 candidates", seed=seed, n_jobs=n_jobs)

    one, two, again, other = once(0, 1), once(0, 2), once(0, 1), once(5, 1)
    assert rows(one) == rows(two) == rows(again)
    assert one.report["candidates"] == two.report["candidates"]
    assert rows(one) != rows(other)


SCRIPT = """
import json, sys, numpy as np
from induce.fill import fill
from induce.learners import Evolve
from induce.terms import REAL, Grammar, arithmetic, hole
rng = np.random.default_rng(0)
x, y = rng.uniform(0.5, 3.0, 80), rng.uniform(-2.0, 2.0, 80)
grammar = Grammar(arithmetic, REAL, productions=["+", "*", "sin", "?"], variables=["x", "y"], max_size=11)
within = sys.argv[1]
sys.stdout.write("ready\\n")
sys.stdout.flush()
fit = fill(hole.choice(grammar, name="f"), ({"x": x, "y": y}, np.sin(x * y) + 1.7 * x * np.sin(2.2 * y) + 0.05 * rng.normal(size=80)),
           by=Evolve(population=100, children=50), within=within, watch=lambda p: (sys.stdout.write("moment\\n"), sys.stdout.flush()))
sys.stdout.write(json.dumps({"rows": [[r.text(None), r.loss] for r in fit.rows], "stopped": fit.stopped}) + "\\n")
"""


def start(within, **variables):
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, within],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": SOURCE, **variables},
    )


@pytest.mark.slow
def test_the_same_seed_gives_the_same_fit_in_two_processes():
    outs = []
    for hashing in ("1", "2"):
        process = start("5000 candidates", PYTHONHASHSEED=hashing)
        outs.append(json.loads(process.communicate(timeout=300)[0].splitlines()[-1]))
    assert outs[0] == outs[1]
    assert len(outs[0]["rows"]) > 2


@pytest.mark.slow
def test_an_interrupt_returns_the_best_so_far():
    process = start("10 min")
    while process.stdout.readline().strip() != "moment":
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    found = json.loads(out.splitlines()[-1])
    assert process.returncode == 0
    assert found["stopped"] == "interrupted; this is the best so far"
    assert found["rows"]


def test_signals_are_left_alone_outside_the_main_thread_and_afterwards():
    before = signal.getsignal(signal.SIGINT)
    found = []
    thread = threading.Thread(target=lambda: found.append(fill(arithmetic.parse("?a * x"), (DATA, 2 * DATA["x"]))))
    thread.start()
    thread.join()
    assert found[0].best is arithmetic.parse("2.0 * x") or found[0].row.loss < 1e-20
    assert signal.getsignal(signal.SIGINT) is before


def test_seconds_end_a_search():
    began = time.process_time()
    fit = fill(free(), (DATA, HARD), by=Evolve(population=100, children=50), within="300 ms")
    assert fit.stopped == "the time of 0.3 s was used"
    assert fit.report["search_seconds"] > 0.0
    assert time.process_time() > began


def test_watchers_see_ever_more_candidates_and_the_end():
    seen = []
    fit = fill(free(), (DATA, HARD), within="30000 candidates", watch=seen.append)
    assert [p.candidates for p in seen] == sorted(p.candidates for p in seen)
    assert [p.loss for p in seen] == sorted((p.loss for p in seen), reverse=True)
    assert seen[-1].stopped == fit.stopped != ""
    assert seen[-1].candidates == fit.report["candidates"]
    assert seen[-1].best is not None


def test_starting_from_a_fit_is_never_worse():
    first = fill(free(), (DATA, HARD), by=Evolve(population=100, children=50), within="20000 candidates")
    second = fill(
        free(), (DATA, HARD), by=Evolve(population=100, children=50), within="500 candidates", seed=9, start=first
    )
    for row in first.rows:
        best = min(r.loss for r in second.rows if r.size <= row.size)
        assert best <= row.loss * (1 + 1e-6)
    assert "start" in {row.source for row in second.rows}


def test_starting_from_a_fit_with_other_columns_is_refused():
    first = fill(arithmetic.parse("?a * mass"), ({"mass": [1.0, 2.0, 3.0]}, [2.0, 4.0, 6.0]))
    with pytest.raises(DataError, match="mass"):
        fill(free(), (DATA, HARD), within="100 candidates", start=first)


def test_conditions_hold_for_every_row():
    def uses_both(term):
        return {"x", "y"} <= {v.name for v in term.variables}

    def no_sine(term):
        return all(node.name != "sin" for node in term.walk())

    fit = fill(free(), (DATA, target("x * y + sin(x)")), subject_to=(uses_both, no_sine), within="20000 candidates")
    for row in fit.rows:
        assert uses_both(row.term), row
        assert no_sine(row.term), row


def test_units_hold_for_every_row():
    from induce.terms.dimensions import units_of

    table = Table(("x", "y"), np.array([DATA["x"], DATA["y"]]), {"x": "m", "y": "s"})
    task = Task(free("+ * /"), table, target("x * x / y"), target_unit="m^2/s")
    from induce.fill import solve

    fit = solve(task, within=Budget(candidates=20_000))
    for row in fit.rows:
        units_of(row.sketch, {"x": "m", "y": "s"}, target="m^2/s")
    assert fit.row.r2 > 1 - 1e-9


def test_every_constant_is_at_an_optimum():
    fit = fill(free(), (DATA, HARD), within="20000 candidates")
    for row in fit.rows:
        for name, value in row.values.items():
            for step in (1e-4, -1e-4):
                moved = {**row.values, name: value + step * max(abs(value), 1e-2)}
                there = np.mean((np.broadcast_to(row.sketch(DATA, **moved), HARD.shape) - HARD) ** 2)
                assert there >= row.loss * (1 - 1e-7), (row.text(), name)


def test_the_front_falls_and_its_losses_are_true():
    fit = fill(free(), (DATA, HARD), within="20000 candidates")
    assert [r.size for r in fit.rows] == sorted({r.size for r in fit.rows})
    assert [r.loss for r in fit.rows] == sorted((r.loss for r in fit.rows), reverse=True)
    for row in fit.rows:
        value = np.broadcast_to(row.term(DATA), HARD.shape)
        assert row.loss == pytest.approx(float(np.mean((value - HARD) ** 2)), rel=1e-9)
        assert row.size == row.term.size


def test_checkpoints_can_be_loaded(tmp_path, monkeypatch):
    import induce.search

    clock = iter(np.arange(0.0, 1e6, 20.0))
    monkeypatch.setattr(induce.search.time, "monotonic", lambda: next(clock))
    by = Evolve(population=100, children=50)
    fill(free(), (DATA, HARD), by=by, within=Budget(candidates=3000, work=1e12), checkpoint=tmp_path / "saved")
    fit = induce.load(tmp_path / "saved")
    assert fit.stopped == "not yet; this is a checkpoint"
    assert fit.rows


def test_errors_in_words():
    with pytest.raises(FillError, match=r"data must be a pair \(X, y\): columns and a target"):
        fill(free(), DATA)
    with pytest.raises(
        FillError, match=r"evolution needs .*but the sketch is '\?a \* x'. Leave by= out to have a learner chosen"
    ):
        fill(arithmetic.parse("?a * x"), (DATA, HARD), by=Evolve())
    with pytest.raises(FillError, match=r"no candidate gave finite values on the data\. Allow more operators"):
        fill(arithmetic.parse("log(0 - ?a^2 - x^2)"), (DATA, HARD), by=Constants())


def test_a_learner_that_fails_numerically_loses_its_stream_only():
    class Failing:
        name, parallel = "failing", False

        def accepts(self, task):
            return ""

        def run(self, task, state, rng):
            yield from Enumerate().run(task, state, rng)
            raise np.linalg.LinAlgError("SVD did not converge")

    found = fill(free(max_size=5), (DATA, target("x * y + 0.3 * sin(x)")), by=Failing())
    assert found.rows
    assert any("one stream of the search ended early: SVD did not converge" in note for note in found.notes)


def test_only_what_the_task_allows_is_begun_with():
    first = fill(free("+ - * sin"), (DATA, target("sin(sin(x)) + y")), within="2e5 candidates")
    assert any("sin(sin(" in str(row.term) for row in first.rows)
    forbidden = free("+ - * sin", forbid=[("sin", "sin")])
    again = fill(forbidden, (DATA, target("sin(sin(x)) + y")), within="2e4 candidates", start=first)
    assert all("sin(sin(" not in str(row.term) for row in again.rows)
    small = fill(free(), (DATA, HARD), within="2e4 candidates", start=first, subject_to=(lambda term: term.size < 4,))
    assert all(row.size < 4 for row in small.rows)


def test_refitting_on_more_rows_keeps_to_the_conditions():
    from induce.finish import _Finish
    from induce.polish import PolishRows

    def task(*conditions):
        return Task(free("+ *"), Table.from_any(DATA), 3.0 * DATA["x"], subject_to=conditions)

    plain = task()
    row = _Finish(plain, PolishRows(plain, 80), None)._made(arithmetic.parse("?c0 * x"), {"c0": 2.9}, "test", 1.0)
    assert row.size == 3
    free_to_move = _Finish(plain, PolishRows(plain, 80), None).refitted(row)
    assert free_to_move.values["c0"] == pytest.approx(3.0)
    bound = task(lambda term: "2.9" in str(term))
    held = _Finish(bound, PolishRows(bound, 80), None).refitted(row)
    assert held.values == {"c0": 2.9}
    assert held.loss == pytest.approx(0.01 * np.mean(DATA["x"] ** 2))


def test_the_plateau_counts_symbols_as_the_finished_rows_do():
    table = Table.from_any(DATA)
    task = Task(free("+ * sin exp log", max_size=5), table, target("2.5 * x + sin(y)", 0.1))
    run = Run(task, Budget(candidates=2000), Enumerate(), 0)
    search(run, None, 1, None)
    assert task.alphabet != len(table.names) + 9
    floor = task.scale * 1e-22
    lengths = [
        describe(e.loss, e.size, int(e.programs.free.sum()), task.evidence, floor, task.alphabet)
        for e in run.archive.front()
    ]
    assert run._description() == min(lengths)


def test_a_first_search_says_that_it_compiles(tmp_path, monkeypatch, capsys):
    from induce.fill import _warm
    from induce.warm import cold

    problem = Task(free(max_size=3), Table.from_any(DATA), DATA["x"])
    _warm(problem)
    assert not cold()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert cold()
    _warm(problem, told=True)
    assert "compiling, once after installing" in capsys.readouterr().err
    _warm(problem)
    assert capsys.readouterr().err == ""


def test_a_sketch_keeps_its_numbers_however_small():
    noise = np.random.default_rng(0).normal(0, 0.3, 80)
    found = fill(arithmetic.parse("?a * x + ?b * y"), (DATA, 2.0 * DATA["x"] + noise))
    assert {v.name for v in found.best.variables} == {"x", "y"}
