"""Self-training on few labeled pictures: diagnosis beside thresholding the confidence of the same teacher, and of a flat one."""

from __future__ import annotations

import copy

import numpy as np
import torch

from induce.nets import SegmentationNet
from induce.papers import Check
from induce.rules import Hierarchy, SelfTraining, labeled_pictures, mirrored_pictures

TITLE = "C. Liang et al. (2023), Logic-induced Diagnostic Reasoning for Semi-supervised Semantic Segmentation"
CLAIM = "Rules find and revise wrong pseudo-labels, and a network learns more from what is left."
TREE = Hierarchy(labeled_pictures(1).tree)
FLAT = Hierarchy(list(TREE.leaves))
VIEWS = [mirrored_pictures(*view, around=13) for view in (([-1], [1, 2, 0]), ([-2], [2, 0, 1]), ([-1, -2], [1, 0, 2]))]
WAYS = (({"diagnose": 0}, True), ({}, False), ({"diagnose": 0, "views": VIEWS}, False), ({"views": VIEWS}, True))
"""Thresholding, diagnosis of the levels, thresholding of averaged views, diagnosis of views; whether a net learns from it."""


def changed(images, targets, weights, generator):
    sides = [side for side in (-1, -2) if torch.rand((), generator=generator) < 0.5]
    colors = torch.randperm(3, generator=generator)
    return images[:, colors].flip(sides), targets.flip(sides), None if weights is None else weights.flip(sides)


def mean_iou(found, truth):
    pairs = [[(found == k) & (truth == k), (found == k) | (truth == k)] for k in np.unique(truth)]
    return float(np.mean(np.divide(*np.array(pairs).sum(axis=(2, 3, 4)).T)))


def precision(said, truth):
    return float((said.leaves == truth)[said.weights > 0].double().mean())


def compared(seed, labeled=10, unlabeled=200, tests=100, epochs=150):
    """Precision of pseudo-labels by a flat net, then by one teacher in all ways; leaf mIoU of the nets trained on."""
    made, more = labeled_pictures(labeled, noise=0.2, seed=1000 + seed), labeled_pictures(unlabeled, seed=9000 + seed)
    test = labeled_pictures(tests, seed=5000 + seed)
    images, others, truth = (torch.tensor(array) for array in (made.images, more.images, more.truth))
    agreed = torch.tensor(TREE.truths(TREE.agreed(made.annotations)))  # a leaf that contradicts its parent is left open
    precisions, ious, settings = [], [], {"base": "cross-entropy", "augment": changed, "seed": seed}
    for tree, targets, ways in ((FLAT, FLAT.targets(torch.tensor(made.labels)), WAYS[:1]), (TREE, agreed, WAYS)):
        torch.manual_seed(seed)
        net = SegmentationNet(len(tree))
        SelfTraining(net, tree, **settings).fit(images, targets, others, epochs=epochs, alone=1)
        for way, goes_on in ways:
            trainer = SelfTraining(copy.deepcopy(net), tree, **settings, **way)
            if goes_on:
                trainer.fit(images, targets, others, epochs=epochs, alone=0)
                with torch.no_grad():
                    outputs = torch.cat([trainer.model(part) for part in torch.tensor(test.images).split(50)])
                decoded = tree.decode(tree.degrees(outputs))[:, -1].numpy()
                ious.append(mean_iou(np.searchsorted(tree.leaf_places, decoded), test.truth))
            precisions.append(precision(trainer.said if goes_on else trainer.pseudo_labels(others), truth))
    return precisions + ious


def small():
    return np.array([compared(0, unlabeled=100, tests=60)])


def full():
    return np.array([compared(seed) for seed in range(5)])


def check(result) -> Check:
    pairs = ((4, 0), (4, 1), (4, 3), (2, 1), (7, 5), (7, 6))
    flat, beside, averaged, levels, iou, same = (100 * (result[:, a] - result[:, b]) for a, b in pairs)
    figure = (
        f"precision {beside.mean():+.1f} points (worst {beside.min():+.1f}), without views {levels.mean():+.1f}, over averaged "
        f"views {averaged.mean():+.1f}, over a flat net {flat.mean():+.1f} (worst {flat.min():+.1f}); leaf mIoU {same.mean():+.1f} "
        f"(worst {same.min():+.1f}), over a flat net {iou.mean():+.1f} (worst {iou.min():+.1f})"
    )
    line = "over thresholding the same teacher, half of the pixels kept: precision >= +3 points; over a flat net: mIoU >= +1.5"
    return Check(
        f"{figure}; {len(result)} seeds", line, bool(min(beside.mean(), flat.mean()) >= 3 and iou.mean() >= 1.5)
    )
