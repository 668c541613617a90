"""Rows that stand for a table."""

from __future__ import annotations

import numpy as np
import pytest

from induce.spreading import farthest, spread_rows


def test_each_row_is_the_farthest_from_those_before_it():
    rng = np.random.default_rng(0)
    columns = rng.permutation(np.arange(60.0)).reshape(1, -1), rng.permutation(np.arange(60.0)).reshape(1, -1)
    points = np.vstack(columns)
    order = farthest(points, 20)
    for k in range(1, 20):
        # in these columns ranks and values are the same
        gaps = np.linalg.norm(points[:, :, None] - points[:, None, order[:k]], axis=0).min(axis=1)
        assert gaps[order[k]] == pytest.approx(gaps.max())


def test_ranks_count_so_that_an_outlier_is_one_row_among_others():
    columns = np.array([[*range(20), 1e9]])
    assert {0, 20} < set(farthest(columns, 5).tolist())
    assert any(7 <= row <= 13 for row in farthest(columns, 5))


def test_corners_that_few_rows_lie_in_are_seen():
    rng = np.random.default_rng(0)
    columns = np.hstack([rng.normal(0, 0.1, (2, 5000)), rng.uniform(5, 9, (2, 12))])
    chosen = spread_rows(columns, 64, 0)
    assert np.sum(chosen >= 5000) >= 3
    assert np.sum(np.sort(np.random.default_rng(0).choice(5012, 64, replace=False)) >= 5000) <= 2


@pytest.mark.parametrize(("rows", "most"), [(10, 64), (64, 64), (300, 64), (50_000, 512)])
def test_places_are_distinct_sorted_and_repeatable(rows, most):
    columns = np.random.default_rng(1).uniform(size=(3, rows))
    chosen = spread_rows(columns, most, 5)
    assert len(chosen) == min(rows, most)
    assert np.all(np.diff(chosen) > 0)
    assert np.array_equal(chosen, spread_rows(columns, most, 5))
    if rows > most:
        assert not np.array_equal(chosen, spread_rows(columns, most, 6))


def test_a_table_without_variety_still_gives_rows():
    assert len(spread_rows(np.zeros((2, 100)), 20, 0)) == 20
    assert len(farthest(np.zeros((0, 5)), 3)) == 3
