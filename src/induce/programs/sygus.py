"""SyGuS tasks by example, versions 1 and 2.1: read, solved, and written back as SMT-LIB."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import induce.algebras.list_functions
import induce.algebras.smt_functions  # noqa: F401
from induce.errors import ExportError, ParseError, did_you_mean
from induce.examples import Examples, read_examples
from induce.learners.programs.task import ProgramTask
from induce.programs.reading import file_text
from induce.programs.smt_text import Node, as_text, complaint, members, quoted, read_nodes, symbol
from induce.terms.language import Language
from induce.terms.op import LITERAL, VARIABLE, Op
from induce.terms.smt_strings import smt_strings
from induce.terms.sort import BOOL, INT, TEXT, Sort
from induce.terms.term import Term

__all__ = ["SygusTask", "from_smt", "read_sygus", "to_smt"]

_SORTS = {"String": TEXT, "Int": INT, "Bool": BOOL}
_NAMES = {sort: name for name, sort in _SORTS.items()}
_TYPES: dict[Sort, type] = {TEXT: str, INT: int, BOOL: bool}
_OPERATORS = {
    "ite": "if", "=": "==", "int.to.str": "str.from_int", "str.to.int": "str.to_int", "int_to_str": "str.from_int",
    "str_to_int": "str.to_int",
}  # fmt: skip
_IGNORED = ("set-logic", "declare-var", "check-synth", "set-option", "set-info", "set-feature", "synth-inv")


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
            if key in makes:
                return makes[key]
            found = any(one(node, p, (*above, symbol)) for p in self.grammar[symbol][1])
            if found or not above:  # below other symbols of a cycle, a no may be theirs
                makes[key] = found
            return found

        def one(node: Term, production: Any, above: tuple[str, ...]) -> bool:
            if isinstance(production, str):
                return production not in above and made(node, production, above)
            if isinstance(production, Term):
                return production is node
            op, symbols = production
            return op is node.op and all(made(a, s) for a, s in zip(node.args, symbols, strict=True))

        return made(term, self.start)


@dataclass(frozen=True)
class _Function:
    """The function to be found: its inputs and result as declared, and what it may be made of."""

    name: str
    inputs: dict[str, Sort]
    result: Sort
    grammar: Grammar
    start: str


def _sort(node: Node) -> Sort:
    found = _SORTS.get(node.value) if not node.is_list else None
    if found is None:
        raise complaint(node, f"sort '{as_text(node)}' is not supported. Known: {', '.join(_SORTS)}.")
    return found


def _op(node: Node, arity: int) -> Op:
    written = symbol(node, "the name of an operator")
    name = _OPERATORS.get(written, written)
    if name == "-" and arity == 1:
        name = "neg"
    if name not in smt_strings:
        hint = did_you_mean(name, smt_strings.ops)
        raise complaint(node, f"operator '{written}' is not supported.{hint} Known: {' '.join(smt_strings.ops)}.")
    return smt_strings[name]


def _folded(node: Node) -> Node:
    """A value as SMT-LIB writes it: a negative number is (- 1)."""
    if node.is_list and len(node.value) == 2 and node.value[0].value == "-" and type(node.value[1].value) is int:
        return Node(-node.value[1].value, node.place, True)
    return node


def _of_sort(node: Node, sort: Sort, what: str) -> Any:
    """The value of a literal, which must be of the declared sort."""
    if type(node.value) is not _TYPES[sort]:
        raise complaint(node, f"{what} is declared {_NAMES[sort]}, but got {node.value!r}. Change one of them.")
    return node.value


def _grammar(rules: Node, inputs: dict[str, Sort]) -> tuple[Grammar, str]:
    shape = "a rule of the grammar, (name sort (production ...)),"
    parts = [members(rule, shape, 3) for rule in members(rules, "a grammar, ((name sort (production ...)) ...),")]
    heads = [symbol(part[0], "the name of a non-terminal") for part in parts]
    found: Grammar = {}
    for head, (_, sort, options) in zip(heads, parts, strict=True):
        whole = members(options, "a list of productions")
        found[head] = (_sort(sort), tuple(_production(_folded(option), _sort(sort), heads, inputs) for option in whole))
    return found, heads[0]


def _production(option: Node, sort: Sort, heads: list[str], inputs: dict[str, Sort]) -> Any:
    from induce.terms.term import literal, variable

    if option.literal:
        return literal(_of_sort(option, sort, "what this non-terminal makes"), sort)
    if option.is_list:
        head, *arguments = members(option, "a production, (operator non-terminal ...),")
        op = _op(head, len(arguments))
        strange = next((p for p in arguments if p.is_list or p.literal or p.value not in heads), None)
        if strange is not None:
            raise complaint(strange, f"'{as_text(strange)}' is no non-terminal; only those may be arguments here.")
        if op.arity != len(arguments):
            raise complaint(option, f"'{op.name}' takes {op.arity} arguments but got {len(arguments)}.")
        return (op, tuple(part.value for part in arguments))
    if option.value in heads:
        return option.value
    if option.value in inputs:
        return variable(option.value, inputs[option.value])
    known = [*inputs, *heads]
    raise complaint(
        option, f"unknown name '{option.value}'.{did_you_mean(option.value, known)} Known: {', '.join(known)}."
    )


def _example(command: Node, function: _Function) -> tuple[tuple[Any, ...], Any]:
    """Inputs and output of a constraint (= (f inputs) output)."""
    name = function.name
    _, node = members(command, f"a constraint, (constraint (= ({name} values) value)),", 2)
    refusal = (
        f"a constraint must be (= ({name} values) value); others are not supported, but got '{as_text(node)[:80]}'."
    )
    if not node.is_list or len(node.value) != 3 or node.value[0].value != "=":
        raise complaint(node, refusal)
    call, output = (_folded(part) for part in node.value[1:])
    if not call.is_list:
        call, output = output, call
    given = [_folded(part) for part in call.value[1:]] if call.is_list else []
    if (
        not call.is_list
        or not call.value
        or call.value[0].value != name
        or not output.literal
        or not all(n.literal for n in given)
    ):
        raise complaint(node, refusal)
    if len(given) != len(function.inputs):
        raise complaint(call, f"'{name}' takes {len(function.inputs)} inputs but got {len(given)}.")
    values = [_of_sort(n, s, f"input '{k}'") for n, (k, s) in zip(given, function.inputs.items(), strict=True)]
    return tuple(values), _of_sort(output, function.result, f"what '{name}' gives")


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
    DataError
        If the file cannot be read.

    >>> task = read_sygus('(synth-fun f ((s String)) String) (constraint (= (f "ab") "b")) (constraint (= (f "xyz") "z"))')
    >>> task.name, len(task.examples)
    ('f', 2)
    """
    text = (
        source
        if isinstance(source, str) and source.lstrip().startswith(("(", ";"))
        else file_text(source, "read_sygus")
    )
    function: _Function | None = None
    rows: list[tuple[tuple[Any, ...], Any]] = []
    for node in read_nodes(text):
        head = symbol(members(node, "a command in parentheses")[0], "the name of a command")
        if head == "synth-fun":
            if function is not None:
                raise complaint(node, "this is a second function, but a task has one. Give each a file of its own.")
            function = _function(node)
        elif head == "constraint":
            if function is None:
                raise complaint(node, "a constraint comes before the function it is about. Put synth-fun first.")
            rows.append(_example(node, function))
        elif head not in _IGNORED:
            raise complaint(
                node.value[0],
                f"command '{head}' is not supported. Known: synth-fun, constraint, {', '.join(_IGNORED)}.",
            )
    if function is None or not rows:
        missing = "function: (synth-fun ...)" if function is None else "constraint: (constraint (= (f values) value))"
        raise ParseError(f"there is no {missing}.")
    columns = {key: [row[0][k] for row in rows] for k, key in enumerate(function.inputs)}
    return SygusTask(function.name, read_examples(columns, [row[1] for row in rows]), function.grammar, function.start)


