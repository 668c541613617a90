"""From what a user gives FormulaRegressor to a task: conditions read, rows gathered, the space of formulas made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from induce.errors import FillError
from induce.hypotheses import Hypotheses
from induce.table import Table
from induce.task import Task
from induce.terms import REAL, arithmetic, hole
from induce.terms.grammar import Grammar
from induce.terms.term import Term

__all__ = ["Conditions", "conditions_of", "gathered", "split", "task_for"]

LITERALS = (1, 2)
"""Numbers that enumeration writes down as they are; all others are fitted."""


@dataclass(frozen=True)
class Conditions:
    """``subject_to`` as read: callables, forbidden nestings, and hypotheses."""

    callables: tuple[Callable[[Term], bool], ...]
    forbid: tuple[tuple[str, str], ...]
    hypotheses: Hypotheses


def conditions_of(given: Any) -> Conditions:
    """Read ``subject_to``.

    Raises
    ------
    FillError, OpError
        For what is none of Hypotheses, a text ``"sin(cos)"`` and a callable.
    """
    if not (isinstance(given, str | Hypotheses | Iterable) or callable(given)):
        raise FillError(
            f"subject_to must be Hypotheses, a nesting such as 'sin(cos)', a callable of a term, or several, but got {given!r}."
        )
    several = [given] if isinstance(given, str | Hypotheses) or callable(given) else list(given)
    callables, forbid, hypotheses = [], [], []
    for condition in several:
        if isinstance(condition, Hypotheses):
            hypotheses.append(condition)
        elif callable(condition):
            callables.append(condition)
        else:
            forbid.append(_nesting(condition))
    if len(hypotheses) > 1:
        raise FillError(
            "subject_to holds several Hypotheses. Put them into one: Hypotheses(contains=..., excludes=...)."
        )
    return Conditions(tuple(callables), tuple(forbid), hypotheses[0] if hypotheses else Hypotheses())


def _nesting(condition: Any) -> tuple[str, str]:
    text = str(condition).replace(" ", "")
    outer, _, rest = text.partition("(")
    if not rest.endswith(")") or not outer or not rest[:-1]:
        raise FillError(
            f"cannot read the condition '{condition}'. Write a forbidden nesting as 'sin(cos)', or give a callable."
        )
    return arithmetic[outer].name, arithmetic[rest[:-1]].name


@dataclass(frozen=True)
class _Unnested:
    """A condition on nestings, for formulas of which a search makes only parts."""

    forbid: tuple[tuple[str, str], ...]

    def __call__(self, term: Term) -> bool:
        return not self.broken(term)

    def broken(self, term: Term) -> str:
        """An empty text, or the first forbidden nesting that occurs, such as ``sin(cos)``."""
        below: dict[Term, frozenset[str]] = {}
        for node in term.postorder():
            inside = frozenset().union(*(below[arg] for arg in node.args)) if node.args else frozenset()
            for outer, inner in self.forbid:
                if node.op.name == outer and inner in inside:
                    return f"{outer}({inner})"
            below[node] = inside | {node.op.name}
        return ""


@dataclass(frozen=True)
class _AtMost:
    """A condition on size."""

    nodes: int

    def __call__(self, term: Term) -> bool:
        return term.size <= self.nodes


def task_for(
    known: Conditions, operators: str, max_size: int, data: tuple[Table, Any, Any, Any], unit: str | None, noise: float | None, seed: int
) -> Task:  # fmt: skip
    """The task of finding a formula.

    Parameters
    ----------
    known : Conditions
    operators : str
    max_size : int
    data : (Table, target, weights or None, held-out rows or None)
    unit : str, optional
        Of the target.
    noise : float, optional
    seed : int
    """
    table, target, weights, held_out = data
    h = known.hypotheses
    ops = list(arithmetic.operators(operators))
    h.check_against(table, [op.name for op in ops], max_size, unit)
    banned = {name for _, name in h.banned if isinstance(name, str)}
    ops = [op for op in ops if op.name not in banned]
    names = {op.name for op in ops}
    largest = max_size if h.complexity is None else min(max_size, h.complexity[1])
    leaves: list[Any] = [*(arithmetic.literal(n) for n in LITERALS), "?"]
    if h.numbers is not None:
        leaves = [arithmetic.literal(int(n) if float(n).is_integer() else n) for n in h.numbers]

    def formula(name: str, columns: Sequence[str]) -> Term:
        above = frozenset() if h.shape is None else h.shape.above(name)
        barred = {inner for outer, inner in known.forbid if outer in above}
        around = 0 if h.shape is None else h.shape.term.size - 1
        grammar = Grammar(
            arithmetic, REAL, productions=[*(op for op in ops if op.name not in barred), *leaves], variables=columns,
            max_size=max(largest - around, 1), forbid=[(a, b) for a, b in known.forbid if {a, b} <= names - barred],
        )  # fmt: skip
        return hole.choice(grammar, name=name)

    sketch = formula("formula", table.names) if h.shape is None else h.shape.sketch(formula)
    repeats = 1
    if h.symmetric or h.even_in or h.odd_in:
        values, target, repeats = h.mirrored(table.values, table.names, target)
        table = Table(table.names, values, table.units, {})
        weights = None if weights is None else np.tile(weights, repeats)
    conditions = (*known.callables, *((h.checker(table),) if h else ()))
    if h.shape is not None:  # each part alone may be as large as the whole
        whole = _Unnested(known.forbid)
        if whole.broken(h.shape.term):
            raise FillError(
                f"the skeleton '{h.skeleton}' has the nesting '{whole.broken(h.shape.term)}', which is forbidden. Drop one."
            )
        conditions = (_AtMost(largest), whole, *conditions)
        if h.shape.term.is_variable:  # a bare function: its columns are all there are
            table = table.select(h.shape.columns)
    task = Task(
        sketch, table, target, weights, unit, held_out, noise, conditions, seed=seed,
        pure_constants=h.pure_constants or h.numbers is not None, planted=h.blocks, repeats=repeats,
    )  # fmt: skip
    task.dimensions  # noqa: B018  (reads every unit, so that a bad one fails before the search)
    return task


GATHER_ROWS = 20_000


def gathered(table: Table, target: Any, weights: Any) -> tuple[Table, Any, Any]:
    """Rows in sorted order, equal ones merged with their weights added, those of weight zero left out.

    So the result depends neither on the order of the rows nor on whether a row is repeated or weighted. Large tables are
    neither sorted nor merged, which would cost more than it gives.
    """
    given = table.rows
    if weights is not None and not weights.all():
        keep = np.flatnonzero(weights)
        table = Table(table.names, table.values[:, keep], table.units, {})
        target, weights = target[keep], weights[keep]
    if table.rows > GATHER_ROWS:
        return table, target, weights
    w = np.ones(table.rows) if weights is None else weights
    unique, place = np.unique(np.vstack([table.values, target]), axis=1, return_inverse=True)
    summed = np.bincount(place.ravel(), weights=w)
    labels = {} if len(summed) < given else table.labels
    found = Table(table.names, unique[:-1], table.units, labels)
    return found, np.ascontiguousarray(unique[-1]), None if np.all(summed == 1.0) else summed


def split(table: Table, target: Any, weights: Any, seed: int) -> tuple[Table, Any, Any, tuple[Table, Any, Any]]:
    """Three quarters to learn from, one quarter held out."""
    order = np.random.default_rng([seed, 13]).permutation(table.rows)
    cut = max(1, table.rows // 4)
    out, kept = np.sort(order[:cut]), np.sort(order[cut:])

    def part(rows: Any) -> Table:
        return Table(table.names, table.values[:, rows], table.units, {})

    w_kept, w_out = (None, None) if weights is None else (weights[kept], weights[out])
    return part(kept), target[kept], w_kept, (part(out), target[out], w_out)
