"""BooleanRegressor: from a truth table, possibly incomplete and noisy, to a compact formula, as an estimator."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from induce.budget import Budget
from induce.checks import seed_of
from induce.errors import DataError, FillError, OpError, did_you_mean
from induce.formulas.boolean_fitting import RULES, build_fit
from induce.formulas.boolean_rows import read_inputs, read_outputs, refuse_contradictions
from induce.formulas.truth_fit import BooleanFit
from induce.learners.boolean.sample import Sample, sample
from induce.learners.boolean.search import MOST_INPUTS, Settings, essential_inputs, solve, warm
from induce.progress import Progress, watcher
from induce.settings import check_whole
from induce.terms.term import Term

__all__ = ["BooleanRegressor"]

OPERATORS = ("and", "or", "xor", "not")
_WARM: set[bool] = set()


class BooleanRegressor(ClassifierMixin, BaseEstimator):
    """Find a compact Boolean formula for a truth table that may be incomplete and noisy.

    Minimises ``gates * bits of a gate + bits of the errors``, the description length of formula and data. A table that
    gives every combination of its inputs one answer is taken as exact: then the formula is right on every row, and all
    outputs share one circuit of as few two-input gates as can be found.

    Parameters
    ----------
    operators : str
        Names separated by spaces: ``and or xor not``.
    max_inputs : int, optional
        Most inputs that a formula reads.
    noise : "estimate" or float
        Share of flipped answers; 0 asks for a formula that is right on every row.
    select : {"description_length", "errors"}
        Which row of the table is chosen when the rows are not exact.
    effort : float
        Factor on what is tried.
    within : str, float, Budget or None
        ``"10s"``; None ends by a deterministic rule.
    n_jobs : int
        Processes. The result does not depend on it.
    watch : None, "progress" or callable
        Progress reports.
    random_state : int, RandomState or None

    Attributes
    ----------
    fit_ : BooleanFit
        Formulas by gates and errors, the chosen row marked.
    best_ : Term or tuple of Term
        The chosen formula of each output.
    gates_ : int
        Two-input gates of one circuit of all outputs; negation is free.
    relevant_ : tuple of str
        Names of the inputs that are read.
    classes_ : array
        False and true as they were given.

    See Also
    --------
    gene_network : one formula for each gene, from transitions.

    References
    ----------
    S. d'Ascoli, S. Bengio, J. Susskind, E. Abbe (2023), Boolformer: Symbolic Regression of Logic Functions with Transformers.
    D. Knuth (2011), The Art of Computer Programming 4A, section 7.1.2. J. Rissanen (1978), Modeling by Shortest Data Description.

    Examples
    --------
    >>> rows = np.array([[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)])
    >>> model = BooleanRegressor().fit({"a": rows[:, 0], "b": rows[:, 1], "c": rows[:, 2]}, rows[:, 0] & rows[:, 2])
    >>> model.best_, model.gates_
    (a and c, 1)
    """

    _names: tuple[str, ...]

    def __init__(
        self,
        operators: str = "and or xor not",
        *,
        max_inputs: int | None = None,
        noise: Any = "estimate",
        select: str = "description_length",
        effort: float = 1.0,
        within: Any = None,
        n_jobs: int | None = None,
        watch: Any = None,
        random_state: Any = None,
    ) -> None:
        self.operators = operators
        self.max_inputs = max_inputs
        self.noise = noise
        self.select = select
        self.effort = effort
        self.within = within
        self.n_jobs = n_jobs
        self.watch = watch
        self.random_state = random_state

    # ---- fitting

    def fit(self, X: Any, y: Any) -> BooleanRegressor:
        """Search.

        Parameters
        ----------
        X : data frame (pandas, polars, pyarrow), mapping of columns, or array of shape (rows, inputs)
            Of 0 and 1, or False and True.
        y : array-like of shape (rows,) or (rows, outputs), or data frame or mapping of output columns

        Returns
        -------
        BooleanRegressor

        Raises
        ------
        DataError, OpError, BudgetError, FillError
            Saying which column, row or setting is wrong, and what to do.
        """
        operators = self._operators()
        self._check_parameters()
        limit = self._seconds()
        watching = watcher(self.watch)
        if y is None:
            read_outputs(y, 0)
        names, values = self._inputs(X, y, reset=True)
        outputs = read_outputs(y, len(values))
        if self.noise == 0 and not isinstance(self.noise, str):
            refuse_contradictions(values, outputs)
        seen = sample(values, outputs.values)
        noise = None if isinstance(self.noise, str) else float(self.noise)
        _check_held(seen, noise, self.max_inputs)
        if not _WARM:
            warm()
            _WARM.add(True)
        began = time.time()
        settings = Settings(
            noise,
            self.max_inputs,
            1 if "xor" in operators else 3,
            seed_of(self.random_state),
            float(self.effort),
            began + 0.9 * limit,
        )
        counted = [0, 0]

        def tick(looked_at: int, errors: int) -> None:
            counted[:] = [looked_at, errors]
            if watching is not None:
                watching(_progress(time.time() - began, limit, looked_at, errors / len(values)))

        fronts = solve(seen, settings, 1 if self.n_jobs is None else int(self.n_jobs), tick)
        fit = build_fit(
            seen, fronts, names, outputs, replace(settings, deadline=began + limit), operators, str(self.select)
        )
        spent = time.time() - began
        self.fit_: BooleanFit = replace(fit, report={"seconds": spent, "candidates": counted[0], "rows": len(values)})
        self.classes_ = np.array([False, True]) if outputs.boolean else np.array([0, 1])
        self.n_outputs_ = len(outputs.names)
        if watching is not None:
            watching(_progress(spent, limit, counted[0], counted[1] / len(values), "the search is done"))
        return self

    def _operators(self) -> frozenset[str]:
        if not isinstance(self.operators, str):
            raise OpError(
                f"operators must be names separated by spaces, but got {type(self.operators).__name__}. For example 'and or not'."
            )
        given = self.operators.split()
        for name in given:
            if name not in OPERATORS:
                raise OpError(
                    f"unknown operator '{name}'.{did_you_mean(name, OPERATORS)} BooleanRegressor knows: {', '.join(OPERATORS)}."
                )
        missing = None
        if not {"and", "or"} & set(given):
            missing = "'and' or 'or'"
        elif not {"not", "xor"} & set(given):
            missing = "'not'"
        if missing:
            raise OpError(f"the operators '{self.operators}' cannot write every Boolean function. Add {missing}.")
        return frozenset(given)

    def _check_parameters(self) -> None:
        most, noise = self.max_inputs, self.noise
        if most is not None:
            check_whole("max_inputs", most, hint="None sets no limit.")
        known = isinstance(noise, str) and noise == "estimate"
        if not known and (not isinstance(noise, Real) or isinstance(noise, bool) or not 0 <= float(noise) < 0.5):
            raise FillError(
                f"noise must be 'estimate' or a share of flipped answers from 0 to below 0.5, but got {noise!r}. "
                "Pass noise=0.05 when one answer in twenty is wrong."
            )
        if self.select not in RULES:
            raise FillError(
                f"unknown selection rule {self.select!r}.{did_you_mean(str(self.select), RULES)} Known: {', '.join(RULES)}."
            )
        if not isinstance(self.effort, Real) or isinstance(self.effort, bool) or not 0 < self.effort < np.inf:
            raise FillError(
                f"effort must be a positive number, but got {self.effort!r}. 1 is usual, 4 tries four times as much."
            )

    def _seconds(self) -> float:
        budget = Budget.read(self.within)
        if budget.seconds is None:
            raise FillError(
                f"BooleanRegressor ends by seconds, but within={self.within!r} gives none. Write for example '10s'."
            )
        return budget.seconds

    def _inputs(self, X: Any, y: Any, *, reset: bool) -> tuple[tuple[str, ...], NDArray[np.bool_]]:
        framed = hasattr(X, "columns") or hasattr(X, "column_names")
        named = framed or isinstance(X, Mapping)
        if not reset and not named and np.ndim(X) == 2 and np.shape(X)[1] != len(self._names):
            raise DataError(
                f"X has {np.shape(X)[1]} features, but BooleanRegressor is expecting {len(self._names)} features as input: "
                f"{', '.join(self._names)}."
            )
        target = getattr(y, "name", None)
        also = [target] if named and isinstance(target, str) else []
        names, values = read_inputs(X, None if reset or named else self._names, also)
        if reset:
            self._names = names
            self.n_features_in_ = len(names)
            if framed:
                self.feature_names_in_ = np.array(names, dtype=object)
            elif hasattr(self, "feature_names_in_"):
                del self.feature_names_in_
            return names, values
        missing = [name for name in self._names if name not in names]
        if missing:
            raise DataError(
                f"there is no column '{missing[0]}'.{did_you_mean(missing[0], names)} The columns are: {', '.join(names)}."
            )
        return self._names, values[:, [names.index(name) for name in self._names]]

    # ---- using

    @property
    def best_(self) -> Term | tuple[Term, ...]:
        """The chosen formula; a tuple of them for several outputs."""
        check_is_fitted(self, "fit_")
        return self.fit_.best

    @property
    def gates_(self) -> int:
        """Two-input gates of one circuit of all chosen formulas, negation free."""
        check_is_fitted(self, "fit_")
        return self.fit_.gates

    @property
    def relevant_(self) -> tuple[str, ...]:
        """Names of the inputs that the chosen formulas read."""
        check_is_fitted(self, "fit_")
        return self.fit_.relevant

    def predict(self, X: Any) -> NDArray[Any]:
        """The chosen formulas on new rows: array of shape (rows,), or (rows, outputs), of what ``classes_`` holds."""
        check_is_fitted(self, "fit_")
        _, values = self._inputs(X, None, reset=False)
        found = self.classes_[self.fit_.predict(values).astype(int)]
        return np.asarray(found[:, 0] if self.fit_.single else found)

    def score(self, X: Any, y: Any) -> float:
        """Share of the rows on which every output is right."""
        check_is_fitted(self, "fit_")
        _, values = self._inputs(X, None, reset=False)
        truth = read_outputs(y, len(values)).values
        return float((self.fit_.predict(values) == truth).all(axis=1).mean())

    def choose(
        self, *, gates: int | None = None, row: int | None = None, output: str | None = None
    ) -> BooleanRegressor:
        """Choose another row of the table; ``predict`` and the exports follow. See :meth:`BooleanFit.select`."""
        check_is_fitted(self, "fit_")
        self.fit_ = self.fit_.select(gates=gates, row=row, output=output)
        return self

    # ---- exporting

    def to_dnf(self) -> Term | tuple[Term, ...]:
        """The chosen formulas as disjunctions of conjunctions with few parts."""
        check_is_fitted(self, "fit_")
        return self.fit_.to_dnf()

    def to_aig(self) -> str:
        """An and-inverter graph in the ASCII format of AIGER (``aag``)."""
        check_is_fitted(self, "fit_")
        return self.fit_.to_aig()

    def to_verilog(self, module: str = "f") -> str:
        """A Verilog module, one wire a gate."""
        check_is_fitted(self, "fit_")
        return self.fit_.to_verilog(module)

    def to_sympy(self) -> Any:
        """A SymPy expression, or a tuple of them."""
        check_is_fitted(self, "fit_")
        return self.fit_.to_sympy()

    def to_python(self, name: str = "formula") -> str:
        """Source of plain functions that import only numpy."""
        check_is_fitted(self, "fit_")
        return self.fit_.to_python(name)

    # ---- looks

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        tags.classifier_tags.multi_class = False
        tags.classifier_tags.multi_label = True
        return tags

    def __str__(self) -> str:
        return str(self.fit_) if hasattr(self, "fit_") else super().__repr__()

    def _repr_html_inner(self) -> str:  # scikit-learn's notebook hook
        return self.fit_._repr_html_() if hasattr(self, "fit_") else super()._repr_html_inner()  # type: ignore[no-any-return]


def _progress(seconds: float, limit: float, looked_at: int, share: float, stopped: str = "") -> Progress:
    return Progress(seconds, limit, looked_at, 0.0, share, None, (), stopped, "formulas", "wrong")


def _check_held(seen: Sample, noise: float | None, most: int | None) -> None:
    """Refuse a complete table that depends on more inputs than circuits can be shrunk over."""
    if noise not in (None, 0) or most is not None or seen.inputs <= MOST_INPUTS or not seen.complete:
        return
    order = np.argsort((seen.bits.astype(np.int64) << np.arange(seen.inputs)[:, None]).sum(axis=0))
    needed = essential_inputs(seen.yes[:, order] > 0)
    if len(needed) > MOST_INPUTS:
        raise FillError(
            f"the table is complete and its answers depend on {len(needed)} inputs, but an exact search holds at most "
            f"{MOST_INPUTS}. Set max_inputs={MOST_INPUTS} for the best shorter formula, or split the outputs."
        )
