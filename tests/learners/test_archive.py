from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from induce.learners.archive import Archive, Entry
from induce.terms import arithmetic
from induce.terms.codes import Codebook

BOOK = Codebook(arithmetic, ["x"])


def entry(loss, size=3, text=None, source="test"):
    return Entry(BOOK.encode([arithmetic.parse(text or f"x + {loss:.17f}")]), size, loss, source)


@given(st.lists(st.tuples(st.integers(1, 6), st.floats(1e-6, 10.0)), max_size=60))
def test_the_best_of_every_size_are_held_in_order(offers):
    archive = Archive(width=3)
    for size, loss in offers:
        archive.offer(entry(loss, size))
    for size in {s for s, _ in offers}:
        expected = sorted({loss for s, loss in offers if s == size})[:3]
        held = [e.loss for e in archive.by_size[size]]
        assert len(held) <= 3
        np.testing.assert_allclose(held[:1], expected[:1])
        assert held == sorted(held)
        assert archive.threshold(size) == (np.inf if len(held) < 3 else held[-1])
    losses = [e.loss for e in archive.front()]
    assert losses == sorted(losses, reverse=True)
    assert len(set(losses)) == len(losses)
    assert archive.best_loss(100) == min((loss for _, loss in offers), default=np.inf)


def test_offers_say_whether_the_front_got_better():
    archive = Archive()
    assert archive.offer(entry(1.0, 3))
    assert not archive.offer(entry(0.999, 3))
    assert not archive.offer(entry(1.5, 5))
    assert archive.offer(entry(0.5, 5))
    assert [e.size for e in archive.front()] == [3, 5]


def test_losses_that_are_not_finite_are_refused():
    archive = Archive()
    assert not archive.offer(entry(np.inf, text="x"))
    assert not archive.offer(entry(np.nan, text="x"))
    assert len(archive) == 0


def test_one_formula_is_held_once_with_its_smaller_loss():
    archive = Archive()
    archive.offer(entry(1.0, text="x + 1"))
    archive.offer(entry(2.0, text="x + 1"))
    archive.offer(entry(0.5, text="x + 1"))
    assert [e.loss for e in archive] == [0.5]


def test_same_shape_and_loss_is_the_same_formula():
    archive = Archive()
    archive.offer(entry(1.0, text="x + 1.5"))
    archive.offer(entry(1.0, text="x + 1.7"))
    assert len(archive) == 1


def test_merging_and_copying():
    first, second = Archive(), Archive()
    first.offer(entry(1.0, 3))
    second.offer(entry(0.5, 3))
    second.offer(entry(0.1, 7))
    copy = first.copy()
    assert first.merge(second)
    assert not first.merge(second)
    assert [e.loss for e in first] == [0.5, 1.0, 0.1]
    assert len(copy) == 1
    np.testing.assert_array_equal(first.thresholds(np.array([3, 7, 9])), [np.inf] * 3)
