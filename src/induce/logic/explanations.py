"""Reading a program's conclusions out: proofs, why-not, most probable world, counterfactual, sensitivity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from induce.errors import LimitError, RuleError, did_you_mean
from induce.logic.backends import check_consistent
from induce.logic.circuit import circuit_of
from induce.logic.compile import compile_exact
from induce.logic.drawing import Branch, Explanation
from induce.logic.proofs import Proof, k_best
from induce.logic.sweep import forward
from induce.logic.whynot import alive, explain_not, leaf_text, place_of, shown
from induce.logic.worlds import BUDGET, SECONDS, World, holds_in, most_probable, searched

if TYPE_CHECKING:
    from induce.logic.grounding import GroundProgram
    from induce.logic.program import LogicProgram

__all__ = ["Decoded", "counterfactual", "decode", "explain", "sensitivity"]


def one_example(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs of one example with a batch axis of one put before it."""

    def lift(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {k: lift(v) for k, v in value.items()}
        return value.unsqueeze(0) if hasattr(value, "unsqueeze") else np.asarray(value)[None]

    return {name: lift(value) for name, value in inputs.items()}


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
    if atom < 0 or not alive(ground, atom):
        return explain_not(program, inputs, label)
    scores, times, weight_of = _scoring(program.algebra, column)
    proofs = k_best(ground.graph, atom, scores, k, absent=_absences(ground, atom, column, times), times=times)
    branches = tuple(_branch(ground, _unwrapped(ground, p), column) for p in proofs)
    exact = bool(getattr(program.algebra, "exact", False))
    note = f"{program.algebra.name} {value:.4g} is {'exact' if exact else 'not exact: ' + getattr(program.algebra, 'claims', '')}"
    many = f"{len(proofs)} best proofs are" if len(proofs) != 1 else "best proof is"
    note += f"; the {many} shown ({_summary(program, ground, proofs, weight_of)})"
    return Explanation(label, value, branches, note, exact)


def _scoring(algebra: Any, column: Any) -> tuple[Any, Any, Any]:
    """How proofs are ranked under an algebra: scores of the leaves, their product, and a proof's own weight from its score."""
    kind = getattr(algebra, "kind", "real")
    if kind == "tropical":  # the least sum of costs: the greatest product of exp(-cost), scaled so as not to underflow
        scale = max(float(np.abs(column).sum()) / 300.0, 1e-12)
        return np.exp(-column / scale), np.prod, lambda score: -scale * float(np.log(score))
    if kind == "minmax":
        return column, np.min, float
    if kind == "lukasiewicz":
        return column, lambda values: max(0.0, 1.0 + float(np.sum(np.asarray(values) - 1.0))), float
    return column, np.prod, float


def _summary(program: LogicProgram, ground: GroundProgram, proofs: Any, weight_of: Any) -> str:
    """The proofs' weights, and what they come to together where that can be said."""
    word = "costs" if getattr(program.algebra, "kind", "") == "tropical" else "weights"
    text = f"{word} {', '.join(f'{weight_of(p.weight):.3g}' for p in proofs)}"
    if program.algebra.name not in ("probability", "log-probability") or any(p.absence != 1.0 for p in proofs):
        return text  # the weights of absences that share facts with a proof are no bound
    text += f", together at most {min(sum(p.weight for p in proofs), 1.0):.3g}"
    return text + (", before conditioning" if ground.given else "")


def _absences(ground: GroundProgram, atom: int, column: Any, times: Any) -> Any:
    """Probability (or degree) that an atom does not hold, computed when a proof asks for it."""
    known: dict[int, float] = {}

    def absent(inner: int) -> float:
        if inner not in known and times is not np.prod:
            circuit = circuit_of(ground.graph, np.array([inner]))
            known[inner] = 1.0 - float(forward(circuit, column.reshape(-1, 1), "minmax")[circuit.roots[0], 0])
        elif inner not in known:
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
    graph = ground.graph
    leaf = {int(a): n for n, a in enumerate(graph.leaves.atom)}
    children: list[Branch] = []
    for child in proof.children:
        made = _branch(ground, child, column)
        if not _hidden(ground, child.atom):
            children.append(made)
        elif child.atom in leaf and _rule_of(ground, leaf[child.atom]) != proof.rule:
            children.append(Branch(leaf_text(ground, leaf[child.atom]), made.value, "", ()))
        else:  # its chance stands beside what it makes hold
            children.extend(made.children)
    for inner in proof.negated:
        children.append(Branch(f"not {shown(ground, inner)}", None, "", ()))
    if proof.rule < 0 and proof.atom not in leaf and _hidden(ground, proof.atom):
        return Branch("certain facts and rules", None, "", ())
    if proof.rule < 0:
        value = float(column[leaf[proof.atom]]) if proof.atom in leaf else None
        return Branch(ground.text_of(proof.atom), value, "", ())
    chance = [
        c
        for c in proof.children
        if c.rule < 0 and c.atom in leaf and _hidden(ground, c.atom) and _rule_of(ground, leaf[c.atom]) == proof.rule
    ]
    own = float(np.prod([column[leaf[c.atom]] for c in chance])) if chance else None
    return Branch(ground.text_of(proof.atom), own, graph.texts.get(proof.rule, ""), tuple(children))


def _rule_of(ground: GroundProgram, leaf: int) -> int:
    return int(ground.tables[int(ground.graph.leaves.source[leaf])].source.number)


def _hidden(ground: GroundProgram, atom: int) -> bool:
    text = ground.text_of(atom)
    return text.startswith("atom ") or "@" in text.partition("(")[0]


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

    def __repr__(self) -> str:
        count = len(self.answers)
        first = ", ".join(map(str, self.answers[0][:8])) if count else ""
        proved = "all proved best" if bool(np.all(self.exact)) else f"{int(np.sum(self.exact))} proved best"
        return (
            f"Decoded({count} example{'' if count == 1 else 's'}, {proved}, {self.violations} violations; "
            f"answers of the first: {first or 'none'})"
        )


def decode(program: LogicProgram, inputs: Mapping[str, Any], seconds: float) -> Decoded:
    """The most probable world that breaks no constraint, and the answers computed from it."""
    import torch

    ground = program.ground()
    with torch.no_grad():
        weights = program.leaf_weights(**inputs).double().cpu().numpy()
    check_consistent(ground)
    world = _best_world(program, ground.given, weights, seconds)
    _check_possible(ground, weights, world)
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


def _check_possible(ground: GroundProgram, weights: Any, world: World) -> None:
    """Refuse a world that contradicts what the program itself says is certain; networks may underflow to 0."""
    graph = ground.graph
    fixed = np.array([ground.tables[s].source.kind != "net" for s in graph.leaves.source.tolist()], np.bool_)
    boolean = ~graph.leaves.categorical[graph.leaves.group]
    wrong = (world.leaves & (weights <= 0)) | (~world.leaves & (weights >= 1) & boolean[:, None])
    wrong &= fixed[:, None]
    if wrong.any():
        leaf, example = (int(v) for v in np.argwhere(wrong)[0])
        raise RuleError(
            f"no world of example {example} satisfies the constraints and the evidence with a probability above 0: "
            f"'{leaf_text(ground, leaf)}' has the weight {float(weights[leaf, example]):g}. program.conflict() names the "
            "least set of statements that contradict each other."
        )


def _best_world(program: LogicProgram, given: Any, weights: Any, seconds: float) -> World:
    """The most probable world in which the program's own evidence and constraints hold."""
    graph = program.ground().graph
    if weights.size and not (weights.min() >= -1e-6 and weights.max() <= 1.0 + 1e-6):
        raise RuleError(
            f"the most probable world needs probabilities, but under '{program.algebra.name}' a fact has the weight "
            f"{float(weights[(weights < 0) | (weights > 1)][0]):g}. Use why() for the best proofs."
        )
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
    if not values.requires_grad:
        raise RuleError(
            f"under '{program.algebra.name}' a value does not change gradually with its facts, so it has no sensitivity. "
            "Use program.with_algebra(Algebra.PROBABILITY)."
        )
    values[place].backward()
    assert weights.grad is not None
    slopes = weights.grad[:, 0].numpy()
    order = np.argsort(-np.abs(slopes), kind="stable")[:50]
    branches = tuple(Branch(leaf_text(ground, int(n)), float(slopes[n]), "", ()) for n in order if slopes[n] != 0)
    exact = bool(getattr(program.algebra, "exact", False))
    note = "derivative with respect to each uncertain fact" + ("" if exact else " (of an inexact value)")
    return Explanation(program.answers.labels[place], float(values[place].detach()), branches, note, exact)
