"""Sorts: what kind of value a term stands for.

A sort is a base name (``real``, ``bool``), a constructor applied to sorts (``list(real)``), an arrow
(``real -> bool``), a tensor with named dimensions (``real[batch, 3]``) or a variable (one lower-case letter).
Sorts are interned: equal sorts are the same object.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping

from induce.errors import ParseError, TermError

__all__ = ["BOOL", "INT", "REAL", "TEXT", "TOKEN", "Sort", "arrow", "list_of", "parse_sort", "tensor_of", "unify_sorts"]

_TABLE: dict[tuple[str, tuple[Sort, ...]], Sort] = {}
_LOCK = threading.RLock()


class Sort:
    """The kind of value a term stands for; interned, so ``is`` is equality.

    Parameters
    ----------
    name : str
        A base or constructor name. One lower-case letter is a sort variable.
    args : tuple of Sort
        What the constructor is applied to; empty for a base sort.

    >>> Sort("list", (REAL,)) is parse_sort("list(real)")
    True
    """

    __slots__ = ("args", "has_variables", "name")
    name: str
    args: tuple[Sort, ...]
    has_variables: bool

    def __new__(cls, name: str, args: Iterable[Sort] = ()) -> Sort:
        key = (name, tuple(args))
        found = _TABLE.get(key)
        if found is not None:
            return found
        with _LOCK:
            found = _TABLE.get(key)
            if found is None:
                found = object.__new__(cls)
                object.__setattr__(found, "name", name)
                object.__setattr__(found, "args", key[1])
                variable = not key[1] and len(name) == 1 and name.islower()
                object.__setattr__(found, "has_variables", variable or any(a.has_variables for a in key[1]))
                _TABLE[key] = found
        return found

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"Sort is immutable; cannot set '{name}'")

    def __reduce__(self) -> tuple[object, ...]:
        return (Sort, (self.name, self.args))

    def __copy__(self) -> Sort:
        return self

    def __deepcopy__(self, memo: object) -> Sort:
        return self

    @property
    def is_variable(self) -> bool:
        """True for a sort variable such as ``a``."""
        return self.has_variables and not self.args

    @property
    def is_arrow(self) -> bool:
        """True for a function sort ``a -> b``."""
        return self.name == "->"

    def substitute(self, mapping: Mapping[Sort, Sort]) -> Sort:
        """The sort with its variables replaced by ``mapping`` (followed to the end)."""
        if not self.has_variables:
            return self
        if not self.args:
            found = mapping.get(self)
            return self if found is None else found.substitute(mapping)
        return Sort(self.name, tuple(a.substitute(mapping) for a in self.args))

    def __str__(self) -> str:
        if not self.args:
            return self.name
        if self.is_arrow:
            left = str(self.args[0])
            return f"({left}) -> {self.args[1]}" if self.args[0].is_arrow else f"{left} -> {self.args[1]}"
        if self.name == "tensor":
            return f"{self.args[0]}[{', '.join(str(a) for a in self.args[1:])}]"
        return f"{self.name}({', '.join(str(a) for a in self.args)})"

    def __repr__(self) -> str:
        return f"Sort({str(self)!r})"


REAL = Sort("real")
BOOL = Sort("bool")
INT = Sort("int")
TEXT = Sort("text")
TOKEN = Sort("token")
"""What is looked for in a text: a text as it is, or a class of characters; where it is expected, ``"x"`` is one."""


def arrow(*sorts: Sort) -> Sort:
    """The function sort ``s1 -> s2 -> ... -> result``, grouped to the right."""
    result = sorts[-1]
    for sort in reversed(sorts[:-1]):
        result = Sort("->", (sort, result))
    return result


def list_of(element: Sort) -> Sort:
    """The sort of lists of ``element``."""
    return Sort("list", (element,))


def tensor_of(element: Sort, *dimensions: str | int) -> Sort:
    """The sort of tensors of ``element`` with named (or fixed) dimensions: ``real[batch, 3]``."""
    return Sort("tensor", (element, *(Sort(str(d)) for d in dimensions)))


_TOKEN = re.compile(r"\s*(->|[A-Za-z_][A-Za-z_0-9]*|\d+|[()\[\],])")


def parse_sort(text: str) -> Sort:
    """Read a sort from text.

    Raises
    ------
    ParseError
        If the text is not a sort, with the column.

    >>> parse_sort("(a -> b) -> list(a) -> list(b)")
    Sort('(a -> b) -> list(a) -> list(b)')
    """
    tokens: list[tuple[str, int]] = []
    place = 0
    while text[place:].strip():
        match = _TOKEN.match(text, place)
        if match is None:
            place += len(text[place:]) - len(text[place:].lstrip())
            raise ParseError(
                f"unexpected character {text[place]!r} in the sort '{text}'. Write for example 'list(real) -> bool'.",
                column=place + 1,
            )
        tokens.append((match.group(1), match.start(1) + 1))
        place = match.end()
    tokens.append(("", len(text) + 1))
    sort, rest = _read_arrow(tokens, 0, text)
    if tokens[rest][0]:
        raise ParseError(f"unexpected '{tokens[rest][0]}' after the sort '{sort}'.", column=tokens[rest][1])
    return sort


def _read_arrow(tokens: list[tuple[str, int]], at: int, text: str) -> tuple[Sort, int]:
    left, at = _read_one(tokens, at, text)
    while tokens[at][0] == "[":
        dimensions: list[Sort] = []
        at += 1
        while True:
            dimensions.append(Sort(tokens[at][0]))
            at += 1
            if tokens[at][0] != ",":
                break
            at += 1
        at = _expect(tokens, at, "]", text)
        left = Sort("tensor", (left, *dimensions))
    if tokens[at][0] == "->":
        right, at = _read_arrow(tokens, at + 1, text)
        return Sort("->", (left, right)), at
    return left, at


def _read_one(tokens: list[tuple[str, int]], at: int, text: str) -> tuple[Sort, int]:
    word, column = tokens[at]
    if word == "(":
        sort, at = _read_arrow(tokens, at + 1, text)
        return sort, _expect(tokens, at, ")", text)
    if not word or not (word[0].isalpha() or word[0] == "_"):
        shown = f"'{word}'" if word else "the end"
        raise ParseError(f"expected a sort but found {shown} in '{text}'. Write for example 'real'.", column=column)
    at += 1
    if tokens[at][0] != "(":
        return Sort(word), at
    args: list[Sort] = []
    while True:
        arg, at = _read_arrow(tokens, at + 1, text)
        args.append(arg)
        if tokens[at][0] != ",":
            break
    return Sort(word, tuple(args)), _expect(tokens, at, ")", text)


def _expect(tokens: list[tuple[str, int]], at: int, word: str, text: str) -> int:
    if tokens[at][0] != word:
        shown = f"'{tokens[at][0]}'" if tokens[at][0] else "the end"
        raise ParseError(f"expected '{word}' but found {shown} in the sort '{text}'.", column=tokens[at][1])
    return at + 1


def unify_sorts(pattern: Sort, actual: Sort, mapping: dict[Sort, Sort]) -> bool:
    """Make the two sorts equal by binding variables in ``mapping``; False if they cannot be.

    Variables are global to the call: rename them apart first when both sides have their own.
    """
    pattern, actual = pattern.substitute(mapping), actual.substitute(mapping)
    if pattern is actual:
        return True
    if pattern.is_variable or actual.is_variable:
        variable, other = (pattern, actual) if pattern.is_variable else (actual, pattern)
        if _occurs(variable, other):
            return False
        mapping[variable] = other
        return True
    if pattern.name != actual.name or len(pattern.args) != len(actual.args):
        return False
    return all(unify_sorts(p, a, mapping) for p, a in zip(pattern.args, actual.args, strict=True))


def _occurs(variable: Sort, sort: Sort) -> bool:
    return sort is variable or any(_occurs(variable, a) for a in sort.args)


def check_same(expected: Sort, actual: Sort, what: str) -> None:
    """Raise a TermError naming both sorts unless they can be made equal."""
    if not unify_sorts(expected, actual, {}):
        raise TermError(f"{what} has sort {actual}, but {expected} was expected.")
