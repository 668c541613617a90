"""Backfitting: several unknown functions inside a known formula, each searched on the target that the others leave for it."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.algebras.evaluate import fit_constants
from induce.learners.archive import EXACT, Archive, Entry
from induce.learners.composing import put_in
from induce.learners.fitting import description_scores
from induce.learners.forms import Part, agree, combine, node_costs, sizes_of
from induce.learners.learner import OPENED, Batch, Learner, SearchState
from induce.learners.positions import Around, positions, undone_rows
from induce.learners.surrogates import Joint, Smooth, Written, smoothed
from induce.table import Table
from induce.task import Task
from induce.terms import hole
from induce.terms.codes import FIRST_VARIABLE, Codebook
from induce.terms.dimensions import units_of
from induce.terms.grammar import Grammar
from induce.terms.op import VARIABLE
from induce.terms.term import Term, variable

__all__ = ["Backfitting", "without_variables"]

Array = NDArray[np.float64]
FIRST = 3e8
"""Node-points of the first search for a part; every round has twice as many."""
KEPT = 5
"""Candidates of a part that are tried together with the others."""
COMBINED = 64
"""Combinations of candidates that are put together at most."""
LEAST = 0.3
"""Share of the rows on which a part must be told by the rest."""


@dataclass(eq=False)
class _Unknown:
    """One unknown function: its hole, its columns, where it stands, and what is known of it so far."""

    name: str
    grammar: Grammar
    columns: tuple[int, ...]
    around: Around
    unit: str | None
    estimate: Smooth | Written | None = None
    candidates: list[Part] = field(default_factory=list)
    search: _Search | None = None
    trouble: str = ""


@dataclass(eq=False)
class _Search:
    """A search for one part on its own target."""

    task: Task
    state: SearchState
    batches: Iterator[Batch]
    over: bool = False

    def advance(self, work: float, source: str) -> Iterator[Batch]:
        """Spend some work; the batches passed on carry no candidates, for these are those of another task."""
        spent = 0.0
        while spent < work and not self.over:
            batch = next(self.batches, None)
            if batch is None:
                self.over = True
                return
            spent += max(batch.work, 1e4)
            self._admit(batch)
            yield Batch(tried=batch.tried, work=batch.work, source=source)
            if self.state.archive.best_loss(1 << 30) <= EXACT * self.task.scale:
                return

    def _admit(self, batch: Batch) -> None:
        programs, losses = batch.programs, batch.losses
        if programs is None or losses is None or not len(programs):
            return
        sizes = sizes_of(programs, node_costs(self.task.codebook))
        archive = self.state.archive
        for k in np.flatnonzero(losses < archive.thresholds(sizes)):
            archive.offer(Entry(programs[int(k)], int(sizes[k]), float(losses[k]), batch.source))

    def best(self, most: int) -> list[Part]:
        """Programs of the front over the part's own columns: the best by description length, then the others from small to large."""
        front = [e for e in self.state.archive.front() if np.isfinite(e.loss)]
        if not front:
            return []
        loss, size = np.array([e.loss for e in front]), np.array([e.size for e in front])
        order = np.argsort(description_scores(self.task, loss, size), kind="stable")[:most].tolist()
        order += [k for k in range(len(front)) if k not in order]
        found = [front[int(k)].programs for k in order[: 2 * most]]
        return [(p.codes.tolist(), p.values.tolist(), p.free.tolist()) for p in found]


