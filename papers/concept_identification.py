"""Hidden concepts by comparing classes: which class uses which is found, and what cannot be told apart is said."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.stats import spearmanr

from induce.papers import Check
from induce.rules import ConceptIdentifier, hidden_concepts

TITLE = "Y. Zheng, S. Xie, K. Zhang (2025), Nonparametric Identification of Latent Concepts"
CLAIM = "Comparing classes identifies hidden concepts through any smooth map, where no two have the same classes."


@dataclass
class Found:
    """Of each seed: correlation of the concepts, whether the structure is exact, whether twins are reported; CPU seconds of all."""

    correlation: list[float]
    exact: list[bool]
    reported: list[bool]
    seconds: float


def measured(seed, rows):
    """Rank correlation among rows whose class has the concept, structure exact, and concepts of the same classes reported."""
    made = hidden_concepts(rows, seed=seed)
    model = ConceptIdentifier(6, random_state=seed).fit(made.X, made.y)
    guess, places = model.transform(made.X), made.structure[made.y]
    pairs = [[(g[p], h[p]) for h, p in zip(made.hidden.T, places.T, strict=True)] for g in guess.T]
    table = np.array([[abs(spearmanr(*pair)[0]) for pair in line] for line in pairs])
    row, column = linear_sum_assignment(-table)
    exact = (model.structure_.matrix[:, row[np.argsort(column)]] == made.structure).all()
    same = hidden_concepts(rows, twins=True, seed=seed)
    found = ConceptIdentifier(6, random_state=seed).fit(same.X, same.y).structure_
    users = tuple(np.flatnonzero(same.structure[:, 0]).tolist())
    return table[row, column].mean(), bool(exact), found.blocks.get(users, ()) in found.mixed


def run(seeds, rows):
    began = time.process_time()
    found = [measured(seed, rows) for seed in seeds]
    return Found(*(list(column) for column in zip(*found, strict=True)), time.process_time() - began)


def small():
    return run(range(1), 4000)


def full():
    return run(range(5), 10_000)


def check(result: Found) -> Check:
    seeds = len(result.exact)
    figure = (
        f"correlation {np.mean(result.correlation):.3f} (worst {min(result.correlation):.3f}), structure exact in {sum(result.exact)} "
        f"and twins reported in {sum(result.reported)} of {seeds} seeds, {result.seconds:.0f} CPU s"
    )
    holds = np.mean(result.correlation) >= 0.85 and sum(result.exact) >= 0.8 * seeds and all(result.reported)
    line = "correlation >= 0.85, exact in 4 of 5 seeds, twins always reported, at most 240 CPU s"
    return Check(figure, line, bool(holds and result.seconds <= 240))
