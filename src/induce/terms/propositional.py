"""The normal form of propositional terms: constants, chains, complements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from induce.terms.boolean import boolean
from induce.terms.op import LITERAL
from induce.terms.sort import BOOL
from induce.terms.term import Term

__all__ = ["propositional_node", "propositional_truth"]

_NOT, _AND, _OR, _XOR, _IFF, _IMPLIES, _IF = (boolean[n] for n in ("not", "and", "or", "xor", "iff", "implies", "if"))
TRUE, FALSE = boolean["true"](), boolean["false"]()
Key = Callable[[Term], tuple[Any, ...]]


def propositional_truth(term: Term) -> bool | None:
    """The truth value of a constant; None for anything else."""
    if term is TRUE or (term.op is LITERAL and term.payload is True):
        return True
    if term is FALSE or (term.op is LITERAL and term.payload is False):
        return False
    return None


def _negated(term: Term) -> Term:
    truth = propositional_truth(term)
    if truth is not None:
        return FALSE if truth else TRUE
    return term.args[0] if term.op is _NOT else _NOT(term)


def _flat(op: object, args: tuple[Term, ...]) -> list[Term]:
    found: list[Term] = []
    stack = list(reversed(args))
    while stack:
        node = stack.pop()
        if node.op is op:
            stack.extend(reversed(node.args))
        else:
            found.append(node)
    return found


def _chain(op: Any, parts: list[Term], empty: Term, key: Key) -> Term:
    if not parts:
        return empty
    parts = sorted(parts, key=key)
    result = parts[0]
    for part in parts[1:]:
        result = op(result, part)
    return result


def _lattice(op: Any, args: tuple[Term, ...], key: Key) -> Term:
    """A chain of ``and`` or ``or``: sorted, without repeats; constant if it holds a term and its negation."""
    unit, zero = (TRUE, FALSE) if op is _AND else (FALSE, TRUE)
    parts: dict[Term, None] = {}
    for part in _flat(op, args):
        truth = propositional_truth(part)
        if truth is not None:
            if (TRUE if truth else FALSE) is zero:
                return zero
        elif _negated(part) in parts:
            return zero
        else:
            parts[part] = None
    other = _OR if op is _AND else _AND
    if len(parts) > 1:  # absorption: a and (a or b) is a
        parts = {p: None for p in parts if p.op is not other or not any(q in parts for q in _flat(other, p.args))}
    return _chain(op, list(parts), unit, key)


def _parity(op: Any, args: tuple[Term, ...], key: Key) -> Term:
    """A chain of ``xor`` or ``iff``: equal pairs cancel, negations move out."""
    even = op is _IFF  # iff(a, b) is not xor(a, b)
    odd: dict[Term, None] = {}
    stack = _flat(op, args)
    flip = even and len(stack) % 2 == 0
    while stack:
        part = stack.pop()
        truth = propositional_truth(part)
        if truth is not None:
            flip ^= truth
        elif part.op is _NOT:
            flip = not flip
            stack.append(part.args[0])
        elif part.op is _XOR:
            stack.extend(part.args)
        elif part in odd:
            del odd[part]
        else:
            odd[part] = None
    result = _chain(_XOR, list(odd), FALSE, key)
    return _negated(result) if flip else result


def propositional_node(op: Any, args: tuple[Term, ...], key: Key) -> Term | None:
    """The normal form of an operator over normal arguments; None if it is not a propositional operator."""
    if op is _NOT:
        return _negated(args[0])
    if op is _AND or op is _OR:
        return _lattice(op, args, key)
    if op is _XOR or op is _IFF:
        return _parity(op, args, key)
    if op is _IMPLIES:
        return _lattice(_OR, (_negated(args[0]), args[1]), key)
    if op is not _IF:
        return None
    condition, yes, no = args
    truth = propositional_truth(condition)
    if truth is not None:
        return yes if truth else no
    if condition.op is _NOT:
        condition, yes, no = condition.args[0], no, yes
    if yes is no:
        return yes
    if yes.sort is BOOL:
        for branch, value in ((yes, True), (no, False)):
            if propositional_truth(branch) is value or branch is condition:
                rest = no if value else yes
                return _lattice(_OR if value else _AND, (condition, rest), key)
        if propositional_truth(yes) is False or yes is _negated(condition):
            return _lattice(_AND, (_negated(condition), no), key)
        if propositional_truth(no) is True or no is _negated(condition):
            return _lattice(_OR, (_negated(condition), yes), key)
    return Term(_IF, (condition, yes, no))