@dataclass(frozen=True)
class Backfitting:
    """Fills several formula holes of one sketch, such as ``x1 * ?f + ?g``.

    All unknown parts are first fitted together as smooth functions. Then each in turn is searched as a formula on the target
    that is left for it when the rest is undone, ``t = S^-1(y)`` with weights ``(dS/dt)^2``; the candidate that serves best
    beside the other parts takes the place of the smooth function. When every part is a formula, rounds repeat with more work
    and with targets that the formulas of the others leave. With a single hole the target is exact from the start.

    Parameters
    ----------
    learner : Learner, optional
        Searches for each part; a portfolio by default.

    References
    ----------
    L. Breiman and J. Friedman (1985), Estimating Optimal Transformations for Multiple Regression and Correlation. T. Hastie
    and R. Tibshirani (1986), Generalized Additive Models.
    """

    learner: Learner | None = None
    name: str = "backfitting"
    parallel: bool = False
    opens: bool = True

    def accepts(self, task: Task) -> str:
        """Formula holes, each in one place, and real holes."""
        holes = [h for h in task.sketch.postorder() if h.is_hole]
        formulas = [h for h in holes if h.hole.kind == "choice"]
        if not formulas or not all(isinstance(h.hole.options, Grammar) for h in formulas):
            return "backfitting needs a sketch with formula holes, each a choice from a grammar"
        if any(h.hole.kind == "net" for h in holes):
            return "backfitting takes no nets"
        bounded = [
            h.name for h in holes if h.hole.kind == "real" and (np.isfinite(h.hole.low) or np.isfinite(h.hole.high))
        ]
        if bounded:
            return f"backfitting fits numbers without bounds, but '{bounded[0]}' has some"
        places = Counter(_occurrences(task.sketch))
        twice = [h.name for h in holes if places[h] > 1]
        return (
            f"the unknown part '{twice[0]}' stands in several places, but backfitting undoes what is around one"
            if twice
            else ""
        )

    def run(self, task: Task, state: SearchState, rng: np.random.Generator) -> Iterator[Batch]:
        """Yield whole formulas, the parts put into the sketch."""
        if state.stream:
            return
        fitting = _Fitting(task, self, rng)
        yield from fitting.begin()
        for number in itertools.count():
            work = FIRST * 2.0 ** min(number, 40)
            for unknown in fitting.unknowns:
                yield from fitting.search(unknown, work, number)
                yield fitting.combined()
            if number == 1:
                yield Batch(source=self.name, note=OPENED)
            if all(u.search is None or u.search.over for u in fitting.unknowns):
                return


