"""LocalSearch: each sub-term of the best formulas searched anew, on the target that the rest of the formula leaves for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from induce.algebras import kernels as K
from induce.learners.archive import Entry
from induce.learners.bidirectional import STAGES, stocks
from induce.learners.composing import Pen, affine_parts, wrapped
from induce.learners.enumerate import level_batch
from induce.learners.fitting import description_scores, fitted_batch
from induce.learners.forms import Part, combine, node_costs
from induce.learners.gathering import Gathered
from induce.learners.inner import SoftRows, soft_rows
from induce.learners.learner import Batch, SearchState
from induce.learners.meeting import Meeting
from induce.learners.positions import Around, positions, sub_part, undone_rows
from induce.learners.scans import matched, probe, sums_for
from induce.learners.stock import Stage
from induce.learners.targets import Step, TargetBlock, Targets
from induce.learners.undoing import measure
from induce.task import Task

__all__ = ["LocalSearch"]

Array = NDArray[np.float64]
DEPTHS = ((1, 0), (2, 10), (2, 60), (3, 400))
"""For each depth: the round of the bank it looks at, and the rows put between the formula and what is matched."""
REST = 1e6
"""Work charged when the front has nothing new to look at."""


@dataclass(frozen=True)
class LocalSearch:
    """Iterated local search around the front, one sub-term at a time.

    A kept formula ``y = g(s)`` with a sub-term ``s`` leaves the target ``t = g^-1(y)`` for it, with weights ``(dy/dt)^2``. The
    whole bank of a bidirectional search is matched against ``t`` by ``a f + b``, by sums of two or three rows, and by functions
    with one constant inside; at greater depths one more row stands between. Beside the sub-terms, what a formula leaves as
    difference and as quotient (``y - f``, ``y / f``) are targets, so formulas also grow.

    Parameters
    ----------
    formulas : int
        How many of the front are looked at, by description length.
    points : int
        Rows of the data that scans look at, as for :class:`induce.learners.Bidirectional`.
    waits : bool
        Whether to wait for better formulas from other learners when all surroundings are known, instead of ending.

    References
    ----------
    H. Lourenço, O. Martin and T. Stützle (2003), Iterated Local Search. A. Kartelj and M. Djukanović (2023), RILS-ROLS.
    """

    formulas: int = 8
    points: int = 128
    waits: bool = False
    name: str = "local"
    parallel: bool = True

    def accepts(self, task: Task) -> str:
        """A free choice from a grammar with fitted constants."""
        if task.space is None:
            return "local search needs a sketch that is one choice from a grammar"
        return "" if task.space.constants else "local search needs fitted constants"

    def run(self, task: Task, state: SearchState, rng: np.random.Generator) -> Iterator[Batch]:
        """Yield what is found around each formula, the near surroundings of all before the far ones of any."""
        bank = stocks(task, state, self.points)[-1]
        meeting = Meeting(task, state, bank, self.name)
        meeting.pen = Pen(bank.grown)  # siblings of sub-terms are written down by this search alone
        done: dict[tuple[bytes, bytes], int] = state.carry.setdefault("depths", {})
        begun = -1
        if not len(state.archive):
            yield fitted_batch(
                task, meeting.space, combine([([-1], [float(np.mean(task.search[1]))], [True])]), self.name, 1.0
            )
            yield level_batch(task, meeting.space, bank.grown.leaves(), self.name, 1.0)
        while True:
            entry, depth = self._next(task, state, done)
            if entry is None:
                if not self.waits:
                    return
                yield meeting.tick(0.0, REST)
                continue
            stage = STAGES[DEPTHS[depth][0]]
            if DEPTHS[depth][0] > begun:
                yield from meeting.begin(stage)
                begun = DEPTHS[depth][0]
            yield from self._around(meeting, entry, depth, stage)
            done[entry.key] = depth + 1

    def _next(self, task: Task, state: SearchState, done: dict[tuple[bytes, bytes], int]) -> tuple[Entry | None, int]:
        """The formula whose surroundings are known least, the better one first."""
        front = [e for e in state.archive.front() if len(e.programs)]
        if not front:
            return None, 0
        loss, size = np.array([e.loss for e in front]), np.array([e.size for e in front])
        best = np.argsort(description_scores(task, loss, size), kind="stable")[: self.formulas]
        depths = [done.get(front[int(k)].key, 0) for k in best]
        depth = min(depths)
        return (None, 0) if depth >= len(DEPTHS) else (front[int(best[depths.index(depth)])], depth)

    def _around(self, meeting: Meeting, entry: Entry, depth: int, stage: Stage) -> Iterator[Batch]:
        one = entry.programs
        part: Part = one.codes.tolist(), one.values.tolist(), one.free.tolist()
        if not depth and meeting.mine():
            yield meeting.batch(_loosened(meeting, part), 0.0, 0.0, 8, 15)
        block = targets_around(meeting, part)
        if not len(block):
            yield meeting.tick(0.0, REST)
            return
        rows = DEPTHS[depth][1]
        if not rows:
            yield from _looked(meeting, block, stage, soft_rows(meeting.grown, meeting.varying(400), 50, meeting.pure))
            return
        made = Targets(meeting.grown, meeting.variance, 100_000)
        for start in range(0, min(rows, meeting.prepared.held), 8):
            places = np.arange(start, min(start + 8, meeting.prepared.held))
            for deeper in made.blocks(block, places):
                if meeting.mine():
                    yield matched(meeting, deeper)


def _loosened(meeting: Meeting, part: Part) -> list[Part]:
    """The program with ``a s + b`` in the place of each sub-term, and with every number fitted."""
    pen, made = meeting.pen, [(part[0], part[1], [True] * len(part[1]))]
    scales, shifts = meeting.space.scales, meeting.space.shifts
    ways = [(1.0 + 1e-6 * a, 1e-3 * b) for a, b in ((1, 0), (0, 1), (1, 1)) if (scales or not a) and (shifts or not b)]
    for around in positions(part):
        inner = sub_part(part, around.start, around.end)
        if inner[0][0] >= 0:
            path = _path(pen, around)
            for a, b in ways:
                made.append(wrapped(affine_parts(inner, a, b, pen), path, pen))
    return made


def _path(pen: Pen, around: Around) -> tuple[Step, ...]:
    """What stands around a sub-term, the siblings kept as the pen's own rows."""
    path: list[Step] = []
    for op, side, sibling in around.steps:
        if sibling is not None:
            pen.extras.append(sibling)
        path.append((op, side, -1 - len(pen.extras) if sibling is not None else -1))
    return tuple(path)


