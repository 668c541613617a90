"""Rules in Python: the same terms as the text gives.

>>> X, Y, Z = variables("X Y Z")
>>> program(
...     0.3 @ rel.edge("a", "b"),
...     rel.path(X, Y) <= rel.edge(X, Y),
...     rel.path(X, Z) <= rel.edge(X, Y) & rel.path(Y, Z),
... )
0.3::edge(a, b).
path(X, Y) :- edge(X, Y).
path(X, Z) :- edge(X, Y), path(Y, Z).

Values are Python numbers, texts, truth values, lists, ranges and expressions over variables (``X + 1``, ``fun.point(X, 2)``).
Comparisons stand in parentheses between ``&``: ``rel.p(X) & (X < 3)``. Real numbers to be learned are
:func:`induce.terms.hole.real` holes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from induce.errors import TermError
from induce.logic import language as lang
from induce.logic.operators import (
    Body,
    Conditional,
    Formula,
    Head,
    Value,
    atom_of,
    formulas_of,
    fun,
    real_of,
    rel,
    value_of,
)
from induce.terms.arithmetic import arithmetic
from induce.terms.term import Term

__all__ = [
    "Body", "Formula", "Head", "Value", "alternatives", "average", "choose", "constraint", "count", "domain", "evidence",
    "fun", "holds", "indexed", "largest", "measured", "neural", "one_of", "product", "program", "query", "rel", "relation", "rule",
    "sigmoid", "smallest", "soft", "statement", "total", "variables", "weighted",
]  # fmt: skip


def variables(names: str) -> tuple[Value, ...]:
    """Variables by their names, which begin with a capital letter or ``_``.

    >>> X, Y = variables("X Y")
    >>> X + 1 < Y
    X + 1 < Y
    """
    found = []
    for name in names.replace(",", " ").split():
        if not (name.lstrip("_")[:1].isupper() or not name.strip("_")) or not name.isidentifier():
            raise TermError(
                f"'{name}' is no variable of a rule. Begin it with a capital letter, such as '{name.capitalize()}'."
            )
        found.append(Value(lang.value_variable(name)))
    return tuple(found)


def weighted(probability: Any, atom: Any) -> Head:
    """An atom that holds with a probability; also written ``0.3 @ rel.rain()``.

    Parameters
    ----------
    probability : float, Value or Term
        A number, a variable of the body, or a real expression such as ``hole.real("p")``.
    atom : Formula
    """
    return Head(lang.alternatives([lang.WEIGHTED(real_of(probability), atom_of(atom, "weighted"))]))


def alternatives(items: Mapping[Any, Any] | Iterable[tuple[Any, Any]]) -> Head:
    """An annotated disjunction, ``{atom: probability, ...}`` or pairs of these.

    >>> alternatives({rel.heads(): 0.5, rel.tails(): 0.5}) <= rel.tossed()
    0.5::heads ; 0.5::tails :- tossed.
    """
    pairs = items.items() if isinstance(items, Mapping) else items
    return Head(lang.alternatives([lang.WEIGHTED(real_of(p), atom_of(a, "alternatives")) for a, p in pairs]))


def choose(*items: Any, exactly: int | None = None, at_least: int = 0, at_most: int | None = None) -> Head:
    """A choice of atoms, with bounds on how many hold.

    Parameters
    ----------
    *items : Formula
        Atoms, or ``rel.pick(X).where(rel.item(X))``.
    exactly, at_least, at_most : int, optional

    >>> X, = variables("X")
    >>> statement(choose(rel.pick(X).where(rel.item(X)), exactly=1))
    { pick(X) : item(X) } = 1.
    """
    elements = []
    for item in items:
        given = item if isinstance(item, Conditional) else Conditional(atom_of(item, "choose"), ())
        elements.append(lang.CONDITION(given.atom, lang.body(given.formulas)))
    low = at_least if exactly is None else exactly
    high: Any = at_most if exactly is None else exactly
    return Head(lang.choice(elements, lang.constant(low), lang.constant("inf" if high is None else high)))


def neural(atom: Any, network: str, *inputs: Any) -> Head:
    """An atom that a network decides; its last argument may be the domain of the network's outputs.

    >>> I, = variables("I")
    >>> statement(neural(rel.digit(I, range(10)), "lenet", I))
    digit(I, 0..9) ~ nn(lenet, I).
    """
    from induce.logic.domains import domain_values

    term = atom_of(atom, "neural")
    domains = [a for a in term.args if a.op.name in ("domain", "..")]
    net = lang.net_hole(network, domain_values(domains[-1]) if domains else ())
    return Head(lang.NEURAL(term, lang.network(net, [value_of(i) for i in inputs])))


# -------------------------------------------------------------------- aggregates


def _aggregated(name: str, items: Sequence[Any], where: Any) -> Value:
    return Value(lang.aggregate(name, [lang.element([value_of(i) for i in items], lang.body(formulas_of(where)))]))


def count(*items: Any, where: Any) -> Value:
    """How many different tuples of the items satisfy the condition.

    >>> N, X = variables("N X")
    >>> rel.size(N) <= (N == count(X, where=rel.item(X)))
    size(N) :- N = #count{ X : item(X) }.
    """
    return _aggregated("#count", items, where)


def total(*items: Any, where: Any) -> Value:
    """The sum of the first item over the different tuples that satisfy the condition."""
    return _aggregated("#sum", items, where)


def product(*items: Any, where: Any) -> Value:
    """The product of the first item over the different tuples that satisfy the condition."""
    return _aggregated("#prod", items, where)


def smallest(*items: Any, where: Any) -> Value:
    """The least first item."""
    return _aggregated("#min", items, where)


def largest(*items: Any, where: Any) -> Value:
    """The greatest first item."""
    return _aggregated("#max", items, where)


def average(*items: Any, where: Any) -> Value:
    """The mean of the first item over the different tuples that satisfy the condition."""
    return _aggregated("#mean", items, where)


# -------------------------------------------------------------------- real expressions and holes


def measured(name: str, *arguments: Any) -> Term:
    """The real value that a fact carries, given by ``program.facts(name, table, value=...)``."""
    return lang.valued_relation(name, [value_of(a) for a in arguments])


def sigmoid(expression: Any) -> Term:
    """``sigmoid(...)`` of a real expression."""
    return arithmetic["sigmoid"](real_of(expression))


def holds(expression: Any) -> Formula:
    """A body element that holds with the probability that a real expression gives.

    >>> from induce.terms import hole
    >>> X, = variables("X")
    >>> rel.close(X) <= holds(sigmoid(hole.real("k") * (measured("dist", X) - hole.real("t"))))
    close(X) :- sigmoid(?k * (dist(X) - ?t)).
    """
    return Formula((lang.VALUED(real_of(expression)),))


def one_of(name: str, *options: Any) -> Any:
    """A choice hole: one of several atoms or values, to be learned."""
    from induce.terms import hole

    if all(isinstance(o, Formula) for o in options):
        return Formula((hole.choice([o.atom for o in options], name=name),))
    return Value(hole.choice([value_of(o) for o in options], name=name))


def indexed(real: Term, *arguments: Any) -> Term:
    """A real hole with one value for each value of its arguments: ``?w(X)``."""
    return lang.indexed(real, [value_of(a) for a in arguments])


# -------------------------------------------------------------------- statements


def rule(head: Any, *conditions: Any) -> Term:
    """A rule or, without conditions, a fact; ``head <= condition`` is the same."""
    term = head.atom if isinstance(head, Formula) else head.term if isinstance(head, Head) else head
    return lang.statement_rule(term, lang.body(formulas_of(*conditions)))


def constraint(*conditions: Any) -> Term:
    """What must not hold together: the text ``:- conditions``."""
    return lang.CONSTRAINT(lang.body(formulas_of(*conditions)))


def soft(*conditions: Any, weight: Any = 1.0, level: int = 0, terms: Sequence[Any] = ()) -> Term:
    """What should not hold together, at a cost: ``:~ conditions. [weight@level, terms]``."""
    return lang.weak(
        lang.body(formulas_of(*conditions)), real_of(weight), value_of(level), [value_of(t) for t in terms]
    )


def query(*conditions: Any) -> Term:
    """What is asked: the text ``?- conditions``."""
    return lang.QUERY(lang.body(formulas_of(*conditions)))


def evidence(atom: Any, truth: bool = True) -> Term:
    """What was observed: the text ``evidence(atom)`` or ``evidence(not atom)``."""
    (formula,) = formulas_of(atom)
    return lang.EVIDENCE(lang.body([formula if truth else lang.NOT(formula)]))


def domain(name: str, values: Any) -> Term:
    """The values of a sort: the text ``#domain name = {...}``."""
    return lang.declaration(
        "#domain", lang.constant(name), value_of(values if isinstance(values, range) else set(values))
    )


def relation(name: str, **columns: str) -> Term:
    """The columns of a relation and their sorts: the text ``#relation edge(source: node, target: node)``."""
    made = [lang.functor("column", 2)(lang.constant(c), lang.constant(s)) for c, s in columns.items()]
    return lang.declaration("#relation", lang.constant(name), *made)


def statement(given: Any) -> Term:
    """A statement from anything that is one: a rule, an atom (a fact), alternatives, a choice."""
    if isinstance(given, Term) and given.sort is lang.STATEMENT:
        return given
    if isinstance(given, Head) or (isinstance(given, Formula) and lang.is_atom(given.atom)):
        return rule(given)
    raise TermError(f"{given!r} is no statement. Write a rule 'head <= body', a fact rel.p(1), or constraint(...).")


def program(*statements: Any) -> Term:
    """A program of the statements, in order; :class:`~induce.logic.program.LogicProgram` takes it.

    >>> program(rel.bird("tweety"), constraint(rel.bird("rock")))
    bird(tweety).
    :- bird(rock).
    """
    return lang.program([statement(s) for s in statements])