def _inputs(node: Node) -> dict[str, Sort]:
    if not node.is_list:
        raise complaint(node, f"a list of inputs, ((name sort) ...), was expected, but got '{as_text(node)[:60]}'.")
    pairs = [members(pair, "an input, (name sort),", 2) for pair in node.value]
    return {symbol(name, "the name of an input"): _sort(sort) for name, sort in pairs}


def _function(node: Node) -> _Function:
    if len(node.value) < 4:
        raise complaint(node, "synth-fun needs a name, inputs and a sort: (synth-fun f ((s String)) String ...).")
    _, name, inputs, result, *rest = node.value  # version 2.1 declares its non-terminals before their rules
    named = _inputs(inputs)
    grammar, start = _grammar(rest[-1], named) if rest else ({}, "")
    return _Function(symbol(name, "the name of a function"), named, _sort(result), grammar, start)


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
                return quoted(value)
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

    nodes = read_nodes(definition)
    whole: tuple[Node, ...] = nodes[0].value if len(nodes) == 1 and nodes[0].is_list else ()
    if len(whole) != 5 or whole[0].value != "define-fun":
        raise ParseError("one definition was expected: (define-fun name ((input sort) ...) sort body).")
    _, _, pairs, sort, body = whole
    inputs = _inputs(pairs)

    def build(node: Node) -> Term:
        if node.literal:
            return literal(node.value)
        if not node.is_list:
            if node.value not in inputs:
                raise complaint(
                    node, f"unknown name '{node.value}'.{did_you_mean(node.value, inputs)} Inputs: {', '.join(inputs)}."
                )
            return variable(node.value, inputs[node.value])
        head, *arguments = members(node, "a term, (operator term ...),")
        op = _op(head, len(arguments))
        parts = [build(part) for part in arguments]
        while len(parts) > 2 and op.arity == 2 and "associative" in op.laws:  # (str.++ a b c)
            parts = [op(parts[0], parts[1]), *parts[2:]]
        try:
            return op(*parts)
        except TypeError as problem:
            raise complaint(node, str(problem)) from None

    found = build(body)
    if found.sort is not _sort(sort):
        raise complaint(body, f"the body has sort {found.sort}, but {_sort(sort)} was declared.")
    return found
