"""Functions of four inputs up to negation and permutation of inputs and negation of the output (NPN).

A function is a 16-bit table, row ``r`` at bit ``r``. It is *normal* when row 0 is false; with free negation only normal
functions need to be looked at, and the table of transformations is indexed by ``f >> 1``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

__all__ = ["NPN", "canonical", "normal", "npn", "transforms_onto"]

INPUTS = 4
FULL = 0xFFFF


@dataclass(frozen=True, eq=False)
class NPN:
    """The 384 transformations of inputs, what they do to every normal function, and the 222 classes.

    Parameters
    ----------
    order : array, shape (384, 4)
        ``(T f)(x) = f(y)`` with ``y[i] = x[order[i]] ^ flip[i]``.
    flip : array, shape (384, 4)
    images : array, shape (384, 32768)
        ``images[t, f >> 1]`` is ``T f``, made normal.
    representative : array, shape (32768,)
        The least normal function of the class of each normal function.
    members : array, shape (222,)
        The representatives, growing.
    number : array, shape (32768,)
        Place in ``members``.
    """

    order: NDArray[np.int64]
    flip: NDArray[np.int64]
    images: NDArray[np.uint16]
    representative: NDArray[np.uint16]
    members: NDArray[np.uint16]
    number: NDArray[np.int16]


def normal(f: int) -> int:
    """``f`` or its negation, whichever is false on row 0."""
    return f ^ FULL if f & 1 else f


@lru_cache(maxsize=1)
def npn() -> NPN:
    """All transformations and classes; about a second, once in a process.

    Source: D. Knuth (2011), The Art of Computer Programming 4A, section 7.1.2.

    >>> len(npn().members)
    222
    """
    pairs = [(p, m) for p in permutations(range(INPUTS)) for m in range(16)]
    order = np.array([p for p, _ in pairs], dtype=np.int64)
    flip = np.array([[m >> i & 1 for i in range(INPUTS)] for _, m in pairs], dtype=np.int64)
    functions = np.arange(0, 65536, 2, dtype=np.uint16)
    images = np.empty((len(pairs), len(functions)), dtype=np.uint16)
    rows = [(functions >> np.uint16(y)) & np.uint16(1) for y in range(16)]
    for t in range(len(pairs)):
        image = np.zeros_like(functions)
        for x in range(16):
            y = sum(((x >> int(order[t, i]) & 1) ^ int(flip[t, i])) << i for i in range(INPUTS))
            image |= rows[y] << np.uint16(x)
        images[t] = np.where(image & 1, ~image, image)
    representative = images.min(axis=0)
    members, number = np.unique(representative, return_inverse=True)
    return NPN(order, flip, images, representative, members, number.reshape(-1).astype(np.int16))


def canonical(f: int) -> int:
    """The representative of the class of a 16-bit table.

    >>> canonical(0x8888) == canonical(0xEEEE)  # and, or
    True
    """
    return int(npn().representative[normal(f) >> 1])


def transforms_onto(f: int) -> NDArray[np.int64]:
    """The transformations that take the representative of ``f``'s class to ``f``, up to negation of the output."""
    known = npn()
    g = normal(f)
    return np.flatnonzero(known.images[:, int(known.representative[g >> 1]) >> 1] == g)
