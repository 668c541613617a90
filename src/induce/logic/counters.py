"""Aggregates over uncertain tuples, as small automata: one state atom for each partial result that can occur.

The elements of a group are read one random variable after another. ``state(i, s)`` holds when the first ``i`` variables
give the partial result ``s``; its instances exclude one another, so exact probability is a sum of products: the
distribution of a sum is a convolution, of a count the Poisson-binomial, of a maximum a product of distributions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.errors import LimitError
from induce.logic.aggregates import refuse_value
from induce.logic.clauses import AggregateClause
from induce.logic.hypergraph import Hypergraph
from induce.logic.lower import Cardinality, Lowered

__all__ = ["MOST_STATES", "Counters", "result_tuples"]

MOST_STATES = 200_000
State = Any
NONE = object()


@dataclass(frozen=True)
class _Variable:
    """One random variable of a group: options (literals that must hold, value or NONE for no element)."""

    options: tuple[tuple[tuple[int, ...], Any], ...]


def _moves(
    function: str, most: int | None = None
) -> tuple[State, Callable[[State, Any], State], Callable[[State], Any]]:
    """Start state, transition and result of an aggregate; a result NONE means there is none."""
    if function == "count":
        if most is None:
            return 0, lambda s, v: s + 1, lambda s: s
        return 0, lambda s, v: min(s + 1, most + 1), lambda s: s
    if function == "sum":
        return 0, lambda s, v: s + v, lambda s: s
    if function == "prod":
        return 1, lambda s, v: s * v, lambda s: s
    if function == "mean":
        return (0, 0), lambda s, v: (s[0] + v, s[1] + 1), lambda s: _mean(*s) if s[1] else NONE
    pick = min if function == "min" else max
    return NONE, lambda s, v: v if s is NONE else pick(s, v), lambda s: s


def _mean(total: Any, count: int) -> Any:
    """The mean; of integers an integer where it is one."""
    return total // count if isinstance(total, int) and total % count == 0 else total / count


def _after(step: Callable[[State, Any], State], state: State, values: Any) -> State:
    """The state after all elements that one option of a variable makes hold."""
    if values is not NONE:
        for value in values:
            state = step(state, value)
    return state


@dataclass
class Counters:
    """The automata of a program."""

    lowered: Lowered
    groups: list[tuple[AggregateClause, list[tuple[int, ...]], Any]] = field(default_factory=list)
    functional: dict[str, frozenset[int]] = field(default_factory=dict)
    exclusive: list[int] = field(default_factory=list)
    weighted: Mapping[str, Any] = field(default_factory=dict)
    """Tables of facts with probabilities."""

    def mark(self, exclusive: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """The state atoms' instances exclude one another."""
        exclusive = exclusive.copy()
        exclusive[self.exclusive] = True
        return exclusive

    def install(self, graph: Hypergraph, database: Any) -> tuple[Hypergraph, list[tuple[int, int]]]:
        """Add the automata to a hypergraph; returns it with the atoms that cardinality bounds forbid."""
        builder = _Builder(graph)
        for aggregate, _, _ in self.groups:
            start, rows = graph.relations[aggregate.head]
            place = {tuple(r): start + k for k, r in enumerate(rows.tolist())}
            for key, variables in self.variables(graph, aggregate.source, aggregate.keys, aggregate.value):
                for result, atoms in builder.run(variables, _moves(aggregate.function), aggregate.text).items():
                    if result is NONE:
                        continue
                    head = place.get((*key, self.lowered.symbols.id_of(result)))
                    if head is not None:
                        builder.replaced.add(head)
                        for literal in atoms:
                            builder.instance(head, aggregate.number, () if literal < 0 else (literal,))
                        self.exclusive.append(head)
        violations = []
        for bound in self.lowered.cardinalities:
            violations += self._bounded(graph, builder, bound)
        self.exclusive += builder.states
        return builder.finished(), violations

    def results(self, graph: Hypergraph) -> dict[int, tuple[int, ...]]:
        """Atoms that are results of aggregates, each with all results of its group: at most one of these holds."""
        found: dict[int, tuple[int, ...]] = {}
        for aggregate, _, _ in self.groups:
            start, rows = graph.relations.get(aggregate.head, (0, np.zeros((0, 1), np.int32)))
            together: dict[tuple[int, ...], list[int]] = {}
            for k, row in enumerate(rows.tolist()):
                together.setdefault(tuple(row[:-1]), []).append(start + k)
            found |= {atom: tuple(atoms) for atoms in together.values() for atom in atoms}
        return found

    def variables(
        self, graph: Hypergraph, relation: str, keys: tuple[int, ...], value: int
    ) -> list[tuple[tuple[int, ...], list[_Variable]]]:
        """The random variables of every group of an element relation, in order of first appearance."""
        first, rows = graph.relations.get(relation, (0, np.zeros((0, len(keys)), np.int32)))
        alias, results = _aliases(graph), self.results(graph)
        leaf_of = np.full(graph.atoms, -1, np.int64)
        leaf_of[graph.leaves.atom] = np.arange(len(graph.leaves))
        groups: dict[tuple[int, ...], dict[Any, list[tuple[int, Any]]]] = {}
        if not keys:
            groups[()] = {}
        dead = _dead_atoms(graph, results)
        symbols = self.lowered.symbols
        values = symbols.values_of(rows[:, value]) if value >= 0 and len(rows) else [None] * len(rows)
        for k, row in enumerate(rows.tolist()):
            atom = int(alias[first + k])
            leaf = int(leaf_of[atom])
            group = int(graph.leaves.group[leaf]) if leaf >= 0 else -1
            name: Any = ("atom", atom)
            if group >= 0 and bool(graph.leaves.categorical[group]):
                name = ("group", group)
            elif atom in results:
                name = ("results", results[atom])
            mine = groups.setdefault(tuple(row[c] for c in keys), {})
            if not dead[atom]:
                mine.setdefault(name, []).append((atom, values[k]))
        members: dict[int, list[int]] = {}
        for leaf, group in enumerate(graph.leaves.group.tolist()):
            members.setdefault(group, []).append(int(graph.leaves.atom[leaf]))
        return [
            (key, [_variable(graph, name, elements, members) for name, elements in parts.items()])
            for key, parts in groups.items()
        ]

    def _bounded(self, graph: Hypergraph, builder: _Builder, bound: Cardinality) -> list[tuple[int, int]]:
        """Atoms that hold where a choice is made and its bounds are not met; -1 where that cannot be avoided."""
        found: list[int] = []
        most = bound.high if bound.high is not None else bound.low
        groups = dict(self.variables(graph, bound.relation, tuple(range(bound.keys)), -1))
        start, rows = graph.relations.get(bound.group, (0, np.zeros((0, bound.keys), np.int32)))
        dead = _dead_atoms(graph, self.results(graph))
        for k, row in enumerate(rows.tolist()):
            made = start + k
            if dead[made]:
                continue
            ends = builder.run(groups.get(tuple(row), []), _moves("count", most), self.lowered.texts[bound.number])
            for count, literals in ends.items():
                if bound.low <= count and (bound.high is None or count <= bound.high):
                    continue
                for literal in literals:
                    if graph.certain[made]:
                        found.append(literal >> 1 if literal >= 0 else -1)
                    else:
                        found.append(builder.both(literal, 2 * made))
        return [(atom, bound.number) for atom in found]


