"""Formulas from noisy or incomplete rows, built from the inputs up: features are joined where the evidence grows.

A state is a set of features (at first, inputs) that together decide the answer by an unknown table. Joining two features
by a gate halves that table, so its evidence (see :mod:`induce.learners.boolean.evidence`) grows exactly when the answer
depends on the two through the gate; a feature may also be refined by another feature or input, or left out. States are
compared by evidence less the length of their gates; those of at most four features end in the minimal circuit that
weighs errors against gates best, among all functions of four inputs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from induce.learners.boolean.blocks import add_block
from induce.learners.boolean.network import AND, XOR, Network
from induce.learners.boolean.small import cheapest
from induce.learners.boolean.truth import rows_of

__all__ = ["ENDED", "MOST_FEATURES", "Ending", "grow"]

MOST_FEATURES = 14
ENDED = 4
ROUNDS = 60


@dataclass(frozen=True)
class Ending:
    """A formula found: the literal of its output in the shared network, its gates, and rows that it gets wrong."""

    literal: int
    gates: int
    errors: int


@dataclass(frozen=True)
class _State:
    features: tuple[int, ...]
    gates: int
    score: float


@njit(cache=True)
def _score(keys, yes, no, counts, cells, log_yes, log_no):  # type: ignore[no-untyped-def]
    """Log evidence of the table over ``keys``; ``counts`` is scratch of shape (cells, 2)."""
    for c in range(cells):
        counts[c, 0] = 0
        counts[c, 1] = 0
    for r in range(len(keys)):
        counts[keys[r], 0] += no[r]
        counts[keys[r], 1] += yes[r]
    value = 0.0
    for c in range(cells):
        a, b = counts[c, 0], counts[c, 1]
        if a + b > 0:
            high, low = max(a, b), min(a, b)
            value += high * log_yes + low * log_no - 0.6931471805599453
            if high - low < 40:
                value += np.log1p(np.exp((high - low) * (log_no - log_yes)))
    return value


@njit(cache=True)
def _children(bits, m, yes, no, rate):  # type: ignore[no-untyped-def]
    """Scores of all joins (a row of 0, i, j, kind), refinements (1, i, j, kind) and omissions (2, i, 0, 0).

    ``bits`` holds the ``m`` features and then further inputs, shape (m + extra, rows).
    """
    total = bits.shape[0]
    rows = bits.shape[1]
    many = 5 * m * (m - 1) // 2 + 5 * m * (total - 1) + m
    moves = np.empty((many, 4), dtype=np.int64)
    scores = np.empty(many)
    counts = np.zeros((1 << m, 2), dtype=np.int64)
    keys = np.empty(rows, dtype=np.int64)
    base = np.empty(rows, dtype=np.int64)
    log_yes, log_no = np.log1p(-rate), np.log(rate)
    found = 0
    for i in range(m):
        for r in range(rows):
            key = 0
            for k in range(m):
                if k != i:
                    key = key * 2 + bits[k, r]
            base[r] = key
        scores[found] = _score(base, yes, no, counts, 1 << (m - 1), log_yes, log_no)
        moves[found] = (2, i, 0, 0)
        found += 1
        for j in range(total):
            if j == i:
                continue
            for kind in range(5):
                for r in range(rows):
                    a, b = bits[i, r], bits[j, r]
                    keys[r] = base[r] * 2 + ((a ^ b) if kind == 4 else (a ^ (kind >> 1)) & (b ^ (kind & 1)))
                scores[found] = _score(keys, yes, no, counts, 1 << m, log_yes, log_no)
                moves[found] = (1, i, j, kind)
                found += 1
    for i in range(m):
        for j in range(i):
            for r in range(rows):
                key = 0
                for k in range(m):
                    if k != i and k != j:
                        key = key * 2 + bits[k, r]
                base[r] = key
            for kind in range(5):
                for r in range(rows):
                    a, b = bits[i, r], bits[j, r]
                    keys[r] = base[r] * 2 + ((a ^ b) if kind == 4 else (a ^ (kind >> 1)) & (b ^ (kind & 1)))
                scores[found] = _score(keys, yes, no, counts, 1 << (m - 1), log_yes, log_no)
                moves[found] = (0, i, j, kind)
                found += 1
    return scores, moves


def _bits(net: Network, literals: Sequence[int]) -> NDArray[np.int64]:
    return np.array([rows_of(net.value(x), net.rows) for x in literals], dtype=np.int64).reshape(-1, net.rows)


def _end(
    net: Network, state: _State, yes: NDArray[np.int64], no: NDArray[np.int64], error_cost: float, gate_cost: float
) -> Ending:
    """The function of at most four features that costs least, errors and gates together."""
    m = len(state.features)
    keys = np.zeros(net.rows, dtype=np.int64)
    for i, row in enumerate(_bits(net, state.features)):
        keys |= row << i
    counts = [np.bincount(keys, weights=said, minlength=1 << m).astype(np.int64) for said in (yes, no)]
    f, errors = cheapest(counts[0], counts[1], error_cost, gate_cost)
    literal = add_block(net, f, state.features)
    return Ending(literal, len(net.needed([literal])), errors)


def grow(
    net: Network,
    inputs: Sequence[int],
    extra: Sequence[int],
    yes: NDArray[np.int64],
    no: NDArray[np.int64],
    *,
    rate: float,
    gate_cost: float,
    width: int = 12,
    patience: int = 4,
) -> Iterator[Ending]:
    """Yield formulas as they are found; a tick (the best so far again) after every state.

    Parameters
    ----------
    net : Network
        Over the distinct rows; gates are written into it.
    inputs : sequence of literals
        The first features.
    extra : sequence of literals
        Further inputs by which a feature may be refined.
    yes, no : array, shape (rows,)
        How often each answer was given.
    rate : float
        Share of flipped answers.
    gate_cost : float
        Bits.
    width : int
        States kept.
    patience : int
        Rounds without a better ending after which the search stops.
    """
    rate = max(rate, 1e-6)
    error_cost = float(np.log2((1 - rate) / rate))
    nats = gate_cost * float(np.log(2))
    beam = [_State(tuple(inputs), 0, 0.0)]
    seen: set[frozenset[int]] = set()
    best: tuple[float, Ending] | None = None
    waited = rounds = 0
    while beam and waited < patience and rounds < ROUNDS:
        rounds += 1
        waited += best is not None
        children: list[tuple[float, _State, tuple[int, ...]]] = []
        for state in beam:
            m = len(state.features)
            if m <= ENDED:
                ending = _end(net, state, yes, no, error_cost, gate_cost)
                value = ending.errors * error_cost + ending.gates * gate_cost
                if best is None or value < best[0] - 1e-9:
                    best, waited = (value, ending), 0
                yield ending
            if m == 0:
                continue
            extras = [x for x in extra if x not in state.features]
            scores, moves = _children(_bits(net, [*state.features, *extras]), m, yes, no, rate)
            scores = scores - nats * (state.gates + (moves[:, 0] < 2))
            for place in np.argsort(-scores, kind="stable")[: 3 * width]:
                children.append((float(scores[place]), state, tuple(int(v) for v in moves[place])))
            if m > ENDED and best is not None:
                yield best[1]
        children.sort(key=lambda child: -child[0])
        beam = []
        for score, state, move in children:
            features = _moved(net, state, move, extra)
            key = frozenset(x & ~1 for x in features)
            if key not in seen:
                seen.add(key)
                beam.append(_State(features, len(net.needed(features)), score))
            if len(beam) == width:
                break
        if len(net.values) > 20000:
            return
    if best is not None:
        yield best[1]


def _moved(net: Network, state: _State, move: tuple[int, ...], extra: Sequence[int]) -> tuple[int, ...]:
    """The features after a move."""
    what, i, j, kind = move
    features = state.features
    if what == 2:
        return features[:i] + features[i + 1 :]
    pool = [*features, *(x for x in extra if x not in features)]
    a, b = pool[i], pool[j]
    new = net.add(XOR, a, b) if kind == 4 else net.add(AND, a ^ (kind >> 1), b ^ (kind & 1))
    kept = [x for place, x in enumerate(features) if place != i and (what == 1 or place != j)]
    kept.append(new)
    unique = {x >> 1: x for x in kept if x >> 1}
    return tuple(sorted(unique.values()))
