"""The scans of a bidirectional search: every way in which a target may be met by rows of the bank."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from induce.algebras.evaluate import fit_constants
from induce.learners.beside import beside_scans
from induce.learners.composing import Part, affine_parts, product, sum_of, wrapped
from induce.learners.factors import usable
from induce.learners.forms import combine
from induce.learners.gathering import Gathered
from induce.learners.inner import SoftRows, soft_rows
from induce.learners.learner import Batch
from induce.learners.matching import Hits, affine, match
from induce.learners.meeting import Meeting
from induce.learners.polynomials import eliminate, library, monomial, polynomials, quotients
from induce.learners.stock import Stage
from induce.learners.sums import best_pairs, best_products, longer
from induce.learners.targets import TargetBlock, Targets, joined, single_target, undone

__all__ = ["closed_forms", "matched", "probe", "scan", "sums_for"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


def scan(meeting: Meeting, stage: Stage) -> Iterator[Batch]:
    """One round of all scans, the cheapest first."""
    if not meeting.space.constants:
        yield from match_scans(meeting, stage)
        return
    yield from beside_scans(meeting, stage)
    yield from pair_scans(meeting, stage)
    yield from join_scans(meeting, stage)
    yield from factor_pair_scans(meeting, stage)
    yield from match_scans(meeting, stage)
    yield from sum_scans(meeting, stage)
    yield from inner_scans(meeting, stage)
    yield from factor_scans(meeting, stage)


def closed_forms(meeting: Meeting) -> Iterator[Batch]:
    """Power laws, polynomials and their quotients, for the targets and their inverse unary ones."""
    bases, points = meeting.bases, meeting.points
    if "*" in meeting.names:
        for k in usable(bases):
            if not meeting.mine():
                continue
            parts = meeting.prepared.factors.parts(bases.t[k], bases.w[k], (), bases.path(k))
            yield meeting.batch(parts, 1.0, points * 10.0, iterations=20)
    if not {"+", "*"} <= meeting.names:
        return
    yield from _polynomial_scans(meeting)
    if "/" in meeting.names:
        yield from _quotient_scans(meeting)


def _polynomial_scans(meeting: Meeting) -> Iterator[Batch]:
    """Polynomials of growing degree for every base."""
    bases, most = meeting.bases, min(60, meeting.points // 3)
    seen = set()
    for degree, k in itertools.product((2, 3, 4, 5, 6, 8, 12), range(len(bases))):
        if degree > (12 if len(meeting.columns) == 1 else 8) or not meeting.mine():
            continue
        terms = meeting.monomials(bases, k, most, degree)
        if (k, len(terms)) in seen or not terms:
            continue
        seen.add((k, len(terms)))
        made = polynomials(meeting.columns, bases.t[k], bases.w[k], meeting.pen, terms)
        yield meeting.batch([wrapped(part, bases.path(k), meeting.pen) for part in made], float(len(made)), 5e6, 12)


def _quotient_scans(meeting: Meeting) -> Iterator[Batch]:
    """Quotients of polynomials for the first roots, the denominator counted in each of the simplest monomials."""
    roots, points = meeting.roots, meeting.points
    normals = [(), *library(len(meeting.columns), 20, 2)][:16]
    none = single_target(roots.t[0], roots.w[0], roots.dims.shape[1], np.zeros(roots.dims.shape[1], np.int64))
    for normal, k in itertools.product(normals, range(min(len(roots), 3))):
        if not meeting.mine():
            continue
        above = meeting.monomials(roots, k, min(40, points // 4), 4, normal)
        below = meeting.monomials(none, 0, max(min(20, points // 8), len(meeting.columns)), 3, normal)
        made = quotients(meeting.columns, roots.t[k], roots.w[k], meeting.pen, above, below, normal)
        yield meeting.batch([wrapped(part, roots.path(k), meeting.pen) for part in made], float(len(made)), 8e6, 8, 12)


def pair_scans(meeting: Meeting, stage: Stage) -> Iterator[Batch]:
    """Products and sums of two rows that explain the target, and longer sums grown from these."""
    roots = meeting.roots
    for k in range(len(roots)):
        share = max(len(roots) // 2, 1)
        if "*" in meeting.names and meeting.mine():
            yield from _products(meeting, k, stage.paired // share)
        if meeting.space.shifts and meeting.space.scales and meeting.mine():
            yield from _long_sums(meeting, k, stage.summed // share)
            yield from _beside_polynomial(meeting, k, stage.summed // share)


def _products(meeting: Meeting, k: int, most: int) -> Iterator[Batch]:
    """``a f g + b`` for one target."""
    roots, pen = meeting.roots, meeting.pen
    t, w = roots.t[k], roots.w[k] / roots.total[k]
    rows = meeting.varying(most)
    values = meeting.grown.values[rows]
    scaled = values / np.sqrt(np.mean(values * values, axis=1, keepdims=True))
    best: list[tuple[float, int, int]] = []
    for shares, pairs, looked in best_products(scaled, w, t - w @ t, 24):
        best += [(float(s), int(rows[i]), int(rows[j])) for s, (i, j) in zip(shares, pairs, strict=True)]
        yield meeting.tick(0.0, looked * (0.2 * meeting.points + 5.0))
    parts = []
    for _, i, j in sorted(best)[:48]:
        a, b = affine(t, w, meeting.grown.values[i] * meeting.grown.values[j])
        inner = affine_parts(product([pen.row(i), pen.row(j)], pen), a, b, pen)
        parts.append(wrapped(inner, roots.path(k), pen))
    yield meeting.batch(parts, 0.0, 0.0, 24)


def _long_sums(meeting: Meeting, k: int, most: int, keep: int = 24, terms: int = 6) -> Iterator[Batch]:
    """Sums for one target: all pairs, then longer ones."""
    roots = meeting.roots
    z, root = meeting.prepared.dictionary.standardised(roots.w[k] / roots.total[k], most)
    if len(z) < 2:
        return
    unit = _unit(roots, k, root)
    best: list[tuple[float, tuple[int, ...]]] = []
    for shares, pairs, looked in best_pairs(z, unit, keep):
        best += [(float(s), (int(i), int(j))) for s, (i, j) in zip(shares, pairs, strict=True)]
        yield meeting.tick(0.0, looked * (0.05 * meeting.points + 5.0))
    sets = [members for _, members in sorted(best)[: 2 * keep]]
    length = 2
    while sets:
        yield meeting.batch([_sum(meeting, roots, k, members) for members in sets], 0.0, 0.0, keep)
        length += 1
        if length > terms:
            return
        rows = min(len(z), 1500)
        sets = [members for _, members in longer(z, unit, sets, keep, rows)]
        yield meeting.tick(0.0, len(sets) * rows * meeting.points * 1.0)


def _beside_polynomial(meeting: Meeting, k: int, most: int, keep: int = 24) -> Iterator[Batch]:
    """Sums of two rows beside a small polynomial: the polynomial is projected out first and thinned afterwards."""
    roots = meeting.roots
    z, root = meeting.prepared.dictionary.standardised(roots.w[k] / roots.total[k], most)
    terms = meeting.monomials(roots, k, min(14, meeting.points // 6), 3)
    if len(z) < 2 or not terms:
        return
    values = np.array([np.prod(meeting.columns[list(m)], axis=0) for m in terms])
    basis = np.linalg.qr(np.vstack([values, np.ones(meeting.points)]).T * root[:, None])[0]
    z = z - (z @ basis) @ basis.T
    norm = np.sqrt(np.einsum("ij,ij->i", z, z))
    able = np.flatnonzero(norm > 1e-4)
    z = z[able] / norm[able, None]
    aim = _unit(roots, k, root)
    aim = aim - basis @ (basis.T @ aim)
    aim /= max(float(np.linalg.norm(aim)), 1e-300)
    best: list[tuple[float, tuple[int, ...]]] = []
    for shares, pairs, looked in best_pairs(z, aim, keep):
        best += [(float(s), (int(able[i]), int(able[j]))) for s, (i, j) in zip(shares, pairs, strict=True)]
        yield meeting.tick(0.0, looked * (0.05 * meeting.points + 5.0))
    parts = []
    written = [monomial(m, meeting.pen) for m in terms]
    for _, members in sorted(best)[:keep]:
        rows = [meeting.pen.row(int(meeting.prepared.dictionary.rows[m])) for m in members]
        design = np.vstack([values, meeting.prepared.dictionary.values[list(members)], np.ones(meeting.points)]).T
        root_w = np.sqrt(roots.w[k])
        for kept, coefficients in eliminate(design * root_w[:, None], roots.t[k] * root_w):
            if 1 < len(kept) <= 9:
                parts.append(wrapped(sum_of([*written, *rows], coefficients, meeting.pen), roots.path(k), meeting.pen))
    yield meeting.batch(parts, 0.0, 1e6, keep)


def _unit(block: TargetBlock, k: int, root: Array) -> Array:
    """One target, centered, weighted and of unit length."""
    aim = (block.t[k] - block.mean[k]) * root
    return np.asarray(aim / max(float(np.linalg.norm(aim)), 1e-300))


def _sum(meeting: Meeting, block: TargetBlock, k: int, members: Sequence[int]) -> Part:
    """A sum of dictionary rows with fitted coefficients, inside its target's outer part."""
    dictionary, pen = meeting.prepared.dictionary, meeting.pen
    root = np.sqrt(block.w[k])
    design = np.vstack([dictionary.values[list(members)], np.ones(meeting.points)]).T * root[:, None]
    coefficients = np.linalg.lstsq(design, block.t[k] * root, rcond=None)[0]
    inner = sum_of([pen.row(int(dictionary.rows[m])) for m in members], coefficients, pen)
    return wrapped(inner, block.path(k), pen)


