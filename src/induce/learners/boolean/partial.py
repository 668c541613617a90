"""One output from rows that are noisy or incomplete: every formula worth showing, by gates and errors.

Sources of formulas, in order: constants and single inputs, parities (Gaussian elimination, Walsh spectrum), features joined
by evidence from all inputs and from the sets of inputs with the most evidence, annealing from the best of these, and, when
the answers may be exact, networks that are right on every row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from induce.learners.boolean.anneal import Front, anneal, genes_of, network_of
from induce.learners.boolean.beam import ENDED, MOST_FEATURES, grow
from induce.learners.boolean.complete import Price, price, start
from induce.learners.boolean.cover import add_cover, irredundant
from induce.learners.boolean.evidence import Support, supports
from induce.learners.boolean.network import Network
from induce.learners.boolean.rewrite import improve
from induce.learners.boolean.sample import Sample, gate_bits, output_bits
from induce.learners.boolean.tree import add_tree
from induce.learners.boolean.truth import integer, rows_of
from induce.learners.boolean.walsh import affine, best_parities

__all__ = ["Candidate", "Candidates", "explore"]

LOOKED_AT = 8192
"""Most distinct rows that the searches look at; what they find is counted on all."""
ROOM = 28
ANNEALED = 250_000
WIDTH = 16
FEW = 0.02
"""Share of wrong rows up to which formulas that are right on every row are looked for when the noise is not known."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """A network of one output, its gates, the rows that it gets wrong, and which method found it."""

    network: Network
    gates: int
    errors: int
    source: str

    @property
    def constant(self) -> bool:
        """Whether no input is read."""
        return not self.network.support()


@dataclass(eq=False)
class Candidates:
    """The best candidate for each number of gates, errors counted on all distinct rows.

    Parameters
    ----------
    sample : Sample
    output : int
    cost : Price
        What counts as gates.
    most : int, optional
        Most inputs of a formula; longer ones are not kept.
    """

    sample: Sample
    output: int
    cost: Price = field(default_factory=price)
    most: int | None = None
    found: dict[tuple[int, bool], Candidate] = field(default_factory=dict)
    looked_at: int = 0

    def add(self, network: Network, source: str) -> None:
        """Keep a network of the sample's inputs if nothing as small is better."""
        self.looked_at += 1
        read = len(network.support())
        if self.most is not None and read > self.most:
            return
        gates = int(self.cost(network))
        wrong = self.errors(network)
        known = self.found.get((gates, read > 0))
        if known is None or wrong < known.errors:
            self.found[gates, read > 0] = Candidate(network, gates, wrong, source)

    def errors(self, network: Network) -> int:
        """Rows that the network's output gets wrong."""
        value = network.evaluate(self.sample.columns, self.sample.distinct)[0]
        said = rows_of(value, self.sample.distinct)
        yes, no = self.sample.yes[self.output], self.sample.no[self.output]
        return int(no[said].sum() + yes[~said].sum())

    def front(self) -> list[Candidate]:
        """By growing gates, each with fewer errors than all before it."""
        chosen: list[Candidate] = []
        for size in sorted(self.found):
            if not chosen or self.found[size].errors < chosen[-1].errors:
                chosen.append(self.found[size])
        return chosen

    def best(self, rate: float) -> Candidate:
        """The candidate with the shortest description when a share ``rate`` of the answers is flipped."""
        error_cost = float(np.log2((1 - rate) / rate))
        n = self.sample.inputs

        def bits(c: Candidate) -> float:
            return c.errors * error_cost + c.gates * gate_bits(n) + output_bits(n, c.constant)

        return min(self.front(), key=bits)


