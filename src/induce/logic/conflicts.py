"""Why no world is consistent: a least set of constraints and evidence that contradict each other, down to ground rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from induce.errors import LimitError
from induce.logic.circuit import FALSE, circuit_of
from induce.logic.clauses import Literal, Stratum
from induce.logic.compile import compile_exact
from induce.logic.hypergraph import Hypergraph
from induce.logic.integer import IntegerProgram

if TYPE_CHECKING:
    from induce.logic.grounding import GroundProgram

__all__ = ["conflict", "witness"]

SECONDS = 30.0
"""Time of one question to a solver; what is not decided by then counts as possible."""
MOST_INSTANCES = 20_000
"""Ground constraints above which a conflict is told by rules alone."""
LONGEST = 40
"""A conflict of more ground constraints than this is easier to read as rules."""


def conflict(program: GroundProgram, weights: Any = None) -> list[str]:
    """A least set of constraints and evidence that contradict each other; empty if they do not.

    No member of the set can be left out. Constraints with variables are given as the ground instances that clash.

    Parameters
    ----------
    program : GroundProgram
    weights : array, shape (leaves, batch), optional
        Leaves whose weight is 0 in every example count as false, those whose weight is 1 in every example as true.
    """
    if program.impossible:
        return list(program.impossible)
    column = np.full(len(program.graph.leaves), 0.5)
    if weights is not None:
        weights = np.asarray(weights, np.float64)
        column[weights.max(axis=1) <= 0] = 0.0
        column[weights.min(axis=1) >= 1] = 1.0
    named = [(2 * a + 1, program.lowered.texts.get(n, f"rule {n}")) for a, n in program.forbidden]
    named += [(e, f"evidence({'not ' if e & 1 else ''}{program.text_of(e >> 1)}).") for e in program.evidence]
    rules = _least(named, _oracle(program.graph, [e for e, _ in named], column))
    graph, instances = _apart(program, rules)
    if len(instances) <= MOST_INSTANCES:
        least = _least(instances, _oracle(graph, [e for e, _ in instances], column))
        rules = least if 0 < len(least) <= LONGEST else rules
    return list(dict.fromkeys(text for _, text in rules))


def _least(items: list[tuple[int, str]], contradicts: Callable[[Sequence[int]], bool]) -> list[tuple[int, str]]:
    """An irreducible part of the items that contradicts itself; empty if all of them do not (Junker 2004, QuickXplain)."""

    def needed(known: list[Any], grew: bool, rest: list[Any]) -> list[Any]:
        if grew and contradicts([e for e, _ in known]):
            return []
        if len(rest) == 1:
            return rest
        middle = len(rest) // 2
        second = needed(known + rest[:middle], True, rest[middle:])
        first = needed(known + second, bool(second), rest[:middle])
        return first + second

    if not items or not contradicts([e for e, _ in items]):
        return []
    found = needed([], False, items)
    return [item for item in items if item in found]


def _oracle(graph: Hypergraph, literals: list[int], column: NDArray[np.float64]) -> Callable[[Sequence[int]], bool]:
    """Whether some of the literals cannot hold together: by clingo, else by integer programs, else by circuits."""
    try:
        from induce.logic.solver import Assumptions
    except ImportError:
        pass
    else:
        return Assumptions(graph, literals, column, SECONDS).contradict

    def contradicts(chosen: Sequence[int]) -> bool:
        if not chosen:
            return False
        circuit = circuit_of(graph, np.array([e >> 1 for e in chosen], np.int64))
        if not circuit.cyclic:
            return bool(IntegerProgram(graph, circuit, chosen).excludes(column, SECONDS))
        try:
            exact = compile_exact(graph, np.zeros(0, np.int64), evidence=chosen)
        except LimitError:
            return False
        return bool((exact.circuit.kind[exact.circuit.roots] == FALSE).any())

    return contradicts


def _apart(program: GroundProgram, rules: list[tuple[int, str]]) -> tuple[Hypergraph, list[tuple[int, str]]]:
    """The graph with every instance of the constraints as an atom of its own, and what is to be kept of each."""
    graph = program.graph
    head, atoms = graph.head.copy(), graph.atoms
    constraints = {program.atom_of(name, ()) for name, _ in program.lowered.constraints}
    items: list[tuple[int, str]] = []
    for literal, text in rules:
        mine = np.flatnonzero((graph.head == literal >> 1) & (literal >> 1 in constraints))
        if not len(mine) or not literal & 1:
            items.append((literal, text))
            continue
        head[mine] = np.arange(atoms, atoms + len(mine))
        if len(items) + len(mine) <= MOST_INSTANCES:
            items += [(2 * int(head[i]) + 1, _ground_text(program, int(i), text)) for i in mine]
        else:
            return graph, [(literal, text)] * (MOST_INSTANCES + 1)
        atoms += len(mine)
    certain = np.concatenate([graph.certain, np.zeros(atoms - graph.atoms, np.bool_)])
    return replace(graph, head=head, certain=certain), items


def _ground_text(program: GroundProgram, instance: int, text: str) -> str:
    """An instance of a constraint as it would be written without variables; certain facts are left out of it."""
    graph = program.graph
    body = graph.body[graph.start[instance] : graph.start[instance + 1]].tolist()
    parts = [("not " if x & 1 else "") + program.text_of(x >> 1) for x in body]
    if any("@" in p or p.startswith(("atom ", "not atom ")) for p in parts):
        return text
    return f":- {', '.join(parts)}."


def witness(program: GroundProgram, database: Any, clauses: Sequence[Any], constraint: str) -> str:
    """The certain facts with which a constraint is violated: its body is joined once more, with its variables kept."""
    from induce.logic.grounding import written

    for clause in clauses:
        if clause.head.relation != constraint:
            continue
        shown = [s for s in clause.body if isinstance(s, Literal) and not s.negated and "@" not in s.relation]
        kept = tuple(sorted({a for s in shown for a in s.arguments if a >= 0}))
        head = Literal(f"witness@{clause.number}/{len(kept)}", kept)
        database.run(Stratum((replace(clause, head=head),)), record=False)
        for row in database.tuples(head.relation)[:1000].tolist() if shown else ():
            bound = dict(zip(kept, row, strict=True))
            facts = [(s.relation, [~a if a < 0 else bound[a] for a in s.arguments]) for s in shown]
            atoms = [program.atom_of(name, values) for name, values in facts]
            if all(a >= 0 and program.graph.certain[a] for a in atoms):
                return f": {', '.join(written(name, database.symbols.values_of(ids)) for name, ids in facts)}"
    return ""
