"""Terms as the s-expressions that compression reads, and back: sorts are inferred anew."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from induce.errors import ParseError, TermError
from induce.learners.library.compressing import Tree
from induce.terms.op import APPLY, BOUND, LAMBDA, LITERAL, VARIABLE, Op
from induce.terms.sort import INT, Sort, parse_sort, unify_sorts
from induce.terms.term import Term, apply, bound, lambda_, literal, variable

__all__ = ["Typed", "function_from", "literal_token", "program_from", "tree_of", "with_inputs"]

_LETTERS = [
    chr(code) for code in (*range(0x250, 0x2AF), *range(0x400, 0x530), *range(0x1E00, 0x1F00)) if chr(code).islower()
]
"""Names of sort variables made here: lower-case letters that nobody writes."""
_NUMBER = re.compile(r"-?\d+")
_LITERAL = re.compile(r"([\w%.-]+):([\w%.~-]+)")
_UNDECIDED = Sort("undecided")
Builder = Callable[[Mapping[Sort, Sort]], Term]


def literal_token(term: Term) -> str:
    """A value written down, as one symbol that says its sort: ``real:2.5``; whole numbers are plain.

    >>> literal_token(literal("a (b)")), literal_token(literal(-3))
    ('text:%22a%20%28b%29%22', '-3')
    """
    value = term.payload
    if type(value) is int and term.sort is INT:
        return str(value)
    try:
        text = json.dumps(value)
    except (TypeError, ValueError):
        raise TermError(f"'{term}' cannot be part of a library: a number, a text or a list was expected.") from None
    return f"{quote(str(term.sort), safe='')}:{quote(text, safe='')}"


def _literal(token: str) -> Term | None:
    """The value that a symbol of :func:`literal_token` says; None for another symbol."""
    if _NUMBER.fullmatch(token):
        return literal(int(token), INT)
    match = _LITERAL.fullmatch(token)
    if match is None:
        return None
    try:
        value, sort = json.loads(unquote(match.group(2))), parse_sort(unquote(match.group(1)))
    except (ValueError, ParseError):
        return None
    return literal(_tuple(value), sort)


def _tuple(value: Any) -> Any:
    return tuple(_tuple(v) for v in value) if isinstance(value, list) else value


def tree_of(term: Term, inputs: Sequence[str], tokens: Mapping[Op, str] | None = None) -> Tree:
    """A program as a tree: a function of its inputs, the first outermost.

    Parameters
    ----------
    term : Term
    inputs : sequence of str
    tokens : mapping of Op to str, optional
        Symbols of operators whose name is not to be used.

    Raises
    ------
    TermError
        If it holds what an s-expression of this kind cannot say (a hole, a value that is no number, text or list).
    """
    symbols = tokens or {}

    def convert(node: Term, depth: int) -> Tree:
        if node.op is VARIABLE:
            return f"${depth + len(inputs) - 1 - inputs.index(node.name)}"
        if node.op is BOUND:
            return f"${node.payload}"
        if node.op is LITERAL:
            return literal_token(node)
        if node.op is LAMBDA:
            return ("lam", convert(node.args[0], depth + 1))
        if node.op is APPLY:
            head = convert(node.args[0], depth)
            parts = (head,) if isinstance(head, str) or head[0] == "lam" else head
            return (*parts, convert(node.args[1], depth))
        if node.op.notation.kind == "special":
            raise TermError(f"'{node}' cannot be part of a library. Fill holes first.")
        symbol = symbols.get(node.op, node.op.name)
        if not node.args:
            return symbol
        return (symbol, *(convert(a, depth) for a in node.args))

    tree = convert(term, 0)
    for _ in inputs:
        tree = ("lam", tree)
    return tree


@dataclass(frozen=True)
class Typed:
    """A function with sorts: its parameters', its result's, and its body as a closed function of them."""

    parameters: tuple[Sort, ...]
    result: Sort
    body: Term


class _Inference:
    """Sorts of one tree, by unification; ``params`` are the sorts of ``#0``, ``#1``, ..."""

    def __init__(self, ops: Mapping[str, Op], params: int) -> None:
        self.ops = ops
        self.mapping: dict[Sort, Sort] = {}
        self.letters: Iterator[str] = iter(_LETTERS)
        self.params = [self.fresh() for _ in range(params)]

    def fresh(self) -> Sort:
        letter = next(self.letters, None)
        if letter is None:
            raise TermError("the function is too large for its sorts to be inferred.")
        return Sort(letter)

    def same(self, a: Sort, b: Sort, what: Tree) -> None:
        if not unify_sorts(a, b, self.mapping):
            raise TermError(
                f"'{what}' has sort {b.substitute(self.mapping)}, but {a.substitute(self.mapping)} was expected."
            )

    def infer(self, tree: Tree, around: tuple[Sort, ...]) -> tuple[Sort, Builder]:
        if isinstance(tree, str):
            return self.leaf(tree, around)
        if tree[0] == "lam" and len(tree) == 2:
            parameter = self.fresh()
            result, build = self.infer(tree[1], (parameter, *around))
            return Sort("->", (parameter, result)), lambda m: lambda_(_final(parameter, m), build(m))
        head = tree[0]
        if isinstance(head, str) and head in self.ops:
            return self.operator(self.ops[head], tree[1:], around)
        return self.applied(self.infer(head, around), tree[1:], around)

    def leaf(self, name: str, around: tuple[Sort, ...]) -> tuple[Sort, Builder]:
        if name.startswith("$"):
            index = int(name[1:])
            if index >= len(around):
                raise TermError(f"'{name}' is bound by no function.")
            return around[index], lambda m: bound(index, _final(around[index], m))
        if name.startswith("#"):
            sort = self.params[int(name[1:])]
            index = len(self.params) - 1 - int(name[1:]) + len(around)
            return sort, lambda m: bound(index, _final(sort, m))
        if name in self.ops:
            return self.operator(self.ops[name], (), around)
        value = _literal(name)
        if value is not None:
            return value.sort, lambda m: value
        raise TermError(f"unknown operator '{name}'.")

    def operator(self, op: Op, args: Sequence[Tree], around: tuple[Sort, ...]) -> tuple[Sort, Builder]:
        if len(args) < op.arity:
            raise TermError(f"'{op.name}' takes {op.arity} arguments but got {len(args)}.")
        names = {v for sort in (*op.arguments, op.result) for v in _variables(sort)}
        renamed = {v: self.fresh() for v in sorted(names, key=str)}
        builders = []
        for tree, sort in zip(args, op.arguments, strict=False):
            found, build = self.infer(tree, around)
            self.same(sort.substitute(renamed), found, tree)
            builders.append(build)
        whole = (op.result.substitute(renamed), lambda m: Term(op, tuple(b(m) for b in builders)))
        return self.applied(whole, args[op.arity :], around)

    def applied(
        self, function: tuple[Sort, Builder], args: Sequence[Tree], around: tuple[Sort, ...]
    ) -> tuple[Sort, Builder]:
        for tree in args:
            sort, head = function
            found, build = self.infer(tree, around)
            result = self.fresh()
            self.same(sort, Sort("->", (found, result)), tree)
            function = (result, lambda m, head=head, build=build: apply(head(m), build(m)))  # type: ignore[misc]
        return function


