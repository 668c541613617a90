"""The ``kernel`` suite: what the ground under every other room costs, and whether the main job is done."""

from __future__ import annotations

import subprocess
import sys
import time
import warnings
from dataclasses import replace

import numpy as np

from benchmarks import corpus
from benchmarks.problems import problem_set
from benchmarks.runner import Run, row
from benchmarks.solvers import Question, solve

_HEAVY = ("torch", "sklearn", "sympy", "pandas")


@row(
    "import induce: CPU seconds, best of several fresh interpreters; loads none of torch, sklearn, sympy, pandas",
    goal="<= 0.15",
)
def import_cost(run: Run) -> tuple[float, bool, str]:
    code = (
        "import sys, time; start = time.process_time(); import induce; spent = time.process_time() - start; "
        f"print(spent, *[name for name in {_HEAVY!r} if name in sys.modules])"
    )
    spent: list[float] = []
    loaded: set[str] = set()
    for _ in range(3 if run.quick else 7):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        first, *names = done.stdout.split()
        spent.append(float(first))
        loaded.update(names)
    import induce

    public = len(induce.__all__)
    note = f"{public} public names" + (f"; loads {', '.join(sorted(loaded))}" if loaded else "")
    return min(spent), min(spent) <= 0.15 and not loaded and public <= 20, note


@row("induce --help: CPU seconds of the whole process, best of several", goal="<= 0.5")
def help_cost(run: Run) -> float:
    import resource

    spent = []
    for _ in range(2 if run.quick else 5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "induce.cli", "--help"], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(spent)


@row(
    "batched evaluation, float64: node-points per CPU second; 13-node programs with 3 transcendentals, 200 points, 1 core; "
    "at least 2.5 x a numpy loop per program (goal 4 x)",
    goal=">= 5e8",
)
def evaluation(run: Run) -> tuple[float, bool, str]:
    programs, table = corpus.thirteen_nodes(300 if run.quick else 1000), corpus.columns(200)
    ours = corpus.rate(lambda: corpus.evaluate(programs, table, np.float64), programs, 200, run.quick)
    peer = corpus.rate(lambda: corpus.numpy_loop(programs, table), programs, 200, run.quick)
    run.record("numpy loop", peer)
    return ours, ours >= 5e8 and ours >= 2.5 * peer, f"{ours / peer:.1f} x the numpy loop"


@row("the same in float32 (screening)", goal=">= 5e8")
def evaluation_single(run: Run) -> float:
    programs, table = corpus.thirteen_nodes(300 if run.quick else 1000), corpus.columns(200)
    return corpus.rate(lambda: corpus.evaluate(programs, table, np.float32), programs, 200, run.quick)


@row("value and Jacobian of programs with 3 constants: cost as a multiple of the value's", goal="<= 5")
def jacobian(run: Run) -> float:
    programs, table = corpus.skeletons(200 if run.quick else 1000), corpus.columns(200)
    value = corpus.seconds(lambda: corpus.evaluate(programs, table, np.float64), run.quick)
    return corpus.seconds(lambda: corpus.jacobians(programs, table), run.quick) / value


@row(
    "1,000 skeletons with 3 constants at 200 points: scipy least_squares CPU over ours, from the same starts "
    "(equal or lower loss on at least 95 %)",
    goal=">= 10",
)
def least_squares(run: Run) -> tuple[float, bool, str]:
    programs, table = corpus.skeletons(1000), corpus.columns(200)
    target = corpus.noisy_target(table)
    sample = np.arange(0, 1000, 20 if run.quick else 5)
    from induce.algebras import fit_constants

    fit_constants(programs.take(sample[:2]), table, target, iterations=1)
    began = time.process_time()
    _, ours = fit_constants(programs, table, target, iterations=60, restarts=3)
    spent = time.process_time() - began
    began = time.process_time()
    theirs = np.array([corpus.scipy_fit(programs[int(p)], table, target) for p in sample])
    peer = (time.process_time() - began) * 1000 / len(sample)
    run.record("scipy", peer)
    good = float(np.mean(ours[sample] <= theirs * (1 + 1e-6) + 1e-12))
    note = f"ours {spent:.2f} CPU s, scipy {peer:.1f} (from {len(sample)} of them); equal or lower on {good:.0%}"
    return peer / spent, peer / spent >= 10 and good >= 0.95, note


@row(
    "enumeration: arithmetic expressions evaluated, hashed and deduplicated by value per CPU second, 200 points",
    goal=">= 3e5",
)
def enumeration(run: Run) -> float:
    corpus.enumeration_rate(2e4)
    return corpus.enumeration_rate(2e5 if run.quick else 2e6)


@row("scikit-learn's battery on default settings: checks failed", goal="== 0")
def battery(run: Run) -> tuple[float, bool, str]:
    if run.quick:
        return 0.0, True, "left out of the quick run; tests/formulas/test_battery.py runs it"
    from sklearn.utils.estimator_checks import check_estimator

    from induce.formulas import FormulaRegressor

    began = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = check_estimator(FormulaRegressor(), on_fail=None, on_skip=None)
    spent = time.process_time() - began
    failed = [r["check_name"] for r in results if r["status"] == "failed"]
    done = sum(r["status"] == "passed" for r in results)
    note = f"{done} passed, {len(results) - done - len(failed)} skipped, {spent:.0f} CPU s {' '.join(failed)}"
    return float(len(failed)), not failed and spent < 90, note


def _nguyen(run: Run, points: int | None) -> tuple[float, bool, str]:
    known = replace(problem_set("nguyen"), rows=points)
    asked = [found for found in known.problems if not run.quick or found.name in ("Nguyen-1", "Nguyen-5", "Nguyen-8")]
    seconds = 1.5 if run.quick else 10.0
    questions = [Question(found, *known.sample(found), seconds, known.operators) for found in asked]
    missed = [q.problem.name for q in questions if not solve("ours", q).exact]
    for peer in ("gplearn", "pyoperon"):
        if run.peer(peer) is not None:
            run.record(peer, sum(solve(peer, question).exact for question in questions))
    exact = len(asked) - len(missed)
    least = 9 if len(asked) == 12 else len(asked)
    return exact, exact >= least, f"of {len(asked)}; missed: {', '.join(missed) or 'none'}"


@row("Nguyen-1 to -12, noise-free, 200 points, 10 CPU s each, one setting: exactly recovered (SymPy)", goal=">= 9")
def nguyen(run: Run) -> tuple[float, bool, str]:
    return _nguyen(run, 200)


@row("the same on the 20 points published", goal=">= 9")
def nguyen_published(run: Run) -> tuple[float, bool, str]:
    return _nguyen(run, None)


@row(
    "20 fits with within='2s' on 1,000 to 1,000,000 rows: share that returned within 2.7 s + one batch", goal=">= 0.95"
)
def budgets(run: Run) -> tuple[float, bool, str]:
    sizes = [1000, 1_000_000] if run.quick else [1000, 10_000, 100_000, 1_000_000] * 5
    spent = [corpus.two_second_fit(rows, seed) for seed, rows in enumerate(sizes)]
    good = float(np.mean([s <= 2.75 for s in spent]))
    return good, good >= 0.95, f"slowest {max(spent):.2f} s, median {np.median(spent):.2f} s (wall)"


@row("1,000,000 terms made and dropped: memory afterwards over memory before", goal="<= 1.1")
def memory(run: Run) -> float:
    return corpus.memory_ratio(100_000 if run.quick else 1_000_000)
