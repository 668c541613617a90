"""Every error induce raises on purpose, with the helper that suggests a correction.

The tree (each child is also the built-in error a caller would expect)::

    InduceError
    |-- TermError      (TypeError)   a term that does not type-check: arity, sort, hole
    |-- ParseError     (ValueError)  text that is not in the language; carries line and column
    |-- OpError        (ValueError)  an operator that the language does not have, or a bad declaration
    |-- UnitError      (ValueError)  a unit that cannot be read, or a formula whose units do not agree
    |-- GrammarError   (ValueError)  a grammar that makes no term, or contradicts itself
    |-- AlgebraError   (ValueError)  an algebra that lacks a law or a meaning that a term needs
    |-- DataError      (ValueError)  a table, column or target that cannot be used
    |-- BudgetError    (ValueError)  a budget that cannot be read or is not positive
    |-- FillError      (ValueError)  a task that no learner can work on
    |-- SpaceError     (ValueError)  a search space that cannot be searched, or a trial without a usable reward
    |-- RuleError      (ValueError)  a rule that cannot be read as a rule or evaluated; carries line and column
    |-- LimitError     (RuntimeError)  a program that would ground beyond a stated limit
    |-- ExportError    (ValueError)  a term that a target format cannot express
    `-- FormatError    (ValueError)  a saved folder that is damaged, or from a newer version

A message says what is wrong with the value, where, what was expected, and one thing to try.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "AlgebraError",
    "BudgetError",
    "DataError",
    "ExportError",
    "FillError",
    "FormatError",
    "GrammarError",
    "InduceError",
    "LimitError",
    "OpError",
    "ParseError",
    "RuleError",
    "SpaceError",
    "TermError",
    "UnitError",
    "did_you_mean",
]


class InduceError(Exception):
    """Base of all errors that induce raises on purpose."""


class TermError(InduceError, TypeError):
    """A term that does not type-check."""


class ParseError(InduceError, ValueError):
    """Text that is not in the language, with the place where reading stopped."""

    def __init__(self, message: str, *, line: int = 1, column: int = 1) -> None:
        super().__init__(f"at {line}:{column}: {message}")
        self.message = message
        self.line = line
        self.column = column

    def __reduce__(self) -> tuple[object, ...]:
        return (_parse_error, (self.message, self.line, self.column))


def _parse_error(message: str, line: int, column: int) -> ParseError:
    return ParseError(message, line=line, column=column)


class OpError(InduceError, ValueError):
    """An operator that the language does not have, or a declaration that cannot be read."""


class UnitError(InduceError, ValueError):
    """A unit that cannot be read, or a formula whose units do not agree."""


class GrammarError(InduceError, ValueError):
    """A grammar that makes no term, or contradicts itself."""


class AlgebraError(InduceError, ValueError):
    """An algebra that lacks a law or a meaning that a term needs."""


class DataError(InduceError, ValueError):
    """A table, column or target that cannot be used."""


class BudgetError(InduceError, ValueError):
    """A budget that cannot be read or is not positive."""


class FillError(InduceError, ValueError):
    """A task that no learner can work on."""


class SpaceError(InduceError, ValueError):
    """A search space that cannot be searched, or a trial without a usable reward."""


class RuleError(InduceError, ValueError):
    """A rule that cannot be read as a rule or evaluated, with its place in the program where it has one."""

    def __init__(self, message: str, *, line: int = 0, column: int = 0) -> None:
        super().__init__(f"at {line}:{column}: {message}" if line > 0 else message)
        self.message = message
        self.line = line
        self.column = column

    def __reduce__(self) -> tuple[object, ...]:
        return (_rule_error, (self.message, self.line, self.column))


def _rule_error(message: str, line: int, column: int) -> RuleError:
    return RuleError(message, line=line, column=column)


class LimitError(InduceError, RuntimeError):
    """A program that would ground beyond a stated limit."""


class ExportError(InduceError, ValueError):
    """A term that a target format cannot express."""


class FormatError(InduceError, ValueError):
    """A saved folder that is damaged, or written by a newer version."""


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """A sentence naming the nearest of ``options``, with a leading space, or an empty string.

    >>> did_you_mean("sine", ["sin", "cos"])
    " Did you mean 'sin'?"
    """
    found = difflib.get_close_matches(word, list(options), n=1, cutoff=0.6)
    return f" Did you mean '{found[0]}'?" if found else ""