def result_tuples(counters: Counters, aggregate: AggregateClause, database: Any) -> NDArray[np.int32]:
    """The results that an aggregate over uncertain tuples may have, one row ``(keys..., result)`` each."""
    from induce.logic.grounding import _with_leaves

    graph, _ = _with_leaves(counters.lowered, database.hypergraph(counters.lowered.texts), counters.weighted)
    start, step, finish = _moves(aggregate.function)
    rows = []
    for key, variables in counters.variables(graph, aggregate.source, aggregate.keys, aggregate.value):
        if aggregate.function != "count":
            for value in (v for x in variables for _, values in x.options if values is not NONE for v in values):
                if isinstance(value, bool) or not isinstance(value, int | float):
                    refuse_value(aggregate, value)
        states = dict.fromkeys([start])
        for variable in variables:
            # in the order of the automaton: of two equal states, such as 1 and 1.0, both keep the first
            states = dict.fromkeys(_after(step, s, v) for s in states for _, v in variable.options)
            if len(states) > MOST_STATES:
                raise LimitError(too_many_states(aggregate.text, aggregate.line, len(states)))
        for result in dict.fromkeys(finish(s) for s in states):
            if result is NONE:
                continue
            rows.append((*key, counters.lowered.symbols.id_of(result)))
    counters.groups.append((aggregate, rows, None))
    counters.functional[aggregate.head] = frozenset(range(len(aggregate.keys)))
    return np.array(sorted(rows), np.int32).reshape(len(rows), len(aggregate.keys) + 1)


def too_many_states(text: str, line: int, states: int) -> str:
    """What to say when an aggregate has too many possible results."""
    return (
        f"at {line}:1: the aggregate has more than {states:,} possible results; {MOST_STATES:,} are the limit. Query it "
        "for one observed result, aggregate fewer tuples, or round the values.\n"
        f"  {text}"
    )


