"""Which known operator an operator of a library behaves as: found by running both on the same drawn arguments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np

from induce.algebras.values import UNDEFINED, has_function, run
from induce.errors import AlgebraError, TermError
from induce.examples import frozen
from induce.learners.library.calls import drawn_function
from induce.learners.library.naming import opened
from induce.learners.library.waking import Definition
from induce.learners.library.wording import name_of
from induce.terms.language import Language
from induce.terms.lists import lists
from induce.terms.op import Op
from induce.terms.sort import BOOL, INT, TEXT, Sort
from induce.terms.strings import strings
from induce.terms.term import Term, literal, variable

__all__ = ["DRAWS", "Known", "recognized"]

DRAWS = 60
"""Drawn arguments on which two operators must agree, also where they have no value."""
_LEAST = 15
"""Drawn arguments on which there must be a value."""
_TEXTS = ("", "a", "Ada Lovelace", "x-1 y", "12.50", "  Grace ", "a,b;c", "ABC def")


@dataclass(frozen=True)
class Known:
    """What an operator behaves as.

    Parameters
    ----------
    term : Term
        A known operator on ``#0``, ``#1``, ... as variables, and on a number at most.
    agreed : int
        Drawn arguments on which the two gave the same.
    everywhere : bool
        Whether they also have no value on the same ones; if not, the known operator has more values.
    """

    term: Term
    agreed: int
    everywhere: bool

    @property
    def name(self) -> str:
        """What an operator that behaves so may be called."""
        return name_of(self.term)


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


def _outcome(term: Term, arguments: Sequence[Any]) -> Any:
    """What a term of ``#0``, ``#1``, ... gives, comparable; None where it has no value."""
    functions = {f"#{k}": a for k, a in enumerate(arguments) if isinstance(a, Term)}
    filled = term.replace({v: functions[v.name] for v in term.variables if v.name in functions})
    try:
        return frozen(run(filled, {f"#{k}": a for k, a in enumerate(arguments)}, steps=2000))
    except (*UNDEFINED, AlgebraError):
        return None


def _agreement(expected: Sequence[Any], known: Term, draws: Sequence[Sequence[Any]], partly: bool) -> int:
    """On how many drawn arguments the two have the same value; 0 if they differ, or have too few values to tell."""
    for value, arguments in zip(expected, draws, strict=True):
        if (value is not None or not partly) and _outcome(known, arguments) != value:
            return 0
    defined = [value for value in expected if value is not None]
    several = 2 if known.sort is BOOL else 3
    return len(defined) if len(set(defined)) >= several and len(defined) >= _LEAST else 0


def _applied(op: Op, variables: Sequence[Term], known: Op) -> Iterator[Term]:
    """The known operator on the variables in every order that fits, with a small number beside them if it takes one more."""
    extra = known.arity - len(variables)
    if extra not in (0, 1) or not has_function(known):
        return
    numbers = [literal(k, INT) for k in range(10)] if extra else [None]
    for order in permutations(variables):
        for place in reversed(range(known.arity if extra else 1)):
            for number in numbers:
                parts = [*order[:place], number, *order[place:]] if number is not None else list(order)
                try:
                    made = Term(known, tuple(parts))
                except TermError:
                    break
                if made.sort is op.result:
                    yield made


def recognized(definition: Definition, languages: Sequence[Language] = (lists, strings)) -> Known | None:
    """The known operator that gives the same on drawn arguments, perhaps with a number beside them: ``drop(3, xs)``.

    It is evidence, not proof: the two agree on all of ``DRAWS`` arguments on which the definition has a value. An operator that
    has values on the same arguments only is preferred.

    Parameters
    ----------
    definition : Definition
    languages : sequence of Language
        Where operators are looked for, in order.

    >>> from induce.learners.library.naming import defined
    >>> from induce.terms.lists import core_lists
    >>> recognized(defined(core_lists, "f", "(cdr (cdr #0))", 1)).term
    drop(2, `#0`)
    """
    op = definition.op
    if not op.arity or not has_function(op):
        return None
    rng = np.random.default_rng(0)
    draws = [[_value(sort, rng) for sort in op.arguments] for _ in range(DRAWS)]
    if any(value is None for row in draws for value in row):
        return None
    variables = [variable(f"#{k}", sort) for k, sort in enumerate(op.arguments)]
    expected = [_outcome(op(*variables), arguments) for arguments in draws]
    body = opened(definition.body, [v.name for v in variables])
    single = all(not a.args for a in body.args)  # one operator already: there is nothing to recognize
    for partly in (False, True):
        for language in languages:
            for known in language:
                for made in _applied(op, variables, known):
                    if (single and known.arity > op.arity) or made is body:
                        continue
                    agreed = _agreement(expected, made, draws, partly)
                    if agreed:
                        return Known(made, agreed, not partly)
    return None
