"""From an object with holes to a flat table and a builder: one walk, done once; the builder is closures over the entries."""

from __future__ import annotations

import copy
import dataclasses
import functools
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from induce.errors import SpaceError
from induce.spaces.parts import Call, Labels, Terms, fields_of, is_estimator, is_module, is_space, label_of
from induce.spaces.table import Row, Table
from induce.terms.grammar import Grammar
from induce.terms.hole import Hole, is_anonymous
from induce.terms.op import HOLE
from induce.terms.term import Term

__all__ = ["Builder", "Compiler", "Slot"]

Builder = Callable[[list[float]], Any]
"""From the entries of a point to the object."""
Place = tuple[int, tuple[int, ...]] | None
"""Under which values of which row a part of the object stands; None where it always does."""
_PLAIN = frozenset([bool, int, float, str, bytes, complex])
MOST = 100_000
"""Largest number of subsets of one hole."""


@dataclass
class Slot:
    """A hole that was met: its row, where it stands, and how its value is built."""

    name: str
    spec: Hole
    index: int
    options: Sequence[Any] = ()
    members: tuple[tuple[int, ...], ...] = ()
    places: dict[tuple[int, tuple[int, ...]], None] = field(default_factory=dict)
    always: bool = False
    build: Builder | None = None

    def row(self, name: str) -> Row:
        """The slot as a row of the table."""
        kind = "choice" if self.spec.kind == "values" else self.spec.kind
        parents = () if self.always else tuple(self.places)
        if kind in ("integer", "real"):
            return Row(name, kind, self.spec.low, self.spec.high, self.spec.log, parents=parents)
        if isinstance(self.options, Terms):
            return Row(name, "term", 0.0, self.options.total - 1.0, labels=self.options, parents=parents)
        labels = Labels(self.options, self.members if kind == "subset" else None)
        return Row(name, kind, 0.0, len(labels) - 1.0, labels=labels, prior=self.spec.prior, parents=parents)


