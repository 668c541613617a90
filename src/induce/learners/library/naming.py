"""Names of a library's operators: which may be used, which a body suggests, and the library that bears them."""

from __future__ import annotations

import builtins
import hashlib
import keyword
import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from induce.algebras.values import define, function_of, has_function, run
from induce.learners.library.compressing import read, write
from induce.learners.library.converting import function_from, with_inputs
from induce.learners.library.waking import Definition, Library
from induce.terms.language import Language
from induce.terms.op import BOUND, LAMBDA, LITERAL, Notation, Op
from induce.terms.show import reserved_words, to_text
from induce.terms.sort import BOOL, INT, REAL, TEXT, Sort
from induce.terms.term import Term

__all__ = [
    "defined",
    "distinct_name",
    "is_closed",
    "is_plain",
    "name_from_body",
    "name_of",
    "objection_to",
    "opened",
    "operator_of",
    "parameter_names",
    "renamed",
    "shown",
    "taken_names",
    "with_operators",
    "word_of",
]

_LONGEST = 60
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_BOUND_NAME = re.compile(r"x\d+")
_LETTERS: dict[str, Sequence[str]] = {
    "list": ("xs", "ys", "zs"), "text": ("s", "t", "u"), "int": ("n", "m", "k"), "bool": ("p", "q", "r"),
    "->": ("f", "g", "h"), "real": ("x", "y", "z"),
}  # fmt: skip
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
_SAME = {"*": {2: "square", 3: "cube"}, "+": {2: "double", 3: "triple"}}
"""What they are called where so many arguments are the same."""


_INSTEAD = {
    "len": "length", "sum": "total", "max": "largest", "min": "smallest", "abs": "absolute", "range": "count_up",
    "map": "for_each", "filter": "keep_where", "any": "for_some", "all": "for_all",
}  # fmt: skip
"""Names for what would be called like a function of Python, which must stay what it is."""


# ---- parameters and bodies


def parameter_names(sorts: Iterable[Sort]) -> list[str]:
    """A name for each parameter, by its sort: xs for a list, n for a number, f for a function.

    >>> from induce.terms.lists import INTS
    >>> parameter_names([INTS, INT, INTS])
    ['xs', 'n', 'ys']
    """
    used: dict[str, int] = {}
    names: list[str] = []
    for sort in sorts:
        pool = _LETTERS.get(sort.name, ())
        at = used[sort.name] = used.get(sort.name, -1) + 1
        names.append(pool[at] if at < len(pool) else f"{pool[0] if pool else 'a'}{at + 1}")
    return names


def opened(function: Term, names: Sequence[str]) -> Term:
    """The body of a closed function of several arguments, with these variables for them."""
    sorts: dict[str, Sort] = {}
    for name in names:
        sorts[name] = function.payload
        function = function.args[0]
    return with_inputs(function, list(names), sorts)


def shown(term: Term, language: Language | None = None) -> str:
    """A term as text to be looked at: without the sorts of its variables, which are said elsewhere.

    >>> from induce.terms.lists import INTS, arrow, lists
    >>> shown(lists.parse("map(f, xs)", xs=INTS, f=arrow(INT, INT)), lists)
    'map(f, xs)'
    """
    text = to_text(term, language=language)
    for leaf in term.variables:
        text = re.sub(rf"(?<![\w`]){re.escape(leaf.name)}:{re.escape(_annotated(leaf.sort))}", leaf.name, text)
        text = text.replace(f"({leaf.name})(", f"{leaf.name}(") if leaf.sort.is_arrow else text
    return text


def _annotated(sort: Sort) -> str:
    return f"({sort})" if sort.is_arrow else str(sort)


# ---- which names may be used


def objection_to(name: object) -> str:
    """Why this cannot be the name of a function, in words; nothing if it can.

    >>> objection_to("class"), objection_to("is_even")
    ("the name 'class' is a word of Python", '')
    """
    if not isinstance(name, str):
        return f"the name is {name!r}, but text was expected"
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        return f"the name '{name}' is a word of Python"
    if not _NAME.fullmatch(name):
        return f"the name {name[:_LONGEST]!r} is no identifier; letters, digits and '_' were expected, a letter first"
    return f"the name '{name[:20]}...' has more than {_LONGEST} characters" if len(name) > _LONGEST else ""


def taken_names(library: Library, inputs: Iterable[str] = ()) -> set[str]:
    """Names that mean something already: in the base language, in Python, or as an input of a program."""
    letters = {letter for pool in _LETTERS.values() for letter in pool}
    return {*reserved_words(library.base), *library.base.ops, *dir(builtins), *letters, *inputs}


