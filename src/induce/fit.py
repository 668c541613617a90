"""Fit: what a fill returns. A table of candidates with the chosen row marked; immutable."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.errors import ExportError, FillError
from induce.noise import Noise
from induce.showing import as_html, as_text
from induce.table import Table
from induce.terms.language import Language
from induce.terms.markup import to_latex, to_mathml
from induce.terms.show import to_text
from induce.terms.source import to_python, to_torch_source
from induce.terms.term import Term

__all__ = ["Baseline", "Fit", "Row"]

BEHIND = 0.6
"""A held-out error this many times the chosen row's, or less, is worth a word."""


@dataclass(frozen=True)
class Row:
    """One candidate of a Fit.

    Parameters
    ----------
    term : Term
        The formula, constants written in.
    sketch : Term
        The same with a real hole ``c0, c1, ...`` for every fitted constant.
    values, errors : mapping of hole name to float
        Fitted constants and their standard errors (NaN where the data does not determine one).
    size : int
        Nodes of the term.
    loss : float
        Weighted mean square error on all rows.
    r2 : float
        Share of the target's variance explained.
    held_out : float or None
        Mean square error on rows that were left out: ``report["held_out"]`` is "folds" where a fifth at a time was and only
        the numbers were fitted without it (see :mod:`induce.folds`), "rows" where no learner saw them. None if rows are few.
    description_length : float
        In nats; see :func:`induce.fill.describe`.
    source : str
        Learner that found it.
    found_at : float
        Candidates scored before it was found.
    defined : bool
        Whether interval bounds prove the formula defined on the whole box of the data.
    """

    term: Term
    sketch: Term
    values: Mapping[str, float]
    errors: Mapping[str, float]
    size: int
    loss: float
    r2: float
    held_out: float | None = None
    description_length: float = math.nan
    source: str = ""
    found_at: float = 0.0
    defined: bool = False

    def text(self, digits: int | None = 4) -> str:
        """The formula as text, floats rounded to ``digits`` significant digits."""
        return to_text(self.term, digits=digits)


@dataclass(frozen=True)
class Baseline:
    """A model that is no formula, scored beside the front so that a user sees what the formula costs.

    Parameters
    ----------
    name : str
    loss, r2 : float
        On the rows it learned from.
    held_out : float or None
        Mean square error on rows that were left out; see :class:`Row`.
    """

    name: str
    loss: float
    r2: float
    held_out: float | None = None


