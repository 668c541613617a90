"""Python's operators on parts of rules: what :mod:`induce.logic.build` is made of."""

from __future__ import annotations

from typing import Any, NoReturn

from induce.errors import TermError
from induce.logic import language as lang
from induce.terms.sort import REAL
from induce.terms.term import Term, literal

__all__ = [
    "Body",
    "Conditional",
    "Formula",
    "Head",
    "Value",
    "atom_of",
    "formulas_of",
    "fun",
    "real_of",
    "rel",
    "value_of",
]


class _Wrapper:
    """A term with the operators of its kind."""

    __slots__ = ("term",)

    def __init__(self, term: Term) -> None:
        self.term = term

    def __repr__(self) -> str:
        return str(self.term)

    def __hash__(self) -> int:
        return hash(self.term)

    def __bool__(self) -> bool:
        raise TermError(
            f"'{self}' is part of a rule and has no truth value here. Join with '&', negate with '~', and write "
            "'(X < Y) & (Y < Z)' for 'X < Y < Z'."
        )


class Value(_Wrapper):
    """A value of a rule: a variable, or an expression over variables."""

    __slots__ = ()

    def _with(self, name: str, other: Any, swapped: bool = False) -> Value:
        pair = (value_of(other), self.term) if swapped else (self.term, value_of(other))
        return Value(lang.VALUE_OPS[name](*pair))

    def __add__(self, other: Any) -> Value:
        return self._with("+", other)

    def __radd__(self, other: Any) -> Value:
        return self._with("+", other, True)

    def __sub__(self, other: Any) -> Value:
        return self._with("-", other)

    def __rsub__(self, other: Any) -> Value:
        return self._with("-", other, True)

    def __mul__(self, other: Any) -> Value:
        return self._with("*", other)

    def __rmul__(self, other: Any) -> Value:
        return self._with("*", other, True)

    def __truediv__(self, other: Any) -> Value:
        return self._with("/", other)

    def __rtruediv__(self, other: Any) -> Value:
        return self._with("/", other, True)

    def __floordiv__(self, other: Any) -> Value:
        return self._with("//", other)

    def __mod__(self, other: Any) -> Value:
        return self._with("mod", other)

    def __pow__(self, other: Any) -> Value:
        return self._with("**", other)

    def __rpow__(self, other: Any) -> Value:
        return self._with("**", other, True)

    def __neg__(self) -> Value:
        return Value(lang.VALUE_OPS["neg"](self.term))

    def __abs__(self) -> Value:
        return Value(lang.VALUE_OPS["abs"](self.term))

    def _compared(self, name: str, other: Any) -> Body:
        return Body((lang.COMPARE[name](self.term, value_of(other)),))

    def __lt__(self, other: Any) -> Body:
        return self._compared("<", other)

    def __le__(self, other: Any) -> Body:
        return self._compared("<=", other)

    def __gt__(self, other: Any) -> Body:
        return self._compared(">", other)

    def __ge__(self, other: Any) -> Body:
        return self._compared(">=", other)

    def __eq__(self, other: object) -> Body:  # type: ignore[override]
        return self._compared("=", other)

    def __ne__(self, other: object) -> Body:  # type: ignore[override]
        return self._compared("!=", other)

    __hash__ = _Wrapper.__hash__


class Body:
    """A conjunction of formulas."""

    __slots__ = ("formulas",)

    def __init__(self, formulas: tuple[Term, ...]) -> None:
        self.formulas = formulas

    @property
    def term(self) -> Term:
        """The conjunction as a term."""
        return lang.body(self.formulas)

    def __and__(self, other: Any) -> Body:
        return Body((*self.formulas, *formulas_of(other)))

    def __rand__(self, other: Any) -> Body:
        return Body((*formulas_of(other), *self.formulas))

    def __invert__(self) -> NoReturn:
        raise TermError(f"'not' stands before one atom, but got '{self}'. Write the opposite comparison, or name it.")

    def __repr__(self) -> str:
        return str(self.term)

    __bool__ = _Wrapper.__bool__

    def _wrong(self, other: Any) -> NoReturn:
        raise TermError(
            f"'{self}' is compared with {other!r}. Put the comparison in parentheses: 'rel.p(X) & (X < 3)'."
        )

    __lt__ = __gt__ = __ge__ = __le__ = _wrong


class Head(_Wrapper):
    """What a rule may have on its left besides an atom: alternatives, a choice, a network."""

    __slots__ = ()

    def __le__(self, condition: Any) -> Term:
        return lang.statement_rule(self.term, lang.body(formulas_of(condition)))