class Compiler:
    """The walk over an object. ``slots`` are the holes met, in the order of meeting them."""

    def __init__(self, root: Any) -> None:
        self.slots: list[Slot] = []
        self._by_term: dict[Term, Slot] = {}
        self._by_name: dict[str, tuple[Term, str]] = {}
        try:
            self.build = self.visit(root, None, "")
        except RecursionError:
            raise SpaceError(
                "the object is nested too deeply, or a list in it holds itself. Give a flatter one."
            ) from None

    def table(self) -> Table:
        """The rows, names made unique."""
        given = {slot.name for slot in self.slots if self._named(slot)}
        names: dict[str, None] = {}
        for slot in self.slots:
            name = slot.name
            if not self._named(slot):
                tries = (slot.name if k == 1 else f"{slot.name}#{k}" for k in itertools.count(1))
                name = next(t for t in tries if t not in names and t not in given)
            names[name] = None
        return Table(tuple(slot.row(name) for slot, name in zip(self.slots, names, strict=True)))

    @staticmethod
    def _named(slot: Slot) -> bool:
        return slot.name == slot.spec.name

    @property
    def terms(self) -> tuple[Term, ...]:
        """The holes, in the order of the rows."""
        return tuple(self._by_term)

    def index_of(self, term: Term) -> int:
        """The row of a hole that was met."""
        return self._by_term[term].index

    # ---- parts of an object

    def visit(self, value: Any, place: Place, path: str) -> Builder:
        """The builder of a part that stands at ``place``."""
        if value is None or type(value) in _PLAIN:
            return _Constant(value)
        if is_space(value):
            if value.fixed:
                raise SpaceError(
                    f"the space at {path or 'the root'} holds {', '.join(value.fixed)} fixed, which it cannot within another space. "
                    "Fix them in the outer space."
                )
            value = value.root
        if isinstance(value, Term):
            return self._term(value, place, path)
        if isinstance(value, Call):
            args = [self.visit(arg, place, f"{path}[{k}]" if path else f"[{k}]") for k, arg in enumerate(value.args)]
            return _call(value.function, args, self._entries(value.kwargs, place, path))
        if isinstance(value, dict):
            for key in value:
                _check_without(key, "a key of the dictionary", path)
            entries = self._entries(value, place, path)
            return _mapping(value, entries)
        if isinstance(value, list | tuple):
            return self._sequence(value, place, path)
        if hasattr(value, "__dataclass_fields__") and not isinstance(value, type):
            entries = self._entries(fields_of(value), place, path)
            if all(isinstance(build, _Constant) for build in entries.values()):
                return _Constant(value) if type(value).__hash__ is not None else lambda v: copy.deepcopy(value)
            return _call(type(value), [], entries)
        if is_estimator(value):
            return _call(type(value), [], self._entries(value.get_params(deep=False), place, path))
        for what, part in _unseen(value):
            _check_without(part, what, path)
        return _anew(value)

    def _entries(self, items: dict[Any, Any], place: Place, path: str) -> dict[Any, Builder]:
        return {key: self.visit(item, place, f"{path}.{key}" if path else str(key)) for key, item in items.items()}

    def _sequence(self, value: Any, place: Place, path: str) -> Builder:
        builds = [self.visit(item, place, f"{path}[{k}]") for k, item in enumerate(value)]
        if all(isinstance(build, _Constant) for build in builds) and isinstance(value, tuple):
            return _Constant(value)
        if hasattr(value, "_fields"):
            kind: Any = type(value)
            return lambda v: kind(*[build(v) for build in builds])
        if isinstance(value, tuple):
            return lambda v: tuple([build(v) for build in builds])
        return lambda v: [build(v) for build in builds]

    def _term(self, term: Term, place: Place, path: str, inside: bool = False) -> Builder:
        """The builder of a term; nets and reals without bounds inside of one stay holes, for ``fill``."""
        if term.op is HOLE:
            stays = term.hole.kind == "net" or (inside and _open(term))
            return _Constant(term) if stays else self.hole(term, place, path)
        holes = [h for h in term.holes if h.hole.kind != "net" and not _open(h)]
        if not holes:
            return _Constant(term)
        builds = [
            (h, self.hole(h, place, h.name if not is_anonymous(h) else f"{path}?{k}")) for k, h in enumerate(holes)
        ]
        return lambda v: term.replace({h: build(v) for h, build in builds})

    # ---- holes

    def hole(self, term: Term, place: Place, path: str) -> Builder:
        """The builder of a hole; the same hole met again only stands in one more place."""
        slot = self._by_term.get(term)
        if slot is None:
            slot = self._new(term, path)
            slot.build = self._filled(slot, path)
        if place is None:
            slot.always = True
        else:
            slot.places[place] = None
        assert slot.build is not None
        return slot.build

    def _new(self, term: Term, path: str) -> Slot:
        spec, shown = term.hole, path or "the root"
        if not is_anonymous(term):
            other = self._by_name.setdefault(term.name, (term, shown))
            if other[0] is not term:
                raise SpaceError(
                    f"two different holes are called '{term.name}': {_spec(other[0])} at {other[1]} and {_spec(term)} at {shown}. "
                    "Holes with one name have one value; rename one of them."
                )
        if _open(term):
            raise SpaceError(
                f"the real hole at {shown} has the bounds ({spec.low:g}, {spec.high:g}), but a search needs finite ones. "
                "Give hole.real(within=(low, high))."
            )
        name = (path or "value") if is_anonymous(term) else term.name
        slot = Slot(name, spec, len(self.slots))
        self.slots.append(slot)
        self._by_term[term] = slot
        return slot

    def _filled(self, slot: Slot, path: str) -> Builder:
        """How the value of a hole is built; its options are visited."""
        i, spec = slot.index, slot.spec
        if spec.kind == "integer":
            return lambda v: int(v[i])
        if spec.kind == "real":
            return lambda v: v[i]
        if isinstance(spec.options, Grammar):
            terms = slot.options = Terms(spec.options, path)
            return lambda v: terms.grammar.nth(int(v[i]))
        slot.options = tuple(spec.options)
        if spec.kind == "subset":
            slot.members = _subsets(len(slot.options), spec.count, slot.name)
            members = slot.members
            parts = [
                self.visit(option, (i, tuple(c for c, m in enumerate(members) if k in m)), _below(path, slot, k))
                for k, option in enumerate(slot.options)
            ]
            return lambda v: [parts[k](v) for k in members[int(v[i])]]
        visit = functools.partial(self._term, inside=True) if spec.kind == "choice" else self.visit
        builds = [visit(option, (i, (k,)), _below(path, slot, k)) for k, option in enumerate(slot.options)]
        if all(isinstance(build, _Constant) for build in builds):
            values = [build.value for build in builds if isinstance(build, _Constant)]
            return lambda v: values[int(v[i])]
        return lambda v: builds[int(v[i])](v)


