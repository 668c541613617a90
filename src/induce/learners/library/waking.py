"""Wake and sleep: solve tasks, make operators of what the solutions have in common, solve more."""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from induce.algebras.assembling import check_whole_calls
from induce.algebras.values import define, has_function, run
from induce.errors import TermError
from induce.examples import Examples
from induce.learners.library.compressing import Abstraction, Compression, Tree, compress, expand, read, write
from induce.learners.library.converting import function_from, program_from, tree_of
from induce.terms.language import Language
from induce.terms.op import Notation, Op
from induce.terms.sort import Sort
from induce.terms.term import Term

__all__ = ["Definition", "Library", "Night", "Round", "grow", "meaning_of", "refit", "rounds"]

_SYMBOL = re.compile(r"[^\s()]+")


@dataclass(frozen=True)
class Definition:
    """An operator defined by others.

    Parameters
    ----------
    op : Op
    body : Term
        A closed function of the operator's arguments, in operators that were there before.
    text : str
        The body as an s-expression over the base language, ``#0``, ``#1`` its arguments.
    uses : int
        Solutions that contain it.
    """

    op: Op
    body: Term
    text: str
    uses: int

    def __str__(self) -> str:
        return f"{self.op.signature} := {self.text}   ({self.uses} programs)"


@dataclass(frozen=True)
class Library:
    """A base language, and operators defined over it.

    Parameters
    ----------
    base : Language
    definitions : tuple of Definition
    costs : mapping of operator name to int
        What each operator costs in a program; 1 where it is not said.
    """

    base: Language
    definitions: tuple[Definition, ...] = ()
    costs: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)

    @property
    def language(self) -> Language:
        """The base language with the defined operators."""
        return self.base.extend(f"{self.base.name} with a library", [d.op for d in self.definitions])

    @property
    def bodies(self) -> dict[Op, Term]:
        """What searches need to run the defined operators."""
        return {d.op: d.body for d in self.definitions}

    def expand(self, program: Term, inputs: Mapping[str, Sort]) -> Term:
        """The program in the base language alone."""
        flat = [Abstraction(d.op.name, d.text, d.op.arity) for d in self.definitions]
        tree = read(expand(write(tree_of(program, list(inputs))), flat))
        return program_from(reduced(tree), inputs, self.base.ops)

    def __str__(self) -> str:
        return "\n".join(str(d) for d in self.definitions) or "no operator was defined"


def reduced(tree: Any) -> Any:
    """The tree with functions that are applied in place written out (beta reduction), from the inside."""
    from induce.learners.library.compressing import applied, shifted

    if isinstance(tree, str):
        return tree
    if tree[0] == "lam" and len(tree) == 2:
        return ("lam", reduced(tree[1]))
    parts = [reduced(part) for part in tree]
    head, args = parts[0], parts[1:]
    while args and isinstance(head, tuple) and len(head) == 2 and head[0] == "lam":
        head = reduced(_substituted(head[1], args.pop(0), 0, shifted))
    return applied(head, args)


def _substituted(tree: Any, value: Any, depth: int, shifted: Callable[..., Any]) -> Any:
    """The body of a function with its argument put in."""
    if isinstance(tree, str):
        if tree.startswith("$"):
            index = int(tree[1:])
            if index == depth:
                return shifted(value, depth)
            return f"${index - 1}" if index > depth else tree
        return tree
    if tree[0] == "lam" and len(tree) == 2:
        return ("lam", _substituted(tree[1], value, depth + 1, shifted))
    return tuple(_substituted(part, value, depth, shifted) for part in tree)


@dataclass
class Night:
    """What a sleep gave: the library, the compression it comes from, and what of that could not be kept."""

    library: Library
    compression: Compression
    left_out: list[str] = field(default_factory=list)


def meaning_of(body: Term) -> Callable[..., Any]:
    """What an operator with this body does to Python values."""

    def function(*values: Any) -> Any:
        result = run(body, {})
        for value in values:
            result = result(value)
        return result

    return function