class Formula(Body):
    """An atom, with ``<=`` for rules, ``~`` for negation, ``@`` for a probability and :meth:`where` for conditions."""

    __slots__ = ()

    @property
    def atom(self) -> Term:
        """The atom as a term."""
        return self.formulas[0]

    def __le__(self, condition: Any) -> Term:  # type: ignore[override]
        if self.atom.op is lang.NOT:
            raise TermError(f"'{self}' cannot be the head of a rule. Give its opposite a name of its own.")
        return lang.statement_rule(self.atom, lang.body(formulas_of(condition)))

    def __invert__(self) -> Formula:  # type: ignore[override]
        if self.atom.op is lang.NOT:
            raise TermError(f"'{self}' is negated already. Write the atom itself.")
        return Formula((lang.NOT(self.atom),))

    def __rmatmul__(self, weight: Any) -> Head:
        return Head(lang.alternatives([lang.WEIGHTED(real_of(weight), atom_of(self, "weighted"))]))

    def where(self, *conditions: Any) -> Conditional:
        """The atom under a condition, as an element of :func:`choose`."""
        return Conditional(self.atom, formulas_of(*conditions))


class Conditional:
    """An atom and the condition under which it can be chosen."""

    __slots__ = ("atom", "formulas")

    def __init__(self, atom: Term, formulas: tuple[Term, ...]) -> None:
        self.atom, self.formulas = atom, formulas


class _Relations:
    """Relations by attribute: ``rel.edge(X, Y)``."""

    __slots__ = ()

    def __getattr__(self, name: str) -> _Relation:
        if name.startswith("__"):
            raise AttributeError(f"'{name}' is no relation.")
        return _Relation(name)

    __getitem__ = __getattr__


class _Relation:
    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, *arguments: Any) -> Formula:
        return Formula((lang.predicate(self.name, len(arguments))(*map(value_of, arguments)),))


class _Functions:
    """Structured values and functions of values by attribute: ``fun.point(X, 2)``, ``fun.max(X, Y)``."""

    __slots__ = ()

    def __getattr__(self, name: str) -> _Function:
        if name.startswith("__"):
            raise AttributeError(f"'{name}' is no function.")
        return _Function(name)


class _Function:
    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, *arguments: Any) -> Value:
        op = lang.CALLED.get(self.name)
        given = [value_of(a) for a in arguments]
        return Value(
            op(*given) if op is not None and op.arity == len(given) else lang.functor(self.name, len(given))(*given)
        )


rel = _Relations()
"""Atoms: ``rel.edge("a", X)``."""
fun = _Functions()
"""Structured values: ``fun.point(X, 2)``; and the functions ``abs``, ``min``, ``max``, ``length``, ``concat``, ..."""


def value_of(given: Any) -> Term:
    """A value as a term."""
    if isinstance(given, Value):
        return given.term
    if isinstance(given, Body):
        raise TermError(
            f"'{given}' is a formula, but a value was expected. For a structured value write fun.name(...)."
        )
    if isinstance(given, Term):
        if given.sort is not lang.VALUE:
            raise TermError(f"'{given}' has sort {given.sort}, but a value of a rule was expected.")
        return given
    if isinstance(given, range):
        if given.step != 1 or not len(given):
            return lang.values("domain", [lang.constant(v) for v in given])
        return lang.VALUE_OPS[".."](lang.constant(given[0]), lang.constant(given[-1]))
    if isinstance(given, list):
        return lang.listing([value_of(v) for v in given])
    if isinstance(given, set | frozenset):
        return lang.values("domain", [value_of(v) for v in sorted(given, key=str)])
    return lang.constant(given)


def formulas_of(*given: Any) -> tuple[Term, ...]:
    """The formulas of conditions, in order."""
    found: list[Term] = []
    for part in given:
        if isinstance(part, Body):
            found += part.formulas
        elif isinstance(part, Term) and part.sort is lang.BODY:
            found += part.args
        elif isinstance(part, Term) and part.sort is lang.FORMULA:
            found.append(part)
        elif isinstance(part, list | tuple):
            found += formulas_of(*part)
        else:
            raise TermError(
                f"{part!r} is no condition. Write atoms such as rel.p(X), comparisons such as (X < 3), or holds(...)."
            )
    return tuple(found)


def atom_of(given: Any, where: str) -> Term:
    """An atom as a term."""
    term = given.atom if isinstance(given, Formula) else given
    if not isinstance(term, Term) or not lang.is_atom(term):
        raise TermError(f"{given!r} is no atom, but one was expected in {where}. Write rel.name(...).")
    return term


def real_of(given: Any) -> Term:
    """A real expression as a term."""
    if isinstance(given, Value):
        return lang.NUMBER(given.term)
    if isinstance(given, Term):
        return given
    return literal(float(given), REAL)
