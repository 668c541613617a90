"""SymbolClusterer: symbols for inputs without labels, from what should be alike and from all symbols being used."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import nn
from torch.nn import functional

from induce.checks import seed_of
from induce.errors import DataError
from induce.nets.clustering import cluster_loss
from induce.nets.messages import perceptron
from induce.rules.encoders import check_encoder, check_inputs, first_answers
from induce.rules.graph_partition import nearest_rows, normalized_cut, spectral_partition, symmetric_graph
from induce.settings import check_number, check_whole

__all__ = ["SymbolClusterer"]

Array = NDArray[Any]
MOST_DOUBLINGS = 16
"""Walks of up to 65,536 steps cross any piece of a graph."""


class SymbolClusterer(ClusterMixin, BaseEstimator):
    """Learns a network that gives neighbors the same symbol and uses all symbols about equally.

    Neighbors are reached by random walks on the graph of nearest neighbors, so that clusters may have any shape. The loss of two ends
    ``x, x'`` of a walk is that of :func:`~induce.nets.cluster_loss`,
    ``CE(p(y|x), p(y|x')) + prior * CE(uniform, mean_x p(y|x))``. It is about as small where a cluster is cut in two as where two
    clusters are told apart, so that a start decides which is found. The first start therefore learns the spectral partition of the
    graph and leaves it behind step by step; the others are random. The start whose symbols cut the fewest edges is kept, by the
    normalized cut ``mean_c cut(c) / volume(c)``.

    Parameters
    ----------
    n_clusters : int
    encoder : torch.nn.Module, optional
        Inputs to features; copied. None: a perceptron of the columns.
    neighbors : int
        Nearest neighbors of a row in the graph.
    walk : int
        Most steps of a walk in the first start; each further one walks up to 32 times as far.
    prior : float
        Weight of all symbols being used.
    starts : int
        How many networks are tried.
    steps : int
        Batches of 256 rows that each learns from.
    rate : float
        Learning rate of Adam, at most 1.
    random_state : int, RandomState or None
        None: 0.

    Attributes
    ----------
    labels_ : array of shape (rows,)
    module_ : torch.nn.Module
    loss_ : float
        Loss of the network on neighbors.
    cut_ : float
        Normalized cut of ``labels_``: 0 where clusters are pieces of the graph, about ``1 - 1 / n_clusters`` by chance.

    Raises
    ------
    FillError
        In ``fit``, for settings that cannot be.
    DataError
        In ``fit``, for fewer rows than clusters.

    References
    ----------
    E. Sansone, R. Manhaeve (2024), Unifying Self-Supervised Clustering and Energy-Based Models. U. Shaham et al. (2018),
    SpectralNet: Spectral Clustering using Deep Neural Networks. J. Shi, J. Malik (2000), Normalized Cuts and Image Segmentation.

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
        FillError
            For settings that cannot be.
        DataError
            For fewer rows than clusters.
        """
        for name in ("n_clusters", "neighbors", "walk", "starts", "steps"):
            check_whole(name, getattr(self, name))
        check_number("prior", self.prior, 2.0)
        check_number("rate", self.rate, 5e-3, most=1, above=True)
        check_encoder(self.encoder)
        inputs = self._read(X, reset=True)
        if len(inputs) < 2:
            raise DataError("there is one row only, which has no neighbors. Give at least 2 rows.")
        if len(inputs) < self.n_clusters:
            raise DataError(
                f"{self.n_clusters} clusters were asked for, but there are {len(inputs)} rows. Ask for fewer."
            )
        flat = inputs.reshape(len(inputs), -1).astype(np.float64)
        self._center, scale = flat.mean(axis=0), flat.std(axis=0)
        # pixels share one scale, columns of a table have their own
        self._scale = np.where(scale > 0, scale, 1.0) if self.encoder is None else np.ones_like(scale)
        scaled = (flat - self._center) / self._scale
        rows = torch.as_tensor(scaled if self.encoder is None else inputs, dtype=torch.float32)
        seeds = np.random.default_rng(seed_of(self.random_state)).integers(2**31 - 1, size=int(self.starts))
        self._choose(rows, nearest_rows(scaled, int(self.neighbors)), seeds.tolist())
        self.labels_ = self._codes(inputs)
        return self

    def _choose(self, rows: torch.Tensor, table: Array, seeds: list[int]) -> None:
        """Keep the start whose symbols cut the fewest edges of the graph; the first start has learned its spectral partition."""
        count = int(self.n_clusters)
        graph = symmetric_graph(table)
        # a walk may stay where it is, so that walks of all lengths end in all of a piece
        ends = [
            torch.as_tensor(t)
            for t in _walks(np.c_[np.arange(len(table)), table], MOST_DOUBLINGS, np.random.default_rng(seeds[0]))
        ]
        near = 1 + int(np.log2(self.walk))
        partition = torch.as_tensor(spectral_partition(graph, count, seeds[0]))
        self.cut_ = float("inf")
        for k, seed in enumerate(seeds):
            # each further start walks farther than the one before: how far clusters reach is not known beforehand
            reach = ends[: min(near + 5 * k, len(ends))]
            loss, module = self._train(rows, reach, seed, None if k else partition)
            with torch.no_grad():
                parts = [module(part) for part in rows.split(4096)]  # type: ignore[no-untyped-call]
                found = torch.cat(parts).argmax(dim=1).numpy()
            cut = normalized_cut(graph, found, count)
            if cut < self.cut_:
                self.cut_, self.loss_, self.module_ = cut, loss, module

    def _read(self, X: Any, *, reset: bool) -> Array:
        if self.encoder is None:
            return np.asarray(
                validate_data(self, X, reset=reset, dtype=np.float64, ensure_min_samples=2 if reset else 1)
            )
        check_inputs(X)
        return np.asarray(X, dtype=np.float32)

    def _train(
        self, rows: torch.Tensor, tables: list[torch.Tensor], seed: int, partition: torch.Tensor | None
    ) -> tuple[float, nn.Module]:
        generator = torch.Generator().manual_seed(seed)
        with torch.random.fork_rng(devices=[]):  # the user's own draws go on undisturbed
            torch.manual_seed(seed)
            module = self._module(rows)
        optimizer = torch.optim.AdamW(module.parameters(), lr=self.rate)
        cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, self.rate, total_steps=int(self.steps) + 1)
        module.train()
        for step in range(int(self.steps)):
            some = torch.randint(len(rows), (min(256, 4 * len(rows)),), generator=generator)
            # lengths of walks are spread evenly on a logarithmic scale: near and far pairs both count
            ends = tables[int(torch.randint(len(tables), (), generator=generator))]
            there = ends[some, torch.randint(ends.shape[1], some.shape, generator=generator)]
            optimizer.zero_grad()
            outputs = module(torch.cat([rows[some], rows[there]]))
            loss = cluster_loss(*outputs.chunk(2), prior=float(self.prior))
            if partition is not None:  # the start is left behind step by step
                wanted = partition[torch.cat([some, there])]
                told = functional.cross_entropy(outputs, wanted, ignore_index=-1, reduction="sum")
                loss = loss + (1 - step / int(self.steps)) * told / (wanted >= 0).sum().clamp_min(1)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            cycle.step()
        module.eval()
        with torch.no_grad():
            outputs = module(rows)
            return float(cluster_loss(outputs, outputs[tables[0][:, 1]], prior=float(self.prior))), module

    def _module(self, rows: torch.Tensor) -> nn.Module:
        count = int(self.n_clusters)
        if self.encoder is None:
            return perceptron(rows.shape[1], (128, 128), count)
        body = copy.deepcopy(self.encoder)
        features = first_answers(body, rows, flat=True).shape[-1]
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
