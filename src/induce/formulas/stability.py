"""How firmly the data choose: the front judged again on resampled rows.

Rows are drawn with replacement; on every draw the constants of all formulas of the front are fitted again and the shortest
description is chosen. How often a formula is chosen, and how often a sub-term stands in the chosen one, says how far the choice
hangs on the rows at hand. Formulas that the search did not find are not among them.

Source: B. Efron (1979), Bootstrap Methods: Another Look at the Jackknife.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from induce.algebras.evaluate import fit_constants
from induce.choosing import describe
from induce.errors import FillError
from induce.fit import Fit
from induce.table import Table
from induce.terms import hole as holes
from induce.terms.arithmetic import arithmetic
from induce.terms.codes import Codebook
from induce.terms.show import to_text
from induce.terms.term import Term

__all__ = ["Stability", "stability"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Stability:
    """What resampling says.

    Parameters
    ----------
    rows : tuple of float
        For every row of the front, the share of draws in which it was chosen.
    terms : mapping of text to float
        For every sub-term with an operator, constants written as ``?``, the share of draws in which it stood in the chosen row.
    times : int
        Draws.
    """

    rows: tuple[float, ...]
    terms: Mapping[str, float]
    times: int

    def __str__(self) -> str:
        lines = [f"{share:6.0%}  {text}" for text, share in self.terms.items()]
        return "\n".join([f"share of {self.times} resampled tables in whose formula a part stands:", *lines])


def stability(fit: Fit, table: Table, target: Array, *, times: int = 100, seed: int = 0) -> Stability:
    """Judge the front again on resampled rows.

    Parameters
    ----------
    fit : Fit
    table : Table
        The columns that the formulas use.
    target : array of shape (rows,)
    times : int
        Draws.
    seed : int

    Raises
    ------
    FillError
        If ``times`` is not a positive whole number.
    """
    if not isinstance(times, int) or isinstance(times, bool) or times < 1:
        raise FillError(f"times must be a whole number of at least 1, but got {times!r}. 100 is usual.")
    names = [name for name in fit.names if name in table]
    columns = np.ascontiguousarray(table.select(names).values)
    book = Codebook(arithmetic, names)
    started = [
        row.sketch.replace({h: holes.real(h.name, start=float(row.values[h.name])) for h in row.sketch.holes})
        for row in fit.rows
    ]
    programs = book.encode(started)
    rng = np.random.default_rng(seed)
    alphabet, count = len(names) + 9, len(target)
    floor = 1e-22 * float(np.var(target))
    chosen = np.zeros(len(fit.rows))
    for _ in range(times):
        weights = rng.multinomial(count, np.full(count, 1.0 / count)).astype(float)
        _, squares = fit_constants(programs, columns, target, weights=weights, iterations=10)
        lengths = [
            describe(float(s) / count, row.size, len(row.values), count, floor, alphabet) if np.isfinite(s) else np.inf
            for s, row in zip(squares, fit.rows, strict=True)
        ]
        chosen[int(np.argmin(lengths))] += 1.0 / times
    terms: dict[str, float] = {}
    for share, row in zip(chosen, fit.rows, strict=True):
        for text in _parts(row.sketch):
            terms[text] = terms.get(text, 0.0) + float(share)
    ordered = dict(sorted(terms.items(), key=lambda item: (-item[1], len(item[0]), item[0])))
    return Stability(tuple(map(float, chosen)), {t: s for t, s in ordered.items() if s > 0.0}, times)


def _parts(sketch: Term) -> set[str]:
    """Sub-terms with an operator and a variable, every constant written as ``?``."""
    plain = sketch.replace({h: holes.real("c") for h in sketch.holes}) if sketch.holes else sketch
    return {to_text(node).replace("?c", "?") for node in plain.postorder() if node.args and node.variables}
