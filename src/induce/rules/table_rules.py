"""What the estimators of rules share: reading tables, learning, refitting by hand, stability, exports."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from induce.budget import Budget, Clock
from induce.checks import SIZES, check_weights, seed_of
from induce.errors import DataError, FillError, RuleError, did_you_mean
from induce.mixed import MixedTable
from induce.rules.conditions import conjunction_text
from induce.rules.decisions import FIRST, VOTES
from induce.rules.explaining import Explanation
from induce.rules.program_reader import read_program
from induce.rules.restrictions import Restrictions
from induce.rules.rule_fit import RuleFit, fidelity_of, worth_of
from induce.rules.searching import FOLDS, Problem, Searched, Settings, search
from induce.rules.table_checks import check_folds, check_one_kind, check_sizes
from induce.settings import check_whole
from induce.terms.term import Term

if TYPE_CHECKING:
    from induce.rules.related import RelatedTables

__all__ = [
    "TableRules",
    "check_labels",
    "name_of",
    "read_labels",
    "weights_of",
]

DECIDE = (VOTES, FIRST, "any")


class TableRules:
    """What both estimators share."""

    fit_: RuleFit
    n_features_in_: int
    _head: MixedTable
    max_rules: int
    max_literals: int
    thresholds: int
    decide: str
    subject_to: Any
    units: Mapping[str, str] | None
    by: str
    related: Any
    within: Any
    random_state: Any
    _kept: tuple[str, ...] = ()
    """Conditions that the last refit kept."""

    # ---- reading

    def _check(self) -> None:
        for name in ("max_rules", "max_literals", "thresholds"):
            check_whole(name, getattr(self, name))
        if self.decide not in DECIDE:
            raise FillError(
                f"unknown way to decide {self.decide!r}.{did_you_mean(str(self.decide), DECIDE)} Known: {', '.join(DECIDE)}."
            )

    def table(self, X: Any) -> MixedTable:
        """A table as the rules read it, with the columns and categories of the fit."""
        check_is_fitted(self, "fit_")
        return self._table(X, reset=False)

    def _table(self, X: Any, *, reset: bool, target: Any = None) -> MixedTable:
        named = hasattr(X, "columns") or hasattr(X, "column_names") or isinstance(X, Mapping)
        units, related = self.units, check_related(self.related, named)
        if not named:
            X = validate_data(self, X, reset=reset, dtype=None, ensure_all_finite=False, ensure_min_samples=1)
            names = [f"x{k}" for k in range(X.shape[1])]
            table = (
                MixedTable.read(X, names=names, units=units)
                if reset
                else MixedTable.read(dict(zip(self._head.names, X.T, strict=True)), like=self._head)
            )
        elif reset:
            also = [str(target), *(() if related is None else (d.name for d in related.derived))]
            table = MixedTable.read(X, units=units, also=also)
            self.n_features_in_ = len(table.columns)
            if not isinstance(X, Mapping):
                self.feature_names_in_ = np.array(table.names, dtype=object)
            elif hasattr(self, "feature_names_in_"):
                del self.feature_names_in_
        elif related is None:
            table = MixedTable.read(X, like=self._head)
        if related is not None:
            table = related.join(table) if reset else related.join(X, like=self._head)
        if reset:
            self._head = table.head()
        return table

    def _learn(self, problem: Problem, settings: Settings, target: str, *, weighted: bool) -> None:
        check_sizes(settings, problem.table)
        settings.restrictions.check(problem.table)
        clock = Clock(Budget.read(self.within), "the rules found")
        gathered, began = problem.gathered(), time.process_time()
        found = search(gathered, settings, clock.over, bounded=self.within is not None)
        self._finish(problem, gathered, found, time.process_time() - began, target, " weighted" if weighted else "")

    def _settings(self, only: int | None = None) -> Settings:
        return Settings(
            int(self.max_rules), int(self.max_literals), int(self.thresholds), FIRST if self.decide == "any" else self.decide,
            Restrictions.read(self.subject_to),
            only,
            seed_of(self.random_state),
            self.by,
        )  # fmt: skip

    def _finish(
        self, problem: Problem, gathered: Problem, searched: Searched, seconds: float, target: str, how: str
    ) -> None:
        decisions = searched.decisions
        notes = [f"the search was stopped: {searched.stopped}"] if searched.stopped else []
        notes += [searched.proof] if searched.proof else []
        rows = problem.table.rows
        on, held_out = f"the {rows:,}{how} rows of the fit", None
        if searched.held_out is not None:
            held_out = (searched.held_out, searched.held_out_rows)
            on = f"held out: {FOLDS} folds of {len(searched.held_out_rows):,} different{how} rows"
        counted = gathered.weight if gathered.counted is None else gathered.counted
        fidelity = fidelity_of(decisions, gathered.table, gathered.target, counted, on, held_out)
        self._kept = ()
        spreads = np.array([_spread(c.values) for c in problem.table.columns])
        report = {"cpu_seconds": seconds, "strictness": list(searched.strictness), "rows": rows}
        self.fit_ = RuleFit(
            decisions,
            worth_of(decisions, problem.table, problem.target),
            fidelity,
            target,
            spreads,
            report,
            tuple(notes),
        )

    # ---- using

    @property
    def best_(self) -> Term:
        """The program of the rules."""
        check_is_fitted(self, "fit_")
        return self.fit_.term

    @property
    def rules_(self) -> tuple[str, ...]:
        """The conditions of the rules in words."""
        check_is_fitted(self, "fit_")
        return tuple(self.fit_.decisions.text(k) for k in range(len(self.fit_)))

    def predict(self, X: Any) -> NDArray[Any]:
        """The answer of the rules for each row: array of shape (rows,)."""
        check_is_fitted(self, "fit_")
        return self.fit_.predict_table(self._table(X, reset=False))

    def explain(self, X: Any) -> Explanation:
        """Why the first row is answered so: the rules that hold, the condition closest to flipping, the smallest change.

        A row may also be a mapping of column to entry.
        """
        check_is_fitted(self, "fit_")
        if isinstance(X, Mapping) and all(np.ndim(entry) == 0 for entry in X.values()):
            X = {name: [entry] for name, entry in X.items()}
        return self.fit_.explain(self._table(X, reset=False))

    def refit(self, rules: str | Term | Sequence[str], X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Keep the conditions of rules that were edited by hand, and learn the rest beside them.

        What the rules say, their points, is learned anew, also for those that are kept; to answer with points of your own, use
        ``fit_.edited(program)``.

        Parameters
        ----------
        rules : str, Term or sequence of str
            An edited program (``print(model.best_)``), or the conditions of the rules to keep, ``["age > 50 and smoker is true"]``.
        X, y, sample_weight : as in ``fit``

        Raises
        ------
        ParseError, RuleError
            If they cannot be read.
        """
        check_is_fitted(self, "fit_")
        if isinstance(rules, str) and ":-" not in rules:
            kept = [rules]
        elif isinstance(rules, str | Term):
            decisions = read_program(rules, self._head, self.fit_.decisions.classes)
            kept = [conjunction_text(rule, self._head, units=False) for rule in decisions.rules]
        else:
            kept = list(rules) if isinstance(rules, Iterable) else []
        if not all(isinstance(rule, str) for rule in kept) or not isinstance(rules, Iterable | Term):
            raise RuleError(
                f"the rules to keep are {rules!r}, but a program or conditions were expected. "
                "Write for example ['age > 50 and smoker is true'], or str(model.best_) after editing it."
            )
        restrictions = Restrictions.read(self.subject_to)
        before = self.subject_to
        self.subject_to = replace(restrictions, keep=(*restrictions.keep, *kept))
        try:
            self.fit(X, y, sample_weight)  # type: ignore[attr-defined]
        finally:
            self.subject_to = before
        self._kept = tuple(kept)
        return self

    def stability(
        self, X: Any, y: Any, sample_weight: Any = None, *, folds: int = 10, alike: str = "conditions"
    ) -> dict[str, int]:
        """How many of so many fits, each without a part of the rows, find each rule again.

        A rule is found again when a fit has one whose rows overlap by at least 80 % (Jaccard). Rules that :meth:`refit` kept are kept
        in every fit.

        Parameters
        ----------
        X, y, sample_weight : as in ``fit``
        folds : int
            From 2 to the number of rows.
        alike : {"conditions", "rows"}
            "conditions": the other rule must have the same columns and tests, too. "rows": columns that say the same, such as a
            radius and an area, may stand for each other.
        """
        check_is_fitted(self, "fit_")
        if alike not in ("conditions", "rows"):
            raise FillError(f"rules are alike by conditions or by rows, but got alike={alike!r}.")
        from sklearn.base import clone

        table = self._table(X, reset=False)
        target = np.asarray(y)
        if target.shape != (table.rows,):
            raise DataError(
                f"y has the shape {target.shape}, but X has {table.rows} rows. Give the y of these rows, one entry a row."
            )
        check_folds(folds, table.rows)
        mine = self.fit_.decisions
        fires = mine.fires(table)
        found = dict.fromkeys(self.rules_, 0)
        weight = weights_of(sample_weight, table.rows)
        again: Any = clone(self)  # type: ignore[call-overload]
        if self._kept:
            restrictions = Restrictions.read(self.subject_to)
            again.subject_to = replace(restrictions, keep=(*restrictions.keep, *self._kept))
        for inside in _insides(target, folds, seed_of(self.random_state), bool(mine.classes)):
            other = again.fit(_rows(X, inside), target[inside], weight[inside]).fit_.decisions
            theirs = other.fires(table)
            for k, text in enumerate(self.rules_):
                kind = {(c, t) for c, t, _ in mine.rules[k]}
                for j, rule in enumerate(other.rules):
                    both, either = (fires[k] & theirs[j]).sum(), (fires[k] | theirs[j]).sum()
                    same = alike == "rows" or {(c, t) for c, t, _ in rule} == kind
                    if same and both >= 0.8 * either:
                        found[text] += 1
                        break
        return found

    def to_sql(self, table: str = "data") -> str:
        """A SELECT with a column ``prediction``."""
        check_is_fitted(self, "fit_")
        return self.fit_.to_sql(table)

    def to_prolog(self) -> str:
        """Prolog clauses."""
        check_is_fitted(self, "fit_")
        return self.fit_.to_prolog()

    def to_python(self, name: str = "predict") -> str:
        """Source of a plain function of one row."""
        check_is_fitted(self, "fit_")
        return self.fit_.to_python(name)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()  # type: ignore[misc]
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags

    def __str__(self) -> str:
        return str(self.fit_) if hasattr(self, "fit_") else super().__repr__()

    def _repr_html_inner(self) -> str:  # scikit-learn's notebook hook
        return self.fit_._repr_html_() if hasattr(self, "fit_") else super()._repr_html_inner()  # type: ignore[misc,no-any-return]


