"""Joint diagonalization: one rotation for several matrices, and directions that classes tell apart."""

from __future__ import annotations

import numpy as np

from induce.learners.joint_diagonal import class_directions, joint_diagonal


def test_a_common_rotation_is_found():
    rng = np.random.default_rng(0)
    turn = np.linalg.qr(rng.normal(size=(5, 5)))[0]
    diagonals = rng.random((4, 5))
    rotation, found = joint_diagonal(turn @ (diagonals[:, :, None] * np.eye(5)) @ turn.T)
    order = np.abs(rotation.T @ turn).argmax(axis=0)
    assert np.allclose(found[:, order], diagonals)
    assert np.allclose(rotation.T @ rotation, np.eye(5))


def test_directions_are_uncorrelated_within_each_class():
    rng = np.random.default_rng(1)
    y = rng.integers(3, size=6000)
    hidden = rng.normal(size=(6000, 3)) * np.array([[1, 0.1, 1], [1, 1, 0.1], [0.1, 1, 1]])[y]
    X = hidden @ rng.normal(size=(3, 4))
    directions, variances = class_directions(X, y, 3)
    assert directions.shape == (4, 3)
    assert sorted((variances > 0.5).T.tolist()) == [[False, True, True], [True, False, True], [True, True, False]]
    within = [np.cov((X @ directions)[y == c], rowvar=False) for c in range(3)]
    assert all(np.abs(found - np.diag(np.diag(found))).max() < 0.1 for found in within)


def test_one_column_is_one_direction():
    rows, y = np.array([[1.0], [3.0], [2.0], [2.5]]), np.array([0, 0, 1, 1])
    directions, variances = class_directions(rows, y, 1)
    assert directions.shape == (1, 1)
    assert np.allclose(variances[:, 0], np.array([2.0, 0.125]) / np.mean([2.0, 0.125]))
