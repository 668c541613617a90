r"""Terms as text: the surface syntax of ``Language.parse`` and s-expressions, both exact inverses of reading.

The syntax beyond operators, calls and numbers::

    `body mass`                    a variable whose name is not an identifier, or means something else (`e`, `sin`)
    \x0:real. x0 + 1               a function (the names of bound variables are made up)
    (f)(x)   x0(y)                 a function applied
    ?k   ?k{start: 0.5, low: 0, high: 1, unit: "m/s^2"}    a real hole
    ?f{sin(x) | cos(x)}   ?f{0.7: sin(x) | 0.3: cos(x)}    a choice, with its prior
    ?f{grammar}   ?f{net}          a choice over a grammar, a net (so integer, values, subset): read back only when
                                   ``names`` supplies the hole
    concat(a, b, c)                concat(concat(a, b), c), for an associative operator of two arguments
    x:int   3:int   #0:real        a sort that the context does not give; an index that no function binds
    -1.0   -(1.0)                  the literal minus one; the operator ``neg`` applied to one
"""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from induce.terms.op import APPLY, BOUND, HOLE, LAMBDA, LITERAL, VARIABLE, Notation, Op
from induce.terms.sort import BOOL, INT, REAL, TEXT, TOKEN, Sort, list_of, unify_sorts
from induce.terms.term import Term

if TYPE_CHECKING:
    from induce.terms.hole import Hole
    from induce.terms.language import Language

__all__ = ["format_number", "level_of", "reserved_words", "to_sexpr", "to_text"]

IDENTIFIER = re.compile(r"[^\W\d]\w*")
NEGATIVE = 30 * 10 + 3
"""Level of a negative literal: that of a prefix operator of precedence 30."""
ATOM = 1_000_000
"""Level of what never needs parentheses."""
_RANKS = {("infix", "left"): 0, ("infix", "none"): 1, ("infix", "right"): 2, ("prefix", ""): 3, ("postfix", ""): 4}
_HEX_FROM_BITS = 10_000
WRITERS: dict[Sort, Callable[[Term], str]] = {}
"""How terms of a sort are written when their language has a syntax of its own (rules); the module that has it says so."""


def level_of(notation: Notation) -> int:
    """How tightly an operator binds: its precedence, then infix before prefix before postfix."""
    if notation.kind not in ("infix", "prefix", "postfix"):
        return ATOM
    side = notation.associativity if notation.kind == "infix" else ""
    return notation.precedence * 10 + _RANKS[notation.kind, side]


def is_chain(op: Op) -> bool:
    """Whether ``op(a, b, c)`` may be written for ``op(op(a, b), c)``: an associative call of two equal sorts."""
    return (
        op.notation.kind == "call" and op.arity == 2 and "associative" in op.laws and op.arguments[0] is op.arguments[1]
    )


def format_number(value: float, digits: int | None = None) -> str:
    """A number as text: exact, or to ``digits`` significant digits (integers are never rounded).

    >>> format_number(0.123456, 3), format_number(1234567.0, 3), format_number(2.0)
    ('0.123', '1234567', '2.0')
    """
    if isinstance(value, int):
        return hex(value) if value.bit_length() > _HEX_FROM_BITS else str(value)
    if digits is None or not math.isfinite(value):
        return repr(value)
    if value == int(value) and abs(value) < 1e15:
        return "-0" if math.copysign(1.0, value) < 0 and value == 0 else str(int(value))
    return f"{value:.{digits}g}"


@functools.cache
def _shipped_words() -> frozenset[str]:
    from induce.terms.arithmetic import arithmetic
    from induce.terms.boolean import boolean

    return _words(arithmetic) | _words(boolean)


def _words(language: Language) -> frozenset[str]:
    symbols = {op.notation.symbol for op in language}
    found = {word for word in {*language.ops, *language.aliases, *symbols} if IDENTIFIER.fullmatch(word)}
    return frozenset(found | {"inf", "nan", "True", "False", "lambda", "apply"})


def reserved_words(language: Language | None = None) -> frozenset[str]:
    """The words that mean something else than a variable, in one language or in the shipped ones."""
    return _shipped_words() if language is None else _shipped_words() | _words(language)


