"""Which class uses which hidden concept, and which of the concepts the classes tell apart."""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.errors import DataError

__all__ = ["ConceptStructure"]

UNSURE = (0.1, 0.9)
"""Probabilities of a gate between these are said to be unsure."""


@dataclass(frozen=True, eq=False)
class ConceptStructure:
    """Which hidden concepts each class uses, and which of them are identified.

    A concept is identified where the classes that have it, less the classes that lack it, leave it alone: no other concept is
    used by exactly the same classes. Concepts of the same classes may be mixed in any way without any class noticing; they are
    reported as a block and never as identified. Nor is a concept with an unsure gate, or one whose classes a concept with an unsure
    gate may have: these are undecided.

    Parameters
    ----------
    classes : tuple
        As given in ``y``, in sorted order.
    probabilities : array of shape (classes, concepts)
        That a class uses a concept.

    Raises
    ------
    DataError
        If the probabilities are not one row a class, or not in [0, 1].

    References
    ----------
    Y. Zheng, S. Xie, K. Zhang (2025), Nonparametric Identification of Latent Concepts.

    >>> found = ConceptStructure(("cat", "dog", "fox"), np.array([[1, 0, 0], [1, 1, 1], [0, 1, 1]]))
    >>> print(found)
    class  c1  c2  c3
    cat    x   .   .
    dog    x   x   x
    fox    .   x   x
    identified: c1
    only up to mixing: c2, c3 (the same classes use them: dog, fox)
    """

    classes: tuple[Any, ...]
    probabilities: NDArray[np.float64]

    def __post_init__(self) -> None:
        shape = np.shape(self.probabilities)
        if len(shape) != 2 or shape[0] != len(self.classes):
            raise DataError(
                f"probabilities have shape {shape}, but ({len(self.classes)}, concepts) was expected: a row for each class. "
                "Transpose them if the concepts are the rows."
            )
        found = np.asarray(self.probabilities, dtype=np.float64)
        if not ((found >= 0) & (found <= 1)).all():
            raise DataError(
                f"probabilities reach from {found.min():.3g} to {found.max():.3g}, but must lie in [0, 1]. Divide by the largest."
            )
        object.__setattr__(self, "probabilities", found)

    @property
    def matrix(self) -> NDArray[np.bool_]:
        """Which class uses which concept: array of shape (classes, concepts)."""
        return np.asarray(self.probabilities >= 0.5)

    @property
    def concepts(self) -> tuple[str, ...]:
        """Names of the concepts: ``c1``, ``c2``, ..."""
        return tuple(f"c{k + 1}" for k in range(self.probabilities.shape[1]))

    @property
    def blocks(self) -> dict[tuple[Any, ...], tuple[str, ...]]:
        """Concepts by the classes that use them; a concept whose gates are unsure stands where it probably belongs. Those of no class are left out."""
        found: dict[tuple[Any, ...], tuple[str, ...]] = {}
        for name, column in zip(self.concepts, list(self.matrix.T), strict=True):
            users = tuple(c for c, used in zip(self.classes, column, strict=True) if used)
            if users:
                found[users] = (*found.get(users, ()), name)
        return found

    @property
    def identified(self) -> tuple[str, ...]:
        """Concepts that the classes tell apart from all others, up to a function of one variable, with no gate unsure."""
        low, high = UNSURE
        opened, closed = (self.probabilities >= high).T, (self.probabilities <= low).T
        # told apart: in some class one is surely open and the other surely closed
        apart = np.asarray((opened[:, None] & closed[None]).any(axis=2))
        apart |= apart.T
        np.fill_diagonal(apart, True)
        known = (opened | closed).all(axis=1) & opened.any(axis=1) & apart.all(axis=1)
        return tuple(self.concepts[k] for k in np.flatnonzero(known))

    @property
    def undecided(self) -> tuple[str, ...]:
        """Concepts that stand alone, but might not: a gate of theirs is unsure, or of a concept that may have the same classes."""
        told = {*self.identified, *self.unused, *(name for block in self.mixed for name in block)}
        return tuple(name for name in self.concepts if name not in told)

    @property
    def mixed(self) -> tuple[tuple[str, ...], ...]:
        """Blocks of several concepts, each known up to mixing within the block only."""
        return tuple(block for block in self.blocks.values() if len(block) > 1)

    @property
    def unused(self) -> tuple[str, ...]:
        """Concepts that no class uses: there are fewer than were asked for."""
        return tuple(self.concepts[k] for k in np.flatnonzero(~self.matrix.any(axis=0)))

    @property
    def unsure(self) -> tuple[tuple[Any, str, float], ...]:
        """Class, concept and probability where the gate is neither open nor closed for sure."""
        low, high = UNSURE
        places = np.argwhere((self.probabilities > low) & (self.probabilities < high))
        return tuple((self.classes[i], self.concepts[j], float(self.probabilities[i, j])) for i, j in places)

    def _lines(self) -> list[str]:
        lines = ["identified: " + (", ".join(self.identified) or "none")]
        for users, block in self.blocks.items():
            if len(block) > 1:
                told = ", ".join(map(str, users))
                lines.append(f"only up to mixing: {', '.join(block)} (the same classes use them: {told})")
        if self.undecided:
            lines.append(f"undecided, as gates are unsure: {', '.join(self.undecided)}")
        if self.unused:
            lines.append("used by no class: " + ", ".join(self.unused))
        if self.unsure:
            lines.append("unsure: " + ", ".join(f"{c} {k} ({p:.2f})" for c, k, p in self.unsure))
        return lines

    def __str__(self) -> str:
        width = max(5, *(len(str(c)) for c in self.classes))
        wide = max(map(len, self.concepts))
        rows = ["  ".join([f"{'class':{width}}", *(f"{c:{wide}}" for c in self.concepts)]).rstrip()]
        for label, row in zip(self.classes, self.matrix.tolist(), strict=True):
            rows.append("  ".join([f"{label!s:{width}}", *(f"{'x' if used else '.':{wide}}" for used in row)]).rstrip())
        return "\n".join([*rows, *self._lines()])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{c}</th>" for c in self.concepts)
        body = "".join(
            f"<tr><td>{escape(str(label))}</td>{''.join(f'<td>{chr(215) if used else str()}</td>' for used in row)}</tr>"
            for label, row in zip(self.classes, self.matrix.tolist(), strict=True)
        )
        said = "<br>".join(map(escape, self._lines()))
        return f"<table class='induce'><tr><th>class</th>{head}</tr>{body}</table><p>{said}</p>"

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "classes": [str(c) for c in self.classes],
            "concepts": list(self.concepts),
            "probabilities": self.probabilities.round(6).tolist(),
            "matrix": self.matrix.astype(int).tolist(),
            "identified": list(self.identified),
            "mixed": [list(block) for block in self.mixed],
            "undecided": list(self.undecided),
            "unused": list(self.unused),
            "unsure": [[str(c), k, round(p, 6)] for c, k, p in self.unsure],
        }

    def to_json(self, indent: int | None = 2) -> str:
        """The same as text."""
        return json.dumps(self.to_dict(), indent=indent)
