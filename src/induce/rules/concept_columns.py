"""Concepts beside inputs: how they are read, what is refused, and which are left out of rules."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.errors import DataError, did_you_mean
from induce.mixed import NUMBER, TRUTH, Column, MixedTable
from induce.table import columns_of

__all__ = ["ConceptColumns", "read_concepts", "used_concepts"]

Float = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ConceptColumns:
    """Which concepts there are, and what rules may say of them.

    Parameters
    ----------
    names : tuple of str
    graded : bool
        Whether rules compare a degree with a threshold; otherwise a concept is true or false.
    used : bool array of shape (concepts,)
        False for concepts that are constant in the data, which rules leave out.
    """

    names: tuple[str, ...]
    graded: bool
    used: NDArray[np.bool_]

    def table(self, degrees: Float) -> MixedTable:
        """What rules are over: degrees of shape (rows, concepts) as numbers, or as truth values above 0.5."""
        found = []
        for name, column, used in zip(self.names, degrees.T, self.used, strict=True):
            if not used:
                continue
            if self.graded:
                found.append(Column(name, NUMBER, np.asarray(column, dtype=np.float64)))
            else:
                found.append(Column(name, TRUTH, (column > 0.5).astype(np.float64), (False, True)))
        return MixedTable(tuple(found))

    def place(self, name: str) -> int:
        """The number of a concept.

        Raises
        ------
        DataError
            For a name that is no concept.
        """
        if name not in self.names:
            raise DataError(
                f"there is no concept '{name}'.{did_you_mean(str(name), self.names)} The concepts are: {', '.join(self.names)}."
            )
        return self.names.index(name)

    def wanted(self, values: Any, rows: int, *, degrees: bool) -> Float:
        """Values that a person sets, of shape (rows, concepts); NaN where none is set.

        Parameters
        ----------
        values : mapping of concept name to one value for all rows or an array of shape (rows,)
        rows : int
        degrees : bool
            Whether values must lie in [0, 1].

        Raises
        ------
        DataError
            For what is no mapping, unknown names, what is no number, degrees outside of [0, 1], another number of rows.
        """
        if not isinstance(values, Mapping):
            raise DataError(
                f"values must map names of concepts to values, but got {type(values).__name__}. "
                f"Pass such as {{{self.names[0]!r}: True}}."
            )
        found = np.full((rows, len(self.names)), np.nan)
        for name, value in values.items():
            place = self.place(name)
            numbers = _numbers(value)
            if numbers is None:
                raise DataError(
                    f"concept '{name}' is set to {value!r}, but a number or truth value was expected. "
                    f"Pass one for all rows, or an array of shape ({rows},)."
                )
            if numbers.shape not in ((), (1,), (rows,)):
                raise DataError(
                    f"concept '{name}' is set to an array of shape {numbers.shape}, but X has {rows} rows. "
                    "Pass one value for all rows, or one for each."
                )
            if degrees and bool(((numbers < 0) | (numbers > 1)).any()):
                raise DataError(
                    f"concept '{name}' is set to {value!r}, but a degree lies in [0, 1]. True and False serve."
                )
            found[:, place] = numbers
        return found


def _numbers(value: Any) -> Float | None:
    """Numbers and truth values as an array of any shape; None for everything else."""
    try:
        array = np.asarray(value)
        return None if value is None or array.dtype.kind in "USMm" else array.astype(np.float64)
    except (TypeError, ValueError):
        return None


def read_concepts(concepts: Any, rows: int) -> tuple[Float, tuple[str, ...]]:
    """Degrees of shape (rows, concepts), NaN where unlabeled, and their names.

    Raises
    ------
    DataError
        For degrees outside of [0, 1], names that are given twice or cannot be read in rules, another number of rows.
    """
    if hasattr(concepts, "columns") or hasattr(concepts, "column_names") or isinstance(concepts, Mapping):
        names, columns = columns_of(concepts)
        _check_names(names)
        try:
            values = np.column_stack([np.asarray(c, dtype=np.float64) for c in columns])
        except (TypeError, ValueError) as error:
            raise DataError(
                f"concepts must be numbers in [0, 1] or truth values, but {error}. Encode them first."
            ) from error
    else:
        try:
            values = np.asarray(concepts, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise DataError(
                f"concepts must be numbers in [0, 1] or truth values, but {error}. Encode them first."
            ) from error
        if values.ndim != 2:
            raise DataError(
                f"concepts must have shape (rows, concepts), but they have shape {values.shape}. Give one column a concept."
            )
        names = [f"c{k}" for k in range(values.shape[1])]
    if len(values) != rows:
        raise DataError(
            f"concepts have {len(values)} rows, but X has {rows}. Give one row of concepts for each row of X."
        )
    if not values.shape[1]:
        raise DataError("concepts have no columns. Give at least one, or concepts=None.")
    wrong = np.argwhere((values < 0) | (values > 1))
    if len(wrong):
        row, place = (int(k) for k in wrong[0])
        value = values[row, place]
        hint = (
            "An unlabeled concept is NaN, not -1: write C.replace(-1, np.nan)."
            if value == -1
            else "Scale it, such as (v - v.min()) / (v.max() - v.min()), or pass truth values."
        )
        raise DataError(f"concept '{names[place]}' is {value:g} in row {row}, but a degree lies in [0, 1]. {hint}")
    return values, tuple(names)


def _check_names(names: Sequence[str]) -> None:
    twice = sorted({name for name in names if list(names).count(name) > 1})
    if twice:
        raise DataError(f"the concept '{twice[0]}' is given twice. Give every concept a name of its own.")
    for name in names:
        if not any(letter.isalpha() for letter in str(name)):
            raise DataError(
                f"the concept name {name!r} has no letter, so rules could not be read. Name it such as 'c{str(name).strip()}'."
            )


def used_concepts(names: Sequence[str], degrees: Float, graded: bool) -> NDArray[np.bool_]:
    """Which concepts vary; one warning names the others, which rules leave out."""
    shown = degrees if graded else np.where(np.isnan(degrees), np.nan, degrees > 0.5)
    varies = np.array([len(np.unique(column[~np.isnan(column)])) > 1 for column in shown.T])
    constant = [name for name, fine in zip(names, varies, strict=True) if not fine]
    if constant and len(degrees) > 1:
        several = len(constant) > 1
        warnings.warn(
            f"concept{'s' if several else ''} {', '.join(constant)} {'are' if several else 'is'} constant in the data, so rules "
            f"leave {'them' if several else 'it'} out. Label examples of both kinds.",
            UserWarning,
            stacklevel=4,
        )
    return varies if varies.any() else np.ones(len(varies), dtype=bool)
