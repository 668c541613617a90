"""How much one thing says about another: mutual information by neighbors, by Gaussians, and by trained critics."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import validate_data

from induce.checks import check_finite, seed_of
from induce.errors import DataError, FillError, did_you_mean
from induce.explain.critics import BOUNDS, critic_information
from induce.explain.neighbor_information import (
    count_information,
    gaussian_information,
    neighbor_information,
    neighbor_information_of_classes,
    standard,
)
from induce.settings import check_whole

__all__ = ["MutualInformation", "leakage", "mutual_information"]

Array = NDArray[np.float64]
METHODS = ("ksg", "gaussian", *BOUNDS)
FEWEST = 20
"""Rows below which an estimate is refused; :class:`MutualInformation` warns."""
_FEW = 5  # columns of x, and of y, up to which neighbors are near enough


def mutual_information(
    x: Any,
    y: Any,
    method: str | None = None,
    *,
    neighbors: int = 3,
    batch: int = 512,
    steps: int = 1000,
    seed: int = 0,
) -> float:
    """Mutual information ``I(x; y)`` in nats; divide by log 2 for bits.

    Parameters
    ----------
    x, y : array, shape (n,) or (n, columns)
        Numbers are continuous; texts, truth values and whole numbers in one column are classes.
    method : {"ksg", "gaussian", "mine", "infonce", "smile"}, optional
        "ksg" counts nearest neighbors, and is the default up to 5 columns each; "gaussian" is exact for Gaussian data; the
        others are lower bounds by a trained critic, and "mine" is the default beyond. Two discrete variables are always counted.
    neighbors : int
        Of "ksg".
    batch, steps : int
        Of a critic's training. From a batch no more than log(batch) nats can be told reliably: "infonce" cannot say more, and the
        variance of "mine" grows as e^I beyond. A warning says so.
    seed : int

    Raises
    ------
    DataError, FillError
        For rows that do not match, entries that are not finite, too few rows, and methods that do not apply.

    References
    ----------
    A. Kraskov, H. Stoegbauer, P. Grassberger (2004), Estimating Mutual Information. M. Belghazi et al. (2018), MINE: Mutual
    Information Neural Estimation. A. van den Oord, Y. Li, O. Vinyals (2018), Representation Learning with Contrastive Predictive
    Coding. J. Song, S. Ermon (2020), Understanding the Limitations of Variational Mutual Information Estimators.

    >>> x = np.random.default_rng(0).normal(size=(2000, 2))
    >>> y = 0.8 * x[:, 0] + 0.6 * np.random.default_rng(1).normal(size=2000)
    >>> round(mutual_information(x, y), 1)  # -log(1 - 0.64) / 2 = 0.51
    0.5
    """
    return _information(x, y, method, FEWEST, neighbors=neighbors, batch=batch, steps=steps, seed=seed)


def _information(
    x: Any, y: Any, method: str | None, fewest: int, *, neighbors: int, batch: int, steps: int, seed: int
) -> float:
    """:func:`mutual_information` of at least so many rows."""
    if method is not None and method not in METHODS:
        raise FillError(
            f"unknown method {method!r}.{did_you_mean(str(method), METHODS)} Known are: {', '.join(METHODS)}."
        )
    _check_counts(neighbors=neighbors, batch=batch, steps=steps)
    first, first_classes = _variable(x, "x")
    second, second_classes = _variable(y, "y")
    if len(first) != len(second):
        raise DataError(f"x has {len(first)} rows, but y has {len(second)}. Give one row of y for each row of x.")
    fewest = max(fewest, neighbors + 2)
    if len(first) < fewest:
        raise DataError(f"{len(first)} rows are too few to tell information. Give at least {fewest}.")
    if first_classes and second_classes:
        return count_information(*(v[:, 0].astype(np.intp) for v in (first, second)))
    if first_classes:
        first, second, first_classes, second_classes = second, first, second_classes, first_classes
    chosen = method or ("ksg" if max(first.shape[1], second.shape[1]) <= _FEW else "mine")
    if chosen == "gaussian":
        if second_classes:
            raise FillError("method='gaussian' needs two continuous variables, but one holds classes. Use 'ksg'.")
        _check_spread(first, second)
        return gaussian_information(first, second)
    if chosen == "ksg":
        if second_classes:
            return neighbor_information_of_classes(first, second[:, 0].astype(np.intp), neighbors, seed)
        return neighbor_information(first, second, neighbors, seed)
    if second_classes:
        second = standard(np.eye(int(second.max()) + 1)[second[:, 0].astype(np.intp)])
    found = critic_information(first, second, chosen, batch=batch, steps=steps, seed=seed)
    _warn_ceiling(found, chosen, min(batch, len(first) // 4))
    return found


def _warn_ceiling(found: float, method: str, batch: int) -> None:
    ceiling = math.log(batch)
    share = 0.9 if method == "infonce" else 1.0
    if found > share * ceiling:
        why = "cannot say more" if method == "infonce" else "has a large variance there"
        warnings.warn(
            f"the estimate of {found:.2f} nats is near or above log(batch) = {ceiling:.2f}, and '{method}' {why}. Take a larger batch, or "
            "more rows.",
            UserWarning,
            stacklevel=4,
        )


def _check_counts(**counts: int) -> None:
    for name, value in counts.items():
        check_whole(name, value)


def _check_numbers(table: Array) -> None:
    """Refuse texts beside other columns."""
    for column in range(table.shape[1] if table.ndim == 2 else 0):
        for row, entry in enumerate(table[:, column].tolist()):
            if isinstance(entry, str):
                raise DataError(
                    f"column {column} of X holds texts (row {row}: {entry!r}), but several columns must be numbers. Give a single column "
                    "of texts, or numbers."
                )


def _check_spread(*variables: Array) -> None:
    for name, values in zip("xy", variables, strict=True):
        if len(values) <= values.shape[1] + 2 or np.linalg.matrix_rank(values - values.mean(0)) < values.shape[1]:
            raise DataError(
                f"the columns of {name} repeat one another or are constant, so no Gaussian fits. Leave some out."
            )


def _variable(values: Any, name: str) -> tuple[Array, bool]:
    """Columns of numbers, or one column of class numbers, and which of both."""
    array = np.asarray(values.detach().cpu() if hasattr(values, "detach") else values)
    array = array[:, None] if array.ndim == 1 else array
    if array.ndim != 2 or not array.size:
        raise DataError(f"{name} has shape {array.shape}, but (rows,) or (rows, columns) is needed.")
    if array.shape[1] == 1 and array.dtype.kind in "OUSbiu":
        return np.unique(array[:, 0], return_inverse=True)[1].astype(np.float64).reshape(-1, 1), True
    if array.dtype.kind not in "biuf":
        raise DataError(f"{name} holds {array.dtype}, but several columns must be numbers. Encode them first.")
    found = array.astype(np.float64)
    for place, column in enumerate(found.T):
        check_finite(f"column {place} of {name}", column, "Mutual information")
    return found, False


class MutualInformation(BaseEstimator):
    """:func:`mutual_information` with the manners of scikit-learn.

    Parameters
    ----------
    method : {"ksg", "gaussian", "mine", "infonce", "smile"}, optional
    neighbors : int
    batch : int
    steps : int
    random_state : int, RandomState or None

    Attributes
    ----------
    information_ : float
        In nats.
    per_column_ : array
        Of each column of X alone, in nats.

    >>> X = np.random.default_rng(0).normal(size=(500, 2))
    >>> MutualInformation().fit(X, X[:, 0] > 0).per_column_.round(1).tolist()
    [0.7, -0.0]
    """

    def __init__(
        self,
        method: str | None = None,
        *,
        neighbors: int = 3,
        batch: int = 512,
        steps: int = 1000,
        random_state: Any = None,
    ) -> None:
        self.method = method
        self.neighbors = neighbors
        self.batch = batch
        self.steps = steps
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> MutualInformation:
        """Measure.

        Parameters
        ----------
        X : array or data frame, shape (n, columns)
            Numbers; a single column may hold texts.
        y : array, shape (n,) or (n, columns)

        Warns
        -----
        UserWarning
            For fewer than 20 rows.
        """
        if getattr(X, "ndim", 2) != 2:
            raise DataError(f"X has shape {X.shape}, but (rows, columns) is needed. Reshape your data.")
        given = np.asarray(X)
        texts = given.shape[1:] == (1,) and any(isinstance(value, str) for value in given[:, 0].tolist())
        if given.dtype.kind in "OU" and not texts:
            _check_numbers(given)
        values = validate_data(self, X, dtype=None if texts else "numeric", ensure_min_samples=2)
        if len(values) < FEWEST:
            warnings.warn(
                f"{len(values)} rows are too few to tell information from chance. Give at least {FEWEST}.",
                UserWarning,
                stacklevel=2,
            )
        settings: dict[str, Any] = {
            "fewest": 0,
            "neighbors": self.neighbors,
            "batch": self.batch,
            "steps": self.steps,
            "seed": seed_of(self.random_state),
        }
        self.information_ = _information(values, y, self.method, **settings)
        self.per_column_ = np.array([_information(column, y, self.method, **settings) for column in values.T])
        return self


def leakage(logits: Any, concepts: Any, y: Any, *, seed: int = 0) -> float:
    """Bits about ``y`` that are in concept logits, but not in the concepts they stand for.

    ``H(y | concepts) - H(y | concepts, logits)``, each the cross-entropy of boosted trees on rows left out in turn: what can be used,
    rather than all that is there. A concept-based model without leakage has none; a model that hides the answer in the digits of a
    logit has some.

    Parameters
    ----------
    logits : array, shape (n, concepts)
    concepts : array of 0 and 1, shape (n, concepts)
        The thresholded or the true concepts.
    y : array, shape (n,)
        Classes.
    seed : int

    Raises
    ------
    DataError
        For shapes that do not fit, concepts that are neither 0 nor 1, and classes of fewer than 5 rows.

    References
    ----------
    A. Mahinpei et al. (2021), Promises and Pitfalls of Black-Box Concept Learning Models. Y. Xu et al. (2020), A Theory of Usable
    Information under Computational Constraints.

    >>> rng = np.random.default_rng(0)
    >>> concepts, y = rng.integers(0, 2, (300, 1)), rng.integers(0, 2, 300)
    >>> leakage((2 * concepts - 1) * (2.0 + y[:, None]), concepts, y) > 0.9
    True
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import log_loss
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    scores, _ = _variable(logits, "the logits")
    truth = np.asarray(concepts, dtype=np.float64)
    truth = truth[:, None] if truth.ndim == 1 else truth
    labels = np.unique(np.asarray(y), return_inverse=True)[1].ravel()
    if truth.shape != scores.shape or len(labels) != len(truth):
        raise DataError(
            f"logits have shape {scores.shape}, concepts {truth.shape} and y {len(labels)} rows, but they must match: one logit for each "
            "concept, one class for each row."
        )
    if not np.isin(truth, (0, 1)).all():
        raise DataError("concepts must be 0 or 1. Threshold them first: degrees > 0.5.")
    if np.bincount(labels).min() < 5:
        raise DataError(
            "a class of y has fewer than 5 rows, so rows cannot be left out in turn. Merge or drop rare classes."
        )

    def entropy(values: Array) -> float:
        model = HistGradientBoostingClassifier(max_iter=60, learning_rate=0.1, min_samples_leaf=10, random_state=seed)
        folds = StratifiedKFold(5, shuffle=True, random_state=seed)
        shares = cross_val_predict(model, values, labels, cv=folds, method="predict_proba")
        return float(log_loss(labels, shares)) / math.log(2)

    return max(0.0, entropy(truth) - entropy(np.concatenate([truth, scores], axis=1)))
