"""The plan in words, and how true each rule is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from induce.logic.circuit import circuit_of
from induce.logic.grounding import strata_of
from induce.logic.sweep import forward

__all__ = ["plan_text", "rule_truth"]


def plan_text(program: Any) -> str:
    """Strata with sizes, sources of chance, constraints, and the method for the answers."""
    chain = program._observed_sum() if program.queries else None
    ground = program.ground(observed=chain is not None)
    lowered, graph = ground.lowered, ground.graph
    lines = [f"{len(program.term.args)} statements, {graph.atoms:,} atoms, {graph.instances:,} rule instances"]
    known = {r: len(rows) for r, (_, rows) in graph.relations.items()}
    for number, stratum in enumerate(strata_of(lowered.clauses, lowered.aggregates), 1):
        heads = dict.fromkeys([c.head.relation for c in stratum.clauses] + [a.head for a in stratum.aggregates])
        shown = [f"{h} ({known.get(h, 0):,})" for h in heads if "@" not in h]
        if shown:
            lines.append(f"  stratum {number}: {', '.join(shown)}{', recursive' if stratum.recursive else ''}")
    for table in ground.tables:
        values = f" of {table.leaf.shape[1]} values" if table.source.categorical else ""
        kind = {"net": f"network '{table.source.net}'", "weights": "weights", "table": "table", "free": "free choice",
                "select": "choice hole"}[table.source.kind]  # fmt: skip
        lines.append(f"  chance: {table.source.relation} by {kind}, {len(table.keys):,} variables{values}")
    if ground.forbidden:
        lines.append(f"  constraints: {len(ground.forbidden)} to keep, {len(ground.evidence)} pieces of evidence")
    if program.queries:
        asked = "; ".join(str(q) for q in program.queries)
        how = chain.describe() if chain is not None else program.backend.how
        lines.append(f"  answers to {asked}: {how}")
    for name, seconds in program.seconds.items():
        lines.append(f"  {name}: {seconds:.3g} CPU s")
    return "\n".join(lines)


def rule_truth(program: Any, inputs: Mapping[str, Any]) -> dict[str, float]:
    """For every rule, the mean over the batch of the value of its best instance (min over the body)."""
    import torch

    ground = program.ground()
    graph = ground.graph
    with torch.no_grad():
        weights = program.leaf_weights(**inputs).double().cpu().numpy()
    atoms = np.unique(graph.body >> 1)
    circuit = circuit_of(graph, atoms)
    values = np.zeros((graph.atoms, weights.shape[1]))
    values[atoms] = forward(circuit, weights, "minmax")[circuit.roots]
    literal = np.where((graph.body & 1)[:, None] == 1, 1.0 - values[graph.body >> 1], values[graph.body >> 1])
    found: dict[str, float] = {}
    lengths = np.diff(graph.start)
    truth = np.ones((graph.instances, weights.shape[1]))
    full = np.flatnonzero(lengths)
    if len(full):
        truth[full] = np.minimum.reduceat(literal, graph.start[:-1][full], axis=0)
    for rule in np.unique(graph.rule):
        text = ground.lowered.texts.get(int(rule), "")
        if text and not text.startswith("answer@"):
            found[text] = float(truth[graph.rule == rule].max(axis=0).mean())
    return found
