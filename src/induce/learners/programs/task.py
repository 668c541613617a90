"""What a learner of programs works on, and what it yields."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

import induce.algebras.list_functions
import induce.algebras.smt_functions  # noqa: F401  (both say what the operators of shipped languages do)
from induce.algebras.machine import LARGEST, LONGEST
from induce.examples import Examples, frozen
from induce.terms.language import Language
from induce.terms.op import Op
from induce.terms.sort import Sort
from induce.terms.term import Term

__all__ = ["OUT_OF_MEMORY", "ProgramLearner", "ProgramTask", "Step", "how_far", "right", "writes_functions"]

OUT_OF_MEMORY = "the memory is used up"
"""Note of a search that could not go on for want of memory."""
_UNSEARCHED = (
    "Of programs with functions, as map takes, many were tried but not all: the functions hold no others, build no lists of numbers "
    "alone, use small parts of the rest that have a value on every example, and are compared on sampled arguments. "
)


@dataclass(frozen=True, eq=False)
class ProgramTask:
    """Examples and the language that programs are to be written in.

    Parameters
    ----------
    examples : Examples
    language : Language
    literals : tuple of (value, sort)
        What programs may write down.
    costs : mapping of operator name to int
        1 by default; then costs count operators and leaves.
    max_size : int
        Largest cost.
    unlabelled : mapping of name to values
        Inputs without outputs, on which programs should be defined.
    definitions : mapping of Op to Term
        Bodies of operators of the language that are defined by others, as closed functions of their arguments.
    allows : callable, optional
        Whether a program may be an answer: a grammar narrower than the language. By default every program may.
    """

    examples: Examples
    language: Language
    literals: tuple[tuple[Any, Sort], ...] = ()
    costs: Mapping[str, int] = field(default_factory=dict)
    max_size: int = 30
    unlabelled: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    definitions: Mapping[Op, Term] = field(default_factory=dict)
    allows: Callable[[Term], bool] | None = None


@dataclass(frozen=True)
class Step:
    """A slice of work: programs that give all outputs, what was tried, and what is known not to exist.

    Parameters
    ----------
    programs : tuple of (Term, cost)
    tried : float
        Candidates since the last step.
    finished : int
        Largest cost of which every program has been seen; 0 if none.
    note : str
        One line for the log.
    closest : (Term, number of examples right) or None
        The best program so far when none fits all.
    ended : str
        Why a search ends that has not tried every program.
    """

    programs: tuple[tuple[Term, float], ...] = ()
    tried: float = 0.0
    finished: int = 0
    note: str = ""
    closest: tuple[Term, int] | None = None
    ended: str = ""


class ProgramLearner(Protocol):
    """Who finds programs; a learner reads no clock and ticks at least every 50 ms of work."""

    @property
    def name(self) -> str:
        """What the learner is called in reports."""
        ...

    def accepts(self, task: ProgramTask) -> str:
        """An empty text if the learner can work on the task, or why not."""
        ...

    def run(self, task: ProgramTask, rng: np.random.Generator) -> Iterator[Step]:
        """Yield steps until nothing is left to try."""
        ...


def right(term: Term, examples: Examples) -> list[bool]:
    """For each example, whether running the program gives its output."""
    from induce.algebras.values import run_rows

    got = run_rows(term, examples.inputs, len(examples))
    return [frozen(value) == frozen(output) for value, output in zip(got, examples.outputs, strict=True)]


def writes_functions(language: Language) -> bool:
    """Whether programs of the language write functions, which an operator takes; no search makes all of those."""
    return any(sort.is_arrow for op in language for sort in op.arguments)


def how_far(language: Language, finished: int) -> str:
    """What enumeration has looked through up to a cost, in sentences, and what not."""
    functions = writes_functions(language)
    told = (
        f"No program of cost {finished} or less {'without functions ' if functions else ''}exists in this language with the "
        f"constants tried (values beyond {LARGEST:,} or {LONGEST} elements aside). "
    )
    return f"{told}{_UNSEARCHED if functions else ''}"
