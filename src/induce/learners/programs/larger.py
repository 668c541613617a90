"""Programs beyond the costs enumerated, from the rows of a growth: glued together, or chosen among by conditions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.algebras.machine import encode_value
from induce.learners.programs.gluing import SETS, cheapest_tree, shortest_gluing
from induce.learners.programs.growth import Growth
from induce.terms.op import Op
from induce.terms.sort import BOOL, Sort
from induce.terms.term import Term

__all__ = ["GLUES", "closest", "larger"]

GLUES = ("concat", "str.++")
"""Operators that put one list or text after another."""


Goal = tuple[Sort, Sequence[Any]]


def larger(growth: Growth, goal: Goal | None = None) -> list[tuple[Term, int]]:
    """Programs beyond the costs enumerated: rows glued together, and rows chosen among by conditions.

    The goal is that of the growth by default.
    """
    if goal is None:
        if growth.goal is None or not growth.goal_hash:
            return []
        goal = growth.goal
    return [*_glued(growth, goal), *_branched(growth, goal)]


def held(growth: Growth, sort: Sort, partial: bool) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All rows of whole programs of a sort, and their costs."""
    costs = sorted(set(growth.members.get((0, sort, False), {})) | set(growth.members.get((0, sort, True), {})))
    parts = [growth.rows(0, sort, cost, partial) for cost in costs]
    if not parts:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    return np.concatenate(parts), np.repeat(np.array(costs, np.int64), [len(part) for part in parts])


def _cells(goal: Goal) -> list[list[int]]:
    return [encode_value(v, goal[0]) or [] for v in goal[1]]


def _glued(growth: Growth, goal: Goal) -> list[tuple[Term, int]]:
    rule = next((r for r in growth.rules if r.op.name in GLUES and r.code >= 0 and r.result is goal[0]), None)
    if rule is None:
        return []
    rows, costs = held(growth, goal[0], False)
    found = shortest_gluing(growth.bank.arrays, rows, costs, _cells(goal), rule.cost)
    if found is None:
        return []
    term = growth.term(found[0][0])
    for row in found[0][1:]:
        term = rule.op(term, growth.term(row))
    return [(term, found[1])]


def _branched(growth: Growth, goal: Goal) -> list[tuple[Term, int]]:
    sort = goal[0]
    rule = next((r for r in growth.rules if r.branches and r.result is sort), None)
    if rule is None or growth.count > SETS:
        return []
    leaves, costs = held(growth, sort, True)
    asked, asked_costs = held(growth, BOOL, False)
    right = growth.bank.masks(leaves, _cells(goal))
    holds = growth.bank.masks(asked, [[1]] * growth.count)
    some = right > 0
    found = cheapest_tree(
        (right[some], leaves[some], costs[some]), (holds, asked, asked_costs), growth.count, rule.cost
    )
    return [] if found is None else [(_tree(growth, found[0], rule.op), found[1])]


def _tree(growth: Growth, tree: Any, op: Op) -> Term:
    if isinstance(tree, int):
        return growth.term(tree)
    condition, yes, no = tree
    return op(growth.term(condition), _tree(growth, yes, op), _tree(growth, no, op))


def closest(growth: Growth) -> Term | None:
    """The cheapest of the programs that give most of the outputs."""
    if growth.goal is None:
        return None
    sort, values = growth.goal
    cells = [encode_value(v, sort) for v in values]
    best: tuple[int, int] | None = None
    for cost in sorted(set(growth.members.get((0, sort, False), {})) | set(growth.members.get((0, sort, True), {}))):
        rows = growth.rows(0, sort, cost, partial=True)
        hits = growth.bank.agreement(rows, cells)
        if len(rows) and (best is None or hits.max() > best[0]):
            best = (int(hits.max()), int(rows[int(np.argmax(hits))]))
    return None if best is None or best[0] == 0 else growth.term(best[1])
