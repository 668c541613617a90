"""LibraryLearner: programs for many tasks, and the operators that they have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Any

from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from induce.budget import Budget
from induce.errors import DataError, FillError
from induce.examples import Examples
from induce.learners.library.documented import DocumentedLibrary
from induce.learners.library.documenting import document
from induce.learners.library.rewriting import rewritten
from induce.learners.library.waking import Library, Round, grow, rounds
from induce.learners.programs.task import ProgramLearner, ProgramTask, right
from induce.programs.language import examples_of, language_named, literals_for, searcher_for, seed_from
from induce.programs.module import to_module
from induce.programs.reading import NamedTask, named_tasks
from induce.programs.waking import Wake
from induce.search import catching_interrupt
from induce.synthesis import SynthesisFit, synthesize
from induce.terms.language import Language
from induce.terms.term import Term

if TYPE_CHECKING:
    pass

__all__ = ["LibraryLearner", "RoundReport"]


@dataclass(frozen=True)
class RoundReport:
    """What a round of wake and sleep did.

    Parameters
    ----------
    number : int
        0 is the base language alone.
    operators : int
        Of the library that the tasks were tried with, beyond the base language.
    solved, solved_so_far : int
        Tasks.
    left_out : tuple of str
        What had been found in common and could not be kept, and why.
    """

    number: int
    operators: int
    solved: int
    solved_so_far: int
    left_out: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"round {self.number}: {self.solved} solved with {self.operators} new operators, {self.solved_so_far} in all"


class LibraryLearner(BaseEstimator):  # type: ignore[misc]
    """Programs for many tasks, and a documented library of what they have in common.

    Wake: every task is tried under the budget. Sleep: the operators that make the solutions shortest are added to the language,
    and costs are fitted to how often each operator is used. Then all tasks are tried again.

    Parameters
    ----------
    language : Language or str
        The base language.
    rounds : int
        Times to sleep and try again.
    within : Budget, str or float, optional
        For each task in each round: ``"0.5 cpu"``, ``"1e6 candidates"``; by default 5e5 candidates, and 30 seconds at most.
    constants : iterable, optional
        Values that programs may write down; by default those of the language.
    most : int
        Most operators of a library.
    max_arity : int
        Most arguments that compression gives an operator; one whose body is a function gets that function's besides.
    dreams : int
        Programs drawn from the library's language in each sleep, on which, beside the solutions, a small network learns what the
        examples of a task say about the costs of operators; with 0 the costs are the same for all tasks, and there is no network.
    by : learner, optional
        Who searches; the language's own by default, which for lists is typed enumeration.
    proposer : callable, optional
        A language model as a function from a prompt to a text with programs, asked before each task is searched; see
        :class:`~induce.learners.programs.proposals.Proposals`. The task's name is what it is told of the task.
    documenter : callable, optional
        A language model as a function from text to text, which names and describes the operators; a template by default.
    random_state : int
    watch : None, "progress" or callable

    Attributes
    ----------
    library_ : DocumentedLibrary
        The operators with readable names, descriptions, true calls, and the tasks that use them.
    programs_ : dict of task name to Term
        Solutions, in the library's language.
    unsolved_ : list of str
        Names of the other tasks.
    rounds_ : list of RoundReport
    notes_ : list of str
        What searches had to say, such as what was wrong with proposals.
    stopped_ : str
        Why learning ended.

    References
    ----------
    K. Ellis et al. (2021), DreamCoder: Bootstrapping Inductive Program Synthesis with Wake-Sleep Library Learning.
    M. Bowers et al. (2023), Top-Down Synthesis for Library Learning.
    G. Grand et al. (2024), LILO: Learning Interpretable Libraries by Compressing and Documenting Code.

    >>> tasks = {"third": ([[1, 2, 3], [4, 5, 6, 7]], [3, 6]), "rest": ([[1, 2, 3], [4, 5, 6, 7]], [[3], [6, 7]])}
    >>> LibraryLearner(rounds=0, within="2e4 candidates").fit(tasks).programs_
    {'third': car(cdr(cdr(xs))), 'rest': cdr(cdr(xs))}
    """

    def __init__(
        self,
        language: Language | str = "core_lists",
        *,
        rounds: int = 3,
        within: Any = None,
        constants: Iterable[Any] | None = None,
        most: int = 20,
        max_arity: int = 3,
        dreams: int = 0,
        by: ProgramLearner | None = None,
        proposer: Any = None,
        documenter: Any = None,
        random_state: int = 0,
        watch: Any = None,
    ) -> None:
        self.language = language
        self.rounds = rounds
        self.within = within
        self.constants = constants
        self.most = most
        self.max_arity = max_arity
        self.dreams = dreams
        self.by = by
        self.proposer = proposer
        self.documenter = documenter
        self.random_state = random_state
        self.watch = watch

    def fit(self, tasks: Any, y: None = None) -> LibraryLearner:
        """Solve tasks and learn a library.

        Parameters
        ----------
        tasks : mapping of name to (inputs, outputs) or Examples, list of NamedTask (from ``read_tasks``), or list of those
            Inputs as for :class:`ProgramSynthesizer`.
        y : None

        Raises
        ------
        DataError
            For no tasks, two of one name, or bad examples; the task is named.
        FillError
            If a task cannot be worked on, or nothing was solved.
        """
        self._check()
        seed_from(self.random_state)
        named, base = named_tasks(tasks), language_named(self.language)
        given: Any = self.constants  # what is no list is refused where it is read
        self._constants = tuple(given) if isinstance(given, Iterable) and not isinstance(given, str | bytes) else given
        budget = Budget(seconds=30.0, candidates=5e5) if self.within is None else Budget.read(self.within)
        self._accepted(named, base)
        self.rounds_: list[RoundReport] = []
        wake = Wake(self, named, budget)
        last: Round | None = None
        with catching_interrupt(wake.clock):  # type: ignore[arg-type]
            examples = [task.examples for task in named]
            for last in rounds(base, examples, wake, count=self.rounds, most=self.most, max_arity=self.max_arity):
                report = RoundReport(
                    last.number, len(last.library.definitions), len(last.programs), len(last.solutions), last.left_out
                )
                self.rounds_.append(report)
                wake.told(str(report))
                wake.solutions = last.solutions
                if wake.interrupted:
                    break
        assert last is not None  # rounds() yields at least once
        self.stopped_ = (
            "interrupted; this is what was learned so far"
            if wake.interrupted
            else f"{'all ' if self.rounds else ''}{len(self.rounds_)} round{'s were' if self.rounds else ' was'} done"
        )
        self.notes_ = list(wake.notes)
        if not last.solutions and wake.interrupted:
            raise FillError("learning was interrupted before any task was solved. Let it run longer.")
        if not last.solutions:
            raise FillError(
                f"none of the {len(named)} tasks was solved in the language '{base.name}', so there is nothing to learn "
                "from. Give a longer budget (within=), a language with more operators, or easier tasks beside these."
            )
        self._finish(base, named, last.solutions)
        return self

    def _check(self) -> None:
        for name, least in (("rounds", 0), ("most", 1), ("max_arity", 0), ("dreams", 0)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise FillError(f"{name} must be a whole number from {least} on, but got {value!r}.")
        for name, value in (("proposer", self.proposer), ("documenter", self.documenter)):
            if value is not None and not callable(value):
                raise FillError(f"{name} must be a function from text to text, but got {value!r}.")

    def _accepted(self, named: list[NamedTask], base: Language) -> None:
        learner = self.searcher()
        for task in named:
            objection = learner.accepts(self.task_of(task.examples, Library(base)))
            if objection:
                raise FillError(f"task '{task.name}': {objection}. Leave it out, or use another language.")
        getattr(learner, "prepare", lambda: None)()

    def searcher(self) -> ProgramLearner:
        """Who searches."""
        from induce.learners.programs.enumeration import TypedEnumeration

        own: ProgramLearner | None = searcher_for(self.by, language_named(self.language))
        return own if own is not None else TypedEnumeration(memory=5e8)

    def task_of(self, examples: Examples, library: Library) -> ProgramTask:
        """The examples as a task in a library's language."""
        literals = literals_for(library.base, self._constants, examples)
        return ProgramTask(examples, library.language, literals, library.costs, definitions=library.bodies)

    def _finish(self, base: Language, named: list[NamedTask], solutions: Mapping[int, Term]) -> None:
        """The last sleep: a library of all solutions, these written in it, and its documentation."""
        order = sorted(solutions)
        pairs = [(solutions[k], named[k].examples) for k in order]
        night = grow(base, pairs, most=self.most, max_arity=self.max_arity)
        solved = []
        for k in order:
            examples = named[k].examples
            program = rewritten(solutions[k], examples.sorts, night.library)
            # what runs is what is kept: if writing it shorter changed it, the plain solution stays
            solved.append((named[k].name, examples, program if all(right(program, examples)) else solutions[k]))
        seed = seed_from(self.random_state)
        used = {node.op for _, _, program in solved for node in program.walk()}
        kept = tuple(d for d in night.library.definitions if d.op in used)  # bodies are in the base language alone
        library = replace(night.library, definitions=kept)
        try:
            self.library_: DocumentedLibrary = document(library, solved, self.documenter, seed=seed)
        except KeyboardInterrupt:  # what was learned stands; the template needs no time
            self.library_ = document(library, solved, seed=seed)
            self.stopped_ = "interrupted while the operators were named; the names are those of the template"
        self.programs_ = {s.name: s.program for s in self.library_.solutions}
        self.unsolved_ = [task.name for task in named if task.name not in self.programs_]
        self.tasks_ = {task.name: task.examples for task in named}

    # ---- what was learned

    @property
    def abstractions_(self) -> list[Any]:
        """Documentation of each operator of the library."""
        check_is_fitted(self, "library_")
        return list(self.library_.documentation)

    def solve(self, X: Any, y: Any, within: Any = None) -> SynthesisFit:
        """Look for a program for a new task with the library.

        Parameters
        ----------
        X, y
            As for :class:`ProgramSynthesizer`.
        within : Budget, str or float, optional
        """
        check_is_fitted(self, "library_")
        task = self.task_of(examples_of(X, y), self.library_.library)
        seed = seed_from(self.random_state)
        return synthesize(task, by=self.searcher(), within=within, seed=seed, watch=self.watch)

    def to_python(self, name: str) -> str:
        """Source of the program of a task as a plain function, the last one defined, operators of the library written out.

        It bears the task's name, with what Python forbids in a name exchanged.

        Raises
        ------
        DataError
            If no program of that name was found.
        """
        from induce.programs.source import function_names, to_python
        from induce.terms.source import safe_names

        check_is_fitted(self, "library_")
        if name not in self.programs_:
            why = "it was not solved" if name in self.unsolved_ else "there is no such task"
            raise DataError(f"there is no program '{name}': {why}. Solved: {', '.join(self.programs_)}.")
        examples = self.tasks_[name]
        plain = self.library_.library.expand(self.programs_[name], examples.sorts)
        return to_python(plain, safe_names([name], taken=function_names(plain))[name], list(examples.inputs))

    def to_module(self, path: Any, *, overwrite: bool = False) -> Any:
        """Write the library and all programs as a documented Python module; see :func:`induce.programs.to_module`."""
        check_is_fitted(self, "library_")
        return to_module(self.library_, path, overwrite=overwrite)

    def save(self, path: Any) -> None:
        """Write the library and the programs as a folder of text and JSON; ``induce.programs.load`` reads the library back."""
        check_is_fitted(self, "library_")
        self.library_.save(path)

    def report(self) -> str:
        """Rounds, the library, and what stayed unsolved."""
        check_is_fitted(self, "library_")
        lines = [str(r) for r in self.rounds_]
        lines += ["", str(self.library_)]
        if self.unsolved_:
            lines += ["", f"not solved ({len(self.unsolved_)}): {', '.join(self.unsolved_)}"]
        lines += [f"note: {note}" for note in self.notes_[:5]]
        return "\n".join([*lines, "", f"Stopped: {self.stopped_}."])

    def __str__(self) -> str:
        return self.report() if hasattr(self, "library_") else repr(self)

    def _repr_html_(self) -> str:
        if not hasattr(self, "library_"):
            return f"<pre>{escape(repr(self))}</pre>"
        counts = "".join(
            f"<tr><td>{r.number}</td><td>{r.operators}</td><td>{r.solved}</td><td>{r.solved_so_far}</td></tr>"
            for r in self.rounds_
        )
        head = "<tr><th>round</th><th>operators</th><th>solved</th><th>solved so far</th></tr>"
        table = f"<table class='induce'><thead>{head}</thead><tbody>{counts}</tbody></table>"
        return table + self.library_._repr_html_()

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "library_")
