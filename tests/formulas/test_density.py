"""Weights of rows by how thinly the data covers the space."""

from __future__ import annotations

import numpy as np
import pytest

from induce.errors import FillError
from induce.formulas.density import CLIP, density_weights


def test_weights_undo_the_density():
    """A density that grows along the axis: the weighted mean is that of an even spread."""
    x = np.sqrt(np.random.default_rng(0).uniform(0, 1, 4000))
    weights = density_weights(x[None])
    assert x.mean() == pytest.approx(2 / 3, abs=0.02)
    assert np.average(x, weights=weights) == pytest.approx(0.5, abs=0.04)


def test_weights_are_clipped_and_do_not_depend_on_units():
    columns = np.random.default_rng(1).standard_t(2, (3, 500))
    weights = density_weights(columns)
    assert weights.max() / weights.min() <= CLIP**2 * (1 + 1e-9)
    assert weights.mean() == pytest.approx(1)
    assert np.allclose(weights, density_weights(columns * [[1e6], [1e-3], [1]] + [[5], [0], [0]]))


def test_constant_and_repeated_columns_do_not_count():
    x = np.random.default_rng(2).exponential(size=300)
    alone = density_weights(x[None])
    assert np.allclose(density_weights(np.stack([x, np.full(300, 7.0)])), alone)
    assert np.allclose(density_weights(np.stack([x, 2 * x])), alone)


def test_when_there_is_nothing_to_weigh():
    assert density_weights(np.ones((2, 50))) is None
    assert density_weights(np.arange(5.0)[None]) is None
    assert density_weights(np.arange(50.0)[None], "rows") is None
    assert density_weights(np.repeat([[0.0, 1.0]], 50, axis=0).reshape(1, -1)) is None
    with pytest.raises(FillError, match="unknown density 3. Known: even, rows."):
        density_weights(np.arange(50.0)[None], 3)
