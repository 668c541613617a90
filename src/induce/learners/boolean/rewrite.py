"""Making a network smaller without changing its outputs: blocks of four leaves by the exact table, and resubstitution.

A move takes one gate out and builds something else in its place: a minimal circuit of a cut of four leaves, or one or two
gates over any other nodes that agree where the outputs can tell (observability don't-cares). Moves that keep the size are
taken too, so that the network wanders among equals until a smaller one is in reach.

Source: A. Mishchenko, S. Chatterjee, R. Brayton (2006), DAG-aware AIG rewriting; H. Riener, E. Testa, W. Haaswijk,
A. Mishchenko, L. Amaru, G. De Micheli, M. Soeken (2019), Scalable generic logic synthesis: one approach to rule them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from induce.learners.boolean.blocks import add_chain, recipes
from induce.learners.boolean.network import AND, XOR, Network
from induce.learners.boolean.resubstitute import substitutes
from induce.learners.boolean.truth import variables

__all__ = ["cone", "improve", "observable"]

Maker = Callable[[Network, Callable[[int], int]], int]
WINDOW = 90
"""Most nodes that a substitute may read; others are drawn at random."""


def observable(net: Network, node: int, order: Sequence[int] | None = None) -> int:
    """Rows on which the outputs change when ``node`` is negated."""
    values = net.values
    mask = net.mask
    changed = {node: values[node] ^ mask}
    for gate in net.needed() if order is None else order:
        if gate <= node:
            continue
        a, b = net.left[gate], net.right[gate]
        if a >> 1 in changed or b >> 1 in changed:
            x = changed.get(a >> 1, values[a >> 1]) ^ (mask if a & 1 else 0)
            y = changed.get(b >> 1, values[b >> 1]) ^ (mask if b & 1 else 0)
            value = x & y if net.kind[gate] == AND else x ^ y
            if value != values[gate]:
                changed[gate] = value
    seen = 0
    for literal in net.outputs:
        if literal >> 1 in changed:
            seen |= changed[literal >> 1] ^ values[literal >> 1]
    return seen


def cone(net: Network, node: int, rng: np.random.Generator) -> list[int]:
    """Up to four nodes that together determine ``node``, grown at random from its inputs."""
    leaves = list(dict.fromkeys((net.left[node] >> 1, net.right[node] >> 1)))
    while True:
        open_ = [
            leaf
            for leaf in leaves
            if net.is_gate(leaf) and len({*leaves, net.left[leaf] >> 1, net.right[leaf] >> 1} - {leaf}) <= 4
        ]
        if not open_ or (len(leaves) >= 3 and rng.random() < 0.15):
            return leaves
        leaf = open_[int(rng.integers(len(open_)))]
        leaves = list(dict.fromkeys([*(v for v in leaves if v != leaf), net.left[leaf] >> 1, net.right[leaf] >> 1]))


def _local(net: Network, node: int, leaves: list[int]) -> int:
    """The 16-bit table of a node over its leaves."""
    held = {0: 0, **dict(zip(leaves, variables(4), strict=False))}

    def at(literal: int) -> int:
        v = literal >> 1
        if v not in held:
            a, b = at(net.left[v]), at(net.right[v])
            held[v] = a & b if net.kind[v] == AND else a ^ b
        return held[v] ^ (0xFFFF if literal & 1 else 0)

    return at(2 * node)


def _rewrites(net: Network, node: int, rng: np.random.Generator) -> Iterator[Maker]:
    """Other minimal circuits of the node over a random cut."""
    leaves = cone(net, node, rng)
    f = _local(net, node, leaves)
    ways = recipes(f)
    value = net.values[node]
    for pick in rng.permutation(len(ways))[:6]:
        chain, reads = ways[int(pick)]

        def make(new: Network, moved: Callable[[int], int], chain=chain, reads=reads) -> int:  # type: ignore[no-untyped-def]
            literal = add_chain(new, chain, reads, [moved(2 * leaf) for leaf in leaves])
            return literal if new.value(literal) == value else literal ^ 1

        yield make


def _substitutions(net: Network, node: int, order: list[int], rng: np.random.Generator) -> Iterator[Maker]:
    """One or two gates over any nodes that do not depend on this one."""
    above = {node}
    for gate in order:
        if net.left[gate] >> 1 in above or net.right[gate] >> 1 in above:
            above.add(gate)
    free = [v for v in (*range(1, net.inputs + 1), *order) if v not in above]
    rng.shuffle(free)
    free = free[:WINDOW]
    words = net.words()
    care = observable(net, node, order)
    count = words.shape[1]
    packed = np.frombuffer(care.to_bytes(8 * count, "little"), dtype="<u8").astype(np.uint64)
    freed = _freed(net, node, order)
    ways = substitutes(
        words, np.array(free, dtype=np.int64), node, packed, triples=freed >= 2 and count * len(free) ** 3 <= 4e7
    )
    picks = sorted(rng.permutation(len(ways)), key=lambda i: int(ways[i, 0]))[:8] if len(ways) else []
    if len(ways) > 8 and rng.random() < 0.7:
        picks = list(rng.permutation(len(ways))[:8])
    for pick in picks:
        way = [int(v) for v in ways[int(pick)]]
        yield lambda new, moved, way=way: _build(new, moved, way)  # type: ignore[misc]


def _freed(net: Network, node: int, order: list[int]) -> int:
    """Gates that would go with the node: it, and what nothing else reads."""
    uses: dict[int, int] = {}
    for gate in order:
        for x in (net.left[gate] >> 1, net.right[gate] >> 1):
            uses[x] = uses.get(x, 0) + 1
    for literal in net.outputs:
        uses[literal >> 1] = uses.get(literal >> 1, 0) + 1
    total, stack = 0, [node]
    while stack:
        gate = stack.pop()
        total += 1
        for x in (net.left[gate] >> 1, net.right[gate] >> 1):
            uses[x] -= 1
            if uses[x] == 0 and net.is_gate(x):
                stack.append(x)
    return total


def _build(new: Network, moved: Callable[[int], int], way: list[int]) -> int:
    gates, x, y, kind, z, outer, negated = way
    if gates == 0:
        return moved(2 * x) ^ negated
    a, b = moved(2 * x), moved(2 * y)
    inner = new.add(XOR, a, b) if kind == 4 else new.add(AND, a ^ (kind >> 1), b ^ (kind & 1))
    inner ^= negated
    if gates == 1:
        return inner
    c = moved(2 * z)
    if outer == 4:
        return new.add(XOR, c, inner)
    return new.add(AND, c ^ (outer & 1), inner) ^ (outer >> 1)


def improve(
    net: Network, rng: np.random.Generator, steps: int, cost: Callable[[Network], float] | None = None
) -> Iterator[Network]:
    """Yield the smallest network so far after each step; outputs keep their values on all rows.

    Parameters
    ----------
    net : Network
    rng : numpy Generator
    steps : int
        Moves tried; each takes one gate out and builds something else there.
    cost : function of a network, optional
        What to make small; the number of gates by default.
    """
    measure = cost or (lambda n: float(n.size))
    current = net.rebuilt()
    best, best_cost = current, measure(current)
    now = best_cost
    for _ in range(steps):
        order = current.needed()
        if not order:
            yield best
            return
        node = order[int(rng.integers(len(order)))]
        makers = _substitutions(current, node, order, rng) if rng.random() < 0.5 else _rewrites(current, node, rng)
        for maker in makers:
            tried = _tried(current, node, maker)
            if tried is None:
                continue
            there = measure(tried)
            if there <= now:
                current, now = tried, there
                if there < best_cost or (there == best_cost and _written(tried) < _written(best)):
                    best, best_cost = tried, there
                break
        yield best


def _written(net: Network) -> int:
    """Length of the outputs written out as formulas: among networks of one size the shorter one reads better."""
    length: dict[int, int] = {}
    for gate in net.needed():
        length[gate] = 1 + length.get(net.left[gate] >> 1, 1) + length.get(net.right[gate] >> 1, 1)
    return sum(length.get(literal >> 1, 1) for literal in net.outputs)


def _tried(net: Network, node: int, maker: Maker) -> Network | None:
    new = net.rebuilt({node: maker})
    same = all(new.value(a) == net.value(b) for a, b in zip(new.outputs, net.outputs, strict=True))
    return new.rebuilt() if same else None