def _insides(target: NDArray[Any], folds: int, seed: int, classes: bool) -> Iterator[NDArray[np.intp]]:
    """The rows that are left in, of folds that have as much of every class as can be; without those that have one class only."""
    from sklearn.model_selection import KFold, StratifiedKFold

    whole = classes and np.unique(target, return_counts=True)[1].max() >= folds
    splitter = (StratifiedKFold if whole else KFold)(folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a class of fewer rows than folds is left out of some
        splits = list(splitter.split(target, target if whole else None))
    for inside, _ in splits:
        if not classes or (target[inside] != target[inside[0]]).any():
            yield inside


def _rows(X: Any, rows: NDArray[Any]) -> Any:
    """Some rows of a table of any kind."""
    if isinstance(X, Mapping):
        return {name: np.asarray(column)[rows] for name, column in X.items()}
    if hasattr(X, "iloc"):
        return X.iloc[rows]
    if hasattr(X, "column_names"):  # of pyarrow
        return X.take(rows)
    return X[rows] if hasattr(X, "shape") else np.asarray(X, dtype=object)[rows]


def _spread(values: NDArray[np.float64]) -> float:
    present = values[~np.isnan(values)]
    largest = float(np.abs(present).max(initial=0.0)) or 1.0  # squares of large numbers overflow
    found = float(np.std(present / largest)) * largest if len(present) else 0.0
    return found if 0 < found < np.inf else 1.0


def check_related(related: Any, named: bool) -> RelatedTables | None:
    """Refuse related tables that are none, and a main table whose columns have no names to link."""
    if related is None:
        return None
    from induce.rules.related import RelatedTables

    if not isinstance(related, RelatedTables):
        raise DataError(
            f"related must be RelatedTables, but got {type(related).__name__}. "
            "Write RelatedTables({'orders': orders}, links={'orders.customer': 'id'})."
        )
    if not named:
        raise DataError(
            "related tables are linked to columns by name, but X is an array without names. Give a data frame or a mapping."
        )
    return related


def name_of(y: Any) -> str:
    """What a target is called."""
    name = getattr(y, "name", None)
    return str(name) if isinstance(name, str | int) else "y"


def weights_of(given: Any, rows: int) -> NDArray[np.float64]:
    """The weights of rows, 1 by default."""
    found = check_weights(given, rows)
    if found is not None and found.sum() > SIZES[1]:
        raise DataError(
            f"sample_weight adds up to {found.sum():.3g}, too much to calculate with. Divide it by its largest, {found.max():.3g}."
        )
    return np.ones(rows) if found is None else np.asarray(found, dtype=np.float64)


def read_labels(estimator: Any, y: Any, rows: int) -> NDArray[Any]:
    """One label a row, as an array; refused where there are none, or what is no class."""
    if y is None:
        raise DataError(
            f"This {type(estimator).__name__} estimator requires y to be passed, but the target y is None. "
            "Give one label a row."
        )
    if isinstance(y, list | tuple):  # before numpy makes texts of numbers beside texts
        check_one_kind(y)
    labels: NDArray[Any] = column_or_1d(np.asarray(y), warn=True)
    if labels.dtype.kind in "OmM":
        check_one_kind(labels)
    check_labels(labels, rows)
    check_classification_targets(labels)
    return labels


def check_labels(labels: NDArray[Any], rows: int) -> None:
    """Refuse labels that are missing, infinite, or of another number than the rows."""
    if len(labels) != rows:
        raise DataError(f"y has {len(labels)} labels, but X has {rows} rows. Give one label a row.")
    if labels.dtype.kind == "f" and np.isinf(labels).any():
        row = int(np.flatnonzero(np.isinf(labels))[0])
        raise DataError(
            f"Input y contains infinity or a value too large for dtype('float64') (row {row}). Leave it out."
        )
    absent = [k for k, v in enumerate(labels.tolist()) if v is None or type(v).__name__ == "NAType" or v != v]
    if absent:
        raise DataError(f"y has {len(absent)} missing labels (row {absent[0]}). Leave these rows out.")
