"""What an operator does, in one sentence: a phrase for each operator of the shipped languages, put together."""

from __future__ import annotations

import re
from collections.abc import Sequence

from induce.algebras.values import UNDEFINED, run
from induce.errors import AlgebraError
from induce.learners.library.converting import with_inputs
from induce.learners.library.naming import opened, parameter_names, shown
from induce.learners.library.phrases import phrase_of
from induce.learners.library.recognizing import Known
from induce.learners.library.waking import Definition
from induce.terms.language import Language
from induce.terms.op import APPLY, LAMBDA, LITERAL, VARIABLE
from induce.terms.sort import BOOL
from induce.terms.term import Term, variable

__all__ = ["described", "described_as"]

_LONGEST = 240

_PLACE = re.compile(r"\b(word|part|occurrence) (-?\d+) of\b")
_ONE = re.compile(r"\b(1 (?:element|character))s\b")
_ORDINALS = {"0": "first", "1": "second", "2": "third", "-1": "last", "-2": "last but one"}
_SIGNS = ("+", "-", "*", "//", "/", "%", "^", "neg")


def described(definition: Definition, language: Language) -> str:
    """One sentence on what an operator of a language gives.

    >>> from induce.learners.library.naming import defined
    >>> from induce.terms.lists import lists
    >>> described(defined(lists, "f", "(sum (map (lam (+ $0 #0)) #1))", 2), lists)
    'Gives the sum of the list of x + n for each x of xs.'
    """
    op = definition.op
    names = parameter_names(op.arguments)
    body = opened(definition.body, names)
    phrase = _Phrases(names, language).phrase(body) if op.arity else _value(definition)
    if len(phrase) > _LONGEST:
        phrase = shown(body, language)
    if len(phrase) > _LONGEST:
        phrase = f"{phrase[:_LONGEST]}..."
    return f"Says whether {phrase}." if op.result is BOOL else f"Gives {phrase}."


def described_as(definition: Definition, known: Known, language: Language) -> str:
    """One sentence by the operator that a definition behaves as, and the test that says so.

    Parameters
    ----------
    definition : Definition
    known : Known
        What :func:`induce.learners.library.recognizing.recognized` gave.
    language : Language
    """
    names = parameter_names(definition.op.arguments)
    stand: dict[Term | str, Term | float] = {v: variable(names[int(v.name[1:])], v.sort) for v in known.term.variables}
    term = known.term.replace(stand)
    phrase = _Phrases(names, language).phrase(term)
    start = "Says whether" if definition.op.result is BOOL else "Gives"
    where = "" if known.everywhere else " wherever it has a value"
    return f"{start} {phrase}, like '{shown(term)}'{where}: they agreed on {known.agreed} drawn inputs."


def _value(constant: Definition) -> str:
    try:
        return repr(run(constant.body, {}))
    except (*UNDEFINED, AlgebraError):
        return "nothing: it has no value"


def _ordinal(place: re.Match[str]) -> str:
    """``word 0 of`` as people say it."""
    what, number = place.groups()
    return f"the {_ORDINALS[number]} {what} of" if number in _ORDINALS else place.group()


class _Phrases:
    """Phrases of one body; parameters of functions in it get letters that are still free."""

    def __init__(self, taken: Sequence[str], language: Language) -> None:
        self.language = language
        self.taken = list(taken)

    def phrase(self, node: Term) -> str:
        if node.op is LITERAL and type(node.payload) is int:
            return str(node.payload)
        if node.op is LITERAL or node.op is VARIABLE or node.op.name in _SIGNS:
            return shown(node, self.language)
        if node.op is LAMBDA:
            return self.function(node)[0]
        if node.op is APPLY:
            return self.application(node)
        known = phrase_of(node.op)
        if known is None:
            inner = ", ".join(self.phrase(a) for a in node.args)
            return f"{node.op.name} of {inner}" if inner else node.op.name
        first, letters = "", ["x", "y"]
        if node.args and node.args[0].sort.is_arrow:
            first, letters = self.function(node.args[0])
        words = [first or self.phrase(node.args[0]), *(self.phrase(a) for a in node.args[1:])] if node.args else []
        said = known.format(*words, a=letters[0], b=letters[-1])
        return _PLACE.sub(_ordinal, _ONE.sub(r"\1", said))

    def application(self, node: Term) -> str:
        """``f(x)(y)`` as f of x and y."""
        arguments: list[Term] = []
        while node.op is APPLY:
            arguments.insert(0, node.args[1])
            node = node.args[0]
        return f"{self.phrase(node)} of {' and '.join(self.phrase(a) for a in arguments)}"

    def function(self, node: Term) -> tuple[str, list[str]]:
        """What a function gives, and its parameters."""
        letters: list[str] = []
        kept = len(self.taken)
        sort = node.sort
        while sort.is_arrow:
            letter = next(c for c in [*"xyzuvw", *(f"x{k}" for k in range(99))] if c not in self.taken)
            letters.append(letter)
            self.taken.append(letter)
            if node.op is LAMBDA:
                node = with_inputs(node.args[0], [letter], {letter: node.payload})
                text = ""
            else:
                text = f"{self.phrase(node)} of {' and '.join(letters)}"
            sort = sort.args[1]
        result = text or self.phrase(node)
        del self.taken[kept:]
        return result, letters
