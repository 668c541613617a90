"""Separable: a target that is a sum or product of functions of fewer columns is told apart and searched part by part."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from induce.learners.backfitting import Backfitting, without_variables
from induce.learners.fitting import fitted_batch, screened_batch
from induce.learners.forms import combine
from induce.learners.learner import Batch, SearchState
from induce.learners.surrogates import LEVELS, features
from induce.task import Task
from induce.terms import hole
from induce.terms.grammar import Grammar
from induce.terms.term import Term

__all__ = ["Separable", "separations"]

Array = NDArray[np.float64]
CLEAR = 1e-3
"""Share of the variance that a separation may leave on other rows."""
HOPE = (1.0, 0.6, 0.3, 0.1, 0.03, 0.0)
"""Largest share left at a level of smoothness at which the next is worth a look."""
COLUMNS = 6
FOLLOWED = 2


@dataclass(frozen=True)
class Separation:
    """One way in which a target comes apart.

    Parameters
    ----------
    left : float
        Share of the variance left, as to be expected on other rows.
    form : str
        ``sum``, ``product``, ``inverse`` (``1 / (f + g)``) or ``root`` (``sqrt(f + g)``).
    first, second : tuples of int
        Columns of the two parts.
    """

    left: float
    form: str
    first: tuple[int, ...]
    second: tuple[int, ...]


@dataclass(frozen=True)
class Separable:
    """Looks for ``y = f(A) + g(B)``, ``f g``, ``1 / (f + g)`` and ``sqrt(f + g)`` with no column in both parts.

    For every division of the columns into two sets a sum of two smooth functions is fitted to ``y``, ``log|y|``, ``1/y`` and
    ``y^2`` (all but the first where ``y`` has one sign); where hardly anything is left, the two parts are searched by :class:`induce.learners.Backfitting`, in which a part
    may come apart again.

    References
    ----------
    S.-M. Udrescu and M. Tegmark (2020), AI Feynman: A Physics-Inspired Method for Symbolic Regression (separability).
    """

    name: str = "separable"
    parallel: bool = False
    opens: bool = True

    def accepts(self, task: Task) -> str:
        """A free choice from a grammar with fitted constants."""
        if task.space is None:
            return "separation needs a sketch that is one choice from a grammar"
        return "" if task.space.constants else "separation needs fitted constants"

    def run(self, task: Task, state: SearchState, rng: np.random.Generator) -> Iterator[Batch]:
        """Yield what is found under the clearest separations."""
        if state.stream:
            return
        assert task.space is not None
        yield fitted_batch(
            task, task.space, combine([([-1], [float(np.mean(task.search[1]))], [True])]), self.name, 1.0
        )
        found: list[Separation] = []
        for some, work in separations(task):
            found += some
            yield Batch(work=work, source=self.name)
        found.sort(key=lambda s: (s.left > 1e-9, round(np.log10(s.left + 1e-12)), s.form != "sum", s.form))
        for separation in found[:FOLLOWED]:
            inner = replace(task, sketch=_sketch(task, separation))
            learner = Backfitting(name=self.name)
            for batch in learner.run(inner, SearchState(state.archive), rng.spawn(1)[0]):
                yield self._fitting_in(task, batch)

    def _fitting_in(self, task: Task, batch: Batch) -> Batch:
        """A batch without what the task's own grammar is too small for; the best of these are simplified first."""
        if batch.programs is None or not len(batch.programs):
            return Batch(tried=batch.tried, work=batch.work, source=self.name, note=batch.note)
        found = screened_batch(task, batch.programs, self.name, batch.tried, 12, 4)
        return replace(found, work=found.work + batch.work, note=batch.note)


def separations(task: Task) -> Iterator[tuple[list[Separation], float]]:
    """The separations that leave little, form by form, with the work done."""
    columns, target, weights = task.search
    count = len(columns)
    varying = [k for k in range(count) if np.ptp(columns[k]) > 0]
    if not 2 <= len(varying) <= COLUMNS:
        return
    rows = len(target)
    names = {op.name for op in task.space.ops} if task.space is not None else set()
    divisions = [
        (first, tuple(k for k in varying if k not in first))
        for size in range(1, len(varying) // 2 + 1)
        for first in itertools.combinations(varying, size)
        if 2 * size < len(varying) or varying[0] in first
    ]
    for form, y, w in _forms(target, weights, names):
        found = []
        mean = float(np.average(y, weights=w))
        variance = float(np.average((y - mean) ** 2, weights=w))
        if not np.isfinite(variance) or not np.all(np.isfinite(w)):
            continue
        for first, second in divisions:
            best = 1.0
            for level in range(1, LEVELS):
                basis = np.hstack(
                    [features(columns[list(first)], level), features(columns[list(second)], level)[:, 1:]]
                )
                if basis.shape[1] > rows / 3:
                    break
                root = np.sqrt(w / w.mean())
                rest = (
                    root * y
                    - (root[:, None] * basis) @ np.linalg.lstsq(root[:, None] * basis, root * y, rcond=1e-10)[0]
                )
                expected = float(np.mean(rest * rest)) / (1.0 - basis.shape[1] / rows) ** 2
                best = min(best, expected / max(variance, 1e-300))
                if best > HOPE[level]:
                    break
            if best < CLEAR:
                found.append(Separation(best, form, first, second))
        yield found, 6e6 * len(divisions)


def _forms(target: Array, weights: Array, names: set[str]) -> Iterator[tuple[str, Array, Array]]:
    """Targets in which the parts add up, with weights that make errors count as those of ``y``."""
    if "+" in names:
        yield "sum", target, weights
    same = bool(np.all(target > 0) or np.all(target < 0))
    if "*" in names and same:
        yield "product", np.log(np.abs(target)), weights * target**2
    if {"+", "/"} <= names and same:
        yield "inverse", 1.0 / target, weights * target**4
    if {"+", "sqrt"} <= names and np.all(target > 0):
        yield "root", target**2, weights / target**2


def _sketch(task: Task, separation: Separation) -> Term:
    """The formula with a hole for each part."""
    whole = task.sketch.hole.options
    language = task.language
    parts = []
    for name, columns in (("f", separation.first), ("g", separation.second)):
        grammar = Grammar(
            whole.language, whole.start, productions=without_variables(whole), variables=[task.table.names[k] for k in columns],
            max_size=whole.max_size, forbid=whole.forbid,
        )  # fmt: skip
        parts.append(hole.choice(grammar, name=name))
    if separation.form == "product":
        return language["*"](*parts)
    total = language["+"](*parts)
    if separation.form == "sum":
        return total
    return language["/"](1, total) if separation.form == "inverse" else language["sqrt"](total)
