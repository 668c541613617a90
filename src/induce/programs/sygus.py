"""SyGuS tasks by example, versions 1 and 2.1: read, solved, and written back as SMT-LIB."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import induce.algebras.list_functions
import induce.algebras.smt_functions  # noqa: F401
from induce.errors import ExportError, ParseError, did_you_mean
from induce.examples import Examples, read_examples
from induce.learners.programs.task import ProgramTask
from induce.terms.language import Language
from induce.terms.op import LITERAL, VARIABLE, Op
from induce.terms.smt_strings import smt_strings
from induce.terms.sort import BOOL, INT, TEXT, Sort
from induce.terms.term import Term

__all__ = ["SygusTask", "from_smt", "read_sygus", "to_smt"]

_SORTS = {"String": TEXT, "Int": INT, "Bool": BOOL}
_NAMES = {sort: name for name, sort in _SORTS.items()}
_TOKEN = re.compile(r'\s*(?:;[^\n]*\n\s*)*(\(|\)|"(?:[^"]|"")*"|[^\s()";]+)')
_OPERATORS = {
    "ite": "if", "=": "==", "int.to.str": "str.from_int", "str.to.int": "str.to_int", "int_to_str": "str.from_int",
    "str_to_int": "str.to_int",
}  # fmt: skip
_IGNORED = ("set-logic", "declare-var", "check-synth", "set-option", "set-info", "set-feature", "synth-inv")


@dataclass(frozen=True)
class _Node:
    """A symbol, a literal or a list, with the place where it begins."""

    value: Any
    place: tuple[int, int]
    literal: bool = False

    @property
    def is_list(self) -> bool:
        return isinstance(self.value, tuple)


def _error(node: _Node, text: str) -> ParseError:
    return ParseError(text, line=node.place[0], column=node.place[1])


def _tokens(text: str) -> Iterator[tuple[str, tuple[int, int]]]:
    at, text = 0, text + "\n"
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            rest = re.sub(r";[^\n]*\n", "", text[at:]).strip()
            if rest:
                line = text.count("\n", 0, at) + 1
                raise ParseError(f"unexpected text {rest[:20]!r}. A text must end with '\"'.", line=line)
            return
        start = match.start(1)
        yield match.group(1), (text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start))
        at = match.end()


def _atom(token: str, place: tuple[int, int]) -> _Node:
    if token.startswith('"'):
        return _Node(token[1:-1].replace('""', '"'), place, True)
    if re.fullmatch(r"-?\d+", token):
        return _Node(int(token), place, True)
    if token in ("true", "false"):
        return _Node(token == "true", place, True)
    return _Node(token, place)


def _read(text: str) -> list[_Node]:
    stack: list[tuple[list[_Node], tuple[int, int]]] = [([], (1, 1))]
    for token, place in _tokens(text):
        if token == "(":
            stack.append(([], place))
        elif token == ")":
            if len(stack) == 1:
                raise ParseError("there is a ')' that closes nothing. Remove it.", line=place[0], column=place[1])
            inside, begin = stack.pop()
            stack[-1][0].append(_Node(tuple(inside), begin))
        else:
            stack[-1][0].append(_atom(token, place))
    if len(stack) > 1:
        line, column = stack[-1][1]
        raise ParseError("this '(' is never closed. Add a ')'.", line=line, column=column)
    return stack[0][0]


Grammar = dict[str, tuple[Sort, tuple[Any, ...]]]
"""Non-terminal to its sort and productions: a non-terminal's name, a variable or literal Term, or (Op, non-terminals)."""


@dataclass(frozen=True, eq=False)
class SygusTask:
    """A function to be found from examples, within a grammar.

    Parameters
    ----------
    name : str
        Of the function.
    examples : Examples
    grammar : mapping of non-terminal to (sort, productions)
        Empty when any operator may be used.
    start : str
        The first non-terminal.
    """

    name: str
    examples: Examples
    grammar: Grammar
    start: str

    @property
    def task(self) -> ProgramTask:
        """What learners of programs work on; of what they find, the programs that the grammar makes are answers."""
        if not self.grammar:
            literals: tuple[tuple[Any, Sort], ...] = ((0, INT), (1, INT), ("", TEXT), (" ", TEXT))
            return ProgramTask(self.examples, smt_strings, literals)
        found = [p for _, productions in self.grammar.values() for p in productions]
        ops = list(dict.fromkeys(p[0] for p in found if isinstance(p, tuple)))
        terms = dict.fromkeys(p for p in found if isinstance(p, Term) and p.op is LITERAL)
        literals = tuple((term.payload, term.sort) for term in terms)
        return ProgramTask(self.examples, Language(self.name, ops, default=TEXT), literals, allows=self.derives)

    def derives(self, term: Term) -> bool:
        """Whether the grammar makes the term."""
        if not self.grammar:
            return True
        makes: dict[tuple[Term, str], bool] = {}

        def made(node: Term, symbol: str, above: tuple[str, ...] = ()) -> bool:
            key = (node, symbol)
            if key not in makes:
                makes[key] = any(one(node, p, (*above, symbol)) for p in self.grammar[symbol][1])
            return makes[key]

        def one(node: Term, production: Any, above: tuple[str, ...]) -> bool:
            if isinstance(production, str):
                return production not in above and made(node, production, above)
            if isinstance(production, Term):
                return production is node
            op, symbols = production
            return op is node.op and all(made(a, s) for a, s in zip(node.args, symbols, strict=True))

        return made(term, self.start)


