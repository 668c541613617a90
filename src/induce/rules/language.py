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
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from induce.errors import RuleError
from induce.learners.rules.literals import AT_MOST, EQUAL, KNOWN, MISSING, MORE, OTHER
from induce.logic import language as lang
from induce.logic import rules as rule_language
from induce.logic.check import Statement
from induce.mixed import CATEGORY, NUMBER, TRUTH, MixedTable
from induce.rules.conditions import Condition
from induce.rules.decisions import FIRST, VOTES, Decisions
from induce.terms.op import LITERAL, VARIABLE
from induce.terms.term import Term

__all__ = ["facts_of", "program_of", "read_program", "relation_names", "run_program"]

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
    for name in table.names:
        base = re.sub(r"\W+", "_", name.lower()).strip("_") or "column"
        base = base if re.match(r"[^\W\d_]", base) else f"c_{base}"
        base = f"{base}_" if base in _TAKEN else base
        unique, k = base, 2
        while unique in found.values():
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
    if decisions.classes:
        tail = _CLASS_FIRST if decisions.decide == FIRST else _CLASS_VOTES.format(last=last)
    else:
        tail = _CLASS_FIRST if decisions.decide == FIRST else _NUMBER_VOTES
    return lang.program([*statements, *rule_language.parse(tail).args])


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
    letters = iter("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
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
            formulas.append(lang.atom(name, row, _entry(column.labels[int(value)])))
        else:
            if place not in variables:
                variables[place] = lang.value_variable(next(letters))
                formulas.append(lang.atom(name, row, variables[place]))
            sign = {AT_MOST: "<=", MORE: ">", OTHER: "!="}[test]
            against = value if column.kind == NUMBER else _entry(column.labels[int(value)])
            formulas.append(lang.COMPARE[sign](variables[place], lang.constant(against)))
    return formulas


def _entry(label: Any) -> Any:
    return ("true" if label else "false") if isinstance(label, bool) else str(label)


def facts_of(table: MixedTable, used: Any = None) -> dict[str, Any]:
    """The facts that a program of rules reads from a table: ``row(number)`` and one relation of row and entry a column.

    Parameters
    ----------
    table : MixedTable
    used : collection of relation names, optional
        Only these.
    """
    rows = np.arange(table.rows)
    found: dict[str, Any] = {"row": {"row": rows}}
    for column, name in zip(table.columns, relation_names(table).values(), strict=True):
        if used is not None and name not in used:
            continue
        present = ~column.missing
        values: Any = column.values[present]
        if column.kind != NUMBER:
            labels = np.array([*map(_entry, column.labels), "(another)"], dtype=object)
            values = labels[values.astype(np.intp)]
        found[name] = {"row": rows[present], "entry": values}
    return found


def run_program(program: Term | str, table: MixedTable) -> list[Any]:
    """The answers of a program of rules for every row of a table, by the engine of rules.

    What :func:`program_of` writes answers each row once: a class as text, or a number.

    Raises
    ------
    RuleError
        If some row has no answer or several.
    """
    from induce.algebras.standard import BOOLEAN
    from induce.logic.program import LogicProgram

    term = rule_language.parse(program) if isinstance(program, str) else program
    used = {node.op.name for node in term.postorder()}
    running = LogicProgram(term, query="answer(Row, Answer)", algebra=BOOLEAN, facts=facts_of(table, used))
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


# -------------------------------------------------------------------- reading


def read_program(text: str | Term, table: MixedTable, classes: tuple[Any, ...]) -> Decisions:
    """Decisions from a program that :func:`program_of` writes, also after it was edited by hand.

    Parameters
    ----------
    text : str or Term
    table : MixedTable
        The columns that the relations stand for.
    classes : tuple
        Labels of the classes in order; empty for a number.

    Raises
    ------
    ParseError, RuleError
        For text that is no program, and for statements that no program of rules over a table has, with line and column.
    """
    from induce.logic.check import statements_of
    from induce.logic.parse import parse_program

    if isinstance(text, str):
        parsed = parse_program(text)
        return _Reader(table, classes).read(statements_of(parsed.term, parsed.places))
    return _Reader(table, classes).read(statements_of(text))


class _Reader:
    """From statements to decisions."""

    def __init__(self, table: MixedTable, classes: tuple[Any, ...]) -> None:
        self.table, self.classes = table, classes
        self.columns = {relation: k for k, relation in enumerate(relation_names(table).values())}
        self.labels = {str(label): k for k, label in enumerate(classes)}
        self.rules: dict[int, tuple[Condition, ...]] = {}
        self.said: dict[int, dict[int, float]] = {}
        self.decide = VOTES
        self.last = 0

    def read(self, statements: Sequence[Statement]) -> Decisions:
        for statement in statements:
            term = statement.term
            if term.op.name != ":-" or len(term.args) != 2 or term.args[0].sort is not lang.FORMULA:
                raise statement.error("only rules and facts are expected in a program of rules over a table.")
            head, condition = term.args
            if head.op.name == "rule":
                self._rule(statement, head, condition)
            elif head.op.name in ("points", "says", "share", "order") and not condition.args:
                self._fact(statement, head)
            elif head.op.name not in ("score", "top", "first", "answer"):
                raise statement.error(
                    f"'{head.op.name}' is no part of a program of rules over a table. Its rules have the head rule(Row, number)."
                )
            if head.op.name == "first" and "rule" in {node.op.name for node in condition.postorder()}:
                self.decide = FIRST
        if not self.last:
            raise RuleError(
                "the program has no default. Add a rule without conditions at the end: rule(Row, 9) :- row(Row)."
            )
        outputs = max(1, len(self.classes))
        order = sorted(self.rules)
        points = np.zeros((len(order) + 1, outputs))
        for k, number in enumerate([*order, self.last]):
            for output, value in self.said.get(number, {}).items():
                points[k, output] = value
        return Decisions(self.table.head(), tuple(self.rules[k] for k in order), points, self.classes, self.decide)

    def _rule(self, statement: Statement, head: Term, condition: Term) -> None:
        if len(head.args) != 2 or head.args[1].op is not LITERAL or not isinstance(head.args[1].payload, int):
            raise statement.error("a rule has the head rule(Row, number) with a whole number.")
        number, row = int(head.args[1].payload), head.args[0]
        formulas = list(condition.args)
        if number in self.rules or number == self.last:
            raise statement.error(
                f"there are two rules of number {number}. Give each its own; their order is that of the numbers."
            )
        if len(formulas) == 1 and formulas[0] is lang.atom("row", row):
            self.last = number
            return
        variables: dict[Term, int] = {}
        found: list[Condition] = []
        for formula in formulas:
            if formula is not lang.atom("row", row):
                self._formula(statement, formula, row, variables, found)
        self.rules[number] = tuple(found)

    def _formula(
        self, statement: Statement, formula: Term, row: Term, variables: dict[Term, int], found: list[Condition]
    ) -> None:
        """Add what one formula of a body says."""
        negated = formula.op is lang.NOT
        atom = formula.args[0] if negated else formula
        if atom.op.name in lang.COMPARE and lang.COMPARE[atom.op.name] is atom.op:
            left, right = atom.args
            if left not in variables or right.op is not LITERAL:
                raise statement.error(
                    "a comparison has the variable of a column on its left and a constant on its right."
                )
            found.append(self._compared(statement, variables[left], atom.op.name, right.payload))
            return
        if atom.op.name not in self.columns or len(atom.args) != 2 or atom.args[0] is not row:
            raise statement.error(
                f"'{atom.op.name}' is no column of the table. The columns are: {', '.join(self.columns)}."
            )
        place, entry = self.columns[atom.op.name], atom.args[1]
        if entry.op is VARIABLE and lang.is_anonymous(entry):
            found.append((place, MISSING if negated else KNOWN, 0.0))
        elif negated:
            raise statement.error(
                "'not' is only used for missing entries, not column(Row, _). Write != for categories."
            )
        elif entry.op is VARIABLE:
            variables[entry] = place
        else:
            found.append((place, EQUAL, self._code(statement, place, entry.payload)))

    def _compared(self, statement: Statement, place: int, sign: str, value: Any) -> Condition:
        column = self.table.columns[place]
        if column.kind != NUMBER:
            if sign not in ("=", "!="):
                raise statement.error(f"column '{column.name}' holds no numbers, so '{sign}' means nothing for it.")
            return place, EQUAL if sign == "=" else OTHER, self._code(statement, place, value)
        if isinstance(value, str):
            raise statement.error(f"column '{column.name}' holds numbers, but is compared with '{value}'.")
        number = float(value)
        below = float(np.nextafter(number, -np.inf))
        tests = {"<=": (AT_MOST, number), ">": (MORE, number), "<": (AT_MOST, below), ">=": (MORE, below)}
        if sign not in tests:
            raise statement.error(f"numbers are compared by <, <=, > and >=, but got '{sign}'.")
        return (place, *tests[sign])

    def _code(self, statement: Statement, place: int, value: Any) -> float:
        column = self.table.columns[place]
        entries = [_entry(label) for label in column.labels]
        written = _entry(value) if isinstance(value, bool) else str(value)
        if column.kind not in (CATEGORY, TRUTH) or written not in entries:
            raise statement.error(
                f"column '{column.name}' is never '{written}'. It has: {', '.join(entries[:20]) or 'numbers'}."
            )
        return float(entries.index(written))

    def _fact(self, statement: Statement, head: Term) -> None:
        payloads = [a.payload for a in head.args if a.op is LITERAL]
        if len(payloads) != len(head.args):
            raise statement.error(f"'{head.op.name}' is a table of constants in a program of rules.")
        name = head.op.name
        if name == "order":
            return
        number = int(payloads[0])
        if not self.classes:
            self.said.setdefault(number, {})[0] = float(payloads[1])
            return
        if str(payloads[1]) not in self.labels:
            raise statement.error(f"there is no class '{payloads[1]}'. There are: {', '.join(self.labels)}.")
        if name in ("points", "share"):
            self.said.setdefault(number, {})[self.labels[str(payloads[1])]] = float(payloads[2])
