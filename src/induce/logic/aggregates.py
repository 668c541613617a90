"""Aggregates over certain relations: group, sort, reduce."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.errors import LimitError, RuleError
from induce.logic.clauses import AggregateClause
from induce.logic.symbols import LARGEST_INTEGER, Symbols

__all__ = ["FUNCTIONS", "aggregate", "refuse_value"]

Int32 = NDArray[np.int32]

FUNCTIONS = ("count", "max", "mean", "min", "prod", "sum")
"""Names of the aggregates."""

_REDUCE: dict[str, Callable[..., Any]] = {
    "sum": np.add.reduceat,
    "prod": np.multiply.reduceat,
    "min": np.minimum.reduceat,
    "max": np.maximum.reduceat,
    "mean": np.add.reduceat,
}


def aggregate(clause: AggregateClause, rows: Int32, symbols: Symbols) -> Int32:
    """The tuples (keys..., result) of an aggregate over the tuples of its source.

    Parameters
    ----------
    clause : AggregateClause
    rows : int32 array, shape (tuples, arity)
    symbols : Symbols

    Raises
    ------
    RuleError
        For an unknown function, or a value that is not a number.
    LimitError
        When an integer result passes 2**62.
    """
    if clause.function not in FUNCTIONS:
        raise RuleError(
            f"The rule '{clause.text}' uses the aggregate '{clause.function}'. Aggregates are: {', '.join(FUNCTIONS)}.",
            line=clause.line,
        )
    if not len(rows):
        if clause.keys or clause.function not in ("count", "sum", "prod"):
            return np.empty((0, len(clause.keys) + 1), dtype=np.int32)
        return symbols.ids_of([int(clause.function == "prod")]).reshape(1, 1)
    order, starts = _groups(rows, clause.keys)
    sizes = np.diff(np.append(starts, len(rows)))
    keys = rows[order[starts]][:, list(clause.keys)]
    if clause.function == "count":
        result = symbols.ids_of(sizes.astype(np.int64))
    elif clause.function in ("min", "max"):
        result = _extreme(clause, rows[order, clause.value], starts, symbols)
    else:
        result = _reduce(clause, rows[order, clause.value], starts, sizes, symbols)
    return np.concatenate([keys, result[:, None]], axis=1)


def _groups(rows: Int32, keys: tuple[int, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """An order in which groups are consecutive, and where each begins."""
    if not keys:
        return np.arange(len(rows)), np.zeros(1, dtype=np.int64)
    order = np.lexsort([rows[:, key] for key in reversed(keys)])
    ordered = rows[order][:, list(keys)]
    return order, np.flatnonzero(np.append(True, (ordered[1:] != ordered[:-1]).any(axis=1)))


def _refuse_non_numbers(clause: AggregateClause, ids: Int32, valid: NDArray[np.bool_], symbols: Symbols) -> None:
    if not valid.all():
        refuse_value(clause, symbols.value_of(int(ids[np.argmin(valid)])))


def refuse_value(clause: AggregateClause, value: Any) -> None:
    """Say that a value cannot be aggregated.

    Raises
    ------
    RuleError
    """
    from induce.logic.show import value_text

    raise RuleError(
        f"The rule '{clause.text}' takes the {clause.function} of {value_text(value)}, which is not a number. Aggregate numbers, or use "
        "count.",
        line=clause.line,
        column=1 if clause.line else 0,
    )


def _reduce(
    clause: AggregateClause, ids: Int32, starts: NDArray[np.int64], sizes: NDArray[np.int64], symbols: Symbols
) -> Int32:
    numbers, valid = symbols.numbers(ids)
    _refuse_non_numbers(clause, ids, valid, symbols)
    with np.errstate(all="ignore"):
        floats = _REDUCE[clause.function](numbers.astype(np.float64), starts)
        if clause.function == "mean":
            return _means(floats / sizes, numbers.dtype.kind == "i", symbols)
        if numbers.dtype.kind != "i":
            return symbols.ids_of(floats)
        if bool((np.abs(floats) > LARGEST_INTEGER).any()):
            raise LimitError(
                f"In the rule '{clause.text}' an integer passes 2**62 = {LARGEST_INTEGER}. Aggregate floats instead."
            )
        return symbols.ids_of(_REDUCE[clause.function](numbers, starts))


def _means(means: NDArray[np.float64], whole: bool, symbols: Symbols) -> Int32:
    """Means as constants: of integers an integer where it is one, so that it is equal to those that others write."""
    found = symbols.ids_of(means)
    same = (means == np.round(means)) & whole
    found[same] = symbols.ids_of(means[same].astype(np.int64))
    return found


def _extreme(clause: AggregateClause, ids: Int32, starts: NDArray[np.int64], symbols: Symbols) -> Int32:
    """Smallest or largest number of each group, as the constant that it is (1 stays an integer beside 2.0)."""
    numbers, valid = symbols.numbers(ids)
    _refuse_non_numbers(clause, ids, valid, symbols)
    best = np.repeat(_REDUCE[clause.function](numbers, starts), np.diff(np.append(starts, len(ids))))
    place = np.where(numbers == best, np.arange(len(ids)), len(ids))
    return ids[np.minimum.reduceat(place, starts)]