class _Fitting:
    """The state of one run."""

    def __init__(self, task: Task, learner: Backfitting, rng: np.random.Generator) -> None:
        self.task, self.name, self.rng = task, learner.name, rng
        if learner.learner is None:
            from induce.learners.portfolio import Portfolio

            self.learner: Learner = Portfolio()
        else:
            self.learner = learner.learner
        self.columns, self.target, weights = task.search
        self.weights = weights * len(weights) / weights.sum()
        formulas = [h for h in task.sketch.holes if h.hole.kind == "choice"]
        stand: dict[Any, Term] = {h: variable(f"?{h.hole.name}") for h in formulas}
        sketch = task.sketch.replace(stand)
        self.codes = {h.hole.name: FIRST_VARIABLE + len(task.table.names) + k for k, h in enumerate(formulas)}
        book = Codebook(task.language, (*task.table.names, *(v.name for v in stand.values())))
        whole = book.encode([sketch])
        free = np.where(np.isfinite(whole.values), whole.values, 1.0)
        self.whole: Part = whole.codes.tolist(), free.tolist(), whole.free.tolist()
        self.constants = Written.of(self.whole).numbers
        self.joint = Joint(self.whole, self.columns, self.target, self.weights)
        around = {self.whole[0][a.start]: a for a in positions(self.whole) if a.end == a.start + 1}
        units = _units_of_parts(task, sketch, [v.name for v in stand.values()])
        self.unknowns = [
            _Unknown(h.hole.name, h.hole.options, _leaves(task, h), around[self.codes[h.hole.name]], unit)
            for h, unit in zip(formulas, units, strict=True)
        ]
        self.order = {u.name: k for k, u in enumerate(self.unknowns)}
        self.unknowns.sort(key=lambda u: len(u.columns))
        self.expected = float(np.var(self.target))
        self.alone = len(self.unknowns) == 1 and not len(self.constants)

    def begin(self) -> Iterator[Batch]:
        """Something simple at once, then all parts as smooth functions."""
        for unknown in self.unknowns:
            columns: list[Part] = [([FIRST_VARIABLE + c], [], []) for c in unknown.columns]
            unknown.candidates = [*([([-1], [1.0], [True])] if "?" in unknown.grammar.names else []), *columns]
        yield self.combined()
        if self.alone:
            return
        leaves = {u.name: self.columns[list(u.columns)] for u in self._ordered()}
        fitting = smoothed(self.joint, leaves, self.constants)
        while True:
            try:
                yield Batch(work=next(fitting), source=self.name)
            except StopIteration as done:
                parts, self.constants, self.expected = done.value
                break
        for unknown in self.unknowns:
            unknown.estimate = parts[unknown.name]

    def _ordered(self) -> list[_Unknown]:
        """The unknowns in the order of the sketch."""
        return sorted(self.unknowns, key=lambda u: self.order[u.name])

    def search(self, unknown: _Unknown, work: float, number: int) -> Iterator[Batch]:
        """Search one part on its own target, and keep what serves best beside the others."""
        if unknown.search is None or not self.alone:
            started = self._started(unknown, number)
            if started is None:
                yield Batch(work=1e6, source=self.name, note=unknown.trouble if not number else "")
                return
            unknown.search = started
        yield from unknown.search.advance(work, self.name)
        found = [self._placed(part, unknown) for part in unknown.search.best(KEPT)]
        unknown.candidates = found or unknown.candidates
        if not self.alone:
            yield from self._choose(unknown)

    def _started(self, unknown: _Unknown, number: int) -> _Search | None:
        """A search for a part, on the rows where the rest can be undone."""
        task = self.task
        others = [
            np.zeros(len(self.target)) if u.estimate is None else u.estimate.values(self.columns)
            for u in self._ordered()
        ]
        whole = Written(self.whole, self.constants).fitted
        steps = positions(whole)
        around = next(a for a in steps if (a.start, a.end) == (unknown.around.start, unknown.around.end))
        t, w = undone_rows(self.target, self.weights, around.steps, np.vstack([self.columns, *others]))
        rows = np.flatnonzero(np.isfinite(t) & (w > 0.0))
        if len(rows) < max(5, LEAST * len(t)) or np.ptp(t[rows]) == 0.0:
            unknown.trouble = (
                f"what stands around '{unknown.name}' can be undone on {len(rows)} of {len(t)} rows only, so it was not searched: "
                "elsewhere no value of it gives the target"
            )
            return None
        names = [task.table.names[k] for k in unknown.columns]
        units = {n: task.table.units[n] for n in names if n in task.table.units}
        table = Table(tuple(names), np.ascontiguousarray(self.columns[list(unknown.columns)][:, rows]), units, {})
        grammar = Grammar(
            unknown.grammar.language, unknown.grammar.start, productions=without_variables(unknown.grammar), variables=names,
            max_size=unknown.grammar.max_size, forbid=unknown.grammar.forbid,
        )  # fmt: skip
        size = float(np.mean(w[rows]))
        noise = (
            np.sqrt(max(self.expected, (task.noise or 0.0) ** 2) / size)
            if not self.alone
            else (task.noise or 0.0) / np.sqrt(size)
        )
        heavy = np.minimum(
            w[rows], 10.0 * size
        )  # where the rest is steep, the linear estimate of an error overstates it
        one = Task(
            hole.choice(grammar, name="formula"), table, t[rows], heavy, unknown.unit, None, float(noise) or None, (),
            seed=task.seed + number, pure_constants=task.pure_constants,
            planted=tuple(p for p in task.planted if {v.name for v in p.variables} <= set(names)),
        )  # fmt: skip
        objection = self.learner.accepts(one)
        if objection:
            return None
        state = SearchState(Archive())
        return _Search(one, state, iter(self.learner.run(one, state, self.rng.spawn(1)[0])))

    def _placed(self, part: Part, unknown: _Unknown) -> Part:
        """A program over a part's own columns as one over the task's."""
        places = {FIRST_VARIABLE + k: FIRST_VARIABLE + c for k, c in enumerate(unknown.columns)}
        return [places.get(c, c) for c in part[0]], part[1], part[2]

    def _choose(self, unknown: _Unknown) -> Iterator[Batch]:
        """The candidate beside which the other parts, fitted anew, leave least."""
        best: tuple[float, dict[str, Smooth | Written], Array] | None = None
        for part in unknown.candidates[:KEPT]:
            parts: dict[str, Smooth | Written] = {}
            for other in self._ordered():
                known = other.estimate
                assert known is not None
                if other is unknown:
                    parts[other.name] = Written.of(part)
                else:
                    parts[other.name] = (
                        Smooth(known.basis, known.numbers.copy())
                        if isinstance(known, Smooth)
                        else Written(known.part, known.numbers.copy())
                    )
            loss, constants = self.joint.fit(parts, self.constants.copy())
            count = sum(len(p.numbers) for p in parts.values())
            yield Batch(tried=1.0, work=self.joint.work(count), source=self.name)
            expected = loss / max(1.0 - count / len(self.target), 1e-3) ** 2
            score = 0.5 * self.task.evidence * np.log(expected + 1e-24 * self.task.scale) + len(part[0]) * np.log(
                self.task.alphabet
            )
            if np.isfinite(expected) and (best is None or score < best[0]):
                best = (score, parts, constants)
                self.found = expected
        if best is None:
            return
        for other in self.unknowns:
            other.estimate = best[1][other.name]
        self.constants = best[2]
        self.expected = self.found

    def combined(self) -> Batch:
        """The best candidates of all parts together, fitted on ``y`` itself."""
        options = []
        each = max(2, int(COMBINED ** (1.0 / len(self.unknowns))))
        for unknown in self._ordered():
            now = unknown.estimate
            first = [now.fitted] if isinstance(now, Written) else []
            options.append([*first, *unknown.candidates][:each])
        if not all(options):
            return Batch(work=1e4, source=self.name)
        whole = Written(self.whole, self.constants).fitted
        made = [
            put_in(whole, {self.codes[u.name]: part for u, part in zip(self._ordered(), choice, strict=True)})
            for choice in itertools.product(*options)
        ]
        programs = combine(made)
        programs = programs.take(np.flatnonzero(agree(self.task, programs)))
        if not len(programs):
            return Batch(work=1e4, source=self.name)
        fitted, loss = fit_constants(programs, self.columns, self.target, weights=self.weights, iterations=20)
        work = float(programs.offsets[-1]) * len(self.target) * 80.0
        return Batch(fitted, loss / len(self.target), float(len(programs)), work, self.name)


