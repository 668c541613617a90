"""Label trees as users have them: nested names, parents, pairs, graphs, files; and every way in which they can be wrong, in words."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Hashable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.errors import DataError, FillError

__all__ = [
    "breadth_first",
    "check_hierarchy",
    "pairs_of_csv",
    "pairs_of_graph",
    "pairs_of_nested",
    "parents_of",
    "places_of",
]

Name = Hashable
Pair = tuple[Any, Any]


def pairs_of_nested(tree: Any) -> list[Pair]:
    """Pairs of parent (None for a root) and child, from names nested in mappings and lists.

    Raises
    ------
    DataError
        For names that occur twice, and for values that are no names.
    """
    pairs = list(_walk(tree, None, "the hierarchy"))
    under: dict[Any, Any] = {}
    for parent, child in pairs:
        if child in under:
            first, second = _at(under[child]), _at(parent)
            raise DataError(
                f"the label {child!r} is named twice, {first} and {second}, but names of a hierarchy are unique. "
                "Rename one of them."
            )
        under[child] = parent
    return pairs


def _at(parent: Any) -> str:
    return "at the top" if parent is None else f"under {parent!r}"


def _walk(tree: Any, parent: Any, where: str) -> Iterator[Pair]:
    waiting = deque([(tree, parent, where)])
    while waiting:
        part, above, place = waiting.popleft()
        if part is None:
            continue
        if isinstance(part, str | bytes) or not isinstance(part, Iterable):
            raise DataError(
                f"{place} holds {part!r}, but nested labels are mappings, lists of names or None. "
                f"Write [{part!r}] for one leaf; a mapping of child to parent is read by Hierarchy.from_parents."
            )
        for child in part:
            name = _name(child, place)
            yield above, name
            if isinstance(part, Mapping):
                waiting.append((part[child], name, f"the label {name!r}"))


def _name(value: Any, place: str) -> Any:
    """A label: text, number or truth value; numpy's become Python's."""
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        value = value.item()
    if not isinstance(value, str | int | float) or value != value or value == "":
        raise DataError(f"{place} names {value!r}, but a label is a text or a number. Name it in words, such as 'cat'.")
    return value


def pairs_of_graph(graph: Any) -> list[Pair]:
    """Pairs of a networkx graph whose edges lead from parent to child."""
    if not hasattr(graph, "in_degree"):
        raise DataError(
            f"from_graph needs a networkx.DiGraph with edges from parent to child, but got {type(graph).__name__}. "
            "Pass pairs to Hierarchy.from_pairs."
        )
    roots = [(None, node) for node, degree in graph.in_degree() if degree == 0]
    return [*roots, *graph.edges()]


def pairs_of_csv(path: str | Path) -> list[Pair]:
    """Pairs of a file with the columns ``parent`` and ``child``; an empty parent is none.

    Raises
    ------
    DataError
        For a file that is not there, or has no such columns.
    """
    place = Path(path)
    if not place.is_file():
        raise DataError(f"there is no file '{place}'. Name a CSV file with the columns parent and child.")
    with place.open(newline="", encoding="utf-8-sig") as file:
        rows = [[cell.strip() for cell in row] for row in csv.reader(file) if any(cell.strip() for cell in row)]
    header = [cell.lower() for cell in rows[0]] if rows else []
    if not {"parent", "child"} <= set(header):
        raise DataError(
            f"'{place}' has the columns {', '.join(header) or 'none'}, but parent and child are needed. "
            "Write 'parent,child' in the first line."
        )
    up, down = header.index("parent"), header.index("child")
    for number, row in enumerate(rows, 1):
        if len(row) != len(header):
            raise DataError(
                f"'{place}' has {len(row)} cells in its row {number}, but the first line has {len(header)}. "
                "Quote names that hold commas."
            )
    return [(row[up] or None, row[down]) for row in rows[1:]]


def parents_of(pairs: Iterable[Any]) -> dict[Any, Any]:
    """Every label and its parent (None for a root), in the order of the pairs; checked to be a tree or several.

    Raises
    ------
    DataError
        For labels with two parents, cycles, and no labels at all.
    """
    found: dict[Any, Any] = {}
    for number, pair in enumerate(pairs):
        if isinstance(pair, str) or not isinstance(pair, Iterable) or len(both := tuple(pair)) != 2:
            raise DataError(f"pair {number} is {pair!r}, but a pair is (parent, child). Write ('animal', 'cat').")
        child = _name(both[1], f"pair {number}")
        parent = None if both[0] is None else _name(both[0], f"pair {number}")
        if parent is not None:
            found.setdefault(parent, None)
        before = found.get(child)
        if before is not None and parent is not None and before != parent:
            raise DataError(
                f"the label {child!r} has two parents, {before!r} and {parent!r}, but a tree is required. "
                "Keep one of them, or give the label two names."
            )
        if before is None:
            found[child] = parent
    if not found:
        raise DataError("the hierarchy has no labels. Name at least one, such as Hierarchy(['cat', 'dog']).")
    _refuse_cycles(found)
    return found


def _refuse_cycles(parents: Mapping[Any, Any]) -> None:
    sound: set[Any] = set()
    for start in parents:
        path: dict[Any, None] = {}
        node = start
        while node is not None and node not in sound:
            if node in path:
                names = list(path)[list(path).index(node) :]
                shown = " -> ".join(repr(name) for name in [*reversed(names), names[-1]])
                raise DataError(
                    f"the hierarchy has a cycle, {shown}, but a tree is required. Remove one of these edges."
                )
            path[node] = None
            node = parents[node]
        sound.update(path)


def check_hierarchy(given: Any, *, optional: bool = False) -> None:
    """Refuse what is no :class:`~induce.rules.Hierarchy`.

    Raises
    ------
    FillError
    """
    from induce.rules.hierarchy import Hierarchy

    if not isinstance(given, Hierarchy) and not (optional and given is None):
        raise FillError(
            f"hierarchy must be a Hierarchy{' or None' if optional else ''}, but got {type(given).__name__}. "
            "Wrap nested names as induce.rules.Hierarchy(...)."
        )


def breadth_first(parents: Mapping[Any, Any]) -> tuple[list[Any], list[int]]:
    """Labels level by level with siblings side by side, and the place of each one's parent (-1 for roots)."""
    children: dict[Any, list[Any]] = {}
    for child, parent in parents.items():
        children.setdefault(parent, []).append(child)
    order: list[Any] = list(children[None])
    above = [-1] * len(order)
    for place, node in enumerate(order):  # the list grows while it is walked
        for child in children.get(node, ()):
            order.append(child)
            above.append(place)
    return order, above


