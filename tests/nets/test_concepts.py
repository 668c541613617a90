"""Concept layers: their equations on small tensors."""

from __future__ import annotations

import pytest
import torch

from induce.errors import DataError
from induce.nets import ConceptEmbedding, ConceptMemory, DeepConceptReasoner


def test_embedding_mixes_two_contexts():
    net = ConceptEmbedding(4, 3, 5).eval()
    h = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
    yes, _ = net(h, degrees=torch.ones(6, 3))
    no, _ = net(h, degrees=torch.zeros(6, 3))
    half, degrees = net(h, degrees=torch.full((6, 3), 0.5))
    assert torch.allclose(half, (yes + no) / 2)
    assert (degrees == 0.5).all()
    own = net(h)[1]
    assert torch.equal(net(h, degrees=torch.full((6, 3), torch.nan))[1], own)


def test_labels_replace_degrees_while_training_only():
    net = ConceptEmbedding(4, 3, 5, mixing=1.0)
    h, labels = torch.ones(2, 4), torch.ones(2, 3)
    assert torch.allclose(net(h, labels=labels)[0], net(h, degrees=labels)[0])
    assert torch.allclose(net.eval()(h, labels=labels)[0], net(h)[0])


@pytest.mark.parametrize("t_norm", ["product", "godel"])
def test_a_reasoner_gives_degrees(t_norm):
    net = DeepConceptReasoner(5, 2, t_norm=t_norm)
    vectors, degrees = torch.randn(7, 3, 5), torch.rand(7, 3)
    found = net(vectors, degrees)
    assert ((found >= 0) & (found <= 1)).all()
    assert set(net.literals(vectors, degrees).unique().tolist()) <= {-1, 0, 1}


def test_the_temperature_warms_up():
    net = DeepConceptReasoner(5, 2, temperature=100.0)
    net.warm(0.0)
    assert net.temperature == 1.0
    net.warm(0.5)
    assert net.temperature == 100.0
    with pytest.raises(DataError, match=r"t_norm must be 'product' or 'godel', but it is 'min'"):
        DeepConceptReasoner(5, 2, t_norm="min")


def test_a_memory_of_one_certain_rule():
    net = ConceptMemory(2, 3, 1, rules=1)
    with torch.no_grad():
        net.roles.copy_(torch.tensor([[[[9.0, 0, 0], [0, 9.0, 0], [0, 0, 9.0]]]]))
    assert net.literals().tolist() == [[[1, -1, 0]]]
    cases = torch.tensor([[1.0, 0, 0], [1, 0, 1], [1, 1, 0], [0, 0, 0]])
    assert (net(torch.zeros(4, 3, 2), cases)[:, 0] > 0.5).tolist() == [True, True, False, False]
    like = net.log_likeness(cases)[:, 0, 0]
    assert like[0] > like[2]
    assert net.literal_count().item() == pytest.approx(2, abs=0.01)
