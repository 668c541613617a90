"""Text to terms: a LALR parser whose grammar is made from the operators' notations, without recursion over the text.

The surface syntax is described in :mod:`induce.terms.show`. ``parse`` also takes s-expressions: a text is one when it
is ``(``, the name of an operator (or ``lambda``, ``apply``), white space, and the matching ``)`` is its end. If it
cannot be read as one, as ``(sin (x))``, it is read in surface syntax. When the name is also a prefix symbol, as in
``(- x y)`` or ``(not a)``, surface syntax is tried first. :func:`parse_sexpr` reads s-expressions only.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from induce.errors import ParseError
from induce.terms import hole
from induce.terms.op import Op
from induce.terms.sexpr import read_sexpr
from induce.terms.show import is_chain
from induce.terms.sort import Sort, unify_sorts
from induce.terms.term import Term, apply, lambda_, literal
from induce.terms.vocabulary import Item, Token, Vocabulary, grammar_text
from induce.terms.words import LONGEST, Reader

if TYPE_CHECKING:
    from induce.terms.language import Language

__all__ = ["parse", "parse_sexpr"]

_HEAD = re.compile(r"\s*\(\s*([^\s()]+)\s")


class _Parser:
    """The vocabulary and the LALR tables of one language."""

    def __init__(self, language: Language) -> None:
        import lark

        self.vocabulary = Vocabulary(language)
        self.unexpected: type[Exception] = lark.UnexpectedInput
        self.actions = _Actions(language)
        # the tokens are fed one by one, so lark's own lexer never runs
        self.tables: Any = lark.Lark(
            grammar_text(self.vocabulary),
            parser="lalr",
            transformer=self.actions,
            lexer=_no_lexer(),
            maybe_placeholders=False,
        )


@functools.cache
def _no_lexer() -> Any:
    from lark.lexer import Lexer

    class NoLexer(Lexer):
        def __init__(self, configuration: Any) -> None:
            pass

        def lex(self, lexer_state: Any, parser_state: Any = None) -> Any:
            return iter(())

    return NoLexer


class _Fault(Exception):
    """A mistake at an offset; turned into a ParseError where the text is known."""

    def __init__(self, start: int, message: str) -> None:
        super().__init__(message)
        self.start = start


class _Actions:
    """What each grammar rule builds. Holds no state of a text, so one instance serves all threads."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.default = language.default

    def _resolve(self, item: Item, expected: Sort | None = None) -> Term:
        try:
            return item.resolve(expected, self.default)
        except TypeError as problem:
            raise _Fault(item.start, str(problem)) from None

    def _build(self, start: int, op: Op, items: list[Item]) -> Item:
        if len(items) > 2 and is_chain(op):
            return functools.reduce(lambda left, right: self._build(start, op, [left, right]), items)
        if len(items) != op.arity:
            plural = "" if op.arity == 1 else "s"
            raise _Fault(
                start,
                f"'{op.name}' takes {op.arity} argument{plural} but got {len(items)}. Its signature is {op.signature}.",
            )
        args: list[Term] = []
        mapping: dict[Sort, Sort] = {}
        for item, sort in zip(items, op.arguments, strict=True):
            expected = sort.substitute(mapping)
            args.append(self._resolve(item, expected))
            if expected.has_variables:  # what one argument says of a sort variable holds for those after it
                unify_sorts(expected, args[-1].sort, mapping)
        try:
            return Item(start, Term(op, tuple(args)))
        except TypeError as problem:
            raise _Fault(start, str(problem)) from None

    def start(self, children: list[Item]) -> Item:
        return children[0]

    def leaf(self, children: list[Token]) -> Item:
        item: Item = children[0].value
        return item

    def group(self, children: list[Item]) -> Item:
        item = children[0]
        item.bare = False
        return item

    def infix(self, children: list[Any]) -> Item:
        left, sign, right = children
        return self._build(sign.start, sign.value["infix"], [left, right])

    def prefix(self, children: list[Any]) -> Item:
        sign, item = children
        if sign.text == "-" and item.bare and item.term is None:
            return Item(sign.start, literal(-item.number, self._resolve(item).sort))
        return self._build(sign.start, sign.value["prefix"], [item])

    def postfix(self, children: list[Any]) -> Item:
        item, sign = children
        return self._build(sign.start, sign.value["postfix"], [item])

    def call(self, children: list[Any]) -> Item:
        return self._build(children[0].start, children[0].value, children[1] if len(children) > 1 else [])

    def application(self, children: list[Any]) -> Item:
        head, arguments = children
        item: Item = head.value if isinstance(head, Token) else head
        function = self._resolve(item)
        for argument in arguments:
            expected = function.sort.args[0] if function.sort.is_arrow else None
            if expected is None:
                raise _Fault(
                    argument.start,
                    f"'{function}' has sort {function.sort} and cannot be applied to arguments. "
                    "To multiply, write '*' before the parenthesis.",
                )
            try:
                function = apply(function, self._resolve(argument, expected))
            except TypeError as problem:
                raise _Fault(argument.start, str(problem)) from None
        return Item(item.start, function)

    def function(self, children: list[Any]) -> Item:
        head, body = children
        try:
            return Item(head.start, lambda_(head.value, self._resolve(body)))
        except TypeError as problem:
            raise _Fault(head.start, str(problem)) from None

    def first(self, children: list[Any]) -> list[Any]:
        return [children[0]]

    def more(self, children: list[Any]) -> list[Any]:
        children[0].append(children[1])
        return children[0]  # type: ignore[no-any-return]

    def option(self, children: list[Any]) -> tuple[Token | None, Item]:
        return (children[0] if len(children) > 1 else None), children[-1]

    def _hole(self, token: Token, make: Callable[[], Term]) -> Item:
        try:
            return Item(token.start, make())
        except TypeError as problem:
            raise _Fault(token.start, str(problem)) from None

    def bare_hole(self, children: list[Token]) -> Item:
        name, given = children[0].value
        return self._hole(children[0], lambda: given if given is not None else hole.real(name))

    def real_hole(self, children: list[Any]) -> Item:
        token, pairs = children
        values: dict[str, Any] = {}
        for attribute in pairs:
            key, value = attribute.value
            if key in values:
                raise _Fault(attribute.start, f"attribute '{key}' is given twice. Keep one.")
            values[key] = value
        low, high = values.get("low", -float("inf")), values.get("high", float("inf"))
        start, unit, scale = values.get("start"), values.get("unit"), values.get("scale", "linear")
        if scale not in ("linear", "log"):
            raise _Fault(token.start, f'the scale of a hole is "{scale}". It may be "linear" or "log".')
        return self._hole(
            token,
            lambda: hole.real(token.value[0], start=start, within=(low, high), unit=unit, log=scale == "log"),
        )

    def choice_hole(self, children: list[Any]) -> Item:
        token, options = children
        weights = [weight.value for weight, _ in options if weight is not None]
        if weights and len(weights) != len(options):
            raise _Fault(token.start, f"{len(weights)} of {len(options)} options have a weight. Give all or none.")
        terms = [self._resolve(item) for _, item in options]
        return self._hole(token, lambda: hole.choice(terms, name=token.value[0], prior=weights or None))

    def given_hole(self, children: list[Token]) -> Item:
        token, word = children
        name, given = token.value
        if given is None:
            raise _Fault(
                token.start,
                f"'{token.text}{{{word.value}}}' cannot be read from text alone. "
                f"Give the hole by name: parse(text, {name or 'name'}=hole).",
            )
        return Item(token.start, given)