def _occurrences(sketch: Term) -> Iterator[Term]:
    """Every occurrence of every hole."""
    stack = [sketch]
    while stack:
        node = stack.pop()
        if node.is_hole:
            yield node
        stack.extend(node.args)


def _leaves(task: Task, hole_term: Term) -> tuple[int, ...]:
    """Columns that a hole's grammar may use."""
    names = {p.leaf.name for p in hole_term.hole.options.productions if p.leaf is not None and p.leaf.op is VARIABLE}
    return tuple(k for k, name in enumerate(task.table.names) if name in names)


def without_variables(grammar: Grammar) -> list[Any]:
    """Operators, literals and fitted constants of a grammar, without its variables."""
    found: list[Any] = []
    for production in grammar.productions:
        if production.op is not None:
            found.append(production.op)
        elif production.leaf is None:
            found.append("?")
        elif production.leaf.op is not VARIABLE:
            found.append(production.leaf)
    return found


def _units_of_parts(task: Task, sketch: Term, names: list[str]) -> list[str | None]:
    """Unit of each part where the rest determines it."""
    if not task.table.units and task.target_unit is None:
        return [None] * len(names)
    columns = {n: task.table.units.get(n, "1") for n in task.table.names}
    reals = {name: hole.real(f"part_{k}") for k, name in enumerate(names)}
    report = units_of(sketch.replace(dict(reals.items())), columns, target=task.target_unit)
    found = {node.name: unit for node, unit in report.constants if node.is_hole}
    return [None if found.get(f"part_{k}") is None else str(found[f"part_{k}"]) for k in range(len(names))]
