"""Rows of a Boolean table, equal ones counted, packed for every method that looks at them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from induce.learners.boolean.anneal import Cells
from induce.learners.boolean.truth import integer, pack

__all__ = ["Sample", "gate_bits", "output_bits", "sample"]


@dataclass(frozen=True, eq=False)
class Sample:
    """Distinct rows and how often each answer was given there.

    Parameters
    ----------
    bits : array, shape (inputs, distinct)
    yes, no : array, shape (outputs, distinct)
        Rows that answered true and false.
    """

    bits: NDArray[np.uint8]
    yes: NDArray[np.int64]
    no: NDArray[np.int64]

    @property
    def inputs(self) -> int:
        """Number of inputs."""
        return len(self.bits)

    @property
    def distinct(self) -> int:
        """Number of different rows."""
        return int(self.bits.shape[1])

    @property
    def rows(self) -> int:
        """Number of rows given."""
        return int(self.yes[0].sum() + self.no[0].sum())

    @cached_property
    def columns(self) -> list[int]:
        """Each input on the distinct rows, as one integer."""
        return [integer(row) for row in self.bits]

    @cached_property
    def consistent(self) -> NDArray[np.bool_]:
        """For each output, whether no row was given two answers."""
        return np.asarray(((self.yes == 0) | (self.no == 0)).all(axis=1))

    @property
    def complete(self) -> bool:
        """Whether every combination of the inputs is given, each with one answer for every output."""
        return self.inputs <= 24 and self.distinct == 1 << self.inputs and bool(self.consistent.all())

    def cells(self, output: int) -> Cells:
        """One output, packed for annealing."""
        yes, no = self.yes[output], self.no[output]
        cost = np.abs(yes - no)
        planes = max(1, int(cost.max()).bit_length())
        return Cells(
            pack(self.bits.astype(bool)).reshape(self.inputs, -1),
            pack(yes > no),
            np.stack([pack((cost >> p & 1).astype(bool)) for p in range(planes)]),
            int(np.minimum(yes, no).sum()),
            self.distinct,
        )

    def thinned(self, most: int, seed: int) -> Sample:
        """At most ``most`` of the distinct rows, drawn at random."""
        if self.distinct <= most:
            return self
        kept = np.sort(np.random.default_rng([seed, 5]).permutation(self.distinct)[:most])
        return Sample(np.ascontiguousarray(self.bits[:, kept]), self.yes[:, kept], self.no[:, kept])


def sample(X: NDArray[np.bool_], Y: NDArray[np.bool_]) -> Sample:
    """Count the distinct rows of a table.

    Parameters
    ----------
    X : array, shape (rows, inputs)
    Y : array, shape (rows, outputs)

    >>> found = sample(np.array([[0, 1], [0, 1], [1, 1]], bool), np.array([[1], [0], [1]], bool))
    >>> found.yes.tolist(), found.no.tolist()
    ([[1, 1]], [[1, 0]])
    """
    packed = np.packbits(np.asarray(X, dtype=bool), axis=1, bitorder="little")
    n = X.shape[1]
    if n <= 62:
        keys = (packed.astype(np.int64) << (8 * np.arange(packed.shape[1]))).sum(axis=1)
    else:
        keys = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, place = np.unique(keys, return_index=True, return_inverse=True)
    place = place.reshape(-1)
    counts = [
        np.bincount(place[chosen], minlength=len(first)).astype(np.int64)
        for column in np.asarray(Y, dtype=bool).T
        for chosen in (column, ~column)
    ]
    return Sample(
        np.ascontiguousarray(np.asarray(X, dtype=np.uint8)[first].T), np.stack(counts[::2]), np.stack(counts[1::2])
    )


def gate_bits(inputs: int) -> float:
    """Bits to write down a gate over ``inputs`` inputs and a few other gates: five kinds, two operands, in any order.

    >>> round(gate_bits(10), 2)
    7.37
    """
    return float(np.log2(2.5 * (inputs + 2) * (inputs + 1) / 2))


def output_bits(inputs: int, constant: bool) -> float:
    """Bits to say which literal is the answer, or which constant."""
    return 1.0 if constant else 1.0 + float(np.log2(2 * inputs + 2))
