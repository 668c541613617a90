"""One enumeration for several tasks with the same inputs: every value is looked up among all their outputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from induce.algebras.machine import encode_value
from induce.errors import FillError
from induce.examples import frozen
from induce.learners.programs.enumeration import Complaints, first_examples
from induce.learners.programs.growth import Growth
from induce.learners.programs.larger import larger
from induce.learners.programs.rules import rules_of
from induce.learners.programs.task import OUT_OF_MEMORY, ProgramTask, right
from induce.terms.sort import INT
from induce.terms.term import Term

__all__ = ["SharedStep", "enumerate_together", "together"]

PATIENCE = 200_000
"""Candidates tried after a program with conditions was found, at least, to see whether a cheaper one comes."""


@dataclass(frozen=True)
class SharedStep:
    """A slice of work on several tasks.

    Parameters
    ----------
    programs : tuple of (number of the task, Term, cost)
        That give all outputs of the task; the cheapest found first.
    tried : float
        Candidates since the last step, for all tasks together.
    finished : int
        Largest cost of which every program has been seen.
    refuted : tuple of int
        Tasks that need a search of their own.
    waiting : tuple of (number of the task, Term, cost)
        Programs with conditions that are right, while cheaper ones may still come; what holds if this is the last step.
    """

    programs: tuple[tuple[int, Term, float], ...] = ()
    tried: float = 0.0
    finished: int = 0
    refuted: tuple[int, ...] = ()
    waiting: tuple[tuple[int, Term, float], ...] = ()
    note: str = ""


def together(tasks: Sequence[ProgramTask]) -> list[list[int]]:
    """Numbers of the tasks, in groups that one enumeration can serve: of the same inputs, language, literals and costs."""
    groups: dict[object, list[int]] = {}
    for number, task in enumerate(tasks):
        inputs = tuple(
            (name, str(task.examples.sorts[name]), frozen(list(values)))
            for name, values in task.examples.inputs.items()
        )
        key = (
            inputs,
            tuple(task.language),
            frozen([v for v, _ in task.literals]),
            tuple(sorted(task.costs.items())),
            task.max_size,
            None if task.allows is None else number,  # a grammar of its own
        )
        groups.setdefault(key, []).append(number)
    return list(groups.values())


def enumerate_together(
    tasks: Sequence[ProgramTask], rng: np.random.Generator, *, driving: int = 6, memory: float = 1.5e9
) -> Iterator[SharedStep]:
    """Look for a program for each of several tasks with the same inputs, in one enumeration.

    A task whose outputs at the driving examples are given by a program that fails on another example is not solved here: it
    needs a search of its own, driven by that example too.

    Parameters
    ----------
    tasks : sequence of ProgramTask
        Of one group of :func:`together`.
    rng : numpy.random.Generator
    driving : int
        Examples that drive the search.
    memory : float
        Bytes of the bank.

    Raises
    ------
    FillError
        If the language has no operator that enumeration can run.
    """
    first = tasks[0]
    # which examples tell programs apart may not depend on one task's outputs
    neutral = replace(first.examples, outputs=tuple(range(len(first.examples))), result=INT)
    places = first_examples(neutral, driving)
    chosen = [task.examples.take(places) for task in tasks]
    goals = list(dict.fromkeys(c.result for c in chosen))
    sorts = list(first.examples.sorts.values())
    rules = tuple(
        dict.fromkeys(r for goal in goals for r in rules_of(first.language, [*sorts, *goals], goal, first.costs))
    )
    if not rules:
        raise FillError(f"language '{first.language.name}' has no operator that enumeration can run. Use another learner.")  # fmt: skip
    inputs = {name: (first.examples.sorts[name], values) for name, values in chosen[0].inputs.items()}
    growth = Growth(
        rules, inputs, None, first.literals, rng, memory=memory, definitions=first.definitions,
        wanted=[(c.result, c.outputs) for c in chosen],
    )  # fmt: skip
    complaints = Complaints(first)
    open_tasks, refuted = dict.fromkeys(range(len(tasks))), set[int]()
    beyond: dict[int, tuple[Term, float, float]] = {}  # programs with conditions, which are found before their turn
    checked, tried, told = 0, 0, 0
    waiting: tuple[tuple[int, Term, float], ...] = ()
    for reached in growth.levels(first.max_size):
        good: list[tuple[int, Term, float]] = []
        while checked < len(growth.reached):
            number, row, cost = growth.reached[checked]
            checked += 1
            if number in open_tasks:
                term = growth.term(row)
                if all(right(term, tasks[number].examples)):
                    good.append((number, term, float(cost)))
                    del open_tasks[number]
                else:
                    refuted.add(number)  # the row stands for all programs of its values, so a right one may be lost
                    beyond.pop(number, None)
        if growth.finished > told:
            told = growth.finished
            for number in [n for n in open_tasks if n not in refuted]:
                found = _larger(growth, tasks[number], places)
                if found is not None and (number not in beyond or found[1] < beyond[number][1]):
                    beyond[number] = (*found, beyond[number][2] if number in beyond else reached)
        for number in [n for n in open_tasks if n in beyond]:
            term, total, since = beyond[number]
            if total <= growth.finished + 1 or reached >= 1.5 * since + PATIENCE:
                good.append((number, term, total))
                del open_tasks[number]
        waiting = tuple((n, *beyond[n][:2]) for n in open_tasks if n in beyond)
        yield SharedStep(tuple(good), reached - tried, complaints.finished(growth), tuple(sorted(refuted)), waiting)
        tried = reached
        if not set(open_tasks) - refuted:
            return
    # the tasks that are still open were not refuted: nothing is left to try, or there is no room for it
    reason = OUT_OF_MEMORY if growth.bank.stuck else ""
    yield SharedStep((), 0, complaints.finished(growth), tuple(sorted(refuted)), waiting, reason)


def _larger(growth: Growth, task: ProgramTask, places: Sequence[int]) -> tuple[Term, float] | None:
    """The first right one of the programs beyond the costs enumerated."""
    outputs = [task.examples.outputs[p] for p in places]
    if any(encode_value(v, task.examples.result) is None for v in outputs):
        return None
    for term, cost in larger(growth, (task.examples.result, outputs)):
        if cost <= task.max_size and all(right(term, task.examples)):
            return term, float(cost)
    return None
