"""The cheapest ways to write all outputs as chains of atoms and constants.

A state says how much of each output is written. From a state lead the atoms whose texts come next in every output, and the
constants that all outputs share there; the best few ways to the end are kept for each state.
"""

from __future__ import annotations

import heapq
import os
from collections.abc import Iterator

from induce.terms.sort import TEXT
from induce.terms.term import Term, literal

from induce.learners.strings.atoms import Bank, Values
from induce.learners.strings.cost import constant_cost

__all__ = ["Way", "ways"]

State = tuple[int, ...]
Way = tuple[float, tuple[Term, ...]]
_JOIN = 0.5
_MOST_STATES = 3000
_PER_TICK = 100


class _Search:
    """One search for chains."""

    def __init__(self, bank: Bank, outputs: Values, kept: int) -> None:
        self.outputs = outputs
        self.kept = kept
        self.by_first: dict[str, list[tuple[Values, list[tuple[float, Term]]]]] = {}
        for atoms in bank:
            pairs = [(atom.cost, atom.term) for atom in atoms]
            self.by_first.setdefault(atoms[0].values[0], []).append((atoms[0].values, pairs))
        self.longest = max(map(len, self.by_first), default=0)
        self.end = tuple(map(len, outputs))

    def edges(self, state: State) -> Iterator[tuple[State, list[tuple[float, Term]], bool]]:
        """Next states with the atoms that lead there; True for constants."""
        first, place = self.outputs[0], state[0]
        for size in range(min(self.longest, len(first) - place) + 1):
            for values, pairs in self.by_first.get(first[place : place + size], ()):
                if all(o.startswith(v, p) for o, v, p in zip(self.outputs, values, state, strict=True)):
                    yield tuple(p + len(v) for p, v in zip(state, values, strict=True)), pairs, False
        shared = os.path.commonprefix([o[p:] for o, p in zip(self.outputs, state, strict=True)])
        for size in range(1, len(shared) + 1):
            text = shared[:size]
            yield tuple(p + size for p in state), [(constant_cost(text), literal(text, TEXT))], True


def ways(bank: Bank, kept: int) -> Iterator[list[Way] | None]:
    """Yield None after small steps of work, and at last the cheapest chains, cheapest first."""
    search = _Search(bank, bank.outputs, kept)
    begin = (0,) * len(bank.outputs)
    graph: dict[State, list[tuple[State, list[tuple[float, Term]], bool]]] = {}
    waiting = [(0, begin)]
    seen = {begin}
    while waiting and len(graph) < _MOST_STATES:
        _, state = heapq.heappop(waiting)
        graph[state] = list(search.edges(state)) if state != search.end else []
        for after, _, _ in graph[state]:
            if after not in seen:
                seen.add(after)
                heapq.heappush(waiting, (sum(after), after))
        if len(graph) % _PER_TICK == 0:
            yield None
    best: dict[tuple[State, bool], list[Way]] = {}
    order = sorted(graph, key=lambda state: (-sum(state), state))
    for number, state in enumerate(order):
        for after_constant in (False, True):
            best[state, after_constant] = _best_from(state, after_constant, search, graph, best)
        if number % 20 == 0:
            yield None
    yield best.get((begin, False), [])


def _best_from(
    state: State,
    after_constant: bool,
    search: _Search,
    graph: dict[State, list[tuple[State, list[tuple[float, Term]], bool]]],
    best: dict[tuple[State, bool], list[Way]],
) -> list[Way]:
    if state == search.end:
        return [(0.0, ())]
    found: list[Way] = []
    for after, pairs, constant in graph[state]:
        if constant and after_constant:
            continue
        tails = best.get((after, constant), [])
        for price, term in pairs:
            found.extend((price + _JOIN + tail, (term, *rest)) for tail, rest in tails)
    found.sort(key=lambda way: way[0])
    return found[: search.kept]