def _sort(node: _Node) -> Sort:
    found = _SORTS.get(node.value) if not node.is_list else None
    if found is None:
        raise _error(node, f"sort '{_text(node)}' is not supported. Known: {', '.join(_SORTS)}.")
    return found


def _text(node: _Node) -> str:
    return f"({' '.join(_text(n) for n in node.value)})" if node.is_list else str(node.value)


def _op(node: _Node, arity: int) -> Op:
    name = _OPERATORS.get(node.value, node.value)
    if name == "-" and arity == 1:
        name = "neg"
    if name not in smt_strings:
        hint = did_you_mean(str(name), smt_strings.ops)
        raise _error(node, f"operator '{node.value}' is not supported.{hint} Known: {' '.join(smt_strings.ops)}.")
    return smt_strings[name]


def _grammar(rules: tuple[_Node, ...], inputs: dict[str, Sort]) -> tuple[Grammar, str]:
    from induce.terms.term import literal, variable

    heads = [rule.value[0].value for rule in rules]
    found: Grammar = {}
    for rule in rules:
        if not rule.is_list or len(rule.value) != 3 or not rule.value[2].is_list:
            raise _error(rule, f"a rule of the grammar is (name sort (production ...)), but got '{_text(rule)[:60]}'.")
        name, sort, options = rule.value
        productions: list[Any] = []
        for option in options.value:
            if option.literal:
                productions.append(literal(option.value, _sort(sort)))
            elif option.is_list:
                op = _op(option.value[0], len(option.value) - 1)
                symbols = tuple(part.value for part in option.value[1:])
                strange = next((p for p in option.value[1:] if p.is_list or p.value not in heads), None)
                if strange is not None:
                    raise _error(strange, f"'{_text(strange)}' is no non-terminal; only those may be arguments here.")
                if op.arity != len(symbols):
                    raise _error(option, f"'{op.name}' takes {op.arity} arguments but got {len(symbols)}.")
                productions.append((op, symbols))
            elif option.value in heads:
                productions.append(option.value)
            elif option.value in inputs:
                productions.append(variable(option.value, inputs[option.value]))
            else:
                known = [*inputs, *heads]
                raise _error(
                    option,
                    f"unknown name '{option.value}'.{did_you_mean(option.value, known)} Known: {', '.join(known)}.",
                )
        found[name.value] = (_sort(sort), tuple(productions))
    return found, heads[0]


def _example(node: _Node, name: str, arity: int) -> tuple[tuple[Any, ...], Any]:
    """Inputs and output of a constraint (= (f inputs) output)."""
    refusal = f"a constraint must be (= ({name} values) value); others are not supported, but got '{_text(node)[:80]}'."
    if not node.is_list or len(node.value) != 3 or node.value[0].value != "=":
        raise _error(node, refusal)
    call, output = node.value[1:] if node.value[1].is_list else node.value[:0:-1]
    if (
        not call.is_list
        or call.value[0].value != name
        or not output.literal
        or not all(n.literal for n in call.value[1:])
    ):
        raise _error(node, refusal)
    if len(call.value) != arity + 1:
        raise _error(call, f"'{name}' takes {arity} inputs but got {len(call.value) - 1}.")
    return tuple(n.value for n in call.value[1:]), output.value


