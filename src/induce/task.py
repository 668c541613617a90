"""Task: a sketch, the evidence it must fit, and what is known beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.checks import check_noise
from induce.errors import FillError, UnitError
from induce.spreading import spread_rows
from induce.table import Table
from induce.terms.codes import Codebook
from induce.terms.dimensions import units_of
from induce.terms.grammar import Grammar
from induce.terms.language import Language
from induce.terms.op import LITERAL, Op
from induce.terms.term import Term
from induce.terms.unit import Unit

__all__ = ["Space", "Task", "undefined_operators", "undefined_rows"]

Array = NDArray[np.float64]
SEARCH_ROWS = 512
CONFIRM_ROWS = 4096
CHUNK = 65_536
"""Rows of a large table that are evaluated at a time."""


@dataclass(frozen=True)
class Space:
    """Which formulas a search may write: the array-friendly part of a grammar.

    Parameters
    ----------
    language : Language
    ops : tuple of Op
    literals : tuple of float
        Numbers that may be written down as they are.
    constants : bool
        Whether fitted constants are allowed.
    max_size : int
    forbid : tuple of (str, str)
        Pairs (outer, inner) of operators that must not be nested.
    """

    language: Language
    ops: tuple[Op, ...]
    literals: tuple[float, ...]
    constants: bool
    max_size: int
    forbid: tuple[tuple[str, str], ...]

    @property
    def scales(self) -> bool:
        """Whether a formula may be multiplied by a fitted constant."""
        return self.constants and any(op.name == "*" for op in self.ops)

    @property
    def shifts(self) -> bool:
        """Whether a fitted constant may be added to a formula."""
        return self.constants and any(op.name == "+" for op in self.ops)

    @staticmethod
    def of(grammar: Grammar) -> Space:
        """Read the space off a grammar."""
        leaves = [p.leaf for p in grammar.productions if p.leaf is not None]
        return Space(
            language=grammar.language,
            ops=tuple(dict.fromkeys(p.op for p in grammar.productions if p.op is not None)),
            literals=tuple(float(t.payload) for t in leaves if t.op is LITERAL),
            constants=any(p.op is None and p.leaf is None for p in grammar.productions),
            max_size=grammar.max_size,
            forbid=tuple(sorted(grammar.forbid)),
        )


@dataclass(frozen=True, eq=False)
class Task:
    """What is to be filled, from what.

    Parameters
    ----------
    sketch : Term
        A term with holes.
    table : Table
        The columns, shape (columns, rows).
    target : array, shape (rows,)
    weights : array, shape (rows,), optional
    target_unit : str, optional
        Unit of the target; any unit when None.
    held_out : (Table, array, weights or None), optional
        Rows that no learner sees; used for the validation column.
    noise : float, optional
        Standard deviation of the target's noise, in its unit; estimated when None.
    subject_to : tuple
        Further conditions a candidate must meet: callables from Term to bool.
    loss : str or callable
        "squared", or a torch loss for gradient learners.
    seed : int
        Seed of the row subsets.
    pure_constants : bool
        Whether fitted constants are pure numbers; otherwise one may carry any unit.
    planted : tuple of Term
        Sub-terms that searches take for building blocks beside the columns.
    repeats : int
        How many times the rows hold each observation (mirror images under a symmetry count once).
    """

    sketch: Term
    table: Table
    target: Array
    weights: Array | None = None
    target_unit: str | None = None
    held_out: tuple[Table, Array, Array | None] | None = None
    noise: float | None = None
    subject_to: tuple[Any, ...] = ()
    loss: Any = "squared"
    seed: int = 0
    pure_constants: bool = False
    planted: tuple[Term, ...] = ()
    repeats: int = 1
    modules: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.sketch.holes:
            raise FillError(f"'{self.sketch}' has no holes, so there is nothing to fill. Add one with hole.real().")
        for found in self.sketch.holes:
            if found.hole.kind in ("integer", "values", "subset"):
                raise FillError(
                    f"hole '{found.name}' is of kind '{found.hole.kind}', which fill() does not fill in a formula. "
                    "Use hole.real() or a choice of terms, or search with induce.tune(sketch, function)."
                )
        check_noise(self.noise)
        _check_meanings(self.sketch)
        for variable in self.sketch.variables:
            if variable.name not in self.table:
                raise self.table.unknown(variable.name)
        if not callable(self.loss) and self.loss != "squared":
            raise FillError(
                f"unknown loss {self.loss!r}. Give 'squared', or a function loss(prediction, target) of tensors."
            )
        if {h.hole.kind for h in self.sketch.holes} == {"real"}:
            self._check_reals()

    def _check_reals(self) -> None:
        """A fixed sketch must be determined by the rows, and its units must agree."""
        count = len({h.name for h in self.sketch.holes})
        if count > self.table.rows:
            raise FillError(
                f"the sketch has {count} constants, but the data has {self.table.rows} rows. "
                "Give at least as many rows as constants, or fix some of them."
            )
        if self.table.units or self.target_unit is not None:
            units_of(self.sketch, {n: self.table.units.get(n, "1") for n in self.table.names}, target=self.target_unit)

    @cached_property
    def space(self) -> Space | None:
        """The search space when the sketch is one free choice from a grammar; None for other sketches."""
        if self.sketch.is_hole and self.sketch.hole.kind == "choice" and isinstance(self.sketch.hole.options, Grammar):
            return Space.of(self.sketch.hole.options)
        return None

    @cached_property
    def language(self) -> Language:
        """The language of the sketch: its grammar's, or arithmetic."""
        from induce.terms.arithmetic import arithmetic

        for node in self.sketch.holes:
            if node.hole.kind == "choice" and isinstance(node.hole.options, Grammar):
                return node.hole.options.language
        return arithmetic

    @cached_property
    def alphabet(self) -> int:
        """Symbols that a node of a formula can be: columns, operators, and a number."""
        from induce.terms.grammar import Grammar

        grammars = [h.hole.options for h in self.sketch.holes if isinstance(h.hole.options, Grammar)]
        operators = {p.op for grammar in grammars for p in grammar.productions if p.op is not None}
        return len(self.table.names) + (len(operators) or 8) + 1

    @cached_property
    def codebook(self) -> Codebook:
        """Codes of the language's operators and the table's columns."""
        return Codebook(self.language, self.table.names)

    @cached_property
    def dimensions(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Units as integer exponents: (columns, base dimensions) and the target's; zero width when nothing has a unit."""
        from induce.algebras.dimension import SCALE

        if not self.table.units and self.target_unit is None:
            return np.zeros((len(self.table.names), 0), np.int64), np.zeros(0, np.int64)
        units = [Unit.parse(self.table.units.get(name, "1")) for name in self.table.names]
        target = None if self.target_unit is None else Unit.parse(self.target_unit)
        bases = sorted({base for unit in [*units, *([target] if target else [])] for base, _ in unit.powers})
        rows = [[dict(unit.powers).get(base, 0) * SCALE for base in bases] for unit in units]
        if any(value != int(value) for row in rows for value in row):
            raise UnitError("a column's unit has an exponent whose denominator does not divide 12. Rescale the column.")
        columns = np.array([[int(v) for v in row] for row in rows], np.int64).reshape(len(units), len(bases))
        if target is None:
            return columns, np.zeros(0, np.int64)
        return columns, np.array([int(dict(target.powers).get(base, 0) * SCALE) for base in bases], np.int64)

    @cached_property
    def evidence(self) -> int:
        """Number of observations that count: the rows, or with weights ``(sum w)^2 / sum w^2`` (Kish 1965)."""
        if self.weights is None:
            return max(self.table.rows // self.repeats, 1)
        shares = self.weights / self.weights.max()  # the squares of very small or large weights are no doubles
        return max(round(float(shares.sum() ** 2 / (shares**2).sum()) / self.repeats), 1)

    def _rows(self, most: int) -> NDArray[np.int64]:
        if self.table.rows <= most:
            return np.arange(self.table.rows)
        if self.weights is not None and not self.weights.all():  # rows of weight zero would take the place of others
            counting = np.flatnonzero(self.weights)
            return counting[self._picked(self.table.values[:, counting], self.target[counting], most)]
        return self._picked(self.table.values, self.target, most)

    def _picked(self, columns: Array, target: Array, most: int) -> NDArray[np.int64]:
        if len(target) <= most:
            return np.arange(len(target))
        picked = spread_rows(columns, most, self.seed)
        # the extremes of every column and of the target pin down behavior at the edges
        edges = [np.argmin(target), np.argmax(target)]
        for column in columns[: most // 8]:
            edges += [np.argmin(column), np.argmax(column)]
        picked = np.random.default_rng([self.seed, 78]).permutation(picked)
        picked[: len(edges)] = edges[:most]
        return np.unique(picked)

    def subset(self, most: int) -> tuple[Array, Array, Array]:
        """At most ``most`` rows as (columns, target, weights): all of them, or a seeded sample with the extremes."""
        rows = self._rows(most)
        weights = np.ones(len(rows)) if self.weights is None else self.weights[rows]
        return (
            np.ascontiguousarray(self.table.values[:, rows]),
            np.ascontiguousarray(self.target[rows]),
            np.ascontiguousarray(weights * (len(rows) / weights.sum())),
        )

    @cached_property
    def search(self) -> tuple[Array, Array, Array]:
        """The rows learners search on."""
        return self.subset(SEARCH_ROWS)

    @cached_property
    def confirm(self) -> tuple[Array, Array, Array]:
        """The rows on which a candidate is scored before it enters the archive."""
        return self.subset(CONFIRM_ROWS)

    @cached_property
    def scale(self) -> float:
        """Weighted variance of the target on the confirmation rows: the loss of the best constant."""
        _, y, w = self.confirm
        mean = float(np.average(y, weights=w))
        return max(float(np.average((y - mean) ** 2, weights=w)), 1e-300)


def _check_meanings(sketch: Term) -> None:
    """Refuse operators that mean nothing under the real algebra before any work is done."""
    from induce.algebras.algebra import Algebra, meaning_of
    from induce.algebras.trying import check_meaning
    from induce.terms.sort import BOOL

    algebra = Algebra.BOOLEAN if sketch.sort is BOOL else Algebra.REAL
    for node in sketch.postorder():
        if node.op.notation.kind != "special":
            meaning_of(node.op, algebra)
            check_meaning(node.op)


def names_of(ops: Sequence[Op]) -> str:
    """Operator names separated by spaces."""
    return " ".join(op.name for op in ops)


def undefined_operators(task: Task) -> list[str]:
    """Notes on operators that the data's negative columns leave undefined."""
    names = {op.name for op in task.space.ops} if task.space is not None else set()
    partial = [name for name in ("log", "sqrt") if name in names]
    if not partial:
        return []
    negative = [f"'{n}'" for n, column in zip(task.table.names, task.table.values, strict=True) if column.min() < 0]
    if not negative:
        return []
    verb = "is" if len(partial) == 1 else "are"
    return [
        f"{' and '.join(partial)} {verb} undefined on the negative values of {', '.join(negative)}; such formulas were dropped"
    ]


def undefined_rows(task: Task, program: Any) -> int:
    """On how many rows that count a program has no finite value; 0 where the confirmation rows are the whole table."""
    from induce.algebras.evaluate import evaluate_many

    if len(task.confirm[1]) == task.table.rows:
        return 0
    found = 0
    for at in range(0, task.table.rows, CHUNK):
        part = slice(at, at + CHUNK)
        bad = ~np.isfinite(evaluate_many(program, task.table.values[:, part])[0])
        found += int(np.count_nonzero(bad if task.weights is None else bad & (task.weights[part] > 0)))
    return found
