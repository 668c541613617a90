"""Hypotheses: what is known of a formula before it is searched, as conditions that every candidate meets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.algebras.evaluate import evaluate
from induce.errors import FillError, InduceError, did_you_mean
from induce.objections import Checker, occurs, uses
from induce.skeletons import Skeleton
from induce.table import Table
from induce.terms import hole
from induce.terms.arithmetic import arithmetic
from induce.terms.dimensions import units_of
from induce.terms.op import LITERAL
from induce.terms.term import Term, variable
from induce.terms.unit import Unit

__all__ = ["Hypotheses"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Hypotheses:
    """What is known of the formula beforehand. Every condition is hard: no candidate that breaks one is ever shown.

    Parameters
    ----------
    contains : texts
        Sub-terms that must occur: ``"cos(omega*t)"``, or a pattern ``"exp(-?)"`` in which ``?`` is anything. What has no
        ``?`` also becomes a building block, so a true one shortens the search.
    excludes : texts
        Operators (``"log"``) or patterns (``"sin(sin(?))"``) that must not occur.
    known : mapping of name to text
        Sub-expressions that may occur, as building blocks.
    symmetric : pairs of columns
        Exchanging the two changes nothing.
    even_in, odd_in : columns
        Changing the column's sign changes nothing, or the formula's sign.
    monotone : mapping of column to ``"+"`` or ``"-"``
        The formula never falls, or never rises, with the column on the box of the data (checked on the rows and on 256
        points, not proved between them).
    complexity : (int, int), optional
        Fewest and most nodes.
    constants : texts or numbers, optional
        The only numbers that may occur, such as ``{"0.5", "pi"}``; nothing else is fitted.
    skeleton : text, optional
        What stands around the unknown: ``"x1*f(x2, x3) + g(x4)"``. Every function that is no operator is unknown, may depend on
        the columns it names and no others, and is searched on the target that the rest leaves for it; ``?`` is a fitted number.
    pure_constants : bool
        Fitted constants are pure numbers: with units given, all physical constants are columns.

    Raises
    ------
    FillError
        For texts that cannot be read, and for conditions that contradict each other.

    >>> Hypotheses(contains="log(?)", excludes="log")
    Traceback (most recent call last):
    ...
    induce.errors.FillError: the hypotheses contradict each other: 'log(?)' must occur, but 'log' must not. Drop one of them.
    """

    contains: Any = ()
    excludes: Any = ()
    known: Mapping[str, str] = field(default_factory=dict)
    symmetric: Any = ()
    even_in: Any = ()
    odd_in: Any = ()
    monotone: Mapping[str, str] = field(default_factory=dict)
    complexity: tuple[int, int] | None = None
    constants: Any = None
    skeleton: str | None = None
    pure_constants: bool = False

    def __post_init__(self) -> None:
        for name in ("contains", "excludes", "even_in", "odd_in"):
            object.__setattr__(self, name, _texts(name, getattr(self, name)))
        object.__setattr__(self, "symmetric", _pairs(self.symmetric))
        self.patterns  # noqa: B018  (reads every text, so that a bad one fails here)
        _check_known(self.known)
        _check_monotone(self.monotone)
        _check_complexity(self.complexity)
        self.numbers  # noqa: B018
        self.shape  # noqa: B018
        self._check_together()

    def __bool__(self) -> bool:
        return any(getattr(self, f.name) for f in fields(self)) or self.constants is not None

    @cached_property
    def patterns(self) -> tuple[tuple[str, Term], ...]:
        """The texts of ``contains`` with their terms."""
        return tuple((text, _pattern(text)) for text in self.contains)

    @cached_property
    def banned(self) -> tuple[tuple[str, str | Term], ...]:
        """The texts of ``excludes`` with an operator's name or a term."""
        return tuple((t, arithmetic[t].name if t in arithmetic else _pattern(t)) for t in self.excludes)

    @cached_property
    def numbers(self) -> tuple[float, ...] | None:
        """The allowed constants as numbers."""
        if self.constants is None:
            return None
        several = isinstance(self.constants, Iterable) and not isinstance(self.constants, str)
        given = list(self.constants) if several else [self.constants]
        found = []
        for number in given:
            try:
                value = float(evaluate(arithmetic.parse(str(number)), {}))
                if not np.isfinite(value):
                    raise ValueError(number)
            except (InduceError, TypeError, ValueError):
                raise FillError(f"the constant {number!r} is not a number. Write it as 0.5, '1/3' or 'pi'.") from None
            found.append(value)
        if not found:
            raise FillError(
                "constants names no number. Name those that may occur, such as {'0.5', 'pi'}, or leave it out."
            )
        return tuple(sorted(set(found)))

    @cached_property
    def shape(self) -> Skeleton | None:
        """The skeleton as read."""
        return None if self.skeleton is None else Skeleton.read(self.skeleton)

    @cached_property
    def blocks(self) -> tuple[Term, ...]:
        """Sub-terms without ``?`` that become building blocks."""
        terms = [term for _, term in self.patterns if not term.holes] + [_pattern(t) for t in self.known.values()]
        return tuple(dict.fromkeys(t for t in terms if t.args))

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that some hypothesis names."""
        terms = [t for _, t in self.patterns] + [_pattern(t) for t in self.known.values()]
        named = [v.name for t in terms for v in t.variables] + [n for pair in self.symmetric for n in pair]
        named += [] if self.shape is None else self.shape.columns
        return tuple(dict.fromkeys([*named, *self.even_in, *self.odd_in, *self.monotone]))

    def _check_together(self) -> None:
        names = {name for _, name in self.banned if isinstance(name, str)}
        for text, pattern in self.patterns:
            for op in {node.op.name for node in pattern.postorder()} & names:
                raise _contradiction(f"'{text}' must occur, but '{op}' must not")
            for banned, term in self.banned:
                if isinstance(term, Term) and occurs(term, pattern):
                    raise _contradiction(f"'{text}' must occur, but '{banned}' must not")
            if self.complexity is not None and pattern.size > self.complexity[1]:
                raise _contradiction(
                    f"'{text}' has {pattern.size} nodes, but a formula has at most {self.complexity[1]}"
                )
        if self.shape is not None:
            for banned, term in self.banned:
                if uses(self.shape.term, term):
                    raise _contradiction(f"the skeleton '{self.skeleton}' has '{banned}', which must not occur")
            if self.numbers is not None:
                self._check_numbers(self.shape)
            if self.complexity is not None and self.shape.term.size > self.complexity[1]:
                raise _contradiction(
                    f"the skeleton '{self.skeleton}' has {self.shape.term.size} nodes, but a formula has at most {self.complexity[1]}"
                )
        both = sorted(set(self.even_in) & set(self.odd_in))
        if both:
            raise _contradiction(f"what is even and odd in '{both[0]}' is zero everywhere")
        flat = sorted(set(self.monotone) & set(self.even_in))
        if flat:
            raise _contradiction(f"what is even and monotone in '{flat[0]}' does not depend on it around zero")

    def _check_numbers(self, shape: Skeleton) -> None:
        """The numbers of a skeleton must be among the allowed ones."""
        if shape.term.holes:
            raise _contradiction(f"the skeleton '{shape.text}' has a fitted number, but only some constants may occur")
        for node in shape.term.postorder():
            if node.op is LITERAL and not any(
                abs(float(node.payload) - n) <= 1e-12 * abs(n) for n in self.numbers or ()
            ):
                raise _contradiction(
                    f"the skeleton '{shape.text}' has the constant {node.payload}, which is not allowed"
                )

    def check_against(self, table: Table, operators: Iterable[str], max_size: int, unit: str | None) -> None:
        """Refuse hypotheses that the columns, their units or the operators rule out.

        Raises
        ------
        FillError, DataError
        """
        names = set(operators)
        used = [self.symmetric, [(n,) for n in (*self.even_in, *self.odd_in, *self.monotone)]]
        for group in used:
            for pair in group:
                for name in pair:
                    if name not in table:
                        raise table.unknown(name)
        for text, term in [*self.patterns, *((t, _pattern(t)) for t in self.known.values())]:
            for node in term.variables:
                if node.name not in table:
                    raise table.unknown(node.name)
            missing = _missing(term, names)
            if missing and text in self.contains:
                raise _contradiction(
                    f"'{text}' must occur, but the operator '{missing}' is not among '{' '.join(sorted(names))}'"
                )
            if term.size > max_size and text in self.contains:
                raise _contradiction(f"'{text}' has {term.size} nodes, but max_size is {max_size}")
        if self.shape is not None:
            for text, term in self.patterns:
                lost = sorted({v.name for v in term.variables} - set(self.shape.columns))
                if lost:
                    raise _contradiction(
                        f"'{text}' must occur, but the skeleton '{self.skeleton}' leaves no place for '{lost[0]}'"
                    )
            missing = _missing(self.shape.term, names)
            if missing:
                raise _contradiction(
                    f"the skeleton '{self.skeleton}' has '{missing}', but it is not among '{' '.join(sorted(names))}'"
                )
            _check_skeleton(self.shape, table, max_size, unit, self.pure_constants or self.constants is not None)
        for text, ban in self.banned:
            for node in ban.variables if isinstance(ban, Term) else ():
                if node.name not in table:
                    raise FillError(
                        f"'{text}' must not occur, but there is no operator or column '{node.name}'."
                        f"{did_you_mean(node.name, [*arithmetic.ops, *table.names])} The columns are: {', '.join(table.names)}."
                    )
        for name in self.known:
            if name in table:
                raise FillError(
                    f"'{name}' is a column, so it cannot also be what is known as '{name}'. Use another name."
                )
        for a, b in self.symmetric:
            if table.units.get(a, "1") != table.units.get(b, "1"):
                raise _contradiction(
                    f"'{a}' [{table.units.get(a, '1')}] and '{b}' [{table.units.get(b, '1')}] cannot be exchanged: their units differ"
                )
        if self.complexity is not None and self.complexity[0] > max_size:
            raise _contradiction(f"a formula has at least {self.complexity[0]} nodes, but max_size is {max_size}")
        if self.pure_constants or self.constants is not None:
            _check_units(table, unit)

    def checker(self, table: Table) -> Checker:
        """The conditions on candidates over these columns."""
        return Checker(self, table)

    def mirrored(self, columns: Array, names: Sequence[str], target: Array) -> tuple[Array, Array, int]:
        """The data with its mirror images under the symmetries and parities, and how many times larger it is.

        Fitted constants that are equal by symmetry then come out equal.
        """
        parts = [(columns, target)]
        for a, b in self.symmetric:
            i, j = names.index(a), names.index(b)
            for x, y in list(parts):
                swapped = x.copy()
                swapped[[i, j]] = x[[j, i]]
                parts.append((swapped, y))
        for group, sign in ((self.even_in, 1.0), (self.odd_in, -1.0)):
            for name in group:
                i = names.index(name)
                for x, y in list(parts):
                    turned = x.copy()
                    turned[i] = -x[i]
                    parts.append((turned, sign * y))
        return np.concatenate([x for x, _ in parts], axis=1), np.concatenate([y for _, y in parts]), len(parts)


def _contradiction(text: str) -> FillError:
    return FillError(f"the hypotheses contradict each other: {text}. Drop one of them.")


def _texts(name: str, given: Any) -> tuple[str, ...]:
    if isinstance(given, str):
        return (given,)
    try:
        found = tuple(given)
    except TypeError:
        raise FillError(f"{name} must be a text or several, but got {given!r}. For example {name}=['x1'].") from None
    for text in found:
        if not isinstance(text, str):
            raise FillError(f"{name} holds {text!r}, which is not a text. For example {name}=['x1'].")
    return found


def _pairs(given: Any) -> tuple[tuple[str, str], ...]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise FillError(f"symmetric needs pairs of different columns, but got {given!r}. For example [('x1', 'x2')].")
    pairs = list(given)
    if len(pairs) == 2 and all(isinstance(p, str) for p in pairs):
        pairs = [tuple(pairs)]
    for pair in pairs:
        if isinstance(pair, str) or len(tuple(pair)) != 2 or pair[0] == pair[1]:
            raise FillError(
                f"symmetric needs pairs of different columns, but got {pair!r}. For example [('x1', 'x2')]."
            )
    return tuple((str(a), str(b)) for a, b in pairs)


def _pattern(text: str) -> Term:
    """A term in which ``?`` is anything."""
    try:
        term = arithmetic.parse(text)
    except InduceError as error:
        raise FillError(f"cannot read '{text}': {error} Write a sub-term such as 'exp(-?)'.") from None
    return term


def _check_known(known: Any) -> None:
    if not isinstance(known, Mapping) or not all(isinstance(text, str) for text in known.values()):
        raise FillError(f"known must map names to texts, but got {known!r}. For example {{'u': 'omega*t'}}.")


def _check_monotone(monotone: Any) -> None:
    if not isinstance(monotone, Mapping):
        raise FillError(f"monotone must map columns to '+' or '-', but got {monotone!r}. For example {{'x1': '+'}}.")
    for name, direction in monotone.items():
        if direction not in ("+", "-"):
            raise FillError(f"monotone['{name}'] must be '+' or '-', but got {direction!r}.")


def _check_complexity(complexity: Any) -> None:
    if complexity is None:
        return
    ok = isinstance(complexity, tuple | list) and len(complexity) == 2 and all(isinstance(n, int) for n in complexity)
    if not ok or not 1 <= complexity[0] <= complexity[1]:
        raise FillError(
            f"complexity must be a pair (fewest, most) of nodes, but got {complexity!r}. For example (5, 15)."
        )


def _missing(term: Term, names: set[str]) -> str:
    """An operator of a term that is not allowed (powers and negation come with ``*`` and ``-``)."""
    free = {"^"} if "*" in names else set()
    free |= {"neg"} if names & {"-", "*"} else set()
    free |= {"square", "cube"} if "*" in names else set()
    free |= {"inverse"} if "/" in names else set()
    for node in term.postorder():
        if node.args and node.op.name not in names | free:
            return str(node.op.name)
    return ""


def _check_skeleton(shape: Skeleton, table: Table, max_size: int, unit: str | None, pure: bool) -> None:
    """Columns, size and units of a skeleton."""
    for name in shape.columns:
        if name not in table:
            raise table.unknown(name)
    for name, _ in shape.functions:
        if name in table:
            raise FillError(
                f"'{name}' is a column, but the skeleton '{shape.text}' uses it as an unknown function. Rename one of them."
            )
    if shape.term.size > max_size:
        raise _contradiction(f"the skeleton '{shape.text}' has {shape.term.size} nodes, but max_size is {max_size}")
    if not table.units and unit is None:
        return
    units = {n: table.units.get(n, "1") for n in table.names}
    sketch = shape.sketch(lambda name, _: hole.real(f"part_{name}"))
    if pure:  # the skeleton's own numbers, unlike its unknown parts, have no unit
        numbers = {n: variable(f"#{k}") for k, n in enumerate(n for n in sketch.postorder() if n.op is LITERAL)}
        sketch, units = sketch.replace(dict(numbers.items())), {**units, **{v.name: "1" for v in numbers.values()}}
    found = {node.name: u for node, u in units_of(sketch, units, target=unit).constants if node.is_hole}
    for name, columns in shape.functions:
        needed = found.get(f"part_{name}")
        if pure and needed is not None and not _reachable([Unit.parse(units[c]) for c in columns], needed):
            given = ", ".join(f"{c} [{units[c]}]" for c in columns)
            raise _contradiction(
                f"in the skeleton '{shape.text}' the part '{name}' has the unit {needed}, but no product of powers of {given} has"
            )


def _reachable(units: Sequence[Unit], wanted: Unit) -> bool:
    """Whether some product of rational powers has the wanted unit."""
    bases = sorted({base for u in [*units, wanted] for base, _ in u.powers})
    matrix = np.array([[float(dict(u.powers).get(b, 0)) for b in bases] for u in units]).reshape(len(units), len(bases))
    aim = np.array([float(dict(wanted.powers).get(b, 0)) for b in bases])
    return bool(np.linalg.matrix_rank(np.vstack([matrix, aim])) <= np.linalg.matrix_rank(matrix))


def _check_units(table: Table, unit: str | None) -> None:
    """Prove that no product of the columns has the target's unit, when constants are pure numbers."""
    if unit is None or not table.units:
        return
    if not _reachable([Unit.parse(table.units.get(name, "1")) for name in table.names], Unit.parse(unit)):
        shown = ", ".join(f"{n} [{table.units.get(n, '1')}]" for n in table.names)
        raise FillError(
            f"no product of powers of the columns has the target's unit {unit}, and constants are pure numbers: {shown}. "
            "Add the column that is missing, or let constants have units."
        )