def grow(
    base: Language,
    solutions: Sequence[tuple[Term, Examples]],
    *,
    most: int = 20,
    max_arity: int = 3,
    seconds: float = 60.0,
) -> Night:
    """A library over the base language from solutions in it.

    Parameters
    ----------
    base : Language
    solutions : sequence of (program, examples)
        In the base language.
    most, max_arity, seconds
        As for :func:`compress`.

    Returns
    -------
    Night
        Abstractions that have no sort are named in ``left_out``.
    """
    trees = [tree_of(program, list(examples.inputs)) for program, examples in solutions]
    texts = [write(arranged(tree, {op.name for op in base if op.commutative})) for tree in trees]
    found = compress(
        texts, most=most, max_arity=max_arity, seconds=seconds, no_curried_bodies=True, no_curried_metavars=True
    )
    definitions: list[Definition] = []
    left_out: list[str] = []
    known: list[Abstraction] = []
    names = {op.name: op.name for op in base}
    for abstraction in found.abstractions:
        # written over the base language alone: an operator may be left out and those above it still stand
        body = write(reduced(read(expand(abstraction.body, known))))
        known.append(Abstraction(abstraction.name, body, abstraction.arity, abstraction.uses))
        try:
            made = _definition(body, abstraction, base)
            if made.op not in {d.op for d in definitions}:  # two abstractions may be one, written in two ways
                definitions.append(made)
            names[abstraction.name] = made.op.name
        except TermError as problem:
            left_out.append(f"{abstraction.name}: {problem}")
    used = Counter(names.get(symbol, "") for text in found.rewritten for symbol in _SYMBOL.findall(text))
    sorts = {op.name: op.result for op in (*base, *(d.op for d in definitions))}
    counts = {name: used[name] for name in names.values() if name in sorts}
    return Night(Library(base, tuple(definitions), refit(counts, sorts)), found, left_out)


def arranged(tree: Tree, commutative: Collection[str]) -> Tree:
    """The tree with the arguments of commutative operators in one order, so that what is equal looks equal.

    >>> write(arranged(read("(+ 1 (+ $0 1))"), {"+"}))
    '(+ (+ $0 1) 1)'
    """
    if isinstance(tree, str):
        return tree
    parts = tuple(arranged(part, commutative) for part in tree)
    if len(parts) == 3 and isinstance(parts[0], str) and parts[0] in commutative:
        return (parts[0], *sorted(parts[1:], key=write))
    return parts


def refit(
    counts: Mapping[str, int], sorts: Mapping[str, Sort] | None = None, unit: float = 1.4, most: int = 3
) -> dict[str, int]:
    """Costs of operators from how often solutions use them: what is used more is tried sooner.

    ``cost(f) = 1 + round(ln((1 + n_max) / (1 + n_f)) / unit)``: the negative log-likelihood of the operator, with one use more
    counted for each, beyond that of the operator used most where this one could stand. An operator of a result of its own, as
    the only comparison is, has no rival and costs 1.

    Parameters
    ----------
    counts : mapping of operator name to uses
    sorts : mapping of operator name to Sort, optional
        Of results: only operators of one sort compete, a polymorphic one with all. By default all compete.
    unit : float
        Nats that one more in cost stands for.
    most : int
        Largest cost.

    >>> refit({"+": 20, "cons": 12, "*": 0})
    {'+': 1, 'cons': 1, '*': 3}
    """

    def rivals(name: str) -> list[int]:
        own = (sorts or {}).get(name)
        if own is None or own.is_variable:
            return list(counts.values())
        return [n for other, n in counts.items() if (sorts or {}).get(other) is own]

    return {
        name: min(most, 1 + round(math.log((1 + max(rivals(name))) / (1 + n)) / unit)) for name, n in counts.items()
    }


def uncurried(tree: Any, arity: int) -> tuple[Any, int]:
    """The body of an abstraction that is itself a function, as one with more arguments: ``(lam (f #0 $0))`` is ``(f #0 #1)``."""
    while isinstance(tree, tuple) and len(tree) == 2 and tree[0] == "lam":
        tree = _substituted(tree[1], f"#{arity}", 0, lambda value, by: value)
        arity += 1
    return tree, arity


