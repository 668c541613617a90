"""Answer set programs (ASP-Core-2, as clingo reads it) in the language of rules."""

from __future__ import annotations

from collections.abc import Sequence

from induce.logic.dialects import statements_of_tokens
from induce.logic.parse import Parsed
from induce.logic.tokens import Token, Translation, closing, depths, read_tokens, split

__all__ = ["translate"]

_COMPARISONS = {"=", "==", "!=", "<", "<=", ">", ">="}
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "==": "=", "": "<="}
_AGGREGATES = {"#count", "#sum", "#min", "#max"}
_DIRECTIVES = {
    "#external": "Give the atom as evidence(a, true), or as a choice '{ a }.'.",
    "#program": "Give each part as a program of its own.",
    "#script": "Compute the facts in Python and give them with program.facts(name, table).",
    "#include": "Join the texts before reading them.",
    "#defined": "Leave it out.",
    "#heuristic": "Leave it out.",
    "#project": "Leave it out; ask for the atoms with '?- a.'.",
    "#edge": "Write the acyclicity as a rule: ':- path(X, X).'.",
    "#theory": "Only rules over values are read.",
    "#sum+": "Write '#sum' with a condition 'W > 0'.",
    "#inf": "Write a number that is small enough.",
    "#sup": "Write a number that is large enough.",
    "#true": "Leave it out.",
    "#false": "Write the constraint ':- body.'.",
}
_OPENS_BEFORE = {
    "(",
    ",",
    "[",
    "{",
    "=",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "+",
    "-",
    "*",
    "/",
    "\\",
    "**",
    ":-",
    ";",
    ":",
    "..",
}


def translate(text: str) -> Parsed:
    """The program; see :func:`induce.logic.dialects.from_asp`."""
    out = Translation(text, "ASP")
    tokens = read_tokens(text, dialect="ASP", comments=r"%\*.*?\*%|%[^\n]*")
    statements = statements_of_tokens(tokens, "?")
    constants: dict[str, list[Token]] = {}
    for statement in statements:
        if statement[0].text == "#const":
            _constant(out, statement, constants)
    for statement in statements:
        word = statement[0].text
        if word == "#const":
            continue
        if word == "#show":
            out.note(statement[0], "'#show' has no effect; ask for atoms with a query.")
            continue
        _refuse_words(out, statement)
        statement = _whole_division(out, _absolute(_with_constants(statement, constants)))
        if word in ("#minimize", "#maximize"):
            for made in _costs(out, statement):
                out.add(made)
        elif statement[-1].text == "?":
            out.add([statement[0].put("?-"), *_body(out, statement[:-1]), statement[-1].put(".")])
        else:
            out.add(_rule(out, statement))
    return out.parsed()


def _whole_division(out: Translation, statement: Sequence[Token]) -> list[Token]:
    """``/`` and the remainder are of integers in ASP; here they round down, which differs for negative numbers only."""
    made = []
    for token in statement:
        if token.text in ("/", "\\") and token.kind != "string":
            out.note(
                token,
                f"'{token.text}' rounds down here, and towards 0 in ASP: they differ where the result is negative.",
            )
        made.append(token.put("//") if token.text == "/" else token)
    return made


def _constant(out: Translation, statement: Sequence[Token], constants: dict[str, list[Token]]) -> None:
    words = [t.text for t in statement]
    if len(statement) < 5 or statement[1].kind != "name" or words[2] != "=" or words[-1] != ".":
        out.refuse(statement[0], "this form of '#const'", "Write '#const n = 3.'.")
    constants[words[1]] = _with_constants(statement[3:-1], constants)


def _with_constants(statement: Sequence[Token], constants: dict[str, list[Token]]) -> list[Token]:
    """The statement with the constants of ``#const`` replaced where a value stands."""
    if not constants:
        return list(statement)
    made: list[Token] = []
    for place, (token, depth) in enumerate(depths(statement)):
        before = statement[place - 1].text if place else ""
        after = statement[place + 1] if place + 1 < len(statement) else token
        call = after.text == "(" and after.glued
        alone = before in ("", ":-", ":~", ",", ";", "not", ":", "{", "|") and after.text in (
            ".",
            ",",
            ":-",
            ";",
            "}",
            ":",
            "|",
        )
        inside = any(t.text in ("(", "[") for t in _around(statement, place)) if depth and alone else False
        if token.kind == "name" and token.text in constants and not call and (inside or not alone):
            value = constants[token.text]
            made += [token.put(v.text, v.kind) for v in value] if len(value) == 1 else [
                token.put("("), *(token.put(v.text, v.kind) for v in value), token.put(")")
            ]  # fmt: skip
        else:
            made.append(token)
    return made


def _around(statement: Sequence[Token], place: int) -> list[Token]:
    """The brackets that are open at a place."""
    stack: list[Token] = []
    for token in statement[:place]:
        if token.kind == "symbol" and token.text in "([{":
            stack.append(token)
        elif token.kind == "symbol" and token.text in ")]}" and stack:
            stack.pop()
    return stack