def explore(
    candidates: Candidates,
    *,
    rates: tuple[float, ...],
    exact: bool | None,
    seed: int,
    effort: float = 1.0,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[None]:
    """Fill ``candidates``; a tick after every piece of work.

    Parameters
    ----------
    candidates : Candidates
    rates : tuple of float
        Flip rates to compare.
    exact : bool or None
        Also make networks that are right on every row (which needs rows that do not contradict one another); None does so
        when few of the rows are wrong by the best formula.
    seed : int
    effort : float
        Factor on what is tried.
    stop : callable
        Hurries what must be finished.
    """
    full, most = candidates.sample, candidates.most
    small = full.thinned(LOOKED_AT, seed)
    j = candidates.output
    yes, no = small.yes[j], small.no[j]
    _simplest(candidates, small, yes - no)
    yield
    ranked = supports(small.bits, yes, no, most=most, rates=rates, stop=stop)
    rate = max(ranked[0].rate, 1e-3 if len(rates) > 1 else 1e-9)
    if len(ranked[0].inputs) <= ENDED:  # a formula at once, however little time there is
        next(_grown(candidates, small, ranked[0].inputs, yes, no, rate, effort), None)
    yield
    if exact:
        _exact_first(candidates, ranked)
        yield
    for begin in _beginnings(ranked, small.inputs, most):
        yield from _grown(candidates, small, begin, yes, no, rate, effort)
        yield
    yield from _annealed(candidates, small, rate, seed, effort)
    if exact is None and candidates.best(rate).errors <= FEW * full.rows:
        exact = True
        _exact_first(candidates, ranked)
        yield
    if exact:
        yield from _exact(candidates, rate, seed, effort, stop)


def _simplest(candidates: Candidates, small: Sample, gain: NDArray[np.int64]) -> None:
    """Constants, inputs, and parities."""
    empty = Network(small.columns, small.distinct)
    for literal in range(2 * (small.inputs + 1)):
        empty.outputs = [literal]
        candidates.add(empty.rebuilt(), "a constant or an input")
    sets: list[tuple[tuple[int, ...], bool]] = [s[:2] for s in best_parities(small.bits, gain.astype(float))]
    full = candidates.sample
    if full.consistent[candidates.output]:
        found = affine(full.bits, (full.yes[candidates.output] > 0).astype(np.uint8))
        sets += [found] if found is not None else []
    for inputs, negated in sets:
        net = Network(small.columns, small.distinct)
        literal = int(negated)
        for i in inputs:
            literal = net.differ(literal, 2 * (i + 1))
        net.outputs = [literal]
        candidates.add(net, "a parity")


def _beginnings(ranked: list[Support], inputs: int, most: int | None) -> list[tuple[int, ...]]:
    """Sets of inputs to start joining from."""
    limit = MOST_FEATURES - 2
    joined = tuple(sorted({i for s in ranked for i in s.inputs}))
    found = [s.inputs for s in ranked[:2]]
    if len(joined) <= limit:
        found.insert(0, joined)
    if inputs <= limit and (most is None or most >= inputs):
        found.insert(0, tuple(range(inputs)))
    return [s for s in dict.fromkeys(found) if len(s) <= limit]


def _grown(
    candidates: Candidates,
    small: Sample,
    begin: tuple[int, ...],
    yes: NDArray[np.int64],
    no: NDArray[np.int64],
    rate: float,
    effort: float,
) -> Iterator[None]:
    """Formulas by joining features."""
    net = Network(small.columns, small.distinct)
    extra = range(small.inputs) if candidates.most is None and small.inputs <= 24 else begin
    seen: set[int] = set()
    for ending in grow(
        net, [2 * (i + 1) for i in begin], [2 * (i + 1) for i in extra], yes, no,
        rate=rate, gate_cost=gate_bits(small.inputs), width=max(2, int(WIDTH * effort)),
    ):  # fmt: skip
        if ending.literal not in seen:
            seen.add(ending.literal)
            net.outputs = [ending.literal]
            candidates.add(net.rebuilt(), "joined features")
        yield


def _annealed(candidates: Candidates, small: Sample, rate: float, seed: int, effort: float) -> Iterator[None]:
    """Shorter or better formulas near the best one."""
    cells = small.cells(candidates.output)
    error_cost, gate_cost = float(np.log2((1 - rate) / rate)), gate_bits(small.inputs)
    moves = int(effort * ANNEALED / max(1.0, len(cells.majority) / 16))
    for run in range(4):
        best = candidates.best(rate)
        if best.network.size > ROOM - 4:
            return
        front = Front.empty(ROOM)
        yield from anneal(
            cells, front, seed=seed * 31 + run, error_cost=error_cost, gate_cost=gate_cost, moves=max(moves, 20_000),
            start=genes_of(best.network) if run % 2 == 0 else None, hot=6.0 if run % 2 == 0 else 20.0, cold=0.7,
        )  # fmt: skip
        for gates in np.flatnonzero(front.fewest < 1 << 59):
            net = Network(small.columns, small.distinct)
            net.outputs = [network_of(front.kept[gates], net)]
            candidates.add(net.rebuilt(), "annealing")
        yield


def _exact_first(candidates: Candidates, ranked: list[Support]) -> None:
    """A decision tree: right on every row, at once."""
    full, j = candidates.sample, candidates.output
    answers = full.yes[j] > 0
    net = Network(full.columns, full.distinct)
    inputs = _determining(full, answers, ranked)
    bits = np.zeros_like(full.bits)
    bits[list(inputs)] = full.bits[list(inputs)]
    net.outputs = [add_tree(net, bits, answers)]
    candidates.add(net.rebuilt(), "a decision tree")


def _determining(full: Sample, answers: NDArray[np.bool_], ranked: list[Support]) -> tuple[int, ...]:
    """A small set of inputs that decides every answer."""
    for support in sorted(ranked, key=lambda s: len(s.inputs)):
        if _decides(full, answers, support.inputs):
            return support.inputs
    kept = list(range(full.inputs))
    for i in reversed(range(full.inputs)):
        shorter = [k for k in kept if k != i]
        if _decides(full, answers, tuple(shorter)):
            kept = shorter
    return tuple(kept)


def _decides(full: Sample, answers: NDArray[np.bool_], inputs: tuple[int, ...]) -> bool:
    if not inputs:
        return bool(answers.all() or not answers.any())
    packed = np.packbits(full.bits[list(inputs)].astype(bool), axis=0)
    keys = np.ascontiguousarray(packed.T).view(np.dtype((np.void, packed.shape[0]))).ravel()
    _, place = np.unique(keys, return_inverse=True)
    yes = np.bincount(place.reshape(-1), weights=answers)
    return bool(np.all((yes == 0) | (yes == np.bincount(place.reshape(-1)))))


def _exact(candidates: Candidates, rate: float, seed: int, effort: float, stop: Callable[[], bool]) -> Iterator[None]:
    """Networks that are right on every row, what is not given filled in by the best formula or left open, then shrunk."""
    full = candidates.sample
    if full.distinct > LOOKED_AT * 4:
        return
    right = [c for c in candidates.front() if c.errors == 0]
    if right and right[0].gates <= len(right[0].network.support()) - 1:
        return
    starts = [right[0].network] if right else []
    inputs = tuple(right[0].network.support()) if right else tuple(range(full.inputs))
    if 4 < len(inputs) <= 12 and not stop():
        starts += _filled(candidates, inputs, rate, seed, stop)
        yield
    for number, net in enumerate(starts):
        current = net.on(full.columns, full.distinct)
        moves = int(4000 * effort * min(1.0, 40 / max(current.size, 1)))
        best = current
        for step, best in enumerate(improve(current, np.random.default_rng([seed, number, 9]), moves, candidates.cost)):
            if step % 8 == 0:
                yield
            if step % 64 == 0:
                candidates.add(best, "an exact network")
        candidates.add(best, "an exact network")


def _filled(
    candidates: Candidates, inputs: tuple[int, ...], rate: float, seed: int, stop: Callable[[], bool]
) -> list[Network]:
    """Complete tables over a determining set of inputs, written as networks over all inputs."""
    full, j = candidates.sample, candidates.output
    k = len(inputs)
    keys = (full.bits[list(inputs)].astype(np.int64) << np.arange(k)[:, None]).sum(axis=0)
    known = np.zeros(1 << k, dtype=bool)
    table = np.zeros(1 << k, dtype=bool)
    known[keys] = True
    table[keys] = full.yes[j] > 0
    rows = np.arange(1 << k)
    columns = [0] * full.inputs
    for place, i in enumerate(inputs):
        columns[i] = integer(rows >> place & 1 == 1)
    guess = rows_of(candidates.best(rate).network.evaluate(columns, 1 << k)[0], 1 << k)
    made = start([np.where(known, table, guess)], seed, 0, stop)
    found = []
    wide = Network(full.columns, full.distinct)
    where = {0: 0, **{v: 2 * (inputs[v - 1] + 1) for v in range(1, k + 1)}}
    for node in made.needed():
        a, b = made.left[node], made.right[node]
        where[node] = wide.add(made.kind[node], where[a >> 1] ^ (a & 1), where[b >> 1] ^ (b & 1))
    out = made.outputs[0]
    wide.outputs = [where[out >> 1] ^ (out & 1)]
    found.append(wide)
    open_ = Network(full.columns, full.distinct)
    cubes = irredundant(integer(table & known), integer(table | ~known), k)
    open_.outputs = [add_cover(open_, cubes, [2 * (i + 1) for i in inputs])]
    found.append(open_)
    return found
