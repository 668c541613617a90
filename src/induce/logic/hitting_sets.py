"""Minimal hitting sets: the least sets of elements that meet every conflict, over bit masks, smallest first.

Diagnoses are the minimal hitting sets of conflicts (Reiter), and explanations and counterfactuals are each other's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.errors import DataError, LimitError

__all__ = ["elements_of", "mask_of", "minimal_hitting_sets", "minimal_sets"]

MOST_PARTIAL = 2_000_000
_WORD = 64
_CELLS = 1 << 22
"""Masks looked at in one array operation."""


def mask_of(elements: Iterable[int]) -> int:
    """The set as an integer whose bit ``k`` says whether ``k`` is in it.

    >>> mask_of([0, 3])
    9
    """
    mask = 0
    for element in elements:
        mask |= 1 << int(element)
    return mask


def elements_of(mask: int) -> tuple[int, ...]:
    """Places of the bits of a mask.

    >>> elements_of(9)
    (0, 3)
    """
    return tuple(k for k in range(int(mask).bit_length()) if mask >> k & 1)


def minimal_sets(masks: Iterable[int]) -> list[int]:
    """The sets that contain no other of the sets, smallest first.

    >>> minimal_sets([0b011, 0b001, 0b110])
    [1, 6]
    """
    kept: list[int] = []
    for mask in sorted(set(masks), key=lambda m: (m.bit_count(), m)):
        if not any(small & mask == small for small in kept):
            kept.append(mask)
    return kept


def minimal_hitting_sets(
    conflicts: Iterable[int | Iterable[int]],
    weights: Sequence[float] | Mapping[int, float] | None = None,
    limit: int | None = None,
) -> list[int]:
    """All inclusion-minimal sets that share an element with every conflict, by size, then by summed weight.

    ``H`` is one when ``H & C != 0`` for all conflicts ``C`` and no proper subset of ``H`` has this property. Sets grow one
    element at a time from the smallest conflict that they miss; one whose element is not the only one to meet some conflict
    can never become minimal and is dropped.

    Parameters
    ----------
    conflicts : iterable of int or of collections of int
        Bit masks, or the elements themselves.
    weights : sequence or mapping, optional
        Cost of each element; among sets of one size the cheapest come first. 1 by default.
    limit : int, optional
        As many of the first sets as are wanted; sizes beyond those are not looked at.

    Returns
    -------
    list of int
        Bit masks; ``[0]`` for no conflicts, ``[]`` where a conflict is empty.

    Raises
    ------
    DataError
        For negative masks or elements, and a limit below 1.
    LimitError
        When more than two million partial sets are open.

    References
    ----------
    R. Reiter (1987), A Theory of Diagnosis from First Principles. K. Murakami, T. Uno (2014), Efficient Algorithms for
    Dualizing Large-Scale Hypergraphs.

    >>> [elements_of(mask) for mask in minimal_hitting_sets([{0, 1}, {1, 2}, {0, 3}], weights=[1, 1, 5, 1])]
    [(0, 1), (1, 3), (0, 2)]
    """
    if limit is not None and limit < 1:
        raise DataError(f"limit must be at least 1, but it is {limit!r}. None gives all hitting sets.")
    masks = minimal_sets(_read(conflict) for conflict in conflicts)
    if not masks:
        return [0]
    if masks[0] == 0:
        return []
    wide = _packed(masks)
    open_sets, found = np.zeros((1, wide.shape[1]), dtype=np.uint64), list[int]()
    while len(open_sets) and (limit is None or len(found) < limit):
        grown = _grown(open_sets, wide, masks)
        done = _hits_all(grown, wide)
        found += sorted(_unpacked(grown[done]), key=lambda mask: (_weight(mask, weights), mask))
        open_sets = grown[~done]
        if len(open_sets) > MOST_PARTIAL:
            raise LimitError(
                f"more than {MOST_PARTIAL:,} partial hitting sets of {len(masks)} conflicts are open. "
                "Ask for the first ones with limit=, or give fewer conflicts."
            )
    return found[:limit]


def _read(conflict: int | Iterable[int]) -> int:
    if isinstance(conflict, int | np.integer):
        mask = int(conflict)
        if mask < 0:
            raise DataError(f"a conflict is {mask}, but a bit mask is not negative. Pass a set of elements instead.")
        return mask
    elements = [int(element) for element in conflict]
    if min(elements, default=0) < 0:
        raise DataError(
            f"a conflict holds the element {min(elements)}, but elements are counted from 0. Number them anew."
        )
    return mask_of(elements)


def _packed(masks: Sequence[int]) -> NDArray[np.uint64]:
    """Masks as rows of 64-bit words."""
    words = max(1, -(-max(mask.bit_length() for mask in masks) // _WORD))
    least = (1 << _WORD) - 1
    return np.array([[mask >> _WORD * k & least for k in range(words)] for mask in masks], dtype=np.uint64)


def _unpacked(rows: NDArray[np.uint64]) -> list[int]:
    return [sum(word << _WORD * k for k, word in enumerate(row)) for row in rows.tolist()]


def _weight(mask: int, weights: Any) -> float:
    if weights is None:
        return float(mask.bit_count())
    return float(sum(weights[k] for k in elements_of(mask)))


def _hits_all(sets: NDArray[np.uint64], conflicts: NDArray[np.uint64]) -> NDArray[np.bool_]:
    found = np.ones(len(sets), dtype=bool)
    step = max(1, _CELLS // len(conflicts))
    for begin in range(0, len(sets), step):
        part = slice(begin, begin + step)
        met: NDArray[np.bool_] = (sets[part, None] & conflicts != 0).any(-1)
        found[part] = met.all(1)
    return found


def _grown(sets: NDArray[np.uint64], conflicts: NDArray[np.uint64], masks: Sequence[int]) -> NDArray[np.uint64]:
    """Every set with one more element of the first conflict that it misses, without those that cannot become minimal."""
    first = np.empty(len(sets), dtype=np.int64)
    step = max(1, _CELLS // len(conflicts))
    for begin in range(0, len(sets), step):
        part = slice(begin, begin + step)
        first[part] = (~(sets[part, None] & conflicts).any(-1)).argmax(1)
    grown = []
    for number in np.unique(first):
        bits = _packed([*(1 << k for k in elements_of(masks[number])), 1 << (_WORD * sets.shape[1] - 1)])[:-1]
        grown.append((sets[first == number][:, None] | bits).reshape(-1, sets.shape[1]))
    together = np.unique(np.concatenate(grown), axis=0)
    return together[_needed(together, conflicts)]


def _needed(sets: NDArray[np.uint64], conflicts: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Whether every element of each set is the only one that meets some conflict."""
    found = np.empty(len(sets), dtype=bool)
    step = max(1, _CELLS // len(conflicts))
    for begin in range(0, len(sets), step):
        part = slice(begin, begin + step)
        met = sets[part, None] & conflicts
        single = ((met & (met - np.uint64(1))) == 0) & (met != 0)  # one bit of this word
        alone = ((met != 0).sum(-1) == 1) & single.any(-1)
        critical = np.bitwise_or.reduce(np.where(alone[..., None], met, np.uint64(0)), axis=1)
        found[part] = (critical == sets[part]).all(-1)
    return found
