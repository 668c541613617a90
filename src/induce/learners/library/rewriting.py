"""Programs written with a library's operators: the cheapest way, found by matching bodies; it expands back exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from induce.errors import TermError
from induce.learners.library.compressing import Tree, read, shifted
from induce.learners.library.converting import program_from, tree_of
from induce.learners.library.waking import Library
from induce.terms.sort import Sort
from induce.terms.term import Term

__all__ = ["Pattern", "cost_of", "matched", "rewritten", "rewritten_as", "rewritten_tree"]

Pattern = tuple[str, Tree, int]
"""Name, body with ``#0``, ``#1``, ..., and number of arguments of an operator."""

_LEAF, _INNER = 100, 1
"""What a symbol costs, and what an application or a function costs: stitch's own prices."""


def _reaches_below(tree: Tree, limit: int, depth: int = 0) -> bool:
    """Whether the tree uses one of the ``limit`` innermost functions around it."""
    if isinstance(tree, str):
        return tree.startswith("$") and depth <= int(tree[1:]) < depth + limit
    if len(tree) == 2 and tree[0] == "lam":
        return _reaches_below(tree[1], limit, depth + 1)
    return any(_reaches_below(part, limit, depth) for part in tree)


def _is_function_name(tree: Tree) -> bool:
    return isinstance(tree, str) and not tree.startswith(("$", "#"))


def matched(pattern: Tree, tree: Tree, found: dict[int, Tree], depth: int = 0) -> bool:
    """Whether the tree is the pattern with arguments put in; ``found`` receives them by number.

    >>> found = {}
    >>> matched(read("(map (lam (+ $0 #0)) #1)"), read("(map (lam (+ $0 2)) (tail xs))"), found), found
    (True, {0: '2', 1: ('tail', 'xs')})
    """
    if isinstance(pattern, str):
        if not pattern.startswith("#"):
            return pattern == tree
        if _reaches_below(tree, depth):
            return False
        value = shifted(tree, -depth)
        return found.setdefault(int(pattern[1:]), value) == value
    if isinstance(tree, str) or len(tree) != len(pattern):
        return False
    head = pattern[0]
    if isinstance(head, str) and head.startswith("#") and _is_function_name(tree[0]):
        return False  # an operator without its arguments is no value
    if len(pattern) == 2 and head == "lam":
        return tree[0] == "lam" and matched(pattern[1], tree[1], found, depth + 1)
    if tree[0] == "lam" and len(tree) == 2:
        return False
    return all(matched(p, t, found, depth) for p, t in zip(pattern, tree, strict=True))


class _Rewriter:
    """The cheapest tree for every sub-tree, each found once."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self.patterns = patterns
        self.known: dict[Tree, tuple[int, Tree]] = {}

    def best(self, tree: Tree) -> tuple[int, Tree]:
        if isinstance(tree, tuple) and tree in self.known:
            return self.known[tree]
        result = self.plain(tree)
        for name, body, arity in self.patterns:
            arguments: dict[int, Tree] = {}
            if matched(body, tree, arguments) and len(arguments) == arity:
                parts = [self.best(arguments[k]) for k in range(arity)]
                cost = _LEAF + arity * _INNER + sum(c for c, _ in parts)
                if cost < result[0]:
                    result = (cost, (name, *(t for _, t in parts)) if parts else name)
        if isinstance(tree, tuple):
            self.known[tree] = result
        return result

    def plain(self, tree: Tree) -> tuple[int, Tree]:
        if isinstance(tree, str):
            return _LEAF, tree
        if len(tree) == 2 and tree[0] == "lam":
            cost, body = self.best(tree[1])
            return cost + _INNER, ("lam", body)
        head = (_LEAF, tree[0]) if _is_function_name(tree[0]) else self.best(tree[0])
        parts = [head, *(self.best(part) for part in tree[1:])]
        return sum(c for c, _ in parts) + _INNER * (len(parts) - 1), tuple(t for _, t in parts)


def cost_of(tree: Tree) -> int:
    """100 for each symbol, 1 for each application and function.

    >>> from induce.learners.library.compressing import read
    >>> cost_of(read("(f a (lam $0))"))
    303
    """
    return _Rewriter(()).best(tree)[0]


def rewritten_tree(tree: Tree, patterns: Sequence[Pattern]) -> Tree:
    """The cheapest tree that is this one when the patterns' bodies are written out.

    cost(t) = min(cost of its parts, min over bodies B with B(a) = t of cost(call) + sum cost(a_k))

    >>> from induce.learners.library.compressing import read, write
    >>> write(rewritten_tree(read("(sum (map (lam (+ $0 2)) xs))"), [("shift", read("(map (lam (+ $0 #0)) #1)"), 2)]))
    '(sum (shift 2 xs))'
    """
    return _Rewriter(patterns).best(tree)[1]


def rewritten_as(tree: Tree, patterns: Sequence[Pattern], convert: Callable[[Tree], Term]) -> Term:
    """The term of the cheapest tree that has one.

    A body may match where its operator's sorts do not fit (``map`` over another kind of list): then only the patterns are used
    that keep the tree well sorted, in order.
    """
    try:
        return convert(rewritten_tree(tree, patterns))
    except TermError:
        kept: list[Pattern] = []
        found = convert(tree)
        for pattern in patterns:
            try:
                found = convert(rewritten_tree(tree, [*kept, pattern]))
            except TermError:
                continue
            kept.append(pattern)
        return found


def rewritten(term: Term, inputs: Mapping[str, Sort], library: Library) -> Term:
    """A program of the base language, written with the library's operators where that is shorter.

    Parameters
    ----------
    term : Term
        In the base language, or with some of the library's operators already.
    inputs : mapping of name to Sort
        The program's inputs, in order.
    library : Library

    Returns
    -------
    Term
        ``library.expand`` of it is ``term``, if ``term`` applies no function in place.
    """
    if not library.definitions:
        return term
    patterns = [(d.op.name, read(d.text), d.op.arity) for d in library.definitions]
    plain = library.expand(term, inputs)
    ops = library.language.ops
    return rewritten_as(tree_of(plain, list(inputs)), patterns, lambda tree: program_from(tree, inputs, ops))
