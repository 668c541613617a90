"""Checks of columns, targets, weights, noise and units: every way in which data can be wrong, said in words."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.errors import DataError, FillError, UnitError, did_you_mean
from induce.terms.unit import Unit

__all__ = [
    "Array",
    "check_finite",
    "check_noise",
    "check_target",
    "check_units",
    "check_weights",
    "counted",
    "real_column",
    "seed_of",
]

Array = NDArray[np.float64]

_SHOWN = 3  # how many offending rows a message names
SIZES = (1e-140, 1e150)
"""Between them, squares of a target's values, and small shares of those, are doubles of full precision."""


def counted(number: int, noun: str) -> str:
    """``1 row``, ``2 rows``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def real_column(name: str, column: Any, what: str = "column") -> Array:
    """One column as float64; None becomes NaN, text and dates raise a DataError naming the first of them."""
    array = np.asarray(column)
    if np.iscomplexobj(array) or (array.dtype == object and any(isinstance(v, complex) for v in array)):
        raise DataError(
            f"Complex data not supported: {what} '{name}' has complex numbers. "
            "Pass the real and imaginary parts as two columns."
        )
    if array.dtype.kind in "biuf":
        return array.astype(np.float64)
    if array.dtype.kind in "mM":
        raise DataError(
            f"{what} '{name}' holds dates or times (row 0: {array[0]}). Turn them into numbers, such as seconds since a start."
        )
    result = np.empty(len(array))
    for row, value in enumerate(array):
        if isinstance(value, (str, bytes)) or not _is_number(value):
            shown = value.item() if isinstance(value, np.generic) else value
            raise DataError(
                f"{what} '{name}' holds {_kind(value)} (row {row}: {shown!r}), but numbers are needed. "
                f"Leave the column out, or encode it as numbers."
            )
        result[row] = np.nan if value is None or type(value).__name__ == "NAType" else float(value)
    return result


def _is_number(value: Any) -> bool:
    if value is None or type(value).__name__ == "NAType":
        return True
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _kind(value: Any) -> str:
    if isinstance(value, (str, bytes)):
        return "text"
    return "dates or times" if hasattr(value, "year") else f"entries of type {type(value).__name__}"


def check_finite(what: str, column: Array, who: str = "A formula") -> None:
    """Raise a DataError that counts the NaN or infinite entries of a column and names the first rows."""
    if np.isfinite(column).all():
        return
    missing = np.flatnonzero(np.isnan(column))
    if len(missing):
        raise DataError(
            f"{what} has {counted(len(missing), 'missing value')} ({_rows(missing)}). "
            f"{who} does not accept NaN; drop them or put an imputer before it."
        )
    infinite = np.flatnonzero(np.isinf(column))
    raise DataError(
        f"{what} has {counted(len(infinite), 'infinite value')} ({_rows(infinite)}). "
        f"{who} does not accept inf; drop or clip them."
    )


def _rows(places: NDArray[np.intp]) -> str:
    shown = ", ".join(str(int(place)) for place in places[:_SHOWN])
    return f"row{'s' if len(places) > 1 else ''} {shown}{', ...' if len(places) > _SHOWN else ''}"


def check_units(
    units: Mapping[str, str | Unit] | None, names: Sequence[str], also: Iterable[str] = ()
) -> dict[str, str]:
    """The units of these columns as text; UnitError for a bad unit or a column that does not exist."""
    known = [*names, *also]
    found: dict[str, str] = {}
    if units is not None and not isinstance(units, Mapping):
        example = names[0] if names else "length"
        raise UnitError(
            f"units is {units!r}, but a mapping of column name to unit was expected. Write for example {{{example!r}: 'm'}}."
        )
    for name, unit in (units or {}).items():
        if name not in known:
            raise UnitError(
                f"a unit was given for column '{name}', which does not exist.{did_you_mean(str(name), known)} "
                f"The columns are: {', '.join(known)}."
            )
        if unit is None:
            continue
        if not isinstance(unit, (str, Unit)):
            raise UnitError(f"the unit of column '{name}' is {unit!r}. Write it as text, such as 'm/s^2'.")
        try:
            Unit.parse(unit)
        except UnitError as error:
            raise UnitError(f"the unit of column '{name}' cannot be read: {error}") from error
        if name in names:
            found[name] = str(unit)
    return found


def check_target(y: Any, rows: int, *, name: str = "y", who: str = "A formula") -> Array:
    """The target as float64 of shape (rows,).

    A column vector is flattened with scikit-learn's DataConversionWarning; a constant target is only warned about, since
    the constant is then the answer.

    Raises
    ------
    DataError
        For no target, several columns, a wrong length, text, complex, missing or infinite entries, or values so small or large
        that their squares are no doubles.

    >>> check_target([1, 2, 3], 3)
    array([1., 2., 3.])
    """
    if y is None:
        raise DataError(f"{who} requires y to be passed, but the target y is None. Pass one number per row.")
    array = np.asarray(y.to_numpy() if hasattr(y, "to_numpy") else y)
    if array.ndim == 2 and array.shape[1] == 1:
        from sklearn.exceptions import DataConversionWarning

        warnings.warn(
            "A column-vector y was passed when a 1d array was expected. Pass y.ravel() to be rid of this warning.",
            DataConversionWarning,
            stacklevel=3,
        )
        array = array[:, 0]
    if array.ndim != 1:
        raise DataError(
            f"the target '{name}' has shape {array.shape}, but one number per row is needed. "
            "Fit one model per target column."
        )
    if len(array) != rows:
        raise DataError(
            f"the target '{name}' has {counted(len(array), 'value')}, but the table has {counted(rows, 'row')}. "
            "Give one target value per row."
        )
    values = real_column(name, array, "the target")
    check_finite(f"the target '{name}'", values, who)
    _check_size(name, values)
    if len(values) > 1 and (values == values[0]).all():
        warnings.warn(
            f"the target '{name}' is constant ({values[0]:g} in every row), so what is learned will be that constant. "
            "Check that the right column was chosen.",
            UserWarning,
            stacklevel=3,
        )
    return values


def _check_size(name: str, values: Array) -> None:
    size = float(np.abs(values).max(initial=0.0))
    if size == 0.0 or SIZES[0] <= size <= SIZES[1]:
        return
    power = f"1e{math.floor(math.log10(size)):+d}"
    raise DataError(
        f"the target '{name}' has values of at most {size:.3g}, whose squares are too {'small' if size < 1.0 else 'large'} for "
        f"double precision. Divide it by {power}."
    )


def check_noise(noise: Any) -> None:
    """Refuse what is no standard deviation of noise.

    Raises
    ------
    FillError
        For anything but None and a finite number above 0.
    """
    if noise is None or (isinstance(noise, Real) and not isinstance(noise, bool) and 0 < float(noise) < math.inf):
        return
    hint = " Without noise, leave it out: what remains then is estimated." if noise == 0 else ""
    raise FillError(f"noise must be a standard deviation above 0, but got {noise!r}.{hint}")


def check_weights(sample_weight: Any, rows: int) -> Array | None:
    """The weights as float64 of shape (rows,), or None for equal weights.

    Raises
    ------
    DataError
        For a wrong length, negative or missing entries, or weights that are all zero.
    """
    if sample_weight is None:
        return None
    array = np.asarray(sample_weight)
    if array.ndim == 0:
        array = np.full(rows, array)
    if array.ndim != 1 or len(array) != rows:
        raise DataError(
            f"sample_weight has shape {array.shape}, but the table has {counted(rows, 'row')}. Give one weight per row."
        )
    values = real_column("sample_weight", array, "the array")
    check_finite("sample_weight", values, "A fit")
    negative = np.flatnonzero(values < 0)
    if len(negative):
        raise DataError(
            f"sample_weight has {counted(len(negative), 'negative value')} ({_rows(negative)}). "
            "Weights must be zero or more; drop those rows, or give them weight 0."
        )
    if not values.any():
        raise DataError(
            "sample_weight is zero in every row, so nothing is left to fit. Give at least one row a weight."
        )
    return values


def seed_of(random_state: Any) -> int:
    """The seed that a ``random_state`` of scikit-learn means: 0 for None, a number as it is, one drawn from a RandomState.

    Raises
    ------
    FillError
        For anything else.

    >>> seed_of(None), seed_of(7)
    (0, 7)
    """
    if random_state is None or (isinstance(random_state, Integral) and int(random_state) >= 0):
        return int(random_state or 0)
    from sklearn.utils import check_random_state

    if not (random_state is np.random or isinstance(random_state, np.random.RandomState)):
        raise FillError(
            f"random_state is {random_state!r}, but a whole number of at least 0, a RandomState or None was expected. "
            "Write random_state=0."
        )
    return int(check_random_state(random_state).randint(2**31 - 1))
