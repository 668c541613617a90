"""The states of a grammar as numbers, with the least cost inside and outside of each."""

from __future__ import annotations

import heapq
import math

from induce.terms.grammar import Grammar
from induce.terms.grammar_tables import State
from induce.terms.productions import Production

__all__ = ["Chart"]

Choice = tuple[float, Production, tuple[int, ...]]
"""(minus the log-probability, production, states of the arguments)"""


class Chart:
    """What a search needs of a weighted grammar; cost is minus the logarithm of probability.

    Parameters
    ----------
    grammar : Grammar

    Attributes
    ----------
    choices : list of tuple of Choice
        For each state, the cheapest first.
    inside : list of float
        Cost of the cheapest term of a state: ``min over choices of cost + sum of inside of the arguments``.
    outside : list of float
        Cost of the cheapest program around a term of the state; 0 for the root, which is state 0.

    References
    ----------
    D. Knuth (1977), A Generalization of Dijkstra's Algorithm; D. Klein and C. Manning (2003), A* Parsing.
    """

    def __init__(self, grammar: Grammar) -> None:
        self.states: list[State] = [grammar.root]
        number = {grammar.root: 0}
        self.choices: list[tuple[Choice, ...]] = []
        for state in self.states:  # grows while it is walked
            found: list[Choice] = []
            for rule in grammar.rules(state):
                for child in rule.children:
                    if child not in number:
                        number[child] = len(self.states)
                        self.states.append(child)
                found.append((-math.log(rule.probability), rule.production, tuple(number[c] for c in rule.children)))
            self.choices.append(tuple(sorted(found, key=lambda choice: choice[0])))
        self.inside = self._inside()
        self.outside = self._outside()

    def _inside(self) -> list[float]:
        least = [math.inf] * len(self.states)
        using: list[list[tuple[int, int]]] = [[] for _ in self.states]
        waiting: dict[tuple[int, int], int] = {}
        queue: list[tuple[float, int]] = []
        for state, choices in enumerate(self.choices):
            for place, (cost, _, children) in enumerate(choices):
                waiting[state, place] = len(set(children))
                for child in set(children):
                    using[child].append((state, place))
                if not children:
                    heapq.heappush(queue, (cost, state))
        while queue:
            cost, state = heapq.heappop(queue)
            if cost >= least[state]:
                continue
            least[state] = cost
            for user, place in using[state]:
                waiting[user, place] -= 1
                if not waiting[user, place]:
                    own, _, children = self.choices[user][place]
                    heapq.heappush(queue, (own + sum(least[c] for c in children), user))
        return least

    def _outside(self) -> list[float]:
        least = [math.inf] * len(self.states)
        queue: list[tuple[float, int]] = [(0.0, 0)]
        while queue:
            cost, state = heapq.heappop(queue)
            if cost >= least[state]:
                continue
            least[state] = cost
            for own, _, children in self.choices[state]:
                whole = cost + own + sum(self.inside[c] for c in children)
                for child in children:
                    if whole - self.inside[child] < least[child]:
                        heapq.heappush(queue, (whole - self.inside[child], child))
        return least
