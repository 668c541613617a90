"""Op: one operator of a language: its signature, how it is written, and the laws it obeys.

An Op holds data only. What it *means* is registered by (op, algebra) in ``induce.algebras``.
"""

from __future__ import annotations

import threading
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

from induce.errors import OpError, TermError
from induce.terms.sort import Sort, arrow, unify_sorts

if TYPE_CHECKING:
    from induce.terms.term import Term

__all__ = ["APPLY", "BOUND", "HOLE", "LAMBDA", "LAWS", "LITERAL", "VARIABLE", "Notation", "Op"]

LAWS = frozenset({"commutative", "associative", "idempotent", "involutive", "odd", "even", "increasing", "decreasing"})
"""Laws an operator may declare; the normal form, enumeration and the tests read them."""

_TABLE: dict[tuple[object, ...], Op] = {}
_LOCK = threading.RLock()


@dataclass(frozen=True)
class Notation:
    """How an operator is written.

    Parameters
    ----------
    kind : {"call", "infix", "prefix", "postfix", "constant", "special"}
        ``call`` writes ``name(x, y)``, ``constant`` a bare name.
    symbol : str
        What is written; ``+`` or ``sin``.
    precedence : int
        Higher binds tighter; ``+`` 10, ``*`` 20, prefix ``-`` 30, ``^`` 40, calls and atoms 100.
    associativity : {"left", "right", "none"}
        Which side needs no parentheses at equal precedence.
    latex, python : str or None
        Templates with ``{0}``, ``{1}`` for the arguments; None derives one from the symbol.
    sympy : str or None
        Name of the SymPy class or function; None if SymPy has no such thing.
    """

    kind: str = "call"
    symbol: str = ""
    precedence: int = 100
    associativity: str = "left"
    latex: str | None = None
    python: str | None = None
    sympy: str | None = None


