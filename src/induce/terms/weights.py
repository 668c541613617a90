"""Weights of productions as they are given: read, checked, and turned into probabilities."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from induce.errors import GrammarError

__all__ = ["START", "Context", "probabilities", "read_weights"]

Context = tuple[str, int]
"""(parent production, argument index); ``("", 0)`` at the root."""
START: Context = ("", 0)
LEAST = 1e-300
"""Smallest probability of a production that is possible: its logarithm is a number."""


def read_weights(
    weights: Mapping[Any, Any], known: Callable[[str], str], arities: Mapping[str, int]
) -> dict[Context | None, dict[str, float]]:
    """Tables of weights by context; None is the table for all contexts.

    Parameters
    ----------
    weights : mapping
        Production's name to weight, or (parent's name, argument index) to such a mapping, or both mixed.
    known : callable
        The name as the grammar has it; raises for a name that it has not.
    arities : mapping of name to int
        How many arguments each production takes.

    Raises
    ------
    GrammarError
        For unknown names, contexts that there are not, and weights that are no weights.
    """
    read: dict[Context | None, dict[str, float]] = {}
    for key, value in weights.items():
        if isinstance(value, Mapping):
            context = None if key is None else _context(key, known, arities)
            read.setdefault(context, {}).update({known(n): _weight(n, w) for n, w in value.items()})
        else:
            read.setdefault(None, {})[known(key)] = _weight(key, value)
    return read


def _context(key: Any, known: Callable[[str], str], arities: Mapping[str, int]) -> Context:
    if not isinstance(key, tuple) or len(key) != 2 or not isinstance(key[0], str):
        raise GrammarError(
            f"a context of weights is (name of the parent, index of the argument), but got {key!r}. Write for example ('+', 0)."
        )
    parent, index = known(key[0]) if key[0] else "", key[1]
    count = arities.get(parent, 1)
    if isinstance(index, bool) or not hasattr(index, "__index__") or not 0 <= index < count:
        takes = f"takes {count} argument{'' if count == 1 else 's'}" if parent else "is the root, of one place"
        wanted = "0" if count == 1 else f"a number from 0 to {count - 1}" if count else "no context"
        raise GrammarError(f"the context ({parent!r}, {index!r}) is not there: '{parent}' {takes}. Give {wanted}.")
    return parent, int(index)


def _weight(name: Any, given: Any) -> float:
    try:
        weight = float(given)
    except (TypeError, ValueError, OverflowError):
        weight = math.nan
        given = repr(given)
    else:
        given = weight
    if not 0 <= weight < math.inf:
        raise GrammarError(f"the weight of '{name}' is {given}; a number that is not negative was expected.")
    return weight


def probabilities(weights: Sequence[float]) -> list[float]:
    """The shares of positive weights in their sum; none is so small that it has no logarithm.

    >>> probabilities([1.0, 3.0]), probabilities([1e-320, 1e300])
    ([0.25, 0.75], [1e-300, 1.0])
    """
    total = sum(weights)
    if math.isinf(total):
        largest = max(weights)
        return probabilities([max(weight / largest, LEAST) for weight in weights])
    return [max(weight / total, LEAST) for weight in weights]