COPIED = 1_000_000
"""Bytes of an array up to which each object gets a copy of its own."""


def _unseen(value: Any) -> Iterator[tuple[str, Any]]:
    """Parts of an object that are not looked into, and what each is called."""
    if isinstance(value, set | frozenset):
        yield from (("an element of the set", part) for part in value)
    elif isinstance(value, np.ndarray):
        yield from (("an element of the array", part) for part in (value.flat if value.dtype == object else ()))
    elif hasattr(value, "__dict__") and not isinstance(value, type):
        for owner in value.modules() if is_module(value) else (value,):
            for key, part in vars(owner).items():
                if not is_space(part):  # it may be there to be searched by the object itself
                    yield f"attribute '{key}' of the {type(owner).__name__}", part


def _check_without(part: Any, what: str, path: str) -> None:
    """SpaceError if what is not looked into holds a hole: it would stay one in every object."""
    holes = part.holes if isinstance(part, Term) else ()
    if is_space(part) or any(h.hole.kind != "net" and not _open(h) for h in holes):
        raise SpaceError(
            f"{what} at {path or 'the root'} is or holds a hole, {part}, where holes are not looked for. Put it into a list, a value "
            "of a dictionary or an argument: space(a_class, rate=hole.real(within=(0, 1)))."
        )


def _anew(value: Any) -> Builder:
    """The builder of a value without holes: a copy for each object of what is changed in place, if that is quick; else the value."""
    small = isinstance(value, np.ndarray) and value.nbytes <= COPIED
    if small or is_module(value) or isinstance(value, set | bytearray):
        return lambda v: copy.deepcopy(value)
    return _Constant(value)


class _Constant:
    """The builder of a value that is the same in every object."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __call__(self, v: list[float]) -> Any:
        return self.value


def _call(function: Callable[..., Any], args: list[Builder], kwargs: dict[str, Builder]) -> Builder:
    """The builder that calls a function; constant keywords are kept ready."""
    fixed = {key: build.value for key, build in kwargs.items() if isinstance(build, _Constant)}
    moving = [(key, build) for key, build in kwargs.items() if not isinstance(build, _Constant)]

    def build_call(v: list[float]) -> Any:
        given = fixed.copy()
        for key, build in moving:
            given[key] = build(v)
        return function(*[build(v) for build in args], **given)

    return build_call


def _mapping(value: dict[Any, Any], entries: dict[Any, Builder]) -> Builder:
    """The builder of a dictionary, of the same class as the one given."""
    if type(value) is dict:
        return lambda v: {key: build(v) for key, build in entries.items()}

    def build_mapping(v: list[float]) -> Any:
        made = copy.copy(value)
        made.update({key: build(v) for key, build in entries.items()})
        return made

    return build_mapping


def _open(term: Term) -> bool:
    """Whether a hole is a real without finite bounds, which a search leaves as it is inside of a term."""
    spec = term.hole
    return spec.kind == "real" and not (abs(spec.low) < float("inf") and abs(spec.high) < float("inf"))


def _subsets(n: int, count: tuple[int, int], name: str) -> tuple[tuple[int, ...], ...]:
    from math import comb

    ways = sum(comb(n, k) for k in range(count[0], count[1] + 1))
    if ways > MOST:
        raise SpaceError(
            f"the subset '{name}' has {ways:,} ways to take {count[0]} to {count[1]} of {n} options, but at most {MOST:,} are "
            "possible. Take fewer, or give each option a choice of its own: hole.choice([True, False])."
        )
    return tuple(m for k in range(count[0], count[1] + 1) for m in itertools.combinations(range(n), k))


def _below(path: str, slot: Slot, k: int) -> str:
    """The path of what stands inside of an option."""
    option = slot.options[k]
    made = is_estimator(option) or dataclasses.is_dataclass(option)
    label = (
        type(option).__name__ if made and not is_space(option) and not isinstance(option, Call) else label_of(option)
    )
    return f"{path or slot.name}.{label if label.isidentifier() else k}"


def _spec(term: Term) -> str:
    spec = term.hole
    if spec.kind in ("integer", "real"):
        return f"{spec.kind} from {spec.low:g} to {spec.high:g}"
    if isinstance(spec.options, Grammar):
        return "a choice from a grammar"
    return f"a {'subset' if spec.kind == 'subset' else 'choice'} of {len(spec.options)} options"