def quote_name(name: str, reserved: frozenset[str]) -> str:
    """The name as it is written: in backticks when it is not an identifier or is a reserved word."""
    if IDENTIFIER.fullmatch(name) and name not in reserved:
        return name
    return "`" + name.replace("`", "``") + "`"


def list_sort(value: tuple[Any, ...]) -> Sort:
    """The sort that a list has where it is written without one."""
    return list_of(BOOL if value and type(value[0]) is bool else INT)


class _Writer:
    """What stays the same while one term is written."""

    def __init__(self, term: Term, digits: int | None, language: Language | None) -> None:
        self.digits = digits
        self.reserved = reserved_words(language)
        self.default = None if language is None else language.default
        self.prefix = _bound_prefix(term)

    def leaf(self, node: Term, expected: Sort | None, depth: int) -> tuple[str, int]:
        """Text and level of a literal, variable, bound variable or constant."""
        if node.op is LITERAL:
            return self.literal(node, expected)
        if node.op is VARIABLE:
            text = quote_name(node.payload, self.reserved)
            return text + _annotation(node.sort, expected, (REAL, BOOL)), ATOM
        if node.op is BOUND:
            if node.payload < depth:
                return f"{self.prefix}{depth - 1 - node.payload}", ATOM
            return f"#{node.payload}{_annotated(node.sort)}", ATOM
        return node.op.notation.symbol or node.op.name, ATOM

    def literal(self, node: Term, expected: Sort | None) -> tuple[str, int]:
        value = node.payload
        if type(value) in (int, float):
            text = format_number(value, self.digits)
            known = expected if expected in (REAL, INT) else None
            usual = INT if self.default is INT and type(value) is int else REAL
            return text + _annotation(node.sort, known, (usual,)), NEGATIVE if text.startswith("-") else ATOM
        if type(value) is bool:
            return str(value) + _annotation(node.sort, None, (BOOL,)), ATOM
        if type(value) is str:
            known = TOKEN if expected is TOKEN else None
            return json.dumps(value, ensure_ascii=False) + _annotation(node.sort, known, (TEXT,)), ATOM
        if node.sort in (list_of(INT), list_of(BOOL)) and type(value) is tuple:
            return str(list(value)) + _annotation(node.sort, None, (list_sort(value),)), ATOM
        return f"<{value!r}{_annotated(node.sort)}>", ATOM

    def hole_parts(self, spec: Hole) -> tuple[str, list[tuple[str, Term]], str]:
        """Opening text, (text before, option) for each option, closing text."""
        name = "?" + spec.name
        if spec.kind in ("net", "integer", "values", "subset"):
            return name + "{" + spec.kind + "}", [], ""
        if spec.kind == "real":
            return name + _attributes(spec), [], ""
        if not isinstance(spec.options, tuple):
            return name + "{grammar}", [], ""
        pairs: list[tuple[str, Term]] = []
        for number, option in enumerate(spec.options):
            weight = f"{spec.prior[number]!r}: " if spec.prior else ""
            pairs.append(((" | " if number else "") + weight, option))
        return name + "{", pairs, "}"


def _attributes(spec: Hole) -> str:
    parts: list[str] = []
    if spec.start is not None:
        parts.append(f"start: {_short(spec.start)}")
    if spec.low != -math.inf:
        parts.append(f"low: {_short(spec.low)}")
    if spec.high != math.inf:
        parts.append(f"high: {_short(spec.high)}")
    if spec.unit:
        parts.append(f"unit: {json.dumps(spec.unit, ensure_ascii=False)}")
    if spec.log:
        parts.append('scale: "log"')
    return "{" + ", ".join(parts) + "}" if parts else ""


def _short(value: float) -> str:
    text = repr(value)
    return text[:-2] if text.endswith(".0") else text


def _annotated(sort: Sort) -> str:
    text = str(sort)
    return f":({text})" if sort.is_arrow or "[" in text else f":{text}"


def _annotation(sort: Sort, expected: Sort | None, usual: tuple[Sort, ...]) -> str:
    """The sort written after a leaf, unless reading the leaf in its place gives this sort anyway."""
    return "" if sort is expected or (expected is None and sort in usual) else _annotated(sort)


