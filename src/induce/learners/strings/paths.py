"""The cheapest ways to write all outputs as chains of atoms and constants.

A state says how much of each output is written. From a state lead the atoms whose texts come next in every output, and the
constants that all outputs share there; the best few ways to the end are kept for each state.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterator
from typing import Any

from induce.learners.strings.atoms import Bank, Values
from induce.learners.strings.cost import constant_cost
from induce.terms.sort import TEXT
from induce.terms.term import Term, literal

__all__ = ["Way", "ways"]

State = tuple[int, ...]
Way = tuple[float, tuple[Term, ...]]
_Graph = dict[State, list[tuple[State, list[tuple[float, Term]], bool]]]
_Link = tuple[float, Any, Any]
"""Price to the end, next term, and the link after it; None and None at the end."""
_JOIN = 0.5
_SLACK = 6.0
_MOST_STATES = 2000
_LONGEST_CONSTANT = 60
"""Longest constant that may end anywhere; a longer one goes on as far as the outputs agree."""
_PER_TICK = 10


class _Search:
    """One search for chains."""

    def __init__(self, bank: Bank, outputs: Values, kept: int, constant: Callable[[str], float]) -> None:
        self.constant = constant
        self.outputs = outputs
        self.kept = kept
        self.by_first: dict[str, list[tuple[Values, list[tuple[float, Term]]]]] = {}
        for atoms in bank:
            pairs = [(atom.cost, atom.term) for atom in atoms]
            self.by_first.setdefault(atoms[0].values[0], []).append((atoms[0].values, pairs))
        self.sizes = sorted({len(text) for text in self.by_first})
        self.end = tuple(map(len, outputs))

    def edges(self, state: State) -> Iterator[tuple[State, list[tuple[float, Term]], bool]]:
        """Next states with the atoms that lead there; True for constants."""
        first, place = self.outputs[0], state[0]
        for size in self.sizes:
            if place + size > len(first):
                break
            for values, pairs in self.by_first.get(first[place : place + size], ()):
                if all(o.startswith(v, p) for o, v, p in zip(self.outputs, values, state, strict=True)):
                    yield tuple(p + len(v) for p, v in zip(state, values, strict=True)), pairs, False
        shared = _shared([o[p:] for o, p in zip(self.outputs, state, strict=True)])
        for size in (*range(1, min(len(shared), _LONGEST_CONSTANT)), len(shared)) if shared else ():
            text = shared[:size]
            yield tuple(p + size for p in state), [(self.constant(text), literal(text, TEXT))], True


def _shared(texts: list[str]) -> str:
    """What all the texts begin with."""
    least, most = min(texts), max(texts)
    for place, (a, b) in enumerate(zip(least, most, strict=False)):
        if a != b:
            return least[:place]
    return least


def ways(bank: Bank, kept: int, constant: Callable[[str], float] = constant_cost) -> Iterator[list[Way] | None]:
    """Yield None after small steps of work, and at last the cheapest chains, cheapest first."""
    search = _Search(bank, bank.outputs, kept, constant)
    begin = (0,) * len(bank.outputs)
    graph: _Graph = {}
    reached: dict[State, float] = {begin: 0.0}
    waiting = [(0.0, begin)]
    bound = math.inf
    while waiting and len(graph) < _MOST_STATES and waiting[0][0] <= bound:
        price, state = heapq.heappop(waiting)
        if state in graph:
            continue
        if state == search.end:
            bound = price + _SLACK
            graph[state] = []
            continue
        graph[state] = list(search.edges(state))
        for after, pairs, _ in graph[state]:
            total = price + pairs[0][0] + _JOIN
            if total < reached.get(after, math.inf):
                reached[after] = total
                heapq.heappush(waiting, (total, after))
        if len(graph) % _PER_TICK == 0:
            yield None
    best: dict[tuple[State, bool], list[_Link]] = {}
    order = sorted(graph, key=lambda state: (-sum(state), state))
    for number, state in enumerate(order):
        for after_constant in (False, True):
            best[state, after_constant] = _best_from(state, after_constant, search, graph, best)
        if number % 3 == 0:
            yield None
    yield [(link[0], _unlinked(link)) for link in best.get((begin, False), [])]


def _unlinked(link: _Link) -> tuple[Term, ...]:
    terms: list[Term] = []
    while link[1] is not None:
        terms.append(link[1])
        link = link[2]
    return tuple(terms)


def _best_from(
    state: State, after_constant: bool, search: _Search, graph: _Graph, best: dict[tuple[State, bool], list[_Link]]
) -> list[_Link]:
    if state == search.end:
        return [(0.0, None, None)]
    found: list[_Link] = []
    worst = math.inf
    for after, pairs, constant in graph[state]:
        if constant and after_constant:
            continue
        tails = best.get((after, constant))
        if not tails:
            continue
        for price, term in pairs:
            base = price + _JOIN
            for tail in tails:
                if base + tail[0] >= worst:
                    break
                found.append((base + tail[0], term, tail))
        if len(found) > 3 * search.kept:
            found.sort(key=_price)
            del found[search.kept :]
            worst = found[-1][0]
    found.sort(key=_price)
    return found[: search.kept]


def _price(link: _Link) -> float:
    return link[0]
