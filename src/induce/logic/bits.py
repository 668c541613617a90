"""Truth of circuits in many worlds at once, 64 worlds a word."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from induce.errors import AlgebraError
from induce.logic.circuit import Circuit

__all__ = ["BitsModule", "forward_bits", "packed", "unpacked", "whole"]


def packed(bits: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Rows of truth values as rows of words, the first value in the lowest bit."""
    words = np.packbits(bits, axis=1, bitorder="little")
    return np.ascontiguousarray(np.pad(words, ((0, 0), (0, -words.shape[1] % 8)))).view(np.uint64)


def unpacked(words: NDArray[np.uint64], count: int) -> NDArray[np.bool_]:
    """The first ``count`` truth values of each row of words."""
    flat = np.ascontiguousarray(words).view(np.uint8)
    return np.unpackbits(flat, axis=1, bitorder="little")[:, :count].astype(np.bool_)


def whole(weights: torch.Tensor, algebra: str) -> torch.Tensor:
    """The weights, which must be 0 or 1.

    Raises
    ------
    AlgebraError
        If one is not.
    """
    other = (weights != 0) & (weights != 1)
    if bool(other.any()):
        raise AlgebraError(
            f"'{algebra}' computes with bits, but a leaf has the weight {float(weights.detach()[other][0]):g}. "
            "Give 0 or 1 (round the network's outputs first)."
        )
    return weights


class BitsModule(nn.Module):
    """Truth of the roots of a circuit, 64 examples of the batch a word; it has no gradient."""

    def __init__(self, circuit: Circuit) -> None:
        super().__init__()
        self.circuit = circuit

    def forward(self, weights: torch.Tensor) -> torch.Tensor:
        """Roots by batch, from leaves by batch."""
        held = packed(whole(weights, "boolean").detach().cpu().numpy() == 1)
        truth = unpacked(forward_bits(self.circuit, held)[self.circuit.roots], weights.shape[1])
        return torch.as_tensor(truth).to(device=weights.device, dtype=weights.dtype)


def forward_bits(circuit: Circuit, bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Truth of all nodes, 64 worlds a word.

    Parameters
    ----------
    bits : uint64 array, shape (leaves, words)

    Returns
    -------
    uint64 array, shape (nodes, words)
    """
    buffer = np.zeros((circuit.nodes, bits.shape[1]), np.uint64)
    arrays = (circuit.kind, circuit.start, circuit.child, circuit.leaf, bits, buffer)
    at = 0
    for low, high in circuit.components.tolist():
        _bits(*arrays, at, low)
        # a component starts from false, after everything below it is settled
        for _ in range(high - low + 1):
            before = buffer[low:high].copy()
            _bits(*arrays, low, high)
            if (before == buffer[low:high]).all():
                break
        at = high
    _bits(*arrays, at, circuit.nodes)
    return buffer


@numba.njit(cache=True, nogil=True)
def _bits(kind: Any, start: Any, child: Any, leaf: Any, bits: Any, buffer: Any, first: int, last: int) -> None:
    words = bits.shape[1]
    for node in range(first, last):
        what = kind[node]
        out = buffer[node]
        if what == 0:
            out[:] = bits[leaf[node]]
        elif what == 1:
            for w in range(words):
                out[w] = ~bits[leaf[node], w]
        elif what == 4:
            for w in range(words):
                out[w] = ~buffer[child[start[node]], w]
        elif what == 5:
            for w in range(words):
                out[w] = ~np.uint64(0)
        elif what == 6:
            out[:] = np.uint64(0)
        else:
            for w in range(words):
                value = ~np.uint64(0) if what == 3 else np.uint64(0)
                for e in range(start[node], start[node + 1]):
                    if what == 3:
                        value &= buffer[child[e], w]
                    else:
                        value |= buffer[child[e], w]
                out[w] = value
