"""FormulaRegressor: symbolic regression with the manners of scikit-learn."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from induce.budget import Budget, Start
from induce.checks import check_noise, seed_of
from induce.choosing import RULES
from induce.errors import DataError, FillError, UnitError, did_you_mean
from induce.fill import BACKENDS, solve, with_target
from induce.fit import Fit
from induce.formulas.baselines import baselines
from induce.formulas.preparing import conditions_of, gathered, split, task_for
from induce.formulas.screening import screened
from induce.learners import named
from induce.learners.learner import Learner
from induce.settings import check_whole
from induce.table import Table, check_enough_rows, check_target, check_weights, warn_columns
from induce.task import Task
from induce.terms.term import Term

if TYPE_CHECKING:
    from induce.formulas.stability import Stability

__all__ = ["FormulaRegressor"]


class _Selector(str):
    """The selection rule as text, which can also be called to choose another row: ``model.select(size=5)``."""

    __slots__ = ("owner",)
    owner: FormulaRegressor

    def __call__(self, **what: Any) -> FormulaRegressor:
        check_is_fitted(self.owner, "fit_")
        self.owner.fit_ = self.owner.fit_.select(**what)
        return self.owner


def _compared(found: Fit, task: Task, seed: int, begun: Start, limit: float | None) -> Fit:
    """The Fit with models beside it that are no formula, as far as the time allows, and the seconds of all of it."""

    def seconds() -> float:
        return time.monotonic() - begun.wall - float(found.report["compile_seconds"])

    rows = baselines(task, seed, math.inf if limit is None else limit - seconds())
    notes = found.notes if len(rows) > 1 else (*found.notes, "boosted trees were not tried beside it: no time was left")
    return replace(found, baselines=rows, notes=notes, report={**found.report, "seconds": seconds()})


class FormulaRegressor(RegressorMixin, BaseEstimator):
    """Find short formulas that fit a table.

    Searches the formulas over ``operators``, minimising the weighted mean square error for every size at once; the result
    is a Pareto front of size against error, from which ``select`` marks one row.

    Parameters
    ----------
    operators : str
        Names separated by spaces: ``+ - * / ^ sqrt cbrt square cube exp log sin cos tan asin acos atan sinh cosh tanh
        sigmoid abs sign min max inverse pi e``. A pair ``sin(sin)`` in ``subject_to`` forbids a nesting.
    units : mapping, optional
        Column name to unit, ``{"length": "m", "g": "m/s^2"}``; the target's under its name or ``"y"``. With units given, a
        column without one is a pure number. Formulas whose units do not agree are never considered.
    max_size : int
        Most nodes of a formula.
    within : str, float, Budget or None
        ``"60s"``; None is a deterministic rule that stops at a plateau.
    by : "auto", Learner or its name
        How to search: ``"portfolio"`` (what "auto" means), ``"bidirectional"``, ``"mcts"``, ``"evolve"``, ``"enumerate"``,
        ``"local"``, ``"separable"``, or a learner with settings of its own; see ``induce.learners``.
    subject_to : Hypotheses, text, callable, or several
        What is known beforehand, hard: :class:`Hypotheses`; texts ``"sin(cos)"`` (no cosine anywhere below a sine); callables
        ``condition(term) -> bool``.
    noise : float, optional
        Standard deviation of the target's noise, in its unit, above 0; estimated from the residuals when None.
    select : {"description_length", "elbow", "loss", "validation"}
        How the row is chosen. "validation" keeps a quarter of the rows back.
    n_jobs : int
        Threads. The result does not depend on it.
    backend : {"joblib", "ray"}
        Where the work runs: threads of this process, or Ray workers (the ``ray`` extra); the result is the same.
    watch : None, "progress" or callable
        Progress reports.
    random_state : int, RandomState or None

    Attributes
    ----------
    fit_ : Fit
        All candidates; ``fit_.to_sympy()``, ``fit_.save(path)``.
    best_ : Term
        The chosen formula.
    n_features_in_, feature_names_in_ : as in scikit-learn

    See Also
    --------
    induce.fill : the same search for any sketch.

    References
    ----------
    J. Koza (1992), Genetic Programming. M. Cranmer (2023), Interpretable Machine Learning for Science with PySR and
    SymbolicRegression.jl. J. Rissanen (1978), Modeling by Shortest Data Description.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.linspace(1, 5, 40)
    >>> model = FormulaRegressor(operators="+ * sqrt", random_state=0).fit({"length": x}, 3 * np.sqrt(x))
    >>> model.best_
    3 * sqrt(length)
    """

    feature_names_: tuple[str, ...]

    def __init__(
        self,
        operators: str = "+ - * / sqrt exp log sin cos",
        *,
        units: Mapping[str, str] | None = None,
        max_size: int = 30,
        within: Any = None,
        by: Any = "auto",
        subject_to: Any = (),
        noise: float | None = None,
        select: str = "description_length",
        n_jobs: int | None = None,
        backend: str = "joblib",
        watch: Any = None,
        random_state: Any = None,
    ) -> None:
        self.operators = operators
        self.units = units
        self.max_size = max_size
        self.within = within
        self.by = by
        self.subject_to = subject_to
        self.noise = noise
        self.select = select
        self.n_jobs = n_jobs
        self.backend = backend
        self.watch = watch
        self.random_state = random_state

    @property
    def select(self) -> Any:
        """The selection rule; call it to choose another row of a fitted model: ``model.select(size=5)``."""
        rule = self.__dict__["select"]
        if not isinstance(rule, str):
            return rule
        chooser = _Selector(rule)
        chooser.owner = self
        return chooser

    @select.setter
    def select(self, rule: Any) -> None:
        self.__dict__["select"] = rule

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The constructor's parameters as given."""
        return {**super().get_params(deep=deep), "select": self.__dict__["select"]}

    # ---- fitting

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> FormulaRegressor:
        """Search.

        Parameters
        ----------
        X : data frame (pandas, polars, pyarrow), mapping of columns, or array of shape (rows, columns)
        y : array-like of shape (rows,)
        sample_weight : array-like of shape (rows,), optional

        Returns
        -------
        FormulaRegressor

        Raises
        ------
        DataError, UnitError, OpError, BudgetError, FillError
            Saying which column, value or name is wrong, and what to do.
        """
        begun, limit = Start(), Budget.read(self.within).seconds  # a bad budget fails before the data are looked at
        known = conditions_of(self.subject_to)
        self._check_parameters()
        table = self._table(X, y, reset=True)
        target_name = getattr(y, "name", None)
        target_name = str(target_name) if isinstance(target_name, str | int) else "y"
        target = check_target(y, table.rows, name=target_name)
        weights = check_weights(sample_weight, table.rows)
        check_enough_rows(table)
        warn_columns(table)
        table, target, weights = gathered(table, target, weights)
        seed = seed_of(self.random_state)
        # a column may be called as the target is: the unit under that name is then the column's
        given = {name: unit for name, unit in (self.units or {}).items() if name not in table}
        target_unit = given.get(target_name, given.get("y"))
        held_out = None
        if self.select == "validation":
            table, target, weights, held_out = split(table, target, weights, seed)
        table, aside = screened(table, target, weights, known.hypotheses.columns, seed, seconds=limit)
        if aside and held_out is not None:
            held_out = (held_out[0].select(table.names), *held_out[1:])
        task = task_for(
            known, self.operators, int(self.max_size), (table, target, weights, held_out), target_unit, self.noise, seed
        )
        learner = self.by if not isinstance(self.by, str) else None if self.by == "auto" else named(self.by)
        found = solve(
            task,
            by=learner,
            within=Budget.read(self.within, task.evidence),
            select=self.select,
            seed=seed,
            watch=self.watch,
            n_jobs=1 if self.n_jobs is None else self.n_jobs,
            backend=self.backend,
            begun=begun,
        )
        notes = (*found.notes, *([aside] if aside else []))
        found = replace(with_target(found, target_name, table.units), notes=notes)
        self.fit_: Fit = _compared(found, task, seed, begun, limit)
        return self

    def _check_parameters(self) -> None:
        check_whole("max_size", self.max_size, hint="20 is usual.")
        check_noise(self.noise)
        if self.select not in RULES:
            raise FillError(
                f"unknown selection rule {self.select!r}.{did_you_mean(str(self.select), RULES)} Known: {', '.join(RULES)}."
            )
        if self.backend not in BACKENDS:
            raise FillError(f"unknown backend {self.backend!r}. Known: {', '.join(BACKENDS)}.")
        if isinstance(self.by, str):
            if self.by != "auto":
                named(self.by)
        elif not isinstance(self.by, Learner):
            raise FillError(
                f"by must be 'auto', a learner or its name, but got {type(self.by).__name__}, which has no run() method."
            )
        if self.units is not None and not isinstance(self.units, Mapping):
            raise UnitError(
                f"units must map column names to units, but got {type(self.units).__name__}. For example {{'x': 'm'}}."
            )

    def _table(self, X: Any, y: Any, *, reset: bool) -> Table:
        units = self.units
        named = hasattr(X, "columns") or isinstance(X, Mapping | Table)
        if not reset and units is not None:
            # the target has a unit, but no column, once the formula is used; a column that is missing is named below
            there = (
                [str(n) for n in (X.names if isinstance(X, Table) else getattr(X, "columns", X))]
                if named
                else self.feature_names_
            )
            units = {n: units[n] for n in self.feature_names_ if n in units and n in there}
        if not named:
            # scikit-learn's own checks for plain arrays: shapes, sparse input, number of columns
            X = validate_data(self, X, reset=reset, dtype=np.float64, ensure_min_samples=1, ensure_all_finite=False)
            names = [f"x{i}" for i in range(X.shape[1])] if reset else list(self.feature_names_)
            table = Table.from_any(X, names=names, units=units, also=self._target_names(y))
        else:
            table = Table.from_any(X, units=units, also=self._target_names(y))
            if hasattr(X, "columns") and not isinstance(X, Table) and reset:
                self.feature_names_in_ = np.array(table.names, dtype=object)
            if reset:
                self.n_features_in_ = table.columns
        if reset:
            self.feature_names_ = table.names
            return table
        missing = [n for n in self.feature_names_ if n not in table]
        if missing:
            raise table.unknown(missing[0])
        return table.select(self.feature_names_)

    def _target_names(self, y: Any) -> list[str]:
        name = getattr(y, "name", None)
        return [*([str(name)] if isinstance(name, str) else []), "y"]

    # ---- using

    @property
    def best_(self) -> Term:
        """The chosen formula."""
        check_is_fitted(self, "fit_")
        return self.fit_.best

    def predict(self, X: Any, *, strict: bool = False) -> NDArray[np.float64]:
        """The chosen formula on new rows.

        Rows outside the formula's domain give NaN with one warning that names them, or an error with ``strict=True``.

        Returns
        -------
        array of shape (rows,)
        """
        check_is_fitted(self, "fit_")
        table = self._table(X, None, reset=False)
        value = self.fit_.predict_table(table)
        bad = np.flatnonzero(~np.isfinite(value))
        if len(bad):
            places = ", ".join(map(str, bad[:5])) + (", ..." if len(bad) > 5 else "")
            message = (
                f"the formula '{self.fit_.row.text()}' is undefined on {len(bad)} of {table.rows} rows (rows {places})."
            )
            if strict:
                raise DataError(f"{message} Select another row of the front, or drop these rows.")
            warnings.warn(f"{message} They are NaN.", UserWarning, stacklevel=2)
        return value

    def stability(self, X: Any, y: Any, sample_weight: Any = None, *, times: int = 100) -> Stability:
        """How often each part of the formula is chosen again when the rows are resampled; see :mod:`induce.formulas.stability`.

        Parameters
        ----------
        X, y, sample_weight : the data of the fit
        times : int
            Resampled tables.
        """
        check_is_fitted(self, "fit_")
        from induce.formulas.stability import stability

        table = self._table(X, None, reset=False)
        target, weights = check_target(y, table.rows), check_weights(sample_weight, table.rows)
        return stability(self.fit_, table, target, weights, times=times, seed=seed_of(self.random_state))

    def plot(self, X: Any = None, y: Any = None) -> Any:
        """The front and, with data, predicted against true values and residuals: a matplotlib Figure."""
        check_is_fitted(self, "fit_")
        from induce.formulas.plot import plot_fit

        if X is None:
            return plot_fit(self.fit_)
        return plot_fit(self.fit_, self.predict(X), check_target(y, len(self.predict(X))))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags

    def __str__(self) -> str:
        return str(self.fit_) if hasattr(self, "fit_") else super().__repr__()

    def _repr_html_inner(self) -> str:  # scikit-learn's notebook hook
        return self.fit_._repr_html_() if hasattr(self, "fit_") else super()._repr_html_inner()  # type: ignore[no-any-return]