def _variables(sort: Sort) -> Iterator[Sort]:
    if sort.is_variable:
        yield sort
    for part in sort.args:
        yield from _variables(part)


def _final(sort: Sort, mapping: Mapping[Sort, Sort]) -> Sort:
    """The inferred sort; what nothing decides is of the sort kept under ``_UNDECIDED``."""
    found = sort.substitute(mapping)
    return found.substitute(dict.fromkeys(_variables(found), mapping[_UNDECIDED]))


def function_from(tree: Tree, arity: int, ops: Mapping[str, Op], default: Sort = INT) -> Typed:
    """The body of an abstraction, with ``#0``, ``#1``, ... as arguments, as a typed function.

    What nothing decides is of the default sort.

    Raises
    ------
    TermError
        If it has no sort, or applies an operator to fewer arguments than it takes.
    """
    inference = _Inference(ops, arity)
    result, build = inference.infer(tree, ())
    mapping = {**inference.mapping, _UNDECIDED: default}
    body = build(mapping)
    sorts = tuple(_final(sort, mapping) for sort in inference.params)
    for sort in reversed(sorts):
        body = lambda_(sort, body)
    return Typed(sorts, _final(result, mapping), body)


def program_from(tree: Tree, inputs: Mapping[str, Sort], ops: Mapping[str, Op], default: Sort = INT) -> Term:
    """A program from its tree, a function of its inputs: the inverse of :func:`tree_of`."""
    names = list(inputs)
    for _ in names:
        if not (isinstance(tree, tuple) and len(tree) == 2 and tree[0] == "lam"):
            raise TermError(f"a function of {len(names)} inputs was expected.")
        tree = tree[1]
    inference = _Inference(ops, 0)
    around = tuple(inputs[name] for name in reversed(names))
    _, build = inference.infer(tree, around)
    term = build({**inference.mapping, _UNDECIDED: default})
    return with_inputs(term, names, inputs, 0)


def with_inputs(term: Term, names: Sequence[str], inputs: Mapping[str, Sort], depth: int = 0) -> Term:
    """Indices that reach beyond the program become its inputs, the last name innermost."""
    if term.op is BOUND and term.payload >= depth:
        name = names[len(names) - 1 - (term.payload - depth)]
        return variable(name, inputs[name])
    if not term.args:
        return term
    inner = depth + (term.op is LAMBDA)
    args = tuple(with_inputs(a, names, inputs, inner) for a in term.args)
    return Term(term.op, args, term.payload)
