"""Which gates over other nodes could stand in for a node: compiled search over pairs and triples on packed rows."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from induce.learners.boolean.truth import Words

__all__ = ["substitutes"]


@njit(cache=True)
def _agrees(a, b, target, care, kind):  # type: ignore[no-untyped-def]
    """0 if ``a op b`` is not the target on the rows that matter; 1 if it is, 2 if its negation is."""
    same, other = True, True
    for w in range(len(target)):
        if kind == 0:
            value = a[w] & b[w]
        elif kind == 1:
            value = a[w] & ~b[w]
        elif kind == 2:
            value = ~a[w] & b[w]
        elif kind == 3:
            value = ~(a[w] | b[w])
        else:
            value = a[w] ^ b[w]
        wrong = (value ^ target[w]) & care[w]
        if wrong != 0:
            same = False
        if wrong != care[w]:
            other = False
        if not same and not other:
            return 0
    return 1 if same else 2


@njit(cache=True)
def _single(values, divisors, target, care, found, count):  # type: ignore[no-untyped-def]
    """Divisors that are the target or its negation themselves."""
    for x in range(len(divisors)):
        same, other = True, True
        for w in range(len(target)):
            wrong = (values[divisors[x], w] ^ target[w]) & care[w]
            same &= wrong == 0
            other &= wrong == care[w]
        if (same or other) and count < len(found):
            found[count, 0] = 0
            found[count, 1] = divisors[x]
            found[count, 6] = 0 if same else 1
            count += 1
    return count


@njit(cache=True)
def _pairs(values, divisors, target, care, found, count):  # type: ignore[no-untyped-def]
    """One gate over two divisors."""
    for x in range(len(divisors)):
        for y in range(x):
            for kind in range(5):
                if count >= len(found):
                    return count
                match = _agrees(values[divisors[x]], values[divisors[y]], target, care, kind)
                if match:
                    found[count, 0] = 1
                    found[count, 1] = divisors[x]
                    found[count, 2] = divisors[y]
                    found[count, 3] = kind
                    found[count, 6] = match - 1
                    count += 1
    return count


@njit(cache=True)
def _triples(values, divisors, target, care, found, count, most):  # type: ignore[no-untyped-def]
    """A gate over a divisor and a gate of two divisors; the first is xor, or bounds the target from one side."""
    width = len(target)
    rest = np.empty(width, dtype=np.uint64)
    needed = np.empty(width, dtype=np.uint64)
    start = count
    for x in range(len(divisors)):
        a = values[divisors[x]]
        for outer in range(5):
            # outer 0..3: target or its negation = a^p and h; so a^p must cover it, and h matters where a^p is true
            flip, negated = outer & 1, outer >> 1 & 1
            possible = True
            for w in range(width):
                goal = ~target[w] if negated and outer < 4 else target[w]
                side = ~a[w] if flip and outer < 4 else a[w]
                if outer == 4:
                    rest[w] = target[w] ^ a[w]
                    needed[w] = care[w]
                else:
                    if goal & ~side & care[w] != 0:
                        possible = False
                        break
                    rest[w] = goal
                    needed[w] = care[w] & side
            if not possible:
                continue
            for y in range(len(divisors)):
                if y == x:
                    continue
                for z in range(y):
                    if z == x:
                        continue
                    for kind in range(5):
                        match = _agrees(values[divisors[y]], values[divisors[z]], rest, needed, kind)
                        if match:
                            found[count, 0] = 2
                            found[count, 1] = divisors[y]
                            found[count, 2] = divisors[z]
                            found[count, 3] = kind
                            found[count, 4] = divisors[x]
                            found[count, 5] = outer
                            found[count, 6] = match - 1
                            count += 1
                            if count >= len(found) or count - start >= most:
                                return count
    return count


def substitutes(
    values: Words, divisors: NDArray[np.int64], target: int, care: Words, *, triples: bool, most: int = 64
) -> NDArray[np.int64]:
    """Ways to compute a node from others, on the rows that matter.

    Parameters
    ----------
    values : array, shape (nodes, words)
    divisors : array of node numbers
        Nodes that may be read, in the order in which they are tried.
    target : int
        The node.
    care : array, shape (words,)
        Rows on which the node's value changes an output.
    triples : bool
        Also two gates over three nodes.
    most : int
        Most ways of each kind.

    Returns
    -------
    array, shape (ways, 7)
        Gates, first and second node, kind, third node, outer kind, and whether the result of the inner part is negated.
    """
    found = np.zeros((3 * most, 7), dtype=np.int64)
    wanted = values[target]
    count = _single(values, divisors, wanted, care, found[:most], 0)
    count = _pairs(values, divisors, wanted, care, found[: count + most], count)
    if triples:
        count = _triples(values, divisors, wanted, care, found, count, most)
    return found[:count]