def places_of(labels: Any, place: Mapping[Any, int], leaves: NDArray[np.int64], find: Any) -> NDArray[np.int64]:
    """Places among the nodes of labels of any shape, -1 where there is none; see :meth:`induce.rules.Hierarchy.places`.

    Parameters
    ----------
    labels : array or tensor
    place : mapping of name to place
    leaves : array of int
        Places of the leaves.
    find : callable
        From names to places; raises for unknown ones.
    """
    array = labels.detach().cpu().numpy() if hasattr(labels, "detach") else np.asarray(labels)
    if array.dtype.kind in "iu" and all(isinstance(name, str) for name in place):
        if array.size and (array.min() < -1 or array.max() >= len(leaves)):
            wrong = int(array.max() if array.max() >= len(leaves) else array.min())
            raise DataError(
                f"the labels hold {wrong}, but the hierarchy has {len(leaves)} leaves, numbered from 0. "
                "Pass names, or -1 for what is unlabeled."
            )
        return np.asarray(np.append(leaves, -1)[array])
    if array.dtype.kind == "O":
        array = np.array([np.nan if v is None else v for v in array.ravel()], dtype=object).reshape(array.shape)
        names, inverse = _unique_objects(array)
    else:
        found, inverse = np.unique(array, return_inverse=True)
        names = found.tolist()
    missing = [name != name or (name == -1 and -1 not in place) for name in names]
    known = [-1 if gone else int(find([name])[0]) for name, gone in zip(names, missing, strict=True)]
    return np.asarray(known, dtype=np.int64)[inverse.reshape(array.shape)]


def _unique_objects(array: NDArray[Any]) -> tuple[list[Any], NDArray[np.int64]]:
    """Different values of an array of objects, which may not be comparable, and the place of each."""
    seen: dict[Any, int] = {}
    places = [seen.setdefault("\0missing" if value != value else value, len(seen)) for value in array.ravel().tolist()]
    names = [float("nan") if name == "\0missing" else name for name in seen]
    return names, np.asarray(places, dtype=np.int64).reshape(array.shape)
