"""From terms to instructions: the bodies of defined operators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from induce.algebras.instructions import BOUND, BRANCH, CONSTANT, FUNCTION, INVOKE, JUMP, MAP, RETURN
from induce.algebras.machine import HELD, code_of
from induce.errors import TermError
from induce.terms import op
from induce.terms.sort import Sort
from induce.terms.term import Term

__all__ = ["MOST", "assemble", "check_whole_calls"]

LONGEST = 200
"""Most instructions of one body: each puts at most one value on a stack of 240."""
MOST = 3
"""Most arguments of an operator, and of a function that is given to one."""


def assemble(term: Term, constant: Callable[[Any, Sort], int], begin: int) -> list[tuple[int, int, int]]:
    """The instructions of a closed function, its body last.

    Parameters
    ----------
    term : Term
        Nested functions around a body: the arguments of a defined operator.
    constant : callable
        Keeps a literal, and says where among the offsets.
    begin : int
        Number that the first instruction will have.

    Returns
    -------
    list of instructions
        The last segment, after the last but one RETURN, is the function's own body.

    Raises
    ------
    TermError
        If the term uses something that has no compiled meaning.
    """
    check_whole_calls(term)
    written: list[tuple[int, int, int]] = []
    body = _assembled(_body(term), constant, begin, written)
    return [*written, *_ended(body)]


def check_whole_calls(term: Term) -> None:
    """Refuse a definition that applies a function only in part, or to more than it takes, or gives one where a value belongs.

    Compiled bodies read their arguments from an environment, which a call must fill whole.

    Parameters
    ----------
    term : Term
        Nested functions around a body: the arguments of a defined operator.

    Raises
    ------
    TermError
        It names the place.
    """
    waiting = [_body(term)]
    while waiting:
        node = waiting.pop()
        if node.sort.is_arrow:
            raise TermError(
                f"'{node}' is a function, {node.sort}, where a value was expected: functions may not be applied in part. "
                "Apply it to all its arguments."
            )
        if node.op is op.APPLY:
            waiting += [a for a in _spread(node)[1] if a.op is not op.BOUND]
            continue
        for part, expected in zip(node.args, node.op.arguments, strict=True):
            if expected.is_arrow and _taken(part.sort) == _taken(expected):
                waiting += [_body(part)] if part.op is op.LAMBDA else [] if part.op is op.BOUND else [part]
            elif expected.is_arrow:
                raise TermError(
                    f"'{node.op.name}' applies '{part}' to {_taken(expected)} of its {_taken(part.sort)} arguments: functions may "
                    "not be applied in part. Give it a function that gives a value there."
                )
            else:
                waiting.append(part)


def _body(function: Term) -> Term:
    while function.op is op.LAMBDA:
        function = function.args[0]
    return function


def _taken(sort: Sort) -> int:
    """How many arguments a function takes before it gives a value."""
    count = 0
    while sort.is_arrow:
        count, sort = count + 1, sort.args[1]
    return count


def _spread(term: Term) -> tuple[Term, list[Term]]:
    """What is applied, and to which arguments, the first one first."""
    arguments: list[Term] = []
    while term.op is op.APPLY:
        arguments.append(term.args[1])
        term = term.args[0]
    return term, arguments[::-1]


def _ended(body: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    if len(body) > LONGEST:
        raise TermError(
            f"a body has {len(body)} instructions, but at most {LONGEST} were expected. Make two operators of it."
        )
    return [*body, (RETURN, 0, 0)]


def _assembled(
    term: Term, constant: Callable[[Any, Sort], int], begin: int, written: list[tuple[int, int, int]]
) -> list[tuple[int, int, int]]:
    """The instructions of a term; bodies of functions inside it go to ``written`` first."""
    if term.op is op.BOUND:
        return [(FUNCTION, -1 - term.payload, 0)] if term.sort.is_arrow else [(BOUND, term.payload, 0)]
    if term.op is op.LITERAL:
        return [(CONSTANT, constant(term.payload, term.sort), 0)]
    if term.op is op.APPLY:
        head, arguments = _spread(term)
        if head.op is not op.BOUND or len(arguments) > MOST:
            raise TermError(
                f"'{term}' applies '{head}', which is not an argument of {MOST} arguments or fewer. Write its body out first."
            )
        parts = [_assembled(a, constant, begin, written) for a in arguments]
        return [*(i for part in parts for i in part), (INVOKE, head.payload, len(arguments))]
    code = code_of(term.op)
    if code < 0 or term.sort not in HELD:
        raise TermError(
            f"operator '{term.op.name}' has no compiled meaning at sort {term.sort}, so '{term}' cannot be part of a definition."
        )
    args = list(term.args)
    where = 0
    if code >= MAP:
        function = args.pop(0)
        if function.op is op.BOUND:
            where = -1 - function.payload
        else:
            inner = _assembled(_body(function), constant, begin, written)
            where = begin + len(written)
            written.extend(_ended(inner))
    parts = [_assembled(a, constant, begin, written) for a in args]
    if term.op.name == "if":
        condition, yes, no = parts
        return [*condition, (BRANCH, len(yes) + 1, 0), *yes, (JUMP, len(no), 0), *no]
    return [*(i for part in parts for i in part), (code, where, 0)]
