"""The table of weights that a prior gives, and programs as choices from it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from induce.examples import Examples
from induce.learners.programs.grammars import INPUT, general, grammar_of
from induce.learners.programs.task import ProgramTask
from induce.terms.grammar import Grammar
from induce.terms.grammar_tables import State
from induce.terms.language import Language
from induce.terms.op import LAMBDA
from induce.terms.productions import arity_of, function_names, productions_of
from induce.terms.sort import Sort
from induce.terms.term import Term, literal
from induce.terms.weights import START

__all__ = ["Choices", "WeightTable"]


class Choices(NamedTuple):
    """The choices that make a program: for each, the row and column of the table, and the mask of what could be chosen."""

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    masks: NDArray[np.int64]


class WeightTable:
    """Rows are contexts (parent, argument index), columns are productions; one table serves tasks of all sorts.

    Parameters
    ----------
    language : Language
    literals : tuple of (value, sort)

    Attributes
    ----------
    masks : list of array, shape (columns,)
        Logarithms of how many productions of each column are possible in a state; minus infinity for none.
    """

    def __init__(self, language: Language, literals: tuple[tuple[Any, Sort], ...]) -> None:
        self.language, self.literals = language, literals
        leaves = productions_of(language, language.default, [literal(v, s) for v, s in literals])
        longest = max((arity_of(sort) for op in language for sort in op.arguments), default=0)
        bound = function_names(longest)[1:]
        names = (*(op.name for op in language), *(leaf.name for leaf in leaves), INPUT, *bound)
        self.columns: tuple[str, ...] = tuple(dict.fromkeys(names))
        self.rows: tuple[tuple[str, int], ...] = (
            START, *((op.name, place) for op in language for place in range(op.arity)),
        )  # fmt: skip
        self._column = {name: number for number, name in enumerate(self.columns)}
        self._row = {context: number for number, context in enumerate(self.rows)}
        self.masks: list[NDArray[np.float32]] = []
        self._mask_of: dict[bytes, int] = {}
        self._states: dict[tuple[Any, State], int] = {}
        self._grammars: dict[Any, Grammar] = {}
        self._allowed: dict[Any, NDArray[np.bool_]] = {}

    def grammar(self, examples: Examples) -> Grammar:
        """The grammar of equal weights for the sorts of these examples."""
        key = (tuple(examples.sorts.items()), examples.result)
        if key not in self._grammars:
            task = ProgramTask(examples, self.language, self.literals, max_size=200)
            self._grammars[key] = grammar_of(task)
        return self._grammars[key]

    def choices(self, examples: Examples, term: Term) -> Choices | None:
        """The choices that make a program, without those that leave no choice; None if it cannot be made."""
        grammar = self.grammar(examples)
        found: list[tuple[int, int, int]] = []
        stack: list[tuple[Term, State, tuple[str, int]]] = [(term, grammar.root, START)]
        while stack:
            node, state, context = stack.pop()
            rules = grammar.rules(state)
            rule = next((r for r in rules if r.production.makes(node)), None)
            if rule is None:
                return None
            if len(rules) > 1:
                column = self._column[general(rule.production.name, examples.inputs)]
                found.append((self._row[context], column, self._mask(grammar, state, examples)))
            inside = [context] if node.op is LAMBDA else [(rule.production.name, i) for i in range(len(node.args))]
            stack.extend(zip(node.args, rule.children, inside, strict=True))
        table = np.array(found, np.int64).reshape(-1, 3)
        return Choices(table[:, 0], table[:, 1], table[:, 2])

    def _mask(self, grammar: Grammar, state: State, examples: Examples) -> int:
        key = (grammar, state)
        if key not in self._states:
            counts = np.zeros(len(self.columns), np.float32)
            for rule in grammar.rules(state):
                name = general(rule.production.name, examples.inputs)
                if name in self._column:
                    counts[self._column[name]] += 1
            with np.errstate(divide="ignore"):
                mask = np.log(counts)
            number = self._mask_of.setdefault(mask.tobytes(), len(self.masks))
            if number == len(self.masks):
                self.masks.append(mask)
            self._states[key] = number
        return self._states[key]

    def allowed(self, examples: Examples) -> NDArray[np.bool_]:
        """Which columns are possible in which rows, in programs for these sorts; shape (rows, columns)."""
        key = (tuple(examples.sorts.items()), examples.result)
        if key not in self._allowed:
            task = ProgramTask(examples, self.language, self.literals)
            grammar = grammar_of(task, {context: dict.fromkeys(self.columns, 1.0) for context in self.rows})
            found = np.zeros((len(self.rows), len(self.columns)), bool)
            states = {grammar.root: None}
            waiting = [grammar.root]
            while waiting:
                state = waiting.pop()
                for rule in grammar.rules(state):
                    name = general(rule.production.name, examples.inputs)
                    if name in self._column and state[1] is not None:
                        found[self._row[state[1]], self._column[name]] = True
                    fresh = [child for child in rule.children if child not in states]
                    states |= dict.fromkeys(fresh)
                    waiting += dict.fromkeys(fresh)
            self._allowed[key] = found
        return self._allowed[key]

    def mixed(
        self, logits: NDArray[np.float64], plain: NDArray[np.float64], doubt: float, examples: Examples
    ) -> NDArray[np.float64]:
        """Logarithms of ``(1 - doubt) softmax(logits) + doubt softmax(plain)``, each over what is possible in a row."""
        allowed = self.allowed(examples)
        shares = []
        for table in (logits, plain):
            raised = np.exp(table - np.max(table, axis=1, keepdims=True, where=allowed, initial=-50.0)) * allowed
            shares.append(raised / np.maximum(raised.sum(axis=1, keepdims=True), 1e-30))
        found: NDArray[np.float64] = np.log(np.maximum((1.0 - doubt) * shares[0] + doubt * shares[1], 1e-12))
        return found

    def weights(self, logits: NDArray[np.float64]) -> dict[tuple[str, int], dict[str, float]]:
        """A table of logits, shape (rows, columns), as weights that a grammar takes."""
        raised = np.exp(np.clip(logits - logits.max(axis=1, keepdims=True), -40.0, 0.0))
        return {
            context: dict(zip(self.columns, row.tolist(), strict=True))
            for context, row in zip(self.rows, raised, strict=True)
        }

    def logits(self, weights: dict[Any, dict[str, float]]) -> NDArray[np.float32]:
        """The table of logarithms of weights; contexts that the weights lack have those without context."""
        plain = weights.get(None, {})
        least = min((w for w in plain.values() if w > 0), default=1.0)
        made = np.zeros((len(self.rows), len(self.columns)), np.float32)
        for row, context in enumerate(self.rows):
            table = weights.get(context, plain)
            made[row] = [np.log(max(table.get(name, 0.0), 0.1 * least)) for name in self.columns]
        return made