def without_unused(tree: Tree, arity: int) -> tuple[Tree, int]:
    """The body with the arguments that it uses alone, counted anew: searches would try every value for the others.

    >>> without_unused(read("(+ #1 1)"), 2)
    (('+', '#0', '1'), 1)
    """
    used = sorted({int(symbol[1:]) for symbol in _SYMBOL.findall(write(tree)) if symbol.startswith("#")})
    place = {f"#{k}": f"#{n}" for n, k in enumerate(used)}

    def renamed(part: Tree) -> Tree:
        return place.get(part, part) if isinstance(part, str) else tuple(renamed(p) for p in part)

    return renamed(tree), len(used)


def _definition(body: str, abstraction: Abstraction, base: Language) -> Definition:
    tree, arity = without_unused(*uncurried(read(body), abstraction.arity))
    body = write(tree)
    if not arity <= 3:
        raise TermError(f"it has {arity} arguments.")
    if isinstance(tree, tuple) and tree[0] in base and set(tree[1:]) == {f"#{k}" for k in range(arity)}:
        raise TermError("it is an operator of the base language, with its arguments in another order at most.")
    typed = function_from(tree, arity, base.ops)
    if typed.result.is_arrow:
        raise TermError(f"it returns a function, {typed.result}.")
    check_whole_calls(typed.body)
    mark = hashlib.sha256(body.encode()).hexdigest()
    name = f"fn_{mark[:6]}"  # the same body has the same name everywhere; the longer mark keeps operators apart
    op = Op(name, typed.parameters, typed.result, Notation("call" if arity else "constant", name, python=mark[:12]))
    if not has_function(op):
        define(op, meaning_of(typed.body))
    return Definition(op, typed.body, body, abstraction.uses)


@dataclass(frozen=True)
class Round:
    """One round of wake and sleep.

    Parameters
    ----------
    number : int
        0 is the base language alone.
    library : Library
        What the tasks were tried with.
    programs : mapping of task number to Term
        Solved in this round, in the library's language.
    solutions : mapping of task number to Term
        The shortest so far, in the base language.
    left_out : tuple of str
        What the last sleep found and could not keep, and why.
    """

    number: int
    library: Library
    programs: Mapping[int, Term]
    solutions: Mapping[int, Term]
    left_out: tuple[str, ...] = ()


def rounds(
    base: Language,
    tasks: Sequence[Examples],
    solve: Callable[[Library], Mapping[int, Term]],
    *,
    count: int = 3,
    most: int = 20,
    max_arity: int = 3,
    seconds: float = 60.0,
) -> Iterator[Round]:
    """Wake and sleep in turn: try all tasks, make a library of what their solutions share, fit the costs to them, try again.

    A library is made from the shortest solution of each task so far, written in the base language.

    Parameters
    ----------
    base : Language
    tasks : sequence of Examples
    solve : callable
        Gives programs for the tasks that it can solve with a library, by the task's number.
    count : int
        Rounds after the first.
    most, max_arity, seconds
        As for :func:`compress`.

    References
    ----------
    K. Ellis et al. (2021), DreamCoder: Bootstrapping Inductive Program Synthesis with Wake-Sleep Library Learning.
    """
    library = Library(base)
    solved: dict[int, Term] = {}
    left_out: tuple[str, ...] = ()
    for number in range(count + 1):
        programs = solve(library)
        for k, program in programs.items():
            plain = library.expand(program, tasks[k].sorts)
            if k not in solved or plain.size < solved[k].size:
                solved[k] = plain
        yield Round(number, library, programs, dict(solved), left_out)
        if number < count and solved:
            pairs = [(solved[k], tasks[k]) for k in sorted(solved)]
            night = grow(base, pairs, most=most, max_arity=max_arity, seconds=seconds)
            library, left_out = night.library, tuple(night.left_out)
