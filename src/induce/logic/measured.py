"""Facts with a real value each, for the real expressions of rules."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.errors import DataError
from induce.logic.facts import _split_weights, read_facts
from induce.logic.symbols import Symbols

__all__ = ["read_measured", "together"]


def read_measured(
    name: str, data: Any, symbols: Symbols, value: Any, arity: int | None = None
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """The tuples of ``data`` and the real value of each.

    Raises
    ------
    DataError
        If a value is missing, or a tuple is given twice.
    """
    values, rest = _split_weights(name, data, value)
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        raise DataError(
            f"{name}: the value of row {int(bad[0])} is missing or infinite. Give a number, or drop the row."
        )
    columns = read_facts(name, rest, symbols, arity=arity)
    if len(columns) != len(values):
        raise DataError(
            f"{name}: {len(values)} values for {len(columns)} distinct tuples. Give each tuple once, with one value."
        )
    return columns, values


def together(name: str, symbols: Symbols, old: Any, columns: Any, numbers: Any) -> tuple[Any, Any]:
    """Facts of two tables together; one fact has one number.

    Raises
    ------
    DataError
        If a fact has another number in the second table.
    """
    if old[0] is None:
        return columns, np.asarray(numbers, np.float64)
    known = dict(zip(map(tuple, old[0].tolist()), np.asarray(old[1]).tolist(), strict=True))
    for row, number in zip(map(tuple, columns.tolist()), np.asarray(numbers).tolist(), strict=True):
        if known.setdefault(row, number) != number:
            shown = ", ".join(map(str, symbols.values_of(list(row))))
            raise DataError(
                f"{name}({shown}) was given with {known[row]:g} before and with {number:g} now. Independent alternatives "
                "must be different facts."
            )
    return np.array(list(known), np.int32).reshape(len(known), columns.shape[1]), np.array(list(known.values()))
