"""Best-first search over partial programs: the leftmost open place is filled first, the likeliest way first."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from induce.errors import FillError
from induce.learners.programs.chart import Chart, Choice
from induce.learners.programs.grammars import grammar_for
from induce.learners.programs.heap_search import EXTRA, objection
from induce.learners.programs.running import Runner
from induce.learners.programs.task import ProgramTask, Step, right
from induce.terms.grammar import Grammar
from induce.terms.grammar_tables import from_prefix
from induce.terms.productions import Production
from induce.terms.term import Term

__all__ = ["BestFirst", "Partial", "Partials"]

SLICE = 5_000
"""Work between two ticks: partial programs, and values computed."""


class Partial(NamedTuple):
    """A program with open places.

    ``made`` is (production, what was made before it) or None; ``open`` is (state, what is open after it) or None.
    """

    made: Any
    open: Any
    size: int


class Partials:
    """How partial programs grow under a grammar.

    Parameters
    ----------
    grammar : Grammar
    """

    def __init__(self, grammar: Grammar) -> None:
        self.chart = Chart(grammar)
        self.largest = grammar.max_size
        self.choices: list[tuple[tuple[float, Choice], ...]] = []
        for choices in self.chart.choices:
            whole = [(c[0] + sum(self.chart.inside[child] for child in c[2]), c) for c in choices]
            self.choices.append(tuple(sorted(whole, key=lambda pair: pair[0])))

    @property
    def start(self) -> tuple[float, Partial]:
        """The least cost of a program, and the open root."""
        return self.chart.inside[0], Partial(None, (0, None), 1)

    def grown(self, partial: Partial, place: int) -> Partial | None:
        """The partial program whose leftmost open place is filled in the ``place``-th way; None if it grows too large."""
        state, rest = partial.open
        _, (_, production, children) = self.choices[state][place]
        size = partial.size + len(children)
        if size > self.largest:
            return None
        for child in reversed(children):
            rest = (child, rest)
        return Partial((production, partial.made), rest, size)

    def step(self, partial: Partial, place: int) -> float | None:
        """How much dearer the ``place``-th way is than the one before it; None if there is no such way."""
        choices = self.choices[partial.open[0]]
        if place >= len(choices):
            return None
        return choices[place][0] - choices[place - 1][0]

    @staticmethod
    def term(partial: Partial) -> Term:
        """The program without open places."""
        prefix: list[Production] = []
        made = partial.made
        while made is not None:
            prefix.append(made[0])
            made = made[1]
        return from_prefix(prefix[::-1])


@dataclass(frozen=True)
class BestFirst:
    """Programs from the most probable on, by A* over partial programs.

    What is still open is taken to be filled in the likeliest way, which is never too pessimistic, so that programs come in
    the order of their probability.

    Parameters
    ----------
    grammar : Grammar, mapping of weights, or Prior, optional
        How likely programs are; equal weights by default.
    queue : int
        Most partial programs kept; beyond it the less likely half is dropped, and the fit says so.
    extra : int
        Candidates tried after the first program, at least, to see which others fit.

    References
    ----------
    P. Hart, N. Nilsson and B. Raphael (1968), A Formal Basis for the Heuristic Determination of Minimum Cost Paths; W. Lee
    et al. (2018), Accelerating Search-Based Program Synthesis using Learned Probabilistic Models.
    """

    grammar: Any = None
    queue: int = 1_000_000
    extra: int = EXTRA
    name: str = "best first"

    def __post_init__(self) -> None:
        if self.queue < 2:
            raise FillError(
                f"best-first search keeps at least 2 partial programs, but queue is {self.queue}. Leave it out for a million."
            )

    def accepts(self, task: ProgramTask) -> str:
        """The grammar must make programs for the task."""
        return objection(task, self.grammar)

    def run(self, task: ProgramTask, rng: np.random.Generator) -> Iterator[Step]:
        """Yield programs from the most probable on; their cost is minus the logarithm of their probability."""
        runner = Runner(task.examples.inputs, len(task.examples), task.definitions)
        good: list[tuple[Term, float]] = []
        tried, work, dropped = 0, 0, 0
        for cost, term, lost in self.programs(grammar_for(task, self.grammar)):
            work += 1
            if term is not None:
                tried += 1
                reached = runner.fits(term, task.examples.outputs)
                work += 5 * (1 + reached)
                if reached == len(task.examples) and all(right(term, task.examples)):
                    good.append((term, cost))
            if lost > dropped:
                note = (
                    "" if dropped else f"the queue was full: less likely partial programs were dropped, {lost} at first"
                )
                yield Step(tuple(good), tried, note=note)
                good, tried, work, dropped = [], 0, 0, lost
            elif good or work >= SLICE:
                yield Step(tuple(good), tried)
                good, tried, work = [], 0, 0
        yield Step(tuple(good), tried, ended="what was left of the queue was tried" if dropped else "")

    def programs(self, grammar: Grammar) -> Iterator[tuple[float, Term | None, int]]:
        """After each step: its cost, the program if it is a whole one, and how many partial programs were dropped so far."""
        partials = Partials(grammar)
        least, root = partials.start
        queue: list[tuple[float, int, Partial, int]] = [(least, 0, root, 0)]
        order, dropped = 0, 0
        while queue:
            cost, _, partial, place = heapq.heappop(queue)
            more = partials.step(partial, place + 1)
            if more is not None:
                order += 1
                heapq.heappush(queue, (cost + more, order, partial, place + 1))
            made = partials.grown(partial, place)
            if made is not None and made.open is not None:
                order += 1
                heapq.heappush(queue, (cost, order, made, 0))
            if len(queue) > self.queue:
                queue.sort()  # a sorted list is a heap
                dropped += len(queue) - self.queue // 2
                del queue[self.queue // 2 :]
            whole = made is not None and made.open is None
            yield cost, partials.term(made) if whole and made is not None else None, dropped
