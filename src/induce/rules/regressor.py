"""RuleRegressor: few short rules that predict a number, with the manners of scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sklearn.base import BaseEstimator, RegressorMixin

from induce.checks import check_target
from induce.errors import FillError
from induce.rules.decisions import VOTES
from induce.rules.searching import Problem
from induce.rules.table_checks import POOLED, check_monotone, check_way, warn_constant
from induce.rules.table_rules import TableRules, name_of, weights_of

__all__ = ["RuleRegressor"]


class RuleRegressor(RegressorMixin, TableRules, BaseEstimator):
    """Learns few short rules that predict a number.

    Minimises the squared error plus a charge for every condition. With ``decide="votes"`` the answer is the default plus what each
    rule that holds adds; with ``decide="first"`` it is what the first rule that holds says.

    Parameters
    ----------
    max_rules : int
        Most rules.
    max_literals : int
        Most conditions of a rule.
    thresholds : int
        Most thresholds of a column of numbers.
    decide : {"votes", "first"}
    by : {"auto", "gradient", "recurring"}
        As in :class:`RuleClassifier`.
    subject_to : Restrictions or mapping, optional
        As in :class:`RuleClassifier`; ``monotone`` speaks of the answer.
    related : RelatedTables, optional
        Tables with rows that belong to rows of ``X``, for rules about them; to answer for rows with other related rows, give
        those first: ``model.set_params(related=...)``.
    units : mapping of column name to unit, optional
    within : str, float, Budget or None
        Seconds (``"20s"``); the best so far is kept.
    random_state : int, RandomState or None

    Attributes
    ----------
    fit_, best_, rules_
        As in :class:`RuleClassifier`.

    References
    ----------
    J. Friedman, B. Popescu (2008), Predictive learning via rule ensembles. K. Dembczynski et al. (2010), ENDER.

    Examples
    --------
    >>> table = {"age": list(range(20, 80)), "smoker": [True, False] * 30}
    >>> cost = [100.0 + 50.0 * (age > 45) for age in table["age"]]
    >>> RuleRegressor().fit(table, cost).rules_
    ('age <= 45.5',)
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
        self.related = related
        self.units = units
        self.within = within
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> RuleRegressor:
        """Learn the rules; parameters as in :meth:`RuleClassifier.fit`, ``y`` numbers."""
        self._check()
        if self.decide == "any":
            raise FillError("decide='any' is for two classes. Use decide='first' or decide='votes'.")
        check_way(self.by, self.decide, ("auto", *POOLED))
        table = self._table(X, reset=True, target=name_of(y))
        target = check_target(y, table.rows, name=name_of(y), who="A rule")
        weight = weights_of(sample_weight, table.rows)
        settings = self._settings()
        check_monotone(settings, 0, self.decide)
        warn_constant(table)
        self._learn(Problem(table, target, (), weight), settings, name_of(y), weighted=sample_weight is not None)
        return self
