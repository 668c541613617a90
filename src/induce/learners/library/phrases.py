"""A phrase for each operator of the shipped languages, for sentences on what a program does."""

from __future__ import annotations

import re

from induce.terms.op import Op
from induce.terms.sort import TEXT

__all__ = ["phrase_of"]

_LISTS = {
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

_TEXTS = {
    "concat": "{0} followed by {1}", "word": "word {1} of {0}", "part": "part {2} of {0}, split at {1}",
    "first": "the first character of {0}", "last": "the last character of {0}", "take": "the first {1} characters of {0}",
    "drop": "{0} without its first {1} characters", "slice": "{0} from place {1} to before place {2}",
    "upper": "{0} in capitals", "lower": "{0} in small letters", "title": "{0} with a capital at the beginning of each word",
    "capitalize": "{0} with a capital at its beginning only", "trim": "{0} without space at both ends",
    "match": "occurrence {2} of {1} in {0}", "before": "the place where occurrence {2} of {1} in {0} begins",
    "after": "the place after occurrence {2} of {1} in {0}", "border": "place {3} in {0} where {1} ends and {2} begins",
    "length": "the number of characters of {0}", "count": "how often {1} occurs in {0}",
    "replace": "{0} with {2} in place of each {1}", "remove": "{0} without each {1}", "keep": "each {1} of {0}",
    "initials": "the first character of each word of {0}", "pad": "{0} with {2} in front, to {1} characters",
    "pad_right": "{0} with {2} after it, to {1} characters", "equals": "{0} equals {1}", "contains": "{1} occurs in {0}",
    "startswith": "{0} begins with {1}", "endswith": "{0} ends with {1}", "consists": "{0} is one {1} and nothing else",
    "is_missing": "there is no {0}", "is_blank": "{0} is blank", "if": "{1} if {0}, else {2}",
}  # fmt: skip
"""The same for operators on texts, some of which have the names of those on lists."""


def phrase_of(op: Op) -> str | None:
    """The phrase for an operator, with ``{0}``, ``{1}`` for its arguments; None if there is none.

    >>> from induce.terms.lists import lists
    >>> phrase_of(lists["take"])
    'the first {0} elements of {1}'
    """
    found = (_TEXTS if op.arguments[:1] == (TEXT,) else _LISTS).get(op.name)
    if found is None or set(re.findall(r"\{(\d)\}", found)) != {str(k) for k in range(op.arity)}:
        return None  # an operator of a user's own may have the name of another one
    return found
