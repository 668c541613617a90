"""Heap search: the programs of a weighted grammar from the most probable on, sub-programs of equal values once."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from induce.errors import FillError, GrammarError
from induce.learners.programs.chart import Chart
from induce.learners.programs.grammars import grammar_for
from induce.learners.programs.running import NOTHING, Runner, key_of
from induce.learners.programs.task import OUT_OF_MEMORY, ProgramTask, Step, right
from induce.terms.grammar import Grammar
from induce.terms.op import BOUND, LAMBDA
from induce.terms.productions import Production
from induce.terms.term import Term

__all__ = ["HeapSearch", "objection"]

SLICE = 10_000
"""Work between two ticks, in values computed."""
EXTRA = 20_000
"""Candidates tried after the first program, at least, to see which others fit."""


class _Item(NamedTuple):
    """A sub-program: its cost, and its values on the examples, None inside a function that it needs a variable of."""

    cost: float
    term: Term
    values: list[Any] | None
    free: int


class _Candidate(NamedTuple):
    """A production of a state with, for each argument, the number of the item chosen, and the last position advanced."""

    cost: float
    state: int
    production: Production
    children: tuple[int, ...]
    picks: tuple[int, ...]
    last: int


def objection(task: ProgramTask, grammar: Any) -> str:
    """Why a search guided by this grammar cannot work on the task; an empty text if it can."""
    try:
        grammar_for(task, grammar)
    except (FillError, GrammarError) as problem:
        return str(problem)
    return ""


@dataclass(frozen=True)
class HeapSearch:
    """Programs from the most probable on, none twice; of sub-programs of equal values on the examples, the likeliest only.

    One queue holds sub-programs of every state of the grammar, by the probability of the likeliest program that can
    contain them, so that only what such a program can use is made.

    Parameters
    ----------
    grammar : Grammar, mapping of weights, or Prior, optional
        How likely programs are; equal weights by default.
    pruning : bool
        Whether closed sub-programs of equal values count as one.
    items : int
        Most sub-programs kept, each with its values: a few kilobytes for a dozen examples of lists.
    extra : int
        Candidates tried after the first program, at least, to see which others fit.

    References
    ----------
    N. Fijalkow et al. (2022), Scaling Neural Program Synthesis with Distribution-Based Search; A. Pauls and D. Klein
    (2009), K-Best A* Parsing.
    """

    grammar: Any = None
    pruning: bool = True
    items: int = 400_000
    extra: int = EXTRA
    name: str = "heap search"

    def accepts(self, task: ProgramTask) -> str:
        """The grammar must make programs for the task."""
        return objection(task, self.grammar)

    def run(self, task: ProgramTask, rng: np.random.Generator) -> Iterator[Step]:
        """Yield programs from the most probable on; their cost is minus the logarithm of their probability."""
        grammar = grammar_for(task, self.grammar)
        tried, work = 0, 0
        good: list[tuple[Term, float]] = []
        search = Bank(grammar, task, self.pruning)
        for item, spent in search.items_by_cost():
            tried += 1
            work += spent
            if item is not None and item.term.size <= grammar.max_size and search.matches(item):
                if all(right(item.term, task.examples)):
                    good.append((item.term, item.cost))
            if good or work >= SLICE:
                yield Step(tuple(good), tried)
                good, tried, work = [], 0, 0
            if search.kept > self.items:
                yield Step(tuple(good), tried, note=OUT_OF_MEMORY)
                return
        yield Step(tuple(good), tried)


class Bank:
    """The sub-programs of each state so far, and the queue of candidates.

    Parameters
    ----------
    grammar : Grammar
    task : ProgramTask
    pruning : bool
        Whether closed sub-programs of equal values count as one.
    """

    def __init__(self, grammar: Grammar, task: ProgramTask, pruning: bool = True) -> None:
        examples = task.examples
        self.chart = Chart(grammar)
        self.runner = Runner(examples.inputs, len(examples), task.definitions)
        self.target = key_of(list(examples.outputs))
        self.pruning = pruning
        self.largest = grammar.max_size
        self.items: list[list[_Item]] = [[] for _ in self.chart.states]
        self.seen: list[set[Any]] = [set() for _ in self.chart.states]
        self.waiting: dict[tuple[int, int], list[_Candidate]] = {}
        self.queue: list[tuple[float, int, _Candidate]] = []
        self.order = 0
        self.kept = 0

    def matches(self, item: _Item) -> bool:
        """Whether the item gives all outputs, as far as the quick run tells."""
        return item.values is None or key_of(item.values) == self.target

    def items_by_cost(self) -> Iterator[tuple[_Item | None, int]]:
        """After each candidate, the program made if it is a whole one, and the values computed for it."""
        for state, choices in enumerate(self.chart.choices):
            for cost, production, children in choices:
                self._offer(_Candidate(cost, state, production, children, (0,) * len(children), 0))
        while self.queue:
            _, _, candidate = heapq.heappop(self.queue)
            state, picks = candidate.state, candidate.picks
            for place in range(candidate.last, len(picks)):
                advanced = (*picks[:place], picks[place] + 1, *picks[place + 1 :])
                self._offer(candidate._replace(picks=advanced, last=place))
            item, spent = self._made(candidate)
            if item is None:
                yield None, spent
                continue
            if self._is_new(state, item):
                self.kept += 1
                found = self.items[state]
                found.append(item)
                for other in self.waiting.pop((state, len(found) - 1), ()):
                    self._offer(other)
            yield (item if state == 0 else None), spent

    def _offer(self, candidate: _Candidate) -> None:
        """Queue a candidate, or let it wait for the item that it needs."""
        cost = candidate.cost
        for child, pick in zip(candidate.children, candidate.picks, strict=True):
            held = self.items[child]
            if len(held) <= pick:
                self.waiting.setdefault((child, pick), []).append(candidate)
                return
            cost += held[pick].cost
        self.order += 1
        heapq.heappush(self.queue, (cost + self.chart.outside[candidate.state], self.order, candidate))

    def _made(self, candidate: _Candidate) -> tuple[_Item | None, int]:
        """The sub-program of a candidate, and the values computed; None if it is too large or never has a value."""
        parts = [self.items[child][pick] for child, pick in zip(candidate.children, candidate.picks, strict=True)]
        if 1 + sum(part.term.size for part in parts) > self.largest:
            return None, 1
        cost = candidate.cost
        for part in parts:
            cost += part.cost
        production = candidate.production
        term = production.build(tuple(part.term for part in parts))
        if production.parameter is not None:
            return _Item(cost, term, None, max(0, parts[0].free - 1)), 1
        free = term.payload + 1 if term.op is BOUND else max((part.free for part in parts), default=0)
        if free or term.op is LAMBDA:
            return _Item(cost, term, None, free), 1
        work = len(self.runner.rows)
        if production.op is None:
            values = self.runner.values(term)
        else:
            functions = [part.term if part.values is None else part.values for part in parts]
            values = self.runner.combined(production.op, functions)
            work *= 20 if any(part.values is None for part in parts) else 1
        if self.pruning and all(value is NOTHING for value in values):
            return None, work
        return _Item(cost, term, values, 0), work

    def _is_new(self, state: int, item: _Item) -> bool:
        """Whether no likelier sub-program of the state has the same values; open ones and functions are always new."""
        if not self.pruning or item.values is None:
            return True
        key = key_of(item.values)
        if key in self.seen[state]:
            return False
        self.seen[state].add(key)
        return True
