"""Exact Shapley values: what each input adds to an output, over all coalitions of inputs at once."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from induce.checks import check_finite, counted
from induce.errors import DataError, LimitError

__all__ = ["BLOCK_BYTES", "MOST_PARTS", "shapley_values"]

Array = NDArray[np.float64]
MOST_PARTS = 20
"""Inputs beyond which all coalitions are never tried."""
BLOCK_BYTES = 1 << 26
"""What the inputs of one call of the function may take."""
_CACHED_BYTES = 1 << 23  # several rows share a call up to this size, which stays in the cache


def shapley_values(function: Any, X: Any, background: Any, *, max_parts: int = 16) -> Array:
    """The Shapley value of every input of every row, exactly.

    ``phi_i = sum over S without i of |S|! (P - |S| - 1)! / P! * (v(S + i) - v(S))``, where ``v(S)`` is the mean output when
    the inputs in ``S`` are the row's and the others those of a background row (the interventional value). All ``2^P``
    coalitions are evaluated. The values of a row add up to its output less the mean output of the background.

    Parameters
    ----------
    function : Module or callable
        From inputs of shape (n, parts) to outputs of shape (n,) or (n, outputs). A module is asked in evaluation mode, in
        its own type and on its own device. Any other function gets numpy arrays, or tensors where ``X`` is a tensor.
    X : array or tensor, shape (rows, parts)
    background : array or tensor, shape (parts,) or (samples, parts)
        What stands for an input that is missing: one row, such as zeros or a mean, or several to average over.
    max_parts : int
        Most inputs that are accepted; at most 20. The cost doubles with each.

    Returns
    -------
    array of shape (rows, parts) or (rows, parts, outputs)

    Raises
    ------
    DataError
        For shapes that do not fit, and for entries or outputs that are not finite.
    LimitError
        For more than ``max_parts`` inputs.

    References
    ----------
    L. Shapley (1953), A Value for n-Person Games. S. Lundberg, S. Lee (2017), A Unified Approach to Interpreting Model
    Predictions. D. Janzing, L. Minorics, P. Bloebaum (2020), Feature Relevance Quantification in Explainable AI.

    >>> shapley_values(lambda x: x[:, 0] * x[:, 1] + x[:, 2], [[2.0, 3.0, 4.0]], [0.0, 0.0, 1.0])
    array([[3., 3., 3.]])
    """
    rows, missing = _matrix(X, "X"), _background(background)
    parts = rows.shape[1]
    if missing.shape[1] != parts:
        raise DataError(
            f"the background has {counted(missing.shape[1], 'column')}, but X has {parts}. Give one value for each column of X."
        )
    _check_size(parts, max_parts)
    ask, single_precision = _asked(function, isinstance(X, torch.Tensor))
    if single_precision:  # what the module would make of them anyway
        rows, missing = rows.astype(np.float32), missing.astype(np.float32)
    together = max(1, _CACHED_BYTES // ((1 << parts) * missing.nbytes))
    design = lru_cache(maxsize=1)(_design)  # all blocks of rows share it, and it goes with the call
    blocks = [_of_rows(ask, rows[k : k + together], missing, design) for k in range(0, len(rows), together)]
    return np.concatenate(blocks) if blocks else np.zeros((0, parts))


def _check_size(parts: int, most: int) -> None:
    if not 1 <= most <= MOST_PARTS:
        raise LimitError(
            f"max_parts={most} is out of reach: {MOST_PARTS} inputs have a million coalitions. Pass 1 to {MOST_PARTS}."
        )
    if parts > most:
        hint = f"pass max_parts={parts}" if parts <= MOST_PARTS else "explain the columns in groups"
        raise LimitError(
            f"{parts} inputs have 2^{parts} coalitions, but exact Shapley values are limited to {most} inputs here. "
            f"Leave out inputs that the function does not use, or {hint}."
        )


def _matrix(values: Any, what: str) -> Array:
    if isinstance(values, torch.Tensor):
        values = values.detach().cpu().numpy()
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{what} cannot be read as numbers: {error}. Pass an array of shape (rows, parts).") from error
    if array.ndim != 2 or not array.shape[1]:
        raise DataError(
            f"{what} has shape {array.shape}, but (rows, parts) is needed. Pass one row as an array of shape (1, parts)."
        )
    for place, column in enumerate(array.T):
        check_finite(f"column {place} of {what}", column, "A Shapley value")
    return array


def _background(background: Any) -> Array:
    if isinstance(background, torch.Tensor):
        background = background.detach().cpu().numpy()
    array = np.asarray(background, dtype=np.float64)
    found = _matrix(array[None] if array.ndim == 1 else array, "the background")
    if not len(found):
        raise DataError("the background has no rows. Pass at least one row that stands for missing inputs.")
    return found


def _asked(function: Any, tensors: bool) -> tuple[Callable[[Any], Array], bool]:
    """The function from numpy to numpy, and whether it computes in single precision anyway."""
    if isinstance(function, nn.Module):
        like = next(iter([*function.parameters(), *function.buffers()]), torch.zeros(()))
        kind = like.dtype if like.is_floating_point() else torch.get_default_dtype()

        def of_module(rows: Any) -> Array:
            training = function.training
            function.eval()
            try:
                with torch.no_grad():
                    given = torch.as_tensor(rows, dtype=kind, device=like.device)
                    return np.asarray(function(given).double().cpu().numpy())
            finally:
                function.train(training)

        return of_module, kind == torch.float32
    if not callable(function):
        raise DataError(f"{type(function).__name__} cannot be called. Pass a function of an array, or a torch module.")

    def of_rows(rows: Any) -> Array:
        out = function(torch.from_numpy(rows) if tensors else rows)
        return np.asarray(out.detach().cpu().numpy() if isinstance(out, torch.Tensor) else out, dtype=np.float64)

    return of_rows, False


def _of_rows(ask: Callable[[Any], Array], rows: Any, missing: Any, design: Callable[[int, int, int], Any]) -> Array:
    """Values of some rows; coalitions in as many blocks as memory asks for."""
    parts, single = rows.shape[1], False
    step = max(1, BLOCK_BYTES // (len(rows) * missing.nbytes))
    total: Any = 0.0
    for start in range(0, 1 << parts, step):
        members, weights = design(start, min(start + step, 1 << parts), parts)
        mixed = np.where(members[None, :, None], rows[:, None, None], missing)  # rows, coalitions, background, parts
        out = ask(mixed.reshape(-1, parts))
        if out.ndim not in (1, 2) or len(out) != mixed.size // parts:
            raise DataError(
                f"the function gave shape {out.shape} for {mixed.size // parts:,} rows. It must give one output, or one row of "
                "outputs, for each row."
            )
        single = out.ndim == 1
        values = out.reshape(len(rows), len(members), len(missing), -1).mean(2)
        if not np.isfinite(values).all():
            raise DataError(
                "the function gave NaN or infinite outputs for a mixture of a row and the background. Choose a background inside "
                "the function's domain."
            )
        total = total + np.matmul(weights, values)
    return np.asarray(total[..., 0] if single else total)


def _design(start: int, stop: int, parts: int) -> tuple[NDArray[np.bool_], Array]:
    """Coalitions and their weights."""
    members = _coalitions(start, stop, parts)
    return members, np.ascontiguousarray(_weights(members))


def _coalitions(start: int, stop: int, parts: int) -> NDArray[np.bool_]:
    """Coalitions ``start`` to ``stop`` as rows of truth values, shape (coalitions, parts)."""
    return (np.arange(start, stop)[:, None] >> np.arange(parts) & 1).astype(bool)


def _weights(members: NDArray[np.bool_]) -> Array:
    """How each coalition's value counts for each part, shape (parts, coalitions)."""
    parts = members.shape[1]
    chance = [math.factorial(s) * math.factorial(parts - s - 1) / math.factorial(parts) for s in range(parts)]
    with_it, without = np.array([0.0, *chance]), np.array([*chance, 0.0])
    size = members.sum(1)
    return np.asarray(np.where(members, with_it[size][:, None], -without[size][:, None]).T)
