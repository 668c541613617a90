"""Self-training on few labeled pictures: a label tree and diagnosis beside thresholding the confidence of a flat network."""

from __future__ import annotations

import numpy as np
import torch

from induce.nets import SegmentationNet
from induce.papers import Check
from induce.rules import Hierarchy, SelfTraining, labeled_pictures

TITLE = "C. Liang et al. (2023), Logic-induced Diagnostic Reasoning for Semi-supervised Semantic Segmentation"
CLAIM = "Rules find and revise wrong pseudo-labels, and a network learns more from what is left."
TREE = Hierarchy(labeled_pictures(1).tree)
FLAT = Hierarchy(list(TREE.leaves))


def changed(images, targets, weights, generator):
    """Pictures mirrored, and their colors exchanged, at random."""
    sides = [side for side in (-1, -2) if torch.rand((), generator=generator) < 0.5]
    colors = torch.randperm(3, generator=generator)
    return images[:, colors].flip(sides), targets.flip(sides), None if weights is None else weights.flip(sides)


def mean_iou(found, truth):
    """Intersection over union of each class, averaged."""
    both = np.array([[(found == k) & (truth == k), (found == k) | (truth == k)] for k in np.unique(truth)]).sum(
        (2, 3, 4)
    )
    return float(np.mean(both[:, 0] / both[:, 1]))


def learned(tree, diagnose, targets, images, unlabeled, epochs, seed):
    """A network trained by itself, as a trainer that can be asked for pseudo-labels."""
    torch.manual_seed(seed)
    settings = {"base": "cross-entropy", "augment": changed, "seed": seed}
    trainer = SelfTraining(SegmentationNet(len(tree)), tree, diagnose=diagnose, **settings)
    return trainer.fit(images, targets, unlabeled, epochs=epochs)


def precision(trainer, images, truth):
    """Share of right leaves among the most confident half of the pixels."""
    said = [trainer.pseudo_labels(part) for part in images.split(40)]
    kept, leaves = (torch.cat([getattr(part, name) for part in said]) for name in ("weights", "leaves"))
    return float((leaves == truth)[kept > 0].double().mean())


def compared(seed, labeled=10, unlabeled=200, tests=100, epochs=150):
    """Precision of pseudo-labels and leaf mIoU: flat by threshold, tree by threshold, tree by diagnosis."""
    made, more = labeled_pictures(labeled, noise=0.2, seed=1000 + seed), labeled_pictures(unlabeled, seed=9000 + seed)
    test = labeled_pictures(tests, seed=5000 + seed)
    images, others, truth = (torch.tensor(array) for array in (made.images, more.images, more.truth))
    flat = learned(FLAT, False, FLAT.targets(torch.tensor(made.labels)), images, others, epochs, seed)
    truths = torch.tensor(TREE.truths(TREE.agreed(made.annotations)))  # a leaf that contradicts its parent is left open
    diagnosed = learned(TREE, True, truths, images, others, epochs, seed)
    plain = SelfTraining(diagnosed.teacher, TREE, diagnose=False)
    with torch.no_grad():
        outputs = [torch.cat([t.model(p) for p in torch.tensor(test.images).split(50)]) for t in (flat, diagnosed)]
    leaves = np.searchsorted(TREE.leaf_places, TREE.decode(TREE.degrees(outputs[1]))[:, -1].numpy())
    ious = mean_iou(outputs[0].argmax(1).numpy(), test.truth), mean_iou(leaves, test.truth)
    return [precision(trainer, others, truth) for trainer in (flat, plain, diagnosed)] + list(ious)


def small():
    return np.array([compared(0, unlabeled=40, tests=40, epochs=60)])


def full():
    return np.array([compared(seed) for seed in range(3)])


def check(result) -> Check:
    gain, beside, iou = (100 * (result[:, a] - result[:, b]) for a, b in ((2, 0), (2, 1), (4, 3)))
    figure = (
        f"precision {gain.mean():+.1f} points (worst {gain.min():+.1f}), over the same teacher's {beside.mean():+.1f}"
    )
    line = "over thresholding a flat network, half of the pixels kept: precision >= +3 points, leaf mIoU >= +1.5"
    holds = bool(gain.mean() >= 3 and iou.mean() >= 1.5)
    return Check(f"{figure}; leaf mIoU {iou.mean():+.1f} (worst {iou.min():+.1f}); {len(result)} seeds", line, holds)
