"""The name that a body suggests: its operators from the inside, with the numbers and signs they are applied to."""

from __future__ import annotations

import math
import re

from induce.algebras.values import run
from induce.learners.library.naming import LONGEST, opened, parameter_names
from induce.learners.library.waking import Definition
from induce.terms.op import LAMBDA, LITERAL, Op
from induce.terms.sort import BOOL
from induce.terms.term import Term

__all__ = ["name_from_body", "name_of", "word_of"]

WORDS = {
    "+": "add", "-": "subtract", "*": "multiply", "//": "divide", "/": "divide", "%": "modulo", "^": "power",
    "<": "less_than", "<=": "at_most", "==": "equal", "neg": "negate",
}  # fmt: skip
"""What operators that are signs are called in a name."""
_FIRST = {
    "-": "subtract_from_{}", "//": "divide_{}_by", "/": "divide_{}_by", "%": "modulo_{}_by", "^": "power_of_{}",
    "<": "more_than_{}", "<=": "at_least_{}",
}  # fmt: skip
"""What they are called where the number comes first."""
_SIGNS = {
    ".": "dot", ",": "comma", ";": "semicolon", ":": "colon", "-": "dash", "_": "underscore", "/": "slash", "@": "at",
    " ": "space", "(": "bracket", ")": "bracket", "&": "ampersand", "+": "plus", "#": "hash", "%": "percent",
}  # fmt: skip
"""What signs in texts are called in a name."""
_PLACED = {
    ("range", 0): "range_from_{}", ("range", 1): "range_to_{}",
    ("replicate", 0): "replicate_{}_times", ("replicate", 1): "replicate_{}",
}  # fmt: skip
"""What they are called where it matters which argument the number is."""
_SAME = {"*": {2: "square", 3: "cube"}, "+": {2: "double", 3: "triple"}}
"""What they are called where so many arguments are the same."""


_INSTEAD = {
    "len": "length", "sum": "total", "max": "largest", "min": "smallest", "abs": "absolute", "range": "count_up",
    "map": "for_each", "filter": "keep_where", "any": "for_some", "all": "for_all",
}  # fmt: skip
"""Names for what would be called like a function of Python, which must stay what it is."""


def word_of(op: Op) -> str:
    """What an operator is called within a name."""
    word = WORDS.get(op.name) or re.sub(r"[^A-Za-z0-9]+", "_", op.name).strip("_").lower()
    return word or "apply"


def _text_word(value: str) -> str:
    """A short text as part of a name: a word as it is, a sign by its name; nothing for another one."""
    text = value.strip() or value[:1]
    if text in _SIGNS:
        return _SIGNS[text]
    return text.lower() if text.isascii() and text.isalnum() and len(text) <= 12 else ""


def _number_word(value: int) -> str:
    return str(value) if value >= 0 else f"minus_{-value}"


def _inner_words(function: Term) -> str:
    """What a function that is an argument does, in a word or two: ``add_1``, or nothing to say."""
    while function.op is LAMBDA:
        function = function.args[0]
    return _word(function) if function.args else ""


def _operands(node: Term) -> list[Term]:
    """What an operator is applied to; ``a + (b + c)`` is one sum of three."""
    if "associative" not in node.op.laws:
        return list(node.args)
    return [part for a in node.args for part in (_operands(a) if a.op is node.op else [a])]


def _is_whole(term: Term) -> bool:
    return term.op is LITERAL and type(term.payload) is int


def _word(node: Term) -> str:
    """An operator with what is said of its lesser arguments: ``take_2``, ``map_add_1``, ``if_less_than``."""
    name, parts = node.op.name, _operands(node)
    if node.op.notation.kind == "special":
        return "apply"
    if name == "if":
        return "_".join(["if", *([word_of(parts[0].op)] if parts[0].args else [])])
    placed = [(name, k) for k, part in enumerate(parts) if _is_whole(part) and (name, k) in _PLACED]
    if len(placed) == 1:
        return _PLACED[placed[0]].format(_number_word(parts[placed[0][1]].payload))
    if name in _FIRST and _is_whole(parts[0]):
        return _FIRST[name].format(_number_word(parts[0].payload))
    if name in _SAME and len(set(parts)) == 1:
        return _SAME[name].get(len(parts), f"{word_of(node.op)}_{len(parts)}_times")
    words = [word_of(node.op)]
    numbers = [part.payload for part in parts if _is_whole(part)]
    if name in _SAME:
        known = [word_of(part.op) for part in parts if not part.args and part.op.notation.kind == "constant"]
        if len(parts) > len(numbers) + len(known) + 1:  # several arguments: a number would not say it
            return words[0]
        total = [_number_word(sum(numbers) if name == "+" else math.prod(numbers))] if numbers else []
        return "_".join([*words, *total, *known])
    for part in parts:
        if part.op is LAMBDA:
            words.append(_inner_words(part))
        elif _is_whole(part) and not name.startswith("fold"):
            words.append(_number_word(part.payload))
        elif part.op is LITERAL and type(part.payload) is str:
            words.append(_text_word(part.payload))
    return "_".join([w for w in words if w][:3])


def _main(node: Term) -> Term | None:
    """The largest argument that applies an operator: what the operator is applied to."""
    parts = node.args[1:] if node.op.name == "if" else _operands(node)
    inner = [a for a in parts if a.args and a.op is not LAMBDA]
    return max(inner, key=lambda a: a.size) if inner else None


def _divisor(body: Term) -> int | None:
    """The k of ``a % k == 0``."""
    if body.op.name == "==" and body.args[1].op is LITERAL and body.args[1].payload == 0:
        inner = body.args[0]
        if inner.op.name == "%" and inner.args[1].op is LITERAL and type(inner.args[1].payload) is int:
            return int(inner.args[1].payload)
    return None


def name_from_body(definition: Definition) -> str:
    """A name made of the operators of a body, from the inside.

    >>> from induce.learners.library.naming import defined
    >>> from induce.terms.lists import lists
    >>> name_from_body(defined(lists, "f", "(sum (map (lam (+ $0 1)) #0))", 1))
    'map_add_1_then_sum'
    """
    if not definition.op.arity:
        return _constant_name(definition)
    return name_of(opened(definition.body, parameter_names(definition.op.arguments)))


def name_of(body: Term) -> str:
    """A name made of the operators of a term, from the inside.

    >>> from induce.terms.lists import INTS, lists
    >>> name_of(lists.parse("take(2, sort(xs))", xs=INTS))
    'sort_then_take_2'
    """
    divisor = _divisor(body)
    if divisor is not None:
        return "is_even" if divisor == 2 else f"is_multiple_of_{_number_word(divisor)}"
    words: list[str] = []
    node: Term | None = body
    while node is not None and len(words) < 3:
        if node.args:
            words.append(_word(node))
        node = _main(node)
    name = ("_" if body.sort is BOOL else "_then_").join(reversed(words)) or "same"
    truth = body.sort is BOOL and not name.startswith(("is_", "all", "any", "contains", "not"))
    name = f"is_{name}" if truth else name
    name = _INSTEAD.get(name, name if name[0].isalpha() else f"f_{name}")
    return name if len(name) <= LONGEST else name[:LONGEST].rstrip("_")


def _constant_name(definition: Definition) -> str:
    try:
        value = run(definition.body, {})
    except Exception:  # a constant without a value still needs a name
        return "constant"
    if type(value) is bool:
        return f"constant_{str(value).lower()}"
    return f"constant_{_number_word(value)}" if type(value) is int else f"constant_{definition.op.result.name}"
