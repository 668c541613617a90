"""Productions: the ways a grammar makes a term of a sort."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from induce.errors import GrammarError, OpError
from induce.terms.op import LAMBDA, Op
from induce.terms.sort import BOOL, INT, REAL, Sort
from induce.terms.term import Term, literal

if TYPE_CHECKING:
    from induce.terms.language import Language

__all__ = ["Production", "productions_of"]


@dataclass(frozen=True)
class Production:
    """One way to make a term of a sort: an operator over arguments, or a leaf.

    ``leaf`` is None for an operator, and for a fresh real hole each time, whose name is ``?``.
    """

    name: str
    result: Sort
    arguments: tuple[Sort, ...] = ()
    op: Op | None = None
    leaf: Term | None = None

    @property
    def given(self) -> Op | str | Term:
        """What makes this production when given to a grammar."""
        return self.op if self.op is not None else self.leaf if self.leaf is not None else "?"

    def build(self, args: tuple[Term, ...]) -> Term:
        """The term over the arguments."""
        if self.op is not None:
            return Term(self.op, args)
        if self.leaf is not None:
            return self.leaf
        from induce.terms import hole

        return hole.real()


def productions_of(language: Language, start: Sort, given: list[Any]) -> tuple[Production, ...]:
    """The productions meant by operators, their names, leaves and ``"?"``; polymorphic operators are instantiated."""
    leaves: list[Production] = []
    ops: list[Op] = []
    for entry in given:
        if isinstance(entry, str) and entry != "?":
            try:
                entry = language[entry]
            except OpError as problem:
                raise GrammarError(f"{problem} Give variables by variables=[...].") from None
        if isinstance(entry, Op):
            ops.append(entry)
        elif entry == "?" and isinstance(entry, str):
            leaves.append(Production("?", REAL))
        else:
            leaves.append(_leaf(entry, start))
    sorts = {start, *(leaf.result for leaf in leaves)}
    for op in ops:
        sorts.update(s for s in (*op.arguments, op.result) if not s.has_variables)
    waiting = list(sorts)
    while waiting:
        for part in waiting.pop().args:
            if part not in sorts:
                sorts.add(part)
                waiting.append(part)
    made = [Production(op.name, r, a, op=op) for op in ops for a, r in _instances(op, sorted(sorts, key=str))]
    return tuple(dict.fromkeys([*made, *leaves]))


def _leaf(entry: Any, start: Sort) -> Production:
    if not isinstance(entry, Term):
        sort = start if start in (REAL, INT, BOOL) and isinstance(entry, (int, float)) else None
        entry = literal(entry, BOOL if isinstance(entry, bool) else sort)
    if entry.args or entry.op is LAMBDA:
        raise GrammarError(f"'{entry}' is not a leaf. Give its operator and its leaves as productions of their own.")
    if entry.op.notation.kind != "special":
        return Production(entry.op.name, entry.sort, op=entry.op)
    return Production(str(entry), entry.sort, leaf=entry)


def _instances(op: Op, sorts: list[Sort]) -> Iterator[tuple[tuple[Sort, ...], Sort]]:
    """(argument sorts, result sort) of an operator, its sort variables replaced by the sorts that occur."""
    variables: list[Sort] = []
    waiting = [*reversed(op.arguments), op.result]
    while waiting:
        sort = waiting.pop()
        if sort.is_variable and sort not in variables:
            variables.append(sort)
        waiting.extend(sort.args)
    for choice in itertools.product(sorts, repeat=len(variables)):
        mapping = dict(zip(variables, choice, strict=True))
        yield tuple(a.substitute(mapping) for a in op.arguments), op.result.substitute(mapping)
