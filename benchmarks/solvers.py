"""Who is measured on formulas: our regressor and its peers, each as one function from a problem's data to an answer.

Every solver gets the same rows and the same CPU seconds of its own process. Ours is judged by the one formula it selects; a
peer by any of up to 8 models of its front, and more leniently still (see :mod:`benchmarks.judging`).
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.judging import text_is_true
from benchmarks.optimum import largest_fall
from benchmarks.runner import version_of
from induce.formulas.families import Problem
from induce.formulas.recovery import recovered, recovered_with_noise

Array = NDArray[np.float64]
OPERON = {"+": "add", "-": "sub", "*": "mul", "/": "div"}
GPLEARN = {**OPERON, "sqrt": "sqrt", "log": "log", "sin": "sin", "cos": "cos"}
"""What a peer calls an operator, where its name is another (pyoperon) or where it has it at all (gplearn)."""
FRONT = 8
"""Models of a peer's front that are looked at."""
ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Question:
    """One fit to make: a problem, its data, and what a solver may use."""

    problem: Problem
    X: Any
    y: Array
    seconds: float
    operators: str
    noise: float = 0.0
    units: bool = False
    seed: int = 0


@dataclass
class Answer:
    """What came back: whether the formula is exact, its text, the CPU seconds, the size of the front, and more figures."""

    exact: bool
    formula: str
    cpu: float
    front: int
    more: dict[str, Any] = field(default_factory=dict)


Solver = Callable[[Question], Answer]


def ours(asked: Question) -> Answer:
    """Our regressor on its default settings: the selected formula counts."""
    import pandas as pd

    from induce.budget import Budget
    from induce.formulas import FormulaRegressor, Hypotheses
    from induce.warm import warm_kernels

    warm_kernels(True)
    units, known = None, Hypotheses()
    if asked.units:  # all physical constants of these laws are columns, so what is fitted is a pure number
        units = {**asked.problem.units, "target": str(asked.problem.target_unit)}
        known = Hypotheses(pure_constants=True)
    model = FormulaRegressor(
        asked.operators,
        units=units,
        subject_to=known,
        within=Budget(cpu=asked.seconds),
        noise=None,
        random_state=asked.seed,
    )
    columns, target = asked.X.to_dict(), pd.Series(asked.y, name="target")
    began = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(columns, target)
    spent = time.process_time() - began
    fit = model.fit_
    fall, constants = largest_fall(fit, asked.X, asked.y)
    more = {
        "size": fit.row.size,
        "r2": fit.row.r2,
        "found_exact": [r.size for r in fit.rows[-FRONT:] if _row_is_true(r, asked)],
        "source": fit.row.source,
        "stopped": fit.stopped,
        "fall": fall,
        "constants": constants,
        "rows_of_front": [[r.size, r.loss, r.text(6)] for r in fit.rows],
    }
    return Answer(_row_is_true(fit.row, asked), fit.row.text(None), spent, len(fit.rows), more)


def _row_is_true(row: Any, asked: Question) -> bool:
    found = asked.problem
    if asked.noise:
        return recovered_with_noise(row, found.term, found.ranges)
    return recovered(row.term, found.term, found.ranges)


