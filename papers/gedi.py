"""Clusters of any shape from what should be alike and from all clusters being used, beside k-means."""

from __future__ import annotations

import numpy as np
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits, make_circles, make_moons
from sklearn.metrics import normalized_mutual_info_score

from induce.papers import Check
from induce.rules import SymbolClusterer

TITLE = "E. Sansone, R. Manhaeve (2024), Unifying Self-Supervised Clustering and Energy-Based Models"
CLAIM = "Invariance with a uniform prior finds clusters without labels and without collapse, where k-means cannot."


def compared(seed, rows=1000, digits=True):
    """NMI on moons, on circles and on digits (NaN where left out), and of k-means on circles."""
    moons = make_moons(rows, noise=0.05, random_state=seed)
    circles = make_circles(rows, noise=0.05, factor=0.5, random_state=seed)
    found = []
    for k, (X, y) in ((2, moons), (2, circles), (10, load_digits(return_X_y=True))):
        if k == 10 and not digits:
            found.append(np.nan)
            continue
        scaled = X / 16 if k == 10 else X
        found.append(normalized_mutual_info_score(y, SymbolClusterer(k, random_state=seed).fit_predict(scaled)))
    means = KMeans(2, n_init=5, random_state=seed).fit_predict(circles[0])
    return [*found, normalized_mutual_info_score(circles[1], means)]


def small():
    return np.array([compared(0, digits=False)])


def full():
    return np.array([compared(seed) for seed in range(5)])


def check(result) -> Check:
    moons, circles, digits, means = result.mean(axis=0)
    figure = f"moons {moons:.3f}, circles {circles:.3f} (k-means {means:.3f}), digits {digits:.3f}; {len(result)} seeds"
    line = "NMI >= 0.95 on moons and circles where k-means has < 0.5, >= 0.8 on digits"
    holds = moons >= 0.95 and circles >= 0.95 and means < 0.5 and (np.isnan(digits) or digits >= 0.8)
    return Check(figure, line, bool(holds))
