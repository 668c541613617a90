"""What rules may and must say: directions of columns, forbidden and required conditions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.errors import RuleError, did_you_mean
from induce.learners.rules.literals import AT_MOST, EQUAL, MORE, Literals, literals_of
from induce.mixed import CATEGORY, MixedTable
from induce.rules.conditions import Condition, read_condition, read_conjunction

__all__ = ["Restrictions"]


@dataclass(frozen=True)
class Restrictions:
    """What is known beforehand; hard.

    Parameters
    ----------
    monotone : mapping of column name to 1 or -1
        With 1, a larger entry never lowers the score of the second class (or the number that is predicted).
    forbidden : sequence of str
        Columns that no rule may use, or conditions (``"age > 50"``) that none may have: a comparison forbids all of its kind,
        ``"age >"`` every lower bound.
    required : sequence of str
        Conditions that every rule has.
    keep : sequence of str
        Whole rules, ``"age > 50 and smoker is true"``, that stay as they are; the rest is learned beside them.

    >>> Restrictions(monotone={"age": 1}, forbidden=["name"])
    Restrictions(monotone={'age': 1}, forbidden=('name',), required=(), keep=())
    """

    monotone: Mapping[str, int] = ()  # type: ignore[assignment]
    forbidden: Iterable[str] = ()
    required: Iterable[str] = ()
    keep: Iterable[str] = ()

    def __post_init__(self) -> None:
        given: Any = self.monotone
        if not isinstance(given, Mapping) and given != ():
            raise RuleError(
                f"monotone is {given!r}, but a mapping of column to 1 (rising) or -1 (falling) was expected. "
                "Write for example {'age': 1}."
            )
        object.__setattr__(self, "monotone", dict(given))
        for name, example in (("forbidden", "name"), ("required", "age > 18"), ("keep", "age > 50 and smoker is true")):
            given = getattr(self, name)
            listed = (given,) if isinstance(given, str) else tuple(given) if isinstance(given, Iterable) else (given,)
            for text in listed:
                if not isinstance(text, str):
                    raise RuleError(f"{name} has {text!r}, but texts were expected. Write for example {[example]}.")
            object.__setattr__(self, name, listed)

    @staticmethod
    def read(given: Any) -> Restrictions:
        """From Restrictions, a mapping of their names, or None.

        Raises
        ------
        RuleError
            For anything else, and for an unknown name.
        """
        if given is None:
            return Restrictions()
        if isinstance(given, Restrictions):
            return given
        known = [f.name for f in fields(Restrictions)]
        if not isinstance(given, Mapping):
            raise RuleError(
                f"subject_to is {given!r}, but Restrictions(monotone=, forbidden=, required=, keep=) or a mapping of these names was "
                "expected. Write for example {'monotone': {'age': 1}}."
            )
        for name in given:
            if name not in known:
                raise RuleError(
                    f"subject_to has no '{name}'.{did_you_mean(str(name), known)} It has: {', '.join(known)}."
                )
        return Restrictions(**given)

    def required_in(self, table: MixedTable) -> tuple[Condition, ...]:
        """The conditions that every rule has."""
        return tuple(read_condition(text, table) for text in self.required)

    def kept_in(self, table: MixedTable) -> tuple[tuple[Condition, ...], ...]:
        """The rules that stay, each once."""
        required = self.required_in(table)
        rules: dict[frozenset[Condition], tuple[Condition, ...]] = {}
        for text in self.keep:
            rule = read_conjunction(text, table)
            rules.setdefault(frozenset([*rule, *required]), rule)
        return tuple(rules.values())

    def check(self, table: MixedTable) -> None:
        """Refuse what contradicts itself, or holds on no row of the table.

        Raises
        ------
        RuleError
            For required conditions that hold together on no row, and for kept rules that have a forbidden condition or bound a
            monotone column from both sides.
        """
        required = self.required_in(table)
        if required and not literals_of(required).truth(table).all(axis=0).any():
            raise RuleError(
                f"the required conditions {list(self.required)} hold together on none of the {table.rows:,} rows. Leave one out."
            )
        for text in self.keep:
            rule = literals_of(read_conjunction(text, table))
            for given in self.forbidden:
                if self._matches(given, rule, table).any():
                    raise RuleError(f"the rule '{text}' is kept, but '{given}' is forbidden. Take one of the two out.")
            directions = self.directions(rule, table)
            if directions is not None and (directions > 0).any() and (directions < 0).any():
                raise RuleError(
                    f"the kept rule '{text}' bounds monotone columns from both sides, so no vote of it rises or falls with them. "
                    "Keep two rules, or leave the columns out of monotone."
                )

    def directions(self, literals: Literals, table: MixedTable) -> NDArray[np.int8] | None:
        """1 for literals that only rules of weight >= 0 may have, -1 of weight <= 0; None without monotone columns."""
        if not self.monotone:
            return None
        found = np.zeros(len(literals), dtype=np.int8)
        for name, sign in self.monotone.items():
            place = table.names.index(table[str(name)].name)
            if sign not in (1, -1) or isinstance(sign, bool):
                raise RuleError(f"monotone[{name!r}] is {sign!r}, but 1 (rising) or -1 (falling) was expected.")
            if table.columns[place].kind == CATEGORY:
                raise RuleError(f"column '{name}' holds categories, which have no order, so it cannot be monotone.")
            mine = literals.column == place
            up = (literals.test == MORE) | ((literals.test == EQUAL) & (literals.value == 1.0))
            down = (literals.test == AT_MOST) | ((literals.test == EQUAL) & (literals.value == 0.0))
            found[mine & up], found[mine & down] = sign, -sign
        return found

    def allowed(self, literals: Literals, table: MixedTable) -> NDArray[np.bool_]:
        """Which literals rules may use.

        Raises
        ------
        RuleError
            For an unknown column, and if nothing is left or a required condition is forbidden.
        """
        found = np.ones(len(literals), dtype=bool)
        for text in self.forbidden:
            found &= ~self._matches(str(text), literals, table)
        if len(literals) and not found.any():
            raise RuleError(
                f"nothing is left to make rules of: forbidden={list(self.forbidden)} takes every condition. Forbid less."
            )
        required = self.required_in(table)
        one = literals_of(required)
        clashing = [
            k for k in range(len(required)) if any(self._matches(str(t), one, table)[k] for t in self.forbidden)
        ]
        if clashing:
            raise RuleError(
                f"the condition '{list(self.required)[clashing[0]]}' is required and forbidden. Take it out of one of the two."
            )
        return found

    def _matches(self, text: str, literals: Literals, table: MixedTable) -> NDArray[np.bool_]:
        """The literals that a forbidden text means."""
        if text in table.names:
            return np.asarray(literals.column == table.names.index(text))
        stripped = text.rstrip()
        for ending, test in (("<=", AT_MOST), ("<", AT_MOST), (">=", MORE), (">", MORE)):
            name = stripped[: -len(ending)].strip()
            if stripped.endswith(ending) and name in table.names:
                return np.asarray((literals.column == table.names.index(name)) & (literals.test == test))
        column, test, value = read_condition(text, table)
        same = (literals.column == column) & (literals.test == test)
        return np.asarray(same if test in (AT_MOST, MORE) else same & (literals.value == value))
