"""Short formulas that make few errors: simulated annealing over small networks, evaluated on packed rows.

A state is ``room`` gates in a row, each reading inputs or earlier gates, and an output; only what the output reads counts.
The objective is ``errors * error_cost + gates * gate_cost`` in bits. Whatever is seen on the way is kept as the fewest
errors for each number of gates.

Source: S. Kirkpatrick, C. Gelatt, M. Vecchi (1983), Optimization by Simulated Annealing; J. Miller, P. Thomson (2000),
Cartesian Genetic Programming.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from induce.learners.boolean.network import Network
from induce.learners.boolean.truth import Words, popcount

__all__ = ["Cells", "Genes", "anneal", "genes_of", "network_of"]

CHUNK = 20_000
"""Moves between two looks at the clock."""

Genes = NDArray[np.int64]
"""Rows (kind, left literal, right literal) and a last row (0, output literal, 0); literal 2 v is node v: 0 false, then inputs."""


@dataclass(frozen=True, eq=False)
class Cells:
    """Distinct rows with how often each answer was given, packed.

    Parameters
    ----------
    inputs : array, shape (inputs, words)
    majority : array, shape (words,)
        The more frequent answer.
    planes : array, shape (planes, words)
        Binary digits of the cost of the other answer, in rows.
    unavoidable : int
        Rows that disagree with the majority of their cell.
    count : int
        Number of cells.
    """

    inputs: Words
    majority: Words
    planes: Words
    unavoidable: int
    count: int


@njit(cache=True)
def _active(genes, first, active):  # type: ignore[no-untyped-def]
    """Marks the gates that the output reads; their number."""
    active[:] = False
    room = len(active)
    node = genes[room, 1] >> 1
    if node >= first:
        active[node - first] = True
    count = 0
    for g in range(room - 1, -1, -1):
        if active[g]:
            count += 1
            for side in (1, 2):
                if genes[g, side] >> 1 >= first:
                    active[(genes[g, side] >> 1) - first] = True
    return count


@njit(cache=True)
def _errors(values, genes, first, active, majority, planes):  # type: ignore[no-untyped-def]
    """Rows that the output gets wrong, above the unavoidable ones."""
    words = values.shape[1]
    room = len(active)
    every = np.uint64(0xFFFFFFFFFFFFFFFF)
    for g in range(room):
        if active[g]:
            a, b = genes[g, 1] >> 1, genes[g, 2] >> 1
            flip_a = every if genes[g, 1] & 1 else np.uint64(0)
            flip_b = every if genes[g, 2] & 1 else np.uint64(0)
            if genes[g, 0] == 0:
                for w in range(words):
                    values[first + g, w] = (values[a, w] ^ flip_a) & (values[b, w] ^ flip_b)
            else:
                for w in range(words):
                    values[first + g, w] = values[a, w] ^ flip_a ^ values[b, w] ^ flip_b
    total = 0
    output = genes[room, 1]
    flip = every if output & 1 else np.uint64(0)
    for w in range(words):
        wrong = values[output >> 1, w] ^ flip ^ majority[w]
        for p in range(planes.shape[0]):
            total += popcount(wrong & planes[p, w]) << p
    return total


@njit(cache=True)
def _literal(below, rng):  # type: ignore[no-untyped-def]
    """A literal of a node from 1 to ``below - 1``."""
    return 2 * (1 + int(rng.random() * (below - 1))) + int(rng.random() * 2)


@njit(cache=True)
def _change(genes, gates, active, first, rng):  # type: ignore[no-untyped-def]
    """Change one row of the genes; its place."""
    room = len(active)
    if rng.random() < 0.04:
        genes[room, 1] = _literal(first + room, rng)
        return room
    g = int(rng.random() * room)
    if gates > 0 and rng.random() < 0.6:  # most moves should change something that is read
        while not active[g]:
            g = int(rng.random() * room)
    pick = rng.random()
    side = 1 if rng.random() < 0.5 else 2
    if pick < 0.12:
        genes[g, 0] ^= 1
    elif pick < 0.24:
        genes[g, side] ^= 1
    elif pick < 0.40 and genes[g, side] >> 1 >= first:  # read what the gate below reads, in its place
        below = (genes[g, side] >> 1) - first
        genes[g, side] = genes[below, 1 if rng.random() < 0.5 else 2] ^ (genes[g, side] & 1)
    elif pick < 0.65:
        genes[g, side] = _literal(first, rng)
    else:
        genes[g, side] = _literal(first + g, rng)
    return g


@njit(cache=True)
def _chunk(values, first, genes, majority, planes, costs, heats, moves, rng, fewest, kept):  # type: ignore[no-untyped-def]
    """Anneal ``genes`` in place from the first to the second heat. ``fewest`` and ``kept`` hold the front so far."""
    room = len(genes) - 1
    active = np.zeros(room, dtype=np.bool_)
    old = genes.copy()
    touched = np.empty(3, dtype=np.int64)
    gates = _active(genes, first, active)
    now = _errors(values, genes, first, active, majority, planes) * costs[0] + gates * costs[1]
    rate = (heats[1] / heats[0]) ** (1.0 / max(moves, 1))
    heat = heats[0]
    for _ in range(moves):
        heat *= rate
        changes = 1 + int(rng.random() < 0.3) + int(rng.random() < 0.1)
        for c in range(changes):
            touched[c] = _change(genes, gates, active, first, rng)
        new_gates = _active(genes, first, active)
        errors = _errors(values, genes, first, active, majority, planes)
        there = errors * costs[0] + new_gates * costs[1]
        if there <= now or rng.random() < np.exp((now - there) / heat):
            now, gates = there, new_gates
            if errors < fewest[gates]:
                fewest[gates] = errors
                kept[gates] = genes
            for c in range(changes):
                old[touched[c]] = genes[touched[c]]
        else:
            for c in range(changes):
                genes[touched[c]] = old[touched[c]]
            _active(genes, first, active)


@dataclass(eq=False)
class Front:
    """Fewest errors, in rows above the unavoidable ones, for each number of gates, and genes that make them."""

    fewest: NDArray[np.int64]
    kept: NDArray[np.int64]

    @staticmethod
    def empty(room: int) -> Front:
        """Nothing seen."""
        return Front(np.full(room + 1, 1 << 60, dtype=np.int64), np.zeros((room + 1, room + 1, 3), dtype=np.int64))


def anneal(
    cells: Cells,
    front: Front,
    *,
    seed: int,
    error_cost: float,
    gate_cost: float,
    moves: int,
    start: Genes | None = None,
    hot: float = 8.0,
    cold: float = 0.4,
) -> Iterator[None]:
    """One run; a tick after every CHUNK moves. What it sees goes into ``front``.

    Parameters
    ----------
    cells : Cells
    front : Front
    seed : int
    error_cost, gate_cost : float
        Bits.
    moves : int
    start : Genes, optional
        Where to begin; a random network by default.
    hot, cold : float
        Temperatures at the beginning and the end, in bits.
    """
    room = len(front.fewest) - 1
    first = 1 + len(cells.inputs)
    values = np.zeros((first + room, cells.inputs.shape[1]), dtype=np.uint64)
    values[1:first] = cells.inputs
    rng = np.random.default_rng([seed, 77])
    below = rng.integers(1, first + np.arange(room), size=(2, room)) * 2 + rng.integers(0, 2, size=(2, room))
    genes = np.zeros((room + 1, 3), dtype=np.int64)
    genes[:room, 0], genes[:room, 1], genes[:room, 2] = rng.integers(0, 2, room), below[0], below[1]
    genes[room, 1] = 2 * (first + room - 1)
    if start is not None:
        genes = _in_room(start, genes, first)
    chunks = max(1, -(-moves // CHUNK))
    steps = np.geomspace(hot, cold, chunks + 1)
    for c in range(chunks):
        _chunk(
            values, first, genes, cells.majority, cells.planes, np.array([error_cost, gate_cost]), steps[c : c + 2].copy(),
            min(CHUNK, moves), rng, front.fewest, front.kept,
        )  # fmt: skip
        yield


def _in_room(start: Genes, genes: Genes, first: int) -> Genes:
    """``start`` spread over a larger room, so that free gates lie between its own."""
    own, room = len(start) - 1, len(genes) - 1
    place = np.arange(own) * max(1, room // max(own, 1))
    moved = np.concatenate([np.arange(first), first + place])
    genes = genes.copy()
    for g in range(own):
        a, b = start[g, 1], start[g, 2]
        genes[place[g]] = (start[g, 0], 2 * moved[a >> 1] + (a & 1), 2 * moved[b >> 1] + (b & 1))
    out = start[own, 1]
    genes[room] = (0, 2 * moved[out >> 1] + (out & 1), 0)
    return genes


def genes_of(net: Network) -> Genes:
    """A network of one output as genes."""
    order = net.needed()
    place = {v: v for v in range(1 + net.inputs)} | {v: 1 + net.inputs + i for i, v in enumerate(order)}

    def moved(literal: int) -> int:
        return 2 * place[literal >> 1] + (literal & 1)

    rows = [(net.kind[v], moved(net.left[v]), moved(net.right[v])) for v in order]
    return np.array([*rows, (0, moved(net.outputs[0]), 0)], dtype=np.int64)


def network_of(genes: Genes, net: Network) -> int:
    """Write genes into a network; the literal of their output."""
    place = {v: 2 * v for v in range(1 + net.inputs)}
    first = 1 + net.inputs
    read = np.zeros(len(genes) - 1, dtype=bool)
    _active(genes, first, read)
    for g in np.flatnonzero(read):
        kind, a, b = (int(v) for v in genes[g])
        place[first + int(g)] = net.add(kind, place[a >> 1] ^ (a & 1), place[b >> 1] ^ (b & 1))
    out = int(genes[-1, 1])
    return place[out >> 1] ^ (out & 1)
