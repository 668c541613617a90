"""The flat choice table: one row for each choice point of a space; a point of the space is one vector of numbers.

A row is active where it has no parent, or where one of its parents is active and has one of the values that lead to it. The
entries of rows that are not active are 0, so equal points are equal vectors.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.errors import SpaceError

__all__ = ["Row", "Table", "Vectors"]

Vectors = NDArray[np.float64]
Parents = tuple[tuple[int, tuple[int, ...]], ...]
"""(row, its values that lead here) for each place where the row's hole stands."""

STEP = 0.1
"""Standard deviation of a small change of a number, as a share of its range."""
SMALL = 8
"""Integers with at most this many values are changed to any other one, not by small steps."""


@dataclass(frozen=True)
class Row:
    """One choice point.

    Parameters
    ----------
    name : str
    kind : {"choice", "subset", "integer", "real", "term"}
    low, high : float
        Least and largest entry of the vector; for a choice or a subset 0 and the number of options less one.
    log : bool
        Whether entries are spread over the logarithm.
    labels : sequence of str
        What the options are called.
    prior : tuple of float
        Weights of the options; empty for equal ones.
    parents : tuple of (row, values)
        Where the row is active; empty for everywhere.
    """

    name: str
    kind: str
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    labels: Sequence[str] = ()
    prior: tuple[float, ...] = ()
    parents: Parents = ()

    @property
    def count(self) -> float:
        """Number of values; infinite for a real."""
        if self.kind == "real":
            return math.inf if self.high > self.low else 1
        return int(self.high - self.low) + 1

    def shown(self, entry: float) -> str:
        """An entry of the vector as a person would write the value."""
        if self.kind in ("choice", "subset", "term"):
            return self.labels[int(entry)]
        return f"{int(entry)}" if self.kind == "integer" else f"{entry:.4g}"


