"""From statements to clauses: variables become slots, constants integers, and every chance its own relation of leaves."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from induce.logic import language as lang
from induce.logic.check import Statement, check_program, domain_values, names_in
from induce.logic.clauses import AggregateClause, Clause, Literal
from induce.logic.rewriting import BodyWriter
from induce.logic.symbols import Compound, Symbols
from induce.terms.arithmetic import arithmetic
from induce.terms.op import HOLE, LITERAL
from induce.terms.sort import REAL
from induce.terms.term import Term, literal

__all__ = ["Cardinality", "Lowered", "Source", "lower"]


@dataclass(frozen=True)
class Source:
    """Where the weights of one relation of leaves come from.

    Parameters
    ----------
    kind : {"weights", "net", "table", "free", "select"}
    relation : str
        Its tuples are the leaves.
    number : int
        Number of the statement; 0 for tables.
    keys : int
        The first ``keys`` columns name the random variable; the column after them, if any, its value.
    terms : tuple of Term
        Real expressions, one for each value (kind "weights").
    names : tuple of str
        Variable names of the key columns, for the expressions.
    values : tuple of int
        Constants of the value column, in the order of ``terms`` or of a net's outputs; empty for Boolean leaves.
    net : str
        Name of the net hole, or of the choice hole.
    inputs : tuple of Term
        What the net is applied to.
    complete : bool
        Whether the values are all there are; else "none of them" has the rest of the probability.
    """

    kind: str
    relation: str
    number: int
    keys: int
    terms: tuple[Term, ...] = ()
    names: tuple[str, ...] = ()
    values: tuple[int, ...] = ()
    net: str = ""
    inputs: tuple[Term, ...] = ()
    complete: bool = True

    @property
    def categorical(self) -> bool:
        """Whether its variables have several values that exclude each other."""
        return bool(self.values)


@dataclass(frozen=True)
class Cardinality:
    """Between ``low`` and ``high`` of the tuples of ``relation`` that agree on the first ``keys`` columns hold."""

    relation: str
    keys: int
    low: int
    high: int | None
    number: int


@dataclass
class Lowered:
    """A program as clauses."""

    symbols: Symbols
    clauses: list[Clause] = field(default_factory=list)
    aggregates: list[AggregateClause] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    facts: dict[str, list[tuple[int, ...]]] = field(default_factory=dict)
    constraints: list[tuple[str, int]] = field(default_factory=list)
    cardinalities: list[Cardinality] = field(default_factory=list)
    weak: list[tuple[str, Term, int]] = field(default_factory=list)
    queries: list[Term] = field(default_factory=list)
    evidence: list[Term] = field(default_factory=list)
    texts: dict[int, str] = field(default_factory=dict)
    lines: dict[int, int] = field(default_factory=dict)
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    valued: set[str] = field(default_factory=set)


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


def constant_of(value: Any) -> Any:
    """The value of a literal as the symbol table holds it."""
    return Compound("nil", ()) if value == () else value


class _Lowering:
    def __init__(self, statements: Sequence[Statement], out: Lowered, taken: frozenset[str]) -> None:
        self.out = out
        self.taken = taken
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

    # ---- rules

    def _rule(self, statement: Statement) -> None:
        head, condition = statement.term.args[0], statement.condition
        if head.sort is lang.FORMULA:
            self.atom_clause(statement, head, condition.args)
        elif head.op.name == ";":
            self._alternatives(statement, head)
        elif head.op.name == "~":
            self._neural(statement, head)
        else:
            self._choice(statement, head)

    def _alternatives(self, statement: Statement, head: Term) -> None:
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
            self.out.sources.append(Source("weights", key, number, len(single.args), terms, ()))
            for row in self.rows_of(single) or ():
                self.leaf_fact(statement, key, row)
            return
        whole = _complete(terms)
        # when the probabilities leave a rest, "none of them" is a value of its own
        values = tuple(self.out.symbols.id_of(k) for k in range(len(head.args) + (not whole))) if several else ()
        relation = f"chance@{number}/{len(names) + several}"
        self.out.sources.append(Source("weights", relation, number, len(names), terms, names, values, complete=whole))
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

    def leaf_fact(self, statement: Statement, relation: str, row: tuple[int, ...]) -> None:
        """A leaf without a body."""
        writer = self.writer(statement, [])
        self.emit(statement, writer, Literal(relation, tuple(~i for i in row)), leaf=True)

    def _neural(self, statement: Statement, head: Term) -> None:
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
        self, statement: Statement, source: Source, index: Sequence[Term], elements: Sequence[Term]
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

    def indices_of_nets(self) -> None:
        """Leaves of the nets whose index has no body: the index takes the constants that other atoms write there."""
        for source, statement, index in self.waiting:
            uses = [a for s in self.statements for a in _atoms_of(s) if lang.key_of(a) == source.relation]
            rows: set[tuple[Any, ...]] = set()
            for atom in uses:
                args = atom.args[: source.keys]
                if atom in statement.heads:
                    continue
                if not all(a.op is LITERAL for a in args):
                    raise statement.error(
                        f"which inputs '{statement.heads[0].op.name}' reads is not said: '{atom}' leaves them open. Give "
                        "them by a body, as in 'digit(I, {0..9}) ~ nn(lenet, I) :- image(I)'.",
                        source.relation,
                    )
                rows.add(tuple(a.payload for a in args))
            for row in sorted(rows, key=str):
                self._neural_leaves(statement, source, [literal(v, lang.VALUE) for v in row], ())

    def _choice(self, statement: Statement, head: Term) -> None:
        low, high, *items = head.args
        number, symbols = statement.number, self.out.symbols
        outer = tuple(n for n in names_in(statement.condition) if n.strip("_"))
        bounds = []
        for bound in (low, high):
            if bound.op is not LITERAL or not (type(bound.payload) is int or bound.payload == "inf"):
                raise statement.error(f"the bound '{bound}' of a choice must be a whole number.")
            bounds.append(None if bound.payload == "inf" else int(bound.payload))
        width = max(len(e.args[0].args) for e in items)
        element = f"element@{number}/{len(outer) + 1 + width}"
        limited = bounds != [0, None]
        pad = ~symbols.id_of("")
        for k, item in enumerate(items):
            atom, condition = item.args
            elements = [*statement.condition.args, *condition.args]
            free = f"free@{number}.{k}/{len(atom.args)}"
            self.out.sources.append(Source("free", free, number, len(atom.args)))
            self.clause(statement, lambda w: Literal(free, tuple(w.head(a) for a in atom.args)), elements, leaf=True)
            self.atom_clause(statement, atom, elements, [lambda w: Literal(free, tuple(w.head(a) for a in atom.args))])
            if limited:
                writer = self.writer(statement, elements)
                args = tuple(writer.head(a) for a in atom.args)
                writer.steps.append(Literal(lang.key_of(atom), args))
                tag = ~symbols.id_of(atom.op.name)
                columns = (*(writer.slot(n) for n in outer), tag, *args, *(pad,) * (width - len(args)))
                self.emit(statement, writer, Literal(element, columns))
        if limited:
            self.out.cardinalities.append(Cardinality(element, len(outer), bounds[0] or 0, bounds[1], number))

    def _weak(self, statement: Statement) -> None:
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

    # ---- hidden relations that a body needs

    def valued(self, statement: Statement, term: Term, others: Sequence[Term]) -> tuple[str, tuple[str, ...]]:
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

    def _valued_relations(self, terms: Iterable[Term]) -> None:
        for term in terms:
            self.out.valued |= {f"{a.op.name}/{len(a.args)}" for a in valued_atoms(term)}

    def selection(self, statement: Statement, choice: Term) -> tuple[str, tuple[int, ...]]:
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

    def either(self, statement: Statement, choice: Term, others: Sequence[Term]) -> Term:
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
        return lang.Op(f"either@{choice.name}", (lang.VALUE,) * len(names), lang.FORMULA)(
            *(lang.value_variable(n) for n in names)
        )

    def aggregate(
        self, statement: Statement, term: Term, others: Sequence[Term], place: int
    ) -> tuple[str, tuple[str, ...]]:
        """The relation ``(outer variables..., result)`` of an aggregate."""
        from induce.logic.elements import lower_aggregate

        return lower_aggregate(self, statement, term, others, place)


def valued_atoms(term: Term) -> list[Term]:
    """The weighted facts a real expression reads, as atoms: they bind its variables."""
    found: list[Term] = []
    for node in term.postorder():
        if node.sort is REAL and node.op is not lang.NUMBER and node.op.name != "at":
            if (node.args and node.args[0].sort is lang.VALUE) or (not node.args and node.op.notation.kind == "call"):
                found.append(lang.predicate(node.op.name, len(node.args))(*node.args))
    return found


def _atoms_of(statement: Statement) -> list[Term]:
    from induce.logic.check import atoms_in

    return [*statement.heads, *(a for f in statement.condition.args for a, _, _ in atoms_in(f))]


def _numbered(elements: Sequence[Term]) -> tuple[Term, ...]:
    """The body with every ``_`` of a positive atom named: each of its values is its own chance."""
    count = itertools.count(1)
    done = []
    for element in elements:
        if lang.is_atom(element) and any(lang.is_anonymous(a) for a in element.args):
            args = [lang.value_variable(f"Any{next(count)}_") if lang.is_anonymous(a) else a for a in element.args]
            element = element.op(*args)
        done.append(element)
    return tuple(done)


def _outer(element: Term) -> Term:
    from induce.logic.check import _without_aggregates

    return _without_aggregates(element) if element.op is not lang.NOT else lang.body([])


def _complete(terms: Sequence[Term]) -> bool:
    """Whether the alternatives are all there are: holes share what the numbers leave."""
    if any(t.op is not LITERAL for t in terms):
        return all(t.op is LITERAL or t.op is HOLE for t in terms) and any(t.op is HOLE for t in terms)
    return abs(sum(float(t.payload) for t in terms) - 1.0) < 1e-12
