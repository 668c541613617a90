"""Clusters of any shape without labels, and sums of digits from few pairs: the symbols of pictures as a start."""

from __future__ import annotations

import os

import numpy as np
import torch
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits, make_circles, make_moons
from sklearn.metrics import normalized_mutual_info_score
from torch import nn

from induce import fill
from induce.learners import Epochs
from induce.logic import LogicProgram
from induce.nets import SmallCNN
from induce.papers import Check
from induce.rules import SymbolClusterer

TITLE = "E. Sansone, R. Manhaeve (2024), Unifying Self-Supervised Clustering and Energy-Based Models"
CLAIM = "Invariance with a uniform prior finds clusters without labels, and digits from few sums where the rule alone does not."
RULE = "total(A + B) :- digit(left, A), digit(right, B).  digit(I, {0..9}) ~ nn(digit, I)."


class Shifted(SmallCNN):
    """Pictures are moved by up to two pixels while the network learns."""

    def forward(self, images):
        shift = torch.randint(-2, 3, (2,)).tolist() if self.training else (0, 0)
        return super().forward(images.roll(shift, (2, 3)))


def told(net, images, totals, seed, rate, epochs):
    left, right = images.unflatten(0, (-1, 2)).unbind(1)
    order = torch.cat([torch.randperm(len(totals)) for _ in range(epochs)])
    program = LogicProgram(RULE, digit=net, query="total(S)")
    batches = [({"left": left[k], "right": right[k]}, totals[k]) for k in order.split(10)]
    fill(program, batches, by=Epochs(rate), within="1 epochs", seed=seed)  # all passes, each in another order
    return net.eval()


def sums(seed, pairs=100):
    """Digits named right on 1,000 test images: the rule alone, with shifted pictures, and from the symbols of 8,000 pictures."""
    read = np.load(os.environ.get("INDUCE_SHARED_DATA", "data") + "/concepts/mnist_9000.npz")
    order = np.random.default_rng(seed).permutation(9000)
    images, labels = torch.tensor(read["images"][order, None] / np.float32(255)), torch.tensor(read["labels"][order])
    known, totals = images[: 2 * pairs], labels[: 2 * pairs].long().unflatten(0, (-1, 2)).sum(1)
    torch.manual_seed(seed)
    nets = [told(made(10), known, totals, seed, 3e-3, 50) for made in (SmallCNN, Shifted)]
    symbols = SymbolClusterer(30, encoder=Shifted(), starts=1, random_state=seed).fit(images[:8000].numpy()).module_
    net = nn.Sequential(symbols.requires_grad_(False), nn.Softmax(1), nn.Linear(30, 10, bias=False))
    told(net, known, totals, seed, 0.1, 40)  # what the symbols mean, then all weights
    nets.append(told(net.requires_grad_(True), known, totals, seed, 1e-3, 20))
    return [float((net(images[8000:]).argmax(1) == labels[8000:]).float().mean()) for net in nets]


def shapes(seed):
    """NMI on moons, on circles and on digits, and of k-means on circles."""
    digits = load_digits(return_X_y=True)
    circles = make_circles(1000, noise=0.05, factor=0.5, random_state=seed)
    models = [*(SymbolClusterer(k, random_state=seed) for k in (2, 2, 10)), KMeans(2, n_init=5, random_state=seed)]
    tried = zip(models, (make_moons(1000, noise=0.05, random_state=seed), circles, digits, circles), strict=True)
    return [normalized_mutual_info_score(y, model.fit_predict(X)) for model, (X, y) in tried]


def small():
    return np.array([[*shapes(0), np.nan, np.nan, np.nan]])


def full():
    return np.array([[*shapes(seed), *sums(seed)] for seed in range(5)])


def check(result) -> Check:
    mean, worst = result.mean(axis=0), result.min(axis=0)
    names = ("moons", "circles", "digits", "k-means on circles", "100 sums: rule alone", "shifted", "from symbols")
    figure = ", ".join(f"{n} {m:.3f} (worst {w:.3f})" for n, m, w in zip(names, mean, worst, strict=True) if m == m)
    holds = mean[:2].min() >= 0.95 and mean[3] < 0.5 and mean[2] >= 0.8 and not mean[6] < mean[4] + 0.2
    return Check(figure, "NMI 0.95 (k-means < 0.5), 0.8 on digits; from symbols 20 points above the rule", bool(holds))
