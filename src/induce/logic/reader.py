"""From parse trees to terms: what each expression means in its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from induce.errors import did_you_mean
from induce.logic import language as lang
from induce.logic.domains import domain_values
from induce.logic.quoting import unquoted
from induce.terms import hole
from induce.terms.arithmetic import arithmetic
from induce.terms.sort import REAL
from induce.terms.term import Term, literal

if TYPE_CHECKING:
    from induce.logic.parse import Place

__all__ = ["Fault", "Reader"]

_SPELLINGS = {"==": "=", "=<": "<=", "=:=": "=", "=\\=": "!=", "\\=": "!=", "\\==": "!=", "is": "="}


class Fault(Exception):
    """A mistake at a place; becomes a ParseError where the text is known."""

    def __init__(self, node: Any, message: str) -> None:
        super().__init__(message)
        meta = getattr(node, "meta", node)
        self.line = getattr(meta, "line", 1) or 1
        self.column = getattr(meta, "column", 1) or 1


class Reader:
    """Reads one statement."""

    def __init__(
        self,
        defined: set[str],
        place: Place,
        names: Mapping[str, Term],
        bare_variables: bool,
        fresh: Iterator[str] | None = None,
    ) -> None:
        self.fresh = fresh
        self.defined = defined
        self.place = place
        self.names = names
        self.bare_variables = bare_variables

    # ---- statements

    def statement(self, node: Any) -> list[Term]:
        """The terms of one statement (``query(...)`` of a conjunction stays one)."""
        return [getattr(self, f"_{node.data}")(node)]

    def _rule(self, node: Any) -> Term:
        head, condition = node.children
        nodes = [head] if head.data == "counted" else head.children
        return lang.statement_rule(self._head(nodes), self.body(condition))

    def _constraint(self, node: Any) -> Term:
        return lang.CONSTRAINT(self.body(node.children[0]))

    def _weak(self, node: Any) -> Term:
        condition, weight, level, *terms = node.children
        read = [self.value(t) for t in terms if t is not None]
        return lang.weak(
            self.body(condition), self.real(weight), self.value(level) if level is not None else lang.constant(0), read
        )

    def _query(self, node: Any) -> Term:
        return lang.QUERY(self.body(node.children[0]))

    def _evidence(self, node: Any) -> Term:
        formula, truth = node.children
        read = self.formula(formula)
        if truth is not None:
            if str(truth) not in ("true", "false"):
                raise Fault(truth, f"evidence is 'true' or 'false', but got '{truth}'.")
            read = lang.NOT(read) if str(truth) == "false" else read
        return lang.EVIDENCE(lang.body([read]))

    def _domain(self, node: Any) -> Term:
        word, name, domain = node.children
        if str(word) != "#domain":
            raise Fault(word, f"unknown word '{word}'. Known: #domain name = {{a, b}}., #relation edge(from: name).")
        return lang.declaration("#domain", lang.constant(str(name)), self.value(domain))

    def _relation(self, node: Any) -> Term:
        word, name, *columns = node.children
        if str(word) != "#relation":
            raise Fault(word, f"unknown word '{word}'. Known: #domain name = {{a, b}}., #relation edge(from: name).")
        read = []
        for column in columns:
            title, sort = column.children
            read.append(lang.atom("column", str(title) if title is not None else str(sort), str(sort)))
        sorts = [lang.functor("column", 2)(*c.args) for c in read]
        return lang.declaration("#relation", lang.constant(str(name)), *sorts)

    # ---- heads

    def _head(self, nodes: list[Any]) -> Term:
        if len(nodes) == 1 and nodes[0].data == "choice":
            low, elements, high = nodes[0].children
            return self._choice(low, [part.children for part in elements.children], high)
        if len(nodes) == 1 and nodes[0].data == "counted":
            return self._choice(None, self._single(nodes[0].children[0]), nodes[0].children[1])
        if len(nodes) == 1 and nodes[0].data == "braces":
            return self._choice(None, self._single(nodes[0]), None)
        if len(nodes) == 1 and nodes[0].data == "neural":
            return self._neural(nodes[0])
        if len(nodes) == 1 and nodes[0].data != "weighted":
            return self.atom(nodes[0], "the head of a rule")
        read = []
        for node in nodes:
            if node.data != "weighted":
                raise Fault(
                    node,
                    "a head with ';' needs a probability before each alternative, as in '0.4::a ; 0.6::b'. "
                    "For a free choice write '{ a ; b } = 1'.",
                )
            weight, formula = node.children
            read.append(lang.WEIGHTED(self.real(weight), self.atom(formula, "an alternative")))
        return lang.alternatives(read)

    def _neural(self, node: Any) -> Term:
        formula, call = node.children
        if call.data != "call" or str(call.children[0]) != "nn" or not call.children[1].children:
            raise Fault(call, "after '~' a network is expected, as in 'digit(I, {0..9}) ~ nn(name, I)'.")
        name, *inputs = call.children[1].children
        if name.data not in ("name", "variable"):
            raise Fault(name, "the first argument of nn is the network's name, as in 'nn(lenet, I)'.")
        read = self.atom(formula, "a neural head")
        domain: tuple[Any, ...] = ()
        for arg in read.args:
            if arg.op.name == "domain" or arg.op.name == "..":
                domain = tuple(domain_values(arg))
        net = lang.net_hole(str(name.children[0]), domain)
        return lang.NEURAL(read, lang.network(net, [self.value(i) for i in inputs]))

    @staticmethod
    def _single(node: Any) -> list[tuple[Any, Any]]:
        """The element of ``{ a }``, which is read as a set."""
        if len(node.children) > 1:
            raise Fault(node.children[1], "the atoms of a choice are separated by ';', as in '{ a ; b } = 1'.")
        return [(node.children[0], None)]

    def _choice(self, low: Any, elements: Sequence[Sequence[Any]], high: Any) -> Term:
        lowest: Term = lang.constant(0)
        highest: Term = lang.constant("inf")
        if low is not None:
            lowest = self.value(low.children[0])
        if high is not None:
            *word, value = high.children
            sign = _SPELLINGS.get(_text(word[0]), _text(word[0])) if word else "<="
            if sign not in ("=", "<=", ">="):
                raise Fault(high, f"a choice is bounded by '=', '<=' or '>=', but got '{sign}'.")
            bound = self.value(value)
            lowest = bound if sign in ("=", ">=") else lowest
            highest = bound if sign in ("=", "<=") else highest
        read = []
        for formula, condition in elements:
            read.append(lang.CONDITION(self.atom(formula, "a choice"), self.body(condition)))
        return lang.choice(read, lowest, highest)

    # ---- bodies

    def body(self, node: Any) -> Term:
        """A conjunction; of nothing for None."""
        return lang.body([] if node is None else [self.formula(child) for child in node.children])

    def formula(self, node: Any) -> Term:
        """One element of a body."""
        if node.data == "negation":
            return lang.NOT(self.atom(node.children[0], "a negation"))
        if node.data == "comparison":
            left, sign, right = node.children
            word = _text(sign)
            word = _SPELLINGS.get(word, word)
            return lang.COMPARE[word](self.value(left), self.value(right))
        if node.data == "group":
            return self.formula(node.children[0])
        if node.data == "choice_hole":
            return self._choice_hole(node, lambda option: self.atom(option, "an option"))
        if node.data in ("name", "call") and not self._is_real_function(node):
            return self.atom(node, "a body")
        if node.data in ("variable", "integer", "text", "listing", "empty_list", "braces", "aggregate", "span"):
            raise Fault(node, f"'{self.value(node)}' is a value, but an atom or a comparison was expected in a body.")
        return lang.VALUED(self.real(node))

    def _is_real_function(self, node: Any) -> bool:
        if node.data != "call":
            return False
        name, arguments = node.children
        return str(name) in lang.REAL_FUNCTIONS and f"{name}/{len(arguments.children)}" not in self.defined

    def atom(self, node: Any, where: str) -> Term:
        """An atom."""
        if node.data == "group":
            return self.atom(node.children[0], where)
        if node.data not in ("name", "call"):
            if node.data == "comparison":
                raise Fault(
                    node, f"a comparison cannot stand in {where}. Write the opposite comparison, or a relation."
                )
            if node.data in ("choice", "neural", "weighted"):
                raise Fault(node, f"a {node.data} head cannot stand in {where}. Give it a statement of its own.")
            shown = self.value(node)
            hint = " A relation's name begins with a lower-case letter." if node.data == "variable" else ""
            raise Fault(node, f"'{shown}' is no atom, but one was expected in {where}.{hint}")
        name = str(node.children[0])
        if name == "true":
            raise Fault(node, "'true' holds anyway. Leave it out.")
        try:
            args = [self.value(a) for a in node.children[1].children] if node.data == "call" else []
        except Fault as fault:
            # what cannot stand in a relation may be meant for a function of real numbers
            hint = did_you_mean(name, lang.REAL_FUNCTIONS)
            if not hint:
                raise
            raise Fault(node, f"{fault} '{name}' is read as a relation.{hint}") from None
        self._note(f"{name}/{len(args)}", node)
        return lang.predicate(name, len(args))(*args)

    def _note(self, name: str, node: Any) -> None:
        self.place.names.setdefault(name, (node.meta.line, node.meta.column))

    # ---- values

    def value(self, node: Any) -> Term:
        """An expression where a value is expected."""
        reader: Callable[[Any], Term] | None = getattr(self, f"_value_{node.data}", None)
        if reader is None:
            raise Fault(node, f"a {node.data.replace('_', ' ')} cannot stand where a value is expected.")
        return reader(node)

    def _value_integer(self, node: Any) -> Term:
        return literal(int(node.children[0]), lang.VALUE)

    def _value_decimal(self, node: Any) -> Term:
        return literal(float(node.children[0]), lang.VALUE)

    def _value_text(self, node: Any) -> Term:
        try:
            return literal(unquoted(str(node.children[0])), lang.VALUE)
        except ValueError as problem:
            raise Fault(node, str(problem)) from None

    def _value_name(self, node: Any) -> Term:
        name = str(node.children[0])
        if name in ("true", "false"):
            return literal(name == "true", lang.VALUE)
        if self.bare_variables:
            self._note(name, node)
            return lang.value_variable(name)
        return literal(name, lang.VALUE)

    def _value_variable(self, node: Any) -> Term:
        name = str(node.children[0])
        self._note(name, node)
        return lang.value_variable(name)

    def _value_group(self, node: Any) -> Term:
        return self.value(node.children[0])

    def _value_binary(self, node: Any) -> Term:
        left, sign, right = node.children
        name = {"\\": "mod", "^": "**"}.get(str(sign), str(sign))
        return lang.VALUE_OPS[name](self.value(left), self.value(right))

    def _value_span(self, node: Any) -> Term:
        return lang.VALUE_OPS[".."](*(self.value(c) for c in node.children))

    def _value_negative(self, node: Any) -> Term:
        inner = self.value(node.children[1])
        if lang.is_constant(inner) and type(inner.payload) in (int, float) and node.children[1].data != "group":
            return literal(-inner.payload, lang.VALUE)
        return lang.VALUE_OPS["neg"](inner)

    def _value_call(self, node: Any) -> Term:
        name, arguments = str(node.children[0]), [self.value(a) for a in node.children[1].children]
        op = lang.CALLED.get(name)
        if op is not None and op.arity == len(arguments):
            return op(*arguments)
        return lang.functor(name, len(arguments))(*arguments)

    def _value_empty_list(self, node: Any) -> Term:
        return lang.NIL

    def _value_listing(self, node: Any) -> Term:
        items, tail = node.children
        return lang.listing([self.value(i) for i in items.children], None if tail is None else self.value(tail))

    def _value_braces(self, node: Any) -> Term:
        return lang.values("domain", [self.value(c) for c in node.children])

    def _value_aggregate(self, node: Any) -> Term:
        name, parts = node.children
        read = []
        for part in parts.children if parts is not None else ():
            *items, condition = part.children
            read.append(lang.element([self.value(i) for i in items], self.body(condition)))
        if not read:
            raise Fault(node, f"'{name}' has no elements. Write for example {name}{{ D, I : digit(I, D) }}.")
        return lang.aggregate(str(name), read)

    def _value_choice_hole(self, node: Any) -> Term:
        return self._choice_hole(node, self.value)

    # ---- real expressions

    def real(self, node: Any) -> Term:
        """An expression where a real number is expected: a weight, or a valued term."""
        data = node.data
        if data in ("integer", "decimal"):
            return literal(float(node.children[0]), REAL)
        if data == "group":
            return self.real(node.children[0])
        if data == "variable":
            inner = self.value(node)
            if inner.payload == "_":
                raise Fault(node, "'_' has no number. Write '?' for a learnable one.")
            return lang.NUMBER(inner)
        if data == "negative":
            inner = self.real(node.children[1])
            if inner.is_literal and node.children[1].data != "group":
                return literal(-inner.payload, REAL)
            return arithmetic["neg"](inner)
        if data == "binary":
            left, sign, right = node.children
            name = "^" if str(sign) in ("**", "^") else str(sign)
            if name not in ("+", "-", "*", "/", "^"):
                raise Fault(sign, f"'{sign}' works on values, not inside a real expression. Use + - * / **.")
            return arithmetic[name](self.real(left), self.real(right))
        if data == "call":
            return self._real_call(node)
        if data in ("real_hole", "indexed_hole", "attributed_hole"):
            return self._hole(node)
        if data == "name":
            return lang.valued_relation(str(node.children[0]), [])
        raise Fault(
            node, f"a {data.replace('_', ' ')} cannot stand in a real expression. Use numbers, holes and + - * /."
        )

    def _real_call(self, node: Any) -> Term:
        name, arguments = str(node.children[0]), node.children[1].children
        if name == "t" and len(arguments) == 1:  # ProbLog's learnable probability
            return self._learnable(arguments[0])
        if name in arithmetic and f"{name}/{len(arguments)}" not in self.defined:
            return arithmetic[name](*(self.real(a) for a in arguments))
        self._note(f"{name}/{len(arguments)}", node)
        return lang.valued_relation(name, [self.value(a) for a in arguments])

    def _learnable(self, node: Any) -> Term:
        if node.data == "variable":
            return hole.real(self._hole_name(""))
        start = self.real(node)
        if not start.is_literal:
            raise Fault(node, "t(...) takes a first guess such as t(0.5), or t(_).")
        return hole.real(self._hole_name(""), start=start.payload, within=(0.0, 1.0))

    def _hole_name(self, written: str) -> str:
        """The name of a hole; one without a name gets the next free ``h1, h2, ...`` of the program."""
        return written or next(self.fresh or iter("h"))

    def _hole(self, node: Any) -> Term:
        name = self._hole_name(str(node.children[0])[1:])
        if node.data == "real_hole":
            return hole.real(name)
        if node.data == "indexed_hole":
            return lang.indexed(hole.real(name), [self.value(a) for a in node.children[1].children])
        given: dict[str, float] = {}
        for attribute in node.children[1:]:
            key, value = attribute.children
            read = self.real(value)
            if str(key) not in ("start", "low", "high") or not read.is_literal:
                raise Fault(attribute, f"a hole has the attributes start, low and high, each a number; got '{key}'.")
            given[str(key)] = read.payload
        bounds = (given.get("low", -float("inf")), given.get("high", float("inf")))
        return hole.real(name, start=given.get("start"), within=bounds)

    def _choice_hole(self, node: Any, read: Callable[[Any], Term]) -> Term:
        name = self._hole_name(str(node.children[0])[1:])
        return hole.choice([read(option) for option in node.children[1:]], name=name)


def _text(node: Any) -> str:
    """The word of a token, or of a rule that holds one."""
    return str(node.children[0]) if hasattr(node, "children") else str(node)
