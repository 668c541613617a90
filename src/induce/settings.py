"""Checks of settings that are numbers, said in the same words everywhere."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any

from induce.errors import FillError

__all__ = ["check_number", "check_whole"]


def check_whole(name: str, value: Any, *, least: int = 1, hint: str = "") -> None:
    """Refuse a setting that is no whole number, or one that is too small.

    Parameters
    ----------
    name : str
    value : object
    least : int
    hint : str
        A sentence at the end of the message, such as ``"20 is usual."``.

    Raises
    ------
    FillError

    >>> check_whole("steps", 3)
    """
    if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
        more = f" {hint}" if hint else ""
        raise FillError(f"{name} must be a whole number of at least {least}, but got {value!r}.{more}")


def check_number(name: str, value: Any, usual: float, *, most: float = math.inf, above: bool = False) -> None:
    """Refuse a setting that is no finite number from 0 on.

    Parameters
    ----------
    name : str
    value : object
    usual : float
        What the message suggests.
    most : float
        The largest that is allowed.
    above : bool
        Whether 0 itself is refused.

    Raises
    ------
    FillError

    >>> check_number("rate", 0.01, 0.003, most=1, above=True)
    """
    number = isinstance(value, Real) and not isinstance(value, bool)
    if number and 0 <= float(value) <= most and float(value) < math.inf and not (above and value == 0):
        return
    span = "above 0" if above else "of at least 0"
    if most < math.inf:
        span = f"above 0 and at most {most:g}" if above else f"in [0, {most:g}]"
    raise FillError(f"{name} must be a number {span}, but got {value!r}. {usual:g} is usual.")
