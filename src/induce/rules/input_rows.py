"""Rows for networks: tables matched by name, arrays, and pictures, as tensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from sklearn.utils.validation import validate_data

from induce.errors import DataError
from induce.mixed import CATEGORY, MixedTable
from induce.nets.pictures import channels_of, check_pictures
from induce.rules.encoders import as_tokens, tokens_of
from induce.rules.table_rules import read_labels

__all__ = ["InputRows", "read_rows"]


class InputRows:
    """What classifiers with an ``encoder`` share: rows as tensors, and labels as places among ``classes_``."""

    encoder: Any
    _tokens: int | None = None
    """How many tokens the encoder tells apart, where it reads tokens."""

    def _read(self, X: Any, y: Any) -> tuple[torch.Tensor, torch.Tensor]:
        """Rows and places among the classes, for a new fit; refused where there are fewer than two classes."""
        for name in ("_head", "feature_names_in_"):
            self.__dict__.pop(name, None)
        rows = self._rows(X, reset=True)
        self.classes_, places = np.unique(read_labels(self, y, len(rows)), return_inverse=True)
        if len(self.classes_) < 2:
            raise DataError(
                f"y has one class only ({self.classes_[0]}), so there is nothing to tell apart. Add rows of another one."
            )
        return rows, torch.as_tensor(places.ravel().astype(np.int64))

    def _rows(self, X: Any, *, reset: bool = False) -> torch.Tensor:
        """Rows of a table, an array, a tensor, tokens or pictures, as those of the fit."""
        if isinstance(X, torch.Tensor):
            X = X.detach().cpu().numpy()
        rows = read_rows(self, X, reset=reset, encoder=self.encoder)
        if reset:
            self._tokens = tokens_of(self.encoder, rows)
        return rows if self._tokens is None else as_tokens(rows, self._tokens)


def read_rows(estimator: Any, X: Any, *, reset: bool, encoder: Any = None) -> torch.Tensor:
    """Rows of a table of any kind, or pictures, as a float32 tensor with one row each.

    Columns of frames and mappings are matched by name with those of ``fit``, in any order. Sets ``n_features_in_``,
    ``feature_names_in_`` and ``row_shape_`` of the estimator when it is fitted.

    Parameters
    ----------
    estimator : object
    X : table, or array of shape (rows, ...)
    reset : bool
        Whether the estimator is being fitted.
    encoder : Module, optional
        Its first convolution says how many channels pictures must have.

    Raises
    ------
    DataError
        For missing entries, texts, columns that are not there, and pictures of another form.
    """
    if hasattr(X, "columns") or hasattr(X, "column_names") or isinstance(X, Mapping):
        return _from_table(estimator, X, reset=reset)
    shape = getattr(X, "shape", ())
    if len(shape) < 3:
        if not reset and len(estimator.row_shape_) > 1:
            raise DataError(
                f"rows of X have shape {tuple(shape[1:])}, but fit had {estimator.row_shape_}. Pass the same."
            )
        _refuse_texts(X)
        values = validate_data(estimator, X, reset=reset, dtype=np.float64)
        found = torch.tensor(np.clip(values, -1e30, 1e30), dtype=torch.float32)
    elif len(shape) == 4:
        found = check_pictures(X, channels_of(encoder))
    else:
        found = torch.as_tensor(np.asarray(X), dtype=torch.float32)
        if not torch.isfinite(found).all():
            raise DataError("X holds NaN or infinite values. Drop those rows, or put an imputer before it.")
    if reset:
        estimator.row_shape_ = tuple(found.shape[1:])
        estimator.n_features_in_ = int(np.prod(found.shape[1:]))
    elif tuple(found.shape[1:]) != estimator.row_shape_:
        raise DataError(
            f"rows of X have shape {tuple(found.shape[1:])}, but fit had {estimator.row_shape_}. Pass the same."
        )
    return found


def _refuse_texts(X: Any) -> None:
    """Texts that are no numbers either, and rows of different lengths, before a library says so in other words."""
    if isinstance(X, list | tuple):
        lengths = [len(row) if isinstance(row, list | tuple | np.ndarray) else -1 for row in X]
        other = next((row for row, length in enumerate(lengths) if length != lengths[0]), None)
        if other is not None:
            raise DataError(
                f"row {other} of X has another length than row 0. Pad rows of tokens to one length, such as with a token of its own."
            )
    array = np.asarray(X) if hasattr(X, "dtype") or isinstance(X, list | tuple) else np.zeros(0)
    for place, entry in np.ndenumerate(array) if array.dtype.kind == "U" or array.dtype == object else ():
        if isinstance(entry, str) and not _reads_as_number(entry):
            raise DataError(
                f"X holds texts (row {place[0]}: {str(entry)!r}), but numbers are needed. Count their words first, such as with "
                "scikit-learn's CountVectorizer, or number their tokens for an encoder that begins with an embedding."
            )


def _reads_as_number(entry: str) -> bool:
    try:
        float(entry)
    except ValueError:
        return False
    return True


def _from_table(estimator: Any, X: Any, *, reset: bool) -> torch.Tensor:
    head = None if reset else getattr(estimator, "_head", None)
    if not reset and head is None:
        X = np.asarray(X)
        return read_rows(estimator, X, reset=False)
    table = MixedTable.read(X, like=head)
    if table.rows == 0:
        raise DataError("Found array with 0 sample(s) while a minimum of 1 is required. Add rows.")
    for column in table.columns:
        if column.kind == CATEGORY:
            raise DataError(f"column '{column.name}' holds texts, but numbers are needed. Make it columns of 0 and 1.")
        if column.missing.any():
            raise DataError(
                f"Input X contains NaN: column '{column.name}' has {int(column.missing.sum())} missing values (row "
                f"{int(column.missing.argmax())}). Drop those rows, or put an imputer before it."
            )
    if reset:
        estimator._head = table.head()
        estimator.n_features_in_, estimator.row_shape_ = len(table.columns), (len(table.columns),)
        if not isinstance(X, Mapping):
            estimator.feature_names_in_ = np.array(table.names, dtype=object)
    return torch.tensor(np.stack([column.values for column in table.columns], axis=1), dtype=torch.float32)
