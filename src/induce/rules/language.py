"""Programs of rules over a table: decisions written in the language of rules, and read back.

A column is a relation of row and entry; a missing entry is a fact that is not there. With two rules and a default, votes are::

    rule(Row, 1) :- age(Row, A), A > 50, smoker(Row, true).
    rule(Row, 2) :- bmi(Row, A), A > 30.
    rule(Row, 3) :- row(Row).
    points(1, "ill", 23).   points(1, "well", 0).   ...
    score(Row, C, S) :- row(Row), points(3, C, _), S = #sum{ P, K : rule(Row, K), points(K, C, P) }.
    top(Row, T) :- row(Row), T = #max{ S : score(Row, _, S) }.
    answer(Row, C) :- top(Row, S), score(Row, C, S).

and where the first rule decides::

    first(Row, K) :- row(Row), K = #min{ J : rule(Row, J) }.
    answer(Row, C) :- first(Row, K), says(K, C).

A column that related tables give is defined by a join; a related table is one relation of row and entry a column, too::

    rule(Row, 1) :- largest_amount_of_orders(Row, A), A > 100.
    largest_amount_of_orders(Row, Y) :- id(Row, K0), Y = #max{ X, R1 : orders_customer(R1, K0), orders_amount(R1, X) }.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from induce.errors import RuleError
from induce.learners.rules.literals import AT_MOST, EQUAL, KNOWN, MISSING, MORE, OTHER
from induce.logic import language as lang
from induce.logic import rules as rule_language
from induce.mixed import NUMBER, Column, MixedTable
from induce.rules.conditions import Condition
from induce.rules.decisions import FIRST, VOTES, Decisions
from induce.rules.derived import Derived, entry_text, relation_name, used_columns
from induce.terms.term import Term

if TYPE_CHECKING:
    from induce.rules.related import RelatedTables

__all__ = [
    "column_facts",
    "conclusions_of",
    "definitions_of",
    "derived_in",
    "facts_of",
    "program_of",
    "relation_names",
    "run_program",
]

_TAKEN = frozenset(
    "row rule points says share score top first answer order best not is mod true false query evidence nn".split()
)

_CLASS_VOTES = """
score(Row, C, S) :- row(Row), points({last}, C, _), S = #sum{{ P, K : rule(Row, K), points(K, C, P) }}.
top(Row, T) :- row(Row), T = #max{{ S : score(Row, _, S) }}.
first(Row, N) :- row(Row), N = #min{{ M : top(Row, S), score(Row, C, S), order(C, M) }}.
answer(Row, C) :- first(Row, N), order(C, N).
"""
_CLASS_FIRST = """
first(Row, K) :- row(Row), K = #min{ J : rule(Row, J) }.
answer(Row, C) :- first(Row, K), says(K, C).
"""
_NUMBER_VOTES = """
answer(Row, S) :- row(Row), S = #sum{ P, K : rule(Row, K), points(K, P) }.
"""


def relation_names(table: MixedTable) -> dict[str, str]:
    """Column name to the name of its relation: small letters, digits and ``_``, all different.

    >>> relation_names(MixedTable.read({"worst radius (mm)": [1.0], "Row": [2.0], "row": [3.0]}))
    {'worst radius (mm)': 'worst_radius_mm', 'Row': 'row_', 'row': 'row_2'}
    """
    found: dict[str, str] = {}
    foreign = {relation_name(t, c) for t, columns in used_columns([*table.derived.values()]).items() for c in columns}
    for name in table.names:
        base = re.sub(r"\W+", "_", name.lower()).strip("_") or "column"
        base = base if re.match(r"[^\W\d_]", base) else f"c_{base}"
        base = f"{base}_" if base in _TAKEN else base
        unique, k = base, 2
        while unique in found.values() or unique in foreign:
            unique, k = f"{base.rstrip('_')}_{k}", k + 1
        found[name] = unique
    return found


def program_of(decisions: Decisions) -> Term:
    """The program of decisions, a term that prints as text.

    Its query is ``answer(Row, C)``; see :func:`facts_of` for its facts.
    """
    names = relation_names(decisions.table)
    row = lang.value_variable("Row")
    last = len(decisions.rules) + 1
    statements = []
    for k, rule in enumerate(decisions.rules):
        statements.append(
            lang.statement_rule(lang.atom("rule", row, k + 1), lang.body(_body(rule, decisions.table, names, row)))
        )
    statements.append(lang.statement_rule(lang.atom("rule", row, last), lang.body([lang.atom("row", row)])))
    statements += _said(decisions)
    statements += definitions_of(decisions)
    return lang.program([*statements, *conclusions_of(bool(decisions.classes), decisions.decide, last)])


def conclusions_of(classes: bool, decide: str, last: int) -> tuple[Term, ...]:
    """The statements by which rules come to an answer, the same whatever the rules; the default is the rule ``last``."""
    votes = _CLASS_VOTES.format(last=last) if classes else _NUMBER_VOTES
    return rule_language.parse(_CLASS_FIRST if decide == FIRST else votes).args


def derived_in(decisions: Decisions) -> list[Derived]:
    """The columns of related tables that the rules ask about, in the order of the columns."""
    used = {place for rule in decisions.rules for place, _, _ in rule}
    table = decisions.table
    return [table.derived[c.name] for k, c in enumerate(table.columns) if k in used and c.name in table.derived]


def definitions_of(decisions: Decisions) -> list[Term]:
    """Statements that define the columns of related tables that the rules ask about."""
    names = relation_names(decisions.table)
    texts = [one.body(names[one.name], names) for one in derived_in(decisions)]
    return [statement for text in texts for statement in rule_language.parse(text).args]


def _said(decisions: Decisions) -> list[Term]:
    """Facts of what each rule says."""
    found = []

    def fact(name: str, *arguments: Any) -> None:
        found.append(lang.statement_rule(lang.atom(name, *arguments), lang.body([])))

    classes = [str(c) for c in decisions.classes]
    for k, said in enumerate(decisions.points):
        if not classes:
            fact("says" if decisions.decide == FIRST else "points", k + 1, float(said[0]))
        elif decisions.decide == FIRST:
            fact("says", k + 1, classes[int(said.argmax())])
            for label, share in zip(classes, said, strict=True):
                fact("share", k + 1, label, float(share))
        else:
            for label, points in zip(classes, said, strict=True):
                fact("points", k + 1, label, int(points))
    if classes and decisions.decide == VOTES:
        for k, label in enumerate(classes):
            fact("order", label, k + 1)
    return found


def _body(rule: tuple[Condition, ...], table: MixedTable, names: Mapping[str, str], row: Term) -> list[Term]:
    """The formulas of a conjunction; comparisons of one column share a variable."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    letters = (f"{letter}{again or ''}" for again in itertools.count() for letter in alphabet)
    variables: dict[int, Term] = {}
    formulas: list[Term] = []
    if not any(test not in (MISSING,) for _, test, _ in rule):
        formulas.append(lang.atom("row", row))
    for place, test, value in rule:
        column = table.columns[place]
        name = names[column.name]
        if test == MISSING:
            formulas.append(lang.NOT(lang.atom(name, row, lang.value_variable("_"))))
        elif test == KNOWN:
            formulas.append(lang.atom(name, row, lang.value_variable("_")))
        elif test == EQUAL:
            formulas.append(lang.atom(name, row, entry_text(column.labels[int(value)])))
        else:
            if place not in variables:
                variables[place] = lang.value_variable(next(letters))
                formulas.append(lang.atom(name, row, variables[place]))
            sign = {AT_MOST: "<=", MORE: ">", OTHER: "!="}[test]
            against = value if column.kind == NUMBER else entry_text(column.labels[int(value)])
            formulas.append(lang.COMPARE[sign](variables[place], lang.constant(against)))
    return formulas


