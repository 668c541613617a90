"""Compression of terms of any language: what formulas, programs or rules have in common, as operators of their own."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from induce.errors import FillError, ParseError, TermError
from induce.learners.library.compressing import Abstraction, Tree, compress, expand, read, write
from induce.learners.library.converting import function_from, program_from, tree_of
from induce.learners.library.naming import opened, operator_of, parameter_names, shown
from induce.learners.library.rewriting import Pattern, cost_of, rewritten_as
from induce.learners.library.waking import Definition, Library, uncurried
from induce.terms.language import Language
from induce.terms.op import HOLE, LITERAL, VARIABLE, Op
from induce.terms.sort import Sort
from induce.terms.term import Term, variable

__all__ = ["CompressedTerms", "compress_terms"]

_DEEPEST = 150
"""Terms deeper than this are left as they are: trees are walked by recursion."""
_RESERVED = ("$", "#", "(", ")", "?")


# ---- terms as trees, and back


def _leaves(term: Term) -> tuple[dict[Term, Term], dict[str, Sort]]:
    """Variables and holes, which become inputs: each with the variable that stands for it."""
    found = [node for node in term.postorder() if node.op is VARIABLE or node.op is HOLE]
    stand = {node: variable(f"v{place}", node.sort) for place, node in enumerate(found)}
    return stand, {new.name: new.sort for new in stand.values()}


def _symbols(terms: Iterable[Term]) -> dict[Op, str]:
    """A symbol for each operator: its name, with a number where another has that name too or a tree cannot hold it."""
    found: dict[Op, str] = {}
    taken: set[str] = {"lam"}
    for term in terms:
        for node in term.postorder():
            op = node.op
            if op in found or op is LITERAL or op.notation.kind == "special":
                continue
            name = "".join(op.name.split())
            odd = not name or name.startswith(_RESERVED) or any(c in "()" for c in name) or name.lstrip("-").isdigit()
            base, number = f"op{len(found)}" if odd else name, 1
            symbol = base
            while symbol in taken:
                number += 1
                symbol = f"{base}/{number}"
            taken.add(symbol)
            found[op] = symbol
    return found


@dataclass(frozen=True)
class Codec:
    """Symbols of operators, both ways."""

    symbols: Mapping[Op, str]
    ops: Mapping[str, Op]
    default: Sort

    def tree(self, term: Term) -> Tree:
        """The term as a function of its variables and holes; raises TermError if no tree says it exactly."""
        if term.depth > _DEEPEST:
            raise TermError(f"it is {term.depth} deep; at most {_DEEPEST} can be compressed.")
        stand, inputs = _leaves(term)
        made = tree_of(term.replace(stand) if stand else term, list(inputs), self.symbols)  # type: ignore[arg-type]
        if self.term(made, term) is not term:
            raise TermError("the sort of one of its functions is not said by how it is used.")
        return made

    def term(self, tree: Tree, original: Term) -> Term:
        """The term of a tree with the variables and holes of the original."""
        stand, inputs = _leaves(original)
        found = program_from(tree, inputs, self.ops, self.default)
        back: dict[Term | str, Term | float] = {new: old for old, new in stand.items() if new in found.variables}
        return found.replace(back) if back else found


def expanded(term: Term, definitions: Sequence[Definition], codec: Codec) -> Term:
    """The term with the bodies of the definitions written out."""
    ops = {d.op for d in definitions}
    if not any(node.op in ops for node in term.postorder()):
        return term
    stand, inputs = _leaves(term)
    tree = tree_of(term.replace(stand) if stand else term, list(inputs), codec.symbols)  # type: ignore[arg-type]
    flat = [Abstraction(codec.symbols[d.op], d.text, d.op.arity) for d in definitions]
    return codec.term(read(expand(write(tree), flat)), term)


# ---- the result


@dataclass(frozen=True, eq=False)
class CompressedTerms:
    """Terms, and what they have in common as operators.

    Parameters
    ----------
    library : Library
        The operators over the language of the terms.
    originals, terms : tuple of Term
        As given, and written with the operators.
    cost, final_cost : int
        Of all terms before and after: 100 for each symbol, 1 for each application, as in stitch.
    stopped : str
        Why the search ended.
    notes : tuple of str
        Terms that were left as they are, and abstractions that are no operators.
    codec : Codec
        How terms become trees.
    """

    library: Library
    originals: tuple[Term, ...]
    terms: tuple[Term, ...]
    cost: int
    final_cost: int
    stopped: str
    notes: tuple[str, ...] = ()
    codec: Codec | None = field(default=None, repr=False)

    @property
    def definitions(self) -> tuple[Definition, ...]:
        """The operators."""
        return self.library.definitions

    @property
    def ratio(self) -> float:
        """How many times shorter the terms became; the operators' bodies are not counted."""
        return self.cost / self.final_cost if self.final_cost else 1.0

    def expand(self, term: Term) -> Term:
        """A term without the operators, their bodies written out."""
        return term if self.codec is None else expanded(term, self.definitions, self.codec)

    def __str__(self) -> str:
        lines = []
        for d in self.definitions:
            names = parameter_names(d.op.arguments)
            inside = f"({', '.join(names)})" if names else ""
            body = shown(opened(d.body, names), self.library.base)
            lines.append(f"{d.op.name}{inside} = {body}   ({d.uses} terms)")
        return "\n".join([*lines, f"{self.ratio:.3f} times shorter. Stopped: {self.stopped}.", *self.notes])


