"""Decisions by rules: the arrays that a program of rules over a table compiles to, and what they answer for many rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.learners.rules.literals import rows_where
from induce.mixed import MixedTable
from induce.rules.conditions import Condition, conjunction_text

__all__ = ["FIRST", "POINTS_PER_NAT", "VOTES", "Decisions"]

VOTES, FIRST = "votes", "first"
"""How rules decide together: all that hold add their points; or the first that holds decides alone."""

POINTS_PER_NAT = 10
"""Points are tenths of a nat of evidence: ten points more multiply the odds by e."""

Float = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Decisions:
    """Rules over the columns of a table, in order, with a default.

    Parameters
    ----------
    table : MixedTable
        The columns, without rows: names, kinds, categories and units.
    rules : tuple of tuples of Condition
        Each a conjunction.
    points : array of shape (rules + 1, outputs)
        What each rule says, and the default last. Votes on classes: whole points for each class. First on classes: the
        probability of each class. Numbers: what is added (votes), or the answer itself (first).
    classes : tuple
        Labels of the outputs; empty for a number.
    decide : {"votes", "first"}
    """

    table: MixedTable
    rules: tuple[tuple[Condition, ...], ...]
    points: Float
    classes: tuple[Any, ...]
    decide: str = VOTES

    def __len__(self) -> int:
        return len(self.rules)

    def fires(self, table: MixedTable) -> NDArray[np.bool_]:
        """Which rules hold on which rows: array of shape (rules, rows)."""
        known: dict[Condition, NDArray[np.bool_]] = {}
        found = np.ones((len(self.rules), table.rows), dtype=bool)
        for k, rule in enumerate(self.rules):
            for condition in rule:
                if condition not in known:
                    known[condition] = rows_where(table.columns[condition[0]], condition[1], condition[2])
                found[k] &= known[condition]
        return found

    def scores(self, table: MixedTable) -> Float:
        """Array of shape (rows, outputs): sums of points, or what the first rule that holds says."""
        return self.scores_of(self.fires(table))

    def scores_of(self, fires: NDArray[np.bool_]) -> Float:
        """:meth:`scores` where it is known which rules hold."""
        if self.decide == FIRST:
            return self.points[self.deciding(fires)]
        return np.asarray(self.points[-1] + fires.T.astype(np.float64) @ self.points[:-1])

    def deciding(self, fires: NDArray[np.bool_]) -> NDArray[np.intp]:
        """The first rule that holds on each row; the number of rules where none does."""
        if not len(fires):
            return np.zeros(fires.shape[1], dtype=np.intp)
        return np.where(fires.any(axis=0), fires.argmax(axis=0), len(fires))

    def probabilities(self, table: MixedTable) -> Float:
        """Array of shape (rows, classes)."""
        return self.probabilities_of(self.scores(table))

    def probabilities_of(self, scores: Float) -> Float:
        """Shares as they are; points by a softmax, ``POINTS_PER_NAT`` to a nat."""
        if self.decide == FIRST:
            return scores
        logits = scores / POINTS_PER_NAT
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))

    def codes(self, table: MixedTable) -> NDArray[np.intp]:
        """The class with most points by place in ``classes``, the first of those that tie."""
        return np.asarray(self.scores(table).argmax(axis=1))

    def heads(self) -> NDArray[np.intp]:
        """The class that each rule speaks for most, the default's last."""
        return np.asarray(self.points.argmax(axis=1))

    def text(self, rule: int, *, units: bool = True) -> str:
        """The condition of a rule in words; the default is ``otherwise`` or ``always``."""
        if rule == len(self.rules):
            return "otherwise" if self.decide == FIRST else "always"
        return conjunction_text(self.rules[rule], self.table, units=units)

    @property
    def literals(self) -> int:
        """Conditions in all."""
        return sum(map(len, self.rules))

    def without(self, places: Sequence[int]) -> Decisions:
        """The decisions with some rules left out."""
        kept = [k for k in range(len(self.rules)) if k not in set(places)]
        return replace(self, rules=tuple(self.rules[k] for k in kept), points=self.points[[*kept, len(self.rules)]])
