"""Decisions from programs of rules over a table, also after they were edited by hand."""

from __future__ import annotations

from collections.abc import Sequence
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
from induce.rules.derived import entry_text
from induce.rules.language import conclusions_of, relation_names
from induce.terms.op import LITERAL, VARIABLE
from induce.terms.term import Term

__all__ = ["read_program"]


def read_program(text: str | Term, table: MixedTable, classes: tuple[Any, ...]) -> Decisions:
    """Decisions from a program that :func:`~induce.rules.language.program_of` writes, also after it was edited by hand.

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

    if not isinstance(text, str | Term):
        raise RuleError(
            f"a program is a text or a term, but got {type(text).__name__}. Give str(model.best_), edited, or model.best_ itself."
        )
    if isinstance(text, str):
        parsed = parse_program(text)
        return _Reader(table, classes).read(statements_of(parsed.term, parsed.places))
    return _Reader(table, classes).read(statements_of(text))


class _Reader:
    """From statements to decisions."""

    def __init__(self, table: MixedTable, classes: tuple[Any, ...]) -> None:
        self.table, self.classes = table, classes
        names = relation_names(table)
        self.columns = {relation: k for k, relation in enumerate(names.values())}
        self.derived = {names[name]: one.body(names[name], names) for name, one in table.derived.items()}
        self.labels = {str(label): k for k, label in enumerate(classes)}
        self.rules: dict[int, tuple[Condition, ...]] = {}
        self.said: dict[str, dict[int, dict[int, float]]] = {"points": {}, "says": {}, "share": {}}
        self.places: dict[tuple[str, int], Statement] = {}
        self.decide = VOTES
        self.last = 0

    def read(self, statements: Sequence[Statement]) -> Decisions:
        tail: list[Statement] = []
        for statement in statements:
            term = statement.term
            if term.op.name != ":-" or len(term.args) != 2 or term.args[0].sort is not lang.FORMULA:
                raise statement.error("only rules and facts are expected in a program of rules over a table.")
            head, condition = term.args
            if head.op.name == "rule":
                self._rule(statement, head, condition)
            elif head.op.name in ("points", "says", "share", "order") and not condition.args:
                self._fact(statement, head)
            elif head.op.name in self.derived:
                if term is not rule_language.parse(self.derived[head.op.name]).args[0]:
                    raise statement.error(
                        f"'{head.op.name}' is what related tables give, and its definition stays: {self.derived[head.op.name]}"
                    )
            elif head.op.name not in ("score", "top", "first", "answer"):
                raise statement.error(
                    f"'{head.op.name}' is no part of a program of rules over a table. Its rules have the head rule(Row, number)."
                )
            if head.op.name in ("score", "top", "first", "answer"):
                tail.append(statement)
            if head.op.name == "first" and "rule" in {node.op.name for node in condition.postorder()}:
                self.decide = FIRST
        if not self.last:
            raise RuleError(
                "the program has no default. Add a rule without conditions at the end: rule(Row, 9) :- row(Row)."
            )
        # any rule that says points for every class lists the classes, as the default does
        lists = [k for k, given in self.said["points"].items() if len(given) == len(self.classes)]
        stays = {term for k in (self.last, *lists) for term in conclusions_of(bool(self.classes), self.decide, k)}
        for statement in tail:
            if statement.term not in stays:
                raise statement.error(
                    f"how rules come to an answer stays as it is, but '{statement.term}' says it otherwise. Change the rules and their "
                    "points, or run the program itself by induce.logic."
                )
        order = sorted(self.rules)
        if self.decide == FIRST and order and order[-1] > self.last:
            raise RuleError(
                f"rule {order[-1]} comes after the default, rule {self.last}, so it never decides. "
                "Give the default the largest number, in rule(Row, number) and in what it says."
            )
        points = np.array([self._said(number) for number in [*order, self.last]])
        return Decisions(self.table.head(), tuple(self.rules[k] for k in order), points, self.classes, self.decide)

    def _said(self, number: int) -> list[float]:
        """What a rule says, as a row of points."""
        unused = "points" if self.decide == FIRST else "says"
        if number in self.said[unused]:
            how = "the first rule that holds decides" if self.decide == FIRST else "rules add their points"
            raise self.places[unused, number].error(
                f"{how} in this program, so '{unused}' means nothing in it. Use '{'says' if unused == 'points' else 'points'}'."
            )
        outputs = range(max(1, len(self.classes)))
        if self.decide != FIRST:
            given = self.said["points"].get(number, {})
            return [given.get(k, 0.0) for k in outputs]
        says = self.said["says"].get(number)
        if says is None:
            raise RuleError(
                f"rule {number} says nothing, so rows that it decides have no answer. "
                f"Add a fact like {self._example('says')}."
            )
        if not self.classes:
            return [says[0]]
        (mine,) = says
        given = self.said["share"].get(number, {mine: 1.0})
        shares = [given.get(k, 0.0) for k in outputs]
        largest = int(np.argmax(shares))
        if largest != mine:
            raise self.places["says", number].error(
                f"rule {number} says '{self.classes[mine]}', but its largest share is that of '{self.classes[largest]}' "
                f"({shares[largest]:g}). Change its share facts too, or take them out."
            )
        return shares

    def _rule(self, statement: Statement, head: Term, condition: Term) -> None:
        if len(head.args) != 2 or head.args[1].op is not LITERAL or not isinstance(head.args[1].payload, int):
            raise statement.error("a rule has the head rule(Row, number) with a whole number.")
        number, row = int(head.args[1].payload), head.args[0]
        if number < 1:
            raise statement.error(f"a rule has the number {number}, but rules are numbered from 1. Give it another.")
        formulas = list(condition.args)
        if number in self.rules or number == self.last:
            raise statement.error(
                f"there are two rules of number {number}. Give each its own; their order is that of the numbers."
            )
        variables: dict[Term, int] = {}
        found: list[Condition] = []
        for formula in formulas:
            if formula is not lang.atom("row", row):
                self._formula(statement, formula, row, variables, found)
        compared = {f.args[0] for f in formulas if _compares(f)}
        found += [(place, KNOWN, 0.0) for variable, place in variables.items() if variable not in compared]
        if found:
            self.rules[number] = tuple(found)
        elif self.last:
            raise statement.error(
                f"rules {self.last} and {number} have no conditions, but there is one default. Take one of them out."
            )
        else:
            self.last = number

    def _formula(
        self, statement: Statement, formula: Term, row: Term, variables: dict[Term, int], found: list[Condition]
    ) -> None:
        """Add what one formula of a body says."""
        negated = formula.op is lang.NOT
        atom = formula.args[0] if negated else formula
        if _compares(atom):
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
            if entry is row or variables.get(entry, place) != place:
                other = "the row" if entry is row else f"'{self.table.columns[variables[entry]].name}'"
                raise statement.error(
                    f"the variable {entry} stands for {other} and for '{self.table.columns[place].name}', "
                    "but a rule over a table does not compare two entries. Give each column a variable of its own."
                )
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
        entries = [entry_text(label) for label in column.labels]
        written = entry_text(value) if isinstance(value, bool) else str(value)
        if column.kind not in (CATEGORY, TRUTH) or written not in entries:
            raise statement.error(
                f"column '{column.name}' is never '{written}'. It has: {', '.join(entries[:20]) or 'numbers'}."
            )
        return float(entries.index(written))

    def _fact(self, statement: Statement, head: Term) -> None:
        payloads = [a.payload for a in head.args if a.op is LITERAL]
        if len(payloads) != len(head.args):
            raise statement.error(f"'{head.op.name}' is a table of constants in a program of rules.")
        name, classes = head.op.name, self.classes
        expected = 3 if name == "share" or (name == "points" and classes) else 2
        if len(payloads) != expected or (name in ("share", "order") and not classes):
            raise statement.error(f"'{name}' has {len(payloads)} entries, but {self._example(name)} was expected.")
        number = payloads[1 if name == "order" else 0]
        value = payloads[-1] if not classes or name in ("points", "share") else 0.0
        if not isinstance(number, int) or isinstance(value, str):
            raise statement.error(f"'{head}' cannot be read. Write it like {self._example(name)}.")
        output = 0
        if classes:
            label = str(payloads[0 if name == "order" else 1])
            if label not in self.labels:
                raise statement.error(f"there is no class '{label}'. There are: {', '.join(self.labels)}.")
            output = self.labels[label]
        if name == "order":
            if number != output + 1:
                raise statement.error(f"the order of the classes stays: '{label}' has the number {output + 1}.")
            return
        said = self.said[name].setdefault(number, {})
        if said.get(output, float(value)) != float(value) or (name == "says" and said and output not in said):
            raise statement.error(f"'{name}' is given twice for rule {number}. Take one of the two out.")
        said[output] = float(value)
        self.places[name, number] = statement

    def _example(self, name: str) -> str:
        """A fact of this name, as it is written."""
        if not self.classes:
            return f"{name}(1, 2.5)" if name in ("points", "says") else "no such fact for numbers"
        label = f'"{self.classes[0]}"'
        return {
            "points": f"points(1, {label}, 10)",
            "says": f"says(1, {label})",
            "share": f"share(1, {label}, 0.75)",
            "order": f"order({label}, 1)",
        }[name]


def _compares(formula: Term) -> bool:
    return formula.op.name in lang.COMPARE and lang.COMPARE[formula.op.name] is formula.op
