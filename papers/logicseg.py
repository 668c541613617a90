"""A tree of labels in training and decoding of a segmentation network, beside the same network trained on leaves alone."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from induce.nets import SegmentationNet
from induce.papers import Check
from induce.rules import Hierarchy, labeled_pictures, ramp

TITLE = "L. Li, W. Wang, Y. Yang (2023), LogicSeg: Parsing Visual Semantics with Neural Logic Learning and Reasoning"
CLAIM = "Rules of a label tree, in training and in decoding, make segmentation coherent and better at every level."
TREE = Hierarchy(labeled_pictures(1).tree)


def trained(net, images, targets, loss, epochs, seed):
    """Adam under one cycle; pictures are mirrored and their colors exchanged at random, alike for every loss."""
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(net.parameters(), 1e-2)
    steps = epochs * -(-len(images) // 10)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-2, total_steps=steps)
    for _ in range(epochs):
        for rows in torch.randperm(len(images), generator=generator).split(10):
            sides = [side for side in (-1, -2) if torch.rand((), generator=generator) < 0.5]
            colors = torch.randperm(3, generator=generator)
            optimizer.zero_grad()
            outputs, done = net(images[rows][:, colors].flip(sides)), schedule.last_epoch / steps
            loss(outputs, targets[rows].flip(sides), done).backward()
            optimizer.step()
            schedule.step()
    return net.eval()


def mean_iou(found, truth):
    """Intersection over union of each class, averaged."""
    both = np.array([[(found == k) & (truth == k), (found == k) | (truth == k)] for k in np.unique(truth)]).sum(
        (2, 3, 4)
    )
    return float(np.mean(both[:, 0] / both[:, 1]))


def compared(seed, pictures=50, tests=200, epochs=120):
    """Leaf and middle IoU of the flat net and of the tree's, incoherent pixels of the latter before and after decoding."""
    made, test = labeled_pictures(pictures, noise=0.2, seed=1000 + seed), labeled_pictures(tests, seed=5000 + seed)
    truths = torch.tensor(TREE.truths(TREE.agreed(made.annotations)))  # a leaf that contradicts its parent is left open
    outputs = []
    for size, targets, loss in (
        (len(TREE.leaves), torch.tensor(made.labels), lambda x, y, done: cross_entropy(x, y)),
        (len(TREE), truths, lambda x, y, done: TREE.loss(x, y, ramp=ramp(int(100 * done), 30, 70))),
    ):
        torch.manual_seed(seed)
        net = trained(SegmentationNet(size), torch.tensor(made.images), targets, loss, epochs, seed)
        with torch.no_grad():
            outputs.append(torch.cat([net(part) for part in torch.tensor(test.images).split(50)]))
    degrees = TREE.degrees(outputs[1])
    decoded = TREE.decode(degrees, "iterative")
    leaves = outputs[0].argmax(1), torch.tensor(np.searchsorted(TREE.leaf_places, decoded[:, -1].numpy()))
    ious = [mean_iou(TREE.lift(x.numpy(), level), TREE.lift(test.truth, level)) for x in leaves for level in (2, 1)]
    return [*ious, TREE.incoherent(TREE.decode(degrees, "argmax")), TREE.incoherent(decoded)]


def small():
    return np.array([compared(0, pictures=30, tests=50, epochs=50)])


def full():
    return np.array([compared(seed) for seed in range(5)])


def check(result) -> Check:
    leaf, middle = 100 * (result[:, 2] - result[:, 0]), 100 * (result[:, 3] - result[:, 1])
    before, after = 100 * result[:, 4:].mean(0)
    figure = (
        f"leaf mIoU {leaf.mean():+.1f} (worst {leaf.min():+.1f}), middle {middle.mean():+.1f} ({middle.min():+.1f})"
    )
    line = "over flat: leaf >= +1, middle >= +2 points; incoherent >= 3 % without decoding, <= 0.1 % with it"
    holds = bool(leaf.mean() >= 1 and middle.mean() >= 2 and before >= 3 and after <= 0.1)
    return Check(f"{figure}; incoherent {before:.1f} % and {after:.2f} %; {len(result)} seeds", line, holds)
