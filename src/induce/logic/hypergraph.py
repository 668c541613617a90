"""The ground program as integer arrays: atoms, rule instances, leaves. It does not depend on any probability."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from induce.logic.symbols import Symbols

__all__ = ["Hypergraph", "Leaves"]

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Leaves:
    """Atoms that hold by chance, by choice, or by a network.

    Leaves of one *group* exclude each other (the values of one categorical variable); a Boolean leaf is alone in its group.

    Parameters
    ----------
    atom : int32 array, shape (leaves,)
        The atom that is this leaf.
    source : int32 array, shape (leaves,)
        Number of the statement or table that gives the weight.
    row : int32 array, shape (leaves,)
        Which of the source's variables this is.
    value : int32 array, shape (leaves,)
        Which of the variable's values; 0 for a Boolean leaf.
    group : int32 array, shape (leaves,)
        Variable number over all sources; leaves of a group are consecutive.
    categorical : bool array, shape (groups,)
        Whether exactly one leaf of the group holds; else the group has one leaf that holds or not.
    """

    atom: Int32
    source: Int32
    row: Int32
    value: Int32
    group: Int32
    categorical: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.atom)


@dataclass(frozen=True, eq=False)
class Hypergraph:
    """Atoms and rule instances.

    An atom holds if it is certain, is a leaf that holds, or is the head of an instance whose body holds.

    Parameters
    ----------
    symbols : Symbols
    relations : mapping of name to (first atom, columns of shape (tuples, arity))
        The atoms of one relation are consecutive.
    certain : bool array, shape (atoms,)
        Atoms that hold in every world; no instance has a certain atom as head or in its body.
    head, rule : int32 arrays, shape (instances,)
    start : int64 array, shape (instances + 1,)
        Where each instance's body begins in ``body``.
    body : int32 array
        ``2 * atom``, plus 1 if the literal is negated.
    leaves : Leaves
    """

    symbols: Symbols
    relations: dict[str, tuple[int, Int32]]
    certain: NDArray[np.bool_]
    head: Int32
    rule: Int32
    start: Int64
    body: Int32
    leaves: Leaves
    texts: dict[int, str] = field(default_factory=dict)

    @property
    def atoms(self) -> int:
        """Number of atoms."""
        return len(self.certain)

    @property
    def instances(self) -> int:
        """Number of rule instances."""
        return len(self.head)