# ---- the search


def compress_terms(
    terms: Iterable[Term],
    language: Language,
    *,
    most: int = 10,
    max_arity: int = 2,
    seconds: float = 60.0,
    threads: int = 1,
) -> CompressedTerms:
    """Operators that make terms of one language shorter, and the terms written with them.

    Variables and holes stay outside of the operators: they can only be arguments. Numbers may be part of one.

    Parameters
    ----------
    terms : iterable of Term
        Formulas, programs or rules; a term may hold variables, holes, and functions.
    language : Language
    most, max_arity, seconds, threads
        As for :func:`induce.learners.library.compressing.compress`.

    Returns
    -------
    CompressedTerms
        ``expand`` of each term in it is the original, exactly.

    Raises
    ------
    FillError
        If there is no term, something is no term, or stitch is not installed.

    References
    ----------
    M. Bowers et al. (2023), Top-Down Synthesis for Library Learning.
    """
    given = _checked(terms)
    symbols = _symbols(given)
    codec = Codec(symbols, {symbol: op for op, symbol in symbols.items()}, language.default)
    trees: dict[int, Tree] = {}
    notes: list[str] = []
    for place, term in enumerate(given):
        try:
            trees[place] = codec.tree(term)
        except TermError as problem:
            notes.append(f"Term {place} was left as it is: {problem}")
    if not trees:
        return CompressedTerms(Library(language), given, given, 0, 0, "no term could be compressed", tuple(notes))
    found = compress(
        [write(tree) for tree in trees.values()],
        most=most,
        max_arity=max_arity,
        seconds=seconds,
        threads=threads,
        prefix="_fn_",
        no_curried_bodies=True,
        no_curried_metavars=True,
    )
    definitions, named = _definitions(found.abstractions, codec, notes)
    return _result((language, given, trees), definitions, named, found.stopped, notes)


def _checked(terms: Iterable[Term]) -> tuple[Term, ...]:
    if isinstance(terms, Term | str) or not isinstance(terms, Iterable):
        raise FillError(f"compression needs a list of terms, but got {terms!r}. Write [{terms!r}].")
    given = tuple(terms)
    wrong = next((k for k, term in enumerate(given) if not isinstance(term, Term)), None)
    if wrong is not None:
        raise FillError(f"entry {wrong} is {given[wrong]!r}, but a term was expected. Read it by language.parse.")
    if not given:
        raise FillError("compression needs a list of terms, but it is empty.")
    return given


def _definitions(abstractions: Sequence[Abstraction], codec: Codec, notes: list[str]) -> tuple[list[Definition], Codec]:
    """Operators from abstractions, each written over the language alone; and the codec that knows them."""
    definitions: list[Definition] = []
    symbols, known = dict(codec.symbols), list[Abstraction]()
    for abstraction in abstractions:
        body = expand(abstraction.body, known)
        known.append(Abstraction(abstraction.name, body, abstraction.arity))
        tree, arity = uncurried(read(body), abstraction.arity)
        tree = _numbered(tree)
        text = write(tree)
        try:
            typed = function_from(tree, arity, codec.ops, codec.default)
            if typed.result.is_arrow:
                raise TermError(f"it gives a function, {typed.result}.")
        except (TermError, ParseError) as problem:
            notes.append(f"'{text}' is no operator: {problem}")
            continue
        name = f"fn_{hashlib.sha256(text.encode()).hexdigest()[:6]}"
        op = operator_of(name, typed.parameters, typed.result, text)
        if op not in symbols:
            symbols[op] = name
            definitions.append(Definition(op, typed.body, text, abstraction.uses))
    return definitions, Codec(symbols, {symbol: op for op, symbol in symbols.items()}, codec.default)


def _numbered(tree: Tree) -> Tree:
    """The body with its arguments numbered as they appear."""
    order = list(dict.fromkeys(re.findall(r"(?<![^\s(])#\d+", write(tree))))
    place = {old: f"#{new}" for new, old in enumerate(order)}

    def change(part: Tree) -> Tree:
        return place.get(part, part) if isinstance(part, str) else tuple(change(p) for p in part)

    return change(tree)


def _result(
    given: tuple[Language, tuple[Term, ...], Mapping[int, Tree]],
    definitions: Sequence[Definition],
    codec: Codec,
    stopped: str,
    notes: Sequence[str],
) -> CompressedTerms:
    """The terms written with the operators; those whose sorts would not fit stay as they are."""
    language, originals, trees = given
    patterns: list[Pattern] = [(codec.symbols[d.op], read(d.text), d.op.arity) for d in definitions]
    rewritten = list(originals)
    cost = final = 0
    uses = dict.fromkeys((d.op for d in definitions), 0)
    for place, tree in trees.items():
        original = originals[place]
        shorter = rewritten_as(tree, patterns, partial(codec.term, original=original))
        if expanded(shorter, definitions, codec) is not original:
            shorter = original
        rewritten[place] = shorter
        cost += cost_of(tree)
        final += cost_of(codec.tree(shorter))
        for op in {node.op for node in shorter.postorder()} & set(uses):
            uses[op] += 1
    counted = tuple(Definition(d.op, d.body, d.text, uses[d.op]) for d in definitions)
    library = Library(language, tuple(d for d in counted if d.uses))
    return CompressedTerms(library, originals, tuple(rewritten), cost, final, stopped, tuple(notes), codec)
