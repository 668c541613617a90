"""ProgramSynthesizer: a small program from examples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from induce.algebras.values import run_rows
from induce.errors import DataError, FillError
from induce.examples import Examples, check_values, listed
from induce.learners.programs.task import ProgramTask
from induce.programs import ambiguity
from induce.programs.language import (
    examples_of,
    language_for,
    language_named,
    literals_for,
    searcher_for,
    seed_from,
)
from induce.programs.source import to_python
from induce.synthesis import KEPT, synthesize
from induce.terms.language import Language
from induce.terms.term import Term

if TYPE_CHECKING:
    from induce.learners.library.documented import DocumentedLibrary
    from induce.learners.library.waking import Library

__all__ = ["ProgramSynthesizer"]


class ProgramSynthesizer(BaseEstimator):  # type: ignore[misc]
    """A small program from examples, which a person can read, run and export.

    Parameters
    ----------
    language : Language, str or library, optional
        What programs are written in: ``lists``, ``strings``, one of your own, or a library that :class:`LibraryLearner` found;
        by default the one for the examples.
    within : Budget, str or float, optional
        ``"10s"``, ``"1e6 candidates"``; by default 3e7 candidates, and a minute at most.
    operators : str, optional
        The only operators of the language that may be used, separated by spaces.
    constants : iterable, optional
        Values that programs may write down; by default those of the language.
    max_size : int
        Most operators and leaves of a program.
    by : learner, optional
        Who searches; chosen from the language by default.
    random_state : int
        The same seed gives the same program.
    watch : None, "progress" or callable

    Attributes
    ----------
    best_ : Term
        The program of least cost that gives every output; the closest one where ``solved_`` is False.
    alternatives_ : list of Alternative
        Programs that give every output too but differ elsewhere, each with an input where it does.
    solved_ : bool
    fit_ : SynthesisFit

    References
    ----------
    S. Gulwani (2011), Automating String Processing in Spreadsheets Using Input-Output Examples.
    A. Albarghouthi, S. Gulwani and Z. Kincaid (2013), Recursive Program Synthesis.

    >>> synthesizer = ProgramSynthesizer().fit([[3, 1, 2], [5, 4]], [[1, 2, 3], [4, 5]])
    >>> synthesizer.best_, synthesizer.predict([[9, 8, 7]])
    (sort(xs), [[7, 8, 9]])
    """

    def __init__(
        self,
        language: Language | str | Library | DocumentedLibrary | None = None,
        *,
        within: Any = None,
        operators: str | None = None,
        constants: Iterable[Any] | None = None,
        max_size: int = 30,
        by: Any = None,
        random_state: int = 0,
        watch: Any = None,
    ) -> None:
        self.language = language
        self.within = within
        self.operators = operators
        self.constants = constants
        self.max_size = max_size
        self.by = by
        self.random_state = random_state
        self.watch = watch

    def fit(self, X: Any, y: Any, unlabelled: Any = None) -> ProgramSynthesizer:
        """Find a program.

        Parameters
        ----------
        X : list of values, list of tuples, mapping of name to values, or data frame
            One entry for each example; text, whole numbers, truth values or lists of them.
        y : list of values
        unlabelled : like X, optional
            Inputs without outputs; programs that have no value there lose.

        Raises
        ------
        DataError
            For examples that are empty, ragged, of mixed sorts, or contradict each other.
        FillError
            If no learner can work on them.
        """
        examples = examples_of(X, y)
        language = self._language(examples)
        library = library_of(self.language)
        literals = literals_for(language if library is None else library.base, self.constants, examples)
        extra = self._unlabelled(unlabelled, examples)
        costs, definitions = ({}, {}) if library is None else (library.costs, library.bodies)
        task = ProgramTask(examples, language, literals, costs, self._size(), extra, definitions)
        learner = searcher_for(self.by, language)
        found = synthesize(task, by=learner, within=self.within, seed=seed_from(self.random_state), watch=self.watch)
        if not found.rows:
            told = "; ".join(note for note in found.notes if note not in (*examples.notes, found.stopped))
            noted = f"Noted: {told.rstrip('.')}. " if told else ""
            raise FillError(
                f"no program of language '{language.name}' gives any of the {len(examples)} outputs. "
                f"{found.seen}Stopped: {found.stopped}. {noted}Allow more operators or constants, or a longer budget."
            )
        self.fit_ = found
        self.examples_ = examples
        self.language_ = language
        return self

    # ---- reading what was given

    def _language(self, examples: Examples) -> Language:
        library = library_of(self.language)
        if library is not None:
            language = library.language
        else:
            language = language_for(examples) if self.language is None else language_named(self.language)
        if self.operators is None:
            return language
        chosen = Language(language.name, language.operators(self.operators), default=language.default)
        return chosen

    def _size(self) -> int:
        if isinstance(self.max_size, bool) or not isinstance(self.max_size, int) or self.max_size < 1:
            raise FillError(f"max_size must be a whole number from 1 on, but got {self.max_size!r}.")
        return self.max_size

    def _unlabelled(self, given: Any, examples: Examples) -> dict[str, tuple[Any, ...]]:
        return {} if given is None else self._inputs(given, examples)

    def _inputs(self, X: Any, examples: Examples) -> dict[str, tuple[Any, ...]]:
        """Columns of new inputs, of the examples' sorts."""
        names = list(examples.inputs)
        if isinstance(X, Mapping) or hasattr(X, "columns"):
            given = {str(label): label for label in X}  # as the examples name them
            missing = next((n for n in names if n not in given), None)
            if missing is not None:
                raise DataError(f"no input named '{missing}'. The program needs: {', '.join(names)}.")
            columns = {n: listed(X[given[n]], f"input '{n}'") for n in names}
            rows_of = {n: len(values) for n, values in columns.items()}
            if len(set(rows_of.values())) > 1:
                told = ", ".join(f"'{n}' has {count}" for n, count in rows_of.items())
                raise DataError(f"the inputs differ in their number of rows: {told}. Give one value for each row.")
        else:
            rows = [row if isinstance(row, tuple) else (row,) for row in listed(X, "the inputs")]
            wrong = next((i for i, row in enumerate(rows) if len(row) != len(names)), None)
            if wrong is not None:
                raise DataError(
                    f"row {wrong} has {len(rows[wrong])} inputs, but the program needs {len(names)}: {', '.join(names)}."
                )
            columns = {n: [row[k] for row in rows] for k, n in enumerate(names)}
        found: dict[str, tuple[Any, ...]] = {}
        for name, values in columns.items():
            plain, sort = check_values(values, f"input '{name}'", missing=True)
            known = any(v is not None and v != [] for v in plain)
            if known and sort is not examples.sorts[name]:
                raise DataError(f"input '{name}' is {sort}, but the program was found for {examples.sorts[name]}.")
            found[name] = plain
        return found

    # ---- what was found

    @property
    def best_(self) -> Term:
        """The chosen program."""
        check_is_fitted(self, "fit_")
        return self.fit_.best

    @property
    def solved_(self) -> bool:
        """Whether the chosen program gives every output."""
        check_is_fitted(self, "fit_")
        return self.fit_.solved

    @property
    def alternatives_(self) -> list[ambiguity.Alternative]:
        """Programs that give every output too, one for each other behaviour."""
        check_is_fitted(self, "fit_")
        if not self.solved_:
            return []
        return ambiguity.alternatives([row.term for row in self.fit_.rows], self.examples_)

    def suggest_example(self) -> ambiguity.Suggestion | None:
        """The input whose output would tell most of the programs that fit apart; None if they agree wherever tried."""
        check_is_fitted(self, "fit_")
        return ambiguity.suggest([row.term for row in self.fit_.rows], self.examples_) if self.solved_ else None

    def predict(self, X: Any) -> Any:
        """Outputs for new inputs; None where the program has no value. A pandas input gives a Series with its index.

        Raises
        ------
        DataError
            If an input is missing or of another sort.
        """
        check_is_fitted(self, "fit_")
        columns = self._inputs(X, self.examples_)
        found = run_rows(self.best_, columns, len(next(iter(columns.values()))))
        if type(X).__module__.startswith("pandas"):
            import pandas as pd

            return pd.Series(found, index=X.index, name="output", dtype=object)
        return found

    def to_python(self, name: str = "program") -> str:
        """Source of a plain function of the inputs, which imports only the standard library."""
        check_is_fitted(self, "fit_")
        library = library_of(self.language)
        best = self.best_ if library is None else library.expand(self.best_, self.examples_.sorts)
        return to_python(best, name, list(self.examples_.inputs))

    def __str__(self) -> str:
        if not hasattr(self, "fit_"):
            return repr(self)
        return f"{self.fit_}\n{self._open()}" if self.solved_ else str(self.fit_)

    def _open(self) -> str:
        """What the examples leave open, in words."""
        kept, others = len(self.fit_.rows), len(self.alternatives_)
        if not others:
            more = "does what it does" if kept == 2 else "do what it does"
            return f"{kept - 1} other programs that were found {more} on every input tried." if kept > 1 else ""
        asked = self.suggest_example()
        told = f"{kept}{' programs or more' if kept >= KEPT else ' programs'} fit, and they do {others + 1} different things."
        return told if asked is None else f"{told} {asked}"

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "fit_")


def library_of(language: Any) -> Library | None:
    """The library that a language was given as; None for anything else."""
    from induce.learners.library.documented import DocumentedLibrary
    from induce.learners.library.waking import Library

    found = language.library if isinstance(language, DocumentedLibrary) else language
    return found if isinstance(found, Library) else None
