"""Words of rule texts with their places, and translations that keep those places: the ground of the dialects."""

from __future__ import annotations

import bisect
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn

from induce.errors import ParseError
from induce.logic.parse import Parsed, Place, error_at, parse_program
from induce.logic.quoting import unquoted

__all__ = ["Token", "Translation", "closing", "read_tokens", "split"]

OPENING = {"(": ")", "[": "]", "{": "}"}
_WORDS = r"""
    (?P<space>\s+)
  | (?P<comment>%s)
  | (?P<number>\d+\.\d+([eE][+-]?\d+)?|\d+[eE][+-]?\d+|\d+)
  | (?P<text>"(\\.|[^"\\\n])*"|'(\\.|''|[^'\\\n])*')
  | (?P<word>[^\W\d]\w*)
  | (?P<hash>\#[a-z]+\+?)
  | (?P<symbol>:-|:~|::|:=|\?-|\*->|->|<-|=:=|=\\=|\\==|\\=|\\\+|==|=<|<=|>=|!=|<>|<:|@[a-z_]\w*|@<|@>|\.\.|//|\*\*|&&|\|\||.)
"""


@dataclass(frozen=True)
class Token:
    """A word of a text.

    Parameters
    ----------
    kind : {"number", "text", "name", "variable", "hash", "symbol"}
    text : str
    line, column : int
        From 1.
    glued : bool
        Whether it follows the word before it without a space.
    """

    kind: str
    text: str
    line: int
    column: int
    glued: bool = False

    def put(self, text: str, kind: str = "symbol") -> Token:
        """Another word at the same place."""
        return Token(kind, text, self.line, self.column)

    def call(self) -> Token:
        """The ``(`` of a call, at this place."""
        return Token("symbol", "(", self.line, self.column, True)


def read_tokens(text: str, *, dialect: str, comments: str) -> list[Token]:
    """The words of a text, without its comments.

    Parameters
    ----------
    text : str
    dialect : str
        Its name, for messages.
    comments : str
        Regular expression of a comment.
    """
    if not isinstance(text, str):
        raise ParseError(f"a {dialect} program is text, but got {type(text).__name__}.")
    found: list[Token] = []
    line, begin, glued = 1, 0, False
    for match in re.finditer(_WORDS % comments, text, re.VERBOSE | re.DOTALL):
        kind, word = match.lastgroup or "symbol", match[0]
        kind = next((k for k in ("space", "comment", "number", "text", "word", "hash") if match[k]), "symbol")
        column = match.start() - begin + 1
        if kind in ("space", "comment"):
            glued = False
            if "\n" in word:
                line += word.count("\n")
                begin = match.start() + word.rindex("\n") + 1
            continue
        if word in ('"', "'"):
            raise error_at(
                text,
                line,
                column,
                f"the text that begins with {word} is not closed on its line. Add the closing {word}.",
            )
        if kind == "word":
            first = word.lstrip("_")[:1]
            kind = "variable" if word[0] == "_" or first.isupper() else "name"
        if kind == "text":
            try:
                word = json.dumps(unquoted(word.replace("''", "'") if word[0] == "'" else word), ensure_ascii=False)
            except ValueError as problem:
                raise error_at(text, line, column, str(problem)) from None
        found.append(Token(kind, word, line, column, glued))
        glued = True
    return found


def closing(tokens: Sequence[Token], start: int) -> int:
    """The place of the bracket that closes the one at ``start``; the length of the text if none does."""
    depth = 0
    for place in range(start, len(tokens)):
        word = tokens[place].text if tokens[place].kind == "symbol" else ""
        depth += (word in OPENING) - (word in OPENING.values())
        if depth == 0:
            return place
    return len(tokens)


def split(tokens: Sequence[Token], *marks: str) -> list[list[Token]]:
    """The parts between the marks that stand outside of brackets; no parts for no tokens."""
    parts: list[list[Token]] = [[]]
    for token, depth in depths(tokens):
        if depth == 0 and token.text in marks and token.kind in ("symbol", "name"):
            parts.append([])
        else:
            parts[-1].append(token)
    return parts if tokens else []


def depths(tokens: Iterable[Token]) -> Iterator[tuple[Token, int]]:
    """Every token with the number of brackets around it; a bracket counts as outside of itself."""
    depth = 0
    for token in tokens:
        word = token.text if token.kind == "symbol" else ""
        depth -= word in OPENING.values()
        yield token, depth
        depth += word in OPENING


class Translation:
    """Statements in the language of rules that remember where in the original text each of their words stands.

    Parameters
    ----------
    text : str
        The original.
    dialect : str
    """

    def __init__(self, text: str, dialect: str) -> None:
        self.original = text
        self.dialect = dialect
        self.notes: list[str] = []
        self._lines: list[str] = []
        self._origins: list[tuple[list[int], list[Token]]] = []

    def refuse(self, token: Token, what: str, instead: str) -> NoReturn:
        """Raise: ``what`` of the dialect has no meaning here; say what to write instead."""
        raise error_at(self.original, token.line, token.column, f"{what} of {self.dialect} is not supported. {instead}")

    def parts(self, tokens: Sequence[Token], *marks: str) -> list[list[Token]]:
        """The parts between the marks, none of which may be empty."""
        found = split(tokens, *marks)
        place = 0
        for part in found:
            if not part:
                token = tokens[min(place, len(tokens) - 1)]
                message = f"something is missing at '{token.text}'. Write it, or remove a separator."
                raise error_at(self.original, token.line, token.column, message)
            place += len(part) + 1
        return found

    def note(self, token: Token, message: str) -> None:
        """Remember something that the text says and that has no effect."""
        self.notes.append(f"{token.line}:{token.column}: {message}")

    def add(self, tokens: Sequence[Token]) -> None:
        """Add one statement, its end included."""
        if not tokens:
            return
        pieces: list[str] = []
        starts: list[int] = []
        length = 0
        for place, token in enumerate(tokens):
            joined = (
                token.glued
                and token.text in "({"
                and place
                and tokens[place - 1].kind in ("name", "variable", "symbol")
            )
            if pieces and not joined:
                pieces.append(" ")
                length += 1
            starts.append(length)
            pieces.append(token.text)
            length += len(token.text)
        self._lines.append("".join(pieces))
        self._origins.append((starts, list(tokens)))

    def origin(self, line: int, column: int) -> tuple[int, int]:
        """Where a place of the translation stands in the original."""
        if not 0 < line <= len(self._origins):
            return line, column
        starts, tokens = self._origins[line - 1]
        number = max(bisect.bisect_right(starts, column - 1) - 1, 0)
        token = tokens[number]
        return token.line, token.column + min(column - 1 - starts[number], len(token.text))

    def parsed(self) -> Parsed:
        """The program, with the places of the original.

        Raises
        ------
        ParseError
            With the place in the original.
        """
        try:
            found = parse_program("\n".join(self._lines))
        except ParseError as problem:
            line, column = self.origin(problem.line, problem.column)
            raise error_at(self.original, line, column, problem.message.split("\n")[0]) from None
        places = tuple(
            Place(*self.origin(p.line, p.column), {name: self.origin(*at) for name, at in p.names.items()})
            for p in found.places
        )
        return Parsed(found.term, places, tuple(self.notes))
