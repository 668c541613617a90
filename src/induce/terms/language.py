"""Language: sorts, operators and the way they are written; the same class serves every room."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from induce.errors import OpError, did_you_mean
from induce.terms.op import Notation, Op
from induce.terms.overloads import OVERLOADS
from induce.terms.sort import Sort, parse_sort
from induce.terms.term import Term, literal, variable

__all__ = ["Language"]


class Language:
    """What may be written: operators over sorts, with one surface syntax.

    A language ships sealed; ``extend`` makes another one with more operators. Terms do not belong to a language: the
    same operator in two languages makes the same term.

    Parameters
    ----------
    name : str
    ops : iterable of Op
    default : Sort
        Sort of an undeclared variable, and of number literals when it is ``real``.
    aliases : mapping
        Other spellings of operators, such as ``ln`` for ``log``.
    overload : mapping
        Python operator (``+``, ``neg``) to operator name, for terms of the default sort.

    >>> from induce.terms import arithmetic
    >>> arithmetic.parse("sin(x)^2 + 1").size
    6
    """

    def __init__(
        self,
        name: str,
        ops: Iterable[Op],
        *,
        default: Sort,
        aliases: Mapping[str, str] | None = None,
        overload: Mapping[str, str] | None = None,
        sealed: bool = False,
    ) -> None:
        self.name = name
        self.ops: dict[str, Op] = {}
        self.default = default
        self.aliases = dict(aliases or {})
        for op in ops:
            self._add(op)
        for symbol, op_name in (overload or {}).items():
            OVERLOADS[symbol, default] = self.ops[op_name]
        self.sealed = sealed
        self._parser: Any = None

    def _add(self, op: Op) -> None:
        if not isinstance(op, Op):
            hint = "Wrap it: primitive(function)." if callable(op) else "Give an Op, such as one of declare(...)."
            raise OpError(f"an operator of language '{self.name}' is {op!r}, but an Op was expected. {hint}")
        if op.name in self.ops and self.ops[op.name] is not op:
            raise OpError(f"language '{self.name}' already has another operator '{op.name}'. Choose another name.")
        self.ops[op.name] = op

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_parser": None}

    def __getitem__(self, name: str) -> Op:
        """The operator called ``name`` (or an alias of it)."""
        found = self.ops.get(self.aliases.get(name, name))
        if found is None:
            raise self.unknown(name)
        return found

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.aliases.get(name, name) in self.ops

    def __iter__(self) -> Iterator[Op]:
        return iter(self.ops.values())

    def __len__(self) -> int:
        return len(self.ops)

    def __repr__(self) -> str:
        return f"Language({self.name!r}, {' '.join(self.ops)})"

    def unknown(self, name: str) -> OpError:
        """The error for an operator that is not here."""
        hint = did_you_mean(name, [*self.ops, *self.aliases])
        return OpError(f"unknown operator '{name}'.{hint} This language has: {' '.join(self.ops)}.")

    def operators(self, text: str | Iterable[str]) -> tuple[Op, ...]:
        """The operators named in ``text``, separated by spaces or commas, without repeats.

        Raises
        ------
        OpError
            For a name the language does not have, or an empty text.

        >>> from induce.terms import arithmetic
        >>> [op.name for op in arithmetic.operators("+ sin, ln")]
        ['+', 'sin', 'log']
        """
        if not isinstance(text, Iterable):
            raise OpError(f"operators must be text such as '+ * sin', but got {text!r}. Separate the names by spaces.")
        names = [n for n in re.split(r"[\s,]+", text) if n] if isinstance(text, str) else list(text)
        found = tuple(dict.fromkeys(self[n] for n in names))
        if not found:
            raise OpError(f"no operators given. Name at least one of: {' '.join(self.ops)}.")
        return found

    def variable(self, name: str, sort: Sort | None = None) -> Term:
        """A free variable, of the language's default sort unless said otherwise."""
        return variable(name, sort or self.default)

    def literal(self, value: Any, sort: Sort | None = None) -> Term:
        """A value written down, of the language's default sort unless said otherwise."""
        return literal(value, sort or self.default)

    def parse(self, text: str, *, variables: Iterable[str] | None = None, **names: Sort | Term) -> Term:
        """Read a term.

        Parameters
        ----------
        text : str
            In the language's surface syntax, or as an s-expression.
        variables : iterable of str, optional
            The only names allowed as variables; any name is by default.
        **names : Sort or Term
            What a name stands for: a variable of that sort, or that term.

        Raises
        ------
        ParseError
            With line, column and, for a misspelt name, the nearest one.
        """
        from induce.terms.parse import parse

        return parse(self, text, variables=variables, names=names)

    def op(
        self,
        signature: str,
        *,
        show: Notation | None = None,
        laws: Iterable[str] = (),
        identity: float | bool | None = None,
        inverse: str | None = None,
        cost: float = 1.0,
    ) -> Op:
        """Declare an operator: ``language.op("clip(real, real) -> real")``.

        Raises
        ------
        OpError
            If the language is sealed (all shipped ones are: extend them), or the declaration cannot be read.
        """
        if self.sealed:
            raise OpError(
                f"language '{self.name}' is sealed, so '{signature}' cannot be added to it. "
                f"Make your own first: {self.name}.extend('mine')."
            )
        made = declare(signature, show=show, laws=laws, identity=identity, inverse=inverse, cost=cost)
        self._add(made)
        self._parser = None
        return made

    def extend(self, name: str, ops: Iterable[Op] = (), *, aliases: Mapping[str, str] | None = None) -> Language:
        """Another, unsealed language: these operators and ``ops``."""
        return Language(
            name, [*self.ops.values(), *ops], default=self.default, aliases={**self.aliases, **(aliases or {})}
        )

    def to_dict(self) -> dict[str, object]:
        """The definition as plain JSON values; :meth:`from_dict` reads it back."""
        return {
            "name": self.name,
            "default": str(self.default),
            "aliases": dict(self.aliases),
            "ops": [op.to_dict() for op in self],
        }

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Language:
        """Rebuild a language from :meth:`to_dict`."""
        ops = [Op.from_dict(entry) for entry in data["ops"]]
        return Language(str(data["name"]), ops, default=parse_sort(data["default"]), aliases=data["aliases"])


_SIGNATURE = re.compile(r"\s*([^\s(]+)\s*\((.*)\)\s*->\s*(.+?)\s*$", re.DOTALL)


def declare(
    signature: str,
    *,
    show: Notation | None = None,
    laws: Iterable[str] = (),
    identity: float | bool | None = None,
    inverse: str | None = None,
    cost: float = 1.0,
) -> Op:
    """An operator from its signature as text.

    >>> declare("hypotenuse(real, real) -> real", laws=["commutative"]).arity
    2
    """
    match = _SIGNATURE.match(signature)
    if match is None:
        raise OpError(f"cannot read the signature '{signature}'. Write it as 'name(real, real) -> real'.")
    name, inside, result = match.groups()
    arguments: tuple[Sort, ...] = ()
    if inside.strip():
        # one sort text "f(a, b)" reads the whole list, so commas inside parentheses are handled by the sort parser
        arguments = parse_sort(f"arguments({inside})").args
    notation = show or Notation("call" if arguments else "constant", name)
    return Op(name, arguments, parse_sort(result), notation, frozenset(laws), identity, inverse, cost)
