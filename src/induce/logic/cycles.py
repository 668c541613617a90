"""Recursion: which relations depend on each other, and what must not be among them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from induce.logic import language as lang

if TYPE_CHECKING:
    from induce.logic.check import Statement

__all__ = ["check_recursion", "strongly_connected"]


def check_recursion(statements: Sequence[Statement]) -> None:
    """Refuse negation and aggregates through recursion, with the cycle of predicates."""
    from induce.logic.check import atoms_in

    edges: dict[str, dict[str, tuple[str, Statement]]] = {}
    for statement in statements:
        for head in statement.heads:
            out = edges.setdefault(lang.key_of(head), {})
            for formula in statement.condition.args:
                for atom, negated, aggregated in atoms_in(formula):
                    kind = "aggregate" if aggregated else ("not" if negated else "")
                    key = lang.key_of(atom)
                    if kind or key not in out:
                        out[key] = (kind, statement)
    components = strongly_connected(edges)
    for source, targets in edges.items():
        for target, (kind, statement) in targets.items():
            if kind and components[source] == components.get(target):
                cycle = _cycle(edges, target, source)
                shown = " -> ".join([source, *cycle])
                if kind == "aggregate":
                    raise statement.error(
                        f"an aggregate looks at its own result: {shown}. Aggregate over a relation that does not depend "
                        f"on '{source}'.",
                        source,
                    )
                raise statement.error(
                    f"negation through recursion: {shown}, with 'not' before {target}. Such a program has stable models, "
                    "not one meaning; this engine needs strata. Break the cycle, or write a choice rule.",
                    target,
                )


def _cycle(edges: Mapping[str, Mapping[str, object]], start: str, goal: str) -> list[str]:
    """A shortest path of predicates from ``start`` to ``goal``."""
    before: dict[str, str | None] = {start: None}
    queue = [start]
    while queue:
        node = queue.pop(0)
        if node == goal:
            path = [node]
            while before[path[-1]] is not None:
                path.append(before[path[-1]])  # type: ignore[arg-type]
            return path[::-1]
        for target in edges.get(node, {}):
            if target not in before:
                before[target] = node
                queue.append(target)
    return [start, goal]


def strongly_connected(edges: Mapping[str, Iterable[str]]) -> dict[str, int]:
    """Predicate to the number of its component; components are numbered in dependency order (callees first)."""
    import networkx as nx

    graph = nx.DiGraph()
    graph.add_nodes_from(edges)
    graph.add_edges_from((s, t) for s, targets in edges.items() for t in targets)
    return {
        name: number for number, group in enumerate(nx.strongly_connected_components(graph)) for name in sorted(group)
    }
