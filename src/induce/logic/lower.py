"""From statements to clauses: variables become slots, constants integers, and every chance its own relation of leaves."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from induce.logic import language as lang
from induce.logic.check import Statement, check_program
from induce.logic.clauses import Clause, Literal
from induce.logic.domains import domain_values
from induce.logic.elements import own_names
from induce.logic.heads import Heads
from induce.logic.hidden import Hidden, constant_of
from induce.logic.rewriting import BodyWriter
from induce.logic.sources import Cardinality, Lowered, Source
from induce.logic.symbols import Symbols
from induce.terms.op import LITERAL
from induce.terms.term import Term

__all__ = ["Cardinality", "Lowered", "Source", "lower"]


def lower(
    statements: Sequence[Statement], symbols: Symbols, *, strict: bool = True, taken: frozenset[str] = frozenset()
) -> Lowered:
    """Clauses, sources of leaves, constraints and queries of a checked program.

    Parameters
    ----------
    statements : sequence of Statement
    symbols : Symbols
        Grows by the constants of the program.
    strict : bool
        Refuse variables that occur only under a negation.
    taken : set of relation
        Relations that also have tables of facts.

    Raises
    ------
    RuleError
        If the program has a mistake; see :func:`induce.logic.check.check_program`.
    """
    check_program(statements, strict=strict)
    lowering = _Lowering(statements, Lowered(symbols), taken)
    for statement in statements:
        lowering.statement(statement)
    lowering.indices_of_nets()
    return lowering.out


class _Lowering(Heads, Hidden):
    def __init__(self, statements: Sequence[Statement], out: Lowered, taken: frozenset[str]) -> None:
        self.out = out
        self.taken = taken
        self.aggregated: dict[Any, tuple[str, tuple[str, ...]]] = {}
        self.statements = statements
        self.heads: dict[str, int] = {}
        for statement in statements:
            for head in statement.heads:
                self.heads[lang.key_of(head)] = self.heads.get(lang.key_of(head), 0) + 1
        self.shared: dict[Term, tuple[str, tuple[str, ...]]] = {}
        self.waiting: list[tuple[Source, Statement, tuple[Term, ...]]] = []

    def statement(self, statement: Statement) -> None:
        term, number = statement.term, statement.number
        self.out.texts[number] = str(term)
        self.out.lines[number] = statement.place.line if statement.place else 0
        statement = own_names(statement)
        term = statement.term
        name = term.op.name
        if name == "?-":
            self.out.queries.append(term.args[0])
        elif name == "evidence":
            self.out.evidence.append(term.args[0])
        elif name == "#relation":
            key = f"{term.args[0].payload}/{len(term.args) - 1}"
            self.out.columns[key] = tuple(str(c.args[0].payload) for c in term.args[1:])
        elif name == ":~":
            self._weak(statement)
        elif name == ":-" and len(term.args) == 1:
            relation = f"constraint@{number}/0"
            self.clause(statement, lambda w: Literal(relation, ()), statement.condition.args)
            self.out.constraints.append((relation, number))
        elif name == ":-":
            self._rule(statement)

    # ---- clauses

    def writer(self, statement: Statement, elements: Sequence[Term]) -> BodyWriter:
        """The body of a clause, with its hidden relations made on the way."""
        writer = BodyWriter(self.out.symbols, statement, self)
        writer.add(elements)
        return writer

    def clause(self, statement: Statement, head: Any, elements: Sequence[Term], *, leaf: bool = False) -> None:
        """Add ``head :- elements``; ``head`` makes a literal from the writer of the body."""
        writer = self.writer(statement, elements)
        self.emit(statement, writer, head(writer), leaf=leaf)

    def emit(self, statement: Statement, writer: BodyWriter, head: Literal, *, leaf: bool = False) -> None:
        """Add the clause whose body a writer holds."""
        number = statement.number
        self.out.clauses.append(
            Clause(
                head, tuple(writer.steps), writer.slots, number, self.out.texts[number], self.out.lines[number], leaf
            )
        )

    def atom_clause(
        self, statement: Statement, atom: Term, elements: Sequence[Term], extra: Sequence[Any] = ()
    ) -> None:
        """Add a clause for an atom of the language; a constant fact becomes a row of a table."""
        key = lang.key_of(atom)
        if not elements and not extra:
            rows = self.rows_of(atom)
            if rows is not None:
                self.out.facts.setdefault(key, []).extend(rows)
                return
        writer = self.writer(statement, elements)
        for make in extra:
            writer.steps.append(make(writer))
        self.emit(statement, writer, Literal(key, tuple(writer.head(a) for a in atom.args)))

    def rows_of(self, atom: Term) -> list[tuple[int, ...]] | None:
        """The tuples of a fact with constants, ranges and domains; None if it needs computing."""
        columns: list[list[int]] = []
        for arg in atom.args:
            if arg.op is LITERAL:
                columns.append([self.out.symbols.id_of(constant_of(arg.payload))])
            elif arg.op.name in ("..", "domain") and domain_values(arg):
                columns.append([self.out.symbols.id_of(v) for v in domain_values(arg)])
            else:
                return None
        return list(itertools.product(*columns))
