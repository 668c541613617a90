"""NearestSupportClassifier: classes by the nearest examples, learned so that every environment says the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted
from torch import nn
from torch.nn import functional

from induce.checks import seed_of
from induce.errors import DataError, FillError, did_you_mean
from induce.nets.support import NWHead
from induce.rules.encoders import check_encoder, first_answers
from induce.rules.input_rows import InputRows
from induce.settings import check_number, check_whole

__all__ = ["NearestSupportClassifier", "Supports", "calibration_error"]

INFERENCE = ("full", "random", "cluster", "topk")
_BATCH = 256
_WARM = 0.3  # share of the steps before differences of risks count
_PROTOTYPES = 10
_ASKED = 1024  # rows that are answered at once


@dataclass(frozen=True)
class Supports:
    """The examples that decide a prediction.

    Parameters
    ----------
    label : object
        The class that is predicted.
    rows : array of int
        Training rows, or prototypes, the heaviest first.
    labels : array
        Their classes.
    weights : array
        Their shares of the vote.
    """

    label: Any
    rows: NDArray[np.intp]
    labels: NDArray[Any]
    weights: NDArray[np.float64]

    def __str__(self) -> str:
        cells = zip(self.rows, self.labels, self.weights, strict=True)
        return f"{self.label}, like " + ", ".join(f"row {row} ({label}, {weight:.2f})" for row, label, weight in cells)


class NearestSupportClassifier(InputRows, ClassifierMixin, BaseEstimator):
    """Classify by the labels of near examples, ``p(y | x) = sum_i softmax_i(-||f(x) - f(x_i)||^2 / tau) [y_i = y]``.

    In training every query is answered by a support of its own environment with as many examples of each class, so that how
    frequent a class is cannot be learned. ``invariance`` times the variance of the environments' risks is added: features that help
    in one environment only do not pay.

    Parameters
    ----------
    encoder : Module, optional
        ``f``; two layers on flattened inputs by default. One that reads rows by an embedding is given the numbers of tokens.
    inference : {"full", "random", "cluster", "topk"}
        Who votes: all training rows, ``per_class`` random ones of each class, ten prototypes of each class (k-means), or the
        ``neighbors`` nearest rows.
    per_class : int
        Examples of each class in a support.
    neighbors : int
    invariance : float
        Weight of the variance of risks over environments.
    features : int
        Of the default encoder.
    temperature : float
        ``tau`` to begin with.
    steps : int
    learning_rate : float
    random_state : int, RandomState or None

    Attributes
    ----------
    classes_ : array
    head_ : NWHead
    support_ : tuple of (features, classes, rows)

    References
    ----------
    A. Wang, M. Nguyen, M. Sabuncu (2023), Learning Invariant Representations with a Nonparametric Nadaraya-Watson Head. D. Krueger
    et al. (2021), Out-of-Distribution Generalization via Risk Extrapolation (REx).

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> model = NearestSupportClassifier(steps=50, per_class=16).fit(X, np.where(X[:, 0] > 0, "right", "left"))
    >>> model.predict([[3.0, 0.0], [-3.0, 0.0]])
    array(['right', 'left'], dtype='<U5')
    """

    def __init__(
        self,
        encoder: nn.Module | None = None,
        *,
        inference: str = "full",
        per_class: int = 64,
        neighbors: int = 20,
        invariance: float = 0.0,
        features: int = 64,
        temperature: float = 1.0,
        steps: int = 500,
        learning_rate: float = 1e-3,
        random_state: Any = None,
    ) -> None:
        self.encoder = encoder
        self.inference = inference
        self.per_class = per_class
        self.neighbors = neighbors
        self.invariance = invariance
        self.features = features
        self.temperature = temperature
        self.steps = steps
        self.learning_rate = learning_rate
        self.random_state = random_state

    def fit(self, X: Any, y: Any, environments: Any = None) -> NearestSupportClassifier:
        """Train the encoder and keep the support.

        Parameters
        ----------
        X : array, shape (n, ...)
        y : array-like, shape (n,)
        environments : array-like, shape (n,), optional
            Where each row comes from, such as a hospital; at least two values. None takes all rows for one environment.

        Raises
        ------
        DataError, FillError
            For environments of a single value, classes that an environment lacks, and settings that do not fit.
        """
        self._check()
        x, target = self._read(X, y)
        where = _environments(environments, len(x), float(self.invariance))
        rng = np.random.default_rng(seed_of(self.random_state))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed_of(self.random_state))
            self.head_ = NWHead(self._encoder(x), float(self.temperature))
            self._train(x, target, _members(target.numpy(), where, self.classes_), rng)
        self.head_.eval()
        self._keep_support(x, target, rng)
        return self

    def _encoder(self, x: torch.Tensor) -> nn.Module:
        if self.encoder is not None:
            import copy

            encoder: nn.Module = copy.deepcopy(self.encoder)
            first_answers(encoder, x, flat=True)
            return encoder
        width = int(np.prod(x.shape[1:]))
        return nn.Sequential(nn.Flatten(), nn.Linear(width, 128), nn.ReLU(), nn.Linear(128, int(self.features)))

    def _train(
        self, x: torch.Tensor, y: torch.Tensor, members: list[list[torch.Tensor]], rng: np.random.Generator
    ) -> None:
        optimizer = torch.optim.Adam(self.head_.parameters(), lr=float(self.learning_rate))
        count, each = len(self.classes_), max(1, _BATCH // len(self.classes_) // len(members))

        def drawn(of: list[torch.Tensor], size: int) -> torch.Tensor:
            return torch.cat([rows[torch.randint(len(rows), (size,))] for rows in of])

        self.head_.train()
        for step in range(int(self.steps)):
            risks = []
            for of in members:
                asked, support = drawn(of, each), drawn(of, int(self.per_class))
                encoded = self.head_.encoder(x[torch.cat([asked, support])])
                own = asked[:, None] == support[None, :]
                weights = self.head_.log_weights(encoded[: len(asked)], encoded[len(asked) :], own)
                risks.append(functional.nll_loss(self.head_.votes(weights, y[support], count), y[asked]))
            risk = torch.stack(risks)
            loss = risk.mean()
            if self.invariance and step >= _WARM * self.steps:
                loss = (loss + float(self.invariance) * risk.var(correction=0) * 4) / max(1.0, float(self.invariance))
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()

    def _keep_support(self, x: torch.Tensor, y: torch.Tensor, rng: np.random.Generator) -> None:
        features, rows = self._encoded(x), np.arange(len(x))
        if self.inference == "random":
            own = [np.flatnonzero(y.numpy() == k) for k in range(len(self.classes_))]
            rows = np.concatenate([rng.permutation(r)[: self.per_class] for r in own])
        if self.inference == "cluster":
            features, y, rows = self._prototypes(features, y)
        else:
            features, y = features[rows], y[rows]
        self.support_ = (features, y, rows)

    def _prototypes(self, features: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, Any]:
        from sklearn.cluster import KMeans

        centers, labels = [], []
        for k in range(len(self.classes_)):
            own = features[y == k].numpy()
            found = (
                KMeans(min(_PROTOTYPES, len(own)), n_init=1, random_state=seed_of(self.random_state))
                .fit(own)
                .cluster_centers_
            )
            centers.append(found)
            labels += [k] * len(found)
        return torch.from_numpy(np.concatenate(centers)).float(), torch.tensor(labels), np.arange(len(labels))

    @torch.no_grad()
    def _encoded(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([self.head_.encoder(part) for part in x.split(1024)])  # type: ignore[no-untyped-call]

    @torch.no_grad()
    def _weights(self, x: torch.Tensor) -> torch.Tensor:
        """Shares of the vote, shape (rows, supports)."""
        weights = self.head_.log_weights(self._encoded(x), self.support_[0])
        if self.inference == "topk" and self.neighbors < weights.shape[1]:
            least = weights.topk(int(self.neighbors), dim=1).values[:, -1:]
            weights = torch.log_softmax(weights.masked_fill(weights < least, -1e9), dim=1)
        return weights.exp()

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Probabilities of the classes, shape (rows, classes)."""
        check_is_fitted(self, "head_")
        own = functional.one_hot(self.support_[1], len(self.classes_)).float()
        rows = self._rows(X)
        shares = torch.cat([self._weights(some) @ own for some in rows.split(_ASKED)]).double()  # type: ignore[no-untyped-call]
        return np.asarray((shares / shares.sum(1, keepdim=True)).numpy())

    def predict(self, X: Any) -> NDArray[Any]:
        """The likeliest class of each row."""
        places = self.predict_proba(X).argmax(1)
        return np.asarray(self.classes_[places])

    def explain(self, X: Any, row: int = 0, *, count: int = 5) -> Supports:
        """The examples that weigh most in one prediction."""
        check_is_fitted(self, "head_")
        rows = self._rows(X)
        if not -len(rows) <= row < len(rows):
            raise DataError(f"there is no row {row}: X has {len(rows)} rows, counted from 0.")
        one = rows[row : row + 1 or None]
        weights = self._weights(one)[0].double().numpy()
        _, labels, places = self.support_
        best = np.argsort(-weights, kind="stable")[:count]
        label = self.classes_[np.bincount(labels.numpy(), weights, len(self.classes_)).argmax()]
        return Supports(label, places[best], self.classes_[labels.numpy()[best]], weights[best])

    def _check(self) -> None:
        if self.inference not in INFERENCE:
            raise FillError(
                f"inference={self.inference!r} is not known.{did_you_mean(str(self.inference), INFERENCE)} Known are: {', '.join(INFERENCE)}."
            )
        for name in ("per_class", "neighbors", "features", "steps"):
            check_whole(name, getattr(self, name))
        check_encoder(self.encoder)
        check_number("invariance", self.invariance, 1.0)
        check_number("temperature", self.temperature, 1.0, above=True)
        check_number("learning_rate", self.learning_rate, 1e-3, above=True)


