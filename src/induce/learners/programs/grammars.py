"""Grammars of tasks: the programs that a guided search may write, how likely each is, and costs from it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from induce.errors import FillError, GrammarError, did_you_mean
from induce.examples import Examples
from induce.learners.programs.rules import rules_of
from induce.learners.programs.task import ProgramTask
from induce.terms.grammar import Grammar
from induce.terms.language import Language
from induce.terms.lists import core_lists, lists
from induce.terms.op import LAMBDA
from induce.terms.smt_strings import smt_strings
from induce.terms.sort import Sort
from induce.terms.strings import strings
from induce.terms.term import Term, literal
from induce.terms.weights import probabilities

__all__ = ["INPUT", "Weighting", "costs_of", "general", "grammar_for", "grammar_of", "weights_of"]

INPUT = "input"
"""In weights: whichever input has the sort that is needed, so that tasks with other inputs share them."""
Weighting = Mapping[Any, Any]
"""Weights as :class:`~induce.terms.grammar.Grammar` takes them, in which ``"input"`` stands for every input."""


def grammar_of(task: ProgramTask, weights: Weighting | None = None, *, max_bound: int | None = None) -> Grammar:
    """The grammar of the programs that a task allows: its language, inputs and literals.

    Parameters
    ----------
    task : ProgramTask
    weights : mapping, optional
        As a grammar takes them; ``"input"`` stands for every input, and names that the task lacks are left out.
        Every production weighs 1 by default.
    max_bound : int, optional
        Most variables bound at one place.

    Raises
    ------
    GrammarError
        If no program of the goal's sort can be written.

    >>> from induce.examples import read_examples
    >>> from induce.terms.lists import lists
    >>> task = ProgramTask(read_examples([[1, 2]], [2], ["xs"]), lists)
    >>> next(grammar_of(task, {"input": 9, "last": 5}).enumerate())
    last(xs)
    """
    examples = task.examples
    rules = rules_of(task.language, list(examples.sorts.values()), examples.result, task.costs)
    held = {
        *examples.sorts.values(),
        examples.result,
        *(part for r in rules for part in _parts(r.result, *r.arguments)),
    }
    leaves = [literal(value, sort) for value, sort in task.literals if sort in held]
    options: dict[str, Any] = {
        "productions": [*dict.fromkeys(rule.op for rule in rules), *leaves],
        "variables": dict(examples.sorts),
        "max_size": task.max_size,
        "sorts": sorted(held, key=str),
        "max_bound": max_bound,
    }
    grammar = Grammar(task.language, examples.result, **options)
    if not weights:
        return grammar
    kept = _spread(weights, frozenset(examples.inputs), grammar.names)
    return Grammar(task.language, examples.result, **options, weights=kept)


def _parts(*sorts: Sort) -> Iterable[Sort]:
    """The sorts of values among sorts, those of functions taken apart."""
    for sort in sorts:
        if sort.is_arrow:
            yield from _parts(*sort.args)
        else:
            yield sort


def _spread(weights: Weighting, inputs: frozenset[str], names: frozenset[str]) -> dict[Any, Any]:
    """The weights for a task: each input has that of ``"input"``, and other names must be productions."""

    def table(given: Mapping[str, float]) -> dict[str, float]:
        found = {name: weight for name, weight in given.items() if name in names and name != INPUT}
        return found | (dict.fromkeys(sorted(inputs), given[INPUT]) if INPUT in given else {})

    plain = {key: value for key, value in weights.items() if isinstance(key, str)}
    plain |= weights.get(None, {})
    tables = {key: table(value) for key, value in weights.items() if isinstance(key, tuple)}
    return {None: table(plain)} | {key: value for key, value in tables.items() if not key[0] or key[0] in names}


def grammar_for(task: ProgramTask, given: Any) -> Grammar:
    """The grammar that a learner was given for a task.

    Parameters
    ----------
    task : ProgramTask
    given : None, Grammar, mapping of weights, or anything with ``weights(examples)``
        None for equal weights; a prior looks at the examples.

    Raises
    ------
    FillError
        If it is nothing of the kind, or a grammar of other programs than the task asks for.
    """
    if isinstance(given, Grammar):
        wrong = _other(given, task)
        if wrong:
            raise FillError(wrong)
        return given
    if given is None or isinstance(given, Mapping):
        _spelled(given or {}, task)
        return grammar_of(task, given)
    if callable(getattr(given, "weights", None)):
        return grammar_of(task, given.weights(task.examples))
    raise FillError(
        f"a guided search takes a Grammar, a mapping of weights or a Prior, but got {type(given).__name__}. "
        "Leave it out for equal weights."
    )


def _spelled(weights: Weighting, task: ProgramTask) -> None:
    """Refuse names that are nearly those of operators; others that the task lacks may be of other tasks."""
    shipped = [op.name for language in (lists, core_lists, smt_strings, strings) for op in language]
    here = [*(op.name for op in task.language), *task.examples.inputs, INPUT]
    known = {*here, *shipped, LAMBDA.name, "True", "False", "true", "false"}
    tables = [table for table in weights.values() if isinstance(table, Mapping)]
    parents = [key[0] for key in weights if isinstance(key, tuple) and key]
    plain = [key for key, value in weights.items() if not isinstance(value, Mapping)]
    for name in (*plain, *parents, *(name for table in tables for name in table)):
        if isinstance(name, str) and name.isidentifier() and name not in known:
            hint = did_you_mean(name, here)
            if hint:
                raise FillError(
                    f"the weights name '{name}', which language '{task.language.name}' does not have.{hint}"
                )


def _other(grammar: Grammar, task: ProgramTask) -> str:
    """What a grammar makes that the task cannot use; an empty text if nothing."""
    examples = task.examples
    if grammar.start is not examples.result:
        return (
            f"the grammar makes programs of sort {grammar.start}, but the outputs are {examples.result}. "
            "Make one by grammar_of(task)."
        )
    for production in grammar.productions:
        leaf = production.leaf
        if leaf is not None and leaf.is_variable and examples.sorts.get(leaf.name) is not leaf.sort:
            known = ", ".join(f"{name} ({sort})" for name, sort in examples.sorts.items())
            return (
                f"the grammar uses the variable '{leaf.name}' of sort {leaf.sort}, but the inputs are: {known}. "
                "Make one by grammar_of(task)."
            )
    return ""


def general(name: str, inputs: Iterable[str]) -> str:
    """The name of a production in weights that are shared between tasks."""
    return INPUT if name in set(inputs) else name


def weights_of(
    pairs: Iterable[tuple[Examples, Term]],
    language: Language,
    literals: tuple[tuple[Any, Sort], ...] = (),
    *,
    smoothing: float = 1.0,
    contextual: bool = True,
) -> dict[Any, dict[str, float]]:
    """The weights of productions that fit programs of many tasks, by counts.

    A production's weight in a context (parent, argument index) is its count there plus ``smoothing`` times its overall
    frequency, which has ``smoothing`` added to each count: one table for tasks of all sorts.

    Parameters
    ----------
    pairs : iterable of (Examples, Term)
        Programs with the examples that they were found for.
    language : Language
    literals : tuple of (value, sort)
    smoothing : float
        Positive: what has not been seen stays possible.
    contextual : bool
        Whether to have tables for contexts, beside the one for all.

    Raises
    ------
    GrammarError
        If a program uses what the language or the literals lack.
    """
    grammars: dict[Any, Grammar] = {}
    counts: dict[Any, dict[str, float]] = {None: {}}
    for examples, term in pairs:
        key = (tuple(examples.sorts.items()), examples.result)
        if key not in grammars:
            grammars[key] = grammar_of(ProgramTask(examples, language, literals, max_size=200))
            for name in sorted(grammars[key].names):
                counts[None].setdefault(general(name, examples.inputs), smoothing)
        steps = grammars[key].derivation(term)
        if steps is None:
            raise GrammarError(
                f"language '{language.name}' with these literals cannot make '{term}'. Add what it uses, or leave it out."
            )
        for context, production, _ in steps:
            name = general(production.name, examples.inputs)
            table = counts.setdefault(context, {})
            table[name] = table.get(name, 0.0) + 1.0
            counts[None][name] += 1.0
    total = sum(counts[None].values()) or 1.0
    overall = {name: count / total for name, count in counts[None].items()}
    if not contextual:
        return {None: overall}
    fitted = {
        context: {name: table.get(name, 0.0) + smoothing * share for name, share in overall.items()}
        for context, table in counts.items()
        if context is not None
    }
    return {None: overall, **fitted}


def costs_of(grammar: Grammar, unit: float | None = None) -> dict[str, int]:
    """Whole costs of operators for typed enumeration, from a grammar's weights without context.

    The cost is ``round(-log p / unit)``, at least 1, where p is the operator's share among all productions.

    Parameters
    ----------
    grammar : Grammar
    unit : float, optional
        Nats that one cost stands for; by default such that the likeliest leaf costs 1, as leaves do there.

    Raises
    ------
    GrammarError
        If the unit is not positive.

    >>> from induce.terms import REAL, arithmetic
    >>> costs_of(Grammar(arithmetic, REAL, productions=["+", "sin"], variables=["x"], weights={"+": 3, "x": 6}))
    {'+': 2, 'sin': 5}
    """
    if unit is not None and not 0 < unit < math.inf:
        raise GrammarError(f"the unit of costs is {unit}; a positive number of nats was expected.")
    plain = grammar.weights.get(None, {})
    weights = {p.name: plain.get(p.name, 1.0) for p in grammar.productions}
    positive = {name: weight for name, weight in weights.items() if weight > 0}
    shares = dict(zip(positive, probabilities(list(positive.values())), strict=True))
    nats = {name: -math.log(shares[name]) if name in shares else math.inf for name in weights}
    leaves = [nats[p.name] for p in grammar.productions if not p.arguments and p.op is None]
    least = unit or max(min(leaves, default=1.0), 0.1)
    dear = max((n for n in nats.values() if n < math.inf), default=1.0) + 5.0  # what the weights exclude comes last
    return {p.name: max(1, round(min(nats[p.name], dear) / least)) for p in grammar.productions if p.op is not None}