def _refuse_words(out: Translation, statement: Sequence[Token]) -> None:
    """Refuse what no rule of ours can say."""
    stack: list[tuple[Token, bool]] = []
    for place, token in enumerate(statement):
        before = statement[place - 1] if place else None
        word = token.text
        if token.kind == "hash" and word in _DIRECTIVES:
            out.refuse(token, f"'{word}'", _DIRECTIVES[word])
        if token.kind == "hash" and word not in _AGGREGATES | {"#minimize", "#maximize"}:
            out.refuse(token, f"'{word}'", "Leave it out.")
        if word == "not" and before is not None and before.text == "not":
            out.refuse(before, "'not not'", "Write a choice '{ a }.' for an atom that may hold, or the atom itself.")
        if token.kind != "symbol":
            continue
        if (
            word.startswith("@")
            and len(word) > 1
            and word[1].isalpha()
            and (before is None or before.kind not in ("number", "variable", "name"))
        ):
            out.refuse(
                token,
                f"the external function '{word}'",
                "Compute it in Python and give it with program.facts(name, table).",
            )
        if word in ("&", "^", "~") or (word == "?" and place + 1 < len(statement)):
            out.refuse(token, f"'{word}'", "Arithmetic has + - * / \\ ** and |x|.")
        if word in "([{":
            call = word == "(" and token.glued and before is not None and before.kind in ("name", "variable")
            stack.append((token, call))
        elif word in ")]}" and stack:
            stack.pop()
        elif stack and stack[-1][0].text == "(":
            if word == ";":
                out.refuse(token, "a pool 'p(a; b)'", "Write one statement for each of its values.")
            if word == "," and not stack[-1][1]:
                out.refuse(stack[-1][0], "a tuple '(a, b)'", "Give it a name, as in 'pair(a, b)'.")


def _absolute(statement: Sequence[Token]) -> list[Token]:
    """``|X|`` as ``abs(X)``."""
    made: list[Token] = []
    opened = 0
    for token in statement:
        if token.text != "|" or token.kind != "symbol":
            made.append(token)
        elif made and made[-1].text in _OPENS_BEFORE:
            made += [token.put("abs", "name"), token.call()]
            opened += 1
        elif opened:
            made.append(token.put(")"))
            opened -= 1
        else:
            made.append(token)
    return made


def _rule(out: Translation, statement: list[Token]) -> list[Token]:
    neck = next((k for k, (t, d) in enumerate(depths(statement)) if d == 0 and t.text in (":-", ":~")), -1)
    end = next(k for k, (t, d) in enumerate(depths(statement)) if (d == 0 and t.text == ".") or k + 1 == len(statement))
    stop = end if statement[end].text == "." else len(statement)
    rest = statement[stop:]
    if neck < 0:
        return [*_head(out, statement[:stop]), *rest]
    body = statement[neck + 1 : stop]
    if neck and statement[neck].text == ":-":
        head = _head(out, statement[:neck])
        return [*head, *([statement[neck], *_body(out, body)] if body else []), *rest]
    return [statement[neck], *_body(out, body), *rest]


def _head(out: Translation, head: list[Token]) -> list[Token]:
    if any(t.text == "{" for t, d in depths(head) if d == 0) and not any(t.text in _AGGREGATES for t in head):
        return _choice(out, head)
    for token, depth in depths(head):
        if depth == 0 and token.text in (";", "|"):
            out.refuse(
                token,
                "a disjunction 'a ; b'",
                "For one of them write the choice '{ a ; b } = 1', for any '1 <= { a ; b }'.",
            )
    _refuse_classical(out, head)
    return head


def _refuse_classical(out: Translation, literal: Sequence[Token]) -> None:
    words = [t for t in literal if t.text != "not"]
    if len(words) > 1 and words[0].text == "-" and words[1].kind == "name":
        if not any(t.text in _COMPARISONS for t, d in depths(words) if d == 0):
            name = words[1].text
            out.refuse(
                words[0], f"the classical negation '-{name}'", f"Name it: 'not_{name}', with ':- {name}, not_{name}.'."
            )


def _body(out: Translation, body: Sequence[Token]) -> list[Token]:
    """The elements joined by ``,``, each with one comparison."""
    made: list[Token] = []
    for literal in split(body, ",", ";"):
        if not literal:
            continue
        for token, depth in depths(literal):
            if depth == 0 and token.text == ":":
                out.refuse(token, "a conditional literal 'a : b'", "Write 'not bad' with 'bad :- b, not a.'.")
        _refuse_classical(out, literal)
        for part in _guarded(out, literal):
            made += [part[0].put(",")] if made else []
            made += part
    return made


