"""The words of a language's surface syntax: text cut into tokens, each name already resolved.

Names are resolved while cutting because the scope of a bound variable ends at a closing bracket, a comma or the end.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from induce.errors import ParseError, did_you_mean
from induce.terms.op import HOLE
from induce.terms.show import IDENTIFIER, list_sort
from induce.terms.sort import BOOL, INT, TEXT, Sort, parse_sort
from induce.terms.term import Term, bound, literal
from induce.terms.vocabulary import Item, Token, Vocabulary

__all__ = ["LONGEST", "Reader"]

LONGEST = 1_000_000
"""Number of characters from which a text is refused."""
_LONGEST_NUMBER = 4000

_SPACE = re.compile(r"\s*")
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_QUOTED = re.compile(r"`((?:[^`]|``)+)`")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_ELEMENTS = r"(?:-?[0-9]{1,15}(?:\s*,\s*-?[0-9]{1,15})*|(?:True|False)(?:\s*,\s*(?:True|False))*)"
_LIST = re.compile(rf"\[\s*{_ELEMENTS}?\s*\]")
_HOLE = re.compile(r"\?([^\W\d]\w*)?")
_INDEX = re.compile(r"#([0-9]+)")
_SORT_HEAD = re.compile(r":(?=[^\W\d]|\()")
_SORT_WORD = re.compile(r"[^\W\d]\w*")
_SIGNED = r"[+-]?(?:inf\b|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
_ATTRIBUTE = re.compile(rf'([^\W\d]\w*)\s*:(?:\s+|(?=["\d+-]))({_SIGNED}|"(?:[^"\\]|\\.)*")?')
_PRIOR = re.compile(r"((?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)\s*:(?!int\b|real\b)")
_SPACE_WORD = re.compile(r"(grammar|net|integer|values|subset)(?=\s*\})")
_CALLED = re.compile(r"\s*\(")
_CLOSERS = {"(": ")", "{": "}"}
_CONSTANTS: dict[str, Any] = {"inf": float("inf"), "nan": float("nan"), "True": True, "False": False}
ATTRIBUTES = ("start", "low", "high", "unit", "scale")
TEXTS = {"unit": "m/s^2", "scale": "log"}


def place_error(text: str, start: int, message: str) -> ParseError:
    """A ParseError at an offset of the text."""
    before = text[:start]
    line = before.count("\n") + 1
    return ParseError(message, line=line, column=start - (before.rfind("\n") + 1) + 1)


class Reader:
    """Cuts one text into tokens.

    Parameters
    ----------
    vocabulary : Vocabulary
    text : str
    variables : collection of str, optional
        The only names allowed as variables.
    names : mapping
        Name to the sort or the term it stands for.
    prefix_form : bool
        For s-expressions: a name directly before a parenthesis is no call, and operators may stand anywhere.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        text: str,
        variables: Collection[str] | None,
        names: Mapping[str, Sort | Term],
        prefix_form: bool = False,
    ) -> None:
        self.prefix_form = prefix_form
        self.vocabulary = vocabulary
        self.text = text
        self.variables = variables
        self.names = names
        self.at = 0
        self.brackets: list[tuple[str, int, int]] = []  # (bracket, place, number of functions open at it)
        self.scopes: list[tuple[str, Sort]] = []
        self.levels: dict[str, list[int]] = {}
        self.last = ""
        self.starts: dict[str, Callable[[], Token]] = {
            "?": self._hole, "`": self._quoted, '"': self._string, "[": self._list, "#": self._index, "\\": self._lambda,
        }  # fmt: skip

    def error(self, start: int, message: str) -> ParseError:
        """A ParseError at an offset."""
        return place_error(self.text, start, message)

    def __iter__(self) -> Iterator[Token]:
        if len(self.text) > LONGEST:
            raise ParseError(f"the text has {len(self.text)} characters; at most {LONGEST} are read.")
        if not self.text.strip():
            raise ParseError("the text is empty; a term was expected. Write for example 'x + 1'.")
        while True:
            self.at = _SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]
            if self.at >= len(self.text):
                break
            token = self._in_braces() or self.starts.get(self.text[self.at], self._plain)()
            self.last = token.type
            yield token
        if self.brackets:
            bracket, place, _ = self.brackets[-1]
            raise self.error(place, f"'{bracket}' is never closed. Add '{_CLOSERS[bracket]}'.")
        yield Token("$END", None, "", len(self.text))

    # ---- inside ?name{...}

    def _in_braces(self) -> Token | None:
        if not self.brackets or self.brackets[-1][0] != "{" or self.last not in ("_LBRACE", "_COMMA", "_BAR"):
            return None
        match = _SPACE_WORD.match(self.text, self.at)
        if match is not None:
            return self._take("SPACE", match, match.group(1))
        match = _PRIOR.match(self.text, self.at)
        if match is not None:
            return self._take("PRIOR", match, float(match.group(1)))
        match = _ATTRIBUTE.match(self.text, self.at)
        if match is None:
            return None
        key, value = match.groups()
        if key not in ATTRIBUTES:
            hint = did_you_mean(key, ATTRIBUTES)
            raise self.error(self.at, f"a hole has no attribute '{key}'.{hint} It has: {', '.join(ATTRIBUTES)}.")
        if value is None or (value[0] == '"') != (key in TEXTS):
            wanted = f'text in double quotes, such as "{TEXTS[key]}"' if key in TEXTS else "a number"
            raise self.error(self.at, f"attribute '{key}' of a hole expects {wanted}.")
        return self._take("ATTRIBUTE", match, (key, self._unquote(value) if key in TEXTS else float(value)))

    # ---- single tokens

    def _take(self, kind: str, match: re.Match[str], value: Any) -> Token:
        token = Token(kind, value, match.group(0), match.start())
        self.at = match.end()
        return token

    def _unquote(self, text: str) -> str:
        try:
            return str(json.loads(text, strict=False))
        except ValueError:
            raise self.error(self.at, f'cannot read the text {text}. Escape as JSON does: \\n, \\", \\\\.') from None

    def _sort(self) -> Sort | None:
        """A sort annotation, ``:real`` or ``:(real -> real)``, directly at this place."""
        match = _SORT_HEAD.match(self.text, self.at)
        if match is None:
            return None
        start = end = match.end()
        word = _SORT_WORD.match(self.text, end)
        end = word.end() if word else end
        if end < len(self.text) and self.text[end] in "([":
            depth = 0
            while end < len(self.text):
                depth += (self.text[end] in "([") - (self.text[end] in ")]")
                end += 1
                if depth == 0:
                    break
        try:
            sort = parse_sort(self.text[start:end])
        except ParseError as problem:
            raise self.error(start + problem.column - 1, problem.message) from None
        self.at = end
        return sort

    def _hole(self) -> Token:
        match = _HOLE.match(self.text, self.at)
        assert match is not None
        name = match.group(1)
        given = self.names.get(name) if name else None
        return self._take("HOLE", match, (name, given if isinstance(given, Term) and given.op is HOLE else None))

    def _quoted(self) -> Token:
        match = _QUOTED.match(self.text, self.at)
        if match is None:
            raise self.error(self.at, "a name in backticks is never closed. Write `body mass`, and `` for a backtick.")
        token = self._take("ATOM", match, None)
        return self._variable(match.group(1).replace("``", "`"), token)

    def _string(self) -> Token:
        match = _STRING.match(self.text, self.at)
        if match is None:
            raise self.error(self.at, "text in double quotes is never closed. Add '\"'.")
        value = self._unquote(match.group(0))
        token = self._take("ATOM", match, None)
        token.value = Item(token.start, literal(value, self._sort() or TEXT))
        return token

    def _list(self) -> Token:
        match = _LIST.match(self.text, self.at)
        if match is None:
            raise self.error(self.at, "unexpected '['. A list holds whole numbers or truth values: [1, 2], [True].")
        value, token = tuple(json.loads(match.group(0).lower())), self._take("ATOM", match, None)
        token.value = Item(token.start, literal(value, self._sort() or list_sort(value)))
        return token

    def _index(self) -> Token:
        match = _INDEX.match(self.text, self.at)
        if match is None:
            raise self.error(self.at, "unexpected character '#'. An unbound index is written '#0:real'.")
        token = self._take("ATOM", match, None)
        sort = self._sort()
        if sort is None:
            raise self.error(token.start, f"the unbound index '{token.text}' needs a sort: write '{token.text}:real'.")
        token.value = Item(token.start, bound(int(match.group(1)), sort))
        return token

    def _lambda(self) -> Token:
        start = self.at
        self.at = _SPACE.match(self.text, start + 1).end()  # type: ignore[union-attr]
        match = IDENTIFIER.match(self.text, self.at)
        wrong = "a function is written '\\x:real. body'; a name, ':' and a sort, and '.' were expected."
        if match is None:
            raise self.error(start, wrong)
        self.at = match.end()
        sort = self._sort()
        self.at = _SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]
        if sort is None or not self.text.startswith(".", self.at):
            raise self.error(start, wrong)
        self.at += 1
        self.open_scope(match.group(0), sort)
        return Token("LAMBDA", sort, self.text[start : self.at], start)

    def parameter(self, start: int) -> Sort:
        """Read ``x0:real`` in ``(lambda x0:real body)`` and open its scope."""
        self.at = _SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]
        match = IDENTIFIER.match(self.text, self.at)
        self.at = match.end() if match else self.at
        sort = self._sort()
        if match is None or sort is None:
            raise self.error(
                start, "a function is written '(lambda x:real body)'; a name, ':' and a sort were expected."
            )
        self.open_scope(match.group(0), sort)
        return sort

    def open_scope(self, name: str, sort: Sort) -> None:
        """From here on ``name`` is the parameter of a function."""
        self.levels.setdefault(name, []).append(len(self.scopes))
        self.scopes.append((name, sort))

    def close_scopes(self, down_to: int) -> None:
        """Forget the parameters opened since there were ``down_to``."""
        while len(self.scopes) > down_to:
            self.levels[self.scopes.pop()[0]].pop()

    def _plain(self) -> Token:
        character = self.text[self.at]
        if self.prefix_form and character == "-":
            return self._negative()
        match = _NUMBER.match(self.text, self.at)
        if match is not None:
            return self._number(match)
        match = IDENTIFIER.match(self.text, self.at)
        if match is not None:
            return self._word(match)
        if character in "(){}," or (character == "|" and self.brackets and self.brackets[-1][0] == "{"):
            return self._bracket(character)
        match = self.vocabulary.symbol.match(self.text, self.at)
        if match is None and character == "-":
            return self._negative()
        if match is None:
            raise self.error(self.at, f"unexpected character {character!r}. {self._hint(character)}")
        terminal = self.vocabulary.terminal_of[match.group(0)]
        return self._take(terminal, match, self.vocabulary.terminals[terminal])

    def _negative(self) -> Token:
        start = self.at
        self.at += 1
        token = self._plain() if self.at < len(self.text) else None
        if token is None or token.type != "NUMBER" or token.start != start + 1:
            hint = "An s-expression begins with its operator: (- x y), (neg x)."
            raise self.error(
                start, f"unexpected '-'. {hint if self.prefix_form else 'A number was expected after it.'}"
            )
        item: Item = token.value
        assert item.number is not None
        return Token("NUMBER", Item(start, number=-item.number, sort=item.sort), "-" + token.text, start)

    def _hint(self, character: str) -> str:
        if character == "=":
            return "Write one side of the equation only."
        if character == ":":
            return "A sort is written directly after a name, without a space: 'x:int'."
        return f"This language has: {' '.join(self.vocabulary.language.ops)}."

    def _bracket(self, character: str) -> Token:
        start = self.at
        self.at += 1
        if character in "({":
            self.brackets.append((character, start, len(self.scopes)))
            return Token("_LPAR" if character == "(" else "_LBRACE", None, character, start)
        if not self.brackets and character == ",":
            raise self.error(start, "unexpected ','; one term was expected. A comma stands between arguments only.")
        if not self.brackets or (character in ")}" and _CLOSERS[self.brackets[-1][0]] != character):
            closes = (
                f"; '{_CLOSERS[self.brackets[-1][0]]}' was expected" if self.brackets else " without an opening one"
            )
            raise self.error(start, f"unbalanced '{character}'{closes}. Remove it, or add its partner.")
        self.close_scopes(self.brackets[-1][2])
        if character in ")}":
            self.brackets.pop()
        return Token({")": "_RPAR", "}": "_RBRACE", ",": "_COMMA", "|": "_BAR"}[character], None, character, start)

    def _number(self, match: re.Match[str]) -> Token:
        text = match.group(0)
        after = IDENTIFIER.match(self.text, match.end())
        if after is not None:
            raise self.error(
                match.start(),
                f"'{text}{after.group(0)}' is not a number. To multiply, write '{text}*{after.group(0)}'.",
            )
        if len(text) > _LONGEST_NUMBER and text[:2].lower() != "0x":
            raise self.error(match.start(), f"a number of {len(text)} digits; at most {_LONGEST_NUMBER} are read.")
        hexadecimal = text[:2].lower() == "0x"
        value = int(text, 16) if hexadecimal else (int(text) if text.isdigit() else float(text))
        token = self._take("NUMBER", match, None)
        token.value = self._numeral(token, value)
        return token

    def _numeral(self, token: Token, value: float) -> Item:
        sort = self._sort()
        if sort is INT and type(value) is float:
            raise self.error(token.start, f"'{token.text}' is not a value of sort int. Write a whole number.")
        return Item(token.start, number=value, sort=sort)

    def _word(self, match: re.Match[str]) -> Token:
        word = match.group(0)
        vocabulary = self.vocabulary
        called = not self.prefix_form and _CALLED.match(self.text, match.end()) is not None
        token = self._take("ATOM", match, None)
        if self.levels.get(word):
            level = self.levels[word][-1]
            sort = self.scopes[level][1]
            token.value = Item(token.start, bound(len(self.scopes) - 1 - level, sort))
            token.type = "FUNCTION" if called and sort.is_arrow else "ATOM"
            return self._not_called(token, called and token.type == "ATOM")
        if word in self.names:
            return self._variable(word, token, called)
        if word in vocabulary.roles:
            token.type = vocabulary.terminal_of[word]
            token.value = vocabulary.terminals[token.type]
            return token
        if word in vocabulary.constants:
            token.value = Item(token.start, vocabulary.constants[word]())
            return self._not_called(token, called)
        if word in vocabulary.calls:
            if not called:
                op = vocabulary.calls[word]
                raise self.error(
                    token.start,
                    f"'{word}' is an operator and needs its arguments: {op.signature}. "
                    f"For a variable of that name write `{word}` in backticks.",
                )
            token.type, token.value = "CALL", vocabulary.calls[word]
            return token
        if word in _CONSTANTS:
            value = _CONSTANTS[word]
            if type(value) is bool:
                token.value = Item(token.start, literal(value, self._sort() or BOOL))
            else:
                token.type, token.value = "NUMBER", self._numeral(token, value)
            return token
        return self._variable(word, token, called)

    def _not_called(self, token: Token, called: bool) -> Token:
        if called:
            raise self.error(
                token.start,
                f"'{token.text}' is not an operator and cannot be called. To multiply, write '{token.text} * (...)'.",
            )
        return token

    def _variable(self, name: str, token: Token, called: bool = False) -> Token:
        given = self.names.get(name)
        if isinstance(given, Term):
            token.value = Item(token.start, given)
        elif isinstance(given, Sort):
            token.value = Item(token.start, name=name, sort=self._sort() or given)
        else:
            if called and (self.variables is None or name not in self.variables):
                raise self.error(token.start, self.vocabulary.unknown(name))
            if self.variables is not None and name not in self.variables:
                known = sorted(self.variables)
                listed = ", ".join(known[:30]) + (", ..." if len(known) > 30 else "") or "none"
                hint = did_you_mean(name, known) or did_you_mean(name, self.vocabulary.calls)
                raise self.error(token.start, f"unknown variable '{name}'.{hint} The variables are: {listed}.")
            token.value = Item(token.start, name=name, sort=self._sort())
        item: Item = token.value
        sort = item.sort or (item.term.sort if item.term is not None else None)
        if called and sort is not None and sort.is_arrow:
            token.type = "FUNCTION"
            return token
        return self._not_called(token, called)
