"""Relations that bodies need and nobody wrote: valued terms, choice holes, aggregates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from induce.logic import language as lang
from induce.logic.check import Statement, names_in
from induce.logic.clauses import Literal
from induce.logic.sources import Source
from induce.logic.symbols import Compound
from induce.terms.op import HOLE, Op
from induce.terms.sort import REAL
from induce.terms.term import Term

__all__ = ["Hidden", "constant_of", "valued_atoms"]


def constant_of(value: Any) -> Any:
    """The value of a literal as the symbol table holds it."""
    return Compound("nil", ()) if value == () else value


class Hidden:
    """The part of lowering that makes hidden relations."""

    # ---- hidden relations that a body needs

    def valued(self: Any, statement: Statement, term: Term, others: Sequence[Term]) -> tuple[str, tuple[str, ...]]:
        """The leaf relation of a valued term, one leaf for each value of its variables; alike terms share it."""
        if term not in self.shared:
            names = names_in(term)
            relation = f"valued@{len(self.shared) + 1}/{len(names)}"
            self.shared[term] = (relation, names)
            self._valued_relations((term.args[0],))
            self.out.sources.append(Source("weights", relation, statement.number, len(names), (term.args[0],), names))
        relation, names = self.shared[term]
        elements = [e for e in others if e.op is not lang.VALUED and e.op is not HOLE]
        self.clause(
            statement,
            lambda w: Literal(relation, tuple(w.slot(n) for n in names)),
            [*elements, *valued_atoms(term)],
            leaf=True,
        )
        return relation, names

    def _valued_relations(self: Any, terms: Iterable[Term]) -> None:
        for term in terms:
            self.out.valued |= {f"{a.op.name}/{len(a.args)}" for a in valued_atoms(term)}

    def selection(self: Any, statement: Statement, choice: Term) -> tuple[str, tuple[int, ...]]:
        """The leaf relation of a choice hole, one leaf for each option."""
        options = choice.hole.options
        if not isinstance(options, tuple):
            raise statement.error(f"the choice '?{choice.name}' is over a grammar; rules take a list of options.")
        relation = f"select@{choice.name}/1"
        symbols = self.out.symbols
        if options[0].sort is lang.VALUE:
            values = tuple(symbols.id_of(constant_of(o.payload)) for o in options)
        else:
            values = tuple(symbols.id_of(k) for k in range(len(options)))
        if all(s.relation != relation for s in self.out.sources):
            self.out.sources.append(Source("select", relation, statement.number, 0, (choice,), (), values, choice.name))
            for value in values:
                self.leaf_fact(statement, relation, (value,))
        return relation, values

    def either(self: Any, statement: Statement, choice: Term, others: Sequence[Term]) -> Term:
        """An atom that holds when the chosen option of a formula hole holds."""
        relation, values = self.selection(statement, choice)
        names = tuple(dict.fromkeys(n for o in choice.hole.options for n in names_in(o) if n.strip("_")))
        key = f"either@{choice.name}/{len(names)}"
        if all(c.head.relation != key for c in self.out.clauses):
            for option, value in zip(choice.hole.options, values, strict=True):
                missing = [n for n in names if n not in names_in(option)]
                binders = [e for e in others if lang.is_atom(e) and set(missing) & set(names_in(e))]
                writer = self.writer(statement, [option, *binders])
                writer.steps.append(Literal(relation, (~value,)))
                self.emit(statement, writer, Literal(key, tuple(writer.slot(n) for n in names)))
        return Op(f"either@{choice.name}", (lang.VALUE,) * len(names), lang.FORMULA)(
            *(lang.value_variable(n) for n in names)
        )

    def aggregate(self: Any, statement: Statement, term: Term, others: Sequence[Term]) -> tuple[str, tuple[str, ...]]:
        """The relation ``(outer variables..., result)`` of an aggregate."""
        from induce.logic.elements import lower_aggregate

        return lower_aggregate(self, statement, term, others)


def valued_atoms(term: Term) -> list[Term]:
    """The weighted facts a real expression reads, as atoms: they bind its variables."""
    found: list[Term] = []
    for node in term.postorder():
        if node.sort is REAL and node.op is not lang.NUMBER and node.op.name != "at":
            if (node.args and node.args[0].sort is lang.VALUE) or (not node.args and node.op.notation.kind == "call"):
                found.append(lang.predicate(node.op.name, len(node.args))(*node.args))
    return found