def gplearn(asked: Question) -> Answer:
    """Gplearn's best program after as many generations of 1,000 as the seconds allow."""
    import sympy
    from gplearn.functions import make_function
    from gplearn.genetic import SymbolicRegressor

    own = {name: make_function(function=f, name=name, arity=1) for name, f in _GUARDED.items()}
    known = {**GPLEARN, **own}
    functions = tuple(known[name] for name in asked.operators.split() if name in known)
    began, generations = time.process_time(), 0
    model = SymbolicRegressor(
        population_size=1000, generations=1, function_set=functions, random_state=asked.seed, warm_start=True,
        low_memory=True,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        while time.process_time() - began < asked.seconds:
            generations += 1
            model.set_params(generations=generations)
            model.fit(asked.X.values.T, asked.y)
    spent = time.process_time() - began
    names = {
        "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b, "div": lambda a, b: a / b,
        "sin": sympy.sin, "cos": sympy.cos, "exp": sympy.exp, "asin": sympy.asin, "tanh": sympy.tanh,
        "log": lambda a: sympy.log(sympy.Abs(a)), "sqrt": lambda a: sympy.sqrt(sympy.Abs(a)),
    }  # fmt: skip
    best = [str(program) for program in _best_programs(model)]
    return _judged(asked, best, {**names, **_symbols(asked, "X{}", 0)}, spent)


def _limited_exp(x: Array) -> Array:
    with np.errstate(all="ignore"):
        return np.exp(np.minimum(x, 50.0))


def _limited_asin(x: Array) -> Array:
    return np.arcsin(np.clip(x, -1.0, 1.0))


_GUARDED = {"exp": _limited_exp, "asin": _limited_asin, "tanh": np.tanh}
"""Operators that gplearn lacks, defined everywhere as it wants them."""


def _best_programs(model: Any) -> list[Any]:
    """Up to eight programs of the last generation, best first, of different texts."""
    programs = sorted(model._programs[-1], key=lambda program: program.raw_fitness_)
    return list({str(program): program for program in programs}.values())[:FRONT]


def pyoperon(asked: Question) -> Answer:
    """Restarts of 90 generations of 1,000 with Levenberg-Marquardt until the seconds are used or a front holds the truth."""
    from pyoperon.sklearn import SymbolicRegressor

    X, used, seed = np.array(asked.X.values.T), 0.0, asked.seed
    symbols = [OPERON.get(name, name) for name in asked.operators.split() if name != "pi"]
    answer = Answer(False, "", 0.0, 0)
    while used < asked.seconds:
        seed += 1
        began = time.process_time()
        model = SymbolicRegressor(
            allowed_symbols=",".join([*symbols, "constant", "variable"]), population_size=1000, generations=90,
            optimizer_iterations=5, n_threads=1, max_time=max(1, round(asked.seconds - used)), random_state=seed,
            objectives=["r2", "length"], model_selection_criterion="bayesian_information_criterion",
        )  # fmt: skip
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(X, asked.y)
        used += time.process_time() - began
        texts = [model.get_model_string(entry["tree"], 12).replace("^", "**") for entry in model.pareto_front_[-FRONT:]]
        answer = _judged(asked, texts[::-1], _symbols(asked, "X{}", 1), used)
        answer.more["restarts"] = seed - asked.seed
        if answer.exact:
            break
    return answer


PSRN_PYTHON = "INDUCE_PSRN_PYTHON"
"""Environment variable with the interpreter that has psrn; by default that of ``.venv-psrn`` beside the sources."""


def psrn_python() -> Path | None:
    """The interpreter of the environment that psrn needs for itself, or None."""
    given = os.environ.get(PSRN_PYTHON)
    path = Path(given) if given else ROOT / ".venv-psrn" / "bin" / "python"
    return path if path.is_file() else None


def psrn(asked: Question) -> Answer:
    """Psrn in a process of its own: 3 layers, 3 inputs, 20 points a round, its operators without a square root."""
    job = {"X": asked.X.values.T.tolist(), "y": asked.y.tolist(), "seconds": asked.seconds, "seed": asked.seed}
    line = [str(psrn_python()), str(ROOT / "benchmarks" / "psrn_worker.py")]
    done = subprocess.run(
        line, input=json.dumps(job), capture_output=True, text=True, check=False, timeout=20 * asked.seconds + 300
    )
    if done.returncode != 0:
        raise RuntimeError(f"psrn ended with {done.returncode}: {done.stderr.strip().splitlines()[-1:]}")
    found = json.loads(done.stdout)
    return _judged(asked, found["formulas"], _symbols(asked, "x{}", 0), found["cpu"], {"ended": found["ended"]})


def _symbols(asked: Question, pattern: str, first: int) -> dict[str, Any]:
    import sympy

    return {pattern.format(i + first): sympy.Symbol(n, real=True) for i, n in enumerate(asked.X.names)}


def _judged(
    asked: Question, texts: Iterable[str], local: Mapping[str, Any], cpu: float, more: dict[str, Any] | None = None
) -> Answer:
    """The answer of a peer: the first of its formulas that is exact, or its first one."""
    texts = list(texts)
    more = {"formulas": texts, **(more or {})}
    for text in texts:
        if text_is_true(text, local, asked.problem, (asked.X, asked.y) if asked.noise else None):
            return Answer(True, text, cpu, len(texts), more)
    return Answer(False, texts[0] if texts else "", cpu, len(texts), more)


SOLVERS: dict[str, Solver] = {"ours": ours, "gplearn": gplearn, "pyoperon": pyoperon, "psrn": psrn}


def solver_version(name: str) -> str | None:
    """The version of a solver, or None when it is not installed."""
    if name == "ours":
        return version_of("induce") or importlib.import_module("induce").__version__
    if name != "psrn":
        return version_of(name)
    python = psrn_python()
    if python is None:
        return None
    line = [str(python), "-c", "import importlib.metadata as m; print(m.version('psrn'))"]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    return done.stdout.strip() or None if done.returncode == 0 else None


def solve(name: str, asked: Question) -> Answer:
    """Ask one solver; a solver that breaks has no exact answer, and the answer says why."""
    began = time.process_time()
    try:
        return SOLVERS[name](asked)
    except Exception as error:  # one broken fit must not end a sweep
        spent = time.process_time() - began
        sys.stderr.write(f"{name} on {asked.problem.name}: {type(error).__name__}: {error}\n")
        return Answer(False, "", spent, 0, {"error": f"{type(error).__name__}: {error}"})