def _sum_alone(meeting: Meeting, block: TargetBlock, k: int, members: Sequence[int]) -> list[Part]:
    return [_sum(meeting, block, k, members)]


def factor_pair_scans(meeting: Meeting, stage: Stage) -> Iterator[Batch]:
    """Products of powers with two rows, for a few targets."""
    if not meeting.names & {"*", "/"}:
        return
    few = joined_shifted(meeting) if stage.factors > 500 else meeting.bases
    for k in usable(few)[:16]:
        if meeting.mine():
            most = stage.factors if k < len(meeting.roots) else min(stage.factors, 1500)
            yield from _factor_pairs(meeting, few, int(k), most)


def factor_scans(meeting: Meeting, stage: Stage) -> Iterator[Batch]:
    """Products of powers with one row, for many targets."""
    if not meeting.names & {"*", "/"}:
        return
    factors, most = meeting.prepared.factors, min(stage.factors, 800)
    for block in meeting.targets(stage.powers):
        limits = meeting.limits()
        gathered = Gathered(meeting)
        for k in usable(block):
            found = factors.single(block.t[k], block.w[k], most, 3)
            size = min(int(block.cost[k]) + 3, len(limits) - 1)
            for loss, members in found:
                if loss < limits[size]:
                    gathered.add(loss, partial(factors.parts, block.t[k], block.w[k], members, block.path(k)))
            if gathered.work(1.0, 2e5 + most * meeting.points * 0.5):
                yield gathered.batch()
        yield gathered.batch()


