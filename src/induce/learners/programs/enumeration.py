"""Typed enumeration as a learner: a few examples drive the search, all of them confirm what it finds."""

from __future__ import annotations

import functools
import reprlib
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from induce.algebras.guarding import is_own
from induce.algebras.machine import HELD, encode_value
from induce.algebras.values import function_of, has_function
from induce.errors import FillError
from induce.examples import Examples
from induce.learners.programs.growth import Growth
from induce.learners.programs.larger import closest, larger
from induce.learners.programs.rules import objection_to, rules_of
from induce.learners.programs.task import OUT_OF_MEMORY, ProgramTask, Step, right
from induce.terms.sort import TEXT
from induce.terms.term import Term

__all__ = ["Complaints", "TypedEnumeration"]

PATIENCE = 40
"""Programs refuted by the other examples after which one of those joins the driving ones."""
SHORT = 160
"""Characters of a complaint kept in a note."""


@dataclass(frozen=True)
class TypedEnumeration:
    """All programs by cost, each distinct value once.

    Parameters
    ----------
    driving : int
        Examples that drive the search at first; when many programs fit them and fail on others, one of those joins.
    memory : float
        Bytes of the bank.

    References
    ----------
    A. Albarghouthi, S. Gulwani and Z. Kincaid (2013), Recursive Program Synthesis; O. Udupa et al. (2013), TRANSIT.
    """

    driving: int = 6
    memory: float = 1.5e9
    name: str = "typed enumeration"

    def prepare(self) -> None:
        """Compile what the search needs; not counted against a budget."""
        warm()

    def accepts(self, task: ProgramTask) -> str:
        """The compiled machine must hold every input and output, and what operators of a user's own take and give."""
        for op in task.language:
            objection = objection_to(op) if op in task.definitions or is_own(op) else ""
            if objection:
                return f"{objection}. Leave it out of the language, or divide it into operators that enumeration can apply."
        examples = task.examples
        sorts = {*examples.sorts.values(), examples.result}
        for sort in sorts.difference(HELD):
            return f"enumeration cannot hold values of sort {sort}. Give whole numbers, truth values, texts, or lists of numbers."
        known = {part.name for op in task.language for part in (*op.arguments, op.result)}
        if not any(sort.name in known for sort in sorts) and examples.outputs not in examples.inputs.values():
            told = ", ".join(sorted(map(str, sorts)))
            return (
                f"no operator of language '{task.language.name}' takes or gives {told}. Give another language, such as "
                f"'{'smt_strings' if TEXT in sorts else 'lists'}'."
            )
        columns = [(values, examples.sorts[name]) for name, values in examples.inputs.items()]
        for values, sort in [*columns, (examples.outputs, examples.result)]:
            for row, value in enumerate(values):
                if encode_value(value, sort) is None:
                    return f"enumeration cannot hold the value {reprlib.repr(value)} of example {row}"
        return ""

    def run(self, task: ProgramTask, rng: np.random.Generator) -> Iterator[Step]:
        """Yield programs from the cheapest on."""
        places = first_examples(task.examples, self.driving)
        seen: set[Term] = set()
        complaints = Complaints(task)
        while True:
            refuted = yield from self._search(task, places, rng, seen, complaints)
            if refuted is None:
                return
            places = sorted({*places, refuted})
            yield Step(note=f"example {refuted} drives the search too")

    def _search(
        self,
        task: ProgramTask,
        places: Sequence[int],
        rng: np.random.Generator,
        seen: set[Term],
        complaints: Complaints,
    ) -> Generator[Step, None, int | None]:
        """One enumeration; returns an example that refutes many of its programs, or None at its end."""
        growth = growth_of(task, places, rng, self.memory)
        checked, tried, told = 0, 0, 0
        failures = np.zeros(len(task.examples), np.int64)
        for reached in growth.levels(task.max_size):
            good: list[tuple[Term, float]] = []
            while checked < len(growth.solutions):
                term, cost = growth.solutions[checked], growth.costs[checked]
                checked += 1
                if term in seen:
                    continue
                seen.add(term)
                verdict = right(term, task.examples)
                if all(verdict):
                    good.append((term, float(cost)))
                else:
                    failures += ~np.array(verdict)
            near = None
            if growth.finished > told:
                told = growth.finished
                for term, cost in larger(growth):
                    if cost <= task.max_size and term not in seen:
                        seen.add(term)
                        verdict = right(term, task.examples)
                        if all(verdict):
                            good.append((term, float(cost)))
                        else:
                            failures += (PATIENCE // 3 + 1) * ~np.array(verdict)
                near = None if good else self._closest(growth, task)
            yield Step(tuple(good), reached - tried, complaints.finished(growth), complaints.fresh(), near)
            tried = reached
            if failures.max(initial=0) >= PATIENCE:
                return int(np.argmax(failures))
        told_last = complaints.fresh()
        if told_last:
            yield Step(note=told_last)
        reason = OUT_OF_MEMORY if growth.bank.stuck else ""
        yield Step((), 0, complaints.finished(growth), reason, self._closest(growth, task))
        return None

    @staticmethod
    def _closest(growth: Growth, task: ProgramTask) -> tuple[Term, int] | None:
        """The program so far that gives most outputs, and how many."""
        term = closest(growth)
        return None if term is None else (term, sum(right(term, task.examples)))


class Complaints:
    """What goes wrong in operators that Python runs, each kind of trouble once.

    Parameters
    ----------
    task : ProgramTask
    """

    def __init__(self, task: ProgramTask) -> None:
        found = [(op.name, function_of(op)) for op in task.language if has_function(op)]
        self.functions = [(name, function) for name, function in found if hasattr(function, "complaints")]
        self.before = {name: dict(getattr(function, "complaints", {})) for name, function in self.functions}
        self.told: set[tuple[str, str]] = set()
        self.able = not any(objection_to(op) for op in task.language)

    def finished(self, growth: Growth) -> int:
        """The largest cost of which every program has been seen; 0 where an operator cannot be applied, or was left out."""
        left_out = any(getattr(function, "barred", False) for _, function in self.functions)
        return growth.finished if self.able and not left_out else 0

    def fresh(self) -> str:
        """Complaints since the last call, in words; an empty text if there are none."""
        found: list[str] = []
        for name, function in self.functions:
            for text, count in list(getattr(function, "complaints", {}).items()):
                barred = bool(getattr(function, "barred", False))
                kind = (name, text.partition(":")[0])
                if kind not in self.told and (barred or count > self.before[name].get(text, 0)):
                    self.told.add(kind)
                    left = " It was left out." if barred else ""
                    found.append(f"primitive '{name}' {text[:SHORT].rstrip('.')}.{left}")
        return " ".join(found)


@functools.cache
def warm() -> None:
    """Compile the kernels, or load them from the cache, before any clock starts."""
    from induce.terms.lists import INTS, lists
    from induce.terms.sort import INT

    growth = Growth(
        rules_of(lists, [INTS], INTS),
        {"xs": (INTS, [[1, 2]])},
        (INTS, [[2]]),
        [(1, INT)],
        np.random.default_rng(0),
        memory=1e8,
    )
    for _ in growth.levels(2):
        pass
    closest(growth)
    larger(growth)
    growth.bank.rebuild()


def growth_of(task: ProgramTask, places: Sequence[int], rng: np.random.Generator, memory: float) -> Growth:
    """The enumeration of a task, driven by the examples at ``places``."""
    chosen = task.examples.take(places)
    rules = rules_of(task.language, list(chosen.sorts.values()), chosen.result, task.costs)
    if not rules:
        raise FillError(
            f"language '{task.language.name}' has no operator that enumeration can run. Use another learner."
        )
    inputs = {name: (chosen.sorts[name], values) for name, values in chosen.inputs.items()}
    return Growth(
        rules, inputs, (chosen.result, chosen.outputs), task.literals, rng, memory=memory, definitions=task.definitions
    )


def first_examples(examples: Examples, count: int) -> list[int]:
    """The examples that tell most programs apart: the longest, outputs as different as can be, and one short one."""
    if len(examples) <= count:
        return list(range(len(examples)))

    def length(place: int) -> int:
        return sum(len(v) if isinstance(v, list | str) else 1 for v in examples.input(place).values())

    by_output: dict[str, list[int]] = {}
    for place in sorted(range(len(examples)), key=lambda i: (-length(i), i)):
        by_output.setdefault(repr(examples.outputs[place]), []).append(place)
    groups = list(by_output.values())
    chosen: list[int] = [min(range(len(examples)), key=lambda i: (length(i), i))]
    while len(chosen) < count:
        for group in groups:
            while group and group[0] in chosen:
                group.pop(0)
            if group and len(chosen) < count:
                chosen.append(group.pop(0))
    return sorted(chosen)
