"""Random Boolean formulas from noisy rows with irrelevant inputs, and the mammalian cell cycle from transitions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from induce.formulas import BooleanRegressor, gene_network
from induce.formulas.gene_networks import GeneNetwork
from induce.formulas.truth_tables import noisy_rows, random_formula
from induce.papers import Check
from induce.terms import boolean

TITLE = "S. d'Ascoli, S. Bengio, J. Susskind, E. Abbe (2023), Boolformer: Symbolic Regression of Logic Functions with Transformers"
CLAIM = (
    "Compact formulas can be predicted from truth tables, also from incomplete ones with flipped answers and irrelevant inputs; "
    "applied to transitions of gene networks they give each gene's rule."
)
NAMES = [f"x{i}" for i in range(10)]
CELL_CYCLE = {
    "CycD": "CycD",
    "Rb": "not CycA and not CycB and not CycD and not CycE or p27 and not CycB and not CycD",
    "E2F": "not Rb and not CycA and not CycB or p27 and not Rb and not CycB",
    "CycE": "E2F and not Rb",
    "CycA": "(E2F or CycA) and not Rb and not Cdc20 and not (Cdh1 and UbcH10)",
    "p27": "not CycD and not CycB and (not CycE and not CycA or p27 and not (CycE and CycA))",
    "Cdc20": "CycB",
    "Cdh1": "not CycA and not CycB or Cdc20 or p27 and not CycB",
    "UbcH10": "not Cdh1 or UbcH10 and (Cdc20 or CycA or CycB)",
    "CycB": "not Cdc20 and not Cdh1",
}
"""A. Faure, A. Naldi, C. Chaouiya, D. Thieffry (2006): the rules of the ten genes."""


@dataclass(frozen=True)
class Found:
    """Held-out accuracy and relevance of each formula, right transitions of the network, and lengths of its cycles."""

    accuracy: tuple[float, ...]
    relevant_only: tuple[bool, ...]
    transitions: float
    cycles: tuple[int, ...]


def solve(seeds: int, effort: float, states: int) -> Found:
    accuracy, relevant_only = [], []
    for seed in range(seeds):
        rng = np.random.default_rng([seed, 7])
        relevant = [NAMES[i] for i in sorted(rng.permutation(10)[:7])]
        target = random_formula(relevant, int(rng.integers(6, 11)), seed)
        X, y, other, truth = noisy_rows(target, NAMES, share=0.5, flips=0.05, seed=seed)
        model = BooleanRegressor(effort=effort, random_state=0).fit(X, y)
        accuracy.append(float((model.predict(other) == truth).mean()))
        relevant_only.append(set(model.relevant_) <= set(relevant))
    cell = GeneNetwork(tuple(CELL_CYCLE), tuple(boolean.parse(rule) for rule in CELL_CYCLE.values()))
    now = np.random.default_rng(0).random((states, 10)) < 0.5
    network = gene_network((now, cell.step(now)), max_inputs=7, noise=0)
    every = (np.arange(1024)[:, None] >> np.arange(10) & 1).astype(bool)
    right = float((network.step(every) == cell.step(every)).all(axis=1).mean())
    return Found(tuple(accuracy), tuple(relevant_only), right, tuple(len(c) for c in network.attractors()))


def small() -> Found:
    return solve(4, 0.5, 300)


def full() -> Found:
    return solve(40, 1.0, 500)


def check(result: Found) -> Check:
    good = [a >= 0.95 and only for a, only in zip(result.accuracy, result.relevant_only, strict=True)]
    figure = (
        f"{sum(good)} of {len(good)} formulas, {result.transitions:.1%} of the transitions, cycles of {result.cycles}"
    )
    line = "95 % of held-out rows without irrelevant inputs for 9 of 10 formulas; 99 % of the transitions, cycles of 1 and 7"
    return Check(figure, line, sum(good) >= 0.9 * len(good) and result.transitions >= 0.99 and result.cycles == (1, 7))
