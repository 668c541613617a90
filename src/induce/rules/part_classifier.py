"""PartClassifier: classes from the parts that were seen, for reasons that experts share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from numbers import Integral
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from induce.checks import seed_of
from induce.errors import DataError, FillError, did_you_mean
from induce.explain.aligning import Alignment, alignment
from induce.explain.attribution_graphs import AttributionGraph, attribution_graph
from induce.explain.shapley import shapley_values
from induce.rules.expert_graph import ExpertGraph
from induce.rules.part_head import HeadSettings, PartHead, train_head
from induce.rules.part_pictures import is_pictures, scored, train_scorer
from induce.rules.table_rules import read_labels
from induce.settings import check_number, check_whole
from induce.table import Table

__all__ = ["PartClassifier", "PartExplanation"]

PENALTIES = ("gradient", "shap-backprop")
WEIGHTINGS = ("linear", "exponential")
Array = NDArray[np.float64]


@dataclass(frozen=True)
class PartExplanation:
    """Why a row got its class: every part's degree and exact contribution, and what the graph says of it.

    Parameters
    ----------
    label : object
        The class.
    probability : float
    base : float
        Probability of the class when no part is known: what the contributions start from.
    parts : tuple of (name, degree, contribution, says)
        The largest contributions first; ``says`` is "has", "lacks", or "" where the graph says nothing.
    """

    label: Any
    probability: float
    base: float
    parts: tuple[tuple[str, float, float, str], ...]

    def __str__(self) -> str:
        lines = [f"{self.label}: {self.probability:.3f} = {self.base:.3f}"]
        for name, degree, share, says in self.parts:
            if abs(share) >= 0.0005:
                contradicts = (says == "lacks" and share > 0) or (says == "has" and share < 0)
                note = f", but {self.label} {says} it" if contradicts else ""
                lines.append(f"  {share:+.3f} {name} ({degree:.2f}{note})")
        return "\n".join(lines)

    def to_json(self) -> str:
        """The explanation as JSON text."""
        keys = ("part", "degree", "contribution", "says")
        parts = [dict(zip(keys, part, strict=True)) for part in self.parts]
        return json.dumps(
            {"class": str(self.label), "probability": self.probability, "base": self.base, "parts": parts},
            ensure_ascii=False,
        )


class PartClassifier(ClassifierMixin, BaseEstimator):
    """Classify by degrees of parts, with attributions held to an expert graph.

    ``p(class | x) = softmax(B relu(A z + a) + b)`` of standardized degrees ``z``. With a graph, the cross-entropy is
    penalized where a part counts for a class that lacks it, or against one that has it: ``c_i = phi_{i,y} KG_{i,y} < 0``.

    Parameters
    ----------
    graph : ExpertGraph or what :meth:`ExpertGraph.from_any` reads, optional
        Which class has which part. Columns that it does not name are left free. Without a graph nothing is penalized.
    penalty : {"gradient", "shap-backprop", None}
        "gradient" adds ``strength * sum_i relu(-A_iy KG_iy)`` of gradient times input. "shap-backprop" weights each row's
        loss by its exact Shapley values; slower, and limited to 16 parts.
    weighting : {"linear", "exponential"}
        Of "shap-backprop": ``1 - h min c`` or ``exp(-h min c)``.
    strength : float
        Factor of the penalty, or ``h``.
    hidden : int
        Width of the hidden layer.
    steps : int
        Steps of Adam; all rows a step, at most 2,048.
    learning_rate : float
    detector : Module or callable, optional
        From pictures (n, channels, height, width) to degrees (n, parts); then ``X`` are pictures. Without one, pictures
        need ``parts`` in :meth:`fit`, and a small scorer is trained.
    background : "absent", "mean" or array of shape (parts,)
        What attributions compare with: no part at all, the mean of the training rows, or a row.
    random_state : int, RandomState or None

    Attributes
    ----------
    classes_ : array
    parts_ : tuple of str
    graph_ : ExpertGraph or None
        In the order of ``classes_`` and ``parts_``.
    head_ : PartHead
        The network; a torch module from degrees to probabilities.
    detector_ : callable or None
    n_features_in_, feature_names_in_ : as in scikit-learn

    References
    ----------
    N. Diaz-Rodriguez et al. (2022), EXplainable Neural-Symbolic Learning (X-NeSyL) Methodology to Fuse Deep Learning
    Representations with Expert Knowledge Graphs: the MonuMAI Cultural Heritage Use Case.

    Examples
    --------
    >>> X = {"arch": [1.0, 0.9, 0.1, 0.0] * 5, "dome": [0.0, 0.1, 0.8, 1.0] * 5}
    >>> model = PartClassifier({"gothic": ["arch"], "baroque": ["dome"]}).fit(X, ["gothic", "gothic", "baroque", "baroque"] * 5)
    >>> model.predict({"dome": [0.9], "arch": [0.0]}), model.alignment(X).share
    (array(['baroque'], dtype='<U7'), 0.0)
    """

    def __init__(
        self,
        graph: Any = None,
        *,
        penalty: str | None = "gradient",
        weighting: str = "linear",
        strength: float = 3.0,
        hidden: int = 11,
        steps: int = 300,
        learning_rate: float = 0.01,
        detector: Any = None,
        background: Any = "absent",
        random_state: Any = None,
    ) -> None:
        self.graph = graph
        self.penalty = penalty
        self.weighting = weighting
        self.strength = strength
        self.hidden = hidden
        self.steps = steps
        self.learning_rate = learning_rate
        self.detector = detector
        self.background = background
        self.random_state = random_state

    # ---- fitting

    def fit(self, X: Any, y: Any, *, parts: Any = None) -> PartClassifier:
        """Train the head and, for pictures without a detector, the scorer of parts.

        Parameters
        ----------
        X : data frame, mapping, or array of shape (rows, parts); or pictures of shape (rows, channels, height, width)
            Degrees of parts, such as summed confidences of a detector. Columns of an array without names are the graph's
            parts in order.
        y : array-like, shape (rows,)
            Classes, named as in the graph.
        parts : data frame, mapping, or array of shape (rows, parts), optional
            Which parts pictures show (counts or 0 and 1), for training a scorer.

        Raises
        ------
        DataError, FillError
            Saying which column, class or setting is wrong, and what to do.
        """
        self._check_parameters()
        graph = None if self.graph is None else ExpertGraph.from_any(self.graph)
        labels = _labels(self, y)
        self._scorer: Any = None
        if is_pictures(X) and self.detector is None:
            self._scorer = self._train_scorer(X, parts, len(labels), graph)
        elif parts is not None:
            raise DataError(
                "parts= are for pictures without a detector, but X is a table or a detector was given. Leave them out."
            )
        table = self._table(X, graph, reset=True)
        if len(labels) != table.rows:
            raise DataError(
                f"y has {len(labels)} labels, but X has {table.rows} rows: inconsistent numbers of samples. Give one label a row."
            )
        self.classes_, places = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise DataError(
                f"y has one class only ({self.classes_[0]}), so there is nothing to tell apart. Add rows of another one."
            )
        self.parts_ = table.names
        self.graph_ = None if graph is None else graph.aligned(self.classes_, self.parts_)
        degrees = np.array(table.values.T, order="C")
        self._mean = degrees.mean(0)
        signs = None if self.graph_ is None else self.graph_.signs
        self.head_: PartHead = train_head(degrees, places.ravel(), signs, self._settings(), seed_of(self.random_state))
        return self

    def _train_scorer(self, X: Any, parts: Any, rows: int, graph: ExpertGraph | None) -> Any:
        if parts is None:
            raise DataError(
                "X are pictures, but there is no detector. Pass detector=..., or fit(X, y, parts=...) with which parts each shows."
            )
        shown = _table_of(parts, None if graph is None else graph.parts)
        if shown.rows != rows:
            raise DataError(
                f"parts have {shown.rows} rows, but y has {rows} labels. Give one row of parts for each picture."
            )
        return train_scorer(X, np.array(shown.values.T, order="C"), shown.names, seed_of(self.random_state))

    def _settings(self) -> HeadSettings:
        return HeadSettings(
            penalty=self.penalty,
            weighting=self.weighting,
            strength=float(self.strength),
            steps=int(self.steps),
            hidden=int(self.hidden),
            learning_rate=float(self.learning_rate),
            attributions=partial(_attributed, background=self._background_row()),
        )

    def _check_parameters(self) -> None:
        for name, known in (("penalty", (*PENALTIES, None)), ("weighting", WEIGHTINGS)):
            given = getattr(self, name)
            if given not in known:
                raise FillError(
                    f"{name}={given!r} is not known.{did_you_mean(str(given), [k for k in known if k])} "
                    f"Known are: {', '.join(map(repr, known))}."
                )
        for name in ("hidden", "steps"):
            check_whole(name, getattr(self, name))
        check_number("strength", self.strength, 3.0)
        check_number("learning_rate", self.learning_rate, 0.01, above=True)

    @property
    def detector_(self) -> Any:
        """What turns pictures into degrees: the detector that was given or trained, or None."""
        check_is_fitted(self, "head_")
        return self.detector if self.detector is not None else self._scorer

    def _table(self, X: Any, graph: ExpertGraph | None, *, reset: bool) -> Table:
        detector = self.detector if self.detector is not None else self._scorer
        if detector is not None:
            names = list(getattr(detector, "parts", None) or (graph.parts if graph is not None else ()))
            degrees, names = scored(detector, X, names)
            if reset:
                self.n_features_in_ = degrees.shape[1]
            return Table.from_any(degrees, names=names, who="PartClassifier")
        if is_pictures(X):
            raise DataError("X are pictures, but the classifier was fitted on a table. Pass degrees of parts.")
        if hasattr(X, "columns") or hasattr(X, "column_names") or isinstance(X, Mapping | Table):
            table = Table.from_any(X, who="PartClassifier")
            if reset:
                self.n_features_in_ = table.columns
                if hasattr(X, "columns"):
                    self.feature_names_in_ = np.array(table.names, dtype=object)
                return table
        else:
            X = validate_data(self, X, reset=reset, dtype=np.float64, ensure_min_samples=1, ensure_all_finite=False)
            table = _table_of(X, self.parts_ if not reset else None if graph is None else graph.parts)
            if reset:
                return table
        missing = [name for name in self.parts_ if name not in table]
        if missing:
            raise table.unknown(missing[0])
        return table.select(self.parts_)

    def _degrees(self, X: Any) -> Array:
        check_is_fitted(self, "head_")
        return np.array(self._table(X, self.graph_, reset=False).values.T, order="C")

    # ---- using

    def predict_proba(self, X: Any) -> Array:
        """Probabilities of the classes, shape (rows, classes)."""
        return self._probabilities(self._degrees(X))

    def _probabilities(self, degrees: Array) -> Array:
        with torch.no_grad():
            return np.asarray(self.head_(torch.from_numpy(degrees)).numpy())

    def predict(self, X: Any) -> NDArray[Any]:
        """The likeliest class of each row."""
        places = self.predict_proba(X).argmax(1)
        return np.asarray(self.classes_[places])

    def attributions(self, X: Any) -> Array:
        """Exact Shapley values of the class probabilities, shape (rows, parts, classes); up to 20 parts."""
        return _attributed(self.head_, self._degrees(X), self._background_row())

    def _background_row(self) -> Array:
        if isinstance(self.background, str):
            if self.background not in ("absent", "mean"):
                raise FillError(
                    f"background={self.background!r} is not known. Use 'absent', 'mean', or a row of degrees."
                )
            return np.zeros(len(self._mean)) if self.background == "absent" else self._mean
        try:
            row = np.asarray(self.background, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise FillError(f"background must hold degrees, but {error}. Use 'absent', 'mean', or numbers.") from error
        if row.shape != self._mean.shape:
            raise FillError(
                f"background has shape {row.shape}, but one degree for each of {len(self._mean)} parts is needed."
            )
        wrong = np.flatnonzero(~np.isfinite(row))
        if len(wrong):
            raise FillError(
                f"background is {row[wrong[0]]:g} for part '{self.parts_[wrong[0]]}', but a degree is a finite number. "
                "Use 'absent' or 'mean', or fill it in."
            )
        return row

    def alignment(self, X: Any, y: Any = None, *, threshold: float = 0.01) -> Alignment:
        """Where attributions contradict the graph: by part, by class and by row.

        Parameters
        ----------
        X : as in :meth:`fit`
        y : array-like, shape (rows,), optional
            Classes whose reasons are looked at; those that are predicted by default.
        threshold : float
            How large a contradiction counts.
        """
        degrees = self._degrees(X)
        if self.graph_ is None:
            raise DataError("there is no expert graph to compare with. Pass graph=... to PartClassifier.")
        values = _attributed(self.head_, degrees, self._background_row())
        assigned = self._probabilities(degrees).argmax(1) if y is None else self._places(y, len(degrees))
        classes = [str(name) for name in self.classes_]
        return alignment(values, self.graph_.signs, assigned, parts=self.parts_, classes=classes, threshold=threshold)

    def _places(self, y: Any, rows: int) -> NDArray[np.intp]:
        labels = _labels(self, y)
        unknown = sorted({str(label) for label in labels} - {str(name) for name in self.classes_})
        if unknown or len(labels) != rows:
            found = (
                f"the class '{unknown[0]}', which was not fitted"
                if unknown
                else f"{len(labels)} labels for {rows} rows"
            )
            raise DataError(f"y has {found}. The classes are: {', '.join(map(str, self.classes_))}.")
        return np.searchsorted(self.classes_, labels)

    def attribution_graph(self, X: Any, *, threshold: float = 0.05, present: float = 0.5) -> AttributionGraph:
        """Which parts speak for which classes, row by row, beside the expert graph; see :func:`attribution_graph`."""
        degrees = self._degrees(X)
        values = _attributed(self.head_, degrees, self._background_row())
        expert = None if self.graph_ is None else self.graph_.matrix.T
        classes = [str(name) for name in self.classes_]
        return attribution_graph(
            values, degrees > present, parts=self.parts_, classes=classes, expert=expert, threshold=threshold
        )

    def explain(self, X: Any, row: int = 0) -> PartExplanation:
        """Why one row gets its class."""
        degrees = self._degrees(X)
        if not isinstance(row, Integral) or not -len(degrees) <= row < len(degrees):
            raise DataError(f"there is no row {row!r}: X has {len(degrees)} rows, counted from 0.")
        one, missing = degrees[row : row + 1 or None], self._background_row()
        shares = self._probabilities(one)[0]
        place = int(shares.argmax())
        values = _attributed(self.head_, one, missing)[0, :, place]
        signs = np.zeros(len(values)) if self.graph_ is None else self.graph_.signs[place]
        words = {1.0: "has", -1.0: "lacks", 0.0: ""}
        order = np.argsort(-np.abs(values), kind="stable")
        told = tuple((self.parts_[i], float(one[0, i]), float(values[i]), words[float(signs[i])]) for i in order)
        base = float(self._probabilities(missing[None])[0, place])
        return PartExplanation(self.classes_[place], float(shares[place]), base, told)


def _attributed(head: PartHead, degrees: Array, background: Array) -> Array:
    return shapley_values(head, degrees, background, max_parts=20)


def _table_of(values: Any, names: Any) -> Table:
    """A table of an array, whose columns are ``names`` in order; a table that has names keeps them."""
    if hasattr(values, "columns") or hasattr(values, "column_names") or isinstance(values, Mapping | Table):
        return Table.from_any(values, who="PartClassifier")
    array = np.asarray(values)
    if names is not None and array.ndim == 2 and len(names) != array.shape[1]:
        raise DataError(
            f"the columns have no names, and there are {array.shape[1]} of them for {len(names)} parts: {', '.join(names)}. "
            "Pass a data frame or a mapping whose columns are named as the parts."
        )
    return Table.from_any(array, names=names, who="PartClassifier")


def _labels(estimator: PartClassifier, y: Any) -> NDArray[Any]:
    """Labels of as many rows as they say; pictures are read after them."""
    return read_labels(estimator, y, np.asarray(y).size)
