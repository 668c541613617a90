"""Filling a program from examples: the loop that owns the clock, and the Fit it returns."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np

from induce.budget import Budget, Clock
from induce.errors import FillError
from induce.examples import Examples
from induce.fit import Fit, Row
from induce.folders import checked, write_folder
from induce.learners.programs.task import OUT_OF_MEMORY, ProgramLearner, ProgramTask, Step, how_far, writes_functions
from induce.progress import Progress, watcher
from induce.search import catching_interrupt
from induce.terms.op import Op
from induce.terms.show import to_sexpr, to_text
from induce.terms.term import Term

__all__ = ["FORMAT", "SynthesisFit", "synthesize", "synthesize_all"]

FORMAT = "programs 1"
"""Layout of a saved folder; one with another number is refused."""
CANDIDATES = 3e7
"""Candidates of the default budget."""
KEPT = 50
"""Programs kept."""
INTERRUPTED = "interrupted"
"""How the reason begins with which Ctrl-C ends a search."""
OUTSIDE = " gives every output, but the task's grammar does not make it"
EVERYTHING = "every program that the search makes was tried"
EXTRA = 200_000
"""Candidates tried after the first program, at least, to see which others fit."""


@dataclass(frozen=True, eq=False, repr=False)
class SynthesisFit(Fit):
    """What looking for a program returns: those that give every output, the cheapest chosen.

    Parameters
    ----------
    examples : Examples
    definitions : mapping of Op to Term
        Bodies of operators of a library, which are saved with the programs.
    solved : bool
        Whether the chosen program gives every output; if not, it is the closest one.
    finished : int
        Every program of at most this cost has been tried; 0 when that is not known.
    """

    examples: Any = field(default=None)
    definitions: Mapping[Op, Term] = field(default_factory=dict)
    solved: bool = True
    finished: int = 0

    def __str__(self) -> str:
        if not self.solved:
            wrong = self.rows[0].loss if self.rows else 1.0
            told = f"No program found gives all {len(self.examples)} outputs."
            close = (
                f" The closest is right on {round((1 - wrong) * len(self.examples))}: {self.shown(self.best)}"
                if self.rows
                else ""
            )
            return f"{told}{close}\n{self.seen}Stopped: {self.stopped}."
        lines = [f"{'':1}  {'size':>4}  program"]
        shown = self.rows[:8]
        lines += [f"{'>' if k == self.chosen else ' '}  {r.size:>4}  {self.shown(r.term)}" for k, r in enumerate(shown)]
        more = len(self.rows) - len(shown)
        return "\n".join([*lines, *([f"   and {more} more"] if more else []), "", f"{self.reason} {self.seen}".strip()])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{r.size}</td><td><code>{escape(self.shown(r.term))}</code></td></tr>" for r in self.rows[:8]
        )
        table = (
            f"<table class='induce'><thead><tr><th>size</th><th>program</th></tr></thead><tbody>{rows}</tbody></table>"
        )
        return table + f"<p>{escape(self.reason)} {escape(self.seen)}</p>"

    @property
    def seen(self) -> str:
        """Which sizes have been looked at whole, in a sentence."""
        return "" if self.finished < 1 or self.solved else how_far(self.language, self.finished)

    def shown(self, term: Term) -> str:
        """A program as text that the language reads back."""
        return to_text(term, language=self.language)

    def to_text(self, digits: int | None = None) -> str:
        """The chosen program."""
        return self.shown(self.best)

    def save(self, path: Any) -> None:
        """Write the programs as a folder of text and JSON; ``induce.programs.load`` reads it back."""
        write_folder(path, lambda: _contents(self), ("fit.json", "program.txt", "README.md"))

    def why(self, **inputs: Any) -> Any:
        """Why this program was chosen, and why the search ended."""
        return f"{self.reason} {self.seen}Stopped: {self.stopped}."


@dataclass
class _Found:
    """Programs so far, and the candidates tried when the first was found."""

    programs: dict[Term, float] = field(default_factory=dict)
    tried: float = 0.0
    first: float = math.inf
    finished: int = 0
    closest: tuple[Term, int] | None = None
    notes: list[str] = field(default_factory=list)
    extra: int = EXTRA
    ended: str = EVERYTHING
    allows: Callable[[Term], bool] | None = None

    def add(self, step: Step) -> None:
        self.tried += step.tried
        # of programs with the same values a search keeps one, which may be one that is not allowed
        if self.allows is None:
            self.finished = max(self.finished, step.finished)
        for term, cost in step.programs:
            if self.allows is not None and not self.allows(term):
                if not any(OUTSIDE in note for note in self.notes):
                    self.notes.append(f"'{term}'{OUTSIDE}")
                continue
            if len(self.programs) < KEPT:
                self.programs.setdefault(term, cost)
        if self.programs and math.isinf(self.first):
            self.first = self.tried
        if step.note and step.note not in self.notes:
            self.notes.append(step.note)
        self.ended = step.ended or self.ended
        if step.closest is not None and (self.closest is None or step.closest[1] > self.closest[1]):
            self.closest = step.closest

    @property
    def enough(self) -> bool:
        """Whether other programs have had their chance."""
        return len(self.programs) >= KEPT or self.tried >= self.first + max(self.extra, 0.5 * self.first)

    @property
    def cheapest(self) -> bool:
        """Whether no cheaper program is to come, or it has had its chance: programs with conditions are found before their turn."""
        return bool(self.programs) and (min(self.programs.values()) <= self.finished + 1 or self.enough)


def default_budget() -> Budget:
    """Deterministic: candidates; a minute at most."""
    return Budget(seconds=60.0, candidates=CANDIDATES)


def synthesize(
    task: ProgramTask,
    *,
    by: ProgramLearner | None = None,
    within: Budget | str | float | None = None,
    seed: int = 0,
    watch: Any = None,
    alternatives: bool = True,
) -> SynthesisFit:
    """Find programs that give every output.

    Parameters
    ----------
    task : ProgramTask
    by : ProgramLearner, optional
        Typed enumeration by default.
    within : Budget, str or float, optional
    seed : int
    watch : None, "progress" or callable
    alternatives : bool
        Whether to go on for a while after the first program, to see which others fit.

    Raises
    ------
    FillError
        If the learner cannot work on the task.
    """
    from induce.learners.programs.enumeration import TypedEnumeration

    learner = by or TypedEnumeration()
    _check(task, learner)
    began = time.monotonic()
    prepare = getattr(learner, "prepare", None)
    if prepare is not None:
        prepare()
    compiled = time.monotonic() - began
    budget = default_budget() if within is None else Budget.read(within)
    clock, show = Clock(budget, "this is the best"), watcher(watch)
    found = _Found(extra=getattr(learner, "extra", EXTRA), allows=task.allows)
    stopped, shown = "", 0.0
    steps: Iterator[Step] = iter(learner.run(task, np.random.default_rng(seed)))
    with catching_interrupt(clock):  # type: ignore[arg-type]
        while not stopped:
            step = next(steps, None)
            if step is None:
                stopped = OUT_OF_MEMORY if OUT_OF_MEMORY in found.notes else found.ended
                break
            found.add(step)
            enough = found.enough if alternatives else found.cheapest
            stopped = clock.over(candidates=found.tried) or ("a program was found" if enough else "")
            if show is not None and (clock.seconds - shown > 0.2 or stopped):
                shown = clock.seconds
                show(_progress(found, clock, stopped))
    closing = getattr(steps, "close", None)
    if closing is not None:
        closing()
    return _fit(task, found, learner.name, stopped, seed, (clock.seconds, compiled))


def _check(task: ProgramTask, learner: ProgramLearner) -> None:
    """Raise what a learner objects to, with something to try where it says nothing."""
    objection = learner.accepts(task)
    if objection and not objection.endswith((".", "?", "!")):
        objection += ". Use shorter values, smaller numbers, or another language."
    if objection:
        raise FillError(objection)


def synthesize_all(
    tasks: Sequence[ProgramTask],
    *,
    by: ProgramLearner | None = None,
    within: Budget | str | float | None = None,
    seed: int = 0,
) -> Iterator[tuple[int, SynthesisFit]]:
    """Find one program for each of several tasks; yields the task's number and its fit, as soon as it is known.

    Tasks with the same inputs share one enumeration, under the sum of their budgets: each value that a program has is looked up
    among the outputs of all of them. Other tasks, and those of another learner, are searched one by one.

    Parameters
    ----------
    tasks : sequence of ProgramTask
    by : ProgramLearner, optional
        Typed enumeration by default.
    within : Budget, str or float, optional
        For each task.
    seed : int
    """
    from induce.learners.programs.enumeration import TypedEnumeration
    from induce.learners.programs.shared import together

    learner = by or TypedEnumeration()
    budget = default_budget() if within is None else Budget.read(within)
    alone: list[int] = []
    for group in together(tasks):
        if len(group) == 1 or not isinstance(learner, TypedEnumeration):
            alone += group
            continue
        interrupted = False
        for number, fit in _together([tasks[k] for k in group], learner, budget, seed):
            if fit is None:
                alone.append(group[number])
            else:
                interrupted |= fit.stopped.startswith(INTERRUPTED)
                yield group[number], fit
        if interrupted:
            return
    for number in sorted(alone):
        found = synthesize(tasks[number], by=learner, within=budget, seed=seed, alternatives=False)
        yield number, found
        if found.stopped.startswith(INTERRUPTED):
            return


def _together(
    tasks: Sequence[ProgramTask], learner: Any, budget: Budget, seed: int
) -> Iterator[tuple[int, SynthesisFit | None]]:
    """Programs of tasks that share an enumeration; None for a task that needs one of its own."""
    from induce.learners.programs.shared import enumerate_together

    for task in tasks:
        _check(task, learner)
    learner.prepare()
    clock = Clock(budget.times(len(tasks)), "this is the best")
    steps = enumerate_together(tasks, np.random.default_rng(seed), driving=learner.driving, memory=learner.memory)
    tried, finished, stopped = 0.0, 0, ""
    left = set(range(len(tasks)))
    waiting: tuple[tuple[int, Term, float], ...] = ()
    refuted: tuple[int, ...] = ()
    note = ""

    def fit(number: int, programs: dict[Term, float], why: str) -> SynthesisFit:
        # nothing is known of a task that needs a search of its own
        known = 0 if number in refuted and not programs else finished
        found = _Found(programs, tried / len(tasks), tried, known)
        return _fit(tasks[number], found, learner.name, why, seed, (clock.seconds, 0.0))

    with catching_interrupt(clock):  # type: ignore[arg-type]
        for step in steps:
            tried, finished, waiting = tried + step.tried, step.finished, step.waiting
            refuted, note = step.refuted, step.note
            for number, term, cost in step.programs:
                left.discard(number)
                yield number, fit(number, {term: cost}, "a program was found")
            stopped = clock.over(candidates=tried)
            if stopped:
                break
    why = stopped or note or EVERYTHING
    for number, term, cost in waiting:
        left.discard(number)
        yield number, fit(number, {term: cost}, why if stopped else "a program was found")
    for number in sorted(left):
        alone = number in refuted and not stopped.startswith(INTERRUPTED)
        yield number, None if alone else fit(number, {}, why)


def _progress(found: _Found, clock: Clock, stopped: str) -> Progress:
    best = min(found.programs, key=lambda t: _order(t, found.programs[t])) if found.programs else None
    notes = (f"programs of cost {found.finished} seen",) if found.finished else ()
    loss = 0.0 if found.programs else math.nan
    return Progress(
        clock.seconds, clock.budget.seconds, found.tried, found.tried, loss, best, notes, stopped, "programs", "wrong"
    )


def _order(term: Term, cost: float) -> tuple[float, int, str]:
    return (cost, term.size, str(term))


def _fit(
    task: ProgramTask, found: _Found, learner: str, stopped: str, seed: int, seconds: tuple[float, float]
) -> SynthesisFit:
    examples: Examples = task.examples
    solved = bool(found.programs)
    ordered = sorted(found.programs.items(), key=lambda pair: _order(*pair))
    wrong = 0.0
    if not solved and found.closest is not None:
        ordered = [(found.closest[0], math.nan)]
        wrong = 1.0 - found.closest[1] / len(examples)
    rows = tuple(
        Row(term, term, {}, {}, term.size, wrong, math.nan, None, cost, learner, found.first) for term, cost in ordered
    )
    reason = "No program gives every output."
    if solved:
        least = ordered[0][1] <= found.finished + 1 and not writes_functions(task.language)
        reason = f"The {'program of least cost' if least else 'cheapest program found'} that gives every output."
    return SynthesisFit(
        rows=rows,
        chosen=0,
        reason=reason,
        stopped=stopped,
        language=task.language,
        names=tuple(examples.inputs),
        report={
            "candidates": found.tried,
            "seconds": seconds[0],
            "compile_seconds": seconds[1],
            "seed": seed,
            "learner": learner,
            "rows": len(examples),
        },
        notes=(*examples.notes, *found.notes),
        examples=examples,
        definitions=task.definitions,
        solved=solved,
        finished=found.finished,
    )


def _contents(fit: SynthesisFit) -> dict[str, bytes]:
    """Name to content of every file."""
    from induce import __version__

    body = {
        "programs": [
            {"term": to_sexpr(r.term, language=fit.language), "cost": _number(r.description_length)} for r in fit.rows
        ],
        "wrong": fit.rows[0].loss if fit.rows else 1.0,
        **fit.examples.to_dict(),
        "solved": fit.solved,
        "finished": fit.finished,
        "reason": fit.reason,
        "stopped": fit.stopped,
        "report": {key: _number(value) for key, value in fit.report.items()},
        "notes": list(fit.notes),
        "language": fit.language.to_dict(),
        "definitions": {op.name: to_sexpr(body, language=fit.language) for op, body in fit.definitions.items()},
    }
    card = f"# A program from examples\n\nFound by induce {__version__}.\n\n```\n{fit}\n```\n"
    return {
        "fit.json": checked(FORMAT, "fit", body),
        "program.txt": (fit.to_text() + "\n").encode() if fit.rows else b"",
        "README.md": card.encode(),
    }


def _number(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
