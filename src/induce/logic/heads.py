"""Heads of rules as clauses: alternatives, networks, choices, soft constraints."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from induce.logic import language as lang
from induce.logic.check import Statement, atoms_in, names_in, outer_names, without_aggregates
from induce.logic.clauses import Literal
from induce.logic.domains import domain_values
from induce.logic.rewriting import BodyWriter
from induce.logic.sources import Cardinality, Source
from induce.logic.symbols import PADDING
from induce.terms.arithmetic import arithmetic
from induce.terms.op import HOLE, LITERAL
from induce.terms.term import Term, literal

__all__ = ["Heads"]


def atoms_of(relation: str, atom: Term) -> Callable[[BodyWriter], Literal]:
    """Makes the literal of a relation with an atom's arguments."""
    return lambda writer: Literal(relation, tuple(writer.head(a) for a in atom.args))


class Heads:
    """The part of lowering that reads heads."""

    # ---- rules

    def _rule(self: Any, statement: Statement) -> None:
        head, condition = statement.term.args[0], statement.condition
        if head.sort is lang.FORMULA:
            self.atom_clause(statement, head, condition.args)
        elif head.op.name == ";":
            self._alternatives(statement, head)
        elif head.op.name == "~":
            self._neural(statement, head)
        else:
            self._choice(statement, head)

    def _alternatives(self: Any, statement: Statement, head: Term) -> None:
        """``w1::h1 ; w2::h2 :- body``: one variable for each binding of the rule's variables."""
        elements, number = _numbered(statement.condition.args), statement.number
        names = tuple(dict.fromkeys(n for e in elements for n in names_in(_outer(e)) if n.strip("_")))
        several = len(head.args) > 1
        terms = tuple(a.args[0] for a in head.args)
        self._valued_relations(terms)
        single = head.args[0].args[1]
        key = lang.key_of(single)
        alone = self.heads[key] == 1 and key not in self.taken
        if not several and not elements and alone and self.rows_of(single) is not None:
            self.out.sources.append(Source("weights", key, number, len(single.args), terms, (), labels=(str(single),)))
            for row in self.rows_of(single) or ():
                self.leaf_fact(statement, key, row)
            return
        whole = _complete(terms)
        # when the probabilities leave a rest, "none of them" is a value of its own
        values = tuple(self.out.symbols.id_of(k) for k in range(len(head.args) + (not whole))) if several else ()
        relation = f"chance@{number}/{len(names) + several}"
        self.out.sources.append(
            Source(
                "weights",
                relation,
                number,
                len(names),
                terms,
                names,
                values,
                complete=whole,
                labels=(*(str(a.args[1]) for a in head.args), "none of them"),
            )
        )
        for k, alternative in enumerate(head.args):
            value = (~values[k],) if several else ()
            self.clause(
                statement,
                lambda w, value=value: Literal(relation, (*(w.slot(n) for n in names), *value)),
                elements,
                leaf=True,
            )
            self.atom_clause(
                statement,
                alternative.args[1],
                elements,
                [lambda w, value=value: Literal(relation, (*(w.slot(n) for n in names), *value))],
            )
        for value in values[len(head.args) :]:
            self.clause(
                statement,
                lambda w, value=value: Literal(relation, (*(w.slot(n) for n in names), ~value)),
                elements,
                leaf=True,
            )

    def leaf_fact(self: Any, statement: Statement, relation: str, row: tuple[int, ...]) -> None:
        """A leaf without a body."""
        writer = self.writer(statement, [])
        self.emit(statement, writer, Literal(relation, tuple(~i for i in row)), leaf=True)

    def _neural(self: Any, statement: Statement, head: Term) -> None:
        atom, network = head.args
        places = [k for k, a in enumerate(atom.args) if a.op.name in ("domain", "..")]
        if len(places) > 1 or (places and places[0] != len(atom.args) - 1):
            raise statement.error(
                "a neural head has one domain, as its last argument: 'digit(I, {0..9}) ~ nn(lenet, I)'.",
                lang.key_of(atom),
            )
        domain = domain_values(atom.args[-1]) if places else []
        if places and not domain:
            raise statement.error(
                f"the domain '{atom.args[-1]}' of '{atom.op.name}' is not finite. List its values, as in {{0..9}}.",
                lang.key_of(atom),
            )
        symbols, key = self.out.symbols, lang.key_of(atom)
        values = tuple(symbols.id_of(v) for v in domain)
        index = atom.args[: len(atom.args) - len(places)]
        names = tuple(a.payload if a.is_variable else "" for a in index)
        source = Source(
            "net", key, statement.number, len(index), (), names, values, network.args[0].name, network.args[1:]
        )
        self.out.sources.append(source)
        if not statement.condition.args and any(a.is_variable for a in index):
            self.waiting.append((source, statement, index))
            return
        self._neural_leaves(statement, source, index, statement.condition.args)

    def _neural_leaves(
        self: Any, statement: Statement, source: Source, index: Sequence[Term], elements: Sequence[Term]
    ) -> None:
        if source.values:
            hidden = f"domain@{statement.number}/1"
            self.out.facts[hidden] = [(v,) for v in source.values]
        writer = self.writer(statement, elements)
        args = [writer.head(a) for a in index]
        if source.values:
            slot = writer.fresh()
            writer.steps.append(Literal(hidden, (slot,)))
            args.append(slot)
        self.emit(statement, writer, Literal(source.relation, tuple(args)), leaf=True)

    def indices_of_nets(self: Any) -> None:
        """Leaves of the nets whose index has no body: the index takes the constants that other atoms write there."""
        for source, statement, _ in self.waiting:
            uses = [a for s in self.statements for a in _atoms_of(s) if lang.key_of(a) == source.relation]
            rows: set[tuple[Any, ...]] = set()
            for atom in uses:
                args = atom.args[: source.keys]
                if atom in statement.heads:
                    continue
                if not all(a.op is LITERAL for a in args):
                    raise statement.error(
                        f"which inputs '{statement.heads[0].op.name}' reads is not said: '{atom}' leaves them open. Give "
                        "them by a body, as in 'digit(I, {0..9}) ~ nn(lenet, I) :- image(I)'; or, if the last argument is what the "
                        "network answers, give hole.net(module, over=range(10)).",
                        source.relation,
                    )
                rows.add(tuple(a.payload for a in args))
            for row in sorted(rows, key=str):
                self._neural_leaves(statement, source, [literal(v, lang.VALUE) for v in row], ())

    def _choice(self: Any, statement: Statement, head: Term) -> None:
        low, high, *items = head.args
        number, symbols = statement.number, self.out.symbols
        outer = outer_names(statement.condition.args)
        bounds = []
        for bound in (low, high):
            if bound.op is not LITERAL or not (type(bound.payload) is int or bound.payload == "inf"):
                raise statement.error(f"the bound '{bound}' of a choice must be a whole number.")
            bounds.append(None if bound.payload == "inf" else int(bound.payload))
        width = max(len(e.args[0].args) for e in items)
        element = f"element@{number}/{len(outer) + 1 + width}"
        limited = bounds != [0, None]
        pad = ~symbols.id_of(PADDING)
        for k, item in enumerate(items):
            atom, condition = item.args
            elements = [*statement.condition.args, *condition.args]
            atom, ranges = _without_ranges(atom)
            elements += ranges
            free = f"free@{number}.{k}/{len(atom.args)}"
            self.out.sources.append(Source("free", free, number, len(atom.args), net=atom.op.name))
            self.clause(statement, atoms_of(free, atom), elements, leaf=True)
            self.atom_clause(statement, atom, elements, [atoms_of(free, atom)])
            if limited:
                writer = self.writer(statement, elements)
                args = tuple(writer.head(a) for a in atom.args)
                writer.steps.append(Literal(lang.key_of(atom), args))
                tag = ~symbols.id_of(atom.op.name)
                columns = (*(writer.slot(n) for n in outer), tag, *args, *(pad,) * (width - len(args)))
                self.emit(statement, writer, Literal(element, columns))
        if limited:
            group = f"choosing@{number}/{len(outer)}"
            self.clause(statement, lambda w: Literal(group, tuple(w.slot(n) for n in outer)), statement.condition.args)
            self.out.cardinalities.append(Cardinality(element, group, len(outer), bounds[0] or 0, bounds[1], number))

    def _weak(self: Any, statement: Statement) -> None:
        """A soft constraint: a world in which it is violated counts ``exp(-weight)`` times as much.

        A leaf that agrees with the violation in every world carries the factor: ``sigmoid(-weight)`` against the rest is
        ``exp(-weight)`` against 1.
        """
        condition, weight, level, *terms = statement.term.args
        if self.out.weak and self.out.weak[0][1].args[2] is not level:
            raise statement.error(
                f"level {level} of this weak constraint differs from level {self.out.weak[0][1].args[2]} of another; one "
                "level is supported. Give the more important one a larger weight."
            )
        number = statement.number
        names = tuple(dict.fromkeys(n for t in (*terms, weight) for n in names_in(t) if n.strip("_")))
        broken, soft = f"weak@{number}/{len(names)}", f"soft@{number}/{len(names)}"
        self._valued_relations((weight,))
        for relation, leaf in ((broken, False), (soft, True)):
            self.clause(
                statement,
                lambda w, relation=relation: Literal(relation, tuple(w.slot(n) for n in names)),
                condition.args,
                leaf=leaf,
            )
        cost = arithmetic["sigmoid"](arithmetic["neg"](weight))
        self.out.sources.append(Source("weights", soft, number, len(names), (cost,), names))
        for k, (held, missing) in enumerate(((broken, soft), (soft, broken))):
            writer = self.writer(statement, [])
            slots = tuple(writer.fresh() for _ in names)
            writer.steps += [Literal(held, slots), Literal(missing, slots, True)]
            self.emit(statement, writer, Literal(f"mismatch@{number}.{k}/0", ()))
            self.out.constraints.append((f"mismatch@{number}.{k}/0", number))
        self.out.weak.append((broken, statement.term, number))


