"""The text of SMT-LIB and SyGuS as nested lists with places, and texts as SMT-LIB quotes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from induce.errors import ParseError

__all__ = ["Node", "as_text", "complaint", "members", "quoted", "read_nodes", "symbol"]

DEEPEST = 200
"""Most lists within each other."""
_TOKEN = re.compile(r'\s*(?:;[^\n]*\n\s*)*(\(|\)|"(?:[^"]|"")*"|[^\s()";]+)')
_ESCAPE = re.compile(r"\\u(?:\{([0-9a-fA-F]{1,5})\}|([0-9a-fA-F]{4}))")


@dataclass(frozen=True)
class Node:
    """A symbol, a literal or a list, with the place where it begins."""

    value: Any
    place: tuple[int, int]
    literal: bool = False

    @property
    def is_list(self) -> bool:
        """Whether it is a list."""
        return isinstance(self.value, tuple)


def complaint(node: Node, text: str) -> ParseError:
    """A ParseError at a node."""
    return ParseError(text, line=node.place[0], column=node.place[1])


def as_text(node: Node) -> str:
    """A node as it is written, on one line."""
    return f"({' '.join(as_text(n) for n in node.value)})" if node.is_list else str(node.value)


def symbol(node: Node, what: str) -> str:
    """The name that a node is; ParseError for anything else."""
    if node.is_list or node.literal:
        raise complaint(node, f"{what} was expected, but got '{as_text(node)[:60]}'. Write a name.")
    return str(node.value)


def members(node: Node, what: str, count: int | None = None) -> tuple[Node, ...]:
    """The members of a list, so many, or at least one; ParseError for anything else."""
    if not node.is_list or (len(node.value) != count if count is not None else not node.value):
        raise complaint(node, f"{what} was expected, but got '{as_text(node)[:60]}'. Write it in that form.")
    found: tuple[Node, ...] = node.value
    return found


def quoted(text: str) -> str:
    r"""A text as SMT-LIB writes it: printable ASCII, the rest escaped.

    >>> print(quoted('an "é" here'))
    "an ""\u{e9}"" here"
    """
    text = re.sub(r"\\(?=u)|[^ -~]", lambda found: f"\\u{{{ord(found.group()):x}}}", text)
    return '"' + text.replace('"', '""') + '"'


def _tokens(text: str) -> Iterator[tuple[str, tuple[int, int]]]:
    at, line, counted, text = 0, 1, 0, text + "\n"
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            rest = re.sub(r";[^\n]*\n", "", text[at:]).strip()
            if rest:
                raise ParseError(
                    f"unexpected text {rest[:20]!r}. A text must end with '\"'.",
                    line=line + text.count("\n", counted, at),
                )
            return
        start = match.start(1)
        line, counted = line + text.count("\n", counted, start), start
        yield match.group(1), (line, start - text.rfind("\n", 0, start))
        at = match.end()


def _atom(token: str, place: tuple[int, int]) -> Node:
    if token.startswith('"'):
        text = token[1:-1].replace('""', '"')
        return Node(_ESCAPE.sub(lambda found: chr(int(found.group(1) or found.group(2), 16)), text), place, True)
    if re.fullmatch(r"-?[0-9]{1,4000}", token):
        return Node(int(token), place, True)
    if token in ("true", "false"):
        return Node(token == "true", place, True)
    return Node(token, place)


def read_nodes(text: str) -> list[Node]:
    """The lists and atoms of a text.

    Raises
    ------
    ParseError
        For parentheses or quotation marks without their partners, and for lists that are nested too deeply.
    """
    stack: list[tuple[list[Node], tuple[int, int]]] = [([], (1, 1))]
    for token, place in _tokens(text):
        if token == "(":
            if len(stack) > DEEPEST:
                raise ParseError(
                    f"more than {DEEPEST} '(' are open here. Write a shorter term.", line=place[0], column=place[1]
                )
            stack.append(([], place))
        elif token == ")":
            if len(stack) == 1:
                raise ParseError("there is a ')' that closes nothing. Remove it.", line=place[0], column=place[1])
            inside, begin = stack.pop()
            stack[-1][0].append(Node(tuple(inside), begin))
        else:
            stack[-1][0].append(_atom(token, place))
    if len(stack) > 1:
        line, column = stack[-1][1]
        raise ParseError("this '(' is never closed. Add a ')'.", line=line, column=column)
    return stack[0][0]
