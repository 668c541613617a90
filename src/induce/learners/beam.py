"""Beam search over partial programs: only the likeliest ones of each length go on."""

from __future__ import annotations

import heapq
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from induce.errors import FillError
from induce.learners.programs.best_first import Partial, Partials
from induce.learners.programs.grammars import grammar_for
from induce.learners.programs.heap_search import EXTRA, objection
from induce.learners.programs.running import Runner
from induce.learners.programs.task import ProgramTask, Step, right
from induce.terms.term import Term

__all__ = ["Beam"]

SLICE = 5_000
"""Work between two ticks: partial programs, and values computed."""


@dataclass(frozen=True)
class Beam:
    """Programs by beam search: in each round the leftmost open place of every partial program is filled in all ways.

    Only the ``width`` partial programs stay whose likeliest completion is likeliest. It looks at fewer programs than an
    exact search and goes deeper; what a beam loses, a wider one may find.

    Parameters
    ----------
    grammar : Grammar, mapping of weights, or Prior, optional
        How likely programs are; equal weights by default.
    width : int
        Partial programs kept in each round.
    wider : int
        How often the search starts again, each time with a beam four times as wide.
    extra : int
        Candidates tried after the first program, at least, to see which others fit.
    """

    grammar: Any = None
    width: int = 1_000
    wider: int = 2
    extra: int = EXTRA
    name: str = "beam"

    def __post_init__(self) -> None:
        if self.width < 1 or self.wider < 0:
            raise FillError(
                f"a beam has a width of at least 1 and is widened 0 times or more, but got {self.width} and {self.wider}. "
                "Use for example Beam(width=1000)."
            )

    def accepts(self, task: ProgramTask) -> str:
        """The grammar must make programs for the task."""
        return objection(task, self.grammar)

    def run(self, task: ProgramTask, rng: np.random.Generator) -> Iterator[Step]:
        """Yield programs; their cost is minus the logarithm of their probability."""
        partials = Partials(grammar_for(task, self.grammar))
        runner = Runner(task.examples.inputs, len(task.examples), task.definitions)
        checked: set[Term] = set()
        lost = 0
        for turn in range(self.wider + 1):
            width = self.width * 4**turn
            lost = yield from self._beam(task, partials, runner, width, checked)
            if not lost:
                break
        yield Step(ended=f"the beam is empty; it had dropped {lost} partial programs" if lost else "")

    def _beam(
        self, task: ProgramTask, partials: Partials, runner: Runner, width: int, checked: set[Term]
    ) -> Generator[Step, None, int]:
        """One beam to its end; returns how many partial programs were dropped."""
        least, root = partials.start
        beam: list[tuple[float, int, Partial]] = [(least, 0, root)]
        lost, order = 0, 0
        good: list[tuple[Term, float]] = []
        tried, work = 0, 0
        while beam:
            grown: list[tuple[float, int, Partial]] = []
            for cost, _, partial in beam:
                choices = partials.choices[partial.open[0]]
                for place, (whole, _) in enumerate(choices):
                    made = partials.grown(partial, place)
                    if made is None:
                        continue
                    order, work = order + 1, work + 1
                    dearer = cost + whole - choices[0][0]
                    if made.open is not None:
                        grown.append((dearer, order, made))
                        if len(grown) > 4 * width + 1000:
                            lost += len(grown) - width
                            grown = heapq.nsmallest(width, grown)
                        continue
                    term = partials.term(made)
                    if term in checked:
                        continue
                    checked.add(term)
                    tried += 1
                    reached = runner.fits(term, task.examples.outputs)
                    work += 5 * (1 + reached)
                    if reached == len(task.examples) and all(right(term, task.examples)):
                        good.append((term, dearer))
                if good or work >= SLICE:
                    yield Step(tuple(good), tried)
                    good, tried, work = [], 0, 0
            lost += max(0, len(grown) - width)
            beam = heapq.nsmallest(width, grown)
        yield Step(tuple(good), tried)
        return lost
