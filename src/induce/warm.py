"""Compiling the kernels once, on tiny inputs, so that no search pays for it (numba caches the result on disk)."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

__all__ = ["cold", "warm_kernels"]

_DONE: set[bool] = set()


def cold() -> bool:
    """Whether nothing was compiled on this machine yet, as after installing: the next search waits for that."""
    from induce.algebras import kernels

    folder = Path(os.environ.get("NUMBA_CACHE_DIR") or Path(kernels.__file__).parent)
    return next(folder.rglob("kernels.*.nbi"), None) is None


def warm_kernels(search: bool) -> None:
    """Compile what evaluation and constant fitting need, and with ``search`` what enumeration, evolution and tree search need."""
    if search in _DONE:
        return
    from induce.algebras.evaluate import evaluate_many, fit_constants
    from induce.terms.arithmetic import arithmetic
    from induce.terms.codes import Codebook

    book = Codebook(arithmetic, ["x"])
    programs = book.encode([arithmetic.parse("?a * sin(x) + x")])
    table, target = np.linspace(1.0, 2.0, 8)[None, :], np.linspace(1.0, 2.0, 8)
    evaluate_many(programs, table)
    fit_constants(programs, table, target, iterations=1)
    fit_constants(programs, table, target, weights=np.ones(8), iterations=1)
    if search:
        _warm_search(table, target)
        _DONE.add(False)
    _DONE.add(search)


def _warm_search(table: np.ndarray, target: np.ndarray) -> None:
    """Run each search learner for a moment."""
    from induce.algebras import kernels as K
    from induce.learners.archive import Archive
    from induce.learners.bidirectional import Bidirectional
    from induce.learners.evolve import Evolve
    from induce.learners.forms import Part
    from induce.learners.learner import SearchState
    from induce.learners.positions import undone_rows
    from induce.learners.stock import Stage
    from induce.learners.tree_search import TreeSearch
    from induce.table import Table
    from induce.task import Task
    from induce.terms import REAL, arithmetic, hole
    from induce.terms.grammar import Grammar

    grammar = Grammar(
        arithmetic,
        REAL,
        productions=["+", "*", "/", "sin", "exp", "?"],
        variables=["x", "v"],
        max_size=5,
        forbid=[("sin", "sin")],
    )
    data = Table(("x", "v"), np.vstack([table, table**2]), {"x": "m", "v": "m"})
    task = Task(hole.choice(grammar, name="f"), data, target, target_unit="m")
    state = SearchState(Archive())
    small = Stage(
        rows=40,
        paired=20,
        summed=20,
        dictionary=8,
        targets=8,
        factors=16,
        powers=8,
        matched=64,
        inner=3,
        probed=4,
        joined=500,
    )
    for learner, batches in (
        (Bidirectional((small,), points=8), 400),
        (Evolve(population=20, children=10), 2),
        (TreeSearch(batches=2, leaves=4, completions=2, population=20, children=10, generations=1), 8),
    ):
        run = learner.run(task, state, np.random.default_rng(0))
        for _ in range(batches):
            if next(run, None) is None:
                break
    two: Part = [256], [], []
    undone_rows(target, np.ones_like(target), ((K.ADD, 0, two), (K.SIN, 0, None)), table)
