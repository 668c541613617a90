"""The languages of programs: what may be written, and which values a program may write down by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from numbers import Integral
from typing import Any

import induce.algebras.list_functions
import induce.algebras.smt_functions
import induce.algebras.string_meanings  # noqa: F401  (they say what the operators do)
from induce.errors import DataError, FillError, OpError, did_you_mean
from induce.examples import Examples, check_values, read_examples
from induce.terms.language import Language
from induce.terms.lists import core_lists, lists
from induce.terms.smt_strings import smt_strings
from induce.terms.sort import INT, TEXT, Sort
from induce.terms.strings import strings

__all__ = [
    "LANGUAGES",
    "core_lists",
    "examples_of",
    "input_names",
    "language_for",
    "language_named",
    "lists",
    "literals_for",
    "searcher_for",
    "seed_from",
    "smt_strings",
    "strings",
]

SMALL = range(6)
"""Whole numbers that programs on lists may write down: none of them is chosen by looking at tasks."""


class _Languages(Mapping[str, Language]):
    """Languages by name, and who searches in them."""

    def __init__(self) -> None:
        self.known = {"lists": lists, "strings": strings, "core_lists": core_lists, "smt_strings": smt_strings}

    def __getitem__(self, name: str) -> Language:
        return self.known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.known)

    def __len__(self) -> int:
        return len(self.known)

    def learner(self, language: Language) -> Any:
        """The learner for a language; None for typed enumeration."""
        if language.name != strings.name:
            return None
        from induce.learners.strings.learner import StringWitness

        return StringWitness()


LANGUAGES = _Languages()


def language_for(examples: Examples) -> Language:
    """The language for the sorts of the examples."""
    sorts = {*examples.sorts.values(), examples.result}
    if sorts == {TEXT}:
        return strings
    return smt_strings if TEXT in sorts else lists


def language_named(language: Any) -> Language:
    """A language, from itself or its name.

    Raises
    ------
    OpError
        If there is none.
    """
    if isinstance(language, str):
        if language not in LANGUAGES:
            raise OpError(
                f"there is no language '{language}' of programs.{did_you_mean(language, LANGUAGES)} "
                f"There are: {', '.join(LANGUAGES)}."
            )
        return LANGUAGES[language]
    if not isinstance(language, Language):
        raise OpError(
            f"language must be a Language or its name, but got {type(language).__name__}. Use for example 'lists'."
        )
    return language


def input_names(examples: Examples) -> list[str]:
    """Names for inputs that came without: xs, ys for lists, s, t for texts, n, m for numbers."""
    letters = {"list": ["xs", "ys", "zs"], "text": ["s", "t", "u"], "int": ["n", "m", "k"], "bool": ["p", "q", "r"]}
    used: dict[str, int] = {}
    names: list[str] = []
    for place, sort in enumerate(examples.sorts.values()):
        pool = letters.get(sort.name, [])
        at = used.get(sort.name, 0)
        names.append(pool[at] if at < len(pool) else f"x{place + 1}")
        used[sort.name] = at + 1
    return names


def examples_of(X: Any, y: Any) -> Examples:
    """Examples from inputs and outputs; inputs that came without names get those of their sorts."""
    X, y = (list(part) if isinstance(part, Iterator) else part for part in (X, y))  # what can be read only once
    first = read_examples(X, y)
    if list(first.inputs) not in (["x"], [f"x{k + 1}" for k in range(len(first.inputs))]) or hasattr(X, "keys"):
        return first
    return read_examples(X, y, input_names(first))


def literals_for(
    language: Language, constants: Iterable[Any] | None, examples: Examples
) -> tuple[tuple[Any, Sort], ...]:
    """The values that programs may write down.

    Raises
    ------
    DataError
        If a constant is of no sort that programs know.
    """
    if constants is None:
        if language.name == "core_lists":
            return ((0, INT), (1, INT))
        numbers = tuple((k, INT) for k in SMALL)
        return (*numbers, ("", TEXT), (" ", TEXT)) if language.name == "smt_strings" else numbers
    found: list[tuple[Any, Sort]] = []
    if isinstance(constants, str | bytes) or not isinstance(constants, Iterable):
        raise DataError(f"constants must be a list of values, but got {constants!r}. Write [{constants!r}].")
    for value in constants:
        (plain,), sort = check_values([value], "a constant")
        found.append((tuple(plain) if isinstance(plain, list) else plain, sort))
    return tuple(found)


def searcher_for(by: Any, language: Language) -> Any:
    """Who searches: ``by``, or the language's own learner; None for typed enumeration.

    Raises
    ------
    FillError
        If ``by`` is no learner of programs.
    """
    if by is None:
        return LANGUAGES.learner(language)
    missing = [name for name in ("accepts", "run") if not callable(getattr(by, name, None))]
    if missing or isinstance(by, type):
        raise FillError(
            f"by must be a learner of programs, which has accepts(task) and run(task, rng), but got {by!r}. "
            "Give for example HeapSearch() of induce.learners.programs.heap_search, or leave by out."
        )
    return by


def seed_from(random_state: Any) -> int:
    """The seed that a random state gives.

    Raises
    ------
    FillError
        If it is no whole number from 0 on.
    """
    given = 0 if random_state is None else random_state
    if isinstance(given, bool) or not isinstance(given, Integral) or int(given) < 0:
        raise FillError(f"random_state must be a whole number from 0 on, but got {random_state!r}. Leave it out for 0.")
    return int(given)
