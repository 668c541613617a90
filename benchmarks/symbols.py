"""The ``symbols`` suite: networks that answer through symbols of their own, next to the same networks without them.

The 9,000 digits of MNIST are read from the folder that the environment variable ``INDUCE_SHARED_DATA`` names.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.runner import Run, row
from induce.rules import SymbolClassifier, intent_texts

SHARED = "INDUCE_SHARED_DATA"


def digits() -> tuple[Any, Any]:
    """Pictures of one channel from 0 to 1, and their digits."""
    path = Path(os.environ.get(SHARED, ".")) / "concepts" / "mnist_9000.npz"
    if not path.exists():
        raise FileNotFoundError(f"set {SHARED} to the folder that holds concepts/mnist_9000.npz.")
    read = np.load(path)
    return read["images"][:, None] / np.float32(255), read["labels"]


def measured(X: Any, y: Any, seeds: int) -> tuple[float, bool, str]:
    """The gap to the network without symbols in points, whether all lines hold in the mean, and the rest in words."""
    found = []
    for seed in range(seeds):
        order = np.random.default_rng(seed).permutation(len(y))
        train, test = np.split(order, [int(0.8 * len(y))])
        plain = SymbolClassifier(codes=None, random_state=seed).fit(X[train], y[train]).score(X[test], y[test])
        began = time.process_time()
        model = SymbolClassifier(random_state=seed).fit(X[train], y[train])
        spent = time.process_time() - began
        said, active = model.symbols(X[test], y[test]), model.active_symbols(X[test]).to_numpy().sum(axis=1)
        agreement = (model.fit_.predict_table(model.symbol_table(X[test])) == model.predict(X[test])).mean()
        used = len(said) / 32
        score = model.score(X[test], y[test])
        found.append((plain, score, said["purity"].mean(), active.max(), agreement, used, model.perplexity_, spent))
    plain, score, purity, most, agreement, used, perplexity, spent = np.array(found).T
    gap = float(100 * (plain - score).mean())
    holds = gap <= 1.5 and purity.mean() >= 0.9 and most.max() <= 3 and agreement.mean() >= 0.97 and used.mean() >= 0.5
    note = (
        f"{seeds} seeds: with symbols {score.mean():.4f} (worst {score.min():.4f}), without {plain.mean():.4f}, worst gap "
        f"{100 * (plain - score).max():.2f}; purity {purity.mean():.4f} (worst {purity.min():.4f}); at most {most.max():.0f} active; rules agree "
        f"{agreement.mean():.4f} (worst {agreement.min():.4f}); codes used {used.mean():.0%} (worst {used.min():.0%}), perplexity "
        f"{perplexity.mean():.1f}; {spent.max():.1f} CPU s"
    )
    return gap, bool(holds), note


GOAL = "<= 1.5"


@row(
    "9,000 digits of MNIST: points below the network without symbols (purity 0.9, 3 active, agreement 0.97, half the codes)",
    goal=GOAL,
)
def on_digits(run: Run) -> tuple[float, bool, str]:
    X, y = digits()
    return measured(X[:4000], y[:4000], 1) if run.quick else measured(X, y, 5)


@row(
    "requests of 20 intents: points below the network without symbols (purity 0.9, 3 active, agreement 0.97, half the codes)",
    goal=GOAL,
)
def on_texts(run: Run) -> tuple[float, bool, str]:
    drawn = intent_texts(3000)
    return measured(drawn.counts, drawn.intents, 1 if run.quick else 5)
