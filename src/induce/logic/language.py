"""The language of rules: facts, rules, probabilities, choices, constraints, networks; every statement is a Term.

Text is read by :func:`induce.logic.parse.parse_program` and written by :mod:`induce.logic.show`; the same terms are built
in Python by :mod:`induce.logic.build`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

from induce.errors import TermError
from induce.terms import hole as holes
from induce.terms.arithmetic import arithmetic
from induce.terms.language import Language
from induce.terms.op import HOLE, LITERAL, VARIABLE, Notation, Op
from induce.terms.sort import REAL, Sort
from induce.terms.term import Term, literal, variable

__all__ = [
    "BODY",
    "FORMULA",
    "HEAD",
    "PROGRAM",
    "STATEMENT",
    "VALUE",
    "RuleLanguage",
    "atom",
    "body",
    "constant",
    "functor",
    "predicate",
    "program",
    "rules",
    "value_variable",
]

VALUE = Sort("value")
"""What an argument of a relation is: a number, a text, a truth value or a structured term."""
FORMULA = Sort("formula")
"""What holds or not: an atom, a comparison, a negation, a valued term."""
BODY = Sort("body")
HEAD = Sort("head")
STATEMENT = Sort("statement")
PROGRAM = Sort("program")
ELEMENT = Sort("element")
NETWORK = Sort("network")
ALTERNATIVE = Sort("alternative")

COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
AGGREGATES = ("#count", "#sum", "#prod", "#min", "#max", "#mean")
REAL_FUNCTIONS = frozenset(
    op.name for op in arithmetic if op.notation.kind == "call" and op.name not in ("min", "max", "abs")
)
"""Functions that make a body element a valued term, such as ``sigmoid``; ``min``, ``max``, ``abs`` are on values too."""

_INFIX = {"..": 5, "+": 10, "-": 10, "*": 20, "/": 20, "//": 20, "mod": 20, "**": 40}
_SIDES = {"**": "right", "..": "none"}
VALUE_OPS: dict[str, Op] = {
    name: Op(name, (VALUE, VALUE), VALUE, Notation("infix", name, level, _SIDES.get(name, "left")))
    for name, level in _INFIX.items()
}
VALUE_OPS |= {name: Op(name, (VALUE, VALUE), VALUE) for name in ("min", "max", "concat")}
VALUE_OPS |= {name: Op(name, (VALUE,), VALUE) for name in ("abs", "length", "lower", "upper")}
VALUE_OPS["substring"] = Op("substring", (VALUE, VALUE, VALUE), VALUE)
VALUE_OPS["neg"] = Op("neg", (VALUE,), VALUE, Notation("prefix", "-", 30, "right"))
CALLED = {name: op for name, op in VALUE_OPS.items() if op.notation.kind == "call"}
"""Functions of values that are written as calls."""

COMPARE = {name: Op(name, (VALUE, VALUE), FORMULA, Notation("infix", name, 3, "none")) for name in COMPARISONS}
NOT = Op("not", (FORMULA,), FORMULA, Notation("prefix", "not", 2, "right"))
VALUED = Op("valued", (REAL,), FORMULA)
"""A body element that holds with a probability given by an expression."""
NUMBER = Op("number", (VALUE,), REAL)
"""The number that a variable stands for, inside a real expression."""
RULE = Op(":-", (FORMULA, BODY), STATEMENT)
HEADED_RULE = Op(":-", (HEAD, BODY), STATEMENT)
CONSTRAINT = Op(":-", (BODY,), STATEMENT)
QUERY = Op("?-", (BODY,), STATEMENT)
EVIDENCE = Op("evidence", (BODY,), STATEMENT)
WEIGHTED = Op("::", (REAL, FORMULA), ALTERNATIVE)
NEURAL = Op("~", (FORMULA, NETWORK), HEAD)
CONDITION = Op(":", (FORMULA, BODY), ELEMENT)
NIL = literal((), VALUE)
"""The empty list."""

RESERVED = frozenset({"false", "is", "mod", "not", "true"})
"""Words that cannot name a relation."""
_NAME = re.compile(r"[^\W\d][\w]*")


def predicate(name: str, arity: int) -> Op:
    """The operator that makes atoms of a relation.

    >>> predicate("edge", 2)(constant("a"), value_variable("X"))
    edge(a, X)
    """
    if name in RESERVED:
        raise TermError(f"'{name}' is a word of the language and cannot name a relation. Try '{name}_'.")
    if not _NAME.fullmatch(name):
        raise TermError(f"'{name}' is no name of a relation. Use letters, digits and '_', such as 'path'.")
    return Op(name, (VALUE,) * arity, FORMULA, Notation("call" if arity else "constant", name))


def functor(name: str, arity: int) -> Op:
    """The operator that makes structured values, such as ``point(1, 2)``."""
    return Op(name, (VALUE,) * arity, VALUE, Notation("call", name))


def constant(value: Any) -> Term:
    """A constant: int, float, bool or text; a Term passes through.

    >>> constant(5) is constant("5")
    False
    """
    if isinstance(value, Term):
        return value
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        raise TermError(
            f"{value!r} cannot be a constant of a rule: it has no place in an order. Use a text, or leave it out."
        )
    if not isinstance(value, bool | int | float | str):
        raise TermError(f"{value!r} cannot be a constant of a rule. Use a number, a text or a truth value.")
    return literal(value, VALUE)


def value_variable(name: str) -> Term:
    """A variable of a rule; ``_`` stands for anything."""
    return variable(name, VALUE)


def atom(name: str, *arguments: Any) -> Term:
    """A relation applied to constants, variables and structured values."""
    return predicate(name, len(arguments))(*(constant(a) for a in arguments))


def body(elements: Sequence[Term]) -> Term:
    """The conjunction of formulas; of none: true."""
    return Op(",", (FORMULA,) * len(elements), BODY)(*elements)


def values(kind: str, items: Sequence[Term], result: Sort = VALUE) -> Term:
    """A sequence of values: a ``tuple`` (in aggregates), a ``domain`` (of a network)."""
    return Op(kind, (VALUE,) * len(items), result)(*items)


def alternatives(items: Sequence[Term]) -> Term:
    """An annotated disjunction: one of several heads, each with its probability."""
    return Op(";", (ALTERNATIVE,) * len(items), HEAD)(*items)


def choice(items: Sequence[Term], low: Term, high: Term) -> Term:
    """A choice head ``low <= { a : b ; ... } <= high``."""
    return Op("choice", (VALUE, VALUE, *(ELEMENT,) * len(items)), HEAD)(low, high, *items)


def network(net: Term, inputs: Sequence[Term]) -> Term:
    """A net hole applied to the names of its inputs."""
    return Op("nn", (REAL, *(VALUE,) * len(inputs)), NETWORK)(net, *inputs)


def aggregate(name: str, elements: Sequence[Term]) -> Term:
    """``#sum{ tuple : body ; ... }`` and its like, a value."""
    return Op(name, (ELEMENT,) * len(elements), VALUE)(*elements)


