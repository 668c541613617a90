"""GatedAutoencoder: it starts from the linear map, and its gates are 0 and 1 exactly where they are sure."""

from __future__ import annotations

import torch

from induce.nets import GatedAutoencoder


def test_it_starts_linear_and_closed_gates_let_nothing_through():
    encoding = torch.linalg.qr(torch.randn(4, 2))[0]
    net = GatedAutoencoder(encoding, torch.tensor([[9.0, -9.0], [9.0, 9.0]])).eval()
    x = torch.randn(6, 2) @ encoding.T
    rebuilt, gated = net(x, torch.ones(6, dtype=torch.long))
    assert torch.allclose(rebuilt, x, atol=1e-5)
    assert (net(x, torch.zeros(6, dtype=torch.long))[1][:, 1] == 0).all()
    assert torch.allclose(gated, net.encode(x))
    assert torch.equal(net.openings() > 0.5, torch.tensor([[True, False], [True, True]]))


def test_gates_are_drawn_while_learning_and_have_gradients():
    net = GatedAutoencoder(torch.eye(3)[:, :2], torch.zeros(2, 2))
    rebuilt, _ = net(torch.ones(200, 3), torch.zeros(200, dtype=torch.long))
    assert len(rebuilt.detach().unique(dim=0)) > 10
    rebuilt.square().mean().backward()
    assert net.gates.grad[0].abs().sum() > 0
    assert net.gates.grad[1].abs().sum() == 0
