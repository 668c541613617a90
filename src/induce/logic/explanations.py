"""Reading a program's conclusions out: proofs, why-not, most probable world, counterfactual, sensitivity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from induce.errors import LimitError, RuleError, did_you_mean
from induce.logic.circuit import circuit_of
from induce.logic.compile import compile_exact
from induce.logic.drawing import Branch, Explanation
from induce.logic.proofs import Proof, k_best
from induce.logic.sweep import forward
from induce.logic.worlds import BUDGET, SECONDS, World, holds_in, most_probable, searched

if TYPE_CHECKING:
    from induce.logic.grounding import GroundProgram
    from induce.logic.program import LogicProgram

__all__ = ["Decoded", "counterfactual", "decode", "explain", "explain_not", "sensitivity"]


def one_example(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs of one example with a batch axis of one put before it."""

    def lift(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {k: lift(v) for k, v in value.items()}
        return value.unsqueeze(0) if hasattr(value, "unsqueeze") else np.asarray(value)[None]

    return {name: lift(value) for name, value in inputs.items()}


def place_of(program: LogicProgram, answer: Any, values: Any) -> int:
    """Which answer is meant: the one given, or the one with the highest value."""
    known = program.answers
    if not len(known):
        raise RuleError("the query has no answers, so there is nothing to explain. Check the facts.")
    if answer is None:
        return int(np.argmax(values))
    key = tuple(answer) if isinstance(answer, tuple | list) else (answer,)
    if isinstance(answer, str) and answer in known.labels:
        return known.labels.index(answer)
    for k, row in enumerate(known.values):
        if row == key:
            return k
    raise RuleError(f"{answer!r} is not an answer of '{program.queries[0]}'. Answers: {', '.join(known.labels[:8])}.")


def explain(program: LogicProgram, inputs: Mapping[str, Any], answer: Any, k: int) -> Explanation:
    """The value of an answer and its ``k`` best proofs."""
    import torch

    ground = program.ground()
    with torch.no_grad():
        weights = program.leaf_weights(**inputs)[:, :1]
        values = program.backend(weights)[:, 0].double().cpu().numpy()
    place = place_of(program, answer, values)
    column = weights[:, 0].double().cpu().numpy()
    atom = int(program.answers.atoms[place])
    label, value = program.answers.labels[place], float(values[place])
    if atom < 0 or not _alive(ground, atom):
        return explain_not(program, inputs, label)
    missing = _absences(ground, atom, column)
    proofs = k_best(ground.graph, atom, column, k, absent=missing)
    branches = tuple(_branch(ground, _unwrapped(ground, p), column) for p in proofs)
    shown = sum(p.weight for p in proofs)
    exact = bool(getattr(program.algebra, "exact", False))
    note = f"{program.algebra.name} {value:.4g} is {'exact' if exact else 'not exact: ' + getattr(program.algebra, 'claims', '')}"
    note += f"; the {len(proofs)} best proofs are shown (weights {', '.join(f'{p.weight:.3g}' for p in proofs)}"
    note += f", together at most {min(shown, 1.0):.3g}{', before conditioning' if ground.given else ''})"
    return Explanation(label, value, branches, note, exact)


def _alive(ground: GroundProgram, atom: int) -> bool:
    graph = ground.graph
    return bool(graph.certain[atom] or (graph.head == atom).any() or (graph.leaves.atom == atom).any())


def _absences(ground: GroundProgram, atom: int, column: Any) -> Any:
    """Probability that an atom does not hold, computed when a proof asks for it."""
    known: dict[int, float] = {}

    def absent(inner: int) -> float:
        if inner not in known:
            exact = compile_exact(ground.graph, [inner], exclusive=ground.exclusive)
            known[inner] = 1.0 - float(exact.evaluate(column.reshape(-1, 1))[0, 0])
        return known[inner]

    return absent


def _unwrapped(ground: GroundProgram, proof: Proof) -> Proof:
    """The proof below the hidden answer atom of the query."""
    hidden = "@" in ground.text_of(proof.atom).partition("(")[0]
    return proof.children[0] if hidden and len(proof.children) == 1 and proof.rule >= 0 else proof


def _branch(ground: GroundProgram, proof: Proof, column: Any) -> Branch:
    """A proof as a tree of texts; hidden atoms give way to what they stand for."""
    leaf = {int(a): n for n, a in enumerate(ground.graph.leaves.atom)}
    children: list[Branch] = []
    for child in proof.children:
        made = _branch(ground, child, column)
        if "@" in made.text:
            children.extend(made.children if child.rule >= 0 else [])
        else:
            children.append(made)
    for inner in proof.negated:
        children.append(Branch(f"not {ground.text_of(inner)}", None, "", ()))
    if proof.rule < 0:
        value = float(column[leaf[proof.atom]]) if proof.atom in leaf else None
        return Branch(ground.text_of(proof.atom), value, "", ())
    chance = [
        c for c in proof.children if "@" in ground.text_of(c.atom).partition("(")[0] and c.rule < 0 and c.atom in leaf
    ]
    own = float(np.prod([column[leaf[c.atom]] for c in chance])) if chance else None
    return Branch(ground.text_of(proof.atom), own, ground.graph.texts.get(proof.rule, ""), tuple(children))


def explain_not(program: LogicProgram, inputs: Mapping[str, Any], answer: Any) -> Explanation:
    """Why an answer is unlikely or impossible: the rules that nearly give it, each with its weakest condition."""
    import torch

    ground = program.ground()
    with torch.no_grad():
        weights = program.leaf_weights(**inputs)[:, :1]
        values = program.backend(weights)[:, 0].double().cpu().numpy()
    label = answer if isinstance(answer, str) and answer in program.answers.labels else None
    place = place_of(program, answer, values)
    label = program.answers.labels[place]
    atom = int(program.answers.atoms[place])
    graph = ground.graph
    if atom < 0 or not _alive(ground, atom):
        return Explanation(label, 0.0, (), f"no rule instance derives {label}: {_first_gap(ground, program)}", True)
    start, _ = graph.relations[program.queries[0].relation]
    instances = np.flatnonzero(graph.head == atom)
    if len(instances) == 1 and atom >= start:
        body = graph.body[graph.start[instances[0]] : graph.start[instances[0] + 1]]
        if len(body) == 1 and not body[0] & 1:
            instances = np.flatnonzero(graph.head == body[0] >> 1)
    column = weights.double().cpu().numpy()
    found = [_nearly(ground, int(i), column) for i in instances]
    found.sort(key=lambda pair: -pair[0])
    return Explanation(
        label, float(values[place]), tuple(b for _, b in found[:10]),
        "the rule instances that could give it, nearest first; the value of a condition is that of its best proof", False,
    )  # fmt: skip


def _nearly(ground: GroundProgram, instance: int, column: Any) -> tuple[float, Branch]:
    graph = ground.graph
    literals = graph.body[graph.start[instance] : graph.start[instance + 1]].tolist()
    atoms = [x >> 1 for x in literals]
    circuit = circuit_of(graph, atoms)
    values = forward(circuit, column, "minmax")[circuit.roots, 0] if atoms else np.ones(0)
    values = np.array([1.0 - v if x & 1 else v for v, x in zip(values, literals, strict=True)])
    parts = tuple(
        Branch(("not " if x & 1 else "") + ground.text_of(x >> 1), float(v), "", ())
        for x, v in sorted(zip(literals, values, strict=True), key=lambda p: p[1])
    )
    weakest = float(values.min(initial=1.0))
    rule = graph.texts.get(int(graph.rule[instance]), "")
    return weakest, Branch(ground.text_of(int(graph.head[instance])), weakest, rule, parts)


def _first_gap(ground: GroundProgram, program: LogicProgram) -> str:
    """The relation of the query's rules that has no tuples."""
    for query in program.queries:
        for formula in query.body.args:
            key = f"{formula.op.name}/{len(formula.args)}"
            rows = ground.graph.relations.get(key, (0, ()))[1]
            if not len(rows):
                return f"'{key}' has no tuples"
            return f"'{key}' has {len(rows):,} tuples, but not this one"
    return "it matches nothing"


@dataclass(frozen=True, eq=False)
class Decoded:
    """The most probable consistent world of each example, and what holds in it.

    Parameters
    ----------
    answers : list of list
        For each example the answers that hold (values of the query's variables; bare when there is one variable).
    leaves : bool array, shape (leaves, batch)
    log_probability : array, shape (batch,)
        Log weight of the world.
    violations : int
        Constraints that a world breaks, counted by running the program: 0 unless the evidence is impossible.
    exact : bool array, shape (batch,)
        Whether each world is proved to be the most probable one; only a search that ran out of time has not proved it.
    """

    answers: list[list[Any]]
    leaves: Any
    log_probability: Any
    violations: int
    exact: Any


def decode(program: LogicProgram, inputs: Mapping[str, Any], seconds: float) -> Decoded:
    """The most probable world that breaks no constraint, and the answers computed from it."""
    import torch

    ground = program.ground()
    with torch.no_grad():
        weights = program.leaf_weights(**inputs).double().cpu().numpy()
    world = _best_world(program, ground.given, weights, seconds)
    answers: list[list[Any]] = [[] for _ in range(weights.shape[1])]
    if program.queries:
        truth = holds_in(ground.graph, program.answers.atoms, world.leaves)
        for k, row in enumerate(program.answers.values):
            value = row[0] if len(row) == 1 else row
            for b in np.flatnonzero(truth[k]):
                answers[b].append(value)
    broken = 0
    if ground.given:
        held = holds_in(ground.graph, [g >> 1 for g in ground.given], world.leaves)
        wanted = np.array([not g & 1 for g in ground.given])[:, None]
        broken = int((held != wanted).sum())
    return Decoded(answers, world.leaves, world.log_weight, broken, world.proved)


def _best_world(program: LogicProgram, given: Any, weights: Any, seconds: float) -> World:
    """The most probable world in which the program's own evidence and constraints hold."""
    graph = program.ground().graph
    if not given:
        return most_probable(graph, None, weights)
    if not program.too_large_for_circuit:
        try:
            return most_probable(graph, program.given_backend(**BUDGET).exact, weights)
        except LimitError:
            program.too_large_for_circuit = True
    return searched(graph, given, weights, seconds)


def counterfactual(
    program: LogicProgram, inputs: Mapping[str, Any], answer: Any, allow: Iterable[str] | None, cost: str
) -> Explanation:
    """The cheapest change of uncertain facts that flips an answer, found exactly and verified by running the program."""
    import torch

    ground = program.ground()
    graph = ground.graph
    with torch.no_grad():
        weights = program.leaf_weights(**inputs)[:, :1].double().cpu().numpy()
        values = program.backend(torch.as_tensor(weights))[:, 0].double().numpy()
    place = place_of(program, answer, values)
    atom, label = int(program.answers.atoms[place]), program.answers.labels[place]
    if atom < 0:
        raise RuleError(f"{label} holds in no world, whatever the uncertain facts. program.why_not() says why.")
    now = _best_world(program, ground.given, weights, SECONDS).leaves
    holds = bool(holds_in(graph, [atom], now)[0, 0])
    allowed = None if allow is None else {allow} if isinstance(allow, str) else set(allow)
    known = {name for leaf in range(len(weights)) for name in _relations(ground, leaf)}
    for name in sorted((allowed or set()) - known):
        raise RuleError(
            f"allow= names '{name}', which has no uncertain facts.{did_you_mean(name, known)} There are: {', '.join(sorted(known))}."
        )
    flipped, wanted = _flip_weights(ground, weights, now, allowed, cost), [2 * atom + holds, *ground.given]
    try:
        method = "sdd" if _many(graph) else None
        exact = compile_exact(graph, np.zeros(0, np.int64), evidence=wanted, method=method, **BUDGET)
        changed, proved = most_probable(graph, exact, flipped).leaves, True
    except LimitError:
        world = searched(graph, wanted, flipped, SECONDS)
        changed, proved = world.leaves, bool(world.proved.all())
    verified = bool(holds_in(graph, [atom], changed)[0, 0]) != holds
    flips = np.flatnonzero((changed != now)[:, 0])
    if not verified or (allowed is not None and any(not _relations(ground, int(f)) & allowed for f in flips)):
        return Explanation(label, float(values[place]), (), "no change of the allowed facts flips it", proved)
    branches = []
    for leaf in flips.tolist():
        categorical = graph.leaves.categorical[graph.leaves.group[leaf]]
        if categorical and not changed[leaf, 0]:
            continue
        word = "" if changed[leaf, 0] else "not "
        branches.append(Branch(word + leaf_text(ground, leaf), float(weights[leaf, 0]), "", ()))
    now_text = "holds" if holds else "does not hold"
    note = f"in the most probable world {label} {now_text}; with {len(branches)} change{'' if len(branches) == 1 else 's'} that flips (verified by running)"
    return Explanation(label, float(values[place]), tuple(branches), note, proved)


def _many(graph: Any) -> bool:
    return len(graph.leaves.categorical) > 24


def leaf_text(ground: GroundProgram, leaf: int) -> str:
    """A leaf in the user's words: the fact, the chosen atom, the alternative, or the chance of a rule."""
    text = ground.text_of(int(ground.graph.leaves.atom[leaf]))
    number = int(ground.graph.leaves.source[leaf])
    source = ground.tables[number].source
    if source.kind == "free":
        return text.replace(text.partition("(")[0], source.net, 1)
    if source.categorical and source.labels:
        return f"{source.labels[int(ground.graph.leaves.value[leaf])]} (by rule {source.number})"
    return f"the chance of rule {source.number} ({ground.graph.texts.get(source.number, '')})" if "@" in text else text


def _relations(ground: GroundProgram, leaf: int) -> set[str]:
    """What a user may call the relation of a leaf: its own name, or those of the heads whose chance it is."""
    source = ground.tables[int(ground.graph.leaves.source[leaf])].source
    if source.kind == "free":
        return {source.net}
    return {label.partition("(")[0] for label in source.labels} or {source.relation.rpartition("/")[0]}


def _flip_weights(ground: GroundProgram, weights: Any, now: Any, allowed: set[str] | None, cost: str) -> Any:
    """Weights under which the most probable world is the one with the cheapest flips."""
    if cost not in ("count", "log"):
        raise RuleError(f"the cost of a change is 'count' or 'log', but got {cost!r}.")
    graph = ground.graph
    out = np.empty_like(weights)
    for leaf in range(len(weights)):
        categorical = bool(graph.leaves.categorical[graph.leaves.group[leaf]])
        p = min(max(float(weights[leaf, 0]), 1e-12), 1 - 1e-12)
        price = 1.0
        if cost == "log":
            price = max(-np.log(p), 1e-6) if categorical else abs(np.log(p / (1 - p)))
        if allowed is not None and not _relations(ground, leaf) & allowed:
            price = 300.0
        factor = float(np.exp(-price))
        if categorical:
            out[leaf] = 1.0 if now[leaf, 0] else factor
        else:
            out[leaf] = 1.0 / (1.0 + factor) if now[leaf, 0] else factor / (1.0 + factor)
    return out


def sensitivity(program: LogicProgram, inputs: Mapping[str, Any], answer: Any) -> Explanation:
    """How much an answer's value changes with each uncertain fact: ``dP/dp``, largest first.

    Under exact probability without evidence this is ``P(answer | fact) - P(answer | not fact)``.
    """
    ground = program.ground()
    weights = program.leaf_weights(**inputs)[:, :1].detach().double().requires_grad_()
    values = program.backend(weights)[:, 0]
    place = place_of(program, answer, values.detach().numpy())
    values[place].backward()
    assert weights.grad is not None
    slopes = weights.grad[:, 0].numpy()
    order = np.argsort(-np.abs(slopes), kind="stable")[:50]
    branches = tuple(Branch(leaf_text(ground, int(n)), float(slopes[n]), "", ()) for n in order if slopes[n] != 0)
    exact = bool(getattr(program.algebra, "exact", False))
    note = "derivative with respect to each uncertain fact" + ("" if exact else " (of an inexact value)")
    return Explanation(program.answers.labels[place], float(values[place].detach()), branches, note, exact)