@dataclass(frozen=True, eq=False)
class Op:
    """One operator: name, sorts, notation, laws. Interned by all its fields, so ``is`` is equality.

    Calling an Op makes a Term; Python numbers become literals of the expected sort.

    Parameters
    ----------
    name : str
        Unique within a language.
    arguments : tuple of Sort
        One per argument; sort variables are allowed.
    result : Sort
        Sort of the term it makes.
    notation : Notation
        How it is written.
    laws : frozenset of str
        Members of ``LAWS``.
    identity : float, bool or None
        ``e`` with ``op(x, e) = x`` (and ``op(e, x) = x`` when commutative).
    inverse : str or None
        Name of the operator that undoes this one (``exp`` and ``log``, ``+`` and ``-``).
    cost : float
        Weight of one occurrence in the complexity of a term.

    >>> from induce.terms import arithmetic
    >>> arithmetic["+"](arithmetic.variable("x"), 1)
    x + 1
    """

    name: str
    arguments: tuple[Sort, ...]
    result: Sort
    notation: Notation = Notation()
    laws: frozenset[str] = frozenset()
    identity: float | bool | None = None
    inverse: str | None = None
    cost: float = 1.0

    def __new__(
        cls,
        name: str,
        arguments: tuple[Sort, ...],
        result: Sort,
        notation: Notation = Notation(),
        laws: frozenset[str] = frozenset(),
        identity: float | bool | None = None,
        inverse: str | None = None,
        cost: float = 1.0,
    ) -> Op:
        key = (name, arguments, result, notation, laws, type(identity), identity, inverse, cost)
        with _LOCK:
            found = _TABLE.get(key)
            if found is None:
                unknown = sorted(set(laws) - LAWS)
                if unknown:
                    raise OpError(f"operator '{name}' declares an unknown law '{unknown[0]}'. Known: {sorted(LAWS)}.")
                found = _TABLE[key] = object.__new__(cls)
        return found

    def __reduce__(self) -> tuple[object, ...]:
        return (
            Op,
            (
                self.name,
                self.arguments,
                self.result,
                self.notation,
                self.laws,
                self.identity,
                self.inverse,
                self.cost,
            ),
        )

    def __copy__(self) -> Op:
        return self

    def __deepcopy__(self, memo: object) -> Op:
        return self

    @property
    def arity(self) -> int:
        """Number of arguments."""
        return len(self.arguments)

    @property
    def commutative(self) -> bool:
        """Whether the arguments may be swapped without changing the value."""
        return "commutative" in self.laws

    @property
    def sort(self) -> Sort:
        """The operator's own sort as an arrow, ``real -> real -> real``."""
        return arrow(*self.arguments, self.result)

    def check(self, args: tuple[Term, ...]) -> Sort:
        """The sort of ``op(*args)``.

        Raises
        ------
        TermError
            If the number of arguments or one of their sorts is wrong.
        """
        if len(args) != len(self.arguments):
            plural = "" if len(self.arguments) == 1 else "s"
            raise TermError(
                f"'{self.name}' takes {len(self.arguments)} argument{plural} but got {len(args)}. "
                f"Its signature is {self.signature}."
            )
        mapping: dict[Sort, Sort] = {}
        for number, (expected, arg) in enumerate(zip(self.arguments, args, strict=True), 1):
            actual = arg.sort
            if actual is expected:
                continue
            if not (expected.has_variables or actual.has_variables) or not unify_sorts(expected, actual, mapping):
                wanted = expected.substitute(mapping)
                raise TermError(
                    f"argument {number} of '{self.name}' has sort {actual}, but {wanted} was expected. "
                    f"Its signature is {self.signature}."
                )
        return self.result.substitute(mapping)

    @property
    def signature(self) -> str:
        """The declaration as text: ``sin(real) -> real``."""
        return f"{self.name}({', '.join(str(a) for a in self.arguments)}) -> {self.result}"

    def __call__(self, *args: object) -> Term:
        from induce.terms.term import Term, literal

        if len(args) != len(self.arguments):
            self.check(tuple(args))  # type: ignore[arg-type]  # raises about the number of arguments first
        terms = tuple(
            arg if isinstance(arg, Term) else literal(arg, None if expected.has_variables else expected)
            for arg, expected in zip(args, self.arguments, strict=True)
        )
        return Term(self, terms)

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"Op({self.signature!r})"

    def to_dict(self) -> dict[str, object]:
        """The declaration as plain JSON values; :meth:`from_dict` reads it back."""
        note = dict(zip(Notation.__dataclass_fields__, astuple(self.notation), strict=True))
        return {
            "name": self.name,
            "arguments": [str(a) for a in self.arguments],
            "result": str(self.result),
            "notation": note,
            "laws": sorted(self.laws),
            "identity": self.identity,
            "inverse": self.inverse,
            "cost": self.cost,
        }

    @staticmethod
    def from_dict(data: dict[str, object]) -> Op:
        """Rebuild an operator from :meth:`to_dict`."""
        from induce.terms.sort import parse_sort

        arguments = tuple(parse_sort(str(a)) for a in data["arguments"])  # type: ignore[attr-defined]
        return Op(
            str(data["name"]),
            arguments,
            parse_sort(str(data["result"])),
            Notation(**data["notation"]),  # type: ignore[arg-type]
            frozenset(data["laws"]),  # type: ignore[arg-type,call-overload]
            data["identity"],  # type: ignore[arg-type]
            data["inverse"],  # type: ignore[arg-type]
            float(data["cost"]),  # type: ignore[arg-type]
        )


_ANY = Sort("a")
_SPECIAL = Notation(kind="special")

LITERAL = Op("literal", (), _ANY, _SPECIAL)
"""A value written down; the payload is the value."""
VARIABLE = Op("variable", (), _ANY, _SPECIAL)
"""A free variable (a column, an input); the payload is its name."""
BOUND = Op("bound", (), _ANY, _SPECIAL)
"""A variable bound by a lambda; the payload is the de Bruijn index (0 = innermost)."""
HOLE = Op("hole", (), _ANY, _SPECIAL)
"""A place to be filled; the payload is a ``Hole``."""
LAMBDA = Op("lambda", (Sort("b"),), Sort("->", (_ANY, Sort("b"))), _SPECIAL)
"""A function; the payload is the sort of its parameter, the argument is the body."""
APPLY = Op("apply", (Sort("->", (_ANY, Sort("b"))), _ANY), Sort("b"), _SPECIAL)
"""A function applied to one argument."""
