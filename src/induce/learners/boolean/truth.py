"""Truth vectors, packed: one bit a row, in uint64 words for compiled loops and in one integer for single operations.

Row ``r`` is bit ``r % 64`` of word ``r // 64``, and bit ``r`` of the integer. In a *complete* table of ``k`` inputs row ``r``
has input ``i`` equal to bit ``i`` of ``r``.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["Words", "columns_as_integers", "integer", "ones", "pack", "popcount", "rows_of", "unpack", "variables"]

Words = NDArray[np.uint64]


def pack(bits: NDArray[np.bool_]) -> Words:
    """Rows as words: array of shape (..., rows) to (..., ceil(rows / 64)).

    >>> pack(np.array([True, False, True]))
    array([5], dtype=uint64)
    """
    bits = np.asarray(bits, dtype=bool)
    short = -bits.shape[-1] % 64
    if short:
        bits = np.concatenate([bits, np.zeros((*bits.shape[:-1], short), dtype=bool)], axis=-1)
    packed = np.packbits(bits, axis=-1, bitorder="little")
    return np.ascontiguousarray(packed).view("<u8").astype(np.uint64)


def unpack(words: Words, rows: int) -> NDArray[np.bool_]:
    """The inverse of :func:`pack`: array of shape (..., rows)."""
    raw = np.ascontiguousarray(words, dtype="<u8").view(np.uint8)
    return np.unpackbits(raw, axis=-1, bitorder="little")[..., :rows].astype(bool)


def integer(bits: NDArray[np.bool_]) -> int:
    """Rows as one integer, row ``r`` at bit ``r``."""
    return int.from_bytes(np.packbits(np.asarray(bits, dtype=bool), bitorder="little").tobytes(), "little")


def columns_as_integers(table: NDArray[np.bool_]) -> list[int]:
    """Each column of an array of shape (rows, columns) as one integer."""
    return [integer(column) for column in np.ascontiguousarray(np.asarray(table, dtype=bool).T)]


def rows_of(value: int, rows: int) -> NDArray[np.bool_]:
    """The rows of an integer, as an array of shape (rows,).

    >>> rows_of(5, 4)
    array([ True, False,  True, False])
    """
    raw = np.frombuffer(value.to_bytes((rows + 7) // 8, "little"), dtype=np.uint8)
    return np.unpackbits(raw, bitorder="little")[:rows].astype(bool)


def ones(count: int) -> int:
    """The integer with its lowest ``count`` bits set: the complete table of ``k`` inputs has ``ones(2**k)``."""
    return (1 << count) - 1


@lru_cache(maxsize=64)
def variables(k: int) -> tuple[int, ...]:
    """The inputs of a complete table of ``k`` inputs, as integers of ``2**k`` bits.

    >>> [f"{v:04b}" for v in variables(2)]
    ['1010', '1100']
    """
    found = []
    for i in range(k):
        value, length = ones(1 << i) << (1 << i), 2 << i
        while length < 1 << k:
            value |= value << length
            length *= 2
        found.append(value)
    return tuple(found)


@njit(cache=True, inline="always")
def popcount(word):  # type: ignore[no-untyped-def]
    """Bits set in one word."""
    word = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))
