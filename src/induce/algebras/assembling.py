"""From terms to instructions: the bodies of defined operators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from induce.algebras.instructions import BOUND, BRANCH, CONSTANT, FUNCTION, INVOKE, JUMP, MAP, RETURN
from induce.algebras.machine import code_of
from induce.errors import TermError
from induce.terms import op
from induce.terms.sort import Sort
from induce.terms.term import Term

__all__ = ["assemble"]


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
    written: list[tuple[int, int, int]] = []
    while term.op is op.LAMBDA:
        term = term.args[0]
    body = _assembled(term, constant, begin, written)
    return [*written, *body, (RETURN, 0, 0)]


def _assembled(
    term: Term, constant: Callable[[Any, Sort], int], begin: int, written: list[tuple[int, int, int]]
) -> list[tuple[int, int, int]]:
    """The instructions of a term; bodies of functions inside it go to ``written`` first."""
    if term.op is op.BOUND:
        return [(FUNCTION, -1 - term.payload, 0)] if term.sort.is_arrow else [(BOUND, term.payload, 0)]
    if term.op is op.LITERAL:
        return [(CONSTANT, constant(term.payload, term.sort), 0)]
    if term.op is op.APPLY:
        head, arguments = term, []
        while head.op is op.APPLY:
            arguments.append(head.args[1])
            head = head.args[0]
        if head.op is not op.BOUND:
            raise TermError(f"'{term}' applies '{head}', which is not an argument. Write its body out first.")
        parts = [_assembled(a, constant, begin, written) for a in reversed(arguments)]
        return [*(i for part in parts for i in part), (INVOKE, head.payload, len(arguments))]
    code = code_of(term.op)
    if code < 0:
        raise TermError(
            f"operator '{term.op.name}' has no compiled meaning, so '{term}' cannot be part of a definition."
        )
    args = list(term.args)
    where = 0
    if code >= MAP:
        function = args.pop(0)
        if function.op is op.BOUND:
            where = -1 - function.payload
        else:
            while function.op is op.LAMBDA:
                function = function.args[0]
            inner = _assembled(function, constant, begin, written)
            where = begin + len(written)
            written.extend([*inner, (RETURN, 0, 0)])
    parts = [_assembled(a, constant, begin, written) for a in args]
    if term.op.name == "if":
        condition, yes, no = parts
        return [*condition, (BRANCH, len(yes) + 1, 0), *yes, (JUMP, len(no), 0), *no]
    return [*(i for part in parts for i in part), (code, where, 0)]
