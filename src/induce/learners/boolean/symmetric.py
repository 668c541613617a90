"""Functions that depend on the number of true inputs only: recognising them, and counting with few gates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from induce.learners.boolean.blocks import add_block, spread
from induce.learners.boolean.exact import exact_table
from induce.learners.boolean.network import Network

__all__ = ["add_count", "add_symmetric", "symmetric_flips", "values_by_count"]


def values_by_count(table: NDArray[np.bool_]) -> list[bool] | None:
    """The value for 0, 1, ..., m true inputs; None if the table of shape (2,) * m is not symmetric.

    >>> values_by_count(np.array([[False, True], [True, False]]))
    [False, True, False]
    """
    m = table.ndim
    count = np.indices(table.shape).sum(axis=0)
    totals = np.bincount(count.ravel(), weights=table.ravel(), minlength=m + 1)
    sizes = np.bincount(count.ravel(), minlength=m + 1)
    return [bool(v) for v in totals] if np.all((totals == 0) | (totals == sizes)) else None


def symmetric_flips(table: NDArray[np.bool_]) -> tuple[int, ...] | None:
    """Which inputs to negate so that the table becomes symmetric; None if no choice does.

    Two inputs may be exchanged as they are, or one of them negated; the first input is kept as it is.
    """
    flips = [0]
    for i in range(1, table.ndim):
        mixed = np.moveaxis(table, (0, i), (0, 1))
        if np.array_equal(mixed[0, 1], mixed[1, 0]):
            flips.append(0)
        elif np.array_equal(mixed[0, 0], mixed[1, 1]):
            flips.append(1)
        else:
            return None
    turned = np.flip(table, tuple(i for i, flip in enumerate(flips) if flip))
    return tuple(flips) if values_by_count(turned) is not None else None


def _adder(net: Network, x: int, differ: int, z: int) -> tuple[int, int]:
    """Sum and carry of x, y, z, given ``x`` and ``x xor y``: four gates."""
    total = net.differ(differ, z)
    return total, net.differ(net.either(differ, net.differ(x, z)), total)


def add_count(net: Network, literals: Sequence[int]) -> list[int]:
    """Literals of the binary digits of the number of true literals, lowest first.

    Two full adders in a row share a gate when the carries are handed on as ``a`` and ``a xor b``: eight gates instead of ten.

    Source: E. Demenkov, A. Kojevnikov, A. Kulikov, G. Yaroslavtsev (2010), New upper bounds on the Boolean circuit
    complexity of symmetric functions.
    """
    digits: list[int] = []
    singles, pairs = list(literals), list[tuple[int, int]]()
    while singles or pairs:
        above: list[int] = []
        above_pairs: list[tuple[int, int]] = []
        if not singles:
            x, differ = pairs.pop()
            digits.append(differ)
            above.append(net.both(x, differ ^ 1))
            if pairs:  # the digit found so far is added to the other pairs
                singles.append(digits.pop())
        while singles and (2 * len(pairs) + len(singles) > 1):
            z = singles.pop(0)
            while len(pairs) < 2 and len(singles) >= 2:
                x, y = singles.pop(0), singles.pop(0)
                pairs.append((x, net.differ(x, y)))
            if len(pairs) >= 2:
                (x1, p1), (x2, p2) = pairs.pop(0), pairs.pop(0)
                first = net.either(p1, net.differ(x1, z))
                middle = net.differ(z, p1)
                a = net.differ(first, middle)
                above_pairs.append((a, net.differ(first, net.both(p2 ^ 1, net.differ(x2, middle)))))
                singles.insert(0, net.differ(middle, p2))
            elif pairs:
                x, differ = pairs.pop(0)
                total, carry = _adder(net, x, differ, z)
                above.append(carry)
                singles.insert(0, total)
            else:
                y = singles.pop(0)
                above.append(net.both(z, y))
                singles.insert(0, net.differ(z, y))
        if singles:
            digits.append(singles[0])
        singles, pairs = above, above_pairs
    return digits


def add_symmetric(net: Network, values: Sequence[bool], literals: Sequence[int]) -> int | None:
    """Write a symmetric function as a function of the count; None for more than 15 inputs."""
    m = len(literals)
    if m > 15:
        return None
    digits = add_count(net, literals)
    width = len(digits)
    free = [r for r in range(m + 1, 1 << width)][:8]
    fixed = sum(1 << r for r, v in enumerate(values) if v)
    best = min(
        (fixed + sum(1 << r for i, r in enumerate(free) if choice >> i & 1) for choice in range(1 << len(free))),
        key=lambda f: exact_table().gates(spread(f, width)),
    )
    return add_block(net, best, digits)
