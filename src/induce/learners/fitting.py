"""From bare programs to a batch: drop what the task does not allow, fit the constants, report the work."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from induce.algebras.evaluate import evaluate_many, fit_constants
from induce.learners.forms import agree, nested_ok, node_costs, sizes_of
from induce.learners.learner import Batch, SearchState
from induce.task import Space, Task
from induce.terms.codes import Programs

__all__ = ["description_scores", "fitted_batch", "joined_batches", "screened_batch", "size_limits"]

Array = NDArray[np.float64]
LARGER = 2.5
"""How many times the largest size a program may have before it is simplified."""
SIMPLIFIED = 3
"""Programs of one batch that are simplified."""


def fitted_batch(task: Task, space: Space, programs: Programs, source: str, tried: float, iterations: int = 8) -> Batch:
    """Drop programs that are too large or whose units disagree, fit the rest, and report."""
    sizes = sizes_of(programs, node_costs(task.codebook))
    keep = np.flatnonzero((sizes <= space.max_size) & _allowed(task, space, programs))
    if not len(keep):
        return Batch(tried=tried, source=source)
    programs = programs.take(keep)
    columns, target, weights = task.search
    fitted, loss = fit_constants(programs, columns, target, weights=weights, iterations=iterations)
    work = float(programs.offsets[-1]) * max(len(target), 64) * 4.0 * iterations
    return Batch(fitted, loss / len(target), tried + len(keep), work, source)


def joined_batches(batches: Sequence[Batch]) -> Batch:
    """Several batches of one learner as one."""
    held = [batch for batch in batches if batch.programs is not None and batch.losses is not None]
    programs = Programs.concatenate([batch.programs for batch in held if batch.programs is not None]) if held else None
    losses = np.concatenate([batch.losses for batch in held if batch.losses is not None]) if held else None
    tried, work = sum(batch.tried for batch in batches), sum(batch.work for batch in batches)
    return Batch(programs, losses, tried, work, batches[0].source)


def _allowed(task: Task, space: Space, programs: Programs) -> NDArray[np.bool_]:
    """Which programs have agreeing units and no forbidden nesting; outer parts put around rows may have made one."""
    return np.asarray(agree(task, programs) & nested_ok(programs, task.codebook, space.forbid))


def screened_batch(task: Task, programs: Programs, source: str, tried: float, keep: int, iterations: int = 8) -> Batch:
    """Score programs with the constants they carry, and fit only the ``keep`` with the shortest descriptions.

    Constants that a scan solved in closed form are near their optimum already, so their loss tells which are worth more. The
    best of those that are too large are simplified first: what a scan puts together is rarely written in the shortest way.
    """
    space = task.space
    assert space is not None
    costs = node_costs(task.codebook)
    sizes = sizes_of(programs, costs)
    allowed = np.flatnonzero((sizes <= LARGER * space.max_size) & _allowed(task, space, programs))
    if not len(allowed):
        return Batch(tried=tried, source=source)
    programs, sizes = programs.take(allowed), sizes[allowed]
    columns, target, weights = task.search
    values = evaluate_many(programs, columns)
    with np.errstate(all="ignore"):
        loss = ((values - target) ** 2) @ weights / len(target)
    loss = np.where(np.isfinite(loss), loss, np.inf)
    work = float(programs.offsets[-1]) * max(len(target), 64)
    large = np.flatnonzero((sizes > space.max_size) & (loss < loss[sizes <= space.max_size].min(initial=np.inf)))
    order = np.argsort(description_scores(task, loss, sizes), kind="stable")
    order = order[np.isfinite(loss[order]) & (sizes[order] <= space.max_size)][:keep]
    chosen = [programs.take(order)]
    for place in large[np.argsort(loss[large], kind="stable")][:SIMPLIFIED]:
        chosen.append(_simplified(task, programs[int(place)]))
    picked = Programs.concatenate(chosen)
    if not len(picked):
        return Batch(tried=tried, work=work, source=source)
    found = fitted_batch(task, space, picked, source, tried + len(allowed) - len(order), iterations)
    return Batch(found.programs, found.losses, found.tried, found.work + work, source)


def _simplified(task: Task, program: Programs) -> Programs:
    """One program in normal form; its numbers stay fitted."""
    from induce.terms.rewrite import normal_form

    ranges = {n: (float(c.min()), float(c.max())) for n, c in zip(task.table.names, task.search[0], strict=True)}
    found = task.codebook.encode([normal_form(task.codebook.decode(program)[0], ranges=ranges)])
    return Programs(
        found.codes,
        found.offsets,
        found.values,
        found.value_offsets,
        np.array([not float(v).is_integer() for v in found.values]),
    )


def description_scores(task: Task, loss: Array, sizes: NDArray[np.int64]) -> Array:
    """``n/2 log(loss + floor) + size log(alphabet)`` in nats: what candidates of different sizes are compared by."""
    floor = task.scale * 1e-20 + (task.noise or 0.0) ** 2
    with np.errstate(all="ignore"):
        return np.asarray(0.5 * task.evidence * np.log(loss + floor) + sizes * np.log(task.alphabet))


def size_limits(task: Task, state: SearchState) -> Array:
    """For every size up to the largest allowed: the smallest loss of a kept candidate of at most that size."""
    space = task.space
    assert space is not None
    limits = np.full(space.max_size + 1, np.inf)
    for size, held in state.archive.by_size.items():
        if held and size <= space.max_size:
            limits[size] = held[0].loss
    return np.asarray(np.minimum.accumulate(limits))
