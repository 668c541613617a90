"""The order in which the steps of a rule are joined: greedy, by what is bound and how many rows each step makes."""

from __future__ import annotations

from typing import Protocol

from induce.errors import RuleError
from induce.logic.clauses import WILD, Bind, Clause, Literal, Match, Step, Test, Track
from induce.logic.expressions import slots_of

__all__ = ["Statistics", "bound_by", "fan_out", "join_order", "reads"]

GUESSED_TRACK = 32.0
"""Integers that a track is taken to run over, whose ends are known only when it runs."""


class Statistics(Protocol):
    """What the order is chosen by."""

    def size(self, relation: str) -> int:
        """Number of tuples."""
        ...

    def distinct(self, relation: str, columns: tuple[int, ...]) -> int:
        """About how many values the columns take together."""
        ...


def _literal_slots(literal: Literal) -> frozenset[int]:
    return frozenset(slot for slot in literal.arguments if 0 <= slot < WILD)


def reads(step: Step) -> frozenset[int]:
    """The slots that must be bound before the step.

    >>> sorted(reads(Test("<", ("slot", 1), ("slot", 0))))
    [0, 1]
    """
    if isinstance(step, Literal):
        return _literal_slots(step) if step.negated else frozenset()
    if isinstance(step, Test):
        return slots_of(step.left) | slots_of(step.right)
    if isinstance(step, Bind):
        return slots_of(step.expression)
    if isinstance(step, Track):
        return slots_of(step.low) | slots_of(step.high)
    return frozenset([step.slot])


def bound_by(step: Step) -> frozenset[int]:
    """The slots that are bound after the step, apart from those it reads."""
    if isinstance(step, Literal):
        return frozenset() if step.negated else _literal_slots(step)
    if isinstance(step, Bind | Track):
        return frozenset([step.slot])
    if isinstance(step, Match):
        return frozenset(slot for slot in step.arguments if 0 <= slot < WILD)
    return frozenset()


def fan_out(step: Step, bound: frozenset[int], statistics: Statistics) -> float:
    """About how many rows the step makes of one: -1 for a test."""
    if isinstance(step, Literal) and not step.negated:
        columns = tuple(k for k, slot in enumerate(step.arguments) if slot < 0 or slot in bound)
        rows = statistics.size(step.relation)
        return rows / max(1, statistics.distinct(step.relation, columns)) if columns and rows else float(rows)
    if isinstance(step, Track) and step.slot not in bound:
        return GUESSED_TRACK
    return -1.0


def join_order(clause: Clause, first: int | None, statistics: Statistics) -> tuple[int, ...]:
    """Places of the body's steps in the order of joining.

    Parameters
    ----------
    clause : Clause
    first : int or None
        The step to begin with, which has the new tuples of a round; None leaves it open.
    statistics : Statistics

    Raises
    ------
    RuleError
        When a step reads a slot that no other step binds, or the head does.
    """
    order: list[int] = [] if first is None else [first]
    remaining = [k for k in range(len(clause.body)) if k != first]
    bound = frozenset() if first is None else bound_by(clause.body[first])
    while remaining:
        ready = [k for k in remaining if reads(clause.body[k]) <= bound]
        if not ready:
            _refuse(clause, reads(clause.body[remaining[0]]) - bound, f"step {remaining[0] + 1} of its body")
        cheapest = min(ready, key=lambda k: (fan_out(clause.body[k], bound, statistics), k))
        order.append(cheapest)
        remaining.remove(cheapest)
        bound |= bound_by(clause.body[cheapest])
    if missing := _literal_slots(clause.head) - bound:
        _refuse(clause, missing, "the head")
    return tuple(order)


def _refuse(clause: Clause, missing: frozenset[int], where: str) -> None:
    slots = ", ".join(map(str, sorted(missing)))
    raise RuleError(
        f"The rule '{clause.text}' is unsafe: {where} uses the slot {slots}, which no positive literal binds. "
        f"Add a positive literal that has the variable.",
        line=clause.line,
    )