def _parser_of(language: Language) -> _Parser:
    if language._parser is None:
        language._parser = _Parser(language)
    return language._parser  # type: ignore[no-any-return]


def parse(
    language: Language,
    text: str,
    *,
    variables: Iterable[str] | None = None,
    names: Mapping[str, Sort | Term] | None = None,
) -> Term:
    """Read a term from surface syntax or an s-expression.

    Parameters
    ----------
    language : Language
        Gives the operators, their notation and aliases.
    text : str
        At most 1,000,000 characters.
    variables : iterable of str, optional
        The only names allowed as variables.
    names : mapping, optional
        What a name stands for: a variable of that sort, or that term (also for a hole written ``?name``).

    Raises
    ------
    ParseError
        With line and column.

    >>> from induce.terms import arithmetic
    >>> parse(arithmetic, "2*sin(x)**2 - -1")
    2 * sin(x)^2 - -1
    """
    allowed = None if variables is None else frozenset(variables)
    given = names or {}
    parser = _parser_of(language)
    head = _HEAD.match(text) if len(text) <= LONGEST else None
    if head is None or not _is_operator(head.group(1), language) or not _is_one_group(text):
        return _surface(parser, language, text, allowed, given)
    readings: list[Callable[[], Term]] = [
        lambda: parse_sexpr(language, text, variables=allowed, names=given),
        lambda: _surface(parser, language, text, allowed, given),
    ]
    if "prefix" in parser.vocabulary.roles.get(head.group(1), {}):
        readings.reverse()
    try:
        return readings[0]()
    except ParseError as problem:
        try:
            return readings[1]()
        except ParseError:
            raise problem from None


