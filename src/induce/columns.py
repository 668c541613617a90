"""Which columns of a user's table a fit uses, in which units: what the command needs to read a table as it is meant."""

from __future__ import annotations

import math
import warnings

import numpy as np

from induce.errors import DataError, UnitError
from induce.fit import Fit
from induce.table import Table
from induce.terms.unit import Unit

__all__ = ["explaining_columns", "known_units", "needed_columns", "read_units"]


def read_units(text: str) -> dict[str, str]:
    """``"length=m, g=m/s^2"`` as a mapping.

    Raises
    ------
    UnitError
        For a part that is no ``name=unit``.

    >>> read_units("length=m, g=m/s^2")
    {'length': 'm', 'g': 'm/s^2'}
    """
    found: dict[str, str] = {}
    for part in text.split(","):
        name, equals, unit = part.rpartition("=")
        if not equals or not name.strip() or not unit.strip():
            raise UnitError(f"cannot read '{part.strip()}' in the units '{text}'. Write them as \"length=m,g=m/s^2\".")
        found[name.strip()] = unit.strip()
    return found


def known_units(table: Table, text: str | None) -> dict[str, str] | None:
    """The units in the table's headers with those of the text; None when there are none, or the text is ``none``.

    Raises
    ------
    UnitError
        For text that cannot be read, or a unit of a column that does not exist.
    """
    if text is not None and text.strip() == "none":
        return None
    given = read_units(text) if text else {}
    for name in given:
        if name not in table:
            raise UnitError(f"the units name a column that is not here: {table.unknown(name)}")
    return {**table.units, **given} or None


def explaining_columns(table: Table, target: str, columns: str | None = None) -> Table:
    """The columns that may explain the target: those named, separated by commas, or all others.

    Columns that hold text throughout are left out with a warning.

    Raises
    ------
    DataError
        For a column that does not exist, holds text among numbers, or is the target itself.
    """
    if target in table.labels:
        raise DataError(f"the target '{target}' holds text, but a formula gives numbers. Choose another column.")
    if target not in table:
        raise table.unknown(target)
    chosen = [name.strip() for name in columns.split(",") if name.strip()] if columns else None
    for name, cells in table.labels.items():
        if chosen is not None and name not in chosen:
            continue
        bad = next((row for row, cell in enumerate(cells) if not _is_number(cell)), 0)
        if chosen is not None or any(_is_number(cell) for cell in cells):
            raise DataError(
                f"column '{name}' holds text in row {bad}: {cells[bad]!r}, but numbers are needed. "
                "Correct that entry, or name the columns to use: --columns a,b."
            )
        warnings.warn(f"column '{name}' holds text and is left out.", UserWarning, stacklevel=2)
    if chosen is None:
        if table.columns == 1:
            raise DataError(f"the table has no column of numbers besides '{target}'. Add one that may explain it.")
        return table.without(target)
    if target in chosen:
        raise DataError(f"the target '{target}' is also among the columns that explain it. Take it out.")
    return table.select(chosen)


def _is_number(cell: str) -> bool:
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False


def needed_columns(fit: Fit, table: Table) -> Table:
    """The columns that the chosen formula needs, converted to the units it was found with.

    Raises
    ------
    DataError
        If a column is missing.
    UnitError
        If a column has a unit of another kind.
    """
    needed = fit.names if fit.modules else tuple(v.name for v in fit.best.variables)
    columns = []
    for name in needed:
        column = table[name]
        if name in table.units and name in fit.units:
            given, wanted = Unit.parse(table.units[name]), Unit.parse(fit.units[name])
            if not given.same_dimension(wanted):
                raise UnitError(
                    f"column '{name}' is in {table.units[name]}, but the formula was found with {fit.units[name]}. "
                    "Give the column that the formula means."
                )
            if given != wanted:
                warnings.warn(f"column '{name}' is converted from {given} to {wanted}.", UserWarning, stacklevel=2)
                column = column * given.factor_to(wanted)
        columns.append(column)
    if not needed:
        return table.select(table.names[:1])
    return Table(needed, np.stack(columns))