def _variable(
    graph: Hypergraph, name: Any, elements: list[tuple[int, Any]], members: dict[int, list[int]]
) -> _Variable:
    kind, number = name
    if kind in ("group", "results"):
        by_atom: dict[int, list[Any]] = {}
        for atom, value in elements:
            by_atom.setdefault(atom, []).append(value)
        options: list[tuple[tuple[int, ...], Any]] = []
        for atom in members[number] if kind == "group" else number:
            # one value of the variable may make several elements hold at once
            options.append(((2 * atom,), tuple(by_atom[atom]) if atom in by_atom else NONE))
        if kind == "results":  # a group may have no result at all
            options.append((tuple(2 * atom + 1 for atom in number), NONE))
        return _Variable(tuple(options))
    values = tuple(v for _, v in elements)
    if graph.certain[number]:
        return _Variable((((), values),))
    return _Variable((((2 * number,), values), ((2 * number + 1,), NONE)))


def _aliases(graph: Hypergraph) -> NDArray[np.int64]:
    """For every atom, the atom it is the same as: followed while there is one instance with one positive literal."""
    alias = np.arange(graph.atoms, dtype=np.int64)
    if not graph.instances:
        return alias
    count = np.bincount(graph.head, minlength=graph.atoms)
    length = np.diff(graph.start)
    is_leaf = np.zeros(graph.atoms, np.bool_)
    is_leaf[graph.leaves.atom] = True
    single = (length == 1) & (count[graph.head] == 1) & ~is_leaf[graph.head]
    literal = graph.body[graph.start[:-1][single]]
    positive = (literal & 1) == 0
    alias[graph.head[single][positive]] = literal[positive] >> 1
    for _ in range(64):
        further = alias[alias]
        if (further == alias).all():
            break
        alias = further
    return alias


def _dead_atoms(graph: Hypergraph, results: Iterable[int]) -> NDArray[np.bool_]:
    """Atoms that hold in no world: neither certain, nor a leaf, nor a result, nor the head of an instance."""
    alive = graph.certain.copy()
    alive[list(results)] = True
    alive[graph.head] = True
    alive[graph.leaves.atom] = True
    return ~alive


class _Builder:
    """Appends state atoms and instances to a hypergraph."""

    def __init__(self, graph: Hypergraph) -> None:
        self.graph = graph
        self.next = graph.atoms
        self.heads: list[int] = []
        self.rules: list[int] = []
        self.bodies: list[tuple[int, ...]] = []
        self.states: list[int] = []
        self.replaced: set[int] = set()
        """Heads whose earlier instances an automaton replaces: what it says of an empty group is said there already."""

    def instance(self, head: int, rule: int, body: tuple[int, ...]) -> None:
        """``head :- body``; the body is made of signed literals."""
        self.heads.append(head)
        self.rules.append(rule)
        self.bodies.append(body)

    def both(self, *literals: int) -> int:
        """A new atom that holds when all the literals do; negative ones hold anyway."""
        self.next += 1
        self.instance(self.next - 1, 0, tuple(x for x in literals if x >= 0))
        return self.next - 1

    def run(self, variables: list[_Variable], moves: Any, text: str) -> dict[Any, list[Any]]:
        """Add one automaton; result to the literals of its final states."""
        start, step, finish = moves
        states: dict[State, int] = {start: -1}
        for variable in variables:
            following: dict[State, int] = {}
            for state, atom in states.items():
                for literals, values in variable.options:
                    target = _after(step, state, values)
                    if target not in following:
                        following[target] = self.next
                        self.states.append(self.next)
                        self.next += 1
                    before = (2 * atom,) if atom >= 0 else ()
                    self.instance(following[target], 0, (*before, *literals))
            states = following
            if len(self.states) > MOST_STATES:
                raise LimitError(too_many_states(text, 0, len(self.states)))
        ends: dict[Any, list[int]] = {}
        for state, atom in states.items():
            ends.setdefault(finish(state), []).append(2 * atom if atom >= 0 else -1)
        return ends

    def finished(self) -> Hypergraph:
        """The hypergraph with what was added; instances stay sorted by head."""
        graph = self.graph
        if not self.heads:
            return graph
        kept = ~np.isin(graph.head, np.array(sorted(self.replaced), np.int64))
        widths = np.diff(graph.start)
        head = np.concatenate([graph.head[kept], np.array(self.heads, np.int32)])
        rule = np.concatenate([graph.rule[kept], np.array(self.rules, np.int32)])
        lengths = np.concatenate([widths[kept], [len(b) for b in self.bodies]])
        body = np.concatenate(
            [graph.body[np.repeat(kept, widths)], np.array([x for b in self.bodies for x in b], np.int32)]
        )
        start = np.concatenate([[0], np.cumsum(lengths)])
        order = np.argsort(head, kind="stable")
        picked = np.concatenate([np.arange(start[i], start[i + 1]) for i in order]) if len(order) else order
        certain = np.concatenate([graph.certain, np.zeros(self.next - graph.atoms, np.bool_)])
        return replace(
            graph, head=head[order], rule=rule[order], body=body[picked].astype(np.int32),
            start=np.concatenate([[0], np.cumsum(lengths[order])]).astype(np.int64), certain=certain,
        )  # fmt: skip