def joined_shifted(meeting: Meeting) -> TargetBlock:
    """The bases, and the first target less each of the simplest rows."""
    first = meeting.roots.take(np.array([0]))
    return joined(meeting.bases, meeting.below(first, 12, "+", 24))


def _factor_pairs(meeting: Meeting, block: TargetBlock, k: int, most: int) -> Iterator[Batch]:
    factors = meeting.prepared.factors
    best: list[tuple[float, tuple[int, ...]]] = factors.single(block.t[k], block.w[k], most, 8)
    for found, looked in factors.pairs(block.t[k], block.w[k], most, 16):
        best += found
        yield meeting.tick(0.0, looked * (0.05 * meeting.points + 5.0))
    limits = meeting.limits()
    size = min(int(block.cost[k]) + 3, len(limits) - 1)
    worth = [members for loss, members in sorted(best)[:32] if loss < limits[size]]
    parts = [p for members in worth for p in factors.parts(block.t[k], block.w[k], members, block.path(k))]
    yield meeting.batch(parts, 0.0, 0.0, 24)


def sum_scans(meeting: Meeting, stage: Stage) -> Iterator[Batch]:
    """Sums of two or three simple rows for many targets."""
    if not (meeting.space.shifts and meeting.space.scales):
        return
    for block in meeting.targets(stage.targets):
        limits, gathered = meeting.limits(), Gathered(meeting)
        for k in range(len(block)):
            if sums_for(meeting, block, k, stage.dictionary, limits, gathered):
                yield gathered.batch()
        yield gathered.batch()


