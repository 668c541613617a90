"""Joins of tables on equal entries, and what several rows together say: the numbers behind related tables."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.errors import DataError
from induce.mixed import CATEGORY, NUMBER, TRUTH, Column, MixedTable
from induce.rules.derived import THE, Step
from induce.table import columns_of

__all__ = ["aggregated", "kind_text", "link_keys", "main_table", "related_table", "with_labels_of"]

Array = NDArray[np.float64]
Places = NDArray[np.intp]


def aggregated(function: str, rows: Places, values: Array, count: int) -> Array:
    """The values of each row together; rows are sorted."""
    if function in ("count", "sum"):  # of no rows it is 0
        weights = None if function == "count" else values
        return _rounded(np.bincount(rows, weights, minlength=count).astype(np.float64))
    found = np.full(count, np.nan)
    if not len(rows):
        return found
    starts = np.flatnonzero(np.r_[True, rows[1:] != rows[:-1]])
    by = {"max": np.maximum, "min": np.minimum}.get(function, np.add)
    together = values[starts] if function == THE else by.reduceat(values, starts)
    if function == "mean":
        together = _rounded(together / np.diff(np.r_[starts, len(rows)]))
    found[rows[starts]] = together
    return found


def _rounded(values: Array) -> Array:
    """Numbers of 14 digits, but for whole ones: the last digits of a sum depend on its order, and no condition may lie between."""
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        digits = 13 - np.floor(np.log10(np.abs(values)))
        scale = 10.0 ** np.clip(digits, 0, 300)
        found = np.round(values * scale) / scale
    return np.where(np.isfinite(found) & (values != np.round(values)), found, values)


def link_keys(left: Column, right: Column, name: str, step: Step) -> tuple[Array, Array]:
    """Numbers that are equal where the entries of two columns are, NaN where one is missing."""
    if left.kind != right.kind and not (left.missing.all() or right.missing.all()):
        raise DataError(
            f"a link equates '{name}', which holds {kind_text(left)}, with '{step.table}.{step.column}', which holds {kind_text(right)}. "
            "Give both the same kind."
        )
    if NUMBER in (left.kind, right.kind):
        for column, where in ((left, name), (right, f"{step.table}.{step.column}")):
            if np.nanmax(np.abs(column.values), initial=0) >= 2**53:
                raise DataError(
                    f"'{where}' links rows by numbers from 2**53 on, which are not told apart exactly. Give them as texts."
                )
        return left.values, right.values
    place = {str(label): float(k) for k, label in enumerate(right.labels)}
    to = np.array([*(place.get(str(label), np.nan) for label in left.labels), np.nan, np.nan])
    return to[np.where(left.missing, len(to) - 1, left.values).astype(np.intp)], right.values


def related_table(name: str, table: Any) -> MixedTable:
    """A related table; what is wrong with it is said with its name."""
    try:
        return MixedTable.read(table, least=0)
    except DataError as problem:
        raise DataError(f"the related table '{name}' cannot be read: {problem}") from problem


def main_table(X: Any, like: MixedTable) -> MixedTable:
    """The main table with the columns of the fit; identifiers are those of the rows given, not those of the fit."""
    names, raw = columns_of(X)
    given = dict(zip(names, raw, strict=True))
    own = tuple(c for c in like.columns if c.name not in like.derived and c.name not in like.identifiers)
    main = MixedTable.read(X, like=replace(like, columns=own))
    there = {name: given[name] for name in sorted(like.identifiers) if name in given}
    return replace(main, columns=(*main.columns, *MixedTable.read(there).columns)) if there else main


def kind_text(column: Column) -> str:
    """What a column holds, in words."""
    return {NUMBER: "numbers", CATEGORY: "texts", TRUTH: "truth values"}[column.kind]


def with_labels_of(column: Column, like: Column) -> Column:
    """A looked-up column with the categories of the fit."""
    if column.labels == like.labels:
        return column
    place = {label: float(k) for k, label in enumerate(like.labels)}
    to = np.array([*(place.get(label, float(len(like.labels))) for label in column.labels), np.nan])
    values = to[np.where(column.missing, len(to) - 1, column.values).astype(np.intp)]
    return Column(column.name, like.kind, values, like.labels)
