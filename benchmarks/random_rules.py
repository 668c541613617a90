"""Random programs with at most 14 uncertain facts: cycles, stratified negation, annotated disjunctions, evidence."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["RandomProgram", "against_problog", "consistency", "gradients", "random_program"]


@dataclass(frozen=True)
class RandomProgram:
    """Statements in the common language, with ``not`` for negation; the derived atoms; and evidence."""

    lines: list[str]
    derived: list[str]
    evidence: list[tuple[str, bool]]

    @property
    def text(self) -> str:
        """For our engine."""
        given = [f"evidence({a if held else 'not ' + a})." for a, held in self.evidence]
        return "\n".join([*self.lines, *given])

    @property
    def problog(self) -> str:
        """For ProbLog."""
        lines = [line.replace("not ", "\\+") for line in self.lines]
        given = [f"evidence({a},{str(held).lower()})." for a, held in self.evidence]
        return "\n".join([*lines, *given, *(f"query({d})." for d in self.derived)])


def random_program(seed: int, *, negation: bool = True, evidence: bool = True, most: int = 14) -> RandomProgram:
    """One program; the same for the same seed."""
    rng = random.Random(seed)
    left = rng.randint(2, most)
    facts: list[str] = []
    lines: list[str] = []
    while left > 0:
        if left >= 2 and rng.random() < 0.2:
            count = rng.randint(2, min(3, left))
            cuts = sorted(rng.sample(range(1, 1000), count - 1))
            parts = np.diff([0, *cuts, 1000 if rng.random() < 0.5 else max(cuts[-1] + 1, 900)]) / 1000
            names = [f"f{len(facts) + k}" for k in range(count)]
            lines.append(" ; ".join(f"{p:.3f}::{a}" for p, a in zip(parts, names, strict=True)) + ".")
        else:
            count, names = 1, [f"f{len(facts)}"]
            lines.append(f"{rng.random():.3f}::{names[0]}.")
        facts += names
        left -= count
    derived = [f"d{i}" for i in range(rng.randint(2, 8))]
    stratum = sorted(rng.randint(0, 2) for _ in derived)
    for i, head in enumerate(derived):
        for _ in range(rng.randint(1, 3)):
            body = [_literal(rng, i, facts, derived, stratum, negation) for _ in range(rng.randint(1, 3))]
            weight = "" if rng.random() < 0.85 else f"{rng.random():.3f}::"
            lines.append(f"{weight}{head} :- {', '.join(body)}.")
    given = [(rng.choice(derived + facts), rng.random() < 0.5)] if evidence and rng.random() < 0.3 else []
    return RandomProgram(lines, derived, given)


def _literal(
    rng: random.Random, i: int, facts: list[str], derived: list[str], stratum: list[int], negation: bool
) -> str:
    sign = "not " if negation and rng.random() < 0.3 else ""
    if rng.random() < 0.55:
        return sign + rng.choice(facts)
    j = rng.randrange(len(derived))
    if stratum[j] < stratum[i]:
        return sign + derived[j]
    return derived[j] if stratum[j] == stratum[i] else rng.choice(facts)


def against_problog(count: int) -> tuple[float, bool, str]:
    """Largest difference over ``count`` programs that both engines accept."""
    from problog import get_evaluatable
    from problog.errors import ProbLogError
    from problog.program import PrologString

    from induce.errors import InduceError
    from induce.logic import LogicProgram

    worst, compared, impossible, failed, wrong = 0.0, 0, 0, 0, []
    seed = 0
    while compared < count:
        made = random_program(seed)
        seed += 1
        try:
            theirs = {
                str(k): float(v)
                for k, v in get_evaluatable().create_from(PrologString(made.problog)).evaluate().items()
            }
        except ProbLogError:
            theirs = None
        except (AssertionError, RecursionError):  # the peer's own cycle breaking fails on some programs
            failed += 1
            continue
        try:
            program = LogicProgram(made.text, query=made.derived)
            ours = dict(zip(program.answers.labels, program().tolist(), strict=True))
        except InduceError:
            ours = None
        if (theirs is None) != (ours is None):
            wrong.append(seed - 1)
        if theirs is None or ours is None:
            impossible += 1
            compared += 1
            continue
        worst = max([worst, *(abs(theirs.get(k, 0.0) - v) for k, v in ours.items())])
        compared += 1
    note = f"{compared:,} programs, {impossible} with impossible evidence (both engines say so), {failed} more on which ProbLog fails"
    note += f"; accepted by one engine only: seeds {wrong}" if wrong else ""
    return worst, worst <= 1e-9 and not wrong, note


def gradients(count: int) -> tuple[float, bool, str]:
    """Largest difference of the gradient to the change of the value when a fact becomes certain or impossible."""
    from induce.errors import InduceError
    from induce.logic import LogicProgram
    from induce.logic.compile import compile_exact, value_and_gradient

    worst, compared = 0.0, 0
    for seed in range(count):
        made = random_program(seed, evidence=False)
        try:
            program = LogicProgram(made.text, query=made.derived)
            graph, atoms = program.ground().graph, program.answers.atoms
        except InduceError:
            continue
        weights = program.leaf_weights().numpy()
        exact = compile_exact(graph, atoms, method="enumeration" if seed % 2 else None)
        _, slopes = value_and_gradient(graph, atoms, weights[:, 0])
        for leaf in range(len(weights)):
            if graph.leaves.categorical[graph.leaves.group[leaf]]:
                continue
            high, low = weights.copy(), weights.copy()
            high[leaf], low[leaf] = 1.0, 0.0
            change = (exact.evaluate(high) - exact.evaluate(low))[:, 0]
            worst = max(worst, float(np.abs(change - slopes[:, leaf]).max()))
            compared += 1
    return worst, worst <= 1e-7, f"{compared:,} derivatives"


REFERENCES: dict[str, tuple[Any, Any, float]] = {
    "viterbi": (max, lambda a, b: a * b, 0.0),
    "tropical": (min, lambda a, b: a + b, float("inf")),
    "min-max": (max, min, 0.0),
    "fuzzy(godel)": (max, min, 0.0),
    "fuzzy(product)": (lambda a, b: a + b - a * b, lambda a, b: a * b, 0.0),
    "fuzzy(lukasiewicz)": (lambda a, b: min(1.0, a + b), lambda a, b: max(0.0, a + b - 1.0), 0.0),
}
"""Sum, product and zero of algebras, for an interpreter that repeats the rules until nothing changes."""


def _plain(graph: Any, column: Any, add: Any, times: Any, zero: float) -> list[float]:
    """Values of all atoms, stratum by stratum, each repeated from its facts until nothing changes."""
    one = 0.0 if zero else 1.0
    base = [one if c else zero for c in graph.certain]
    for leaf, atom in enumerate(graph.leaves.atom.tolist()):
        base[atom] = float(column[leaf])
    starts, body = graph.start.tolist(), graph.body.tolist()
    rules = [(h, body[i:j]) for h, i, j in zip(graph.head.tolist(), starts, starts[1:], strict=False)]
    level = [0] * graph.atoms
    for _ in range(graph.atoms):
        for head, literals in rules:
            level[head] = max([level[head], *(level[x >> 1] + (x & 1) for x in literals)])
    value = list(base)
    for stratum in range(max(level, default=0) + 1):
        mine = [(h, literals) for h, literals in rules if level[h] == stratum]
        for _ in range(graph.atoms + 2):
            fresh = [base[a] if level[a] == stratum else v for a, v in enumerate(value)]
            for head, literals in mine:
                found = one
                for x in literals:
                    found = times(found, 1.0 - value[x >> 1] if x & 1 else value[x >> 1])
                fresh[head] = add(fresh[head], found)
            if fresh == value:
                break
            value = fresh
    return value


def consistency(count: int) -> tuple[float, bool, str]:
    """Largest difference between ways that must agree."""
    import torch

    from induce import Algebra
    from induce.errors import AlgebraError, InduceError
    from induce.logic import LogicProgram

    worst = {"batch": 0.0, "float32": 0.0, "methods": 0.0, "log": 0.0, "algebras": 0.0}
    compared = 0
    for seed in range(count):
        made = random_program(seed, negation=seed % 2 == 0, evidence=False, most=10)
        try:
            program = LogicProgram(made.text, query=made.derived)
            backend = program.backend
        except InduceError:
            continue
        rng = np.random.default_rng(seed)
        weights = torch.tensor(rng.random((len(program.ground().graph.leaves), 5)))
        group = torch.tensor(program.ground().graph.leaves.group.astype(np.int64))
        several = torch.tensor(program.ground().graph.leaves.categorical)[group]
        total = torch.zeros(int(group.max()) + 1, 5, dtype=torch.float64).index_add_(0, group, weights)
        weights = torch.where(several.unsqueeze(1), weights / total[group], weights)
        values = backend(weights)
        single = torch.cat([backend(weights[:, k : k + 1]) for k in range(5)], 1)
        worst["batch"] = max(worst["batch"], float((values - single).abs().max()))
        worst["float32"] = max(worst["float32"], float((values - backend(weights.float()).double()).abs().max()))
        for method in ("sdd", "enumeration"):
            other = program.with_algebra(Algebra.PROBABILITY, method=method).backend(weights)
            worst["methods"] = max(worst["methods"], float((values - other).abs().max()))
        logs = program.with_algebra(Algebra.LOG_PROBABILITY).backend(weights)
        worst["log"] = max(worst["log"], float((values - logs.exp()).abs().max()))
        for name, (add, times, against) in REFERENCES.items():
            if name in ("viterbi", "tropical") and seed % 2 == 0:
                continue  # they have no negation
            other = program.with_algebra(name)
            try:
                found = other.backend(weights[:, :1])[:, 0].numpy()
            except AlgebraError:
                continue  # no fixpoint on this cycle
            plain = _plain(program.ground().graph, weights[:, 0].numpy(), add, times, against)
            wanted = np.array([plain[a] if a >= 0 else against for a in program.answers.atoms])
            finite = np.isfinite(wanted)
            assert (np.isfinite(found) == finite).all()
            worst["algebras"] = max(worst["algebras"], float(np.abs(found - wanted)[finite].max(initial=0.0)))
            compared += 1
    figure = max(v for k, v in worst.items() if k != "float32")
    note = ", ".join(f"{k} {v:.1e}" for k, v in worst.items()) + f"; {compared:,} comparisons with a plain interpreter"
    return max(figure, worst["float32"]), figure <= 1e-9 and worst["float32"] <= 1e-5, note
