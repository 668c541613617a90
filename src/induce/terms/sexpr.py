"""Reading s-expressions: ``(+ x (sin 2))``, one stack and no recursion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from induce.terms.op import Op
from induce.terms.sort import Sort
from induce.terms.term import Term
from induce.terms.vocabulary import Item, Token
from induce.terms.words import Reader

if TYPE_CHECKING:
    from induce.terms.language import Language

__all__ = ["read_sexpr"]


class _Frame:
    """An open parenthesis or hole brace and what was read in it."""

    __slots__ = ("head", "items", "scopes", "sort", "start")

    def __init__(self, start: int, head: Any, scopes: int = 0, sort: Sort | None = None) -> None:
        self.start = start
        self.head = head
        self.items: list[Any] = []
        self.scopes = scopes
        self.sort = sort


def read_sexpr(reader: Reader, actions: Any, language: Language) -> Term:
    """The term written as an s-expression; ``actions`` builds the nodes as the surface parser does."""
    frames = [_Frame(0, None)]
    tokens = iter(reader)
    hole: Token | None = None
    for token in tokens:
        frame = frames[-1]
        if hole is not None and token.type != "_LBRACE":
            _put(reader, frame, actions.bare_hole([hole]))
            hole = None
        if token.type == "$END":
            break
        if token.type == "_LPAR":
            frames.append(_open(reader, token, language))
        elif token.type == "_RPAR":
            frames.pop()
            _put(reader, frames[-1], _close(reader, frame, actions))
        elif token.type == "HOLE":
            hole = token
        elif token.type == "_LBRACE":
            if hole is None:
                raise reader.error(token.start, "unexpected '{'; it follows a hole only: '?name{...}'.")
            frames.append(_Frame(token.start, hole))
            hole = None
        elif token.type == "_RBRACE":
            frames.pop()
            _put(reader, frames[-1], _close_brace(reader, frame, actions))
        elif token.type in ("NUMBER", "ATOM", "FUNCTION"):
            _put(reader, frame, token.value)
        elif token.type in ("PRIOR", "ATTRIBUTE", "SPACE", "_BAR", "_COMMA") and isinstance(frame.head, Token):
            frame.items.append(token)
        else:
            raise reader.error(token.start, f"unexpected '{token.text}'; a number, a name or '(' was expected.")
    items = frames[0].items
    if len(items) != 1:
        raise reader.error(items[1].start if items else 0, "one s-expression was expected, such as '(+ x 1)'.")
    term: Term = actions._resolve(items[0])
    return term


def _put(reader: Reader, frame: _Frame, item: Item) -> None:
    frame.items.append(item)
    if frame.head is None and len(frame.items) > 1:
        raise reader.error(item.start, "one s-expression was expected, but another one follows. Remove it.")


def _open(reader: Reader, token: Token, language: Language) -> _Frame:
    """Read the head after ``(``: an operator's name, ``lambda x:sort`` or ``apply``."""
    end = reader.at
    while end < len(reader.text) and reader.text[end].isspace():
        end += 1
    start = end
    while end < len(reader.text) and not (reader.text[end].isspace() or reader.text[end] in "()"):
        end += 1
    word = reader.text[start:end]
    if not word:
        raise reader.error(token.start, "an s-expression begins with an operator, such as '(+ x 1)'.")
    if word not in language and word not in ("lambda", "apply"):
        raise reader.error(start, str(language.unknown(word)))
    reader.at = end
    if word == "lambda" and word not in language:
        sort = reader.parameter(start)
        return _Frame(token.start, "lambda", len(reader.scopes) - 1, sort)
    return _Frame(token.start, "apply" if word not in language else language[word], len(reader.scopes))


def _close(reader: Reader, frame: _Frame, actions: Any) -> Item:
    if frame.head == "lambda":
        if len(frame.items) != 1:
            raise reader.error(frame.start, f"a function has one body, but {len(frame.items)} were given.")
        head = Token("LAMBDA", frame.sort, "lambda", frame.start)
        item: Item = actions.function([head, frame.items[0]])
        return item
    if frame.head == "apply":
        if len(frame.items) < 2:
            raise reader.error(frame.start, "'apply' needs a function and its arguments: (apply f x).")
        item = actions.application([frame.items[0], frame.items[1:]])
        return item
    if not isinstance(frame.head, Op):
        raise reader.error(frame.start, "unbalanced ')' without an opening one. Remove it, or add its partner.")
    item = actions._build(frame.start, frame.head, frame.items)
    return item


def _close_brace(reader: Reader, frame: _Frame, actions: Any) -> Item:
    hole: Token = frame.head
    first = frame.items[0] if frame.items else None
    if first is None:
        raise reader.error(frame.start, "the braces of a hole are empty. Remove them, or write '?k{start: 1}'.")
    result: Item
    if isinstance(first, Token) and first.type == "SPACE":
        result = actions.given_hole([hole, first])
    elif isinstance(first, Token) and first.type == "ATTRIBUTE":
        result = actions.real_hole([hole, [t for t in frame.items if t.type == "ATTRIBUTE"]])
    else:
        options: list[tuple[Token | None, Item]] = []
        weight: Token | None = None
        for item in frame.items:
            if isinstance(item, Item):
                options.append((weight, item))
                weight = None
            elif item.type == "PRIOR":
                weight = item
        result = actions.choice_hole([hole, options])
    return result
