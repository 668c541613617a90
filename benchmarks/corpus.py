"""Fixed corpora and the measured jobs of the ``kernel`` suite."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.algebras import evaluate_many
from induce.terms import arithmetic, hole
from induce.terms.codes import Codebook, Programs

Array = NDArray[np.float64]
_BOOK = Codebook(arithmetic, ["x", "y"])
OPERATORS = "+ - * / sin cos exp log sqrt"


def columns(points: int) -> Array:
    """Two columns between 0.5 and 2."""
    return np.random.default_rng(1).uniform(0.5, 2.0, (2, points))


def thirteen_nodes(count: int) -> Programs:
    """Random programs of 13 nodes with exactly 3 transcendentals."""
    rng = np.random.default_rng(0)
    x = [arithmetic.variable("x"), arithmetic.variable("y")]

    def leaf() -> Any:
        return x[rng.integers(2)]

    def unary(inner: Any) -> Any:
        return arithmetic[["sin", "cos", "exp", "log"][rng.integers(4)]](inner)

    def binary(a: Any, b: Any) -> Any:
        return arithmetic[["+", "-", "*"][rng.integers(3)]](a, b)

    terms = []
    while len(terms) < count:
        last = arithmetic["neg"](binary(unary(leaf()), leaf()))
        term = binary(unary(binary(leaf(), leaf())), binary(unary(leaf()), last))
        assert term.size == 13
        terms.append(term)
    return _BOOK.encode(terms)


def skeletons(count: int) -> Programs:
    """``c0 f(c1 g(x) + y) + c2 h(x)`` with random f, g, h, and starts near one."""
    rng = np.random.default_rng(2)
    x, y = arithmetic.variable("x"), arithmetic.variable("y")
    names = ["sin", "exp", "log", "sqrt", "cos", "tanh"]
    terms = []
    for _ in range(count):
        a, b, c = (hole.real(start=float(s)) for s in rng.uniform(0.5, 1.5, 3))
        f, g, h = (arithmetic[names[k]] for k in rng.integers(len(names), size=3))
        terms.append(a * f(b * g(x) + y) + c * h(x))
    return _BOOK.encode(terms)


def noisy_target(table: Array) -> Array:
    """A target with 1 % noise that most skeletons fit only partly."""
    rng = np.random.default_rng(3)
    return 2.1 * np.sin(1.3 * table[0] + table[1]) - 0.3 * np.exp(table[0]) + 0.01 * rng.normal(size=table.shape[1])


def evaluate(programs: Programs, table: Array, dtype: Any) -> Any:
    """All programs at all points."""
    return evaluate_many(programs, table, dtype=dtype)


def numpy_loop(programs: Programs, table: Array) -> None:
    """The same with one numpy call per node."""
    functions = {op.name: op for op in arithmetic}
    names = list(functions)
    calls = {
        "+": np.add, "-": np.subtract, "*": np.multiply, "neg": np.negative,
        "sin": np.sin, "cos": np.cos, "exp": np.exp, "log": np.log,
    }  # fmt: skip
    codes, offsets = programs.codes.tolist(), programs.offsets.tolist()
    with np.errstate(all="ignore"):
        for start, end in itertools.pairwise(offsets):
            stack: list[Any] = []
            for code in codes[start:end]:
                if code >= 256:
                    stack.append(table[code - 256])
                elif functions[names[code]].arity == 2:
                    right = stack.pop()
                    stack[-1] = calls[names[code]](stack[-1], right)
                else:
                    stack[-1] = calls[names[code]](stack[-1])


def seconds(work: Callable[[], Any], quick: bool) -> float:
    """CPU seconds of one call: best of several rounds, after one that compiles."""
    work()
    best = np.inf
    for _ in range(5 if quick else 15):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return float(best)


def rate(work: Callable[[], Any], programs: Programs, points: int, quick: bool) -> float:
    """Node-points per CPU second."""
    return float(programs.offsets[-1]) * points / seconds(work, quick)


def jacobians(programs: Programs, table: Array) -> None:
    """Value and Jacobian of every program: one damped step's worth of derivatives."""
    from induce.algebras.evaluate import jacobian_many

    jacobian_many(programs, table)


def scipy_fit(program: Programs, table: Array, target: Array) -> float:
    """Sum of squares that scipy reaches from the program's own start."""
    from scipy.optimize import least_squares

    def residual(values: Array) -> Array:
        r = evaluate_many(program.with_values(values), table)[0] - target
        return np.where(np.isfinite(r), r, 1e6)

    return float(2.0 * least_squares(residual, program.values.copy()).cost)


def enumeration_rate(tried: float) -> float:
    """Expressions evaluated, hashed and deduplicated per CPU second by the enumeration learner at 200 points."""
    from induce.learners import Archive, Enumerate, SearchState

    task = _task(columns(200), noisy_target(columns(200)))
    run = Enumerate(capacity=30_000, pairs=0).run(task, SearchState(Archive()), np.random.default_rng(0))
    done, spent = 0.0, 0.0
    while done < tried:
        began = time.process_time()
        batch = next(run, None)
        spent += time.process_time() - began
        if batch is None:
            break
        if batch.programs is None:
            done += batch.tried
    return done / spent


def _task(table: Array, target: Array) -> Any:
    from induce import Grammar, Task
    from induce.table import Table
    from induce.terms import REAL

    grammar = Grammar(arithmetic, REAL, productions=[*OPERATORS.split(), 1, 2, "?"], variables=["x", "y"], max_size=20)
    return Task(hole.choice(grammar), Table(("x", "y"), table), target)


def two_second_fit(rows: int, seed: int) -> float:
    """Wall seconds of a fit with ``within="2s"``, kernels compiled."""
    from induce.formulas import FormulaRegressor
    from induce.warm import warm_kernels

    warm_kernels(True)
    rng = np.random.default_rng(seed)
    X = rng.uniform(0.5, 3.0, (rows, 2 + seed % 4))
    y = np.sin(X[:, 0]) * X[:, 1] + 0.1 * rng.normal(size=rows)
    FormulaRegressor(within="0.5s").fit(X[:100], y[:100])  # loads what a first fit loads
    began = time.perf_counter()
    FormulaRegressor(within="2s", random_state=seed).fit(X, y)
    return time.perf_counter() - began


def memory_ratio(count: int) -> float:
    """Resident memory after making and dropping many terms, over that before."""
    import gc
    import os
    from pathlib import Path

    def resident() -> float:
        return float(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    x = arithmetic.variable("x")
    for k in range(1000):
        _ = x * float(k) + 1
    gc.collect()
    before = resident()
    for k in range(count // 2):
        _ = x * (float(k) + 0.5) + 1
    gc.collect()
    return resident() / before
