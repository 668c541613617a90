"""Mutual information from distances to nearest neighbors: two continuous variables, or a continuous and a discrete one."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.special import digamma

__all__ = ["count_information", "gaussian_information", "neighbor_information", "neighbor_information_of_classes"]

Array = NDArray[np.float64]


def neighbor_information(x: Array, y: Array, neighbors: int, seed: int) -> float:
    """``psi(k) + psi(n) - mean(psi(n_x + 1) + psi(n_y + 1))``, in nats.

    ``n_x`` and ``n_y`` count the points that are nearer than the k-th neighbor in the joint space, by the largest coordinate.

    Parameters
    ----------
    x, y : array, shape (n, columns)
    neighbors : int
    seed : int
        Of the noise of 1e-10 that breaks ties.

    References
    ----------
    A. Kraskov, H. Stoegbauer, P. Grassberger (2004), Estimating Mutual Information.
    """
    rng = np.random.default_rng(seed)
    x, y = (standard(v) + 1e-10 * rng.normal(size=v.shape) for v in (x, y))
    joint = np.concatenate([x, y], axis=1)
    radius = cKDTree(joint).query(joint, k=neighbors + 1, p=np.inf)[0][:, -1]
    inside = np.nextafter(radius, 0)
    counts = [cKDTree(v).query_ball_point(v, inside, p=np.inf, return_length=True) for v in (x, y)]
    terms = digamma(counts[0]) + digamma(counts[1])  # each count holds the point itself: n_x + 1
    return float(digamma(neighbors) + digamma(len(x)) - terms.mean())


def neighbor_information_of_classes(x: Array, labels: NDArray[np.intp], neighbors: int, seed: int) -> float:
    """The same where ``y`` is a class: neighbors are those of the same class.

    References
    ----------
    B. Ross (2014), Mutual Information between Discrete and Continuous Data Sets.
    """
    x = standard(x) + 1e-10 * np.random.default_rng(seed).normal(size=x.shape)
    sizes = np.bincount(labels)
    kept = sizes[labels] > 1  # a class of one point has no neighbor
    x, labels = x[kept], labels[kept]
    if not len(x):
        return 0.0
    radius, used = np.empty(len(x)), np.empty(len(x))
    for label in np.unique(labels):
        own = labels == label
        k = min(neighbors, int(own.sum()) - 1)
        radius[own] = np.nextafter(cKDTree(x[own]).query(x[own], k=k + 1, p=np.inf)[0][:, -1], 0)
        used[own] = k
    around = cKDTree(x).query_ball_point(x, radius, p=np.inf, return_length=True)
    sizes = np.bincount(labels)[labels]
    return float(digamma(len(x)) + digamma(used).mean() - digamma(sizes).mean() - digamma(around).mean())


def count_information(first: NDArray[np.intp], second: NDArray[np.intp]) -> float:
    """Mutual information of two discrete variables from their counts, with the correction of Miller and Madow.

    >>> round(count_information(np.array([0, 1] * 500), np.array([0, 1] * 500)), 3)
    0.694
    """
    table = np.zeros((int(first.max()) + 1, int(second.max()) + 1))
    np.add.at(table, (first, second), 1.0)
    total = table.sum()

    def entropy(counts: Array) -> float:
        shares = counts[counts > 0] / total
        return float(-(shares * np.log(shares)).sum() + (len(shares) - 1) / (2 * total))

    return entropy(table.sum(1)) + entropy(table.sum(0)) - entropy(table)


def gaussian_information(x: Array, y: Array) -> float:
    """``-1/2 log det C / (det C_x det C_y)`` of sample covariances, less its bias for Gaussian data.

    References
    ----------
    N. Misra, H. Singh, E. Demchuk (2005), Estimation of the Entropy of a Multivariate Normal Distribution.
    """
    n, parts = len(x), (x, y, np.concatenate([x, y], axis=1))

    def entropy(v: Array) -> float:
        """Half the logarithm of the determinant, unbiased for Gaussian data."""
        width = v.shape[1]
        found = np.linalg.slogdet(np.atleast_2d(np.cov(v.T)))[1]
        bias = digamma((n - np.arange(1, width + 1)) / 2).sum() + width * math.log(2 / (n - 1))
        return 0.5 * float(found - bias)

    first, second, both = (entropy(v) for v in parts)
    return first + second - both


def standard(values: Array) -> Array:
    """Columns of mean zero and deviation one; constant columns become zero."""
    deviation = values.std(0)
    return np.asarray((values - values.mean(0)) / np.where(deviation > 0, deviation, 1.0))
