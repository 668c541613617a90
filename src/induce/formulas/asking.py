"""Asking a network: what it answers to given inputs, and what passes through a part of it while it is used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.errors import DataError, FillError

__all__ = ["Recording", "answers", "as_rows", "is_module", "recording"]

Array = NDArray[np.float64]
BATCH = 8192


def is_module(network: Any) -> bool:
    """Whether it is a torch module; asked without importing torch."""
    return any(base.__module__.startswith("torch.nn") and base.__name__ == "Module" for base in type(network).__mro__)


def _is_tensor(X: Any) -> bool:
    return type(X).__module__.startswith("torch") and hasattr(X, "detach")


def as_rows(X: Any) -> Array:
    """An array or tensor of shape (..., columns) as float64 rows."""
    plain = X.detach().cpu().double().numpy() if _is_tensor(X) else np.asarray(X)
    if plain.ndim < 2:
        raise DataError(
            f"X has shape {plain.shape}, but a table of rows and columns is needed. Write X.reshape(-1, 1) for one column."
        )
    return np.asarray(plain.reshape(-1, plain.shape[-1]), dtype=np.float64)


@contextmanager
def _quiet(module: Any) -> Iterator[None]:
    """Evaluation mode without gradients; every part is put back into its own mode afterwards, even after an error."""
    import torch

    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for part, training in modes:
            part.training = training


def answers(network: Any, X: Any, *, batch: int = BATCH) -> tuple[Array, bool]:
    """What a network says of every row: array of shape (rows, outputs), and whether it gives one number a row.

    Parameters
    ----------
    network : torch module, estimator with ``predict``, or callable
        A module is asked in evaluation mode, on its own device and in its own precision. A callable gets a tensor if
        ``X`` is one, else an array; an estimator gets ``X`` as it is.
    X : data frame, array or tensor of shape (..., columns)
    batch : int
        Rows asked at once.

    Raises
    ------
    FillError
        If it is none of the three.
    DataError
        If the answers do not belong to the rows or are not finite.
    """
    if is_module(network):
        found = _of_module(network, X, batch)
    elif hasattr(network, "predict"):
        found = np.asarray(network.predict(X))
    elif callable(network):
        rows = X.detach().reshape(-1, X.shape[-1]) if _is_tensor(X) else as_rows(X)
        found = np.concatenate([_plain(network(rows[k : k + batch])) for k in range(0, len(rows), batch)])
    else:
        raise FillError(
            f"cannot distill {type(network).__name__}: it is neither a torch module, nor an estimator with predict, nor "
            "callable. Pass for example lambda X: network.run(X)."
        )
    return _checked(found, len(as_rows(X)))


def _of_module(network: Any, X: Any, batch: int) -> NDArray[Any]:
    import torch

    own = next((p for p in network.parameters() if p.is_floating_point()), None)
    like: dict[str, Any] = {} if own is None else {"dtype": own.dtype, "device": own.device}
    rows = torch.as_tensor(X.detach().reshape(-1, X.shape[-1]) if _is_tensor(X) else as_rows(X)).to(**like)
    with _quiet(network):
        return np.concatenate([_plain(network(rows[k : k + batch])) for k in range(0, len(rows), batch)])


def _plain(answer: Any) -> NDArray[Any]:
    found = np.asarray(answer.detach().cpu().double().numpy() if _is_tensor(answer) else answer)
    return found[None] if found.ndim == 0 else found


def _checked(found: NDArray[Any], rows: int) -> tuple[Array, bool]:
    single = found.ndim == 1
    table = found[:, None] if single else found
    if table.ndim != 2 or len(table) != rows:
        raise DataError(
            f"the network gave an answer of shape {found.shape} for {rows} rows, but one number or one row of numbers for "
            "each is needed. Wrap it in a function that returns that."
        )
    if table.dtype.kind not in "biuf":
        raise DataError(
            f"the network answers with {table.dtype}, but a formula needs numbers. For a classifier, pass a column of "
            "predict_proba: lambda X: model.predict_proba(X)[:, 1]."
        )
    table = table.astype(np.float64)
    bad = np.flatnonzero(~np.isfinite(table).all(axis=1))
    if len(bad):
        raise DataError(
            f"the network's answer is not finite on {len(bad)} of {rows} rows (row {bad[0]} first). Leave these rows out of X."
        )
    return table, single


class Recording:
    """What went into a module and what came out, row by row; filled while :func:`recording` is active."""

    def __init__(self) -> None:
        self._inputs: list[Array] = []
        self._outputs: list[Array] = []

    def add(self, inputs: Any, output: Any) -> None:
        """Keep one call."""
        if len(inputs) != 1 or not _is_tensor(inputs[0]) or not _is_tensor(output):
            raise DataError(
                f"a module that takes one tensor and returns one can be recorded, but this one was called with "
                f"{len(inputs)} arguments. Record the part of it that does."
            )
        self._inputs.append(as_rows(inputs[0]))
        self._outputs.append(as_rows(output if output.ndim > 1 else output[:, None]))

    def __len__(self) -> int:
        return sum(map(len, self._inputs))

    @property
    def inputs(self) -> Array:
        """Rows that went in, shape (rows, columns)."""
        return self._joined(self._inputs)

    @property
    def outputs(self) -> Array:
        """Rows that came out, shape (rows, outputs)."""
        return self._joined(self._outputs)

    @staticmethod
    def _joined(parts: list[Array]) -> Array:
        if not parts:
            raise DataError("nothing was recorded: the module was not called. Call the network inside the with block.")
        return np.concatenate(parts)


@contextmanager
def recording(module: Any) -> Iterator[Recording]:
    """Record a module, most often a part of a larger one, while that is used.

    Parameters
    ----------
    module : torch.nn.Module

    Yields
    ------
    Recording
        Its ``inputs`` and ``outputs`` stay readable afterwards. The module is left without hooks, even after an error.

    Raises
    ------
    FillError
        If it is no torch module.

    >>> import torch
    >>> net = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh())
    >>> with recording(net[0]) as seen:
    ...     _ = net(torch.zeros(4, 2))
    >>> seen.inputs.shape, seen.outputs.shape
    ((4, 2), (4, 3))
    """
    if not is_module(module):
        raise FillError(
            f"only a torch module can be recorded, but got {type(module).__name__}. Pass a part such as network.edge."
        )
    seen = Recording()
    hook: Callable[..., None] = lambda _, inputs, output: seen.add(inputs, output)  # noqa: E731
    handle = module.register_forward_hook(hook)
    try:
        yield seen
    finally:
        handle.remove()
