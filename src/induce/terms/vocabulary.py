"""What a language's words mean, and the LALR grammar made from its operators' notations."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from induce.terms.op import LITERAL, Op
from induce.terms.show import IDENTIFIER, level_of
from induce.terms.sort import INT, REAL, TEXT, TOKEN, Sort
from induce.terms.term import Term, literal, variable

if TYPE_CHECKING:
    from induce.terms.language import Language

__all__ = ["Item", "Token", "Vocabulary", "grammar_text"]


class Item:
    """A piece of a term: finished, or a number or name that waits for the sort its place expects."""

    __slots__ = ("bare", "name", "number", "sort", "start", "term")

    def __init__(
        self,
        start: int,
        term: Term | None = None,
        *,
        number: float | None = None,
        name: str = "",
        sort: Sort | None = None,
    ) -> None:
        self.start = start
        self.term = term
        self.number = number
        self.name = name
        self.sort = sort
        self.bare = number is not None

    def resolve(self, expected: Sort | None, default: Sort) -> Term:
        """The term, where a sort is expected (None: any)."""
        if self.term is None:
            known = None if expected is None or expected.has_variables else expected
            if self.number is None:
                self.term = variable(self.name, self.sort or known or default)
            else:
                whole = type(self.number) is int
                usual = INT if whole and INT in (known, default if known is None else None) else REAL
                self.term = literal(self.number, self.sort or usual)
        elif expected is TOKEN and self.term.op is LITERAL and self.term.sort is TEXT:
            self.term = literal(self.term.payload, TOKEN)
        return self.term


@dataclass(slots=True)
class Token:
    """One word: what kind of place it can take, what it stands for, where it is."""

    type: str
    value: Any
    text: str
    start: int


class Vocabulary:
    """Which words a language has, and the role of each.

    ``terminals`` maps a terminal name of the grammar to its roles: {"infix" | "prefix" | "postfix": Op}.
    """

    def __init__(self, language: Language) -> None:
        self.language = language
        self.roles: dict[str, dict[str, Op]] = {}
        self.calls: dict[str, Op] = {}
        self.constants: dict[str, Op] = {}
        for op in language:
            note = op.notation
            symbol = note.symbol or op.name
            if note.kind in ("infix", "prefix", "postfix"):
                self.roles.setdefault(symbol, {})[note.kind] = op
            elif note.kind == "constant" and not op.arguments:
                self.constants[symbol] = op
            else:
                self.calls[symbol] = op
        for op in language:
            self._spell(op.name, op)
        for alias, name in language.aliases.items():
            self._spell(alias, language.ops[name])
        self.terminals: dict[str, dict[str, Op]] = {}
        self.terminal_of: dict[str, str] = {}
        for symbol, roles in self.roles.items():
            found = next((t for t, known in self.terminals.items() if known == roles), None)
            self.terminal_of[symbol] = found or f"SYMBOL{len(self.terminals)}"
            self.terminals[self.terminal_of[symbol]] = roles
        symbols = sorted((s for s in self.roles if not IDENTIFIER.fullmatch(s)), key=len, reverse=True)
        self.symbol = re.compile("|".join(re.escape(s) for s in symbols) or r"(?!)")

    def _spell(self, word: str, op: Op) -> None:
        if word in self.roles or word in self.constants or word in self.calls:
            return
        if not IDENTIFIER.fullmatch(word):
            if op.notation.kind in ("infix", "prefix", "postfix"):
                self.roles[word] = {op.notation.kind: op}
        elif op.notation.kind == "constant" and not op.arguments:
            self.constants[word] = op
        else:
            self.calls[word] = op

    def unknown(self, name: str) -> str:
        """Text for a name used as an operator that is none."""
        text = str(self.language.unknown(name))
        return text if "Did you mean" in text else f"{text} To multiply, write '{name} * (...)'."


def grammar_text(vocabulary: Vocabulary) -> str:
    """The grammar in lark's notation: one rule for each level of precedence, from loose to tight."""
    levels: dict[int, list[str]] = {}
    prefixes: list[int] = []
    for terminal, roles in vocabulary.terminals.items():
        for kind, op in roles.items():
            level = level_of(op.notation)
            shape = {
                ("infix", "left"): "{here} {symbol} {above} -> infix",
                ("infix", "right"): "{above} {symbol} {here} -> infix",
                ("infix", "none"): "{above} {symbol} {above} -> infix",
            }.get((kind, op.notation.associativity)) or {
                "prefix": "{symbol} {here} -> prefix",
                "postfix": "{here} {symbol} -> postfix",
            }[kind]
            levels.setdefault(level, []).append(shape.replace("{symbol}", terminal))
            if kind == "prefix":
                prefixes.append(level)
    order = sorted(levels)
    rules = ["start: top", "?top: function | " + (f"level{order[0]}" if order else "primary")]
    rules.append("function: LAMBDA top")
    for number, level in enumerate(order):
        here, above = f"level{level}", f"level{order[number + 1]}" if number + 1 < len(order) else "primary"
        shapes = [shape.format(here=here, above=above) for shape in dict.fromkeys(levels[level])]
        for tail in prefixes:
            # "x ^ -y": an operand on the right may begin with a prefix operator that binds looser than the infix one
            if tail < level:
                ends = {
                    s.replace(f" {above} -> infix", f" tail{tail} -> infix")
                    for s in shapes
                    if f" {above} -> infix" in s
                }
                ends |= {
                    s.replace(f" {here} -> infix", f" tail{tail} -> infix") for s in shapes if f" {here} -> infix" in s
                }
                shapes.extend(sorted(ends))
        rules.append(f"?{here}: {' | '.join([*shapes, above])}")
    for level in sorted(set(prefixes)):
        signs = [
            t for t, r in vocabulary.terminals.items() if "prefix" in r and level_of(r["prefix"].notation) == level
        ]
        rules.append(f"?tail{level}: " + " | ".join(f"{sign} level{level} -> prefix" for sign in signs))
    names = " ".join(vocabulary.terminals)
    return "\n".join(rules) + _ATOMS + (f"%declare {names}\n" if names else "")


_ATOMS = """
?primary: NUMBER -> leaf | ATOM -> leaf
    | _LPAR top _RPAR -> group
    | CALL _LPAR arguments _RPAR -> call | CALL _LPAR _RPAR -> call
    | FUNCTION _LPAR arguments _RPAR -> application
    | applied _LPAR arguments _RPAR -> application
    | HOLE -> bare_hole | HOLE _LBRACE attributes _RBRACE -> real_hole
    | HOLE _LBRACE options _RBRACE -> choice_hole | HOLE _LBRACE SPACE _RBRACE -> given_hole
?applied: _LPAR top _RPAR -> group
    | FUNCTION _LPAR arguments _RPAR -> application | applied _LPAR arguments _RPAR -> application
arguments: top -> first | arguments _COMMA top -> more
attributes: ATTRIBUTE -> first | attributes _COMMA ATTRIBUTE -> more
options: option -> first | options _BAR option -> more
option: top -> option | PRIOR top -> option
%declare NUMBER ATOM CALL FUNCTION HOLE LAMBDA ATTRIBUTE SPACE PRIOR _LPAR _RPAR _LBRACE _RBRACE _COMMA _BAR
"""