def _atoms_of(statement: Statement) -> list[Term]:
    return [*statement.heads, *(a for f in statement.condition.args for a, _, _ in atoms_in(f))]


def _without_ranges(atom: Term) -> tuple[Term, list[Term]]:
    """The atom with a variable in place of every ``1..3``, and what the variables run over."""
    arguments, conditions = [], []
    for k, arg in enumerate(atom.args):
        if arg.op.name == ".." and arg.op in lang.VALUE_OPS.values():
            variable = lang.value_variable(f"Range{k}_")
            conditions.append(lang.COMPARE["="](variable, arg))
            arg = variable
        arguments.append(arg)
    return (atom.op(*arguments) if conditions else atom), conditions


def _numbered(elements: Sequence[Term]) -> tuple[Term, ...]:
    """The body with every ``_`` of a positive atom named, also inside terms: each of its values is its own chance."""
    count = itertools.count(1)

    def named(term: Term) -> Term:
        if lang.is_anonymous(term):
            return lang.value_variable(f"Any{next(count)}_")
        if not any(lang.is_anonymous(node) for node in term.postorder()):
            return term
        return term.op(*(named(a) for a in term.args))

    return tuple(named(e) if lang.is_atom(e) else e for e in elements)


def _outer(element: Term) -> Term:
    return without_aggregates(element) if element.op is not lang.NOT else lang.body([])


def _complete(terms: Sequence[Term]) -> bool:
    """Whether the alternatives are all there are: holes share what the numbers leave."""
    if any(t.op is not LITERAL for t in terms):
        return all(t.op is LITERAL or t.op is HOLE for t in terms) and any(t.op is HOLE for t in terms)
    return abs(sum(float(t.payload) for t in terms) - 1.0) < 1e-12
