"""RuleClassifier: few short rules that tell classes apart, with the manners of scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.validation import check_is_fitted

from induce.errors import DataError, FillError
from induce.rules.decisions import VOTES
from induce.rules.searching import Problem
from induce.rules.table_checks import check_class_weight, check_exact, check_monotone, check_way, warn_constant
from induce.rules.table_rules import TableRules, name_of, read_labels, weights_of

__all__ = ["RuleClassifier"]


class RuleClassifier(ClassifierMixin, TableRules, BaseEstimator):
    """Learns few short rules that a person can read, edit, check and export.

    Minimises the log-loss plus a charge for every condition; the charge is chosen on rows left out.

    Parameters
    ----------
    max_rules : int
        Most rules; a class with more than four classes.
    max_literals : int
        Most conditions of a rule.
    thresholds : int
        Most thresholds of a column of numbers, with about equally many rows between them.
    decide : {"votes", "first", "any"}
        "votes": every rule that holds adds whole points to the classes, and the class with most points is the answer; ten
        points multiply the odds by e. "first": a decision list, the first rule that holds decides alone. "any": for two
        classes, the second is the answer if any rule holds (a disjunctive normal form).
    by : {"auto", "gradient", "recurring", "exact"}
        "auto": a beam search with exchanges. "gradient": conjunctions are relaxed and learned by gradient, and votes chosen among
        them, for ``decide="votes"``. "recurring": the conjunctions that trees on resampled rows have most often, in that order, for
        ``decide="votes"``; of at most two conditions beside required ones, and ten thresholds a column. Where columns say much the
        same, other rows then give the same rules more often, as ``stability`` counts; less accurate where it takes long conditions.
        "exact": branch and bound, for ``decide="first"`` and ``"any"``; the notes say whether the list is proved to be the best. For
        few columns and thresholds.
    subject_to : Restrictions or mapping, optional
        Monotone columns, forbidden and required conditions, rules to keep; hard.
    class_weight : "balanced", mapping of class to weight, or None
    related : RelatedTables, optional
        Tables with rows that belong to rows of ``X``, for rules about them; to answer for rows with other related rows, give
        those first: ``model.set_params(related=...)``.
    units : mapping of column name to unit, optional
        Shown in conditions.
    within : str, float, Budget or None
        Seconds (``"20s"``); the best so far is kept.
    random_state : int, RandomState or None
        Of the folds on which the charge is chosen.

    Attributes
    ----------
    fit_ : RuleFit
        The rules with support, precision and fidelity; ``fit_.to_html(path)``, ``fit_.save(path)``.
    best_ : Term
        The rules as a program of the language of rules; ``predict`` answers what it answers.
    rules_ : tuple of str
    classes_, n_features_in_, feature_names_in_ : as in scikit-learn

    References
    ----------
    J. Friedman, B. Popescu (2008), Predictive learning via rule ensembles. R. Rivest (1987), Learning decision lists.
    B. Ustun, C. Rudin (2016), Supersparse linear integer models for optimized medical scoring systems.

    Examples
    --------
    >>> table = {"age": [20, 30, 40, 50, 60, 70] * 10, "smoker": [True, False] * 30}
    >>> ill = [age > 45 for age in table["age"]]
    >>> RuleClassifier().fit(table, ill).rules_
    ('age <= 40',)
    """

    def __init__(
        self,
        max_rules: int = 12,
        max_literals: int = 4,
        *,
        thresholds: int = 32,
        decide: str = VOTES,
        by: str = "auto",
        subject_to: Any = None,
        class_weight: Any = None,
        related: Any = None,
        units: Mapping[str, str] | None = None,
        within: Any = None,
        random_state: Any = None,
    ) -> None:
        self.max_rules = max_rules
        self.max_literals = max_literals
        self.thresholds = thresholds
        self.decide = decide
        self.by = by
        self.subject_to = subject_to
        self.class_weight = class_weight
        self.related = related
        self.units = units
        self.within = within
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> RuleClassifier:
        """Learn the rules.

        Parameters
        ----------
        X : data frame (pandas, polars, pyarrow), mapping of columns, or array of shape (rows, columns)
            Numbers, texts, truth values; entries may be missing. Numbers that only name something, such as codes of regions, are given
            as texts.
        y : array-like of shape (rows,)
        sample_weight : array-like of shape (rows,), optional

        Raises
        ------
        DataError, RuleError, FillError
        """
        self._check()
        table = self._table(X, reset=True, target=name_of(y))
        labels = read_labels(self, y, table.rows)
        weight = counted = weights_of(sample_weight, table.rows)
        self.classes_, codes = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise DataError(
                f"y has one class only ({self.classes_.tolist()[0]!r}), so there is nothing to tell apart. RuleClassifier needs at least 2 "
                "classes; add rows of another one."
            )
        check_class_weight(self.class_weight, self.classes_.tolist())
        if self.class_weight is not None:
            weight = weight * compute_sample_weight(self.class_weight, labels)
        if self.decide == "any" and len(self.classes_) != 2:
            raise FillError(
                f"decide='any' is for two classes, but y has {len(self.classes_)}. Use decide='first' or decide='votes'."
            )
        check_way(self.by, self.decide)
        settings = self._settings(1 if self.decide == "any" else None)
        check_monotone(settings, len(self.classes_), self.decide)
        check_exact(settings)
        warn_constant(table)
        problem = Problem(table, codes, tuple(self.classes_.tolist()), weight, counted)
        self._learn(problem, settings, name_of(y), weighted=sample_weight is not None)
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Probabilities of the classes: array of shape (rows, classes)."""
        check_is_fitted(self, "fit_")
        return self.fit_.decisions.probabilities(self._table(X, reset=False))

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Points (or shares) by class, shape (rows, classes); of the second less the first, shape (rows,), for two."""
        check_is_fitted(self, "fit_")
        scores = self.fit_.decisions.scores(self._table(X, reset=False))
        return scores[:, 1] - scores[:, 0] if scores.shape[1] == 2 else scores