def _environments(environments: Any, rows: int, invariance: float) -> NDArray[np.intp]:
    if environments is None:
        if invariance:
            raise DataError(
                f"invariance={invariance:g} compares environments, but none were passed. Call fit(X, y, environments)."
            )
        return np.zeros(rows, dtype=np.intp)
    values, places = np.unique(np.asarray(environments), return_inverse=True)
    if places.size != rows:
        raise DataError(f"environments have {places.size} values, but X has {rows} rows. Give one a row.")
    if len(values) < 2:
        raise DataError(
            f"all environments are {values[0]!s}, so nothing can be told apart by them. Pass at least two, or leave environments out."
        )
    return places.ravel()


def _members(labels: NDArray[np.int64], where: NDArray[np.intp], classes: NDArray[Any]) -> list[list[torch.Tensor]]:
    """Rows of each class of each environment."""
    found = []
    for environment in range(int(where.max()) + 1):
        own = [np.flatnonzero((labels == k) & (where == environment)) for k in range(len(classes))]
        short = [str(classes[k]) for k, rows in enumerate(own) if len(rows) < 2]
        if short:
            raise DataError(
                f"environment {environment} has fewer than 2 rows of class '{short[0]}', so no balanced support can be drawn. Merge "
                "environments, or leave the class out."
            )
        found.append([torch.from_numpy(rows) for rows in own])
    return found


