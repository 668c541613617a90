"""Examples as tokens: what a network reads of inputs and outputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.examples import Examples

__all__ = ["FEATURES", "OUTPUT", "VOCABULARY", "encode"]

PAD, INPUT, OUTPUT, OPEN, CLOSE, TRUE, FALSE, OTHER = range(8)
LOWEST, HIGHEST = -20, 99
"""Whole numbers beyond these share the tokens of the ends; their size is seen by the features."""
_NUMBERS = 8
_LETTERS = _NUMBERS + HIGHEST - LOWEST + 1
VOCABULARY = _LETTERS + 95
"""Number of tokens: marks, whole numbers, and the printable characters."""
LONGEST = 16
"""Elements or characters read of one value: the first and the last ones of a longer one."""
FEATURES = 15
"""Numbers beside each token: its value, where it stands, and how it compares with the other side."""


def encode(examples: Examples, most: int = 16) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Tokens and features of examples.

    Parameters
    ----------
    examples : Examples
    most : int
        Examples read, the first ones.

    Returns
    -------
    tokens : array of int, shape (examples, tokens)
        Filled up with 0.
    features : array of float, shape (examples, tokens, FEATURES)
    """
    rows = [_row(examples, place) for place in range(min(most, len(examples)))]
    longest = max(len(ids) for ids, _ in rows)
    tokens = np.zeros((len(rows), longest), np.int64)
    features = np.zeros((len(rows), longest, FEATURES), np.float32)
    for place, (ids, values) in enumerate(rows):
        tokens[place, : len(ids)] = ids
        features[place, : len(ids)] = values
    return tokens, features


def _row(examples: Examples, place: int) -> tuple[list[int], NDArray[np.float32]]:
    output = _items(examples.outputs[place])
    inputs = [(_items(column[place]), column[place]) for column in examples.inputs.values()]
    ids: list[int] = []
    features: list[NDArray[np.float32]] = []
    for items, value in inputs:
        ids += [INPUT, *_ids(items, isinstance(value, list))]
        features.append(_features(items, output, isinstance(value, list)))
    facing = max((items for items, _ in inputs), key=len, default=[])
    value = examples.outputs[place]
    ids += [OUTPUT, *_ids(output, isinstance(value, list))]
    features.append(_features(output, facing, isinstance(value, list)))
    return ids, np.concatenate(features)


def _items(value: Any) -> list[Any]:
    """The elements of a list (a list among them counts by its length), the characters of a text, or the value itself."""
    items = list(value) if isinstance(value, list | str) else [] if value is None else [value]
    items = [len(item) if isinstance(item, list) else item for item in items]
    return items if len(items) <= LONGEST else items[: LONGEST // 2] + items[-LONGEST // 2 :]


def _ids(items: Sequence[Any], listed: bool) -> list[int]:
    found = [_id(item) for item in items]
    return [OPEN, *found, CLOSE] if listed else found


def _id(item: Any) -> int:
    if isinstance(item, bool):
        return TRUE if item else FALSE
    if isinstance(item, int):
        return _NUMBERS + min(max(item, LOWEST), HIGHEST) - LOWEST
    if isinstance(item, str) and 32 <= ord(item) < 127:
        return _LETTERS + ord(item) - 32
    return OTHER


def _number(item: Any) -> float:
    return float(min(max(item, -(10**6)), 10**6)) if isinstance(item, int) else float(ord(item)) if item else 0.0


def _features(items: Sequence[Any], other: Sequence[Any], listed: bool) -> NDArray[np.float32]:
    """The features of a mark and the items after it, with those of the brackets of a list."""
    count, across = len(items), len(other)
    made = np.zeros((1 + count + 2 * listed, FEATURES), np.float32)
    made[0, 3:5] = count / 10.0, (count - across) / 10.0
    known = set(other)
    numbers = [_number(item) for item in items]
    facing = [_number(item) for item in other]
    wholes = (float(across), sum(facing), max(facing, default=-1.0), min(facing, default=-1.0))
    for place, item in enumerate(items):
        row = made[1 + listed + place]
        value = numbers[place]
        mirrored = across - 1 - place
        row[0] = np.clip(value / 16.0, -4.0, 4.0)
        row[1] = np.sign(value)
        row[2] = value % 2
        row[3] = place / 10.0
        row[4] = (count - 1 - place) / 10.0
        row[5] = item in known
        row[6] = place < across and item == other[place]
        row[7] = mirrored >= 0 and item == other[mirrored]
        row[8] = np.clip((value - facing[place]) / 4.0, -4.0, 4.0) if place < across else 0.0
        row[9] = place > 0 and value >= numbers[place - 1]
        row[10] = items.index(item) < place
        row[11:15] = [value == whole for whole in wholes]
    return made
