"""Space: an object with holes, as a flat table of choice points and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np

from induce.errors import SpaceError, did_you_mean
from induce.settings import check_whole
from induce.spaces.compiling import MOST, Compiler
from induce.spaces.counting import enumerate_points, size_of
from induce.spaces.parts import Call, called, is_space
from induce.spaces.table import Table, Vectors

__all__ = ["Space", "space"]

Rng = np.random.Generator | int | None
LISTED = 40
"""Choice points in the text of a space."""


class Space:
    """The set of objects that filling the holes of one object gives. Made by :func:`space`; immutable.

    A point is a vector of numbers, one for each row of ``table``; :meth:`build` makes its object. Holes inside the options
    of a choice count only where their option is picked.

    Parameters
    ----------
    root : object
        The object with holes, or the :class:`Call` that makes it.
    fixed : mapping of str to float
        Entries that some choice points are held to; see :meth:`fix`.

    >>> from induce import hole, space
    >>> s = space({"depth": hole.integer(1, 3), "kind": hole.choice(["a", "b"])})
    >>> s.size, s.build(s.encode({"depth": 2, "kind": "b"}))
    (6, {'depth': 2, 'kind': 'b'})
    """

    holds_holes = True

    def __init__(self, root: Any, fixed: Mapping[str, float] | None = None) -> None:
        self.root = root.root if is_space(root) else root
        self.fixed = dict(fixed if fixed is not None else root.fixed if is_space(root) else {})

    def __getstate__(self) -> dict[str, Any]:
        return {"root": self.root, "fixed": self.fixed}

    @cached_property
    def compiled(self) -> Compiler:
        """The walk over the object: its holes, and the builder."""
        return Compiler(self.root)

    @cached_property
    def table(self) -> Table:
        """The choice points."""
        table = self.compiled.table()
        if not self.fixed:
            return table
        held = (
            replace(r, low=self.fixed[r.name], high=self.fixed[r.name]) if r.name in self.fixed else r
            for r in table.rows
        )
        return Table(tuple(held))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the choice points: those of their holes, or where they stand."""
        return self.table.names

    @cached_property
    def size(self) -> int | float:
        """Exact number of points; infinite if there is a real hole."""
        return size_of(self.table)

    # ---- points

    def samples(self, n: int, rng: Rng = None) -> Vectors:
        """``n`` random points, as an array with one row for each."""
        check_whole("the number of points", n, least=0)
        return self.table.sample(n, _generator(rng))

    def sample(self, rng: Rng = None) -> Vectors:
        """One random point."""
        found: Vectors = self.samples(1, rng)[0]
        return found

    def mutate(self, point: Any, rng: Rng = None) -> Vectors:
        """The point with one active choice changed, or each of an array of points."""
        points = self._points(point)
        found = self.table.mutate(np.atleast_2d(points), _generator(rng))
        return found if points.ndim == 2 else found[0]

    def crossover(self, first: Any, second: Any, rng: Rng = None) -> Vectors:
        """A point with each entry from one of two points, or of each two of two arrays of points."""
        left, right = self._points(first), self._points(second)
        if left.shape != right.shape:
            raise SpaceError(
                f"points are crossed two by two, but there are {left.shape} and {right.shape}. Give as many of each."
            )
        found = self.table.crossover(np.atleast_2d(left), np.atleast_2d(right), _generator(rng))
        return found if left.ndim == 2 else found[0]

    def _points(self, given: Any) -> Vectors:
        """A point, or each of an array of points, if they are points of this space."""
        try:
            whole = np.asarray(given, dtype=float)
        except (TypeError, ValueError):
            whole = np.zeros(0)
        return self.table.check_all(whole) if whole.ndim == 2 else self.table.check(given)

    def enumerate(self) -> Iterator[Vectors]:
        """Every point once.

        Raises
        ------
        SpaceError
            If there are infinitely many.
        """
        if self.size == float("inf"):
            real = next(
                r.name
                for r, there in zip(self.table.rows, self.table.reachable, strict=True)
                if there and r.count == float("inf")
            )
            raise SpaceError(
                f"the space has infinitely many points, since '{real}' is a real. "
                "Draw some by space.samples(n, rng), or give a choice of values in its place."
            )
        return enumerate_points(self.table)

    def build(self, point: Any) -> Any:
        """The object of a point, made anew.

        Raises
        ------
        SpaceError
            If the vector is no point of this space, or making the object raises.
        """
        return self.make(self.table.check(point).tolist())

    def make(self, entries: list[float]) -> Any:
        """The object of the entries of a point that is known to be one; :meth:`build` checks it first."""
        try:
            return self.compiled.build(entries)
        except Exception as error:
            raise SpaceError(
                f"building the object raised {type(error).__name__}: {error}. The point is {self.shown(entries)}. "
                "Leave such a point out of the space, or catch it in the function that builds."
            ) from error

    # ---- names and values

    def decode(self, point: Any) -> dict[str, Any]:
        """Name to value of the active choice points; the options of a choice as texts."""
        entries = self.table.check(point)
        active = self.table.active(entries[None])[0]
        return {
            row.name: row.shown(entry)
            if row.kind in ("choice", "subset", "term")
            else (int(entry) if row.kind == "integer" else entry)
            for row, entry, on in zip(self.table.rows, entries.tolist(), active, strict=True)
            if on
        }

    def encode(self, values: Mapping[str, Any]) -> Vectors:
        """The point with these values by name; a choice's is an option, its text, or its number as ``"#2"``.

        Raises
        ------
        SpaceError
            If a name or a value is unknown, or an active choice point is left out.
        """
        self._known(_mapping(values))
        entries = np.array(
            [self._entry(i, values[n]) if n in values else r.low for i, (n, r) in enumerate(self._named())]
        )
        active = self.table.active(entries[None])[0]
        open_ = active & (self.table.count > 1)
        missing = [name for name, on in zip(self.names, open_, strict=True) if on and name not in values]
        if missing:
            raise SpaceError(f"the point has no value for '{missing[0]}'. Give all of: {', '.join(missing)}.")
        return self.table.check(np.where(active, entries, 0.0))

    def fix(self, values: Mapping[str, Any]) -> Space:
        """The space in which some choice points have one value, given as for :meth:`encode`; the rest stays open.

        Raises
        ------
        SpaceError
            If a name or a value is unknown.

        >>> from induce import hole, space
        >>> s = space({"depth": hole.integer(1, 3), "kind": hole.choice(["a", "b"])}).fix({"kind": "b"})
        >>> s.size, s.build(s.sample(0))["kind"]
        (3, 'b')
        """
        self._known(_mapping(values))
        entries = {name: self._entry(self.names.index(name), value) for name, value in values.items()}
        return self.held(entries)

    def held(self, entries: Mapping[str, float]) -> Space:
        """The space in which some choice points are held to these entries of points; :meth:`fix` takes values instead.

        Raises
        ------
        SpaceError
            If a name is unknown, or an entry is outside its choice point.
        """
        self._known(entries)
        for name, entry in entries.items():
            row = self.table.rows[self.names.index(name)]
            if not row.low <= entry <= row.high or (row.kind != "real" and entry != int(entry)):
                raise SpaceError(
                    f"'{name}' cannot be held to {entry:g}, since its values go from {row.low:g} to {row.high:g}. Give one of them."
                )
        return Space(self.root, {**self.fixed, **entries})

    def _known(self, names: Iterable[str]) -> None:
        for name in names:
            if name not in self.names:
                raise SpaceError(
                    f"the space has no choice point '{name}'.{did_you_mean(name, self.names)} It has: {', '.join(self.names)}."
                )

    def _named(self) -> Iterator[tuple[str, Any]]:
        return ((row.name, row) for row in self.table.rows)

    def _entry(self, i: int, value: Any) -> float:
        row, options = self.table.rows[i], self.compiled.slots[i].options
        if row.kind in ("integer", "real"):
            if isinstance(value, bool) or not isinstance(value, Real):
                raise SpaceError(
                    f"the value of '{row.name}' is {value!r}, but a number from {row.low:g} to {row.high:g} was expected. Give one."
                )
            return float(value)
        texts = list(row.labels) if len(row.labels) <= MOST else []
        if row.kind == "choice":
            for k, option in enumerate(options):
                if option is value or (type(option) is type(value) and not callable(option) and bool(option == value)):
                    return float(k)
        value = str(value) if row.kind == "term" else value
        if isinstance(value, str) and value in texts:
            return float(texts.index(value))
        if isinstance(value, str) and value[:1] == "#" and value[1:].isdigit() and int(value[1:]) < len(row.labels):
            return float(value[1:])
        if row.kind == "subset" and isinstance(value, list | tuple):
            members = tuple(sorted(next((k for k, o in enumerate(options) if o is v or o == v), -1) for v in value))
            if members in self.compiled.slots[i].members:
                return float(self.compiled.slots[i].members.index(members))
        known = ", ".join(texts[:12]) + (", ..." if len(texts) > 12 else "") or f"'#0' to '#{len(row.labels) - 1}'"
        raise SpaceError(f"'{row.name}' has no option {value!r}.{did_you_mean(str(value), texts)} It has: {known}.")

    def diff(self, first: Any, second: Any) -> dict[str, tuple[str, str]]:
        """Name to the two texts of every choice point where two points differ; "-" where it is not active."""
        points = np.array([self.table.check(first), self.table.check(second)])
        active = self.table.active(points)
        found = {}
        for i, row in enumerate(self.table.rows):
            left, right = (row.shown(points[k, i]) if active[k, i] else "-" for k in (0, 1))
            if points[0, i] != points[1, i] or active[0, i] != active[1, i]:
                found[row.name] = (left, right)
        return found

    def shown(self, point: Any) -> str:
        """A point as one line: name=value, ... of the active choice points."""
        entries = self.table.check(point)
        active = self.table.active(entries[None])[0]
        return ", ".join(
            f"{row.name}={row.shown(entry)}"
            for row, entry, on in zip(self.table.rows, entries.tolist(), active, strict=True)
            if on
        )

    # ---- text

    def describe(self) -> str:
        """The choice points as a table: name, what it may be, when it counts."""
        lines = [("name", "values", "counts when")]
        for row in self.table.rows[:LISTED]:
            if row.kind in ("integer", "real"):
                what = f"{row.kind} {row.low:g} to {row.high:g}" + (", log" if row.log else "")
            else:
                low, count = int(row.low), int(row.count)
                texts = [row.labels[k] for k in range(low, low + min(count, 6))]
                what = " | ".join(texts) + (f" | ... {count:,} in all" if count > 6 else "")
            lines.append((row.name, what, self._condition(row.parents)))
        widths = [max(len(line[k]) for line in lines) for k in (0, 1)]
        body = [f"{a.ljust(widths[0])}  {b.ljust(widths[1])}  {c}".rstrip() for a, b, c in lines]
        size = f"{self.size:,} points" if isinstance(self.size, int) else "infinitely many points"
        more = [f"... {len(self.table) - LISTED:,} more"] if len(self.table) > LISTED else []
        return "\n".join([*body, *more, size])

    def _condition(self, parents: tuple[tuple[int, tuple[int, ...]], ...]) -> str:
        texts = []
        for parent, values in parents[:3]:
            row = self.table.rows[parent]
            some = [row.labels[k] for k in values[:3]]
            texts.append(f"{row.name} is {' or '.join(some)}" + (" or ..." if len(values) > 3 else ""))
        return "; ".join(texts) + ("; ..." if len(parents) > 3 else "") if parents else "always"

    def __repr__(self) -> str:
        count = f"{self.size:,}" if isinstance(self.size, int) else "infinitely many"
        return f"Space({len(self.table)} choice points, {count} points)"

    def __str__(self) -> str:
        return self.describe()

    def to_json(self) -> str:
        """The space as JSON text, which :func:`induce.spaces.from_json` reads; functions and classes by their names."""
        from induce.spaces.writing import to_json

        return to_json(self)

    def save(self, path: str | Path) -> None:
        """Write :meth:`to_json` to a file."""
        Path(path).write_text(self.to_json(), encoding="utf-8")


