"""Real tables: ours beside pyoperon on the same split and CPU seconds, by test R2 and by size after the same simplifier."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.problems import OPERATORS, SEED

Array = NDArray[np.float64]
SECONDS = 60.0
SOLVERS = ("ours", "pyoperon")
SIMPLIFY = 20.0
"""Wall seconds of SymPy's simplifier; a formula that it cannot finish is counted as it is."""

Columns = tuple[list[str], Array, Array]


def _shipped(name: str) -> Callable[[], Columns]:
    def load() -> Columns:
        from induce.formulas import load as shipped

        found = shipped(name)
        return list(found.X.names), found.X.values.T, found.y

    return load


def _diabetes() -> Columns:
    from sklearn.datasets import load_diabetes

    found = load_diabetes(scaled=False)
    return [str(n) for n in found.feature_names], found.data, found.target


def _exercise(target: str) -> Callable[[], Columns]:
    def load() -> Columns:
        from sklearn.datasets import load_linnerud

        found = load_linnerud()
        place = list(found.target_names).index(target)
        return [str(n) for n in found.feature_names], found.data, found.target[:, place]

    return load


def _measured(loader: str, target: str) -> Callable[[], Columns]:
    """One measured column of a classification table, explained by its other columns (the class is left out)."""

    def load() -> Columns:
        import sklearn.datasets

        found = getattr(sklearn.datasets, loader)()
        names = [str(n) for n in found.feature_names]
        place = names.index(target)
        rest = [i for i in range(len(names)) if i != place]
        return [_plain(names[i]) for i in rest], found.data[:, rest], found.data[:, place]

    return load


def _plain(name: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in name.replace(" (cm)", "")).strip("_")


TABLES: dict[str, Callable[[], Columns]] = {
    "diabetes": _diabetes,
    "linnerud-weight": _exercise("Weight"),
    "linnerud-waist": _exercise("Waist"),
    "linnerud-pulse": _exercise("Pulse"),
    "iris-petal-width": _measured("load_iris", "petal width (cm)"),
    "iris-sepal-length": _measured("load_iris", "sepal length (cm)"),
    "wine-color": _measured("load_wine", "color_intensity"),
    "wine-flavanoids": _measured("load_wine", "flavanoids"),
    "wine-proline": _measured("load_wine", "proline"),
    "cancer-concavity": _measured("load_breast_cancer", "mean concavity"),
    "cancer-dimension": _measured("load_breast_cancer", "mean fractal dimension"),
    "moons": _shipped("moons"),
    "hubble": _shipped("hubble"),
    "chwirut2": _shipped("chwirut2"),
    "hahn1": _shipped("hahn1"),
    "thurber": _shipped("thurber"),
}


def split(name: str) -> tuple[list[str], Array, Array, Array, Array]:
    """Names, training rows and target, test rows and target: 75 to 25 by a fixed seed."""
    names, X, y = TABLES[name]()
    order = np.random.default_rng(SEED).permutation(len(y))
    cut = len(y) - len(y) // 4
    train, test = order[:cut], order[cut:]
    return names, X[train].astype(float), y[train].astype(float), X[test].astype(float), y[test].astype(float)


def measure(solver: str, name: str, seconds: float) -> dict[str, Any]:
    """Test R2, size and CPU seconds of one solver on one table."""
    try:
        return _ours(name, seconds) if solver == "ours" else _pyoperon(name, seconds)
    except Exception as error:  # one broken fit must not end a sweep
        return {"error": f"{type(error).__name__}: {error}", "exact": False, "formula": "", "cpu": 0.0, "front": 0}


