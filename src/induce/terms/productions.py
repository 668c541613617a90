"""Productions: the ways a grammar makes a term of a sort."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from induce.errors import GrammarError, OpError
from induce.terms.op import LAMBDA, Op
from induce.terms.sort import BOOL, INT, REAL, Sort
from induce.terms.term import Term, bound, literal

if TYPE_CHECKING:
    from induce.terms.language import Language

__all__ = ["Production", "arity_of", "function_names", "in_scope", "productions_of", "why_empty"]


@dataclass(frozen=True)
class Production:
    """One way to make a term of a sort: an operator over arguments, or a leaf.

    ``leaf`` is None for an operator, and for a fresh real hole each time, whose name is ``?``. ``parameter`` is the sort of
    a function's parameter; the argument of that production is the function's body.
    """

    name: str
    result: Sort
    arguments: tuple[Sort, ...] = ()
    op: Op | None = None
    leaf: Term | None = None
    parameter: Sort | None = None

    @property
    def given(self) -> Op | str | Term:
        """What makes this production when given to a grammar."""
        return self.op if self.op is not None else self.leaf if self.leaf is not None else "?"

    def build(self, args: tuple[Term, ...]) -> Term:
        """The term over the arguments."""
        if self.op is not None:
            return Term(self.op, args, self.parameter)
        if self.leaf is not None:
            return self.leaf
        from induce.terms import hole

        return hole.real()

    def makes(self, node: Term) -> bool:
        """Whether the node, without what is below it, is made by this production."""
        if self.op is not None:
            fits = self.op is node.op and self.arguments == tuple(a.sort for a in node.args)
            return fits and (self.parameter is None or self.parameter is node.payload)
        if self.leaf is not None:
            return self.leaf is node
        return node.is_hole and node.hole.kind == "real"


def arity_of(sort: Sort) -> int:
    """How many parameters a function of this sort takes one after the other; 0 for what is no function."""
    count = 0
    while sort.is_arrow:
        count, sort = count + 1, sort.args[1]
    return count


def function_names(bound: int) -> tuple[str, ...]:
    """Names of the productions that make functions: ``lambda``, and ``$0`` (the innermost), ``$1``, ... in their bodies."""
    return (LAMBDA.name, *(f"${index}" for index in range(bound))) if bound else ()


def in_scope(sort: Sort, scope: tuple[Sort, ...], most: int) -> list[Production]:
    """The ways to make a term of a sort that need no language: a bound variable, and a function from its body.

    Parameters
    ----------
    sort : Sort
    scope : tuple of Sort
        Of the bound variables, innermost first.
    most : int
        Largest number of bound variables.
    """
    found = [Production(f"${index}", held, leaf=bound(index, held)) for index, held in enumerate(scope) if held is sort]
    if sort.is_arrow and len(scope) < most:
        parameter, body = sort.args
        found.append(Production(LAMBDA.name, sort, (body,), op=LAMBDA, parameter=parameter))
    return found


def why_empty(
    start: Sort,
    least: Mapping[Sort, float],
    productions: Iterable[Production],
    max_size: int,
    removed: Collection[str] = (),
) -> str:
    """Why a grammar makes no term, from the smallest size of a term of each sort, and the productions of weight 0."""
    known = tuple(productions)
    if least[start] < math.inf:
        return f"the smallest term of sort {start} has {least[start]:.0f} nodes, but max_size is {max_size}."
    made = {p.result for p in known}
    if start not in made and not start.is_arrow:
        sorts = ", ".join(sorted({str(s) for s in made})) or "nothing"
        return (
            f"no production makes a term of sort {start}; they make {sorts}. Add an operator, a variable or a literal."
        )
    left = [p for p in known if p.name not in removed]
    stuck = sorted({str(sort) for sort, size in least.items() if size == math.inf and not sort.is_arrow} - {str(start)})
    which = [s for s in stuck if not any(not p.arguments for p in left if str(p.result) == s)]
    sort = which[0] if which else str(start)
    absent = [p.name for p in known if p.name in removed and not p.arguments and str(p.result) == sort]
    if absent:
        names = ", ".join(f"'{name}'" for name in dict.fromkeys(absent))
        return f"the grammar makes no finite term of sort {sort}: {names} could end one, but weighs 0. Give it more weight."
    return f"the grammar makes no finite term of sort {sort}. Add a leaf of that sort: a variable, a literal or a hole."


def productions_of(
    language: Language, start: Sort, given: list[Any], allowed: frozenset[Sort] | None = None
) -> tuple[Production, ...]:
    """The productions meant by operators, their names, leaves and ``"?"``; polymorphic operators are instantiated.

    Parameters
    ----------
    language : Language
    start : Sort
    given : list
    allowed : frozenset of Sort, optional
        The only sorts of values; by default those that occur, and what polymorphic operators make of them.
    """
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
            leaves.append(_leaf(entry, start, language))
    sorts = {start, *(leaf.result for leaf in leaves)}
    for op in ops:
        sorts.update(s for s in (*op.arguments, op.result) if not s.has_variables)
    values = sorted((s for s in allowed or _parts(sorts) if not s.is_arrow), key=str)
    made = [Production(op.name, r, a, op=op) for op in ops for a, r in _instances(op, values)]
    if allowed is not None:
        made = [p for p in made if all(v in allowed for s in (*p.arguments, p.result) for v in _values(s))]
    return tuple(dict.fromkeys([*made, *leaves]))


def _parts(sorts: Iterable[Sort]) -> set[Sort]:
    """The sorts and all that they are made of."""
    found = set(sorts)
    waiting = list(found)
    while waiting:
        for part in waiting.pop().args:
            if part not in found:
                found.add(part)
                waiting.append(part)
    return found


def _values(sort: Sort) -> Iterator[Sort]:
    """The sort, or for a function those of what it takes and gives."""
    if not sort.is_arrow:
        yield sort
        return
    for part in sort.args:
        yield from _values(part)


def _leaf(entry: Any, start: Sort, language: Language) -> Production:
    if not isinstance(entry, Term):
        sort = start if start in (REAL, INT, BOOL) and isinstance(entry, (int, float)) else None
        entry = literal(entry, BOOL if isinstance(entry, bool) else sort)
    if entry.args or entry.op is LAMBDA:
        raise GrammarError(f"'{entry}' is not a leaf. Give its operator and its leaves as productions of their own.")
    if entry.op.notation.kind != "special":
        return Production(entry.op.name, entry.sort, op=entry.op)
    if entry.is_variable:
        return Production(entry.name, entry.sort, leaf=entry)
    plain = entry.is_literal and entry.sort is INT and language.default is INT  # then text need not say the sort
    return Production(str(entry.value if plain else entry), entry.sort, leaf=entry)


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
