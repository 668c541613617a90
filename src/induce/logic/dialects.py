"""Texts of ProbLog, ASP and Scallop: read where they overlap with the language of rules, refused by name where not.

Every function gives the same :class:`~induce.logic.parse.Parsed` as our own text, with the places of the text that was
given, so that ``LogicProgram(from_problog(text))`` names lines and columns of the ProbLog text in its messages.
"""

from __future__ import annotations

from collections.abc import Sequence

from induce.logic.parse import Parsed
from induce.logic.tokens import Token, Translation, closing, read_tokens, split

__all__ = ["from_asp", "from_problog", "from_scallop"]

_BUILT_IN = {
    "findall": "Aggregate: 'N = #count{ X : p(X) }' or 'S = #sum{ W, X : p(X, W) }'.",
    "all": "Aggregate: 'N = #count{ X : p(X) }'.",
    "all_or_none": "Aggregate: 'N = #count{ X : p(X) }'.",
    "aggregate_all": "Aggregate: 'N = #count{ X : p(X) }' or 'S = #sum{ W, X : p(X, W) }'.",
    "bagof": "Aggregate: 'N = #count{ X : p(X) }'.",
    "setof": "Aggregate: 'N = #count{ X : p(X) }'.",
    "assert": "Rules do not change while they run; give facts as tables with program.facts(name, table).",
    "asserta": "Rules do not change while they run; give facts as tables with program.facts(name, table).",
    "assertz": "Rules do not change while they run; give facts as tables with program.facts(name, table).",
    "retract": "Rules do not change while they run; leave the fact out.",
    "between": "Write 'X = 1..3'.",
    "forall": "Write the opposite with a relation: 'bad :- p(X), not q(X).' and 'not bad'.",
    "call": "Write the atom itself.",
    "subquery": "Ask for it with query(...).",
    "length": "Write 'N = length(List)'.",
    "sum_list": "Aggregate: 'S = #sum{ W, X : p(X, W) }'.",
    "max_list": "Aggregate: 'M = #max{ X : p(X) }'.",
    "min_list": "Aggregate: 'M = #min{ X : p(X) }'.",
    "append": "Define it: 'append([], L, L) :- list(L).' and so on, over the lists that occur.",
    "member": "Define it over the lists that occur, or give the members as facts.",
    "writeln": "Leave it out; a program has no output besides its answers.",
    "write": "Leave it out; a program has no output besides its answers.",
    "print": "Leave it out; a program has no output besides its answers.",
    "debugprint": "Leave it out; a program has no output besides its answers.",
    "nl": "Leave it out; a program has no output besides its answers.",
    "atom_number": "Give the facts as numbers.",
    "functor": "Match the structure itself, as in 'point(X, Y)'.",
    "var": "Variables of rules always have values.",
    "nonvar": "Variables of rules always have values.",
    "ground": "Variables of rules always have values.",
}
_REFUSED = {
    "->": "Write two rules, one with the condition and one with its negation.",
    "*->": "Write two rules, one with the condition and one with its negation.",
    "!": "Write the condition that makes the rules exclude each other.",
    "@<": "Compare with '<'.",
    "@>": "Compare with '>'.",
    "<-": "Write ':-'.",
    "=@=": "Compare with '='.",
}


def from_problog(text: str) -> Parsed:
    r"""A program from ProbLog text.

    Read are facts, rules, probabilities, ``t(_)::``, annotated disjunctions, ``\+``, arithmetic, lists, ``query`` and
    ``evidence``. A variable such as ``_x`` becomes ``_X``.

    Parameters
    ----------
    text : str

    Raises
    ------
    ParseError
        For what has no meaning here (``findall``, directives, ``;`` in a body, cuts, ...), with its place in ``text``
        and what to write instead.

    >>> from_problog("0.3::a. b :- \\+a, X is 1+1, X =:= 2.").term.args[1]
    b :- not a, X = 1 + 1, X = 2.
    """
    out = Translation(text, "ProbLog")
    tokens = read_tokens(text, dialect="ProbLog", comments=r"%[^\n]*|/\*.*?\*/")
    statements = statements_of_tokens(tokens)
    defined = {name for s in statements for name in _defined(s)}
    for statement in statements:
        out.add(_problog(out, statement, defined))
    return out.parsed()


def from_asp(text: str) -> Parsed:
    """A program from text of ASP-Core-2 as clingo reads it.

    Read are rules, ``not``, choice rules with bounds, ``#count``, ``#sum``, ``#min``, ``#max`` with guards on either side,
    constraints, weak constraints, ``#minimize`` and ``#maximize``, intervals, arithmetic, ``#const`` and comments.
    ``#show`` has no effect and is listed in ``Parsed.notes``.

    Parameters
    ----------
    text : str

    Raises
    ------
    ParseError
        For what has no meaning here (disjunctions, ``-a``, ``not not a``, pools, ...), with its place in ``text`` and what
        to write instead.

    >>> from_asp("#const n = 2. p(1..n). :- n < #count{ X : p(X) }.").term.args[1]
    :- 2 < #count{ X : p(X) }.
    """
    from induce.logic.asp_text import translate

    return translate(text)


