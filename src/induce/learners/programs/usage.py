"""How often a program drawn from a grammar uses each production."""

from __future__ import annotations

import math

from induce.learners.programs.chart import Chart
from induce.terms.grammar import Grammar

__all__ = ["expected_uses"]


def expected_uses(grammar: Grammar, rounds: int = 12) -> dict[str, float]:
    """The expected number of uses of each production in a program, by name; arguments deeper than ``rounds`` are left out.

    With m(s) the expected number of nodes in state s, ``m(s') = sum over s and productions p of m(s) * P(p | s)`` times how
    often s' is an argument of p.

    >>> from induce.terms import REAL, arithmetic
    >>> grammar = Grammar(arithmetic, REAL, productions=["sin"], variables=["x"], weights={"sin": 1, "x": 3})
    >>> {name: round(uses, 3) for name, uses in expected_uses(grammar).items()}
    {'x': 1.0, 'sin': 0.333}
    """
    chart = Chart(grammar)
    uses: dict[str, float] = {}
    level = {0: 1.0}
    for _ in range(rounds):
        below: dict[int, float] = {}
        for state, mass in sorted(level.items()):
            for cost, production, children in chart.choices[state]:
                share = mass * math.exp(-cost)
                uses[production.name] = uses.get(production.name, 0.0) + share
                for child in children:
                    below[child] = below.get(child, 0.0) + share
        level = {state: min(mass, 1e6) for state, mass in below.items() if mass > 1e-9}
    return uses
