"""Typed enumeration whose costs come from weights: cheap is what the examples suggest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from induce.errors import FillError, GrammarError
from induce.learners.programs.enumeration import TypedEnumeration
from induce.learners.programs.grammars import costs_of, grammar_for
from induce.learners.programs.heap_search import objection
from induce.learners.programs.task import ProgramTask, Step

__all__ = ["CheapestFirst"]


@dataclass(frozen=True)
class CheapestFirst:
    """Typed enumeration by costs that a grammar, weights or a prior give to operators.

    Parameters
    ----------
    grammar : Prior, Grammar or mapping of weights, optional
        Where costs come from: those of a prior by its ``costs``, else those of the weights without context. By default each
        operator costs 1, or what the task says.
    by : TypedEnumeration
        Who enumerates.

    References
    ----------
    S. Barke, H. Peleg and N. Polikarpova (2020), Just-in-Time Learning for Bottom-Up Enumerative Synthesis.
    """

    grammar: Any = None
    by: TypedEnumeration = field(default_factory=TypedEnumeration)
    name: str = "cheapest first"

    def prepare(self) -> None:
        """Compile what the search needs; not counted against a budget."""
        self.by.prepare()

    def accepts(self, task: ProgramTask) -> str:
        """The grammar must make programs for the task, and the compiled machine must hold its values."""
        return objection(task, self.grammar) or self.by.accepts(task)

    def run(self, task: ProgramTask, rng: np.random.Generator) -> Iterator[Step]:
        """Yield programs from the cheapest on."""
        yield from self.by.run(replace(task, costs=self.costs(task)), rng)

    def costs(self, task: ProgramTask) -> dict[str, int]:
        """The cost of each operator for a task.

        Raises
        ------
        FillError, GrammarError
            If the grammar does not fit the task.
        """
        if self.grammar is None:
            return dict(task.costs)
        given = getattr(self.grammar, "costs", None)
        try:
            found = given(task.examples) if callable(given) else costs_of(grammar_for(task, self.grammar))
        except GrammarError as problem:
            raise FillError(str(problem)) from problem
        return dict(found)
