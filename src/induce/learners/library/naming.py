"""Names of a library's operators: which may be used, which a body suggests, and the library that bears them."""

from __future__ import annotations

import builtins
import hashlib
import keyword
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from induce.algebras.assembling import check_whole_calls
from induce.algebras.values import define, function_of, has_function
from induce.errors import TermError
from induce.learners.library.compressing import read, write
from induce.learners.library.converting import function_from, with_inputs
from induce.learners.library.waking import Definition, Library, meaning_of
from induce.terms.language import Language
from induce.terms.op import BOUND, LAMBDA, Notation, Op
from induce.terms.show import reserved_words, to_text
from induce.terms.sort import BOOL, INT, REAL, TEXT, Sort
from induce.terms.term import Term

__all__ = [
    "defined",
    "distinct_name",
    "is_closed",
    "is_plain",
    "objection_to",
    "opened",
    "operator_of",
    "parameter_names",
    "renamed",
    "shown",
    "taken_names",
    "with_operators",
]

LONGEST = 60
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_BOUND_NAME = re.compile(r"x\d+")
_LETTERS: dict[str, Sequence[str]] = {
    "list": ("xs", "ys", "zs"), "text": ("s", "t", "u"), "int": ("n", "m", "k"), "bool": ("p", "q", "r"),
    "->": ("f", "g", "h"), "real": ("x", "y", "z"),
}  # fmt: skip


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
        return f"the name {name[:LONGEST]!r} is no identifier; letters, digits and '_' were expected, a letter first"
    return f"the name '{name[:20]}...' has more than {LONGEST} characters" if len(name) > LONGEST else ""


def taken_names(library: Library, inputs: Iterable[str] = ()) -> set[str]:
    """Names that mean something already: in the base language, in Python, or as an input of a program."""
    letters = {letter for pool in _LETTERS.values() for letter in pool}
    return {*reserved_words(library.base), *library.base.ops, *dir(builtins), *letters, *inputs}


def distinct_name(name: str, taken: Collection[str]) -> str:
    """The name, with a number behind it if it is taken.

    >>> distinct_name("double", {"double", "double_v2"})
    'double_v3'
    """
    found, number = name, 1
    while found in taken or _BOUND_NAME.fullmatch(found):
        number += 1
        found = f"{name}_v{number}"  # a plain number would read as one of the operator's own
    return found


# ---- the library that bears the names


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
        If the text is no s-expression, has no sort, or applies a function only in part.

    >>> from induce.terms.lists import lists
    >>> defined(lists, "twice", "(+ #0 #0)", 1).op.signature
    'twice(int) -> int'
    """
    tree = read(text)
    typed = function_from(tree, arity, base.ops)
    if typed.result.is_arrow:
        raise TermError(f"operator '{name}' gives a function, {typed.result}. Apply it to all its arguments.")
    check_whole_calls(typed.body)
    op = operator_of(name, typed.parameters, typed.result, write(tree))
    if not has_function(op):
        define(op, meaning_of(typed.body))
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
