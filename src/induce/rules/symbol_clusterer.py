"""SymbolClusterer: symbols for inputs without labels, from what should be alike and from all symbols being used."""

from __future__ import annotations

import copy
from numbers import Integral
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.neighbors import NearestNeighbors
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import nn

from induce.checks import seed_of
from induce.errors import DataError
from induce.nets.clustering import cluster_loss
from induce.nets.messages import perceptron
from induce.rules.concept_columns import check_pictures

__all__ = ["SymbolClusterer"]

Array = NDArray[Any]
MOST_DOUBLINGS = 16
"""Walks of up to 65,536 steps cross any piece of a graph."""


class SymbolClusterer(ClusterMixin, BaseEstimator):
    """Learns a network that gives neighbors the same symbol and uses all symbols about equally.

    Neighbors are reached by random walks on the graph of nearest neighbors, so that clusters may have any shape. The loss is that of
    :func:`~induce.nets.cluster_loss`; of several starts the one with the least loss is kept.

    Parameters
    ----------
    n_clusters : int
    encoder : torch.nn.Module, optional
        Inputs to features; copied. None: a perceptron of the columns.
    neighbors : int
        Nearest neighbors of a row in the graph.
    walk : int
        Most steps of a walk in the first start; each further one walks up to 32 times as far. Walks are of any
        length where the graph falls into as many pieces as there are clusters.
    prior : float
        Weight of all symbols being used.
    starts : int
        How many networks are tried; the one with the least loss on neighbors is kept.
    steps : int
        Batches of 256 rows that each learns from.
    rate : float
        Learning rate of Adam.
    random_state : int, RandomState or None
        None: 0.

    Attributes
    ----------
    labels_ : array of shape (rows,)
    module_ : torch.nn.Module
    loss_ : float

    References
    ----------
    E. Sansone, R. Manhaeve (2024), Unifying Self-Supervised Clustering and Energy-Based Models. U. Shaham et al. (2018),
    SpectralNet: Spectral Clustering using Deep Neural Networks.

    >>> X = np.concatenate([np.random.default_rng(0).normal(c, 0.1, (50, 2)) for c in (0, 3)])
    >>> labels = SymbolClusterer(2, steps=60, random_state=0).fit_predict(X)
    >>> len(set(labels[:50])), len(set(labels[50:])), len(set(labels))
    (1, 1, 2)
    """

    def __init__(
        self,
        n_clusters: int = 2,
        *,
        encoder: Any = None,
        neighbors: int = 8,
        walk: int = 32,
        prior: float = 2.0,
        starts: int = 3,
        steps: int = 300,
        rate: float = 5e-3,
        random_state: Any = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.encoder = encoder
        self.neighbors = neighbors
        self.walk = walk
        self.prior = prior
        self.starts = starts
        self.steps = steps
        self.rate = rate
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> SymbolClusterer:
        """Find the symbols.

        Parameters
        ----------
        X : table of numbers of shape (rows, columns), or with an encoder an array of shape (rows, ...)
        y : ignored

        Raises
        ------
        DataError
            For settings that cannot be, and fewer rows than clusters.
        """
        for name in ("n_clusters", "neighbors", "walk", "starts", "steps"):
            value = getattr(self, name)
            if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
                raise DataError(f"{name} must be a whole number of at least 1, but it is {value!r}.")
        inputs = self._read(X, reset=True)
        if len(inputs) < self.n_clusters:
            raise DataError(
                f"{self.n_clusters} clusters were asked for, but there are {len(inputs)} rows. Ask for fewer."
            )
        flat = inputs.reshape(len(inputs), -1).astype(np.float64)
        self._center, scale = flat.mean(axis=0), flat.std(axis=0)
        # pixels share one scale, columns of a table have their own
        self._scale = np.where(scale > 0, scale, 1.0) if self.encoder is None else np.ones_like(scale)
        scaled = (flat - self._center) / self._scale
        near = min(int(self.neighbors) + 1, len(flat))
        table = NearestNeighbors(n_neighbors=near).fit(scaled).kneighbors(scaled, return_distance=False)
        rows = torch.as_tensor(scaled if self.encoder is None else inputs, dtype=torch.float32)
        seeds = np.random.RandomState(seed_of(self.random_state) % 2**32).randint(2**31 - 1, size=int(self.starts))
        ends = [torch.as_tensor(t) for t in _walks(table, MOST_DOUBLINGS, np.random.default_rng(seeds[0]))]
        # each start walks farther than the one before: how far clusters reach is not known beforehand
        apart = self._apart(table)
        reach = [MOST_DOUBLINGS if apart else int(np.log2(self.walk)) + 5 * k for k in range(len(seeds))]
        found = [self._train(rows, ends[: 1 + r], int(seed)) for r, seed in zip(reach, seeds, strict=True)]
        self.loss_, self.module_ = min(found, key=lambda item: item[0])
        self.labels_ = self._codes(inputs)
        return self

    def _apart(self, table: Array) -> bool:
        """Whether the graph itself falls into as many large pieces as there are clusters; then walks may be of any length."""
        rows = np.arange(len(table)).repeat(table.shape[1])
        graph = coo_matrix((np.ones(table.size), (rows, table.ravel())), shape=(len(table), len(table)))
        sizes = np.bincount(connected_components(graph, directed=False)[1])
        return bool((sizes >= len(table) / (10 * self.n_clusters)).sum() >= self.n_clusters > 1)

    def _read(self, X: Any, *, reset: bool) -> Array:
        if self.encoder is None:
            return np.asarray(
                validate_data(self, X, reset=reset, dtype=np.float64, ensure_min_samples=2 if reset else 1)
            )
        check_pictures(X)
        return np.asarray(X, dtype=np.float32)

    def _train(self, rows: torch.Tensor, tables: list[torch.Tensor], seed: int) -> tuple[float, nn.Module]:
        generator = torch.Generator().manual_seed(seed)
        with torch.random.fork_rng(devices=[]):  # the user's own draws go on undisturbed
            torch.manual_seed(seed)
            module = self._module(rows)
        optimizer = torch.optim.AdamW(module.parameters(), lr=self.rate)
        cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, self.rate, total_steps=int(self.steps) + 1)
        module.train()
        for _ in range(int(self.steps)):
            some = torch.randint(len(rows), (min(256, 4 * len(rows)),), generator=generator)
            # lengths of walks are spread evenly on a logarithmic scale: near and far pairs both count
            ends = tables[int(torch.randint(len(tables), (), generator=generator))]
            there = ends[some, torch.randint(ends.shape[1], some.shape, generator=generator)]
            optimizer.zero_grad()
            outputs = module(torch.cat([rows[some], rows[there]]))
            loss = cluster_loss(*outputs.chunk(2), prior=float(self.prior))
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            cycle.step()
        module.eval()
        with torch.no_grad():  # starts are compared on neighbors alone: few edges cut, all clusters used
            outputs = module(rows)
            return float(cluster_loss(outputs, outputs[tables[0][:, 0]], prior=float(self.prior))), module

    def _module(self, rows: torch.Tensor) -> nn.Module:
        count = int(self.n_clusters)
        if self.encoder is None:
            return perceptron(rows.shape[1], (128, 128), count)
        body = copy.deepcopy(self.encoder)
        with torch.no_grad():
            features = body(rows[:2]).shape[-1]
        return nn.Sequential(body, nn.Linear(features, count))

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Probability of each symbol: array of shape (rows, clusters)."""
        check_is_fitted(self, "module_")
        return self._probabilities(self._read(X, reset=False))

    def predict(self, X: Any) -> Array:
        """The symbol of each row, also of rows that were not there in ``fit``: array of shape (rows,)."""
        check_is_fitted(self, "module_")
        return self._codes(self._read(X, reset=False))

    def _codes(self, inputs: Array) -> Array:
        return np.asarray(self._probabilities(inputs).argmax(axis=1))

    def _probabilities(self, inputs: Array) -> NDArray[np.float64]:
        if self.encoder is None:
            values = torch.as_tensor((inputs - self._center) / self._scale)
            module = copy.deepcopy(
                self.module_
            ).double()  # so that answers do not depend on which rows are asked together
        else:
            values, module = torch.as_tensor(inputs, dtype=torch.float32), self.module_
        with torch.no_grad():
            found = torch.cat([module(part) for part in values.split(4096)]).softmax(dim=1)  # type: ignore[no-untyped-call]
        return np.asarray(found.double().numpy())


def _walks(table: Array, doublings: int, rng: np.random.Generator) -> list[Array]:
    """Ends of random walks of 1, 2, 4, ... steps from every row: a walk of twice the length is two walks on end."""
    width = 16
    ends = table[np.arange(len(table))[:, None], rng.integers(table.shape[1], size=(len(table), width))]
    found = [ends]
    for _ in range(doublings):
        ends = ends[ends, rng.integers(width, size=ends.shape)]
        found.append(ends)
    return found
