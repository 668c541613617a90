"""Text to programs: a LALR grammar (``rules.lark``), then a reader that gives every expression its sort by its place."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from induce.errors import ParseError
from induce.logic import language as lang
from induce.logic.reader import Fault, Reader
from induce.terms.term import Term

__all__ = ["Parsed", "Place", "error_at", "parse_body", "parse_program"]

LONGEST = 10_000_000
_HOLES = re.compile(r"\?(\w+)")


@dataclass
class Place:
    """Where a statement stands, and where its variables and atoms were first written."""

    line: int
    column: int
    names: dict[str, tuple[int, int]] = field(default_factory=dict)

    def of(self, name: str) -> tuple[int, int]:
        """Line and column of a variable or relation, or of the statement."""
        return self.names.get(name, (self.line, self.column))


@dataclass(frozen=True)
class Parsed:
    """A program and the places of its statements, in the same order."""

    term: Term
    places: tuple[Place, ...]
    notes: tuple[str, ...] = ()
    """What the text says that has no effect here, each with its place."""

    def __str__(self) -> str:
        return str(self.term)


@functools.cache
def _tables() -> Any:
    import lark

    grammar = (files("induce") / "logic" / "rules.lark").read_text(encoding="utf-8")
    return lark.Lark(grammar, parser="lalr", propagate_positions=True, maybe_placeholders=True)


def parse_program(
    text: str, *, names: Mapping[str, Term] | None = None, bare_variables: bool = False, defined: Iterable[str] = ()
) -> Parsed:
    """Read a program.

    Parameters
    ----------
    text : str
        Statements, each ended by a dot; ``%`` begins a comment.
    names : mapping, optional
        Options of choice holes that text cannot hold.
    bare_variables : bool
        Read every bare identifier in an argument as a variable, as the texts of some other engines do.

    defined : iterable of str
        Relations, as ``name/arity``, that win over real functions of the same name.

    Raises
    ------
    ParseError
        With line, column, the line of text, and what was expected.

    >>> parse_program("p(X) :- q(X, 5).").term
    p(X) :- q(X, 5).
    """
    tree = _tree(text)
    known = _defined(tree) | set(defined)
    statements, places = [], []
    taken = set(_HOLES.findall(text))
    fresh = (name for name in (f"h{number}" for number in itertools.count(1)) if name not in taken)
    for node in tree.children:
        place = Place(node.meta.line, node.meta.column)
        reader = Reader(known, place, names or {}, bare_variables, fresh)
        try:
            made = reader.statement(node)
        except Fault as fault:
            raise error_at(text, fault.line, fault.column, str(fault)) from None
        except RecursionError:
            raise error_at(
                text, place.line, place.column, "the statement is nested too deeply. Give long lists as facts."
            ) from None
        except TypeError as problem:
            raise error_at(text, place.line, place.column, str(problem)) from None
        for term in made:
            statements.append(term)
            places.append(place)
    return Parsed(lang.program(statements), tuple(places))


def parse_body(text: str, *, bare_variables: bool = False, defined: Iterable[str] = ()) -> Term:
    """Read a conjunction such as ``path(a, X), not bad(X)``.

    >>> parse_body("path(a, X)").args[0]
    path(a, X)
    """
    stripped = text.strip().removesuffix(".")
    return parse_program(f"?- {stripped}.", bare_variables=bare_variables, defined=defined).term.args[0].args[0]


def _tree(text: str) -> Any:
    import lark

    if not isinstance(text, str):
        raise ParseError(f"a program is text, but got {type(text).__name__}.")
    if len(text) > LONGEST:
        raise ParseError(f"the text has {len(text):,} characters; at most {LONGEST:,} are read. Give facts as tables.")
    try:
        return _tables().parse(text)
    except lark.UnexpectedInput as problem:
        line, column, message = _complaint(text, problem)
        raise error_at(text, line, column, message) from None


def error_at(text: str, line: int, column: int, message: str) -> ParseError:
    """An error at a place of a text, with the line that stands there."""
    rows = text.split("\n")  # as the grammar counts lines; splitlines() knows more separators
    excerpt = rows[line - 1].strip() if 0 < line <= len(rows) else ""
    shown = f"\n  {excerpt}" if excerpt and len(excerpt) < 200 else ""
    return ParseError(message + shown, line=max(line, 1), column=max(column, 1))


_WORDS = {
    "_DOT": "'.'", "RPAR": "')'", "RBRACE": "'}'", "RSQB": "']'", "COMMA": "','", "NAME": "a name", "VARIABLE": "a variable",
    "INTEGER": "a number", "STRING": "a text", "PREDICATE": "an atom", "__ANON_0": "':-'", "LPAR": "'('",
}  # fmt: skip


def _complaint(text: str, problem: Any) -> tuple[int, int, str]:
    """Line, column and a sentence: what was found, what was expected, one thing to try."""
    import lark

    lines = text.split("\n")
    expected = set(getattr(problem, "accepts", None) or getattr(problem, "expected", None) or problem.allowed or ())
    wanted = _wanted(expected)
    token = getattr(problem, "token", None)
    if isinstance(problem, lark.UnexpectedCharacters) or (token is not None and token.type == ""):
        line, column = problem.line, problem.column
        found = lines[line - 1][column - 1] if column <= len(lines[line - 1]) else ""
        if found in "\"'":
            return (
                line,
                column,
                f"the text that begins with {found} is not closed on its line. Add the closing {found}.",
            )
        return line, column, f"unexpected character {found!r}; {wanted} was expected. Remove it, or quote the text."
    if token is None or token.type == "$END":
        last = _last_written(lines)
        hint = "End the statement with '.'." if "_DOT" in expected else "Complete the statement."
        return *last, f"the text ends too early; {wanted} was expected. {hint}"
    line, column = token.line, token.column
    if str(token) == ":-" and expected & {"RPAR", "RSQB", "RBRACE"} and "_DOT" not in expected:
        return line, column, f"unexpected ':-'; {wanted} was expected. Close the bracket before it."
    if token.type == "__ANON_0" or str(token) == ":-":
        return line, column, "unexpected ':-'. Was the '.' of the statement before it forgotten? End each one with '.'."
    hint = ""
    if token.type == "VARIABLE" and "_DOT" not in expected:
        hint = " A capital letter begins a variable; write a constant in lower case or in quotes."
    elif "_DOT" in expected and token.type in ("NAME", "PREDICATE", "INTEGER", "DECIMAL", "VARIABLE"):
        hint = " End the statement with '.', or join conditions by ','."
    elif token.type == "_SEMICOLON":
        hint = " For 'or' in a body write two rules with the same head."
    elif token.type in ("_NOT", "MINUS"):
        hint = " 'not' stands before an atom of a body."
    return line, column, f"unexpected '{token}'; {wanted} was expected.{hint}"


def _wanted(expected: set[str]) -> str:
    if {"NAME", "VARIABLE", "INTEGER"} <= expected:
        return "an atom, a value or '('"
    named = [word for key, word in _WORDS.items() if key in expected]
    if not named:
        return "another word"
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} or {named[-1]}"


def _last_written(lines: list[str]) -> tuple[int, int]:
    for number in range(len(lines), 0, -1):
        written = lines[number - 1].split("%")[0].rstrip()
        if written:
            return number, len(written) + 1
    return 1, 1


def _defined(tree: Any) -> set[str]:
    """Name and arity of all relations that stand in a head: they win over real functions of the same name."""
    found: set[str] = set()
    for node in tree.children:
        if node.data != "rule":
            continue
        for atom in _heads(node.children[0]):
            if atom.data == "call":
                name, arguments = atom.children
                found.add(f"{name}/{len(arguments.children)}")
    return found


def _heads(head: Any) -> list[Any]:
    """The atoms of a head, without their weights, networks and conditions."""
    if head.data == "counted":
        return list(head.children[0].children)
    found: list[Any] = []
    for part in head.children:
        if part.data == "choice":
            found += [element.children[0] for element in part.children[1].children]
        elif part.data == "braces":
            found += part.children
        else:
            found.append(
                part.children[{"weighted": 1, "neural": 0}[part.data]] if part.data in ("weighted", "neural") else part
            )
    return found