def from_scallop(text: str) -> Parsed:
    """A program from Scallop text.

    Read are ``type``, ``rel`` with facts, sets of facts, probabilities and rules with ``and``, ``or``, ``not``, the
    aggregates ``count``, ``sum``, ``prod``, ``min``, ``max``, ``const`` and ``query``. Bare identifiers are variables and
    become capitalised. Variables outside of an aggregate that only its body names are its groups.

    Parameters
    ----------
    text : str

    Raises
    ------
    ParseError
        For what has no meaning here (``import``, foreign functions, ``forall``, ...), with its place in ``text`` and what
        to write instead.

    >>> from_scallop("rel path(a, b) = edge(a, b) or path(a, c) and edge(c, b)").term.args[1]
    path(A, B) :- path(A, C), edge(C, B).
    """
    from induce.logic.scallop_text import translate

    return translate(text)


def statements_of_tokens(tokens: Sequence[Token], *ends: str) -> list[list[Token]]:
    """The statements, each with the dot that ends it, or another of ``ends``; a weak constraint ends with its weight."""
    found: list[list[Token]] = [[]]
    place = 0
    while place < len(tokens):
        token = tokens[place]
        found[-1].append(token)
        place += 1
        if token.kind == "symbol" and token.text in (".", *ends):
            if found[-1][0].text == ":~" and place < len(tokens) and tokens[place].text == "[":
                last = closing(tokens, place)
                found[-1] += tokens[place : last + 1]
                place = last + 1
            found.append([])
    return [s for s in found if s]


def _defined(statement: Sequence[Token]) -> list[str]:
    """Names of the relations in the head of a statement."""
    head = split(statement, ":-")[0] if statement else []
    found = []
    for part in split(head, ";"):
        atom = split(part, "::")[-1:]
        found += [t.text for words in atom for t in words[:1] if t.kind == "name"]
    return found


def _problog(out: Translation, statement: list[Token], defined: set[str]) -> list[Token]:
    first = statement[0]
    if first.text == ":-":
        name = statement[1].text if len(statement) > 1 else ""
        out.refuse(first, f"the directive ':- {name}'", "Leave it out; constraints are written as evidence(a, false).")
    neck = next((k for k, t in enumerate(statement) if t.text == ":-"), len(statement))
    for place, token in enumerate(statement):
        _problog_word(out, statement, place, place > neck, defined)
        if token.text in ("fail", "false") and place > neck and statement[place - 1].text in (":-", ","):
            out.refuse(token, f"'{token.text}'", "A rule that never holds can be left out.")
    body = [t for t in statement[neck + 1 :] if t.text != "."]
    if len(body) == 1 and body[0].text == "true":
        statement = [*statement[:neck], statement[-1]]
    made: list[Token] = []
    place = 0
    while place < len(statement):
        token = statement[place]
        if token.kind == "variable" and token.text[0] == "_" and token.text.strip("_")[:1].islower():
            bare = token.text.lstrip("_")
            token = token.put(f"_{bare[0].upper()}{bare[1:]}", "variable")
        elif token.kind == "text" and statement[place + 1 : place + 2] and _is_call(statement[place + 1]):
            name = token.text[1:-1]
            if not (name.isidentifier() and name[0].islower()):
                out.refuse(token, f"the quoted relation name {token.text}", "Name it by letters, digits and '_'.")
            token = token.put(name, "name")
        elif token.text == "t" and _is_learnable(statement, place):
            last = closing(statement, place + 1)
            made += [token.put("?"), token.call(), *statement[place + 4 : last + 1]]
            place = last + 1
            continue
        made.append(token)
        place += 1
    return made


def _is_call(token: Token) -> bool:
    return token.text == "(" and token.glued


def _is_learnable(statement: Sequence[Token], place: int) -> bool:
    """Whether ``t(_, X, ...)`` stands here: one probability for each value of X."""
    words = [t.text for t in statement[place : place + 4]]
    return len(words) == 4 and words[1] == "(" and words[2] == "_" and words[3] == ","


def _problog_word(out: Translation, statement: Sequence[Token], place: int, in_body: bool, defined: set[str]) -> None:
    """Refuse a word that has no meaning here."""
    token = statement[place]
    after = statement[place + 1] if place + 1 < len(statement) else token
    if token.kind == "symbol":
        if token.text == ";" and in_body:
            out.refuse(token, "';' in a body", "Write two rules with the same head.")
        if token.text in _REFUSED:
            out.refuse(token, f"'{token.text}'", _REFUSED[token.text])
        if token.text == "\\+" and not in_body and statement[0].text not in ("evidence", "query"):
            out.refuse(token, "a negated head", "Give its opposite a name of its own.")
    elif token.kind == "name" and token.text not in defined and in_body and token.text in _BUILT_IN:
        if _is_call(after) or token.text == "nl":
            before = statement[place - 1].text
            if before in (":-", ",", "\\+", "(") and _whole_literal(statement, place):
                out.refuse(token, f"the predicate '{token.text}'", _BUILT_IN[token.text])


def _whole_literal(statement: Sequence[Token], place: int) -> bool:
    """Whether the call at a place is a whole element of a body and no value, such as ``length(L)`` in ``N = length(L)``."""
    last = closing(statement, place + 1) if _is_call(statement[place + 1]) else place
    return last + 1 >= len(statement) or statement[last + 1].text in (",", ".", ")", ";", "->")
