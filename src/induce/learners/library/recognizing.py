"""Which known operator an operator of a library behaves as: found by running both on the same drawn arguments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations
from typing import Any

import numpy as np

from induce.algebras.values import UNDEFINED, has_function, run
from induce.errors import AlgebraError, TermError
from induce.examples import frozen
from induce.learners.library.calls import drawn_function
from induce.learners.library.naming import word_of
from induce.learners.library.waking import Definition
from induce.terms.language import Language
from induce.terms.lists import lists
from induce.terms.op import Op
from induce.terms.sort import BOOL, INT, TEXT, Sort
from induce.terms.strings import strings
from induce.terms.term import Term, variable

__all__ = ["DRAWS", "name_of_known", "recognized"]

DRAWS = 60
"""Drawn arguments on which two operators must agree, also where they have no value."""
_TEXTS = ("", "a", "Ada Lovelace", "x-1 y", "12.50", "  Grace ", "a,b;c", "ABC def")

_NAMES = {
    "len": "length", "sum": "total", "max": "largest", "min": "smallest", "abs": "absolute", "range": "count_up",
    "map": "for_each", "filter": "keep_where", "any": "for_some", "all": "for_all",
}  # fmt: skip
"""Names for what is called like a function of Python, which must stay what it is."""


def name_of_known(op: Op) -> str:
    """What an operator that behaves as this one may be called."""
    return _NAMES.get(op.name) or word_of(op)


def _value(sort: Sort, rng: np.random.Generator) -> Any:
    """A value of a sort, empty, negative and repeated ones among them; None if no such value is known."""
    if sort is INT:
        return int(rng.integers(-3, 8))
    if sort is BOOL:
        return bool(rng.integers(2))
    if sort is TEXT:
        return _TEXTS[int(rng.integers(len(_TEXTS)))]
    if sort.is_arrow:
        return drawn_function(sort, lists, rng)
    if sort.name == "list":
        return [_value(sort.args[0], rng) for _ in range(int(rng.integers(0, 6)))]
    return None


def _outcome(op: Op, arguments: Sequence[Any], sorts: Sequence[Sort]) -> Any:
    """What an operator gives, comparable; None where it has no value."""
    inputs = {f"a{k}": a for k, a in enumerate(arguments) if not isinstance(a, Term)}
    try:
        parts = [
            a if isinstance(a, Term) else variable(f"a{k}", s)
            for k, (a, s) in enumerate(zip(arguments, sorts, strict=True))
        ]
        return frozen(run(Term(op, tuple(parts)), inputs, steps=2000))
    except (*UNDEFINED, AlgebraError):
        return None


def _agree(op: Op, known: Op, order: Sequence[int], draws: Sequence[Sequence[Any]]) -> bool:
    values = set()
    for arguments in draws:
        found = _outcome(op, arguments, op.arguments)
        if found != _outcome(known, [arguments[k] for k in order], [op.arguments[k] for k in order]):
            return False
        values.add(found)
    return len(values - {None}) > 2 or (op.result is BOOL and len(values - {None}) == 2)


def _orders(op: Op, known: Op) -> Iterator[tuple[int, ...]]:
    """Orders in which the arguments of the one fit the other."""
    if known.arity != op.arity or not has_function(known):
        return
    for order in permutations(range(op.arity)):
        try:
            if known.check(tuple(variable(f"a{k}", op.arguments[k]) for k in order)) is op.result:
                yield order
        except TermError:
            continue


def recognized(definition: Definition, languages: Sequence[Language] = (lists, strings)) -> Term | None:
    """The known operator that gives the same on drawn arguments, applied to ``#0``, ``#1``, ... as variables.

    It is evidence, not proof: the two agree on ``DRAWS`` arguments, and where they have no value.

    Parameters
    ----------
    definition : Definition
    languages : sequence of Language
        Where operators are looked for, in order.

    >>> from induce.learners.library.naming import defined
    >>> from induce.terms.lists import core_lists
    >>> recognized(defined(core_lists, "f", "(if (< #0 0) (- 0 #0) #0)", 1))
    abs(`#0`)
    """
    op = definition.op
    if not op.arity or not has_function(op):
        return None
    rng = np.random.default_rng(0)
    draws = [[_value(sort, rng) for sort in op.arguments] for _ in range(DRAWS)]
    if any(value is None for row in draws for value in row):
        return None
    for language in languages:
        for known in language:
            for order in _orders(op, known):
                if _agree(op, known, order, draws):
                    return known(*(variable(f"#{k}", op.arguments[k]) for k in order))
    return None