def _bound_prefix(term: Term) -> str:
    """A prefix such that prefix + number is no name in the term."""
    taken: set[str] = set()
    has_lambda = False
    waiting = [term]
    while waiting:
        for node in waiting.pop().postorder():
            has_lambda = has_lambda or node.op is LAMBDA
            taken.add(node.name)
            taken.add(node.op.notation.symbol)
            if node.op is HOLE and isinstance(node.payload.options, tuple):
                waiting.extend(node.payload.options)
    prefix = "x"
    while has_lambda and any(name.startswith(prefix) and name[len(prefix) :].isdigit() for name in taken):
        prefix += "_"
    return prefix


_Job = tuple[Any, int, Any, int]
"""(term or text, level needed, expected sort, number of enclosing functions)"""


def _emit(term: Term, expand: Callable[[Term, Sort | None, int, int], list[str | _Job]]) -> str:
    out: list[str] = []
    stack: list[str | _Job] = [(term, 0, None, 0)]
    while stack:
        job = stack.pop()
        if isinstance(job, str):
            out.append(job)
        else:
            node, need, expected, depth = job
            stack.extend(reversed(expand(node, expected, depth, need)))
    return "".join(out)


def _expectations(node: Term) -> Iterator[tuple[Term, Sort | None]]:
    """Each argument and the sort that its place and the arguments before it say it has."""
    mapping: dict[Sort, Sort] = {}
    for arg, sort in zip(node.args, node.op.arguments, strict=True):
        expected = sort.substitute(mapping)
        yield arg, (None if expected.has_variables else expected)
        if expected.has_variables:
            unify_sorts(expected, arg.sort, mapping)


def _chained(node: Term) -> list[tuple[Term, Sort | None]]:
    """The arguments of a chain ``op(op(a, b), c)`` as they are written, ``op(a, b, c)``."""
    found: list[tuple[Term, Sort | None]] = []
    while True:
        first, last = _expectations(node)
        found.append(last)
        if first[0].op is not node.op:
            return [first, *reversed(found)]
        node = first[0]


def _operator_text(node: Term, depth: int) -> list[str | _Job]:
    op: Op = node.op
    note = op.notation
    symbol = note.symbol or op.name
    level = level_of(note)
    jobs = list(_expectations(node))
    worded = bool(IDENTIFIER.fullmatch(symbol))
    if note.kind == "infix" and op.arity == 2:
        left = level if note.associativity == "left" else level + 1
        right = level if note.associativity == "right" else level + 1
        space = " " if worded or note.precedence < 40 else ""
        (a, sort_a), (b, sort_b) = jobs
        return [(a, left, sort_a, depth), f"{space}{symbol}{space}", (b, right, sort_b, depth)]
    if note.kind == "prefix" and op.arity == 1:
        bare = jobs[0][0]
        is_number = bare.op is LITERAL and type(bare.payload) in (int, float)
        if symbol == "-" and is_number and not format_number(bare.payload).startswith("-"):
            return [f"{symbol}(", (bare, 0, jobs[0][1], depth), ")"]
        if symbol == "-" and _begins_with_minus(bare):  # two in a row read as a slip of the pen
            return [f"{symbol}(", (bare, 0, jobs[0][1], depth), ")"]
        return [symbol + (" " if worded else ""), (bare, level, jobs[0][1], depth)]
    if note.kind == "postfix" and op.arity == 1:
        return [(jobs[0][0], level, jobs[0][1], depth), (" " if worded else "") + symbol]
    jobs = _chained(node) if is_chain(op) else jobs
    parts: list[str | _Job] = [f"{symbol if note.kind == 'call' else op.name}("]
    for number, (arg, sort) in enumerate(jobs):
        if number:
            parts.append(", ")
        parts.append((arg, 0, sort, depth))
    return [*parts, ")"]


def _begins_with_minus(term: Term) -> bool:
    """Whether a term is a product or quotient whose text begins with a negative number."""
    first = term
    while first.op.notation.kind == "infix" and first.op.notation.precedence > 10:
        first = first.args[0]
    if first is term or first.op is not LITERAL:
        return False
    return type(first.payload) in (int, float) and format_number(first.payload).startswith("-")


