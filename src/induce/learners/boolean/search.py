"""The whole search: which methods look at a table, for how long, and what they found, output by output.

A table that gives every combination of its inputs one answer is *complete*: there is nothing to predict, so its formulas must be
exact, and all outputs are written into one network. Other tables are searched output by output; the formulas chosen are then
written into one network too, and shrunk together where their inputs are few enough for a complete table.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.learners.boolean.blocks import add_block
from induce.learners.boolean.complete import minimise, price
from induce.learners.boolean.evidence import RATES
from induce.learners.boolean.network import Network
from induce.learners.boolean.partial import Candidate, Candidates, explore
from induce.learners.boolean.sample import Sample, gate_bits, output_bits
from induce.learners.boolean.small import trade_offs
from induce.learners.boolean.truth import variables

__all__ = ["JOINT_INPUTS", "MOST_INPUTS", "Settings", "description_bits", "essential_inputs", "join", "solve", "warm"]

MOST_INPUTS = 16
"""Most inputs of a complete table that is searched exactly."""
JOINT_INPUTS = 12
"""Most inputs together of formulas that are shrunk together."""
STREAMS = 4
TRADED = 10
"""Inputs up to which a complete table of one output is also searched for shorter formulas that make errors."""

Tick = Callable[[int, int], None]


@dataclass(frozen=True)
class Settings:
    """What to search for.

    Parameters
    ----------
    noise : float or None
        Share of flipped answers; None is estimated.
    most : int or None
        Most inputs of a formula.
    xor_gates : int
        How many gates an exclusive or counts for.
    seed : int
    effort : float
    deadline : float
        Value of ``time.time()`` at which the search ends; infinite without a limit of seconds.
    """

    noise: float | None = None
    most: int | None = None
    xor_gates: int = 1
    seed: int = 0
    effort: float = 1.0
    deadline: float = math.inf

    def expired(self) -> bool:
        """Whether the time is over."""
        return time.time() >= self.deadline

    def until(self, share: float) -> Settings:
        """The same with only a share of the time that is left."""
        if math.isinf(self.deadline):
            return self
        now = time.time()
        return Settings(
            self.noise, self.most, self.xor_gates, self.seed, self.effort, now + share * max(self.deadline - now, 0)
        )


def description_bits(
    gates: int, errors: int, rows: int, inputs: int, noise: float | None, *, constant: bool = False
) -> float:
    """Bits to write down a formula and the rows that it gets wrong.

    The errors cost ``log2 C(rows, errors) + log2(rows + 1)`` when the flip rate is not known, otherwise what a code for that
    rate needs; see :func:`induce.learners.boolean.sample.gate_bits` for the gates.

    >>> description_bits(1, 0, 16, 4, None) < description_bits(0, 4, 16, 4, None)
    True
    """
    formula = gates * gate_bits(inputs) + output_bits(inputs, constant)
    if noise is None:
        ways = math.lgamma(rows + 1) - math.lgamma(errors + 1) - math.lgamma(rows - errors + 1)
        return formula + ways / math.log(2) + math.log2(rows + 1)
    if noise == 0:
        return formula if errors == 0 else math.inf
    return formula - errors * math.log2(noise) - (rows - errors) * math.log2(1 - noise)


def essential_inputs(tables: NDArray[np.bool_]) -> list[int]:
    """Inputs that change some output of complete tables, array of shape (outputs, 2**k)."""
    k = tables.shape[1].bit_length() - 1
    found = []
    for i in range(k):
        halves = tables.reshape(len(tables), -1, 2, 1 << i)
        if (halves[:, :, 0] != halves[:, :, 1]).any():
            found.append(i)
    return found


def solve(sample: Sample, settings: Settings, n_jobs: int = 1, tick: Tick | None = None) -> list[list[Candidate]]:
    """The front of each output: candidates by growing gates, each with fewer errors than those before it.

    Candidates of complete tables that come from one network share its gates. The result does not depend on ``n_jobs``.

    Parameters
    ----------
    sample : Sample
    settings : Settings
    n_jobs : int
        Processes.
    tick : callable, optional
        Called with formulas looked at and the fewest errors, many times.
    """
    if settings.noise in (None, 0) and sample.complete:
        order = np.argsort((sample.bits.astype(np.int64) << np.arange(sample.inputs)[:, None]).sum(axis=0))
        tables = sample.yes[:, order] > 0
        needed = essential_inputs(tables)
        if len(needed) <= MOST_INPUTS and (settings.most is None or len(needed) <= settings.most):
            return _solve_complete(sample, tables, needed, settings, n_jobs, tick)
    outputs = range(len(sample.yes))
    if n_jobs == 1:
        return [_explored(sample, j, settings.until(1 / (len(outputs) - j)), tick) for j in outputs]
    return _parallel(n_jobs, [(_explored, (sample, j, settings, None)) for j in outputs])


def _parallel(n_jobs: int, tasks: Sequence[tuple[Callable[..., Any], tuple[Any, ...]]]) -> list[Any]:
    from joblib import Parallel, delayed

    return list(Parallel(n_jobs=n_jobs)(delayed(work)(*arguments) for work, arguments in tasks))


def _explored(sample: Sample, output: int, settings: Settings, tick: Tick | None) -> list[Candidate]:
    """The front of one output of a table that is not complete."""
    candidates = Candidates(sample, output, price(settings.xor_gates), settings.most)
    rates = RATES if settings.noise is None else (settings.noise,)
    exact = settings.noise == 0 if settings.noise is not None or not sample.consistent[output] else None
    work = explore(
        candidates, rates=rates, exact=exact,
        seed=settings.seed, effort=settings.effort, stop=settings.expired,
    )  # fmt: skip
    for _ in work:
        if tick is not None and candidates.found:
            tick(candidates.looked_at, min(c.errors for c in candidates.found.values()))
        if settings.expired() and candidates.found:
            break
    _shrink(candidates, settings)
    return candidates.front()


def _shrink(candidates: Candidates, settings: Settings) -> None:
    """Make the promising candidates smaller as functions: their answers stay the same on all rows, given or not."""
    rows, inputs = candidates.sample.rows, candidates.sample.inputs
    ranked = sorted(
        candidates.front(),
        key=lambda c: description_bits(c.gates, c.errors, rows, inputs, settings.noise or None, constant=c.constant),
    )
    for candidate in ranked[:2]:
        used = candidate.network.support()
        if not 2 <= len(used) <= JOINT_INPUTS or candidate.gates <= len(used) - 1 or candidate.gates > 60:
            continue
        net = join([candidate.network], used)
        best = net
        for smaller in minimise(
            [_rows(net, literal) for literal in net.outputs], seed=settings.seed, stream=9, first=net,
            cost=candidates.cost, effort=settings.effort / 2,
        ):  # fmt: skip
            best = smaller
            if settings.expired():
                break
        candidates.add(spread(best, used, candidates.sample), candidate.source)


def _rows(net: Network, literal: int) -> NDArray[np.bool_]:
    raw = np.frombuffer(net.value(literal).to_bytes((net.rows + 7) // 8, "little"), dtype=np.uint8)
    return np.unpackbits(raw, bitorder="little")[: net.rows].astype(bool)


def join(networks: Sequence[Network], used: Sequence[int]) -> Network:
    """Networks of one output each in one network over the complete table of the inputs ``used``."""
    k = len(used)
    net = Network(variables(k), 1 << k)
    outputs = []
    for old in networks:
        place = {0: 0, **{i + 1: 2 * (n + 1) for n, i in enumerate(used)}}
        for gate in old.needed():
            a, b = old.left[gate], old.right[gate]
            place[gate] = net.add(old.kind[gate], place[a >> 1] ^ (a & 1), place[b >> 1] ^ (b & 1))
        outputs.append(place[old.outputs[0] >> 1] ^ (old.outputs[0] & 1))
    net.outputs = outputs
    return net


def spread(net: Network, used: Sequence[int], sample: Sample) -> Network:
    """A network over the inputs ``used`` as one over all inputs of a sample."""
    wide = Network(sample.columns, sample.distinct)
    place = {0: 0, **{n + 1: 2 * (i + 1) for n, i in enumerate(used)}}
    for gate in net.needed():
        a, b = net.left[gate], net.right[gate]
        place[gate] = wide.add(net.kind[gate], place[a >> 1] ^ (a & 1), place[b >> 1] ^ (b & 1))
    wide.outputs = [place[x >> 1] ^ (x & 1) for x in net.outputs]
    return wide


def _solve_complete(
    sample: Sample, tables: NDArray[np.bool_], needed: list[int], settings: Settings, n_jobs: int, tick: Tick | None
) -> list[list[Candidate]]:
    """Exact networks of all outputs, and for one output of few inputs also shorter formulas with errors."""
    places = [slice(None) if i in needed else 0 for i in reversed(range(sample.inputs))]
    wide = tables.reshape((len(tables), *(2,) * sample.inputs))
    small = [np.ascontiguousarray(table[tuple(places)]).reshape(-1) for table in wide]
    if len(needed) > JOINT_INPUTS:  # writing large circuits down takes time too
        settings = settings.until(0.2)
    cost = price(settings.xor_gates)
    best = best_network(small, settings, n_jobs, tick)
    fronts = []
    for j in range(len(small)):
        candidates = Candidates(sample, j, cost, settings.most)
        if len(small) == 1 and len(needed) <= 4:
            _trade(candidates, small[0], needed)
        elif len(small) == 1 and len(needed) <= TRADED and not settings.expired():
            work = explore(candidates, rates=(0.02,), exact=False, seed=settings.seed, effort=settings.effort / 3)
            for _ in work:
                if settings.expired() and candidates.found:
                    break
        single = best.rebuilt()
        single.outputs = [single.outputs[j]]
        candidates.add(spread(single.rebuilt(), needed, sample), "an exact network")
        fronts.append(_exact_last(candidates))
    return fronts


def _trade(candidates: Candidates, table: NDArray[np.bool_], needed: list[int]) -> None:
    """The best function of at most four inputs for each number of gates."""
    k = len(needed)
    for f in trade_offs(table.astype(np.int64), 1 - table.astype(np.int64)):
        net = Network(variables(k), 1 << k)
        net.outputs = [add_block(net, f, [2 * (i + 1) for i in range(k)])]
        candidates.add(spread(net, needed, candidates.sample), "the table of all functions of four inputs")


def _exact_last(candidates: Candidates) -> list[Candidate]:
    front = candidates.front()
    while front[-1].errors:  # something as large with errors may not hide the exact one
        front.pop()
    return front


def best_network(
    tables: Sequence[NDArray[np.bool_]],
    settings: Settings,
    n_jobs: int = 1,
    tick: Tick | None = None,
    first: Network | None = None,
) -> Network:
    """The smallest network found by several starts, the same for any ``n_jobs``."""
    found = list(_starts(tables, settings, n_jobs, tick, first))
    cost = price(settings.xor_gates)
    return min(found, key=lambda net: (cost(net), net.size))


def _starts(
    tables: Sequence[NDArray[np.bool_]], settings: Settings, n_jobs: int, tick: Tick | None, first: Network | None
) -> Iterator[Network]:
    streams = range(1 if tables[0].size <= 4 else STREAMS)
    if n_jobs != 1:
        yield from _parallel(n_jobs, [(_stream, (tables, s, settings, first if s == 0 else None)) for s in streams])
        return
    for s in streams:
        part = settings.until(1 / (len(streams) - s))
        net = _stream(tables, s, part, first if s == 0 else None)
        if tick is not None:
            tick(s + 1, 0)
        yield net
        if settings.expired():
            return


def _stream(tables: Sequence[NDArray[np.bool_]], stream: int, settings: Settings, first: Network | None) -> Network:
    best: Network | None = None
    for smaller in minimise(
        tables, seed=settings.seed, stream=stream, first=first, cost=price(settings.xor_gates),
        effort=settings.effort, stop=settings.expired,
    ):  # fmt: skip
        best = smaller
        if settings.expired():
            break
    assert best is not None
    return best


def warm() -> None:
    """Compile every kernel on a tiny table, so that no search pays for it (numba caches the result on disk)."""
    from induce.learners.boolean.blocks import recipes
    from induce.learners.boolean.sample import sample as counted

    recipes(0x6996)
    rows = np.array([[i >> b & 1 for b in range(6)] for i in range(48)], dtype=bool)
    answers = (rows[:, 0] & rows[:, 1]) ^ rows[:, 2] | (rows[:, 3] & rows[:, 4] & rows[:, 5])
    for _ in explore(Candidates(counted(rows, answers[:, None]), 0), rates=RATES, exact=True, seed=0, effort=0.02):
        pass
    tables = [np.arange(64) % 7 % 2 == 1]
    for _ in minimise(tables, seed=0, stream=0, effort=0.01):
        pass
