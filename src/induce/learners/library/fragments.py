"""What bodies of rules have in common, as relations of their own: a rule defines each, and other rules use it.

``fn(X, Y, Z) :- parent(X, Y), parent(Y, Z).`` has every variable of the fragment in its head, so a tuple of it has exactly one
derivation: exact answers stay the same, whatever the algebra.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from induce.errors import FillError
from induce.learners.library.corpus import compress_terms
from induce.learners.library.naming import distinct_name
from induce.logic.language import (
    BODY,
    COMPARE,
    FORMULA,
    NOT,
    PROGRAM,
    RESERVED,
    RULE,
    VALUE,
    body,
    is_anonymous,
    is_atom,
    predicate,
    program,
    rules,
    value_variable,
)
from induce.terms.op import BOUND, HOLE, LAMBDA, LITERAL, VARIABLE, Op
from induce.terms.term import Term

__all__ = ["CompressedRules", "Fragment", "compress_rules"]

_AND = Op("and then", (FORMULA, FORMULA), FORMULA)
"""Two elements of a body, one after the other: what a body is made of while it is compressed."""


@dataclass(frozen=True)
class Fragment:
    """A relation that stands for several elements of a body.

    Parameters
    ----------
    head : Term
        An atom; its arguments are the variables of the elements.
    elements : tuple of Term
    uses : int
        Places where it is used.
    """

    head: Term
    elements: tuple[Term, ...]
    uses: int = 0

    @property
    def rule(self) -> Term:
        """The rule that defines it."""
        return RULE(self.head, body(self.elements))

    def __str__(self) -> str:
        return f"{self.rule}   ({self.uses} uses)"


@dataclass(frozen=True, eq=False)
class CompressedRules:
    """A program, and the same one with relations for what its bodies have in common.

    Parameters
    ----------
    original : Term
    fragments : tuple of Fragment
    rewritten : Term
        The statements of the program, using the fragments.
    """

    original: Term
    fragments: tuple[Fragment, ...]
    rewritten: Term

    @property
    def program(self) -> Term:
        """The whole: the rules of the fragments, then the rewritten statements."""
        return program([*(f.rule for f in self.fragments), *self.rewritten.args])

    @property
    def ratio(self) -> float:
        """How many times shorter the program became, the rules of the fragments counted."""
        return self.original.size / self.program.size

    def expand(self) -> Term:
        """The rewritten statements with the fragments written out: the original, exactly."""
        by_op = {f.head.op: f for f in self.fragments}

        def step(node: Term, args: tuple[Term, ...]) -> Term:
            if not _is_body(node):
                return node.rebuild(args)
            return body([part for element in args for part in _written_out(element, by_op)])

        return self.rewritten.fold(step)

    def __str__(self) -> str:
        return str(self.program)


def _written_out(element: Term, fragments: Mapping[Op, Fragment]) -> Iterator[Term]:
    found = fragments.get(element.op)
    if found is None:
        yield element
        return
    values = dict(zip(found.head.args, element.args, strict=True))
    for part in found.elements:
        yield part.replace({old: new for old, new in values.items() if old in part.variables})


def _is_body(node: Term) -> bool:
    return node.op.result is BODY and node.op.name == ","


# ---- what may be part of a fragment


def _may_be_shared(element: Term) -> bool:
    """Whether an element says the same wherever it stands: no hole, no probability of its own, no aggregate."""
    inner = element.args[0] if element.op is NOT else element
    if not (is_atom(inner) or COMPARE.get(inner.op.name) is inner.op):
        return False
    return all(
        node.sort is VALUE and node.op is not HOLE and all(s is VALUE for s in node.op.arguments)
        for argument in inner.args
        for node in argument.postorder()
    )


def _is_safe(elements: Sequence[Term]) -> bool:
    """Whether every variable of the elements is bound by an atom among them."""
    bound = {v for e in elements if is_atom(e) for v in e.variables}
    return all(v in bound for e in elements for v in e.variables)


def _bodies(whole: Term) -> list[Term]:
    """The bodies of two elements or more, each as often as it occurs."""
    return [node for node in whole.walk() if _is_body(node) and len(node.args) > 1]


def _chains(bodies: Sequence[Term]) -> list[Term]:
    """What is compressed: stretches of elements that may be shared, as nested pairs."""
    found: list[Term] = []
    for node in bodies:
        stretch: list[Term] = []
        for element in [*node.args, None]:
            if element is not None and _may_be_shared(element):
                stretch.append(element)
                continue
            if len(stretch) > 1:
                chain = stretch[-1]
                for part in reversed(stretch[:-1]):
                    chain = _AND(part, chain)
                found.append(chain)
            stretch = []
    return found


# ---- fragments from abstractions


def _elements(function: Term) -> list[Term]:
    """The elements of a definition's body with variables A, B, ... for its arguments."""
    names: list[Term] = []
    while function.op is LAMBDA:
        sort = function.payload
        names.append(
            value_variable(f"V{len(names) + 1}") if sort is VALUE else Term(VARIABLE, (), f"rest{len(names)}", sort)
        )
        function = function.args[0]
    opened = function.fold(
        lambda node, args: names[len(names) - 1 - node.payload] if node.op is BOUND else node.rebuild(args)
    )
    found: list[Term] = []
    while opened.op is _AND:
        found.append(opened.args[0])
        opened = opened.args[1]
    return [*found, opened]