def _hole_jobs(writer: _Writer, node: Term, depth: int) -> list[str | _Job]:
    opening, options, closing = writer.hole_parts(node.payload)
    parts: list[str | _Job] = [opening]
    for before, option in options:
        parts.append(before)
        if len(options) == 1 and option.op is VARIABLE and option.payload in ("grammar", "net"):
            parts.append(f"`{option.payload}`{_annotation(option.sort, None, (REAL, BOOL))}")  # not the word
        else:
            parts.append((option, 0, None, depth))
    return [*parts, closing]


def to_text(term: Term, digits: int | None = None, *, language: Language | None = None) -> str:
    """The term in surface syntax; ``parse(to_text(term)) is term``.

    Parameters
    ----------
    term : Term
        Any depth works.
    digits : int, optional
        Round float literals to so many significant digits, for display only: the text then reads back as another term.
    language : Language, optional
        The language that will read the text: names of its operators are put in backticks when variables bear them (those of
        the shipped languages always are), and whole numbers of its default sort need no annotation.

    >>> from induce.terms import arithmetic
    >>> to_text(arithmetic.parse("-(x + 1.23456)**2"), digits=3)
    '-(x + 1.23)^2'
    """
    if term.sort in WRITERS:
        return WRITERS[term.sort](term)
    writer = _Writer(term, digits, language)

    def expand(node: Term, expected: Sort | None, depth: int, need: int) -> list[str | _Job]:
        if node.op is HOLE:
            return _hole_jobs(writer, node, depth)
        if node.op is LAMBDA:
            head = f"\\{writer.prefix}{depth}{_annotated(node.payload)}. "
            parts: list[str | _Job] = [head, (node.args[0], 0, None, depth + 1)]
            return ["(", *parts, ")"] if need > 0 else parts
        if node.op is APPLY:
            return _apply_jobs(node, depth)
        if not node.args and (node.op.notation.kind in ("special", "constant")):
            text, level = writer.leaf(node, expected, depth)
            return [f"({text})" if level < need else text]
        parts = _operator_text(node, depth)
        return ["(", *parts, ")"] if level_of(node.op.notation) < need else parts

    return _emit(term, expand)


def _apply_jobs(node: Term, depth: int) -> list[str | _Job]:
    function, argument = node.args
    expected = function.sort.args[0]
    inner: list[str | _Job] = [(function, 0, None, depth)]
    if not (function.op is APPLY or (function.op is BOUND and function.payload < depth)):
        inner = ["(", *inner, ")"]
    return [*inner, "(", (argument, 0, None if expected.has_variables else expected, depth), ")"]


def to_sexpr(term: Term, digits: int | None = None, *, language: Language | None = None) -> str:
    """The term as an s-expression of operator names; ``parse_sexpr(language, to_sexpr(term)) is term``.

    Functions are ``(lambda x0:real body)``, applications ``(apply f x)``; leaves are written as in :func:`to_text`.

    >>> from induce.terms import arithmetic
    >>> to_sexpr(arithmetic.parse("-x + sin(2*y)"))
    '(+ (neg x) (sin (* 2 y)))'
    """
    writer = _Writer(term, digits, language)

    def expand(node: Term, expected: Sort | None, depth: int, need: int) -> list[str | _Job]:
        if node.op is HOLE:
            return _hole_jobs(writer, node, depth)
        if not node.args and node.op.notation.kind in ("special", "constant"):
            return [writer.leaf(node, expected, depth)[0]]
        if node.op is LAMBDA:
            head = f"(lambda {writer.prefix}{depth}{_annotated(node.payload)} "
            return [head, (node.args[0], 0, None, depth + 1), ")"]
        if node.op is APPLY:
            sort = node.args[0].sort.args[0]
            jobs: list[tuple[Term, Sort | None]] = [(node.args[0], None)]
            jobs.append((node.args[1], None if sort.has_variables else sort))
        else:
            jobs = list(_expectations(node))
        parts: list[str | _Job] = [f"({node.op.name}"]
        for arg, wanted in jobs:
            parts.extend([" ", (arg, 0, wanted, depth)])
        return [*parts, ")"]

    return _emit(term, expand)
