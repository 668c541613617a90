"""Small tasks for the learners' tests."""

from __future__ import annotations

import numpy as np

from induce.learners.archive import Archive
from induce.learners.learner import SearchState
from induce.table import Table
from induce.task import Task
from induce.terms import REAL, Grammar, arithmetic, hole


def table(rows=60, seed=0, units=None, **columns):
    rng = np.random.default_rng(seed)
    data = columns or {"x": rng.uniform(0.5, 3.0, rows), "y": rng.uniform(-2.0, 2.0, rows)}
    return Table(tuple(data), np.array([np.asarray(c, float) for c in data.values()]), units or {})


def task(formula, data=None, operators="+ - * sin", max_size=9, constants=True, forbid=(), literals=(), **settings):
    """A free choice of formulas, the target made by a formula."""
    data = table() if data is None else data
    target = formula if not isinstance(formula, str) else arithmetic.parse(formula)(data.to_dict())
    leaves = [*(["?"] if constants else []), *literals]
    grammar = Grammar(
        arithmetic, REAL, productions=[*operators.split(), *leaves], variables=list(data.names), max_size=max_size, forbid=list(forbid)
    )  # fmt: skip
    return Task(
        hole.choice(grammar, name="f"),
        data,
        np.broadcast_to(np.asarray(target, float), (data.rows,)).copy(),
        **settings,
    )


def sketched(text_or_term, formula, data=None, **settings):
    """A sketch, the target made by a formula."""
    data = table() if data is None else data
    sketch = arithmetic.parse(text_or_term) if isinstance(text_or_term, str) else text_or_term
    return Task(sketch, data, np.asarray(arithmetic.parse(formula)(data.to_dict()), float), **settings)


def state():
    return SearchState(Archive())


def best(batches):
    """Smallest loss and its formula's batch and place."""
    found = (np.inf, None, None)
    for batch in batches:
        if batch.programs is not None and len(batch.programs) and batch.losses is not None:
            k = int(np.argmin(batch.losses))
            if batch.losses[k] < found[0]:
                found = (float(batch.losses[k]), batch, k)
    return found