def distinct_name(name: str, taken: Collection[str]) -> str:
    """The name, with a number behind it if it is taken.

    >>> distinct_name("double", {"double", "double_2"})
    'double_3'
    """
    found, number = name, 1
    while found in taken or _BOUND_NAME.fullmatch(found):
        number += 1
        found = f"{name}_{number}"
    return found


# ---- the name that a body suggests


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
    if name in _FIRST and _is_whole(parts[0]):
        return _FIRST[name].format(_number_word(parts[0].payload))
    if name in _SAME and len(set(parts)) == 1:
        return _SAME[name].get(len(parts), f"{word_of(node.op)}_{len(parts)}_times")
    words = [word_of(node.op)]
    numbers = [part.payload for part in parts if _is_whole(part)]
    if name in _SAME and numbers:
        return f"{words[0]}_{_number_word(sum(numbers) if name == '+' else math.prod(numbers))}"
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
    return name if len(name) <= _LONGEST else name[:_LONGEST].rstrip("_")


def _constant_name(definition: Definition) -> str:
    try:
        value = run(definition.body, {})
    except Exception:  # a constant without a value still needs a name
        return "constant"
    if type(value) is bool:
        return f"constant_{str(value).lower()}"
    return f"constant_{_number_word(value)}" if type(value) is int else f"constant_{definition.op.result.name}"


# ---- the library that bears the names


def _function_of_body(body: Term) -> Callable[..., Any]:
    """What an operator with this body does to Python values."""

    def function(*values: Any) -> Any:
        result = run(body, {})
        for value in values:
            result = result(value)
        return result

    return function


def defined(base: Language, name: str, text: str, arity: int, uses: int = 0) -> Definition:
    """An operator defined by an s-expression over a base language.

    Parameters
    ----------
    base : Language
    name : str
    text : str
        With ``#0``, ``#1``, ... for the arguments.
    arity : int
    uses : int

    Raises
    ------
    ParseError, TermError
        If the text is no s-expression, or has no sort.

    >>> from induce.terms.lists import lists
    >>> defined(lists, "twice", "(+ #0 #0)", 1).op.signature
    'twice(int) -> int'
    """
    tree = read(text)
    typed = function_from(tree, arity, base.ops)
    op = operator_of(name, typed.parameters, typed.result, write(tree))
    if not has_function(op):
        define(op, _function_of_body(typed.body))
    return Definition(op, typed.body, write(tree), uses)


def operator_of(name: str, parameters: tuple[Sort, ...], result: Sort, text: str) -> Op:
    """The operator; two libraries may give one name to two bodies, so a mark keeps the operators and their functions apart."""
    mark = hashlib.sha256(text.encode()).hexdigest()[:12]
    return Op(name, parameters, result, Notation("call" if parameters else "constant", name, python=mark))


def with_operators(term: Term, exchanged: Mapping[Op, Op]) -> Term:
    """The term with operators exchanged for others of the same sorts."""

    def step(node: Term, args: tuple[Term, ...]) -> Term:
        op = exchanged.get(node.op)
        return node.rebuild(args) if op is None else Term(op, args)

    return term.fold(step)


def renamed(library: Library, names: Mapping[str, str]) -> tuple[Library, dict[Op, Op]]:
    """The library whose operators bear other names, and the operator that each one became.

    Parameters
    ----------
    library : Library
    names : mapping of old name to new
        Operators that are not in it keep theirs.

    >>> from induce.terms.lists import lists
    >>> renamed(Library(lists), {})[0]
    Library(base=Language('lists', ...), definitions=())
    """
    exchanged: dict[Op, Op] = {}
    definitions: list[Definition] = []
    for definition in library.definitions:
        old = definition.op
        name = names.get(old.name, old.name)
        new = operator_of(name, old.arguments, old.result, definition.text)
        if has_function(old) and not has_function(new):
            define(new, function_of(old))
        exchanged[old] = new
        definitions.append(replace(definition, op=new, body=with_operators(definition.body, exchanged)))
    costs = {names.get(name, name): cost for name, cost in library.costs.items()}
    return replace(library, definitions=tuple(definitions), costs=costs), exchanged


def is_plain(sort: Sort) -> bool:
    """Whether values of the sort can be written down: numbers, truth values, texts, and lists of them."""
    return sort in (INT, BOOL, TEXT, REAL) or (sort.name == "list" and is_plain(sort.args[0]))


def is_closed(term: Term) -> bool:
    """Whether no index of the term reaches beyond it."""
    stack = [(term, 0)]
    while stack:
        node, depth = stack.pop()
        if node.op is BOUND and node.payload >= depth:
            return False
        stack.extend((a, depth + (node.op is LAMBDA)) for a in node.args)
    return True
