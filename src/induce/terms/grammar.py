"""Grammar: which terms are allowed, and how likely each is."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from induce.errors import GrammarError, did_you_mean
from induce.terms.grammar_tables import Rule, State, Tables, by_cost
from induce.terms.op import LAMBDA, Op
from induce.terms.productions import Production, arity_of, function_names, in_scope, productions_of, why_empty
from induce.terms.sort import Sort
from induce.terms.term import Term, variable
from induce.terms.weights import START, Context, probabilities, read_weights

if TYPE_CHECKING:
    import numpy as np

    from induce.terms.language import Language

__all__ = ["Grammar"]

Weights = Mapping[str, float] | Mapping[Context, Mapping[str, float]] | Mapping[Any, Any]


class Grammar:
    """Which terms may be made, and their probabilities. Immutable, hashable by content, picklable.

    The probability of a term is the product, over its nodes, of the probability of the node's production in its state
    (sort, parent, argument index), divided by the mass of all terms of at most ``max_size`` nodes.

    Where a function is needed, the production ``lambda`` makes one from its body, in which the bound variables ``$0`` (the
    innermost), ``$1``, ... are leaves. A body stands where its function stands: its parent is that of the function.

    Parameters
    ----------
    language : Language
        Gives the operators.
    start : Sort
        Sort of the terms.
    productions : iterable of Op, str, Term, int, float or bool, optional
        Operators (or their names), leaves, and ``"?"`` for a fresh real hole in each place. All operators of the
        language by default. A polymorphic operator is instantiated for the sorts that occur.
    variables : iterable of str, or mapping of str to Sort
        Variables, of the language's default sort unless said otherwise.
    max_size : int
        Largest number of nodes.
    max_depth : int, optional
        Largest depth; a leaf has depth 1.
    weights : mapping, optional
        Production's name to weight, or (parent's name, argument index) to such a mapping, or both mixed. 1 by default;
        0 removes a production.
    forbid : iterable of (str, str)
        The second anywhere below the first is not allowed.
    sorts : iterable of Sort, optional
        The only sorts of values; without them a polymorphic operator may make sorts of its own, such as lists of lists.
    max_bound : int, optional
        Most variables bound at one place; by default as many as the start, if it is a function, and the longest argument take.

    Raises
    ------
    GrammarError
        If the grammar makes no term, or names a production that it does not have.

    >>> from induce.terms import REAL, arithmetic
    >>> grammar = Grammar(arithmetic, REAL, productions=["+", "sin"], variables=["x"], max_size=5)
    >>> [grammar.count(n) for n in (1, 2, 3, 4)], grammar.contains(arithmetic.parse("sin(x) + x"))
    ([1, 1, 2, 4], True)
    """

    def __init__(
        self,
        language: Language,
        start: Sort,
        *,
        productions: Iterable[Op | str | Term | float] | None = None,
        variables: Iterable[str] | Mapping[str, Sort] = (),
        max_size: int = 30,
        max_depth: int | None = None,
        weights: Weights | None = None,
        forbid: Iterable[tuple[str, str]] = (),
        sorts: Iterable[Sort] | None = None,
        max_bound: int | None = None,
    ) -> None:
        if max_size < 1 or (max_depth is not None and max_depth < 1):
            raise GrammarError(f"max_size and max_depth must be at least 1, but got {max_size} and {max_depth}.")
        self.language = language
        self.start = start
        self.max_size = int(max_size)
        self.max_depth = max_depth
        named = variables if isinstance(variables, Mapping) else dict.fromkeys(variables, language.default)
        given = list(language) if productions is None else list(productions)
        leaves = [variable(name, sort) for name, sort in named.items()]
        self.sorts = None if sorts is None else frozenset(sorts)
        self.productions = productions_of(language, start, [*given, *leaves], self.sorts)
        longest = max((arity_of(s) for p in self.productions for s in p.arguments), default=0) + arity_of(start)
        self.max_bound = longest if max_bound is None or not longest else int(max_bound)
        self.names = frozenset((*(p.name for p in self.productions), *function_names(self.max_bound)))
        self.forbid = frozenset((self._known(a), self._known(b)) for a, b in forbid)
        self.weights = self._read_weights(weights or {})
        removed = {name for name, weight in self.weights.get(None, {}).items() if weight == 0}
        self._removed = frozenset(n for n in removed if not any(t.get(n, 0) for t in self.weights.values()))
        self._by_sort: dict[Sort, list[Production]] = {}
        for production in self.productions:
            self._by_sort.setdefault(production.result, []).append(production)
        self._rules: dict[State, tuple[Rule, ...]] = {}
        self._tables: dict[bool, Tables] = {}
        limits = (self.max_size, max_depth, self.forbid, self.sorts, self.max_bound)
        self._key = (language.name, start, self.productions, limits, self._weight_key())
        self._hash = hash(self._key)
        self._least = self._least_sizes()
        if self._least.get(self._shape(self.root), math.inf) > self.max_size:
            bare = {state[0]: size for state, size in self._least.items() if not state[4]}  # no bound variable helps
            least = {state[0]: size for state, size in self._least.items()} | bare
            raise GrammarError(why_empty(start, least, self.productions, self.max_size, self._removed))

    # ---- what it is made of

    def _known(self, name: str) -> str:
        if name not in self.names and name in self.language:
            name = self.language[name].name
        if name not in self.names:
            hint = did_you_mean(name, self.names)
            raise GrammarError(f"the grammar has no production '{name}'.{hint} It has: {' '.join(sorted(self.names))}.")
        return name

    def _read_weights(self, weights: Mapping[Any, Any]) -> dict[Context | None, dict[str, float]]:
        arities = dict.fromkeys(function_names(self.max_bound), 0)
        for production in self.productions:
            arities[production.name] = max(arities.get(production.name, 0), len(production.arguments))
        return read_weights(weights, self._known, arities)

    def _weight_key(self) -> frozenset[tuple[Context | None, frozenset[tuple[str, float]]]]:
        return frozenset((context, frozenset(table.items())) for context, table in self.weights.items())

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Grammar) and self._hash == other._hash and self._key == other._key)

    def __hash__(self) -> int:
        return self._hash

    def __setattr__(self, name: str, value: object) -> None:
        if "_least" in self.__dict__:
            raise AttributeError(f"Grammar is immutable; cannot set '{name}'. Make another one, or use refit().")
        object.__setattr__(self, name, value)

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (self.language, self.start, self._given(), self._options()))

    def _given(self) -> list[Op | str | Term]:
        unique: dict[str, Op | str | Term] = {p.name: p.given for p in self.productions}
        return list(unique.values())

    def _options(self) -> dict[str, Any]:
        return {
            "max_size": self.max_size,
            "max_depth": self.max_depth,
            "weights": self.weights,
            "forbid": tuple(sorted(self.forbid)),
            "sorts": self.sorts,
            "max_bound": self.max_bound,
        }

    def __repr__(self) -> str:
        return (
            f"Grammar({self.language.name}, {self.start}, {' '.join(dict.fromkeys(p.name for p in self.productions))})"
        )

    # ---- states

    @property
    def root(self) -> State:
        """The state in which terms start."""
        depth = -1 if self.max_depth is None else self.max_depth
        return (self.start, START if START in self.weights else None, frozenset(), depth, ())

    @staticmethod
    def _shape(state: State) -> State:
        return (state[0], None, *state[2:])

    def _children(self, state: State, production: Production) -> tuple[State, ...]:
        _, here, forbidden, depth, scope = state
        added = [inner for outer, inner in self.forbid if outer == production.name]
        below = forbidden.union(added) if added else forbidden
        left = depth - 1 if depth > 0 else depth
        if production.parameter is not None:
            return ((production.arguments[0], here, below, left, (production.parameter, *scope)),)
        contexts = ((production.name, place) for place in range(len(production.arguments)))
        return tuple(
            (sort, context if context in self.weights else None, below, left, scope)
            for sort, context in zip(production.arguments, contexts, strict=True)
        )

    def _allowed(self, state: State) -> list[Production]:
        sort, _, forbidden, depth, scope = state
        found = self._by_sort.get(sort, [])
        if scope or sort.is_arrow:
            found = [*found, *in_scope(sort, scope, self.max_bound)]
        return [p for p in found if p.name not in forbidden | self._removed and not (depth == 1 and p.arguments)]

    def _least_sizes(self) -> dict[State, float]:
        """The smallest size of a term of each reachable state, without contexts."""
        root = self._shape(self.root)
        least: dict[State, float] = {root: math.inf}
        reached = [root]
        edges: list[tuple[State, tuple[State, ...]]] = []
        for state in reached:  # grows while it is walked
            for production in self._allowed(state):
                children = tuple(self._shape(c) for c in self._children(state, production))
                edges.append((state, children))
                for child in children:
                    if child not in least:
                        least[child] = math.inf
                        reached.append(child)
        changed = True
        while changed:
            changed = False
            for state, children in edges:
                size = 1 + sum(least[c] for c in children)
                if size < least[state]:
                    least[state] = size
                    changed = True
        return least

    def rules(self, state: State) -> Sequence[Rule]:
        """The productions possible in a state, with their probabilities there."""
        found = self._rules.get(state)
        if found is None:
            plain = self.weights.get(None, {})
            table = self.weights.get(state[1], {}) if state[1] is not None else {}
            options: list[tuple[Production, float, tuple[State, ...]]] = []
            for production in self._allowed(state):
                children = self._children(state, production)
                if all(self._least.get(self._shape(c), math.inf) < math.inf for c in children):
                    weight = table.get(production.name, plain.get(production.name, 1.0))
                    if weight > 0:
                        options.append((production, weight, children))
            shares = probabilities([weight for _, weight, _ in options])
            found = tuple(Rule(p, share, c) for (p, _, c), share in zip(options, shares, strict=True))
            self._rules[state] = found
        return found

    def _table(self, exact: bool) -> Tables:
        found = self._tables.get(exact)
        if found is None:
            found = self._tables[exact] = Tables(self.rules, self.root, exact=exact)
        return found

    # ---- counting and drawing

    def count(self, size: int | None = None) -> int:
        """The number of terms with exactly ``size`` nodes; of all terms up to ``max_size`` when it is None."""
        table = self._table(True)
        if size is None:
            return sum(table.total(n) for n in range(1, self.max_size + 1))
        return int(table.total(size)) if 1 <= size <= self.max_size else 0

    def sample(self, rng: np.random.Generator, size: int | None = None) -> Term:
        """Draw a term uniformly among those of one size, or among all up to ``max_size``.

        Raises
        ------
        GrammarError
            If there is no term of that size.
        """
        table = self._table(True)
        if size is None:
            size = 1 + table.choose(rng, [table.total(n) for n in range(1, self.max_size + 1)])
        if self.count(size) == 0:
            sizes = [n for n in range(1, self.max_size + 1) if self.count(n)]
            raise GrammarError(f"the grammar has no term of size {size}. It has terms of sizes {sizes}.")
        return table.draw(rng, size)

    def nth(self, number: int) -> Term:
        """The term of a number from 0 to ``count() - 1``: smaller terms first; close numbers share what is near the root.

        Raises
        ------
        GrammarError
            If there is no such term.
        """
        if not 0 <= number < self.count():
            raise GrammarError(f"the grammar has no term of number {number}; they go from 0 to {self.count() - 1}.")
        return self._table(True).nth(int(number), self.max_size)

    def sample_weighted(self, rng: np.random.Generator, size: int | None = None) -> Term:
        """Draw a term with its probability, among those of one size if that is given; GrammarError if there is none."""
        masses = self._masses()
        if size is None:
            size = 1 + self._table(False).choose(rng, masses)
        if not 1 <= size <= self.max_size or not masses[size - 1] > 0:
            raise GrammarError(f"the weights leave no term of size {size} possible. Leave the size out.")
        return self._table(False).draw(rng, size)

    def _masses(self) -> list[float]:
        masses: list[float] = [self._table(False).total(n) for n in range(1, self.max_size + 1)]
        if not sum(masses) > 0:
            raise GrammarError(
                f"the weights leave no term of sort {self.start} of at most {self.max_size} nodes possible."
            )
        return masses

    def enumerate(self, limit: int | None = None) -> Iterator[Term]:
        """Yield the terms from the most probable to the least, each once, as they are asked for."""
        found = (term for _, term in by_cost(self._table(True), self.max_size))
        return itertools.islice(found, limit)

    # ---- terms against the grammar

    def derivation(self, term: Term) -> list[tuple[Context, Production, float]] | None:
        """(context, production, its probability) for each node, root first; None if the term cannot be made."""
        if term.size > self.max_size:
            return None
        steps: list[tuple[Context, Production, float]] = []
        stack: list[tuple[Term, State, Context]] = [(term, self.root, START)]
        while stack:
            node, state, context = stack.pop()
            rule = next((r for r in self.rules(state) if r.production.makes(node)), None)
            if rule is None:
                return None
            steps.append((context, rule.production, rule.probability))
            parts = zip(node.args, rule.children, strict=True)
            inside = [context] if node.op is LAMBDA else [(rule.production.name, i) for i in range(len(node.args))]
            stack.extend([(a, child, where) for (a, child), where in zip(parts, inside, strict=True)][::-1])
        return steps

    def contains(self, term: Term) -> bool:
        """Whether the grammar can make the term."""
        return self.derivation(term) is not None

    def log_probability(self, term: Term) -> float:
        """Natural logarithm of the term's probability; minus infinity if the grammar cannot make it."""
        steps = self.derivation(term)
        if steps is None:
            return -math.inf
        return math.fsum(math.log(p) for _, _, p in steps) - math.log(math.fsum(self._masses()))

    def refit(self, terms: Iterable[Term], weights: Iterable[float] | None = None, smoothing: float = 1.0) -> Grammar:
        """Make the grammar whose contextual weights fit the given terms.

        The weight of a production in a context is its weighted count there, plus ``smoothing`` times its overall
        frequency, which is itself smoothed by ``smoothing`` times the present weight.

        Parameters
        ----------
        terms : iterable of Term
        weights : iterable of float, optional
            One per term; 1 by default.
        smoothing : float
            Positive: what has not been seen stays possible.

        Raises
        ------
        GrammarError
            If the grammar cannot make one of the terms.
        """
        plain = {name: self.weights.get(None, {}).get(name, 1.0) for name in self.names}
        overall = {name: smoothing * weight / sum(plain.values()) for name, weight in plain.items()}
        counts: dict[Context, dict[str, float]] = {}
        for term, weight in zip(
            terms, itertools.repeat(1.0) if weights is None else weights, strict=weights is not None
        ):
            steps = self.derivation(term)
            if steps is None:
                raise GrammarError(f"the grammar cannot make '{term}'. Add what it uses, or raise max_size.")
            for context, production, _ in steps:
                table = counts.setdefault(context, {})
                table[production.name] = table.get(production.name, 0.0) + weight
                overall[production.name] += weight
        total = sum(overall.values())
        fitted: dict[Context | None, dict[str, float]] = {None: {n: w / total for n, w in overall.items()}}
        for context, table in counts.items():
            fitted[context] = {n: table.get(n, 0.0) + smoothing * fitted[None][n] for n in sorted(self.names)}
        return Grammar(self.language, self.start, productions=self._given(), **{**self._options(), "weights": fitted})


def _rebuild(language: Language, start: Sort, given: list[Any], options: dict[str, Any]) -> Grammar:
    return Grammar(language, start, productions=given, **options)
