"""Scallop programs in the language of rules: identifiers become variables, ``or`` becomes several rules."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from induce.logic.parse import Parsed, error_at
from induce.logic.tokens import Token, Translation, closing, depths, read_tokens, split

__all__ = ["translate"]

_KEYWORDS = ("rel", "type", "query", "const", "import")
_AGGREGATES = {"count": "#count", "sum": "#sum", "prod": "#prod", "min": "#min", "max": "#max"}
_UNKNOWN = {
    "forall": "Write the opposite with a relation: 'rel bad(x) = p(x) and not q(x)' and 'not bad(x)'.",
    "exists": "Write the atom itself, with '_' for the values that do not count.",
    "argmax": "Write 'm := max(x: p(x))' and look the rest up by it.",
    "argmin": "Write 'm := min(x: p(x))' and look the rest up by it.",
    "top": "Rank the answers of the query in Python.",
    "uniform": "Ask for probabilities instead of samples.",
    "categorical": "Ask for probabilities instead of samples.",
    "string_join": "Join the answers in Python.",
    "normalize": "Give the probabilities normalised.",
    "avg": "Divide a sum by a count.",
    "if": "Write two rules, one with the condition and one with its opposite.",
    "case": "Match the structure in an atom, as in 'p(point(x, y))'.",
    "as": "Give the values in the type that is wanted.",
    "new": "Give each entity a number.",
    "implies": "Write 'rel bad() = a and not b' and 'not bad()'.",
}
_COMPARISONS = {"==", "!=", "<", "<=", ">", ">="}


def translate(text: str) -> Parsed:
    """The program; see :func:`induce.logic.dialects.from_scallop`."""
    out = Translation(text, "Scallop")
    tokens = read_tokens(text, dialect="Scallop", comments=r"//[^\n]*|/\*.*?\*/")
    for place, token in enumerate(tokens):
        if token.kind == "symbol" and token.text in "([{" and closing(tokens, place) == len(tokens):
            raise error_at(text, token.line, token.column, f"'{token.text}' is not closed. Add the closing bracket.")
    work = _Scallop(out)
    for statement in _statements(out, tokens):
        work.statement(statement)
    for query in work.queries:
        work.query(query)
    return out.parsed()


def _statements(out: Translation, tokens: Sequence[Token]) -> list[list[Token]]:
    found: list[list[Token]] = []
    for token, depth in depths(tokens):
        if depth == 0 and token.kind == "name" and token.text in _KEYWORDS:
            found.append([token])
        elif token.text.startswith("@") and depth == 0:
            out.refuse(token, f"the attribute '{token.text}'", "Leave it out.")
        elif not found:
            out.refuse(token, f"'{token.text}' outside of a statement", "Begin with 'rel', 'type', 'const' or 'query'.")
        else:
            found[-1].append(token)
    return found


@dataclass
class _Literal:
    """An element of a body: its words, with the variables still as they were written."""

    tokens: list[Token]
    negated: Token | None = None


@dataclass
class _Names:
    """Variables of one rule by the identifiers that stand for them."""

    known: dict[str, str] = field(default_factory=dict)

    def of(self, name: str) -> str:
        """The capitalised name, one for each identifier."""
        if not name.strip("_"):
            return "_"
        if name not in self.known:
            bare = name.lstrip("_")
            wanted = name[: len(name) - len(bare)] + bare[0].upper() + bare[1:]
            wanted = wanted if bare[0].isalpha() else f"V{wanted}"
            while wanted in self.known.values():
                wanted += "_"
            self.known[name] = wanted
        return self.known[name]


class _Scallop:
    def __init__(self, out: Translation) -> None:
        self.out = out
        self.arities: dict[str, int] = {}
        self.constants: dict[str, list[Token]] = {}
        self.queries: list[list[Token]] = []
        self.chances = itertools.count(1)

    def statement(self, statement: list[Token]) -> None:
        first, rest = statement[0], statement[1:]
        if not rest:
            self.out.refuse(first, f"an empty '{first.text}'", "Complete it or leave it out.")
        if first.text == "import":
            self.out.refuse(first, "'import'", "Join the texts before reading them.")
        elif first.text == "const":
            self._constant(first, rest)
        elif first.text == "type":
            for part in self.out.parts(rest, ","):
                self._type(first, part)
        elif first.text == "query":
            self.queries.append(rest)
        else:
            self._relation(first, rest)

    def _constant(self, first: Token, rest: list[Token]) -> None:
        for part in self.out.parts(rest, ","):
            sides = split(part, "=")
            if len(sides) != 2 or not sides[0] or not sides[1]:
                self.out.refuse(first, "this form of 'const'", "Write 'const N = 3'.")
            self.constants[sides[0][0].text] = self._values(sides[1], _Names())

    def _type(self, first: Token, part: list[Token]) -> None:
        if len(part) < 3 or part[1].text != "(" or closing(part, 1) != len(part) - 1:
            self.out.refuse(first, "this form of 'type'", "Declare relations only, as in 'type edge(i32, i32)'.")
        name, columns = part[0], self.out.parts(part[2:-1], ",")
        self.arities[name.text] = len(columns)
        made = [first.put("#relation", "hash"), name.put(name.text, "name"), part[1]]
        for number, column in enumerate(columns):
            if len(column) not in (1, 3) or (len(column) == 3 and column[1].text != ":"):
                self.out.refuse(column[0], "this form of a column", "Write 'i32' or 'name: i32'.")
            title = column[0].text if len(column) == 3 else f"c{number + 1}"
            sort = column[-1]
            made += [sort.put(",")] if number else []
            made += [column[0].put(title), sort.put(":"), sort.put(sort.text.lower(), "name")]
        if columns:
            self.out.add([*made, part[-1], part[-1].put(".")])

    # ---- relations

    def _relation(self, first: Token, rest: list[Token]) -> None:
        place = next((k for k, (t, d) in enumerate(depths(rest)) if d == 0 and t.text in ("=", ":-")), -1)
        if place < 0:
            weight, atom = self._weighted(rest)
            self.out.add([*weight, *self._atom(atom, _Names()), rest[-1].put(".")])
            return
        head, body = rest[:place], rest[place + 1 :]
        if not body or not head:
            self.out.refuse(rest[place], "a rule without a head or a body", "Write 'rel head(x) = body(x)'.")
        if len(head) == 1 and body[0].text == "{" and closing(body, 0) == len(body) - 1:
            self._facts(head[0], body)
            return
        weight, atom = self._weighted(head)
        if atom and atom[0].text == "{":
            self.out.refuse(
                atom[0], "a disjunction of heads", "Write annotated alternatives as facts, '{0.3::1; 0.7::2}'."
            )
        chance: list[Token] = []
        if weight:  # one chance for the whole rule, however many bodies and bindings it has
            chance = [head[0].put(f"chance_{next(self.chances)}", "name")]
            self.out.add([*weight, *chance, head[0].put(".")])
        for disjunct in self._bodies(body):
            names = _Names()
            made = self._atom(atom, names)
            elements = self._elements(disjunct, names, {t.text for t in atom})
            elements += [chance] if chance else []
            self.out.add([*made, rest[place].put(":-"), *_joined(elements), body[-1].put(".")])

    def _weighted(self, tokens: list[Token]) -> tuple[list[Token], list[Token]]:
        """The weight with its ``::``, and what comes after it."""
        sides = split(tokens, "::")
        if len(sides) == 1:
            return [], tokens
        mark = tokens[len(sides[0])]
        return [*self._values(sides[0], _Names()), mark], sides[1]

    def _facts(self, name: Token, body: list[Token]) -> None:
        inner = body[1:-1]
        exclusive = any(d == 0 and t.text == ";" for t, d in depths(inner))
        heads = []
        for part in self.out.parts(inner, ",", ";"):
            weight, row = self._weighted(part)
            if row and row[0].text == "(" and closing(row, 0) == len(row) - 1:
                columns = self.out.parts(row[1:-1], ",")
            else:
                columns = [row] if row else []
            self.arities[name.text] = len(columns)
            atom = [name.put(name.text, "name")]
            if columns:
                atom += [name.call(), *_joined([self._values(c, _Names()) for c in columns]), name.put(")")]
            heads.append([*weight, *atom])
            if exclusive and not weight:
                self.out.refuse(part[0], "an alternative without a probability", "Write '{0.3::1; 0.7::2}'.")
        if exclusive:
            self.out.add([*_joined(heads, ";"), body[-1].put(".")])
            return
        for head in heads:
            self.out.add([*head, body[-1].put(".")])

    def query(self, rest: list[Token]) -> None:
        """``query path`` or ``query path(0, x)``."""
        if len(rest) == 1:
            arity = self.arities.get(rest[0].text)
            if arity is None:
                self.out.refuse(
                    rest[0],
                    f"a query for the unknown relation '{rest[0].text}'",
                    "Declare it with 'type', or check the name.",
                )
            names = [rest[0].put(f"X{k + 1}", "variable") for k in range(arity)]
            atom = [rest[0].put(rest[0].text, "name")]
            atom += [rest[0].call(), *_joined([[n] for n in names]), rest[0].put(")")] if names else []
        else:
            atom = self._atom(rest, _Names())
        self.out.add([rest[0].put("?-"), *atom, rest[0].put(".")])

    # ---- bodies

    def _bodies(self, body: list[Token]) -> list[list[_Literal]]:
        """The disjuncts of a body, each a list of elements."""
        found: list[list[_Literal]] = []
        for part in _split_words(body, "or", "||", ";"):
            sides = [self._element(p) for p in _split_words(part, "and", "&&", ",")]
            found += [[literal for side in pick for literal in side] for pick in itertools.product(*sides)]
        return found

    def _element(self, tokens: list[Token]) -> list[list[_Literal]]:
        if not tokens:
            return []
        if tokens[0].text == "(" and closing(tokens, 0) == len(tokens) - 1:
            return self._bodies(tokens[1:-1])
        if tokens[0].text in ("not", "!", "~") and tokens[0].kind in ("name", "symbol"):
            inner = tokens[1:]
            if inner and inner[0].text == "(":
                self.out.refuse(
                    tokens[0], "'not' before a group", "Give the group a relation of its own and negate that."
                )
            return [[_Literal(inner, tokens[0])]]
        return [[_Literal(tokens)]]

    def _elements(self, literals: Sequence[_Literal], names: _Names, head: set[str]) -> list[list[Token]]:
        outside = set(head)
        outside |= {t.text for lit in literals if _aggregate(lit.tokens) < 0 for t in lit.tokens}
        made: list[list[Token]] = []
        for literal in literals:
            place = _aggregate(literal.tokens)
            if place >= 0:
                made += self._aggregated(literal.tokens, place, names, outside)
            elif literal.negated is not None:
                made.append([literal.negated.put("not", "name"), *self._formula(literal.tokens, names)])
            else:
                made.append(self._formula(literal.tokens, names))
        return made

    def _formula(self, tokens: list[Token], names: _Names) -> list[Token]:
        compared = any(d == 0 and t.text in _COMPARISONS | {"="} for t, d in depths(tokens))
        return self._values(tokens, names) if compared else self._atom(tokens, names)

    def _aggregated(self, tokens: list[Token], place: int, names: _Names, outside: set[str]) -> list[list[Token]]:
        """``n := count(x: p(x, y))`` as ``N = #count{ X : p(X, Y) }``; its groups are the Y that occur."""
        word = tokens[place]
        opened = next((k for k in range(place + 1, len(tokens)) if tokens[k].text == "("), -1)
        also: list[list[Token]] = []
        if tokens[place + 1].text == "[":
            also = self.out.parts(tokens[place + 2 : closing(tokens, place + 1)], ",")
            if word.text in ("min", "max"):
                self.out.refuse(word, f"the arguments of '{word.text}[...]'", _UNKNOWN["argmax"])
            opened = closing(tokens, place + 1) + 1
        last = closing(tokens, opened)
        inner = tokens[opened + 1 : last]
        where = split(inner, "where")
        sides = split(where[0], ":") if where else []
        if opened < 0 or len(sides) < 2 or last != len(tokens) - 1 or place < 2:
            self.out.refuse(word, f"this form of '{word.text}'", f"Write 'n := {word.text}(x: p(x))'.")
        binders = [*self.out.parts(sides[0], ","), *also]
        condition = where[0][len(sides[0]) + 1 :]
        bound = {t.text for b in binders for t in b}
        bodies = self._bodies(condition)
        groups = {t.text for t in _variables(condition) if t.text in outside} - bound
        extra: list[list[Token]] = []
        if len(where) > 1:
            group = where[1][len(split(where[1], ":")[0]) + 1 :]
            groups |= {t.text for t in split(where[1], ":")[0]}
            extra = [e for body in self._bodies(group)[:1] for e in self._elements(body, names, set())]
        elif groups:
            if len(bodies) > 1:
                self.out.refuse(word, "groups over a body with 'or'", "Give the body a relation of its own.")
            inner_names = _Names({g: names.of(g) for g in sorted(groups)})
            for name in sorted({t.text for t in _variables(condition)} - groups):
                inner_names.known[name] = "_" if _once(condition, name) else f"{_Names().of(name)}_group"
            extra = self._elements(bodies[0], inner_names, set())
        parts = []
        for body in bodies:
            shown = _joined([self._values(b, names) for b in binders])
            parts.append([*shown, word.put(":"), *_joined(self._elements(body, names, set()))])
        result = self._values(tokens[: place - 1], names)
        return [
            *extra,
            [
                *result,
                word.put("="),
                word.put(_AGGREGATES[word.text], "hash"),
                word.put("{"),
                *_joined(parts, ";"),
                word.put("}"),
            ],
        ]

    # ---- values

    def _atom(self, tokens: list[Token], names: _Names) -> list[Token]:
        """An atom; its name stays, its arguments are values."""
        if not tokens or tokens[0].kind not in ("name", "variable"):
            first = tokens[0] if tokens else Token("symbol", "", 1, 1)
            self.out.refuse(first, f"'{first.text}' where an atom is expected", "Write a relation, as in 'edge(a, b)'.")
        self._known(tokens)
        name = tokens[0]
        shown = name.text[0].lower() + name.text[1:] if len(tokens) < 3 else name.text
        if len(tokens) < 2 or tokens[1].text != "(":
            self.out.refuse(
                name, f"'{name.text}' without arguments", f"Write '{name.text}()' for a relation without columns."
            )
        last = closing(tokens, 1)
        if last != len(tokens) - 1:
            self.out.refuse(
                tokens[min(last + 1, len(tokens) - 1)], "what follows the atom", "Join atoms by 'and' or 'or'."
            )
        columns = self.out.parts(tokens[2:last], ",")
        self.arities.setdefault(name.text, len(columns))
        if not columns:
            return [name.put(shown, "name")]
        return [name, name.call(), *_joined([self._values(c, names) for c in columns]), tokens[last]]

    def _known(self, tokens: Sequence[Token]) -> None:
        for token in tokens:
            if token.kind == "name" and token.text in _UNKNOWN:
                self.out.refuse(token, f"'{token.text}'", _UNKNOWN[token.text])
            if token.text == "$":
                self.out.refuse(
                    token, "a foreign function '$f'", "Compute it in Python, or use + - * / and abs, min, max."
                )

    def _values(self, tokens: Sequence[Token], names: _Names) -> list[Token]:
        """Values: identifiers as variables, ``==`` and ``%`` as we write them."""
        self._known(tokens)
        made: list[Token] = []
        for place, token in enumerate(tokens):
            call = place + 1 < len(tokens) and tokens[place + 1].text == "(" and tokens[place + 1].glued
            if token.kind in ("name", "variable") and token.text in self.constants:
                made += [token.put(t.text, t.kind) for t in self.constants[token.text]]
            elif token.kind in ("name", "variable") and not call and token.text not in ("true", "false"):
                made.append(token.put(names.of(token.text), "variable"))
            elif token.text == "%":
                made.append(token.put("mod"))
            else:
                made.append(token)
        return made