def _fragment(elements: Sequence[Term], taken: set[str]) -> Fragment | None:
    """A fragment with variables named in order of appearance; None if it would be no safe rule."""
    kept = [e for e in elements if e.op is not VARIABLE]
    if len(kept) < 2 or any(v.sort is not VALUE for e in kept for v in e.variables) or not _is_safe(kept):
        return None
    order = list(dict.fromkeys(node for e in kept for node in e.walk() if node.op is VARIABLE))
    letters = "XYZUVWABCDEFGH"
    named: dict[Term | str, Term | float] = {
        v: value_variable(letters[k] if k < len(letters) else f"X{k}") for k, v in enumerate(order)
    }
    kept = [e.replace({old: new for old, new in named.items() if old in e.variables}) for e in kept]
    words = [
        re.sub(r"\W", "_", e.args[0].op.name if e.op is NOT else e.op.name) for e in kept if e.op.name not in COMPARE
    ]
    name = distinct_name("_".join(words[:3]).strip("_") or "fragment", taken)
    head = predicate(name, len(order))(*(named[v] for v in order))
    return Fragment(head, tuple(kept))


# ---- rewriting


def _unified(pattern: Term, element: Term, found: dict[Term, Term]) -> bool:
    """Whether the element is the pattern with its variables put in."""
    if pattern.op is VARIABLE:
        return found.setdefault(pattern, element) is element
    if pattern.op is LITERAL or not pattern.args:
        return pattern is element
    if pattern.op is not element.op:
        return False
    return all(_unified(p, e, found) for p, e in zip(pattern.args, element.args, strict=True))


def _call(fragment: Fragment, elements: Sequence[Term]) -> Term | None:
    """The fragment's atom for these elements, if they are an instance of it."""
    found: dict[Term, Term] = {}
    if not all(_unified(p, e, found) for p, e in zip(fragment.elements, elements, strict=True)):
        return None
    repeated = {v for v in found if sum(n is v for e in fragment.elements for n in e.walk()) > 1}
    if any(is_anonymous(n) for v in repeated for n in found[v].postorder()):
        return None  # '_' at two places stands for two values
    return fragment.head.op(*(found[v] for v in fragment.head.args))


def _shortest(elements: Sequence[Term], fragments: Sequence[Fragment]) -> list[Term]:
    """The elements with fragments where that makes them shorter: least size from each place on, from the end."""
    best: list[tuple[int, list[Term]]] = [(0, [])]
    for place in reversed(range(len(elements))):
        size, rest = best[0]
        choice = (size + elements[place].size, [elements[place], *rest])
        for fragment in fragments:
            width = len(fragment.elements)
            if place + width <= len(elements):
                call = _call(fragment, elements[place : place + width])
                after = best[width - 1]
                if call is not None and after[0] + call.size < choice[0]:
                    choice = (after[0] + call.size, [call, *after[1]])
        best.insert(0, choice)
    return best[0][1]


def _rewritten(whole: Term, fragments: Sequence[Fragment]) -> Term:
    return whole.fold(lambda node, args: body(_shortest(args, fragments)) if _is_body(node) else node.rebuild(args))


def _chosen(whole: Term, candidates: Sequence[Fragment], most: int) -> CompressedRules:
    """The fragments that together make the program shortest: each is taken up only if it does, the best first."""
    chosen: list[Fragment] = []
    result = CompressedRules(whole, (), whole)
    while len(chosen) < most:
        options = [
            CompressedRules(whole, (*chosen, f), _rewritten(whole, [*chosen, f])) for f in candidates if f not in chosen
        ]
        best = min(options, key=lambda r: (r.program.size, str(r.fragments[-1].head)), default=None)
        if best is None or best.program.size >= result.program.size:
            break
        result, chosen = best, list(best.fragments)
    counted = tuple(
        Fragment(f.head, f.elements, sum(n.op is f.head.op for n in result.rewritten.walk())) for f in chosen
    )
    return CompressedRules(whole, counted, result.rewritten)


def compress_rules(whole: Term, *, most: int = 10, max_arity: int = 3, seconds: float = 60.0) -> CompressedRules:
    """Relations for what the bodies of a program of rules have in common, and the program that uses them.

    Parts of a body that have a probability of their own, a hole or an aggregate stay where they are.

    Parameters
    ----------
    whole : Term
        A program, as ``rules.parse`` or ``LogicProgram.term`` gives it.
    most : int
        Most relations.
    max_arity : int
        Most arguments of a fragment that the search looks for.
    seconds : float
        Wall time of the search.

    Returns
    -------
    CompressedRules
        Its ``program`` has the same answers; its ``expand()`` is the original.

    Raises
    ------
    FillError
        If it is no program of rules, or stitch is not installed.
    """
    if not isinstance(whole, Term) or whole.sort is not PROGRAM:
        raise FillError(f"a program of rules was expected, but got {whole!r}. Read it by rules.parse.")
    chains = _chains(_bodies(whole))
    if not chains:
        return CompressedRules(whole, (), whole)
    found = compress_terms(chains, rules, most=3 * most, max_arity=max_arity, seconds=seconds)
    taken = {node.op.name for node in whole.postorder()} | set(RESERVED)
    candidates: dict[tuple[Term, ...], Fragment] = {}
    for definition in found.definitions:
        if definition.op.result is FORMULA:
            fragment = _fragment(_elements(definition.body), taken)
            if fragment is not None and fragment.elements not in candidates:
                candidates[fragment.elements] = fragment
                taken.add(fragment.head.op.name)
    return _chosen(whole, list(candidates.values()), most)
