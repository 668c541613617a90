"""Wake: all tasks of a learner of libraries are tried, with what was learned so far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from induce.budget import Budget, Clock
from induce.errors import FillError
from induce.learners.library.rewriting import rewritten
from induce.learners.library.waking import Library
from induce.learners.programs.task import ProgramTask
from induce.programs.language import seed_from
from induce.programs.reading import NamedTask
from induce.progress import Progress, watcher
from induce.synthesis import INTERRUPTED, SynthesisFit, synthesize, synthesize_all
from induce.terms.term import Term

if TYPE_CHECKING:
    from induce.learners.prior import Prior
    from induce.programs.library import LibraryLearner

__all__ = ["Wake"]

SHOWN = 5
"""Solved tasks that a proposer is shown."""


class Wake:
    """Solves tasks one by one, shows how far it is, and stops when asked to."""

    def __init__(self, learner: LibraryLearner, named: list[NamedTask], budget: Budget) -> None:
        self.learner, self.named, self.budget = learner, named, budget
        self.clock = Clock(Budget(), "this is what was learned")
        self.show = watcher(learner.watch)
        self.tried, self.solved, self.seen = 0.0, 0, 0
        self.solutions: Mapping[int, Term] = {}
        self.notes: dict[str, None] = {}

    @property
    def interrupted(self) -> bool:
        return self.clock.interrupted.is_set()

    def __call__(self, library: Library) -> dict[int, Term]:
        """Try all tasks; programs by the task's number."""
        tasks = [self.learner.task_of(task.examples, library) for task in self.named]
        if self.learner.dreams and self.solutions:
            try:
                prior = self._dream(library, tasks[0])
            except FillError as problem:  # the costs that are the same for all tasks are there still
                self.notes[f"no prior was trained: {problem}"] = None
            else:
                tasks = [replace(task, costs=prior.costs(task.examples)) for task in tasks]
        seed = seed_from(self.learner.random_state)
        self.solved = self.seen = 0
        found: dict[int, Term] = {}
        for number, fit in self._fits(tasks, found, seed):
            self.tried += float(fit.report["candidates"])
            self.seen += 1
            if fit.solved:
                found[number] = fit.best
                self.solved += 1
            text = f": {fit.shown(fit.best)}" if fit.solved else " is not solved"
            self.told(f"{self.solved} solved of {self.seen}; '{self.named[number].name}'{text}")
            self.notes.update(dict.fromkeys(fit.notes))
            if fit.stopped.startswith(INTERRUPTED):
                self.clock.interrupted.set()
        return found

    def _fits(
        self, tasks: list[ProgramTask], found: Mapping[int, Term], seed: int
    ) -> Iterator[tuple[int, SynthesisFit]]:
        """A fit for each task, in any order; a proposer is asked first, and is shown what has been found."""
        learner = self.learner.searcher()
        if self.learner.proposer is None:
            yield from synthesize_all(tasks, by=learner, within=self.budget, seed=seed)
            return
        from induce.learners.programs.proposals import Proposals

        for number, task in enumerate(tasks):
            shown = [(self.named[k].name, program) for k, program in list(found.items())[-SHOWN:]]
            asked = Proposals(self.learner.proposer, description=self.named[number].name, solved=shown, then=learner)
            yield number, synthesize(task, by=asked, within=self.budget, seed=seed, alternatives=False)
            if self.interrupted:
                return

    def _dream(self, library: Library, like: ProgramTask) -> Prior:
        """A prior trained on the solutions so far and on programs drawn from the library's language."""
        from induce.learners.prior import Prior

        examples = [task.examples for task in self.named]
        pairs = [(examples[k], rewritten(term, examples[k].sorts, library)) for k, term in self.solutions.items()]
        self.told(
            f"{self.learner.dreams} programs are drawn from the library's language, and a prior is trained on them"
        )
        seed = seed_from(self.learner.random_state)
        rest = [e for k, e in enumerate(examples) if k not in self.solutions]
        prior = Prior(like.language, like.literals)
        return prior.fit(pairs, tasks=rest, fantasies=self.learner.dreams, seed=seed)

    def told(self, note: str) -> None:
        """Show one line."""
        if self.show is not None:
            self.show(
                Progress(
                    self.clock.seconds, None, self.tried, self.tried, 1.0 - self.solved / len(self.named), None, (note,), "",
                    "programs", "unsolved",
                )
            )  # fmt: skip
