"""Joint diagonalization: directions in which the classes differ by their variance alone."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["class_directions", "joint_diagonal"]

Array = NDArray[Any]
SWEEPS = 100


def joint_diagonal(matrices: Array) -> tuple[Array, Array]:
    """One rotation that makes several symmetric matrices as diagonal as can be, by Jacobi's plane rotations.

    Minimizes ``sum_k off(V' C_k V)``, the squares outside of the diagonals.

    Parameters
    ----------
    matrices : array of shape (matrices, n, n)

    Returns
    -------
    rotation : array of shape (n, n)
    diagonals : array of shape (matrices, n)

    References
    ----------
    J.-F. Cardoso, A. Souloumiac (1996), Jacobi Angles for Simultaneous Diagonalization.

    >>> turn = np.array([[0.8, -0.6], [0.6, 0.8]])
    >>> made = np.array([turn @ np.diag(d) @ turn.T for d in ([1.0, 2.0], [3.0, 1.0])])
    >>> sorted(joint_diagonal(made)[1].round(6).T.tolist())
    [[1.0, 3.0], [2.0, 1.0]]
    """
    found = np.array(matrices, dtype=np.float64)
    size = found.shape[1]
    rotation = np.eye(size)
    for _ in range(SWEEPS):
        largest = 0.0
        for p, q in itertools.combinations(range(size), 2):
            both = np.array([found[:, p, p] - found[:, q, q], found[:, p, q] + found[:, q, p]])
            outer = both @ both.T
            on, off = outer[0, 0] - outer[1, 1], outer[0, 1] + outer[1, 0]
            angle = 0.5 * np.arctan2(off, on + np.hypot(on, off))
            turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
            pair = [p, q]
            found[:, :, pair] = found[:, :, pair] @ turn
            found[:, pair, :] = turn.T @ found[:, pair, :]
            rotation[:, pair] = rotation[:, pair] @ turn
            largest = max(largest, abs(float(turn[1, 0])))
        if largest < 1e-9:
            break
    return rotation, np.einsum("kii->ki", found)


def class_directions(rows: Array, classes: Array, count: int) -> tuple[Array, Array]:
    """Linear concepts: directions whose variance depends on the class while they stay uncorrelated within each class.

    Rows are whitened by the mean of the classes' covariances, cut to the ``count`` largest directions, and rotated by
    :func:`joint_diagonal` of the classes' covariances. Directions are told apart where no two have the same variances in all
    classes.

    Parameters
    ----------
    rows : array of shape (rows, columns)
    classes : integer array of shape (rows,), from 0 on
    count : int

    Returns
    -------
    directions : array of shape (columns, count)
    variances : array of shape (classes, count)
        Of each direction within each class, 1 in the mean over the classes.

    >>> rng = np.random.default_rng(0)
    >>> y = rng.integers(2, size=4000)
    >>> hidden = rng.normal(size=(4000, 2)) * np.array([[1.0, 0.1], [0.1, 1.0]])[y]
    >>> variances = class_directions(hidden @ [[1.0, 0.5], [-0.5, 1.0]], y, 2)[1]
    >>> sorted((variances > 0.5).tolist())
    [[False, True], [True, False]]
    """
    covariances = np.array([np.cov(rows[classes == c], rowvar=False) for c in range(int(classes.max()) + 1)])
    covariances = covariances.reshape(-1, rows.shape[1], rows.shape[1])  # also where there is one column
    sizes, axes = np.linalg.eigh(covariances.mean(axis=0))
    whitening = axes[:, -count:] / np.sqrt(np.maximum(sizes[-count:], 1e-12 * sizes[-1]))
    rotation, variances = joint_diagonal(whitening.T @ covariances @ whitening)
    return whitening @ rotation, variances