@dataclass(frozen=True, eq=False)
class Fit:
    """The result of a fill: candidates on the Pareto front of size against loss, one of them chosen.

    Parameters
    ----------
    rows : tuple of Row
        By growing size; each has a smaller loss than all before it.
    chosen : int
        Place of the selected row.
    reason : str
        Why this row was chosen, in a plain sentence.
    stopped : str
        Why the search ended.
    language : Language
    names, units : the columns and their units
    target, target_unit : name and unit of the target
    history : tuple of (candidates scored, work, best loss so far)
    report : mapping of figures: candidates, work, seconds, compile seconds, rows, seed, noise, held_out
    notes : tuple of str
        What the learners said, such as "all formulas of size 5 seen".
    baselines : tuple of Baseline
    modules : mapping of net hole name to module

    >>> import induce
    >>> fit = induce.fill(induce.arithmetic.parse("?k * x"), ({"x": [1, 2, 3, 4, 5]}, [2, 4, 6, 8, 10]))
    >>> fit.best
    2 * x
    """

    rows: tuple[Row, ...]
    chosen: int
    reason: str
    stopped: str
    language: Language
    names: tuple[str, ...]
    units: Mapping[str, str] = field(default_factory=dict)
    target: str = "y"
    target_unit: str | None = None
    history: tuple[tuple[float, float, float], ...] = ()
    report: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    baselines: tuple[Baseline, ...] = ()
    modules: Mapping[str, Any] = field(default_factory=dict)

    @property
    def row(self) -> Row:
        """The chosen row."""
        return self.rows[self.chosen]

    @property
    def best(self) -> Term:
        """The chosen formula."""
        return self.row.term

    @property
    def pareto(self) -> tuple[Term, ...]:
        """The formulas of the front, by growing size."""
        return tuple(row.term for row in self.rows)

    @property
    def table(self) -> Any:
        """The front as a pandas DataFrame."""
        import pandas as pd

        return pd.DataFrame(
            {
                "chosen": [i == self.chosen for i in range(len(self.rows))],
                "size": [r.size for r in self.rows],
                "loss": [r.loss for r in self.rows],
                "r2": [r.r2 for r in self.rows],
                "held_out": [r.held_out for r in self.rows],
                "description_length": [r.description_length for r in self.rows],
                "formula": [r.text(6) for r in self.rows],
                "source": [r.source for r in self.rows],
            }
        )

    # ---- choosing

    def select(self, *, size: int | None = None, row: int | None = None, by: str | None = None) -> Fit:
        """The same Fit with another row chosen; this one stays as it is.

        Parameters
        ----------
        size : int, optional
            The best row of at most this size.
        row : int, optional
            Place in the table, from 0.
        by : {"description_length", "elbow", "loss", "validation"}, optional
            A rule.

        Raises
        ------
        FillError
            If nothing or more than one thing is asked, or there is no such row.
        """
        from induce.choosing import choose

        if (size is not None) + (row is not None) + (by is not None) != 1:
            raise FillError("select() takes exactly one of size=, row= and by=. For example fit.select(size=5).")
        if by is not None:
            place, reason = choose(
                self.rows, by, self.report.get("noise_given"), in_turn=self.report.get("held_out") == "folds"
            )
        elif row is not None:
            if not -len(self.rows) <= row < len(self.rows):
                raise FillError(f"there is no row {row}; the front has rows 0 to {len(self.rows) - 1}.")
            place, reason = row % len(self.rows), "Chosen by hand."
        else:
            fitting = [i for i, r in enumerate(self.rows) if r.size <= size]  # type: ignore[operator]
            if not fitting:
                raise FillError(f"no formula has at most {size} nodes; the smallest has {self.rows[0].size}.")
            place, reason = fitting[-1], f"Chosen by hand: the best formula of at most {size} nodes."
        found = replace(self, chosen=place, reason=reason)
        noise = found.noise
        return replace(found, report={**self.report, "noise": noise.best}) if noise is not None else found

    # ---- using

    def predict(self, X: Any) -> NDArray[np.float64]:
        """The chosen formula on new rows: array of shape (rows,); NaN where it is undefined."""
        table = (
            X
            if isinstance(X, Table)
            else Table.from_any(X, names=None if hasattr(X, "columns") or isinstance(X, Mapping) else self.names)
        )
        return self.predict_table(table)

    def predict_table(self, table: Table) -> NDArray[np.float64]:
        """:meth:`predict` for a checked table."""
        if self.modules:
            import torch

            module = self.to_torch()
            kind = next((p.dtype for p in module.nets.parameters()), torch.float64)
            with torch.no_grad():
                stacked = torch.as_tensor(np.array(table.select(self.names).values.T), dtype=kind)
                return np.asarray(module(stacked), dtype=np.float64)
        value = self.best(table.to_dict())
        return np.array(np.broadcast_to(value, (table.rows,)), dtype=np.float64)

    def interval(self, name: str, level: float = 0.95) -> tuple[float, float]:
        """Confidence interval of a fitted constant of the chosen row, by Student's t with rows - constants degrees."""
        from scipy import stats

        row = self.row
        if name not in row.values:
            raise FillError(f"the chosen formula has no constant '{name}'. It has: {', '.join(row.values) or 'none'}.")
        freedom = max(int(self.report.get("rows", 0)) - len(row.values), 1)
        half = float(stats.t.ppf(0.5 + level / 2, freedom)) * row.errors[name]
        return row.values[name] - half, row.values[name] + half

    @property
    def noise(self) -> Noise | None:
        """What is known of the target's noise; None for a loss that is no mean square, or with as many constants as rows."""
        row, rows = self.row, int(self.report.get("rows", 0))
        freedom = rows - len(row.values)
        if "noise" not in self.report or freedom <= 0:
            return None
        residual = math.sqrt(row.loss * rows / freedom)
        given, neighbours = self.report.get("noise_given"), self.report.get("noise_neighbours")
        return Noise(residual, given, neighbours, rows, exact=row.r2 >= 1.0 - 1e-15)

    def why(self) -> str:
        """Why this row: the rule's reason, what the formula misses, what the search did and why it ended."""
        seen = f"{self.report.get('candidates', 0):,.0f} candidates were scored"
        complete = [note for note in self.notes if note.endswith("seen")]
        tail = f"; {complete[-1]}" if complete else ""
        missed = " ".join(
            part for part in (self.noise.warning(self.target_unit or "") if self.noise else "", self._behind()) if part
        )
        return f"{self.reason} {missed}{' ' if missed else ''}{seen}{tail}. Stopped: {self.stopped}."

    def _behind(self) -> str:
        """A sentence where a model that is no formula is clearly better on rows left out, or an empty text."""
        held = self.row.held_out
        better = [(b.held_out, b.name) for b in self.baselines if b.held_out is not None]
        if held is None or not better or not min(better)[0] < BEHIND * held:
            return ""
        error, name = min(better)
        return (
            f"On rows left out the {name}, no formula, leave{'' if name.endswith('s') else 's'} a squared error "
            f"{held / max(error, 1e-300):.1f} times smaller: operators, size or time may be short, or a condition wrong."
        )

    # ---- exporting

    def to_text(self, digits: int | None = None) -> str:
        """The chosen formula as text; exact unless ``digits`` is given."""
        return to_text(self.best, digits=digits)

    def to_latex(self, digits: int | None = 6) -> str:
        """The chosen formula as LaTeX."""
        return to_latex(self.best, digits=digits)

    def to_mathml(self, digits: int | None = 6) -> str:
        """The chosen formula as presentation MathML."""
        return to_mathml(self.best, digits=digits)

    def to_python(self, name: str = "formula") -> str:
        """Source text of a plain function that imports only numpy."""
        return to_python(self.best, name=name)

    def to_sympy(self) -> Any:
        """The chosen formula as a SymPy expression."""
        from induce.terms.symbolic import to_sympy

        return to_sympy(self.best)

    def to_torch(self, *, trainable: bool = False, device: Any = None) -> Any:
        """The chosen formula as a ``torch.nn.Module`` over columns in the order of ``names``."""
        from induce.algebras.module import to_torch

        module = to_torch(self.best, inputs=self.names, trainable=trainable, device=device)
        for name, inner in self.modules.items():
            module.nets[name] = inner
        return module

    def to_sql(self, table: str = "data") -> str:
        """A SELECT statement that computes the chosen formula from the columns of ``table``."""
        from induce.terms.sql import to_sql

        return to_sql(self.best, table=table, target=self.target)

    def export(self, to: str) -> str:
        """The chosen formula in a named text format: text, latex, mathml, python, sympy, sql or torch (source of a function).

        Raises
        ------
        ExportError
            For an unknown format.
        """
        from induce.errors import did_you_mean

        makers: dict[str, Callable[[], str]] = {
            "text": self.to_text, "latex": self.to_latex, "mathml": self.to_mathml, "python": self.to_python,
            "sympy": lambda: str(self.to_sympy()), "sql": self.to_sql,
            "torch": lambda: to_torch_source(self.best),
        }  # fmt: skip
        if to not in makers:
            raise ExportError(f"unknown export format '{to}'.{did_you_mean(to, makers)} Known: {', '.join(makers)}.")
        return makers[to]()

    def save(self, path: Any) -> None:
        """Write the Fit as a folder of text and safetensors; ``induce.load`` reads it back."""
        import importlib

        importlib.import_module("induce.io").save(self, path)

    # ---- looks

    def __str__(self) -> str:
        return as_text(self)

    __repr__ = __str__

    def constants_text(self) -> str:
        """The chosen row's constants with standard errors, on one line; empty if it has none."""
        row = self.row
        if not row.values:
            return ""
        parts = [f"{name} = {value:.6g} +- {row.errors.get(name, math.nan):.2g}" for name, value in row.values.items()]
        return f"Constants of the chosen row: {'; '.join(parts)}."

    def noise_text(self) -> str:
        """What is known of the noise, on one line; empty if nothing is."""
        return self.noise.text(self.target_unit or "") if self.noise else ""

    def _repr_html_(self) -> str:
        return as_html(self)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.to_latex()}$"