def targets_around(meeting: Meeting, part: Part) -> TargetBlock:
    """What each sub-term of a program must be, and what it leaves as difference and quotient."""
    roots, grown, pen = meeting.roots, meeting.grown, meeting.pen
    costs = node_costs(meeting.task.codebook)
    found = [a for a in positions(part) if a.steps]
    beside = [op for name, op in (("+", K.ADD), ("*", K.MUL)) if name in meeting.names]
    whole = [Around(0, 0, ((op, 1, part),)) for op in beside]
    t: list[Array] = []
    w: list[Array] = []
    paths: list[tuple[Step, ...]] = []
    sizes: list[int] = []
    for around in [*found, *whole]:
        one_t, one_w = undone_rows(roots.t[0], roots.w[0], around.steps, meeting.task_columns)
        if not np.all(np.isfinite(one_t)) or not np.all(np.isfinite(one_w)):
            continue
        outside = np.array([*part[0][: around.start], *part[0][around.end :]], np.int64)
        sizes.append(
            int(np.where((outside >= 0) & (outside < len(costs)), costs[np.clip(outside, 0, len(costs) - 1)], 1).sum())
        )
        t.append(one_t)
        w.append(one_w)
        paths.append(_path(pen, around))
    values, weights = (np.array(v).reshape(len(t), meeting.points) for v in (t, w))
    info, measured, good = np.zeros((len(t), 3)), np.empty(3), []
    for k in range(len(t)):
        if measure(values, weights, k, values.shape[1], measured) and np.isfinite(measured).all():
            info[k] = measured
            good.append(k)
    links = np.full((len(t), 5), -1, np.int64)
    links[:, 0] = np.arange(len(t))
    width = grown.dims.shape[1]
    block = TargetBlock(
        values, weights, info[:, 0], info[:, 1], info[:, 2], np.array(sizes, np.int64), links, paths,
        np.zeros((len(t), width), np.int64), np.ones(len(t), np.int64),
    )  # fmt: skip
    return block.take(np.array(good, np.int64))


def _looked(meeting: Meeting, block: TargetBlock, stage: Stage, soft: SoftRows) -> Iterator[Batch]:
    """All that may stand at these places without anything between."""
    yield matched(meeting, block)
    if not (meeting.space.scales and meeting.space.shifts):
        return
    limits, gathered = meeting.limits(), Gathered(meeting)
    for k in range(len(block)):
        if meeting.mine() and sums_for(meeting, block, k, stage.dictionary, limits, gathered):
            yield gathered.batch()
    yield gathered.batch()
    if len(soft):
        for k in range(len(block)):
            if meeting.mine():
                yield probe(meeting, block, k, soft)
