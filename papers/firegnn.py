"""Digits on a neighbor graph: a network gated by fuzzy rules next to the plain one, and the crisp rules that speak for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.datasets import load_digits

from induce.papers import Check
from induce.rules import GraphRules, neighbor_graph, planted_graph

TITLE = "FireGNN: Neuro-Symbolic Graph Neural Networks with Trainable Fuzzy Rules for Interpretable Medical Image Classification (2025)"
CLAIM = "Trainable fuzzy rules over descriptors of nodes make a network on a graph readable and cost no accuracy."


@dataclass(frozen=True)
class Found:
    """By seed: accuracy with rules as a gate, without rules, and of the crisp rules; largest relative error of planted thresholds."""

    gated: tuple[float, ...]
    plain: tuple[float, ...]
    rules: tuple[float, ...]
    planted: tuple[float, ...]


def accuracies(X, y, seed: int) -> tuple[float, float, float]:
    """Held-out accuracy of the gated network, of the plain one, and of the crisp rules, 60 % of the nodes for training."""
    train = np.random.default_rng(seed).random(len(y)) < 0.6
    graph = neighbor_graph(X, 8)
    gated = GraphRules(random_state=seed).fit(graph, X, y, train)
    plain = GraphRules(mode="plain", random_state=seed).fit(graph, X, y, train)
    return (
        float((gated.predict() == y)[~train].mean()),
        float((plain.predict() == y)[~train].mean()),
        gated.fit_.fidelity.rules_score,
    )


def recovered(seed: int) -> float:
    """Largest relative error of the two thresholds of a planted rule."""
    drawn = planted_graph(5000, seed=seed)
    names = ["degree", "clustering", "age", "dose"]
    model = GraphRules(names, mode="alone", epochs=1000, inductive=False, random_state=seed)
    found = model.fit(drawn.edges, drawn.columns, drawn.labels).thresholds_["threshold"]
    wanted = {"degree": drawn.degree, "clustering": drawn.clustering}
    return max(abs(float(found[name]) / value - 1) for name, value in wanted.items())


def run(rows: int, seeds: int) -> Found:
    X, y = load_digits(return_X_y=True)
    figures = [(*accuracies(X[:rows], y[:rows], seed), recovered(seed)) for seed in range(seeds)]
    return Found(*(tuple(column) for column in zip(*figures, strict=True)))


def small() -> Found:
    return run(900, 1)


def full() -> Found:
    return run(1797, 5)


def check(result: Found) -> Check:
    gated, plain, rules = (float(np.mean(v)) for v in (result.gated, result.plain, result.rules))
    figure = f"gated {gated:.3f}, plain {plain:.3f}, rules alone {rules:.3f}; planted thresholds within {max(result.planted):.1%}"
    holds = gated >= plain - 0.005 and rules >= plain - 0.05 and max(result.planted) <= 0.05
    return Check(figure, "at most 0.5 points below the plain network, rules at most 5, thresholds within 5 %", holds)
