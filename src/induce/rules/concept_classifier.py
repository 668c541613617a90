"""ConceptClassifier: predictions from named concepts by rules, with the rules measured against the model."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from induce.checks import seed_of
from induce.errors import DataError, FillError, did_you_mean
from induce.explain.fidelity import Fidelity
from induce.mixed import MixedTable
from induce.rules.concept_columns import ConceptColumns, read_concepts, used_concepts
from induce.rules.concept_models import ConceptModel, ModelSettings, fit_model
from induce.rules.concept_rules import smallest_flip
from induce.rules.encoders import check_encoder, check_inputs
from induce.rules.rule_fit import RuleFit, worth_of
from induce.rules.table_rules import check_labels, name_of, read_labels
from induce.settings import check_number, check_whole
from induce.terms.term import Term

__all__ = ["ConceptClassifier"]

Array = NDArray[Any]
REASONERS = ("memory", "dcr", "linear", "tree")
HELD_OUT = 0.2
"""Share of the rows on which the fidelity of the exported rules is measured, by a model that has not seen them."""
ENOUGH = 40
"""Rows below which nothing is held out."""


class ConceptClassifier(ClassifierMixin, BaseEstimator):
    """Learns concepts and classes from them, and says by few rules over the concepts how it answers, and how truly.

    An encoder gives a degree ``p_i`` and a vector ``e_i`` of each concept; a reasoner gives the classes. The loss is
    ``BCE(p, c) + 0.5 BCE(y, t)``. Rules over the concepts are then distilled from these answers. Where they are about as
    accurate, they take part: with the share ``r(y)`` of each class under the rule that decides, the answer is
    ``P(y | x) ~ q(y | x) ** (1 - a) r(y) ** a`` with the network's degrees ``q``, so that the network overrules a rule only where
    it is much surer. :meth:`fidelity` says how truly the rules speak for the whole.

    Parameters
    ----------
    encoder : torch.nn.Module, optional
        Inputs to features, for pictures and the like; copied. None: a small perceptron of the columns of a table.
    reasoner : {"memory", "dcr", "linear", "tree"}
        "memory": rules that all rows share, selected row by row. "dcr": one rule for each row. "linear": on the vectors, no
        rules inside. "tree": a decision tree on the degrees.
    max_rules : int
        Most exported rules; a class with more than four classes.
    max_literals : int
        Most concepts in an exported rule.
    n_concepts : int, optional
        How many concepts to find where ``fit`` is given none: clusters of the inputs. None: the columns of the table are the
        concepts, each with a soft threshold that is learned.
    embedding : int
        Length of a concept's vector.
    memory : int
        Rules of a class inside a "memory".
    parsimony : float
        What a literal of the memory costs; for "dcr" the temperature of the relevance is ``10 ** (1 - parsimony)``.
    agreement : float
        The weight ``a`` of the rules' answers, in [0, 1]; 0 leaves the network alone. Used only where the rules are at most 10
        points less accurate than the network on the rows given.
    steps : int
        Batches of at most 256 rows that the network learns from.
    rate : float
        Largest learning rate of Adam, in one cycle; at most 1.
    random_state : int, RandomState or None
        None: 0.

    Attributes
    ----------
    fit_ : RuleFit
        The rules over the concepts, with the fidelity measured on rows held out, which no network and no rule has seen, but which
        count where it is decided whether the rules take part; ``fit_.to_html(path)``, ``fit_.save(path)``.
    rules_ : tuple of str
    best_ : Term
        The rules as a program of the language of rules.
    concept_names_ : tuple of str
    classes_, n_features_in_, feature_names_in_ : as in scikit-learn

    References
    ----------
    P. Barbiero et al. (2023), Interpretable Neural-Symbolic Concept Reasoning. D. Debot et al. (2024), Interpretable
    Concept-Based Memory Reasoning. P. W. Koh et al. (2020), Concept Bottleneck Models. M. Wu et al. (2018), Beyond Sparsity:
    Tree Regularization of Deep Models for Interpretability.

    >>> X = np.random.default_rng(0).random((200, 2))
    >>> C = {"left": X[:, 0] > 0.5, "high": X[:, 1] > 0.5}
    >>> model = ConceptClassifier(random_state=0).fit(X, C["left"] ^ C["high"], concepts=C)
    >>> sorted(model.rules_)
    ['left is false and high is true', 'left is true and high is false']
    """

    def __init__(
        self,
        encoder: Any = None,
        reasoner: str = "linear",
        *,
        max_rules: int = 12,
        max_literals: int = 4,
        n_concepts: int | None = None,
        embedding: int = 8,
        memory: int = 4,
        parsimony: float = 0.01,
        agreement: float = 0.8,
        steps: int = 300,
        rate: float = 3e-2,
        random_state: Any = None,
    ) -> None:
        self.encoder = encoder
        self.reasoner = reasoner
        self.max_rules = max_rules
        self.max_literals = max_literals
        self.n_concepts = n_concepts
        self.embedding = embedding
        self.memory = memory
        self.parsimony = parsimony
        self.agreement = agreement
        self.steps = steps
        self.rate = rate
        self.random_state = random_state

    # ---- fitting

    def fit(self, X: Any, y: Any, concepts: Any = None) -> ConceptClassifier:
        """Learn the model, and the rules that speak for it.

        Parameters
        ----------
        X : table of numbers of shape (rows, columns), or with an encoder an array of shape (rows, ...)
        y : array-like of shape (rows,)
        concepts : data frame, mapping or array of shape (rows, concepts), optional
            Degrees in [0, 1] or truth values; NaN where a concept is not labeled.

        Raises
        ------
        DataError
            For concepts outside of [0, 1], names given twice, pictures that the encoder cannot read.
        FillError
            For settings that cannot be.

        Warns
        -----
        UserWarning
            For concepts that are constant in the data; rules leave them out.
        """
        self._check_settings()
        inputs, labels = self._read_fit(X, y)
        self.classes_, codes = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise DataError(
                f"y has one class only ({self.classes_.tolist()[0]!r}), so there is nothing to tell apart. ConceptClassifier needs at "
                "least 2 classes; add rows of another one."
            )
        began = time.process_time()
        seed = seed_of(self.random_state)
        degrees, columns = self._concepts(inputs, concepts, seed)
        self._columns, self.concept_names_ = columns, columns.names
        settings = ModelSettings(
            self.reasoner, int(self.max_rules), int(self.max_literals), int(self.embedding), int(self.memory),
            float(self.parsimony), int(self.steps), float(self.rate), seed,
        )  # fmt: skip
        classes = tuple(self.classes_.tolist())

        def fitted(rows: Array) -> ConceptModel:
            some = None if degrees is None else degrees[rows]
            return fit_model(inputs[rows], codes[rows], some, columns, classes, self.encoder, settings)

        inside, outside, on = self._split(codes, seed)
        model = fitted(inside)
        if self.reasoner != "tree" and model.near(inputs, codes):
            model.weight = float(self.agreement)
        fidelity = model.measured(inputs[outside], codes[outside], on)
        if len(inside) < len(codes):
            weight = model.weight
            model = fitted(np.arange(len(codes)))
            model.weight = weight
        self._model = model
        self._keep(inputs, codes, fidelity, time.process_time() - began, name_of(y))
        return self

    def _keep(self, inputs: Array, codes: Array, fidelity: Fidelity, seconds: float, target: str) -> None:
        table = self._model.table(inputs)
        spreads = np.array([float(np.std(c.values)) or 1.0 for c in table.columns])
        report = {"cpu_seconds": seconds, "rows": len(codes), "weight_of_rules": self._model.weight}
        worth = worth_of(self._model.decisions, table, codes)
        self.fit_ = RuleFit(self._model.decisions, worth, fidelity, target, spreads, report)

    def _split(self, codes: Array, seed: int) -> tuple[Array, Array, str]:
        """Rows for learning, rows for measuring, and what the latter are called."""
        from sklearn.model_selection import train_test_split

        rows = np.arange(len(codes))
        counts = np.bincount(codes)
        held = int(np.ceil(HELD_OUT * len(rows)))
        if len(rows) < ENOUGH or counts.min() < 2 or held < len(counts):
            return rows, rows, f"the {len(rows):,} rows of the fit, too few to hold any out"
        inside, outside = train_test_split(rows, test_size=HELD_OUT, random_state=seed % 2**31, stratify=codes)
        on = f"held out: {len(outside):,} rows that an equal model had not seen"
        if self.reasoner != "tree" and self.agreement > 0:
            on += ", though they helped to decide whether the rules take part"
        return inside, outside, on

    def _check_settings(self) -> None:
        for name in ("max_rules", "max_literals", "embedding", "memory", "steps", "n_concepts"):
            if name != "n_concepts" or self.n_concepts is not None:
                check_whole(name, getattr(self, name))
        if self.reasoner not in REASONERS:
            raise FillError(
                f"unknown reasoner {self.reasoner!r}.{did_you_mean(str(self.reasoner), REASONERS)} Known: {', '.join(REASONERS)}."
            )
        check_number("agreement", self.agreement, 0.8, most=1)
        check_number("parsimony", self.parsimony, 0.01)
        check_number("rate", self.rate, 0.03, most=1, above=True)
        check_encoder(self.encoder)

    def _read_fit(self, X: Any, y: Any) -> tuple[Array, Array]:
        if self.encoder is None:
            values = validate_data(self, X, dtype=np.float64, ensure_min_samples=2)
        else:
            check_inputs(X)
            values = np.asarray(X, dtype=np.float32)
            self._shape = values.shape[1:]
            self.n_features_in_ = int(np.prod(self._shape))
        return values, read_labels(self, y, len(values))

    def _read(self, X: Any) -> Array:
        check_is_fitted(self, "fit_")
        if self.encoder is None:
            return np.asarray(validate_data(self, X, reset=False, dtype=np.float64))
        check_inputs(X)
        values = np.asarray(X, dtype=np.float32)
        if values.shape[1:] != self._shape:
            raise DataError(
                f"X has rows of shape {values.shape[1:]}, but they had {self._shape} in fit. Give them alike."
            )
        return values

    def _concepts(self, inputs: Array, given: Any, seed: int) -> tuple[Array | None, ConceptColumns]:
        """Labels of the concepts, None where they are the columns, and what rules may say of them."""
        if given is not None:
            degrees, names = read_concepts(given, len(inputs))
            known = degrees[~np.isnan(degrees)]
            graded = bool(((known > 0) & (known < 1)).any())
            return degrees, ConceptColumns(names, graded, used_concepts(names, degrees, graded))
        if self.n_concepts is not None:
            from induce.rules.symbol_clusterer import SymbolClusterer

            clusters = SymbolClusterer(int(self.n_concepts), encoder=self.encoder, random_state=seed).fit(inputs)
            degrees = np.eye(int(self.n_concepts))[clusters.labels_]
            names = tuple(f"symbol_{k}" for k in range(int(self.n_concepts)))
            return degrees, ConceptColumns(names, False, used_concepts(names, degrees, False))
        if self.encoder is not None:
            raise DataError(
                "an encoder needs concepts, but neither labels of them nor their number was given. "
                "Pass concepts= to fit, or n_concepts= to find some."
            )
        seen = getattr(self, "feature_names_in_", [f"x{k}" for k in range(inputs.shape[1])])
        names = tuple(str(name) for name in seen)
        varies = np.ptp(inputs, axis=0) > 0
        return None, ConceptColumns(names, True, varies if varies.any() else np.ones(len(names), dtype=bool))

    # ---- answers

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Degrees of the classes of the concept model, scaled to sum to 1: array of shape (rows, classes)."""
        inputs = self._read(X)
        return self._model.probabilities(inputs)

    def predict(self, X: Any) -> Array:
        """The class that the concept model answers: array of shape (rows,)."""
        places = self.predict_proba(X).argmax(axis=1)
        return np.asarray(self.classes_[places])

    def predict_concepts(self, X: Any) -> NDArray[np.float64]:
        """Degrees of the concepts in the order of ``concept_names_``: array of shape (rows, concepts)."""
        inputs = self._read(X)
        return self._model.degrees(inputs)

    def concept_table(self, X: Any) -> MixedTable:
        """The concepts as the exported rules see them: ``fit_.predict_table(model.concept_table(X))``."""
        inputs = self._read(X)
        return self._model.table(inputs)

    def intervene(self, X: Any, values: Mapping[str, Any]) -> Array:
        """Classes that the model answers when a person sets some concepts.

        Parameters
        ----------
        X : as in ``fit``
        values : mapping of concept name to value
            A truth value or degree, or a number in the unit of the column where the columns are the concepts; one for all
            rows or an array of shape (rows,), where NaN leaves a row's concept as it is.

        Raises
        ------
        DataError
            For unknown concepts, and values that are no numbers, outside of [0, 1], or of another number than the rows.
        """
        inputs = self._read(X)
        wanted = self._columns.wanted(values, len(inputs), degrees=self._model.labeled)
        return np.asarray(self.classes_[self._model.probabilities(inputs, wanted).argmax(axis=1)])

    # ---- rules

    @property
    def rules_(self) -> tuple[str, ...]:
        """The conditions of the exported rules in words."""
        check_is_fitted(self, "fit_")
        return tuple(self.fit_.decisions.text(k) for k in range(len(self.fit_)))

    @property
    def best_(self) -> Term:
        """The exported rules as a program of the language of rules."""
        check_is_fitted(self, "fit_")
        return self.fit_.term

    def fidelity(self, X: Any, y: Any) -> Fidelity:
        """What the exported rules are worth on other rows: accuracy of model and rules, agreement, coverage, what is vacuous.

        Parameters
        ----------
        X, y : as in ``fit``; rows that were left out of it
        """
        inputs = self._read(X)
        labels = column_or_1d(np.asarray(y))
        check_labels(labels, len(inputs))
        strange = sorted(set(np.unique(labels).tolist()) - set(self.classes_.tolist()))
        if strange:
            raise DataError(
                f"y has the class {strange[0]!r}, which was not there in fit. Known: {self.classes_.tolist()}."
            )
        codes = np.searchsorted(self.classes_, labels)
        return self._model.measured(inputs, codes, f"{len(codes):,} rows given")

    def counterfactual(self, x: Any, target: Any) -> dict[str, Any] | None:
        """The fewest concepts that must change for the exported rules to answer a class, and to what.

        Parameters
        ----------
        x : one row, as in ``fit``
        target : a class

        Returns
        -------
        dict of concept to value
            As :meth:`intervene` takes it; empty where the rules answer the class already, None where no change reaches it.
        """
        check_is_fitted(self, "fit_")
        if target not in self.classes_.tolist():
            raise DataError(f"there is no class {target!r}. The classes are: {self.classes_.tolist()}.")
        rows = x.iloc[:1] if hasattr(x, "iloc") and getattr(x, "ndim", 2) == 2 else np.asarray(x)
        if not hasattr(rows, "iloc"):
            wide = 2 if self.encoder is None else 1 + len(self._shape)
            rows = rows[None] if rows.ndim < wide else rows[:1]
        code = self.classes_.tolist().index(target)
        return smallest_flip(self.fit_.decisions, self.concept_table(rows), code)

    def local_rules(self, X: Any) -> tuple[str, ...]:
        """The rule by which a "dcr" model answers each row, in words.

        Raises
        ------
        DataError
            For another reasoner, which has no rule of a row.
        """
        if self.reasoner != "dcr":
            raise DataError(
                f"a rule of each row is written by reasoner='dcr' only, but this one is {self.reasoner!r}. See rules_ instead."
            )
        inputs = self._read(X)
        return self._model.local_rules(inputs)

    def __str__(self) -> str:
        return str(self.fit_) if hasattr(self, "fit_") else super().__repr__()

    def _repr_html_inner(self) -> str:  # scikit-learn's notebook hook
        return self.fit_._repr_html_() if hasattr(self, "fit_") else super()._repr_html_inner()  # type: ignore[no-any-return]
