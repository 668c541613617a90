"""What an operator does, in one sentence: a phrase for each operator of the shipped languages, put together."""

from __future__ import annotations

from collections.abc import Sequence

from induce.algebras.values import UNDEFINED, run
from induce.errors import AlgebraError
from induce.learners.library.converting import with_inputs
from induce.learners.library.naming import opened, parameter_names, shown
from induce.learners.library.recognizing import DRAWS
from induce.learners.library.waking import Definition
from induce.terms.language import Language
from induce.terms.op import APPLY, LAMBDA, LITERAL, VARIABLE
from induce.terms.sort import BOOL
from induce.terms.term import Term, variable

__all__ = ["described", "described_as"]

_LONGEST = 240

PHRASES = {
    "and": "{0} and {1}", "or": "{0} or {1}", "not": "it is not so that {0}", "if": "{1} if {0}, else {2}",
    "empty": "the empty list", "is_even": "{0} is even", "is_prime": "{0} is prime", "abs": "the size of {0} without its sign",
    "head": "the first element of {0}", "car": "the first element of {0}", "last": "the last element of {0}",
    "len": "the number of elements of {0}", "sum": "the sum of {0}", "product": "the product of {0}",
    "max": "the largest of {0}", "min": "the smallest of {0}", "get": "the element of {1} at place {0}",
    "count": "how often {0} occurs in {1}", "index": "the first place of {0} in {1}", "is_empty": "{0} is empty",
    "contains": "{0} occurs in {1}", "reverse": "{0} from its end to its start", "sort": "{0} in order", "unique": "{0} without repeats",
    "tail": "{0} without its first element", "cdr": "{0} without its first element", "init": "{0} without its last element",
    "take": "the first {0} elements of {1}", "drop": "{1} without its first {0} elements",
    "take_last": "the last {0} elements of {1}", "drop_last": "{1} without its last {0} elements",
    "cons": "{1} with {0} put in front", "append": "{0} with {1} put at its end", "concat": "{0} followed by {1}",
    "replicate": "{1} repeated {0} times", "range": "the numbers from {0} to {1}",
    "<": "{0} is less than {1}", "<=": "{0} is at most {1}", "==": "{0} equals {1}",
    "map": "the list of {0} for each {a} of {1}", "filter": "the elements {a} of {1} where {0}",
    "take_while": "the first elements {a} of {1}, as long as {0}", "drop_while": "{1} from its first element {a} on for which it is not so that {0}",
    "all": "{0} for every {a} of {1}", "any": "{0} for some {a} of {1}", "zip_with": "the list of {0} for {a} and {b} of {1} and {2} side by side",
    "fold": "{1} changed, for each element {b} of {2} in turn, from {a} to {0}",
    "fold_right": "{1} changed, for each element {a} of {2} in turn from the last, from {b} to {0}",
}  # fmt: skip
"""``{0}``, ``{1}`` are the arguments; ``{a}``, ``{b}`` the parameters of the function that is the first one."""

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


def described_as(definition: Definition, known: Term, language: Language) -> str:
    """One sentence by the operator that a definition behaves as, and the test that says so.

    Parameters
    ----------
    definition : Definition
    known : Term
        What :func:`induce.learners.library.recognizing.recognized` gave.
    language : Language
    """
    names = parameter_names(definition.op.arguments)
    stand: dict[Term | str, Term | float] = {v: variable(names[int(v.name[1:])], v.sort) for v in known.variables}
    phrase = _Phrases(names, language).phrase(known.replace(stand))
    start = "Says whether" if definition.op.result is BOOL else "Gives"
    return f"{start} {phrase}, like '{known.op.name}': they agreed on {DRAWS} drawn inputs."


def _value(constant: Definition) -> str:
    try:
        return repr(run(constant.body, {}))
    except (*UNDEFINED, AlgebraError):
        return "nothing: it has no value"


class _Phrases:
    """Phrases of one body; parameters of functions in it get letters that are still free."""

    def __init__(self, taken: Sequence[str], language: Language) -> None:
        self.language = language
        self.taken = list(taken)

    def phrase(self, node: Term) -> str:
        if node.op is LITERAL or node.op is VARIABLE or node.op.name in _SIGNS:
            return shown(node, self.language)
        if node.op is LAMBDA:
            return self.function(node)[0]
        if node.op is APPLY:
            return self.application(node)
        known = PHRASES.get(node.op.name)
        if known is None or f"{{{len(node.args)}}}" in known:
            inner = ", ".join(self.phrase(a) for a in node.args)
            return f"{node.op.name} of {inner}" if inner else node.op.name
        first, letters = "", ["x", "y"]
        if node.args and node.args[0].sort.is_arrow:
            first, letters = self.function(node.args[0])
        words = [first or self.phrase(node.args[0]), *(self.phrase(a) for a in node.args[1:])] if node.args else []
        return known.format(*words, a=letters[0], b=letters[-1])

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
