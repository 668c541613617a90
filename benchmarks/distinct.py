"""Which published formulas are the same one: equal up to the names of the variables and a numeric factor."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.formulas.families import Problem

POINTS = 24
MOST_VARIABLES = 7  # beyond, too many orders to try; the only two such Feynman equations differ in their number


def distinct(problems: Iterable[Problem]) -> list[list[Problem]]:
    """Groups of problems with the same formula, each in the given order.

    Two formulas are the same when, for some order of the variables, one is a constant multiple of the other wherever both
    are defined, and they are defined at the same points. Constants inside a function keep two formulas apart.
    """
    groups: list[list[Problem]] = []
    for found in problems:
        home = next((group for group in groups if same_formula(group[0], found)), None)
        if home is None:
            groups.append([found])
        else:
            home.append(found)
    return groups


def same_formula(first: Problem, second: Problem) -> bool:
    """Whether one formula is the other with variables renamed, times a number."""
    names, others = _used(first), _used(second)
    count = len(names)
    if count != len(others):
        return False
    if count > MOST_VARIABLES:
        return first.formula == second.formula
    rng = np.random.default_rng(0)
    points = np.exp(rng.uniform(-1.0, 1.0, (count, POINTS)))
    target = _values(first, names, points)
    orders = np.array(list(itertools.permutations(range(count))))
    tried = _values(second, others, points[orders].transpose(1, 0, 2).reshape(count, -1)).reshape(len(orders), POINTS)
    both = np.isfinite(target)
    if both.sum() < 4:
        return False
    same_domain = (np.isfinite(tried) == both).all(axis=1)
    ratios = tried[same_domain][:, both] / target[both]
    spread = np.ptp(ratios, axis=1) / (np.abs(ratios).mean(axis=1) + 1e-300)
    return bool((spread < 1e-9).any())


def _used(found: Problem) -> list[str]:
    used = {leaf.name for leaf in found.term.variables}
    return [name for name in found.variables if name in used]


def _values(found: Problem, names: list[str], points: NDArray[np.float64]) -> NDArray[np.float64]:
    data: dict[str, Any] = dict(zip(names, points, strict=True))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return np.broadcast_to(np.asarray(found.term(data), dtype=float), points.shape[1:])
