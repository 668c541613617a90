"""Checks of what the estimators of rules over tables are told: ways to search and decide, restrictions, seeds, classes."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.errors import DataError, FillError, RuleError, did_you_mean
from induce.mixed import MixedTable
from induce.rules.decisions import VOTES
from induce.rules.searching import Settings

__all__ = [
    "check_class_weight",
    "check_exact",
    "check_folds",
    "check_monotone",
    "check_one_kind",
    "check_sizes",
    "check_way",
    "warn_constant",
]


def check_monotone(settings: Settings, classes: int, decide: str) -> None:
    """Refuse monotone columns where nothing could be monotone."""
    if settings.restrictions.monotone and settings.by in POOLED:
        raise RuleError(f"by={settings.by!r} knows no monotone columns. Use by='auto', or leave them out.")
    if settings.restrictions.monotone and (classes > 2 or decide != VOTES):
        why = f"there are {classes} classes" if classes > 2 else f"decide={decide!r}"
        raise RuleError(f"monotone columns need two classes (or a number) and decide='votes', but {why}.")


WAYS = ("auto", "gradient", "recurring", "exact")
POOLED = ("gradient", "recurring")
"""Ways to find conjunctions among which votes are chosen."""


def check_way(by: Any, decide: str, ways: Sequence[str] = WAYS) -> None:
    """Refuse unknown ways to search, and decisions that they do not make."""
    if by not in ways:
        raise FillError(f"unknown way to search {by!r}.{did_you_mean(str(by), ways)} Known: {', '.join(ways)}.")
    if by == "exact" and decide == VOTES:
        raise FillError("by='exact' finds the best list, but decide='votes'. Use decide='first' or decide='any'.")
    if by in POOLED and decide != VOTES:
        raise FillError(f"by={by!r} learns votes, but decide={decide!r}. Use decide='votes'.")


def check_exact(settings: Settings) -> None:
    """Refuse required and kept rules for exact lists, which are made of all conjunctions."""
    if settings.by == "exact" and (tuple(settings.restrictions.required) or tuple(settings.restrictions.keep)):
        raise RuleError(
            "by='exact' knows no required conditions and no rules to keep. Use by='auto', or leave them out."
        )


def check_sizes(settings: Settings, table: MixedTable) -> None:
    """Refuse more required conditions than a rule may have, and more rules to keep than there may be."""
    restrictions = settings.restrictions
    required, kept = len(restrictions.required_in(table)), len(restrictions.kept_in(table))
    if required > settings.max_literals:
        raise RuleError(f"{required} conditions are required, but max_literals is {settings.max_literals}. Raise it.")
    if kept > settings.max_rules:
        raise RuleError(f"{kept} rules are to be kept, but max_rules is {settings.max_rules}. Raise it or keep fewer.")


def warn_constant(table: MixedTable) -> None:
    """One warning that names the constant columns."""
    constant = [c.name for c in table.columns if len(np.unique(c.values[~c.missing])) < 2 and not c.missing.any()]
    if constant and table.rows > 1:
        warnings.warn(
            f"{'columns' if len(constant) > 1 else 'column'} {', '.join(constant)} {'are' if len(constant) > 1 else 'is'} constant, so no "
            f"rule can use {'them' if len(constant) > 1 else 'it'}. Leave {'them' if len(constant) > 1 else 'it'} out.",
            UserWarning,
            stacklevel=3,
        )


def check_class_weight(given: Any, classes: Sequence[Any]) -> None:
    """Refuse weights of classes that are no weights, and classes that are not there.

    Raises
    ------
    FillError
    """
    if given is None or (isinstance(given, str) and given == "balanced"):
        return
    if not isinstance(given, Mapping):
        raise FillError(
            f"class_weight must be 'balanced', a mapping of class to weight, or None, but got {given!r}. "
            f"Write for example {{{classes[0]!r}: 2}}."
        )
    for label, weight in given.items():
        if label not in classes:
            raise FillError(
                f"class_weight has the class {label!r}, which y does not have.{did_you_mean(str(label), map(str, classes))} "
                f"The classes are: {', '.join(map(repr, classes))}."
            )
        if not isinstance(weight, Real) or isinstance(weight, bool) or not 0 <= float(weight) < float("inf"):
            raise FillError(
                f"class_weight[{label!r}] is {weight!r}, but a finite number of at least 0 was expected. "
                "Give a class that counts less a weight below 1."
            )


def check_folds(folds: Any, rows: int) -> None:
    """Refuse a number of folds that does not divide rows."""
    if not isinstance(folds, Integral) or isinstance(folds, bool) or not 2 <= int(folds) <= rows:
        raise FillError(
            f"folds must be a whole number from 2 to the number of rows, {rows}, but got {folds!r}. Try folds={min(10, rows)}."
        )


def check_one_kind(labels: Sequence[Any] | NDArray[Any]) -> None:
    """Refuse labels of which some are texts and others are not, and dates."""
    first: dict[str, int] = {}
    for row, label in enumerate(labels):
        if hasattr(label, "isoformat") or isinstance(label, np.datetime64 | np.timedelta64):
            raise DataError(
                f"y holds dates or times (row {row}: {label}), but classes are texts, whole numbers or truth values. "
                "Write them as texts, such as '2020-01-31'."
            )
        if label is not None and type(label).__name__ != "NAType" and label == label:
            first.setdefault("text" if isinstance(label, str) else "other", row)
    if len(first) > 1:
        text, other = first["text"], first["other"]
        raise DataError(
            f"y mixes texts with other things (row {text}: {labels[text]!r}, row {other}: {labels[other]!r}). "
            "Make the labels all text or all numbers."
        )
