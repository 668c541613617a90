"""Evaluation: one term on columns (numpy), and many programs at once (numba).

The numba path is the engine of the learners; :func:`evaluate` is the reference and what ``predict`` uses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

import induce.algebras.standard  # noqa: F401  (registers what the operators mean)
from induce.algebras.algebra import Algebra, meaning_of
from induce.algebras.values import VALUES, run
from induce.errors import AlgebraError, DataError, did_you_mean
from induce.terms.codes import Programs
from induce.terms.op import HOLE, LITERAL, VARIABLE
from induce.terms.sort import BOOL, REAL
from induce.terms.term import Term

__all__ = ["evaluate", "evaluate_many", "fit_constants", "jacobian_many"]


def _algebra_for(term: Term) -> Algebra:
    """Numbers and truth values are arrays over rows; programs over anything else run on one Python value."""
    if any(v.sort not in (REAL, BOOL) for v in (term, *term.variables)):
        return VALUES
    return Algebra.BOOLEAN if term.sort is BOOL else Algebra.REAL


def evaluate(
    term: Term, data: Any = None, algebra: Algebra | None = None, columns: Mapping[str, Any] | None = None
) -> Any:
    """The value of a term on columns of data.

    Parameters
    ----------
    term : Term
        Variables and named real holes take their values from the columns.
    data : mapping or table, optional
        Column name to values of shape (rows,); anything with ``data[name]`` works.
    algebra : Algebra, optional
        By default the real one, the Boolean one for a term of sort bool, or, where other sorts occur (integers, texts,
        lists), that of plain values: then the term runs on one value for each variable.
    columns : mapping, optional
        More columns; they win.

    Returns
    -------
    array of shape (rows,), or a scalar when every input is one

    Raises
    ------
    DataError
        If a column is missing.
    AlgebraError
        If a hole is unfilled or an operator has no meaning.
    """
    if algebra is None:
        algebra = _algebra_for(term)
    columns = columns or {}
    if algebra is VALUES:
        return run(term, {**(data or {}), **columns})

    def column(node: Term) -> Any:
        name = node.name
        if name in columns:
            return algebra.lift(columns[name])
        try:
            return algebra.lift(data[name])
        except (KeyError, TypeError, IndexError, ValueError):
            if node.op is HOLE:
                raise AlgebraError(
                    f"hole '{node}' is not filled. Fill it with fill(), or give its value: term({name}=1.0)."
                ) from None
            known = [*columns, *(data.keys() if hasattr(data, "keys") else ())]
            raise DataError(
                f"no column named '{name}'.{did_you_mean(name, known)} The columns given are: {', '.join(known) or 'none'}."
            ) from None

    def step(node: Term, args: tuple[Any, ...]) -> Any:
        if node.op is LITERAL:
            return algebra.lift(node.payload)
        if node.op is VARIABLE or node.op is HOLE:
            return column(node)
        return meaning_of(node.op, algebra)(np, *args)

    with np.errstate(all="ignore"):
        result = term.fold(step)
        if isinstance(result, tuple):
            return result
        # a term without variables is a constant column
        rows = [np.ndim(v) for v in columns.values()]
        if np.ndim(result) == 0 and any(rows):
            length = max(len(v) for v in columns.values() if np.ndim(v))
            return np.full(length, result)
        return result


Term.evaluator = staticmethod(evaluate)  # type: ignore[assignment]


def evaluate_many(programs: Programs, table: NDArray[Any], *, dtype: Any = np.float64) -> NDArray[Any]:
    """Values of many programs at every row.

    Parameters
    ----------
    programs : Programs
        Over the arithmetic language's codebook.
    table : array, shape (columns, rows)
    dtype : float64 or float32

    Returns
    -------
    array, shape (programs, rows)
    """
    from induce.algebras.kernels import evaluate_rows

    table = np.ascontiguousarray(table, dtype=dtype)
    out = np.empty((len(programs), table.shape[1]), dtype)
    evaluate_rows(programs.codes, programs.offsets, programs.values, programs.value_offsets, table, out)
    return out


def jacobian_many(programs: Programs, table: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Values of many programs and their derivatives by the free constants, by one reverse sweep each.

    Parameters
    ----------
    programs : Programs
    table : array, shape (columns, rows)

    Returns
    -------
    (array of shape (programs, rows), array of shape (constant slots, rows))
        Rows of slots that are not free are zero.
    """
    from induce.algebras.least_squares import jacobian_rows

    table = np.ascontiguousarray(table, dtype=np.float64)
    values = np.empty((len(programs), table.shape[1]))
    slopes = np.zeros((len(programs.values), table.shape[1]))
    jacobian_rows(
        programs.codes, programs.offsets, programs.values, programs.value_offsets, programs.free, table, values, slopes
    )
    return values, slopes


def fit_constants(
    programs: Programs,
    table: NDArray[Any],
    target: NDArray[Any],
    *,
    weights: NDArray[Any] | None = None,
    iterations: int = 20,
    restarts: int = 0,
    bounds: NDArray[Any] | None = None,
) -> tuple[Programs, NDArray[np.float64]]:
    """Fit the free constants of many programs by batched Levenberg-Marquardt with variable projection.

    Minimises ``sum_i w_i (f(x_i; c) - y_i)^2`` for each program on its own.

    Parameters
    ----------
    programs : Programs
        Start values are those they carry.
    table : array, shape (columns, rows)
    target : array, shape (rows,)
    weights : array, shape (rows,), optional
        Non-negative.
    iterations : int
        Steps per program at most.
    restarts : int
        Further starts: the given ones with every constant scaled by fixed factors; the best end is kept.
    bounds : array, shape (2, slots), optional
        Lower and upper limits of every constant slot.

    Returns
    -------
    (Programs, array of shape (programs,))
        The programs with fitted constants, and the weighted sums of squares (infinite where undefined).
    """
    from induce.algebras.least_squares import fit_many

    table = np.ascontiguousarray(table, dtype=np.float64)
    target = np.ascontiguousarray(target, dtype=np.float64)
    weights = np.zeros(0) if weights is None else np.ascontiguousarray(weights, dtype=np.float64)
    if bounds is None:
        bounds = np.empty((2, len(programs.values)))
        bounds[0], bounds[1] = -np.inf, np.inf
    best_values: NDArray[np.float64] | None = None
    best_loss = np.full(len(programs), np.inf)
    factors = (1.0, -1.0, 3.0, 0.3, -3.0, 10.0, 0.1)
    slot_program = np.repeat(np.arange(len(programs)), np.diff(programs.value_offsets))
    for start in range(1 + min(restarts, len(factors) - 1)):
        values = np.where(programs.free, programs.values * factors[start], programs.values)
        values = np.clip(values, bounds[0], bounds[1])
        loss = np.empty(len(programs))
        fit_many(
            programs.codes, programs.offsets, values, programs.value_offsets, programs.free, bounds, table, target, weights,
            iterations, loss,
        )  # fmt: skip
        loss = np.where(np.isfinite(loss), loss, np.inf)
        if best_values is None:
            best_values, best_loss = values, loss
        else:
            better = loss < best_loss
            best_values = np.where(better[slot_program], values, best_values)
            best_loss = np.where(better, loss, best_loss)
    assert best_values is not None
    return programs.with_values(best_values), best_loss