def element(items: Sequence[Term], condition: Term) -> Term:
    """One element ``v1, v2 : body`` of an aggregate."""
    return Op(":", (Sort("tuple"), BODY), ELEMENT)(values("tuple", items, Sort("tuple")), condition)


def weak(condition: Term, weight: Term, level: Term, terms: Sequence[Term]) -> Term:
    """A weak constraint ``:~ body. [weight@level, terms]``."""
    return Op(":~", (BODY, REAL, VALUE, *(VALUE,) * len(terms)), STATEMENT)(condition, weight, level, *terms)


def valued_relation(name: str, arguments: Sequence[Term]) -> Term:
    """The real value that a weighted fact carries, inside a real expression."""
    return Op(name, (VALUE,) * len(arguments), REAL, Notation("call", name))(*arguments)


def indexed(real: Term, arguments: Sequence[Term]) -> Term:
    """A real hole with one value for each value of its arguments: ``?w(X)``."""
    return Op("at", (REAL, *(VALUE,) * len(arguments)), REAL)(real, *arguments)


def listing(items: Sequence[Term], tail: Term | None = None) -> Term:
    """The list of the items, ``cons(first, cons(second, ...))``."""
    built = NIL if tail is None else tail
    for item in reversed(items):
        built = functor("cons", 2)(item, built)
    return built


def declaration(kind: str, *arguments: Term) -> Term:
    """A ``#domain`` or ``#relation`` statement."""
    return Op(kind, (VALUE,) * len(arguments), STATEMENT)(*arguments)


def statement_rule(head: Term, condition: Term) -> Term:
    """A rule with any kind of head."""
    return (RULE if head.sort is FORMULA else HEADED_RULE)(head, condition)


def program(statements: Iterable[Term]) -> Term:
    """A program: its statements in order."""
    items = tuple(statements)
    return Op("program", (STATEMENT,) * len(items), PROGRAM)(*items)


def is_atom(term: Term) -> bool:
    """Whether a formula is a relation applied to values (no comparison, negation or valued term)."""
    return (
        term.sort is FORMULA
        and term.op not in (HOLE, NOT, VALUED, VARIABLE)
        and COMPARE.get(term.op.name) is not term.op
    )


def key_of(formula: Term) -> str:
    """Name and arity of an atom's relation, ``edge/2``."""
    return f"{formula.op.name}/{len(formula.args)}"


def is_anonymous(term: Term) -> bool:
    """Whether a term is a variable that stands for anything."""
    return term.op is VARIABLE and not term.payload.strip("_")


def is_constant(term: Term) -> bool:
    """Whether a value is written down."""
    return term.op is LITERAL


def net_hole(name: str, domain: Sequence[Any]) -> Term:
    """A hole for a network that a holder supplies by name; a distribution over ``domain``, or Boolean without one."""
    return Term(HOLE, (), holes.Hole("net", name, REAL, domain=tuple(domain)), REAL)


class RuleLanguage(Language):
    """The language of rules. ``parse`` reads a whole program.

    >>> rules.parse("path(X, Y) :- edge(X, Y).").sort
    Sort('program')
    """

    def parse(self, text: str, *, variables: Iterable[str] | None = None, **names: Sort | Term) -> Term:
        """Read a program; ``names`` give the options of holes that text cannot hold (nets, grammars)."""
        from induce.logic.parse import parse_program

        given = {name: term for name, term in names.items() if isinstance(term, Term)}
        return parse_program(text, names=given).term


rules = RuleLanguage(
    "rules",
    [*VALUE_OPS.values(), *COMPARE.values(), NOT],
    default=VALUE,
    sealed=True,
)
"""Rules over relations: Datalog with probabilities, choices, constraints, aggregates and networks."""
