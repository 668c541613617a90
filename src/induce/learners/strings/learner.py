"""Programs on texts as a learner of programs: the search by working backwards, in steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from induce.learners.programs.task import ProgramTask, Step
from induce.learners.strings.witness import Witness
from induce.terms.sort import TEXT

__all__ = ["StringWitness"]


@dataclass(frozen=True)
class StringWitness:
    """Programs of the language ``strings`` from their outputs backwards; see :class:`Witness`."""

    name: str = "witness"

    def accepts(self, task: ProgramTask) -> str:
        """Inputs and outputs must be texts."""
        sorts = {*task.examples.sorts.values(), task.examples.result}
        if sorts != {TEXT}:
            other = next(str(s) for s in sorts if s is not TEXT)
            return (
                f"programs of the language 'strings' take and give texts, but the examples have values of sort {other}"
            )
        return ""

    def run(self, task: ProgramTask, rng: np.random.Generator) -> Iterator[Step]:
        """Yield a step for each slice of work, and programs, cheapest first."""
        examples = task.examples
        for found in Witness().run(examples.inputs, examples.outputs, rng, task.unlabelled):
            yield Step(tuple((term, float(cost)) for term, cost in found), max(1, len(found)))
