from __future__ import annotations

import itertools

import numpy as np
import pytest

from induce.learners.pairs import PairScan

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(40, 80))
WEIGHTS = RNG.uniform(0.5, 2.0, 80)
TARGET = 2 * ROWS[3] - ROWS[17] + 0.7 + RNG.normal(0, 0.3, 80)


def unexplained(columns, target, weights):
    root = np.sqrt(weights)
    design = np.column_stack([*columns, np.ones(len(target))]) * root[:, None]
    residual = target * root - design @ np.linalg.lstsq(design, target * root, rcond=None)[0]
    mean = np.average(target, weights=weights)
    return float(residual @ residual) / float(weights @ (target - mean) ** 2)


@pytest.fixture(scope="module")
def scan():
    made = PairScan(TARGET, WEIGHTS, 100, 100)
    made.add(ROWS)
    return made


def test_sums_are_least_squares(scan):
    ((losses, pairs, scanned),) = scan.sums(0, keep=50)
    brute = {(i, j): unexplained([ROWS[i], ROWS[j]], TARGET, WEIGHTS) for i, j in itertools.combinations(range(40), 2)}
    assert scanned == 1600
    for loss, (i, j) in zip(losses, pairs, strict=True):
        assert loss == pytest.approx(brute[tuple(sorted((int(scan.sum_rows[i]), int(scan.sum_rows[j]))))], abs=1e-9)
    np.testing.assert_allclose(losses, sorted(brute.values())[:50], atol=1e-9)


def test_products_are_least_squares(scan):
    target = 1.5 * ROWS[5] * ROWS[30] - 2.0
    made = PairScan(target, WEIGHTS, 100, 100)
    made.add(ROWS)
    ((losses, pairs, _),) = made.products(0, keep=20)
    assert {int(made.rows[k]) for k in pairs[0]} == {5, 30}
    brute = sorted(
        unexplained([ROWS[i] * ROWS[j]], target, WEIGHTS)
        for i, j in itertools.combinations_with_replacement(range(40), 2)
    )
    np.testing.assert_allclose(losses, brute[:20], atol=1e-9)


def test_longer_sums_are_least_squares(scan):
    target = ROWS[1] - 2 * ROWS[8] + 0.5 * ROWS[20]
    made = PairScan(target, WEIGHTS, 100, 100)
    made.add(ROWS)
    ((_, pairs, _),) = made.sums(0, keep=5)
    found = made.longer([tuple(map(int, p)) for p in pairs], beam=4)
    assert {int(made.sum_rows[k]) for k in found[0][1]} == {1, 8, 20}
    for loss, members in found:
        columns = [ROWS[made.sum_rows[k]] for k in members]
        assert loss == pytest.approx(unexplained(columns, target, WEIGHTS), abs=1e-9)


def test_rows_that_differ_by_an_affine_map_are_one_in_sums_and_old_pairs_are_not_scanned_again():
    made = PairScan(TARGET, WEIGHTS, 100, 100)
    assert made.add(ROWS[:10]) == (0, 0)
    assert made.add(np.vstack([ROWS[:10], 3.0 - 2.0 * ROWS[4], np.ones(80), ROWS[12]])) == (10, 10)
    assert made.sum_rows.tolist() == [*range(10), 12]
    assert made.rows.tolist() == [*range(11), 12]
    ((_, pairs, _),) = made.sums(10)
    assert np.all(pairs.max(axis=1) >= 10)
