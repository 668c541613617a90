"""Writing a function of at most four literals into a network by a minimal circuit that shares what is there."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from induce.learners.boolean.exact import Chain, exact_table
from induce.learners.boolean.network import Network
from induce.learners.boolean.npn import npn, transforms_onto
from induce.learners.boolean.truth import variables

__all__ = ["add_block", "add_chain", "recipes", "spread"]

TRIED = 96
"""Most circuits tried for one function."""


@lru_cache(maxsize=4096)
def recipes(f: int) -> tuple[tuple[Chain, tuple[tuple[int, int], ...]], ...]:
    """Minimal circuits of a 16-bit table: each a chain, and for each of its inputs which leaf it reads and whether negated.

    >>> len(recipes(0xE8E8)) > 1  # majority of three has more than one minimal circuit
    True
    """
    known = npn()
    g = f ^ 0xFFFF if f & 1 else f
    found = []
    seen = set()
    for t in transforms_onto(g):
        reads = tuple((int(known.order[t, i]), int(known.flip[t, i])) for i in range(4))
        for chain in exact_table().chains[int(known.number[g >> 1])]:
            mark = _read(chain, reads)
            if mark not in seen:
                seen.add(mark)
                found.append((chain, reads))
    return tuple(found)


def _read(chain: Chain, reads: tuple[tuple[int, int], ...]) -> tuple[object, ...]:
    """A chain with its inputs written out, to tell different ones apart."""
    named = [
        tuple(sorted((reads[x >> 1][0] * 2 + (reads[x >> 1][1] ^ (x & 1)) if x < 8 else x + 8) for x in (a, b)))
        for _, a, b in chain
    ]
    return tuple(named)


def spread(f: int, inputs: int) -> int:
    """A table of fewer than four inputs as one of four.

    >>> hex(spread(0b1000, 2))
    '0x8888'
    """
    for k in range(inputs, 4):
        f |= f << (1 << k)
    return f


def add_chain(net: Network, chain: Chain, reads: Sequence[tuple[int, int]], leaves: Sequence[int]) -> int:
    """Write a chain over leaves; the literal of its last gate."""
    place = [(leaves[leaf] ^ flip) if leaf < len(leaves) else 0 for leaf, flip in reads]
    for kind, a, b in chain:
        place.append(net.add(kind, place[a >> 1] ^ (a & 1), place[b >> 1] ^ (b & 1)))
    return place[-1]


def _table(chain: Chain, reads: Sequence[tuple[int, int]]) -> int:
    """The 16-bit table of a chain."""
    nodes = [variables(4)[leaf] ^ (0xFFFF * flip) for leaf, flip in reads]
    for kind, a, b in chain:
        x, y = (nodes[v >> 1] ^ (0xFFFF * (v & 1)) for v in (a, b))
        nodes.append(x ^ y if kind else x & y)
    return nodes[-1]


def _global(f: int, leaves: Sequence[int], net: Network) -> int:
    """The value of a 16-bit table over leaves on the rows of the network."""
    parts = [net.mask if f >> r & 1 else 0 for r in range(16)]
    for leaf in [*leaves, *[0] * (4 - len(leaves))]:
        value = net.value(leaf)
        parts = [(a & ~value & net.mask) | (b & value) for a, b in zip(parts[::2], parts[1::2], strict=True)]
    return parts[0]


def add_block(net: Network, f: int, leaves: Sequence[int], *, hurried: bool = False) -> int:
    """Write a function of at most four leaves, with as few new gates as any of its minimal circuits needs here.

    Parameters
    ----------
    f : int
        Table of ``2**len(leaves)`` rows.
    leaves : sequence of literals
    hurried : bool
        Take any of the minimal circuits.
    """
    f = spread(f, len(leaves))
    if hurried:
        chain, reads = recipes(f)[0]
        if not chain:  # a constant or a single input
            known = {0: 0, **{v: leaf for v, leaf in zip(variables(4), leaves, strict=False)}}
            return known[f] if f in known else known[f ^ 0xFFFF] ^ 1
        return add_chain(net, chain, reads, leaves) ^ int(_table(chain, reads) != f)
    value = _global(f, leaves, net)
    found = net.find(value)
    if found is not None:
        return found
    before = len(net.values)
    best: tuple[int, Chain, Sequence[tuple[int, int]]] | None = None
    for chain, reads in recipes(f)[:TRIED]:
        add_chain(net, chain, reads, leaves)
        cost = len(net.values) - before
        net.truncate(before)
        if best is None or cost < best[0]:
            best = (cost, chain, reads)
    assert best is not None
    literal = add_chain(net, best[1], best[2], leaves)
    return literal if net.value(literal) == value else literal ^ 1
