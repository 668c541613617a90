"""The dynamic programs of a grammar: totals by size, drawing by size, and enumeration in order of cost."""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from induce.terms.productions import Production
from induce.terms.sort import Sort
from induce.terms.term import Term

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Rule", "State", "Tables", "by_cost"]

State = tuple[Sort, tuple[str, int] | None, frozenset[str], int, tuple[Sort, ...]]
"""(sort, (parent, argument index) if weights differ there, names forbidden here, levels left or -1, sorts of the bound
variables, innermost first)"""


@dataclass(frozen=True)
class Rule:
    """A production in a state: its probability there and the states of its arguments."""

    production: Production
    probability: float
    children: tuple[State, ...]


Rules = Callable[[State], Sequence[Rule]]


def _below(rng: np.random.Generator, bound: int) -> int:
    """A uniform integer in [0, bound), of any length."""
    if bound < 2**63:
        return int(rng.integers(bound))
    bits = bound.bit_length()
    while True:
        drawn = int.from_bytes(rng.bytes((bits + 7) // 8), "little") >> (-bits % 8)
        if drawn < bound:
            return drawn


class Tables:
    """Total weight of the terms of each state and size; with ``exact``, their number as a Python integer.

    With w(p) = 1, or the probability of rule p in state s,
    ``total(s, n) = sum over p of w(p) * sum over n1 + ... + nk = n - 1 of total(s1, n1) ... total(sk, nk)``.
    """

    def __init__(self, rules: Rules, root: State, *, exact: bool) -> None:
        self.rules = rules
        self.root = root
        self.exact = exact
        self.zero: Any = 0 if exact else 0.0
        self.totals: dict[State, list[Any]] = {root: [self.zero]}
        waiting = [root]
        while waiting:
            for rule in rules(waiting.pop()):
                for child in rule.children:
                    if child not in self.totals:
                        self.totals[child] = [self.zero]
                        waiting.append(child)
        self.memo: dict[tuple[tuple[State, ...], int], Any] = {}
        self.known = 0

    def weight(self, rule: Rule) -> Any:
        """What the rule contributes by itself."""
        return 1 if self.exact else rule.probability

    def total(self, size: int) -> Any:
        """The total of the root for one size."""
        self.extend(size)
        return self.totals[self.root][size] if size > 0 else self.zero

    def extend(self, size: int) -> None:
        """Compute all sizes up to this one."""
        while self.known < size:
            self.known += 1
            for state, row in self.totals.items():
                row.append(
                    sum((self.weight(r) * self.below(r.children, self.known - 1) for r in self.rules(state)), self.zero)
                )

    def below(self, children: tuple[State, ...], size: int) -> Any:
        """The total of the argument lists whose sizes sum to ``size``."""
        if len(children) <= 1:
            if not children:
                return self.zero + 1 if size == 0 else self.zero
            return self.totals[children[0]][size]
        key = (children, size)
        found = self.memo.get(key)
        if found is None:
            first, rest = self.totals[children[0]], children[1:]
            found = self.zero
            for here in range(1, size - len(rest) + 1):
                if first[here]:
                    found += first[here] * self.below(rest, size - here)
            self.memo[key] = found
        return found

    def choose(self, rng: np.random.Generator, weights: Sequence[Any]) -> int:
        """A position, with probability in proportion to its weight."""
        total = sum(weights)
        drawn: Any = _below(rng, total) if self.exact else rng.random() * total
        last = 0
        for place, weight in enumerate(weights):
            if weight:
                last = place
                if drawn < weight:
                    return place
                drawn -= weight
        return last

    def draw(self, rng: np.random.Generator, size: int) -> Term:
        """One term of the root with this size, in proportion to the weights."""
        self.extend(size)
        prefix: list[Production] = []
        stack: list[tuple[State, int]] = [(self.root, size)]
        while stack:
            state, left = stack.pop()
            rules = self.rules(state)
            rule = rules[self.choose(rng, [self.weight(r) * self.below(r.children, left - 1) for r in rules])]
            prefix.append(rule.production)
            left -= 1
            parts: list[tuple[State, int]] = []
            for place, child in enumerate(rule.children):
                rest = rule.children[place + 1 :]
                sizes = range(1, left - len(rest) + 1)
                here = 1 + self.choose(rng, [self.totals[child][n] * self.below(rest, left - n) for n in sizes])
                parts.append((child, here))
                left -= here
            stack.extend(reversed(parts))
        return from_prefix(prefix)

    def nth(self, number: int, max_size: int) -> Term:
        """The term of a number, by growing size, then by rule, then by the sizes and the numbers of the arguments.

        Numbers close to each other are mostly terms that agree in what is near the root; the tables must be exact.
        """
        size = 1
        while number >= self.total(size) and size < max_size:
            number -= self.total(size)
            size += 1
        prefix: list[Production] = []
        stack: list[tuple[State, int, int]] = [(self.root, size, number)]
        while stack:
            state, left, number = stack.pop()
            rules = self.rules(state)
            place, number = _reached([self.below(r.children, left - 1) for r in rules], number)
            rule = rules[place]
            prefix.append(rule.production)
            left -= 1
            parts: list[tuple[State, int, int]] = []
            for k, child in enumerate(rule.children):
                rest = rule.children[k + 1 :]
                sizes = range(1, left - len(rest) + 1)
                place, number = _reached([self.totals[child][n] * self.below(rest, left - n) for n in sizes], number)
                left -= 1 + place
                own, number = divmod(number, self.below(rest, left))
                parts.append((child, 1 + place, own))
            stack.extend(reversed(parts))
        return from_prefix(prefix)


def _reached(weights: Sequence[int], number: int) -> tuple[int, int]:
    """The place whose stretch of numbers holds this one, and the number within it."""
    for place, weight in enumerate(weights):
        if number < weight:
            return place, number
        number -= weight
    raise IndexError("the number is beyond the last term")


def from_prefix(prefix: Sequence[Production]) -> Term:
    """The term whose productions, root first and left to right, are these."""
    built: list[Term] = []
    for production in reversed(prefix):
        arity = len(production.arguments)
        args = tuple(built[len(built) - 1 - place] for place in range(arity))
        del built[len(built) - arity :]
        built.append(production.build(args))
    return built[0]


_Sized = tuple[State, int]
"""A state and the exact size of its terms; sizes are split up front, so that no candidate is made in vain."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A rule of a state with, for each argument, the number of the item chosen, and the last position advanced."""

    state: _Sized
    rule: Rule
    children: tuple[_Sized, ...]
    picks: tuple[int, ...]
    last: int


def _splits(table: Tables, children: tuple[State, ...], size: int) -> Iterator[tuple[_Sized, ...]]:
    """The ways to give the arguments sizes that sum to ``size`` and for which they have terms."""
    if not children:
        if size == 0:
            yield ()
        return
    for here in range(1, size - len(children) + 2):
        if table.totals[children[0]][here]:
            for rest in _splits(table, children[1:], size - here):
                yield ((children[0], here), *rest)


def by_cost(table: Tables, max_size: int) -> Iterator[tuple[float, Term]]:
    """(cost, term) for the terms of the root, cheapest first; the cost is minus the log of the product of probabilities.

    One queue holds candidates of all states. An argument list advances one position at a time, and waits when the item
    it needs is not known yet; as no argument costs less than nothing, the queue's order is the order of cost (Knuth,
    1977, A generalization of Dijkstra's algorithm).
    """
    table.extend(max_size)
    items: dict[_Sized, list[tuple[float, Term, bool]]] = {}
    waiting: dict[tuple[_Sized, int], list[_Candidate]] = {}
    queue: list[tuple[float, int, _Candidate]] = []
    order = itertools.count()

    def offer(candidate: _Candidate) -> None:
        cost = -math.log(candidate.rule.probability)
        for child, pick in zip(candidate.children, candidate.picks, strict=True):
            if len(items[child]) <= pick:
                waiting.setdefault((child, pick), []).append(candidate)
                return
            cost += items[child][pick][0]
        heapq.heappush(queue, (cost, next(order), candidate))

    reached: list[_Sized] = [(table.root, n) for n in range(1, max_size + 1) if table.totals[table.root][n]]
    items.update((state, []) for state in reached)
    first: list[_Candidate] = []
    for state in reached:  # grows while it is walked
        for rule in table.rules(state[0]):
            for children in _splits(table, rule.children, state[1] - 1):
                first.append(_Candidate(state, rule, children, (0,) * len(children), 0))
                for child in children:
                    if child not in items:
                        items[child] = []
                        reached.append(child)
    for candidate in first:
        offer(candidate)
    while queue:
        cost, _, candidate = heapq.heappop(queue)
        picks = candidate.picks
        for place in range(candidate.last, len(picks)):
            advanced = (*picks[:place], picks[place] + 1, *picks[place + 1 :])
            offer(_Candidate(candidate.state, candidate.rule, candidate.children, advanced, place))
        chosen = [items[child][pick] for child, pick in zip(candidate.children, picks, strict=True)]
        term = candidate.rule.production.build(tuple(_renew(item) for item in chosen))
        fresh = candidate.rule.production.name == "?" or any(item[2] for item in chosen)
        found = items[candidate.state]
        found.append((cost, term, fresh))
        if candidate.state[0] == table.root:
            yield cost, _renew(found[-1])
        for other in waiting.pop((candidate.state, len(found) - 1), ()):
            offer(other)


def _renew(item: tuple[float, Term, bool]) -> Term:
    """The item's term, with new names for the anonymous holes if it has such: each use is its own constant."""
    if not item[2]:
        return item[1]
    from induce.terms import hole

    return item[1].replace({h: hole.real() for h in item[1].holes if hole.is_anonymous(h)})
