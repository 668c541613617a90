"""Colored digits whose color lies in the test: a head of nearest examples, invariant over environments, against a plain network."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.ndimage import grey_dilation, rotate
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

from induce.papers import Check
from induce.rules import NearestSupportClassifier, calibration_error

TITLE = "A. Wang, M. Nguyen, M. Sabuncu (2023), Learning Invariant Representations with a Nonparametric Nadaraya-Watson Head"
CLAIM = "When each environment's own examples must answer alike, what is only correlated with the class is not learned."


@dataclass(frozen=True)
class Found:
    """Accuracy on colored digits and mean over domains left out, ours and a network's; calibration error of ours."""

    colored: float
    network: float
    domains: float
    network_domains: float
    calibration: float


def paint(images, digits, share, rng) -> tuple[np.ndarray, np.ndarray]:
    """Small or large digit, a quarter mislabeled; the color agrees with the label in a share of the rows."""
    y = (digits >= 5) ^ (rng.random(len(digits)) < 0.25)
    color = (y ^ (rng.random(len(y)) >= share)).astype(int)
    painted = np.zeros((len(y), 2, *images.shape[1:]))
    painted[np.arange(len(y)), color] = images
    return painted.reshape(len(y), -1), y.astype(int)


def against(train, labels, where, test, truth, seed, **settings):
    model = NearestSupportClassifier(random_state=seed, **settings).fit(train, labels, where)
    plain = MLPClassifier((128, 64), max_iter=200, early_stopping=True, random_state=seed).fit(train, labels)
    error = calibration_error(model.predict_proba(test), truth, model.classes_)
    return model.score(test, truth), plain.score(test, truth), error


def compare(images, digits, seeds, steps) -> Found:
    colored, domains = [], []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        thirds = np.array_split(rng.permutation(len(images)), 3)
        *known, (test, truth) = (paint(images[r], digits[r], s, rng) for r, s in zip(thirds, (0.9, 0.8, 0.1)))  # noqa: B905
        train, labels = (np.concatenate(column) for column in zip(*known, strict=True))
        where = np.repeat([0, 1], [len(y) for _, y in known])
        colored.append(against(train, labels, where, test, truth, seed, invariance=1000.0, steps=steps))
        changed = [images, rotate(images, 35, axes=(1, 2), reshape=False, order=1), grey_dilation(images, (1, 2, 2))]
        views = [changed[k][r].reshape(len(r), -1) for k, r in enumerate(thirds)]
        for left in range(3):
            kept = [k for k in range(3) if k != left]
            train, labels = np.concatenate([views[k] for k in kept]), np.concatenate([digits[thirds[k]] for k in kept])
            where = np.repeat(kept, [len(thirds[k]) for k in kept])
            test, truth = views[left], digits[thirds[left]]
            domains.append(against(train, labels, where, test, truth, seed, steps=200, per_class=16))
    return Found(*np.mean(colored, 0)[:2], *np.mean(domains, 0).tolist())


def small() -> Found:
    return compare(load_digits().images / 16.0, load_digits().target, 1, 300)


def full() -> Found:  # 9,000 digits, from the folder that INDUCE_SHARED_DATA names
    found = np.load(Path(os.environ.get("INDUCE_SHARED_DATA", "data")) / "concepts" / "mnist_9000.npz")
    return compare(found["images"][:, ::2, ::2] / 255.0, found["labels"].astype(int), 3, 500)


def check(result: Found) -> Check:
    figure = "colored {:.3f} (network {:.3f}), domains left out {:.3f} ({:.3f}), calibration error {:.3f}"
    holds = result.colored >= result.network + 0.10 and result.domains >= result.network_domains
    return Check(figure.format(*vars(result).values()), "10 points above a network; domains at least as good", holds)
