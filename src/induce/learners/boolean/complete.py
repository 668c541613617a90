"""Small networks for functions that are known on all rows: several starts, each made smaller by many moves.

A start writes the outputs one after the other into one network, so that later ones share what earlier ones built:
by decomposition (greedy, or with random choices), by a factored two-level cover, or from a network already known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from induce.learners.boolean.blocks import add_block
from induce.learners.boolean.cover import PRIMES_UP_TO, add_cover, cover
from induce.learners.boolean.decompose import Decomposer, table_of
from induce.learners.boolean.network import XOR, Network
from induce.learners.boolean.rewrite import improve
from induce.learners.boolean.truth import integer, variables
from induce.learners.boolean.walsh import irrelevant_inputs

__all__ = ["Price", "least", "minimise", "price", "start"]

Price = Callable[[Network], float]
MOVES = 4000
"""Moves of a start on a network of 16 to 40 gates; smaller and larger ones get fewer."""


def price(xor: int = 1) -> Price:
    """Gates of a network, where an xor counts as ``xor`` of them (3 when it has to be built of and and or)."""

    def gates(net: Network) -> float:
        order = net.needed()
        return float(len(order) + (xor - 1) * sum(net.kind[v] == XOR for v in order))

    return gates


def least(tables: Sequence[NDArray[np.bool_]]) -> int:
    """Gates that no network can do without: an output that depends on ``m`` inputs reads them through ``m - 1`` gates."""
    k = len(tables[0]).bit_length() - 1
    depends = [k - len(irrelevant_inputs(table)) for table in tables]
    different = {min(integer(t), integer(~t)) for t, m in zip(tables, depends, strict=True) if m >= 2}
    return max(max(depends) - 1, len(different), 0)


def start(
    tables: Sequence[NDArray[np.bool_]], seed: int, stream: int, stop: Callable[[], bool] = lambda: False
) -> Network:
    """A first network of the outputs, in a way that depends on the stream.

    Parameters
    ----------
    tables : sequence of arrays, shape (2**k,)
        Each output on the complete table.
    seed, stream : int
        Stream 0 decomposes greedily, stream 1 factors covers (up to 10 inputs), others decompose with random choices.
    stop : callable
        When true, what is left is written in the quickest way.
    """
    k = len(tables[0]).bit_length() - 1
    net = Network(variables(k), 1 << k)
    leaves = [2 * (i + 1) for i in range(k)]
    rng = np.random.default_rng([seed, stream, 3])
    depends = [k - len(irrelevant_inputs(table)) for table in tables]
    literals = [0] * len(tables)
    factored = stream == 1 and k <= PRIMES_UP_TO
    worker = Decomposer(net, rng, np.inf if stream < 2 else 2.0, stop=stop)
    for j in sorted(range(len(tables)), key=lambda j: depends[j]):
        table = tables[j]
        known = net.find(integer(table))
        if known is not None:
            literals[j] = known
        elif factored and depends[j] > 4:
            negated = table.mean() > 0.5
            value = integer(~table if negated else table)
            literals[j] = add_cover(net, cover(value, value, k), leaves) ^ int(negated)
        elif k <= 4:
            literals[j] = add_block(net, integer(table), leaves)
        else:
            literals[j] = worker.add(table_of(table), leaves)
    net.outputs = literals
    return net.rebuilt()


def minimise(
    tables: Sequence[NDArray[np.bool_]],
    *,
    seed: int,
    stream: int,
    first: Network | None = None,
    cost: Price | None = None,
    effort: float = 1.0,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Network]:
    """Yield the best network of one start after every few moves.

    Parameters
    ----------
    tables : sequence of arrays, shape (2**k,)
    seed, stream : int
    first : Network, optional
        Start here instead.
    cost : Price, optional
    effort : float
        Factor on the number of moves.
    stop : callable
        Hurries the start.
    """
    cost = cost or price()
    net = first if first is not None else start(tables, seed, stream, stop)
    yield net
    floor = least(tables)
    if cost(net) <= floor or (len(tables) == 1 and len(net.support()) <= 4 and cost(net) == net.size and first is None):
        return
    size = max(net.size, 1)
    moves = int(MOVES * effort * min(1.0, 40 / size, size / 16))
    for number, best in enumerate(improve(net, np.random.default_rng([seed, stream, 4]), max(moves, 200), cost)):
        if number % 8 == 0:
            yield best
        if cost(best) <= floor:
            break
    else:
        yield best
        return
    yield best
