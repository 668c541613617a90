"""Patterns: matching, unification, anti-unification, substitution under functions, beta reduction.

The free variables of a pattern stand for any term of their sort, the same term everywhere; names listed in ``fixed``
stand for themselves. Holes stand for themselves. All functions work iteratively.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from induce.errors import TermError
from induce.terms.op import APPLY, BOUND, LAMBDA, VARIABLE
from induce.terms.term import Term, bound, variable

__all__ = ["anti_unify", "beta_reduce", "match", "shift", "substitute", "unify"]


def _levels(term: Term, leaf: Callable[[Term, int], Term | None]) -> Term:
    """Rebuild a term; ``leaf(node, number of functions around it)`` gives a replacement or None to keep the node."""
    done: dict[tuple[Term, int], Term] = {}
    stack: list[tuple[Term, int]] = [(term, 0)]
    while stack:
        node, depth = key = stack[-1]
        if key in done:
            stack.pop()
            continue
        replaced = leaf(node, depth)
        if replaced is not None or not node.args:
            done[key] = node if replaced is None else replaced
            stack.pop()
            continue
        below = depth + (node.op is LAMBDA)
        waiting = [(a, below) for a in reversed(node.args) if (a, below) not in done]
        if waiting:
            stack.extend(waiting)
        else:
            done[key] = node.rebuild(tuple(done[a, below] for a in node.args))
            stack.pop()
    return done[term, 0]


def _escapes(term: Term) -> int:
    """One more than the largest index that no function of the term binds; 0 for a closed term."""
    return term.fold(
        lambda node, args: (
            node.payload + 1 if node.op is BOUND else max((*args, 0)) - (node.op is LAMBDA and max((*args, 0)) > 0)
        )
    )


def shift(term: Term, by: int) -> Term:
    """Give the term with every unbound de Bruijn index raised by ``by``."""
    if by == 0 or _escapes(term) == 0:
        return term
    return _levels(
        term,
        lambda node, depth: bound(node.payload + by, node.sort) if node.op is BOUND and node.payload >= depth else None,
    )


def substitute(term: Term, mapping: Mapping[str, Term]) -> Term:
    """Exchange free variables for terms, all at once, without capture of unbound indices.

    Raises
    ------
    TermError
        If a term has another sort than the variable.

    >>> from induce.terms import arithmetic
    >>> substitute(arithmetic.parse("x + y"), {"x": arithmetic.parse("y^2"), "y": arithmetic.parse("x")})
    y^2 + x
    """

    def leaf(node: Term, depth: int) -> Term | None:
        if node.op is not VARIABLE or node.payload not in mapping:
            return None
        new = mapping[node.payload]
        if new.sort is not node.sort:
            raise TermError(f"cannot put '{new}' of sort {new.sort} in place of '{node}' of sort {node.sort}.")
        return shift(new, depth)

    return _levels(term, leaf)


def match(pattern: Term, term: Term, *, fixed: Collection[str] = ()) -> dict[str, Term] | None:
    """Find what the pattern's variables must be for the pattern to equal the term; None if nothing does.

    A variable below a function matches only what does not mention that function's parameter.

    >>> from induce.terms import arithmetic
    >>> match(arithmetic.parse("a*x + a"), arithmetic.parse("sin(t)*2 + sin(t)"))
    {'a': sin(t), 'x': 2}
    """
    found: dict[str, Term] = {}
    stack = [(pattern, term, 0)]
    while stack:
        wanted, node, depth = stack.pop()
        if wanted.op is VARIABLE and wanted.payload not in fixed:
            value = _lower(node, depth)
            if value is None or value.sort is not wanted.sort or found.setdefault(wanted.payload, value) is not value:
                return None
        elif wanted is not node or wanted.args:
            if not _same_head(wanted, node):
                return None
            below = depth + (wanted.op is LAMBDA)
            stack.extend((w, n, below) for w, n in zip(reversed(wanted.args), reversed(node.args), strict=True))
    return found


def _lower(term: Term, depth: int) -> Term | None:
    """The term seen from outside ``depth`` functions; None if it mentions one of their parameters."""
    if depth == 0 or _escapes(term) == 0:
        return term
    if any(node.op is BOUND for node in term.postorder()):
        return None
    return term


def _same_head(left: Term, right: Term) -> bool:
    if left.op is not right.op or len(left.args) != len(right.args):
        return False
    return left is right if not left.args else left.payload is right.payload or left.payload == right.payload


def unify(left: Term, right: Term, *, fixed: Collection[str] = ()) -> dict[str, Term] | None:
    """Find the most general substitution that makes two terms equal; None if there is none.

    A variable of one name is the same variable in both terms. The substitution is fully applied: no variable that it
    replaces occurs in its values (Robinson, 1965, A machine-oriented logic based on the resolution principle).

    >>> from induce.terms import arithmetic
    >>> unify(arithmetic.parse("x + sin(y)"), arithmetic.parse("2*y + sin(z)"))
    {'x': 2 * z, 'y': z}
    """
    binding: dict[str, Term] = {}

    def free(node: Term) -> bool:
        return node.op is VARIABLE and node.payload not in fixed

    stack = [(left, right)]
    while stack:
        a, b = stack.pop()
        while free(a) and a.payload in binding:
            a = binding[a.payload]
        while free(b) and b.payload in binding:
            b = binding[b.payload]
        if a is b:
            continue
        if free(a) or free(b):
            name, other = (a, b) if free(a) else (b, a)
            if name.sort is not other.sort or _escapes(other):
                return None
            binding[name.payload] = other
        elif a.args and _same_head(a, b):
            stack.extend(zip(reversed(a.args), reversed(b.args), strict=True))
        else:
            return None
    return _solved(binding)


def _solved(binding: dict[str, Term]) -> dict[str, Term] | None:
    """Apply a triangular substitution to itself; None if a variable occurs in its own value."""
    done: dict[str, Term] = {}
    open_names: set[str] = set()
    for root in sorted(binding):
        stack = [root]
        while stack:
            name = stack[-1]
            needed = [v.payload for v in binding[name].variables if v.payload in binding and v.payload not in done]
            if name in done or not needed:
                if name not in done:
                    done[name] = substitute(binding[name], done)
                open_names.discard(name)
                stack.pop()
            elif name in needed or open_names.intersection(needed):
                return None
            else:
                open_names.add(name)
                stack.append(needed[0])
    return {name: done[name] for name in sorted(done)}


def anti_unify(left: Term, right: Term) -> tuple[Term, dict[str, Term], dict[str, Term]]:
    """Find the least general pattern that matches both terms, and the two substitutions.

    Equal pairs of sub-terms get one variable (Plotkin, 1970, A note on inductive generalization). Where the terms
    differ below a function in something that mentions its parameter, the function as a whole becomes the variable.

    Returns
    -------
    (pattern, first, second)
        ``substitute(pattern, first) is left`` and ``substitute(pattern, second) is right``. The variables are called
        ``_0``, ``_1``, ... past those in use.

    Raises
    ------
    TermError
        If the terms have different sorts.

    >>> from induce.terms import arithmetic
    >>> anti_unify(arithmetic.parse("sin(x) + sin(x)*2"), arithmetic.parse("y + y*2"))[0]
    _0 + _0 * 2
    """
    if left.sort is not right.sort:
        raise TermError(f"'{left}' of sort {left.sort} and '{right}' of sort {right.sort} have no common pattern.")
    taken = {v.payload for v in (*left.variables, *right.variables)}
    names = (f"_{n}" for n in range(len(taken) + left.size + right.size) if f"_{n}" not in taken)
    made: dict[tuple[Term, Term], Term] = {}
    done: dict[tuple[Term, Term], Term | None] = {}
    stack = [(left, right)]
    while stack:
        pair = a, b = stack[-1]
        if pair in done:
            stack.pop()
            continue
        if (
            a is b
            or not a.args
            or not _same_head(a, b)
            or any(x.sort is not y.sort for x, y in zip(a.args, b.args, strict=True))
        ):
            done[pair] = a if a is b else None
        else:
            waiting = [p for p in zip(reversed(a.args), reversed(b.args), strict=True) if p not in done]
            if waiting:
                stack.extend(waiting)
                continue
            parts = [_general(p, done, made, names) for p in zip(a.args, b.args, strict=True)]
            kept = [p for p in parts if p is not None]
            done[pair] = a.rebuild(tuple(kept)) if len(kept) == len(parts) else None
        stack.pop()
    pattern = _general((left, right), done, made, names)
    if pattern is None:
        raise TermError(f"'{left}' and '{right}' have no common pattern: they differ in unbound indices.")
    first = {v.payload: pair[0] for pair, v in made.items()}
    second = {v.payload: pair[1] for pair, v in made.items()}
    used = {v.payload for v in pattern.variables}
    return pattern, {n: t for n, t in first.items() if n in used}, {n: t for n, t in second.items() if n in used}


def _general(
    pair: tuple[Term, Term],
    done: Mapping[tuple[Term, Term], Term | None],
    made: dict[tuple[Term, Term], Term],
    names: Iterator[str],
) -> Term | None:
    found = done[pair]
    if found is not None:
        return found
    if _escapes(pair[0]) or _escapes(pair[1]):
        return None
    if pair not in made:
        made[pair] = variable(next(names), pair[0].sort)
    return made[pair]


def _instantiate(body: Term, argument: Term) -> Term:
    """The body of a function with its parameter (index 0) exchanged for the argument."""

    def leaf(node: Term, depth: int) -> Term | None:
        if node.op is not BOUND or node.payload < depth:
            return None
        return shift(argument, depth) if node.payload == depth else bound(node.payload - 1, node.sort)

    return _levels(body, leaf)


def beta_reduce(term: Term, *, max_steps: int = 10_000) -> Term:
    r"""Apply every function that stands before its argument, until none does.

    Raises
    ------
    TermError
        If more than ``max_steps`` applications are needed.

    >>> from induce.terms import arithmetic
    >>> beta_reduce(arithmetic.parse("(\\x:real. x + x)(y)"))
    y + y
    """
    steps = 0
    again = True
    while again:
        again = False

        def node(old: Term, args: tuple[Term, ...]) -> Term:
            nonlocal steps, again
            if old.op is APPLY and args[0].op is LAMBDA:
                steps += 1
                if steps > max_steps:
                    raise TermError(f"beta reduction needs more than {max_steps} steps. Raise max_steps.")
                again = True
                return _instantiate(args[0].args[0], args[1])
            return old.rebuild(args)

        term = term.fold(node)
    return term
