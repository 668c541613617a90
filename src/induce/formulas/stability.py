"""How firmly the data choose: the front judged again on resampled rows.

Rows are drawn with replacement, each counting with its weight; on every draw the constants of all formulas of the front are fitted
again and the shortest description is chosen, as in the fit: noise that was given and units of constants included. How often a formula is chosen, and how often a sub-term stands in the chosen one, says how far the choice
hangs on the rows at hand. Formulas that the search did not find are not among them.

Source: B. Efron (1979), Bootstrap Methods: Another Look at the Jackknife.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from induce.algebras.evaluate import fit_constants
from induce.choosing import describe, misfit
from induce.fit import Fit, Row
from induce.polish import RELATIVE_FLOOR
from induce.settings import check_whole
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


def stability(
    fit: Fit, table: Table, target: Array, weights: Array | None = None, *, times: int = 100, seed: int = 0
) -> Stability:
    """Judge the front again on resampled rows.

    Parameters
    ----------
    fit : Fit
    table : Table
        The columns that the formulas use.
    target : array of shape (rows,)
    weights : array of shape (rows,), optional
        Those of the fit.
    times : int
        Draws.
    seed : int

    Raises
    ------
    FillError
        If ``times`` is not a positive whole number.
    """
    check_whole("times", times, hint="100 is usual.")
    names = [name for name in fit.names if name in table]
    columns = np.ascontiguousarray(table.select(names).values)
    book = Codebook(arithmetic, names)
    started = [
        row.sketch.replace({h: holes.real(h.name, start=float(row.values[h.name])) for h in row.sketch.holes})
        for row in fit.rows
    ]
    programs = book.encode(started)
    rng = np.random.default_rng(seed)
    count = len(target)
    own = np.ones(count) if weights is None else weights
    evidence = max(round(float(own.sum() ** 2 / (own**2).sum())), 1)
    mean = float(np.average(target, weights=own))
    floor = RELATIVE_FLOOR**2 * float(np.average((target - mean) ** 2, weights=own))
    noise = fit.report.get("noise_given")
    charges = [_charge(fit, row, evidence, len(names), floor) for row in fit.rows]
    chosen = np.zeros(len(fit.rows))
    for _ in range(times):
        drawn = own * rng.multinomial(count, np.full(count, 1.0 / count))
        if not drawn.any():  # every row drawn has weight zero
            drawn = own
        _, squares = fit_constants(programs, columns, target, weights=drawn, iterations=10)
        lengths = [
            misfit(float(s) / float(drawn.sum()), evidence, floor, noise) + charge if np.isfinite(s) else np.inf
            for s, charge in zip(squares, charges, strict=True)
        ]
        chosen[int(np.argmin(lengths))] += 1.0 / times
    terms: dict[str, float] = {}
    for share, row in zip(chosen, fit.rows, strict=True):
        for text in _parts(row.sketch):
            terms[text] = terms.get(text, 0.0) + float(share)
    ordered = dict(sorted(terms.items(), key=lambda item: (-item[1], len(item[0]), item[0])))
    return Stability(tuple(map(float, chosen)), {t: s for t, s in ordered.items() if s > 0.0}, times)


def _charge(fit: Fit, row: Row, evidence: int, columns: int, floor: float) -> float:
    """What the formula itself costs: as in the fit, or from its size where the fit has no description length."""
    rows, noise = int(fit.report.get("rows", evidence)), fit.report.get("noise_given")
    if math.isfinite(row.description_length):
        return row.description_length - misfit(row.loss, rows, floor, noise)
    alphabet = int(fit.report.get("alphabet", columns + 9))  # a saved fit may not say
    return describe(row.loss, row.size, len(row.values), rows, floor, alphabet, noise) - misfit(
        row.loss, rows, floor, noise
    )


def _parts(sketch: Term) -> set[str]:
    """Sub-terms with an operator and a variable, every constant written as ``?``."""
    plain = sketch.replace({h: holes.real("c") for h in sketch.holes}) if sketch.holes else sketch
    return {to_text(node).replace("?c", "?") for node in plain.postorder() if node.args and node.variables}
