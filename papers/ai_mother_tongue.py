"""Requests of twenty intents through symbols that the network makes itself, next to the same network without them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from induce.papers import Check
from induce.rules import SymbolClassifier, intent_texts

TITLE = "AI Mother Tongue (2025), Interpretable by AI Mother Tongue: Native Symbolic Reasoning in Neural Models"
CLAIM = "A network that reasons in symbols of its own is as accurate, and its symbols are pure and few."


@dataclass(frozen=True)
class Found:
    """By run: accuracy with and without symbols, mean purity, most active symbols, agreement of rules, share of used codes."""

    symbols: tuple[float, ...]
    plain: tuple[float, ...]
    purity: tuple[float, ...]
    active: tuple[float, ...]
    agreement: tuple[float, ...]
    used: tuple[float, ...]


def figures(X, y, seed: int) -> tuple[float, ...]:
    """What one split of 80 % and 20 % gives."""
    order = np.random.default_rng(seed).permutation(len(y))
    train, test = np.split(order, [int(0.8 * len(y))])
    plain = SymbolClassifier(codes=None, random_state=seed).fit(X[train], y[train]).score(X[test], y[test])
    model = SymbolClassifier(random_state=seed).fit(X[train], y[train])
    said = model.symbols(X[test], y[test])
    active = model.active_symbols(X[test])
    answers = model.fit_.predict_table(model.symbol_table(X[test]))
    agreement = float((answers == model.predict(X[test])).mean())
    most = float(active.to_numpy().sum(axis=1).max())
    return model.score(X[test], y[test]), plain, float(said["purity"].mean()), most, agreement, len(said) / model.codes


def collected(rows: list[tuple[float, ...]]) -> Found:
    return Found(*(tuple(float(v) for v in column) for column in zip(*rows, strict=True)))


def digits() -> tuple[np.ndarray, np.ndarray]:
    """The 9,000 digits of MNIST, from the folder that INDUCE_SHARED_DATA names; they are not shipped."""
    path = Path(os.environ.get("INDUCE_SHARED_DATA", "data")) / "concepts" / "mnist_9000.npz"
    if not path.exists():
        raise FileNotFoundError("set INDUCE_SHARED_DATA to the folder that holds concepts/mnist_9000.npz.")
    read = np.load(path)
    return read["images"][:, None] / np.float32(255), read["labels"]


def small() -> Found:
    drawn = intent_texts(2000)
    return collected([figures(drawn.counts, drawn.intents, 0)])


def full() -> Found:
    drawn, (X, y) = intent_texts(3000), digits()
    return collected([figures(*data, seed) for data in ((drawn.counts, drawn.intents), (X, y)) for seed in range(5)])


def check(result: Found) -> Check:
    symbols, plain, purity, _, agreement, used = (float(np.mean(v)) for v in vars(result).values())
    most = max(result.active)
    figure = (
        f"accuracy {symbols:.3f}, without symbols {plain:.3f}, purity {purity:.3f}, at most {most:.0f} active, rules agree {agreement:.3f}, "
        f"{used:.0%} of codes used"
    )
    holds = symbols >= plain - 0.015 and purity >= 0.9 and most <= 3 and agreement >= 0.97 and used >= 0.5
    return Check(
        figure, "within 1.5 points, purity 0.9, at most 3 active, agreement 0.97, half of the codes used", holds
    )