def _generator(rng: Rng) -> np.random.Generator:
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError):
        raise SpaceError(
            f"rng is {rng!r}, but a generator or a whole number from 0 on was expected. Give for example 0."
        ) from None


def _mapping(values: Any) -> Mapping[str, Any]:
    if not isinstance(values, Mapping):
        raise SpaceError(f"values are given by name, but got {values!r}. Write for example {{'depth': 2}}.")
    return values


def space(value: Any, /, *args: Any, **kwargs: Any) -> Space:
    """The space of an object with holes in it, or of a function or class that will be called with holes as arguments.

    Parameters
    ----------
    value : object, function or class
        Any dict, list, tuple, dataclass, scikit-learn estimator or term with holes; a function or class is called with the
        arguments, each time an object is built. Sets, torch modules and arrays of up to a megabyte are
        copied, other objects are the same in every object that is built; holes in them are refused.
    *args, **kwargs
        Arguments; they may hold holes, and spaces.

    Raises
    ------
    SpaceError
        If two different holes have one name, a real hole has no bounds, or a hole stands where none are looked for: in a set, an
        array, a key of a dictionary, or an attribute of an object.

    >>> from induce import hole, space
    >>> s = space(dict, size=hole.choice([8, 16]), rate=hole.real(within=(1e-4, 1e-1), log=True))
    >>> print(s)
    name  values                  counts when
    size  8 | 16                  always
    rate  real 0.0001 to 0.1, log  always
    infinitely many points
    """
    if args or kwargs or called(value):
        if not callable(value):
            raise SpaceError(
                f"space() got arguments for {type(value).__name__}, which cannot be called. Give a function or a class first."
            )
        return Space(Call(value, args, kwargs))
    return Space(value)
