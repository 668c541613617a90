"""Aggregates as relations: the elements are a relation of their own, grouped by the variables from outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from induce.logic import language as lang
from induce.logic.check import Statement, bound_by, is_aggregate, names_in, outer_names
from induce.logic.clauses import AggregateClause, Literal
from induce.logic.symbols import PADDING
from induce.terms.term import Term

if TYPE_CHECKING:
    from induce.logic.lower import _Lowering

__all__ = ["NEUTRAL", "lower_aggregate", "own_names"]

NEUTRAL = {"count": 0, "sum": 0, "prod": 1}
"""What an aggregate over no elements gives; the others then have no result."""


def lower_aggregate(
    lowering: _Lowering, statement: Statement, term: Term, others: Sequence[Term]
) -> tuple[str, tuple[str, ...]]:
    """Relations for the elements, the groups and the result of one aggregate.

    Returns
    -------
    relation, names
        ``relation(names..., result)``: one result for each group, groups without elements included.
    """
    symbols, number = lowering.out.symbols, statement.number
    if (number, term, tuple(others)) in lowering.aggregated:
        return lowering.aggregated[number, term, tuple(others)]
    outside = {n for e in others for n in names_in(e)} | {n for h in statement.heads for n in names_in(h)}
    inside = {n for n in names_in(term) if n.strip("_")}
    bound = set(bound_by(others))
    names = tuple(n for n in names_in(term) if n in inside & (outside & bound if others else set()))
    tag = f"@{number}.{len(lowering.aggregated)}"
    lowering.aggregated[number, term, tuple(others)] = (f"result{tag}/{len(names) + 1}", names)
    width = max(len(e.args[0].args) for e in term.args)
    element, group, result = (
        f"element{tag}/{len(names) + width}",
        f"group{tag}/{len(names)}",
        f"result{tag}/{len(names) + 1}",
    )
    pad = ~symbols.id_of(PADDING)
    # whatever binds the outer variables comes along: atoms, equations, ranges, the results of other aggregates
    binders = _binders(others, names)
    for item in term.args:
        items, condition = item.args
        writer = lowering.writer(statement, [*condition.args, *binders])
        columns = [writer.head(v) for v in items.args]
        columns += [pad] * (width - len(columns))
        lowering.emit(statement, writer, Literal(element, (*(writer.slot(n) for n in names), *columns)))
    function = term.op.name[1:]
    lowering.out.aggregates.append(
        AggregateClause(
            result, element, tuple(range(len(names))), len(names), function, number, lowering.out.texts[number],
            lowering.out.lines[number],
        )
    )  # fmt: skip
    if function in NEUTRAL and names:
        # groups that have no elements still have a count and a sum
        some = f"some{tag}/{len(names)}"
        writer = lowering.writer(statement, binders)
        lowering.emit(statement, writer, Literal(group, tuple(writer.slot(n) for n in names)))
        writer = lowering.writer(statement, [])
        slots = tuple(writer.fresh() for _ in range(len(names) + width))
        writer.steps.append(Literal(element, slots))
        lowering.emit(statement, writer, Literal(some, slots[: len(names)]))
        writer = lowering.writer(statement, [])
        slots = tuple(writer.fresh() for _ in names)
        writer.steps += [Literal(group, slots), Literal(some, slots, True)]
        lowering.emit(statement, writer, Literal(result, (*slots, ~symbols.id_of(NEUTRAL[function]))))
    return result, names


def own_names(statement: Statement) -> Statement:
    """The statement with the local variables of its aggregates renamed where the same name means something else."""
    body = statement.condition.args
    head = statement.term.args[0] if statement.term.args else None
    choice = head is not None and head.op.name == "choice"
    items = head.args[2:] if head is not None and choice else ()
    scopes = [(body, body)] + [((*body, *i.args[1].args), i.args[1].args) for i in items]
    heads = set() if choice else {n for h in statement.heads for n in names_in(h)}
    renamed: dict[Term | str, Term | float] = {}
    for scope, elements in scopes:
        outer = {*outer_names(scope), *heads}
        for aggregate in (n for e in elements for n in e.postorder() if is_aggregate(n) and n not in renamed):
            elsewhere = set(names_in(statement.term.replace({aggregate: lang.constant(0)})))
            local = [n for n in names_in(aggregate) if n not in outer and n.strip("_")]
            fresh: dict[Term | str, Term | float] = {
                lang.value_variable(n): lang.value_variable(f"{n}'{len(renamed) + 1}") for n in local if n in elsewhere
            }
            if fresh:
                renamed[aggregate] = aggregate.replace(fresh)
    return replace(statement, term=statement.term.replace(renamed)) if renamed else statement


def _binders(others: Sequence[Term], names: Sequence[str]) -> list[Term]:
    """Elements of a body that bind some variables: the atoms that have them, equations only where no atom does.

    Groups that the body rules out later do no harm, so no more than is needed is taken.
    """
    atoms = [e for e in others if lang.is_atom(e)]
    equations = [e for e in others if e.op is lang.COMPARE["="]]
    found: list[Term] = []
    known: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in known or not name.strip("_"):
            continue
        known.add(name)
        mine = [e for e in atoms if name in set(bound_by([e]))]
        mine = mine or [e for e in equations if name in names_in(e) and e not in found][:1]
        found += [e for e in mine if e not in found]
        for element in mine:
            by_itself = set(bound_by([element])) if lang.is_atom(element) else set()
            needed = names_in(element) if not lang.is_atom(element) else _computed(element)
            waiting += [n for n in needed if n not in by_itself and n not in known]
    return [e for e in others if e in found]


def _computed(atom: Term) -> list[str]:
    """Variables that stand inside the expressions of an atom."""
    return [n for a in atom.args if not a.is_variable for n in names_in(a)]