def calibration_error(probabilities: Any, y: Any, classes: Any, *, bins: int = 15) -> float:
    """How far confidence is from accuracy: ``sum_b n_b / n |accuracy_b - confidence_b|`` over bins of confidence.

    Parameters
    ----------
    probabilities : array, shape (n, classes)
    y : array-like, shape (n,)
    classes : array-like
        In the order of the columns.
    bins : int

    Raises
    ------
    DataError, FillError
        For probabilities that are no table of numbers between 0 and 1 with a row for each label and a column for each class,
        labels that are no class, and bins that are no number.

    References
    ----------
    C. Guo et al. (2017), On Calibration of Modern Neural Networks.

    >>> calibration_error([[0.8, 0.2], [0.8, 0.2]], ["a", "b"], ["a", "b"])
    0.3
    """
    check_whole("bins", bins, hint="15 is usual.")
    shares, labels, known = np.asarray(probabilities, dtype=np.float64), np.asarray(y), np.asarray(classes)
    if shares.shape != (*labels.shape, *known.shape) or shares.ndim != 2 or not len(shares):
        raise DataError(
            f"probabilities have shape {shares.shape}, but y has shape {labels.shape} and classes {known.shape}. "
            "Give a row for each label and a column for each class."
        )
    wrong = np.argwhere(~((shares >= 0) & (shares <= 1)))
    if len(wrong):
        row, column = wrong[0].tolist()
        raise DataError(
            f"the probability in row {row}, column {column} is {shares[row, column]:g}, but it lies between 0 and 1. "
            "Pass probabilities, not logits."
        )
    names = known.tolist()
    for row, label in enumerate(labels.tolist()):
        if label not in names:
            raise DataError(
                f"y has {label!r} in row {row}, which is no class.{did_you_mean(str(label), map(str, names))} "
                f"The classes are: {', '.join(map(str, names))}."
            )
    sure = shares.max(1)
    right = known[shares.argmax(1)] == labels
    place = np.minimum((sure * bins).astype(int), bins - 1)
    gaps = np.bincount(place, weights=right - sure, minlength=bins)
    return round(float(np.abs(gaps).sum() / len(sure)), 12)
