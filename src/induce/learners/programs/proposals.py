"""Programs that someone else proposes as text: a language model, a person, a file. The text is parsed, never run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from induce.errors import FillError, InduceError
from induce.examples import frozen
from induce.learners.programs.prompting import candidates, prompt_for
from induce.learners.programs.running import Runner
from induce.learners.programs.task import ProgramLearner, ProgramTask, Step, right
from induce.settings import check_whole
from induce.terms.op import LAMBDA
from induce.terms.parse import parse
from induce.terms.term import Term

__all__ = ["Proposals"]

SHORT = 160
"""Characters of a message kept in a note."""


@dataclass
class _Round:
    """What one round of proposals was worth."""

    read: int = 0
    wrong: list[str] = field(default_factory=list)
    repeats: int = 0
    misses: int = 0
    programs: list[tuple[Term, float]] = field(default_factory=list)
    closest: tuple[Term, int] | None = None
    troubles: list[str] = field(default_factory=list)

    def notes(self) -> list[str]:
        """What was bad, in words."""
        found = list(self.troubles)
        if self.wrong:
            were = "was not a program" if len(self.wrong) == 1 else "were not programs"
            found.append(f"{len(self.wrong)} of {_proposals(self.read)} {were}: {self.wrong[0]}")
        if self.misses:
            found.append(f"{self.misses} of {_proposals(self.read)} gave other outputs")
        if self.repeats:
            found.append(f"{self.repeats} of {_proposals(self.read)} repeated an earlier one")
        return found


def _proposals(count: int) -> str:
    return f"{count} proposal" if count == 1 else f"{count} proposals"


@dataclass(frozen=True)
class Proposals:
    """Programs proposed as text by any function from a prompt to a reply; those that give all outputs are kept.

    The prompt holds the language, the description, the examples and a few solved tasks. Replies may be prose with code
    between; every line that the language's parser reads, with the goal's sort and no other inputs, is run on all examples.
    A proposer that fails, says nothing or talks nonsense does not stop the search: the fit's notes say so.

    Parameters
    ----------
    proposer : callable
        ``proposer(prompt)`` gives a text or a list of texts.
    rounds : int
        How often it is asked; later prompts name what was wrong with the first proposals.
    per_round : int
        Programs asked for in each prompt.
    description : str
        The task in words.
    solved : sequence of (str, Term or str)
        Descriptions and programs of other tasks, shown in the prompt.
    then : learner of programs, optional
        Who goes on after the last round.

    References
    ----------
    G. Grand et al. (2024), LILO: Learning Interpretable Libraries by Compressing and Documenting Code.

    >>> from induce.programs import ProgramSynthesizer
    >>> by = Proposals(lambda prompt: "How about `reverse(xs)`?")
    >>> ProgramSynthesizer("lists", by=by).fit([[1, 2], [3, 4, 5]], [[2, 1], [5, 4, 3]]).best_
    reverse(xs)
    """

    proposer: Callable[[str], Any]
    rounds: int = 1
    per_round: int = 8
    description: str = ""
    solved: Sequence[tuple[str, Term | str]] = ()
    then: ProgramLearner | None = None
    name: str = "proposals"

    def __post_init__(self) -> None:
        if not callable(self.proposer):
            raise FillError(
                f"a proposer is a function from a prompt to a text, but got {type(self.proposer).__name__}. "
                "Give for example lambda prompt: model(prompt)."
            )
        check_whole("rounds", self.rounds)
        check_whole("per_round", self.per_round, hint="8 is usual.")

    @property
    def extra(self) -> int:
        """Candidates that whoever goes on tries after the first program."""
        return int(getattr(self.then, "extra", 200_000))

    def prepare(self) -> None:
        """Compile what the learner that goes on needs."""
        prepare = getattr(self.then, "prepare", None)
        if prepare is not None:
            prepare()

    def accepts(self, task: ProgramTask) -> str:
        """Every task of a language that can be parsed."""
        return ""

    def run(self, task: ProgramTask, rng: np.random.Generator) -> Iterator[Step]:
        """Ask, read and run; then let the next learner go on."""
        seen: set[Term] = set()
        remarks: list[str] = []
        for _ in range(self.rounds):
            yield Step()  # the clock may say that there is no time to ask
            found = self._ask(task, seen, prompt_for(task, self.description, self.solved, self.per_round, remarks))
            for note in found.notes():
                yield Step(note=note)
            yield Step(tuple(found.programs), float(found.read), closest=found.closest)
            if found.programs:
                break
            remarks += [*found.wrong[:3], *found.troubles[:1]]
            remarks += [f"'{found.closest[0]}' is right on {found.closest[1]} examples only."] if found.closest else []
        if self.then is None:
            yield Step(ended="the proposer was asked as often as allowed")
            return
        why_not = self.then.accepts(task)
        if why_not:
            yield Step(note=why_not, ended="no learner could go on after the proposals")
            return
        yield from self.then.run(task, rng)

    def _ask(self, task: ProgramTask, seen: set[Term], prompt: str) -> _Round:
        found = _Round()
        try:
            reply = self.proposer(prompt)
        except (Exception, SystemExit) as problem:  # whatever a proposer does, the search goes on
            found.troubles.append(f"the proposer raised {type(problem).__name__}: {str(problem)[:SHORT]}")
            return found
        texts = [reply] if isinstance(reply, str) else reply
        if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
            given = "None" if reply is None else f"a {type(reply).__name__}"
            found.troubles.append(f"the proposer gave {given}; a text or a list of texts was expected")
            return found
        runner = Runner(task.examples.inputs, len(task.examples), task.definitions)
        for text in texts:
            for options in candidates(text):
                found.read += 1
                self._try(task, runner, options, seen, found)
        if not found.read:
            found.troubles.append("the proposer gave no text")
        return found

    def _try(self, task: ProgramTask, runner: Runner, options: Sequence[str], seen: set[Term], found: _Round) -> None:
        """One proposal: the first of its readings that is a program counts."""
        problems: list[str] = []
        for text in options:
            term = _read(text, task)
            if isinstance(term, str):
                problems.append(term)
                continue
            if term in seen:
                found.repeats += 1
                return
            seen.add(term)
            values = [frozen(value) for value in runner.values(term)]
            hits = sum(a == frozen(b) for a, b in zip(values, task.examples.outputs, strict=True))
            if hits == len(values) and all(right(term, task.examples)):
                found.programs.append((term, _cost(term, task)))
                return
            found.misses += 1
            if hits and (found.closest is None or hits > found.closest[1]):
                found.closest = (term, hits)
            return
        found.wrong.append(problems[0])


def _read(text: str, task: ProgramTask) -> Term | str:
    """The program of a text, or what is wrong with it."""
    examples = task.examples
    try:
        term = parse(task.language, text, variables=tuple(examples.inputs), names=dict(examples.sorts))
    except (InduceError, ValueError, OverflowError, RecursionError) as problem:
        return str(problem).splitlines()[0][:SHORT] if str(problem) else type(problem).__name__
    if term.holes:
        return f"'{term}' has a hole. Write the program out."[:SHORT]
    if term.sort is not examples.result:
        return f"'{term}' has sort {term.sort}, but {examples.result} was expected."[:SHORT]
    if term.size > 20 * task.max_size:
        return f"a program of {term.size} nodes is too large."
    return term


def _cost(term: Term, task: ProgramTask) -> float:
    """The cost that typed enumeration gives: operators and leaves, without the lambdas."""
    return float(sum(task.costs.get(node.op.name, 1) for node in term.walk() if node.op is not LAMBDA))
