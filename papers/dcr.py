"""A concept model whose rules are counted, measured against it, and flagged where they explain nothing."""

from __future__ import annotations

import numpy as np

from induce.papers import Check
from induce.rules import ConceptClassifier

TITLE = "P. Barbiero et al. (2023), Interpretable Neural-Symbolic Concept Reasoning"
CLAIM = (
    "Rules over concepts answer as the model does on exclusive or; on dot products no rule can, and the report says so."
)


def exclusive(rng, rows):
    """Two numbers in [0, 1], and whether exactly one is above one half."""
    X = rng.random((rows, 2))
    C = X > 0.5
    return X, C, C[:, 0] ^ C[:, 1]


def trigonometry(rng, rows):
    """Three hidden numbers behind sines, and whether their sum is above 1."""
    hidden = rng.normal(0, 2, (rows, 3))
    X = np.column_stack([np.sin(hidden) + hidden, np.cos(hidden) + hidden, (hidden**2).sum(1)])
    return X, hidden > 0, hidden.sum(1) > 1


def dot(rng, rows):
    """Two hidden vectors, seen by their sum and difference, and whether their product is above 0."""
    first, second = 2 * rng.normal(size=(2, rows, 2))
    concepts = np.column_stack([first.sum(1) > 0, -second.sum(1) > 0])
    return np.hstack([first + second, first - second]), concepts, (first * second).sum(1) > 0


def measured(problem, seed, rows=3000):
    """Accuracy, agreement, rules and whether some are vacuous, on a third of the rows that was left out."""
    X, C, y = problem(np.random.default_rng(seed), rows)
    inside = slice(0, 2 * rows // 3)
    model = ConceptClassifier(random_state=seed).fit(X[inside], y[inside], concepts=C[inside])
    report = model.fidelity(X[2 * rows // 3 :], y[2 * rows // 3 :])
    return report.model_score, report.agreement, report.rules, bool(report.vacuous)


def small():
    return np.array([[measured(exclusive, 0), measured(trigonometry, 0), measured(dot, 0)]], dtype=float)


def full():
    problems = (exclusive, trigonometry, dot)
    return np.array([[measured(problem, seed) for problem in problems] for seed in range(5)], dtype=float)


def check(result) -> Check:
    xor, trig, product = result[:, 0], result[:, 1], result[:, 2]
    figure = (
        f"xor {xor[:, 0].mean():.3f} (worst {xor[:, 0].min():.3f}) with {xor[:, 2].max():.0f} rules, agreement {xor[:, 1].min():.3f}; "
        f"trigonometry {trig[:, 0].mean():.3f} ({trig[:, 0].min():.3f}); dot flagged in {product[:, 3].mean():.0%}"
    )
    line = "xor >= 0.995 with exactly 2 rules, trigonometry >= 0.975, rules of dot flagged as vacuous"
    holds = xor[:, 0].mean() >= 0.995 and (xor[:, 2] == 2).all()
    holds = holds and trig[:, 0].mean() >= 0.975 and product[:, 3].all()
    return Check(f"{figure}; {len(result)} seeds", line, bool(holds))