def _split_words(tokens: Sequence[Token], *marks: str) -> list[list[Token]]:
    """The parts between words such as ``and``; the words inside of brackets and aggregates stay."""
    return [part for part in split(tokens, *marks) if part]


def _aggregate(tokens: Sequence[Token]) -> int:
    """The place of ``count`` in ``n := count(...)``, or -1."""
    for place, (token, depth) in enumerate(depths(tokens)):
        if depth == 0 and token.text in _AGGREGATES and place and tokens[place - 1].text in (":=", "=", "=="):
            if place + 1 < len(tokens) and tokens[place + 1].text in ("(", "["):
                return place
    return -1


def _variables(tokens: Sequence[Token]) -> Iterator[Token]:
    for place, token in enumerate(tokens):
        call = place + 1 < len(tokens) and tokens[place + 1].text == "("
        if (
            token.kind in ("name", "variable")
            and not call
            and token.text not in ("and", "or", "not", "true", "false", "_")
        ):
            yield token


def _once(tokens: Sequence[Token], name: str) -> bool:
    return sum(t.text == name for t in _variables(tokens)) == 1


def _joined(parts: Sequence[Sequence[Token]], mark: str = ",") -> list[Token]:
    made: list[Token] = []
    for part in parts:
        made += [part[0].put(mark)] if made else []
        made += part
    return made