def column_facts(column: Column) -> dict[str, Any]:
    """The relation of row number and entry of a column; a missing entry is a fact that is not there."""
    present = ~column.missing
    values: Any = column.values[present]
    if column.kind != NUMBER:
        labels = np.array([*map(entry_text, column.labels), "(another)"], dtype=object)
        values = labels[values.astype(np.intp)]
    return {"row": np.flatnonzero(present), "entry": values}


def facts_of(table: MixedTable, used: Any = None, related: RelatedTables | None = None) -> dict[str, Any]:
    """The facts that a program of rules reads from a table: ``row(number)`` and one relation of row and entry a column.

    Parameters
    ----------
    table : MixedTable
    used : collection of relation names, optional
        Only these.
    related : RelatedTables, optional
        Gives the facts of related tables, and the columns that they give are left to the program; without, these columns are
        facts as others are.
    """
    rows = np.arange(table.rows)
    found: dict[str, Any] = {"row": {"row": rows}}
    for column, name in zip(table.columns, relation_names(table).values(), strict=True):
        if (used is not None and name not in used) or (related is not None and column.name in table.derived):
            continue
        found[name] = column_facts(column)
    if related is not None:
        found |= related.facts(used_columns([*table.derived.values()]))
    return found if used is None else {name: fact for name, fact in found.items() if name in used}


def run_program(program: Term | str, table: MixedTable, related: RelatedTables | None = None) -> list[Any]:
    """The answers of a program of rules for every row of a table, by the engine of rules.

    What :func:`program_of` writes answers each row once: a class as text, or a number. Rules over related tables join them anew.

    Raises
    ------
    RuleError
        If some row has no answer or several.
    """
    from induce.algebras.standard import BOOLEAN
    from induce.logic.program import LogicProgram

    term = rule_language.parse(program) if isinstance(program, str) else program
    used = {node.op.name for node in term.postorder()}
    running = LogicProgram(term, query="answer(Row, Answer)", algebra=BOOLEAN, facts=facts_of(table, used, related))
    holds = running().reshape(-1).tolist()
    found: list[list[Any]] = [[] for _ in range(table.rows)]
    for (row, answer), true in zip(running.answers.values, holds, strict=True):
        if true:
            found[int(row)].append(answer)
    wrong = [k for k, answers in enumerate(found) if len(answers) != 1]
    if wrong:
        raise RuleError(
            f"the program gives {len(found[wrong[0]])} answers for row {wrong[0]}, but one a row was expected. Check its rules for answer."
        )
    return [answers[0] for answers in found]