@dataclass(frozen=True, eq=False)
class Table:
    """The choice points of a space, and what is done with whole populations of its points.

    Every method takes and gives arrays of shape (points, rows).

    Parameters
    ----------
    rows : tuple of Row

    >>> table = Table((Row("kind", "choice", high=1, labels=("a", "b")), Row("n", "integer", 1, 9, parents=((0, (1,)),))))
    >>> table.active(np.array([[0, 0], [1, 5]])).tolist()
    [[True, False], [True, True]]
    """

    rows: tuple[Row, ...]
    conditional: tuple[tuple[int, tuple[tuple[int, NDArray[np.bool_]], ...]], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "conditional", tuple(self._conditions()))

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the rows, each once."""
        return tuple(row.name for row in self.rows)

    @cached_property
    def order(self) -> tuple[int, ...]:
        """The rows in an order where parents come first."""
        waiting = {i: {p for p, _ in row.parents} for i, row in enumerate(self.rows)}
        order: list[int] = []
        while waiting:
            ready = [i for i, needs in waiting.items() if needs.isdisjoint(waiting)]
            order += ready
            for i in ready:
                del waiting[i]
        return tuple(order)

    def _conditions(self) -> Iterator[tuple[int, tuple[tuple[int, NDArray[np.bool_]], ...]]]:
        for i in self.order:
            if self.rows[i].parents:
                gates = []
                for parent, values in self.rows[i].parents:
                    leads = np.zeros(int(max(self.rows[parent].high, *values)) + 1, dtype=bool)
                    leads[list(values)] = True
                    gates.append((parent, leads))
                yield i, tuple(gates)

    @cached_property
    def reachable(self) -> tuple[bool, ...]:
        """Which rows are active in some point: all, unless a parent is held to another value."""
        found = [True] * len(self.rows)
        for i in self.order:
            row = self.rows[i]
            found[i] = not row.parents or any(
                found[p] and any(self.rows[p].low <= value <= self.rows[p].high for value in values)
                for p, values in row.parents
            )
        return tuple(found)

    # ---- arrays over the rows

    @cached_property
    def low(self) -> Vectors:
        """Least entries."""
        return np.array([row.low for row in self.rows])

    @cached_property
    def high(self) -> Vectors:
        """Largest entries."""
        return np.array([row.high for row in self.rows])

    @cached_property
    def count(self) -> Vectors:
        """Numbers of values; infinite for reals."""
        return np.array([row.count for row in self.rows], dtype=float)

    @cached_property
    def whole(self) -> NDArray[np.bool_]:
        """Which rows hold whole numbers."""
        return np.array([row.kind != "real" for row in self.rows], dtype=bool)

    @cached_property
    def smooth(self) -> NDArray[np.bool_]:
        """Which rows may be changed by small steps."""
        return np.array(
            [row.kind in ("integer", "real", "term") and row.count > SMALL for row in self.rows], dtype=bool
        )

    @cached_property
    def _span(self) -> tuple[Vectors, Vectors, NDArray[np.intp], tuple[tuple[int, Vectors], ...]]:
        """Start and width of each row as sampled, the rows spread over the logarithm, and the priors summed up."""
        start, width = self.low.copy(), np.where(self.whole, self.high - self.low + 1, self.high - self.low)
        logs = np.array([i for i, row in enumerate(self.rows) if row.log], dtype=np.intp)
        end = start + width
        start[logs] = np.log(start[logs])
        width[logs] = np.log(end[logs]) - start[logs]
        sums = ((i, np.cumsum(row.prior) / math.fsum(row.prior)) for i, row in enumerate(self.rows) if row.prior)
        return start, width, logs, tuple(sums)

    # ---- points

    def active(self, points: Vectors) -> NDArray[np.bool_]:
        """Which entries count."""
        found = np.ones(points.shape, dtype=bool)
        for i, gates in self.conditional:
            on = np.zeros(len(points), dtype=bool)
            for parent, leads in gates:
                on |= found[:, parent] & leads[points[:, parent].astype(np.intp)]
            found[:, i] = on
        return found

    def settle(self, points: Vectors) -> Vectors:
        """The points with 0 in every entry that is not active."""
        return np.where(self.active(points), points, 0.0) if self.conditional else points

    def from_unit(self, units: Vectors) -> Vectors:
        """Entries from numbers in [0, 1), spread as the rows say; activity is not looked at."""
        start, width, logs, sums = self._span
        found = start + units * width
        if len(logs):
            found[:, logs] = np.exp(found[:, logs])
        found = np.where(self.whole, np.floor(found), found)
        for i, summed in sums:
            found[:, i] = np.searchsorted(summed, units[:, i], side="right")  # of all options, held to one or not
        clipped: Vectors = np.clip(found, self.low, self.high)
        return clipped

    def to_unit(self, points: Vectors) -> Vectors:
        """Numbers in [0, 1) that :meth:`from_unit` takes to these points."""
        start, width, logs, sums = self._span
        middle = np.where(self.whole, points + 0.5, points)
        if len(logs):
            middle[:, logs] = np.log(np.maximum(middle[:, logs], np.exp(start[logs])))
        found = (middle - start) / np.where(width > 0, width, 1.0)
        for i, summed in sums:
            edges = np.concatenate([[0.0], summed])
            place = points[:, i].astype(np.intp)
            found[:, i] = 0.5 * (edges[place] + edges[place + 1])
        return np.clip(found, 0.0, np.nextafter(1.0, 0.0))

    def sample(self, n: int, rng: np.random.Generator) -> Vectors:
        """Random points: every active row by its prior, or evenly."""
        return self.settle(self.from_unit(rng.random((n, len(self.rows)))))

    def mutate(self, points: Vectors, rng: np.random.Generator) -> Vectors:
        """Each point with one active entry changed; what becomes active by that is drawn anew."""
        n, here = len(points), np.arange(len(points))
        active = self.active(points)
        keys = np.where(active & (self.count > 1), rng.random(points.shape), 0.0)
        picked = np.argmax(keys, axis=1)
        found = np.where(active, points, self.from_unit(rng.random(points.shape)))
        changed = keys[here, picked] > 0
        value = self._another(points, picked, rng.random(n), rng.normal(0.0, STEP, n), rng.random(n))
        found[here[changed], picked[changed]] = value[changed]
        return self.settle(found)

    def _another(self, points: Vectors, picked: NDArray[np.intp], u: Vectors, step: Vectors, coin: Vectors) -> Vectors:
        """Another value of the picked entry of each point: any, or one near by where the row is smooth."""
        here = np.arange(len(points))
        old, low, high = points[here, picked], self.low[picked], self.high[picked]
        finite = np.where(np.isfinite(self.count[picked]), self.count[picked], 1.0)
        value = low + np.mod(old - low + 1 + np.floor(u * np.maximum(finite - 1, 1)), np.maximum(finite, 1))
        near = self.smooth[picked]
        if near.any():
            units = self.to_unit(points)
            moved = np.abs(units[here, picked] + step)
            moved = np.where(moved >= 1, np.maximum(2.0 - moved, 0.0), moved)
            units[here, picked] = np.where(coin < 0.75, np.minimum(moved, np.nextafter(1.0, 0.0)), u)
            drawn = self.from_unit(units)[here, picked]
            aside = np.where((old >= high) | ((u < 0.5) & (old > low)), old - 1, old + 1)
            value = np.where(near, np.where((drawn == old) & self.whole[picked], aside, drawn), value)
        found: Vectors = value
        return found

    def crossover(self, first: Vectors, second: Vectors, rng: np.random.Generator) -> Vectors:
        """Each entry from one of two points; where only one of them has it, from that one."""
        left, right = self.active(first), self.active(second)
        take = (rng.random(first.shape) < 0.5) & left | ~right
        found = np.where(take, first, second)
        if self.conditional:
            found = np.where(left | right, found, self.from_unit(rng.random(first.shape)))
        return self.settle(found)

    # ---- one point

    def check(self, point: Any) -> Vectors:
        """A point as an array, if it is one of this table.

        Raises
        ------
        SpaceError
            If its length is wrong, or an entry is outside its row.
        """
        try:
            found = np.asarray(point, dtype=float)
        except (TypeError, ValueError):
            raise SpaceError(
                f"a point of this space is a vector of {len(self.rows)} numbers, but got {point!r}. "
                "Take one from space.sample(rng) or space.encode({...})."
            ) from None
        if found.shape != (len(self.rows),):
            raise SpaceError(
                f"a point of this space is a vector of {len(self.rows)} numbers, but got the shape {found.shape}. "
                "Take one from space.sample(rng) or space.encode({...})."
            )
        active = self.active(np.clip(np.nan_to_num(found[None]), self.low, self.high))[0]
        for row, entry, on in zip(self.rows, found.tolist(), active.tolist(), strict=True):
            whole = row.kind == "real" or entry == math.floor(entry) if math.isfinite(entry) else False
            if on and not (whole and row.low <= entry <= row.high):
                wanted = "a number" if row.kind == "real" else "a whole number"
                raise SpaceError(
                    f"the entry of '{row.name}' is {entry:g}, but {wanted} from {row.low:g} to {row.high:g} was expected. "
                    "Take a point from space.sample(rng) or space.encode({...})."
                )
        return np.where(active, found, 0.0)

    def check_all(self, points: Vectors) -> Vectors:
        """:meth:`check` of each of an array of points, shape (points, rows), at once."""
        if points.shape[1] != len(self.rows):
            self.check(points[0] if len(points) else np.zeros(points.shape[1]))
        held = np.clip(np.nan_to_num(points), self.low, self.high)
        real = np.array([row.kind == "real" for row in self.rows], dtype=bool)
        active = self.active(held)
        wrong = active & ((held != points) | ~(real | (points == np.floor(points))))
        if wrong.any():
            self.check(points[int(np.flatnonzero(wrong.any(axis=1))[0])])
        return np.where(active, points, 0.0)