def _ours(name: str, seconds: float) -> dict[str, Any]:
    from benchmarks.optimum import largest_fall
    from induce.budget import Budget
    from induce.formulas import FormulaRegressor
    from induce.table import Table
    from induce.warm import warm_kernels

    names, X, y, X_test, y_test = split(name)
    warm_kernels(True)
    model = FormulaRegressor(OPERATORS, within=Budget(cpu=seconds), random_state=SEED)
    began = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(dict(zip(names, X.T, strict=True)), y)
        spent = time.process_time() - began
        found = model.predict(dict(zip(names, X_test.T, strict=True)))
    fit = model.fit_
    fall, constants = largest_fall(fit, Table(tuple(names), np.ascontiguousarray(X.T)), y)
    return {
        **_scored(found, y, y_test, str(fit.to_sympy())),
        "formula": fit.row.text(6),
        "cpu": spent,
        "front": len(fit.rows),
        "exact": False,
        "train_r2": fit.row.r2,
        "fall": fall,
        "constants": constants,
        "stopped": fit.stopped,
        "rows_of_front": [[r.size, r.loss, r.text(6)] for r in fit.rows],
    }


def _pyoperon(name: str, seconds: float) -> dict[str, Any]:
    """Runs of pyoperon until the seconds are used; the model with the best Bayesian information criterion is kept."""
    from pyoperon.sklearn import SymbolicRegressor

    names, X, y, X_test, y_test = split(name)
    used, seed = 0.0, SEED
    best: Any = None
    while used < 0.95 * seconds:
        seed += 1
        began = time.process_time()
        model = SymbolicRegressor(
            allowed_symbols="add,sub,mul,div,sin,cos,exp,log,sqrt,constant,variable", population_size=1000,
            generations=100_000, max_evaluations=10**9, optimizer_iterations=5, n_threads=1, random_state=seed,
            max_time=max(1, round(seconds - used)), objectives=["r2", "length"],
            model_selection_criterion="bayesian_information_criterion",
        )  # fmt: skip
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(X, y)
            score = float(np.mean((np.asarray(model.predict(X), float) - y) ** 2))
        used += time.process_time() - began
        length = int(model.stats_["model_length"])
        criterion = len(y) * np.log(score + 1e-300) + length * np.log(len(y))
        if best is None or criterion < best[0]:
            best = (criterion, model, score)
    model = best[1]
    text = model.get_model_string(model.model_, 6).replace("^", "**")
    for place in reversed(range(len(names))):
        text = text.replace(f"X{place + 1}", f"x_{place + 1}")
    found = np.asarray(model.predict(X_test), dtype=float)
    return {
        **_scored(found, y, y_test, text),
        "formula": text,
        "cpu": used,
        "front": len(model.pareto_front_),
        "exact": False,
        "train_r2": 1.0 - best[2] / float(np.var(y)),
        "restarts": seed - SEED,
    }


def _scored(found: Array, y: Array, y_test: Array, text: str) -> dict[str, Any]:
    """R2 on the test rows, undefined predictions taken as the training mean, and the formula's nodes."""
    filled = np.where(np.isfinite(found), found, y.mean())
    score = 1.0 - float(np.mean((filled - y_test) ** 2)) / float(np.var(y_test))
    nodes, simplified = count_nodes(text)
    return {"test_r2": score, "nodes": nodes, "simplified": simplified, "undefined": int((~np.isfinite(found)).sum())}


_COUNT = """
import sys
import sympy
whole = sympy.sympify(sys.stdin.read())
short = sympy.simplify(whole) if sys.argv[1] == "simplify" else whole
print(min(sum(1 for _ in sympy.preorder_traversal(e)) for e in (whole, short)))
"""


def count_nodes(text: str) -> tuple[int, bool]:
    """Nodes of SymPy's tree of a formula, simplified where that ends in time, and whether it did."""
    for kind, limit in (("simplify", SIMPLIFY), ("count", 60.0)):
        line = [sys.executable, "-c", _COUNT, kind]
        try:
            done = subprocess.run(line, input=text, capture_output=True, text=True, timeout=limit, check=True)
        except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
            continue
        return int(json.loads(done.stdout)), kind == "simplify"
    raise RuntimeError(f"SymPy cannot read the formula {text[:100]}")