def _refuse_unbounded(out: Translation, name: Token, left: Sequence[Token], right: Sequence[Token]) -> None:
    """Refuse guards that hold in ASP over nothing, where ``#min`` is ``#sup`` and ``#max`` is ``#inf``: here is no result."""
    upwards = {"#min": True, "#max": False}.get(name.text)
    guards = [*left, *right]
    if upwards is None or not guards:
        return
    above = (("<", "<="), (">", ">=")) if upwards else ((">", ">="), ("<", "<="))
    if all(t.text in (*above[0], "!=") for t in left) and all(t.text in (*above[1], "!=") for t in right):
        sign = "#sup" if upwards else "#inf"
        out.refuse(
            name, f"'{name.text}' compared by '{guards[0].text}'",
            f"Over nothing it is {sign} there and has no result here: write 'S = {name.text}{{...}}, S > 2', which holds for "
            "groups that are not empty.",
        )  # fmt: skip


def _guarded(out: Translation, literal: list[Token]) -> list[list[Token]]:
    """A literal with guards on both sides as two comparisons."""
    place = next((k for k, (t, d) in enumerate(depths(literal)) if d == 0 and t.text in _AGGREGATES), -1)
    if place >= 0:
        if literal[0].text == "not":
            out.refuse(literal[0], "'not' before an aggregate", "Write the opposite comparison.")
        last = closing(literal, place + 1)
        left, right = literal[:place], literal[last + 1 :]
        aggregate = literal[place : last + 1]
        if left and left[-1].text not in _COMPARISONS and left[-1].text not in ("+", "-", "*", "//"):
            left = [*left, aggregate[0].put("<=")]
        if right and right[0].text not in _COMPARISONS and right[0].text not in ("+", "-", "*", "//", "\\"):
            right = [right[0].put("<="), *right]
        _refuse_unbounded(out, aggregate[0], left[-1:], right[:1])
        if left and right and left[-1].text in _COMPARISONS and right[0].text in _COMPARISONS:
            return [[*left, *aggregate], [*aggregate, *right]]
        return [[*left, *aggregate, *right]]
    places = [k for k, (t, d) in enumerate(depths(literal)) if d == 0 and t.text in _COMPARISONS]
    if len(places) < 2 or literal[0].text == "not":
        return [literal]
    bounds = [-1, *places, len(literal)]
    return [literal[bounds[k] + 1 : bounds[k + 2]] for k in range(len(places))]


def _choice(out: Translation, head: list[Token]) -> list[Token]:
    """``low < { ... } < high`` with every kind of guard as ``low <= { ... } <= high`` or ``{ ... } = n``."""
    place = next(k for k, t in enumerate(head) if t.text == "{")
    last = closing(head, place)
    left, inside, right = head[:place], head[place : last + 1], head[last + 1 :]
    low: list[Token] = []
    high: list[Token] = []
    for guard, flip in ((left, True), (right, False)):
        if not guard:
            continue
        sign = next((t for t in guard if t.text in _COMPARISONS), None)
        number = [t for t in guard if t is not sign]
        word = "" if sign is None else sign.text
        word = _FLIPPED.get(word, word) if flip and word != "" else (">=" if flip else word or "<=")
        if word in ("<", ">"):
            number = _stepped(out, number, 1 if word == ">" else -1, guard[0])
            word += "="
        if word == "!=":
            out.refuse(guard[0], "'!=' at a choice", "Write two rules, one for each side.")
        if word in ("=", "==", ">="):
            low = number
        if word in ("=", "==", "<="):
            high = number
    made = [*low, low[-1].put("<="), *inside] if low and low is not high else inside
    if high:
        made = [*made, high[0].put("=" if low is high else "<="), *high]
    for literal in out.parts(inside[1:-1], ";"):
        _refuse_classical(out, literal)
    return made


def _stepped(out: Translation, number: list[Token], step: int, near: Token) -> list[Token]:
    if len(number) != 1 or not number[0].text.isdigit():
        out.refuse(near, "a computed strict bound of a choice", "Write it with '<=' and a whole number.")
    return [number[0].put(str(int(number[0].text) + step), "number")]


def _costs(out: Translation, statement: list[Token]) -> list[list[Token]]:
    """``#minimize{ W@P, T : body ; ... }`` as weak constraints."""
    first = statement[0]
    last = closing(statement, 1)
    if len(statement) < 3 or statement[1].text != "{" or last + 1 >= len(statement):
        out.refuse(first, f"this form of '{first.text}'", "Write ':~ body. [weight@level, terms]'.")
    made = []
    for element in split(statement[2:last], ";"):
        sides = split(element, ":")
        if len(sides) != 2 or not sides[0] or not sides[1]:
            out.refuse(
                element[0] if element else first,
                f"an element of '{first.text}' without a condition",
                "Write 'weight, terms : body'.",
            )
        weight, *terms = out.parts(sides[0], ",")
        parts = out.parts(weight, "@")
        number = parts[0]
        if first.text == "#maximize":
            number = [number[0].put("-"), number[0].put("("), *number, number[0].put(")")]
        shown = [*number, *([number[0].put("@"), *parts[1]] if len(parts) > 1 else [])]
        for term in terms:
            shown += [term[0].put(","), *term]
        begin = element[0]
        made.append([begin.put(":~"), *_body(out, sides[1]), begin.put("."), begin.put("["), *shown, begin.put("]")])
    return made
