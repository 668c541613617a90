"""Compression: the abstractions that make a corpus of programs shortest, found by stitch in a process of its own.

Programs are s-expressions: ``(f a b)`` applies f to a and to b, ``(lam body)`` is a function whose argument is ``$0`` in its
body, ``$1`` is that of the function around it. In the body of an abstraction ``#0``, ``#1`` stand for its arguments.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from induce.errors import FillError, ParseError

__all__ = ["Abstraction", "Compression", "compress", "expand"]

Tree = str | tuple["Tree", ...]
"""A symbol, or a list of trees."""

_TOKEN = re.compile(r"\s*([()]|[^\s()]+)")
_WORKER = """
import json, sys
import stitch_core
asked = json.loads(sys.stdin.read())
found = stitch_core.compress(asked["programs"], iterations=1, silent=True, **asked["options"])
sys.stdout.write(json.dumps({
    "abstractions": [[a.name, a.body, a.arity] for a in found.abstractions], "rewritten": found.rewritten,
    "cost": [found.json["original_cost"], found.json["final_cost"]],
}))
"""


@dataclass(frozen=True)
class Abstraction:
    """An operator that programs have in common.

    Parameters
    ----------
    name : str
    body : str
        With ``#0``, ``#1``, ... for its arguments.
    arity : int
    uses : int
        Programs that use it, by itself or through other abstractions.
    """

    name: str
    body: str
    arity: int
    uses: int = 0

    def __str__(self) -> str:
        parameters = " ".join(f"#{k}" for k in range(self.arity))
        return f"{self.name}({parameters}) := {self.body}   ({self.uses} programs)"


@dataclass(frozen=True)
class Compression:
    """What compressing a corpus gave.

    Parameters
    ----------
    abstractions : tuple of Abstraction
        Later ones may use earlier ones.
    rewritten : tuple of str
        The programs, using them.
    cost, final_cost : int
        Of the corpus before and after; the abstractions' bodies are not counted, as in stitch's own figure.
    stopped : str
        Why it ended.
    seconds : float
    """

    abstractions: tuple[Abstraction, ...]
    rewritten: tuple[str, ...]
    cost: int
    final_cost: int
    stopped: str
    seconds: float

    @property
    def ratio(self) -> float:
        """How many times shorter the corpus became."""
        return self.cost / self.final_cost if self.final_cost else 1.0

    def __str__(self) -> str:
        lines = [str(a) for a in self.abstractions]
        return "\n".join([*lines, f"{self.ratio:.3f} times shorter. Stopped: {self.stopped}."])


# ---- trees


def read(text: str) -> Tree:
    """An s-expression as a tree; raises ParseError with the column."""
    stack: list[list[Tree]] = [[]]
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            break
        token = match.group(1)
        if token == "(":
            stack.append([])
        elif token == ")":
            if len(stack) == 1:
                raise ParseError("there is a ')' that closes nothing. Remove it.", column=match.start(1) + 1)
            inside = tuple(stack.pop())
            stack[-1].append(inside)
        else:
            stack[-1].append(token)
        at = match.end()
    if len(stack) > 1:
        raise ParseError(f"{len(stack) - 1} '(' are never closed in '{text[:60]}'. Add ')'.", column=len(text))
    if len(stack[0]) != 1:
        raise ParseError(f"one program was expected, but there are {len(stack[0])} in '{text[:60]}'.", column=1)
    return stack[0][0]


def write(tree: Tree) -> str:
    """A tree as an s-expression."""
    return tree if isinstance(tree, str) else f"({' '.join(write(part) for part in tree)})"


def _is_lambda(tree: Tree) -> bool:
    return isinstance(tree, tuple) and len(tree) == 2 and tree[0] == "lam"


def applied(function: Tree, arguments: Sequence[Tree]) -> Tree:
    """A function applied to arguments, without nested heads: ``((f a) b)`` is ``(f a b)``."""
    if not arguments:
        return function
    if isinstance(function, tuple) and not _is_lambda(function):
        return (*function, *arguments)
    return (function, *arguments)


def shifted(tree: Tree, by: int, depth: int = 0) -> Tree:
    """The tree with its free variables ``$i`` counted from ``by`` functions further in."""
    if by == 0:
        return tree
    if isinstance(tree, str):
        if tree.startswith("$") and int(tree[1:]) >= depth:
            return f"${int(tree[1:]) + by}"
        return tree
    if _is_lambda(tree):
        return ("lam", shifted(tree[1], by, depth + 1))
    return tuple(shifted(part, by, depth) for part in tree)


def _filled(tree: Tree, arguments: Sequence[Tree], depth: int = 0) -> Tree:
    """The body of an abstraction with its arguments put in."""
    if isinstance(tree, str):
        if tree.startswith("#"):
            return shifted(arguments[int(tree[1:])], depth)
        if tree.startswith("$") and int(tree[1:]) >= depth:
            raise ParseError(f"the body of an abstraction uses '{tree}', which no function in it binds.")
        return tree
    if _is_lambda(tree):
        return ("lam", _filled(tree[1], arguments, depth + 1))
    parts = [_filled(part, arguments, depth) for part in tree]
    return applied(parts[0], parts[1:])


def _expanded(tree: Tree, bodies: Mapping[str, tuple[Tree, int]]) -> Tree:
    if isinstance(tree, str):
        found = bodies.get(tree)
        return tree if found is None or found[1] else _expanded(found[0], bodies)
    if _is_lambda(tree):
        return ("lam", _expanded(tree[1], bodies))
    head = tree[0]
    found = bodies.get(head) if isinstance(head, str) else None
    if found is not None and len(tree) > found[1]:
        body, arity = found
        whole = applied(_filled(body, tree[1 : arity + 1]), tree[arity + 1 :])
        return _expanded(whole, bodies)
    parts = [_expanded(part, bodies) for part in tree]
    return applied(parts[0], parts[1:])


def expand(program: str, abstractions: Sequence[Abstraction]) -> str:
    """The program without the abstractions, their bodies written out.

    >>> expand("(twice 1 xs)", [Abstraction("twice", "(map (lam (+ $0 #0)))", 1)])
    '(map (lam (+ $0 1)) xs)'
    """
    return write(_expanded(read(program), {a.name: (read(a.body), a.arity) for a in abstractions}))


# ---- the search


def _step(programs: Sequence[str], options: dict[str, Any], seconds: float) -> dict[str, Any] | None:
    """One abstraction by stitch; None when the time is over."""
    asked = json.dumps({"programs": list(programs), "options": options})
    try:
        done = subprocess.run(
            [sys.executable, "-c", _WORKER], input=asked, capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return None
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        if "No module named 'stitch_core'" in done.stderr:
            raise FillError("compression needs stitch-core. Install it: pip install 'induce[programs]'.")
        raise FillError(
            f"stitch could not compress the programs ({last[0].strip()}). Check that they are s-expressions"
        )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def compress(
    programs: Sequence[str],
    *,
    most: int = 10,
    max_arity: int = 2,
    seconds: float = 60.0,
    threads: int = 1,
    prefix: str = "fn_",
    **options: Any,
) -> Compression:
    """The abstractions that shorten a corpus most, one after another.

    Each step takes the abstraction A with the largest utility: uses of A that can be rewritten, times the cost that one use saves,
    less the cost of A itself.

    Parameters
    ----------
    programs : sequence of str
        S-expressions.
    most : int
        Most abstractions.
    max_arity : int
        Most arguments of one; more do not always compress better, because the steps are greedy.
    seconds : float
        Wall time; what was found by then is returned.
    threads : int
    prefix : str
        Names are this and a number.
    **options
        Handed to stitch.

    Raises
    ------
    ParseError
        If a program is no s-expression.
    FillError
        If stitch is not installed or fails.

    References
    ----------
    M. Bowers et al. (2023), Top-Down Synthesis for Library Learning.
    """
    if isinstance(programs, str) or not programs:
        raise FillError(f"compression needs a list of programs, but got {programs!r}.")
    began = time.monotonic()
    originals = [write(read(program)) for program in programs]
    rewritten: list[str] = list(originals)
    found: list[tuple[str, str, int]] = []
    cost, final, stopped = 0, 0, f"{most} abstractions were found"
    while len(found) < most:
        left = seconds - (time.monotonic() - began)
        asked = {
            "max_arity": max_arity,
            "threads": threads,
            "abstraction_prefix": prefix,
            "previous_abstractions": len(found),
        }
        try:
            step = _step(rewritten, {**asked, **options}, left) if left > 0 else None
        except FillError as problem:  # what was found stands, even where stitch fails on what is left
            if not found:
                raise
            stopped = str(problem)
            break
        if step is None:
            stopped = f"the time of {seconds:g} s was used"
            break
        cost = cost or step["cost"][0]
        final = step["cost"][1]
        if not step["abstractions"]:
            stopped = "no abstraction shortens the programs any more"
            break
        found += [(name, body, int(arity)) for name, body, arity in step["abstractions"]]
        rewritten = list(step["rewritten"])
    abstractions = _counted(found, rewritten)
    return Compression(abstractions, tuple(rewritten), cost or 1, final or cost or 1, stopped, time.monotonic() - began)


def _counted(found: Sequence[tuple[str, str, int]], rewritten: Sequence[str]) -> tuple[Abstraction, ...]:
    """Abstractions with the number of programs that use them, through others too."""
    names = [name for name, _, _ in found]
    inside: dict[str, set[str]] = {}
    for name, body, _ in found:
        used = set(_TOKEN.findall(body)) & set(names)
        inside[name] = used.union(*(inside.get(u, set()) for u in used))
    uses = dict.fromkeys(names, 0)
    for program in rewritten:
        direct = set(_TOKEN.findall(program)) & set(names)
        for name in direct.union(*(inside[d] for d in direct)):
            uses[name] += 1
    return tuple(Abstraction(name, body, arity, uses[name]) for name, body, arity in found)
