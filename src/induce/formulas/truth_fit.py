"""BooleanFit: what a BooleanRegressor finds. For each output a table of formulas, gates against errors, one row chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.errors import FillError
from induce.formulas.circuits import Circuit, to_aiger, to_dnf, to_python_source, to_sympy_terms, to_verilog
from induce.terms.term import Term

__all__ = ["BooleanFit", "BooleanRow", "OutputFront"]

SHOWN = 100
"""Characters of a formula in the table."""


@dataclass(frozen=True)
class BooleanRow:
    """One formula.

    Parameters
    ----------
    term : Term
    gates : int
        Two-input gates of its circuit, negation free.
    errors : int
        Rows that it gets wrong.
    description_length : float
        Bits to write down the formula and its errors.
    source : str
        Method that found it.
    """

    term: Term
    gates: int
    errors: int
    description_length: float
    source: str


@dataclass(frozen=True)
class OutputFront:
    """Formulas of one output by growing gates, each with fewer errors than all before it; ``chosen`` is the place of one."""

    name: str
    rows: tuple[BooleanRow, ...]
    chosen: int
    reason: str

    @property
    def row(self) -> BooleanRow:
        """The chosen row."""
        return self.rows[self.chosen]


@dataclass(frozen=True, eq=False)
class BooleanFit:
    """The result of a BooleanRegressor; immutable.

    Parameters
    ----------
    outputs : tuple of OutputFront
    names : tuple of str
        The inputs, those that no formula reads too.
    rows : int
        Rows of the table.
    single : bool
        Whether there is one output, passed as one column.
    report : mapping
        Seconds, formulas looked at, noise.
    """

    outputs: tuple[OutputFront, ...]
    names: tuple[str, ...]
    rows: int
    single: bool = True
    report: Mapping[str, Any] = field(default_factory=dict)

    @property
    def terms(self) -> tuple[Term, ...]:
        """The chosen formula of each output."""
        return tuple(front.row.term for front in self.outputs)

    @property
    def best(self) -> Term | tuple[Term, ...]:
        """The chosen formula; a tuple of them for several outputs."""
        return self.terms[0] if self.single else self.terms

    @property
    def gates(self) -> int:
        """Two-input gates of one circuit of all chosen formulas, shared parts counted once and negation free."""
        return Circuit(self.terms, self.names).count()

    @property
    def relevant(self) -> tuple[str, ...]:
        """Names of the inputs that the chosen formulas read."""
        read = {str(v.payload) for term in self.terms for v in term.variables}
        return tuple(name for name in self.names if name in read)

    @property
    def pareto(self) -> tuple[Term, ...]:
        """The formulas of all fronts, output by output, by growing gates."""
        return tuple(row.term for front in self.outputs for row in front.rows)

    @property
    def table(self) -> Any:
        """All rows as a pandas DataFrame."""
        import pandas as pd

        flat = [(front, i, row) for front in self.outputs for i, row in enumerate(front.rows)]
        return pd.DataFrame(
            {
                "output": [front.name for front, _, _ in flat],
                "chosen": [i == front.chosen for front, i, _ in flat],
                "gates": [row.gates for _, _, row in flat],
                "errors": [row.errors for _, _, row in flat],
                "accuracy": [1 - row.errors / self.rows for _, _, row in flat],
                "description_length": [row.description_length for _, _, row in flat],
                "formula": [str(row.term) for _, _, row in flat],
                "source": [row.source for _, _, row in flat],
            }
        )

    def select(self, *, gates: int | None = None, row: int | None = None, output: str | None = None) -> BooleanFit:
        """The same fit with another row chosen; this one stays as it is.

        Parameters
        ----------
        gates : int, optional
            The row with fewest errors among those of at most so many gates.
        row : int, optional
            Place in the output's table, from 0.
        output : str, optional
            Name of the output; needed when there are several.

        Raises
        ------
        FillError
            If not exactly one of ``gates`` and ``row`` is given, or there is no such output or row.
        """
        if (gates is None) == (row is None):
            raise FillError("select() takes exactly one of gates= and row=. For example fit.select(gates=3).")
        known = [front.name for front in self.outputs]
        if output is None and len(known) > 1:
            raise FillError(f"there are {len(known)} outputs; say which one: output={known[0]!r}, for example.")
        if output is not None and output not in known:
            raise FillError(f"there is no output '{output}'. There are: {', '.join(known)}.")
        place = 0 if output is None else known.index(output)
        front = self.outputs[place]
        if row is not None:
            if not -len(front.rows) <= row < len(front.rows):
                raise FillError(
                    f"there is no row {row}; the table of '{front.name}' has rows 0 to {len(front.rows) - 1}."
                )
            chosen, reason = row % len(front.rows), "Chosen by hand."
        else:
            fitting = [i for i, r in enumerate(front.rows) if r.gates <= int(gates or 0)]
            if not fitting:
                raise FillError(f"no formula has at most {gates} gates; the smallest has {front.rows[0].gates}.")
            chosen, reason = fitting[-1], f"Chosen by hand: the best formula of at most {gates} gates."
        fronts = list(self.outputs)
        fronts[place] = replace(front, chosen=chosen, reason=reason)
        return replace(self, outputs=tuple(fronts))

    def predict(self, values: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """The chosen formulas on rows of truth values, shape (rows, inputs); the result has shape (rows, outputs)."""
        columns = {name: values[:, i] for i, name in enumerate(self.names)}
        found = [np.broadcast_to(np.asarray(term(columns), dtype=bool), len(values)) for term in self.terms]
        return np.stack(found, axis=1)

    # ---- exporting

    def to_dnf(self) -> Term | tuple[Term, ...]:
        """The chosen formulas as disjunctions of conjunctions with few parts."""
        found = to_dnf(self.terms)
        return found[0] if self.single else found

    def to_aig(self) -> str:
        """One and-inverter graph of all outputs in the ASCII format of AIGER; every input is declared."""
        return to_aiger(self.terms, self.names, [front.name for front in self.outputs])

    def to_verilog(self, module: str = "f") -> str:
        """One Verilog module of all outputs."""
        return to_verilog(self.terms, self.names, [front.name for front in self.outputs], module)

    def to_sympy(self) -> Any:
        """The chosen formula as a SymPy expression; a tuple for several outputs."""
        found = to_sympy_terms(self.terms)
        return found if self.single or isinstance(found, tuple) else (found,)

    def to_python(self, name: str = "formula") -> str:
        """Source of a plain function of truth values for each output, which imports only numpy."""
        return to_python_source(self.terms, [front.name for front in self.outputs], name)

    # ---- looks

    def __str__(self) -> str:
        blocks = []
        for front in self.outputs:
            header = ("", "gates", "errors", "accuracy", "formula")
            lines = [
                (
                    ">" if i == front.chosen else "",
                    str(r.gates),
                    str(r.errors),
                    f"{1 - r.errors / self.rows:.4f}",
                    _short(r),
                )
                for i, r in enumerate(front.rows)
            ]
            widths = [max(len(line[k]) for line in [header, *lines]) for k in range(4)]
            shown = [
                "  ".join([line[0].ljust(widths[0]), *(line[k].rjust(widths[k]) for k in (1, 2, 3)), line[4]]).rstrip()
                for line in [header, *lines]
            ]
            blocks.append("\n".join([f"{front.name} =", *shown, "", front.reason]))
        if len(blocks) > 1:
            blocks.append(f"All outputs together: {self.gates} gates.")
        return "\n\n".join(blocks)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        parts = []
        for front in self.outputs:
            body = ""
            for i, r in enumerate(front.rows):
                chosen = i == front.chosen
                style, mark = (" style='font-weight:bold'", "&#9654;") if chosen else ("", "")
                body += (
                    f"<tr{style}><td>{mark}</td><td>{r.gates}</td><td>{r.errors}</td><td>{1 - r.errors / self.rows:.4f}</td>"
                    f"<td style='text-align:left'>{escape(_short(r))}</td></tr>"
                )
            head = "<tr><th></th><th>gates</th><th>errors</th><th>accuracy</th><th>formula</th></tr>"
            parts.append(
                f"<table class='induce'><caption>{escape(front.name)}</caption><thead>{head}</thead>"
                f"<tbody>{body}</tbody></table><p>{escape(front.reason)}</p>"
            )
        return "".join(parts)


def _short(row: BooleanRow) -> str:
    text = str(row.term) if row.term.size <= 400 else f"a formula of {row.term.size:,} nodes"
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."
