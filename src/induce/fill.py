"""fill(): the only loop that owns the clock, the log, the archive, progress, cancellation and checkpoints."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from induce.budget import Budget, Start
from induce.choosing import choose, describe
from induce.errors import FillError, did_you_mean
from induce.fit import Fit, Row
from induce.folds import left_out
from induce.learners.archive import Archive, Entry
from induce.learners.learner import Learner
from induce.noise import chance, neighbour_noise
from induce.objections import Checker
from induce.progress import watcher
from induce.search import Run, catching_interrupt, plant, search
from induce.table import Table, check_target
from induce.task import Task
from induce.terms.sort import BOOL
from induce.terms.term import Term

__all__ = ["BACKENDS", "default_learner", "describe", "fill", "solve"]

BACKENDS = ("joblib", "ray")
"""Where streams may run."""


def fill(
    sketch: Term | Task | Any,
    data: Any = None,
    *,
    by: Learner | None = None,
    loss: Any = "squared",
    subject_to: tuple[Callable[[Term], bool], ...] = (),
    within: Budget | str | float | None = None,
    seed: int = 0,
    watch: Any = None,
    start: Fit | None = None,
    n_jobs: int = 1,
    backend: str = "joblib",
    checkpoint: str | Path | None = None,
) -> Fit:
    """Fill the holes of a sketch from data.

    Parameters
    ----------
    sketch : Term, Task or LogicProgram
        A term with holes; or a complete task, then ``data`` is left out; or a logic program with networks and holes.
    data : (X, y), or an iterable of batches
        A logic program is filled from batches ``(inputs by name, observed conclusions)``. Everything else from columns
        and target: anything :meth:`induce.table.Table.from_any` reads, and an array of shape (rows,).
    by : Learner, optional
        Who fills; by default chosen from the kinds of hole: reals by Levenberg-Marquardt, one grammar by the portfolio of
        learners, several grammars or one within a larger sketch by backfitting, nets by gradient, other choices by trying
        all combinations.
    loss : "squared" or callable
        A callable ``loss(prediction, target)`` of torch tensors works with gradient learners.
    subject_to : tuple of callables
        ``condition(term) -> bool``; a candidate that fails one is dropped.
    within : Budget, str or float, optional
        ``"60s"``, ``"1e6 candidates"``; by default a deterministic plateau rule.
    seed : int
        The same seed gives the same Fit, whatever ``n_jobs`` (unless seconds end it).
    watch : None, "progress" or callable
        A callable receives a :class:`induce.progress.Progress` several times a second.
    start : Fit, optional
        Candidates to begin from.
    n_jobs : int
        Threads; the kernels release Python's lock.
    backend : {"joblib", "ray"}
        Threads of this process, or Ray workers (the ``ray`` extra). The result is the same.
    checkpoint : path, optional
        A folder that receives the best so far every ten seconds.

    Returns
    -------
    Fit

    Raises
    ------
    FillError
        If no learner can work on the sketch, or nothing finite was found.

    >>> from induce.terms import arithmetic
    >>> fill(arithmetic.parse("?a * x + ?b"), ({"x": [0, 1, 2, 3, 4]}, [1, 3, 5, 7, 9])).best
    2 * x + 1
    """
    begun = Start()
    if _is_program(sketch):
        from induce.program_fit import fill_program

        return fill_program(sketch, data, by=by, within=within, seed=seed, watch=watch)
    if isinstance(sketch, Task):
        task = sketch
    else:
        if not (isinstance(data, tuple) and len(data) == 2):
            raise FillError("data must be a pair (X, y): columns and a target. For example ({'x': [1, 2]}, [3, 4]).")
        table = Table.from_any(data[0])
        task = Task(
            sketch, table, check_target(data[1], table.rows), loss=loss, subject_to=tuple(subject_to), seed=seed
        )
    return solve(
        task,
        by=by,
        within=Budget.read(within, task.evidence),
        seed=seed,
        watch=watch,
        start=start,
        n_jobs=n_jobs,
        backend=backend,
        checkpoint=checkpoint,
        begun=begun,
    )


def _is_program(sketch: Any) -> bool:
    """Whether the sketch is a logic program (a module); asked without importing torch."""
    logic = sys.modules.get("induce.logic.program")
    return logic is not None and isinstance(sketch, logic.LogicProgram)


def _compiled(task: Task) -> bool:
    """Whether every operator of the sketch has a compiled kernel."""
    from induce.algebras.kernels import OP_NAMES

    return all(node.op.notation.kind == "special" or node.op.name in OP_NAMES for node in task.sketch.postorder())


def default_learner(task: Task) -> Learner:
    """The learner for a task, from the kinds of its holes."""
    kinds = {h.hole.kind for h in task.sketch.holes}
    if "net" in kinds or (kinds == {"real"} and not _compiled(task)):
        from induce.learners.gradient import Gradient

        return Gradient()
    if kinds == {"real"}:
        from induce.learners.constants import Constants

        return Constants()
    if task.space is None:
        from induce.learners.backfitting import Backfitting
        from induce.learners.constants import Choices

        return Choices() if Backfitting().accepts(task) else Backfitting()
    from induce.algebras.kernels import OP_NAMES
    from induce.learners.portfolio import Portfolio

    unknown = [op.name for op in task.space.ops if op.name not in OP_NAMES]
    if unknown and task.sketch.sort is BOOL:
        raise FillError(
            f"this search finds formulas of real numbers, but the grammar has '{unknown[0]}'. Use induce.formulas.BooleanRegressor."
        )
    if unknown:
        raise FillError(
            f"the search cannot evaluate the operator '{unknown[0]}', so no formula would hold it. Leave it out of the grammar, "
            f"or write where it stands: a sketch such as '?a * {unknown[0]}(x)' has its constants fitted."
        )
    return Portfolio()


def solve(
    task: Task,
    *,
    by: Learner | None = None,
    within: Budget | None = None,
    select: str = "description_length",
    seed: int = 0,
    watch: Any = None,
    start: Fit | None = None,
    n_jobs: int = 1,
    backend: str = "joblib",
    checkpoint: str | Path | None = None,
    begun: Start | None = None,
) -> Fit:
    """Fill a complete task; see :func:`fill`. ``select`` names the rule that marks one row; ``begun`` is when the budget began."""
    budget = within or Budget.default()
    if by is not None and not isinstance(by, Learner):
        raise FillError(f"by must be a learner, but got {by!r}. For example by=induce.learners.Constants().")
    if not isinstance(n_jobs, int) or isinstance(n_jobs, bool) or n_jobs == 0:
        raise FillError(f"n_jobs must be a whole number other than 0, but got {n_jobs!r}. -1 uses all cores.")
    if backend not in BACKENDS:
        raise FillError(
            f"unknown backend {backend!r}.{did_you_mean(str(backend), BACKENDS)} Known: {', '.join(BACKENDS)}."
        )
    learner = by or default_learner(task)
    objection = learner.accepts(task)
    if objection:
        raise FillError(f"{objection}, but the sketch is '{task.sketch}'. Leave by= out to have a learner chosen.")
    spent = (0.0, 0.0) if begun is None else begun.spent(budget)
    compile_seconds = _warm(task, told=watch == "progress")
    run = Run(task, budget, learner, seed)
    run.began, run.cpu_began = run.began - spent[0], run.cpu_began - spent[1]
    if start is not None:
        plant(run, start)
    if budget.seconds is not None:
        run.reserve = min(0.5 * (budget.seconds - spent[0]), _seconds_after(task))
    show = watcher(watch)
    with catching_interrupt(run):
        keep = None if checkpoint is None else lambda run: _save_checkpoint(run, checkpoint)
        if backend == "ray":
            from induce.distributed import RayStreams

            with closing(RayStreams(run)) as elsewhere:
                search(run, show, n_jobs, keep, elsewhere)
        else:
            search(run, show, n_jobs, keep)
    return _finish(run, select, seed, compile_seconds)


def _seconds_after(task: Task) -> float:
    """What polishing, scoring on all rows, folds, neighbours and other models take after the search, about."""
    rows, cells = task.table.rows, task.table.rows * (task.table.columns + 1)
    few = 0.2 + 4e-4 * min(rows, 1000) + 1e-5 * min(rows, 50_000)
    return few + 5e-7 * rows + 8e-8 * cells


def _finish(run: Run, select: str, seed: int, compile_seconds: float) -> Fit:
    from induce.finish import finish_rows, row_of_modules

    task = run.task
    searched = run.seconds
    seconds = math.inf if run.budget.seconds is None else run.budget.seconds

    def late() -> bool:
        return run.seconds >= seconds

    modules: dict[str, Any] = {}
    held_out = "rows"
    notes = list(run.notes)
    rows: list[Row]
    batch = run.best_batch
    if batch is not None and batch.values is not None and batch.losses is not None:
        row, modules = row_of_modules(task, batch.values, float(batch.losses[0]), batch.source, run.tried)
        rows = [row] if math.isfinite(row.loss) else []
    else:
        entries = _worth_finishing(run.archive)
        most = min(task.table.rows, 50_000)
        rows = finish_rows(
            task,
            entries,
            most_rows=most,
            noise=task.noise,
            out_of_time=late,
            note=notes.append,
        )
        if task.held_out is None and task.loss == "squared":
            held_out, rows = "folds", left_out(task, rows, out_of_time=late)
    if not rows:
        raise FillError(_nothing_found(task))
    chosen, reason = choose(rows, select, task.noise)
    fit = Fit(
        rows=tuple(rows),
        chosen=chosen,
        reason=reason,
        stopped=run.stopped,
        language=task.language,
        names=task.table.names,
        units=dict(task.table.units),
        target_unit=task.target_unit,
        history=tuple(run.history),
        report={
            "candidates": run.tried, "work": run.work, "seconds": run.seconds, "search_seconds": searched,
            "compile_seconds": compile_seconds, "rows": task.evidence, "alphabet": task.alphabet, "seed": seed, "learner": run.learner.name,
            **({"held_out": held_out} if any(row.held_out is not None for row in rows) else {}),
        },
        notes=tuple(notes),
        modules=modules,
    )  # fmt: skip
    if task.loss != "squared":
        return fit
    figures = _noise_figures(task, fit, neighbours=not late())
    return replace(fit, report={**fit.report, **figures, "seconds": run.seconds})


def _nothing_found(task: Task) -> str:
    """Why there is no row, and which hypothesis refused most candidates."""
    if not task.subject_to:
        return (
            "no candidate gave finite values on the data. Allow more operators, a larger max_size, or a longer budget."
        )
    refused = next((condition.refused for condition in task.subject_to if isinstance(condition, Checker)), None)
    most = ""
    if refused:
        against, count = refused.most_common(1)[0]
        most = f" Most often, for {count:,} of {refused.total():,} that hypotheses refused: {against}."
    return (
        f"no candidate met the conditions of subject_to.{most} Check them on a term by hand, or give a longer budget."
    )


def _noise_figures(task: Task, fit: Fit, neighbours: bool) -> dict[str, float]:
    """The report's figures of the noise: under the chosen row, as given, and by neighbours where no row refutes them."""
    figures = {} if task.noise is None else {"noise_given": float(task.noise)}
    rows = task.table.rows // task.repeats  # mirror images have the noise of their row
    weights = None if task.weights is None else task.weights[:rows]
    apart = None
    if neighbours:
        apart = neighbour_noise(task.table.values[:, :rows], task.target[:rows], weights, seed=task.seed)
    count = task.evidence
    left = [row.loss * count / (count - len(row.values)) for row in fit.rows if len(row.values) < count]
    if not left:
        return figures
    if apart is not None and apart <= chance(count) * math.sqrt(min(left)):
        figures["noise_neighbours"] = apart
    noise = replace(fit, report={**fit.report, **figures, "noise": 0.0}).noise
    return figures if noise is None else {"noise": noise.best, **figures}


