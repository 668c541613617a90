"""The plan in words, and how true each rule is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from induce.logic.circuit import circuit_of
from induce.logic.clauses import Literal
from induce.logic.order import bound_by, fan_out, join_order
from induce.logic.strata import strata_of
from induce.logic.sweep import forward

__all__ = ["plan_text", "rule_truth"]


def plan_text(program: Any) -> str:
    """Strata with sizes, sources of chance, constraints, and the method for the answers."""
    chain = program._observed_sum() if program.queries else None
    ground = program.ground(observed=chain is not None)
    lowered, graph = ground.lowered, ground.graph
    lines = [f"{len(program.term.args)} statements, {graph.atoms:,} atoms, {graph.instances:,} rule instances"]
    if any(c.head.relation.startswith("?") for c in ground.clauses):
        lines.append(
            f"  magic sets: only what '{program.queries[0]}' needs is derived (magic=False derives everything)"
        )
    number = 0
    for stratum in strata_of(ground.clauses, [a for a in lowered.aggregates if a.head in graph.relations]):
        heads = dict.fromkeys([c.head.relation for c in stratum.clauses] + [a.head for a in stratum.aggregates])
        shown = [f"{_name(h)} ({len(graph.relations.get(h, (0, ()))[1]):,})" for h in heads if not _hidden(h)]
        if not shown:
            continue
        number += 1
        lines.append(f"  stratum {number}: {', '.join(shown)}{', recursive' if stratum.recursive else ''}")
        written = [c for c in stratum.clauses if not _hidden(c.head.relation) and not c.text.endswith(" as given")]
        lines += [_join_text(ground, clause) for clause in written]
    for table in ground.tables:
        values = f" of {table.leaf.shape[1]} values" if table.source.categorical else ""
        kind = {"net": f"network '{table.source.net}'", "weights": "weights", "table": "table", "free": "free choice",
                "select": "choice hole"}[table.source.kind]  # fmt: skip
        hidden = "@" in table.source.relation
        what = f"rule {table.source.number}" if hidden else table.source.relation
        lines.append(f"  chance: {what} by {kind}, {len(table.keys):,} variables{values}")
    if ground.forbidden:
        lines.append(f"  constraints: {len(ground.forbidden)} to keep, {len(ground.evidence)} pieces of evidence")
    if program.queries:
        asked = "; ".join(str(q) for q in program.queries)
        how = chain.describe() if chain is not None else program.backend.how
        lines.append(f"  answers to {asked}: {how}")
    lines += [f"  note: {note}" for note in ground.notes]
    for name, seconds in program.seconds.items():
        lines.append(f"  {name}: {seconds:.3g} CPU s")
    return "\n".join(lines)


def _name(relation: str) -> str:
    """A relation as the rules write it, and what magic sets bind of it."""
    name, _, arity = relation.rpartition("/")
    plain, _, adornment = name.partition("@")
    bound = f", with {adornment.count('b')} of its arguments bound" if adornment else ""
    return f"{plain}/{arity}{bound}"


def _hidden(relation: str) -> bool:
    adornment = relation.rpartition("/")[0].partition("@")[2]
    return relation.startswith("?") or bool(adornment.strip("bf"))


def _join_text(ground: Any, clause: Any) -> str:
    """A rule with the order in which its atoms are joined, and about how many rows that makes."""
    bound: frozenset[int] = frozenset()
    rows, read = 1.0, []
    for place in join_order(clause, None, ground.database):
        step = clause.body[place]
        grows = fan_out(step, bound, ground.database)
        rows *= grows if grows >= 0 else 1.0  # a test makes no rows
        bound |= bound_by(step)
        if isinstance(step, Literal) and not _hidden(step.relation):
            read.append(("not " if step.negated else "") + step.relation.rpartition("/")[0].partition("@")[0])
    if not read:
        return f"    {clause.text}"
    return f"    {clause.text}  joins {', '.join(read)}: about {rows:,.0f} row{'' if round(rows) == 1 else 's'}"


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
