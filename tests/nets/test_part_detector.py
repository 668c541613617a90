"""The detector of parts: shapes, targets, and what its heat is decoded to."""

from __future__ import annotations

import torch

from induce.nets import PartDetector, PartScorer


def test_the_glow_is_the_largest_gaussian():
    heat = torch.zeros(1, 1, 6, 8)
    centers = torch.tensor([[2.5, 2.5], [4.5, 2.5]])
    glow = PartDetector._glow(heat, torch.tensor([0, 0]), torch.tensor([0, 0]), centers)[0, 0]
    across, down = torch.meshgrid(torch.arange(8) + 0.5, torch.arange(6) + 0.5, indexing="xy")
    each = [torch.exp(-((across - x) ** 2 + (down - y) ** 2) / 2) for x, y in centers]
    assert torch.allclose(glow, torch.maximum(*each).clamp(max=0.999))


def test_it_learns_one_picture():
    torch.manual_seed(0)
    pictures = torch.full((1, 1, 32, 32), 0.5)
    pictures[:, :, 8:20, 4:16] = 1.0
    net = PartDetector(["square", "none"], channels=1, width=8)
    where = (torch.tensor([0]), torch.tensor([0]), torch.tensor([[4.0, 8.0, 16.0, 20.0]]))
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
    losses = []
    for _ in range(150):
        loss = net.loss(pictures, *where)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.1 * losses[0]
    found = net.detect(pictures, least=0.5)
    assert (found.picture.tolist(), found.part.tolist()) == ([0], [0])
    assert (found.boxes - where[2]).abs().max() < 1.5
    assert net.degrees(pictures).shape == (1, 2)
    assert float(net.degrees(pictures)[0, 0]) > 0.5


def test_a_picture_without_parts_has_a_loss():
    net = PartDetector(["a"], channels=1, width=8)
    nothing = torch.zeros(0, dtype=torch.int64)
    assert torch.isfinite(net.loss(torch.zeros(2, 1, 16, 16), nothing, nothing, torch.zeros(0, 4)))


def test_the_scorer_says_whether_a_part_is_anywhere():
    net = PartScorer(["a"], channels=1)
    degrees = net(torch.rand(4, 1, 24, 24))
    assert degrees.shape == (4, 1)
    assert ((degrees >= 0) & (degrees <= 1)).all()
    assert torch.isfinite(net.loss(torch.zeros(4, 1, 24, 24), torch.tensor([[True], [False], [True], [False]])))
