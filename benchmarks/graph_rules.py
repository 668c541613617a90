"""The ``graph_rules`` suite: networks on graphs gated by fuzzy rules next to plain ones, and thresholds of planted rules.

PneumoniaMNIST (4,406 pictures) is read from the folder that the environment variable ``INDUCE_SHARED_DATA`` names.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

from benchmarks.runner import Run, row
from induce.rules import GraphRules, neighbor_graph, planted_graph

SHARED = "INDUCE_SHARED_DATA"
UNLABELED = ["degree", "clustering", "core_number", "pagerank"]


def digits() -> tuple[Any, Any]:
    """1,797 digits of 64 pixels."""
    found: tuple[Any, Any] = load_digits(return_X_y=True)
    return found


def pneumonia() -> tuple[Any, Any]:
    """32 principal components of 4,406 pictures of chests; no label is read for them."""
    path = Path(os.environ.get(SHARED, ".")) / "concepts" / "pneumonia_train_val.npz"
    if not path.exists():
        raise FileNotFoundError(f"set {SHARED} to the folder that holds concepts/pneumonia_train_val.npz.")
    read = np.load(path)
    pictures = np.concatenate([read["train_images"], read["val_images"]])
    labels = np.concatenate([read["train_labels"], read["val_labels"]]).ravel()
    return PCA(32, random_state=0).fit_transform(pictures.reshape(len(labels), -1) / 255.0), labels


def compared(X: Any, y: Any, seeds: int) -> np.ndarray:
    """By seed: accuracy gated, plain, of the crisp rules; gated without labels and its rules; agreement; CPU s of the gated fit."""
    graph, found = neighbor_graph(X, 8), []
    for seed in range(seeds):
        train = np.random.default_rng(seed).random(len(y)) < 0.6
        began = time.process_time()
        gated = GraphRules(random_state=seed).fit(graph, X, y, train)
        spent = time.process_time() - began
        plain = GraphRules(mode="plain", random_state=seed).fit(graph, X, y, train)
        without = GraphRules(UNLABELED, random_state=seed).fit(graph, X, y, train)
        scores = [(model.predict() == y)[~train].mean() for model in (gated, plain, without)]
        rules, agreement = gated.fit_.fidelity.rules_score, gated.fit_.fidelity.agreement
        found.append((scores[0], scores[1], rules, scores[2], without.fit_.fidelity.rules_score, agreement, spent))
    return np.array(found)


def answered(found: np.ndarray) -> tuple[float, bool, str]:
    """The gap of the gated network in points, whether the lines hold, and the rest in words."""
    gated, plain, rules, without, bare, agreement, spent = found.T
    gap = float(100 * (plain - gated).mean())
    holds = gap <= 0.5 and float((plain - rules).mean()) <= 0.05
    note = (
        f"{len(found)} seeds: gated {gated.mean():.4f} (worst {gated.min():.4f}), plain {plain.mean():.4f} (worst {plain.min():.4f}), worst gap "
        f"{100 * (plain - gated).max():.2f}; crisp rules {rules.mean():.4f} (worst {rules.min():.4f}, worst gap {100 * (plain - rules).max():.1f} "
        f"points), agreement {agreement.mean():.4f}; without descriptors of labels {without.mean():.4f}, its rules {bare.mean():.4f}; "
        f"{spent.max():.1f} CPU s"
    )
    return gap, holds, note


@row(
    "digits on a graph of 8 neighbors, inductive: points below the plain network (rules alone: at most 5)",
    goal="<= 0.5",
)
def on_digits(run: Run) -> tuple[float, bool, str]:
    return answered(compared(*digits(), 1 if run.quick else 5))


@row(
    "PneumoniaMNIST on a graph of 8 neighbors, inductive: points below the plain network (rules alone: at most 5)",
    goal="<= 0.5",
)
def on_chests(run: Run) -> tuple[float, bool, str]:
    return answered(compared(*pneumonia(), 1 if run.quick else 5))


@row("planted rule of degree and clustering: largest relative error of a learned threshold", goal="<= 0.05")
def planted(run: Run) -> tuple[float, bool, str]:
    errors, scores = [], []
    for seed in range(2 if run.quick else 5):
        drawn = planted_graph(5000, seed=seed)
        train = np.random.default_rng(seed).random(5000) < 0.6
        names = ["degree", "clustering", "age", "dose"]
        model = GraphRules(names, mode="alone", epochs=1000, inductive=False, random_state=seed)
        found = model.fit(drawn.edges, drawn.columns, drawn.labels, train).thresholds_["threshold"]
        pairs = ((found["degree"], drawn.degree), (found["clustering"], drawn.clustering))
        errors.append(max(abs(a / b - 1) for a, b in pairs))
        scores.append((model.predict() == drawn.labels)[~train].mean())
    worst = float(max(errors))
    return (
        worst,
        worst <= 0.05,
        f"{len(errors)} seeds: mean {np.mean(errors):.3f}; accuracy {np.mean(scores):.4f} (worst {min(scores):.4f})",
    )