def parse_sexpr(
    language: Language,
    text: str,
    *,
    variables: Iterable[str] | None = None,
    names: Mapping[str, Sort | Term] | None = None,
) -> Term:
    """Read a term from an s-expression of operator names, the inverse of ``show.to_sexpr``.

    >>> from induce.terms import arithmetic
    >>> parse_sexpr(arithmetic, "(+ (neg x) (sin 2))")
    -x + sin(2)
    """
    allowed = None if variables is None else frozenset(variables)
    reader = Reader(_parser_of(language).vocabulary, text, allowed, names or {}, prefix_form=True)
    actions = _Actions(language)
    try:
        return read_sexpr(reader, actions, language)
    except _Fault as fault:
        raise reader.error(fault.start, str(fault)) from None


def _is_operator(word: str, language: Language) -> bool:
    return word in language.ops or word in ("lambda", "apply")


def _is_one_group(text: str) -> bool:
    """Whether the parenthesis that opens the text is closed by its last character."""
    text = text.strip()
    depth = 0
    quote = ""
    for place, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in '"`':
            quote = character
        elif character in "()":
            depth += 1 if character == "(" else -1
            if depth == 0:
                return place == len(text) - 1
    return False


def _surface(
    parser: _Parser,
    language: Language,
    text: str,
    variables: frozenset[str] | None,
    names: Mapping[str, Sort | Term],
) -> Term:
    reader = Reader(parser.vocabulary, text, variables, names)
    state: Any = parser.tables.parse_interactive()
    last: Token | None = None
    result: Any = None
    try:
        for token in reader:
            result = state.feed_token(token)
            last = token
        return parser.actions._resolve(result)
    except _Fault as fault:
        raise reader.error(fault.start, str(fault)) from None
    except parser.unexpected as problem:
        wrong: Token = problem.token  # type: ignore[attr-defined]
        outer = reader.brackets[: -1 if wrong.type in ("_LPAR", "_LBRACE") else None]
        bracket = outer[-1][0] if outer else ""
        expected: set[str] = problem.accepts or problem.expected  # type: ignore[attr-defined]
        raise reader.error(wrong.start, _complaint(wrong, last, expected, bracket)) from None


def _complaint(wrong: Token, last: Token | None, expected: set[str], bracket: str) -> str:
    """What was found, what was expected, one thing to try."""
    found = f"unexpected '{wrong.text}'" if wrong.type != "$END" else "the text ends too early"
    if last is not None:
        found += f" after '{last.text}'"
    if expected & {"NUMBER", "ATOM", "_LPAR"} and not (last is not None and last.type in ("NUMBER", "ATOM", "_RPAR")):
        wanted = "a number, a name or '(' was expected"
        hint = " Remove the operator, or write its operand." if wrong.type.startswith(("SYMBOL", "$")) else ""
        return f"{found}; {wanted}.{hint}"
    wanted = {"": "the end", "(": "')'", "{": "'|' or '}'"}[bracket]
    hint = ""
    if last is not None and wrong.type in ("NUMBER", "ATOM", "_LPAR", "CALL", "FUNCTION", "HOLE"):
        hint = f" To multiply, write '{last.text} * {wrong.text}{'...)' if wrong.text == '(' else ''}'."
    return f"{found}; an operator or {wanted} was expected.{hint}"