def _worth_finishing(archive: Archive) -> list[Entry]:
    """The front, and near misses of every size: simplification may turn a larger one into the smallest of its loss."""
    best, found = np.inf, []
    for size in sorted(archive.by_size):
        for place, entry in enumerate(archive.by_size[size]):
            if entry.loss < best or (place == 0 and entry.loss < 2.0 * best):
                found.append(entry)
        if archive.by_size[size]:
            best = min(best, archive.by_size[size][0].loss)
    return found


def _warm(task: Task, told: bool = False) -> float:
    """Compile (or load from the cache) the kernels before the clock starts; returns the seconds it took."""
    began = time.monotonic()
    if told:
        from induce.warm import cold

        if cold():
            sys.stderr.write("compiling, once after installing: a minute or two\n")
    if not all(h.hole.kind == "net" for h in task.sketch.holes):
        from induce.warm import warm_kernels

        warm_kernels(any(h.hole.kind == "choice" for h in task.sketch.holes))
    return time.monotonic() - began


def _save_checkpoint(run: Run, path: str | Path) -> None:
    from induce.io import save

    try:
        fit = _finish(run, "description_length", 0, 0.0)
    except FillError:
        return
    save(replace(fit, stopped="not yet; this is a checkpoint"), path)


def with_target(fit: Fit, target: str, units: Mapping[str, str] | None = None) -> Fit:
    """The same Fit with the target's name and the columns' units."""
    return replace(fit, target=target, units=dict(units or fit.units))
