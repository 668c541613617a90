"""From a complete table to a network: linear parts, disjoint-support blocks, symmetric functions, and splits.

``f(B, C) = h(g(B), C)`` holds when the table, its rows the values of ``B`` and its columns those of ``C``, has at most two
different rows. Blocks are taken smallest first, so that what remains has fewer inputs each time; when nothing splits off,
one input is decided (Shannon) or moved out (Davio), and the search goes on with the halves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from induce.learners.boolean.blocks import add_block
from induce.learners.boolean.network import Network
from induce.learners.boolean.symmetric import add_symmetric, symmetric_flips, values_by_count
from induce.learners.boolean.truth import integer

__all__ = ["Decomposer", "bound_set", "table_of"]

Table = NDArray[np.bool_]


def table_of(rows: NDArray[np.bool_]) -> Table:
    """A complete truth vector as an array of shape (2,) * k, axis ``i`` for input ``i``."""
    k = len(rows).bit_length() - 1
    return np.asarray(rows, dtype=bool).reshape((2,) * k).transpose(tuple(range(k - 1, -1, -1)))


def flat(table: Table) -> NDArray[np.bool_]:
    """The inverse of :func:`table_of`."""
    return table.transpose(tuple(range(table.ndim - 1, -1, -1))).reshape(-1)


def bound_set(table: Table, largest: int) -> tuple[tuple[int, ...], Table, Table] | None:
    """The smallest set of inputs that the table reads through one bit: the set, ``g`` over it, and ``h`` with ``g`` first."""
    m = table.ndim
    for size in range(2, min(largest, m - 1) + 1):
        for chosen in combinations(range(m), size):
            rest = [i for i in range(m) if i not in chosen]
            matrix = table.transpose(*chosen, *rest).reshape(1 << size, -1)
            other = (matrix != matrix[0]).any(axis=1)
            first = int(np.argmax(other))
            if (matrix[other] == matrix[first]).all():
                halves = np.stack([matrix[0], matrix[first]]).reshape((2,) * (1 + len(rest)))
                return chosen, other.reshape((2,) * size), halves
    return None


class Decomposer:
    """Writes tables into one network, with choices drawn from ``rng``.

    Parameters
    ----------
    net : Network
        Receives the gates; what it holds already is shared.
    rng : numpy Generator
        Decides between splits that look alike.
    greedy : float
        Small values take any split, larger ones prefer splits with simple halves; infinity always takes the simplest.
    stop : callable
        When it becomes true, what is left is decided input by input, which is quick and makes more gates.
    """

    def __init__(
        self,
        net: Network,
        rng: np.random.Generator,
        greedy: float = 1.0,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self.net = net
        self.rng = rng
        self.greedy = greedy
        self.stop = stop

    def add(self, table: Table, leaves: Sequence[int], depth: int = 0) -> int:
        """The literal of a table over leaves."""
        table, leaves = _essential(table, list(leaves))
        if table.ndim == 0:
            return int(table)
        hurried = self.stop()
        if table.ndim <= 4:
            return add_block(self.net, integer(flat(table)), leaves, hurried=hurried)
        if hurried:
            low, high = self.add(table[0], leaves[1:], depth + 1), self.add(table[1], leaves[1:], depth + 1)
            return self.net.choose(leaves[0], high, low)
        known = self.net.find(self._value(table, leaves))
        if known is not None:
            return known
        simple = self._split_off(table, leaves, depth)
        if simple is not None:
            return simple
        block = bound_set(table, table.ndim - 2 if depth == 0 and table.ndim <= 10 else 3 if table.ndim <= 10 else 2)
        if block is not None:
            chosen, inner, outer = block
            g = self.add(inner, [leaves[i] for i in chosen], depth)
            return self.add(outer, [g, *(leaf for i, leaf in enumerate(leaves) if i not in chosen)], depth)
        counted = self._symmetric(table, leaves)
        return counted if counted is not None else self._decide(table, leaves, depth)

    def _value(self, table: Table, leaves: Sequence[int]) -> int:
        """The table over leaves on the rows of the network."""
        net = self.net
        place = np.zeros(net.rows, dtype=np.int64)
        for i, leaf in enumerate(leaves):
            raw = net.value(leaf).to_bytes((net.rows + 7) // 8, "little")
            bits = np.unpackbits(np.frombuffer(raw, dtype=np.uint8), bitorder="little")[: net.rows]
            place |= bits.astype(np.int64) << i
        return integer(flat(table)[place])

    def _split_off(self, table: Table, leaves: list[int], depth: int) -> int | None:
        """An input that stands alone: under xor, and, or or."""
        net = self.net
        for i in range(table.ndim):
            low, high = np.take(table, 0, axis=i), np.take(table, 1, axis=i)
            rest = leaves[:i] + leaves[i + 1 :]
            if np.array_equal(low, ~high):
                return net.differ(leaves[i], self.add(low, rest, depth))
            for half, other, flip in ((low, high, 0), (high, low, 1)):
                if not half.any():
                    return net.both(leaves[i] ^ flip, self.add(other, rest, depth))
                if half.all():
                    return net.either(leaves[i] ^ flip ^ 1, self.add(other, rest, depth))
        return None

    def _symmetric(self, table: Table, leaves: list[int]) -> int | None:
        flips = symmetric_flips(table)
        if flips is None:
            return None
        turned = np.flip(table, tuple(i for i, flip in enumerate(flips) if flip))
        values = values_by_count(turned)
        assert values is not None
        return add_symmetric(self.net, values, [leaf ^ flip for leaf, flip in zip(leaves, flips, strict=True)])

    def _decide(self, table: Table, leaves: list[int], depth: int) -> int:
        """Shannon or Davio on the input whose halves look simplest."""
        net = self.net
        scores = np.array([self._difficulty(table, i) for i in range(table.ndim)])
        i = int(np.argmin(scores - self.rng.gumbel(size=len(scores)) / self.greedy))
        low, high = np.take(table, 0, axis=i), np.take(table, 1, axis=i)
        rest = leaves[:i] + leaves[i + 1 :]
        parts = {"low": low, "high": high, "differ": low ^ high}
        hard = {name: _spread(part) for name, part in parts.items()}
        left_out = max(hard, key=lambda name: hard[name])
        if left_out == "differ" or hard["differ"] >= 0.9 * max(hard["low"], hard["high"]):
            a = self.add(low, rest, depth + 1)
            return net.choose(leaves[i], self.add(high, rest, depth + 1), a)
        base, flip = ("low", 0) if hard["low"] <= hard["high"] else ("high", 1)
        a = self.add(parts[base], rest, depth + 1)
        d = self.add(parts["differ"], rest, depth + 1)
        return net.differ(a, net.both(leaves[i] ^ flip, d))

    def _difficulty(self, table: Table, i: int) -> float:
        low, high = np.take(table, 0, axis=i), np.take(table, 1, axis=i)
        sizes = sorted((_spread(low), _spread(high), _spread(low ^ high)))
        return sizes[0] + sizes[1]


def _spread(table: Table) -> float:
    """How hard a table looks: the number of its inputs that matter, and how much."""
    total = 0.0
    for i in range(table.ndim):
        changed = np.take(table, 0, axis=i) ^ np.take(table, 1, axis=i)
        share = changed.mean()
        if share > 0:
            total += 1.0 if share < 1 else 0.5  # a linear input costs one gate
    return total


def _essential(table: Table, leaves: list[int]) -> tuple[Table, list[int]]:
    """Without the inputs that change nothing."""
    for i in range(table.ndim - 1, -1, -1):
        low = np.take(table, 0, axis=i)
        if np.array_equal(low, np.take(table, 1, axis=i)):
            table, leaves = low, leaves[:i] + leaves[i + 1 :]
    return table, leaves