def read_sygus(source: str | Path) -> SygusTask:
    """A task from the text or the path of a SyGuS file, version 1 or 2.1.

    Parameters
    ----------
    source : str or Path
        A text that begins with '(' or ';', or a path.

    Raises
    ------
    ParseError
        With line and column, for what cannot be read or is not a task by example over strings, integers and truth values.

    >>> task = read_sygus('(synth-fun f ((s String)) String) (constraint (= (f "ab") "b")) (constraint (= (f "xyz") "z"))')
    >>> task.name, len(task.examples)
    ('f', 2)
    """
    text = str(source)
    if isinstance(source, Path) or not text.lstrip().startswith(("(", ";")):
        text = Path(source).read_text(encoding="utf-8")
    function: tuple[str, dict[str, Sort], Grammar, str] | None = None
    rows: list[tuple[tuple[Any, ...], Any]] = []
    nodes = _read(text)
    for node in nodes:
        if not node.is_list or not node.value:
            raise _error(node, f"a command in parentheses was expected, but got '{_text(node)}'.")
        head = node.value[0].value
        if head == "synth-fun":
            function = _function(node)
        elif head == "constraint":
            if function is None:
                raise _error(node, "a constraint comes before the function it is about. Put synth-fun first.")
            rows.append(_example(node.value[1], function[0], len(function[1])))
        elif head not in _IGNORED:
            raise _error(
                node.value[0],
                f"command '{head}' is not supported. Known: synth-fun, constraint, {', '.join(_IGNORED)}.",
            )
    if function is None or not rows:
        missing = "function: (synth-fun ...)" if function is None else "constraint: (constraint (= (f values) value))"
        raise ParseError(f"there is no {missing}.")
    name, inputs, grammar, start = function
    columns = {key: [row[0][k] for row in rows] for k, key in enumerate(inputs)}
    return SygusTask(name, read_examples(columns, [row[1] for row in rows]), grammar, start)


def _function(node: _Node) -> tuple[str, dict[str, Sort], Grammar, str]:
    if len(node.value) < 4:
        raise _error(node, "synth-fun needs a name, inputs and a sort: (synth-fun f ((s String)) String ...).")
    inputs = {pair.value[0].value: _sort(pair.value[1]) for pair in node.value[2].value}
    rest = node.value[4:]  # version 2.1 declares its non-terminals before their rules
    if not rest:
        return node.value[1].value, inputs, {}, ""
    return (node.value[1].value, inputs, *_grammar(rest[-1].value, inputs))


_SMT = {"if": "ite", "==": "=", "neg": "-"}


def to_smt(term: Term, name: str = "f", inputs: dict[str, Sort] | None = None) -> str:
    """The program as an SMT-LIB definition.

    Raises
    ------
    ExportError
        If an operator is none of SMT-LIB's.

    >>> to_smt(smt_strings.parse("str_at(s, 0)", s=TEXT))
    '(define-fun f ((s String)) String (str.at s 0))'
    """
    named = inputs or {v.name: v.sort for v in term.variables}

    def write(node: Term, args: tuple[str, ...]) -> str:
        if node.op is VARIABLE:
            return node.name
        if node.op is LITERAL:
            value = node.payload
            if isinstance(value, bool):
                return str(value).lower()
            if isinstance(value, str):
                return '"' + value.replace('"', '""') + '"'
            return str(value) if value >= 0 else f"(- {-value})"
        if node.op not in tuple(smt_strings):
            raise ExportError(f"operator '{node.op.name}' is none of SMT-LIB's.")
        return f"({_SMT.get(node.op.name, node.op.name)} {' '.join(args)})"

    body = term.fold(write)
    strange = next((sort for sort in (*named.values(), term.sort) if sort not in _NAMES), None)
    if strange is not None:
        raise ExportError(f"SMT-LIB's strings have no values of sort {strange}.")
    parameters = " ".join(f"({key} {_NAMES[sort]})" for key, sort in named.items())
    return f"(define-fun {name} ({parameters}) {_NAMES[term.sort]} {body})"


def from_smt(definition: str) -> Term:
    """The program of an SMT-LIB definition: the inverse of :func:`to_smt`.

    Raises
    ------
    ParseError
        With line and column.

    >>> from_smt('(define-fun f ((s String)) String (str.++ s "!"))')
    str_concat(s, "!")
    """
    from induce.terms.term import literal, variable

    nodes = _read(definition)
    if len(nodes) != 1 or not nodes[0].is_list or len(nodes[0].value) != 5 or nodes[0].value[0].value != "define-fun":
        raise ParseError("one definition was expected: (define-fun name ((input sort) ...) sort body).")
    _, _, pairs, sort, body = nodes[0].value
    inputs = {pair.value[0].value: _sort(pair.value[1]) for pair in pairs.value}

    def build(node: _Node) -> Term:
        if node.literal:
            return literal(node.value)
        if not node.is_list:
            if node.value not in inputs:
                raise _error(
                    node, f"unknown name '{node.value}'.{did_you_mean(node.value, inputs)} Inputs: {', '.join(inputs)}."
                )
            return variable(node.value, inputs[node.value])
        parts = [build(part) for part in node.value[1:]]
        op = _op(node.value[0], len(parts))
        while len(parts) > 2 and op.arity == 2 and "associative" in op.laws:  # (str.++ a b c)
            parts = [op(parts[0], parts[1]), *parts[2:]]
        try:
            return op(*parts)
        except TypeError as problem:
            raise _error(node, str(problem)) from None

    found = build(body)
    if found.sort is not _sort(sort):
        raise _error(body, f"the body has sort {found.sort}, but {_sort(sort)} was declared.")
    return found