def sums_for(meeting: Meeting, block: TargetBlock, k: int, most: int, limits: Array, gathered: Gathered) -> bool:
    """Sums of two or three dictionary rows for one target, put among the finds; whether it is time for a batch."""
    z, root = meeting.prepared.dictionary.standardised(block.w[k] / block.total[k], most)
    if len(z) < 2:
        return False
    unit = _unit(block, k, root)
    sets: list[tuple[float, tuple[int, ...]]] = []
    for shares, pairs, _ in best_pairs(z, unit, 4):
        sets += [(float(s), (int(i), int(j))) for s, (i, j) in zip(shares, pairs, strict=True)]
    sets = sorted(sets)[:4]
    sets += longer(z, unit, [members for _, members in sets[:3]], 3, most)
    for share, members in sets:
        loss = share * float(block.spread[k])
        if loss < limits[min(int(block.cost[k]) + 4 * len(members), len(limits) - 1)]:
            gathered.add(loss, partial(_sum_alone, meeting, block, k, members))
    return gathered.work(1.0, 8e5 + len(z) ** 2 * (0.02 * meeting.points + 3.0))


def match_scans(meeting: Meeting, stage: Stage) -> Iterator[Batch]:
    """Many targets against the whole bank: first every function as a factor, then deeper outer parts."""
    for block in itertools.chain(meeting.quotients(stage.matched // 4), meeting.targets(stage.matched)):
        yield matched(meeting, block)


def matched(meeting: Meeting, block: TargetBlock) -> Batch:
    """A block of targets against the whole bank."""
    pen, hits = meeting.pen, Hits(256)
    looked = match(block, meeting.prepared.shelf, meeting.limits(), meeting.prices, hits)
    parts = []
    for t, row in hits.ordered(block, meeting.prepared.shelf, meeting.prices, 48):
        inner = pen.row(int(row))
        if not meeting.prepared.shelf.plain:
            inner = affine_parts(inner, *affine(block.t[t], block.w[t], meeting.grown.values[row]), pen)
        parts.append(wrapped(inner, block.path(t), pen))
    cost = looked * (0.06 * meeting.points + 2.0) + len(block) * meeting.points * 30.0
    return meeting.batch(parts, float(len(block)), cost, 12)


def join_scans(meeting: Meeting, stage: Stage) -> Iterator[Batch]:
    """Exact fits by lookup: the roots with many rows, other bases with fewer, outer parts of two steps with few."""
    made = Targets(meeting.grown, meeting.variance, 1000)
    unaries = np.array([-1, *made.unaries], np.int64)
    per_row = max(len(made.steps) * len(unaries) // 2, 1)
    roots, bases = meeting.roots, meeting.bases
    count = stage.joined // (3 * per_row)
    yield from _joins(meeting, roots, made.steps, unaries, count // max(len(roots), 1))
    yield from _joins(meeting, bases, made.steps, unaries, count // max(len(bases), 1))
    second = meeting.below(
        bases, max(4, int(np.sqrt(count / max(len(bases) * len(made.steps), 1)))), "* / + -", 100_000
    )
    if len(second):
        yield from _joins(meeting, second, made.steps, unaries, count // len(second))


def _joins(meeting: Meeting, block: TargetBlock, steps: Ints, unaries: Ints, most: int) -> Iterator[Batch]:
    most = min(max(most, 1), meeting.prepared.held)
    width = max(1, 4096 // max(len(block) * len(steps), 1))
    for start in range(0, most, width):
        if not meeting.mine():
            continue
        rows = np.arange(start, min(start + width, most))
        for made, hits in meeting.prepared.join.scan(block, rows, steps, unaries, 20_000, meeting.variance):
            parts = [part for hit in hits[:64] for part in _joined_parts(meeting, block, hit)]
            yield meeting.batch(parts, float(made), made * meeting.points * 25.0, 12, 2)


def _joined_parts(meeting: Meeting, block: TargetBlock, hit: Ints) -> list[Part]:
    """The programs of one exact fit."""
    parent, op, side, row, unary, f, kind = map(int, hit)
    pen, values = meeting.pen, meeting.grown.values
    path = [*block.path(parent), (op, side, row), *([(unary, 0, -1)] if unary >= 0 else [])]
    t, w = undone(block.t[parent], block.w[parent], path[len(block.path(parent)) :], values)
    if kind == 0:
        inner = affine_parts(pen.row(f), *affine(t, w, values[f]), pen)
        return [wrapped(inner, path, pen)]
    return meeting.prepared.factors.parts_with(t, w, (f,), path)


def inner_scans(meeting: Meeting, stage: Stage) -> Iterator[Batch]:
    """Functions with one constant inside."""
    soft = soft_rows(meeting.grown, meeting.varying(8 * stage.inner), stage.inner, meeting.pure)
    if not len(soft):
        return
    for block in meeting.targets(stage.probed):
        for k in range(len(block)):
            yield probe(meeting, block, k, soft)


def _best_of_each(share: Array, soft: SoftRows, most: int = 12) -> list[int]:
    """The nearest soft rows, of each function and argument only the best constant."""
    seen: set[tuple[int, str]] = set()
    found: list[int] = []
    for p in np.argsort(share, kind="stable")[:200]:
        key = (int(soft.rows[p]), soft.kinds[p])
        if share[p] >= 0.5 or len(found) == most:
            break
        if key not in seen:
            seen.add(key)
            found.append(int(p))
    return found


def probe(meeting: Meeting, block: TargetBlock, k: int, soft: SoftRows) -> Batch:
    """The soft rows nearest to one target, fitted there, then as formulas for ``y``."""
    pen, points = meeting.pen, meeting.points
    w = block.w[k] / block.total[k]
    root = np.sqrt(w)
    z = (soft.values - (soft.values @ w)[:, None]) * root
    norm = np.sqrt(np.einsum("ij,ij->i", z, z))
    z /= np.maximum(norm, 1e-300)[:, None]
    share = 1.0 - (z @ _unit(block, k, root)) ** 2
    places = _best_of_each(share, soft)
    work = 1e6 + float(soft.values.size) * 3.0
    if not places:
        return meeting.tick(1.0, work)
    inner = [affine_parts(soft.part(int(p), pen), 1.5, 0.5, pen) for p in places]
    programs, loss = fit_constants(combine(inner), meeting.task_columns, block.t[k], weights=w * points, iterations=25)
    limits = meeting.limits()
    size = min(int(block.cost[k]) + 6, len(limits) - 1)
    parts = []
    for p in np.flatnonzero(loss / points * block.total[k] < limits[size]):
        one = programs[int(p)]
        parts.append(wrapped((one.codes.tolist(), one.values.tolist(), one.free.tolist()), block.path(k), pen))
    work += float(programs.offsets[-1]) * points * 100.0
    return meeting.batch(parts, 1.0 + len(places), work, 6, 8)
