"""Many structures as one: a disjoint union, so that one grounding serves a batch of graphs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.errors import DataError

__all__ = ["Stacked", "stack"]

Int64 = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Stacked:
    """A disjoint union of structures.

    Parameters
    ----------
    relations : mapping of name to int64 array, shape (tuples, arity)
        Element ``i`` of structure ``s`` is ``first[s] + i``.
    first : int64 array, shape (structures + 1,)
        Where the elements of each structure begin; the last entry is the number of all elements.
    tuples : mapping of name to int64 array, shape (structures + 1,)
        Where the tuples of each structure begin.
    """

    relations: dict[str, Int64]
    first: Int64
    tuples: dict[str, Int64]

    def ranges(self) -> list[tuple[int, int]]:
        """First element and end of each structure."""
        return list(zip(self.first[:-1].tolist(), self.first[1:].tolist(), strict=True))

    def structure_of(self, elements: Any) -> Int64:
        """The structure that each element belongs to."""
        return np.searchsorted(self.first, np.asarray(elements), side="right").astype(np.int64) - 1


def stack(
    structures: Sequence[Mapping[str, Any]],
    *,
    sizes: Sequence[int] | None = None,
    shared: Mapping[str, Any] | None = None,
) -> Stacked:
    """The disjoint union of structures over the elements ``0, 1, ...`` of each.

    Parameters
    ----------
    structures : sequence of mappings of relation to int array, shape (tuples, arity)
        A relation that a structure lacks is empty in it.
    sizes : sequence of int, optional
        Elements of each structure; by default one more than the largest that occurs.
    shared : mapping of relation to tuple of int, optional
        Columns whose numbers are not elements (labels, colours) and stay as they are.

    Raises
    ------
    DataError
        For negative elements, elements beyond the size, or arities that differ.

    >>> both = stack([{"edge": [[0, 1]]}, {"edge": [[0, 1], [1, 2]]}])
    >>> both.relations["edge"].tolist(), both.ranges()
    ([[0, 1], [2, 3], [3, 4]], [(0, 2), (2, 5)])
    """
    fixed = {name: tuple(columns) for name, columns in (shared or {}).items()}
    names = list(dict.fromkeys(name for structure in structures for name in structure))
    arity: dict[str, int] = {}
    read = [
        {name: _table(name, number, rows, arity) for name, rows in s.items()} for number, s in enumerate(structures)
    ]
    counted = np.zeros(len(structures), dtype=np.int64)
    for number, tables in enumerate(read):
        for name, rows in tables.items():
            moving = [k for k in range(rows.shape[1]) if k not in fixed.get(name, ())]
            if rows.size and moving:
                if (rows[:, moving] < 0).any():
                    raise DataError(f"Structure {number}: {name} has a negative element. Number elements from 0.")
                counted[number] = max(counted[number], int(rows[:, moving].max()) + 1)
    counted = _checked_sizes(counted, sizes)
    first = np.concatenate([[0], np.cumsum(counted)]).astype(np.int64)
    relations, starts = {}, {}
    for name in names:
        parts = [tables.get(name, np.empty((0, arity[name]), dtype=np.int64)) for tables in read]
        lengths = np.array([len(part) for part in parts], dtype=np.int64)
        joined = np.concatenate(parts)
        moved = np.repeat(first[:-1], lengths)[:, None] + joined
        for column in fixed.get(name, ()):
            moved[:, column] = joined[:, column]
        relations[name] = moved
        starts[name] = np.concatenate([[0], np.cumsum(lengths)])
    return Stacked(relations, first, starts)


def _table(name: str, number: int, rows: Any, arity: dict[str, int]) -> Int64:
    found = np.asarray(rows)
    if found.size == 0 and found.ndim < 2:
        found = found.reshape(0, arity.get(name, 1))
    if found.ndim == 1:
        found = found[:, None]
    if found.ndim != 2 or (found.size and found.dtype.kind not in "iu"):
        raise DataError(
            f"Structure {number}: {name} is not an array of whole numbers of shape (tuples, arity). "
            f"Number the elements of each structure from 0."
        )
    if len(found) and arity.setdefault(name, found.shape[1]) != found.shape[1]:
        raise DataError(
            f"Structure {number}: {name} has {found.shape[1]} columns, but {arity[name]} in an earlier structure. "
            f"Give a relation the same columns everywhere."
        )
    arity.setdefault(name, found.shape[1])
    return found.astype(np.int64) if len(found) else np.empty((0, arity[name]), dtype=np.int64)


def _checked_sizes(counted: Int64, sizes: Sequence[int] | None) -> Int64:
    if sizes is None:
        return counted
    given = np.asarray(sizes, dtype=np.int64)
    if len(given) != len(counted):
        raise DataError(f"{len(given)} sizes were given for {len(counted)} structures. Give one size per structure.")
    small = np.flatnonzero(given < counted)
    if len(small):
        number = int(small[0])
        raise DataError(
            f"Structure {number} has the element {counted[number] - 1}, but its size is {given[number]}. "
            f"Sizes count all elements, numbered from 0."
        )
    return given
