"""The archive: the best candidates of every size, from which the Pareto front is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.terms.codes import Programs

__all__ = ["EXACT", "Archive", "Entry"]

EXACT = 1e-26
"""Loss, as a share of the target's variance, below which a formula is exact to rounding."""


@dataclass(frozen=True, eq=False)
class Entry:
    """One kept candidate.

    Parameters
    ----------
    programs : Programs
        A batch of one.
    size : int
        Nodes as written.
    loss : float
        Weighted mean square error on the confirmation rows.
    source : str
        The learner that proposed it.
    found_at : float
        Candidates scored when it was found.
    state : mapping, optional
        Fitted parameters of net holes (then ``programs`` is empty and the sketch itself is the formula).
    """

    programs: Programs
    size: int
    loss: float
    source: str
    found_at: float = 0.0
    state: dict[str, Any] | None = None

    @cached_property
    def key(self) -> tuple[bytes, bytes]:
        """What makes two entries the same formula."""
        return self.programs.codes.tobytes(), np.round(self.programs.values, 9).tobytes()


@dataclass
class Archive:
    """At most ``width`` candidates per size, best first.

    Parameters
    ----------
    width : int
        Candidates kept per size.
    """

    width: int = 5
    by_size: dict[int, list[Entry]] = field(default_factory=dict)

    def threshold(self, size: int) -> float:
        """Loss below which a candidate of ``size`` would be kept."""
        held = self.by_size.get(size, [])
        return np.inf if len(held) < self.width else held[-1].loss

    def thresholds(self, sizes: NDArray[np.int64]) -> NDArray[np.float64]:
        """:meth:`threshold` for many sizes."""
        table = {int(s): self.threshold(int(s)) for s in np.unique(sizes)}
        return np.array([table[int(s)] for s in sizes])

    def offer(self, entry: Entry) -> bool:
        """Keep the entry if it is among the best of its size; whether the front got better."""
        if not np.isfinite(entry.loss):
            return False
        held = self.by_size.setdefault(entry.size, [])
        for known in held:
            same_loss = abs(known.loss - entry.loss) <= 1e-12 * known.loss
            if known.key == entry.key or (
                same_loss and known.programs.codes.tobytes() == entry.programs.codes.tobytes()
            ):
                if entry.loss < known.loss:
                    held.remove(known)
                    break
                return False
        best_before = self.best_loss(entry.size)
        held.append(entry)
        held.sort(key=lambda e: e.loss)
        del held[self.width :]
        return entry.loss < 0.99 * best_before

    def best_loss(self, size: int) -> float:
        """Smallest loss among candidates of at most ``size`` nodes."""
        return min((held[0].loss for s, held in self.by_size.items() if s <= size and held), default=np.inf)

    def merge(self, other: Archive) -> bool:
        """Offer every entry of another archive, smaller sizes first; whether the front got better."""
        better = False
        for entry in other:
            better = self.offer(entry) or better
        return better

    def __iter__(self) -> Iterator[Entry]:
        for size in sorted(self.by_size):
            yield from self.by_size[size]

    def __len__(self) -> int:
        return sum(len(held) for held in self.by_size.values())

    def front(self) -> list[Entry]:
        """The Pareto front: each entry has a smaller loss than all smaller formulas."""
        best, found = np.inf, []
        for size in sorted(self.by_size):
            held = self.by_size[size]
            if held and held[0].loss < best:
                found.append(held[0])
                best = held[0].loss
        return found

    def copy(self) -> Archive:
        """An archive with the same entries."""
        return Archive(self.width, {size: list(held) for size, held in self.by_size.items()})
